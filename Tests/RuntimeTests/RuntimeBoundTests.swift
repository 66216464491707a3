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
