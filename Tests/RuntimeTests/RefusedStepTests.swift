import Chronology
import Journal
import Runtime
import SchedulerCore
import Testing

/// Goal: what the journal does not take is as if it had never been, is told in words, and comes again where it has to.
@Suite struct RefusedStepTests {
    private let environment = RecordingEnvironment()
    private let journal = FaultyJournal()
    private let configuration = Configuration(
        platform: PlatformSettings(
            organization: "org", sandbox: "prod", clientID: "client", clientSecret: .environment("SECRET")),
        campaigns: [
            "sale": Campaign(
                name: "sale", sandbox: "prod", trigger: .manual, pairs: [Pair(dataflow: "flow", audience: "vip")],
                startWithin: .seconds(86_400))
        ])

    private let full = JournalError(.full, "no room", remedy: "")
    private let tooLarge = JournalError(.tooLarge, "more than is stored", remedy: "")

    private func fire(_ number: Int) -> Event {
        .command(CommandID(number), .fire("sale", forceOverlap: true), actor: "tester")
    }

    private func started(_ other: Configuration? = nil) throws -> Runtime {
        let configuration = other ?? configuration
        let runtime = try Runtime(configuration: configuration, journal: journal, environment: environment)
        runtime.start(configuration)
        return runtime
    }

    private var isOrderRefused: Bool {
        if case .reply(_, .refused)? = environment.performed.last { true } else { false }
    }

    /// A moment after which what was refused for its size is tried again, as the timer was armed for it.
    private var inFiveSeconds: Wake { Wake(at: environment.now().monotonic + .seconds(5)) }

    // MARK: A start and a reload

    @Test func `a start that waits for room is made with its own configuration, and not with one that was refused`()
        throws
    {
        var other = configuration
        other.digest = "another"
        var taken = 0
        journal.failure = full
        let runtime = try started()
        #expect(runtime.trouble?.code == .full)
        #expect(runtime.reload(other, actor: "tester") { taken += 1 }?.code == .full)
        journal.failure = nil
        runtime.handle(.woke)
        #expect(runtime.trouble == nil && runtime.scheduler.state.generation == 1)
        #expect(taken == 0 && runtime.scheduler.configuration == configuration)
    }

    @Test func `a start that is too large is told once, refuses orders, and is tried again after five seconds`() throws
    {
        journal.failure = tooLarge
        let runtime = try started()
        #expect(environment.troubles == [.tooLarge])
        #expect(environment.armed == inFiveSeconds)
        environment.wall = environment.wall + .seconds(5)
        runtime.handle(.woke)
        #expect(environment.troubles == [.tooLarge])
        #expect(environment.armed == inFiveSeconds)
        runtime.handle(fire(1))
        #expect(isOrderRefused)
        journal.failure = nil
        runtime.handle(.woke)
        #expect(environment.troubles == [.tooLarge, nil])
        #expect(runtime.scheduler.state.occurrences.isEmpty, "the order was refused for good")
    }

    @Test func `a reload with a record that is too large leaves the one before in use, and is no trouble of the disk`()
        throws
    {
        let runtime = try started()
        var other = configuration
        other.digest = "another"
        var taken = 0
        journal.failure = tooLarge
        #expect(runtime.reload(other, actor: "tester") { taken += 1 }?.code == .tooLarge)
        #expect(environment.refused == ["a step was not taken: the reload [too-large]"])
        #expect(environment.troubles.isEmpty && runtime.trouble == nil && environment.lost == nil)
        #expect(taken == 0 && runtime.scheduler.configuration == configuration)
        // The next one is told why it is refused, and not why the one before was.
        journal.failure = full
        #expect(runtime.reload(other, actor: "tester") { taken += 1 }?.code == .full)
        journal.failure = nil
        #expect(runtime.reload(other, actor: "tester") { taken += 1 } == nil)
        #expect(taken == 1 && runtime.scheduler.configuration == other)
    }

    // MARK: What comes again

    @Test func `what falls due and is too large to be stored is decided again after five seconds, and not before`()
        throws
    {
        var timed = configuration
        timed.campaigns["sale"]?.trigger = .timetable(
            Timetable(
                schedule: .calendar(try CalendarExpression(parsing: "*-*-* *:*:00")), zone: .utc, text: "minutely"))
        let runtime = try started(timed)
        environment.wall = environment.wall + .seconds(60)
        journal.failure = tooLarge
        runtime.handle(.woke)
        #expect(environment.refused == ["a step was not taken: what falls due [too-large]"])
        #expect(runtime.scheduler.state.occurrences.isEmpty)
        #expect(environment.troubles.isEmpty && environment.lost == nil)
        // It is due already: a timer for that would fire at once, and for ever.
        #expect(environment.armed == inFiveSeconds)
        journal.failure = nil
        environment.wall = environment.wall + .seconds(5)
        runtime.handle(.woke)
        #expect(runtime.scheduler.state.occurrences.count == 1)
    }

