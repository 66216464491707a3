// One row of the journal as it lies in the file, proved against its checksum before anybody believes it.

internal import Chronology
internal import Foundation
internal import GRDB
internal import Journal

struct StoredRow {
    /// A body beyond the limit is not read into memory at all.
    static let select = """
        SELECT r.sequence, r.at, r.format, r.checksum, \
        CASE WHEN length(r.body) <= \(RecordCoding.sizeLimit) THEN r.body END
        """

    var sequence: Int64
    var at: Instant
    var format: Int
    var body: [UInt8]

    init(_ row: Row) throws(JournalError) {
        sequence = row[0]
        at = Instant(milliseconds: row[1])
        format = row[2]
        let checksum: Int64 = row[3]
        guard let body = try? row.withUnsafeData(atIndex: 4, { data in data.map { Array($0) } }),
            Checksum.of(sequence, at, format: format, body) == checksum
        else { throw SQLiteErrors.damaged("record \(sequence) is not what was written") }
        self.body = body
    }

    func decoded() throws(JournalError) -> StoredRecord {
        StoredRecord(
            sequence: sequence, at: at,
            record: try RecordCoding.decode(body, format: format, sequence: sequence))
    }

    static func snapshot(_ database: Database) throws -> JournalSnapshot? {
        let sql = """
            SELECT sequence, checksum, CASE WHEN length(body) <= \(JournalBounds.snapshotByteLimit) THEN body END
            FROM snapshot WHERE id = 1
            """
        guard let row = try Row.fetchOne(database, sql: sql) else { return nil }
        let sequence: Int64 = row[0]
        let body = (row[2] as Data?).map { Array($0) }
        guard let body, snapshotChecksum(sequence, body) == row[1] else {
            throw SQLiteErrors.damaged("its snapshot is not what was written")
        }
        return JournalSnapshot(sequence: sequence, bytes: body)
    }

    static func snapshotChecksum(_ sequence: Int64, _ body: [UInt8]) -> Int64 {
        Checksum.of(sequence, Instant(milliseconds: 0), format: 0, body)
    }
}
