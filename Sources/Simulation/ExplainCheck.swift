// What `explain` says, held against the truth: each reason that it gives must have been true when the platform was asked, and
// what waits must have a reason. So must the gate that an expiry names.

internal import Chronology
internal import PlatformModel
internal import SchedulerCore

struct ExplainCheck {
    /// Since when nothing explains why an activation waits, and how it waits: whatever happened to it is shown there.
    private var silences: [ActivationID: (since: Instant, state: ActivationState)] = [:]

    private static let patience = Duration.seconds(20 * 60)

    /// - Returns: What is wrong, in words.
    mutating func look(_ scheduler: Scheduler, _ judge: ClosureJudge, at now: Moment) -> String? {
        let waiting = scheduler.waiting()
        let before = silences
        silences = [:]
        for (id, closures) in zip(waiting, scheduler.closures(ofAll: waiting, at: now)) {
            guard let state = scheduler.state[id] else { continue }
            if closures.isEmpty {
                // Nobody looks while the disk refuses: meanwhile it may have been called, and come back.
                let since = before[id].flatMap { $0.state == state ? $0.since : nil } ?? now.wall
                silences[id] = (since, state)
                if now.wall - since > Self.patience { return "nothing explains why activation \(id) waits" }
            }
            for closure in closures {
                if let wrong = judge.wrong(closure, id) { return "activation \(id): \(wrong)" }
            }
        }
        return nil
    }
}

/// The truth about closed gates, at one moment.
struct ClosureJudge {
    let state: State
    let plans: PlansInUse
    let hearing: Hearing
    let model: PlatformModel
    let truth: PlatformTruth
    /// By the daemon's wall clock.
    let wall: Instant
    /// By the platform's.
    let now: Instant
    /// By the platform's clock, of a point of the daemon's monotonic one.
    let platformTime: (Monotonic) -> Instant
    /// Between asking and the platform's answer, and then some.
    let way: Duration
    /// How long the machine slept, and until when by the platform's clock: an answer may have been on its way meanwhile.
    let sleep: (length: Duration, until: Instant)
    /// For how long an answer may have waited for a disk that took nothing, and its time counts from when it was taken.
    let stall: Duration

    /// Of a clock in a day, and of times that are told in whole seconds.
    private static let drift = Duration.seconds(30)
    /// What was believed for so long although it had ended was not asked about, because nothing could be: an outage, a sleep.
    private static let belief = Duration.seconds(8 * 3600)

    /// Why a closure is not true; nil for one that is, or was when the platform was asked.
    func wrong(_ closure: Closure, _ id: ActivationID) -> String? {
        guard let pair = pair(of: id), let occurrence = state.occurrences[id.occurrence]?.occurrence else {
            return nil
        }
        switch closure {
        case .notStarted(let until):
            return until == occurrence.startsAt && wall < until ? nil : "it has started"
        case .behind(let other):
            let previous = state.occurrences[other]
            let isBehind = previous?.outcome == nil && previous?.occurrence.campaign == occurrence.campaign
            return isBehind && other < id.occurrence ? nil : "occurrence \(other) is not before it"
        case .paused(let pause):
            let isMeant = pause.scope == .all || pause.scope == .campaign(occurrence.campaign)
            let isOn = state.pauses.contains(pause) && pause.until.map { wall < $0 } ?? true
            return isMeant && isOn ? nil : "nothing is paused"
        case .blackout(let name, let until):
            return plans.mayBeBlackout(name, at: wall, until: until)
                ? nil : "no blackout \(name) until \(until.rfc3339)"
        case .backoff(let until, _):
            return state[id]?.notBefore == until && wall < until ? nil : "nothing makes it wait until \(until.rfc3339)"
        case .credentials:
            return hearing.refusedAt == nil ? "nobody has refused us" : nil
        case .throttled:
            return hearing.hasFailed(.calls) ? nil : "no call was refused"
        case .lane(let holder):
            return wrong(holder, pair, in: occurrence.sandbox)
        case .exportRunning(let job, _, let askedAt):
            let asked = platformTime(askedAt.monotonic)
            let isTrue = truth.exports.contains { export in
                export.id == job.id && export.begin <= asked + way && asked <= export.end
            }
            return isTrue ? nil : "export \(job.id) did not run when it was asked for"
        case .dataflowBusy(let run, let askedAt):
            let asked = platformTime(askedAt.monotonic)
            guard let real = model.run(named: run.id.text), real.createdAt <= asked + way,
                asked <= real.endsAt
            else { return "run \(run.id) was not in progress when it was asked for" }
            return nil
        case .dataflowUnusable, .dataflowState, .notMapped, .rangeNotStarted, .rangeEnded, .firstActivation:
            return wrongDefinition(closure, pair, in: occurrence.sandbox)
        case .unknown(let gate, let failure):
            return failure.flatMap { wrong($0, of: gate, pair, in: occurrence.sandbox) }
        }
    }

