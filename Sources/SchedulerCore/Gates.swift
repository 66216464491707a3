// The gates, each as a question with an answer: open (nil), or closed with the evidence.
//
// In three groups. *Own* gates are decided by us alone. *Definition* gates are decided by what the dataflow's definition
// said last, however old: a mapping that was missing a minute ago is not asked about every second. *Fresh* gates must
// have been asked within `gate_freshness` when the call is made.

internal import Chronology

enum GateBounds {
    /// What a time of the platform without a fraction may leave out.
    static let coarseTime = Duration.seconds(1)
    /// What is added to windows where the platform does not tell its time: our clock may be ahead of its.
    static let unknownClock = Duration.seconds(300)
    /// A definition that closes a gate is looked at again after this many intervals of `polling.gate`: it opens when
    /// somebody edits the dataflow, not by itself.
    static let definitionPatience = 5
    /// ... and after this at the latest, where `polling.gate` is shorter.
    static let definitionPause = Duration.seconds(600)
    /// Runs of a dataflow that were more than can be read are listed again after this: until then they have hardly grown older.
    static let cutListingPause = Duration.seconds(300)
    /// A run that was seen under way and that no listing shows counts as gone when it was asked for by name so often and was not
    /// known, and not before ``FollowBounds/missing`` is over.
    static let looksForMissing = 3
    /// Within this after its first activation, "not part of this dataflow" means *not settled yet*: Adobe's newer pages
    /// ask for one hour where the older ones ask for 20 minutes.
    static let settlingTime = Duration.seconds(3600)
}

extension Scheduler {
    // MARK: Own gates

    func ownClosure(_ occurrence: Occurrence, _ activation: ActivationState, at now: Moment) -> Closure? {
        if now.wall < occurrence.startsAt { return .notStarted(until: occurrence.startsAt) }
        if let previous = occurrence.startsAfter, let held = state.occurrences[previous], held.outcome == nil {
            return .behind(previous)
        }
        if let pause = state.pause(of: occurrence.campaign, at: now.wall), !mutant(.pauseIgnored) {
            return .paused(pause)
        }
        for blackout in configuration.blackouts {
            if mutant(.blackoutIgnored) { continue }
            if mutant(.blackoutNeverEnds) { return .blackout(name: blackout.name, until: occurrence.expiresAt) }
            if let end = blackout.end(at: now.wall) { return .blackout(name: blackout.name, until: end) }
        }
        // One that lies further ahead is of a clock that was ahead.
        if let notBefore = activation.notBefore, now.wall < notBefore, notBefore - now.wall <= longestPause {
            return .backoff(until: notBefore, reason: activation.reason ?? "")
        }
        if let trouble = knowledge.callTroubles[occurrence.sandbox], now.monotonic < trouble.retryAt {
            return .throttled(detail: trouble.detail, since: trouble.since, retryAt: trouble.retryAt)
        }
        return nil
    }

    /// No refusal makes anything wait for longer.
    private var longestPause: Duration {
        max(
            GateBounds.settlingTime, configuration.limits.backoffMaximum,
            configuration.polling.gate * GateBounds.definitionPatience)
    }

    func credentialsClosure(at now: Moment) -> Closure? {
        guard let trouble = knowledge.credentials else { return nil }
        return .credentials(detail: trouble.detail, since: trouble.since, retryAt: trouble.retryAt)
    }

    // MARK: Definition gates

    /// What the dataflow's definition says, at whatever age. Nil when it is open, or not known.
    func definitionClosure(_ pair: Pair, _ sandbox: SandboxName, at now: Moment) -> Closure? {
        guard let known = knowledge.dataflows[DataflowKey(sandbox, pair.dataflow)] else { return nil }
        if case .unusable(let sentence) = known.definition.existence {
            return .dataflowUnusable(sentence, askedAt: known.askedAt)
        }
        guard known.definition.state.lowercased() == "enabled" else {
            return .dataflowState(known.definition.state, askedAt: known.askedAt)
        }
        guard let mapping = known.definition.mapping(of: pair.audience) else {
            return .notMapped(askedAt: known.askedAt)
        }
        let platformNow = platformTime(known, at: now)
        if let startsAt = mapping.startsAt, platformNow < startsAt { return .rangeNotStarted(startsAt) }
        // The last day is excluded from scheduled exports; whether ad hoc is accepted on it is not documented: try.
        if let endsAt = mapping.endsAt, platformNow >= endsAt + .seconds(86_400) {
            return .rangeEnded(endsAt, askedAt: known.askedAt)
        }
        return firstActivationClosure(mapping, known, platformNow)
    }

