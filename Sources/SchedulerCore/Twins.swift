// A run of ours that belongs to nobody, beside the one that is followed.

internal import Chronology

extension Scheduler {
    /// A run of ours that belongs to nobody: an activation that was sent again has a twin, or one of its calls took
    /// effect late. Told loudly, once for each run.
    mutating func noticeTwins(
        on flow: DataflowKey, _ known: RunsKnowledge, at now: Moment, _ step: inout Step
    ) {
        let ours = Set((state.ownRuns?[flow.dataflow] ?? []).map(\.run))
        let unowned = known.listing.runs.filter {
            isOthers($0.id) && !ours.contains($0.id) && !$0.audiences.isEmpty
        }
        guard !unowned.isEmpty else { return }
        for occurrence in state.occurrences.values.sorted(by: { $0.id < $1.id }) {
            for (position, held) in occurrence.activations.enumerated() where held.wasSentAgain {
                let pair = occurrence.occurrence.pairs[position]
                guard DataflowKey(occurrence.occurrence.sandbox, pair.dataflow) == flow, case .running = held.phase,
                    let baseline = held.firstBaseline
                else { continue }
                for run in unowned
                where run.audiences.contains(pair.audience) && !baseline.covers(run)
                    && mayBe(run, ofCallsAt: held.doubtfulTimes ?? [], at: now)
                    && provenance(of: run, pair, in: flow.sandbox, seenAt: nil, at: now) == .ours
                {
                    reportTwin(run.id, of: occurrence.activationID(at: position), at: now, &step)
                }
            }
        }
    }

    mutating func reportTwin(
        _ run: RunID, of activation: ActivationID, at now: Moment, _ step: inout Step
    ) {
        guard state[activation]?.duplicates.contains(run) == false else { return }
        record(.duplicateSeen(activation: activation, run: run, at: now.wall), &step)
        notify(.duplicate, activation, "a second run exists for this activation: \(run)", at: now, &step)
    }
}
