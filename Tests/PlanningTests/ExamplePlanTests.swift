import CampaignConfig
import Chronology
import ControlProtocol
import FoundationEssentials
import Presentation
import SchedulerCore
import Testing

@testable import Planning

/// Goal: the plan of the configuration that we ship, to the letter.
@Suite struct ExamplePlanTests {
    private func shipped() throws -> Configuration {
        let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let bytes = Array(try Data(contentsOf: URL(filePath: root + "/config/activationd.toml")))
        let zones: ZoneSource = { $0 == "UTC" ? .utc : try? zone($0) }
        let loader = ConfigurationLoader(
            zones: zones,
            calendarFile: { .failure(.init(code: .fileUnreadable, file: $0, found: "no such file", remedy: "")) },
            now: instant("2026-11-26T11:00:00Z"))
        return try loader.load([SourceFile(path: "activationd.toml", bytes: bytes)]).configuration
    }

    private var screen: Screen {
        Screen(
            now: instant("2026-11-26T11:00:00Z"), zone: { $0 == "UTC" ? .utc : try? zone($0) }, style: .plain, width: 80
        )
    }

    private func shippedPlan(days: Int) throws -> PlanDocument {
        var planner = Planner(
            of: try shipped(), from: instant("2026-11-26T11:00:00Z"), days: days,
            habits: [
                "prod": ExportHabit(
                    spans: [
                        ExportHabit.Span(
                            start: .seconds(4 * 3600), usualLength: .seconds(80 * 60), latestLength: .seconds(130 * 60),
                            count: 30)
                    ], count: 30)
            ])
        return planner.run().document(at: instant("2026-11-26T11:00:00Z"))
    }

    @Test func `the timeline of the shipped example`() throws {
        let text = screen.lines(try shippedPlan(days: 3), withDetails: false).joined(separator: "\n")
        #expect(text == Self.timeline)
    }

    private static let timeline = """
        Plan of the files for 3 days from Thu 11:00 +00:00 in UTC. █ usual export, ▒ at
        the latest. ░ blackout.

        Thu 26 Nov: nothing is due
        Fri 27 Nov              00    03    06    09    12    15    18    21    24
          (usual export)        ········███▒▒···································
          (nightly segmentat…)  ·░░░············································
          black-friday                    ▲05:00
                                waits for the usual export, starts about 05:20
          black-friday                                            ▲17:00 1 activation
          fresh-every-day                 ▲05:20 after the export, 1 activation
          flash-sale                                            ▲16:00
                                waits for its own run for "vip", starts about 16:10,
                                17:00 in Europe/Stockholm
          follow-up                                                 ▲18:20
                                after flash-sale, 1 activation
        Sat 28 Nov              00    03    06    09    12    15    18    21    24
          (usual export)        ········███▒▒···································
          (nightly segmentat…)  ·░░░············································
          fresh-every-day                 ▲05:20 after the export, 1 activation
        Sun 29 Nov              00    03    06    09    12    15    18    21    24
          (usual export)        ········███▒▒···································
          (nightly segmentat…)  ·░░░············································
          fresh-every-day                 ▲05:20 after the export, 1 activation

        7 occurrences, 9 activations, 7 jobs, about 1122 calls.
        Assumed: exports of prod come at their usual times; a run takes 7 min where none
        was seen; the platform answers at once, accepts every call, and nobody else
        starts a run; every audience is mapped, and no occurrence has been fired yet.
        Not in these days: month-end (next Mon 06:30 +00:00).
        ! black-friday Fri 05:00 +00:00 falls into the usual export: about 20 min late.
          Consider a time after 06:10. [waits-for-export]
        """
}
