import Chronology
import Foundation
import Journal
import JournalSQLite
import SchedulerCore
import Testing

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
        #expect(folded == whole)
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
