import Chronology
import Journal
import SchedulerCore
import Testing

/// Goal: the journal in memory fails as a disk does while it is told to, and goes on afterwards as if nothing had been.
@Suite struct MemoryJournalTests {
    private let at = Format1.at
    private let journal = MemoryJournal()

    private func occurrence(_ number: Int) -> Record {
        var occurrence = Format1.occurrence
        occurrence.id = OccurrenceID(number)
        occurrence.nominal = at + .seconds(number)
        return .occurrenceAdmitted(occurrence)
    }

    private func ended(_ number: Int) -> Record {
        .occurrenceEnded(occurrence: OccurrenceID(number), outcome: .succeeded, at: at)
    }

    @Test func `while it fails nothing is stored, forgotten, or called writable, and it is read as before`() throws {
        try journal.commit([occurrence(1), ended(1), occurrence(2)], at: at, snapshot: [1])
        let full = JournalError(.full, "no room", remedy: "")
        journal.fault = full
        #expect(throws: full) { try journal.commit([ended(2)], at: at, snapshot: [2]) }
        #expect(throws: full) { try journal.commit([], at: at, snapshot: [2]) }
        #expect(throws: full) { _ = try journal.prune(before: at + .seconds(1), keeping: []) }
        #expect(throws: full) { try journal.checkWritable() }
        #expect(throws: full) { try journal.closeCleanly() }
        #expect(try journal.history(HistoryQuery()).map(\.sequence) == [3, 2, 1])
        #expect(try journal.snapshot() == JournalSnapshot(sequence: 3, bytes: [1]))
        #expect(try journal.information() == JournalInformation(records: 3, bytes: 0, freeBytes: nil, format: 2))

        journal.fault = nil
        try journal.checkWritable()
        try journal.commit([ended(2)], at: at, snapshot: [2])
        #expect(try journal.snapshot() == JournalSnapshot(sequence: 4, bytes: [2]))
        #expect(try journal.prune(before: at + .seconds(1), keeping: []) == 2)
        try journal.closeCleanly()
    }

    @Test func `a page of the history has as many records as are asked for, and two hundred where nobody says`() throws
    {
        try journal.commit((1...201).map { occurrence($0) }, at: at, snapshot: nil)
        #expect(try journal.history(HistoryQuery()).map(\.sequence) == Array((2...201).reversed()))
        #expect(try journal.history(HistoryQuery(limit: 201)).count == 201)
        #expect(try journal.history(HistoryQuery(limit: 1)).map(\.sequence) == [201])
        #expect(try journal.history(HistoryQuery(limit: 0)).map(\.sequence) == [201], "one at least")
    }
}
