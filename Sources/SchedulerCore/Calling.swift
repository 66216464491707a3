// From ready activations to a call on the wire: intent, turn, sending. The answer is taken in by CallAnswers.swift.
//
// Two commits stand between the decision and the wire: the intent with its baselines, and, when the job queue gives the
// call its turn and every gate is still open and fresh, that it is being sent. Dead between the two means certainly not
// sent; dead after the second means in doubt.

internal import Chronology

enum LookBounds {
    /// So soon after a refused call its run is still under way.
    static let soon = Duration.seconds(60)
    /// Between two listings that are to show no run: some leave out one for seconds.
    static let between = Duration.seconds(30)
}

extension Scheduler {
    /// Packs everything that is ready and intends the calls.
    ///
    /// - Returns: Whether there was any: what waits is another then.
    mutating func call(_ view: WaitingView, at now: Moment, _ step: inout Step) -> Bool {
        var ready = view.candidates.filter { candidate in
            credentialsBlock(at: now) == nil && freshClosure(candidate.pair, candidate.sandbox, at: now) == nil
        }
        for candidate in ready where isUnproven(candidate) {
            guard let call = unlookedCall(of: candidate.id) else { continue }
            doubt(candidate.id, call, "an earlier call may have taken it, and no run is listed", at: now, &step)
        }
        ready.removeAll { state[$0.id]?.phase != .waiting }
        ready.removeAll { needsSecondLook($0, at: now) }
        for sandbox in Set(ready.map(\.sandbox)).sorted() {
            let limit = pairLimit(of: sandbox, at: now)
            let groups = groups(of: ready.filter { $0.sandbox == sandbox }, limit: limit)
            for members in Packer.pack(groups, limit: limit) {
                intend(members, sandbox, at: now, &step)
            }
        }
        return !ready.isEmpty
    }

    /// Whether an earlier call may have taken it, and listings have shown nothing of what there was for as long as others wait.
    private func isUnproven(_ candidate: Candidate) -> Bool {
        let flow = DataflowKey(candidate.sandbox, candidate.pair.dataflow)
        guard knowledge.runs[flow]?.blankSince != nil, let held = state[candidate.id] else { return false }
        return held.mayHaveRun && held.expiresAt == nil
    }

    /// A call of several pairs that was refused may have taken one all the same. Right after it the platform refuses the next one while
    /// the run is under way. Later it may have ended, and one listing may leave it out: a second one has to show none of it as well.
    private mutating func needsSecondLook(_ candidate: Candidate, at now: Moment) -> Bool {
        let flow = DataflowKey(candidate.sandbox, candidate.pair.dataflow)
        guard let held = state[candidate.id], held.mayHaveRun, held.expiresAt == nil, let known = knowledge.runs[flow],
            let id = held.doubtfulCalls.last(where: { state.calls[$0] != nil }), let call = state.calls[id],
            call.wasRefused == true, known.askedAt.wall - call.call.at > LookBounds.soon
        else {
            knowledge.firstLooks[candidate.id] = nil
            return false
        }
        guard let first = knowledge.firstLooks[candidate.id], first.call == id else {
            knowledge.firstLooks = knowledge.firstLooks.filter { state[$0.key]?.phase == .waiting }
            knowledge.firstLooks[candidate.id] = FirstLook(call: id, askedAt: known.askedAt.monotonic)
            wake.at(known.askedAt.monotonic + LookBounds.between)
            return true
        }
        guard known.askedAt.monotonic - first.askedAt < LookBounds.between else { return false }
        wake.at(first.askedAt + LookBounds.between)
        // Where `gate_freshness` is longer, nothing else would have it listed anew.
        if now.monotonic - first.askedAt >= LookBounds.between { knowledge.outdateRuns(of: flow) }
        return true
    }

    func pairLimit(of sandbox: SandboxName, at now: Moment) -> Int {
        if mutant(.pairs81) { return 81 }
        return max(1, min(configuration.guardrails.pairsPerJob, state.pairLimit(of: sandbox, at: now.wall) ?? .max))
    }

    /// While the credentials are in trouble nothing is called; the next question to the platform is the probe.
    private func credentialsBlock(at now: Moment) -> Closure? {
        credentialsClosure(at: now)
    }

