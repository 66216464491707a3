import Chronology
import Foundation
import Journal
import JournalSQLite
import SchedulerCore
import Testing

/// Goal: each bound of `JournalBounds` and of `RecordCoding` is kept by every store, at its last value and at the one beyond.
/// The numbers stand here a second time: a bound that moves is noticed.
@Suite struct StoreBoundTests {
    private let later = start + .seconds(86_400)

    @Test func `the bounds are these`() {
        #expect(JournalBounds.pruneLimit == 5000)
        #expect(JournalBounds.historyLimit == 10_000)
        #expect(JournalBounds.historyByteLimit == 16_777_216)
        #expect(JournalBounds.snapshotByteLimit == 268_435_456)
        #expect(RecordCoding.sizeLimit == 8_388_608)
    }

    @Test(arguments: [(-1, 1), (0, 1), (1, 1), (200, 200), (10_000, 10_000), (10_001, 10_000), (.max, 10_000)])
    func `a page of the history has 1 to 10,000 records`(asked: Int, limit: Int) {
        #expect(HistoryQuery(limit: asked).limit == limit)
        #expect(HistoryQuery().limit == 200)
    }

    /// A record with a reason of so many bytes, around which JSON has its own.
    private func withdrawn(_ bytes: Int) throws -> Record {
        let empty = try RecordCoding.encode(.callWithdrawn(call: CallID(1), reason: "")).count
        return .callWithdrawn(call: CallID(1), reason: String(repeating: "x", count: bytes - empty))
    }

