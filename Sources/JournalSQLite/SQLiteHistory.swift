// Reading records back, and forgetting those that are old enough.

package import Chronology
internal import Foundation
internal import GRDB
package import Journal
package import SchedulerCore

extension SQLiteJournal {
    /// Rows are handed out in batches: `body` may then use the journal itself, and memory stays bounded.
    private static let batchSize = 500

    package func replay(
        after: Int64, _ body: (StoredRecord) throws(JournalError) -> Void
    ) throws(JournalError) {
        var after = after
        while true {
            let batch = try SQLiteErrors.named {
                try database.read { database in
                    try Row.fetchCursor(
                        database.cachedStatement(
                            sql: "\(StoredRow.select) FROM records r WHERE r.sequence > ? ORDER BY r.sequence LIMIT ?"),
                        arguments: [after, Self.batchSize]
                    ).map { try StoredRow($0) }.reduce(into: []) { $0.append($1) }
                }
            }
            for row in batch { try body(try row.decoded()) }
            guard let last = batch.last else { return }
            after = last.sequence
        }
    }

    package func history(_ query: HistoryQuery) throws(JournalError) -> [StoredRecord] {
        try Self.history(query, in: database)
    }

    static func history(_ query: HistoryQuery, in database: DatabaseQueue) throws(JournalError) -> [StoredRecord] {
        let (sql, arguments) = statement(for: query)
        let rows: [StoredRow] = try SQLiteErrors.named {
            try database.read { database in
                var rows: [StoredRow] = []
                var size = 0
                let cursor = try Row.fetchCursor(database, sql: sql, arguments: arguments)
                while let row = try cursor.next() {
                    let row = try StoredRow(row)
                    size += row.body.count
                    if !rows.isEmpty, size > JournalBounds.historyByteLimit { break }
                    rows.append(row)
                }
                return rows
            }
        }
        var found: [StoredRecord] = []
        for row in rows { found.append(try row.decoded()) }
        return found
    }

    /// Walks the index of what is asked for from its newest end, so that the work is bounded by what is passed over.
    static func statement(for query: HistoryQuery) -> (String, StatementArguments) {
        var conditions: [String] = []
        var arguments = StatementArguments()
        func require(_ condition: String, _ value: (any DatabaseValueConvertible)?) {
            guard let value else { return }
            conditions.append(condition)
            arguments += [value]
        }
        let isAboutAll = query.campaign == nil && query.occurrence == nil
        let key = isAboutAll ? "r.sequence" : "s.sequence"
        require("s.occurrence = ?", query.occurrence?.number)
        require("s.campaign = ?", query.campaign?.text)
        require("\(key) < ?", query.before)
        require("r.at >= ?", query.since?.milliseconds)
        require("r.at < ?", query.until?.milliseconds)
        let tables = isAboutAll ? "records r" : "subjects s CROSS JOIN records r ON r.sequence = s.sequence"
        let filter = conditions.isEmpty ? "" : "WHERE \(conditions.joined(separator: " AND "))"
        let grouping = isAboutAll ? "" : "GROUP BY s.sequence"
        return (
            "\(StoredRow.select) FROM \(tables) \(filter) \(grouping) ORDER BY \(key) DESC LIMIT ?",
            arguments + [query.limit]
        )
    }

    // MARK: Forgetting

    package func prune(before: Instant, keeping: Set<OccurrenceID>) throws(JournalError) -> Int {
        let kept = "[" + keeping.sorted().map { String($0.number) }.joined(separator: ",") + "]"
        let removed = try writing { database in
            var removed = 0
            let old = try Int64.fetchAll(
                database, sql: Self.forgettable, arguments: [before.milliseconds, kept, JournalBounds.pruneLimit])
            for occurrence in old where removed < JournalBounds.pruneLimit {
                removed += try Self.forget(occurrence, database)
            }
            try database.execute(
                sql: Self.forgetPassing, arguments: [before.milliseconds, max(0, JournalBounds.pruneLimit - removed)])
            return removed + database.changesCount
        }
        count -= Int64(removed)
        return removed
    }

    /// Occurrences that nothing needs any more: see ``JournalStore/prune(before:keeping:)``.
    private static let forgettable = """
        SELECT id FROM occurrences o
        WHERE ended_at < ?
          AND id NOT IN (SELECT value FROM json_each(?))
          AND id NOT IN (SELECT max(id) FROM occurrences GROUP BY campaign)
          AND id NOT IN (SELECT max(id) FROM occurrences WHERE raises_mark GROUP BY campaign)
          AND id NOT IN (SELECT occurrence FROM subjects
                         WHERE sequence = (SELECT max(sequence) FROM records WHERE call IS NOT NULL))
          AND (SELECT max(sequence) FROM subjects WHERE occurrence = o.id) <= (SELECT sequence FROM snapshot)
        ORDER BY ended_at, id LIMIT ?
        """

    private static let forgetPassing = """
        DELETE FROM records WHERE sequence IN (
          SELECT sequence FROM records
          WHERE is_passing AND at < ? AND sequence <= (SELECT sequence FROM snapshot) ORDER BY at LIMIT ?)
        """

    private static func forget(_ occurrence: Int64, _ database: Database) throws -> Int {
        // A call may be for several occurrences: its records go with the last of them.
        try database.cachedStatement(
            sql: """
                DELETE FROM records WHERE sequence IN (SELECT sequence FROM subjects WHERE occurrence = ?1)
                  AND NOT EXISTS (
                    SELECT 1 FROM subjects s WHERE s.sequence = records.sequence AND s.occurrence <> ?1)
                """
        ).execute(arguments: [occurrence])
        let removed = database.changesCount
        try database.cachedStatement(sql: "DELETE FROM subjects WHERE occurrence = ?")
            .execute(arguments: [occurrence])
        try database.cachedStatement(sql: "DELETE FROM occurrences WHERE id = ?").execute(arguments: [occurrence])
        return removed
    }
}
