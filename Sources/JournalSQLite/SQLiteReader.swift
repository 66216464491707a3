// The second connection, which can not write. In a write-ahead log neither waits for the other.

internal import GRDB
package import Journal

package final class SQLiteReader: JournalReader {
    private let database: DatabaseQueue

    init(_ database: DatabaseQueue) {
        self.database = database
    }

    package func history(_ query: HistoryQuery) throws(JournalError) -> [StoredRecord] {
        try SQLiteJournal.history(query, in: database)
    }

    /// Breaks off what is being read.
    func close() throws(JournalError) {
        database.interrupt()
        try SQLiteErrors.named { try database.close() }
    }
}
