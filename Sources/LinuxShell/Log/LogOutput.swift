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
        if isJournal(environment: environment) { return JournalLogHandler(level: level, budget: budget) }
        return LineLogHandler(
            level: level, budget: budget,
            hasColors: isatty(STDERR_FILENO) == 1 && environment["NO_COLOR", default: ""].isEmpty)
    }

    /// Of the process, however many loggers there are.
    private static let budget = LogBudget()
}

extension LogBudget {
    /// Tells an event, or counts it; what was left out before is told first.
    func spend(_ event: LogEvent, tell: (LogEvent) -> Void) {
        switch judge(event.level, at: SystemClock.now().monotonic) {
        case .omit: return
        case .tell: break
        case .tellAfter(let omitted):
            tell(
                LogEvent(
                    level: .notice,
                    message:
                        "\(omitted) events below a warning were left out: more than \(Self.usual) in \(Self.span.words)",
                    metadata: ["event": "log-omitted"], source: event.source, file: event.file,
                    function: event.function, line: event.line))
        }
        tell(event)
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
    let budget: LogBudget
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
        budget.spend(event) { event in send(fields(event)) }
    }

    private func fields(_ event: LogEvent) -> [(String, String)] {
        var fields = [
            ("MESSAGE", "\(event.message)"), ("PRIORITY", "\(event.level.priority)"),
            ("SYSLOG_IDENTIFIER", "activationd"),
        ]
        let all = metadata.merging(event.metadata ?? [:]) { _, new in new }
        for (key, value) in all.sorted(by: { $0.key < $1.key }) { fields.append((LogText.fieldName(key), "\(value)")) }
        return fields
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
    var budget = LogBudget()
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
        budget.spend(event) { event in
            let bytes = Array((line(event) + "\n").utf8)
            _ = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
        }
    }

    func line(_ event: LogEvent) -> String {
        let all = metadata.merging(event.metadata ?? [:]) { _, new in new }
        // The catalog's number means something to the journal only.
        let fields = all.filter { $0.key != MessageID.key }.sorted { $0.key < $1.key }.map {
            " \($0.key)=\(LogText.quoted("\($0.value)"))"
        }.joined()
        let level = "\(event.level)"
        let padded = level + String(repeating: " ", count: max(0, 8 - level.count))
        let shown = hasColors ? "\(event.level.color)\(padded)\u{1b}[0m" : padded
        return "\(SystemClock.now().wall.rfc3339) \(shown) \(LogText.message("\(event.message)"))\(fields)"
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
