// The loop: event → step → commit → effects. One serial queue owns it; nothing here is shared.
//
// Facts first, then effects: a step's records are on disk before anything of it is performed. A commit that the disk
// refuses (full, read-only) takes the step back: the scheduler is a value, so it is as it was, and the event waits for
// the disk. Any other failure of the journal ends the process.

internal import Chronology
package import Journal
package import SchedulerCore

package final class Runtime {
    package private(set) var scheduler: Scheduler
    private let journal: any JournalStore
    private let environment: any Environment
    /// Events that wait for the journal, in order.
    private var backlog: [Event] = []
    /// Whether an order may be among them.
    private var hasOrders = false
    private var recordsSinceSnapshot = 0
    private var nextPruning: Instant?
    /// When it was asked last whether it is time for that.
    private var prunedAt: Moment?
    package private(set) var trouble: JournalError?
    /// Why nothing is taken in any more: the process is about to end.
    private var lost: JournalError?
    /// What is to be done once the configuration that is being taken in is on disk.
    private var whenReloaded: (() -> Void)?
    private var reloadRefusal: JournalError?
    /// Until when a step that was refused for its size is not tried again by itself.
    private var refusedUntil: Monotonic?
    /// What is tried again then.
    private var postponed: [Event] = []
    /// Steps in a row that the journal refused because it holds an occurrence of theirs.
    private var conflicts = 0

    /// Folds the journal. Nothing is decided yet: see ``start(_:)``.
    ///
    /// - Throws: ``JournalError``; the daemon must not start.
    package init(
        configuration: Configuration, journal: any JournalStore, environment: any Environment
    ) throws(JournalError) {
        self.journal = journal
        self.environment = environment
        scheduler = Scheduler(state: try Self.fold(journal), configuration: configuration)
    }

    /// What the journal says is true: the newest snapshot, and every record after it.
    package static func fold(_ journal: any JournalStore) throws(JournalError) -> State {
        var state = State()
        var sequence: Int64 = 0
        if let snapshot = try journal.snapshot(), let folded = RecordCoding.decodeState(snapshot.bytes) {
            state = folded
            sequence = snapshot.sequence
        }
        var folded = state
        try journal.replay(after: sequence) { stored in folded.apply(stored.record) }
        return folded
    }

    /// Recovery, and from then on everything else.
    package func start(_ configuration: Configuration) {
        handle(.started(configuration))
    }

    /// Takes in one event. Events that come while the journal is in trouble wait in order.
    package func handle(_ event: Event) {
        if lost != nil { return }
        bringBackPostponed()
        // To wake is an occasion to try again, and nothing to be kept: a disk may refuse for days.
        if event != .woke || backlog.isEmpty { backlog.append(event) }
        if event.isOrder { hasOrders = true }
        guard backlog.count <= RuntimeBounds.backlogLimit else {
            lose(
                JournalError(
                    .full, "more than \(RuntimeBounds.backlogLimit) events wait for the journal",
                    remedy: "Make the state directory writable; the daemon starts again from what is on disk."))
            return
        }
        work()
    }

    /// Takes a configuration into use now, or not at all: one that waited for the disk would be in use at a time that nobody
    /// expects.
    ///
    /// - Parameter whenCommitted: Done when it is on disk, before anything that follows from it.
    /// - Returns: Why the one before stays in use; nil where this one is in use.
    package func reload(
        _ configuration: Configuration, actor: String?, whenCommitted: @escaping () -> Void
    ) -> JournalError? {
        if let lost { return lost }
        whenReloaded = whenCommitted
        // A start that could not be stored: nothing was decided yet, so it is tried with this one in its place.
        var failedStart: Event?
        if case .started? = backlog.first {
            failedStart = backlog[0]
            backlog[0] = .started(configuration)
        } else {
            backlog.append(.reloaded(configuration, actor: actor))
            hasOrders = true
        }
        work()
        guard whenReloaded != nil else { return nil }
        whenReloaded = nil
        if let failedStart, !backlog.isEmpty { backlog[0] = failedStart }
        defer { reloadRefusal = nil }
        return lost ?? reloadRefusal ?? trouble
    }

    private func work() {
        while let event = backlog.first {
            let now = environment.now()
            let before = scheduler
            let step = scheduler.handle(event, at: now)
            if mutant(.effectsFirst) { for effect in step.effects { environment.perform(effect) } }
            switch commit(step, event, before, at: now) {
            case .done: backlog.removeFirst()
            case .waits: return
            case .refused(let error):
                refuse(event, error, at: now)
                continue
            case .decided(let admissions):
                backlog.insert(.admittedBefore(admissions), at: 0)
                continue
            }
            if event.takesConfiguration, let done = whenReloaded {
                whenReloaded = nil
                done()
            }
            environment.tell(step.records, before: before, after: scheduler, at: now)
            for effect in step.effects where !mutant(.effectsFirst) { environment.perform(effect) }
        }
        let now = environment.now()
        prune(at: now)
        var wake = scheduler.wake
        // What was refused would be decided again at once, and refused again.
        if let refusedUntil, now.monotonic < refusedUntil { wake = Wake(at: refusedUntil) }
        environment.arm(wake.isEmpty ? nil : wake, at: now)
    }

    /// A step with a record that is larger than what is stored. What was asked for gets a failure in its place, so that nobody
    /// waits for an answer that was thrown away; a call that was answered is in doubt.
    private func refuse(_ event: Event, _ error: JournalError, at now: Moment) {
        backlog.removeFirst()
        environment.journalRefused("a step was not taken: \(event.refusedWords)", error)
        switch event {
        case .command(let id, _, _):
            environment.perform(.reply(id, .refused("it can not be stored: \(error.found)")))
        case .reloaded:
            reloadRefusal = error
        case .callTurn:
            postponed.append(event)
            refusedUntil = now.monotonic + RuntimeBounds.journalRetry
        default:
            if let failure = event.failure(error.found), failure != event {
                backlog.insert(failure, at: 0)
            } else {
                refusedUntil = now.monotonic + RuntimeBounds.journalRetry
            }
        }
    }

    // MARK: The journal

    private func bringBackPostponed() {
        guard let until = refusedUntil, environment.now().monotonic >= until else { return }
        refusedUntil = nil
        backlog += postponed
        postponed = []
    }

    private enum Outcome {
        case done
        /// The scheduler is as it was, and the event waits for the disk.
        case waits
        /// The scheduler is as it was, and the step can never be stored.
        case refused(JournalError)
        /// The scheduler is as it was. These were admitted before; without them the step can be stored.
        case decided([Admission])
    }

    private func commit(_ step: Step, _ event: Event, _ before: Scheduler, at now: Moment) -> Outcome {
        guard !step.records.isEmpty || trouble != nil else { return .done }
        do throws(JournalError) {
            recordsSinceSnapshot += step.records.count
            let isDue = recordsSinceSnapshot >= snapshotInterval
            let folded = mutant(.staleSnapshot) ? before.state : scheduler.state
            // A step without records tells nothing of the disk.
            if step.records.isEmpty { try journal.checkWritable() }
            try journal.commit(step.records, at: now.wall, snapshot: isDue ? try snapshot(of: folded) : nil)
            if isDue { recordsSinceSnapshot = 0 }
            conflicts = 0
            if trouble != nil {
                trouble = nil
                environment.journalTrouble(nil)
            }
            return .done
        } catch {
            recordsSinceSnapshot -= step.records.count
            switch error.code {
            case .full, .readOnly, .locked:
                scheduler = before
                if trouble != error { environment.journalTrouble(error) }
                trouble = error
                refuseOrders(error)
                environment.arm(Wake(at: now.monotonic + RuntimeBounds.journalRetry), at: now)
            case .tooLarge:
                scheduler = before
                // Nothing can be decided before recovery: a person must see to it, and meanwhile it is tried again.
                guard case .started = event else { return .refused(error) }
                if trouble != error { environment.journalTrouble(error) }
                trouble = error
                refuseOrders(error)
                environment.arm(Wake(at: now.monotonic + RuntimeBounds.journalRetry), at: now)
            case .conflict:
                scheduler = before
                conflicts += 1
                if conflicts <= RuntimeBounds.conflictLimit, let admitted = heldAlready(step.records) {
                    return .decided(admitted)
                }
                lose(error)
            case .corrupt, .newerFormat, .unreadableRecord, .io:
                // A failed sync may have dropped what was written: nothing in memory can be trusted to be on disk.
                lose(error)
            }
            return .waits
        }
    }

    /// What of a step the journal holds already: decided, though the marks do not say so. Nil for nothing, and where the journal
    /// can not be asked: then the conflict is one that nothing explains.
    private func heldAlready(_ records: [Record]) -> [Admission]? {
        let admissions = records.compactMap { record in
            if case .occurrenceAdmitted(let occurrence) = record { Admission(of: occurrence) } else { nil }
        }
        guard let held = try? journal.admitted(among: admissions), !held.isEmpty else { return nil }
        return held
    }

    /// Without one the next start folds more records, which is all.
    private func snapshot(of state: State) throws(JournalError) -> [UInt8]? {
        let bytes = try RecordCoding.encode(state)
        guard bytes.count > JournalBounds.snapshotByteLimit else { return bytes }
        environment.journalRefused(
            "no snapshot was stored",
            JournalError(
                .tooLarge,
                "a snapshot has \(bytes.count) bytes; at most \(JournalBounds.snapshotByteLimit) are stored",
                remedy: "Split the work over several daemons: starts take longer and longer."))
        return nil
    }

    /// With the size of what is stored, so that a record costs the same with few campaigns and with many.
    private var snapshotInterval: Int {
        max(RuntimeBounds.recordsPerSnapshot, scheduler.state.campaigns.count / RuntimeBounds.campaignsPerRecord)
    }

    /// An order that waits for the disk would be obeyed at a time that nobody expects, whatever else waits before it.
    private func refuseOrders(_ error: JournalError) {
        // Thousands of answers may wait, and each of them tries the disk again.
        guard hasOrders else { return }
        hasOrders = false
        let waiting = backlog
        backlog.removeAll { event in
            switch event {
            case .command: true
            case .reloaded: whenReloaded != nil
            default: false
            }
        }
        for case .command(let id, _, _) in waiting {
            environment.perform(
                .reply(id, .refused("the journal can not be written, so nothing was taken in: \(error.found)")))
        }
    }

    private func lose(_ error: JournalError) {
        lost = error
        backlog.removeAll()
        environment.journalLost(error)
    }

    /// Retention, once a day and in bounded bites. What a wrong clock takes for old can not be brought back: where the clock is
    /// in doubt nothing is removed, and one that was set forward has a day to be set right again.
    private func prune(at now: Moment) {
        let before = prunedAt ?? now
        prunedAt = now
        guard var next = nextPruning else {
            nextPruning = now.wall + RuntimeBounds.firstPruning
            return
        }
        if (now.wall - before.wall) - (now.monotonic - before.monotonic) > RuntimeBounds.clockStep {
            next = now.wall + RuntimeBounds.pruningInterval
        }
        if scheduler.isClockDoubtful(at: now) { next = max(next, now.wall + RuntimeBounds.firstPruning) }
        nextPruning = next
        guard now.wall >= next else { return }
        // Soon again after a large bite, or after a failure.
        var pause = RuntimeBounds.firstPruning
        do throws(JournalError) {
            let removed = try journal.prune(
                before: now.wall - scheduler.configuration.keep, keeping: Set(scheduler.state.occurrences.keys))
            if removed < JournalBounds.pruneLimit { pause = RuntimeBounds.pruningInterval }
        } catch {
            switch error.code {
            case .full, .readOnly, .locked, .tooLarge: environment.journalRefused("old records were not removed", error)
            case .corrupt, .newerFormat, .unreadableRecord, .conflict, .io: return lose(error)
            }
        }
        nextPruning = now.wall + pause
    }

    /// Stores a snapshot, so that the next start folds nothing, and marks the stop as clean.
    package func close() throws(JournalError) {
        guard lost == nil else { return }
        try journal.commit([], at: environment.now().wall, snapshot: try snapshot(of: scheduler.state))
        try journal.closeCleanly()
    }
}

