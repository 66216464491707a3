import Chronology
import Foundation
import GRDB

extension DaemonUnderTest {
    /// Makes the journal of a stopped daemon longer by that many records, which lie before all others: a start folds none of
    /// them, and who looks for something older still has to pass over each.
    func lengthenHistory(by count: Int) throws {
        let database = try DatabaseQueue(path: directory + "/state/journal.sqlite")
        try database.write { database in
            try database.execute(sql: Self.oldRecords, arguments: [count, wallClock().milliseconds])
        }
        try database.close()
    }

    private static let oldRecords = """
        WITH RECURSIVE old(sequence) AS (SELECT -? UNION ALL SELECT sequence + 1 FROM old WHERE sequence < -1)
        INSERT INTO records (sequence, at, format, is_passing, checksum, body)
        SELECT sequence, ?, 1, 0, 0, zeroblob(60) FROM old
        """
}
