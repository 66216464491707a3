// What was true on the platform, and when: so that a rule that was broken can be told from one that nobody could have kept.
// An answer that counts as fresh may be as old as `gate_freshness` when a call is sent; what began after it was asked for
// is nobody's fault.

internal import Chronology
internal import PlatformModel
internal import SchedulerCore

struct PlatformTruth {
    struct Span {
        var id: String
        var flow: String
        var begin: Instant
        var end: Instant
        var fails = false
    }

    /// How old an answer may be that counts as fresh.
    let freshness: Duration
    /// How long new runs are missing from listings.
    let lag: Duration
    private(set) var exports: [Span] = []
    private(set) var foreignRuns: [Span] = []
    /// When a pair was mapped anew, or a dataflow enabled or disabled.
    private(set) var edits: [(flow: String, at: Instant)] = []
    /// Runs of others that were taken for ours by looking: nothing tells them apart.
    var adopted: Set<String> = []

    init(freshness: Duration, lag: Duration) {
        self.freshness = freshness
        self.lag = lag
    }

    mutating func began(export id: String, at begin: Instant, until end: Instant, fails: Bool = false) {
        exports.append(Span(id: id, flow: "", begin: begin, end: end, fails: fails))
    }

    mutating func began(foreignRun id: String, on flow: String, at begin: Instant, until end: Instant) {
        foreignRuns.append(Span(id: id, flow: flow, begin: begin, end: end))
    }

    mutating func edited(_ flow: String, at: Instant) {
        edits.append((flow, at))
    }

    /// Whether a run of others began so late that no fresh answer of before a call shows it: nothing tells it from the
    /// call's own.
    func isUnseen(_ run: SimulatedRun, sent: Instant) -> Bool {
        run.createdAt + lag > sent - freshness - .milliseconds(10)
    }

    /// Whether nobody could have known better.
    ///
    /// - Parameter sent: When the call left, by the platform's clock.
    func isExcused(_ violation: Ledger.Violation, sent: Instant, at: Instant) -> Bool {
        // Clocks drift by up to a third of a thousandth; a millisecond of rounding comes on top.
        let horizon = sent - freshness - .milliseconds(10)
        switch violation.rule {
        case .duringExport:
            let running = exports.last { $0.begin <= at && at < $0.end }
            return running.map { $0.begin > horizon } ?? false
        case .dataflowBusy:
            let words = violation.detail.split(separator: " ").map(String.init)
            if words.contains(where: { adopted.contains($0) }) { return true }
            let running = foreignRuns.last { run in words.contains(run.id) }
            return running.map { $0.begin + lag > horizon } ?? false
        case .insideWindow:
            return edits.contains { edit in edit.at > horizon && violation.detail.contains(edit.flow) }
        case .audienceInFlight, .tooManyPairs, .headers, .strangerToken:
            return false
        }
    }
}
