import Chronology
import ControlProtocol
import SchedulerCore
import Testing

@testable import Planning

/// Goal: a plan is what the daemon would do if the platform behaved as usual: the same core decides, in virtual time.
@Suite struct PlannerTests {
    private let vip = Pair(dataflow: "crm", audience: "vip")
    private let lapsed = Pair(dataflow: "crm", audience: "lapsed")

    @Test(arguments: ["*-*-* 00/3:10:00", "Fri 17:00", "*-*-28..31 23:59:59", "Mon..Wed 02:30", "*:0/20"])
    func `nominal times are those of the timetable from the first instant on, each once`(_ expression: String) throws {
        for name in ["UTC", "Europe/Stockholm", "Australia/Lord_Howe"] {
            for from in ["2027-03-25T00:00:00Z", "2027-03-26T17:00:00Z", "2027-10-28T12:34:56Z"] {
                let timetable = try calendarTimetable(expression, in: try zone(name))
                let plan = plan([campaign("sale", .timetable(timetable))], from: from)
                var expected: [Instant] = []
                var at = instant(from) - .milliseconds(1)
                while let next = timetable.next(after: at), next < plan.until {
                    expected.append(next)
                    at = next
                }
                #expect(!expected.isEmpty && plan.now == instant(from))
                #expect(plan.occurrences.map(\.nominal) == expected, "\(expression) in \(name) from \(from)")
            }
        }
    }

    @Test func `without anything in the way a campaign goes at its time, and ends when its run is seen to have ended`()
        throws
    {
        let sale = try #require(plan([campaign("sale", try calendar("Fri 17:00"), [vip, lapsed])]).of("sale").first)
        #expect(sale.nominal == instant("2026-11-27T17:00:00Z"))
        #expect(sale.jobs.map(\.at) == [sale.nominal] && sale.jobs[0].activations == 2)
        #expect(sale.waits.isEmpty && sale.outcome == .succeeded)
        let length = try #require(sale.endedAt) - sale.nominal
        #expect(length >= .seconds(420) && length < .seconds(720))
    }

    @Test func `what falls into the usual export waits until its usual end`() throws {
        let sale = try #require(plan([campaign("sale", try calendar("Tue 02:20"))], habits: nightly).of("sale").first)
        let end = instant("2026-11-24T02:40:00Z")
        #expect(sale.waits.map(\.gate) == [.export])
        #expect(sale.waits[0].latest == instant("2026-11-24T03:10:00Z"))
        let called = try #require(sale.calledAt)
        // The daemon sees the end with its next look.
        #expect(called >= end && called <= end + .seconds(60))
    }

