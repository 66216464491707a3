// What a delivery costs in calls: four campaigns due together, 260 pairs over 3 dataflows, 60 of them sharing an audience
// with another; the export still runs for 3 minutes, runs take 30 to 60 s, the gate is looked at every 30 s and runs every
// 15 s. Ten times faster than that, with the real daemon, counted by the simulated platform.

import Chronology
import ControlProtocol
import Foundation
import PlatformModel
import Stage

enum CallsBench {
    private static let limitSeconds = 90.0
    /// After the start of the daemon.
    private static let due = 2.0

    static func lines() throws -> [String] {
        let stage = try Stage("activation-bench-calls")
        defer { stage.clear() }
        let platform = try stage.startPlatform(scenario: Scenarios.write(Scenarios.calls))
        let polling = """
            gate = "3s"
            gate_freshness = "1500ms"
            run = "1500ms"
            run_max = "1500ms"
            """
        let at = Instant(milliseconds: Int64((Date().timeIntervalSince1970 + due) * 1000)).rfc3339
        try stage.startDaemon(configuration: Scenarios.settings(platform, polling: polling) + campaigns(at: at))
        let end = Date().addingTimeInterval(limitSeconds)
        while try stage.ask(CampaignsDocument.self, "/v1/campaigns").campaigns.contains(where: { $0.last == nil }) {
            guard Date() < end else { throw StageFailure("the campaigns did not end within \(Int(limitSeconds)) s") }
            Thread.sleep(forTimeInterval: 0.2)
        }
        stage.stopDaemon()
        return words(try stage.stopPlatform())
    }

    /// A: 80 pairs, B: 80, C: 40, and D: 60 with audiences of A on another dataflow.
    private static func campaigns(at: String) -> String {
        let parts = [(1, 1...80), (2, 81...160), (3, 161...200), (3, 1...60)]
        return parts.enumerated().map { index, part in
            let audiences = part.1.map { "\"\(Scenarios.audience($0))\"" }.joined(separator: ", ")
            return
                "[campaign.c\(index)]\nat = [\(at)]\nactivate = [{ dataflow = \"\(Scenarios.flow(part.0))\", audiences = "
                + "[\(audiences)] }]\n"
        }.joined()
    }

    private static func words(_ ledger: Ledger) -> [String] {
        let delivered = ledger.deliveries.reduce(0) { $0 + $1.succeeded }
        let twice = ledger.deliveries.count { $0.accepted > 1 }
        let kinds = ledger.requests.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        return [
            "Calls: 260 pairs over 3 dataflows, 60 sharing an audience, behind an export of 3 minutes (10 times faster)",
            "  \(ledger.total) calls for \(delivered) delivered pairs, in \(ledger.calls.count) jobs of \(ledger.calls) "
                + "(the least possible is 20)",
            "  \(kinds); \(ledger.violations.count) rules broken, \(twice) sent twice",
        ]
    }
}
