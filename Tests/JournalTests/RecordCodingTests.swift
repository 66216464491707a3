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

    @Test func `every line of format 2 is written and read as format 2, and is none of format 1`() throws {
        for line in Format2.lines {
            #expect(RecordCoding.format(of: line.record) == 2)
            #expect(String(decoding: try RecordCoding.encode(line.record), as: UTF8.self) == line.text)
            #expect(try RecordCoding.decode(Array(line.text.utf8), format: 2, sequence: 1) == line.record)
            let error = #expect(throws: JournalError.self) {
                try RecordCoding.decode(Array(line.text.utf8), format: 1, sequence: 1)
            }
            #expect(error?.code == .unreadableRecord)
        }
        #expect(Format1.lines.allSatisfy { RecordCoding.format(of: $0.record) == 1 })
    }

    @Test func `each kind of record has a line in its format`() {
        let kinds = Set((Format1.lines + Format2.lines).map { Self.kind(of: $0.record) })
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
            try RecordCoding.decode(Array(text.utf8), format: 3, sequence: 4711)
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

    @Test func `a journal with the largest generation there is can be started`() throws {
        var state = State()
        state.apply(.generationLoaded(generation: .max, digest: "0123"))
        let configuration = Configuration(
            platform: PlatformSettings(
                organization: "org", sandbox: "prod", clientID: "client", clientSecret: .environment("SECRET")))
        var scheduler = Scheduler(state: state, configuration: configuration)
        let now = Moment(wall: Instant(milliseconds: 1_795_514_400_000), monotonic: Monotonic(milliseconds: 0))
        #expect(!scheduler.handle(.started(configuration), at: now).records.isEmpty)
    }

    @Test(arguments: [
        (#""pairs":[{"audience":"vip","dataflow":"flow"}]"#, #""pairs":[]"#),
        (#""occurrences":{"17""#, #""occurrences":{"18""#),
        (#""attempts":0"#, #""attempts":9223372036854775807"#), (#""lookUps":0"#, #""lookUps":-1"#),
        (#""nextCall":6"#, #""nextCall":0"#), (#""generation":2,"#, #""generation":9223372036854775807,"#),
    ])
    func `a snapshot that does not hold together is none, and the records are folded`(
        _ part: String, _ other: String
    ) throws {
        var state = State()
        for line in Format1.lines.prefix(11) { state.apply(line.record) }
        state.apply(Format1.lines[3].record)
        let sound = String(decoding: try RecordCoding.encode(state), as: UTF8.self)
        #expect(RecordCoding.decodeState(Array(sound.utf8)) == state)
        try #require(sound.contains(part))
        #expect(RecordCoding.decodeState(Array(sound.replacing(part, with: other).utf8)) == nil)
    }

    // A trillion, and one more.
    @Test(arguments: [("0", true), ("1099511627776", true), ("1099511627777", false), ("-1", false)])
    func `a snapshot counts as many tries as anybody could have made, and no more`(count: String, isRead: Bool) throws {
        var state = State()
        for line in Format1.lines.prefix(11) { state.apply(line.record) }
        state.apply(Format1.lines[3].record)
        let sound = String(decoding: try RecordCoding.encode(state), as: UTF8.self)
        for word in ["attempts", "doubtRetries", "lookUps"] {
            try #require(sound.contains("\"\(word)\":0"))
            let other = sound.replacing("\"\(word)\":0", with: "\"\(word)\":\(count)")
            #expect((RecordCoding.decodeState(Array(other.utf8)) != nil) == isRead, "\(word)")
        }
    }

    private static let kindCount = 38

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
        case .exportObserved: 25
        case .campaignFinished: 26
        case .occurrenceMoved: 27
        case .zonesKept: 28
        case .campaignsAnchored: 29
        case .signLearned: 30
        case .runDisregarded: 31
        case .marksSetBack: 32
        case .audiencesResolved: 33
        case .candidateSeen: 34
        case .runNamed: 36
        case .runFound: 35
        case .followersCounted: 37
        }
    }
}
