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
    /// Between two look-ups at most so many hundredths of `settle` count: of the rest of a longer pause nothing was seen.
    static let longestPause = 30
    /// Successful look-ups without the run before it counts as absent.
    static let lookUpsNeeded = 5
    /// A doubt that only runs without a name, or listings that show too little, keep open goes to a person after this many times `settle`.
    static let patience = 3
    /// A run is in listings so long after it began, at the latest: what is not by then began later than the call.
    static let showsLate = Duration.seconds(3600)
    /// A run may seem to begin so long before its call: by two clocks, and by ours with its margin where the platform's is not known.
    static let clocks = ClockBounds.agreement + GateBounds.unknownClock
    /// Runs of which it is remembered when they were seen first, before those are dropped that no listing shows any more.
    static let candidates = 1000
    /// Runs that may be of a call in doubt and that the journal keeps, for each activation.
    static let remembered = 20
    /// Calls again after an established absence, per activation.
    static let retryLimit = 1
}

extension Scheduler {
    /// Settles what a listing of one dataflow's runs can settle.
    ///
    /// - Parameter missing: Runs that it does not show, that were seen under way, and that were not seen to end.
    mutating func settleDoubts(
        on flow: DataflowKey, _ known: RunsKnowledge, missing: [DataflowRun], at now: Moment, _ step: inout Step
    ) {
        var owners = runOwners()
        for activation in knowledge.doubts.keys.sorted() {
            guard case .inDoubt(let callID) = state[activation]?.phase, let call = state.calls[callID]?.call,
                let pair = state.pair(of: activation), DataflowKey(call.sandbox, pair.dataflow) == flow,
                var watch = knowledge.doubts[activation], known.askedAt.monotonic >= watch.startedAt
            else { continue }
            let pause = watch.lookedAt.map { known.askedAt.monotonic - $0 } ?? .zero
            watch.covered = watch.covered + min(pause, configuration.settling * DoubtBounds.longestPause / 100)
            watch.lookedAt = known.askedAt.monotonic
            knowledge.doubts[activation] = watch
            settle(activation, pair, call, watch, known, missing, owners, at: now, &step)
            if case .running(let run) = state[activation]?.phase { owners[run, default: []].append(activation) }
        }
    }

    /// Which activations each run of ours serves: looked up once for an answer, since a listing is held against each doubt.
    func runOwners() -> [RunID: [ActivationID]] {
        var owners: [RunID: [ActivationID]] = [:]
        for occurrence in state.occurrences.values {
            for (position, held) in occurrence.activations.enumerated() {
                if case .running(let run) = held.phase {
                    owners[run, default: []].append(occurrence.activationID(at: position))
                }
            }
        }
        return owners
    }

