import Chronology
import SchedulerCore
import Testing

/// Goal: campaigns that are new together are recorded one by one where they are few, and otherwise in records of a bounded size.
@Suite struct AnchorTests {
    private let now = Moment(wall: ten, monotonic: Monotonic(milliseconds: 5_000_000))

    /// What a first start records of so many campaigns: names that have a record each, and names that share one.
    private func anchored(_ names: [CampaignName]) -> (single: [CampaignName], together: [[CampaignName]]) {
        let settings = configuration(names.map { campaign($0) })
        var scheduler = Scheduler(configuration: settings)
        let records = scheduler.handle(.started(settings), at: now).records
        let single = records.compactMap { record in
            if case .campaignAnchored(let name, _, _) = record { name } else { nil }
        }
        let together = records.compactMap { record in
            if case .campaignsAnchored(let anchors) = record { anchors.anchors.map(\.campaign) } else { nil }
        }
        return (single, together)
    }

    private func names(_ count: Int) -> [CampaignName] { (0..<count).map { CampaignName("c\(10_000 + $0)") } }

    @Test func `a hundred campaigns have a record each, in the order of their names`() {
        let found = anchored(names(100).reversed())
        #expect(found.single == names(100) && found.together.isEmpty)
    }

    @Test func `one more, and they share a record`() {
        let found = anchored(names(101).reversed())
        #expect(found.single.isEmpty && found.together == [names(101)])
    }

    @Test func `five thousand campaigns are the most in one record`() {
        #expect(anchored(names(5000)).together.map(\.count) == [5000])
        #expect(anchored(names(5001)).together.map(\.count) == [5000, 1])
    }

    // With "manual" 20,006 bytes each: 52 are less than a MiB, and 53 are more.
    @Test func `long names make more records, of about a MiB each`() {
        let long = String(repeating: "x", count: 19_994)
        let found = anchored(names(101).map { CampaignName($0.text + long) })
        #expect(found.together.map(\.count) == [53, 48])
    }
}
