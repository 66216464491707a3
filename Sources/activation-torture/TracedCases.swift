// Faults at exact system calls, by strace: death at each write of a delivery, and disks that fail or refuse.

import Chronology
import Foundation
import PlatformModel
import Stage

/// A way to start or to reach the daemon through strace.
enum Strace {
    static let path = "/usr/bin/strace"

    static func require() throws {
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw Skipped(reason: "strace is not installed")
        }
    }

    /// The traced program stays our child; strace is its grandchild.
    static func start(_ injection: String, log: String) -> [String] {
        [path, "-D", "-f", "-q", "-o", log, "-e", traced(injection), "-e", "inject=\(injection)"]
    }

    /// A tracer of a running process, which lets go of it on SIGINT.
    static func attach(_ injection: String, to pid: Int32, log: String) throws -> ChildProcess {
        let tracer = try ChildProcess(
            [path, "-f", "-q", "-o", log, "-p", "\(pid)", "-e", traced(injection), "-e", "inject=\(injection)"],
            environment: [:], log: log + ".words")
        // Without a word of strace that it has attached: the kernel's.
        let isAttached = waits(10) { isTraced(pid) }
        guard isAttached else { throw Failure("strace attaches", "it does not") }
        Thread.sleep(forTimeInterval: 0.2)
        return tracer
    }

    /// Only what is traced is tampered with.
    private static func traced(_ injection: String) -> String {
        "trace=" + injection.prefix { $0 != ":" }
    }

    private static func isTraced(_ pid: Int32) -> Bool {
        let status = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)) ?? ""
        return status.contains("TracerPid:\t") && !status.contains("TracerPid:\t0\n")
    }
}

extension Cases {
    static let killAtWrite = TortureCase(
        name: "kill-at-write", does: "kill -9 at the Nth write of each kind, for each N of one delivery"
    ) { run in
        try Strace.require()
        var points = 0
        for call in ["pwrite64", "fdatasync", "fsync", "write", "writev,sendmsg,sendto", "ftruncate,unlink,mkdir"] {
            let killed = try killAtEach(call, run)
            run.progress("\(killed) points of \(call)")
            points += killed
        }
        guard points > 30 else { throw Failure("more than 30 points of death", "\(points)") }
        return "\(points) points of death, none sent twice, none lost"
    }

    /// - Returns: How many lives ended by the kill: the first N that no thread reaches ends the search.
    private static func killAtEach(_ call: String, _ run: TortureRun) throws -> Int {
        let (lanes, limit) = (6, 240)
        for first in stride(from: 1, through: limit, by: lanes) {
            let survivors = Counter()
            try forEach(Array(first..<first + lanes), lanes: lanes) { number, _ in
                let name = "\(call.prefix { $0 != "," })-\(number)"
                if try !dies(at: "\(call):signal=SIGKILL:when=\(number)", name, run) { survivors.add() }
            }
            if survivors.count > 0 { return first + lanes - 1 - survivors.count }
        }
        return limit
    }

    private static func dies(at injection: String, _ name: String, _ run: TortureRun) throws -> Bool {
        let arena = try TracedDelivery.arena(run, name)
        try arena.start(through: Strace.start(injection, log: arena.directory + "/strace"))
        let isDead = waits(Bounds.startSeconds) { arena.ending != nil || arena.isDelivered }
        guard isDead else { throw Failure("\(name): it dies or delivers", "neither within a minute") }
        let died = arena.ending == .killed(SIGKILL)
        guard died || arena.ending == nil else {
            throw Failure("\(name): it dies by SIGKILL or delivers", "\(arena.ending.map { "\($0)" } ?? "")")
        }
        arena.kill()
        try arena.startAndWait()
        try arena.finish()
        return died
    }

    static let diskErrors = TortureCase(
        name: "disk-errors",
        does: "one write or sync of the journal fails (EIO, ENOSPC, EDQUOT, EROFS, ENOMEM), at many points"
    ) { run in
        try Strace.require()
        var injections: [String] = []
        for call in ["pwrite64", "fdatasync", "fsync", "ftruncate"] {
            for error in ["EIO", "ENOSPC", "EDQUOT", "EROFS", "ENOMEM"] {
                for number in call == "pwrite64" ? [1, 3, 8, 14, 21, 34, 55] : [1, 2, 3, 5, 8, 13] {
                    injections.append("\(call):error=\(error):when=\(number)")
                }
            }
        }
        let endings = Counter()
        try forEach(injections, lanes: 6) { injection, _ in
            if try failsOnce(injection, run) { endings.add() }
        }
        return "\(injections.count) failures: \(endings.count) ended the daemon with a sentence, the rest it outlived"
    }

    /// - Returns: Whether the daemon ended by it.
    private static func failsOnce(_ injection: String, _ run: TortureRun) throws -> Bool {
        let name = injection.replacing(":error=", with: "-").replacing(":when=", with: "-")
        let arena = try TracedDelivery.arena(run, name)
        try arena.start(through: Strace.start(injection, log: arena.directory + "/strace"))
        _ = waits(Bounds.startSeconds) { arena.ending != nil || arena.isDelivered }
        let ending = arena.ending
        if let ending {
            guard ending == .exited(74) else { throw Failure("\(name): exit code 74 or life", "\(ending)") }
            guard arena.log.text.contains("critical") else {
                throw Failure("\(name): a sentence says why it ended", "none")
            }
        } else if !arena.isDelivered {
            throw Failure("\(name): it ends or delivers", "neither within a minute")
        }
        arena.kill()
        try arena.startAndWait()
        try arena.finish()
        return ending != nil
    }