extension Event {
    /// Whether somebody waits for a reply to it.
    fileprivate var isOrder: Bool { if case .command = self { true } else { false } }

    fileprivate var takesConfiguration: Bool {
        switch self {
        case .started, .reloaded: true
        default: false
        }
    }

    fileprivate var refusedWords: String {
        switch self {
        case .started: "the start"
        case .reloaded: "the reload"
        case .woke: "what falls due"
        case .stopping: "the stop"
        case .exportJobsAnswered, .dataflowsAnswered, .runsAnswered, .runAnswered: "an answer of the platform"
        case .callTurn(let id): "the sending of call \(id)"
        case .callAnswered(let id, _): "the answer to call \(id)"
        case .admittedBefore: "what was admitted before"
        case .clockSynchronised: "what the host says of its clock"
        case .command: "an order"
        }
    }

    /// What stands in for an answer that can not be stored; nil for what is no answer.
    fileprivate func failure(_ words: String) -> Event? {
        switch self {
        case .exportJobsAnswered(let id, _): .exportJobsAnswered(id, .failure(.nonsense(detail: words)))
        case .dataflowsAnswered(let id, _): .dataflowsAnswered(id, .failure(.nonsense(detail: words)))
        case .runsAnswered(let id, _): .runsAnswered(id, .failure(.nonsense(detail: words)))
        case .runAnswered(let id, _): .runAnswered(id, .failure(.nonsense(detail: words)))
        case .callAnswered(let id, _): .callAnswered(id, .doubtful(detail: words))
        case .started, .reloaded, .woke, .stopping, .callTurn, .admittedBefore, .clockSynchronised, .command: nil
        }
    }
}

package enum RuntimeBounds {
    /// Events that may wait for the journal.
    static let backlogLimit = 10_000
    /// A snapshot is stored with the first step after this many records, or more where it is large.
    static let recordsPerSnapshot = 500
    /// Of more campaigns than this times as many, a snapshot is stored less often.
    static let campaignsPerRecord = 20
    /// Steps in a row that may conflict with what the journal holds: each takes up what it holds, so one should do.
    static let conflictLimit = 10
    /// How often a step is tried again that the disk refused.
    static let journalRetry = Duration.seconds(5)
    /// After the start, and between two bites of a large pruning.
    static let firstPruning = Duration.seconds(600)
    static let pruningInterval = Duration.seconds(86_400)
    /// A clock that is set forward by more may be wrong.
    static let clockStep = Duration.seconds(3600)
}