    private mutating func settle(
        _ activation: ActivationID, _ pair: Pair, _ call: Call, _ watch: WatchedDoubt, _ known: RunsKnowledge,
        _ unshown: [DataflowRun], _ owners: [RunID: [ActivationID]], at now: Moment, _ step: inout Step
    ) {
        let baseline = self.baseline(of: activation, pair, call)
        let callTimes = times(of: activation, call)
        var all = known
        all.listing.runs += unshown
        let candidates = candidates(of: activation, pair, call, all, owners, at: now)
        let named = candidates.filter { $0.audiences.contains(pair.audience) }
            .sorted { ($0.createdAt ?? .distantPast, $0.id) < ($1.createdAt ?? .distantPast, $1.id) }
            .map { run in
                var provenance = provenance(
                    of: run, pair, seen: known.askedAt.monotonic, in: call.sandbox, at: now)
                if provenance == .ours, !mayBe(run, ofCallsAt: callTimes, at: now) {
                    provenance = run.status.isTerminal ? .untold : .open  // it does not say when it began
                }
                return (run: run, provenance: provenance)
            }
        // The answer that is awaited says whose it is.
        let awaited = named.map(\.run).filter { mayBeAnswered($0, pair, in: call.sandbox, at: now) }
        if !awaited.isEmpty {
            _ = noteSeen(
                candidates.filter(\.audiences.isEmpty) + named.map(\.run), by: activation, in: known, at: now, &step)
            return
        }
        let newer = named.filter { $0.provenance != .scheduled }.map(\.run).filter {
            isOfNewerCall($0, pair, than: activation, callTimes, in: call.sandbox, at: now)
        }
        let open = named.filter { $0.provenance == .open }.map(\.run)
        let unasked = named.filter { $0.provenance == .unasked }.map(\.run)
        let missing = noteSeen(
            candidates.filter(\.audiences.isEmpty) + open + unasked
                + newer.filter { run in !(open + unasked).contains { $0.id == run.id } }, by: activation, in: known,
            at: now, &step)
        let ours = named.first { named in named.provenance == .ours && !newer.contains { $0.id == named.run.id } }?.run
        if let ours {
            let calls = doubtfulCalls(of: activation, call)
            start(ours.id, of: activation, adopted: true, at: now, &step)
            doubtAgain(calls, because: ours, at: now, &step)
            for (twin, provenance) in named where provenance == .ours && twin.id != ours.id {
                if newer.contains(where: { $0.id == twin.id }) { continue }
                if isLookedForByOthers(twin, pair, besides: activation, in: call.sandbox, at: now) { continue }
                reportTwin(twin.id, of: activation, at: now, &step)
            }
            return
        }
        // It is looked for on behalf of that one as well, which takes it or is given up.
        if let first = newer.first {
            // The end of one that is under way may tell.
            if open.contains(where: { $0.id == first.id }), !isLate(activation, watch, at: now) { return }
            let reason = "a run exists that may be this one, and a newer call for its pair can have begun it as well"
            return giveUpWaiting(activation, watch, reason, at: now, &step)
        }
        // What is known of exports is older than the run: it is asked for, and the next listing is held against it.
        if !unasked.isEmpty {
            let reason = "a run exists that may be this one, and when the last export ended could not be asked"
            return giveUpWaiting(activation, watch, reason, at: now, &step)
        }
        // Nothing else of the call is sent meanwhile.
        for other in named where other.provenance != .scheduled {
            doubtAgain(doubtfulCalls(of: activation, call), because: other.run, at: now, &step)
        }
        if let untold = named.first(where: { $0.provenance == .untold })?.run {
            return setAside(activation, Self.untold(untold), holdsLane: true, at: now, &step)
        }
        // While it is under way nothing else is sent for the pair, and its end may tell.
        if let open = open.first {
            guard isLate(activation, watch, at: now) else { return }
            return setAside(activation, Self.untold(open), holdsLane: true, at: now, &step)
        }
        // An answer that shows nothing of what was there before the call proves nothing about what came after it.
        let showsWhatWas =
            known.listing.isTruncated
            ? reaches(baseline, known)
            : baseline.runs.isEmpty || known.listing.runs.contains { baseline.covers($0) }
        let isComplete = showsWhatWas && known.blankSince == nil || mutant(.emptyProvesAbsence)
        if candidates.contains(where: { $0.audiences.isEmpty }) {
            let reason = "a run exists that may be this one, and it never said for which audience it is"
            giveUpWaiting(activation, watch, reason, at: now, &step)
            return
        }
        if mayShareRun(activation, pair, call, known) {
            let reason = "a run of its call has not said for whom it is, and may serve this pair as well"
            giveUpWaiting(activation, watch, reason, at: now, &step)
            return
        }
        if missing {
            let reason = "a run that may be this one was seen, and is missing from the answers since"
            giveUpWaiting(activation, watch, reason, at: now, &step)
            return
        }
        guard isComplete else {
            let reason = "the runs of before the call are not listed, so that its own may be missing as well"
            giveUpWaiting(activation, watch, reason, at: now, &step)
            return
        }
        guard isSpread(activation, watch) else { return }
        record(.doubtLookedUp(activation: activation, at: now.wall), &step)
        let lookUps = state[activation]?.lookUps ?? 0
        if mutant(.absentTooSoon) { return absent(activation, lookUps, at: now, &step) }
        // What the kernel still held may have arrived after an earlier look-up was answered.
        guard known.askedAt.monotonic - watch.startedAt >= configuration.limits.wireTime else { return }
        if lookUps >= DoubtBounds.lookUpsNeeded, watch.covered >= configuration.settling {
            absent(activation, lookUps, at: now, &step)
        }
    }

    /// Whether a run may be that of another delivery of a pair, which is in doubt about a call or waits after one that was refused.
    private func isLookedForByOthers(
        _ run: DataflowRun, _ pair: Pair, besides activation: ActivationID, in sandbox: SandboxName, at now: Moment
    ) -> Bool {
        let isInDoubt = knowledge.doubts.keys.contains { other in
            guard other != activation, state.pair(of: other) == pair, case .inDoubt(let id) = state[other]?.phase,
                let call = state.calls[id]?.call, call.sandbox == sandbox
            else { return false }
            return !baseline(of: other, pair, call).covers(run)
                && mayBe(run, ofCallsAt: times(of: other, call), at: now)
        }
        return isInDoubt || taker(of: run, for: pair, in: sandbox, at: now) != nil
    }

