import Chronology
import Journal
import Runtime
import SchedulerCore
import Testing

/// A world that records what it was asked to do, and when the journal was written.
final class RecordingEnvironment: Environment {
    var wall = Instant(milliseconds: 1_795_514_400_000)
    var performed: [Effect] = []
    var told: [Record] = []
    var armed: Wake?
    var troubles: [JournalError.Code?] = []
    var lost: JournalError?
    var refused: [String] = []

    /// How far the wall clock was set forward.
    var ahead = Duration.zero

    func now() -> Moment { Moment(wall: wall + ahead, monotonic: Monotonic(milliseconds: wall.milliseconds)) }
    func arm(_ wake: Wake?, at now: Moment) { armed = wake }
    func perform(_ effect: Effect) { performed.append(effect) }
    func tell(_ records: [Record], before: Scheduler, after: Scheduler, at now: Moment) { told += records }
    func journalTrouble(_ error: JournalError?) { troubles.append(error?.code) }
    func journalRefused(_ what: String, _ error: JournalError) { refused.append("\(what) [\(error.code.rawValue)]") }
    func journalLost(_ error: JournalError) { lost = error }
}

/// A journal that refuses while `failure` is set, and knows what was performed when it was written.
final class FaultyJournal: JournalStore {
    let inner = MemoryJournal()
    var failure: JournalError?
    var pruneFailure: JournalError?
    /// In place of what was really removed.
    var pruned: Int?
    var pruneCount = 0
    var onCommit: () -> Void = {}
    /// So many admissions conflict with what is held, and these are said to be held.
    var conflicts = 0
    var held: [Admission]?
    /// As a disk that is full: what writes nothing succeeds all the same.
    var takesNothing = false
    var closes = 0

    func commit(_ records: [Record], at: Instant, snapshot: [UInt8]?) throws(JournalError) {
        if let failure, !(takesNothing && records.isEmpty && snapshot == nil) { throw failure }
        let admits = records.contains { if case .occurrenceAdmitted = $0 { true } else { false } }
        if admits, conflicts > 0 {
            conflicts -= 1
            throw JournalError(.conflict, "held already", remedy: "")
        }
        onCommit()
        try inner.commit(records, at: at, snapshot: snapshot)
    }

    func snapshot() throws(JournalError) -> JournalSnapshot? { try inner.snapshot() }

    func replay(after: Int64, _ body: (StoredRecord) throws(JournalError) -> Void) throws(JournalError) {
        try inner.replay(after: after, body)
    }

    func history(_ query: HistoryQuery) throws(JournalError) -> [StoredRecord] { try inner.history(query) }

    func prune(before: Instant, keeping: Set<OccurrenceID>) throws(JournalError) -> Int {
        pruneCount += 1
        if let pruneFailure { throw pruneFailure }
        if let pruned { return pruned }
        return try inner.prune(before: before, keeping: keeping)
    }

    func admitted(among admissions: [Admission]) throws(JournalError) -> [Admission] {
        if let held { return held }
        return try inner.admitted(among: admissions)
    }

    func checkWritable() throws(JournalError) {
        if let failure { throw failure }
    }
    func information() throws(JournalError) -> JournalInformation { try inner.information() }
    func closeCleanly() throws(JournalError) { closes += 1 }
}

/// Goal: facts are on disk before their effects, and a disk that refuses stops everything without losing an event.
@Suite struct RuntimeTests {
    let environment = RecordingEnvironment()
    let journal = FaultyJournal()
    let configuration = Configuration(
        platform: PlatformSettings(
            organization: "org", sandbox: "prod", clientID: "client", clientSecret: .environment("SECRET")),
        campaigns: [
            "sale": Campaign(
                name: "sale", sandbox: "prod", trigger: .manual, pairs: [Pair(dataflow: "flow", audience: "vip")],
                startWithin: .seconds(1000 * 86_400))
        ])

    func started() throws -> Runtime {
        let runtime = try Runtime(configuration: configuration, journal: journal, environment: environment)
        runtime.start(configuration)
        return runtime
    }

    let fire = Event.command(CommandID(1), .fire("sale", forceOverlap: false), actor: "tester")

    @Test func `no effect is performed before its records are committed`() throws {
        let runtime = try started()
        var performedAtCommit: Int?
        journal.onCommit = { [environment] in performedAtCommit = environment.performed.count }
        runtime.handle(fire)
        #expect(performedAtCommit == 0)
        #expect(!environment.performed.isEmpty)
    }

