// In doubt: a call that may or may not have taken effect is looked up, adopted, or established as absent; never blindly
// sent again.
//
// The look-ups are listings of the dataflow's runs. A run that is not in the call's baseline, that nobody else owns, and
// that names the audience is ours. A run that names nobody yet means *wait*, not *no*.

internal import Chronology

enum DoubtBounds {
    /// When the look-ups are made, in hundredths of `settle` since the doubt began; every further one follows after
    /// `furtherLook` more.
    static let looks: [Int] = [0, 2, 6, 15, 35, 60, 80, 100]
    static let furtherLook = 25
    /// Successful look-ups without the run before it counts as absent.
    static let lookUpsNeeded = 5
    /// A doubt that only runs without a name keep open goes to a person after this many times `settle`.
    static let patience = 3
    /// Calls again after an established absence, per activation.
    static let retryLimit = 1
}

extension Scheduler {
    /// Settles what a listing of one dataflow's runs can settle.
    mutating func settleDoubts(
        on dataflow: DataflowID, _ known: RunsKnowledge, at now: Moment, _ step: inout Step
    ) {
        for activation in knowledge.doubts.keys.sorted() {
            guard case .inDoubt(let callID) = state[activation]?.phase, let call = state.calls[callID]?.call,
                let pair = state.pair(of: activation), pair.dataflow == dataflow,
                let watch = knowledge.doubts[activation], known.askedAt.monotonic >= watch.startedAt
            else { continue }
            settle(activation, pair, call, watch, known, at: now, &step)
        }
    }

    private mutating func settle(
        _ activation: ActivationID, _ pair: Pair, _ call: Call, _ watch: WatchedDoubt, _ known: RunsKnowledge,
        at now: Moment, _ step: inout Step
    ) {
        var baseline = call.baselines[pair.dataflow] ?? Baseline(runs: [], horizon: nil)
        if mutant(.adoptsAnyRun) { baseline = Baseline(runs: [], horizon: nil) }
        let candidates = known.listing.runs.filter { !baseline.covers($0) && !isOfAnotherCall($0.id, call) }
        let named = candidates.filter { $0.audiences.contains(pair.audience) }
            .sorted { ($0.createdAt ?? .distantPast, $0.id) < ($1.createdAt ?? .distantPast, $1.id) }
        if let ours = named.first {
            start(ours.id, of: activation, adopted: true, at: now, &step)
            for twin in named.dropFirst() { reportTwin(twin.id, of: activation, at: now, &step) }
            return
        }
        let isComplete = !known.listing.isTruncated || reaches(baseline, known)
        let mayBeOurs = candidates.contains { $0.audiences.isEmpty }
        if mayBeOurs || !isComplete {
            giveUpWaiting(activation, watch, at: now, &step)
            return
        }
        guard isSpread(activation, watch, now) else { return }
        record(.doubtLookedUp(activation: activation, at: now.wall), &step)
        let lookUps = state[activation]?.lookUps ?? 0
        if mutant(.absentTooSoon) { return absent(activation, lookUps, at: now, &step) }
        // What the kernel still held may have arrived after an earlier look-up was answered.
        guard known.askedAt.monotonic - watch.startedAt >= configuration.limits.wireTime else { return }
        if lookUps >= DoubtBounds.lookUpsNeeded, now.monotonic - watch.startedAt >= configuration.settling {
            absent(activation, lookUps, at: now, &step)
        }
    }

    /// Look-ups count only when they are spread over `settle`: not more of them than the table has by now.
    private func isSpread(_ activation: ActivationID, _ watch: WatchedDoubt, _ now: Moment) -> Bool {
        let elapsed = (now.monotonic - watch.startedAt).milliseconds
        let settle = max(1, configuration.settling.milliseconds)
        let due = DoubtBounds.looks.count { Int64($0).saturatingMultiply(settle) / 100 <= elapsed }
        return (state[activation]?.lookUps ?? 0) < due
    }

