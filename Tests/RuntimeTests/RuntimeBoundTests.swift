import Chronology
import Journal
import SchedulerCore
import Testing

@testable import Runtime

/// Goal: each of `RuntimeBounds` is kept, at its last value and at the one beyond.
@Suite struct RuntimeBoundTests {
    private let environment = RecordingEnvironment()
    private let journal = FaultyJournal()
    private let configuration = Configuration(
        platform: PlatformSettings(
            organization: "org", sandbox: "prod", clientID: "client", clientSecret: .environment("SECRET")))

    private func started() throws -> Runtime {
        let runtime = try Runtime(configuration: configuration, journal: journal, environment: environment)
        runtime.start(configuration)
        return runtime
    }

    /// The start has one record, and so has each reload.
    @Test func `a snapshot is stored with each five hundredth record, and at the end`() throws {
        let runtime = try started()
        var reached: [Int64] = []
        for _ in 1...1100 {
            runtime.handle(.reloaded(configuration))
            if let sequence = try journal.snapshot()?.sequence, sequence != reached.last { reached.append(sequence) }
        }
        #expect(reached == [500, 1000])
        try runtime.close()
        #expect(try journal.snapshot()?.sequence == 1101)
        #expect(try Runtime.fold(journal) == runtime.scheduler.state)
    }

    @Test(arguments: [(10_019, 500), (10_020, 501)] as [(Int, Int64)])
    func `with many campaigns a snapshot is stored after as many records as a twentieth of them`(
        campaigns: Int, records: Int64
    ) throws {
        var many = configuration
        for number in 1...campaigns {
            let name = CampaignName("campaign-\(number)")
            many.campaigns[name] = Campaign(
                name: name, sandbox: "prod", trigger: .manual, pairs: [Pair(dataflow: "flow", audience: "vip")])
        }
        let pairs = (1...480).map { Pair(dataflow: "flow", audience: AudienceID("audience-\($0)")) }
        many.campaigns["campaign-1"]?.pairs = pairs
        let runtime = try Runtime(configuration: many, journal: journal, environment: environment)
        runtime.start(many)
        // A record for each pair in one step: with so many campaigns each step takes its time.
        runtime.handle(.command(CommandID(1), .fire("campaign-1", forceOverlap: false), actor: "tester"))
        runtime.handle(.command(CommandID(2), .cancelOccurrence(OccurrenceID(1)), actor: "tester"))
        #expect(try journal.snapshot() == nil)
        for number in 3...30 where try journal.snapshot() == nil {
            runtime.handle(.command(CommandID(number), .pause(.all, until: nil, reason: "test"), actor: "tester"))
        }
        #expect(try journal.snapshot()?.sequence == records)
    }

    @Test(arguments: [(9_999, false), (10_000, true)])
    func `ten thousand events may wait for the journal`(count: Int, isLost: Bool) throws {
        let runtime = try started()
        journal.failure = JournalError(.full, "refused", remedy: "")
        runtime.handle(.reloaded(configuration))
        for _ in 1...count { runtime.handle(.clockSynchronised(true)) }
        #expect((environment.lost?.code == .full) == isLost)
    }

    @Test(arguments: [(10, false), (11, true)])
    func `ten steps in a row may conflict with what the journal holds`(count: Int, isLost: Bool) throws {
        var fired = configuration
        fired.campaigns["sale"] = Campaign(
            name: "sale", sandbox: "prod", trigger: .manual, pairs: [Pair(dataflow: "flow", audience: "vip")])
        let runtime = try Runtime(configuration: fired, journal: journal, environment: environment)
        runtime.start(fired)
        let nominal = environment.wall
        // Of somebody else: it explains nothing, and the same step is tried again.
        journal.held = [
            Admission(
                of: Occurrence(
                    id: OccurrenceID(99), campaign: "other", sandbox: "prod", nominal: nominal, startsAt: nominal,
                    expiresAt: nominal, admittedAt: nominal, origin: .timetable, generation: 1, isLate: false,
                    onDoubt: .retry, startsAfter: nil, pairs: []))
        ]
        journal.conflicts = count
        runtime.handle(.command(CommandID(1), .fire("sale", forceOverlap: false), actor: "tester"))
        #expect((environment.lost?.code == .conflict) == isLost)
        #expect(runtime.scheduler.state.occurrences.count == (isLost ? 0 : 1))
    }

    @Test func `a step that the disk refuses is tried again after five seconds`() throws {
        let runtime = try started()
        journal.failure = JournalError(.full, "refused", remedy: "")
        runtime.handle(.reloaded(configuration))
        #expect(environment.armed == Wake(at: environment.now().monotonic + .seconds(5)))
    }

    @Test func `records are pruned ten minutes after the start, and then once a day`() throws {
        let runtime = try started()
        func prunes(after milliseconds: Int64) -> Int {
            environment.wall = environment.wall + .milliseconds(milliseconds)
            let before = journal.pruneCount
            runtime.handle(.woke)
            return journal.pruneCount - before
        }
        #expect(prunes(after: 599_999) == 0)
        #expect(prunes(after: 1) == 1)
        #expect(prunes(after: 86_399_999) == 0)
        #expect(prunes(after: 1) == 1)
        // A bite of the largest size is followed by the next one soon.
        journal.pruned = 4999
        #expect(prunes(after: 86_400_000) == 1)
        #expect(prunes(after: 600_000) == 0)
        journal.pruned = 5000
        #expect(prunes(after: 86_400_000) == 1)
        #expect(prunes(after: 599_999) == 0)
        #expect(prunes(after: 1) == 1)
    }

    @Test(arguments: [(3_600_000, 1), (3_600_001, 0)] as [(Int64, Int)])
    func `a clock that is set forward by more than an hour removes nothing`(milliseconds: Int64, prunes: Int) throws {
        let runtime = try started()
        runtime.handle(.woke)
        environment.ahead = .milliseconds(milliseconds)
        runtime.handle(.woke)
        #expect(journal.pruneCount == prunes)
    }
}
