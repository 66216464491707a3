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
        /// Whether a campaign that follows exports has to follow it.
        var isOwed = true
        /// Nil: whatever the sandbox.
        var sandbox: String?
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
    /// Runs that were taken for ours in any way.
    var owned: Set<String> = []
    /// Runs of others of which a person said that they close nothing.
    var disregarded: Set<String> = []
    /// Late runs of ours that a person gave up: what is sent beside them is that person's risk.
    var abandoned: Set<String> = []
    /// What the process that runs could know.
    var sightings = Sightings()
    /// A run of the platform.
    var run: (String) -> SimulatedRun? = { _ in nil }
    /// When a pair was mapped in a sandbox; nil where it is not.
    var mappedAt: (Pair, SandboxName) -> Instant? = { _, _ in nil }
    /// What the daemon is set to.
    var guardrails = Guardrails()

    init(freshness: Duration, lag: Duration) {
        self.freshness = freshness
        self.lag = lag
    }

    mutating func began(
        export id: String, at begin: Instant, until end: Instant, fails: Bool = false, isOwed: Bool = true,
        sandbox: String? = nil
    ) {
        exports.append(
            Span(id: id, flow: "", begin: begin, end: end, fails: fails, isOwed: isOwed, sandbox: sandbox))
    }

    mutating func began(foreignRun id: String, on flow: String, at begin: Instant, until end: Instant) {
        foreignRuns.append(Span(id: id, flow: flow, begin: begin, end: end))
    }

    mutating func edited(_ flow: String, at: Instant) {
        edits.append((flow, at))
    }

    /// What began after this was not to be known by a call that reached the wire at an instant: an answer that counts as fresh may
    /// be so old. Clocks drift by up to a third of a thousandth; milliseconds of rounding come on top.
    func horizon(of wire: Instant) -> Instant {
        wire - freshness - freshness / 3000 - .milliseconds(10)
    }

    /// Whether a run of others began so late that no fresh answer of before a call shows it: nothing tells it from the
    /// call's own.
    func isUnseen(_ run: SimulatedRun, sent: Instant) -> Bool {
        max(run.createdAt + lag, run.isListedFrom) > horizon(of: sent)
            || sightings.isHidden(run.id, since: horizon(of: sent))
    }

    /// Whether nobody could have known better.
    ///
    /// - Parameter wire: When the call reached the wire, by the platform's clock.
    func isExcused(_ violation: Ledger.Violation, of call: Call, wire: Instant, at: Instant) -> Bool {
        let horizon = horizon(of: wire)
        let words = violation.detail.split(separator: " ").map(String.init)
        switch violation.rule {
        case .duringExport:
            let running = exports.last { words.contains($0.id) } ?? exports.last { $0.begin <= at && at < $0.end }
            guard let running else { return false }
            return running.begin > horizon || isAged(running.begin, guardrails.exportMaximumAge, at: at)
                || sightings.isHidden(running.id, since: horizon)
        case .dataflowBusy, .audienceInFlight:
            if violation.rule == .dataflowBusy, words.contains(where: closesNothing) { return true }
            if words.contains(where: abandoned.contains) { return true }
            if let run = words.lazy.compactMap(run).first {
                // Of a call that was refused, or given up: it is there to be seen as soon as listings show it.
                let isOld = isAged(run.createdAt, guardrails.runMaximumAge, at: at)
                if run.isOurs {
                    // On another dataflow it is in nobody's listing, as one of others is.
                    let isAsked = call.pairs.contains { $0.dataflow.text == run.flow }
                    if !isAsked, !owned.contains(run.id) { return true }
                    // One that nobody knows to be ours counts like one of others.
                    return run.isListedFrom > wire || sightings.isHidden(run.id, since: horizon)
                        || isOld && !owned.contains(run.id)
                }
                return isUnseen(run, sent: wire) || isOld
            }
            let running = foreignRuns.last { run in words.contains(run.id) }
            return running.map { $0.begin + lag > horizon } ?? false
        case .insideWindow:
            if edits.contains(where: { edit in edit.at > horizon && words.contains(edit.flow) }) { return true }
            // The daemon may be set to the shorter window of before: it is refused, and that is all.
            let age = words.firstIndex(of: "ms").flatMap { Int64(words[$0 - 1]) }
            return age.map { Duration.milliseconds($0) >= guardrails.firstActivationWindow } ?? false
        case .tooManyPairs, .headers, .strangerToken:
            return false
        }
    }

    /// For how long a pair has been mapped, where that was to be known; nil where it is not mapped, or has been for a moment only: then
    /// it may have come in the place of a mapping of before.
    func knownFor(_ pair: Pair, _ sandbox: SandboxName, at now: Instant) -> Duration? {
        let age = mappedAt(pair, sandbox).map { now - $0 }
        return age.flatMap { $0 > freshness + CheckBounds.look + CheckBounds.look ? $0 : nil }
    }

    func closesNothing(_ run: String) -> Bool { adopted.contains(run) || disregarded.contains(run) }

    /// Whether something has been under way for so long that it counts no more.
    func isAged(_ begin: Instant, _ age: Duration, at: Instant) -> Bool {
        at - begin >= .milliseconds(age.milliseconds / 1000 * 999)
    }
}

extension SimulatedRun {
    /// Whether the daemon means it by an id: one that is too long for a record has a shorter one there.
    func isNamed(_ name: String) -> Bool {
        id == name || id.utf8.count > name.utf8.count && RunID(id).bounded.text == name
    }
}

extension PlatformModel {
    func run(named name: String) -> SimulatedRun? { runs.last { $0.isNamed(name) } }
}
