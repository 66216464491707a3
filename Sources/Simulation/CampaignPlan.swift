// What is configured in one run, and the platform that goes with it. The plan is the file on the admin's disk: a reload, or
// a start, takes it into use as it is then.

internal import Chronology
internal import PlatformModel
internal import SchedulerCore

/// A campaign of the plan, with what the model of nominal times has to know of it.
struct PlannedCampaign {
    var campaign: Campaign
    /// Nil where it does not follow the calendar, or is disabled.
    var rhythm: Rhythm?

    var followsExports: Bool { campaign.isEnabled && campaign.trigger == .afterExport }
}

struct CampaignPlan {
    /// Tuesday 24 November 2026, 10:00 UTC.
    static let start = Instant(milliseconds: 1_795_514_400_000)

    let scenario: Scenario
    let platform: DrawnPlatform
    let sandboxes: [SandboxName]
    /// In which sandbox campaigns use a dataflow. One of them may be told for the wrong one.
    private let homes: [DataflowID: SandboxName]
    /// Where some rhythms are counted.
    private let zone: MovedClock?
    /// What some rhythms heed.
    private let calendars: DrawnCalendars?
    var campaigns: [CampaignName: PlannedCampaign] = [:]
    var guardrails: Guardrails
    private let polling: Polling
    private let limits: Limits
    var blackouts: [Blackout] = []
    var version = 1
    private let pairs: [Pair]
    private let pace: SimulationOptions.Pace
    private let size: SimulationOptions.Size
    private let keep: Duration
    /// Of disabled campaigns, by what their triggers say.
    var rhythms: [String: Rhythm] = [:]
    /// Campaigns that were taken out and will be back.
    var absent: [CampaignName: PlannedCampaign] = [:]

    init(_ options: SimulationOptions) {
        var chance = SplitMix(seed: options.seed)
        let flows = (1...max(options.dataflows, options.sandboxes)).map { DataflowID("flow-\($0)") }
        let audiences = (1...options.audiences).map { AudienceID("audience-\($0)") }
        pairs = flows.flatMap { flow in audiences.map { Pair(dataflow: flow, audience: $0) } }
        pace = options.pace
        size = options.size
        // A short memory, so that retention has something to forget; the store of values keeps all.
        keep = .seconds(Int64(86_400 * (1 + chance.below(5))))
        var scenario = Self.scenario(options, flows, audiences, &chance)
        zone = MovedClock(options)
        calendars = DrawnCalendars(options)
        sandboxes = Self.sandboxes(options, of: scenario)
        homes = Self.settle(sandboxes, options, &scenario)
        // Drawn aside, so that a seed's world is the same but for this.
        var aside = SplitMix(seed: options.seed ^ 0x7365_7474_696E_6773)
        var settings = DrawnSettings(
            &aside, longestWindow: .milliseconds(Int64(scenario.firstActivationWindowMilliseconds)),
            isSlow: options.isThroughBytes)
        if options.pollsQuickly { settings.hurry(&aside) }
        (guardrails, polling, limits) = (settings.guardrails, settings.polling, settings.limits)
        platform = DrawnPlatform(options, settings, &scenario)
        self.scenario = scenario
        for number in 1...options.campaigns { add(CampaignName("campaign-\(number)"), &chance) }
        if chance.hits(percent: 20) { guardrails.pairsPerJob = Int(1 + chance.below(80)) }
        if chance.hits(percent: 20) { guardrails.firstActivationWindow = .seconds(3600) }
        guardrails.firstActivationWindow = max(platform.leastWindow, guardrails.firstActivationWindow)
        platform.dress(&guardrails)
        var later = SplitMix(seed: options.seed ^ 0x7175_6965_7400)
        let isQuiet = options.size == .usual && later.hits(percent: 15)
        if isQuiet || options.oddities.contains(.blackout) { _ = addBlackout(&later) }
    }

    var configuration: Configuration {
        var configuration = Configuration(
            platform: PlatformSettings(
                organization: scenario.organization, sandbox: SandboxName(scenario.sandbox),
                clientID: scenario.clientID, clientSecret: .environment("SECRET")),
            guardrails: guardrails, polling: polling, limits: limits, blackouts: blackouts, keep: keep)
        for (name, planned) in campaigns { configuration.campaigns[name] = planned.campaign }
        configuration.digest = "version-\(version)"
        return configuration
    }

    /// Questions in one hour that these settings may need, whatever happens: polls of gates and runs, with the retries of failed
    /// ones.
    var asksAnHour: Int {
        let least = min(
            polling.gate, polling.run, polling.gateFreshness, .seconds(15), limits.backoffMaximum)
        return CheckBounds.asksAnHour * sandboxes.count * 15_000 / max(1, Int(least.milliseconds))
    }

    var names: [CampaignName] { campaigns.keys.sorted() }

    func name(_ chance: inout SplitMix) -> CampaignName {
        names[Int(chance.below(UInt64(campaigns.count)))]
    }

    func pair(_ number: UInt64) -> Pair { pairs[Int(number % UInt64(pairs.count))] }

