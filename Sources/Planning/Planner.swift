// A plan: a copy of the scheduler, run forward in virtual time against the platform as it is expected. Begin at `run`.
//
// The production core decides everything, so that packing, lanes, overlap, blackouts, jitter and expiry come out as the daemon
// will have them. Pure: time is a number here, and jumps from one wake to the next.

package import Chronology
package import SchedulerCore

package struct Planner {
    private var scheduler: Scheduler
    private var platform: ExpectedPlatform
    private var watch: PlanWatch
    private var now: Moment
    private var steps = 0
    private var requests = 0
    private var cut: PlanCut?
    /// What the scheduler is told first.
    private var opening: [Event]
    private let beginning: Scheduler
    private let habits: [SandboxName: ExportHabit]
    private let runLengths: [SandboxName: Duration]
    private let isFresh: Bool
    private let start: Instant
    private let from: Instant
    private let until: Instant
    private let days: Int

    /// From a scheduler at work: with what is due, in flight, paused and learned. The original is not touched.
    ///
    /// - Parameters:
    ///   - from: The first instant that is shown. One that has passed is taken as `now`.
    ///   - days: Of 86,400 s, cut to ``PlanBounds/days``.
    package init(of scheduler: Scheduler, at now: Moment, from: Instant? = nil, days: Int) {
        var habits: [SandboxName: ExportHabit] = [:]
        for sandbox in scheduler.sandboxesWithHabits { habits[sandbox] = scheduler.exportHabit(of: sandbox) }
        var lengths: [SandboxName: Duration] = [:]
        for sandbox in Set(scheduler.configuration.campaigns.values.map(\.sandbox)) {
            lengths[sandbox] = scheduler.usualRunLength(in: sandbox)?.length
        }
        self.init(
            scheduler.foreseeing(), habits: habits, runLengths: lengths, isFresh: false, at: now,
            from: max(from ?? now.wall, now.wall),
            days: days, opening: [.woke])
    }

    /// From a configuration alone, as if a daemon with an empty journal were started just before `from`.
    ///
    /// - Parameters:
    ///   - habits: When exports usually run; none are expected without.
    ///   - runLengths: How long runs usually take; 7 minutes without.
    ///   - pauses: That are in force then.
    package init(
        of configuration: Configuration, from: Instant, days: Int, habits: [SandboxName: ExportHabit] = [:],
        runLengths: [SandboxName: Duration] = [:], pauses: [Pause] = []
    ) {
        let now = Moment(wall: from, monotonic: Monotonic(milliseconds: 1_000_000_000))
        // Started just before: what is due at the instant of a start has passed for it, and would be in no plan.
        let start = Moment(wall: from - .milliseconds(1), monotonic: Monotonic(milliseconds: 999_999_999))
        var scheduler = Scheduler(configuration: configuration)
        _ = scheduler.handle(.started(configuration), at: start)
        for (index, pause) in pauses.enumerated() {
            let command = Command.pause(pause.scope, until: pause.until, reason: pause.reason)
            _ = scheduler.handle(.command(CommandID(index), command, actor: pause.actor), at: now)
        }
        self.init(
            scheduler.foreseeing(), habits: habits, runLengths: runLengths, isFresh: true, at: now, from: from,
            days: days, opening: [.woke])
    }

    private init(
        _ scheduler: Scheduler, habits: [SandboxName: ExportHabit], runLengths: [SandboxName: Duration], isFresh: Bool,
        at now: Moment, from: Instant, days: Int, opening: [Event]
    ) {
        let days = min(max(days, PlanBounds.days.lowerBound), PlanBounds.days.upperBound)
        let until = from + .seconds(Int64(days) * 86_400)
        self.scheduler = scheduler
        beginning = scheduler
        self.habits = habits
        self.runLengths = runLengths
        self.isFresh = isFresh
        self.now = now
        start = now.wall
        self.from = from
        self.until = until
        self.days = days
        platform = ExpectedPlatform(
            scheduler, habits: habits, runLengths: runLengths, isFresh: isFresh, at: now,
            until: until + PlanBounds.tail)
        watch = PlanWatch(scheduler, from: from, until: until)
        self.opening = opening
    }

    /// Runs to the end of the plan's days, and on until what was due in them has ended.
    ///
    /// - Parameter goesOn: Asked now and then; whoever says no gets the plan as far as it was made.
    package mutating func run(while goesOn: () -> Bool = { true }) -> Plan {
        takeUpCalls()
        feed(opening)
        var instants = 0
        while cut.map({ $0.bound == .occurrences }) ?? true, isWorthwhile, let delay = scheduler.wake.delay(from: now) {
            let delay = max(delay, .milliseconds(1))
            guard now.wall + delay < until + PlanBounds.tail else { break }
            now = Moment(wall: now.wall + delay, monotonic: now.monotonic + delay)
            feed([.woke])
            if steps >= PlanBounds.steps { cut = PlanCut(bound: .steps, at: now.wall) }
            instants += 1
            if instants % PlanBounds.instantsBetweenQuestions == 0, !goesOn() {
                cut = PlanCut(bound: .time, at: now.wall)
            }
        }
        return Plan(
            now: start, from: from, until: until, days: days, occurrences: watch.occurrences(at: now.wall),
            requests: requests, cut: cut, exports: platform.exports, habits: habits,
            runLengths: runLengths, scheduler: beginning,
            isFresh: isFresh)
    }

    /// After the last day only what was due in the plan is followed.
    private var isWorthwhile: Bool {
        now.wall < watch.until || watch.hasUnended
    }

    /// Calls whose turn or answer goes to the original.
    private mutating func takeUpCalls() {
        for call in scheduler.state.calls.values.sorted(by: { $0.call.id < $1.call.id }) where !call.isAnswered {
            opening.append(
                call.isSending
                    ? .callAnswered(call.call.id, platform.accept(call.call, at: now.wall)) : .callTurn(call.call.id))
        }
    }

    /// Events, and everything that follows from them at this instant.
    private mutating func feed(_ events: [Event]) {
        var queue = events[...]
        while let event = queue.popFirst() {
            steps += 1
            let step = scheduler.handle(event, at: now)
            watch.take(step.records, at: now.wall)
            for effect in step.effects {
                count(effect)
                if let answer = platform.answer(effect, at: now) { queue.append(answer) }
            }
            guard steps < PlanBounds.steps else { break }
        }
        watch.look(at: scheduler, platform, at: now)
        if cut == nil, watch.isFull {
            cut = PlanCut(bound: .occurrences, at: now.wall)
            watch.close(at: now.wall + .milliseconds(1))
        }
    }

    private mutating func count(_ effect: Effect) {
        guard now.wall >= from, now.wall < watch.until else { return }
        switch effect {
        case .askExportJobs, .askDataflows, .askRuns, .askRun, .send: requests += 1
        case .queueCall, .dropCall, .notify, .reply: break
        }
    }
}
