// Runs that show late: a call was refused, or established as absent, and a run of it turns up all the same. It is adopted,
// left to the others it belongs to, or shown to a person; its pair is not sent again meanwhile.

internal import Chronology

extension Scheduler {
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
                guard case .quarantined(let doubtful) = held.phase, pair.dataflow == flow.dataflow,
                    let id = doubtful ?? held.doubtfulCalls.last, let call = state.calls[id]?.call
                else { continue }
                let activation = occurrence.activationID(at: position)
                let present = owners ?? runOwners()
                let ours = candidates(of: activation, pair, call, known, present, at: now)
                    .filter {
                        $0.audiences.contains(pair.audience)
                            && mayBe($0, ofCallsAt: times(of: activation, call), at: now)
                            && !mayBeAnswered($0, pair, in: flow.sandbox, at: now)
                            && !isOfNewerCall(
                                $0, pair, than: activation, times(of: activation, call), in: flow.sandbox, at: now)
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
                doubtAgain(calls, because: ours, at: now, &step)
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
        let nameless = oldestFirst.filter { run in
            run.audiences.isEmpty && run.status.isTerminal && run.status != .failed && isOthers(run.id)
                && !knowledge.toldForgotten.contains(run.id)
                && !(state.ownRuns?[run.dataflow] ?? []).contains { $0.run == run.id }
        }
        if !nameless.isEmpty { doubtOver(nameless, in: sandbox, at: now, &step) }
    }

    /// Runs that have ended and do not say yet for whom they were may be of an earlier call of what waits: what they were for comes
    /// later, and until then it is looked for as after a lost answer. A person who had an activation sent again has seen them.
    private mutating func doubtOver(
        _ runs: [DataflowRun], in sandbox: SandboxName, at now: Moment, _ step: inout Step
    ) {
        for occurrence in state.occurrences.values.sorted(by: { $0.id < $1.id })
        where occurrence.occurrence.sandbox == sandbox {
            for (position, pair) in occurrence.occurrence.pairs.enumerated() {
                let activation = occurrence.activationID(at: position)
                // As it is now: what was done for one before it may have withdrawn its call.
                guard let held = state[activation], held.expiresAt == nil, !waitsForNamed(held),
                    let call = held.doubtfulCalls.last(where: { state.calls[$0] != nil })
                else { continue }
                let open = runs.filter { $0.dataflow == pair.dataflow && mayTake($0, held, at: now) }.map(\.id)
                guard let first = open.first else { continue }
                withdraw(callOf: activation, &step)
                doubt(
                    activation, call,
                    "run \(first) began after a call of it, has ended, and has not said yet for whom it was", at: now,
                    &step)
                // Whether or not a listing shows them again.
                for run in open.prefix(DoubtBounds.remembered) {
                    record(.candidateSeen(activation: activation, run: run, at: now.wall), &step)
                }
                knowledge.doubts[activation]?.seen = Set(open)
            }
        }
    }