    /// The next time at which some campaign is due.
    func nextNominal(after instant: Instant) -> Instant? {
        campaigns.values.compactMap { $0.rhythm?.next(after: instant) }.min()
    }

    // MARK: The platform

    static func sandboxes(_ options: SimulationOptions, of scenario: Scenario) -> [SandboxName] {
        [SandboxName(scenario.sandbox)] + (1..<max(1, options.sandboxes)).map { SandboxName("dev-\($0)") }
    }

    /// Spreads the dataflows over the sandboxes.
    ///
    /// - Returns: Where campaigns look for them.
    private static func settle(
        _ sandboxes: [SandboxName], _ options: SimulationOptions, _ scenario: inout Scenario
    ) -> [DataflowID: SandboxName] {
        var homes: [DataflowID: SandboxName] = [:]
        for index in scenario.flows.indices {
            let home = sandboxes[index % sandboxes.count]
            homes[DataflowID(scenario.flows[index].id)] = home
            if sandboxes.count > 1 { scenario.flows[index].sandbox = home.text }
        }
        var aside = SplitMix(seed: options.seed ^ 0x7374_7261_7900)
        for sandbox in sandboxes.dropFirst() {
            scenario.exports.append(scenario.exports[0])
            scenario.exports[scenario.exports.count - 1].sandbox = sandbox.text
        }
        // More than one of its own: the first sandbox always has a dataflow.
        if sandboxes.count > 1, scenario.flows.count > sandboxes.count, aside.hits(percent: 30) || options.hasStray {
            homes[DataflowID(scenario.flows[sandboxes.count].id)] = sandboxes[1]
        }
        return homes
    }

    private static func scenario(
        _ options: SimulationOptions, _ flows: [DataflowID], _ audiences: [AudienceID], _ chance: inout SplitMix
    ) -> Scenario {
        var scenario = Scenario()
        scenario.flows = flows.map { flow in
            .init(
                id: flow.text, name: flow.text,
                audiences: audiences.map { audience in
                    // Some are mapped while the run goes on, at any part of a second.
                    let later = chance.hits(percent: 20)
                    return .init(
                        id: audience.text, name: audience.text,
                        mappedAtMilliseconds: later
                            ? Int64(chance.below(36_000_000)) : Scenario.Audience.longAgo)
                })
        }
        // One of before the start: the first look finds something to count from.
        scenario.exports = [.init(startMilliseconds: -10_800_000, durationMilliseconds: 1_800_000)]
        scenario.runs.shortestMilliseconds = Int64(5000 + chance.below(60_000))
        scenario.runs.longestMilliseconds = scenario.runs.shortestMilliseconds + Int64(chance.below(1_200_000))
        scenario.runs.isOneForEachAudience = chance.hits(percent: 70)
        scenario.runs.lagMilliseconds = Int64(options.listingLagSeconds) * 1000
        scenario.pairsPerCall = options.pairsPerCall
        if options.isThroughBytes { addWireFaults(options, &scenario, &chance) }
        return scenario
    }

    /// Over the wire the platform's own faults take the place of those that are struck on the way.
    private static func addWireFaults(
        _ options: SimulationOptions, _ scenario: inout Scenario, _ chance: inout SplitMix
    ) {
        scenario.runs.failingPercent = (options.strengths[.failingRun] ?? 0) / 10
        scenario.tokenLifetimeMilliseconds = chance.hits(percent: 50) ? 86_399_000 : 600_000
        let faults: [(Scenario.Fault.Kind, FaultKind)] = [
            (.throttled, .throttled), (.serverError, .errorBefore), (.garbage, .nonsense),
            (.revokedToken, .revokedToken),
        ]
        for request in ["token", "exports", "flows", "runs", "adhocrun"] {
            for (kind, fault) in faults where !(request == "token" && kind == .revokedToken) {
                guard let strength = options.strengths[fault] else { continue }
                scenario.faults.append(.init(request: request, kind: kind, percent: max(1, strength / 10)))
            }
        }
    }

    // MARK: Campaigns

    mutating func add(_ name: CampaignName, _ chance: inout SplitMix) {
        var home = sandboxes[0]
        if sandboxes.count > 1 { home = sandboxes[Int(chance.below(UInt64(sandboxes.count)))] }
        var planned = PlannedCampaign(
            campaign: Campaign(name: name, sandbox: home, trigger: .manual, pairs: somePairs(in: home, &chance)))
        dress(&planned.campaign, &chance)
        retime(&planned, &chance)
        campaigns[name] = planned
    }

    func somePairs(in home: SandboxName, _ chance: inout SplitMix) -> [Pair] {
        let share =
            switch size {
            case .manyPairs: 100
            case .manyCampaigns: 1
            case .usual, .longIDs: pace == .weeks ? 15 : [10, 40, 100][Int(chance.below(3))]
            }
        let there = pairs.filter { homes[$0.dataflow] == home }
        let own = there.filter { _ in chance.hits(percent: share) }
        return named(own.isEmpty ? [there[Int(chance.next() % UInt64(there.count))]] : own, chance)
    }

