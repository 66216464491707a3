// What listings leave out, and what never ends: a listing takes the place of the one before, and some of its runs stay. One that was
// under way has not been seen to end, one that may be a call's own has to be judged, and one that is older than `run_max_age` holds
// nothing back any more. Begin at `takeOver`; `takeRuns` and `takeHead` call it.

internal import Chronology

extension Scheduler {
    /// Whether a listing shows no run, although there were some a while ago that it should show: it leaves them out, and may leave out
    /// others.
    func isBlank(_ known: RunsKnowledge, _ flow: DataflowKey, at now: Moment) -> Bool {
        guard known.listing.runs.isEmpty, !mutant(.emptyProvesAbsence) else { return false }
        let own = state.ownRuns?[flow.dataflow] ?? []
        let latest = now.wall - DoubtBounds.showsLate
        if known.listing.isTruncated {
            guard let backTo = known.reachesBackTo else { return false }
            // Ours are known by our clock.
            let earliest = backTo + (now.wall - (platformTime(at: now) ?? now.wall))
            return known.newestBefore.map { $0 > backTo } ?? false
                || own.contains { $0.at > earliest + DoubtBounds.clocks && $0.at < latest }
        }
        return !known.shownBefore.isEmpty || own.contains { $0.at > now.wall - OwnRunBounds.age && $0.at < latest }
            || hadRuns(flow)
    }

    /// Whether the journal says that there were runs before a call that may have begun one.
    private func hadRuns(_ flow: DataflowKey) -> Bool {
        state.occurrences.values.contains { occurrence in
            occurrence.occurrence.sandbox == flow.sandbox
                && zip(occurrence.occurrence.pairs, occurrence.activations).contains { pair, held in
                    pair.dataflow == flow.dataflow && held.mayHaveRun && held.firstBaseline?.runs.isEmpty == false
                }
        }
    }

    /// Counted on only while it is looked at: what was blank yesterday may have been mended in between.
    func blankSince(_ flow: DataflowKey, at asked: Moment) -> Moment {
        guard let before = knowledge.runs[flow], let since = before.blankSince else { return asked }
        let pause = max(FollowBounds.missing, configuration.polling.gate * 2)
        return asked.monotonic - before.askedAt.monotonic <= pause ? since : asked
    }

    /// A run of others that was seen under way and is missing from a listing has not been seen to end: it stays in the way, and is
    /// asked for by name.
    func keepMissingRuns(of flow: DataflowKey, _ known: inout RunsKnowledge, at now: Moment) {
        guard let before = knowledge.runs[flow], !mutant(.vanishedOpens) else { return }
        let shown = Set(known.listing.runs.map(\.id))
        for run in before.listing.runs where isInTheWay(run, before) && !shown.contains(run.id) {
            known.listing.runs.append(run)
            known.missing[run.id] =
                before.missing[run.id] ?? MissingRun(shownAt: before.shownAt(run.id), nextLook: now.monotonic)
        }
    }

    /// A run that may be of what waits, and of which exports have still to tell, is judged once they have, whether or not it is
    /// listed then.
    func keepUntold(of flow: DataflowKey, _ known: inout RunsKnowledge) -> [DataflowRun] {
        guard let before = knowledge.runs[flow], before.isOutdated else { return [] }
        let shown = Set(known.listing.runs.map(\.id))
        let kept = before.listing.runs.filter { isUntold($0, besides: shown) }
        known.listing.runs += kept
        return kept
    }

    func isUntold(_ run: DataflowRun, besides shown: Set<RunID>) -> Bool {
        run.status.isTerminal && knowledge.candidatesSince[run.id] != nil && !shown.contains(run.id)
    }

    /// A listing takes the place of the one before. What was seen of its runs stays known.
    mutating func takeOver(_ known: RunsKnowledge, of flow: DataflowKey) {
        var known = known
        if let before = knowledge.runs[flow] {
            let shown = Set(known.listing.runs.map(\.id))
            known.seenAt = before.seenAt.filter { shown.contains($0.key) }
            known.forgotten = before.forgotten.intersection(shown)
        }
        knowledge.runs[flow] = known
    }

