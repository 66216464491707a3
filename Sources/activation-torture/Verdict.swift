// What must hold at the end of every case: the rules by the platform's ledger, the daemon's memory, its descriptors, its
// idleness, a sentence in its log, and a clean stop.

import Foundation
import PlatformModel
import Stage

/// What was expected, and what was found.
struct Failure: Error, CustomStringConvertible {
    var expected: String
    var found: String

    init(_ expected: String, _ found: String) {
        self.expected = expected
        self.found = found
    }

    var description: String { "expected: \(expected); found: \(found)" }
}

/// The daemon is bounded by these in every case.
enum Bounds {
    /// At the highest, of the debug build, which carries 40 MiB of code and tables more than the release.
    static let peakResidentMiB = 256
    /// From the last fault to the last delivery.
    static let settleSeconds = 90.0
    /// After which a daemon that owes nothing must have closed what it opened.
    static let descriptorSeconds = 10.0
    /// How long idleness is watched, and what of the processor may be used meanwhile.
    static let idleSeconds = 1.0
    static let idleProcessorMilliseconds = 100
    /// The longest life of a process in a traced or limited start.
    static let startSeconds = 60.0
}

extension Arena {
    /// Waits until all that is owed has been delivered and the daemon holds nothing open.
    func settle(_ seconds: Double = Bounds.settleSeconds) throws {
        let isSettled = waits(seconds) {
            if ending != nil { return true }
            if missing(ledger).isEmpty { return openOccurrences?.isEmpty == true }
            settleWhatWasSetAside()
            return false
        }
        if let ending { throw Failure("the daemon runs until all is delivered", "it ended with \(ending)") }
        if !isSettled {
            let missing = missing(ledger)
            let open = openOccurrences?.joined(separator: ", ") ?? "no answer"
            throw Failure(
                "all that is owed is delivered within \(Int(seconds)) s",
                "\(missing.count) pairs missing\(shown(missing)); occurrences still open: \(open)")
        }
    }

    /// Settles, judges, and stops the daemon.
    ///
    /// - Parameter says: What the log must contain.
    func finish(says: [String] = [], memoryMiB: Int = Bounds.peakResidentMiB) throws {
        try settle()
        try judgeIdleness()
        try judgeLedger()
        try judgeMemory(memoryMiB)
        try judgeDescriptors()
        try stop()
        try judgeLog(says)
        close()
    }

    /// Nothing twice, nothing that nobody ordered, no rule broken. What is missing is judged by `settle`.
    func judgeLedger() throws {
        let ledger = ledger
        guard ledger.violations.isEmpty else {
            let first = ledger.violations[0]
            throw Failure(
                "no rule of the platform is broken",
                "\(ledger.violations.count), the first: \(first.rule.rawValue) at \(first.atMilliseconds) ms, \(first.detail)"
            )
        }
        let wanted = Dictionary(uniqueKeysWithValues: owed.map { ("\($0.flow) \($0.audience)", $1) })
        for delivery in ledger.deliveries {
            let pair = delivery.pair
            let most = wanted["\(pair.flow) \(pair.audience)"] ?? 0
            guard delivery.accepted <= most else {
                throw Failure(
                    "flow \(pair.flow), audience \(pair.audience) is accepted \(most) times at most",
                    "\(delivery.accepted) times")
            }
        }
    }

    private func missing(_ ledger: Ledger) -> [Pair] {
        let succeeded = Dictionary(uniqueKeysWithValues: ledger.deliveries.map { ($0.pair, $0.succeeded) })
        return owed.filter { succeeded[$0.key, default: 0] < $0.value }.map(\.key).sorted()
    }

    private func shown(_ pairs: [Pair]) -> String {
        pairs.isEmpty ? "" : " (\(pairs.prefix(5).map { "\($0.flow)/\($0.audience)" }.joined(separator: ", ")) …)"
    }

    /// Rule 9: nothing is asked and nothing is computed while nothing is due.
    private func judgeIdleness() throws {
        Thread.sleep(forTimeInterval: 0.5)
        let (requests, before) = (ledger.total, figures?.processorMilliseconds ?? 0)
        Thread.sleep(forTimeInterval: Bounds.idleSeconds)
        let used = (figures?.processorMilliseconds ?? 0) - before
        let asked = ledger.total - requests
        guard asked == 0 else { throw Failure("nothing is asked while nothing is due", "\(asked) requests in 1 s") }
        guard used <= Bounds.idleProcessorMilliseconds else {
            throw Failure("idle, at most \(Bounds.idleProcessorMilliseconds) ms of processor in 1 s", "\(used) ms")
        }
    }

    func judgeMemory(_ limitMiB: Int = Bounds.peakResidentMiB) throws {
        let peak = (figures?.peakResidentKiB ?? 0) / 1024
        guard peak <= limitMiB else { throw Failure("at most \(limitMiB) MiB resident", "\(peak) MiB at the highest") }
    }

    /// The platform goes away first, so that connections which are kept for the next question end.
    private func judgeDescriptors() throws {
        guard let before = figuresAtReady?.descriptors else { return }
        stopPlatform()
        let isBack = waits(Bounds.descriptorSeconds) { (figures?.descriptors.count ?? 0) <= before.count }
        guard isBack else {
            let now = figures?.descriptors ?? []
            var more = now
            for one in before { more.firstIndex(of: one).map { _ = more.remove(at: $0) } }
            throw Failure(
                "\(before.count) open descriptors as at the start",
                "\(now.count); more: \(more.joined(separator: "; "))")
        }
    }

    func judgeLog(_ says: [String]) throws {
        let log = log
        for words in says where !log.contains(words) {
            throw Failure("the log says \"\(words)\"", "it does not")
        }
        for words in ["Fatal error", "simulated-"] where log.contains(words) {
            throw Failure("the log does not contain \"\(words)\"", "it does")
        }
    }
}

extension Ledger.Delivery {
    /// By the numbers at the ends of the ids.
    var pair: Pair {
        Pair(flow: Int(dataflow.suffix(12)) ?? -1, audience: Int(audience.suffix(12)) ?? -1)
    }
}
