// The daemon with 1,000 campaigns, after a delivery, and nothing due: memory, wakeups, calls.

import ControlProtocol
import Foundation
import PlatformModel
import Stage

enum IdleBench {
    private static let campaigns = 1000
    private static let settleSeconds = 5.0

    static func lines(seconds: Int) throws -> [String] {
        let stage = try Stage("activation-bench-idle")
        defer { stage.clear() }
        let platform = try stage.startPlatform(scenario: Scenarios.write(Scenarios.idle))
        try stage.startDaemon(configuration: Scenarios.settings(platform, polling: "run = \"1s\"") + configuration)
        guard let pid = stage.daemonPID else { throw StageFailure("activationd has ended") }
        try deliver(stage)
        Thread.sleep(forTimeInterval: settleSeconds)
        let asked = try stage.ledger().total
        let before = wakeups(of: pid)
        Thread.sleep(forTimeInterval: Double(seconds))
        let woken = wakeups(of: pid) - before
        let memory = "/proc/\(pid)/smaps_rollup"
        let threads = Machine.field("Threads", in: "/proc/\(pid)/status") ?? "?"
        let pss = Machine.kilobytes("Pss", in: memory)
        let own = Machine.kilobytes("Pss_Anon", in: memory)
        let rss = Machine.kilobytes("Rss", in: memory)
        let listed = try stage.ask(CampaignsDocument.self, "/v1/campaigns").campaigns.count
        let calls = try stage.ledger().total - asked
        return [
            "Idle: activationd with \(listed) campaigns after a delivery, nothing due for \(seconds) s",
            "  PSS \(megabytes(pss)) (of it anonymous \(megabytes(own)); RSS \(megabytes(rss))), \(threads) threads",
            "  \(woken) wakeups in \(seconds) s (voluntary context switches of all threads; no watchdog)",
            "  \(calls) calls to the platform",
        ]
    }

    /// One delivery first: what it leaves behind belongs to the picture.
    private static func deliver(_ stage: Stage) throws {
        try stage.fire("c3")
        while try stage.ask(CampaignDocument.self, "/v1/campaigns/c3").summary.last == nil {
            Thread.sleep(forTimeInterval: 0.2)
        }
    }

    private static func megabytes(_ kilobytes: Int) -> String {
        "\(kilobytes / 1000).\(kilobytes / 100 % 10) MB"
    }

    private static func wakeups(of pid: Int32) -> Int {
        let tasks = "/proc/\(pid)/task"
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: tasks)) ?? []
        return threads.reduce(0) { sum, thread in
            sum + (Machine.field("voluntary_ctxt_switches", in: "\(tasks)/\(thread)/status").flatMap { Int($0) } ?? 0)
        }
    }

    /// Calendars, cron, single times and campaigns by hand; none within the hour.
    private static var configuration: String {
        let hour = Calendar(identifier: .gregorian).component(.hour, from: Date())
        let later = (hour + 12) % 24
        return (0..<campaigns).map { number in
            let schedule =
                switch number % 4 {
                case 0: "schedule = \"Mon..Fri \(later < 10 ? "0" : "")\(later):\(10 + number % 50)\""
                case 1: "cron = \"\(number % 60) \(later) * * 1-5\""
                case 2: "at = [2036-01-01T00:00:00Z]"
                default: ""
                }
            let audience = Scenarios.audience(number % 200 + 1)
            return
                "[campaign.c\(number)]\n\(schedule)\nactivate = [{ dataflow = \"\(Scenarios.flow(number % 3 + 1))\", "
                + "audiences = [\"\(audience)\"] }]\n"
        }.joined()
    }
}
