// The journal in SQLite: the only room that knows SQLite. Begin at `init`, which opens, checks and migrates.
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

    private let path: String
    private let database: DatabaseQueue

    /// Opens the journal in a state directory, or makes a new one. Checks the whole file when the last stop was not
    /// clean.
    ///
    /// - Parameter directory: Exists, and is locked by the caller.
    /// - Throws: ``JournalError``; nothing was changed then, and the daemon must not start.
    package init(directory: String) throws(JournalError) {
        path = directory + "/" + Self.fileName
        let path = path
        try Self.refuseNetwork(directory)
        database = try SQLiteErrors.named {
            let isNew = !FileManager.default.fileExists(atPath: path)
            if !isNew { try Self.refuseNewer(path) }
            let database = try DatabaseQueue(path: path, configuration: Self.configuration)
            try Self.makeDurable(database)
            if !isNew { try Self.checkAfterCrash(database) }
            try Schema.migrator.migrate(database)
            try Self.setClean(false, in: database)
            return database
        }
        chmod(path, 0o600)
    }

    // MARK: Opening

    private static var configuration: GRDB.Configuration {
        var configuration = GRDB.Configuration()
        configuration.busyMode = .timeout(5)
        configuration.label = "journal"
        return configuration
    }

    /// `synchronous` is set after opening and read back, because GRDB sets it too when it changes the journal mode.
    private static func makeDurable(_ database: DatabaseQueue) throws {
        try database.writeWithoutTransaction { database in
            let mode = try String.fetchOne(database, sql: "PRAGMA journal_mode = WAL")
            try database.execute(sql: "PRAGMA synchronous = FULL")
            let level = try Int.fetchOne(database, sql: "PRAGMA synchronous")
            guard mode == "wal", level == 2 else {
                throw JournalError(
                    .io, "SQLite does not write durably here (journal_mode \(mode ?? "?"), synchronous \(level ?? -1))",
                    remedy: "Put the state directory on a local file system.")
            }
        }
    }

    private static func refuseNewer(_ path: String) throws {
        var configuration = configuration
        configuration.readonly = true
        let database = try DatabaseQueue(path: path, configuration: configuration)
        defer { try? database.close() }
        if try database.read({ try Schema.migrator.hasBeenSuperseded($0) }) {
            throw JournalError(
                .newerFormat, "the journal was written by a newer activationd",
                remedy: "Start that version, or restore the journal from before the upgrade; the file was not changed.")
        }
    }

    private static func checkAfterCrash(_ database: DatabaseQueue) throws {
        let faults: [String] = try database.read { database in
            guard try database.tableExists("meta") else { return [] }
            let clean = try String.fetchOne(database, sql: "SELECT value FROM meta WHERE key = 'clean'")
            if clean == "1" { return [] }
            return try String.fetchAll(database, sql: "PRAGMA integrity_check(5)").filter { $0 != "ok" }
        }
        guard faults.isEmpty else {
            throw JournalError(
                .corrupt, "the journal is damaged: \(faults.joined(separator: "; "))",
                remedy: "Keep a copy of the state directory and restore the journal from a backup; nothing is sent "
                    + "without it.")
        }
    }

    private static func setClean(_ isClean: Bool, in database: DatabaseQueue) throws {
        try database.write { database in
            try database.execute(
                sql: "INSERT OR REPLACE INTO meta (key, value) VALUES ('clean', ?)", arguments: [isClean ? "1" : "0"])
        }
    }

    /// A write-ahead log does not work over a network file system.
    private static func refuseNetwork(_ directory: String) throws(JournalError) {
        // NFS, SMB, SMB 2, CIFS and 9p, by their numbers in statfs(2).
        let networkTypes: Set<Int> = [0x6969, 0x517B, 0xFE53_4D42, 0xFF53_4D42, 0x0102_1997]
        var information = statfs()
        guard statfs(directory, &information) == 0, networkTypes.contains(Int(information.f_type)) else { return }
        throw JournalError(
            .io, "the state directory \(directory) lies on a network file system",
            remedy: "Use a local one: a journal needs locks and syncs that networks do not keep.")
    }

    // MARK: JournalStore

    package func commit(_ records: [SchedulerCore.Record], at: Instant, snapshot: [UInt8]?) throws(JournalError) {
        var rows: [(index: RecordIndex, bytes: [UInt8], record: SchedulerCore.Record)] = []
        for record in records {
            rows.append((RecordIndex(record), try RecordCoding.encode(record), record))
        }
        try SQLiteErrors.named {
            try database.write { database in
                for row in rows { try Self.insert(row.record, row.index, row.bytes, at, database) }
                if let snapshot {
                    try database.cachedStatement(
                        sql: "INSERT OR REPLACE INTO snapshot (id, sequence, body) "
                            + "VALUES (1, (SELECT coalesce(max(sequence), 0) FROM records), ?)"
                    ).execute(arguments: [Data(snapshot)])
                }
            }
        }
    }

    private static func insert(
        _ record: SchedulerCore.Record, _ index: RecordIndex, _ bytes: [UInt8], _ at: Instant, _ database: Database
    ) throws {
        // Records that name only an occurrence belong to the campaign that it was admitted for.
        try database.cachedStatement(
            sql: "INSERT INTO records (at, campaign, occurrence, body) VALUES (?, coalesce(?, "
                + "(SELECT campaign FROM admissions WHERE occurrence = ?)), ?, ?)"
        ).execute(arguments: [
            at.milliseconds, index.campaign?.text, index.occurrence?.number, index.occurrence?.number, Data(bytes),
        ])
        guard case .occurrenceAdmitted(let occurrence) = record else { return }
        do {
            try database.cachedStatement(
                sql: "INSERT INTO admissions (key, occurrence, campaign) VALUES (?, ?, ?)"
            ).execute(arguments: [AdmissionKey.text(of: occurrence), occurrence.id.number, occurrence.campaign.text])
        } catch let error as DatabaseError where error.resultCode == .SQLITE_CONSTRAINT {
            throw AdmissionKey.conflict(occurrence)
        }
    }

    package func snapshot() throws(JournalError) -> JournalSnapshot? {
        try SQLiteErrors.named {
            try database.read { database in
                try Row.fetchOne(database, sql: "SELECT sequence, body FROM snapshot WHERE id = 1").map { row in
                    JournalSnapshot(sequence: row["sequence"], bytes: Array(row["body"] as Data))
                }
            }
        }
    }

    package func replay(
        after: Int64, _ body: (StoredRecord) throws(JournalError) -> Void
    ) throws(JournalError) {
        try SQLiteErrors.named {
            try database.read { database in
                let rows = try Row.fetchCursor(
                    database, sql: "SELECT sequence, at, body FROM records WHERE sequence > ? ORDER BY sequence",
                    arguments: [after])
                while let row = try rows.next() { try body(try Self.stored(row)) }
            }
        }
    }

    package func history(_ query: HistoryQuery) throws(JournalError) -> [StoredRecord] {
        var conditions = ["1"]
        var arguments = StatementArguments()
        if let campaign = query.campaign {
            conditions.append("campaign = ?")
            arguments += [campaign.text]
        }
        if let occurrence = query.occurrence {
            conditions.append("occurrence = ?")
            arguments += [occurrence.number]
        }
        if let since = query.since {
            conditions.append("at >= ?")
            arguments += [since.milliseconds]
        }
        arguments += [query.limit]
        let sql =
            "SELECT sequence, at, body FROM records WHERE \(conditions.joined(separator: " AND ")) "
            + "ORDER BY sequence DESC LIMIT ?"
        let (text, values) = (sql, arguments)
        return try SQLiteErrors.named {
            try database.read { database in
                try Row.fetchAll(database, sql: text, arguments: values).map(Self.stored)
            }
        }
    }

    private static func stored(_ row: Row) throws(JournalError) -> StoredRecord {
        let sequence: Int64 = row["sequence"]
        return StoredRecord(
            sequence: sequence, at: Instant(milliseconds: row["at"]),
            record: try RecordCoding.decode(Array(row["body"] as Data), sequence: sequence))
    }

    package func prune(before: Instant, keeping: Set<OccurrenceID>) throws(JournalError) -> Int {
        let kept = keeping.map { String($0.number) }.sorted().joined(separator: ",")
        return try SQLiteErrors.named {
            try database.write { database in
                try database.execute(
                    sql: """
                        DELETE FROM records WHERE sequence IN (
                          SELECT sequence FROM records WHERE at < ?
                            AND sequence <= coalesce((SELECT sequence FROM snapshot WHERE id = 1), 0)
                            AND (occurrence IS NULL OR occurrence NOT IN (\(kept)))
                          ORDER BY sequence LIMIT ?)
                        """, arguments: [before.milliseconds, JournalBounds.pruneLimit])
                return database.changesCount
            }
        }
    }

    package func checkWritable() throws(JournalError) {
        try SQLiteErrors.named {
            try database.write { database in
                try database.cachedStatement(
                    sql: "INSERT OR REPLACE INTO meta (key, value) VALUES ('beat', coalesce((SELECT value FROM meta "
                        + "WHERE key = 'beat'), 0) + 1)"
                ).execute()
            }
        }
    }

    package func information() throws(JournalError) -> JournalInformation {
        let count = try SQLiteErrors.named {
            try database.read { try Int64.fetchOne($0, sql: "SELECT count(*) FROM records") ?? 0 }
        }
        var bytes: Int64 = 0
        for suffix in ["", "-wal", "-shm"] {
            var information = stat()
            if stat(path + suffix, &information) == 0 { bytes += Int64(information.st_size) }
        }
        var system = statfs()
        let free: Int64? =
            statfs(path, &system) == 0 ? Int64(clamping: UInt64(system.f_bavail) &* UInt64(system.f_bsize)) : nil
        return JournalInformation(records: count, bytes: bytes, freeBytes: free)
    }

    package func closeCleanly() throws(JournalError) {
        try SQLiteErrors.named {
            try Self.setClean(true, in: database)
            try database.close()
        }
    }
}