    @Test(arguments: [JournalError.Code.full, .readOnly, .locked])
    func `while the disk refuses nothing is done, and nothing is forgotten`(code: JournalError.Code) throws {
        let runtime = try started()
        let before = runtime.scheduler.state
        journal.failure = JournalError(code, "refused", remedy: "")
        runtime.handle(.reloaded(configuration))
        runtime.handle(.woke)
        #expect(environment.performed.isEmpty)
        #expect(runtime.scheduler.state == before)
        #expect(environment.troubles == [code])
        #expect(environment.armed != nil)

        journal.failure = nil
        runtime.handle(.woke)
        #expect(environment.troubles == [code, nil])
        #expect(runtime.scheduler.state.generation == before.generation + 1)
    }

    @Test(arguments: [JournalError.Code.full, .readOnly, .locked])
    func `an order on a disk that refuses is refused at once, and not obeyed later`(code: JournalError.Code) throws {
        let runtime = try started()
        let before = runtime.scheduler.state
        journal.failure = JournalError(code, "refused", remedy: "")
        runtime.handle(fire)
        guard case .reply(CommandID(1), .refused)? = environment.performed.last else {
            Issue.record("the order was not answered")
            return
        }
        #expect(environment.troubles == [code])
        runtime.handle(.woke)
        #expect(environment.troubles == [code])

        journal.failure = nil
        runtime.handle(.woke)
        #expect(environment.troubles == [code, nil])
        #expect(runtime.scheduler.state == before)
        runtime.handle(fire)
        #expect(runtime.scheduler.state.occurrences.count == 1)
    }

    @Test(arguments: [JournalError.Code.full, .readOnly, .locked])
    func `a reload on a disk that refuses is refused, and what was in use stays`(code: JournalError.Code) throws {
        let runtime = try started()
        var other = configuration
        other.digest = "another"
        var taken = 0
        journal.failure = JournalError(code, "refused", remedy: "")
        let refused = runtime.reload(other, actor: "tester") { taken += 1 }
        #expect(refused?.code == code)
        #expect(taken == 0 && runtime.scheduler.configuration == configuration)

        // Nor is it taken into use when there is room.
        journal.failure = nil
        runtime.handle(.woke)
        #expect(taken == 0 && runtime.scheduler.configuration == configuration)
        let accepted = runtime.reload(other, actor: "tester") { taken += 1 }
        #expect(accepted == nil)
        #expect(taken == 1 && runtime.scheduler.configuration == other)
    }

    @Test func `a configuration is on disk before what is done for it, and that before what follows from it`() throws {
        let runtime = try started()
        runtime.handle(fire)
        var other = configuration
        other.digest = "another"
        other.campaigns["sale"]?.pairs = [Pair(dataflow: "flow2", audience: "vip")]
        var committed = 0
        journal.onCommit = { committed += 1 }
        let before = environment.performed.count
        var seen: [Int] = []
        let trouble = runtime.reload(other, actor: nil) { [environment] in
            seen = [committed, environment.performed.count]
        }
        #expect(trouble == nil && seen == [1, before])
    }

    @Test func `an order behind what waits for the disk is refused as well`() throws {
        let runtime = try started()
        let before = runtime.scheduler.state
        journal.failure = JournalError(.full, "refused", remedy: "")
        runtime.handle(.reloaded(configuration))
        runtime.handle(fire)
        guard case .reply(CommandID(1), .refused)? = environment.performed.last else {
            Issue.record("the order was not answered")
            return
        }
        journal.failure = nil
        runtime.handle(.woke)
        #expect(runtime.scheduler.state.occurrences == before.occurrences)
    }

    @Test func `a disk that refuses for days does not end the daemon`() throws {
        let runtime = try started()
        journal.failure = JournalError(.full, "refused", remedy: "")
        // What waits is cheap to decide: it is decided anew at each try.
        _ = runtime.reload(configuration, actor: nil) {}
        runtime.handle(.clockSynchronised(true))
        for _ in 0..<30_000 { runtime.handle(.woke) }
        #expect(environment.lost == nil)
    }

    @Test(arguments: [JournalError.Code.io, .corrupt, .conflict])
    func `a journal that can not be trusted ends everything`(code: JournalError.Code) throws {
        let runtime = try started()
        journal.failure = JournalError(code, "lost", remedy: "")
        runtime.handle(fire)
        #expect(environment.lost?.code == code)
        journal.failure = nil
        runtime.handle(fire)
        #expect(environment.performed.isEmpty)
    }

