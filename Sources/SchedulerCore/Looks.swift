// When the platform is worth another question for somebody who waits, and who waits without one coming.
//
// Begin at `nextLooks`: asking follows it, and `unattended` holds it against what was asked and set, so that no setting can
// make a gate that nobody looks at again.

package import Chronology

/// A question to the platform that may let an activation go, and from when on it is worth asking.
struct Look: Equatable, Sendable {
    enum Part: Hashable, Sendable {
        case export, definition, runs
        /// One run of others that a listing no longer shows.
        case run(RunID)
    }

    var part: Part
    var flow: DataflowKey
    var at: Monotonic

    var kind: AskKind {
        switch part {
        case .export: .exportJobs(flow.sandbox)
        case .definition: .dataflows(flow.sandbox)
        case .runs, .run: .runs(flow.sandbox)
        }
    }
}

extension Scheduler {
    /// What has to be asked, and when, for one whose own gates are open. Empty only when every gate of the platform's is open
    /// and its answer fresh: then it is called.
    func nextLooks(for pair: Pair, in sandbox: SandboxName, at now: Moment) -> [Look] {
        let flow = DataflowKey(sandbox, pair.dataflow)
        func look(_ part: Look.Part, _ at: Monotonic) -> Look { Look(part: part, flow: flow, at: at) }
        let definition = knowledge.dataflows[flow]
        if let closure = definitionClosure(pair, sandbox, at: now), let definition {
            return [look(.definition, nextDefinitionLook(closure, definition.askedAt, at: now))]
        }
        // One that was never seen is asked about early, so that a person hears of a missing mapping in time.
        let early = definition == nil ? [look(.definition, now.monotonic)] : []
        guard let export = knowledge.exports[sandbox] else { return [look(.export, now.monotonic)] + early }
        if export.running != nil {
            return [look(.export, export.askedAt.monotonic + configuration.polling.gate)] + early
        }
        let runs = knowledge.runs[flow]
        if let runs, busyClosure(pair, sandbox) != nil {
            if mutant(.waitNobodyEnds) { return early }
            return early + [look(.runs, runs.askedAt.monotonic + configuration.polling.gate)]
                + looksForMissing(in: flow)
        }
        if let runs, runs.isCutAlone || isBlank(runs), knowledge.credentials == nil {
            let pause = runs.isCutAlone ? GateBounds.cutListingPause : configuration.polling.gate
            let again = runs.askedAt.monotonic + pause
            if now.monotonic < again { return early + [look(.runs, again)] }
        }
        var looks = early
        // After a call was refused for its credentials everything is fresh, and only a question opens their gate again.
        if knowledge.credentials != nil || !isFresh(export.askedAt, at: now) {
            looks.append(look(.export, now.monotonic))
        }
        guard let definition else { return looks }
        if !isFresh(definition.askedAt, at: now) { looks.append(look(.definition, now.monotonic)) }
        // How far back to look is known with the platform's time, which comes with the definition.
        if runs.map({ !isUsable($0, at: now) }) ?? true {
            // Of no use before exports can be asked about again, and then asked anew: what was listed waits for their answer.
            let retryAt = isFresh(export.askedAt, at: now) ? nil : knowledge.askTroubles[.exportJobs(sandbox)]?.retryAt
            var at = runs == nil ? now.monotonic : retryAt ?? now.monotonic
            // Whose a run is that it shows is asked elsewhere: it says the same until then.
            if let runs, knowledge.schedulesSince[flow] != nil {
                at = max(at, runs.askedAt.monotonic + configuration.polling.gate)
            }
            looks.append(look(.runs, max(now.monotonic, at)))
        }
        if looks.isEmpty { return [] }
        // They must be fresh together. Where answers take long, the others would be old by the time when this one comes.
        let others: [(Look.Part, Moment?)] = [
            (.export, export.askedAt), (.definition, definition.askedAt), (.runs, runs?.askedAt),
        ]
        for case (let part, .some(let askedAt)) in others where !looks.contains(where: { $0.part == part }) {
            if (now.monotonic - askedAt.monotonic) * 2 > configuration.polling.gateFreshness {
                looks.append(look(part, now.monotonic))
            }
        }
        return looks
    }

    func looksForMissing(in flow: DataflowKey) -> [Look] {
        (knowledge.runs[flow]?.missing ?? [:]).map { Look(part: .run($0), flow: flow, at: $1.nextLook) }
    }

    /// Waiting activations for which no question is under way, nothing is set to wake for, and nobody else goes first. There
    /// is never one after an event: it would wait until it expires.
    package func unattended(at now: Moment) -> [ActivationID] {
        guard isStarted, !isStopping else { return [] }
        let lanes = LaneTable(self)
        return waitingActivations().compactMap { occurrence, position in
            let id = occurrence.activationID(at: position)
            return isAttended(id, occurrence, position, lanes, at: now) ? nil : id
        }
    }

    private func isAttended(
        _ id: ActivationID, _ occurrence: OccurrenceState, _ position: Int, _ lanes: LaneTable, at now: Moment
    ) -> Bool {
        let activation = occurrence.activations[position]
        if let closure = ownClosure(occurrence.occurrence, activation, at: now) { return isAttended(closure) }
        let pair = occurrence.occurrence.pairs[position]
        let sandbox = occurrence.occurrence.sandbox
        if let holder = lanes.holders[lane(of: pair, in: sandbox)] {
            return isAttended(holder, in: sandbox)
        }
        if let first = knowledge.firstLooks[id], isSet(first.askedAt + LookBounds.between) { return true }
        return nextLooks(for: pair, in: sandbox, at: now).contains { isComing($0.kind, $0.at) }
    }

    private func isAttended(_ closure: Closure) -> Bool {
        switch closure {
        case .notStarted(let until), .blackout(_, let until), .backoff(let until, _): isSet(until)
        case .paused(let pause): pause.until.map(isSet) ?? true
        case .throttled(_, _, let retryAt), .credentials(_, _, let retryAt): isSet(retryAt)
        default: true  // opened by what another one comes to
        }
    }

    private func isAttended(_ holder: LaneHolder, in sandbox: SandboxName) -> Bool {
        switch holder {
        case .activation(let other):
            switch state[other]?.phase {
            case .running(let run): knowledge.followed[run] != nil
            case .inDoubt: knowledge.doubts[other] != nil
            case .calling, .quarantined: true  // its answer comes, or a person
            case .waiting, .ended, nil: false
            }
        case .foreign(let run, let dataflow):
            if let foreign = knowledge.foreign[run] {
                isComing(.runs(sandbox), foreign.nextLook)
            } else if let known = knowledge.runs[DataflowKey(sandbox, dataflow)] {
                isComing(.runs(sandbox), known.askedAt.monotonic + configuration.polling.gate)
            } else {
                false
            }
        }
    }

    /// Whether such a question is under way, or will be asked by then, or as soon as it may be after failures.
    private func isComing(_ kind: AskKind, _ at: Monotonic) -> Bool {
        if knowledge.isAsking(kind) { return true }
        let retries = [knowledge.credentials, knowledge.askTroubles[kind]].compactMap { $0?.retryAt }
        return isSet(retries.reduce(at, max))
    }

    private func isSet(_ instant: Instant) -> Bool { wake.wall.map { $0 <= instant } ?? false }

    private func isSet(_ point: Monotonic) -> Bool { wake.monotonic.map { $0 <= point } ?? false }
}
