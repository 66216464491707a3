// A run of a dataflow, as the platform holds it: what becomes of it is decided when it begins.

package import Chronology

package struct SimulatedRun: Equatable, Sendable {
    package var id: String
    package var flow: String
    package var audiences: [String]
    package var createdAt: Instant
    /// Never, for one that does not end.
    package var endsAt: Instant
    package var fails: Bool
    /// False for one that a person or a schedule started.
    package var isOurs: Bool
    /// From then on nothing shows it any more.
    package var vanishesAt: Instant?
    /// From then on it says for whom it is.
    package var isNamedFrom: Instant
    /// From then on listings show it.
    package var isListedFrom: Instant
    /// The export that it followed, for a run of the platform's own schedule.
    package var export: String?
    /// What it exports, if it succeeds.
    package var records: Int64 = SimulatedRun.usualRecords

    /// The batch of the export whose data it exports; nil where there is none.
    package var snapshot: String?

    package static let usualRecords: Int64 = 985

    /// Whether a listing shows it.
    func isShown(at now: Instant) -> Bool {
        now >= isListedFrom && !hasVanished(at: now)
    }

    func hasVanished(at now: Instant) -> Bool {
        vanishesAt.map { now >= $0 } ?? false
    }

    func hasEnded(at now: Instant) -> Bool { now >= endsAt }
}

/// What will become of a run.
package struct RunFate: Equatable, Sendable {
    /// Nil for a run that never ends by itself.
    package var duration: Duration?
    package var fails: Bool
    /// It says for whom it is from so long after its begin on.
    package var isNamedAfter: Duration
    package var records: Int64

    package init(
        duration: Duration?, fails: Bool = false, isNamedAfter: Duration = .zero,
        records: Int64 = SimulatedRun.usualRecords
    ) {
        self.duration = duration
        self.fails = fails
        self.isNamedAfter = isNamedAfter
        self.records = records
    }
}

extension Scenario.Runs {
    func fate(_ chance: inout SplitMix) -> RunFate {
        let shortest = max(0, shortestMilliseconds)
        let spread = UInt64(max(0, longestMilliseconds - shortest))
        var fate = RunFate(
            duration: .milliseconds(shortest + Int64(chance.below(spread + 1))),
            fails: chance.hits(percent: failingPercent))
        if endlessPercent > 0, chance.hits(percent: endlessPercent) { fate.duration = nil }
        if emptyPercent > 0, chance.hits(percent: emptyPercent) { fate.records = 0 }
        return fate
    }
}
