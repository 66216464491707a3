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

    /// The plan of a daemon that has been at work for three weeks, on a platform with an export each night.
    private func daemon(_ campaigns: [Campaign], from: Instant, days: Int = 7) -> PlanDocument {
        let today = instant("2026-11-23T15:00:00Z")
        var now = Moment(wall: today - .seconds(21 * 86_400), monotonic: Monotonic(milliseconds: 5000))
        var scheduler = Scheduler(configuration: configuration(campaigns))
        var platform = ExpectedPlatform(
            scheduler, habits: nightly, runLengths: ["prod": .seconds(900)], isFresh: true, at: now, until: today)
        var events: [Event] = [.started(scheduler.configuration)]
        while now.wall < today {
            while !events.isEmpty {
                let effects = scheduler.handle(events.removeFirst(), at: now).effects
                events += effects.compactMap { platform.answer($0, at: now) }
            }
            let delay = max(
                .milliseconds(1), min(scheduler.wake.delay(from: now) ?? .seconds(86_400), today - now.wall))
            now = Moment(wall: now.wall + delay, monotonic: now.monotonic + delay)
            events = [.woke]
        }
        var planner = Planner(of: scheduler, at: now, from: from, days: days)
        return planner.run().document(at: now.wall)
    }

    /// The plan of a file as `activationctl plan --diff` makes it: over the same days, with what the daemon has learned.
    private func file(_ campaigns: [Campaign], like other: PlanDocument) -> PlanDocument {
        var habits: [SandboxName: ExportHabit] = [:]
        var lengths: [SandboxName: Duration] = [:]
        for document in other.habits {
            habits[SandboxName(document.sandbox)] = document.habit
            lengths[SandboxName(document.sandbox)] = document.runLength
        }
        var planner = Planner(
            of: configuration(campaigns), from: instant(other.from), days: other.days, habits: habits,
            runLengths: lengths, pauses: other.pauses.compactMap(\.pause))
        return planner.run().document(at: instant(other.now))
    }

    // The second time is nominal for one of them, the third falls into the export.
    @Test(arguments: ["2026-11-23T15:00:00Z", "2026-11-25T12:00:00Z", "2026-11-25T02:10:00Z"])
    func `the file of a daemon at work changes nothing of what it plans`(from: String) throws {
        let campaigns = [
            campaign("sale", try calendar("*-*-* 12:00")), campaign("fresh", .afterExport),
            campaign("next", .after("sale", delay: .seconds(1800)), [Pair(dataflow: "crm", audience: "lapsed")]),
        ]
        let daemon = daemon(campaigns, from: instant(from))
        #expect(daemon.habits.map(\.spans.count) == [1] && daemon.habits.first?.runMilliseconds != nil)
        #expect(Set(daemon.occurrences.map(\.campaign)) == ["sale", "fresh", "next"])
        let difference = PlanDifferenceDocument(from: daemon, to: file(campaigns, like: daemon))
        #expect(difference.changes == [])
        #expect(difference.unchanged == 21 && difference.warnings == [] && difference.cut == nil)
        let other = [campaigns[0], campaigns[1]]
        let without = PlanDifferenceDocument(from: daemon, to: file(other, like: daemon))
        #expect(without.changes.map(\.kind) == Array(repeating: "removed", count: 7) && without.unchanged == 14)
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