    /// By the system's id of its audience.
    private func pair(of id: ActivationID) -> Pair? {
        state.pair(of: id).flatMap { plans.meant(by: [$0]).first }
    }

    private func wrong(_ holder: LaneHolder, _ pair: Pair, in sandbox: SandboxName) -> String? {
        switch holder {
        case .activation(let id):
            // Who waits in front of it holds it back as well.
            let isInFront = state[id].map { $0.holdsLane || $0.phase == .waiting } ?? false
            let isHeld =
                isInFront && self.pair(of: id)?.audience == pair.audience
                && state.occurrences[id.occurrence]?.occurrence.sandbox == sandbox
            return isHeld ? nil : "activation \(id) does not hold its lane"
        case .foreign(let run, let dataflow):
            let real = model.run(named: run.text)
            let isInTheWay =
                real.map { real in
                    // Nobody asked since it ended.
                    let isUnheard = hearing.runsListedAt[sandbox].map { $0 - way <= real.endsAt } ?? true
                    return real.flow == dataflow.text && (isUnheard || now - real.endsAt < Self.belief)
                } ?? false
            return isInTheWay ? nil : "run \(run) of others is not under way"
        }
    }

    private func wrong(
        _ failure: String, of gate: GateName, _ pair: Pair, in sandbox: SandboxName
    ) -> String? {
        // An answer that took too long opens nothing either.
        if failure.contains("gate_freshness") { return nil }
        if failure.contains("lists none of its runs") {
            let isTrue = hearing.blank.contains("\(sandbox)/\(pair.dataflow)")
            return isTrue ? nil : "the last listing showed runs of \(pair.dataflow)"
        }
        let kinds: [Hearing.Kind] =
            switch gate {
            case .export: [.exports]
            case .dataflow, .lane: [.runs, .run]
            case .mapping, .scheduleRange, .firstActivation: [.dataflows]
            case .startTime, .paused, .blackout, .credentials, .throttled: []
            }
        let hasFailed = kinds.contains(where: hearing.hasFailed)
        return hasFailed ? nil : "asking about \(gate.rawValue) has not failed: \(failure)"
    }

    // MARK: Definitions

    private func wrongDefinition(_ closure: Closure, _ pair: Pair, in sandbox: SandboxName) -> String? {
        let flow = model.flow(pair.dataflow.text, in: sandbox.text)
        let mapping = flow?.audiences.first { $0.id == pair.audience.text }
        switch closure {
        case .dataflowUnusable:
            return flow == nil ? nil : "the platform knows \(pair.dataflow)"
        case .notMapped(let askedAt), .dataflowState(_, let askedAt):
            // Right as long as nobody edited the dataflow since.
            let isUsable = flow?.state == "enabled" && mapping != nil
            return !isUsable || wasEdited(pair, since: askedAt)
                ? nil : "the platform has its mapping, and nobody edited it"
        case .firstActivation(let since?, let opensIn, let askedAt):
            let mapped = mapping.map { model.start + .milliseconds($0.mappedAtMilliseconds) }
            let isTold = mapped.map { abs(($0 - since).milliseconds) < 1000 } ?? false
            guard wasEdited(pair, since: askedAt) || isTold else { return "it was not mapped at \(since.rfc3339)" }
            let slept = platformTime(askedAt.monotonic) <= sleep.until ? sleep.length : .zero
            let latest = since + plans.longestWindow + way + slept + stall + Self.drift
            return now + opensIn <= latest
                ? nil : "no window is so long as \(since.rfc3339) to \((now + opensIn).rfc3339)"
        case .firstActivation(nil, _, _):
            return mapping == nil ? nil : "the platform says when it was mapped"
        case .rangeNotStarted(let start):
            let day = mapping?.startDate.flatMap { Instant(rfc3339: $0 + "T00:00:00Z") }
            // It does not say when it was asked for, and what waits for its time is not asked about.
            let wasEdited = truth.edits.contains { $0.flow == pair.dataflow.text }
            return day == start || wasEdited ? nil : "its schedule does not begin at \(start.rfc3339)"
        case .rangeEnded(let end, let askedAt):
            let day = mapping?.endDate.flatMap { Instant(rfc3339: $0 + "T00:00:00Z") }
            return day == end || wasEdited(pair, since: askedAt) ? nil : "its schedule does not end at \(end.rfc3339)"
        default: return nil
        }
    }

