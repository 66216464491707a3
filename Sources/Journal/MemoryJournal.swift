// A journal in memory: for tests and for virtual time. It forgets at its end, and is otherwise like any other.

package import Chronology
package import SchedulerCore

package final class MemoryJournal: JournalStore {
    private struct Entry {
        var sequence: Int64
        var at: Instant
        var bytes: [UInt8]
        var campaign: CampaignName?
        var occurrence: OccurrenceID?
    }

    private var entries: [Entry] = []
    private var lastSequence: Int64 = 0
    private var newest: JournalSnapshot?
    private var campaigns: [OccurrenceID: CampaignName] = [:]
    private var admitted: Set<String> = []

    package init() {}

    package func commit(_ records: [Record], at: Instant, snapshot: [UInt8]?) throws(JournalError) {
        var added: [Entry] = []
        var keys: Set<String> = []
        for record in records {
            if case .occurrenceAdmitted(let occurrence) = record {
                let key = AdmissionKey.text(of: occurrence)
                guard !admitted.contains(key), keys.insert(key).inserted else {
                    throw AdmissionKey.conflict(occurrence)
                }
            }
            let index = RecordIndex(record)
            if let campaign = index.campaign, let occurrence = index.occurrence { campaigns[occurrence] = campaign }
            added.append(
                Entry(
                    sequence: lastSequence + Int64(added.count) + 1, at: at, bytes: try RecordCoding.encode(record),
                    campaign: index.campaign ?? index.occurrence.flatMap { campaigns[$0] },
                    occurrence: index.occurrence))
        }
        entries += added
        admitted.formUnion(keys)
        lastSequence += Int64(added.count)
        if let snapshot { newest = JournalSnapshot(sequence: lastSequence, bytes: snapshot) }
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
        for entry in entries.reversed() where found.count < query.limit {
            if let since = query.since, entry.at < since { continue }
            if let campaign = query.campaign, entry.campaign != campaign { continue }
            if let occurrence = query.occurrence, entry.occurrence != occurrence { continue }
            found.append(try stored(entry))
        }
        return found
    }

    package func prune(before: Instant, keeping: Set<OccurrenceID>) throws(JournalError) -> Int {
        let covered = newest?.sequence ?? 0
        var removed = 0
        entries.removeAll { entry in
            guard removed < JournalBounds.pruneLimit, entry.at < before, entry.sequence <= covered else { return false }
            if let occurrence = entry.occurrence, keeping.contains(occurrence) { return false }
            removed += 1
            return true
        }
        return removed
    }

    package func checkWritable() throws(JournalError) {}

    package func information() throws(JournalError) -> JournalInformation {
        JournalInformation(records: Int64(entries.count), bytes: 0, freeBytes: nil)
    }

    package func closeCleanly() throws(JournalError) {}

    private func stored(_ entry: Entry) throws(JournalError) -> StoredRecord {
        StoredRecord(
            sequence: entry.sequence, at: entry.at,
            record: try RecordCoding.decode(entry.bytes, sequence: entry.sequence))
    }
}

/// An occurrence is admitted once for each campaign, nominal time and origin: a second line of defence behind the
/// high-water marks. Hand-fired ones carry no key beyond their nominal time.
package enum AdmissionKey {
    package static func text(of occurrence: Occurrence) -> String {
        let origin =
            switch occurrence.origin {
            case .timetable: "timetable"
            case .manual: "manual"
            case .export(let job): "export \(job)"
            case .after(let id): "after \(id)"
            }
        return "\(occurrence.campaign) \(occurrence.nominal.milliseconds) \(origin)"
    }

    package static func conflict(_ occurrence: Occurrence) -> JournalError {
        JournalError(
            .conflict, "occurrence \(occurrence.nominal.rfc3339) of \(occurrence.campaign) was admitted before",
            remedy: "Report this as a fault of activationd; nothing was sent for the second one.")
    }
}
