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

    /// Records for people, newest first, at most ``HistoryQuery/limit`` of them and, as soon as there is one, at most
    /// ``JournalBounds/historyByteLimit`` bytes. Fewer than the limit are not the end: ask on with
    /// ``HistoryQuery/before`` until nothing comes.
    func history(_ query: HistoryQuery) throws(JournalError) -> [StoredRecord]

    /// Forgets occurrences that ended before an instant, each with all of its records.
    ///
    /// What folding the records from the first one needs stays, so that a snapshot can always be made anew: records that
    /// belong to no occurrence (campaigns, pauses, limits, exports), and of each campaign the newest occurrence and the
    /// newest that raised its high-water mark. Old configurations go. Nothing goes that the newest snapshot does not cover.
    ///
    /// - Parameter keeping: Occurrences that stay although they ended, such as those that wait for a person.
    /// - Returns: How many records were removed. Ends with the occurrence that reaches ``JournalBounds/pruneLimit``; call
    ///   again while it is that or more.
    func prune(before: Instant, keeping: Set<OccurrenceID>) throws(JournalError) -> Int

    /// Which of these were admitted, and are kept: a commit that admits one of them again is refused with `conflict`.
    func admitted(among: [Admission]) throws(JournalError) -> [Admission]

    /// A real, synced write, for the watchdog.
    func checkWritable() throws(JournalError)

    func information() throws(JournalError) -> JournalInformation

    /// Marks the stop as clean. The store is not used after it.
    func closeCleanly() throws(JournalError)
}

/// Reads what is committed on a connection and a queue of its own, while the store is written: a long look at the history is no
/// reason for a decision to wait. Any one queue at a time may use it.
package protocol JournalReader: AnyObject, Sendable {
    /// As ``JournalStore/history(_:)``.
    func history(_ query: HistoryQuery) throws(JournalError) -> [StoredRecord]
}

package enum JournalBounds {
    package static let pruneLimit = 5_000
    package static let historyLimit = 10_000
    package static let historyByteLimit = 16 * 1024 * 1024
    package static let snapshotByteLimit = 256 * 1024 * 1024
}

/// A record with its place in the journal: 1 for the first, counting up by 1, and never given out again.
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
    /// From this commit time on, by the wall clock of then.
    package var since: Instant?
    /// Up to, and without, this commit time.
    package var until: Instant?
    /// Only records with a smaller sequence number: the last one of the page before.
    package var before: Int64?
    /// 1 to ``JournalBounds/historyLimit``.
    package var limit: Int

    package init(
        campaign: CampaignName? = nil, occurrence: OccurrenceID? = nil, since: Instant? = nil, until: Instant? = nil,
        before: Int64? = nil, limit: Int = 200
    ) {
        self.campaign = campaign
        self.occurrence = occurrence
        self.since = since
        self.until = until
        self.before = before
        self.limit = min(max(1, limit), JournalBounds.historyLimit)
    }
}

package struct JournalInformation: Equatable, Sendable {
    package var records: Int64
    /// Of all files of the journal; 0 in memory.
    package var bytes: Int64
    /// Free on its file system; nil in memory.
    package var freeBytes: Int64?
    /// Of the records that are written now.
    package var format: Int

    package init(records: Int64, bytes: Int64, freeBytes: Int64?, format: Int = RecordCoding.format) {
        self.format = format
        self.records = records
        self.bytes = bytes
        self.freeBytes = freeBytes
    }
}
