// What a journal must do. Begin here; `MemoryJournal` is the smallest thing that does it, `JournalSQLite` the real one.
//
// A store is owned by one serial queue and is not shared.

package import Chronology
package import SchedulerCore

package protocol JournalStore: AnyObject {
    /// Stores the records of one step, all or none, durable on return.
    ///
    /// - Parameter snapshot: The folded state *after* these records, as bytes that mean nothing here; takes the place of
    ///   the one before. Nil to leave that as it is.
    /// - Throws: ``JournalError``. The caller stops the process: memory is then ahead of the journal.
    func commit(_ records: [Record], at: Instant, snapshot: [UInt8]?) throws(JournalError)

    /// The newest snapshot, if there is one.
    func snapshot() throws(JournalError) -> JournalSnapshot?

    /// Hands out every record after a sequence number, oldest first.
    func replay(after: Int64, _ body: (StoredRecord) throws(JournalError) -> Void) throws(JournalError)

    /// Records for people, newest first, at most ``HistoryQuery/limit``.
    func history(_ query: HistoryQuery) throws(JournalError) -> [StoredRecord]

    /// Forgets records from before an instant, except those of `keeping`, which have not ended, and those that the newest
    /// snapshot does not cover. Removes at most ``JournalBounds/pruneLimit`` at a time.
    ///
    /// - Returns: How many were removed; call again while it is the limit.
    func prune(before: Instant, keeping: Set<OccurrenceID>) throws(JournalError) -> Int

    /// A real, synced write, for the watchdog.
    func checkWritable() throws(JournalError)

    func information() throws(JournalError) -> JournalInformation

    /// Marks the stop as clean. The store is not used after it.
    func closeCleanly() throws(JournalError)
}

package enum JournalBounds {
    package static let pruneLimit = 5_000
    package static let historyLimit = 10_000
}

/// A record with its place in the journal: 1 for the first, counting up by 1.
package struct StoredRecord: Equatable, Sendable {
    package var sequence: Int64
    package var at: Instant
    package var record: Record

    package init(sequence: Int64, at: Instant, record: Record) {
        self.sequence = sequence
        self.at = at
        self.record = record
    }
}

package struct JournalSnapshot: Equatable, Sendable {
    /// The last record that is folded into it.
    package var sequence: Int64
    package var bytes: [UInt8]

    package init(sequence: Int64, bytes: [UInt8]) {
        self.sequence = sequence
        self.bytes = bytes
    }
}

package struct HistoryQuery: Equatable, Sendable {
    package var campaign: CampaignName?
    package var occurrence: OccurrenceID?
    package var since: Instant?
    /// 1 to ``JournalBounds/historyLimit``.
    package var limit: Int

    package init(
        campaign: CampaignName? = nil, occurrence: OccurrenceID? = nil, since: Instant? = nil, limit: Int = 200
    ) {
        self.campaign = campaign
        self.occurrence = occurrence
        self.since = since
        self.limit = min(max(1, limit), JournalBounds.historyLimit)
    }
}

package struct JournalInformation: Equatable, Sendable {
    package var records: Int64
    /// Of all files of the journal; 0 in memory.
    package var bytes: Int64
    /// Free on its file system; nil in memory.
    package var freeBytes: Int64?

    package init(records: Int64, bytes: Int64, freeBytes: Int64?) {
        self.records = records
        self.bytes = bytes
        self.freeBytes = freeBytes
    }
}

/// Why the journal can not do what was asked. Each says what to do.
package struct JournalError: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable {
        case full, readOnly = "read-only", locked, corrupt
        case newerFormat = "newer-format"
        case unreadableRecord = "unreadable-record"
        /// A rule of the journal itself would be broken, such as an occurrence that is admitted twice.
        case conflict
        case io
    }

    package var code: Code
    package var found: String
    package var remedy: String

    package init(_ code: Code, _ found: String, remedy: String) {
        self.code = code
        self.found = found
        self.remedy = remedy
    }

    package var description: String { "\(found). \(remedy) [journal-\(code.rawValue)]" }
}
