import Chronology
import ControlProtocol
import SchedulerCore
import Testing

@testable import Planning

/// Goal: before a reload people see which occurrences it would add, remove and move, and nothing else.
@Suite struct PlanDifferenceTests {
    private func document(_ campaigns: [Campaign], days: Int = 7) -> PlanDocument {
        let plan = plan(campaigns, days: days, habits: nightly)
        return plan.document(at: plan.now)
    }

    private func words(_ difference: PlanDifferenceDocument) -> [String] {
        difference.changes.map { "\($0.kind) \($0.campaign) \($0.before ?? "-") \($0.after ?? "-")" }
    }

    @Test func `the same configuration changes nothing`() throws {
        let campaigns = [campaign("sale", try calendar("*-*-* 12:00")), campaign("fresh", .afterExport)]
        let difference = PlanDifferenceDocument(from: document(campaigns), to: document(campaigns))
        #expect(difference.changes == [] && difference.unchanged == 14)
    }

    @Test func `another time is a move on its day, a new campaign is added, one that is gone is removed`() throws {
        let before = [campaign("sale", try calendar("Fri 17:00")), campaign("winter", try calendar("Sat 08:00"))]
        let after = [campaign("sale", try calendar("Fri 16:30")), campaign("spring", try calendar("Sun 08:00"))]
        let difference = PlanDifferenceDocument(from: document(before), to: document(after))
        #expect(
            words(difference) == [
                "moved sale 2026-11-27T17:00:00.000Z 2026-11-27T16:30:00.000Z",
                "added spring - 2026-11-29T08:00:00.000Z", "removed winter 2026-11-28T08:00:00.000Z -",
            ])
    }

    @Test func `the same time with other activations, or another end, is a change`() throws {
        let pairs = [Pair(dataflow: "crm", audience: "vip"), Pair(dataflow: "crm", audience: "lapsed")]
        let before = [campaign("sale", try calendar("Fri 17:00")), campaign("late", try calendar("Tue 02:05"))]
        let after = [
            campaign("sale", try calendar("Fri 17:00"), pairs),
            campaign("late", try calendar("Tue 02:05")) { $0.startWithin = .seconds(60) },
        ]
        let difference = PlanDifferenceDocument(from: document(before), to: document(after))
        #expect(difference.changes.map(\.kind) == ["changed", "changed"])
        #expect(difference.changes.map(\.detail).contains("1 -> 2 activations"))
        #expect(difference.changes.map(\.detail).contains { $0.hasPrefix("succeeded -> expired") })
        #expect(difference.warnings.map(\.code) == ["would-expire"])
    }

    @Test func `a daily time that moves is moved on each day`() throws {
        let difference = PlanDifferenceDocument(
            from: document([campaign("sale", try calendar("*-*-* 12:00"))]),
            to: document([campaign("sale", try calendar("*-*-* 13:00"))]))
        #expect(difference.changes.map(\.kind) == Array(repeating: "moved", count: 7))
    }
}