    @Test func `what the journal holds already is decided, and the daemon goes on`() throws {
        var timed = configuration
        timed.campaigns["sale"]?.trigger = .timetable(
            Timetable(
                schedule: .calendar(try CalendarExpression(parsing: "*-*-* *:*:00")), zone: .utc, text: "minutely"))
        timed.campaigns["sale"]?.overlap = .bufferAll
        let runtime = try Runtime(configuration: timed, journal: journal, environment: environment)
        runtime.start(timed)
        let first = environment.wall + .seconds(60)
        try journal.commit(
            [
                .occurrenceAdmitted(
                    Occurrence(
                        id: OccurrenceID(99), campaign: "sale", sandbox: "prod", nominal: first, startsAt: first,
                        expiresAt: first + .seconds(60), admittedAt: first, origin: .timetable, generation: 1,
                        isLate: false, onDoubt: .retry, startsAfter: nil, pairs: []))
            ], at: first, snapshot: nil)
        environment.wall = first
        runtime.handle(.woke)
        #expect(environment.lost == nil && environment.refused.isEmpty)
        let skips = environment.told.compactMap { if case .occurrencesSkipped(let skip) = $0 { skip } else { nil } }
        #expect(skips.map(\.reason) == [.decided] && skips.map(\.first) == [first])
        environment.wall = first + .seconds(60)
        runtime.handle(.woke)
        #expect(environment.lost == nil && runtime.scheduler.state.occurrences.count == 1)
    }

    /// More than is ever stored in a record.
    private let huge = String(repeating: "x", count: RecordCoding.sizeLimit)

    @Test func `an order with a record that is too large is refused, and the daemon goes on`() throws {
        let runtime = try started()
        let before = runtime.scheduler.state
        runtime.handle(.command(CommandID(1), .pause(.all, until: nil, reason: huge), actor: "tester"))
        guard case .reply(CommandID(1), .refused(let why))? = environment.performed.last else {
            Issue.record("the order was not answered")
            return
        }
        #expect(why.contains("at most"))
        #expect(environment.lost == nil && environment.refused == ["a step was not taken: an order [too-large]"])
        #expect(runtime.scheduler.state == before)
        environment.wall = environment.wall + .seconds(10)
        runtime.handle(fire)
        #expect(runtime.scheduler.state.occurrences.count == 1)
    }

