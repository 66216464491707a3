// Taking in what the platform answers to questions. Answers to questions that are no longer waited for are dropped: a
// newer one has taken their place.

internal import Chronology

extension Scheduler {
    mutating func takeExportJobs(
        _ id: AskID, _ result: Result<[ExportJob], AskFailure>, at now: Moment, _ step: inout Step
    ) {
        guard let (ask, jobs) = take(id, result, at: now, &step), case .exportJobs(let sandbox) = ask.subject
        else { return }
        // Dataflows are asked for only while something waits, and exports are followed all the time. Their pages take longer.
        if let observedAt = jobs.compactMap(\.observedAt).max(),
            // A clock that stood still while this host slept says less than the platform does now.
            knowledge.clock.map({
                now.monotonic - $0.answeredAt >= ClockBounds.patience
                    || observedAt > $0.observedAt + (now.monotonic - $0.answeredAt)
            }) ?? true
        {
            knowledge.clock = PlatformClock(observedAt: observedAt, answeredAt: now.monotonic)
        }
        let known = knowledge.exports[sandbox]
        let open = openExports(jobs, known?.open ?? [], askedAt: ask.sentAt, at: now)
        let certain = jobs.filter { !$0.isUncertain }
        let finished = certain.filter { $0.status == .succeeded }
            .max { ($0.createdAt ?? $0.endedAt ?? .distantPast) < ($1.createdAt ?? $1.endedAt ?? .distantPast) }
        let isSameState = known.map { $0.open.isEmpty == open.isEmpty } ?? false
        let ends = ends(of: jobs, known?.ends ?? [], at: now)
        knowledge.exports[sandbox] = ExportKnowledge(
            open: open, newestFinished: finished ?? known?.newestFinished, ends: ends,
            endsSince: endsSince(ask, known, ends, at: now),
            askedAt: ask.sentAt,
            slowSince: ask.isHead ? known?.slowSince : ask.isSlow ? ask.sentAt : nil,
            since: isSameState ? known?.since ?? ask.sentAt.wall : ask.sentAt.wall)
        observeExports(certain, sandbox, at: now, &step)
        noteEnded(
            certain.filter { $0.status != .running }, sandbox, before: known?.askedAt, at: now, &step)
    }

    /// The exports that run. One that was seen running and is missing from an answer has not been seen to end: it counts until
    /// an answer shows its end, or it is older than `export_max_age`.
    private func openExports(
        _ jobs: [ExportJob], _ known: [OpenExport], askedAt: Moment, at now: Moment
    ) -> [OpenExport] {
        let shown = Set(jobs.map(\.id))
        let running = jobs.filter { $0.status == .running }.map { job in
            let before = job.hasID ? known.first { $0.job.id == job.id } : nil
            return OpenExport(job: job, seenAt: before?.seenAt ?? askedAt.monotonic, shownAt: askedAt)
        }
        let missing = known.filter { $0.job.hasID && !shown.contains($0.job.id) && !mutant(.vanishedOpens) }
        let maximum = configuration.guardrails.exportMaximumAge
        // By the platform's clock alone: with ours a day ahead, an export that runs would look forgotten. Where the platform does not
        // tell its time, what counts is for how long it has been seen.
        let oldest = knowledge.clock == nil ? nil : platformTime(at: now).map { $0 - maximum }
        return (running + missing).filter { export in
            let isSeenTooLong = now.monotonic - export.seenAt > maximum && export.job.hasID
            return export.job.createdAt.map { $0 >= oldest ?? .distantPast } ?? true && !isSeenTooLong
        }
    }

    /// From when on it is known when exports ended: as far back as was asked, and what was known before where nothing lies between.
    private func endsSince(_ ask: Ask, _ known: ExportKnowledge?, _ ends: [Instant], at now: Moment) -> Instant {
        let platformNow = platformTime(at: now) ?? now.wall
        let asked = ask.since ?? platformNow
        let kept = ends.count < ExportBounds.ends ? platformNow - ExportBounds.reach : ends[0]
        guard let known else { return max(asked, kept) }
        let pause = max(now.monotonic - known.askedAt.monotonic, now.wall - known.askedAt.wall)
        return max(ask.isHead || asked <= platformNow - pause ? min(known.endsSince, asked) : asked, kept)
    }

