import Foundation
import Testing

@testable import LinuxShell

/// Goal: the service manager is told each thing in the words of its protocol, and hears of signals that came early. Each case is
/// a process of its own, since its socket is named by the environment, and signals are the process's.
@Suite(.timeLimit(.minutes(1))) struct ServiceManagerWordsTests {
    /// What was told, message by message.
    private static func told(_ body: () -> Void) -> [String] {
        let path = NSTemporaryDirectory() + "told-" + UUID().uuidString.prefix(8)
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        defer {
            close(descriptor)
            unlink(path)
        }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        if bound != 0 { exit(2) }
        setenv("NOTIFY_SOCKET", path, 1)
        body()
        var messages: [String] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count < 0 { return messages }
            messages.append(String(decoding: buffer[..<count], as: UTF8.self))
        }
    }

    @Test func `readiness, a status, a stop, a failed start, a longer start and a life sign have their words`() async {
        await #expect(processExitsWith: .success) {
            let messages = ServiceManagerWordsTests.told {
                ServiceManager.ready(status: "ready")
                ServiceManager.status("waits")
                ServiceManager.stopping(status: "stops")
                ServiceManager.failing(status: "fails")
                ServiceManager.extendTimeout(microseconds: 15_000_000)
                ServiceManager.ping()
            }
            let expected = [
                "READY=1\nSTATUS=ready", "STATUS=waits", "STOPPING=1\nSTATUS=stops", "STATUS=fails",
                "EXTEND_TIMEOUT_USEC=15000000", "WATCHDOG=1",
            ]
            exit(messages == expected ? 0 : 1)
        }
    }

    @Test func `a reload is told with the moment of its request`() async {
        await #expect(processExitsWith: .success) {
            func microseconds() -> Int64 {
                var time = timespec()
                clock_gettime(CLOCK_MONOTONIC, &time)
                return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
            }
            let before = microseconds()
            let message = ServiceManagerWordsTests.told { ServiceManager.reloading() }.first ?? ""
            let begin = "RELOADING=1\nMONOTONIC_USEC="
            guard message.hasPrefix(begin), let told = Int64(message.dropFirst(begin.count)) else { exit(1) }
            exit(before <= told && told <= microseconds() ? 0 : 1)
        }
    }

    @Test func `a status is one line of two hundred letters`() async {
        await #expect(processExitsWith: .success) {
            let long = String(repeating: "é", count: 200)
            let messages = ServiceManagerWordsTests.told {
                ServiceManager.status(long)
                ServiceManager.status(long + "é")
                ServiceManager.status("a\nREADY=1\u{7f}b\u{1f}c\u{20}d~")
            }
            exit(messages == ["STATUS=" + long, "STATUS=" + long, "STATUS=a READY=1 b c d~"] ? 0 : 1)
        }
    }

    @Test func `a stop that is asked for early is held back, and known`() async {
        await #expect(processExitsWith: .success) {
            HeldSignals.hold()
            if HeldSignals.isStopAsked { exit(1) }
            // Somebody who asks for a reload does not ask for a stop.
            raise(SIGHUP)
            if HeldSignals.isStopAsked { exit(2) }
            raise(SIGTERM)
            exit(HeldSignals.isStopAsked ? 0 : 3)
        }
        await #expect(processExitsWith: .signal(SIGTERM)) {
            HeldSignals.hold()
            raise(SIGTERM)
            HeldSignals.release()
            exit(0)
        }
    }
}
