import Chronology
import ControlProtocol
import SchedulerCore
import Testing

@testable import Planning

/// Goal: a plan is followed as far as it says, and what is under way when it begins ends as such things usually end.
@Suite struct PlanDaysTests {
    private func moment(_ text: String) -> Moment {
        Moment(wall: instant(text), monotonic: Monotonic(milliseconds: 5_000_000))
    }

    private func working(_ campaigns: [Campaign], at now: Moment) -> Scheduler {
        var scheduler = Scheduler(configuration: configuration(campaigns))
        _ = scheduler.handle(.started(scheduler.configuration), at: now)
        return scheduler
    }

    @Test(arguments: [(129_599, true), (129_600, false)])
    func `what was due is followed for 36 hours behind the last day`(seconds: Int, isCalled: Bool) throws {
        let end = instant("2026-11-30T00:00:00Z") + .seconds(seconds)
        let sale = campaign("sale", try calendar("2026-11-29 23:59")) { $0.startWithin = .seconds(48 * 3600) }
        let plan = plan([sale]) { configuration in
            configuration.blackouts = [
                Blackout(name: "freeze", span: .fixed(from: instant("2026-11-29T23:00:00Z"), until: end))
            ]
        }
        #expect(plan.of("sale").map(\.calledAt) == [isCalled ? end : nil])
    }

    @Test(arguments: [(999, 0), (1000, 1)])
    func `a gate that is closed for less than a second is not told`(milliseconds: Int, waits: Int) throws {
        let start = instant("2026-11-27T17:00:00Z")
        let plan = plan([campaign("sale", try calendar("Fri 17:00"))]) { configuration in
            configuration.blackouts = [
                Blackout(name: "freeze", span: .fixed(from: start, until: start + .milliseconds(milliseconds)))
            ]
        }
        let sale = try #require(plan.of("sale").first)
        #expect(sale.calledAt == start + .milliseconds(milliseconds) && sale.waits.count == waits)
    }

    @Test func `requests are those of the plan's days, and not of what comes before or after them`() throws {
        let now = moment("2026-11-23T00:00:00Z")
        let once = Timetable(schedule: .at([instant("2026-11-23T12:00:00Z")]), zone: .utc, text: "at")
        let scheduler = working([campaign("sale", .timetable(once))], at: now)
        var own = Planner(of: scheduler, at: now, days: 1)
        #expect(own.run().requests > 1)
        var next = Planner(of: scheduler, at: now, from: instant("2026-11-24T00:00:00Z"), days: 1)
        #expect(next.run().requests == 0)
        // Its run is followed beyond midnight.
        let noon = plan([campaign("sale", try calendar("2026-11-23 12:00"))], days: 1)
        let late = plan([campaign("sale", try calendar("2026-11-23 23:59:30"))], days: 1)
        #expect(late.of("sale").map(\.outcome) == [.succeeded] && noon.of("sale").map(\.outcome) == [.succeeded])
        #expect(late.requests > 0 && late.requests < noon.requests)
    }

    @Test func `a plan of a daemon begins where it is asked to, and not in the past`() throws {
        let now = moment("2026-11-23T00:00:00Z")
        let scheduler = working([campaign("sale", try calendar("*-*-* 12:00"))], at: now)
        func begin(_ from: Instant?) -> [Instant] {
            var planner = Planner(of: scheduler, at: now, from: from, days: 1)
            let plan = planner.run()
            return [plan.now, plan.from, plan.until] + plan.occurrences.map(\.nominal)
        }
        let today = [
            now.wall, now.wall, instant("2026-11-24T00:00:00Z"), instant("2026-11-23T12:00:00Z"),
        ]
        #expect(begin(nil) == today && begin(now.wall) == today && begin(now.wall - .seconds(86_400)) == today)
        #expect(
            begin(instant("2026-11-25T00:00:00Z")) == [
                now.wall, instant("2026-11-25T00:00:00Z"), instant("2026-11-26T00:00:00Z"),
                instant("2026-11-25T12:00:00Z"),
            ])
    }

    @Test func `runs of the days before hold nothing back`() throws {
        let plan = plan([campaign("sale", try calendar("*-*-* 12:00"))], days: 3)
        #expect(plan.of("sale").count == 3)
        #expect(plan.of("sale").map(\.calledAt) == plan.of("sale").map(\.nominal))
    }

    @Test func `a run that is followed takes as long as usual, and one that is overdue a minute more at the least`()
        throws
    {
        let now = moment("2026-11-23T00:00:00Z")
        var scheduler = working([campaign("sale", .manual)], at: now)
        var platform = ExpectedPlatform(
            scheduler, habits: [:], runLengths: [:], isFresh: true, at: now, until: now.wall)
        var events = [Event.command(CommandID(1), .fire("sale", forceOverlap: false), actor: "anna")]
        while !events.isEmpty {
            let effects = scheduler.handle(events.removeFirst(), at: now).effects
            events += effects.compactMap { platform.answer($0, at: now) }
        }
        func end(after duration: Duration) throws -> Duration {
            let later = Moment(wall: now.wall + duration, monotonic: now.monotonic + duration)
            var planner = Planner(of: scheduler, at: later, days: 1)
            let sales = planner.run().of("sale")
            return try #require(sales.first?.endedAt) - later.wall
        }
        #expect(try end(after: .zero) >= .seconds(420))
        let overdue = try end(after: .seconds(3600))
        #expect(overdue >= .seconds(60) && overdue <= .seconds(420))
    }

    /// It began at two, and such exports usually end at 02:40, and by 03:10.
    @Test(arguments: [
        ("02:00:01", "02:40:00", "03:10:00"), ("02:38:59", "02:40:00", "03:10:00"),
        ("02:39:00", "03:10:00", "03:10:00"), ("03:08:59", "03:10:00", "03:10:00"),
        ("03:09:00", "03:19:00", "03:19:00"),
    ])
    func `an export that runs ends at its usual time, then by its latest, and then in ten minutes`(
        clock: String, end: String, latest: String
    ) throws {
        let now = moment("2026-11-23T\(clock)Z")
        let start = instant("2026-11-23T02:00:00Z")
        var scheduler = working([campaign("sale", .manual)], at: now)
        let fire = Event.command(CommandID(1), .fire("sale", forceOverlap: false), actor: "anna")
        let job = ExportJob(id: "4711", status: .running, word: "PROCESSING", createdAt: start, endedAt: nil)
        for case .askExportJobs(let id, _, _) in scheduler.handle(fire, at: now).effects {
            _ = scheduler.handle(.exportJobsAnswered(id, .success([job])), at: now)
        }
        let platform = ExpectedPlatform(
            scheduler, habits: nightly, runLengths: [:], isFresh: false, at: now, until: now.wall + .seconds(86_400))
        let export = try #require(platform.exports["prod"]?.first)
        #expect(export.job == "4711" && export.start == start)
        #expect(export.end == instant("2026-11-23T\(end)Z") && export.latestEnd == instant("2026-11-23T\(latest)Z"))
        #expect(platform.export(in: "prod", at: export.end - .milliseconds(1)) == export)
        #expect(platform.export(in: "prod", at: export.end) == nil)
    }
}
