// The journal in SQLite: this room is the only one that knows SQLite. Begin at `init`, whose work is in
// SQLiteOpening.swift; writing is here, finding and forgetting in SQLiteHistory.swift.
//
// Write-ahead log with `synchronous = FULL`: a commit that returned survives a power cut. The caller holds the
// `StateDirectoryLock`, so this process is the only writer.

internal import CLinux
package import Chronology
internal import Foundation
internal import GRDB
package import Journal
package import SchedulerCore

package final class SQLiteJournal: JournalStore {
    package static let fileName = "journal.sqlite"

    let database: DatabaseQueue
    /// The process before was killed, or the power went; everything was checked then.
    package let wasLeftOpen: Bool
    private let directory: String
    private var lastSequence: Int64
    /// Of records. Counting a million of them takes longer than a status may.
    var count: Int64
    private var readers: [SQLiteReader] = []
    /// Set when the disk failed: after a failed sync a later one may succeed although data was lost, so nothing is
    /// written any more. A restart reads what is really there.
    private var failure: JournalError?

    /// Opens the journal in a state directory, or makes a new one. Checks the whole file when the last stop was not
    /// clean.
    ///
    /// - Parameter directory: Prepared and locked by the caller: ``StateDirectoryLock``.
    /// - Throws: ``JournalError``; the daemon must not start then. What could not be understood was not changed.
    package init(directory: String) throws(JournalError) {
        self.directory = directory
        _ = try StateDirectory.prepare(directory)
        let (database, wasLeftOpen) = try SQLiteOpening.open(directory + "/" + Self.fileName)
        (lastSequence, count) = try SQLiteErrors.named {
            try database.read { database in
                // Numbers that were given out and pruned are remembered by AUTOINCREMENT.
                let last = "SELECT seq FROM sqlite_sequence WHERE name = 'records'"
                return (
                    try Int64.fetchOne(database, sql: last) ?? 0,
                    try Int64.fetchOne(database, sql: "SELECT count(*) FROM records") ?? 0
                )
            }
        }
        self.database = database
        self.wasLeftOpen = wasLeftOpen
    }

    // MARK: Writing

    package func commit(_ records: [SchedulerCore.Record], at: Instant, snapshot: [UInt8]?) throws(JournalError) {
        guard !records.isEmpty || snapshot != nil else { return }
        if let failure { throw failure }
        var encoded: [(record: SchedulerCore.Record, body: [UInt8])] = []
        for record in records { encoded.append((record, try RecordCoding.encode(record))) }
        let first = lastSequence + 1
        let last = lastSequence + Int64(records.count)
        try writing { database in
            for (sequence, entry) in zip(first..., encoded) {
                try Self.insert(entry.record, entry.body, sequence, at, database)
            }
            if let snapshot { try Self.replaceSnapshot(snapshot, last, database) }
        }
        lastSequence = last
        count += Int64(records.count)
    }

    package func checkWritable() throws(JournalError) {
        try writing { database in
            try database.cachedStatement(sql: "UPDATE status SET beats = beats + 1").execute()
        }
    }

    /// One transaction.
    func writing<Result>(_ body: (Database) throws -> Result) throws(JournalError) -> Result {
        if let failure { throw failure }
        do {
            return try SQLiteErrors.named { try database.write(body) }
        } catch {
            if error.code == .io || error.code == .corrupt { failure = error }
            throw error
        }
    }

    private static func insert(
        _ record: SchedulerCore.Record, _ body: [UInt8], _ sequence: Int64, _ at: Instant, _ database: Database
    ) throws {
        let index = RecordIndex(record)
        let format = RecordCoding.format(of: record)
        let checksum = Checksum.of(sequence, at, format: format, body)
        try live(record, at, database)
        try database.cachedStatement(
            sql: "INSERT INTO records (sequence, at, format, call, is_passing, checksum, body) "
                + "VALUES (?, ?, ?, ?, ?, ?, ?)"
        ).execute(arguments: [
            sequence, at.milliseconds, format, index.call?.number, index.isPassing, checksum, Data(body),
        ])
        try insertSubjects(index, sequence, database)
    }

    /// Whom the record is about: its occurrences, those of its call, or only a campaign.
    private static func insertSubjects(_ index: RecordIndex, _ sequence: Int64, _ database: Database) throws {
        for occurrence in index.occurrences {
            try database.cachedStatement(
                sql: "INSERT INTO subjects (sequence, occurrence, campaign) "
                    + "VALUES (?1, ?2, coalesce(?3, (SELECT campaign FROM occurrences WHERE id = ?2)))"
            ).execute(arguments: [sequence, occurrence.number, index.campaign?.text])
        }
        guard index.occurrences.isEmpty else { return }
        if let call = index.call {
            try database.cachedStatement(
                sql: "INSERT INTO subjects (sequence, occurrence, campaign) "
                    + "SELECT ?1, occurrence, campaign FROM subjects WHERE sequence = "
                    + "(SELECT max(sequence) FROM records WHERE call = ?2 AND sequence < ?1)"
            ).execute(arguments: [sequence, call.number])
        } else if let campaign = index.campaign {
            try database.cachedStatement(
                sql: "INSERT INTO subjects (sequence, occurrence, campaign) VALUES (?, 0, ?)"
            ).execute(arguments: [sequence, campaign.text])
        }
    }

    private static func live(_ record: SchedulerCore.Record, _ at: Instant, _ database: Database) throws {
        switch OccurrenceEvent(record) {
        case .began(let id, let campaign, let key, let raisesMark):
            try begin(id, campaign, key, raisesMark: raisesMark, ended: nil, database)
        case .skipped(let id, let campaign):
            try begin(id, campaign, nil, raisesMark: true, ended: at, database)
        case .ended(let id):
            try setEnd(of: id, at, database)
        case .reopened(let id):
            try setEnd(of: id, nil, database)
        case nil:
            break
        }
    }

    private static func begin(
        _ id: OccurrenceID, _ campaign: CampaignName, _ key: String?, raisesMark: Bool, ended: Instant?,
        _ database: Database
    ) throws {
        do {
            try database.cachedStatement(
                sql: "INSERT INTO occurrences (id, campaign, key, raises_mark, ended_at) VALUES (?, ?, ?, ?, ?)"
            ).execute(arguments: [id.number, campaign.text, key, raisesMark, ended?.milliseconds])
        } catch let error as DatabaseError where error.resultCode == .SQLITE_CONSTRAINT {
            throw AdmissionKey.conflict(id, of: campaign)
        }
    }

    private static func setEnd(of id: OccurrenceID, _ at: Instant?, _ database: Database) throws {
        try database.cachedStatement(sql: "UPDATE occurrences SET ended_at = ? WHERE id = ?")
            .execute(arguments: [at?.milliseconds, id.number])
    }

    private static func replaceSnapshot(_ body: [UInt8], _ sequence: Int64, _ database: Database) throws {
        guard body.count <= JournalBounds.snapshotByteLimit else {
            throw JournalError(
                .tooLarge,
                "a snapshot has \(body.count) bytes; at most \(JournalBounds.snapshotByteLimit) are stored",
                remedy: "Split the work over several daemons, and report this as a fault of activationd.")
        }
        try database.cachedStatement(
            sql: "INSERT OR REPLACE INTO snapshot (id, sequence, checksum, body) VALUES (1, ?, ?, ?)"
        ).execute(arguments: [sequence, StoredRow.snapshotChecksum(sequence, body), Data(body)])
    }

    // MARK: The journal as a whole

    /// Closed with the journal.
    package func reader() throws(JournalError) -> SQLiteReader {
        let reader = SQLiteReader(try SQLiteOpening.openForReading(directory + "/" + Self.fileName))
        readers.append(reader)
        return reader
    }

    package func admitted(among admissions: [Admission]) throws(JournalError) -> [Admission] {
        try SQLiteErrors.named {
            try database.read { database in
                let statement = try database.cachedStatement(sql: "SELECT 1 FROM occurrences WHERE key = ?")
                return try admissions.filter { admission in
                    guard let key = AdmissionKey.text(of: admission) else { return false }
                    return try Int.fetchOne(statement, arguments: [key]) != nil
                }
            }
        }
    }

    package func snapshot() throws(JournalError) -> JournalSnapshot? {
        try SQLiteErrors.named { try database.read { try StoredRow.snapshot($0) } }
    }

    package func information() throws(JournalError) -> JournalInformation {
        var bytes: Int64 = 0
        for suffix in ["", "-wal", "-shm"] {
            var entry = stat()
            if stat(directory + "/" + Self.fileName + suffix, &entry) == 0 { bytes += Int64(entry.st_size) }
        }
        var system = statfs()
        let (free, overflow) =
            statfs(directory, &system) == 0
            ? UInt64(system.f_bavail).multipliedReportingOverflow(by: UInt64(clamping: system.f_bsize)) : (0, true)
        return JournalInformation(records: count, bytes: bytes, freeBytes: overflow ? nil : Int64(clamping: free))
    }

    package func closeCleanly() throws(JournalError) {
        if let failure { throw failure }
        // The last connection folds the log into the file, which one that only reads can not.
        for reader in readers { try reader.close() }
        readers = []
        try SQLiteErrors.named {
            try SQLiteOpening.setClean(true, in: database)
            try database.close()
        }
    }
}