    /// When exports have ended, as far as a run may be one of those that follow: an answer may leave one out that was there before.
    private func ends(of jobs: [ExportJob], _ known: [Instant], at now: Moment) -> [Instant] {
        let oldest = platformTime(at: now).map { $0 - ExportBounds.reach } ?? .distantPast
        let shown = jobs.filter { $0.status == .succeeded }.compactMap(\.endedAt)
        return Set(shown + known).filter { $0 >= oldest }.sorted().suffix(ExportBounds.ends)
    }

    /// When an export ended, by our clock: the platform's own time where both clocks agree.
    func ourTime(of job: ExportJob, at now: Moment) -> Instant {
        job.endedAt.map { ourTime(of: $0, at: now) } ?? now.wall
    }

    /// The same for any time of the platform's that has passed.
    func ourTime(of endedAt: Instant, at now: Moment) -> Instant {
        guard let platformNow = platformTime(at: now) else { return min(endedAt, now.wall) }
        let ours = now.wall - max(.zero, platformNow - endedAt)
        let difference = (ours - endedAt).milliseconds.magnitude  // of any clocks: it must not trap
        return difference <= ClockBounds.agreement.milliseconds.magnitude ? min(endedAt, now.wall) : ours
    }

    mutating func takeDataflows(
        _ id: AskID, _ result: Result<[DataflowDefinition], AskFailure>, at now: Moment, _ step: inout Step
    ) {
        guard case .dataflows(let sandbox, let asked) = knowledge.asks[id]?.subject else { return }
        let wanted = Set(asked)
        guard let (ask, definitions) = take(id, result, at: now, &step) else {
            // What came to wait since the last answer may not have another before it expires.
            tellMappingFaults(sandbox, wanted, at: now, &step)
            return
        }
        if let observedAt = definitions.compactMap(\.observedAt).max() {
            knowledge.clock = PlatformClock(observedAt: observedAt, answeredAt: now.monotonic)
        } else if definitions.contains(where: { $0.existence == .exists }), !knowledge.toldTimeless {
            knowledge.toldTimeless = true
            let text =
                "the platform does not tell its time (no Date header): windows are counted by the clock of this host, with "
                + "\(GateBounds.unknownClock.words) added"
            step.effects.append(.notify(Notification(kind: .clock, text: text, at: now.wall)))
        }
        for definition in definitions where wanted.contains(definition.id) {
            let flow = DataflowKey(sandbox, definition.id)
            let before = knowledge.dataflows[flow].flatMap { $0.definition.state == definition.state ? $0 : nil }
            knowledge.dataflows[flow] = DataflowKnowledge(
                definition: definition, askedAt: ask.sentAt, answeredAt: now,
                stateSince: before?.stateSince ?? ask.sentAt.monotonic)
        }
        for missing in asked where knowledge.dataflows[DataflowKey(sandbox, missing)]?.askedAt != ask.sentAt {
            knowledge.dataflows[DataflowKey(sandbox, missing)] = DataflowKnowledge(
                definition: DataflowDefinition(
                    id: missing, name: "", existence: .unusable("the platform did not describe this dataflow")),
                askedAt: ask.sentAt, answeredAt: now, stateSince: ask.sentAt.monotonic)
        }
        resolveAudiences(definitions.filter { wanted.contains($0.id) }, in: sandbox, at: now, &step)
        tellMappingFaults(sandbox, wanted, at: now, &step)
        tellStaticFileNames(sandbox, wanted, at: now, &step)
    }

    /// Says once, and early, what a person has to mend before an activation can go.
    private mutating func tellMappingFaults(
        _ sandbox: SandboxName, _ dataflows: Set<DataflowID>, at now: Moment, _ step: inout Step
    ) {
        for (occurrence, position) in waitingActivations() where occurrence.occurrence.sandbox == sandbox {
            let pair = occurrence.occurrence.pairs[position]
            let id = occurrence.activationID(at: position)
            guard dataflows.contains(pair.dataflow), !knowledge.toldMapping.contains(id),
                let closure = definitionClosure(pair, sandbox, at: now)
            else { continue }
            switch closure {
            case .rangeNotStarted(let start) where !startsInTime(start, occurrence, position, at: now):
                knowledge.toldMapping.insert(id)
                let evidence = sentence(for: closure, pair, in: sandbox, at: now).evidence
                notify(
                    .mapping, id, "\(evidence); it starts at \(start.rfc3339), after start_within is over", at: now,
                    &step)
            case .dataflowState(let word, _) where isPassing(word, DataflowKey(sandbox, pair.dataflow), at: now):
                break
            case .dataflowUnusable, .dataflowState, .notMapped, .rangeEnded:
                knowledge.toldMapping.insert(id)
                notify(.mapping, id, sentence(for: closure, pair, in: sandbox, at: now).evidence, at: now, &step)
            default:
                break
            }
        }
    }

