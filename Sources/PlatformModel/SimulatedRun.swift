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

    /// Whether a listing shows it.
    func isShown(at now: Instant, lag: Duration) -> Bool {
        now >= createdAt + lag && vanishesAt.map { now < $0 } ?? true
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

    package init(
        duration: Duration?, fails: Bool = false, isNamedAfter: Duration = .zero
    ) {
        self.duration = duration
        self.fails = fails
        self.isNamedAfter = isNamedAfter
    }
}

extension Scenario.Runs {
    func fate(_ chance: inout SplitMix) -> RunFate {
        let shortest = max(0, shortestMilliseconds)
        let spread = UInt64(max(0, longestMilliseconds - shortest))
        return RunFate(
            duration: .milliseconds(shortest + Int64(chance.below(spread + 1))),
            fails: chance.hits(percent: failingPercent))
    }
}