    /// Whose a run is that was seen just now. What has to be asked to tell is noted.
    mutating func provenance(
        of run: DataflowRun, _ pair: Pair, seen: Monotonic, in sandbox: SandboxName, at now: Moment
    ) -> Provenance {
        let seenAt = knowledge.candidatesSince[run.id] ?? seen
        if knowledge.candidatesSince[run.id] == nil { remember(candidate: run.id, seenAt: seen) }
        let provenance = provenance(of: run, pair, in: sandbox, seenAt: seenAt, at: now)
        if provenance == .unasked {
            let flow = DataflowKey(sandbox, pair.dataflow)
            let since = exportsTell(of: run, seenAt: seenAt, in: sandbox, at: now)
            knowledge.schedulesSince[flow] = max(knowledge.schedulesSince[flow] ?? since, since)
        }
        return provenance
    }

    /// What no listing shows any more makes room: there are never more of them than listings show.
    private mutating func remember(candidate run: RunID, seenAt: Monotonic) {
        if knowledge.candidatesSince.count >= knowledge.candidatesRoom {
            let shown = Set(knowledge.runs.values.flatMap { $0.listing.runs.map(\.id) })
            knowledge.candidatesSince = knowledge.candidatesSince.filter { shown.contains($0.key) }
            knowledge.candidatesRoom = max(DoubtBounds.candidates, knowledge.candidatesSince.count * 2)
        }
        knowledge.candidatesSince[run] = seenAt
    }

    /// Whether another pair of its call on the same dataflow has a run, or waits for one that a refusal named, that has not said for
    /// whom it is: one may serve them all, and names them at its end.
    private func mayShareRun(
        _ activation: ActivationID, _ pair: Pair, _ call: Call, _ known: RunsKnowledge
    ) -> Bool {
        zip(call.activations, call.pairs).contains { other, place in
            guard other != activation, place.dataflow == pair.dataflow, let held = state[other] else { return false }
            if let named = held.named, isUnsent(held.phase), knowledge.foreign[named] != nil {
                return knowledge.named[named]?.mayBe(for: pair.audience) ?? true
            }
            guard case .running(let run) = held.phase else { return false }
            return known.listing.runs.first { $0.id == run }?.audiences.isEmpty ?? true
        }
    }

    /// Remembers what may be of the call and nothing tells yet. It is looked for until something does.
    ///
    /// - Returns: Whether one of those seen before is missing now.
    private mutating func noteSeen(
        _ unsettled: [DataflowRun], by activation: ActivationID, in known: RunsKnowledge, at now: Moment,
        _ step: inout Step
    ) -> Bool {
        let remembered = state[activation]?.candidates ?? []
        for run in unsettled.prefix(DoubtBounds.remembered) where !remembered.contains(run.id) {
            record(.candidateSeen(activation: activation, run: run.id, at: now.wall), &step)
        }
        let shown = Set(known.listing.runs.map(\.id))
        let missing = (knowledge.doubts[activation]?.seen ?? []).subtracting(shown)
        knowledge.doubts[activation]?.seen = missing.union(unsettled.map(\.id))
        return !missing.isEmpty && !mutant(.emptyProvesAbsence)
    }

    /// The runs of a listing that may be of a call, for whomever.
    func candidates(
        of activation: ActivationID, _ pair: Pair, _ call: Call, _ known: RunsKnowledge,
        _ owners: [RunID: [ActivationID]], at now: Moment
    ) -> [DataflowRun] {
        var baseline = self.baseline(of: activation, pair, call)
        if mutant(.adoptsAnyRun) { baseline = Baseline(runs: [], horizon: nil) }
        let times = times(of: activation, call)
        return known.listing.runs.filter {
            !baseline.covers($0) && !isOfAnotherCall(owners[$0.id], call, activation)
                && !wasAnothers($0.id, pair, activation, call)
                && (mayBe($0, ofCallsAt: times, at: now) || isWithoutTime($0, after: baseline))
        }
    }