    /// Whether a state may pass by itself: while a dataflow is made or edited it has others for a while (`updating`, `enabling`).
    private func isPassing(_ state: String, _ flow: DataflowKey, at now: Moment) -> Bool {
        let isFinal = ["disabled", "error", "failed"].contains(state.lowercased())
        let since = knowledge.dataflows[flow]?.stateSince ?? now.monotonic
        return !isFinal && now.monotonic - since < RefusalBounds.patience
    }

    /// Whether the schedule of a mapping starts before the activation expires.
    private func startsInTime(
        _ start: Instant, _ occurrence: OccurrenceState, _ position: Int, at now: Moment
    ) -> Bool {
        let left = expiry(of: occurrence.activations[position], in: occurrence.occurrence) - now.wall
        return start - (platformTime(at: now) ?? now.wall) < left
    }

    mutating func takeRuns(
        _ id: AskID, _ result: Result<RunListing, AskFailure>, at now: Moment, _ step: inout Step
    ) {
        guard let (ask, listing) = take(id, result, at: now, &step),
            case .runs(let sandbox, let dataflows) = ask.subject
        else { return }
        if ask.isHead { return takeHead(of: dataflows, ask, listing, at: now, &step) }
        for dataflow in dataflows {
            let flow = DataflowKey(sandbox, dataflow)
            let reach = reach(of: listing, flow, ask, at: now)
            let isCut = !reach.isDeep && ask.knewTime
            // One listing of each dataflow reaches further back than one of many.
            if isCut, dataflows.count > 1 {
                knowledge.askedAlone.insert(flow)
            } else {
                knowledge.askedAlone.remove(flow)
            }
            if let known = knowledge.runs[flow], known.askedAt.monotonic > ask.sentAt.monotonic { continue }
            let runs = listing.runs.filter { $0.dataflow == dataflow }.map { resolved($0.bounded, in: sandbox) }
            var known = RunsKnowledge(
                listing: RunListing(runs: runs, isTruncated: listing.isTruncated),
                reachesBackTo: listing.isTruncated ? reach.backTo : nil, isDeep: reach.isDeep,
                isCutAlone: isCut && dataflows.count == 1, knownSince: reach.knownSince, askedAt: ask.sentAt,
                isOutdated: ask.outdated.contains(dataflow), slowSince: ask.isSlow ? ask.sentAt : nil)
            if runs.isEmpty, let before = knowledge.runs[flow] {
                let listed = before.listing.runs.prefix(StaleBounds.shown).map(\.id)
                known.shownBefore = listed.isEmpty ? before.shownBefore : listed
                known.newestBefore =
                    listed.isEmpty ? before.newestBefore : before.listing.runs.compactMap(\.createdAt).max()
            }
            if isBlank(known, flow, at: now) {
                known.blankSince = blankSince(flow, at: ask.sentAt)
            }
            let shown = known
            if isCut, dataflows.count > 1, let before = knowledge.runs[flow], before.isDeep || before.isCutAlone,
                runs.isEmpty || before.blankSince == nil
            {
                // It proves less than what is known, and that stays as old as it is.
                known = before
                let present = Set(runs.map(\.id))
                let others = before.listing.runs.filter { !present.contains($0.id) }
                // While nothing waits nobody lists this dataflow alone: what was joined is bounded, but for what is in the way.
                let older = others.dropFirst(StaleBounds.joined).filter { isInTheWay($0, before) }
                known.listing.runs = runs + others.prefix(StaleBounds.joined) + older
                for run in present { (known.missing[run], known.joined[run]) = (nil, ask.sentAt) }
                let kept = Set(known.listing.runs.map(\.id))
                known.joined = known.joined.filter { kept.contains($0.key) }
            } else {
                keepMissingRuns(of: flow, &known, at: now)
            }
            let kept = keepUntold(of: flow, &known)
            takeOver(known, of: flow)
            learnSigns(of: runs, in: sandbox, at: now, &step)
            let missing = known.listing.runs.filter { known.missing[$0.id] != nil }
            settleDoubts(on: flow, shown, missing: missing, at: now, &step)
            settleSetAside(on: flow, shown, at: now, &step)
            adoptLateRuns(runs + kept, in: sandbox, at: now, &step)
            forgetOldRuns(of: flow, at: now, &step)
            updateFollowed(on: flow, shown, at: now, &step)
            noticeTwins(on: flow, shown, at: now, &step)
        }
    }

