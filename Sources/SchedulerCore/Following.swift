// Following runs to their end, and looking up doubts: one listing for each sandbox serves every run and every doubt that
// is worth a look. A lane is freed on evidence, never because time has passed.

internal import Chronology

enum FollowBounds {
    /// Each look at a run that has not ended is followed by the next after this many tenths of the interval before it.
    static let growthInTenths = 15
    /// Runs whose next look is at most this many hundredths of their interval away share a listing that is made anyway.
    static let sharingInHundredths = 30
    /// A run that no answer shows for longer than this is no longer understood: a person is told.
    static let missing = Duration.seconds(15 * 60)
    /// The counts of a run are its last so long after its end: runs were seen to change up to 117 s after it.
    static let counting = Duration.seconds(120)
    /// The same in intervals of `[polling] run`, of which the default makes as much.
    static let countingInPolls = 4
    /// Dataflows in one listing: their ids make up its query.
    static let dataflowsPerListing = 40
}

extension Scheduler {
    mutating func follow(_ run: RunID, _ sandbox: SandboxName, _ dataflow: DataflowID, at now: Moment) {
        let interval = configuration.polling.run
        knowledge.followed[run] = FollowedRun(
            sandbox: sandbox, dataflow: dataflow, startedAt: now.monotonic, nextLook: now.monotonic + interval,
            interval: interval)
    }

    /// The activations that a run serves, in order.
    func activations(running run: RunID) -> [ActivationID] {
        state.occurrences.values
            .flatMap { occurrence in
                occurrence.activations.indices
                    .filter { occurrence.activations[$0].phase == .running(run) }
                    .map { occurrence.activationID(at: $0) }
            }
            .sorted()
    }

    /// Whether a run is asked for by itself: one that no listing showed, and one that began so long ago that a listing would
    /// have to reach back for it, page after page, for as long as it does not end.
    private func isAskedByName(_ run: FollowedRun, at now: Moment) -> Bool {
        run.isAskedSingly || now.monotonic - run.startedAt >= configuration.polling.runLate
    }

    // MARK: Asking

    mutating func followAndLookUp(at now: Moment, _ step: inout Step) {
        tellLateRuns(at: now, &step)
        tellBlindDoubts(at: now, &step)
        askForSchedules(at: now, &step)
        for (sandbox, dataflows) in dueListings(at: now).sorted(by: { $0.key < $1.key }) {
            let chunk = Array(dataflows.sorted().prefix(FollowBounds.dataflowsPerListing))
            send(.runs(sandbox, chunk), depth: depth(of: chunk, at: now), at: now, &step)
        }
        // What tells of many comes first.
        lookAtForeignRuns(at: now, &step)
        askMissingSingly(at: now, &step)
    }

    /// What was to be asked for, and has been told: the runs of these dataflows are worth another look at once.
    mutating func dropToldSchedules() {
        knowledge.schedulesSince = knowledge.schedulesSince.filter { flow, since in !isTold(flow, since) }
    }

    /// Whether it is known when exports ended, and when the pairs of the dataflow are exported.
    private func isTold(_ flow: DataflowKey, _ since: Monotonic) -> Bool {
        let isAsked = knowledge.exports[flow.sandbox].map { $0.askedAt.monotonic >= since } ?? false
        return isAsked && knowledge.dataflows[flow] != nil
    }

    /// Asks for what may tell whether a run that was seen is of a call in doubt, or of the platform's own schedule.
    private mutating func askForSchedules(at now: Moment, _ step: inout Step) {
        guard !knowledge.schedulesSince.isEmpty else { return }
        let unsettled = dataflowsInDoubt()
        for (flow, since) in knowledge.schedulesSince.sorted(by: { $0.key < $1.key }) {
            let isAsked = knowledge.exports[flow.sandbox].map { $0.askedAt.monotonic >= since } ?? false
            let isDefined = knowledge.dataflows[flow] != nil
            guard unsettled.contains(flow), !isTold(flow, since) else {
                knowledge.schedulesSince[flow] = nil
                continue
            }
            if !isAsked { sendWhenDue(.exportJobs(flow.sandbox), since, at: now, &step) }
            if !isDefined { send(.dataflows(flow.sandbox, [flow.dataflow]), at: now, &step) }
        }
    }