    /// The head of each lane, with what may go together with it: other dataflows of the same audience, each once.
    private func groups(of ready: [Candidate], limit: Int) -> [PackGroup] {
        var lanes: [LaneKey: [Candidate]] = [:]
        for candidate in ready { lanes[candidate.lane, default: []].append(candidate) }
        if mutant(.noLane) {
            return ready.map { PackGroup(members: [$0], limit: nil) }
        }
        let groups = lanes.values.map { line in
            var taken: Set<DataflowID> = []
            // A refused call is halved here as well: its pairs may all be of one audience.
            let own = line.compactMap(\.packLimit).min()
            let members = line.filter { taken.insert($0.pair.dataflow).inserted }.prefix(min(limit, own ?? limit))
            return PackGroup(members: members.sorted { $0.pair < $1.pair }, limit: own)
        }
        return groups.sorted { left, right in
            let leftHead = left.members.min { ($0.expiresAt, $0.id) < ($1.expiresAt, $1.id) }!
            let rightHead = right.members.min { ($0.expiresAt, $0.id) < ($1.expiresAt, $1.id) }!
            return (leftHead.expiresAt, leftHead.id) < (rightHead.expiresAt, rightHead.id)
        }
    }

    private mutating func intend(
        _ members: [Candidate], _ sandbox: SandboxName, at now: Moment, _ step: inout Step
    ) {
        let ordered = members.sorted { $0.pair < $1.pair }
        var baselines: [DataflowID: Baseline] = [:]
        let dataflows = Set(ordered.map(\.pair.dataflow))
        for dataflow in dataflows {
            guard let known = knowledge.runs[DataflowKey(sandbox, dataflow)] else { continue }
            baselines[dataflow] = baseline(of: dataflow, known, share: dataflows.count, at: now)
        }
        let call = Call(
            id: CallID(state.nextCall), sandbox: sandbox, activations: ordered.map(\.id), pairs: ordered.map(\.pair),
            baselines: baselines, exportJob: knowledge.exports[sandbox]?.newestFinished?.id, at: now.wall,
            platformAt: latestPlatformTime(at: now))
        if knowledge.clock == nil {
            knowledge.untimedCalls = knowledge.untimedCalls.filter { state.calls[$0] != nil }
            knowledge.untimedCalls.insert(call.id)
        }
        record(.callIntended(call), &step)
        step.effects.append(
            .queueCall(call.id, sandbox: sandbox, audiences: Set(ordered.map(\.pair.audience)).sorted()))
    }

    // MARK: The call's turn

    mutating func takeTurn(_ id: CallID, at now: Moment, _ step: inout Step) {
        guard let call = state.calls[id], !call.isSending else {
            step.effects.append(.dropCall(id))
            return
        }
        if let obstacle = obstacle(to: call.call, at: now) {
            record(.callWithdrawn(call: id, reason: obstacle), &step)
            step.effects.append(.dropCall(id))
            return
        }
        record(.callSending(call: id, at: now.wall), &step)
        var leaving = call.call
        if !mutant(.leavesLate) { leaving.leaveBy = deadline(of: leaving, at: now) }
        step.effects.append(.send(leaving))
    }

    /// How long what ``obstacle(to:at:)`` found open stays certain: the age that the oldest answer may have, the end of
    /// `start_within`, the next blackout. A pause that a person orders meanwhile takes the call back.
    private func deadline(of call: Call, at now: Moment) -> WireDeadline? {
        let fresh = configuration.polling.gateFreshness
        let flows = Set(call.pairs.map { DataflowKey(call.sandbox, $0.dataflow) })
        let evidence =
            [knowledge.exports[call.sandbox]?.askedAt].compactMap { $0 }
            + flows.compactMap { knowledge.dataflows[$0]?.askedAt } + flows.compactMap { knowledge.runs[$0]?.askedAt }
        let monotonic = evidence.map { $0.monotonic + fresh }.min() ?? now.monotonic + fresh
        var wall = evidence.map { (mutant(.oneClock) ? now : $0).wall + fresh }.min() ?? now.wall + fresh
        for id in call.activations {
            guard let occurrence = state.occurrences[id.occurrence], let activation = state[id] else { continue }
            wall = min(wall, expiry(of: activation, in: occurrence.occurrence))
        }
        for blackout in configuration.blackouts {
            // One that has begun was an obstacle.
            let coming = blackout.windows(from: now.wall, until: wall, limit: 2).first { $0.from > now.wall }
            if let coming { wall = min(wall, coming.from) }
        }
        return WireDeadline(wall: wall, monotonic: monotonic)
    }

