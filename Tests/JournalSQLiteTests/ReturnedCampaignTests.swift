import Chronology
import Journal
import JournalSQLite
import Runtime
import SchedulerCore
import Testing

/// Nothing is asked and nothing answers; only what becomes true matters.
private final class SilentEnvironment: Environment {
    var wall = start
    var lost: JournalError?
    var told: [Record] = []

    func now() -> Moment { Moment(wall: wall, monotonic: Monotonic(milliseconds: wall.milliseconds)) }
    func arm(_ wake: Wake?, at now: Moment) {}
    func perform(_ effect: Effect) {}
    func tell(_ records: [Record], before: Scheduler, after: Scheduler, at now: Moment) { told += records }
    func journalTrouble(_ error: JournalError?) {}
    func journalRefused(_ what: String, _ error: JournalError) {}
    func journalLost(_ error: JournalError) { lost = error }
}

/// Goal: a campaign that comes back is not fired again, and never ends the daemon, whatever the clock did meanwhile.
@Suite struct ReturnedCampaignTests {
    private let environment = SilentEnvironment()

    private func configuration(_ isThere: Bool) throws -> Configuration {
        let minutely = Timetable(
            schedule: .calendar(try CalendarExpression(parsing: "*-*-* *:*:00")), zone: .utc, text: "minutely")
        let sale = Campaign(
            name: "sale", sandbox: "prod", trigger: .timetable(minutely),
            pairs: [Pair(dataflow: "flow", audience: "vip")], overlap: .bufferAll)
        return Configuration(
            platform: PlatformSettings(
                organization: "org", sandbox: "prod", clientID: "client", clientSecret: .environment("SECRET")),
            campaigns: isThere ? ["sale": sale] : [:])
    }

    private func nominals() -> [Instant] {
        environment.told.compactMap {
            if case .occurrenceAdmitted(let occurrence) = $0 { occurrence.nominal } else { nil }
        }
    }

    @Test(arguments: StoreKind.allCases)
    func `a campaign that is removed and added again under a clock set back is admitted once for each time`(
        kind: StoreKind
    ) throws {
        let test = try StoreUnderTest(kind)
        let runtime = try Runtime(
            configuration: try configuration(true), journal: test.store, environment: environment)
        runtime.start(try configuration(true))
        for _ in 1...3 {
            environment.wall = environment.wall + .seconds(60)
            runtime.handle(.woke)
        }
        runtime.handle(.reloaded(try configuration(false)))
        environment.wall = start
        runtime.handle(.reloaded(try configuration(true)))
        for _ in 1...4 {
            environment.wall = environment.wall + .seconds(60)
            runtime.handle(.woke)
        }
        #expect(environment.lost == nil)
        #expect(nominals() == (1...4).map { start + .seconds(60 * $0) })
    }

    @Test(arguments: StoreKind.allCases)
    func `where the marks are lost the journal says what is decided`(kind: StoreKind) throws {
        let test = try StoreUnderTest(kind)
        var held = occurrence(99)
        held.nominal = start + .seconds(60)
        try test.store.commit([.occurrenceAdmitted(held)], at: start, snapshot: nil)
        // A state that knows nothing of it, as after a fault that nobody knows yet.
        try test.store.commit([], at: start, snapshot: try RecordCoding.encode(State()))
        let runtime = try Runtime(
            configuration: try configuration(true), journal: test.store, environment: environment)
        runtime.start(try configuration(true))
        for _ in 1...2 {
            environment.wall = environment.wall + .seconds(60)
            runtime.handle(.woke)
        }
        #expect(environment.lost == nil)
        #expect(nominals() == [start + .seconds(120)])
        try test.reopen()
        #expect(try Runtime.fold(test.store) == runtime.scheduler.state)
    }
}