    @Test(arguments: StoreKind.allCases)
    func `a record of the largest size is stored and read, and one more byte is refused`(kind: StoreKind) throws {
        let test = try StoreUnderTest(kind)
        let largest = try withdrawn(8_388_608)
        try test.store.commit([largest], at: start, snapshot: nil)
        #expect(try test.store.everything().map(\.record) == [largest])
        let error = #expect(throws: JournalError.self) {
            try test.store.commit([try withdrawn(8_388_609)], at: start, snapshot: nil)
        }
        #expect(error?.code == .tooLarge)
        #expect(try test.store.everything().count == 1)
    }

    @Test(arguments: StoreKind.allCases)
    func `a page of the history has 16 MiB, and more only where one record is all of it`(kind: StoreKind) throws {
        let test = try StoreUnderTest(kind)
        let half = 8_388_608
        // Newest first: two halves fill the page to its last byte.
        for size in [100, half, half] { try test.store.commit([try withdrawn(size)], at: start, snapshot: nil) }
        #expect(try test.store.history(HistoryQuery(limit: 2)).map(\.sequence) == [3, 2])
        #expect(try test.store.history(HistoryQuery()).map(\.sequence) == [3, 2])
        #expect(try test.store.history(HistoryQuery(before: 3)).map(\.sequence) == [2, 1])

        try test.store.commit([try withdrawn(100)], at: start, snapshot: nil)
        #expect(try test.store.history(HistoryQuery()).map(\.sequence) == [4, 3])
        #expect(try test.store.history(HistoryQuery(before: 1)) == [])
    }

    // MARK: Forgetting

    /// Occurrences of which all but the last are forgotten, each with the records that `count` says.
    private func fill(_ test: StoreUnderTest, _ counts: [Int]) throws {
        var records: [Record] = []
        for (index, count) in counts.enumerated() {
            records.append(.occurrenceAdmitted(occurrence(index + 1)))
            for _ in 2..<max(2, count) {
                records.append(.cancelRequested(target: "\(index + 1)", actor: "me", at: start))
            }
            records.append(ended(index + 1))
        }
        records.append(.occurrenceAdmitted(occurrence(counts.count + 1)))
        try test.store.commit(records, at: start, snapshot: [1])
    }

    @Test(arguments: StoreKind.allCases)
    func `forgetting ends with the occurrence that reaches 5,000 records`(kind: StoreKind) throws {
        let even = try StoreUnderTest(kind)
        try fill(even, Array(repeating: 2, count: 2501))
        #expect(try even.store.prune(before: later, keeping: []) == 5000)
        #expect(try even.store.prune(before: later, keeping: []) == 2)
        #expect(try even.store.prune(before: later, keeping: []) == 0)

        // The first one has three: after 2,499 occurrences 4,999 are gone, and one more is taken whole.
        let odd = try StoreUnderTest(kind)
        try fill(odd, [3] + Array(repeating: 2, count: 2501))
        #expect(try odd.store.prune(before: later, keeping: []) == 5001)
        #expect(try odd.store.prune(before: later, keeping: []) == 4)
    }

    @Test(arguments: StoreKind.allCases)
    func `what goes by its age alone goes 5,000 at a time, after the occurrences`(kind: StoreKind) throws {
        let test = try StoreUnderTest(kind)
        let old = (1...5001).map { Record.generationLoaded(generation: $0, digest: "0") }
        try test.store.commit(
            [.occurrenceAdmitted(occurrence(1)), ended(1), .occurrenceAdmitted(occurrence(2))] + old, at: start,
            snapshot: [1])
        #expect(try test.store.prune(before: later, keeping: []) == 5000)
        #expect(try test.store.everything().map(\.sequence) == [3, 5002, 5003, 5004])
        #expect(try test.store.prune(before: later, keeping: []) == 3)
    }

    @Test(arguments: StoreKind.allCases)
    func `what ended at the very instant is not older than it`(kind: StoreKind) throws {
        let test = try StoreUnderTest(kind)
        try test.store.commit(
            [
                .generationLoaded(generation: 1, digest: "0"), .occurrenceAdmitted(occurrence(1)), ended(1),
                .occurrenceAdmitted(occurrence(2)),
            ], at: start, snapshot: [1])
        #expect(try test.store.prune(before: start, keeping: []) == 0)
        #expect(try test.store.prune(before: start + .milliseconds(1), keeping: []) == 3)
    }

    @Test(arguments: StoreKind.allCases)
    func `what no snapshot covers stays, down to its last record`(kind: StoreKind) throws {
        let test = try StoreUnderTest(kind)
        let records: [Record] = [
            .generationLoaded(generation: 1, digest: "0"), .occurrenceAdmitted(occurrence(1)), ended(1),
            .occurrenceAdmitted(occurrence(2)),
        ]
        try test.store.commit(records, at: start, snapshot: nil)
        #expect(try test.store.prune(before: later, keeping: []) == 0)
        // Only the end of the first occurrence lies behind this one.
        let other = try StoreUnderTest(kind)
        try other.store.commit(Array(records.prefix(2)), at: start, snapshot: [1])
        try other.store.commit(Array(records.dropFirst(2)), at: start, snapshot: nil)
        #expect(try other.store.prune(before: later, keeping: []) == 1)
        #expect(try other.store.everything().map(\.sequence) == [2, 3, 4])
    }

    @Test(arguments: StoreKind.allCases)
    func `an occurrence that was skipped is forgotten like one that ended, but the newest of its campaign`(
        kind: StoreKind
    ) throws {
        let test = try StoreUnderTest(kind)
        func skipped(_ number: Int) -> Record {
            .occurrencesSkipped(
                SkippedOccurrences(
                    id: OccurrenceID(number), campaign: "sale", first: start, last: start, count: 1, reason: .missed,
                    detail: "", at: start))
        }
        try test.store.commit([skipped(1), skipped(2)], at: start, snapshot: [1])
        let twin = #expect(throws: JournalError.self) {
            try test.store.commit([skipped(2)], at: start, snapshot: nil)
        }
        #expect(twin?.code == .conflict)
        #expect(try test.store.prune(before: later, keeping: []) == 1)
        #expect(try test.store.everything().map(\.sequence) == [2])
    }

    @Test(arguments: StoreKind.allCases)
    func `an occurrence that a person wants to keep is kept`(kind: StoreKind) throws {
        let test = try StoreUnderTest(kind)
        try fill(test, [2, 2])
        #expect(try test.store.prune(before: later, keeping: [OccurrenceID(1), OccurrenceID(2)]) == 0)
        #expect(try test.store.prune(before: later, keeping: [OccurrenceID(1)]) == 2)
        #expect(try test.store.everything().map(\.sequence) == [1, 2, 5])
    }

    // MARK: Small rules

    @Test(arguments: StoreKind.allCases)
    func `two of one commit conflict as two of two commits do`(kind: StoreKind) throws {
        var sameTime = occurrence(2)
        sameTime.nominal = occurrence(1).nominal
        var sameNumber = occurrence(1)
        sameNumber.nominal = occurrence(2).nominal
        for twin in [sameTime, sameNumber] {
            let test = try StoreUnderTest(kind)
            let error = #expect(throws: JournalError.self) {
                try test.store.commit(
                    [.occurrenceAdmitted(occurrence(1)), .occurrenceAdmitted(twin)], at: start, snapshot: nil)
            }
            #expect(error?.code == .conflict)
            #expect(try test.store.everything() == [])
            // Nothing of the refused one is in the way.
            try test.store.commit([.occurrenceAdmitted(occurrence(1))], at: start, snapshot: nil)
            #expect(try test.store.everything().map(\.sequence) == [1])
        }
    }

    @Test(arguments: StoreKind.allCases)
    func `a time that was forgotten with its occurrence may be given out again`(kind: StoreKind) throws {
        let test = try StoreUnderTest(kind)
        try fill(test, [2])
        #expect(try test.store.prune(before: later, keeping: []) == 2)
        var again = occurrence(7)
        again.nominal = occurrence(1).nominal
        try test.store.commit([.occurrenceAdmitted(again)], at: start, snapshot: nil)
        #expect(try test.store.everything().map(\.sequence) == [3, 4])
    }

    @Test(arguments: StoreKind.allCases)
    func `a snapshot without records, and records without one, are commits like any other`(kind: StoreKind) throws {
        let test = try StoreUnderTest(kind)
        try test.store.commit([], at: start, snapshot: nil)
        #expect(try test.store.snapshot() == nil)
        try test.store.commit([], at: start, snapshot: [5])
        #expect(try test.store.snapshot() == JournalSnapshot(sequence: 0, bytes: [5]))
        try test.store.commit([.occurrenceAdmitted(occurrence(1))], at: start, snapshot: [])
        #expect(try test.store.snapshot() == JournalSnapshot(sequence: 1, bytes: []))
        #expect(try test.store.information().records == 1)
        try test.store.checkWritable()
    }

    @Test(arguments: StoreKind.allCases)
    func `a record keeps the time of its commit`(kind: StoreKind) throws {
        let test = try StoreUnderTest(kind)
        try test.store.commit([.occurrenceAdmitted(occurrence(1))], at: start, snapshot: nil)
        try test.store.commit([ended(1)], at: later, snapshot: nil)
        #expect(try test.store.everything().map(\.at) == [start, later])
        #expect(try test.store.history(HistoryQuery()).map(\.at) == [later, start])
    }

    /// Whatever a record names, it is found by it; see `RecordIndex`.
    @Test(arguments: StoreKind.allCases)
    func `every kind of record is found by its occurrence, its call's occurrence or its campaign`(kind: StoreKind)
        throws
    {
        let test = try StoreUnderTest(kind)
        let activation = ActivationID(OccurrenceID(1), 1)
        let ofOccurrence: [Record] = [
            .occurrenceAdmitted(occurrence(1)), call(1, for: [1]), .callSending(call: CallID(1), at: start),
            .callWithdrawn(call: CallID(1), reason: "r"), .callAnswered(call: CallID(1), outcome: "o", at: start),
            .activationInDoubt(activation: activation, call: CallID(1), reason: "r", at: start),
            .doubtLookedUp(activation: activation, at: start), .runLate(activation: activation, run: "r", at: start),
            .duplicateSeen(activation: activation, run: "r", at: start),
            .cancelRequested(target: "1.1", actor: "me", at: start),
            .cancelRequested(target: "1", actor: "me", at: start),
            .activationResolved(activation: activation, resolution: .retry, actor: "me", at: start), ended(1),
        ]
        let ofCampaign: [Record] = [
            .campaignAnchored(campaign: "sale", fingerprint: "f", from: start), .campaignRemoved(campaign: "sale"),
            .paused(Pause(scope: .campaign("sale"), since: start, until: nil, actor: "me", reason: "r")),
            .resumed(scope: .campaign("sale"), actor: "me", at: start),
        ]
        let ofNobody: [Record] = [
            .generationLoaded(generation: 1, digest: "0"), .resumed(scope: .all, actor: "me", at: start),
            .exportFinished(sandbox: "prod", job: "4711", succeeded: true, at: start),
            .pairLimitLearned(sandbox: "prod", limit: 40, at: start),
            .runDisregarded(run: "r", actor: "me", at: start),
            .cancelRequested(target: "nonsense", actor: "me", at: start),
        ]
        try test.store.commit(ofOccurrence + ofCampaign + ofNobody, at: start, snapshot: nil)
        func found(_ query: HistoryQuery) throws -> [Record] { try test.store.history(query).map(\.record).reversed() }
        #expect(try found(HistoryQuery(occurrence: OccurrenceID(1))) == ofOccurrence)
        #expect(try found(HistoryQuery(campaign: "sale")) == ofOccurrence + ofCampaign)
        #expect(try found(HistoryQuery()) == ofOccurrence + ofCampaign + ofNobody)
        #expect(try found(HistoryQuery(campaign: "other")) == [])
        #expect(try found(HistoryQuery(occurrence: OccurrenceID(2))) == [])
    }
}