    /// How far back a listing tells of a dataflow: by itself, and with what those before it have shown. Every run that may
    /// still be under way is in it where it reaches back over `run_late`, and they together over `run_max_age`.
    private func reach(
        of listing: RunListing, _ flow: DataflowKey, _ ask: Ask, at now: Moment
    ) -> (backTo: Instant?, knownSince: Instant, isDeep: Bool) {
        let platformNow = platformTime(at: now) ?? now.wall
        guard listing.isTruncated, !mutant(.cutListingIsWhole) else {
            // One without any may be wrong, and tells nothing of what the next one does not show. Where it shows some of other
            // dataflows, the second one without any of this one counts: it is read as far back as a first one.
            let isShown = listing.runs.contains { $0.dataflow == flow.dataflow }
            let isAgain = !listing.runs.isEmpty && knowledge.runs[flow]?.listing.runs.isEmpty == true
            return (nil, isShown || isAgain ? Instant(milliseconds: .min) : platformNow, true)
        }
        guard let backTo = listing.runs.compactMap(\.createdAt).min() else { return (nil, platformNow, false) }
        var knownSince = backTo
        if let before = knowledge.runs[flow] {
            let pause = max(now.monotonic - before.askedAt.monotonic, now.wall - before.askedAt.wall)
            if backTo <= platformNow - pause - DoubtBounds.showsLate { knownSince = min(before.knownSince, backTo) }
        }
        let isDeep =
            ask.knewTime && backTo <= platformNow - configuration.polling.runLate
            && knownSince <= platformNow - configuration.guardrails.runMaximumAge
        return (backTo, knownSince, isDeep)
    }

    mutating func takeRun(
        _ id: AskID, _ result: Result<DataflowRun?, AskFailure>, at now: Moment, _ step: inout Step
    ) {
        guard case .run(let sandbox, let runID)? = knowledge.asks[id]?.subject else { return }
        guard let (ask, run) = take(id, result, at: now, &step) else {
            return postponeLook(at: runID, in: sandbox, at: now)
        }
        let shown = run.map { resolved($0.bounded, in: ask.sandbox) }
        takeMissing(runID, shown, askedAt: ask.sentAt, in: ask.sandbox, at: now, &step)
        // No listing shows it, and its end may tell whose it is.
        if let shown, !owns(runID), knowledge.foreign[runID] == nil {
            adoptLateRuns([shown], in: ask.sandbox, at: now, &step)
        }
        updateSingly(runID, shown, at: now, &step)
    }

    /// It had no answer. Questions about runs go one at a time, and whatever else is to be asked comes first.
    private mutating func postponeLook(at run: RunID, in sandbox: SandboxName, at now: Moment) {
        let next = now.monotonic + configuration.polling.gate
        knowledge.foreign[run]?.nextLook = next
        knowledge.followed[run]?.nextLook = next
        for flow in knowledge.runs.keys where flow.sandbox == sandbox {
            knowledge.runs[flow]?.missing[run]?.nextLook = next
        }
    }

    // MARK: Success and failure of asking

