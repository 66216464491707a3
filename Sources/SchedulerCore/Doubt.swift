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
    /// Runs of which it is remembered when they were seen first.
    static let candidates = 1000
    /// Calls again after an established absence, per activation.
    static let retryLimit = 1
}

extension Scheduler {
    /// Settles what a listing of one dataflow's runs can settle.
    mutating func settleDoubts(
        on flow: DataflowKey, _ known: RunsKnowledge, at now: Moment, _ step: inout Step
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
            settle(activation, pair, call, watch, known, owners, at: now, &step)
            if case .running(let run) = state[activation]?.phase { owners[run, default: []].append(activation) }
        }
    }

    /// Which activations each run of ours serves: looked up once for an answer, since a listing is held against each doubt.
    private func runOwners() -> [RunID: [ActivationID]] {
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
        _ owners: [RunID: [ActivationID]], at now: Moment, _ step: inout Step
    ) {
        let baseline = self.baseline(of: activation, pair, call)
        let candidates = candidates(of: activation, pair, call, known, owners, at: now)
        let named = candidates.filter { $0.audiences.contains(pair.audience) }
            .sorted { ($0.createdAt ?? .distantPast, $0.id) < ($1.createdAt ?? .distantPast, $1.id) }
            .map { run in
                var provenance = provenance(
                    of: run, pair, seen: known.askedAt.monotonic, in: call.sandbox, at: now)
                if provenance == .ours, !mayBe(run, ofCallsAt: times(of: activation, call), at: now) {
                    provenance = run.status.isTerminal ? .untold : .open  // it does not say when it began
                }
                return (run: run, provenance: provenance)
            }
        let open = named.filter { $0.provenance == .open }.map(\.run)
        let missing = noteSeen(candidates.filter(\.audiences.isEmpty) + open, by: activation, in: known)
        if let ours = named.first(where: { $0.provenance == .ours })?.run {
            let calls = doubtfulCalls(of: activation, call)
            start(ours.id, of: activation, adopted: true, at: now, &step)
            doubtAgain(calls, at: now, &step)
            for (twin, provenance) in named where provenance == .ours && twin.id != ours.id {
                reportTwin(twin.id, of: activation, at: now, &step)
            }
            return
        }
        // What is known of exports is older than the run: it is asked for, and the next listing is held against it.
        if named.contains(where: { $0.provenance == .unasked }) {
            let reason = "a run exists that may be this one, and when the last export ended could not be asked"
            return giveUpWaiting(activation, watch, reason, at: now, &step)
        }
        // Nothing else of the call is sent meanwhile.
        if named.contains(where: { $0.provenance != .scheduled }) {
            doubtAgain(doubtfulCalls(of: activation, call), at: now, &step)
        }
        if let untold = named.first(where: { $0.provenance == .untold })?.run {
            return setAside(activation, Self.untold(untold), holdsLane: true, at: now, &step)
        }
        // While it is under way nothing else is sent for the pair, and its end may tell.
        if let open = open.first {
            // By the journal as well: what is watched begins anew with each process.
            let age = max(now.monotonic - watch.startedAt, now.wall - (state[activation]?.since ?? now.wall))
            guard age >= configuration.polling.runLate else { return }
            return setAside(activation, Self.untold(open), holdsLane: true, at: now, &step)
        }
        // An answer that shows nothing of what was there before the call proves nothing about what came after it.
        let showsWhatWas =
            known.listing.isTruncated
            ? reaches(baseline, known)
            : baseline.runs.isEmpty || known.listing.runs.contains { baseline.covers($0) }
        let isComplete = showsWhatWas || mutant(.emptyProvesAbsence)
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

    /// Whose a run is that was seen just now. What has to be asked to tell is noted.
    private mutating func provenance(
        of run: DataflowRun, _ pair: Pair, seen: Monotonic, in sandbox: SandboxName, at now: Moment
    ) -> Provenance {
        if knowledge.candidatesSince.count >= DoubtBounds.candidates { knowledge.candidatesSince = [:] }
        let seenAt = knowledge.candidatesSince[run.id] ?? seen
        knowledge.candidatesSince[run.id] = seenAt
        let provenance = provenance(of: run, pair, in: sandbox, seenAt: seenAt, at: now)
        if provenance == .unasked {
            let flow = DataflowKey(sandbox, pair.dataflow)
            knowledge.schedulesSince[flow] = max(knowledge.schedulesSince[flow] ?? seenAt, seenAt)
        }
        return provenance
    }

    /// Whether another pair of its call on the same dataflow has a run that has not said for whom it is: one may serve them all, and
    /// names them at its end.
    private func mayShareRun(
        _ activation: ActivationID, _ pair: Pair, _ call: Call, _ known: RunsKnowledge
    ) -> Bool {
        zip(call.activations, call.pairs).contains { other, place in
            guard other != activation, place.dataflow == pair.dataflow, case .running(let run)? = state[other]?.phase
            else { return false }
            return known.listing.runs.first { $0.id == run }?.audiences.isEmpty ?? true
        }
    }

    /// Remembers what may be of the call and nothing tells yet. It is looked for until something does.
    ///
    /// - Returns: Whether one of those seen before is missing now.
    private mutating func noteSeen(
        _ unsettled: [DataflowRun], by activation: ActivationID, in known: RunsKnowledge
    ) -> Bool {
        let shown = Set(known.listing.runs.map(\.id))
        let missing = (knowledge.doubts[activation]?.seen ?? []).subtracting(shown)
        knowledge.doubts[activation]?.seen = missing.union(unsettled.map(\.id))
        return !missing.isEmpty && !mutant(.emptyProvesAbsence)
    }

    /// The runs of a listing that may be of a call, for whomever.
    private func candidates(
        of activation: ActivationID, _ pair: Pair, _ call: Call, _ known: RunsKnowledge,
        _ owners: [RunID: [ActivationID]], at now: Moment
    ) -> [DataflowRun] {
        var baseline = self.baseline(of: activation, pair, call)
        if mutant(.adoptsAnyRun) { baseline = Baseline(runs: [], horizon: nil) }
        let times = times(of: activation, call)
        let first = state[activation]?.doubtfulCall.flatMap { state.calls[$0]?.call } ?? call
        return known.listing.runs.filter {
            !baseline.covers($0) && !isOfAnotherCall(owners[$0.id], call, activation)
                && !wasOurs($0.id, before: first, pair.dataflow)
                && (mayBe($0, ofCallsAt: times, at: now) || isWithoutTime($0, after: baseline))
        }
    }

    /// When the calls of which runs may be of an activation were handed out.
    private func times(of activation: ActivationID, _ call: Call) -> [Instant] {
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

    /// A cut listing is complete for a doubt when it reaches back to something that the baseline knew.
    private func reaches(_ baseline: Baseline, _ known: RunsKnowledge) -> Bool {
        if let horizon = baseline.horizon, let reached = known.reachesBackTo, reached <= horizon { return true }
        return known.listing.runs.contains { baseline.covers($0) }
    }

    /// What was there before the first call of an activation that was in doubt.
    func baseline(of activation: ActivationID, _ pair: Pair, _ call: Call) -> Baseline {
        let first = state[activation].flatMap { $0.mayHaveRun ? $0.firstBaseline : nil }
        return first ?? call.baselines[pair.dataflow] ?? Baseline(runs: [], horizon: nil)
    }

    /// Whether a run was known as ours before a call.
    private func wasOurs(_ run: RunID, before call: Call, _ dataflow: DataflowID) -> Bool {
        (state.ownRuns?[dataflow] ?? []).contains { $0.run == run && $0.at <= call.at }
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
        switch occurrence.onDoubt {
        case .hold:
            setAside(activation, "\(reason); held for a person (on_doubt = \"hold\")", holdsLane: true, at: now, &step)
        case .skip:
            fail(activation, "\(reason); not sent again (on_doubt = \"skip\")", at: now, &step)
        case .retry where mayHaveTakenEffect(callOf: activation, at: now):
            setAside(
                activation,
                "\(reason), but nothing tells whether a run of another of its pairs is of its call: not sent again",
                holdsLane: true, at: now, &step)
        case .retry where tookEffect(callOf: activation):
            setAside(
                activation, "\(reason), but its call took effect for others of its pairs: not sent again",
                holdsLane: true,
                at: now, &step)
        case .retry where held.doubtRetries >= DoubtBounds.retryLimit && !mutant(.retryForEver):
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

    /// Whether the platform accepted the call that an activation is in doubt about: a call without an answer was accepted or
    /// refused as a whole, and another pair of it has its run, or had one.
    private func tookEffect(callOf activation: ActivationID) -> Bool {
        guard case .inDoubt(let id) = state[activation]?.phase, let call = state.calls[id]?.call else { return false }
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

    // MARK: Runs that show late

    /// What was set aside in doubt is settled without a person when its run shows after all, in a listing that was read for
    /// somebody else.
    mutating func settleSetAside(
        on flow: DataflowKey, _ known: RunsKnowledge, at now: Moment, _ step: inout Step
    ) {
        var owners: [RunID: [ActivationID]]?
        for occurrence in state.occurrences.values.sorted(by: { $0.id < $1.id })
        where occurrence.occurrence.sandbox == flow.sandbox {
            for (position, held) in occurrence.activations.enumerated() {
                let pair = occurrence.occurrence.pairs[position]
                guard case .quarantined(call: let id?) = held.phase, pair.dataflow == flow.dataflow,
                    let call = state.calls[id]?.call
                else { continue }
                let activation = occurrence.activationID(at: position)
                let present = owners ?? runOwners()
                let ours = candidates(of: activation, pair, call, known, present, at: now)
                    .filter {
                        $0.audiences.contains(pair.audience)
                            && mayBe($0, ofCallsAt: times(of: activation, call), at: now)
                            && provenance(of: $0, pair, seen: known.askedAt.monotonic, in: flow.sandbox, at: now)
                                == .ours
                    }
                    .min { ($0.createdAt ?? .distantPast, $0.id) < ($1.createdAt ?? .distantPast, $1.id) }
                owners = ours == nil ? present : nil
                guard let ours else { continue }
                record(
                    .activationResolved(
                        activation: activation, resolution: .adopt(ours.id), actor: "a later look", at: now.wall), &step
                )
                let calls = doubtfulCalls(of: activation, call)
                start(ours.id, of: activation, adopted: true, at: now, &step)
                doubtAgain(calls, at: now, &step)
            }
        }
    }

    /// Runs of calls that were taken for absent, or for refused, and that only show now: adopted before anything is called again.
    mutating func adoptLateRuns(_ runs: [DataflowRun], in sandbox: SandboxName, at now: Moment, _ step: inout Step) {
        let isExpected = state.occurrences.values.contains { occurrence in
            occurrence.occurrence.sandbox == sandbox && occurrence.activations.contains(where: expectsRun)
        }
        guard isExpected else { return }
        let oldestFirst = runs.sorted {
            ($0.createdAt ?? .distantPast, $0.id) < ($1.createdAt ?? .distantPast, $1.id)
        }
        for run in oldestFirst where !owns(run.id) { _ = adoptLate(run, in: sandbox, at: now, &step) }
    }

    /// A run that was not there before the first doubtful call of an activation that waits, that is nobody's, and that names its
    /// pair, can only be of such a call. One run may serve several pairs.
    ///
    /// - Returns: Whether it was adopted.
    mutating func adoptLate(
        _ run: DataflowRun, in sandbox: SandboxName, at now: Moment, _ step: inout Step
    ) -> Bool {
        if mutant(.lateRunsAreOthers) { return false }
        // What was known before, and was given up, is no new one.
        guard !(state.ownRuns?[run.dataflow] ?? []).contains(where: { $0.run == run.id }), isOthers(run.id),
            !knowledge.toldForgotten.contains(run.id)
        else { return false }
        // All before the first starts: from then on the run is known to be ours.
        var takers: [ActivationID] = []
        for audience in run.audiences {
            let pair = Pair(dataflow: run.dataflow, audience: audience)
            guard let taker = taker(of: run, for: pair, in: sandbox, at: now) else { continue }
            let flow = DataflowKey(sandbox, run.dataflow)
            switch provenance(of: run, pair, seen: seenAt(in: flow, at: now), in: sandbox, at: now) {
            case .ours: takers.append(taker)
            // Exports are asked for first, and then it is looked at again.
            case .unasked: knowledge.outdateRuns(of: flow)
            case .untold:
                withdraw(callOf: taker, &step)
                setAside(taker, Self.untold(run), holdsLane: false, at: now, &step)
            case .scheduled, .open: break  // one that is under way holds the pair back, and its end may tell
            }
        }
        var doubted: [Call] = []
        for taker in takers {
            withdraw(callOf: taker, &step)
            doubted += doubtfulCalls(of: taker)
            start(run.id, of: taker, adopted: true, at: now, &step)
        }
        doubtAgain(doubted, at: now, &step)
        return !takers.isEmpty
    }

    /// A run that may be of an earlier call of an activation that waits: it names the pair and may be of the schedule as well, which
    /// could not be asked yet, or it has not said for whom it is.
    func openRun(of activation: ActivationID, at now: Moment) -> DataflowRun? {
        guard let held = state[activation], held.mayHaveRun, let pair = state.pair(of: activation),
            let sandbox = state.occurrences[activation.occurrence]?.occurrence.sandbox,
            let known = knowledge.runs[DataflowKey(sandbox, pair.dataflow)]
        else { return nil }
        return known.listing.runs.first { run in
            guard isOthers(run.id) else { return false }
            if run.audiences.isEmpty { return mayTake(run, held, at: now) }
            return run.audiences.contains(pair.audience)
                && taker(of: run, for: pair, in: sandbox, at: now) == activation
                && provenance(of: run, pair, in: sandbox, seenAt: nil, at: now) != .scheduled
        }
    }

    /// The last call that may have taken an activation that waits, if the runs of its dataflow were not listed since: it may be
    /// delivered, and nothing shows it yet.
    func unlookedCall(of activation: ActivationID) -> CallID? {
        guard let pair = state.pair(of: activation), let held = state[activation], expectsRun(held),
            let sandbox = state.occurrences[activation.occurrence]?.occurrence.sandbox,
            knowledge.runs[DataflowKey(sandbox, pair.dataflow)]?.isOutdated != false
        else { return nil }
        return held.doubtfulCalls.last { state.calls[$0] != nil }
    }

    /// Why one of which ``openRun(of:at:)`` is in the way goes to a person.
    static func open(_ run: DataflowRun) -> String {
        run.audiences.isEmpty
            ? "run \(run.id) began after a call of it, and has not said for whom it is: look at it, and adopt it or have the activation "
                + "sent again"
            : untold(run)
    }

    private static func untold(_ run: DataflowRun) -> String {
        "run \(run.id) began at the time of its call, when a scheduled run of the audience was due as well, and nothing tells "
            + "which of the two it is: look at it, and adopt it or have the activation sent again"
    }

    /// The oldest activation of a pair whose earlier call a run may be of.
    private func taker(
        of run: DataflowRun, for pair: Pair, in sandbox: SandboxName, at now: Moment
    ) -> ActivationID? {
        for occurrence in state.occurrences.values.sorted(by: { $0.id < $1.id })
        where occurrence.occurrence.sandbox == sandbox {
            let position = occurrence.activations.indices.first { position in
                let held = occurrence.activations[position]
                return occurrence.occurrence.pairs[position] == pair && mayTake(run, held, at: now)
            }
            if let position { return occurrence.activationID(at: position) }
        }
        return nil
    }

    /// Whether a run may be of an earlier call of an activation, whomever it names.
    private func mayTake(_ run: DataflowRun, _ held: ActivationState, at now: Moment) -> Bool {
        let times = held.doubtfulTimes ?? []
        return expectsRun(held) && held.firstBaseline.map { $0.certainlyLacks(run) } == true
            && !wasNamedBefore(run.id, times) && mayBe(run, ofCallsAt: times, at: now)
    }

    /// A run that the platform named, and that it never shows, may be of the earlier call of an activation that waits for it.
    mutating func setAsideBehind(_ run: RunID, _ foreign: ForeignRun, at now: Moment, _ step: inout Step) {
        for occurrence in state.occurrences.values.sorted(by: { $0.id < $1.id })
        where occurrence.occurrence.sandbox == foreign.sandbox {
            for (position, held) in occurrence.activations.enumerated()
            where occurrence.occurrence.pairs[position] == foreign.pair && expectsRun(held) {
                let activation = occurrence.activationID(at: position)
                withdraw(callOf: activation, &step)
                let reason =
                    "the platform named run \(run) and does not show it, and nothing tells whether it is of an earlier call of "
                    + "this activation: look for it, and adopt it or have the activation sent again"
                setAside(activation, reason, holdsLane: false, at: now, &step)
            }
        }
    }

    /// Whether a run can have been begun by one of these calls: it did not begin long after all of them, by the platform's own clock,
    /// and it does not say that it read what only scheduled runs read.
    private func mayBe(_ run: DataflowRun, ofCallsAt times: [Instant], at now: Moment) -> Bool {
        if mutant(.adoptsAnyRun) { return true }
        if run.readsIncremental { return false }
        guard !times.isEmpty else { return true }
        if let createdAt = run.createdAt { return times.contains { createdAt <= $0 + configuration.effectTime } }
        // One that a refusal names and that no listing shows yet: for a while it can only be ours that shows late.
        guard let platformNow = platformTime(at: now) else { return true }
        return times.contains { platformNow <= $0 + max(DoubtBounds.showsLate, configuration.effectTime) }
    }

    /// Whether a run of an earlier call may turn up for it, and nothing of it is on the wire.
    private func expectsRun(_ held: ActivationState) -> Bool {
        held.mayHaveRun && isUnsent(held.phase)
    }

    /// Not on the wire.
    func isUnsent(_ phase: ActivationState.Phase) -> Bool {
        switch phase {
        case .waiting: true
        case .calling(let call): state.calls[call]?.isSending == false
        case .inDoubt, .running, .quarantined, .ended: false
        }
    }

    mutating func withdraw(
        callOf activation: ActivationID, because reason: String = "a run of an earlier call of it turned up",
        _ step: inout Step
    ) {
        guard case .calling(let call) = state[activation]?.phase else { return }
        record(.callWithdrawn(call: call, reason: reason), &step)
        step.effects.append(.dropCall(call))
    }

    /// A run of one pair has shown that a call took effect, though it was absent, or refused: the others that it may have taken are
    /// in doubt about it again. One run may serve them all, and names them only at its end.
    mutating func doubtAgain(
        _ calls: [Call], but known: ActivationID? = nil, at now: Moment, _ step: inout Step
    ) {
        for call in calls {
            for activation in call.activations where activation != known {
                guard let held = state[activation], held.doubtfulCalls.contains(call.id), isUnsent(held.phase) else {
                    continue
                }
                withdraw(callOf: activation, &step)
                doubt(activation, call.id, "its call took effect for another of its pairs", at: now, &step)
            }
        }
    }

    /// The calls that a run of an activation may be of.
    func doubtfulCalls(of activation: ActivationID, _ call: Call? = nil) -> [Call] {
        let earlier = (state[activation]?.doubtfulCalls ?? []).compactMap { state.calls[$0]?.call }
        guard let call, !earlier.contains(where: { $0.id == call.id }) else { return earlier }
        return earlier + [call]
    }

    /// A refusal named a run that may be of an earlier call, and nothing says so for certain. Its pair waits for that run; the other
    /// pairs of that call are looked for, since the run may serve them as well.
    mutating func doubtOthers(besides run: DataflowRun, in sandbox: SandboxName, at now: Moment, _ step: inout Step) {
        for occurrence in state.occurrences.values.sorted(by: { $0.id < $1.id })
        where occurrence.occurrence.sandbox == sandbox {
            for (position, held) in occurrence.activations.enumerated() {
                let pair = occurrence.occurrence.pairs[position]
                guard pair.dataflow == run.dataflow, run.audiences.contains(pair.audience), expectsRun(held),
                    held.firstBaseline?.covers(run) != true, !wasNamedBefore(run.id, held.doubtfulTimes ?? []),
                    mayBe(run, ofCallsAt: held.doubtfulTimes ?? [], at: now),
                    provenance(of: run, pair, in: sandbox, seenAt: nil, at: now) != .scheduled
                else { continue }
                let activation = occurrence.activationID(at: position)
                doubtAgain(doubtfulCalls(of: activation), but: activation, at: now, &step)
            }
        }
    }

    private func wasNamedBefore(_ run: RunID, _ calls: [Instant]) -> Bool {
        guard let named = knowledge.named[run] else { return false }
        return !calls.isEmpty && calls.allSatisfy { named.since < $0 }
    }

    // MARK: Second runs

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

    private mutating func reportTwin(
        _ run: RunID, of activation: ActivationID, at now: Moment, _ step: inout Step
    ) {
        guard state[activation]?.duplicates.contains(run) == false else { return }
        record(.duplicateSeen(activation: activation, run: run, at: now.wall), &step)
        notify(.duplicate, activation, "a second run exists for this activation: \(run)", at: now, &step)
    }
}
