// The core: a value that takes events and returns what became true and what should follow.
//
// Begin at `handle`. Each event is taken in by one function; `advance` then decides everything that can be decided now,
// in a fixed order, whatever the event was. So an early, late or repeated event does no harm, and nothing waits for a
// particular event to come.
//
// Pure: time arrives as `now`, answers arrive as events, and nothing here does I/O or draws randomness.

package import Chronology

package struct Scheduler: Sendable {
    package internal(set) var state: State
    package internal(set) var configuration: Configuration
    var knowledge = Knowledge()
    var due = DueTable()
    var clockWatch = ClockWatch()
    package internal(set) var isStopping = false
    var isStarted = false
    /// When `handle` should be called next even if nothing happens; set by `advance`.
    package internal(set) var wake = Wake()

    /// - Parameter state: The fold of the journal, or a new state.
    package init(state: State = State(), configuration: Configuration) {
        self.state = state
        self.configuration = configuration
        for sandbox in (state.exportObservations ?? [:]).keys { learnHabit(of: sandbox) }
    }

    package mutating func handle(_ event: Event, at now: Moment) -> Step {
        var step = Step()
        var looksAtMarks = false
        switch event {
        case .started(let configuration):
            recover(at: now, &step)
            take(configuration, at: now, &step)
            isStarted = true
            beginClockWait(at: now)
            looksAtMarks = true
        case .reloaded(let configuration, let actor):
            // What is due by now is due under the rules it was due under: the wait for the clock is over.
            clockWatch.waitsUntil = clockWatch.waitsUntil.map { _ in now.monotonic }
            if !mutant(.reloadDropsDue) { decideDue(at: now, &step) }
            if isStarted { expire(at: now, &step) }
            if mutant(.reloadForgetsRuns) { knowledge.followed = [:] }
            retryCredentials(at: now)
            take(configuration, actor: actor, at: now, &step)
            looksAtMarks = true
        case .woke:
            break
        case .stopping:
            isStopping = true
        case .exportJobsAnswered(let id, let result):
            takeExportJobs(id, result, at: now, &step)
        case .dataflowsAnswered(let id, let result):
            takeDataflows(id, result, at: now, &step)
        case .runsAnswered(let id, let result):
            takeRuns(id, result, at: now, &step)
        case .runAnswered(let id, let result):
            takeRun(id, result, at: now, &step)
        case .callTurn(let id):
            takeTurn(id, at: now, &step)
        case .callAnswered(let id, let answer):
            takeAnswer(id, answer, at: now, &step)
        case .clockSynchronised(let isSynchronised):
            takeClock(isSynchronised: isSynchronised, at: now, &step)
        case .admittedBefore(let admissions):
            knowledge.admittedBefore.formUnion(admissions)
        case .command(let id, let command, let actor):
            settleDue(at: now, &step)
            obey(command, id, actor: actor, at: now, &step)
        }
        advance(at: now, &step)
        if isStarted { watchClock(at: now, looks: looksAtMarks, &step) }
        return step
    }

    /// What is due, and what has waited for too long by now, comes before what people ask for: nothing of that held it back.
    private mutating func settleDue(at now: Moment, _ step: inout Step) {
        guard isStarted else { return }
        if !isStopping { decideDue(at: now, &step) }
        expire(at: now, &step)
    }

    /// Everything that follows from the state and the time, in the order in which one thing enables the next.
    private mutating func advance(at now: Moment, _ step: inout Step) {
        guard isStarted else { return }
        wake = Wake()
        if mutant(.busyLoop), !state.occurrences.isEmpty { wake.at(now.monotonic) }
        if mutant(.factWithoutRecord), state.pauses.count > 1 { state.nextCall += 1 }
        if !isStopping { decideDue(at: now, &step) }
        endPauses(at: now, &step)
        cancelRemoved(at: now, &step)
        doubtLater(at: now, &step)
        expire(at: now, &step)
        endOccurrences(at: now, &step)
        dropToldSchedules()
        if !isStopping {
            let view = lookAtWaiting(at: now)
            let hasIntended = call(view, at: now, &step)
            ask(hasIntended ? lookAtWaiting(at: now) : view, at: now, &step)
        }
        followAndLookUp(at: now, &step)
        recallClosed(at: now, &step)
        tellRefusals(at: now, &step)
    }

    /// Makes a fact true in memory and puts it into the step, so that both can not differ.
    mutating func record(_ record: Record, _ step: inout Step) {
        state.apply(record)
        step.records.append(record)
    }

    func notify(
        _ kind: NotificationKind, _ activation: ActivationID, _ text: String, at now: Moment, _ step: inout Step
    ) {
        let campaign = state.occurrences[activation.occurrence]?.occurrence.campaign
        step.effects.append(
            .notify(
                Notification(
                    kind: kind, campaign: campaign, occurrence: activation.occurrence, activation: activation,
                    text: text, at: now.wall)))
    }

    /// Whether a call may be on the wire. The shell waits for these before it stops.
    package var hasCallsOnTheWire: Bool {
        state.calls.values.contains { $0.isSending && !$0.isAnswered }
    }
}

/// The earliest moments at which something has to be decided, by each clock. Nil: nothing waits for that clock.
package struct Wake: Equatable, Sendable {
    package private(set) var wall: Instant?
    package private(set) var monotonic: Monotonic?

    package init() {}

    package init(at point: Monotonic) {
        monotonic = point
    }

    package var isEmpty: Bool { wall == nil && monotonic == nil }

    mutating func at(_ instant: Instant?) {
        guard let instant else { return }
        wall = min(wall ?? instant, instant)
    }

    mutating func at(_ point: Monotonic?) {
        guard let point else { return }
        monotonic = min(monotonic ?? point, point)
    }

    /// How long from `now` until the earlier of both; zero when it has passed.
    package func delay(from now: Moment) -> Duration? {
        let delays = [wall.map { $0 - now.wall }, monotonic.map { $0 - now.monotonic }].compactMap { $0 }
        return delays.min().map { max($0, .zero) }
    }
}
