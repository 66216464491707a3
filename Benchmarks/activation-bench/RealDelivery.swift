// The same delivery by the real daemon over HTTP, ten times faster.

import Chronology
import ControlProtocol
import Foundation
import PlatformModel
import Stage

enum RealDelivery {
    private static let pace: Int64 = 10
    private static let limitSeconds = 90.0
    /// After the start of the platform: by then the daemon runs.
    private static let dueMilliseconds: Int64 = 2000
    private static let polling = """
        gate = "3s"
        gate_freshness = "1500ms"
        run = "1500ms"
        run_max = "1500ms"
        """

    static func count() throws -> CallCount {
        let stage = try Stage("activation-bench-calls")
        defer { stage.clear() }
        let scenario = Scenarios.calls(due: dueMilliseconds, pace: pace)
        let platform = try stage.startPlatform(scenario: Scenarios.write(scenario))
        let due = Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1000) + dueMilliseconds)
        try stage.startDaemon(configuration: Scenarios.settings(platform, polling: polling) + campaigns(at: due))
        let end = Date().addingTimeInterval(limitSeconds)
        while try stage.ask(CampaignsDocument.self, "/v1/campaigns").campaigns.contains(where: { $0.last == nil }) {
            guard Date() < end else { throw StageFailure("the campaigns did not end within \(Int(limitSeconds)) s") }
            Thread.sleep(forTimeInterval: 0.2)
        }
        stage.stopDaemon()
        return CallCount(try stage.stopPlatform())
    }

    private static func campaigns(at due: Instant) -> String {
        Scenarios.campaigns.enumerated().map { index, part in
            let audiences = part.audiences.map { "\"\(Scenarios.audience($0))\"" }.joined(separator: ", ")
            return
                "[campaign.c\(index)]\nat = [\(due.rfc3339)]\nactivate = [{ dataflow = \"\(Scenarios.flow(part.flow))\", "
                + "audiences = [\(audiences)] }]\n"
        }.joined()
    }
}
