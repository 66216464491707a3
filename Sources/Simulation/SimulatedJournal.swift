// The journal of a simulated machine: a disk with a cache in front of it. A commit is written and synced; a process that
// dies keeps what was written, a machine that loses power only what was synced, and a write that it interrupts is torn:
// the journal finds that when it is opened, and drops it.

internal import Chronology
internal import Journal
internal import SchedulerCore

/// What the next commit meets.
enum CommitFate {
    case fine
    case diesBefore
    /// Written, and not synced: a power cut at this moment may leave a torn write.
    case diesBeforeSync
    case diesAfter
    case isFull
    case isReadOnly
    /// The sync fails: what was written may or may not be there later.
    case syncFails
}

final class SimulatedJournal: JournalStore {
    /// Asked before each commit.
    var fate: () -> CommitFate = { .fine }
    /// Told of what a process may rely on from now on.
    var onStored: ([Record]) -> Void = { _ in }

    private var records: [StoredRecord] = []
    private var newest: JournalSnapshot?
    /// The commit that was written and not synced, with what was there before it.
    private var unsynced: (records: [Record], count: Int, snapshot: JournalSnapshot?)?
    private var begun: Set<OccurrenceID> = []
    private var keys: Set<String> = []
    /// Where everything goes through bytes, the store that encodes, decodes and prunes as the real one does.
    private let bytes: MemoryJournal?

    init(isThroughBytes: Bool) {
        bytes = isThroughBytes ? MemoryJournal() : nil
    }

    // MARK: Death

    /// The process is gone, the machine is not: what was written is there.
    func survive() {
        guard let unsynced else { return }
        self.unsynced = nil
        onStored(unsynced.records)
    }

    /// - Parameter keepsWrite: Whether the write that was under way reached the disk whole; otherwise it is torn, and
    ///   dropped.
    func losePower(keepsWrite: Bool) {
        guard let unsynced, !keepsWrite else { return survive() }
        records.removeLast(records.count - unsynced.count)
        newest = unsynced.snapshot
        self.unsynced = nil
        rebuildKeys()
    }

    /// The runtime ends on it, as the process would.
    private static let death = JournalError(.io, "the simulated process died", remedy: "start it again")

    // MARK: Commits

    func commit(_ new: [Record], at: Instant, snapshot: [UInt8]?) throws(JournalError) {
        let fate = fate()
        switch fate {
        case .isFull: throw JournalError(.full, "the simulated disk is full", remedy: "wait")
        case .isReadOnly: throw JournalError(.readOnly, "the simulated disk is read-only", remedy: "wait")
        case .diesBefore: throw Self.death
        case .fine, .diesBeforeSync, .diesAfter, .syncFails: break
        }
        try write(new, at: at, snapshot: snapshot)
        switch fate {
        case .diesBeforeSync: throw Self.death
        case .syncFails: throw JournalError(.io, "the simulated disk does not sync", remedy: "start again")
        default: survive()
        }
        if fate == .diesAfter { throw Self.death }
    }

    private func write(_ new: [Record], at: Instant, snapshot: [UInt8]?) throws(JournalError) {
        if let bytes {
            try bytes.commit(new, at: at, snapshot: snapshot)
            unsynced = (new, 0, nil)
            return
        }
        for record in new { try refuseConflict(record) }
        unsynced = (new, records.count, newest)
        for record in new {
            records.append(StoredRecord(sequence: Int64(records.count + 1), at: at, record: record))
        }
        if let snapshot { newest = JournalSnapshot(sequence: Int64(records.count), bytes: snapshot) }
    }

    private func refuseConflict(_ record: Record) throws(JournalError) {
        switch OccurrenceEvent(record) {
        case .began(let id, let campaign, let key, _):
            let isNewKey = key.map { keys.insert($0).inserted } ?? true
            guard begun.insert(id).inserted, isNewKey else { throw AdmissionKey.conflict(id, of: campaign) }
        case .skipped(let id, let campaign):
            guard begun.insert(id).inserted else { throw AdmissionKey.conflict(id, of: campaign) }
        case .ended, .reopened, nil: break
        }
    }

    private func rebuildKeys() {
        begun = []
        keys = []
        for stored in records { try? refuseConflict(stored.record) }
    }

    // MARK: Reading

    func snapshot() throws(JournalError) -> JournalSnapshot? {
        if let bytes { return try bytes.snapshot() }
        return newest
    }

    func replay(after: Int64, _ body: (StoredRecord) throws(JournalError) -> Void) throws(JournalError) {
        if let bytes { return try bytes.replay(after: after, body) }
        for stored in records.dropFirst(Int(after)) { try body(stored) }
    }

    func history(_ query: HistoryQuery) throws(JournalError) -> [StoredRecord] {
        try bytes?.history(query) ?? []
    }

    /// Only the store of bytes forgets; the values of one run are few.
    func prune(before: Instant, keeping: Set<OccurrenceID>) throws(JournalError) -> Int {
        try bytes?.prune(before: before, keeping: keeping) ?? 0
    }

    func admitted(among admissions: [Admission]) throws(JournalError) -> [Admission] {
        if let bytes { return try bytes.admitted(among: admissions) }
        return admissions.filter { admission in AdmissionKey.text(of: admission).map(keys.contains) ?? false }
    }

    func checkWritable() throws(JournalError) {}

    func information() throws(JournalError) -> JournalInformation {
        JournalInformation(records: Int64(records.count), bytes: 0, freeBytes: nil)
    }

    func closeCleanly() throws(JournalError) {}
}