    private func wasEdited(_ pair: Pair, since askedAt: Moment) -> Bool {
        let asked = platformTime(askedAt.monotonic)
        return truth.edits.contains { $0.flow == pair.dataflow.text && $0.at >= asked - .seconds(1) }
    }

    // MARK: Expiries

    /// Why the gate that an expiry names was not closed while the activation waited.
    ///
    /// - Parameter notBefore: Until when it was held back by a record of the same step.
    func wrongExpiry(of id: ActivationID, _ reason: String, notBefore: Instant? = nil) -> String? {
        guard let pair = pair(of: id), let occurrence = state.occurrences[id.occurrence]?.occurrence,
            let known = state[id]
        else { return nil }
        // "…; the export gate was closed: export job 4711 is PROCESSING (asked 3 s ago)"
        guard let found = reason.firstRange(of: " gate was closed: "),
            let name = reason[..<found.lowerBound].split(separator: " ").last,
            let gate = GateName(rawValue: String(name))
        else { return nil }
        let evidence = String(reason[found.upperBound...])
        let words = evidence.split { $0 == " " || $0 == "," }.map(String.init)
        func named(after word: String) -> String? {
            words.firstIndex(of: word).flatMap { words.indices.contains($0 + 1) ? words[$0 + 1] : nil }
        }
        // As far back as it has waited, by whichever clock.
        let begin = now - max(.zero, wall - occurrence.startsAt) - Self.belief
        if evidence.hasPrefix("asking failed: ") { return wrong(evidence, of: gate, pair, in: occurrence.sandbox) }
        if evidence.hasPrefix("not asked yet") { return nil }
        let isTrue: Bool
        switch gate {
        case .paused: isTrue = state.pause(of: occurrence.campaign, at: wall) != nil
        case .blackout: isTrue = plans.mayBeBlackout(nil, at: wall, until: nil)
        case .startTime:
            let isBehind = occurrence.startsAfter.map { state.occurrences[$0].map { $0.outcome == nil } ?? false }
            isTrue = isBehind ?? false || wall < occurrence.startsAt
        case .credentials: isTrue = hearing.refusedAt != nil
        case .throttled:
            isTrue = (notBefore ?? known.notBefore).map { wall < $0 } ?? false || hearing.hasFailed(.calls)
        case .export:
            isTrue = truth.exports.contains { $0.id == named(after: "job") && begin <= $0.end && $0.begin <= now }
        case .dataflow:
            let run = named(after: "run").flatMap(model.run)
            isTrue =
                run.map { $0.flow == pair.dataflow.text && begin <= $0.endsAt }
                ?? wasClosed(pair, in: occurrence.sandbox, since: begin)
        case .mapping, .scheduleRange, .firstActivation: isTrue = wasClosed(pair, in: occurrence.sandbox, since: begin)
        case .lane where evidence.contains(" waits before it "):
            // That one may end in the same step.
            let front = named(after: "activation").flatMap { ActivationID($0) }
            isTrue = front.map { self.pair(of: $0)?.audience == pair.audience || state[$0] == nil } ?? false
        case .lane:
            isTrue =
                isLaneHeld(pair, in: occurrence.sandbox)
                || named(after: "run").map { name in
                    model.runs.contains { run in
                        // One of ours that nobody has taken for ours yet is in the way like one of others.
                        let isOfOthers =
                            !run.isOurs || !truth.owned.contains(run.id) || truth.abandoned.contains(run.id)
                        return run.isNamed(name) && isOfOthers && begin <= run.endsAt
                    }
                } ?? false
        }
        return isTrue ? nil : "the \(gate.rawValue) gate was not closed: \(evidence)"
    }

    private func isLaneHeld(_ pair: Pair, in sandbox: SandboxName) -> Bool {
        state.occurrences.values.contains { occurrence in
            occurrence.occurrence.sandbox == sandbox
                && zip(occurrence.activations, occurrence.occurrence.pairs).contains {
                    $0.holdsLane && $1.audience == pair.audience
                }
        }
    }

    /// Whether the definition of a dataflow has held a pair back.
    private func wasClosed(_ pair: Pair, in sandbox: SandboxName, since begin: Instant) -> Bool {
        if truth.edits.contains(where: { $0.flow == pair.dataflow.text && $0.at >= begin }) { return true }
        let flow = model.flow(pair.dataflow.text, in: sandbox.text)
        guard let flow, flow.state == "enabled",
            let mapping = flow.audiences.first(where: { $0.id == pair.audience.text })
        else { return true }
        let mapped = model.start + .milliseconds(mapping.mappedAtMilliseconds)
        return mapping.startDate != nil || mapping.endDate != nil || mapped + plans.longestWindow >= begin
    }
}
