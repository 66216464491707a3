// What to ask the platform, and when: nothing while nothing is due, one question for everybody who waits for its answer.
//
// In the order of what an answer is worth: the export gate first, since nothing goes while it is closed; definitions and
// runs once it was seen open, together with it when its answer has grown old meanwhile. A dataflow that was never seen is
// asked about early, so that a person hears of a missing mapping before the export has ended.

internal import Chronology

enum AskBounds {
    /// An ask without an answer for longer than this is taken as lost. The client bounds each request in time, so this
    /// is a second line only.
    static let lost = Duration.seconds(15 * 60)
    /// While nothing is running and only `after_export` waits for the next export, the gate is looked at after this many
    /// intervals of `polling.gate`.
    static let exportPatience = 5
}

extension Scheduler {
    mutating func ask(_ view: WaitingView, at now: Moment, _ step: inout Step) {
        dropLostAsks(at: now)
        for sandbox in Set(view.candidates.map(\.sandbox)).sorted() {
            askForCandidates(view.candidates.filter { $0.sandbox == sandbox }, sandbox, at: now, &step)
        }
        askForBlocked(view, at: now, &step)
        askForExports(at: now, &step)
    }

    private mutating func askForCandidates(
        _ candidates: [Candidate], _ sandbox: SandboxName, at now: Moment, _ step: inout Step
    ) {
        let progressing = candidates.filter { mayProgress($0, at: now) }
        guard !progressing.isEmpty else { return }
        let dataflows = Set(progressing.map(\.pair.dataflow)).sorted()
        let unseen = dataflows.filter { knowledge.dataflows[$0] == nil }
        guard let export = knowledge.exports[sandbox] else {
            send(.exportJobs(sandbox), at: now, &step)
            if !unseen.isEmpty { send(.dataflows(sandbox, unseen), at: now, &step) }
            return
        }
        if !unseen.isEmpty { send(.dataflows(sandbox, unseen), at: now, &step) }
        if export.running != nil {
            sendWhenDue(.exportJobs(sandbox), export.askedAt.monotonic + configuration.polling.gate, at: now, &step)
            return
        }
        // After a call was refused for its credentials everything is fresh, and only a question opens their gate again.
        if knowledge.credentials != nil || !isFresh(export.askedAt, at: now) {
            send(.exportJobs(sandbox), at: now, &step)
        }
        let staleDefinitions = dataflows.filter { flow in
            knowledge.dataflows[flow].map { !isFresh($0.askedAt, at: now) } ?? false
        }
        if !staleDefinitions.isEmpty { send(.dataflows(sandbox, staleDefinitions), at: now, &step) }
        let staleRuns = dataflows.filter { flow in
            // How far back to look is known with the platform's time, which comes with the definition.
            knowledge.dataflows[flow] != nil && knowledge.runs[flow].map { !isUsable($0, at: now) } ?? true
        }
        if !staleRuns.isEmpty { send(.runs(sandbox, staleRuns), at: now, &step) }
    }

    /// Whether a fresh look could let this one go: not while its definition or a foreign run is known to be in the way,
    /// and the next look at that is not due.
    private mutating func mayProgress(_ candidate: Candidate, at now: Moment) -> Bool {
        if let closure = definitionClosure(candidate.pair, at: now),
            let look = nextDefinitionLook(closure, at: now), now.monotonic < look
        {
            wake.at(look)
            return false
        }
        if case .dataflowBusy(_, let askedAt)? = busyClosure(candidate.pair.dataflow) {
            let look = askedAt.monotonic + configuration.polling.gate
            guard now.monotonic < look, !mutant(.waitNobodyEnds) else { return !mutant(.waitNobodyEnds) }
            wake.at(look)
            return false
        }
        return true
    }

    /// A run of somebody else holds a lane or a dataflow: its dataflow's runs are looked at again at the gate's pace.
    private mutating func askForBlocked(_ view: WaitingView, at now: Moment, _ step: inout Step) {
        for (dataflow, look) in view.blockedByRuns.sorted(by: { $0.key < $1.key }) {
            guard let sandbox = sandboxes[dataflow] else { continue }
            sendWhenDue(.runs(sandbox, [dataflow]), look, at: now, &step)
        }
    }

