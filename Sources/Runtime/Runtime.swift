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
    private var recordsSinceSnapshot = 0
    private var nextPruning: Instant?
    package private(set) var trouble: JournalError?
    /// Why nothing is taken in any more: the process is about to end.
    private var lost: JournalError?
    /// What is to be done once the configuration that is being taken in is on disk.
    private var whenReloaded: (() -> Void)?

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
        // To wake is an occasion to try again, and nothing to be kept: a disk may refuse for days.
        if event != .woke || backlog.isEmpty { backlog.append(event) }
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
        backlog.append(.reloaded(configuration, actor: actor))
        work()
        guard whenReloaded != nil else { return nil }
        whenReloaded = nil
        return lost ?? trouble
    }

    private func work() {
        while let event = backlog.first {
            let now = environment.now()
            let before = scheduler
            let step = scheduler.handle(event, at: now)
            if mutant(.effectsFirst) { for effect in step.effects { environment.perform(effect) } }
            guard commit(step, event, before, at: now) else { return }
            backlog.removeFirst()
            if case .reloaded = event, let done = whenReloaded {
                whenReloaded = nil
                done()
            }
            environment.tell(step.records, before: before, after: scheduler, at: now)
            for effect in step.effects where !mutant(.effectsFirst) { environment.perform(effect) }
        }
        let now = environment.now()
        prune(at: now)
        environment.arm(scheduler.wake.isEmpty ? nil : scheduler.wake, at: now)
    }

    // MARK: The journal

    private func commit(_ step: Step, _ event: Event, _ before: Scheduler, at now: Moment) -> Bool {
        guard !step.records.isEmpty || trouble != nil else { return true }
        do throws(JournalError) {
            recordsSinceSnapshot += step.records.count
            let isDue = recordsSinceSnapshot >= snapshotInterval
            let folded = mutant(.staleSnapshot) ? before.state : scheduler.state
            // A step without records tells nothing of the disk.
            if step.records.isEmpty { try journal.checkWritable() }
            try journal.commit(
                step.records, at: now.wall, snapshot: isDue ? try RecordCoding.encode(folded) : nil)
            if isDue { recordsSinceSnapshot = 0 }
            if trouble != nil {
                trouble = nil
                environment.journalTrouble(nil)
            }
            return true
        } catch {
            recordsSinceSnapshot -= step.records.count
            switch error.code {
            case .full, .readOnly, .locked:
                scheduler = before
                if trouble != error { environment.journalTrouble(error) }
                trouble = error
                refuseOrders(error)
                environment.arm(Wake(at: now.monotonic + RuntimeBounds.journalRetry), at: now)
            case .corrupt, .newerFormat, .unreadableRecord, .conflict, .io:
                // A failed sync may have dropped what was written: nothing in memory can be trusted to be on disk.
                lose(error)
            }
            return false
        }
    }

    /// With the size of what is stored, so that a record costs the same with few campaigns and with many.
    private var snapshotInterval: Int {
        max(RuntimeBounds.recordsPerSnapshot, scheduler.state.campaigns.count / RuntimeBounds.campaignsPerRecord)
    }

    /// An order that waits for the disk would be obeyed at a time that nobody expects, whatever else waits before it.
    private func refuseOrders(_ error: JournalError) {
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

    /// Retention, once a day and in bounded bites.
    private func prune(at now: Moment) {
        guard let next = nextPruning else {
            nextPruning = now.wall + RuntimeBounds.firstPruning
            return
        }
        guard now.wall >= next else { return }
        let removed = try? journal.prune(
            before: now.wall - scheduler.configuration.keep, keeping: Set(scheduler.state.occurrences.keys))
        nextPruning =
            now.wall
            + ((removed ?? 0) >= JournalBounds.pruneLimit ? RuntimeBounds.firstPruning : RuntimeBounds.pruningInterval)
    }

    /// Stores a snapshot, so that the next start folds nothing, and marks the stop as clean.
    package func close() throws(JournalError) {
        guard lost == nil else { return }
        try journal.commit([], at: environment.now().wall, snapshot: try RecordCoding.encode(scheduler.state))
        try journal.closeCleanly()
    }
}

package enum RuntimeBounds {
    /// Events that may wait for the journal.
    static let backlogLimit = 10_000
    /// A snapshot is stored with the first step after this many records, or more where it is large.
    static let recordsPerSnapshot = 500
    /// Of more campaigns than this times as many, a snapshot is stored less often.
    static let campaignsPerRecord = 20
    /// How often a step is tried again that the disk refused.
    static let journalRetry = Duration.seconds(5)
    /// After the start, and between two bites of a large pruning.
    static let firstPruning = Duration.seconds(600)
    static let pruningInterval = Duration.seconds(86_400)
}