    /// As a file names them: an uploaded audience by its customer's id, by the system's, or, where somebody was careless, by both.
    private func named(_ pairs: [Pair], _ chance: SplitMix) -> [Pair] {
        guard !platform.systemIDs.isEmpty else { return pairs }
        let customers = Dictionary(uniqueKeysWithValues: platform.systemIDs.map { ($0.value, $0.key) })
        // Drawn aside, so that a seed's world is the same but for this.
        var copy = chance
        var aside = SplitMix(seed: copy.next() ^ 0x6e61_6d65_7300)
        return pairs.flatMap { pair -> [Pair] in
            guard let customers = customers[pair.audience] else { return [pair] }
            let other = Pair(dataflow: pair.dataflow, audience: customers)
            return switch aside.below(10) {
            case 0..<4: [pair]
            case 4..<9: [other]
            default: [pair, other]
            }
        }
    }

    /// The pairs that a list of a file means, by the system's ids, each once.
    func meant(by pairs: [Pair]) -> [Pair] {
        var seen: Set<Pair> = []
        return pairs.map(platform.meant).filter { seen.insert($0).inserted }
    }

    func dress(_ campaign: inout Campaign, _ chance: inout SplitMix) {
        campaign.startWithin = .seconds(600 + Int64(chance.below(14_400)))
        campaign.catchUp = .seconds(Int64(chance.below(pace == .hours ? 7200 : 90_000)))
        campaign.overlap = OverlapPolicy.allCases[Int(chance.below(UInt64(OverlapPolicy.allCases.count)))]
        campaign.onDoubt = DoubtPolicy.allCases[Int(chance.below(UInt64(DoubtPolicy.allCases.count)))]
        campaign.jitter = chance.hits(percent: 20) ? .seconds(300) : .zero
        // Drawn aside, so that a seed's world is the same but for this.
        var copy = chance
        var aside = SplitMix(seed: copy.next() ^ 0x6D61_7869_6D75_6D00)
        campaign.maximumOccurrences = aside.hits(percent: 20) ? Int(1 + aside.below(8)) : nil
    }

    /// Gives it another trigger.
    func retime(_ planned: inout PlannedCampaign, _ chance: inout SplitMix) {
        planned.rhythm = nil
        // All at one instant, and once.
        if size == .manyPairs || size == .manyCampaigns {
            let rhythm = Rhythm.everyDay([11 * 60], "*-*-* 11:00")
            guard let timetable = rhythm.timetable else { return }
            planned.rhythm = rhythm
            planned.campaign.trigger = .timetable(timetable)
            return
        }
        switch chance.below(10) {
        case 0: planned.campaign.trigger = .manual
        case 1 where pace != .weeks: planned.campaign.trigger = .afterExport
        case 2 where names.first.map { $0 < planned.campaign.name } == true:
            // After an earlier one only: no circles.
            let earlier = names.filter { $0 < planned.campaign.name }
            planned.campaign.trigger = .after(
                earlier[Int(chance.below(UInt64(earlier.count)))], delay: .seconds(Int64(chance.below(3600))))
        default:
            var rhythm = pace == .hours ? Self.dense(&chance) : Self.sparse(&chance, isWeekly: pace == .weeks)
            // Drawn aside, so that a seed's world is the same but for this.
            var copy = chance
            var aside = SplitMix(seed: copy.next() ^ 0x7a6f_6e65)
            if let zone, aside.hits(percent: 60) { rhythm.zone = zone }
            if let calendars, aside.hits(percent: 60) { rhythm.days = DrawnDays(calendars, &aside) }
            guard let timetable = rhythm.timetable else { return }
            planned.rhythm = rhythm
            planned.campaign.trigger = .timetable(timetable)
        }
    }

    private static func dense(_ chance: inout SplitMix) -> Rhythm {
        let minute = Int(chance.below(60))
        let hours = Array(0..<24)
        switch chance.below(4) {
        case 0: return .everyDay(hours.map { $0 * 60 + minute }, "*:\(two(minute))")
        case 1: return .everyDay(hours.map { $0 * 60 + minute }, "\(minute) * * * *", isCron: true)
        case 2:
            return .everyDay(stride(from: 0, to: 24, by: 3).map { $0 * 60 + 15 }, "0/3:15")
        default: return .everyDay(stride(from: 0, to: 1440, by: 20).map { $0 }, "*:0/20")
        }
    }

    private static func sparse(_ chance: inout SplitMix, isWeekly: Bool) -> Rhythm {
        let (hour, minute) = (Int(chance.below(24)), Int(chance.below(60)))
        let clock = "\(two(hour)):\(two(minute))"
        let at = [hour * 60 + minute]
        let names = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
        switch isWeekly ? 4 : chance.below(5) {
        case 0: return .everyDay(at, "*-*-* \(clock)")
        case 1: return .everyDay(at, "\(minute) \(hour) * * *", isCron: true)
        case 2: return Rhythm(minutes: at, weekdays: Set(0...4), text: "Mon..Fri \(clock)", isCron: false)
        default:
            let day = Int(chance.below(7))
            return Rhythm(minutes: at, weekdays: [day], text: "\(names[day]) \(clock)", isCron: false)
        }
    }

    static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
