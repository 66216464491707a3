// How the journal is opened: look first, change nothing that is not understood, then check, migrate and mark as open.

internal import Foundation
internal import GRDB
internal import Journal

enum SQLiteOpening {
    /// How long another program, such as a backup, may hold the file before an operation fails.
    private static let busyTimeout: TimeInterval = 5
    /// Of a database file, at its beginning.
    private static let headerLength = 100
    /// Integrity checks report this many faults at most.
    private static let faultLimit = 5
    /// The log is cut to this when SQLite begins it anew, after some very large commit.
    private static let logByteLimit = 16 * 1024 * 1024

    /// - Returns: The database, and whether the process before ended without closing it.
    /// - Throws: ``JournalError``; nothing was changed then but that SQLite may have folded its own log into its file.
    static func open(_ path: String) throws(JournalError) -> (database: DatabaseQueue, wasLeftOpen: Bool) {
        try WriteAheadLogCheck.run(path + "-wal", index: path + "-shm")
        try refuseCut(path)
        let isNew = try makePrivate(path)
        return try SQLiteErrors.named {
            if !isNew { try refuseForeign(path) }
            let database = try DatabaseQueue(path: path, configuration: configuration)
            var wasLeftOpen = false
            do {
                try makeDurable(database)
                if !isNew { wasLeftOpen = try check(database) }
                try Schema.migrator.migrate(database)
                try setClean(false, in: database)
                try noteMade(path)
            } catch {
                try? database.close()
                throw error
            }
            return (database, wasLeftOpen)
        }
    }

    /// Of a journal that is open.
    static func openForReading(_ path: String) throws(JournalError) -> DatabaseQueue {
        try SQLiteErrors.named {
            var configuration = configuration
            configuration.readonly = true
            configuration.label = "journal for reading"
            return try DatabaseQueue(path: path, configuration: configuration)
        }
    }

    static func setClean(_ isClean: Bool, in database: DatabaseQueue) throws {
        try database.write { database in
            try database.execute(sql: "UPDATE status SET is_clean = ?", arguments: [isClean])
        }
    }