    /// Nil when nobody waits for the answer any more, or when it is a failure, which is taken in here.
    private mutating func take<Answer>(
        _ id: AskID, _ result: Result<Answer, AskFailure>, at now: Moment, _ step: inout Step
    ) -> (Ask, Answer)? {
        guard var ask = knowledge.asks.removeValue(forKey: id) else { return nil }
        let kind = AskKind(ask.subject)
        if mutant(.ageOfAnswer) { ask.sentAt = now }
        switch result {
        case .success(let answer):
            ask.troubleBefore = knowledge.askTroubles.removeValue(forKey: kind)
            keepCredentials(at: now)
            let time = now.monotonic - ask.sentAt.monotonic
            ask.isSlow = time > configuration.polling.gateFreshness && !mutant(.staleEvidence)
            // Of a listing that takes so long the head may come in time: that is tried before it is asked less often.
            if ask.isSlow, ask.isHead || !hasHead(ask) {
                let allowed = configuration.polling.gateFreshness.words
                distrust(ask, "the answer took \(time.words), and gate_freshness allows \(allowed)", at: now)
            }
            return (ask, answer)
        case .failure(let failure):
            let before = knowledge.askTroubles[kind]
            var pause: Duration?
            var isRefused = false
            switch failure {
            case .credentials(let detail):
                isRefused = true
                // Refused again although something else was answered since: a right for this kind alone is missing.
                let isOwn = before?.isAboutCredentials == true && knowledge.credentials == nil
                if !isOwn { loseCredentials(detail, at: now) }
            case .secret(let detail):
                isRefused = true
                loseCredentials(detail, isCertain: true, at: now)
            case .refused(status: 403, _): isRefused = true
            case .throttled(let retryAfter, _): pause = retryAfter
            case .unavailable, .refused, .nonsense: break
            }
            // Perhaps there are more than can be read: what is certain to be needed is asked for next.
            if case .exportJobs(let sandbox) = ask.subject, case .nonsense = failure {
                knowledge.exportReaches[sandbox] = nil
            }
            var trouble = trouble(after: before, key: kind.key, failure.detail, atLeast: pause, at: now)
            if isRefused { trouble.countRefusal(at: now) }
            knowledge.askTroubles[kind] = trouble
        }
        return nil
    }

    /// An answer came and opens nothing: the question is backed off as if it had failed, and people are told why.
    mutating func distrust(_ ask: Ask, _ detail: String, at now: Moment) {
        let kind = AskKind(ask.subject)
        var before = ask.troubleBefore
        // Late as it was, it was no refusal.
        before?.endRefusals()
        knowledge.askTroubles[kind] = trouble(after: before, key: kind.key, detail, atLeast: nil, at: now)
    }

    // MARK: Credentials

    /// The token or the secret itself is refused, as far as known: nothing is called, and the next question is the probe.
    ///
    /// - Parameter isCertain: Nothing but a person can mend it.
    mutating func loseCredentials(_ detail: String, isCertain: Bool = false, at now: Moment) {
        var trouble = trouble(after: knowledge.credentials, key: "credentials", detail, atLeast: nil, at: now)
        trouble.countRefusal(at: now)
        trouble.isCertain = isCertain
        knowledge.credentials = trouble
    }

    /// The token is good: what was refused with the one before is tried with this one before a person is told of it.
    private mutating func keepCredentials(at now: Moment) {
        guard knowledge.credentials != nil else { return }
        knowledge.credentials = nil
        for (kind, trouble) in knowledge.askTroubles where trouble.isAboutCredentials {
            knowledge.askTroubles[kind]?.retryAt = now.monotonic
            knowledge.askTroubles[kind]?.beginAgain(at: now)
        }
        for (sandbox, trouble) in knowledge.callTroubles where trouble.isAboutCredentials {
            knowledge.callTroubles[sandbox]?.beginAgain(at: now)
        }
    }

    /// Tells a person, once, of what is refused again and again and for long enough: one refusal is mended by a new token.
    mutating func tellRefusals(at now: Moment, _ step: inout Step) {
        if let trouble = knowledge.credentials {
            if isToBeTold(trouble, at: now) {
                knowledge.credentials?.toldAt = now.monotonic
                return tell("the platform refuses us: \(trouble.detail)", at: now, &step)
            }
            // Everything is refused, and told: of its parts nobody needs to hear. A single refusal of everything is none yet, and
            // may stay the only one where a right is missing, since nothing else is asked.
            if trouble.toldAt != nil { return }
        }
        for (sandbox, trouble) in knowledge.callTroubles.sorted(by: { $0.key < $1.key })
        where isToBeTold(trouble, at: now) {
            knowledge.callTroubles[sandbox]?.toldAt = now.monotonic
            tell(trouble.detail, at: now, &step)
        }
        for (kind, trouble) in knowledge.askTroubles.sorted(by: { $0.key.key < $1.key.key })
        where isToBeTold(trouble, at: now) {
            knowledge.askTroubles[kind]?.toldAt = now.monotonic
            tell("the platform refuses to answer about \(kind.key): \(trouble.detail)", at: now, &step)
        }
    }

