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

/// What is to be asked now.
private struct DueQuestions {
    private(set) var exports: Set<SandboxName> = []
    private(set) var definitions: [SandboxName: Set<DataflowID>] = [:]
    private(set) var runs: [SandboxName: Set<DataflowID>] = [:]
    private(set) var single: [SandboxName: Set<RunID>] = [:]

    mutating func add(_ part: Look.Part, _ flow: DataflowKey) {
        switch part {
        case .export: exports.insert(flow.sandbox)
        case .definition: definitions[flow.sandbox, default: []].insert(flow.dataflow)
        case .runs: runs[flow.sandbox, default: []].insert(flow.dataflow)
        case .run(let run): single[flow.sandbox, default: []].insert(run)
        }
    }
}

extension Scheduler {
    mutating func ask(_ view: WaitingView, at now: Moment, _ step: inout Step) {
        dropLostAsks(at: now)
        var questions = DueQuestions()
        for candidate in view.candidates {
            for look in nextLooks(for: candidate.pair, in: candidate.sandbox, at: now) {
                if now.monotonic < look.at { wake.at(look.at) } else { questions.add(look.part, look.flow) }
            }
        }
        // A run of somebody else holds a lane: its dataflow's runs are looked at again at the gate's pace.
        for (flow, look) in view.blockedByRuns {
            let looks = [Look(part: .runs, flow: flow, at: look)] + looksForMissing(in: flow)
            for look in looks {
                if now.monotonic < look.at { wake.at(look.at) } else { questions.add(look.part, flow) }
            }
        }
        for (flow, look) in view.closedBehindLanes {
            if now.monotonic < look { wake.at(look) } else { questions.add(.definition, flow) }
        }
        for sandbox in questions.exports.sorted() { send(.exportJobs(sandbox), at: now, &step) }
        for (sandbox, flows) in questions.definitions.sorted(by: { $0.key < $1.key }) {
            let chunk = chunk(of: flows) { knowledge.dataflows[DataflowKey(sandbox, $0)]?.askedAt.monotonic }
            send(.dataflows(sandbox, chunk), at: now, &step)
        }
        for (sandbox, flows) in questions.runs.sorted(by: { $0.key < $1.key }) {
            let alone = flows.filter { knowledge.askedAlone.contains(DataflowKey(sandbox, $0)) }.min()
            let chunk =
                alone.map { [$0] } ?? chunk(of: flows) { knowledge.runs[DataflowKey(sandbox, $0)]?.askedAt.monotonic }
            send(
                .runs(sandbox, chunk), head: headOfRuns(of: chunk.map { DataflowKey(sandbox, $0) }, at: now), at: now,
                &step)
        }
        // One at a time; the next follows with the answer.
        for (sandbox, runs) in questions.single.sorted(by: { $0.key < $1.key }) {
            for run in runs.sorted().prefix(1) { send(.run(sandbox, run), at: now, &step) }
        }
        askForExports(at: now, &step)
    }

    /// Of many dataflows as many as one listing can show, those first that were asked about longest ago: the others follow with
    /// the answer.
    private func chunk(of flows: Set<DataflowID>, askedAt: (DataflowID) -> Monotonic?) -> [DataflowID] {
        guard flows.count > FollowBounds.dataflowsPerListing else { return flows.sorted() }
        let never = Monotonic(milliseconds: .min)
        let ordered = flows.map { (at: askedAt($0) ?? never, id: $0) }.sorted { ($0.at, $0.id) < ($1.at, $1.id) }
        return ordered.prefix(FollowBounds.dataflowsPerListing).map(\.id).sorted()
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
    ///
    /// - Parameter head: How far back runs are read; nil for as far as whatever is under way.
    mutating func send(
        _ subject: Ask.Subject, depth: RunListingDepth = .init(), head: Instant? = nil, at now: Moment,
        _ step: inout Step
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
            let head = headOfExports(of: sandbox, at: now)
            knowledge.asks[id]?.isHead = head != nil
            let since = head ?? exportHorizon(of: sandbox, at: now)
            knowledge.asks[id]?.since = since
            step.effects.append(.askExportJobs(id, sandbox, since: since))
        case .dataflows(let sandbox, let dataflows):
            step.effects.append(.askDataflows(id, sandbox, dataflows))
        case .runs(let sandbox, let dataflows):
            if let head {
                knowledge.asks[id]?.isHead = true
                knowledge.asks[id]?.since = head
                step.effects.append(.askRuns(id, sandbox, dataflows, RunListingDepth(since: head)))
                return
            }
            let flows = dataflows.map { DataflowKey(sandbox, $0) }
            let horizon = horizonOfRuns(of: flows, at: now)
            step.effects.append(.askRuns(id, sandbox, dataflows, deepEnough(depth, horizon, for: flows)))
        case .run(let sandbox, let run):
            step.effects.append(.askRun(id, sandbox, run))
        }
    }

    /// A run of others that is under way must not fall out of sight because newer ones push it off the first page: a listing
    /// shows those that were seen running, and reaches back to its horizon.
    private func deepEnough(
        _ depth: RunListingDepth, _ horizon: Instant, for dataflows: [DataflowKey]
    ) -> RunListingDepth {
        let seen = dataflows.flatMap { dataflow in
            knowledge.runs[dataflow].map { known in
                known.listing.runs.filter { isInTheWay($0, known) && known.missing[$0.id] == nil }.map(\.id)
            } ?? []
        }
        if mutant(.shallowListing) { return depth }
        var deep = depth
        deep.containing = Set(depth.containing + seen).sorted()
        deep.since = min(depth.since ?? horizon, horizon)
        return deep
    }

    /// How far back a listing shows whatever may be under way: what began within `run_late`, and what began since the last look that
    /// reached so far. Before there was one, as far as a run may hold its dataflow: what the process before saw running is not
    /// known.
    private func horizonOfRuns(of dataflows: [DataflowKey], at now: Moment) -> Instant {
        let longest = configuration.guardrails.runMaximumAge
        let earliest = (platformTime(at: now) ?? now.wall) - longest
        let unseen = dataflows.map { dataflow in
            guard let known = knowledge.runs[dataflow], known.isDeep, known.knownSince <= earliest else {
                return longest
            }
            let askedAt = known.askedAt
            let pause = max(now.monotonic - askedAt.monotonic, now.wall - askedAt.wall)
            return min(longest, pause + DoubtBounds.showsLate)
        }
        let age = max(configuration.polling.runLate, unseen.max() ?? longest)
        return (platformTime(at: now) ?? now.wall) - age
    }

    private mutating func dropLostAsks(at now: Moment) {
        for (id, ask) in knowledge.asks {
            let end = ask.sentAt.monotonic + AskBounds.lost
            if now.monotonic >= end { knowledge.asks[id] = nil } else { wake.at(end) }
        }
    }
}
