// Clients of the control socket that flood, that say nothing, and that never read.

import Chronology
import ControlClient
import Foundation
import Glibc
import PlatformModel
import Stage

/// A connection to the control socket that does as little as it can.
final class SilentClient: @unchecked Sendable {
    private var descriptor: Int32

    /// Nil when nobody accepts.
    init?(path: String) {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        // Without waiting where the queue of the socket is full.
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else {
            close()
            return nil
        }
    }

    /// - Returns: How many bytes were taken.
    @discardableResult
    func write(_ text: String) -> Int {
        let bytes = Array(text.utf8)
        return bytes.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    }

    /// Whether the other side has closed the connection.
    var isClosed: Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&entry, 1, 0) > 0 else { return false }
        if entry.revents & Int16(POLLHUP) != 0 { return true }
        var byte: UInt8 = 0
        return recv(descriptor, &byte, 1, Int32(MSG_PEEK)) == 0
    }

    func close() {
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
    }

    deinit {
        close()
    }
}

extension Cases {
    /// An admin is answered within this, whatever other clients do.
    private static let adminSeconds = 5.0
    /// For 32 answers that nobody reads.
    private static let neverReadMiB = 64

    static let controlSilent = TortureCase(
        name: "control-silent", does: "clients of the control socket connect, and say nothing or a letter at a time",
        isQuick: true
    ) { run in
        let arena = try controlArena(run)
        let stop = Switch()
        let flood = Thread {
            var clients: [SilentClient] = []
            var sent = 0
            while !stop.isSet {
                clients.removeAll { $0.isClosed }
                if clients.count < 64, let client = SilentClient(path: arena.controlPath) { clients.append(client) }
                sent += 1
                if sent % 10 == 0 { for client in clients { client.write("G") } }
                Thread.sleep(forTimeInterval: 0.005)
            }
        }
        flood.start()
        Thread.sleep(forTimeInterval: 1)
        let slowest = try askMeanwhile(arena, seconds: run.isBrief ? 6 : 15)
        try arena.settle()
        stop.set()
        Thread.sleep(forTimeInterval: 0.5)
        try arena.finish()
        return String(
            format: "up to 64 silent connections at once; the slowest answer to an admin took %.2f s", slowest)
    }

    static let controlFlood = TortureCase(
        name: "control-flood",
        does: "clients of the control socket send requests as fast as they can, some of them wrong"
    ) { run in
        let arena = try controlArena(run)
        let (stop, sent) = (Switch(), Counter())
        for number in 0..<8 {
            Thread.detachNewThread {
                while !stop.isSet { flood(number, arena.controlPath, sent) }
            }
        }
        let slowest = try askMeanwhile(arena, seconds: 15)
        stop.set()
        Thread.sleep(forTimeInterval: 1)
        try arena.finish()
        return String(format: "\(sent.count) requests; the slowest answer to an admin took %.2f s", slowest)
    }

    private static func flood(_ number: Int, _ path: String, _ sent: Counter) {
        let connection = ControlConnection(path: path, timeoutSeconds: 2)
        sent.add()
        switch number % 4 {
        case 0: _ = try? connection.request("GET", "/v1/status")
        case 1:
            _ = try? connection.request("POST", "/v1/campaigns/c0/fire", body: [UInt8](repeating: 0x5b, count: 200_000))
        case 2: _ = try? connection.request("GET", "/v1/" + String(repeating: "a", count: 60_000))
        default:
            let client = SilentClient(path: path)
            for _ in 0..<200 { client?.write("GET /v1/history HTTP/1.1\r\nHost: a\r\n\r\n") }
        }
    }

    static let controlNeverReads = TortureCase(
        name: "control-never-reads", does: "clients of the control socket ask for much and never read the answer"
    ) { run in
        // So many records that an answer is larger than what the kernel takes for a client that does not read.
        let arena = try controlArena(run, audiences: 60)
        try arena.settle()
        let before = arena.figures?.residentKiB ?? 0
        var clients: [SilentClient] = []
        let end = Date().addingTimeInterval(8)
        while Date() < end {
            if clients.count < 400, let client = SilentClient(path: arena.controlPath) {
                let target = ["/v1/history?limit=1000", "/v1/status", "/v1/campaigns"][clients.count % 3]
                for _ in 0..<50 { client.write("GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n") }
                clients.append(client)
            }
            Thread.sleep(forTimeInterval: 0.02)
        }
        let grown = ((arena.figures?.residentKiB ?? 0) - before) / 1024
        guard grown <= neverReadMiB else { throw Failure("at most \(neverReadMiB) MiB more", "\(grown) MiB") }
        let slowest = try askMeanwhile(arena, seconds: 5)
        for client in clients { client.close() }
        try arena.finish()
        return "\(clients.count) connections that never read: \(grown) MiB, an admin waited "
            + String(format: "%.2f s at most", slowest)
    }

    private static func controlArena(_ run: TortureRun, audiences: Int = 10) throws -> Arena {
        let arena = try Arena(run.directory, "a", seed: run.seed)
        try arena.add(
            (0..<6).map { number in
                CampaignText(
                    name: "c\(number)", at: [wallClock() + .milliseconds(3000 + 800 * number)],
                    pairs: Pair.of(number + 1, (number * audiences + 1)...(number * audiences + audiences)))
            })
        try arena.startAndWait()
        return arena
    }

    /// What an admin does all the while.
    ///
    /// - Returns: The longest wait for an answer, in seconds.
    private static func askMeanwhile(_ arena: Arena, seconds: Double) throws -> Double {
        var slowest = 0.0
        let end = Date().addingTimeInterval(seconds)
        while Date() < end {
            let begin = Date()
            // As a person does: once more when the connection was refused.
            guard waits(adminSeconds, { arena.status() != nil || arena.ending != nil }), arena.ending == nil else {
                throw Failure(
                    "an admin is answered within \(adminSeconds) s",
                    arena.ending.map { "the daemon ended with \($0)" } ?? "no answer")
            }
            slowest = max(slowest, Date().timeIntervalSince(begin))
            Thread.sleep(forTimeInterval: 0.2)
        }
        guard slowest <= adminSeconds else {
            throw Failure("an admin is answered within \(adminSeconds) s", String(format: "%.2f s", slowest))
        }
        return slowest
    }
}

/// Set once, by any thread.
final class Switch: @unchecked Sendable {
    private let lock = NSLock()
    private var value = false

    func set() {
        lock.withLock { value = true }
    }

    var isSet: Bool { lock.withLock { value } }
}