    private func tell(_ text: String, at now: Moment, _ step: inout Step) {
        step.effects.append(.notify(Notification(kind: .credentials, text: text, at: now.wall)))
    }

    private mutating func isToBeTold(_ trouble: Trouble, at now: Moment) -> Bool {
        guard let since = trouble.refusedSince else { return false }
        if let toldAt = trouble.toldAt, now.monotonic - toldAt < RefusalBounds.again { return false }
        if trouble.isCertain || mutant(.pagesTooSoon) { return true }
        guard trouble.refusals >= RefusalBounds.told else { return false }
        let due = since + RefusalBounds.patience
        if now.monotonic < due { wake.at(due) }
        return now.monotonic >= due
    }

    /// Whoever reloads may have mended a secret or a right: the next question, and the next call, tell.
    mutating func retryCredentials(at now: Moment) {
        knowledge.credentials?.retryAt = now.monotonic
        for (sandbox, trouble) in knowledge.callTroubles where trouble.isAboutCredentials {
            knowledge.callTroubles[sandbox]?.retryAt = now.monotonic
        }
        for (kind, trouble) in knowledge.askTroubles where trouble.isAboutCredentials {
            knowledge.askTroubles[kind]?.retryAt = now.monotonic
        }
    }

    func trouble(
        after before: Trouble?, key: String, _ detail: String, atLeast pause: Duration?, at now: Moment
    ) -> Trouble {
        let failures = (before?.failures ?? 0) + 1
        let limits = configuration.limits
        let delay = Backoff.delay(
            after: failures, key: key, base: limits.backoffBase, ceiling: limits.backoffMaximum)
        return Trouble(
            failures: failures, since: before?.since ?? now.wall,
            retryAt: now.monotonic + max(delay, pause ?? .zero), detail: detail,
            refusedSince: before?.refusedSince, refusals: before?.refusals ?? 0, toldAt: before?.toldAt)
    }
}

private enum StaleBounds {
    /// Runs that are remembered of the last listing that showed some: one of them that is listed again is enough.
    static let shown = 10
    /// Runs of listings before that are kept beside a joint one that is cut: more than a listing has.
    static let joined = 5000
}

enum RefusalBounds {
    /// Calls that are refused, and taken in halves, before their size counts as the reason.
    static let sizes = 2
    /// A person is told of a refusal that came this often in a row …
    static let told = 2
    /// … and that is this old.
    static let patience = Duration.seconds(60)
    /// A run may seem to begin so long before the call that began it: the platform tells its time in whole seconds, and ours runs on
    /// beside it.
    static let clocks = Duration.seconds(2)
    /// Runs of others whose first naming is remembered.
    static let named = 1000
    /// What goes on is told again after so long, if something is asked then.
    static let again = Duration.seconds(86_400)
}

extension Trouble {
    mutating func countRefusal(at now: Moment) {
        refusedSince = refusedSince ?? now.monotonic
        refusals += 1
    }

    /// Something was answered.
    mutating func endRefusals() {
        (refusedSince, refusals, toldAt) = (nil, 0, nil)
    }

    /// The same credentials were good for something meanwhile: whether the refusals go on shows from now on.
    mutating func interruptRefusals() {
        if !isCertain { (refusedSince, refusals) = (nil, 0) }
    }

    /// What was refused so far was refused for another reason.
    mutating func beginAgain(at now: Moment) {
        refusedSince = now.monotonic
        refusals = 0
    }
}

enum ClockBounds {
    /// Our clock and the platform's are taken for the same within this.
    static let agreement = Duration.seconds(60)
    /// The platform's time is taken from answers about exports where it was not told for so long.
    static let patience = Duration.seconds(600)
}

extension Instant {
    static let distantPast = Instant(milliseconds: .min)
}