    /// Answers what is asked, as a platform on which nothing goes on, until a call waits for its turn.
    private func firstCall(_ runtime: Runtime) -> CallID? {
        let before = environment.wall - .seconds(30 * 86_400)
        for index in 0..<100 {
            guard index < environment.performed.count else { return nil }
            switch environment.performed[index] {
            case .askExportJobs(let id, _, _): runtime.handle(.exportJobsAnswered(id, .success([])))
            case .askDataflows(let id, _, let dataflows):
                let definitions = dataflows.map { dataflow in
                    DataflowDefinition(
                        id: dataflow, name: dataflow.text,
                        mappings: [
                            DataflowDefinition.Mapping(
                                ids: ["vip"], name: "VIP", createdAt: before, startsAt: nil, endsAt: nil,
                                hasUniqueFileNames: true)
                        ], observedAt: environment.wall)
                }
                runtime.handle(.dataflowsAnswered(id, .success(definitions)))
            case .askRuns(let id, _, _, _):
                runtime.handle(.runsAnswered(id, .success(RunListing(runs: [], isTruncated: false))))
            case .queueCall(let id, _, _): return id
            default: break
            }
        }
        return nil
    }

    @Test func `a call whose sending can not be stored is not sent, and has its turn again after five seconds`() throws
    {
        let runtime = try started()
        runtime.handle(fire(1))
        let id = try #require(firstCall(runtime))
        func sent() -> Int { environment.performed.count { if case .send = $0 { true } else { false } } }
        journal.failure = tooLarge
        runtime.handle(.callTurn(id))
        #expect(environment.refused == ["a step was not taken: the sending of call \(id) [too-large]"])
        #expect(environment.armed == inFiveSeconds && sent() == 0)
        journal.failure = nil
        environment.wall = environment.wall + .milliseconds(4999)
        runtime.handle(.woke)
        #expect(sent() == 0)
        environment.wall = environment.wall + .milliseconds(1)
        runtime.handle(.woke)
        #expect(sent() == 1)
        // Once, and not with every wake from now on.
        runtime.handle(.woke)
        #expect(sent() == 1)
    }

    // MARK: A disk without room

    @Test func `an order that is refused takes nothing else away that waits for the disk`() throws {
        let runtime = try started()
        journal.failure = full
        runtime.handle(.reloaded(configuration))
        runtime.handle(.clockSynchronised(false))
        runtime.handle(fire(1))
        #expect(isOrderRefused)
        #expect(runtime.scheduler.isClockSynchronised)
        journal.failure = nil
        runtime.handle(.woke)
        #expect(runtime.scheduler.state.generation == 2)
        #expect(!runtime.scheduler.isClockSynchronised)
        #expect(runtime.scheduler.state.occurrences.isEmpty)
    }

    @Test func `a step without records does not tell that the disk has room again`() throws {
        let runtime = try started()
        journal.failure = full
        journal.takesNothing = true
        runtime.handle(fire(1))
        runtime.handle(.woke)
        #expect(environment.troubles == [.full] && runtime.trouble?.code == .full)
        journal.failure = nil
        runtime.handle(.woke)
        #expect(environment.troubles == [.full, nil] && runtime.trouble == nil)
    }

    @Test func `tries that the disk refused do not count towards the next snapshot`() throws {
        let runtime = try started()
        journal.failure = full
        runtime.handle(.reloaded(configuration))
        // More of them than records come between two snapshots.
        for _ in 1...600 { runtime.handle(.woke) }
        journal.failure = nil
        runtime.handle(.woke)
        #expect(runtime.scheduler.state.generation == 2)
        #expect(try journal.snapshot() == nil)
    }

    @Test func `conflicts are counted in a row: each step that is stored begins anew`() throws {
        let runtime = try started()
        let nominal = environment.wall
        // Of somebody else: it explains nothing, and the same step is tried again.
        journal.held = [
            Admission(
                of: Occurrence(
                    id: OccurrenceID(99), campaign: "other", sandbox: "prod", nominal: nominal, startsAt: nominal,
                    expiresAt: nominal, admittedAt: nominal, origin: .timetable, generation: 1, isLate: false,
                    onDoubt: .retry, startsAfter: nil, pairs: []))
        ]
        for number in 1...3 {
            journal.conflicts = 10
            runtime.handle(fire(number))
            #expect(environment.lost == nil)
            #expect(runtime.scheduler.state.occurrences.count == number)
            environment.wall = environment.wall + .seconds(1)
        }
    }

    // MARK: The beginning and the end

    @Test func `without a snapshot every record is folded, the first one too`() throws {
        let runtime = try started()
        runtime.handle(fire(1))
        #expect(try journal.snapshot() == nil)
        #expect(try Runtime.fold(journal) == runtime.scheduler.state)
        #expect(try Runtime.fold(journal).generation == 1)
    }

    @Test func `a stop stores a snapshot and marks the journal as closed, and after a loss it writes nothing`() throws {
        let stopped = try started()
        try stopped.close()
        #expect(journal.closes == 1)
        #expect(try journal.snapshot()?.sequence == journal.information().records)

        let runtime = try started()
        journal.failure = JournalError(.io, "lost", remedy: "")
        runtime.handle(fire(1))
        #expect(environment.lost?.code == .io)
        journal.failure = nil
        var (commits, taken) = (0, 0)
        journal.onCommit = { commits += 1 }
        #expect(runtime.reload(configuration, actor: "tester") { taken += 1 }?.code == .io)
        runtime.handle(.woke)
        try runtime.close()
        #expect(commits == 0 && taken == 0 && journal.closes == 1)
    }
}
