import Chronology
import Foundation
import GRDB
import Journal
import JournalSQLite
import Testing

@testable import SchedulerCore

/// Goal: a journal of every released format is opened, read and carried on by this one.
@Suite struct OldJournalTests {
    /// A journal whose statements are in `Tests/Fixtures`.
    private func journal(_ name: String) throws -> CrashedCopy {
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let sql = try String(contentsOf: tests.appendingPathComponent("Fixtures/\(name).sql"), encoding: .utf8)
        let copy = try CrashedCopy(of: StoreUnderTest(.memory))
        try copy.execute(sql)
        return copy
    }

    @Test(arguments: ["journal-1"])
    func `an old journal folds to the state that it was left in`(name: String) throws {
        let store = try journal(name).open()
        var whole = State()
        try store.replay(after: 0) { whole.apply($0.record) }
        #expect(whole.nextOccurrence == 18)
        #expect(whole.nextCall == 6)
        #expect(whole.campaigns["sale"]?.highWater == Instant(milliseconds: 1_795_514_400_123))
        #expect(whole.pauses.map(\.actor) == ["me"])
        #expect(whole[ActivationID(OccurrenceID(17), 1)]?.phase.isEnded == true)
        #expect(whole[ActivationID(OccurrenceID(17), 2)]?.phase == .inDoubt(CallID(5)))

        let snapshot = try #require(try store.snapshot())
        #expect(snapshot.sequence == 6)
        var folded = try #require(RecordCoding.decodeState(snapshot.bytes))
        try store.replay(after: snapshot.sequence) { folded.apply($0.record) }
        #expect(try kept(folded) == kept(whole))
    }

    /// Without the baselines of before that nobody needs: snapshots of before hold them for every call.
    private func kept(_ state: State) throws -> String {
        func thinned(_ value: Any) -> Any {
            if let object = value as? [String: Any] {
                let isNeeded = object["doubtfulCall"] != nil || (object["doubtRetries"] as? Int ?? 0) > 0
                return object.filter { $0.key != "firstBaseline" || isNeeded }.mapValues(thinned)
            }
            return (value as? [Any])?.map(thinned) ?? value
        }
        let json = try JSONSerialization.jsonObject(with: Data(RecordCoding.encode(state)))
        let bytes = try JSONSerialization.data(withJSONObject: thinned(json), options: [.sortedKeys])
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The fold is as frozen as the records are: a snapshot may be left unread, but what it says may not change unnoticed.
    @Test(arguments: ["journal-1", "journal-1-whole", "journal-2"])
    func `the records of an old journal fold to what its snapshot says`(name: String) throws {
        let store = try journal(name).open()
        let snapshot = try #require(try store.snapshot())
        var state = State()
        try store.replay(after: 0) { if $0.sequence <= snapshot.sequence { state.apply($0.record) } }
        var stored = try #require(RecordCoding.decodeState(snapshot.bytes))
        // What the first call of an activation knew is kept with it only in doubt by now.
        stored.forgetBaselines()
        state.forgetBaselines()
        // Which runs were ours lately, which calls took effect, when a limit was learned, which exports were decided, and how far
        // removed campaigns were is folded out of records of format 1 since format 2, and was in
        // no snapshot before.
        if name.hasPrefix("journal-1") {
            state.ownRuns = nil
            state.removedMarks = nil
            state.pairLimitTimes = nil
            for sandbox in state.exportMarks.keys {
                state.exportMarks[sandbox]?.decidedUntil = nil
                state.exportMarks[sandbox]?.decided = nil
            }
            for id in state.calls.keys { state.calls[id]?.tookEffect = nil }
        }
        // Whose each of those runs was is kept since later.
        for (dataflow, runs) in state.ownRuns ?? [:] {
            for index in runs.indices { state.ownRuns?[dataflow]?[index].owner = nil }
        }
        #expect(stored == state)
        #expect(try RecordCoding.encode(stored) == RecordCoding.encode(state))
    }

    @Test(arguments: ["journal-1", "journal-1-whole", "journal-2"])
    func `every record of an old journal is written today as it was then`(name: String) throws {
        for (sequence, body) in try bodies(name) {
            let record = try RecordCoding.decode(Array(body), sequence: sequence)
            #expect(
                String(decoding: try RecordCoding.encode(record), as: UTF8.self)
                    == String(decoding: body, as: UTF8.self))
        }
    }

