// Taking in what the platform answers to questions. Answers to questions that are no longer waited for are dropped: a
// newer one has taken their place.

internal import Chronology

extension Scheduler {
    mutating func takeExportJobs(
        _ id: AskID, _ result: Result<[ExportJob], AskFailure>, at now: Moment, _ step: inout Step
    ) {
        guard let (ask, jobs) = take(id, result, at: now, &step), case .exportJobs(let sandbox) = ask.subject
        else { return }
        // By the platform's clock alone: with ours a day ahead, an export that runs would look forgotten.
        let oldest = platformTime(at: now).map { $0 - configuration.guardrails.exportMaximumAge } ?? .distantPast
        let running = jobs.first { job in job.status == .running && job.createdAt.map { $0 >= oldest } ?? true }
        let finished = jobs.filter { $0.status == .succeeded }
            .max { ($0.createdAt ?? $0.endedAt ?? .distantPast) < ($1.createdAt ?? $1.endedAt ?? .distantPast) }
        let known = knowledge.exports[sandbox]
        let isSameState = known.map { ($0.running == nil) == (running == nil) } ?? false
        knowledge.exports[sandbox] = ExportKnowledge(
            running: running, newestFinished: finished ?? known?.newestFinished,
            askedAt: mutant(.ageOfAnswer) ? now : ask.sentAt,
            since: isSameState ? known?.since ?? ask.sentAt.wall : ask.sentAt.wall)
        observeExports(jobs, sandbox, at: now, &step)
        noteFinished(jobs.filter { $0.status == .succeeded }, sandbox, at: now, &step)
    }

    /// Finished exports that were not known: every `after_export` campaign of the sandbox is due for the newest, in the same
    /// step; those before it, which ended while nobody looked, are skipped with a record.
    private mutating func noteFinished(
        _ jobs: [ExportJob], _ sandbox: SandboxName, at now: Moment, _ step: inout Step
    ) {
        let campaigns = (due.followersOfExports[sandbox] ?? []).compactMap { configuration.campaigns[$0] }
        guard !campaigns.isEmpty, !isStopping else { return }
        let mark = state.exportMarks[sandbox]
        let unknown = jobs.map { (job: $0, createdAt: $0.createdAt ?? $0.endedAt ?? now.wall) }
            .filter { job, createdAt in mark.map { $0.job != job.id && createdAt > $0.createdAt } ?? true }
            .sorted { ($0.createdAt, $0.job.id) < ($1.createdAt, $1.job.id) }
        guard let newest = unknown.last else {
            if mark == nil { knowledge.withoutExports.insert(sandbox) }
            return
        }
        let isFirstLook = mark == nil && !knowledge.withoutExports.contains(sandbox)
        record(.exportFinished(sandbox: sandbox, job: newest.job.id, succeeded: true, at: newest.createdAt), &step)
        if isFirstLook { return }  // it only says where counting begins
        for (job, _) in unknown.dropLast() {
            let nominal = ourTime(of: job, at: now)
            for campaign in campaigns where !isFinished(campaign) {
                recordSkip(
                    campaign.name, nominal, nominal, 1, .superseded,
                    "export \(job.id) and a later one ended before anybody looked", at: now, &step)
            }
        }
        follow(newest.job, campaigns, at: now, &step)
    }

    private mutating func follow(_ job: ExportJob, _ campaigns: [Campaign], at now: Moment, _ step: inout Step) {
        let nominal = ourTime(of: job, at: now)
        for campaign in campaigns where !isFinished(campaign) {
            if now.wall - nominal > campaign.catchUp {
                recordSkip(
                    campaign.name, nominal, nominal, 1, .missed,
                    "export \(job.id) ended longer ago than catch_up", at: now, &step)
            } else {
                _ = admit(
                    campaign, nominal: nominal, origin: .export(job: job.id), forceOverlap: false, at: now, &step)
            }
        }
    }

    /// When an export ended, by our clock: the platform's own time where both clocks agree.
    private func ourTime(of job: ExportJob, at now: Moment) -> Instant {
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
        guard let (ask, definitions) = take(id, result, at: now, &step), case .dataflows(_, let asked) = ask.subject
        else { return }
        let wanted = Set(asked)
        if let observedAt = definitions.compactMap(\.observedAt).max() {
            knowledge.clock = PlatformClock(observedAt: observedAt, answeredAt: now.monotonic)
        }
        for definition in definitions where wanted.contains(definition.id) {
            knowledge.dataflows[definition.id] = DataflowKnowledge(
                definition: definition, askedAt: ask.sentAt, answeredAt: now)
        }
        for missing in asked where knowledge.dataflows[missing]?.askedAt != ask.sentAt {
            knowledge.dataflows[missing] = DataflowKnowledge(
                definition: DataflowDefinition(
                    id: missing, name: "", existence: .unusable("the platform did not describe this dataflow")),
                askedAt: ask.sentAt, answeredAt: now)
        }
        tellMappingFaults(wanted, at: now, &step)
    }