    /// When the calls of which runs may be of an activation were handed out.
    func times(of activation: ActivationID, _ call: Call) -> [Instant] {
        (state[activation]?.doubtfulTimes ?? []) + (state.calls[call.id]?.sentAt.map { [$0] } ?? [])
    }

    /// One that was not there before the call and does not say when it began: it may be of the call, however late it is seen.
    private func isWithoutTime(_ run: DataflowRun, after baseline: Baseline) -> Bool {
        run.createdAt == nil && !run.readsIncremental && baseline.certainlyLacks(run)
    }

    /// Look-ups count only when they are spread over `settle`: not more of them than the table has by now.
    private func isSpread(_ activation: ActivationID, _ watch: WatchedDoubt) -> Bool {
        let covered = watch.covered.milliseconds
        let settle = max(1, configuration.settling.milliseconds)
        let due = DoubtBounds.looks.count { Int64($0).saturatingMultiply(settle) / 100 <= covered }
        return (state[activation]?.lookUps ?? 0) < due
    }

    /// A cut listing is complete for a doubt when it reaches back to before the call, or to something that the baseline knew.
    private func reaches(_ baseline: Baseline, _ known: RunsKnowledge) -> Bool {
        if let since = baseline.since, let reached = known.reachesBackTo, reached <= since { return true }
        if let horizon = baseline.horizon, let reached = known.reachesBackTo, reached <= horizon { return true }
        return known.listing.runs.contains { baseline.covers($0) }
    }

    /// What was there before the first call of an activation that was in doubt.
    func baseline(of activation: ActivationID, _ pair: Pair, _ call: Call) -> Baseline {
        let first = state[activation].flatMap { $0.mayHaveRun ? $0.firstBaseline : nil }
        return first ?? call.baselines[pair.dataflow] ?? Baseline(runs: [], horizon: nil)
    }

    /// Whether a run was that of an activation with which this one shared no call. Its occurrence may be forgotten by now.
    private func wasAnothers(
        _ run: RunID, _ pair: Pair, _ activation: ActivationID, _ call: Call
    ) -> Bool {
        guard let own = state.ownRuns?[pair.dataflow]?.last(where: { $0.run == run }) else { return false }
        if let holder = own.holders?[pair.audience], holder != activation { return true }
        guard let owner = own.owner else {
            // Snapshots of before do not say whose: those that were ours before the first call are.
            return own.at <= (state[activation]?.doubtfulCall.flatMap { state.calls[$0]?.call } ?? call).at
        }
        return owner != activation
            && !doubtfulCalls(of: activation, call).contains { $0.activations.contains(owner) }
    }

    /// A run that belongs to an activation of another call. One run may serve several pairs of one call.
    private func isOfAnotherCall(_ owners: [ActivationID]?, _ call: Call, _ activation: ActivationID) -> Bool {
        guard let owners else { return false }
        let members = Set(call.activations)
        // Both may have been taken by an earlier call, which was refused, and go on in different ones.
        let earlier = Set(state[activation]?.doubtfulCalls ?? [])
        return owners.contains { owner in
            !members.contains(owner) && earlier.isDisjoint(with: state[owner]?.doubtfulCalls ?? [])
        }
    }

    /// Whether it has been in doubt for as long as a run may take.
    private func isLate(_ activation: ActivationID, _ watch: WatchedDoubt, at now: Moment) -> Bool {
        // By the journal as well: what is watched begins anew with each process.
        let age = max(now.monotonic - watch.startedAt, now.wall - (state[activation]?.since ?? now.wall))
        return age >= configuration.polling.runLate
    }

    private mutating func giveUpWaiting(
        _ activation: ActivationID, _ watch: WatchedDoubt, _ reason: String, at now: Moment, _ step: inout Step
    ) {
        guard watch.covered >= configuration.settling * DoubtBounds.patience else { return }
        setAside(activation, reason, holdsLane: true, at: now, &step)
    }

