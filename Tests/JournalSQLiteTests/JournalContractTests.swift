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

    /// As after a clean stop and a start. Memory has nothing to open.
    func reopen() throws {
        guard store is SQLiteJournal else { return }
        try store.closeCleanly()
        store = try SQLiteJournal(directory: directory)
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

/// A call for the first activation of each occurrence.
func call(_ number: Int, for occurrences: [Int]) -> Record {
    .callIntended(
        Call(
            id: CallID(number), sandbox: "prod",
            activations: occurrences.map { ActivationID(OccurrenceID($0), 1) },
            pairs: occurrences.map { Pair(dataflow: "flow", audience: AudienceID("vip \($0)")) },
            baselines: ["flow": Baseline(runs: ["before"], horizon: nil)], exportJob: nil, at: start))
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
    func `what was admitted is known by campaign, time and origin, until it is forgotten`(kind: StoreKind) throws {
        let test = try StoreUnderTest(kind)
        try test.store.commit(
            [.occurrenceAdmitted(occurrence(1)), .occurrenceAdmitted(occurrence(2)), ended(1)], at: start,
            snapshot: [1])
        let first = Admission(of: occurrence(1))
        let second = Admission(of: occurrence(2))
        let others = [
            Admission("other", first.nominal, .timetable), Admission("sale", first.nominal, .export(job: "4711")),
            Admission("sale", start, .timetable), Admission("sale", first.nominal, .manual(actor: "me")),
        ]
        #expect(try test.store.admitted(among: others + [first, second]) == [first, second])
        #expect(try test.store.admitted(among: []) == [])
        #expect(try test.store.prune(before: start + .seconds(1), keeping: []) == 2)
        #expect(try test.store.admitted(among: [first, second]) == [second])
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
    func `history is read page by page, and ends at a time`(kind: StoreKind) throws {
        let test = try StoreUnderTest(kind)
        for number in 1...5 {
            try test.store.commit(
                [.occurrenceAdmitted(occurrence(number))], at: start + .seconds(number), snapshot: nil)
        }
        let page = try test.store.history(HistoryQuery(campaign: "sale", limit: 2))
        #expect(page.map(\.sequence) == [5, 4])
        let next = HistoryQuery(campaign: "sale", before: page.last?.sequence, limit: 2)
        #expect(try test.store.history(next).map(\.sequence) == [3, 2])
        #expect(try test.store.history(HistoryQuery(before: 1)) == [])
        let span = HistoryQuery(since: start + .seconds(2), until: start + .seconds(4))
        #expect(try test.store.history(span).map(\.sequence) == [3, 2])
    }

    @Test(arguments: StoreKind.allCases)
    func `a call is in the history of every occurrence that it is for`(kind: StoreKind) throws {
        let test = try StoreUnderTest(kind)
        try test.store.commit(
            [.occurrenceAdmitted(occurrence(1)), .occurrenceAdmitted(occurrence(2, "other")), call(1, for: [1, 2])],
            at: start, snapshot: nil)
        try test.store.commit([.callSending(call: CallID(1), at: start)], at: start, snapshot: nil)
        try test.store.commit(
            [.callAnswered(call: CallID(1), outcome: "accepted", at: start)], at: start, snapshot: nil)
        #expect(try test.store.history(HistoryQuery(occurrence: OccurrenceID(1))).map(\.sequence) == [5, 4, 3, 1])
        #expect(try test.store.history(HistoryQuery(campaign: "other")).map(\.sequence) == [5, 4, 3, 2])
        let both = HistoryQuery(campaign: "other", occurrence: OccurrenceID(1))
        #expect(try test.store.history(both) == [])
    }

    @Test(arguments: StoreKind.allCases)
    func `pauses and removals are in the history of their campaign`(kind: StoreKind) throws {
        let test = try StoreUnderTest(kind)
        let pause = Pause(scope: .campaign("sale"), since: start, until: nil, actor: "me", reason: "why")
        try test.store.commit(
            [.paused(pause), .resumed(scope: .all, actor: "me", at: start), .campaignRemoved(campaign: "sale")],
            at: start, snapshot: nil)
        #expect(try test.store.history(HistoryQuery(campaign: "sale")).map(\.sequence) == [3, 1])
    }

    @Test(arguments: StoreKind.allCases)
    func `a record that could not be read again is not stored`(kind: StoreKind) throws {
        let test = try StoreUnderTest(kind)
        let huge = String(repeating: "x", count: RecordCoding.sizeLimit)
        let error = #expect(throws: JournalError.self) {
            try test.store.commit(
                [ended(1), .callWithdrawn(call: CallID(1), reason: huge)], at: start, snapshot: nil)
        }
        #expect(error?.code == .tooLarge)
        #expect(try test.store.everything() == [])
    }

    @Test(arguments: StoreKind.allCases)
    func `a number of an occurrence is given out once, and a person may fire twice in one millisecond`(
        kind: StoreKind
    ) throws {
        let test = try StoreUnderTest(kind)
        try test.store.commit([.occurrenceAdmitted(occurrence(1))], at: start, snapshot: nil)
        var twin = occurrence(1)
        twin.nominal = start + .seconds(86_400)
        let error = #expect(throws: JournalError.self) {
            try test.store.commit([.occurrenceAdmitted(twin)], at: start, snapshot: nil)
        }
        #expect(error?.code == .conflict)

        var fired = [occurrence(2), occurrence(3)]
        for index in fired.indices {
            fired[index].origin = .manual(actor: "me")
            fired[index].nominal = start
        }
        try test.store.commit(fired.map { .occurrenceAdmitted($0) }, at: start, snapshot: nil)
        #expect(try test.store.everything().count == 3)
    }

    @Test(arguments: StoreKind.allCases)
    func `a store may be used while it replays`(kind: StoreKind) throws {
        let test = try StoreUnderTest(kind)
        try test.store.commit([.occurrenceAdmitted(occurrence(1)), ended(1)], at: start, snapshot: [1])
        var counts: [Int] = []
        let store = test.store
        try store.replay(after: 0) { record throws(JournalError) in
            counts.append(try store.history(HistoryQuery(before: record.sequence + 1)).count)
        }
        #expect(counts == [1, 2])
    }
}