    /// Those on which a call is in doubt, was set aside so, or was before what waits now.
    private func dataflowsInDoubt() -> Set<DataflowKey> {
        var flows: Set<DataflowKey> = []
        for occurrence in state.occurrences.values {
            for (pair, activation) in zip(occurrence.occurrence.pairs, occurrence.activations) {
                switch activation.phase {
                case .inDoubt, .quarantined(call: .some):
                    flows.insert(DataflowKey(occurrence.occurrence.sandbox, pair.dataflow))
                case .waiting, .calling, .quarantined(call: nil):
                    guard activation.mayHaveRun || activation.refusedFor != nil else { continue }
                    flows.insert(DataflowKey(occurrence.occurrence.sandbox, pair.dataflow))
                case .running, .ended: break
                }
            }
        }
        return flows
    }

    /// The dataflows whose runs are worth a listing now. Once one look is due, those that are nearly due come along.
    private mutating func dueListings(at now: Moment) -> [SandboxName: Set<DataflowID>] {
        var isDue: Set<SandboxName> = []
        var dataflows: [SandboxName: Set<DataflowID>] = [:]
        for (_, run) in knowledge.followed where !isAskedByName(run, at: now) {
            let early = run.interval * FollowBounds.sharingInHundredths / 100
            if now.monotonic >= run.nextLook { isDue.insert(run.sandbox) } else { wake.at(run.nextLook) }
            if now.monotonic + early >= run.nextLook { dataflows[run.sandbox, default: []].insert(run.dataflow) }
        }
        for (activation, watch) in knowledge.doubts {
            guard let occurrence = state.occurrences[activation.occurrence]?.occurrence,
                let pair = state.pair(of: activation), !mutant(.doubtNeverLooks)
            else { continue }
            if now.monotonic >= watch.nextLook {
                isDue.insert(occurrence.sandbox)
                dataflows[occurrence.sandbox, default: []].insert(pair.dataflow)
            } else {
                wake.at(watch.nextLook)
            }
        }
        return dataflows.filter { isDue.contains($0.key) && !knowledge.isAsking(.runs($0.key)) }
    }

    /// A listing for following must show every run of ours on these dataflows; one for a doubt must reach back to what
    /// its call's baseline knew.
    private func depth(of dataflows: [DataflowID], at now: Moment) -> RunListingDepth {
        let wanted = Set(dataflows)
        var containing = Set(
            knowledge.followed.filter { wanted.contains($0.value.dataflow) && !isAskedByName($0.value, at: now) }
                .map(\.key))
        for activation in knowledge.doubts.keys {
            guard case .inDoubt(let id) = state[activation]?.phase, let pair = state.pair(of: activation),
                wanted.contains(pair.dataflow), let call = state.calls[id]?.call,
                let known = baseline(of: activation, pair, call).runs.first
            else { continue }
            containing.insert(known)
        }
        return RunListingDepth(containing: containing.sorted())
    }

    /// Runs that the listing did not show are asked for by name, one question at a time.
    private mutating func askMissingSingly(at now: Moment, _ step: inout Step) {
        let missing = knowledge.followed.filter { isAskedByName($0.value, at: now) }.sorted { $0.key < $1.key }
        for (run, followed) in missing {
            sendWhenDue(.run(followed.sandbox, run), followed.nextLook, at: now, &step)
        }
    }

    /// Runs of others are looked at while somebody waits for their lane, and forgotten otherwise.
    private mutating func lookAtForeignRuns(at now: Moment, _ step: inout Step) {
        guard !knowledge.foreign.isEmpty else { return }
        let waiting = Set(
            waitingActivations().map { occurrence, position in
                lane(of: occurrence.occurrence.pairs[position], in: occurrence.occurrence.sandbox)
            })
        for (run, foreign) in knowledge.foreign.sorted(by: { $0.key < $1.key }) {
            let pairs = foreign.pairs.filter { waiting.contains(lane(of: $0, in: foreign.sandbox)) }
            guard !pairs.isEmpty else {
                knowledge.foreign[run] = nil
                continue
            }
            knowledge.foreign[run]?.pairs = pairs
            sendWhenDue(.run(foreign.sandbox, run), foreign.nextLook, at: now, &step)
        }
    }