    @Test func `an answer that is too large to be stored is a question without an answer`() throws {
        let runtime = try started()
        runtime.handle(fire)
        let asked = environment.performed.compactMap { effect in
            if case .askExportJobs(let id, _, _) = effect { id } else { nil }
        }
        let job = ExportJob(
            id: huge, status: .succeeded, word: "SUCCEEDED", createdAt: environment.wall - .seconds(600),
            endedAt: environment.wall - .seconds(60))
        let before = runtime.scheduler.state
        runtime.handle(.exportJobsAnswered(try #require(asked.first), .success([job])))
        #expect(
            environment.lost == nil
                && environment.refused == ["a step was not taken: an answer of the platform [too-large]"])
        #expect(runtime.scheduler.state == before)
        // It is asked again, when it is time for that.
        environment.wall = environment.wall + .seconds(600)
        runtime.handle(.woke)
        let again = environment.performed.count { if case .askExportJobs = $0 { true } else { false } }
        #expect(again == 2)
    }

    @Test func `a start that is too large to be stored is mended by a reload`() throws {
        var large = configuration
        large.zoneData = huge
        let runtime = try Runtime(configuration: large, journal: journal, environment: environment)
        runtime.start(large)
        #expect(runtime.trouble?.code == .tooLarge && environment.lost == nil)
        runtime.handle(.woke)
        #expect(runtime.trouble?.code == .tooLarge)
        var taken = 0
        #expect(runtime.reload(large, actor: "tester") { taken += 1 }?.code == .tooLarge)
        #expect(runtime.reload(configuration, actor: "tester") { taken += 1 } == nil)
        #expect(taken == 1 && runtime.trouble == nil && runtime.scheduler.configuration == configuration)
        runtime.handle(fire)
        #expect(runtime.scheduler.state.occurrences.count == 1)
    }

    @Test func `an occurrence that is too large for a record is skipped, and the daemon goes on`() throws {
        var large = configuration
        large.campaigns["sale"]?.pairs = (0..<100_000).map { number in
            Pair(
                dataflow: DataflowID("11111111-aaaa-4aaa-8aaa-000000000001"),
                audience: AudienceID("22222222-bbbb-4bbb-8bbb-\(100_000_000_000 + number)"))
        }
        large.campaigns["sale"]?.trigger = .timetable(
            Timetable(
                schedule: .calendar(try CalendarExpression(parsing: "*-*-* *:*:00")), zone: .utc, text: "minutely"))
        let runtime = try Runtime(configuration: large, journal: journal, environment: environment)
        runtime.start(large)
        environment.wall = environment.wall + .seconds(61)
        runtime.handle(.woke)
        #expect(environment.lost == nil && environment.refused.isEmpty)
        #expect(runtime.scheduler.state.occurrences.isEmpty)
        #expect(runtime.scheduler.state.campaigns["sale"]?.last?.outcome == .skipped)
    }

    @Test func `records that can not be removed are told, and it is tried again soon`() throws {
        let runtime = try started()
        runtime.handle(.woke)
        journal.pruneFailure = JournalError(.full, "refused", remedy: "")
        for _ in 1...2 {
            environment.wall = environment.wall + .seconds(601)
            runtime.handle(.woke)
        }
        #expect(environment.refused == Array(repeating: "old records were not removed [full]", count: 2))
        journal.pruneFailure = JournalError(.corrupt, "lost", remedy: "")
        environment.wall = environment.wall + .seconds(601)
        runtime.handle(.woke)
        #expect(environment.lost?.code == .corrupt)
    }

    @Test func `the fold of snapshot and records is the state that was`() throws {
        let runtime = try started()
        for number in 0..<400 {
            runtime.handle(.command(CommandID(number), .fire("sale", forceOverlap: true), actor: "tester"))
            environment.wall = environment.wall + .seconds(1)
        }
        #expect(try journal.snapshot() == nil)
        for number in 0..<200 {
            runtime.handle(.command(CommandID(number), .fire("sale", forceOverlap: true), actor: "tester"))
            environment.wall = environment.wall + .seconds(1)
        }
        #expect(try journal.snapshot() != nil)
        #expect(try Runtime.fold(journal) == runtime.scheduler.state)
        try runtime.close()
        #expect(try Runtime.fold(journal) == runtime.scheduler.state)
    }

    /// Whether the journal has the record of a configuration, which goes by its age alone.
    private func remembersGeneration() throws -> Bool {
        try journal.history(HistoryQuery(limit: 1000)).contains {
            if case .generationLoaded = $0.record { true } else { false }
        }
    }

    @Test func `nothing is forgotten for a day after the clock was set forward`() throws {
        let runtime = try started()
        try journal.commit([], at: environment.wall, snapshot: try RecordCoding.encode(runtime.scheduler.state))
        runtime.handle(.woke)
        environment.ahead = .seconds(401 * 86_400)
        for seconds in [3600, 86_399] {
            environment.wall = environment.wall + .seconds(seconds)
            runtime.handle(.woke)
            #expect(try remembersGeneration())
        }
        environment.wall = environment.wall + .seconds(1)
        runtime.handle(.woke)
        #expect(try !remembersGeneration())
    }

    @Test func `nothing is forgotten while the clock is not synchronised`() throws {
        var short = configuration
        short.keep = .seconds(60)
        let runtime = try Runtime(configuration: short, journal: journal, environment: environment)
        runtime.handle(.clockSynchronised(false))
        runtime.start(short)
        try journal.commit([], at: environment.wall, snapshot: try RecordCoding.encode(runtime.scheduler.state))
        environment.wall = environment.wall + .seconds(3600)
        runtime.handle(.woke)
        #expect(try remembersGeneration())
        runtime.handle(.clockSynchronised(true))
        environment.wall = environment.wall + .seconds(600)
        runtime.handle(.woke)
        #expect(try !remembersGeneration())
    }

    @Test func `records older than keep are forgotten, except of what has not ended`() throws {
        let runtime = try started()
        runtime.handle(fire)
        try journal.commit([], at: environment.wall, snapshot: try RecordCoding.encode(runtime.scheduler.state))
        let before = try journal.information().records
        environment.wall = environment.wall + .seconds(3600)
        runtime.handle(.woke)
        #expect(try journal.information().records == before)
        environment.wall = environment.wall + .seconds(401 * 86_400)
        runtime.handle(.woke)
        let left = try journal.history(HistoryQuery(limit: 1000)).map(\.record)
        #expect(left.contains { if case .occurrenceAdmitted = $0 { true } else { false } })
        #expect(!left.contains { if case .generationLoaded = $0 { true } else { false } })
    }
}