/// Goal: a journal forgets what ended long ago, and nothing that is still needed to know what was decided.
@Suite struct PruningContractTests {
    private let later = start + .seconds(86_400)

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

    @Test(arguments: StoreKind.allCases)
    func `pruning forgets an occurrence with its calls, or not at all`(kind: StoreKind) throws {
        let test = try StoreUnderTest(kind)
        try test.store.commit(
            [
                .occurrenceAdmitted(occurrence(1)), .occurrenceAdmitted(occurrence(2)), call(1, for: [1, 2]),
                .callSending(call: CallID(1), at: start), ended(1),
            ], at: start, snapshot: [1])
        try test.store.commit(
            [.occurrenceAdmitted(occurrence(3)), call(2, for: [3]), ended(3)], at: later, snapshot: [1])
        #expect(try test.store.prune(before: later, keeping: []) == 2)
        #expect(try test.store.everything().map(\.sequence) == [2, 3, 4, 6, 7, 8])

        try test.store.commit([ended(2)], at: start, snapshot: [1])
        #expect(try test.store.prune(before: later, keeping: []) == 4)
        #expect(try test.store.everything().map(\.sequence) == [6, 7, 8])
        #expect(try test.store.prune(before: later, keeping: []) == 0)
    }

    @Test(arguments: StoreKind.allCases)
    func `what a person took up again is not forgotten until it ends again`(kind: StoreKind) throws {
        let test = try StoreUnderTest(kind)
        let resolved = Record.activationResolved(
            activation: ActivationID(OccurrenceID(1), 1), resolution: .retry, actor: "me", at: start)
        try test.store.commit(
            [.occurrenceAdmitted(occurrence(1)), ended(1), resolved, .occurrenceAdmitted(occurrence(2))],
            at: start, snapshot: [1])
        #expect(try test.store.prune(before: later, keeping: []) == 0)
        try test.store.commit([ended(1)], at: start, snapshot: [1])
        #expect(try test.store.prune(before: later, keeping: []) == 4)
    }

    @Test(arguments: StoreKind.allCases)
    func `a fold of what pruning left knows the same marks, numbers, pauses and limits`(kind: StoreKind) throws {
        let test = try StoreUnderTest(kind)
        var records: [Record] = [
            .generationLoaded(generation: 1, digest: "0"),
            .campaignAnchored(campaign: "sale", fingerprint: "f", from: start - .seconds(1)),
            .campaignAnchored(campaign: "other", fingerprint: "f", from: start - .seconds(1)),
            .paused(Pause(scope: .all, since: start, until: nil, actor: "me", reason: "why")),
            .pairLimitLearned(sandbox: "prod", limit: 40, at: start),
            .exportFinished(sandbox: "prod", job: "4711", succeeded: true, at: start),
        ]
        for number in 1...9 {
            let campaign: CampaignName = number < 4 ? "other" : "sale"
            var occurrence = occurrence(number, campaign)
            if number > 6 { occurrence.origin = .manual(actor: "me") }
            records += [.occurrenceAdmitted(occurrence), call(number, for: [number]), ended(number)]
        }
        try test.store.commit(records, at: start, snapshot: [1])
        var whole = State()
        for record in records { whole.apply(record) }
        #expect(try test.store.prune(before: later, keeping: []) == 3 * 6 + 1)
        #expect(try test.store.everything().first?.sequence == 2, "the old configuration goes")

        var folded = State()
        try test.store.replay(after: 0) { folded.apply($0.record) }
        #expect(folded.nextOccurrence == whole.nextOccurrence)
        #expect(folded.nextCall == whole.nextCall)
        #expect(folded.campaigns == whole.campaigns)
        #expect(folded.pauses == whole.pauses)
        #expect(folded.pairLimits == whole.pairLimits)
        #expect(folded.exportMarks == whole.exportMarks)
    }

    @Test(arguments: StoreKind.allCases)
    func `numbers of forgotten records are not given out again`(kind: StoreKind) throws {
        let test = try StoreUnderTest(kind)
        try test.store.commit(
            [.occurrenceAdmitted(occurrence(2)), .occurrenceAdmitted(occurrence(1)), ended(1)],
            at: start, snapshot: [1])
        #expect(try test.store.prune(before: later, keeping: []) == 2)
        try test.reopen()
        try test.store.commit([ended(2)], at: start, snapshot: nil)
        #expect(try test.store.everything().map(\.sequence) == [1, 4])
    }
}