    private func firstActivationClosure(
        _ mapping: DataflowDefinition.Mapping, _ known: DataflowKnowledge, _ platformNow: Instant
    ) -> Closure? {
        if mutant(.noWindow) { return nil }
        var window = configuration.guardrails.firstActivationWindow
        if mutant(.windowTooShort) { window = window - .seconds(60) }
        if known.definition.observedAt == nil, window > .zero { window = window + GateBounds.unknownClock }
        guard let createdAt = mapping.createdAt else {
            return window > .zero
                ? .firstActivation(since: nil, opensIn: window, askedAt: known.askedAt) : nil
        }
        // A time that is told in whole seconds may lie up to one second later.
        let mappedAt = createdAt.milliseconds % 1000 == 0 ? createdAt + GateBounds.coarseTime : createdAt
        let left = window - (platformNow - mappedAt)
        return left > .zero ? .firstActivation(since: createdAt, opensIn: left, askedAt: known.askedAt) : nil
    }

    /// The time by the platform's clock, or a little before it; ours where the platform told its definitions without one.
    ///
    /// - Returns: Nil before the platform told anything.
    func platformTime(at now: Moment) -> Instant? {
        if let clock = knowledge.clock { return clock.observedAt + (now.monotonic - clock.answeredAt) }
        return knowledge.dataflows.isEmpty ? nil : now.wall
    }

    /// The latest that the platform's clock may show: where it does not tell its time, ours may be behind it.
    ///
    /// - Returns: Nil where nothing is known of it, and where ours may be wrong by any time.
    func latestPlatformTime(at now: Moment) -> Instant? {
        if knowledge.clock != nil { return platformTime(at: now) }
        guard !knowledge.dataflows.isEmpty, clockWatch.isSynchronised else { return nil }
        return now.wall + GateBounds.unknownClock
    }

    /// The time by the platform's clock, or a little before it: what it said with the definition, cut to seconds, and how
    /// long ago its answer came.
    func platformTime(_ known: DataflowKnowledge, at now: Moment) -> Instant {
        guard let observedAt = known.definition.observedAt else { return now.wall }
        return observedAt + (now.monotonic - known.answeredAt.monotonic)
    }

    // MARK: Fresh gates

    func isFresh(_ askedAt: Moment, at now: Moment) -> Bool {
        // By whichever clock says more: one stands still while the machine sleeps, the other may be set back.
        let age = max(now.monotonic - askedAt.monotonic, mutant(.oneClock) ? .zero : now.wall - askedAt.wall)
        return age <= configuration.polling.gateFreshness || mutant(.staleEvidence)
    }

    /// Whether a listing can open the dataflow's gate.
    func isUsable(_ runs: RunsKnowledge, at now: Moment) -> Bool {
        runs.isDeep && !runs.isOutdated && !isBlank(runs) && isFresh(runs.askedAt, at: now)
    }

    /// A running export closes the gate at whatever age of the answer; nothing running counts only while fresh.
    func exportClosure(_ sandbox: SandboxName, at now: Moment) -> Closure? {
        let asked = mutant(.exportsOfOneSandbox) ? configuration.platform.sandbox : sandbox
        guard let known = knowledge.exports[asked] else {
            return .unknown(.export, failure: knowledge.askTroubles[.exportJobs(sandbox)]?.detail)
        }
        if mutant(.noExportGate) { return nil }
        if let open = known.open.first {
            if let closure = grownOld(.export, .exportJobs(asked), since: known.askedAt, at: now) { return closure }
            return .exportRunning(open.job, since: open.job.createdAt ?? known.since, askedAt: open.shownAt)
        }
        if isFresh(known.askedAt, at: now) { return nil }
        return .unknown(.export, failure: knowledge.askTroubles[.exportJobs(sandbox)]?.detail)
    }

    /// What an answer said that has grown so old that it may be over long ago: asking fails, or nobody asked, since another gate
    /// was closed.
    private func grownOld(_ gate: GateName, _ kind: AskKind, since askedAt: Moment, at now: Moment) -> Closure? {
        let age = max(now.monotonic - askedAt.monotonic, now.wall - askedAt.wall)
        let bound = max(GateBounds.definitionPause, configuration.polling.gate * GateBounds.definitionPatience)
        return age > bound ? .unknown(gate, failure: knowledge.askTroubles[kind]?.detail) : nil
    }