    /// Takes back what was handed out and has not reached the wire. What has is answered as always.
    func recall(under scope: PauseScope, _ step: inout Step) {
        for (id, call) in state.calls.sorted(by: { $0.key < $1.key }) where call.isSending && !call.isAnswered {
            let isPaused = call.call.activations.contains { activation in
                guard let campaign = state.occurrences[activation.occurrence]?.occurrence.campaign else { return false }
                return scope == .all || scope == .campaign(campaign)
            }
            if isPaused { step.effects.append(.dropCall(id)) }
        }
    }

    /// The same where the platform has said meanwhile that a gate has closed, or shown a run of an earlier call, or a reload has
    /// closed a gate, or our clock was set back to before what is due. How old an answer may be is the deadline's matter.
    mutating func recallClosed(at now: Moment, _ step: inout Step) {
        for (id, call) in state.calls.sorted(by: { $0.key < $1.key })
        where call.isSending && !call.isAnswered && !knowledge.recalled.contains(id) {
            guard isKnownClosed(call.call, at: now) else { continue }
            knowledge.recalled.insert(id)
            step.effects.append(.dropCall(id))
        }
    }

    private func isKnownClosed(_ call: Call, at now: Moment) -> Bool {
        if configuration.blackouts.contains(where: { $0.end(at: now.wall) != nil }) { return true }
        if case .exportRunning? = exportClosure(call.sandbox, at: now) { return true }
        let isClosed = call.pairs.contains { pair in
            definitionClosure(pair, call.sandbox, at: now) != nil || busyClosure(pair, call.sandbox) != nil
        }
        return isClosed
            || call.activations.contains { activation in
                let startsAt = state.occurrences[activation.occurrence]?.occurrence.startsAt
                return showsLateRun(of: activation, at: now) || startsAt.map { now.wall < $0 } ?? false
            }
    }

    /// Why an intended call must not leave. Everything is judged again: the call may have waited in the job queue.
    private func obstacle(to call: Call, at now: Moment) -> String? {
        if mutant(.turnWithoutLook) { return nil }
        if isStopping { return "the daemon is stopping" }
        let limit = pairLimit(of: call.sandbox, at: now)
        if call.pairs.count > limit { return "the platform takes at most \(limit) pairs in a call" }
        if let closure = credentialsClosure(at: now) { return "the \(closure.gate.rawValue) gate closed again" }
        let lanes = LaneTable(self, besides: Set(call.activations))
        for (id, pair) in zip(call.activations, call.pairs) {
            guard let occurrence = state.occurrences[id.occurrence], let activation = state[id],
                activation.phase == .calling(call.id)
            else { return "activation \(id) was taken out" }
            // It became known after the intent that the audience has two ids.
            guard state.pair(of: id) == pair else { return "the audience of activation \(id) has another id" }
            // So did what a lane is, or a reload changed it.
            if case .activation(let other)? = lanes.holders[lane(of: pair, in: call.sandbox)], !mutant(.noLane) {
                return "activation \(other) holds the lane of activation \(id)"
            }
            if now.wall >= expiry(of: activation, in: occurrence.occurrence), !mutant(.neverExpires) {
                return "activation \(id) expired"
            }
            let closure =
                ownClosure(occurrence.occurrence, activation, at: now)
                ?? freshClosure(pair, call.sandbox, at: now)
                ?? foreignLaneClosure(pair, call.sandbox)
            if let closure { return "the \(closure.gate.rawValue) gate closed again, or its answer grew old" }
        }
        return nil
    }

    private func foreignLaneClosure(_ pair: Pair, _ sandbox: SandboxName) -> Closure? {
        let key = lane(of: pair, in: sandbox)
        for (run, other, place) in foreignRunningPairs() where lane(of: other, in: place) == key {
            return .lane(.foreign(run, other.dataflow))
        }
        return nil
    }
}
