import Chronology
import Foundation
import Journal
import JournalSQLite
import SchedulerCore
import Testing

/// The stores that must do the same.
enum StoreKind: CaseIterable, Sendable {
    case memory, sqlite
}

/// A store and the directory that it may live in, removed at the end.
final class StoreUnderTest {
    let directory: String
    var store: any JournalStore

    init(_ kind: StoreKind) throws {
        directory = NSTemporaryDirectory() + "journal-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        store = kind == .memory ? MemoryJournal() : try SQLiteJournal(directory: directory)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: directory)
    }
}

let start = Instant(milliseconds: 1_795_514_400_000)

func occurrence(_ number: Int, _ campaign: CampaignName = "sale") -> Occurrence {
    Occurrence(
        id: OccurrenceID(number), campaign: campaign, sandbox: "prod", nominal: start + .seconds(number * 60),
        startsAt: start, expiresAt: start + .seconds(3600), admittedAt: start, origin: .timetable, generation: 1,
        isLate: false, onDoubt: .retry, startsAfter: nil, pairs: [Pair(dataflow: "flow", audience: "vip")])
}

func ended(_ number: Int) -> Record {
    .occurrenceEnded(occurrence: OccurrenceID(number), outcome: .succeeded, at: start)
}

extension JournalStore {
    func everything(after sequence: Int64 = 0) throws -> [StoredRecord] {
        var found: [StoredRecord] = []
        try replay(after: sequence) { found.append($0) }
        return found
    }
}

/// Goal: a journal keeps what was committed, all of a step or none, in order, whichever store it is.
@Suite struct JournalContractTests {
    @Test(arguments: StoreKind.allCases)
    func `records come back in the order in which they were committed`(kind: StoreKind) throws {
        let test = try StoreUnderTest(kind)
        try test.store.commit([.occurrenceAdmitted(occurrence(1)), ended(1)], at: start, snapshot: nil)
        try test.store.commit([.occurrenceAdmitted(occurrence(2))], at: start + .seconds(1), snapshot: nil)
        let found = try test.store.everything()
        #expect(found.map(\.sequence) == [1, 2, 3])
        #expect(
            found.map(\.record) == [.occurrenceAdmitted(occurrence(1)), ended(1), .occurrenceAdmitted(occurrence(2))])
        #expect(try test.store.everything(after: 2).map(\.sequence) == [3])
    }

    @Test(arguments: StoreKind.allCases)
    func `a step that can not be stored leaves nothing behind`(kind: StoreKind) throws {
        let test = try StoreUnderTest(kind)
        try test.store.commit([.occurrenceAdmitted(occurrence(1))], at: start, snapshot: nil)
        var twin = occurrence(2)
        twin.nominal = occurrence(1).nominal
        let error = #expect(throws: JournalError.self) {
            try test.store.commit([ended(1), .occurrenceAdmitted(twin)], at: start, snapshot: [1])
        }
        #expect(error?.code == .conflict)
        #expect(try test.store.everything().count == 1)
        #expect(try test.store.snapshot() == nil)
    }

    @Test(arguments: StoreKind.allCases)
    func `the newest snapshot says how far it reaches`(kind: StoreKind) throws {
        let test = try StoreUnderTest(kind)
        #expect(try test.store.snapshot() == nil)
        try test.store.commit([.occurrenceAdmitted(occurrence(1)), ended(1)], at: start, snapshot: [1, 2])
        try test.store.commit([.occurrenceAdmitted(occurrence(2))], at: start, snapshot: nil)
        #expect(try test.store.snapshot() == JournalSnapshot(sequence: 2, bytes: [1, 2]))
        try test.store.commit([ended(2)], at: start, snapshot: [3])
        #expect(try test.store.snapshot() == JournalSnapshot(sequence: 4, bytes: [3]))
    }

    @Test(arguments: StoreKind.allCases)
    func `history is found by campaign, by occurrence and by time, newest first`(kind: StoreKind) throws {
        let test = try StoreUnderTest(kind)
        try test.store.commit(
            [.occurrenceAdmitted(occurrence(1)), .occurrenceAdmitted(occurrence(2, "other"))], at: start, snapshot: nil)
        try test.store.commit([ended(1), ended(2)], at: start + .seconds(60), snapshot: nil)
        #expect(
            try test.store.history(HistoryQuery(campaign: "sale")).map(\.record)
                == [ended(1), .occurrenceAdmitted(occurrence(1))])
        #expect(try test.store.history(HistoryQuery(occurrence: OccurrenceID(2))).map(\.sequence) == [4, 2])
        #expect(try test.store.history(HistoryQuery(since: start + .seconds(1))).map(\.sequence) == [4, 3])
        #expect(try test.store.history(HistoryQuery(limit: 1)).map(\.sequence) == [4])
    }

    @Test(arguments: StoreKind.allCases)
    func `pruning keeps what has not ended, and what no snapshot covers`(kind: StoreKind) throws {
        let test = try StoreUnderTest(kind)
        try test.store.commit(
            [.occurrenceAdmitted(occurrence(1)), ended(1), .occurrenceAdmitted(occurrence(2))], at: start, snapshot: [1]
        )
        try test.store.commit([.occurrenceAdmitted(occurrence(3)), ended(3)], at: start, snapshot: nil)
        let removed = try test.store.prune(before: start + .seconds(1), keeping: [OccurrenceID(2)])
        #expect(removed == 2)
        #expect(try test.store.everything().map(\.sequence) == [3, 4, 5])
    }
}
