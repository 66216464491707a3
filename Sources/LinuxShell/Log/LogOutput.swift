// Logging: to the journal with fields where standard error is the journal, and as readable lines elsewhere. Decided once:
// libsystemd says "sent" also where nobody listens.

internal import CSystemd
internal import Chronology
internal import Foundation
package import Logging

package enum LogOutput {
    /// Whether standard error is connected to journald: it passes the device and inode of the stream it made.
    package static func isJournal(environment: [String: String]) -> Bool {
        guard let stream = environment["JOURNAL_STREAM"] else { return false }
        var information = stat()
        guard fstat(STDERR_FILENO, &information) == 0 else { return false }
        return stream == "\(information.st_dev):\(information.st_ino)"
    }

    package static func handler(environment: [String: String], level: LogLevelSwitch) -> any LogHandler {
        if isJournal(environment: environment) { return JournalLogHandler(level: level) }
        return LineLogHandler(
            level: level, hasColors: isatty(STDERR_FILENO) == 1 && environment["NO_COLOR", default: ""].isEmpty)
    }
}

/// The level that all handlers share, so that a reload can change it. A lock that the thread sanitizer understands.
package final class LogLevelSwitch: @unchecked Sendable {
    private let lock = NSLock()
    private var current: Logger.Level

    package init(_ level: Logger.Level) {
        current = level
    }

    package var level: Logger.Level {
        get { lock.withLock { current } }
        set { lock.withLock { current = newValue } }
    }
}

/// One entry in the journal for each event, with its metadata as fields: `run_id` becomes `RUN_ID`.
struct JournalLogHandler: LogHandler {
    let level: LogLevelSwitch
    var metadata: Logger.Metadata = [:]

    var logLevel: Logger.Level {
        get { level.level }
        set { level.level = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var fields = [
            ("MESSAGE", "\(event.message)"), ("PRIORITY", "\(event.level.priority)"),
            ("SYSLOG_IDENTIFIER", "activationd"),
        ]
        let all = metadata.merging(event.metadata ?? [:]) { _, new in new }
        for (key, value) in all.sorted(by: { $0.key < $1.key }) { fields.append((Self.fieldName(key), "\(value)")) }
        send(fields)
    }

    /// Capital letters, digits and underscores, not beginning with a digit or an underscore.
    static func fieldName(_ key: String) -> String {
        let name = key.uppercased().utf8.map { byte in
            (48...57).contains(byte) || (65...90).contains(byte) ? byte : UInt8(ascii: "_")
        }
        let trimmed = name.drop { $0 == UInt8(ascii: "_") || (48...57).contains($0) }.prefix(64)
        return trimmed.isEmpty ? "FIELD" : String(decoding: trimmed, as: UTF8.self)
    }

    private func send(_ fields: [(String, String)]) {
        var bytes: [UInt8] = []
        var ends: [Int] = []
        for (name, value) in fields {
            bytes += Array(name.utf8)
            bytes.append(UInt8(ascii: "="))
            bytes += Array(value.utf8)
            ends.append(bytes.count)
        }
        bytes.withUnsafeMutableBytes { buffer in
            guard let base = buffer.baseAddress else { return }
            var start = 0
            var parts: [iovec] = []
            for end in ends {
                parts.append(iovec(iov_base: base + start, iov_len: end - start))
                start = end
            }
            _ = sd_journal_sendv(parts, Int32(parts.count))
        }
    }
}

/// One readable line for each event, or several where the message has several. Everything that could move the cursor is
/// escaped.
struct LineLogHandler: LogHandler {
    let level: LogLevelSwitch
    var metadata: Logger.Metadata = [:]
    var hasColors = false

    var logLevel: Logger.Level {
        get { level.level }
        set { level.level = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let bytes = Array((line(event) + "\n").utf8)
        _ = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }

    func line(_ event: LogEvent) -> String {
        let all = metadata.merging(event.metadata ?? [:]) { _, new in new }
        let fields = all.sorted { $0.key < $1.key }.map { " \($0.key)=\(Self.quoted("\($0.value)"))" }.joined()
        let level = "\(event.level)"
        let padded = level + String(repeating: " ", count: max(0, 8 - level.count))
        let shown = hasColors ? "\(event.level.color)\(padded)\u{1b}[0m" : padded
        return "\(SystemClock.now().wall.rfc3339) \(shown) \(Self.message("\(event.message)"))\(fields)"
    }

    /// A message of several lines stays several lines; those after the first are indented, so that none can pass for a line
    /// of its own.
    static func message(_ text: String) -> String {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { escaped(String($0)) }
        return lines.joined(separator: "\n" + String(repeating: " ", count: 4))
    }

    static func escaped(_ text: String) -> String {
        var shown = ""
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator:
                shown += "\\u{\(String(scalar.value, radix: 16))}"
            default:
                shown.unicodeScalars.append(scalar)
            }
        }
        return shown
    }

    static func quoted(_ text: String) -> String {
        let isPlain =
            !text.isEmpty && text.unicodeScalars.allSatisfy { $0.value > 0x20 && $0.value < 0x7f && $0 != "\"" }
        return isPlain ? text : "\"\(escaped(text).replacing("\"", with: "\\\""))\""
    }
}

extension Logger.Level {
    /// syslog's numbers.
    var priority: Int {
        switch self {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }

    var color: String {
        switch self {
        case .trace, .debug: "\u{1b}[2m"
        case .info, .notice: "\u{1b}[0m"
        case .warning: "\u{1b}[33m"
        case .error, .critical: "\u{1b}[31m"
        }
    }
}
