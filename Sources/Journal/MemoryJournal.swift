// A journal in memory: for tests and for virtual time. It forgets at its end, and is otherwise like any other. What is
// stored are bytes, so that whatever can not be written or read shows here too.

package import Chronology
package import SchedulerCore

package final class MemoryJournal: JournalStore {
    private struct Entry {
        var sequence: Int64
        var at: Instant
        var bytes: [UInt8]
        var subjects: [Subject]
        var isPassing: Bool
    }

    /// Whom a record is about.
    private struct Subject {
        var occurrence: OccurrenceID?
        var campaign: CampaignName?
    }

    private struct Life {
        var campaign: CampaignName
        var key: String?
        var raisesMark: Bool
        var ended: Instant?
    }

    /// While it is set, every write fails with it and leaves nothing: a disk that is full, or fails.
    package var fault: JournalError?

    private var entries: [Entry] = []
    private var lastSequence: Int64 = 0
    private var newest: JournalSnapshot?
    private var lives: [OccurrenceID: Life] = [:]
    private var keys: Set<String> = []
    /// The occurrences of each call.
    private var calls: [CallID: [OccurrenceID]] = [:]

    package init() {}

    package func commit(_ records: [Record], at: Instant, snapshot: [UInt8]?) throws(JournalError) {
        if let fault { throw fault }
        try refuseConflicts(records)
        var bytes: [[UInt8]] = []
        for record in records { bytes.append(try RecordCoding.encode(record)) }
        for (record, bytes) in zip(records, bytes) { append(record, bytes, at) }
        if let snapshot { newest = JournalSnapshot(sequence: lastSequence, bytes: snapshot) }
    }

    private func refuseConflicts(_ records: [Record]) throws(JournalError) {
        var begun: Set<OccurrenceID> = []
        var taken: Set<String> = []
        for record in records {
            switch OccurrenceEvent(record) {
            case .began(let id, let campaign, let key, _):
                let isNewKey = key.map { !keys.contains($0) && taken.insert($0).inserted } ?? true
                guard lives[id] == nil, begun.insert(id).inserted, isNewKey else {
                    throw AdmissionKey.conflict(id, of: campaign)
                }
            case .skipped(let id, let campaign):
                guard lives[id] == nil, begun.insert(id).inserted else {
                    throw AdmissionKey.conflict(id, of: campaign)
                }
            case .ended, .reopened, nil: break
            }
        }
    }

    private func append(_ record: Record, _ bytes: [UInt8], _ at: Instant) {
        live(record, at)
        let index = RecordIndex(record)
        var occurrences = index.occurrences
        if let call = index.call {
            if occurrences.isEmpty { occurrences = calls[call] ?? [] } else { calls[call] = occurrences }
        }
        var subjects = occurrences.map { Subject(occurrence: $0, campaign: index.campaign ?? lives[$0]?.campaign) }
        if subjects.isEmpty, let campaign = index.campaign { subjects = [Subject(campaign: campaign)] }
        lastSequence += 1
        entries.append(
            Entry(sequence: lastSequence, at: at, bytes: bytes, subjects: subjects, isPassing: index.isPassing))
    }

    private func live(_ record: Record, _ at: Instant) {
        switch OccurrenceEvent(record) {
        case .began(let id, let campaign, let key, let raisesMark):
            lives[id] = Life(campaign: campaign, key: key, raisesMark: raisesMark)
            if let key { keys.insert(key) }
        case .skipped(let id, let campaign):
            lives[id] = Life(campaign: campaign, raisesMark: true, ended: at)
        case .ended(let id): lives[id]?.ended = at
        case .reopened(let id): lives[id]?.ended = nil
        case nil: break
        }
    }

    package func snapshot() throws(JournalError) -> JournalSnapshot? {
        newest
    }

    package func replay(
        after: Int64, _ body: (StoredRecord) throws(JournalError) -> Void
    ) throws(JournalError) {
        for entry in entries where entry.sequence > after { try body(try stored(entry)) }
    }

    package func history(_ query: HistoryQuery) throws(JournalError) -> [StoredRecord] {
        var found: [StoredRecord] = []
        var size = 0
        for entry in entries.reversed() where matches(entry, query) {
            size += entry.bytes.count
            if found.count == query.limit || (!found.isEmpty && size > JournalBounds.historyByteLimit) { break }
            found.append(try stored(entry))
        }
        return found
    }

    private func matches(_ entry: Entry, _ query: HistoryQuery) -> Bool {
        if let since = query.since, entry.at < since { return false }
        if let until = query.until, entry.at >= until { return false }
        if let before = query.before, entry.sequence >= before { return false }
        if query.campaign == nil, query.occurrence == nil { return true }
        return entry.subjects.contains { subject in
            (query.campaign == nil || subject.campaign == query.campaign)
                && (query.occurrence == nil || subject.occurrence == query.occurrence)
        }
    }

    package func prune(before: Instant, keeping: Set<OccurrenceID>) throws(JournalError) -> Int {
        if let fault { throw fault }
        let kept = keeping.union(neededByFold())
        let ended = lives.filter { id, life in
            life.ended.map { $0 < before } == true && !kept.contains(id)
        }
        let count = entries.count
        for id in ended.sorted(by: { ($0.value.ended!, $0.key) < ($1.value.ended!, $1.key) }).map(\.key) {
            if count - entries.count >= JournalBounds.pruneLimit { break }
            forget(id)
        }
        var room = JournalBounds.pruneLimit - (count - entries.count)
        let covered = newest?.sequence ?? 0
        entries.removeAll { entry in
            guard room > 0, entry.isPassing, entry.at < before, entry.sequence <= covered else { return false }
            room -= 1
            return true
        }
        return count - entries.count
    }

    /// Occurrences that a fold of all records still needs: of each campaign the newest, and the newest that raised its
    /// high-water mark; those of the newest call, for its number; and all that the snapshot does not cover.
    private func neededByFold() -> Set<OccurrenceID> {
        var newestOf: [CampaignName: OccurrenceID] = [:]
        var markOf: [CampaignName: OccurrenceID] = [:]
        for id in lives.keys.sorted() {
            guard let life = lives[id] else { continue }
            newestOf[life.campaign] = id
            if life.raisesMark { markOf[life.campaign] = id }
        }
        let covered = newest?.sequence ?? 0
        let uncovered = entries.filter { $0.sequence > covered }.flatMap { $0.subjects.compactMap(\.occurrence) }
        let lastCall = calls.keys.max().flatMap { calls[$0] } ?? []
        return Set(newestOf.values).union(markOf.values).union(uncovered).union(lastCall)
    }

    private func forget(_ id: OccurrenceID) {
        entries = entries.compactMap { entry in
            guard entry.subjects.contains(where: { $0.occurrence == id }) else { return entry }
            var entry = entry
            entry.subjects.removeAll { $0.occurrence == id }
            return entry.subjects.isEmpty ? nil : entry
        }
        if let key = lives.removeValue(forKey: id)?.key { keys.remove(key) }
    }

    package func admitted(among admissions: [Admission]) throws(JournalError) -> [Admission] {
        admissions.filter { admission in AdmissionKey.text(of: admission).map(keys.contains) ?? false }
    }

    package func checkWritable() throws(JournalError) {
        if let fault { throw fault }
    }

    package func information() throws(JournalError) -> JournalInformation {
        JournalInformation(records: Int64(entries.count), bytes: 0, freeBytes: nil)
    }

    package func closeCleanly() throws(JournalError) {
        if let fault { throw fault }
    }

    private func stored(_ entry: Entry) throws(JournalError) -> StoredRecord {
        StoredRecord(
            sequence: entry.sequence, at: entry.at,
            record: try RecordCoding.decode(entry.bytes, sequence: entry.sequence))
    }
}
