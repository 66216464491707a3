import Chronology
import Foundation
import GRDB
import Journal
import SchedulerCore
import Testing

@testable import JournalSQLite

/// Goal: what the SQLite journal acknowledged is on disk, for the daemon's eyes only, and found again.
@Suite struct SQLiteJournalTests {
    @Test func `what was committed is there after the store was opened again`() throws {
        let test = try StoreUnderTest(.sqlite)
        try test.store.commit([.occurrenceAdmitted(occurrence(1))], at: start, snapshot: [7])
        try test.reopen()
        #expect(try test.store.everything().map(\.record) == [.occurrenceAdmitted(occurrence(1))])
        #expect(try test.store.snapshot()?.bytes == [7])
    }

    @Test func `a reader sees what is committed, also while it is written, and can not write`() throws {
        let test = try StoreUnderTest(.sqlite)
        let journal = try #require(test.store as? SQLiteJournal)
        let reader = try journal.reader()
        #expect(try reader.history(HistoryQuery()).isEmpty)
        try journal.commit([.occurrenceAdmitted(occurrence(1))], at: start, snapshot: nil)
        #expect(try reader.history(HistoryQuery()).map(\.record) == [.occurrenceAdmitted(occurrence(1))])
        let seen = try journal.database.write { database in
            try database.execute(sql: "UPDATE status SET beats = beats + 1")
            // The writer's own connection is in the middle of a transaction.
            return try reader.history(HistoryQuery()).count
        }
        #expect(seen == 1)
        try test.reopen()
        #expect(try test.store.everything().count == 1)
        #expect((test.store as? SQLiteJournal)?.wasLeftOpen == false)
    }

    @Test func `records are counted through commits, forgetting and a start`() throws {
        let test = try StoreUnderTest(.sqlite)
        for number in 1...3 {
            try test.store.commit(
                [.occurrenceAdmitted(occurrence(number)), ended(number)], at: start, snapshot: [1])
        }
        #expect(try test.store.information().records == 6)
        let removed = try test.store.prune(before: start + .seconds(60), keeping: [])
        #expect(removed > 0)
        #expect(try test.store.information().records == Int64(6 - removed))
        try test.reopen()
        #expect(try test.store.information().records == Int64(6 - removed))
    }

    @Test func `every commit is synced, whatever the library sets by itself`() throws {
        let test = try StoreUnderTest(.sqlite)
        let database = try #require(test.store as? SQLiteJournal).database
        let pragmas = try database.read { database in
            try ["journal_mode", "synchronous", "foreign_keys"].map {
                try String.fetchOne(database, sql: "PRAGMA \($0)")
            }
        }
        #expect(pragmas == ["wal", "2", "1"])
    }

    @Test func `GRDB itself would open a write-ahead log without syncing each commit`() throws {
        let test = try StoreUnderTest(.memory)
        var configuration = GRDB.Configuration()
        configuration.journalMode = .wal
        configuration.prepareDatabase { try $0.execute(sql: "PRAGMA synchronous = FULL") }
        let database = try DatabaseQueue(path: test.directory + "/other.sqlite", configuration: configuration)
        #expect(try database.read { try Int.fetchOne($0, sql: "PRAGMA synchronous") } == 1)
    }

    @Test func `nobody else may read the journal`() throws {
        let test = try StoreUnderTest(.memory)
        let directory = test.directory + "/one/two"
        let lock = try StateDirectoryLock(directory: directory)
        let store = try SQLiteJournal(directory: directory)
        try store.commit([.occurrenceAdmitted(occurrence(1))], at: start, snapshot: nil)
        let names = try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
        #expect(names == ["journal.made", "journal.sqlite", "journal.sqlite-shm", "journal.sqlite-wal", "lock"])
        for name in names { #expect(try mode(directory + "/" + name) == 0o600, "\(name)") }
        #expect(try mode(directory) == 0o700)
        withExtendedLifetime(lock) {}
    }

    @Test func `the journal counts its records and knows its disk`() throws {
        let test = try StoreUnderTest(.sqlite)
        try test.store.commit([.occurrenceAdmitted(occurrence(1)), ended(1)], at: start, snapshot: nil)
        try test.store.checkWritable()
        let information = try test.store.information()
        #expect(information.records == 2)
        #expect(information.bytes > 4096)
        #expect(information.freeBytes ?? 0 > 0)
        #expect(information.format == 2)
    }

    @Test func `history walks an index and sorts nothing`() throws {
        let test = try StoreUnderTest(.sqlite)
        let database = try #require(test.store as? SQLiteJournal).database
        for query in [
            HistoryQuery(), HistoryQuery(campaign: "sale"), HistoryQuery(occurrence: OccurrenceID(1)),
            HistoryQuery(campaign: "sale", since: start, before: 7),
        ] {
            let (sql, arguments) = SQLiteJournal.statement(for: query)
            let plan = try database.read {
                try Row.fetchAll($0, sql: "EXPLAIN QUERY PLAN " + sql, arguments: arguments).map { $0[3] as String }
            }
            #expect(!plan.contains { $0.contains("TEMP B-TREE") }, "\(plan)")
        }
    }

    private func mode(_ path: String) throws -> Int {
        try #require(FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
    }
}
