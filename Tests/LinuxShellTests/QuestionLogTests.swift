import Chronology
import Foundation
import Logging
import SchedulerCore
import Testing

@testable import LinuxShell

/// Goal: an admin reads in the log that the platform does not answer, without reading it every minute.
@Suite struct QuestionLogTests {
    private let exports = Question.exportJobs(SandboxName("prod"))

    private func second(_ number: Int64) -> Monotonic { Monotonic(milliseconds: number * 1000) }

    @Test func `what can not be asked is told when it begins and when it is over`() {
        let lines = Lines()
        var log = QuestionLog(logger: lines.logger)
        log.tell(exports, nil, at: second(0))
        for number in 1...10 { log.tell(exports, .unavailable(detail: "HTTP 503"), at: second(Int64(number) * 60)) }
        log.tell(exports, nil, at: second(660))
        log.tell(exports, nil, at: second(720))
        #expect(
            lines.all == [
                "warning the platform's list of export jobs (sandbox prod) can not be read: HTTP 503",
                "notice the platform's list of export jobs (sandbox prod) can be read again, after 10 min",
            ])
    }

    @Test func `a reason that changes is told again, at most once a minute`() {
        let lines = Lines()
        var log = QuestionLog(logger: lines.logger)
        for number in 0..<120 {
            log.tell(exports, .unavailable(detail: "fault \(number)"), at: second(Int64(number)))
        }
        #expect(lines.all.map { $0.split(separator: ": ").last } == ["fault 0", "fault 60"])
    }
}

/// Takes log lines in memory.
private final class Lines: @unchecked Sendable {
    private let lock = NSLock()
    private var lines: [String] = []

    var logger: Logger { Logger(label: "test") { _ in Handler(lines: self) } }

    var all: [String] { lock.withLock { lines } }

    func add(_ line: String) {
        lock.withLock { lines.append(line) }
    }

    private struct Handler: LogHandler {
        let lines: Lines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            lines.add("\(event.level) \(event.message)")
        }
    }
}
