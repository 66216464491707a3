// Which runs were ours lately. A listing lags behind, and an occurrence is forgotten once it has ended: so a run that has ended
// may turn up only after the next call of its pair was intended, and must not be taken for that call's own.
//
// Begin at `State.remember`. `Scheduler.intend` puts what is remembered into the call's baselines.

package import Chronology

/// A run that an activation had, or that was its second one.
package struct OwnRun: Equatable, Codable, Sendable {
    package var run: RunID
    /// When it became known as ours, by our clock.
    package var at: Instant
}

enum OwnRunBounds {
    /// Far more than a listing lags behind. Kept by the wall clock: what is a step of it too old is in the listings.
    static let age = Duration.seconds(24 * 3600)
    /// Of one dataflow, the newest.
    static let runs = 1000
}

extension State {
    mutating func abandon(_ run: RunID) {
        abandonedRuns = ((abandonedRuns ?? []).filter { $0 != run } + [run]).suffix(OwnRunBounds.runs)
    }

    /// Nothing of an occurrence that is no longer held.
    mutating func remember(_ run: RunID, of activation: ActivationID, at: Instant) {
        guard let dataflow = pair(of: activation)?.dataflow else { return }
        var runs = ownRuns?[dataflow] ?? []
        guard !runs.contains(where: { $0.run == run }) else { return }
        runs.removeAll { $0.at < at - OwnRunBounds.age }
        runs.append(OwnRun(run: run, at: at))
        ownRuns = ownRuns ?? [:]
        ownRuns?[dataflow] = runs.suffix(OwnRunBounds.runs)
    }
}

extension Scheduler {
    /// The runs of a dataflow that existed before a call that is intended now: what its listing shows, and what is known to be
    /// ours and is not shown yet.
    func baseline(of dataflow: DataflowID, _ known: RunsKnowledge) -> Baseline {
        let shown = known.listing.runs.map(\.id)
        var present = Set(shown)
        let unseen = (state.ownRuns?[dataflow] ?? []).map(\.run).filter { present.insert($0).inserted }
        return Baseline(runs: shown + unseen, horizon: known.reachesBackTo)
    }
}
