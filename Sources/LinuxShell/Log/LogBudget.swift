// A bound on what is told at the lower levels, so that a chatty day fills neither the disk nor the journal's own limits. The
// unit turns journald's rate limit off, because that one drops whatever comes, errors too.

internal import Chronology
internal import Foundation
internal import Logging

/// How many events below a warning are told in a span of time. Warnings and errors are always told.
final class LogBudget: @unchecked Sendable {
    // `lock` guards everything. A lock that the thread sanitizer understands.

    /// What to do with one event.
    enum Verdict: Equatable {
        case tell
        /// Tell first, in words, how many were left out before.
        case tellAfter(omitted: Int)
        case omit
    }

    static let usual = 2000
    static let span = Duration.seconds(30)

    private let limit: Int
    private let lock = NSLock()
    private var begin: Monotonic?
    private var told = 0
    private var omitted = 0

    init(limit: Int = LogBudget.usual) {
        self.limit = limit
    }

    func judge(_ level: Logger.Level, at now: Monotonic) -> Verdict {
        lock.withLock {
            if begin.map({ now - $0 >= Self.span }) ?? true {
                begin = now
                told = 0
                guard omitted > 0 else { return count(level) }
                defer { omitted = 0 }
                return count(level) == .tell ? .tellAfter(omitted: omitted) : .omit
            }
            return count(level)
        }
    }

    private func count(_ level: Logger.Level) -> Verdict {
        if level >= .warning { return .tell }
        guard told < limit else {
            omitted += 1
            return .omit
        }
        told += 1
        return .tell
    }
}
