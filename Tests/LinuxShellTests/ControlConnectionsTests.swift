import ControlClient
import Dispatch
import Foundation
import NIOCore
import NIOPosix
import Testing

@testable import LinuxShell

/// Goal: nobody at a door keeps anybody else out for long, and nobody keeps out the daemon's own probe, which feeds the watchdog.
@Suite struct ControlConnectionsTests {
    private let connections = ControlConnections(limit: 2, pace: ControlPace(perSecond: 10, atOnce: 3))

    /// Real ones, of whatever kind: only who they are matters, and whether they are open.
    private func channels(_ count: Int) throws -> [any Channel] {
        try (0..<count).map { _ in try DatagramBootstrap(group: group).bind(host: "127.0.0.1", port: 0).wait() }
    }

    private func close(_ channels: [any Channel]) {
        for channel in channels { channel.close(promise: nil) }
    }

    private func isClosed(_ channel: any Channel) -> Bool {
        let closed = DispatchSemaphore(value: 0)
        channel.closeFuture.whenComplete { _ in closed.signal() }
        return closed.wait(timeout: .now() + 20) == .success
    }

    @Test func `the daemon's own probe has a place where every other one is being answered`() throws {
        let channels = try channels(4)
        defer { close(channels) }
        for client in channels[..<2] {
            #expect(connections.enter(client, isOwn: false))
            connections.become(.served, client)
        }
        // Whoever is being answered is not cut off, so one more client has to come again.
        #expect(!connections.enter(channels[2], isOwn: false))
        #expect(connections.enter(channels[3], isOwn: true))
        #expect(channels[0].isActive && channels[1].isActive)
    }

    @Test func `the probe takes nobody's place, and has no more than one`() throws {
        let channels = try channels(5)
        defer { close(channels) }
        #expect(connections.enter(channels[0], isOwn: true))
        for client in channels[1...2] { #expect(connections.enter(client, isOwn: false)) }
        #expect(connections.enter(channels[3], isOwn: true))
        #expect(isClosed(channels[0]))
        connections.become(.served, channels[3])
        #expect(!connections.enter(channels[4], isOwn: true))
        #expect(channels[1].isActive && channels[2].isActive && channels[3].isActive)
        connections.leave(channels[3])
        #expect(connections.enter(channels[4], isOwn: true))
    }

    @Test func `who has been silent the longest makes room, or else who has not read its answer the longest`() throws {
        let channels = try channels(5)
        defer { close(channels) }
        for client in channels[..<2] { #expect(connections.enter(client, isOwn: false)) }
        connections.become(.answered, channels[0])
        #expect(connections.enter(channels[2], isOwn: false))
        #expect(isClosed(channels[1]))
        connections.become(.served, channels[2])
        #expect(connections.enter(channels[3], isOwn: false))
        #expect(isClosed(channels[0]))
        connections.become(.served, channels[3])
        #expect(!connections.enter(channels[4], isOwn: false))
    }

    @Test func `requests wait at the pace of their door, and those of the probe never do`() throws {
        let channels = try channels(2)
        defer { close(channels) }
        #expect(connections.enter(channels[0], isOwn: false) && connections.enter(channels[1], isOwn: true))
        let now = NIODeadline.uptimeNanoseconds(5_000_000_000)
        func wait(_ channel: any Channel) -> Int64 { connections.wait(of: channel, at: now).nanoseconds / 1_000_000 }
        #expect((1...6).map { _ in wait(channels[0]) } == [0, 0, 0, 0, 100, 200])
        for _ in 1...10 { #expect(wait(channels[1]) == 0) }
        // Nor does it use up what others may ask.
        #expect(wait(channels[0]) == 300)
    }

    // MARK: The real door

    /// Answers that wait until the test gives them.
    private final class Held: @unchecked Sendable {
        private let lock = NSLock()
        private var replies: [@Sendable (ControlResponse) -> Void] = []
        let came = DispatchSemaphore(value: 0)

        func keep(_ reply: @escaping @Sendable (ControlResponse) -> Void) {
            lock.withLock { replies.append(reply) }
            came.signal()
        }

        func give() {
            for reply in lock.withLock({ replies }) { reply(ControlResponse(status: 200, body: [])) }
        }
    }

    private final class Statuses: @unchecked Sendable {
        private let lock = NSLock()
        private var all: [Int?] = []
        let came = DispatchSemaphore(value: 0)

        func add(_ status: Int?) {
            lock.withLock { all.append(status) }
            came.signal()
        }

        var list: [Int?] { lock.withLock { all } }
    }

    @Test func `a door knows the daemon's own connections, which have one place between them`() throws {
        let directory = NSTemporaryDirectory() + "door-" + UUID().uuidString.prefix(8)
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let held = Held()
        let server = try ControlServer.start(directory: directory, group: group) { request, _, reply in
            if request.target == "/held" { held.keep(reply) } else { reply(ControlResponse(status: 200, body: [])) }
        }
        defer { server.stop() }
        // The server is in this process, so what asks here is the daemon itself.
        let door = ControlConnection(path: directory + "/control.sock", timeoutSeconds: 20)
        let statuses = Statuses()
        DispatchQueue(label: "first").async { statuses.add(try? door.request("GET", "/held").status) }
        #expect(held.came.wait(timeout: .now() + 20) == .success)
        // Among others it would be one of 32.
        #expect(throws: ControlError.self) { try door.request("GET", "/second") }
        held.give()
        #expect(statuses.came.wait(timeout: .now() + 20) == .success)
        #expect(statuses.list == [200])
        #expect(try door.request("GET", "/third").status == 200)
    }
}
