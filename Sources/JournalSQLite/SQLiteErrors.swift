// SQLite's errors by our names.

internal import GRDB
internal import Journal

enum SQLiteErrors {
    static let restore =
        "Keep a copy of the state directory and restore the journal from a backup; nothing is sent without it, and "
        + "nothing of it was deleted. Without a backup, compare the platform's runs of the last days with the campaigns "
        + "before a new journal is begun by moving the file away: a new one does not know what was sent."

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

    static func damaged(_ what: String) -> JournalError {
        JournalError(.corrupt, "the journal is damaged: \(what)", remedy: restore)
    }

    private static func name(_ error: DatabaseError) -> JournalError {
        let reason = error.message ?? "no reason given"
        switch error.resultCode {
        case .SQLITE_FULL:
            return JournalError(
                .full, "the disk of the state directory is full",
                remedy: "Make room; nothing is called until a record can be written.")
        case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_AUTH:
            return JournalError(
                .readOnly, "the journal can not be opened for writing (\(reason))",
                remedy:
                    "Check the owner and the mode of the state directory, and that its disk is not mounted read-only.")
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            return JournalError(
                .locked, "another program holds the journal",
                remedy: "Close it (a backup, or an open sqlite3) and start again.")
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            return damaged(reason)
        default:
            return JournalError(
                .io, "the journal failed: \(reason) (SQLite \(error.extendedResultCode.rawValue))",
                remedy: "See the system's log for its disk.")
        }
    }
}
