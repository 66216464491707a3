// The real daemon with 1,000 and with 100,000 campaigns in one file: how long it takes to be ready, how much memory a
// campaign takes, and what an occurrence costs that is due. Begin at `lines`.
//
// No platform: nothing is due, and what follows exports finds nobody at home.

import Chronology
import Foundation
import Glibc
import Stage

enum ScaleBench {
    private static let few = 1000
    /// What the daemon settles in: it gives memory back when nothing has used it for three seconds.
    private static let settleSeconds = 8.0
    /// A reload that comes within a second after another one waits.
    private static let pauseSeconds = 2.0

    private struct Figures {
        var bytes = 0
        var firstStart = 0.0
        var restart = 0.0
        var unchanged = 0.0
        var changed = 0.0
        var resting = ProcessMemory()
        var reloaded = ProcessMemory()
        var timers = 0
    }

    static func lines(campaigns: Int) throws -> [String] {
        let (small, large) = (try measure(few), try measure(campaigns))
        var table = Table(["", "\(few) campaigns", "\(campaigns) campaigns"])
        func row(_ name: String, _ text: (Figures) -> String) { table.add([name, text(small), text(large)]) }
        row("the file") { megabytes($0.bytes / 1000) }
        row("first start to READY=1") { seconds($0.firstStart) }
        row("restart over its journal to READY=1") { seconds($0.restart) }
        row("reload of the same file, SIGHUP to READY=1") { seconds($0.unchanged) }
        row("reload with one campaign changed") { seconds($0.changed) }
        row("timers of the kernel") { "\($0.timers)" }
        row("PSS at rest after the start") { megabytes($0.resting.shared) }
        row("PSS at rest after two reloads") { megabytes($0.reloaded.shared) }
        row("peak of RSS: start; reload") { "\(megabytes($0.resting.peak)); \(megabytes($0.reloaded.peak))" }
        table.add(
            ["an occurrence that is due (virtual time)"]
                + [few, campaigns].map { "\(DueCost.microseconds(campaigns: $0)) µs" })
        let each = { (memory: (Figures) -> ProcessMemory) in
            Double(memory(large).shared - memory(small).shared) * 1024 / Double(max(1, campaigns - few))
        }
        return ["Scale: activationd with one file of campaigns, and no platform"] + table.lines + [
            "  memory per campaign: \(Int(each(\.resting))) bytes after the start, \(Int(each(\.reloaded))) after two reloads"
        ]
    }

    private static func measure(_ campaigns: Int) throws -> Figures {
        let daemon = try ScaleDaemon(configuration: ScaleFile.text(campaigns: campaigns, changed: false))
        defer { daemon.clear() }
        var figures = Figures()
        figures.bytes = ScaleFile.text(campaigns: campaigns, changed: false).utf8.count
        figures.firstStart = try daemon.start()
        Thread.sleep(forTimeInterval: settleSeconds)
        figures.resting = daemon.memory()
        figures.timers = daemon.timers()
        figures.unchanged = try daemon.reload()
        Thread.sleep(forTimeInterval: pauseSeconds)
        try daemon.write(ScaleFile.text(campaigns: campaigns, changed: true))
        figures.changed = try daemon.reload()
        Thread.sleep(forTimeInterval: settleSeconds)
        figures.reloaded = daemon.memory()
        try daemon.stop()
        figures.restart = try daemon.start()
        try daemon.stop()
        return figures
    }

    private static func seconds(_ value: Double) -> String { String(format: "%.2f s", value) }

    private static func megabytes(_ kilobytes: Int) -> String {
        "\(kilobytes / 1000).\(kilobytes / 100 % 10) MB"
    }
}

/// In kibibytes.
struct ProcessMemory {
    var shared = 0
    var peak = 0
}

/// Campaigns of every kind: calendars and cron in six zones, single times, exports, other campaigns, and by hand. Each has
/// two audiences of 2,000, by their names. None is due within the hour.
enum ScaleFile {
    private static let zones = [
        "Europe/Stockholm", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC", "America/Sao_Paulo",
    ]
    private static let days = ["01", "02..05", "03", "04,05", "05", "02..04"]
    private static let audiences = 2000
    private static let flows = 20

    static func text(campaigns: Int, changed: Bool) -> String {
        var text = Scenarios.settings("http://127.0.0.1:9", polling: "") + "[dataflow]\n"
        for flow in 0..<flows { text += "flow-\(flow) = \"\(Scenarios.flow(flow))\"\n" }
        text += "[audience]\n"
        for audience in 0..<audiences { text += "audience-\(audience) = \"\(Scenarios.audience(audience))\"\n" }
        for number in 0..<campaigns { text += campaign(number, isOther: changed && number == campaigns / 2) }
        return text
    }

