import Foundation
import Testing

/// Goal: systemd is told what it waits for, in the right form and order, by the real daemon.
@Suite(.serialized) struct ServiceManagerTests {
    @Test func `readiness, reload, watchdog and stop are told in their order`() async throws {
        let test = try await DaemonUnderTest([CampaignText(name: "sale", at: nil, pairs: [1: [1]])])
        let manager = try NotifySocket(path: test.directory + "/notify")
        try test.start(environment: ["NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "600000"])
        try await test.wait(for: "READY=1") { manager.messages.contains { $0.hasPrefix("READY=1\nSTATUS=") } }
        try await test.wait(for: "three pings") { manager.messages.count { $0 == "WATCHDOG=1" } >= 3 }
        test.signal(SIGHUP)
        try await test.wait(for: "the reload") { manager.messages.count { $0.hasPrefix("READY=1") } == 2 }
        try test.writeConfiguration("[campaign.sale]\nschedul = \"x\"\n")
        test.signal(SIGHUP)
        try await test.wait(for: "the faulty reload") { manager.messages.count { $0.hasPrefix("READY=1") } == 3 }
        #expect(test.end(SIGTERM) == 0)
        let told = manager.messages.filter { $0 != "WATCHDOG=1" }
        #expect(
            told.map { String($0.prefix { $0 != "\n" }) }.filter { !$0.hasPrefix("STATUS=") }
                == ["READY=1", "RELOADING=1", "READY=1", "RELOADING=1", "READY=1", "STOPPING=1"])
        #expect(told.filter { $0.hasPrefix("RELOADING=1") }.allSatisfy { $0.contains("\nMONOTONIC_USEC=") })
        #expect(told.last { $0.hasPrefix("READY=1") }?.contains("reload refused") == true, "\(told)")
        try await test.close()
    }
}

/// What systemd's end of the notification socket gets.
private final class NotifySocket: @unchecked Sendable {
    let path: String
    private let descriptor: Int32
    private let lock = NSLock()
    private var got: [String] = []

    init(path: String) throws {
        self.path = path
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        self.descriptor = descriptor
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(result == 0)
        Thread.detachNewThread { [weak self] in
            var buffer = [UInt8](repeating: 0, count: 4096)
            while true {
                let count = recv(descriptor, &buffer, buffer.count, 0)
                guard count > 0, let self else { return }
                self.take(String(decoding: buffer[..<count], as: UTF8.self))
            }
        }
    }

    private func take(_ message: String) {
        lock.withLock { got.append(message.trimmingCharacters(in: .newlines)) }
    }

    var messages: [String] { lock.withLock { got } }

    deinit {
        shutdown(descriptor, Int32(SHUT_RDWR))
        close(descriptor)
    }
}