    /// Who holds a lane. Of a run that is not ours nobody may have heard for long.
    func laneClosure(_ holder: LaneHolder, in sandbox: SandboxName, at now: Moment) -> Closure {
        guard case .foreign(let run, let dataflow) = holder,
            let known = knowledge.runs[DataflowKey(sandbox, dataflow)],
            let closure = grownOld(
                .lane, .runs(sandbox), since: known.shownAt(run), at: now)
        else { return .lane(holder) }
        let named = knowledge.foreign[run].map { Moment(wall: now.wall, monotonic: $0.knownAt) }
        let isHeardOf = named.map { grownOld(.lane, .runs(sandbox), since: $0, at: now) == nil } ?? false
        return isHeardOf ? .lane(holder) : closure
    }

    /// A run in progress that is not ours closes the dataflow: a scheduled one, or one that a person started. See
    /// ``DataflowGate`` for which.
    ///
    /// - Parameter now: Nil where only whether it is closed is asked for.
    func busyClosure(_ pair: Pair, _ sandbox: SandboxName, at now: Moment? = nil) -> Closure? {
        if mutant(.noDataflowGate) { return nil }
        guard let known = knowledge.runs[DataflowKey(sandbox, pair.dataflow)],
            let run = known.listing.runs.first(where: { isInTheWay($0, known) && closes($0, pair, sandbox) })
        else { return nil }
        if let now, let closure = grownOld(.dataflow, .runs(sandbox), since: known.askedAt, at: now) { return closure }
        return .dataflowBusy(run, askedAt: known.shownAt(run.id))
    }

    private func closes(_ run: DataflowRun, _ pair: Pair, _ sandbox: SandboxName) -> Bool {
        if configuration.guardrails.dataflowGate == .dataflow || run.audiences.isEmpty { return true }
        let mapping = knowledge.dataflows[DataflowKey(sandbox, pair.dataflow)]?.definition.mapping(of: pair.audience)
        let ids = mapping?.ids ?? []
        return run.audiences.contains { $0 == pair.audience || ids.contains($0) }
    }

    /// Whether a listing leaves out what there was, and has not for so long that it may be gone.
    func isBlank(_ runs: RunsKnowledge) -> Bool {
        runs.blankSince.map { runs.askedAt.monotonic - $0.monotonic < FollowBounds.missing } ?? false
    }

    /// A dataflow of which listings do not show all that may be under way.
    func listingClosure(_ flow: DataflowKey) -> Closure? {
        guard let runs = knowledge.runs[flow] else { return nil }
        if runs.isCutAlone {
            let detail = "the runs that may be under way are more than can be read in one listing"
            return .unknown(.dataflow, failure: detail)
        }
        if isBlank(runs) {
            return .unknown(.dataflow, failure: "the platform lists none of its runs, and there were some before")
        }
        return nil
    }

    /// Whether a run is under way and not ours, and may still end. One that was adopted and has not said for whom it is may serve
    /// other pairs of its call as well, and these may have been given up.
    func isInTheWay(_ run: DataflowRun, _ known: RunsKnowledge) -> Bool {
        guard run.status == .running, !known.forgotten.contains(run.id) else { return false }
        if isOthers(run.id) { return true }
        guard run.audiences.isEmpty, let followed = knowledge.followed[run.id] else { return false }
        return followed.isAdopted && !followed.hasSaid
    }

    /// Everything that must be fresh for a call, in one answer.
    func freshClosure(_ pair: Pair, _ sandbox: SandboxName, at now: Moment) -> Closure? {
        if let closure = exportClosure(sandbox, at: now) { return closure }
        let key = DataflowKey(sandbox, pair.dataflow)
        guard let definition = knowledge.dataflows[key], isFresh(definition.askedAt, at: now) else {
            return .unknown(.mapping, failure: knowledge.askTroubles[.dataflows(sandbox)]?.detail)
        }
        if let closure = definitionClosure(pair, sandbox, at: now) { return closure }
        guard let runs = knowledge.runs[key], isUsable(runs, at: now) else {
            return listingClosure(key) ?? .unknown(.dataflow, failure: knowledge.askTroubles[.runs(sandbox)]?.detail)
        }
        return busyClosure(pair, sandbox, at: now)
    }
}