    @Test func `each usual export is followed by the campaigns that follow exports`() {
        let plan = plan([campaign("fresh", .afterExport)], habits: nightly)
        #expect(
            plan.of("fresh").map(\.nominal) == (0..<7).map { instant("2026-11-23T02:40:00Z") + .seconds($0 * 86_400) })
        #expect(plan.of("fresh").allSatisfy { $0.outcome == .succeeded })
    }

    @Test func `a campaign follows another one after its delay`() throws {
        let plan = plan([
            campaign("first", try calendar("Fri 17:00")), campaign("second", .after("first", delay: .seconds(7200))),
        ])
        let first = try #require(plan.of("first").first?.endedAt)
        #expect(plan.of("second").map(\.nominal) == [first + .seconds(7200)])
        #expect(plan.of("second").first?.waits == [])
    }

    @Test func `two campaigns of one audience go one after the other, and the second one says for whom it waits`()
        throws
    {
        let plan = plan([
            campaign("a", try calendar("Fri 17:00")), campaign("b", try calendar("Fri 17:02"), [vip, lapsed]),
        ])
        let second = try #require(plan.of("b").first)
        #expect(second.waits.map(\.gate) == [.lane])
        #expect(second.waits.map(\.by) == ["a"] && second.waits.map(\.activations) == [1])
        #expect(second.jobs.map(\.activations) == [1, 1])
        #expect(second.lastCalledAt == plan.of("a").first?.endedAt)
        let collisions = plan.document(at: plan.now).collisions
        #expect(collisions.map(\.first) == ["a"] && collisions.map(\.second) == ["b"])
    }

    @Test func `a blackout holds what falls due in it, by its name`() throws {
        let plan = plan([campaign("sale", try calendar("Fri 17:00"))]) { configuration in
            configuration.blackouts = [
                Blackout(
                    name: "freeze",
                    span: .fixed(from: instant("2026-11-27T16:00:00Z"), until: instant("2026-11-27T18:00:00Z")))
            ]
        }
        let sale = try #require(plan.of("sale").first)
        #expect(sale.waits.map(\.by) == ["freeze"] && sale.calledAt == instant("2026-11-27T18:00:00Z"))
        #expect(plan.document(at: plan.now).blackouts.map(\.name) == ["freeze"])
    }

    @Test func `what no gate lets go in time expires, with the gate`() throws {
        let sale = campaign("sale", try calendar("Tue 02:05")) { $0.startWithin = .seconds(600) }
        let plan = plan([sale], habits: nightly)
        #expect(plan.of("sale").map(\.outcome) == [.expired])
        #expect(plan.of("sale").first?.reason == "not called within start_within (export: the usual export)")
        #expect(plan.warningCodes.contains("would-expire"))
    }

    @Test func `an overlap is skipped as the daemon would skip it`() throws {
        let plan = plan([campaign("sale", try calendar("Fri 17:0/5"))])
        #expect(plan.of("sale").map(\.skipped).contains(.overlap))
        #expect(plan.of("sale").count { $0.skipped == nil } < 12)
        #expect(plan.warningCodes.contains("skipped-overlap"))
    }

    @Test func `a pause skips until its end`() throws {
        let pause = Pause(
            scope: .campaign("sale"), since: instant("2026-11-22T00:00:00Z"), until: instant("2026-11-25T00:00:00Z"),
            actor: "anna", reason: "legal")
        let plan = plan([campaign("sale", try calendar("*-*-* 12:00"))], pauses: [pause])
        #expect(plan.of("sale").map(\.skipped) == [.paused, .paused, nil, nil, nil, nil, nil])
    }

    @Test func `jitter is that of the daemon, and is no lateness`() throws {
        let sale = campaign("sale", try calendar("Fri 17:00")) { $0.jitter = .seconds(3600) }
        let occurrence = try #require(plan([sale]).of("sale").first)
        #expect(occurrence.startsAt > occurrence.nominal && occurrence.calledAt == occurrence.startsAt)
        #expect(occurrence.waits.map(\.gate) == [.startTime])
    }

    @Test func `no job is larger than the platform takes`() throws {
        let pairs = (0..<200).map { Pair(dataflow: "crm", audience: AudienceID("a\($0)")) }
        let sale = try #require(plan([campaign("sale", try calendar("Fri 17:00"), pairs)]).of("sale").first)
        #expect(sale.jobs.map(\.pairs) == [80, 80, 40])
    }

    @Test func `jobs that occurrences share are counted once`() throws {
        let plan = plan([
            campaign("a", try calendar("Fri 17:00")), campaign("b", try calendar("Fri 17:00"), [lapsed]),
        ])
        let totals = plan.document(at: plan.now).totals
        #expect(totals.occurrences == 2 && totals.activations == 2 && totals.jobs == 1)
        #expect(totals.calls == plan.requests && plan.requests > 1)
    }

    // MARK: From a scheduler at work

    private func working(_ campaigns: [Campaign], at now: Moment) -> Scheduler {
        var scheduler = Scheduler(configuration: configuration(campaigns))
        _ = scheduler.handle(.started(scheduler.configuration), at: now)
        return scheduler
    }

    @Test func `the original is not touched, and the same question has the same answer`() throws {
        let now = Moment(wall: instant("2026-11-23T00:00:00Z"), monotonic: Monotonic(milliseconds: 5000))
        let scheduler = working([campaign("sale", try calendar("*-*-* 12:00"), [vip, lapsed])], at: now)
        let before = scheduler.state
        var (first, second) = (Planner(of: scheduler, at: now, days: 7), Planner(of: scheduler, at: now, days: 7))
        let document = first.run().document(at: now.wall)
        #expect(document == second.run().document(at: now.wall))
        #expect(scheduler.state == before && document.occurrences.count == 7)
    }

    @Test func `what waits already is in the plan, with a question on its way that nobody will answer here`() throws {
        var now = Moment(wall: instant("2026-11-23T00:00:00Z"), monotonic: Monotonic(milliseconds: 5000))
        var scheduler = working([campaign("sale", .manual)], at: now)
        let step = scheduler.handle(.command(CommandID(1), .fire("sale", forceOverlap: false), actor: "anna"), at: now)
        #expect(step.effects.contains { if case .askExportJobs = $0 { true } else { false } })
        now = Moment(wall: now.wall + .seconds(5), monotonic: now.monotonic + .seconds(5))
        var planner = Planner(of: scheduler, at: now, days: 1)
        let sale = try #require(planner.run().of("sale").first)
        #expect(sale.isHeld && sale.origin == .manual(actor: "anna") && sale.calledAt == now.wall)
    }

    @Test func `a call on its way and a run that is followed come to their ends in the plan`() throws {
        let now = Moment(wall: instant("2026-11-23T00:00:00Z"), monotonic: Monotonic(milliseconds: 5000))
        var scheduler = working([campaign("sale", .manual)], at: now)
        var effects = scheduler.handle(
            .command(CommandID(1), .fire("sale", forceOverlap: false), actor: "anna"), at: now
        ).effects
        var platform = ExpectedPlatform(
            scheduler, habits: [:], runLengths: [:], isFresh: true, at: now, until: now.wall)
        var outcomes: [OccurrenceOutcome?] = []
        while !effects.isEmpty {
            // At each point of the way the plan comes to the same end.
            var planner = Planner(of: scheduler, at: now, days: 1)
            outcomes.append(planner.run().of("sale").first?.outcome)
            let effect = effects.removeFirst()
            guard let answer = platform.answer(effect, at: now) else { continue }
            effects += scheduler.handle(answer, at: now).effects
        }
        #expect(outcomes.count >= 5 && outcomes.allSatisfy { $0 == .succeeded })
    }

    @Test func `an export that runs now ends when such exports usually end`() throws {
        let start = instant("2026-11-23T02:00:00Z")
        let now = Moment(wall: start + .seconds(600), monotonic: Monotonic(milliseconds: 5000))
        var scheduler = working([campaign("sale", .manual)], at: now)
        let fire = Event.command(CommandID(1), .fire("sale", forceOverlap: false), actor: "anna")
        let asked = scheduler.handle(fire, at: now).effects
        let past = (1...10).map { day in
            ExportJob(
                id: "\(day)", status: .succeeded, word: "SUCCEEDED", createdAt: start - .seconds(day * 86_400),
                endedAt: start - .seconds(day * 86_400 - 2400))
        }
        let running = ExportJob(id: "4711", status: .running, word: "PROCESSING", createdAt: start, endedAt: nil)
        for case .askExportJobs(let id, _, _) in asked {
            _ = scheduler.handle(.exportJobsAnswered(id, .success([running] + past)), at: now)
        }
        var planner = Planner(of: scheduler, at: now, days: 2)
        let plan = planner.run()
        let sale = try #require(plan.of("sale").first)
        #expect(sale.waits.map(\.evidence) == ["export job 4711, which runs now"])
        let called = try #require(sale.calledAt)
        #expect(called >= start + .seconds(2400) && called <= start + .seconds(2460))
        #expect(plan.document(at: now.wall).exports.map(\.job) == ["4711", nil, nil])
    }

    @Test func `what is usual comes back from the document as it was`() throws {
        var planner = Planner(
            of: configuration([campaign("sale", try calendar("Fri 17:00"))]), from: instant("2026-11-23T00:00:00Z"),
            days: 7, habits: nightly, runLengths: ["prod": .seconds(1800)])
        let plan = planner.run()
        let document = plan.document(at: plan.now)
        #expect(document.habits.map(\.habit) == [nightly["prod"]])
        #expect(document.habits.map(\.runLength) == [.seconds(1800)])
        let sale = try #require(plan.of("sale").first?.endedAt)
        #expect(sale >= instant("2026-11-27T17:30:00Z"))
    }

    /// Start, usual and latest end in seconds, and weekdays: the first and the last that there are, and one beyond each.
    @Test(
        arguments: [
            ([0, 0, 0], [0], true), ([86_399, 86_400, 86_400], [6], true), ([-1, 60, 60], [0], false),
            ([86_400, 60, 60], [0], false), ([60, -1, 60], [0], false), ([60, 86_401, 60], [0], false),
            ([60, 60, -1], [0], false), ([60, 60, 86_401], [0], false), ([.max, 60, 60], [0], false),
            ([60, 60, 60], [], false), ([60, 60, 60], [-1], false), ([60, 60, 60], [0, 7], false),
        ] as [([Int], [Int], Bool)])
    func `numbers that no habit has are none`(_ seconds: [Int], _ weekdays: [Int], isHabit: Bool) {
        let span = HabitSpanDocument(
            startSeconds: seconds[0], usualSeconds: seconds[1], latestSeconds: seconds[2], weekdays: weekdays, seen: 1)
        let document = HabitDocument(sandbox: "prod", seen: 1, spans: [span], runMilliseconds: nil)
        #expect((document.habit != nil) == isHabit && document.runLength == nil)
    }

    @Test(
        arguments: [(0, true), (1_000_000_000, true), (-1, false), (1_000_000_001, false), (.max, false)]
            as [(Int64, Bool)])
    func `a length that no run has is none`(_ milliseconds: Int64, isLength: Bool) {
        let document = HabitDocument(sandbox: "prod", seen: 1, spans: [], runMilliseconds: milliseconds)
        #expect(document.runLength == (isLength ? .milliseconds(milliseconds) : nil))
    }

    // MARK: Bounds

    @Test func `a plan has at most so many occurrences, and says where it was cut`() throws {
        let many = (0..<4).map { campaign(CampaignName("c\($0)"), .manual) }
        var all = many
        for index in all.indices {
            all[index].trigger = try calendar("*:*")
            all[index].pairs = [Pair(dataflow: "crm", audience: AudienceID("a\(index)"))]
        }
        let plan = plan(all, days: 30)
        #expect(plan.cut?.bound == .occurrences)
        #expect(plan.occurrences.count == PlanBounds.occurrences)
        #expect(plan.warningCodes.first == "plan-cut")
    }

    @Test func `whoever does not wait any longer gets what was planned so far`() throws {
        var planner = Planner(
            of: configuration([campaign("sale", try calendar("*:0/10"))]), from: instant("2026-11-23T00:00:00Z"),
            days: 366)
        var asked = 0
        let plan = planner.run {
            asked += 1
            return asked < 3
        }
        #expect(plan.cut?.bound == .time && !plan.occurrences.isEmpty)
    }

    @Test(
        arguments: [(Int.min, 1), (-1, 1), (0, 1), (1, 1), (2, 2), (366, 366), (367, 366), (.max, 366)] as [(Int, Int)])
    func `days are cut to their bounds`(_ days: Int, _ expected: Int) throws {
        let plan = plan([campaign("sale", .manual)], days: days)
        #expect(plan.days == expected && plan.until == plan.from + .seconds(expected * 86_400))
    }
}
