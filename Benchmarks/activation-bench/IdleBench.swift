// The daemon with 1,000 campaigns and nothing due: memory, wakeups, calls. After its start, after a delivery, and a
// while after that.

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
        let listed = try stage.ask(CampaignsDocument.self, "/v1/campaigns").campaigns.count
        var table = Table(["", "PSS", "RSS", "private dirty", "threads", "wakeups", "calls", "who woke"])
        Thread.sleep(forTimeInterval: settleSeconds)
        table.add(try row("after the start", stage, pid, seconds))
        try deliver(stage)
        Thread.sleep(forTimeInterval: settleSeconds)
        table.add(try row("after a delivery", stage, pid, seconds))
        table.add(try row("after that", stage, pid, seconds))
        return [
            "Idle: activationd with \(listed) campaigns and nothing due; wakeups and calls within \(seconds) s, no watchdog"
        ] + table.lines
    }

    private static func row(_ name: String, _ stage: Stage, _ pid: Int32, _ seconds: Int) throws -> [String] {
        let asked = try stage.ledger().total
        let before = wakeups(of: pid)
        Thread.sleep(forTimeInterval: Double(seconds))
        let woken = wakeups(of: pid)
        let memory = "/proc/\(pid)/smaps_rollup"
        let calls = try stage.ledger().total - asked
        let wakers = woken.sorted { $0.key < $1.key }.compactMap { thread, count -> (name: String, count: Int)? in
            let grown = count.switches - (before[thread]?.switches ?? 0)
            return grown > 0 ? (count.name, grown) : nil
        }
        return [
            name, megabytes(Machine.kilobytes("Pss", in: memory)), megabytes(Machine.kilobytes("Rss", in: memory)),
            megabytes(Machine.kilobytes("Private_Dirty", in: memory)),
            "\(woken.count)", "\(wakers.reduce(0) { $0 + $1.count })", "\(calls)",
            wakers.isEmpty ? "nobody" : wakers.map { "\($0.name) \($0.count)" }.joined(separator: ", "),
        ]
    }

    private static func deliver(_ stage: Stage) throws {
        try stage.fire("c3")
        while try stage.ask(CampaignDocument.self, "/v1/campaigns/c3").summary.last == nil {
            Thread.sleep(forTimeInterval: 0.2)
        }
    }

    private static func megabytes(_ kilobytes: Int) -> String {
        "\(kilobytes / 1000).\(kilobytes / 100 % 10) MB"
    }

    /// Voluntary context switches by thread: a thread that sleeps has one for each time it woke. Threads that ended
    /// meanwhile are not seen; theirs were work.
    private static func wakeups(of pid: Int32) -> [Int: (name: String, switches: Int)] {
        let tasks = "/proc/\(pid)/task"
        var found: [Int: (name: String, switches: Int)] = [:]
        for thread in (try? FileManager.default.contentsOfDirectory(atPath: tasks)) ?? [] {
            let status = "\(tasks)/\(thread)/status"
            guard let number = Int(thread), let name = Machine.field("Name", in: status),
                let switches = Machine.field("voluntary_ctxt_switches", in: status).flatMap({ Int($0) })
            else { continue }
            found[number] = (name, switches)
        }
        return found
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