    /// Says once, and early, what a person has to mend before an activation can go.
    private mutating func tellMappingFaults(_ dataflows: Set<DataflowID>, at now: Moment, _ step: inout Step) {
        for (occurrence, position) in waitingActivations() {
            let pair = occurrence.occurrence.pairs[position]
            let id = occurrence.activationID(at: position)
            guard dataflows.contains(pair.dataflow), !knowledge.toldMapping.contains(id),
                let closure = definitionClosure(pair, at: now)
            else { continue }
            switch closure {
            case .dataflowUnusable, .dataflowState, .notMapped, .rangeEnded:
                knowledge.toldMapping.insert(id)
                notify(.mapping, id, sentence(for: closure, pair, at: now).evidence, at: now, &step)
            default:
                break
            }
        }
    }

    mutating func takeRuns(
        _ id: AskID, _ result: Result<RunListing, AskFailure>, at now: Moment, _ step: inout Step
    ) {
        guard let (ask, listing) = take(id, result, at: now, &step), case .runs(_, let dataflows) = ask.subject
        else { return }
        let reachesBackTo = listing.isTruncated ? listing.runs.compactMap(\.createdAt).min() : nil
        for dataflow in dataflows {
            if let known = knowledge.runs[dataflow], known.askedAt.monotonic > ask.sentAt.monotonic { continue }
            let runs = listing.runs.filter { $0.dataflow == dataflow }
            let known = RunsKnowledge(
                listing: RunListing(runs: runs, isTruncated: listing.isTruncated), reachesBackTo: reachesBackTo,
                isDeep: ask.knewTime || !listing.isTruncated, askedAt: ask.sentAt)
            knowledge.runs[dataflow] = known
            settleDoubts(on: dataflow, known, at: now, &step)
            updateFollowed(on: dataflow, known, at: now, &step)
            noticeTwins(on: dataflow, known, at: now, &step)
        }
    }

    mutating func takeRun(
        _ id: AskID, _ result: Result<DataflowRun?, AskFailure>, at now: Moment, _ step: inout Step
    ) {
        guard let (ask, run) = take(id, result, at: now, &step), case .run(_, let runID) = ask.subject
        else { return }
        updateSingly(runID, run, at: now, &step)
    }

    // MARK: Success and failure of asking

    /// Nil when nobody waits for the answer any more, or when it is a failure, which is taken in here.
    private mutating func take<Answer>(
        _ id: AskID, _ result: Result<Answer, AskFailure>, at now: Moment, _ step: inout Step
    ) -> (Ask, Answer)? {
        guard let ask = knowledge.asks.removeValue(forKey: id) else { return nil }
        let kind = AskKind(ask.subject)
        switch result {
        case .success(let answer):
            knowledge.askTroubles[kind] = nil
            keepCredentials(at: now)
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
            var trouble = trouble(after: before, key: kind.key, failure.detail, atLeast: pause, at: now)
            if isRefused { trouble.countRefusal(at: now) }
            knowledge.askTroubles[kind] = trouble
        }
        return nil
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
            // Everything is refused: of its parts nobody needs to hear.
            guard isToBeTold(trouble, at: now) else { return }
            knowledge.credentials?.isTold = true
            return tell("the platform refuses us: \(trouble.detail)", at: now, &step)
        }
        for (sandbox, trouble) in knowledge.callTroubles.sorted(by: { $0.key < $1.key })
        where isToBeTold(trouble, at: now) {
            knowledge.callTroubles[sandbox]?.isTold = true
            tell(trouble.detail, at: now, &step)
        }
        for (kind, trouble) in knowledge.askTroubles.sorted(by: { $0.key.key < $1.key.key })
        where isToBeTold(trouble, at: now) {
            knowledge.askTroubles[kind]?.isTold = true
            tell("the platform refuses to answer about \(kind.key): \(trouble.detail)", at: now, &step)
        }
    }

    private func tell(_ text: String, at now: Moment, _ step: inout Step) {
        step.effects.append(.notify(Notification(kind: .credentials, text: text, at: now.wall)))
    }

    private mutating func isToBeTold(_ trouble: Trouble, at now: Moment) -> Bool {
        guard let since = trouble.refusedSince, !trouble.isTold else { return false }
        if trouble.isCertain { return true }
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
            refusedSince: before?.refusedSince, refusals: before?.refusals ?? 0, isTold: before?.isTold ?? false)
    }
}

enum RefusalBounds {
    /// A person is told of a refusal that came this often in a row …
    static let told = 2
    /// … and that is this old.
    static let patience = Duration.seconds(60)
}

extension Trouble {
    mutating func countRefusal(at now: Moment) {
        refusedSince = refusedSince ?? now.monotonic
        refusals += 1
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
}

extension Instant {
    static let distantPast = Instant(milliseconds: .min)
}