    private mutating func absent(
        _ activation: ActivationID, _ lookUps: Int, at now: Moment, _ step: inout Step
    ) {
        guard let occurrence = state.occurrences[activation.occurrence]?.occurrence, let held = state[activation]
        else { return }
        let reason = "established as absent by \(lookUps) look-ups over \(configuration.settling.text)"
        // Of a call that was refused no answer was lost: `on_doubt` is not about it.
        let wasRefused =
            if case .inDoubt(let call) = held.phase { state.calls[call]?.wasRefused ?? false } else { false }
        switch wasRefused ? .retry : occurrence.onDoubt {
        case .hold:
            setAside(activation, "\(reason); held for a person (on_doubt = \"hold\")", holdsLane: true, at: now, &step)
        // Then it may be under way, and no listing shows it: neither has it failed, nor is its audience free.
        case .retry where mayHaveTakenEffect(callOf: activation, at: now),
            .skip where mayHaveTakenEffect(callOf: activation, at: now):
            setAside(
                activation,
                "\(reason), but nothing tells whether a run of another of its pairs is of its call: not sent again",
                holdsLane: true, at: now, &step)
        case .retry where tookEffect(callOf: activation), .skip where tookEffect(callOf: activation):
            setAside(
                activation, "\(reason), but its call took effect for others of its pairs: not sent again",
                holdsLane: true,
                at: now, &step)
        case .skip:
            fail(activation, "\(reason); not sent again (on_doubt = \"skip\")", at: now, &step)
        // This was the last look before it expires.
        case .retry where isOver(held, occurrence, at: now):
            putBack(activation, reason, counts: false, at: now, &step)
        case .retry where isLostAgain(held) && !mutant(.retryForEver):
            setAside(activation, "\(reason), for the second time", holdsLane: true, at: now, &step)
        case .retry:
            // Before the next call one more look, newer than those by which it is absent.
            if let pair = state.pair(of: activation), !mutant(.noLookBeforeRetry),
                let sandbox = state.occurrences[activation.occurrence]?.occurrence.sandbox
            {
                knowledge.outdateRuns(of: DataflowKey(sandbox, pair.dataflow))
            }
            retryLater(activation, reason, at: now, &step)
        }
        knowledge.doubts[activation] = nil
    }

    private func isOver(_ held: ActivationState, _ occurrence: Occurrence, at now: Moment) -> Bool {
        now.wall >= expiry(of: held, in: occurrence)
    }

    /// Whether one more call has no answer. A refusal is one, although something speaks against it.
    private func isLostAgain(_ held: ActivationState) -> Bool {
        guard case .inDoubt(let call) = held.phase, state.calls[call]?.wasRefused != true else { return false }
        return held.doubtRetries >= DoubtBounds.retryLimit
    }

    /// Whether the platform accepted the call that an activation is in doubt about: a call without an answer was accepted or
    /// refused as a whole, and another pair of it has its run, or had one.
    private func tookEffect(callOf activation: ActivationID) -> Bool {
        guard case .inDoubt(let id) = state[activation]?.phase, let call = state.calls[id]?.call else { return false }
        if state.calls[id]?.wasRefused == true { return false }
        if state.calls[id]?.tookEffect == true { return true }
        // Journals of before did not keep it with the call.
        return call.activations.contains { other in
            guard let held = state[other], held.doubtRetries == 0, held.doubtfulCall != id else { return false }
            switch held.phase {
            case .running: return true
            case .ended(let outcome): return outcome.run != nil
            case .waiting, .calling, .inDoubt, .quarantined: return false
            }
        }
    }

    /// Whether another pair of its call is in doubt, or set aside, over a run that may be of the call or of the schedule.
    private func mayHaveTakenEffect(callOf activation: ActivationID, at now: Moment) -> Bool {
        guard case .inDoubt(let id) = state[activation]?.phase, let call = state.calls[id]?.call else { return false }
        let owners = runOwners()
        return zip(call.activations, call.pairs).contains { other, pair in
            guard other != activation, let held = state[other] else { return false }
            switch held.phase {
            case .inDoubt(id), .quarantined(call: id?): return hasOpenCandidate(other, pair, call, owners, at: now)
            default: return false
            }
        }
    }

    private func hasOpenCandidate(
        _ activation: ActivationID, _ pair: Pair, _ call: Call, _ owners: [RunID: [ActivationID]], at now: Moment
    ) -> Bool {
        guard let known = knowledge.runs[DataflowKey(call.sandbox, pair.dataflow)] else { return false }
        return candidates(of: activation, pair, call, known, owners, at: now).contains { run in
            guard run.audiences.contains(pair.audience) else { return false }
            let seenAt = knowledge.candidatesSince[run.id] ?? known.askedAt.monotonic
            switch provenance(of: run, pair, in: call.sandbox, seenAt: seenAt, at: now) {
            case .open, .untold, .unasked: return true
            case .ours, .scheduled: return false
            }
        }
    }
}
