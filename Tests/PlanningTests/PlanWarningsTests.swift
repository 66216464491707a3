import Chronology
import ControlProtocol
import SchedulerCore
import Testing

@testable import Planning

/// Goal: what a person should look at before it happens is told once for each kind and campaign, with what to do.
@Suite struct PlanWarningsTests {
    private func warning(_ code: String, _ plan: Plan) throws -> PlanWarningDocument {
        try #require(plan.document(at: plan.now).warnings.first { $0.code == code }, "no \(code)")
    }

    @Test func `one that falls into the usual export is told how late, and when would be better`() throws {
        let plan = plan([campaign("sale", try calendar("*-*-* 02:20"))], habits: nightly)
        let told = try warning("waits-for-export", plan)
        #expect(told.count == 7 && told.campaign == "sale" && told.at == "2026-11-23T02:20:00.000Z")
        #expect(
            told.sentence
                == "sale Mon 02:20 +00:00 falls into the usual export: about 20 min late (7 times in this plan)")
        #expect(told.remedy == "Consider a time after 03:10.")
    }

    @Test func `what never comes, and what does not come in these days, are told apart`() throws {
        let plan = plan([
            campaign(
                "old", .timetable(Timetable(schedule: .at([instant("2020-01-01T00:00:00Z")]), zone: .utc, text: "at"))),
            campaign("summer", try calendar("*-07-01 12:00")),
        ])
        #expect(try warning("never-comes", plan).campaign == "old")
        #expect(try warning("not-in-these-days", plan).campaign == "summer")
        #expect(try warning("not-in-these-days", plan).at == "2027-07-01T12:00:00.000Z")
    }

    @Test func `where nothing is known of exports, the plan says so`() throws {
        let told = try warning("exports-unknown", plan([campaign("fresh", .afterExport)]))
        #expect(told.sentence.contains("campaigns that follow exports are not in this plan"))
        #expect(told.count == 1 && told.campaign == nil && told.at == nil)
        #expect(!plan([campaign("fresh", .afterExport)], habits: nightly).warningCodes.contains("exports-unknown"))
    }

    @Test func `a campaign in the lane of another one is told whom it waits for`() throws {
        let plan = plan([campaign("a", try calendar("Fri 17:00")), campaign("b", try calendar("Fri 17:02"))])
        let told = try warning("waits-for-lane", plan)
        #expect(told.campaign == "b" && told.sentence.contains("shares audience \"vip\" with a"))
    }

    @Test func `files that overwrite the last ones are told once for each dataflow that was asked about`() throws {
        let pairs = (["vip", "lapsed"] as [AudienceID]).map { Pair(dataflow: "crm", audience: $0) }
        let configuration = configuration([
            campaign("sale", try calendar("*-*-* 12:00"), pairs), campaign("also", try calendar("*-*-* 18:00"), pairs),
            campaign("other", try calendar("*-*-* 20:00"), [pairs[1]]),
        ]) { $0.dataflowNames = ["crm": "loyalty-sftp"] }
        let now = Moment(wall: instant("2026-11-23T00:00:00Z"), monotonic: Monotonic(milliseconds: 5_000_000))
        var scheduler = Scheduler(configuration: configuration)
        _ = scheduler.handle(.started(configuration), at: now)
        let step = scheduler.handle(.command(CommandID(1), .fire("sale", forceOverlap: false), actor: "anna"), at: now)
        for case .askDataflows(let id, _, let dataflows) in step.effects {
            let definitions = dataflows.map { dataflow in
                DataflowDefinition(
                    id: dataflow, name: dataflow.text,
                    mappings: pairs.map { pair in
                        DataflowDefinition.Mapping(
                            ids: [pair.audience], name: pair.audience.text, createdAt: now.wall - .seconds(30 * 86_400),
                            startsAt: nil, endsAt: nil, hasUniqueFileNames: pair.audience != "vip")
                    }, observedAt: now.wall)
            }
            _ = scheduler.handle(.dataflowsAnswered(id, .success(definitions)), at: now)
        }
        var planner = Planner(of: scheduler, at: now, days: 2)
        let plan = planner.run()
        let told = try warning("overwrites-files", plan)
        #expect(plan.warningCodes.count { $0 == "overwrites-files" } == 1 && told.count == 1 && told.campaign == "also")
        #expect(
            told.sentence
                == "also: files of loyalty-sftp for \"vip\" always have one name, so that each run overwrites the file of the "
                + "one before")
        #expect(told.remedy == "Put a date and a time into the file name template of the dataflow.")
        // From the files alone nobody knows.
        var unasked = Planner(of: configuration, from: now.wall, days: 2)
        #expect(!unasked.run().warningCodes.contains("overwrites-files"))
    }

    @Test func `a plan in which nothing is wrong has no warnings`() throws {
        #expect(plan([campaign("sale", try calendar("Fri 17:00"))], habits: nightly).warningCodes == [])
    }

    @Test func `codes are stable`() {
        #expect(
            PlanWarningCode.allCases.map(\.rawValue) == [
                "plan-cut", "never-comes", "would-expire", "would-not-succeed", "skipped-paused", "skipped-overlap",
                "skipped-missed", "skipped-predecessor", "dst-skipped", "dst-repeated", "waits-for-export",
                "waits-for-blackout", "waits-for-lane", "waits-for-first-activation", "overwrites-files",
                "exports-unknown", "not-in-these-days",
            ])
    }
}
