import Chronology
import PlatformModel
import SchedulerCore
import Testing

@testable import Simulation

/// Goal: whoever follows is fired, or skipped with a record that names what it follows and says truly how that ended.
@Suite struct FollowerCheckTests {
    private let at = Instant(milliseconds: 1_795_514_400_000)

    /// A plan with a campaign that follows another one, and that one's name.
    private func plan() throws -> (PlansInUse, follower: CampaignName, leader: CampaignName) {
        for seed in 1...200 as ClosedRange<UInt64> {
            let plan = CampaignPlan(SimulationOptions(seed: seed, hours: 1))
            for (name, planned) in plan.campaigns {
                guard case .after(let leader, _) = planned.campaign.trigger else { continue }
                var plans = PlansInUse()
                plans.mayUse(plan)
                return (plans, name, leader)
            }
        }
        throw Missing()
    }

    private struct Missing: Error {}

    private func skip(_ campaign: CampaignName, _ reason: SkippedOccurrences.Reason, _ detail: String)
        -> SkippedOccurrences
    {
        SkippedOccurrences(
            id: OccurrenceID(9), campaign: campaign, first: at, last: at, count: 1, reason: reason, detail: detail,
            at: at)
    }

    @Test func `a follower that nothing became of, and one that was skipped for what it follows`() throws {
        let (plans, follower, leader) = try plan()
        var check = FollowerCheck()
        check.ended(OccurrenceID(7), of: leader, .failed, plans)
        var other = check
        #expect(check.settle { _ in false } != nil)
        #expect(other.take(skip(follower, .predecessor, "occurrence 7 of \(leader) ended as failed")) == nil)
        #expect(other.settle { $0 != follower } == nil)
    }

    @Test func `one that has fired as often as it may is owed nothing`() throws {
        let (plans, _, leader) = try plan()
        var check = FollowerCheck()
        check.ended(OccurrenceID(7), of: leader, .succeeded, plans)
        #expect(check.settle { _ in true } == nil)
    }

    @Test func `a skip that says of a success that it was none`() throws {
        let (plans, follower, leader) = try plan()
        var check = FollowerCheck()
        check.ended(OccurrenceID(7), of: leader, .succeeded, plans)
        #expect(check.take(skip(follower, .predecessor, "occurrence 7 of \(leader) ended as failed")) != nil)
    }
}