    /// Whether it waits for a run that a refusal named for it, and that is asked for by name.
    private func waitsForNamed(_ held: ActivationState) -> Bool {
        held.named.map { knowledge.foreign[$0] != nil } ?? false
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
            // The answer that is awaited says whose it is.
            guard let taker = taker(of: run, for: pair, in: sandbox, at: now),
                !mayBeAnswered(run, pair, in: sandbox, at: now)
            else { continue }
            let flow = DataflowKey(sandbox, run.dataflow)
            switch provenance(of: run, pair, seen: seenAt(in: flow, at: now), in: sandbox, at: now) {
            case .ours:
                let times = state[taker]?.doubtfulTimes ?? []
                if !isOfNewerCall(run, pair, than: taker, times, in: sandbox, at: now) { takers.append(taker) }
            // Exports are asked for first, and then it is looked at again.
            case .unasked: knowledge.outdateRuns(of: flow)
            case .untold:
                // A person who had one of them sent again has looked at it.
                for other in self.takers(of: run, for: pair, in: sandbox, at: now) where state[other]?.expiresAt == nil
                {
                    withdraw(callOf: other, &step)
                    setAside(other, Self.untold(run), holdsLane: false, at: now, &step)
                }
            case .scheduled, .open: break  // one that is under way holds the pair back, and its end may tell
            }
        }
        var doubted: [Call] = []
        for taker in takers {
            withdraw(callOf: taker, &step)
            doubted += doubtfulCalls(of: taker)
            start(run.id, of: taker, adopted: true, at: now, &step)
        }
        doubtAgain(doubted, because: run, at: now, &step)
        return !takers.isEmpty
    }

    /// Whether another delivery of the pair is looked for, or is on the wire, with a newer call that can have begun a run. The newest
    /// call handed out before the run began is its own: nothing else of the pair was on its way any more when that one left.
    func isOfNewerCall(
        _ run: DataflowRun, _ pair: Pair, than activation: ActivationID, _ times: [Instant], in sandbox: SandboxName,
        at now: Moment
    ) -> Bool {
        guard let createdAt = run.createdAt, !owns(run.id),
            state.ownRuns?[run.dataflow]?.contains(where: { $0.run == run.id }) != true
        else { return false }
        // It is left to another one only where the clocks leave no doubt.
        let own = times.filter { $0 <= createdAt + callClocks }.max() ?? .distantPast
        return state.occurrences.values.contains { occurrence in
            guard occurrence.occurrence.sandbox == sandbox else { return false }
            return occurrence.activations.indices.contains { position in
                let other = occurrence.activationID(at: position)
                guard occurrence.occurrence.pairs[position] == pair, other != activation else { return false }
                let held = occurrence.activations[position]
                return newestCall(of: other, held, before: run, at: now).map { $0 > own } ?? false
            }
        }
    }

    /// When the newest call was handed out of which a run may be for an activation that has none, before that run began.
    private func newestCall(
        of activation: ActivationID, _ held: ActivationState, before run: DataflowRun, at now: Moment
    ) -> Instant? {
        // One that would not take it keeps nobody else from it.
        if isUnsent(held.phase), !mayTake(run, held, at: now) { return nil }
        let current: CallID?
        switch held.phase {
        case .waiting: current = nil
        case .calling(let call), .inDoubt(let call): current = call
        case .quarantined(let call):
            // Without the call nobody looks for its run any more.
            guard (call ?? held.doubtfulCalls.last).flatMap({ state.calls[$0] }) != nil else { return nil }
            current = call
        case .running, .ended: return nil
        }
        guard let createdAt = run.createdAt, let pair = state.pair(of: activation) else { return nil }
        let call = current.flatMap { state.calls[$0]?.call }
        let first = held.mayHaveRun ? held.firstBaseline : nil
        guard (first ?? call?.baselines[pair.dataflow])?.covers(run) != true else { return nil }
        let times = (held.doubtfulTimes ?? []) + (current.flatMap { state.calls[$0]?.sentAt }.map { [$0] } ?? [])
        return times.filter { $0 <= createdAt && createdAt <= $0 + configuration.effectTime }.max()
    }

    /// Whether a run may be of a call for a pair that is on the wire.
    func mayBeAnswered(_ run: DataflowRun, _ pair: Pair, in sandbox: SandboxName, at now: Moment) -> Bool {
        state.calls.values.contains { sent in
            guard sent.isSending, !sent.isAnswered, sent.call.sandbox == sandbox, sent.call.pairs.contains(pair)
            else { return false }
            let isKnown = sent.call.baselines[pair.dataflow]?.covers(run) ?? false
            return !isKnown && mayBe(run, ofCallsAt: sent.sentAt.map { [$0] } ?? [], at: now)
        }
    }

    /// A run that may be of an earlier call of an activation that waits: it names the pair and may be of the schedule as well, which
    /// could not be asked yet, or it has not said for whom it is.
    func openRun(of activation: ActivationID, at now: Moment) -> DataflowRun? {
        guard let held = state[activation], held.mayHaveRun, let pair = state.pair(of: activation),
            let sandbox = state.occurrences[activation.occurrence]?.occurrence.sandbox,
            let known = knowledge.runs[DataflowKey(sandbox, pair.dataflow)]
        else { return nil }
        let own = Set((state.ownRuns?[pair.dataflow] ?? []).map(\.run))
        // What was another one's is known.
        return known.listing.runs.first { run in
            !own.contains(run.id) && isOpen(run, activation, held, pair, in: sandbox, at: now)
        }
    }

    /// The activations that are not on the wire and of whose earlier calls a run of others may be, as in ``openRun(of:at:)``. What a
    /// person had sent again is not among them.
    func waiting(behind run: DataflowRun, of flow: DataflowKey, at now: Moment) -> [ActivationID] {
        guard !(state.ownRuns?[run.dataflow] ?? []).contains(where: { $0.run == run.id }) else { return [] }
        return state.occurrences.values.filter { $0.occurrence.sandbox == flow.sandbox }.flatMap { occurrence in
            zip(occurrence.occurrence.pairs, occurrence.activations.indices).compactMap { pair, position in
                let (held, id) = (occurrence.activations[position], occurrence.activationID(at: position))
                guard pair.dataflow == flow.dataflow, isUnsent(held.phase), held.mayHaveRun, held.expiresAt == nil,
                    isOpen(run, id, held, pair, in: flow.sandbox, at: now)
                else { return nil }
                return id
            }
        }.sorted()
    }

    private func isOpen(
        _ run: DataflowRun, _ activation: ActivationID, _ held: ActivationState, _ pair: Pair, in sandbox: SandboxName,
        at now: Moment
    ) -> Bool {
        guard isOthers(run.id), !(held.expiresAt != nil && run.status.isTerminal) else { return false }
        if run.audiences.isEmpty { return mayTake(run, held, at: now) }
        return run.audiences.contains(pair.audience)
            && taker(of: run, for: pair, in: sandbox, at: now) == activation
            && provenance(of: run, pair, in: sandbox, seenAt: nil, at: now) != .scheduled
    }

    /// The run that a refusal named for an activation that waits, if it may be of an earlier call of it.
    func mayBeNamed(_ activation: ActivationID, at now: Moment) -> RunID? {
        guard let held = state[activation], expectsRun(held), let id = held.named, let known = knowledge.foreign[id],
            let pair = state.pair(of: activation), known.pairs.contains(pair), isOthers(id)
        else { return nil }
        let times = held.doubtfulTimes ?? []
        let run = DataflowRun(
            id: id, dataflow: pair.dataflow, createdAt: knowledge.named[id]?.begunAt, status: .running, word: "",
            audiences: [pair.audience])
        let isKnown = held.firstBaseline?.covers(run) == true || wasNamedBefore(id, times)
        return !isKnown && mayBe(run, ofCallsAt: times, at: now) ? id : nil
    }

    /// The last call that may have taken an activation that waits, if the runs of its dataflow were not listed since, or so soon after
    /// it that its run may not have shown: it may be delivered, and nothing shows it yet.
    func unlookedCall(of activation: ActivationID) -> CallID? {
        guard let pair = state.pair(of: activation), let held = state[activation], expectsRun(held),
            let sandbox = state.occurrences[activation.occurrence]?.occurrence.sandbox,
            let id = held.doubtfulCalls.last(where: { state.calls[$0] != nil }), let call = state.calls[id]?.call
        else { return nil }
        let known = knowledge.runs[DataflowKey(sandbox, pair.dataflow)]
        // One that shows nothing of what there was has shown nothing.
        let isLooked =
            known.map { known in
                !known.isOutdated && known.isDeep && known.blankSince == nil
                    && known.askedAt.wall - call.at >= configuration.settling
            } ?? false
        return isLooked ? nil : id
    }

    /// Why one of which ``openRun(of:at:)`` is in the way goes to a person.
    static func open(_ run: DataflowRun) -> String {
        let why =
            run.audiences.isEmpty ? "has not said for whom it is" : "may be of the platform's schedule as well"
        let what = "look at it, and adopt it or have the activation sent again"
        return "run \(run.id) began after a call of it, and \(why): \(what)"
    }

    static func unseen(_ run: RunID) -> String {
        "the platform named run \(run), and nothing tells whether it is of a call of this activation: look for it, and "
            + "adopt it or have the activation sent again"
    }

    static func repeated(_ run: RunID) -> String {
        "its call was refused for run \(run), which began no earlier than that call, as if it had been made twice on its way: look at "
            + "the run, and adopt it or have the activation sent again"
    }

    static func untold(_ run: DataflowRun) -> String {
        "run \(run.id) began at the time of its call, when a scheduled run of the audience was due as well, and nothing tells "
            + "which of the two it is: look at it, and adopt it or have the activation sent again"
    }

    /// The activation of a pair whose earlier call a run may be of: that of the newest call before the run began, or else the oldest.
    func taker(
        of run: DataflowRun, for pair: Pair, in sandbox: SandboxName, at now: Moment
    ) -> ActivationID? {
        takers(of: run, for: pair, in: sandbox, at: now).first
    }

    /// All of them, the one whose call left last before the run began first.
    private func takers(
        of run: DataflowRun, for pair: Pair, in sandbox: SandboxName, at now: Moment
    ) -> [ActivationID] {
        let latest = run.createdAt.map { $0 + callClocks }
        var found: [(id: ActivationID, leftAt: Instant)] = []
        for occurrence in state.occurrences.values where occurrence.occurrence.sandbox == sandbox {
            for (position, held) in occurrence.activations.enumerated()
            where occurrence.occurrence.pairs[position] == pair && mayTake(run, held, at: now) {
                let leftAt = latest.flatMap { latest in (held.doubtfulTimes ?? []).filter { $0 <= latest }.max() }
                found.append((occurrence.activationID(at: position), leftAt ?? .distantPast))
            }
        }
        return found.sorted { $0.leftAt == $1.leftAt ? $0.id < $1.id : $0.leftAt > $1.leftAt }.map(\.id)
    }

    /// So long before its call left a run may seem to have begun, by the clocks of two hosts.
    private var callClocks: Duration { knowledge.clock == nil ? DoubtBounds.clocks : RefusalBounds.clocks }

    /// Whether a run may be of an earlier call of an activation, whomever it names.
    private func mayTake(_ run: DataflowRun, _ held: ActivationState, at now: Moment) -> Bool {
        expectsRun(held) && mayBeEarlier(run, held, at: now)
    }

    /// The same, whether or not a later call of it was handed out.
    private func mayBeEarlier(_ run: DataflowRun, _ held: ActivationState, at now: Moment) -> Bool {
        let times = held.doubtfulTimes ?? []
        return held.firstBaseline.map { $0.certainlyLacks(run) } == true
            && !wasNamedBefore(run.id, times) && mayBe(run, ofCallsAt: times, at: now)
    }

    /// Whether a listing shows a run that may be of an earlier call of an activation, and that nobody has taken.
    func showsLateRun(of activation: ActivationID, at now: Moment) -> Bool {
        guard let held = state[activation], held.mayHaveRun, held.expiresAt == nil,
            let pair = state.pair(of: activation),
            let sandbox = state.occurrences[activation.occurrence]?.occurrence.sandbox,
            let known = knowledge.runs[DataflowKey(sandbox, pair.dataflow)]
        else { return false }
        let own = state.ownRuns?[pair.dataflow] ?? []
        return known.listing.runs.contains { run in
            run.audiences.contains(pair.audience) && isOthers(run.id) && !own.contains { $0.run == run.id }
                && mayBeEarlier(run, held, at: now)
                && provenance(of: run, pair, in: sandbox, seenAt: nil, at: now) != .scheduled
        }
    }

    /// A run that began no earlier than the call that was refused for it is hardly one of somebody else: more likely something on the
    /// way repeated the call, and the answer is the second one's. It is adopted where its program says so, and shown to a person
    /// where nothing says otherwise. Where a scheduled run was due as well, its end may tell.
    ///
    /// - Returns: Whether it was adopted.
    mutating func settleRefused(
        _ run: DataflowRun, _ foreign: ForeignRun, at now: Moment, _ step: inout Step
    ) -> Bool {
        let isOurs = isStartedByUs(run, in: foreign.sandbox)
        if run.readsIncremental || !isOurs && isStartedByOthers(run, in: foreign.sandbox) {
            knowledge.named[run.id]?.isOthers = true
        }
        for occurrence in state.occurrences.values.sorted(by: { $0.id < $1.id })
        where occurrence.occurrence.sandbox == foreign.sandbox {
            for (position, pair) in occurrence.occurrence.pairs.enumerated() where foreign.pairs.contains(pair) {
                let activation = occurrence.activationID(at: position)
                guard mayBeRepeated(activation) == run.id, run.createdAt != nil else { continue }
                // Where its begin tells little, a person may have started it with the same program.
                if isOurs, state[activation]?.refusedFor?.isLatest != true {
                    withdraw(callOf: activation, &step)
                    start(run.id, of: activation, adopted: true, at: now, &step)
                    continue
                }
                let seen = seenAt(in: DataflowKey(foreign.sandbox, pair.dataflow), at: now)
                switch provenance(of: run, pair, seen: seen, in: foreign.sandbox, at: now) {
                case .ours, .untold:
                    withdraw(callOf: activation, &step)
                    setAside(activation, Self.repeated(run.id), holdsLane: false, at: now, &step)
                // What tells is asked for first, or comes with its end.
                case .unasked, .open, .scheduled: break
                }
            }
        }
        return knowledge.foreign[run.id] == nil
    }

    /// The run for which the last call of an activation was refused, if it may be of that very call and is not known to have ended.
    func mayBeRepeated(_ activation: ActivationID) -> RunID? {
        guard let held = state[activation], let refused = held.refusedFor, isUnsent(held.phase), isOthers(refused.run),
            knowledge.foreign[refused.run] != nil, knowledge.named[refused.run]?.isOthers != true
        else { return nil }
        let begunAt = knowledge.named[refused.run]?.begunAt
        let margin = refused.isLatest == true ? GateBounds.unknownClock * 2 : RefusalBounds.clocks
        return begunAt.map { $0 >= refused.leftAt - margin } ?? true ? refused.run : nil
    }

    /// A run that the platform named, and that it never shows, may be of a call of an activation that waits for it.
    mutating func setAsideBehind(_ run: RunID, _ foreign: ForeignRun, at now: Moment, _ step: inout Step) {
        for occurrence in state.occurrences.values.sorted(by: { $0.id < $1.id })
        where occurrence.occurrence.sandbox == foreign.sandbox {
            for (position, held) in occurrence.activations.enumerated()
            where foreign.pairs.contains(occurrence.occurrence.pairs[position]) {
                let activation = occurrence.activationID(at: position)
                guard expectsRun(held) || mayBeRepeated(activation) == run else { continue }
                let calls = Set(held.doubtfulCalls)
                withdraw(callOf: activation, &step)
                setAside(activation, Self.unseen(run), holdsLane: false, at: now, &step)
                setAsideBeside(run, calls, on: occurrence.occurrence.pairs[position].dataflow, at: now, &step)
            }
        }
    }

    /// The other pairs of these calls that are looked for: the run may serve them as well.
    private mutating func setAsideBeside(
        _ run: RunID, _ calls: Set<CallID>, on dataflow: DataflowID, at now: Moment, _ step: inout Step
    ) {
        for call in calls.sorted().compactMap({ state.calls[$0]?.call }) {
            for (other, pair) in zip(call.activations, call.pairs) where pair.dataflow == dataflow {
                guard case .inDoubt(let doubted) = state[other]?.phase, calls.contains(doubted) else { continue }
                setAside(other, Self.unseen(run), holdsLane: true, at: now, &step)
            }
        }
    }

    /// Whether a run can have been begun by one of these calls: it did not begin long after all of them, by the platform's own clock,
    /// and it does not say that it read what only scheduled runs read.
    func mayBe(_ run: DataflowRun, ofCallsAt times: [Instant], at now: Moment) -> Bool {
        if mutant(.adoptsAnyRun) { return true }
        if run.readsIncremental { return false }
        guard !times.isEmpty else { return true }
        if let createdAt = run.createdAt {
            return times.contains { time in
                createdAt + DoubtBounds.clocks >= time && createdAt <= time + configuration.effectTime
            }
        }
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
    ///
    /// - Parameter run: Nil for one of which nothing is known. The newest call that can have begun it counts.
    mutating func doubtAgain(
        _ calls: [Call], because run: DataflowRun?, but known: ActivationID? = nil, at now: Moment, _ step: inout Step
    ) {
        for call in calls.sorted(by: { $0.id > $1.id }) {
            let sentAt = state.calls[call.id]?.sentAt
            if let run, !mayBe(run, ofCallsAt: sentAt.map { [$0] } ?? [], at: now) { continue }
            for activation in call.activations where activation != known {
                guard let held = state[activation], held.doubtfulCalls.contains(call.id) else { continue }
                switch held.phase {
                case .waiting where !waitsForNamed(held), .calling where isUnsent(held.phase) && !waitsForNamed(held):
                    withdraw(callOf: activation, &step)
                    doubt(activation, call.id, Self.tookEffect, at: now, &step)
                // It waits for a run of its own, or an answer to a later call is awaited: it is looked for once that has come to nothing.
                case .waiting, .calling:
                    knowledge.laterDoubts[activation] = knowledge.laterDoubts[activation] ?? call.id
                case .inDoubt, .running, .quarantined, .ended: break
                }
            }
        }
    }

    /// What was on the wire, or waited for a run of its own, when its earlier call showed an effect, and is back in line now.
    mutating func doubtLater(at now: Moment, _ step: inout Step) {
        for (activation, call) in knowledge.laterDoubts.sorted(by: { $0.key < $1.key }) {
            guard let held = state[activation], state.calls[call] != nil, held.doubtfulCalls.contains(call) else {
                knowledge.laterDoubts[activation] = nil
                continue
            }
            switch held.phase {
            case .waiting where !waitsForNamed(held), .calling where isUnsent(held.phase) && !waitsForNamed(held):
                knowledge.laterDoubts[activation] = nil
                // A person who had it sent again has looked.
                if held.expiresAt != nil { continue }
                withdraw(callOf: activation, &step)
                doubt(activation, call, Self.tookEffect, at: now, &step)
            case .waiting, .calling: continue
            case .inDoubt, .running, .quarantined, .ended: knowledge.laterDoubts[activation] = nil
            }
        }
    }

    private static let tookEffect = "its call took effect for another of its pairs"

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
                doubtAgain(doubtfulCalls(of: activation), because: run, but: activation, at: now, &step)
            }
        }
    }

    private func wasNamedBefore(_ run: RunID, _ calls: [Instant]) -> Bool {
        guard let named = knowledge.named[run] else { return false }
        return !calls.isEmpty && calls.allSatisfy { named.since < $0 }
    }
}
