// The activations that wait, seen together: who could go next if the platform's gates allow it, and when those who can
// not are worth another look. Asking and calling both begin here.

internal import Chronology

/// A waiting activation whose own gates are open and whose lane is free.
struct Candidate: Sendable {
    var id: ActivationID
    var pair: Pair
    var sandbox: SandboxName
    var lane: LaneKey
    var nominal: Instant
    var expiresAt: Instant
    var packLimit: Int?
}

/// What the look at all waiting activations found.
struct WaitingView: Sendable {
    /// In the order of their lanes: nominal time, then id.
    var candidates: [Candidate] = []
    /// Dataflows whose runs have to be looked at again because a run that is not ours is in the way, and when.
    var blockedByRuns: [DataflowKey: Monotonic] = [:]
    /// Dataflows whose definition closes a gate of somebody whose lane is held, and when they are worth another look.
    var closedBehindLanes: [DataflowKey: Monotonic] = [:]
}

extension Scheduler {
    /// Every waiting activation with its occurrence, oldest nominal time first.
    func waitingActivations() -> [(OccurrenceState, Int)] {
        state.occurrences.values
            .filter { $0.outcome == nil && $0.activations.contains { $0.phase == .waiting } }
            .sorted { ($0.occurrence.nominal, $0.occurrence.id) < ($1.occurrence.nominal, $1.occurrence.id) }
            .flatMap { occurrence in
                occurrence.activations.indices
                    .filter { occurrence.activations[$0].phase == .waiting }
                    .map { (occurrence, $0) }
            }
    }

    func expiry(of activation: ActivationState, in occurrence: Occurrence) -> Instant {
        activation.expiresAt ?? occurrence.expiresAt
    }

    /// Looks at everything that waits, and notes when each closed gate is worth another look.
    mutating func lookAtWaiting(at now: Moment) -> WaitingView {
        var view = WaitingView()
        let waiting = waitingActivations()
        guard !waiting.isEmpty else { return view }
        let lanes = LaneTable(self)
        for (occurrence, position) in waiting {
            let activation = occurrence.activations[position]
            wake.at(expiry(of: activation, in: occurrence.occurrence))
            if let closure = ownClosure(occurrence.occurrence, activation, at: now) {
                noteWake(for: closure)
                continue
            }
            let pair = occurrence.occurrence.pairs[position]
            let lane = lane(of: pair, in: occurrence.occurrence.sandbox)
            if let holder = lanes.holders[lane], !mutant(.noLane) {
                if case .foreign(_, let dataflow) = holder { block(on: DataflowKey(lane.sandbox, dataflow), &view) }
                noteClosedDefinition(pair, lane.sandbox, &view, at: now)
                continue
            }
            view.candidates.append(
                Candidate(
                    id: occurrence.activationID(at: position), pair: pair, sandbox: occurrence.occurrence.sandbox,
                    lane: lane, nominal: occurrence.occurrence.nominal,
                    expiresAt: expiry(of: activation, in: occurrence.occurrence), packLimit: activation.packLimit))
        }
        return view
    }

    private func block(on dataflow: DataflowKey, _ view: inout WaitingView) {
        guard let known = knowledge.runs[dataflow] else { return }
        view.blockedByRuns[dataflow] = known.askedAt.monotonic + configuration.polling.gate
    }

    /// A mapping that is missing is told, and mended, while the lane is held.
    private func noteClosedDefinition(
        _ pair: Pair, _ sandbox: SandboxName, _ view: inout WaitingView, at now: Moment
    ) {
        let flow = DataflowKey(sandbox, pair.dataflow)
        guard let known = knowledge.dataflows[flow], !mutant(.farStartForgotten),
            let closure = definitionClosure(pair, sandbox, at: now)
        else { return }
        let look = nextDefinitionLook(closure, known.askedAt, at: now)
        view.closedBehindLanes[flow] = min(view.closedBehindLanes[flow] ?? look, look)
    }

    private mutating func noteWake(for closure: Closure) {
        switch closure {
        case .notStarted(let until), .blackout(_, let until), .backoff(let until, _): wake.at(until)
        case .paused(let pause): wake.at(pause.until)
        case .throttled(_, _, let retryAt), .credentials(_, _, let retryAt): wake.at(retryAt)
        default: break  // opened by an event: the occurrence before it ends, an answer comes
        }
    }

    /// When a gate that the definition closed is worth another question.
    func nextDefinitionLook(_ closure: Closure, _ askedAt: Moment, at now: Moment) -> Monotonic {
        let gate = configuration.polling.gate
        let patience = min(gate * GateBounds.definitionPatience, max(gate, GateBounds.definitionPause))
        // Those that open by themselves are looked at all the same: somebody may edit the dataflow meanwhile.
        let again = askedAt.monotonic + patience
        switch closure {
        case .firstActivation(.some, let opensIn, _):
            return min(again, max(now.monotonic + opensIn, askedAt.monotonic + .milliseconds(1)))
        case .rangeNotStarted(let instant):
            if mutant(.farStartForgotten) { return now.monotonic + (instant - now.wall) }
            return min(again, now.monotonic + max(.seconds(1), instant - (platformTime(at: now) ?? now.wall)))
        default:
            return again
        }
    }
}
