// Taking in what the platform answers to questions. Answers to questions that are no longer waited for are dropped: a
// newer one has taken their place.

internal import Chronology

extension Scheduler {
    mutating func takeExportJobs(
        _ id: AskID, _ result: Result<[ExportJob], AskFailure>, at now: Moment, _ step: inout Step
    ) {
        guard let (ask, jobs) = take(id, result, at: now, &step), case .exportJobs(let sandbox) = ask.subject
        else { return }
        let oldest = now.wall - configuration.guardrails.exportMaximumAge
        let running = jobs.first { $0.status == .running && ($0.createdAt ?? now.wall) >= oldest }
        let finished = jobs.filter { $0.status == .succeeded }
            .max { ($0.createdAt ?? $0.endedAt ?? .distantPast) < ($1.createdAt ?? $1.endedAt ?? .distantPast) }
        let known = knowledge.exports[sandbox]
        let isSameState = known.map { ($0.running == nil) == (running == nil) } ?? false
        knowledge.exports[sandbox] = ExportKnowledge(
            running: running, newestFinished: finished ?? known?.newestFinished, askedAt: ask.sentAt,
            since: isSameState ? known?.since ?? ask.sentAt.wall : ask.sentAt.wall)
        if let finished { noteFinished(finished, sandbox, at: now, &step) }
    }

    /// A finished export that was not known: every `after_export` campaign of the sandbox is due, in the same step.
    private mutating func noteFinished(
        _ job: ExportJob, _ sandbox: SandboxName, at now: Moment, _ step: inout Step
    ) {
        let campaigns = configuration.campaigns.values
            .filter { $0.isEnabled && $0.trigger == .afterExport && $0.sandbox == sandbox }
            .sorted { $0.name < $1.name }
        guard !campaigns.isEmpty, !isStopping else { return }
        let createdAt = job.createdAt ?? job.endedAt ?? now.wall
        let mark = state.exportMarks[sandbox]
        if let mark, mark.job == job.id || createdAt <= mark.createdAt { return }
        record(.exportFinished(sandbox: sandbox, job: job.id, succeeded: true, at: createdAt), &step)
        guard mark != nil else { return }  // the first look only says where counting begins
        let nominal = job.endedAt ?? now.wall
        for campaign in campaigns {
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

    mutating func takeDataflows(
        _ id: AskID, _ result: Result<[DataflowDefinition], AskFailure>, at now: Moment, _ step: inout Step
    ) {
        guard let (ask, definitions) = take(id, result, at: now, &step), case .dataflows(_, let asked) = ask.subject
        else { return }
        let wanted = Set(asked)
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
                askedAt: ask.sentAt)
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
            knowledge.credentials = nil
            return (ask, answer)
        case .failure(.credentials(let detail)):
            loseCredentials(detail, at: now, &step)
        case .failure(let failure):
            var pause: Duration?
            if case .throttled(let retryAfter, _) = failure { pause = retryAfter }
            let before = knowledge.askTroubles[kind]
            knowledge.askTroubles[kind] = trouble(
                after: before, key: kind.key, failure.detail, atLeast: pause, at: now)
        }
        return nil
    }

    mutating func loseCredentials(_ detail: String, at now: Moment, _ step: inout Step) {
        if knowledge.credentials == nil {
            step.effects.append(
                .notify(Notification(kind: .credentials, text: "the platform refuses us: \(detail)", at: now.wall)))
        }
        knowledge.credentials = trouble(
            after: knowledge.credentials, key: "credentials", detail, atLeast: nil, at: now)
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
            retryAt: now.monotonic + max(delay, pause ?? .zero), detail: detail)
    }
}

extension Instant {
    static let distantPast = Instant(milliseconds: .min)
}