    @Test func `the journal of format 2 has every kind that came with it, and every member that its state has more`()
        throws
    {
        let bodies = try bodies("journal-2").map { String(decoding: $0.body, as: UTF8.self) }
        let kinds = Set(bodies.map { String($0.dropFirst(2).prefix { $0 != "\"" }) })
        #expect(
            kinds.isSuperset(of: [
                "campaignsAnchored", "campaignFinished", "occurrenceMoved", "zonesKept", "exportObserved",
            ]))
        #expect(bodies.contains { $0.contains("\"zoneData\":") } && bodies.contains { $0.contains("\"number\":") })
        let snapshot = try #require(try journal("journal-2").open().snapshot())
        let state = String(decoding: snapshot.bytes, as: UTF8.self)
        for member in ["_columns", "_others", "exportObservations", "zones", "ownRuns", "fired", "finishedAt"] {
            #expect(state.contains("\"\(member)\":"), "no \(member) in the snapshot")
        }
    }

    @Test func `the whole journal has every kind of record, every phase, and every member that may be absent`() throws {
        let bodies = try bodies("journal-1-whole").map { String(decoding: $0.body, as: UTF8.self) }
        let kinds = Set(bodies.map { String($0.dropFirst(2).prefix { $0 != "\"" }) })
        #expect(kinds == Set(Self.kinds))
        let snapshot = try #require(try journal("journal-1-whole").open().snapshot())
        let state = String(decoding: snapshot.bytes, as: UTF8.self)
        for phase in Self.phases { #expect(state.contains("\"phase\":\(phase)"), "no activation is \(phase)") }
        for member in Self.optional {
            let ofKind = bodies.filter { $0.hasPrefix("{\"\(member.kind)\"") }
            let with = ofKind.filter { $0.contains("\"\(member.name)\":") }
            #expect(!with.isEmpty && with.count < ofKind.count, "\(member.name) of \(member.kind)")
        }
        for member in Self.stateOptional { #expect(state.contains("\"\(member)\":"), "no \(member) in the snapshot") }
    }

    private static let kinds = [
        "generationLoaded", "campaignAnchored", "campaignRemoved", "occurrenceAdmitted", "occurrencesSkipped",
        "occurrenceEnded", "exportFinished", "callIntended", "callSending", "callWithdrawn", "callAnswered",
        "activationReturned", "activationInDoubt", "doubtLookedUp", "activationRunning", "runEndUnknown", "runLate",
        "activationEnded", "activationQuarantined", "activationResolved", "duplicateSeen", "paused", "resumed",
        "cancelRequested", "pairLimitLearned",
    ]

    private static let phases = [
        "{\"waiting\":{}}", "{\"calling\":", "{\"inDoubt\":", "{\"running\":", "{\"quarantined\":{}}",
        "{\"quarantined\":{\"call\":", "{\"ended\":",
    ]

    private static let optional = [
        (kind: "occurrenceAdmitted", name: "startsAfter"), (kind: "callIntended", name: "exportJob"),
        (kind: "callIntended", name: "horizon"), (kind: "activationReturned", name: "notBefore"),
        (kind: "activationReturned", name: "packLimit"), (kind: "activationEnded", name: "run"),
        (kind: "activationEnded", name: "reason"), (kind: "activationEnded", name: "metrics"),
        (kind: "activationEnded", name: "bytes"), (kind: "activationEnded", name: "files"),
        (kind: "activationEnded", name: "skipped"), (kind: "activationEnded", name: "failed"),
        (kind: "activationEnded", name: "snapshot"), (kind: "paused", name: "until"),
    ]

    private static let stateOptional = [
        "last", "outcome", "endedAt", "notBefore", "reason", "packLimit", "expiresAt", "firstBaseline", "horizon",
        "until",
        "exportMarks", "pairLimits",
    ]

    /// The stored bytes, behind the store's back.
    private func bodies(_ name: String) throws -> [(sequence: Int64, body: Data)] {
        let copy = try journal(name)
        let database = try DatabaseQueue(path: copy.path())
        defer { try? database.close() }
        return try database.read { database in
            try Row.fetchAll(database, sql: "SELECT sequence, body FROM records ORDER BY sequence").map {
                ($0[0], $0[1])
            }
        }
    }

    @Test(arguments: ["journal-1"])
    func `an old journal is carried on`(name: String) throws {
        let copy = try journal(name)
        let store = try copy.open()
        try store.commit(
            [.callWithdrawn(call: CallID(5), reason: "test")], at: start, snapshot: nil)
        #expect(try store.history(HistoryQuery(occurrence: OccurrenceID(17), limit: 2)).map(\.sequence) == [12, 10])
        try store.closeCleanly()
        #expect(try copy.open().everything().count == 12)
    }
}

extension ActivationState.Phase {
    fileprivate var isEnded: Bool {
        if case .ended = self { true } else { false }
    }
}

extension State {
    fileprivate mutating func forgetBaselines() {
        for id in occurrences.keys {
            for position in occurrences[id]?.activations.indices ?? 0..<0 {
                occurrences[id]?.activations[position].firstBaseline = nil
            }
        }
    }
}
