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
        let zones = { (name: String) -> Zone? in name == "UTC" ? .utc : try? zone(name) }
        let loader = ConfigurationLoader(zones: zones, now: instant("2026-11-26T11:00:00Z"))
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
        """
}