/// The tables, by version. Version 1 is described in docs/journal.md.
enum Schema {
    static let migrator: DatabaseMigrator = {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { database in
            try database.execute(
                sql: """
                    CREATE TABLE records (
                      sequence INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, campaign TEXT, occurrence INTEGER,
                      body BLOB NOT NULL) STRICT;
                    CREATE INDEX records_by_campaign ON records (campaign, sequence);
                    CREATE INDEX records_by_occurrence ON records (occurrence, sequence);
                    CREATE INDEX records_by_time ON records (at);
                    CREATE TABLE admissions (
                      key TEXT PRIMARY KEY, occurrence INTEGER NOT NULL UNIQUE, campaign TEXT NOT NULL) STRICT;
                    CREATE TABLE snapshot (
                      id INTEGER PRIMARY KEY CHECK (id = 1), sequence INTEGER NOT NULL, body BLOB NOT NULL) STRICT;
                    CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
                    INSERT INTO meta (key, value) VALUES ('format', '\(RecordCoding.format)');
                    """)
        }
        return migrator
    }()
}

/// SQLite's errors by our names.
enum SQLiteErrors {
    static func named<Result>(_ body: () throws -> Result) throws(JournalError) -> Result {
        do {
            return try body()
        } catch let error as JournalError {
            throw error
        } catch let error as DatabaseError {
            throw name(error)
        } catch {
            throw JournalError(.io, "the journal failed: \(error)", remedy: "See the system's log for its disk.")
        }
    }

    private static func name(_ error: DatabaseError) -> JournalError {
        switch error.resultCode {
        case .SQLITE_FULL:
            JournalError(
                .full, "the disk of the state directory is full",
                remedy: "Make room; nothing is called until a record can be written.")
        case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_AUTH:
            JournalError(
                .readOnly, "the journal can not be opened for writing (\(error.message ?? "no reason given"))",
                remedy:
                    "Check the owner and the mode of the state directory, and that its disk is not mounted read-only.")
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            JournalError(
                .locked, "another program holds the journal",
                remedy: "Close it (a backup, or an open sqlite3) and start again.")
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            JournalError(
                .corrupt, "the journal is damaged (\(error.message ?? "no reason given"))",
                remedy: "Keep a copy of the state directory and restore the journal from a backup; nothing is sent "
                    + "without it.")
        default:
            JournalError(
                .io,
                "the journal failed: \(error.message ?? "no reason given") (SQLite \(error.extendedResultCode.rawValue))",
                remedy: "See the system's log for its disk.")
        }
    }
}