    // MARK: Answers

    /// What a listing says of a run that has ended meanwhile is wrong. The run stays in it: it was there before the next call.
    private mutating func endShown(_ id: RunID, on dataflow: DataflowKey) {
        let shown = knowledge.runs[dataflow]?.listing.runs.firstIndex { $0.id == id && $0.status == .running }
        guard let place = shown else { return }
        knowledge.runs[dataflow]?.listing.runs[place].status = .failed
    }

    mutating func updateFollowed(
        on flow: DataflowKey, _ known: RunsKnowledge, isWhole: Bool = true, at now: Moment, _ step: inout Step
    ) {
        var shown: [RunID: DataflowRun] = [:]
        for run in known.listing.runs { shown[run.id] = run }
        for (id, followed) in knowledge.followed.sorted(by: { $0.key < $1.key })
        where DataflowKey(followed.sandbox, followed.dataflow) == flow && followed.startedAt <= known.askedAt.monotonic
        {
            if let run = shown[id] {
                update(run, at: now, &step)
            } else if isWhole {
                knowledge.followed[id]?.isAskedSingly = true
            }
        }
        if isWhole { advanceDoubtLooks(on: flow, at: now) }
    }

    private mutating func update(_ run: DataflowRun, at now: Moment, _ step: inout Step) {
        if !run.audiences.isEmpty { knowledge.followed[run.id]?.hasSaid = true }
        guard run.status.isTerminal else {
            knowledge.followed[run.id]?.ended = nil
            lookAgain(at: run.id, word: run.word, at: now)
            for activation in activations(running: run.id) where state[activation]?.endIsUnknown == true {
                record(.runFound(activation: activation, run: run.id, at: now.wall), &step)
            }
            return
        }
        if awaitCounts(of: run, at: now) { return }
        end(run, at: now, &step)
    }

    /// The run has ended, and its counts are as final as anybody will know.
    mutating func end(_ run: DataflowRun, at now: Moment, _ step: inout Step) {
        if run.readsIncremental { disown(run, at: now, &step) }
        let isEmpty = run.status == .succeeded && run.metrics.records == 0
        for activation in activations(running: run.id) {
            record(.activationEnded(activation: activation, outcome: outcome(of: run), at: now.wall), &step)
            if isEmpty, !mutant(.emptyUntold) {
                notify(.empty, activation, "run \(run.id) succeeded with 0 records", at: now, &step)
            }
        }
        if let followed = knowledge.followed.removeValue(forKey: run.id) {
            endShown(run.id, on: DataflowKey(followed.sandbox, run.dataflow))
            let lengths = knowledge.runLengths[followed.sandbox, default: []] + [now.monotonic - followed.startedAt]
            knowledge.runLengths[followed.sandbox] = lengths.suffix(ForesightBounds.runs)
        }
        knowledge.foreign[run.id] = nil
    }

    /// It was adopted while nothing told whose it was, and at its end it says that the platform's schedule started it: what became of
    /// the call is open again, and its listings are long gone.
    private mutating func disown(_ run: DataflowRun, at now: Moment, _ step: inout Step) {
        for activation in activations(running: run.id) where state[activation]?.wasAdopted == true {
            let reason =
                "run \(run.id), which was taken for its own, was of the platform's schedule: whether its call took effect is not "
                + "known; look for its run, and adopt it or have the activation sent again"
            setAside(activation, reason, holdsLane: false, at: now, &step)
        }
    }

