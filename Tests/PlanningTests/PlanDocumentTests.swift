import Chronology
import ControlProtocol
import SchedulerCore
import Testing

@testable import Planning

/// Goal: what a plan found is told in these words, each list at both ends of its bound.
@Suite struct PlanDocumentTests {
    private func document(_ plan: Plan) -> PlanDocument { plan.document(at: plan.now) }

    /// What is told of one occurrence, on Friday at five.
    private func warning(_ change: (inout PlannedOccurrence) -> Void) throws -> PlanWarningDocument? {
        var plan = plan([campaign("sale", try calendar("Fri 17:00"))])
        change(&plan.occurrences[0])
        return document(plan).warnings.first { $0.campaign == "sale" }
    }

    // MARK: Campaigns and occurrences

    @Test func `campaigns are told by name, with what each follows`() throws {
        let told = document(
            plan([
                campaign("time", try calendar("Fri 17:00")), campaign("off", .manual) { $0.isEnabled = false },
                campaign("export", .afterExport), campaign("by-hand", .manual),
                campaign("after", .after("by-hand", delay: .seconds(1800))),
            ])
        ).campaigns
        #expect(
            told.map { "\($0.name): \($0.trigger), \($0.schedule)" } == [
                "after: after, after by-hand by 30m", "by-hand: manual, by hand",
                "export: after_export, after each scheduled export", "off: disabled, by hand",
                "time: timetable, Fri 17:00",
            ])
        #expect(told.map(\.occurrences) == [0, 0, 0, 0, 1])
        #expect(told.map(\.next) == [nil, nil, nil, nil, "2026-12-04T17:00:00.000Z"])
    }

    @Test func `an occurrence is told with whom it follows`() throws {
        var plan = plan(
            [
                campaign("fresh", .afterExport, [Pair(dataflow: "crm", audience: "new")]),
                campaign("first", try calendar("Fri 17:00")), campaign("next", .after("first", delay: .zero)),
                campaign("hand", try calendar("Fri 20:00")),
            ], from: "2026-11-27T00:00:00Z", days: 1, habits: nightly)
        for place in plan.occurrences.indices where plan.occurrences[place].campaign == "hand" {
            plan.occurrences[place].origin = .manual(actor: "anna")
        }
        #expect(
            document(plan).occurrences.map { "\($0.campaign): \($0.origin) \($0.originDetail ?? "-")" } == [
                "fresh: export -", "first: timetable -", "next: after first", "hand: manual anna",
            ])
    }

    @Test func `times are told in UTC, and on the clock of the campaign with its offset`() throws {
        let sale = campaign("sale", try calendar("Fri 17:00", in: try zone("Europe/Stockholm")))
        let told = try #require(document(plan([sale])).occurrences.first)
        #expect(told.nominal == "2026-11-27T16:00:00.000Z" && told.local == "2026-11-27T17:00:00+01:00")
        #expect(told.zone == "Europe/Stockholm" && told.lateSeconds == 0 && told.count == 1)
    }

    @Test func `pauses are told, and come back from the document as they were`() throws {
        let until = instant("2026-11-25T00:00:00Z")
        let pauses = [
            Pause(
                scope: .campaign("sale"), since: instant("2026-11-23T00:00:00Z"), until: until, actor: "anna",
                reason: "legal"),
            Pause(
                scope: .all, since: instant("2026-11-23T00:00:00Z"), until: nil, actor: "ben", reason: "freeze"),
        ]
        let told = document(plan([campaign("sale", .manual)], pauses: pauses)).pauses
        #expect(told.map(\.campaign) == ["sale", nil] && told.compactMap(\.pause) == pauses)
        var odd = told[0]
        odd.until = "tomorrow"
        #expect(odd.pause == nil)
        (odd.until, odd.since) = (nil, "yesterday")
        #expect(odd.pause == nil)
    }

    @Test func `what was assumed of runs is told, once where it is known and once where it is not`() throws {
        let configuration = configuration([campaign("sale", .manual), campaign("test", .manual) { $0.sandbox = "dev" }])
        func assumed(_ lengths: [SandboxName: Duration]) -> [String] {
            var planner = Planner(
                of: configuration, from: instant("2026-11-23T00:00:00Z"), days: 1, runLengths: lengths)
            return document(planner.run()).assumptions.filter { $0.hasPrefix("a run") }
        }
        #expect(assumed([:]) == ["a run takes 7 min where none was seen"])
        #expect(
            assumed(["prod": .seconds(1800)]) == [
                "a run in prod takes 30 min", "a run takes 7 min where none was seen",
            ])
        #expect(
            assumed(["prod": .seconds(1800), "dev": .seconds(60)]) == [
                "a run in dev takes 1 min", "a run in prod takes 30 min",
            ])
    }

    // MARK: Warnings

    @Test(
        arguments: [
            (.paused, "skipped-paused", "activationctl resume sale, if it is to be fired."),
            (.overlap, "skipped-overlap", "Fire less often, or set overlap = \"buffer-one\"."),
            (.missed, "skipped-missed", "Raise catch_up, if late is better than never."),
            (.superseded, "skipped-missed", "Raise catch_up, if late is better than never."),
            (.oversized, "skipped-missed", ""), (.decided, "skipped-missed", ""),
            (.predecessor, "skipped-predecessor", ""),
        ] as [(SkippedOccurrences.Reason, String, String)])
    func `each reason to skip has its code and what to do`(
        reason: SkippedOccurrences.Reason, code: String, remedy: String
    ) throws {
        let told = try warning { ($0.skipped, $0.outcome, $0.reason) = (reason, .skipped, "why") }
        #expect(told?.code == code && told?.remedy == remedy)
        #expect(told?.sentence == "sale Fri 17:00 +00:00 is skipped: why" && told?.count == 1)
    }

    @Test func `each gate that holds something is told with how late, and what to do`() throws {
        func words(_ gate: GateName, _ evidence: String = "why", by: String? = nil, latest: Duration? = nil) throws
            -> [String?]
        {
            let told = try warning { occurrence in
                let start = occurrence.nominal
                occurrence.waits = [
                    PlannedWait(
                        gate: gate, from: start, until: start + .seconds(1200), latest: latest.map { start + $0 },
                        evidence: evidence, by: by, audience: "vip", activations: 1)
                ]
            }
            return [told?.code, told?.sentence, told?.remedy]
        }
        let sale = "sale Fri 17:00 +00:00 "
        #expect(
            try words(.export, "the usual export", latest: .seconds(2401)) == [
                "waits-for-export", sale + "falls into the usual export: about 20 min late",
                "Consider a time after 17:45.",
            ])
        #expect(
            try words(.export, "export job 4711, which runs now") == [
                "waits-for-export", sale + "waits for export job 4711, which runs now: about 20 min late",
                "Consider a time after 17:20.",
            ])
        #expect(
            try words(.blackout, by: "freeze") == [
                "waits-for-blackout", sale + "falls into the blackout \"freeze\": 20 min late",
                "Consider a time outside of it.",
            ])
        #expect(
            try words(.lane) == [
                "waits-for-lane",
                sale + "shares audience \"vip\" with a run of somebody else, and waits for that run: about 20 min late",
                "Fire them farther apart, if that matters.",
            ])
        #expect(
            try words(.firstActivation) == [
                "waits-for-first-activation", sale + "waits 20 min for the first-activation window: why", "",
            ])
        // For its own run it waits as it was meant to.
        #expect(try words(.lane, by: "sale") == [nil, nil, nil])
    }

    @Test func `minutes are rounded up, and times to the next full five`() {
        func minutes(_ milliseconds: Int64) -> String { Duration.milliseconds(milliseconds).inMinutes }
        #expect(minutes(0) == "1 min" && minutes(1) == "1 min" && minutes(60_000) == "1 min")
        #expect(minutes(60_001) == "2 min" && minutes(7_500_000) == "2 h 5 min")
        let five = instant("2026-11-23T02:40:00Z")
        #expect(five.nextMinutes == five && (five - .milliseconds(1)).nextMinutes == five)
        #expect((five + .milliseconds(1)).nextMinutes == five + .seconds(300))
        let early = Instant(milliseconds: -1)
        #expect(early.nextMinutes == Instant(milliseconds: 0))
    }

    @Test func `a plan that was cut says where and why, and nothing of what does not come`() throws {
        var plan = plan([campaign("summer", try calendar("*-07-01 12:00"))], habits: nightly)
        #expect(plan.warningCodes == ["not-in-these-days"])
        let reasons: [(PlanCut.Bound, String)] = [
            (.time, "it took too long"),
            (.occurrences, "it has 10000 occurrences, and more are not planned at once"),
            (.steps, "it took 1000000 steps, and more are not taken at once"),
        ]
        for (bound, why) in reasons {
            plan.cut = PlanCut(bound: bound, at: instant("2026-11-24T00:00:00Z"))
            let told = document(plan)
            #expect(told.warnings.map(\.code) == ["plan-cut"] && told.cut?.bound == bound.rawValue)
            let warning = try #require(told.warnings.first)
            #expect(warning.count == 1 && warning.at == "2026-11-24T00:00:00.000Z" && warning.campaign == nil)
            #expect(warning.sentence == "the plan ends early, at 2026-11-24T00:00:00.000Z: \(why)")
            #expect(warning.remedy == "Ask for fewer days." && told.cut?.sentence == warning.sentence)
        }
    }

    @Test func `two hundred campaigns that do not come are named, and of more the number is told`() throws {
        let summer = try calendar("*-07-01 12:00")
        func told(_ count: Int) -> [PlanWarningDocument] {
            document(plan((1...count).map { campaign(CampaignName("c\($0)"), summer) }, habits: nightly)).warnings
        }
        let all = told(200)
        #expect(all.count == 200 && all.allSatisfy { $0.code == "not-in-these-days" && $0.campaign != nil })
        let one = told(201)
        #expect(one.count == 201 && one.last?.campaign == nil && one.last?.count == 1)
        #expect(one.last?.sentence == "1 more campaigns do not come in these 7 days")
    }

    // MARK: A part of it

    @Test func `a plan of some campaigns has what is about them, and counts it alone`() throws {
        let pairs = (["vip", "lapsed"] as [AudienceID]).map { Pair(dataflow: "crm", audience: $0) }
        let pause = Pause(
            scope: .campaign("c"), since: instant("2026-11-23T00:00:00Z"), until: nil, actor: "anna", reason: "legal")
        let all = document(
            plan(
                [
                    campaign("a", try calendar("Fri 17:00")), campaign("b", try calendar("Fri 17:02"), pairs),
                    campaign("c", try calendar("*-*-* 12:00"), [Pair(dataflow: "crm", audience: "new")]),
                ], pauses: [pause]))
        #expect(all.totals.occurrences == 2 && all.totals.skipped == 7 && all.totals.activations == 3)
        let second = all.only(["b"])
        #expect(second.campaigns.map(\.name) == ["b"] && second.occurrences.map(\.campaign) == ["b"])
        #expect(second.collisions.map(\.first) == ["a"] && second.collisions.map(\.second) == ["b"])
        #expect(second.warnings.map(\.code) == ["waits-for-lane", "exports-unknown"])
        #expect(second.totals.occurrences == 1 && second.totals.skipped == 0 && second.totals.activations == 2)
        #expect(second.totals.jobs == 2 && second.totals.calls == all.totals.calls)
        // Whose run is waited for has the collision too.
        #expect(all.only(["a"]).collisions == second.collisions && all.only(["a"]).totals.jobs == 1)
        let third = all.only(["c"])
        #expect(third.collisions == [] && third.warnings.map(\.code) == ["skipped-paused", "exports-unknown"])
        #expect(third.totals.occurrences == 0 && third.totals.skipped == 7 && third.totals.jobs == 0)
    }

    // MARK: Two plans

    @Test(arguments: [(0, true), (600, true), (-600, true), (601, false), (-601, false)])
    func `what follows something is the same within ten minutes, and what has a time of its own is not`(
        seconds: Int, isSame: Bool
    ) throws {
        let old = document(
            plan([
                campaign("first", try calendar("Fri 17:00")), campaign("next", .after("first", delay: .seconds(7200))),
            ]))
        func moved(_ name: String) throws -> [String] {
            var new = old
            let place = try #require(new.occurrences.firstIndex { $0.campaign == name })
            let nominal = try #require(Instant(rfc3339: new.occurrences[place].nominal))
            new.occurrences[place].nominal = (nominal + .seconds(seconds)).rfc3339
            return PlanDifferenceDocument(from: old, to: new).changes.map { "\($0.kind) \($0.campaign)" }
        }
        #expect(try moved("next") == (isSame ? [] : ["moved next"]))
        #expect(try moved("first") == (seconds == 0 ? [] : ["moved first"]))
    }

    @Test func `what is moved and has other activations as well says from how many to how many`() throws {
        let pairs = (["vip", "lapsed"] as [AudienceID]).map { Pair(dataflow: "crm", audience: $0) }
        let difference = PlanDifferenceDocument(
            from: document(plan([campaign("sale", try calendar("Fri 17:00"))])),
            to: document(plan([campaign("sale", try calendar("Fri 16:00"), pairs)])))
        #expect(difference.changes.map(\.kind) == ["moved"])
        #expect(difference.changes.map(\.detail) == ["1 -> 2 activations"])
    }
}