    /// What became of one of these. One that is not known by its name either, again and again, is gone.
    mutating func takeMissing(
        _ id: RunID, _ run: DataflowRun?, askedAt: Moment, in sandbox: SandboxName, at now: Moment, _ step: inout Step
    ) {
        for flow in knowledge.runs.keys where flow.sandbox == sandbox {
            guard var missing = knowledge.runs[flow]?.missing[id],
                let position = knowledge.runs[flow]?.listing.runs.firstIndex(where: { $0.id == id })
            else { continue }
            missing.nextLook = now.monotonic + configuration.polling.gate
            if let run {
                (missing.shownAt, missing.unknown) = (askedAt, 0)
                knowledge.runs[flow]?.listing.runs[position] = run
            } else {
                missing.unknown += 1
            }
            let isGone =
                missing.unknown >= GateBounds.looksForMissing
                && now.monotonic - missing.shownAt.monotonic >= FollowBounds.missing
            if isGone, let gone = knowledge.runs[flow]?.listing.runs[position] {
                setAside(waiting: Self.unseen(id), behind: gone, of: flow, at: now, &step)
                knowledge.runs[flow]?.listing.runs.remove(at: position)
            }
            knowledge.runs[flow]?.missing[id] = isGone || run?.status.isTerminal == true ? nil : missing
        }
    }

    /// A run of others that never ended would shut its dataflow for ever. Who waits goes on after `run_max_age`, and a person
    /// is told.
    mutating func forgetOldRuns(of flow: DataflowKey, at now: Moment, _ step: inout Step) {
        guard let known = knowledge.runs[flow] else { return }
        let maximum = configuration.guardrails.runMaximumAge
        // By the platform's clock alone, as for exports.
        let platformNow = knowledge.clock == nil ? nil : platformTime(at: now)
        for run in known.listing.runs
        where isInTheWay(run, known) || run.status == .running && isOthers(run.id) {
            let seenAt = known.seenAt[run.id] ?? known.askedAt.monotonic
            knowledge.runs[flow]?.seenAt[run.id] = seenAt
            var age = now.monotonic - seenAt
            if let createdAt = run.createdAt, let platformNow { age = platformNow - createdAt }
            guard age > maximum else { continue }
            knowledge.runs[flow]?.forgotten.insert(run.id)
            // One that was adopted is followed on, and holds its own audience.
            guard isOthers(run.id) else { continue }
            setAsideBehindOld(run, of: flow, at: now, &step)
            forget(run, at: now, &step)
        }
    }

    /// What waits for one that may be its own is not sent beside it.
    private mutating func setAsideBehindOld(
        _ run: DataflowRun, of flow: DataflowKey, at now: Moment, _ step: inout Step
    ) {
        setAside(waiting: Self.open(run), behind: run, of: flow, at: now, &step)
    }

    /// All for which it may be: of several deliveries of one pair the next one is the oldest once one has been set aside.
    private mutating func setAside(
        waiting reason: String, behind run: DataflowRun, of flow: DataflowKey, at now: Moment, _ step: inout Step
    ) {
        while case let waiting = waiting(behind: run, of: flow, at: now), !waiting.isEmpty {
            for activation in waiting {
                withdraw(callOf: activation, &step)
                setAside(activation, reason, holdsLane: false, at: now, &step)
            }
        }
    }

    /// It holds no lane any more either, unless it may be of what waits for it by name. Who is refused for it all the same is tried
    /// again at a pace of its own.
    private mutating func forget(_ run: DataflowRun, at now: Moment, _ step: inout Step) {
        if knowledge.foreign[run.id] != nil {
            guard waiting(for: run.id, at: now) == nil else { return }
            knowledge.foreign[run.id] = nil
        }
        guard knowledge.toldForgotten.insert(run.id).inserted else { return }
        let text =
            "run \(run.id) on dataflow \(name(of: run.dataflow)), \(origin(of: run.id, run.dataflow)), has not ended within "
            + "run_max_age \(configuration.guardrails.runMaximumAge.text): it holds nothing back any more"
        step.effects.append(.notify(Notification(kind: .runLate, text: text, at: now.wall)))
    }

    /// One that only a refusal has named, and that is in no listing.
    mutating func forgetOldForeign(_ run: DataflowRun, at now: Moment, _ step: inout Step) {
        guard run.status == .running, knowledge.foreign[run.id] != nil, let createdAt = run.createdAt,
            knowledge.clock != nil, let platformNow = platformTime(at: now),
            platformNow - createdAt > configuration.guardrails.runMaximumAge,
            waiting(for: run.id, at: now) == nil
        else { return }
        forget(run, at: now, &step)
    }
}