    /// Counts still change for a while after the end of a run: they are read once more before they are told. One that delivered nothing
    /// because it failed has none, and one that ended long ago has its last.
    ///
    /// - Returns: Whether the run is to be looked at again first.
    private mutating func awaitCounts(of run: DataflowRun, at now: Moment) -> Bool {
        guard run.status != .failed, knowledge.followed[run.id] != nil else { return false }
        let seenAt = knowledge.followed[run.id]?.ended?.seenAt ?? now.monotonic
        knowledge.followed[run.id]?.ended = SeenEnd(run: run, seenAt: seenAt)
        let isEmpty = run.metrics.records == 0
        if !isEmpty, let endedAt = run.endedAt, (platformTime(at: now) ?? now.wall) - endedAt >= counting {
            return false
        }
        let settledAt = seenAt + counting
        guard now.monotonic < settledAt else { return false }
        lookAgain(at: run.id, word: run.word, at: now)
        knowledge.followed[run.id]?.nextLook = settledAt
        return true
    }

    /// Where runs are polled more often, their counts are expected earlier as well.
    private var counting: Duration {
        min(FollowBounds.counting, configuration.polling.run * FollowBounds.countingInPolls)
    }

    private func outcome(of run: DataflowRun) -> ActivationOutcome {
        let result: ActivationOutcome.Result =
            switch run.status {
            case .succeeded: mutant(.expiresDelivered) ? .expired : .succeeded
            case .partial: .partial
            case .failed, .running: mutant(.toldDelivered) ? .succeeded : .failed
            }
        let reason = result == .succeeded ? nil : "the run ended as \(run.word)"
        return ActivationOutcome(result: result, reason: reason, run: run.id, metrics: run.metrics)
    }

    private mutating func lookAgain(at run: RunID, word: String?, at now: Moment) {
        guard var followed = knowledge.followed[run] else { return }
        let grown = followed.interval * FollowBounds.growthInTenths / 10
        followed.interval = min(grown, max(configuration.polling.runMaximum, configuration.polling.run))
        followed.nextLook = now.monotonic + followed.interval
        followed.isAskedSingly = false
        if let word {
            followed.word = word
            followed.missingSince = nil
        }
        knowledge.followed[run] = followed
    }

    /// The answer about one run, asked by name: a run of ours that a listing did not show, or somebody else's.
    mutating func updateSingly(_ id: RunID, _ run: DataflowRun?, at now: Moment, _ step: inout Step) {
        if let begunAt = run?.createdAt { knowledge.named[id]?.begunAt = begunAt }
        if let audiences = run?.audiences, !audiences.isEmpty { knowledge.named[id]?.audiences = audiences }
        if let run { forgetOldForeign(run, at: now, &step) }
        if let foreign = knowledge.foreign[id] {
            // One that is not known shows late: the platform said that it is under way, and it was not seen to end.
            let isMissing = now.monotonic - foreign.knownAt >= FollowBounds.missing || mutant(.vanishedOpens)
            let told = run.map { run in
                foreign.pairs.filter { $0.dataflow == run.dataflow }.reduce(run) { $0.naming($1.audience) }
            }
            if let told, adoptLate(told, in: foreign.sandbox, at: now, &step) {
                // `start` has forgotten it as somebody else's.
            } else if let told, settleRefused(told, foreign, at: now, &step) {
                // It was of the very call that was refused for it.
            } else if run.map({ $0.status == .running || isUnasked(foreign) }) ?? !isMissing {
                knowledge.foreign[id]?.nextLook = now.monotonic + configuration.polling.gate
                if run != nil { knowledge.foreign[id]?.knownAt = now.monotonic }
            } else {
                if run == nil { setAsideBehind(id, foreign, at: now, &step) }
                // The next call needs a listing of after its end.
                knowledge.foreign[id] = nil
                for dataflow in Set(foreign.pairs.map(\.dataflow)) {
                    let flow = DataflowKey(foreign.sandbox, dataflow)
                    endShown(id, on: flow)
                    knowledge.outdateRuns(of: flow)
                }
            }
        }
        guard knowledge.followed[id] != nil else { return }
        if let run {
            update(run, at: now, &step)
        } else {
            missing(id, at: now, &step)
        }
    }