    static let resourceErrors = TortureCase(
        name: "resource-errors",
        does:
            "the kernel refuses one descriptor, socket, connection or thread (EMFILE, ENFILE, ENOMEM, ENETUNREACH, EAGAIN)"
    ) { run in
        try Strace.require()
        let faults = [
            "openat:error=EMFILE", "socket:error=EMFILE", "socket:error=ENFILE", "accept4:error=EMFILE",
            "accept4:error=ENOMEM", "connect:error=ENETUNREACH", "connect:error=EADDRNOTAVAIL", "clone3:error=EAGAIN",
            "mmap:error=ENOMEM",
        ]
        let injections = faults.flatMap { fault in [2, 5, 9, 14, 30].map { "\(fault):when=\($0)" } }
        let endings = Shared<[String: Int]>([:])
        try forEach(injections, lanes: 6) { injection, _ in
            let ending = try survives(injection, run)
            endings.change { $0[ending, default: 0] += 1 }
        }
        let words = endings.change { _ in }.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
        return "\(injections.count) refusals: \(words.joined(separator: ", "))"
    }

    /// What it ends with does not matter here; a daemon that lives must deliver, and one that ended must say why.
    private static func survives(_ injection: String, _ run: TortureRun) throws -> String {
        let name = injection.replacing(":error=", with: "-").replacing(":when=", with: "-")
        let arena = try TracedDelivery.arena(run, name)
        let said = arena.log.text.count
        try arena.start(through: Strace.start(injection, log: arena.directory + "/strace"))
        _ = waits(20) { arena.ending != nil || arena.isDelivered }
        let ending = arena.ending
        if let ending {
            guard ending != .exited(0), !arena.log.text.dropFirst(said).isEmpty else {
                throw Failure("\(name): it says why it ended", "\(ending), without a word")
            }
        } else if !arena.isDelivered {
            throw Failure("\(name): it ends or delivers", "neither within 20 s")
        }
        arena.kill()
        try arena.startAndWait()
        try arena.finish()
        return ending.map { "ended with \($0)" } ?? "outlived"
    }

    static let diskErrorsStay = TortureCase(
        name: "disk-errors-stay",
        does: "every write of a running daemon fails: nothing is called, and it goes on afterwards",
        isQuick: true
    ) { run in
        try Strace.require()
        try forEach(["ENOSPC", "EROFS", "EDQUOT", "EIO"], lanes: 4) { error, _ in
            try refuses(error, run)
        }
        return "ENOSPC, EROFS, EDQUOT and EIO: no call while they lasted, all delivered after them"
    }

    private static func refuses(_ error: String, _ run: TortureRun) throws {
        let arena = try Arena(run.directory, error, seed: run.seed)
        let due = wallClock() + .seconds(5)
        try arena.add([CampaignText(name: "sale", at: [due], pairs: Pair.of(1, 1...3))])
        try arena.startAndWait()
        let pid = arena.daemon?.pid ?? 0
        let tracer = try Strace.attach(
            "pwrite64,fdatasync,fsync:error=\(error)", to: pid, log: arena.directory + "/strace")
        guard wallClock() < due else { throw Failure("strace attached before the campaign was due", "too late") }
        _ = waits(10) { wallClock() > due + .milliseconds(2500) || arena.ending != nil }
        guard arena.ledger.calls.isEmpty else {
            throw Failure("\(error): no call while the journal can not be written", "a call")
        }
        tracer.signal(SIGINT)
        _ = tracer.waitUntilEnd(seconds: 10)
        if let ending = arena.ending {
            guard ending == .exited(74) else { throw Failure("\(error): exit code 74", "\(ending)") }
            try arena.startAndWait()
            return try arena.finish(says: ["the daemon ends, and goes on from what is on disk"])
        }
        guard waits(10, { !arena.ledger.calls.isEmpty }) else {
            throw Failure("\(error): the call leaves within 10 s of the end of the fault", "it does not")
        }
        try arena.finish(says: ["nothing is called: ", "the journal can be written again"])
    }
}

/// A delivery that is certainly owed before the daemon is traced.
private enum TracedDelivery {
    static func arena(_ run: TortureRun, _ name: String) throws -> Arena {
        let arena = try Arena(run.directory, name, seed: run.seed)
        try arena.add([
            CampaignText(
                name: "sale", at: [wallClock() + .milliseconds(4000)], pairs: Pair.of(1, 1...3) + Pair.of(2, 2...4))
        ])
        try arena.startAndWait()
        try arena.stop()
        return arena
    }
}

extension Arena {
    /// By the platform's word, and nothing is open in the daemon.
    var isDelivered: Bool {
        ledger.deliveries.reduce(0) { $0 + $1.succeeded } >= owed.values.reduce(0, +)
            && openOccurrences?.isEmpty == true
    }
}

final class Counter: @unchecked Sendable {
    private let lock = NSLock()
    private var value = 0

    func add(_ count: Int = 1) {
        lock.withLock { value += count }
    }

    var count: Int { lock.withLock { value } }
}