    /// `after_export` campaigns wait for an export to finish whether or not anything is due.
    private mutating func askForExports(at now: Moment, _ step: inout Step) {
        let sandboxes = due.followersOfExports.filter { _, followers in
            followers.contains { configuration.campaigns[$0].map { !isFinished($0) } ?? false }
        }.keys
        if mutant(.idlePolling), sandboxes.isEmpty {
            sendWhenDue(
                .exportJobs(configuration.platform.sandbox),
                (knowledge.exports[configuration.platform.sandbox]?.askedAt ?? now).monotonic
                    + configuration.polling.gate, at: now, &step)
        }
        for sandbox in sandboxes.sorted() {
            guard let known = knowledge.exports[sandbox] else {
                send(.exportJobs(sandbox), at: now, &step)
                continue
            }
            let patience = known.running == nil ? AskBounds.exportPatience : 1
            sendWhenDue(
                .exportJobs(sandbox), known.askedAt.monotonic + configuration.polling.gate * patience, at: now, &step)
        }
    }

    // MARK: Sending questions

    mutating func sendWhenDue(_ subject: Ask.Subject, _ look: Monotonic, at now: Moment, _ step: inout Step) {
        if now.monotonic >= look {
            send(subject, at: now, &step)
        } else {
            wake.at(look)
        }
    }

    /// Asks, unless the same kind of question is under way, or is backed off.
    mutating func send(
        _ subject: Ask.Subject, depth: RunListingDepth = .init(), at now: Moment, _ step: inout Step
    ) {
        let kind = AskKind(subject)
        if knowledge.isAsking(kind) { return }
        for trouble in [knowledge.credentials, knowledge.askTroubles[kind]].compactMap({ $0 })
        where now.monotonic < trouble.retryAt {
            wake.at(trouble.retryAt)
            return
        }
        let id = AskID(knowledge.nextAsk)
        knowledge.nextAsk += 1
        knowledge.asks[id] = Ask(subject: subject, sentAt: now, knewTime: platformTime(at: now) != nil)
        wake.at(now.monotonic + AskBounds.lost)
        switch subject {
        case .exportJobs(let sandbox):
            let since = (platformTime(at: now) ?? now.wall) - configuration.guardrails.exportMaximumAge
            // Whoever follows exports wants to see all since the last one that is known.
            let mark = state.exportMarks[sandbox]?.createdAt ?? since
            step.effects.append(.askExportJobs(id, sandbox, since: min(since, mark)))
        case .dataflows(let sandbox, let dataflows):
            step.effects.append(.askDataflows(id, sandbox, dataflows))
        case .runs(let sandbox, let dataflows):
            step.effects.append(.askRuns(id, sandbox, dataflows, deepEnough(depth, for: dataflows, at: now)))
        case .run(let sandbox, let run):
            step.effects.append(.askRun(id, sandbox, run))
        }
    }

    /// A run of others that is under way must not fall out of sight because newer ones push it off the first page: a listing
    /// shows those that were seen running, and whatever began within the time that a run may take.
    private func deepEnough(
        _ depth: RunListingDepth, for dataflows: [DataflowID], at now: Moment
    ) -> RunListingDepth {
        let seen = dataflows.flatMap { dataflow in
            (knowledge.runs[dataflow]?.listing.runs ?? []).filter { $0.status == .running && !owns($0.id) }.map(\.id)
        }
        if mutant(.shallowListing) { return depth }
        var deep = depth
        deep.containing = Set(depth.containing + seen).sorted()
        let since = (platformTime(at: now) ?? now.wall) - configuration.polling.runLate
        deep.since = min(depth.since ?? since, since)
        return deep
    }

    private mutating func dropLostAsks(at now: Moment) {
        for (id, ask) in knowledge.asks {
            let end = ask.sentAt.monotonic + AskBounds.lost
            if now.monotonic >= end { knowledge.asks[id] = nil } else { wake.at(end) }
        }
    }
}