    /// Whether something that may tell whose it is has still to be asked.
    private func isUnasked(_ foreign: ForeignRun) -> Bool {
        foreign.pairs.contains { knowledge.schedulesSince[DataflowKey(foreign.sandbox, $0.dataflow)] != nil }
    }

    private mutating func missing(_ run: RunID, at now: Moment, _ step: inout Step) {
        // It was seen to have ended, and only its counts were to be read again.
        if let ended = knowledge.followed[run]?.ended, now.monotonic >= ended.seenAt + counting {
            return update(ended.run, at: now, &step)
        }
        let since = knowledge.followed[run]?.missingSince ?? now.monotonic
        knowledge.followed[run]?.missingSince = since
        lookAgain(at: run, word: nil, at: now)
        guard now.monotonic - since >= FollowBounds.missing else { return }
        for activation in activations(running: run) where state[activation]?.endIsUnknown == false {
            let reason = "the platform no longer knows run \(run); the lane stays held until somebody settles it"
            record(.runEndUnknown(activation: activation, run: run, reason: reason, at: now.wall), &step)
            notify(.runLate, activation, reason, at: now, &step)
        }
    }

    private mutating func advanceDoubtLooks(on flow: DataflowKey, at now: Moment) {
        for (activation, watch) in knowledge.doubts
        where now.monotonic >= watch.nextLook {
            guard let sandbox = state.occurrences[activation.occurrence]?.occurrence.sandbox,
                let pair = state.pair(of: activation), DataflowKey(sandbox, pair.dataflow) == flow
            else { continue }
            var looked = watch
            looked.nextLook = nextLook(watch, at: now)
            looked.looks += 1
            knowledge.doubts[activation] = looked
        }
    }

    private func nextLook(_ watch: WatchedDoubt, at now: Moment) -> Monotonic {
        let settle = configuration.settling
        let next = watch.looks + 1
        guard next < DoubtBounds.looks.count else {
            return now.monotonic + settle * DoubtBounds.furtherLook / 100
        }
        // After an outage they are as far apart as before it.
        let pause = settle * (DoubtBounds.looks[next] - DoubtBounds.looks[watch.looks]) / 100
        return max(now.monotonic + pause, now.monotonic + .milliseconds(1))
    }

    /// Says once that nothing can be found out about a call: its lane stays held for as long.
    private mutating func tellBlindDoubts(at now: Moment, _ step: inout Step) {
        for (activation, watch) in knowledge.doubts.sorted(by: { $0.key < $1.key }) where !watch.isTold {
            let due = (watch.lookedAt ?? watch.startedAt) + max(FollowBounds.missing, configuration.settling)
            guard now.monotonic >= due else {
                wake.at(due)
                continue
            }
            knowledge.doubts[activation]?.isTold = true
            let sandbox = state.occurrences[activation.occurrence]?.occurrence.sandbox
            let why = sandbox.flatMap { knowledge.askTroubles[.runs($0)]?.detail }.map { ": \($0)" } ?? ""
            notify(
                .runLate, activation,
                "its call had no usable answer, and whether it took effect can not be looked up\(why); its lane stays held",
                at: now, &step)
        }
    }

    private mutating func tellLateRuns(at now: Moment, _ step: inout Step) {
        for (run, followed) in knowledge.followed.sorted(by: { $0.key < $1.key }) where followed.ended == nil {
            let late = followed.startedAt + configuration.polling.runLate
            guard now.monotonic >= late else {
                wake.at(late)
                continue
            }
            if mutant(.timeFreesLane) {
                for activation in activations(running: run) {
                    let outcome = ActivationOutcome(result: .failed, reason: "it took too long")
                    record(.activationEnded(activation: activation, outcome: outcome, at: now.wall), &step)
                }
                continue
            }
            for activation in activations(running: run) where state[activation]?.isLate == false {
                record(.runLate(activation: activation, run: run, at: now.wall), &step)
                notify(
                    .runLate, activation, "run \(run) has not ended within \(configuration.polling.runLate.text)",
                    at: now, &step)
            }
        }
    }
}
