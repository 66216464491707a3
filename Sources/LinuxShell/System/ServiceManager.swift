// What the daemon tells systemd, through libsystemd. Without a `NOTIFY_SOCKET` every call does nothing.

internal import CSystemd
internal import Glibc

package enum ServiceManager {
    /// Characters of a status line.
    package static let statusLimit = 200

    package static func ready(status: String) {
        send("READY=1\nSTATUS=\(line(status))")
    }

    package static func status(_ status: String) {
        send("STATUS=\(line(status))")
    }

    /// Always with the time of the request: systemd 257 waits for ever without it.
    package static func reloading() {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        send("RELOADING=1\nMONOTONIC_USEC=\(Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)")
    }

    package static func stopping(status: String) {
        send("STOPPING=1\nSTATUS=\(line(status))")
    }

    /// A start that fails: what `systemctl status` shows afterwards.
    package static func failing(status: String) {
        send("STATUS=\(line(status))")
    }

    package static func extendTimeout(microseconds: Int) {
        send("EXTEND_TIMEOUT_USEC=\(microseconds)")
    }

    package static func ping() {
        send("WATCHDOG=1")
    }

    /// How often systemd wants to hear from us at least; nil without a watchdog.
    package static var watchdogInterval: Duration? {
        var interval: UInt64 = 0
        guard sd_watchdog_enabled(0, &interval) > 0, interval > 0 else { return nil }
        return .microseconds(Int64(clamping: interval))
    }

    private static func send(_ message: String) {
        _ = sd_notify(0, message)
    }

    private static func line(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.prefix(statusLimit).map { $0.value < 0x20 || $0.value == 0x7f ? " " : $0 }))
    }
}
