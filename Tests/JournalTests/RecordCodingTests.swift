import Chronology
import Journal
import SchedulerCore
import Testing

/// Goal: what any release wrote is read by every later one, and what is not understood is named, never guessed.
@Suite struct RecordCodingTests {
    @Test func `every record is written as format 1 says`() throws {
        for line in Format1.lines {
            #expect(String(decoding: try RecordCoding.encode(line.record), as: UTF8.self) == line.text)
        }
    }

    @Test func `every line of format 1 reads back as it was`() throws {
        for line in Format1.lines {
            #expect(try RecordCoding.decode(Array(line.text.utf8), format: 1, sequence: 1) == line.record)
        }
    }

    @Test func `format 1 has a line for each kind of record`() {
        let kinds = Set(Format1.lines.map { Self.kind(of: $0.record) })
        #expect(kinds == Set(0..<Self.kindCount))
    }

    @Test(arguments: ["", "{}", "[]", #"{"noSuchRecord":{}}"#, #"{"callSending":{"call":5}}"#, "\u{0}", "{\"a\":"])
    func `a text that is no record is named by its number`(text: String) {
        let error = #expect(throws: JournalError.self) {
            try RecordCoding.decode(Array(text.utf8), sequence: 4711)
        }
        #expect(error?.code == .unreadableRecord)
        #expect(error?.found.contains("4711") == true)
    }

    @Test func `a record of a format that is not known is not guessed at`() {
        let text = Format1.lines[0].text
        let error = #expect(throws: JournalError.self) {
            try RecordCoding.decode(Array(text.utf8), format: 2, sequence: 4711)
        }
        #expect(error?.code == .newerFormat)
    }

    @Test func `deep nesting is an error and no overflow of the stack`() {
        let text = String(repeating: "[", count: 1_000_000)
        #expect(throws: JournalError.self) { try RecordCoding.decode(Array(text.utf8), sequence: 1) }
    }

    @Test func `a snapshot of the state reads back, and one of another program is none`() throws {
        var state = State()
        for line in Format1.lines { state.apply(line.record) }
        #expect(RecordCoding.decodeState(try RecordCoding.encode(state)) == state)
        #expect(RecordCoding.decodeState(Array(#"{"shape":"unknown"}"#.utf8)) == nil)
    }

    @Test func `a record with the largest number there is folds as any other`() throws {
        let largest = Int.max
        var state = State()
        for line in Format1.lines {
            let text = line.text.replacing("\"id\":17", with: "\"id\":\(largest)")
                .replacing("\"id\":18", with: "\"id\":\(largest)").replacing("\"id\":5", with: "\"id\":\(largest)")
                .replacing("\"17.3\"", with: "\"\(largest).1\"")
            state.apply(try RecordCoding.decode(Array(text.utf8), sequence: 1))
        }
        #expect(state.nextOccurrence == largest && state.nextCall == largest)
    }

    private static let kindCount = 25

    /// Does not compile until a new kind of record has a number, and fails until it has a line.
    private static func kind(of record: Record) -> Int {
        switch record {
        case .generationLoaded: 0
        case .campaignAnchored: 1
        case .campaignRemoved: 2
        case .occurrenceAdmitted: 3
        case .occurrencesSkipped: 4
        case .occurrenceEnded: 5
        case .exportFinished: 6
        case .callIntended: 7
        case .callSending: 8
        case .callWithdrawn: 9
        case .callAnswered: 10
        case .activationReturned: 11
        case .activationInDoubt: 12
        case .doubtLookedUp: 13
        case .activationRunning: 14
        case .runEndUnknown: 15
        case .runLate: 16
        case .activationEnded: 17
        case .activationQuarantined: 18
        case .activationResolved: 19
        case .duplicateSeen: 20
        case .paused: 21
        case .resumed: 22
        case .cancelRequested: 23
        case .pairLimitLearned: 24
        }
    }
}