    private static func campaign(_ number: Int, isOther: Bool) -> String {
        """

        [campaign.campaign-\(number)]
        description = "Letter number \(number) of the spring\(isOther ? ", another one" : "")"
        timezone = "\(zones[number % zones.count])"
        \(trigger(number))
        activate = [{ dataflow = "flow-\(number % flows)", audiences = ["audience-\(number % audiences)", \
        "audience-\((number + 1) % audiences)"] }]

        """
    }

    /// In a month that is not this one and not the next.
    private static func trigger(_ number: Int) -> String {
        let now = Calendar(identifier: .gregorian).component(.month, from: Date())
        let month = (now + 3 + number / 10 % 6) % 12 + 1
        let (hour, minute) = (number * 7 % 24, number * 13 % 60)
        switch number % 10 {
        case 0...3:
            return String(format: "schedule = \"*-%02d-%@ %02d:%02d\"", month, days[number / 10 % 6], hour, minute)
        case 4, 5: return "cron = \"\(minute) \(hour) * \(month) 1-5\""
        case 6: return String(format: "at = [2036-%02d-%02dT%02d:%02d:00Z]", month, number / 7 % 28 + 1, hour, minute)
        case 7: return "after_export = true"
        case 8: return "after = \"campaign-\(number - 8)\"\ndelay = \"30m\""
        default: return "enabled = true"
        }
    }
}

/// The daemon with a notify socket in the place of systemd's.
private final class ScaleDaemon {
    private static let patienceSeconds = 120.0

    private let directory: String
    private let notify: NotifySocket
    private var process: ChildProcess?

    init(configuration: String) throws {
        directory = "/tmp/activation-bench-scale-\(getpid())"
        try FileManager.default.createDirectory(
            atPath: directory + "/state", withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        notify = try NotifySocket(path: directory + "/notify")
        try write(configuration)
    }

    func clear() {
        process?.signal(SIGKILL)
        process = nil
        try? FileManager.default.removeItem(atPath: directory)
    }

    func write(_ configuration: String) throws {
        try Data(configuration.utf8).write(to: URL(fileURLWithPath: directory + "/activationd.toml"))
    }

    /// - Returns: Seconds until READY=1.
    func start() throws -> Double {
        let begin = Date()
        process = try ChildProcess(
            [
                try Programs.path("activationd"), "--config", directory + "/activationd.toml", "--state-directory",
                directory + "/state", "--runtime-directory", directory + "/run",
            ], environment: ["DEMO_SECRET": "simulated-secret", "NOTIFY_SOCKET": notify.path],
            log: directory + "/activationd.log")
        try waitUntilReady()
        return Date().timeIntervalSince(begin)
    }

    func reload() throws -> Double {
        notify.drain()
        let begin = Date()
        process?.signal(SIGHUP)
        try waitUntilReady()
        return Date().timeIntervalSince(begin)
    }

    func stop() throws {
        process?.signal(SIGTERM)
        guard process?.waitUntilEnd(seconds: Self.patienceSeconds) == .exited(0) else {
            throw StageFailure("activationd did not stop")
        }
        process = nil
        notify.drain()
    }

    func memory() -> ProcessMemory {
        guard let process else { return ProcessMemory() }
        return ProcessMemory(
            shared: Machine.kilobytes("Pss", in: "/proc/\(process.pid)/smaps_rollup"),
            peak: Machine.kilobytes("VmHWM", in: "/proc/\(process.pid)/status"))
    }

    func timers() -> Int {
        guard let process else { return 0 }
        let folder = "/proc/\(process.pid)/fd"
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return files.count { file in
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\(file)"))?.contains("timerfd")
                == true
        }
    }

    private func waitUntilReady() throws {
        let end = Date().addingTimeInterval(Self.patienceSeconds)
        while Date() < end {
            if notify.next(milliseconds: 200)?.split(separator: "\n").contains("READY=1") == true { return }
            if let ending = process?.ending {
                throw StageFailure("activationd has ended early: \(ending); see \(directory)/activationd.log")
            }
        }
        throw StageFailure("activationd was not ready within \(Int(Self.patienceSeconds)) s")
    }
}

/// Where a service manager hears of its services.
private final class NotifySocket {
    let path: String
    private let descriptor: Int32

    init(path: String) throws {
        self.path = path
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard descriptor >= 0, result == 0 else { throw StageFailure("no socket at \(path)") }
    }

    deinit { close(descriptor) }

    /// Nil when none comes within the time.
    func next(milliseconds: Int32) -> String? {
        var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&wanted, 1, milliseconds) > 0 else { return nil }
        var bytes = [UInt8](repeating: 0, count: 8192)
        let count = recv(descriptor, &bytes, bytes.count, 0)
        return count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
    }

    func drain() {
        while next(milliseconds: 0) != nil {}
    }
}
