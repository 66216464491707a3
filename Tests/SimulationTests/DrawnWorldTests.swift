import Chronology
import PlatformModel
import SchedulerCore
import Testing

@testable import Simulation

/// Goal: worlds are as strange as they are said to be, some of them in one way only, and half of them not at all.
@Suite struct DrawnWorldTests {
    private static let plans = (1...1500).map { seed in
        let options = SimulationOptions(seed: UInt64(seed), hours: 4)
        return (options: options, plan: CampaignPlan(options))
    }

    private func share(_ isSo: (Quirks, Scenario) -> Bool) -> Double {
        let count = Self.plans.count { isSo($0.plan.scenario.quirks, $0.plan.scenario) }
        return Double(count) / Double(Self.plans.count)
    }

    @Test func `half of the worlds are calm`() {
        var calm = Quirks()
        calm.missingSpanMilliseconds = 0
        let share = share { quirks, scenario in
            var quirks = quirks
            quirks.missingSpanMilliseconds = 0
            return quirks == calm && scenario.refusals.isEmpty && scenario.followers == nil
        }
        #expect((0.45...0.75).contains(share))
    }

    @Test func `each oddity of the platform is drawn, and none is usual`() {
        for wording in Quirks.Wording.allCases where wording != .current {
            #expect((0.005...0.3).contains(share { quirks, _ in quirks.wording == wording }), "\(wording)")
        }
        for oversized in Quirks.Oversized.allCases where oversized != .sentence {
            #expect((0.005...0.3).contains(share { quirks, _ in quirks.oversized == oversized }), "\(oversized)")
        }
        for unsettled in Quirks.Unsettled.allCases where unsettled != .outOfRange {
            #expect((0.005...0.3).contains(share { quirks, _ in quirks.unsettled == unsettled }), "\(unsettled)")
        }
        for time in Quirks.CreateTime.allCases where time != .seconds && time != .unreadable {
            #expect((0.005...0.3).contains(share { quirks, _ in quirks.createTime == time }), "\(time)")
        }
        for word in Quirks.EndedWord.allCases where word != .documented {
            #expect((0.005...0.3).contains(share { quirks, _ in quirks.endedWord == word }), "\(word)")
        }
        let others: [(String, (Quirks, Scenario) -> Bool)] = [
            ("pairs", { quirks, _ in quirks.concurrency == .pair }),
            ("audiences", { quirks, _ in quirks.busy == .audience }),
            ("partial", { quirks, _ in quirks.partialPercent > 0 }),
            ("missing runs", { quirks, _ in quirks.missingRunPercent > 0 }),
            ("missing exports", { quirks, _ in quirks.missingExportPercent > 0 }),
            ("empty listings", { quirks, _ in quirks.emptyRunListPercent > 0 }),
            ("pages by position", { quirks, _ in quirks.pagesByPosition }),
            ("a window of an hour", { _, scenario in scenario.firstActivationWindowMilliseconds == 3_600_000 }),
            ("a lag beyond settle", { _, scenario in scenario.runs.longestLagMilliseconds > 300_000 }),
            (
                "second ids",
                { _, scenario in scenario.flows.contains { $0.audiences.contains { $0.externalID != nil } } }
            ),
            ("followers", { _, scenario in scenario.followers != nil }),
            ("refusals", { _, scenario in !scenario.refusals.isEmpty }),
            ("a text about a limit", { _, scenario in scenario.refusals.contains { $0.kind == .tooLarge } }),
            ("sandboxes", { _, scenario in scenario.flows.contains { $0.sandbox == "dev-1" } }),
        ]
        for (name, isSo) in others { #expect((0.01...0.4).contains(share(isSo)), "\(name)") }
        for kind in Scenario.Refusal.Kind.allCases {
            #expect(share { _, scenario in scenario.refusals.contains { $0.kind == kind } } > 0, "\(kind)")
        }
    }

    @Test func `a world of several sandboxes has its campaigns and exports in all of them`() {
        var seen = 0
        for (options, plan) in Self.plans where options.sandboxes > 1 {
            #expect(plan.sandboxes.count == options.sandboxes)
            #expect(Set(plan.scenario.exports.map { $0.sandbox ?? "prod" }).count == options.sandboxes)
            let homes = Set(plan.campaigns.values.map(\.campaign.sandbox))
            #expect(homes.isSubset(of: plan.sandboxes))
            if homes.count > 1 { seen += 1 }
            for planned in plan.campaigns.values { #expect(!planned.campaign.pairs.isEmpty) }
        }
        #expect(seen > 50)
    }

    @Test func `a clock that is moved skips times, and shows others twice`() throws {
        var options = SimulationOptions(seed: 1, hours: 48)
        var found: [String: Rhythm] = [:]
        for seed in 1...400 {
            options.seed = UInt64(seed)
            guard let zone = MovedClock(options) else { continue }
            var rhythm = Rhythm.everyDay(Array(stride(from: 0, to: 1440, by: 20)), "*:0/20")
            rhythm.zone = zone
            found["\(zone.zone.excerpt(from: CampaignPlan.start).offset)"] = rhythm
            // What the arithmetic says, and what the calendar says.
            let timetable = try #require(rhythm.timetable)
            var (mine, theirs) = (CampaignPlan.start, CampaignPlan.start)
            for _ in 0..<300 {
                mine = rhythm.next(after: mine)
                theirs = try #require(timetable.next(after: theirs))
                #expect(mine == theirs, "seed \(seed)")
            }
        }
        #expect(found.count >= 7)
    }

    @Test func `days are left out and moved as the calendars say`() throws {
        var (shifted, silent) = (0, 0)
        for seed in 1...150 {
            let options = SimulationOptions(seed: UInt64(seed), hours: 48, oddities: [.calendars])
            let calendars = try #require(DrawnCalendars(options))
            var chance = SplitMix(seed: UInt64(seed))
            var rhythm = Rhythm.everyDay([90, 1000], "*-*-* 01:30,16:40")
            rhythm.expression = "*-*-* 01:30:00"
            rhythm.minutes = [90]
            if seed % 3 == 0 { (rhythm.weekdays, rhythm.expression) = ([5], "Sat 01:30") }
            rhythm.days = DrawnDays(calendars, &chance)
            rhythm.zone = seed % 2 == 0 ? MovedClock(options) : nil
            // What the arithmetic says, and what the calendar says.
            let timetable = try #require(rhythm.timetable)
            if rhythm.text.contains("shift") { shifted += 1 }
            var (mine, theirs) = (CampaignPlan.start, CampaignPlan.start)
            for _ in 0..<60 {
                mine = rhythm.next(after: mine)
                guard mine < Rhythm.never else {
                    silent += 1
                    break
                }
                theirs = try #require(timetable.next(after: theirs))
                #expect(mine == theirs, "seed \(seed): \(rhythm.text)")
            }
        }
        #expect(shifted > 50 && silent < 100)
    }

    @Test func `what came last is drawn, and is not usual`() {
        func share(_ isSo: (SimulationOptions, CampaignPlan) -> Bool) -> Double {
            Double(Self.plans.count { isSo($0.options, $0.plan) }) / Double(Self.plans.count)
        }
        func campaigns(_ plan: CampaignPlan, _ isSo: (PlannedCampaign) -> Bool) -> Bool {
            plan.campaigns.values.contains(where: isSo)
        }
        #expect((0.05...0.3).contains(share { _, plan in !plan.blackouts.isEmpty }))
        #expect((0.02...0.3).contains(share { _, plan in campaigns(plan) { $0.rhythm?.days != nil } }))
        #expect((0.02...0.3).contains(share { options, _ in options.hasStray }))
        #expect((0.02...0.3).contains(share { options, _ in options.pausesClock }))
        #expect((0.02...0.3).contains(share { _, plan in plan.platform.movesStarts }))
        let byOtherName = share { _, plan in
            campaigns(plan) { $0.campaign.pairs.contains { plan.platform.systemIDs[$0.audience] != nil } }
        }
        #expect((0.02...0.3).contains(byOtherName))
        let byBoth = share { _, plan in
            campaigns(plan) { plan.meant(by: $0.campaign.pairs).count < $0.campaign.pairs.count }
        }
        #expect((0.005...0.3).contains(byBoth))
    }

    @Test func `what a world is asked to have it has, and all else stays`() {
        for seed in 1...60 as ClosedRange<UInt64> {
            let usual = SimulationOptions(seed: seed, hours: 4)
            let asked = SimulationOptions(seed: seed, hours: 4, oddities: [.secondIDs, .partialEffects])
            #expect(asked.strengths == usual.strengths && asked.campaigns == usual.campaigns)
            let plan = CampaignPlan(asked)
            #expect(plan.scenario.quirks.partialPercent > 0)
            #expect(asked.arguments.contains("--oddities partial-effects,second-ids"))
        }
    }

    @Test func `while a machine is paused its one clock stands still, and what it showed is known`() {
        let options = SimulationOptions(seed: 4, hours: 2, oddities: [.pausedClock])
        let world = World(options)
        world.elapsed = 10_000
        let before = world.monotonic
        world.pauses = [(10_000, 70_000)]
        world.elapsed = 90_000
        #expect(abs((world.monotonic - before).milliseconds - 20_000) <= 20)
        #expect(abs((world.platformTime(of: before) - CampaignPlan.start).milliseconds - 10_000) <= 10)
        #expect(abs((world.platformTime(of: world.monotonic) - CampaignPlan.start).milliseconds - 90_000) <= 10)
    }
}

/// Goal: what passes inside, and what people do to the file, is as in the real world.
@Suite struct PassingTimeTests {
    @Test(arguments: [5, 10] as [UInt64])
    func `a call that is ready too late does not leave, and is answered`(_ seed: UInt64) {
        var (kept, answered): (Set<Substring>, Set<Substring>) = ([], [])
        _ = World(SimulationOptions(seed: seed, hours: 6)) { line in
            let words = line.split(separator: " ")
            if line.contains("does not leave: what was judged before it grew old") { kept.insert(words[2]) }
            if line.contains("answer to call"), line.contains("notSent") { answered.insert(words[4].dropLast()) }
        }.run()
        #expect(!kept.isEmpty && kept.isSubset(of: answered))
    }

    @Test func `a campaign that is taken out of the file comes back as it was`() throws {
        var options = SimulationOptions(seed: 9, hours: 4)
        options.campaigns = 5
        var plan = CampaignPlan(options)
        let before = plan.campaigns.mapValues(\.campaign)
        let digest = plan.configuration.digest
        let name = try #require(plan.someUnfollowed(3))
        let (isOut, isOutTwice) = (plan.takeOut(name), plan.takeOut(name))
        #expect(isOut && !isOutTwice && plan.campaigns[name] == nil)
        let (isBack, isBackTwice) = (plan.putBack(name), plan.putBack(name))
        #expect(isBack && !isBackTwice && plan.campaigns.mapValues(\.campaign) == before)
        #expect(plan.configuration.digest != digest)
    }

    @Test func `faults that came later are drawn, and the others are drawn as before`() {
        for kind in FaultKind.later {
            let count = (1...400).count { SimulationOptions(seed: UInt64($0)).strengths[kind] != nil }
            #expect((10...150).contains(count), "\(kind)")
        }
        // Of a seed of before they came.
        #expect(SimulationOptions(seed: 6).strengths[.throttled] == 196)
    }
}

/// Goal: what nobody could know is told from what somebody should have known.
@Suite struct SightingsTests {
    private let at = Instant(milliseconds: 1_795_514_400_000)

    @Test func `what no answer showed is hidden, until one does`() {
        var sightings = Sightings()
        sightings.answers(AskID(1), .init(shown: [], hidden: ["run-1"], at: at))
        #expect(!sightings.isHidden("run-1", since: at - .seconds(15)), "it has not come yet")
        sightings.told(.runsAnswered(AskID(1), .success(RunListing(runs: [], isTruncated: false))))
        #expect(sightings.isHidden("run-1", since: at - .seconds(15)))
        #expect(!sightings.isHidden("run-1", since: at), "that answer is too old")
        sightings.answers(AskID(2), .init(shown: ["run-1"], hidden: [], at: at + .seconds(5)))
        sightings.told(.runsAnswered(AskID(2), .success(RunListing(runs: [], isTruncated: false))))
        sightings.answers(AskID(3), .init(shown: [], hidden: ["run-1"], at: at + .seconds(9)))
        sightings.told(.runsAnswered(AskID(3), .success(RunListing(runs: [], isTruncated: false))))
        #expect(!sightings.isHidden("run-1", since: at), "it was seen, and not seen to end")
    }

    @Test func `an answer that is lost shows nothing`() {
        var sightings = Sightings()
        sightings.answers(AskID(1), .init(shown: ["run-1"], hidden: ["run-2"], at: at))
        sightings.told(.runsAnswered(AskID(1), .failure(.unavailable(detail: "timeout"))))
        #expect(!sightings.isHidden("run-2", since: at - .seconds(15)))
    }
}

/// Goal: a world of values is the world of bytes: both clients make the same of one platform.
@Suite struct ClientTests {
    @Test(arguments: 1...40 as ClosedRange<UInt64>)
    func `values say what the readers of answers say`(_ seed: UInt64) throws {
        let options = SimulationOptions(seed: seed, hours: 4)
        let plan = CampaignPlan(options)
        var scenario = plan.scenario
        // These are drawn for each request, and pages are cut at other places.
        scenario.refusals = []
        scenario.faults = []
        scenario.quirks.missingRunPercent = 0
        scenario.quirks.missingExportPercent = 0
        scenario.quirks.emptyRunListPercent = 0
        scenario.quirks.deadToken = .unauthorized
        var model = PlatformModel(
            scenario: scenario, seed: seed, start: CampaignPlan.start, runIDs: .counted)
        var (values, wire) = (
            ValueClient(readsSlowly: false), WireClient(plan.configuration.platform)
        )
        var now = CampaignPlan.start
        model.startExport(at: now, lasting: 1_200_000) { $0.newMilliseconds = 300_000 }
        model.startExport(at: now, lasting: 600_000) { $0.schema = "" }
        model.startExport(at: now, lasting: 600_000, fails: true) { $0.isFromAPI = true }
        var number = 0
        for round in 0..<12 {
            now = now + .milliseconds(433_217)
            let pair = plan.pair(UInt64(round))
            model.pass(to: now)
            _ = model.reply(
                to: [(flow: pair.dataflow.text, audience: pair.audience.text)],
                in: model.scenario.flows.first { $0.id == pair.dataflow.text }?.sandbox ?? "prod", at: now
            ) { RunFate(duration: .seconds(900), fails: round % 3 == 0, records: Int64(round)) }
            for sandbox in plan.sandboxes {
                let flows = plan.scenario.flows.map { DataflowID($0.id) }
                number += 3
                let effects: [Effect] = [
                    .askExportJobs(AskID(number), sandbox, since: CampaignPlan.start),
                    .askDataflows(AskID(number + 1), sandbox, flows),
                    .askRuns(AskID(number + 2), sandbox, flows, RunListingDepth(since: CampaignPlan.start)),
                ]
                for effect in effects {
                    let one = try #require(event(effect, &values, model, now))
                    let other = try #require(event(effect, &wire, model, now))
                    #expect(plain(one) == plain(other), "\(options.words)")
                }
            }
        }
    }

    private func event(
        _ effect: Effect, _ client: inout some SimulatedClient, _ model: PlatformModel, _ now: Instant
    ) -> Event? {
        var model = model
        for _ in 0..<100 {
            switch client.answer(effect, &model, at: now, fate: { RunFate(duration: nil) }) {
            case .answered(let event)?: return event
            case .goesOn?: continue
            case nil: return nil
            }
        }
        return nil
    }

    /// Without the words that are for people only, and without what values leave out.
    private func plain(_ event: Event) -> Event {
        switch event {
        case .exportJobsAnswered(let id, let answer):
            .exportJobsAnswered(
                id,
                answer.map { jobs in
                    // Of those that began together any may come first.
                    jobs.map { job in
                        var job = job
                        job.word = ""
                        return job
                    }.sorted { $0.id < $1.id }
                })
        case .dataflowsAnswered(let id, let answer):
            .dataflowsAnswered(
                id,
                answer.map { definitions in
                    definitions.map { definition in
                        var definition = definition
                        for index in definition.mappings.indices {
                            definition.mappings[index].ids = Set(definition.mappings[index].ids).sorted()
                        }
                        return definition
                    }
                })
        case .runsAnswered(let id, let answer):
            .runsAnswered(
                id,
                answer.map { listing in
                    var listing = listing
                    for index in listing.runs.indices {
                        listing.runs[index].word = ""
                        listing.runs[index].metrics = RunMetrics(
                            records: listing.runs[index].metrics.records,
                            snapshot: listing.runs[index].metrics.snapshot)
                    }
                    return listing
                })
        default: event
        }
    }
}
