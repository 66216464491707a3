// Plans, made on a queue of their own: the daemon goes on meanwhile. The scheduler is a value, so a plan has a copy of it, and
// nothing of what it does there comes back.

internal import Chronology
internal import ControlProtocol
internal import Dispatch
internal import Foundation
internal import Planning
internal import SchedulerCore

enum PlanDeskBounds {
    /// Plans that are made or wait for their turn: the last of them has its answer before activationctl gives up.
    static let waiting = 4
    /// A plan that takes longer ends where it is, and says so.
    static let time = Duration.seconds(10)
}

final class PlanDesk: @unchecked Sendable {
    // Without a target: see Rest.swift.
    private let queue = DispatchQueue(label: "plans")
    // `lock` guards `waiting`.
    private let lock = NSLock()
    private var waiting = 0
    private let whenDone: @Sendable () -> Void

    /// - Parameter whenDone: Called after each plan, on a queue of its own.
    init(whenDone: @escaping @Sendable () -> Void) {
        self.whenDone = whenDone
    }

    /// Answers once, later: one plan after the other.
    ///
    /// - Throws: Where too many wait, and for a beginning that lies too far ahead.
    func answer(
        _ request: PlanRequest, _ scheduler: Scheduler, at now: Moment,
        _ reply: @escaping @Sendable (ControlResponse) -> Void
    ) throws(ControlRefusal) {
        if let from = request.from, from - now.wall > PlanBounds.ahead {
            throw ControlRefusal(
                .badRequest, "from lies too far ahead; accepted: up to \(PlanBounds.ahead.words) from now")
        }
        let isFree = lock.withLock {
            guard waiting < PlanDeskBounds.waiting else { return false }
            waiting += 1
            return true
        }
        guard isFree else {
            throw ControlRefusal(.refused, "\(PlanDeskBounds.waiting) plans are being made; ask again in a moment")
        }
        queue.async { [self] in
            reply(Self.plan(request, scheduler, at: now))
            lock.withLock { waiting -= 1 }
            whenDone()
        }
    }

    private static func plan(_ request: PlanRequest, _ scheduler: Scheduler, at now: Moment) -> ControlResponse {
        let end = SystemClock.now().monotonic + PlanDeskBounds.time
        var planner = Planner(of: scheduler, at: now, from: request.from, days: request.days)
        let plan = planner.run { SystemClock.now().monotonic < end }
        return ControlDesk.response(plan.document(at: now.wall))
    }
}