/// Goal: what the journal keeps is for nobody else's eyes, whatever was there before.
@Suite struct JournalModeTests {
    private func mode(_ path: String) -> mode_t {
        var entry = stat()
        return lstat(path, &entry) == 0 ? entry.st_mode & 0o7777 : 0
    }

    @Test(arguments: [0o644, 0o660, 0o604, 0o777] as [mode_t])
    func `a journal that others could read is closed to them when it is opened`(before: mode_t) throws {
        let test = try StoreUnderTest(.sqlite)
        let path = test.directory + "/journal.sqlite"
        try test.store.commit([.occurrenceAdmitted(occurrence(1))], at: start, snapshot: nil)
        try test.store.closeCleanly()
        #expect(chmod(path, before) == 0)
        test.store = try SQLiteJournal(directory: test.directory)
        #expect(mode(path) == 0o600)
        #expect(try test.store.everything().count == 1)
    }

    @Test(arguments: [(0o700, true), (0o750, true), (0o770, true), (0o702, false), (0o777, false)] as [(mode_t, Bool)])
    func `a state directory that everybody may write to is none`(mode: mode_t, isFine: Bool) throws {
        let test = try StoreUnderTest(.memory)
        #expect(chmod(test.directory, mode) == 0)
        #expect(((try? StateDirectory.prepare(test.directory)) != nil) == isFine)
    }

    @Test func `the directories that are made are the daemon's alone, each of them`() throws {
        let test = try StoreUnderTest(.memory)
        _ = try StateDirectory.prepare(test.directory + "/one/two/three")
        for path in ["/one", "/one/two", "/one/two/three"] { #expect(mode(test.directory + path) == 0o700, "\(path)") }
    }

    @Test(arguments: ["journal.sqlite", "lock"])
    func `a link in the place of a file is not followed`(name: String) throws {
        let test = try StoreUnderTest(.memory)
        let other = test.directory + "/other"
        #expect(symlink(other, test.directory + "/" + name) == 0)
        let error = #expect(throws: JournalError.self) {
            if name == "lock" {
                _ = try StateDirectoryLock(directory: test.directory)
            } else {
                _ = try SQLiteJournal(directory: test.directory)
            }
        }
        #expect(error?.code == .readOnly)
        #expect(!FileManager.default.fileExists(atPath: other))
    }
}
