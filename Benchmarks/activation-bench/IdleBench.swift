// The daemon with 1,000 campaigns and nothing due: memory, wakeups, calls. After its start, after a delivery, and a
// while after that; then another one that a watchdog expects to hear of.

import ControlProtocol
import Foundation
import PlatformModel
import Stage

enum IdleBench {
    private static let campaigns = 1000
    private static let settleSeconds = 5.0
    private static let watchdogSeconds = 30

    static func lines(seconds: Int) throws -> [String] {
        var table = Table([
            "", "PSS", "PSS alone", "RSS", "private dirty", "threads", "wakeups", "calls", "who woke",
        ])
        try withDaemon([:]) { stage, pid in
            table.add(try row("after the start", stage, pid, seconds))
            try deliver(stage)
            Thread.sleep(forTimeInterval: settleSeconds)
            table.add(try row("after a delivery", stage, pid, seconds))
            table.add(try row("after that", stage, pid, seconds))
        }
        try withDaemon(["WATCHDOG_USEC": "\(watchdogSeconds * 1_000_000)"]) { stage, pid in
            let name = "a watchdog of \(watchdogSeconds) s, \(seconds * 3 / watchdogSeconds) pings"
            table.add(try row(name, stage, pid, seconds))
        }
        return [
            "Idle: activationd with \(campaigns) campaigns and nothing due; wakeups and calls within \(seconds) s"
        ] + table.lines
    }

    private static func withDaemon(_ environment: [String: String], _ body: (Stage, Int32) throws -> Void) throws {
        let stage = try Stage("activation-bench-idle")
        defer { stage.clear() }
        let platform = try stage.startPlatform(scenario: Scenarios.write(Scenarios.idle))
        try stage.startDaemon(
            configuration: Scenarios.settings(platform, polling: "run = \"1s\"") + configuration,
            environment: environment)
        guard let pid = stage.daemonPID else { throw StageFailure("activationd has ended") }
        Thread.sleep(forTimeInterval: settleSeconds)
        try body(stage, pid)
        let listed = try stage.ask(CampaignsDocument.self, "/v1/campaigns").campaigns.count
        guard listed == campaigns else { throw StageFailure("activationd holds \(listed) campaigns") }
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
            name, megabytes(Machine.kilobytes("Pss", in: memory)), megabytes(pssAlone(pid)),
            megabytes(Machine.kilobytes("Rss", in: memory)),
            megabytes(Machine.kilobytes("Private_Dirty", in: memory)),
            "\(woken.count)", "\(wakers.reduce(0) { $0 + $1.count })", "\(calls)",
            wakers.isEmpty ? "nobody" : wakers.map { "\($0.name) \($0.count)" }.joined(separator: ", "),
        ]
    }

    /// What PSS would be if no other process used Swift's libraries, as on a machine that only runs the daemon: the
    /// benchmark and the simulated platform share them. In kilobytes.
    private static func pssAlone(_ pid: Int32) -> Int {
        var isSwift = false
        var sum = 0
        for line in Machine.text("/proc/\(pid)/smaps").split(separator: "\n") {
            let words = line.split(separator: " ")
            guard let first = words.first else { continue }
            if !first.hasSuffix(":") {
                isSwift = line.contains("/lib/swift/")
            } else if first == (isSwift ? "Rss:" : "Pss:"), words.count > 1 {
                sum += Int(words[1]) ?? 0
            }
        }
        return sum
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
