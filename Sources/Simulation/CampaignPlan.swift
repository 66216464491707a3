// What is configured in one run, and the platform that goes with it.

internal import Chronology
internal import PlatformModel
internal import SchedulerCore

struct CampaignPlan {
    /// Tuesday 24 November 2026, 10:00 UTC.
    static let start = Instant(milliseconds: 1_795_514_400_000)

    let scenario: Scenario
    /// Of the campaigns that no reload takes away.
    private(set) var timetables: [(CampaignName, Timetable)] = []
    private var campaigns: [Campaign] = []
    private let extra: Campaign
    private let pairs: [Pair]

    init(_ options: SimulationOptions, _ chance: inout SplitMix) {
        let flows = (1...options.dataflows).map { DataflowID("flow-\($0)") }
        let audiences = (1...options.audiences).map { AudienceID("audience-\($0)") }
        pairs = flows.flatMap { flow in audiences.map { Pair(dataflow: flow, audience: $0) } }
        scenario = Self.scenario(options, flows, audiences, &chance)
        for number in 1...options.campaigns {
            let campaign = Self.campaign(CampaignName("campaign-\(number)"), pairs, &chance)
            campaigns.append(campaign)
            if case .timetable(let timetable) = campaign.trigger { timetables.append((campaign.name, timetable)) }
        }
        extra = Self.campaign("extra", pairs, &chance)
    }

    func configuration(withExtra: Bool) -> Configuration {
        var configuration = Configuration(
            platform: PlatformSettings(
                organization: scenario.organization, sandbox: SandboxName(scenario.sandbox),
                clientID: scenario.clientID, clientSecret: .environment("SECRET")))
        for campaign in campaigns + (withExtra ? [extra] : []) { configuration.campaigns[campaign.name] = campaign }
        configuration.digest = withExtra ? "with" : "without"
        return configuration
    }

    /// How long something can have begun on the platform without a call knowing of it: an answer of that age counts as
    /// fresh, and its way and that of the call take their time.
    var blindness: Duration {
        Polling().gateFreshness + SimulationBounds.slowestWay * 2 + .milliseconds(2000)
            + .milliseconds(scenario.runs.lagMilliseconds)
    }

    func name(_ chance: inout SplitMix) -> CampaignName {
        campaigns[Int(chance.below(UInt64(campaigns.count)))].name
    }

    func pair(_ chance: inout SplitMix) -> Pair {
        pairs[Int(chance.below(UInt64(pairs.count)))]
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
        var begin: Int64 = -3_600_000
        while begin < Int64(options.hours + 24) * 3_600_000 {
            let length = Int64(600_000 + chance.below(5_400_000))
            scenario.exports.append(.init(startMilliseconds: begin, durationMilliseconds: length))
            begin += length + Int64(3_600_000 + chance.below(57_600_000))
        }
        scenario.runs.shortestMilliseconds = Int64(5000 + chance.below(60_000))
        scenario.runs.longestMilliseconds = scenario.runs.shortestMilliseconds + Int64(chance.below(1_200_000))
        scenario.runs.isOneForEachAudience = chance.hits(percent: 70)
        scenario.runs.lagMilliseconds = Int64(options.listingLagSeconds) * 1000
        scenario.runs.failingPercent = options.failingRuns
        scenario.tokenLifetimeMilliseconds = chance.hits(percent: 50) ? 86_399_000 : 600_000
        for request in ["token", "exports", "flows", "runs", "adhocrun"] {
            for (kind, percent) in [
                (Scenario.Fault.Kind.throttled, options.throttled), (.serverError, options.serverErrors),
                (.garbage, options.nonsense), (.revokedToken, options.revokedTokens),
            ] where percent > 0 && !(request == "token" && kind == .revokedToken) {
                scenario.faults.append(.init(request: request, kind: kind, percent: percent))
            }
        }
        return scenario
    }

    private static func campaign(_ name: CampaignName, _ pairs: [Pair], _ chance: inout SplitMix) -> Campaign {
        var own = pairs.filter { _ in chance.hits(percent: 40) }
        if own.isEmpty { own = [pairs[Int(chance.below(UInt64(pairs.count)))]] }
        return Campaign(
            name: name, sandbox: "prod", trigger: trigger(&chance), pairs: own,
            startWithin: .seconds(600 + Int64(chance.below(14_400))), catchUp: .seconds(Int64(chance.below(7200))),
            overlap: OverlapPolicy.allCases[Int(chance.below(UInt64(OverlapPolicy.allCases.count)))],
            onDoubt: DoubtPolicy.allCases[Int(chance.below(UInt64(DoubtPolicy.allCases.count)))],
            jitter: chance.hits(percent: 20) ? .seconds(300) : .zero)
    }

    private static func trigger(_ chance: inout SplitMix) -> Trigger {
        let minute = chance.below(60)
        let expressions = [
            "*:\(minute < 10 ? "0" : "")\(minute)", "0/3:15", "*-*-* 06:30", "Mon..Fri 17:00", "*:0/20",
        ]
        let text = expressions[Int(chance.below(UInt64(expressions.count)))]
        guard !chance.hits(percent: 15), let expression = try? CalendarExpression(parsing: text) else { return .manual }
        return .timetable(Timetable(schedule: .calendar(expression), zone: .utc, text: text))
    }
}
