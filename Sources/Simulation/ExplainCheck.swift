// What `explain` says, held against the truth: each reason that it gives must have been true when the platform was asked, and
// what waits must have a reason.

internal import Chronology
internal import PlatformModel
internal import SchedulerCore

struct ExplainCheck {
    /// Since when nothing explains why an activation waits, and how it waits: whatever happened to it is shown there.
    private var silences: [ActivationID: (since: Instant, state: ActivationState)] = [:]

    private static let patience = Duration.seconds(20 * 60)
    /// Between asking and the platform's answer, and then some.
    var way = Duration.seconds(120)

    /// - Parameters:
    ///   - platformTime: By the platform's clock, of a point of the daemon's monotonic one.
    /// - Returns: What is wrong, in words.
    mutating func look(
        _ scheduler: Scheduler, _ model: PlatformModel, _ truth: PlatformTruth, at now: Moment,
        platformTime: (Monotonic) -> Instant
    ) -> String? {
        let waiting = scheduler.waiting()
        let before = silences
        silences = [:]
        for (id, closures) in zip(waiting, scheduler.closures(ofAll: waiting, at: now)) {
            guard let pair = scheduler.state.pair(of: id), let state = scheduler.state[id] else { continue }
            if closures.isEmpty {
                // Nobody looks while the disk refuses: meanwhile it may have been called, and come back.
                let since = before[id].flatMap { $0.state == state ? $0.since : nil } ?? now.wall
                silences[id] = (since, state)
                if now.wall - since > Self.patience { return "nothing explains why activation \(id) waits" }
            }
            for closure in closures {
                if let wrong = wrong(closure, pair, scheduler, model, truth, at: now, platformTime) {
                    return "activation \(id): \(wrong)"
                }
            }
        }
        return nil
    }

    private func wrong(
        _ closure: Closure, _ pair: Pair, _ scheduler: Scheduler, _ model: PlatformModel, _ truth: PlatformTruth,
        at now: Moment, _ platformTime: (Monotonic) -> Instant
    ) -> String? {
        switch closure {
        case .exportRunning(let job, _, let askedAt):
            let asked = platformTime(askedAt.monotonic)
            let isTrue = truth.exports.contains { export in
                export.id == job.id && export.begin <= asked + way && asked <= export.end
            }
            return isTrue ? nil : "export \(job.id) did not run when it was asked for"
        case .dataflowBusy(let run, let askedAt):
            let asked = platformTime(askedAt.monotonic)
            guard let real = model.runs.last(where: { $0.id == run.id.text }), real.createdAt <= asked + way,
                asked <= real.endsAt
            else { return "run \(run.id) was not in progress when it was asked for" }
            return nil
        case .notMapped(let askedAt), .dataflowState(_, let askedAt):
            // Right as long as nobody edited the dataflow since.
            let asked = platformTime(askedAt.monotonic)
            let wasEdited = truth.edits.contains { $0.flow == pair.dataflow.text && $0.at >= asked - .seconds(1) }
            let flow = model.scenario.flows.first { $0.id == pair.dataflow.text }
            let isMapped = flow?.audiences.contains { $0.id == pair.audience.text } ?? false
            let isUsable = flow?.state == "enabled" && isMapped
            return wasEdited || !isUsable ? nil : "the platform has its mapping, and nobody edited it"
        case .firstActivation(let since?, _, let askedAt):
            let asked = platformTime(askedAt.monotonic)
            let wasEdited = truth.edits.contains { $0.flow == pair.dataflow.text && $0.at >= asked - .seconds(1) }
            let mapped = model.scenario.flows.first { $0.id == pair.dataflow.text }?
                .audiences.first { $0.id == pair.audience.text }?.mappedAtMilliseconds
            let isTrue = mapped.map { abs((model.start + .milliseconds($0) - since).milliseconds) < 1000 } ?? false
            return wasEdited || isTrue ? nil : "it was not mapped at \(since.rfc3339)"
        case .lane(.activation(let holder)):
            return scheduler.state[holder]?.holdsLane == true ? nil : "activation \(holder) holds no lane"
        case .paused(let pause):
            return scheduler.state.pauses.contains(pause) ? nil : "nothing is paused"
        default:
            return nil
        }
    }
}
