// What a plan comes to for each campaign, looked up once for all of them.

internal import Chronology
internal import SchedulerCore

struct PlanSummary {
    private let plan: Plan
    /// Of campaigns with occurrences, skipped ones included.
    let counts: [CampaignName: Int]
    /// The last nominal time in the plan.
    private let lasts: [CampaignName: Instant]

    init(_ plan: Plan) {
        self.plan = plan
        counts = plan.occurrences.reduce(into: [:]) { $0[$1.campaign, default: 0] += $1.count }
        lasts = plan.occurrences.reduce(into: [:]) { $0[$1.campaign] = $1.last ?? $1.nominal }
    }

    /// The first nominal time of a campaign's timetable that is not in the plan. Nil where there is none.
    func nextTime(of campaign: Campaign) -> Instant? {
        // A campaign that is disabled, or has fired as often as it may, has none.
        guard case .timetable(let timetable) = campaign.trigger,
            let next = plan.scheduler.nextTime(of: campaign.name)
        else { return nil }
        return timetable.next(
            after: max(lasts[campaign.name] ?? next - .milliseconds(1), plan.until - .milliseconds(1)))
    }
}