    private static var configuration: GRDB.Configuration {
        var configuration = GRDB.Configuration()
        configuration.busyMode = .timeout(busyTimeout)
        configuration.label = "journal"
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA cell_size_check = ON; PRAGMA trusted_schema = OFF")
        }
        return configuration
    }

    /// Makes the file before SQLite does, readable for nobody else; SQLite gives the mode of the file to its log as well.
    ///
    /// - Returns: Whether the journal is new.
    private static func makePrivate(_ path: String) throws(JournalError) -> Bool {
        let directory = (path as NSString).deletingLastPathComponent
        let descriptor = Foundation.open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw StateDirectory.unusable(directory, errno) }
        defer { close(descriptor) }
        var entry = stat()
        guard fstat(descriptor, &entry) == 0 else { throw StateDirectory.unusable(directory, errno) }
        guard entry.st_mode & S_IFMT == S_IFREG else {
            throw JournalError(.io, "\(path) is no file", remedy: "Move it away and start again.")
        }
        if entry.st_mode & 0o077 != 0, fchmod(descriptor, 0o600) != 0 {
            throw StateDirectory.unusable(directory, errno)
        }
        if entry.st_size == 0 { try StateDirectory.sync(directory) }
        return entry.st_size == 0
    }

    /// SQLite takes an empty file, or one of a single byte, for a new database, and deletes the write-ahead log beside it. An empty one
    /// is new only where no journal was made before: the power may have gone right then.
    private static func refuseCut(_ path: String) throws(JournalError) {
        var entry = stat()
        guard stat(path, &entry) == 0, entry.st_mode & S_IFMT == S_IFREG, entry.st_size < headerLength else { return }
        var log = stat()
        let hasLog = stat(path + "-wal", &log) == 0 && log.st_size > 0
        guard entry.st_size > 0 || hasLog || access(made(path), F_OK) == 0 else { return }
        throw SQLiteErrors.damaged(
            "its file was cut to \(entry.st_size) bytes" + (hasLog ? ", and there is a write-ahead log beside it" : ""))
    }

    /// Beside the journal, and empty: there from when it was made.
    private static func made(_ path: String) -> String {
        ((path as NSString).deletingLastPathComponent as NSString).appendingPathComponent("journal.made")
    }

    private static func noteMade(_ path: String) throws(JournalError) {
        let directory = (path as NSString).deletingLastPathComponent
        guard access(made(path), F_OK) != 0 else { return }
        let descriptor = Foundation.open(made(path), O_RDONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw StateDirectory.unusable(directory, errno) }
        close(descriptor)
        try StateDirectory.sync(directory)
    }

    /// Looks through a connection that can not write.
    private static func refuseForeign(_ path: String) throws {
        var configuration = configuration
        configuration.readonly = true
        let database = try DatabaseQueue(path: path, configuration: configuration)
        defer { try? database.close() }
        let (application, tables, isNewer) = try database.read { database in
            (
                try Int.fetchOne(database, sql: "PRAGMA application_id"),
                try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_schema WHERE name <> 'grdb_migrations'"),
                try Schema.migrator.hasBeenSuperseded(database)
            )
        }
        // A file without a table is what is left when the power goes while the journal is made.
        guard application == Schema.applicationID || tables == 0 else {
            throw JournalError(
                .io, "\(path) is not a journal of activationd",
                remedy: "Move it away, or give another directory with --state-directory; the file was not changed.")
        }
        if isNewer {
            throw JournalError(
                .newerFormat, "the journal was written by a newer activationd",
                remedy: "Start that version, or restore the journal from before the upgrade; the file was not changed.")
        }
    }

    /// `synchronous` is set after opening and read back: GRDB sets it to NORMAL when it is told to use a write-ahead log.
    private static func makeDurable(_ database: DatabaseQueue) throws {
        try database.writeWithoutTransaction { database in
            let mode = try String.fetchOne(database, sql: "PRAGMA journal_mode = WAL")
            try database.execute(sql: "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON")
            try database.execute(sql: "PRAGMA journal_size_limit = \(logByteLimit)")
            let level = try Int.fetchOne(database, sql: "PRAGMA synchronous")
            let references = try Int.fetchOne(database, sql: "PRAGMA foreign_keys")
            guard mode == "wal", level == 2, references == 1 else {
                throw JournalError(
                    .io,
                    "SQLite does not write durably here (journal_mode \(mode ?? "?"), synchronous \(level ?? -1))",
                    remedy: "Put the state directory on a local file system.")
            }
        }
    }

    /// The structure is checked by SQLite, and what the start will fold by its checksums, before anything is written: damage
    /// would otherwise be met in a file that was changed by then. After a stop that was not clean everything is read once:
    /// indexes are compared with their tables, and all values with their checksums.
    ///
    /// - Returns: Whether the stop was not clean.
    private static func check(_ database: DatabaseQueue) throws -> Bool {
        try database.read { database in
            guard try database.tableExists("status") else { return false }
            let isClean = try Bool.fetchOne(database, sql: "SELECT is_clean FROM status") == true
            let pragma = isClean ? "quick_check" : "integrity_check"
            let faults = try String.fetchAll(database, sql: "PRAGMA \(pragma)(\(faultLimit))").filter { $0 != "ok" }
            guard faults.isEmpty else { throw SQLiteErrors.damaged(faults.joined(separator: "; ")) }
            // What the start is about to fold, or all.
            let snapshot = try StoredRow.snapshot(database)
            let rows = try Row.fetchCursor(
                database, sql: StoredRow.select + " FROM records r WHERE r.sequence > ? ORDER BY r.sequence",
                arguments: [isClean ? snapshot?.sequence ?? 0 : 0])
            while let row = try rows.next() { _ = try StoredRow(row) }
            return !isClean
        }
    }
}
