// The journal of a simulated process: durable beyond the process, and a place where the process can die: before a commit
// is stored, or after it and before anybody learns of it.

internal import Chronology
internal import Journal
internal import SchedulerCore

/// What the next commit meets.
enum CommitFate {
    case fine
    case diesBefore
    case diesAfter
    case isFull
}

final class SimulatedJournal: JournalStore {
    let store = MemoryJournal()
    /// Asked before each commit.
    var fate: () -> CommitFate = { .fine }
    /// Told of what is stored from now on.
    var onStored: ([Record]) -> Void = { _ in }
    private(set) var isDead = false

    /// A new process opens it.
    func revive() {
        isDead = false
    }

    func commit(_ records: [Record], at: Instant, snapshot: [UInt8]?) throws(JournalError) {
        switch fate() {
        case .fine: break
        case .isFull: throw JournalError(.full, "the simulated disk is full", remedy: "wait")
        case .diesBefore:
            isDead = true
            throw Self.death
        case .diesAfter:
            try store.commit(records, at: at, snapshot: snapshot)
            onStored(records)
            isDead = true
            throw Self.death
        }
        try store.commit(records, at: at, snapshot: snapshot)
        onStored(records)
    }

    /// The runtime ends on it, as the process would.
    private static let death = JournalError(.io, "the simulated process died", remedy: "start it again")

    func snapshot() throws(JournalError) -> JournalSnapshot? { try store.snapshot() }

    func replay(after: Int64, _ body: (StoredRecord) throws(JournalError) -> Void) throws(JournalError) {
        try store.replay(after: after, body)
    }

    func history(_ query: HistoryQuery) throws(JournalError) -> [StoredRecord] { try store.history(query) }

    func prune(before: Instant, keeping: Set<OccurrenceID>) throws(JournalError) -> Int {
        try store.prune(before: before, keeping: keeping)
    }

    func checkWritable() throws(JournalError) {}
    func information() throws(JournalError) -> JournalInformation { try store.information() }
    func closeCleanly() throws(JournalError) { try store.closeCleanly() }
}
