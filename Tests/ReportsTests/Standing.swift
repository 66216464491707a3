import Chronology
import SchedulerCore

/// Schedulers with a past, at one hour after it: what is told of them depends on nothing else.
enum Standing {
    /// Tuesday 24 November 2026, 10:00 UTC.
    static let at = Instant(milliseconds: 1_795_514_400_000)
    static let now = Moment(wall: at + .seconds(3600), monotonic: Monotonic(milliseconds: 5_000_000))
    static let sale = OccurrenceID(17)

    static func campaign(
        _ name: CampaignName, _ trigger: Trigger = .manual, pairs: Int = 1,
        _ change: (inout Campaign) -> Void = { _ in }
    ) -> Campaign {
        var campaign = Campaign(name: name, sandbox: "prod", trigger: trigger, pairs: Self.pairs(pairs))
        change(&campaign)
        return campaign
    }

    static func daily(_ clock: String) throws -> Trigger {
        .timetable(
            Timetable(schedule: .calendar(try CalendarExpression(parsing: "*-*-* \(clock)")), zone: .utc, text: clock))
    }

    static func configuration(_ campaigns: [Campaign]) -> Configuration {
        var configuration = Configuration(
            platform: PlatformSettings(
                organization: "org", sandbox: "prod", clientID: "client", clientSecret: .environment("SECRET")))
        for campaign in campaigns { configuration.campaigns[campaign.name] = campaign }
        configuration.dataflowNames = ["flow": "crm"]
        return configuration
    }

    /// The fold of these records, before anything happens. Nothing is known of the platform, and no time is looked up.
    static func scheduler(_ campaigns: [Campaign], _ records: [Record] = []) -> Scheduler {
        var state = State()
        for record in records { state.apply(record) }
        return Scheduler(state: state, configuration: configuration(campaigns))
    }

    /// The same, started: coming times are known.
    static func started(_ campaigns: [Campaign], _ records: [Record] = []) -> Scheduler {
        var scheduler = scheduler(campaigns, records)
        _ = scheduler.handle(.started(scheduler.configuration), at: now)
        return scheduler
    }

    static func pairs(_ count: Int) -> [Pair] {
        (1...count).map { Pair(dataflow: "flow", audience: AudienceID("a\($0)")) }
    }

    /// Due at ten, and given up at two.
    static func occurrence(_ id: OccurrenceID = sale, of campaign: CampaignName = "sale", pairs: Int = 1) -> Occurrence
    {
        Occurrence(
            id: id, campaign: campaign, sandbox: "prod", nominal: at, startsAt: at, expiresAt: at + .seconds(4 * 3600),
            admittedAt: at, origin: .timetable, generation: 1, isLate: false, onDoubt: .retry, startsAfter: nil,
            pairs: Self.pairs(pairs))
    }

    static func call(_ number: Int, _ activations: [ActivationID]) -> Call {
        Call(
            id: CallID(number), sandbox: "prod", activations: activations,
            pairs: activations.map { Pair(dataflow: "flow", audience: AudienceID("a\($0.index)")) }, baselines: [:],
            exportJob: nil, at: at)
    }

    static func ended(_ activation: ActivationID, _ result: ActivationOutcome.Result) -> Record {
        .activationEnded(activation: activation, outcome: ActivationOutcome(result: result), at: at)
    }

    static func setAside(_ activation: ActivationID) -> Record {
        .activationQuarantined(activation: activation, reason: "odd", holdsLane: false, at: at)
    }

    /// One activation of each state: waiting is the tenth, and calls 4 and 5 are on their way.
    static var everyState: [Record] {
        let calls = [call(4, [ActivationID(sale, 7)]), call(5, [ActivationID(sale, 8)])]
        return [
            .occurrenceAdmitted(occurrence(pairs: 10)), ended(ActivationID(sale, 1), .succeeded),
            ended(ActivationID(sale, 2), .partial), ended(ActivationID(sale, 3), .failed),
            ended(ActivationID(sale, 4), .expired), ended(ActivationID(sale, 5), .cancelled),
            setAside(ActivationID(sale, 6)), .callIntended(calls[0]), .callSending(call: CallID(4), at: at),
            .callAnswered(call: CallID(4), outcome: "timeout", at: at),
            .activationInDoubt(activation: ActivationID(sale, 7), call: CallID(4), reason: "timeout", at: at),
            .callIntended(calls[1]), .callSending(call: CallID(5), at: at),
            .activationRunning(activation: ActivationID(sale, 9), run: "run-9", adopted: false, at: at),
        ]
    }
}
