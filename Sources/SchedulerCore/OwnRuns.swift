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
    /// Whose it became. Nil in snapshots of before.
    package var owner: ActivationID?
    /// Who had it for other audiences than the owner's, the first of each: one run may serve all pairs of a call. Nil where nobody did,
    /// and in snapshots of before.
    package var holders: [AudienceID: ActivationID]?
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
        guard let pair = pair(of: activation) else { return }
        var runs = ownRuns?[pair.dataflow] ?? []
        if let known = runs.firstIndex(where: { $0.run == run }) {
            let isOwners = runs[known].owner.flatMap { self.pair(of: $0) } == pair
            guard !isOwners, runs[known].holders?[pair.audience] == nil else { return }
            runs[known].holders = runs[known].holders ?? [:]
            runs[known].holders?[pair.audience] = activation
        } else {
            runs.removeAll { $0.at < at - OwnRunBounds.age }
            runs.append(OwnRun(run: run, at: at, owner: activation))
        }
        ownRuns = ownRuns ?? [:]
        ownRuns?[pair.dataflow] = runs.suffix(OwnRunBounds.runs)
    }
}

extension Scheduler {
    /// The runs of a dataflow that existed before a call that is intended now: what its listing shows, and what is known to be
    /// ours and is not shown yet.
    ///
    /// - Parameter share: Of how many dataflows the call is: its record is bounded. Runs that find no place are told by the time up
    ///   to which all of them were created.
    func baseline(of dataflow: DataflowID, _ known: RunsKnowledge, share: Int = 1, at now: Moment) -> Baseline {
        let room = BaselineBounds.bytes / max(1, share) / 2
        var (shown, left, horizon) = ([RunID](), room, known.reachesBackTo)
        for run in known.listing.runs {
            left -= BaselineBounds.length(of: run.id)
            if left >= 0 {
                shown.append(run.id)
            } else if let createdAt = run.createdAt {
                horizon = max(horizon ?? createdAt, createdAt)
            }
        }
        var present = Set(known.listing.runs.map(\.id))
        var unseen = (state.ownRuns?[dataflow] ?? []).map(\.run).filter { present.insert($0).inserted }
        unseen += known.shownBefore.filter { present.insert($0).inserted }
        unseen = unseen.suffix(room / max(1, unseen.map(BaselineBounds.length).max() ?? 1))
        // Our own clock may be wrong by any time: only the platform's says what is older than the call.
        let since = knowledge.clock.flatMap { _ in platformTime(at: now) }.map { $0 - BaselineBounds.slack }
        return Baseline(runs: shown + unseen, horizon: horizon, since: since)
    }
}

private enum BaselineBounds {
    /// Of all baselines of a call together: half of what a record may have.
    static let bytes = 4 << 20
    /// The platform's time is counted on by our clock, which may run a little fast.
    static let slack = Duration.seconds(60)

    static func length(of run: RunID) -> Int { run.text.utf8.count + 3 }
}

extension RunID {
    /// Far more than the platform's own have.
    private static let length = 128

    /// The id, or for one that is too long for a record the same short one each time.
    package var bounded: RunID {
        guard text.utf8.count > Self.length else { return self }
        return RunID("\(text.prefix(Self.length / 4))#\(StableHash.of(text))")
    }
}

extension DataflowRun {
    /// With an audience that is known from elsewhere: while it runs it may not name it.
    func naming(_ audience: AudienceID) -> DataflowRun {
        var run = self
        if !audiences.contains(audience) { run.audiences.append(audience) }
        return run
    }

    var bounded: DataflowRun {
        var run = self
        run.id = id.bounded
        return run
    }
}