    /// A cut listing is complete for a doubt when it reaches back to something that the baseline knew.
    private func reaches(_ baseline: Baseline, _ known: RunsKnowledge) -> Bool {
        if let horizon = baseline.horizon, let reached = known.reachesBackTo, reached <= horizon { return true }
        return known.listing.runs.contains { baseline.covers($0) }
    }

    /// A run that belongs to an activation of another call. One run may serve several pairs of one call.
    private func isOfAnotherCall(_ run: RunID, _ call: Call) -> Bool {
        let members = Set(call.activations)
        return activations(running: run).contains { !members.contains($0) }
    }

    private mutating func giveUpWaiting(
        _ activation: ActivationID, _ watch: WatchedDoubt, at now: Moment, _ step: inout Step
    ) {
        guard now.monotonic - watch.startedAt >= configuration.settling * DoubtBounds.patience else { return }
        setAside(
            activation, "a run exists that may be this one, and it never said for which audience it is",
            holdsLane: true, at: now, &step)
    }

    private mutating func absent(
        _ activation: ActivationID, _ lookUps: Int, at now: Moment, _ step: inout Step
    ) {
        guard let occurrence = state.occurrences[activation.occurrence]?.occurrence, let held = state[activation]
        else { return }
        let reason = "established as absent by \(lookUps) look-ups over \(configuration.settling.text)"
        switch occurrence.onDoubt {
        case .hold:
            setAside(activation, "\(reason); held for a person (on_doubt = \"hold\")", holdsLane: true, at: now, &step)
        case .skip:
            fail(activation, "\(reason); not sent again (on_doubt = \"skip\")", at: now, &step)
        case .retry where tookEffect(callOf: activation):
            setAside(
                activation, "\(reason), but its call took effect for others of its pairs: not sent again",
                holdsLane: true,
                at: now, &step)
        case .retry where held.doubtRetries >= DoubtBounds.retryLimit && !mutant(.retryForEver):
            setAside(activation, "\(reason), for the second time", holdsLane: true, at: now, &step)
        case .retry:
            retryLater(activation, reason, at: now, &step)
        }
        knowledge.doubts[activation] = nil
    }

    /// Whether the platform accepted the call that an activation is in doubt about: a call is accepted or refused as a
    /// whole, and another pair of it has its run.
    private func tookEffect(callOf activation: ActivationID) -> Bool {
        guard case .inDoubt(let id) = state[activation]?.phase, let call = state.calls[id]?.call else { return false }
        return call.activations.contains { other in
            guard let held = state[other], held.doubtRetries == 0 else { return false }
            switch held.phase {
            case .running: return true
            case .ended(let outcome): return outcome.run != nil
            case .waiting, .calling, .inDoubt, .quarantined: return false
            }
        }
    }

    // MARK: Second runs

    /// A run of ours that belongs to nobody: an activation that was sent again has a twin, or one of its calls took
    /// effect late. Told loudly, once for each run.
    mutating func noticeTwins(
        on dataflow: DataflowID, _ known: RunsKnowledge, at now: Moment, _ step: inout Step
    ) {
        let unowned = known.listing.runs.filter { !owns($0.id) && !$0.audiences.isEmpty }
        guard !unowned.isEmpty else { return }
        for occurrence in state.occurrences.values.sorted(by: { $0.id < $1.id }) {
            for (position, held) in occurrence.activations.enumerated() where held.doubtRetries > 0 {
                let pair = occurrence.occurrence.pairs[position]
                guard pair.dataflow == dataflow, case .running = held.phase, let baseline = held.firstBaseline
                else { continue }
                for run in unowned where run.audiences.contains(pair.audience) && !baseline.covers(run) {
                    reportTwin(run.id, of: occurrence.activationID(at: position), at: now, &step)
                }
            }
        }
    }

    private mutating func reportTwin(
        _ run: RunID, of activation: ActivationID, at now: Moment, _ step: inout Step
    ) {
        guard state[activation]?.duplicates.contains(run) == false else { return }
        record(.duplicateSeen(activation: activation, run: run, at: now.wall), &step)
        notify(.duplicate, activation, "a second run exists for this activation: \(run)", at: now, &step)
    }
}
