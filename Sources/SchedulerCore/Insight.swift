// What the core knows, for those who tell people: `status`, `explain`, `queue`, `runs`. Reads everything, decides nothing.

package import Chronology

/// The export gate of one sandbox, as last heard.
package struct ExportInsight: Equatable, Sendable {
    package var sandbox: SandboxName
    /// The job that closes the gate; nil when none ran.
    package var running: ExportJob?
    package var since: Instant
    package var askedAt: Moment
    /// When the running one usually ends, as far as known.
    package var usual: ExpectedExport?
}

/// A run that is followed, or one of others that is in the way.
package struct RunInsight: Equatable, Sendable {
    package var run: RunID
    package var sandbox: SandboxName
    package var dataflow: DataflowID
    package var audiences: [AudienceID]
    /// Empty for a foreign run.
    package var activations: [ActivationID]
    package var word: String?
    package var since: Instant?
}

/// One gate over several activations: a row of `explain`.
package struct GateInsight: Equatable, Sendable {
    package enum Position: String, Sendable {
        case open, closed, unknown
    }

    package var gate: GateName
    package var position: Position
    package var sentence: GateSentence
    /// How many of the activations it holds; 0 when it is open.
    package var activations: Int
    /// Whether only a person can open it.
    package var needsPerson: Bool
}

extension Scheduler {
    package func nextTime(of campaign: CampaignName) -> Instant? {
        due.next[campaign]
    }

    /// By sandbox.
    package func exportInsights(at now: Moment) -> [ExportInsight] {
        knowledge.exports.sorted { $0.key < $1.key }.map { sandbox, known in
            ExportInsight(
                sandbox: sandbox, running: known.running, since: known.running?.createdAt ?? known.since,
                askedAt: known.open.first?.shownAt ?? known.askedAt,
                usual: known.running.flatMap { usualEnd(of: $0, since: known.since, at: now, in: sandbox) })
        }
    }

    /// Nil while the platform accepts us, as far as known.
    package func credentialsSentence(at now: Moment) -> GateSentence? {
        knowledge.credentials.map { trouble in
            GateSentence(
                evidence: trouble.detail, opens: "when the credentials work again", since: trouble.since,
                until: now.wall + (trouble.retryAt - now.monotonic))
        }
    }

    package func laneHolders() -> [LaneKey: LaneHolder] {
        LaneTable(self).holders
    }

    package func laneKey(of pair: Pair, in sandbox: SandboxName) -> LaneKey {
        lane(of: pair, in: sandbox)
    }

    /// Every activation that waits, in the order of the lines.
    package func waiting() -> [ActivationID] {
        waitingActivations().map { $0.activationID(at: $1) }
    }

    /// Ours and those of others, by id.
    package func runInsights() -> [RunInsight] {
        var found: [RunID: RunInsight] = [:]
        for occurrence in state.occurrences.values {
            for (position, activation) in occurrence.activations.enumerated() {
                guard case .running(let run) = activation.phase else { continue }
                let pair = occurrence.occurrence.pairs[position]
                var insight =
                    found[run]
                    ?? RunInsight(
                        run: run, sandbox: occurrence.occurrence.sandbox, dataflow: pair.dataflow, audiences: [],
                        activations: [], word: knowledge.followed[run]?.word, since: activation.since)
                insight.audiences.append(pair.audience)
                insight.activations.append(occurrence.activationID(at: position))
                insight.since = min(insight.since ?? activation.since, activation.since)
                found[run] = insight
            }
        }
        for (id, pair, sandbox) in foreignRunningPairs() where found[id]?.activations.isEmpty ?? true {
            let seen = knowledge.runs[DataflowKey(sandbox, pair.dataflow)]?.listing.runs.first { $0.id == id }
            var insight =
                found[id]
                ?? RunInsight(
                    run: id, sandbox: sandbox, dataflow: pair.dataflow, audiences: [], activations: [],
                    word: seen?.word, since: seen?.createdAt)
            if !insight.audiences.contains(pair.audience) { insight.audiences.append(pair.audience) }
            found[id] = insight
        }
        return found.values.sorted { $0.run < $1.run }.map { insight in
            var insight = insight
            insight.audiences.sort()
            insight.activations.sort()
            return insight
        }
    }

    /// Every gate over some waiting activations of one occurrence, in the order of `GateName`: closed ones with their
    /// evidence, each different one once, open ones in one row.
    package func gateInsights(of ids: [ActivationID], at now: Moment) -> [GateInsight] {
        var rows: [GateName: [GateInsight]] = [:]
        for (id, closures) in zip(ids, closures(ofAll: ids, at: now)) {
            guard let pair = state.pair(of: id), let sandbox = state.occurrences[id.occurrence]?.occurrence.sandbox
            else { continue }
            for closure in closures {
                let sentence = sentence(for: closure, pair, in: sandbox, at: now)
                let same = rows[closure.gate]?.firstIndex { $0.sentence == sentence }
                if let same {
                    rows[closure.gate]?[same].activations += 1
                } else {
                    rows[closure.gate, default: []].append(
                        GateInsight(
                            gate: closure.gate, position: closure.position, sentence: sentence, activations: 1,
                            needsPerson: closure.needsPerson))
                }
            }
        }
        return GateName.allCases.flatMap { gate in
            rows[gate] ?? openRow(gate, ids, at: now).map { [$0] } ?? []
        }
    }

    private func openRow(_ gate: GateName, _ ids: [ActivationID], at now: Moment) -> GateInsight? {
        guard let first = ids.first, let occurrence = state.occurrences[first.occurrence]?.occurrence else {
            return nil
        }
        let flows = Set(ids.compactMap { state.pair(of: $0)?.dataflow })
            .map { DataflowKey(occurrence.sandbox, $0) }.sorted()
        let evidence: String
        switch gate {
        case .startTime: evidence = "its time has come"
        case .paused: evidence = "not paused"
        case .blackout: evidence = "no blackout"
        case .credentials: evidence = "nothing is known against them"
        case .throttled: evidence = "not held back"
        case .export:
            evidence = "no export runs" + asked(knowledge.exports[occurrence.sandbox]?.askedAt, now)
        case .dataflow:
            evidence =
                "no run of others in progress" + asked(flows.compactMap { knowledge.runs[$0]?.askedAt }.first, now)
        case .mapping: evidence = "\(ids.count) of \(ids.count) mapped"
        case .scheduleRange: evidence = "\(ids.count) of \(ids.count) inside their schedules"
        case .firstActivation: evidence = "\(ids.count) of \(ids.count) past their windows"
        case .lane: evidence = "free"
        }
        // Before the platform said anything of a dataflow, nothing is known of what only it can say.
        let dependsOnDefinition = [.mapping, .scheduleRange, .firstActivation].contains(gate)
        if dependsOnDefinition, flows.contains(where: { knowledge.dataflows[$0] == nil }) { return nil }
        if gate == .dataflow, flows.contains(where: { knowledge.runs[$0] == nil }) {
            return GateInsight(
                gate: gate, position: .unknown,
                sentence: GateSentence(
                    evidence: "runs of the dataflow are asked for right before the call",
                    opens: "when no run of others is in progress"), activations: ids.count, needsPerson: false)
        }
        return GateInsight(
            gate: gate, position: .open, sentence: GateSentence(evidence: evidence, opens: ""), activations: 0,
            needsPerson: false)
    }

    private func asked(_ moment: Moment?, _ now: Moment) -> String {
        moment.map { " (asked \(max(.zero, now.monotonic - $0.monotonic).words) ago)" } ?? ""
    }
}

extension Closure {
    fileprivate var position: GateInsight.Position {
        if case .unknown = self { .unknown } else { .closed }
    }

    /// Whether it opens only when a person does something.
    fileprivate var needsPerson: Bool {
        switch self {
        case .paused(let pause): pause.until == nil
        case .credentials, .dataflowUnusable, .dataflowState, .notMapped, .rangeEnded: true
        default: false
        }
    }
}

extension OccurrenceState {
    /// Whether it goes on only when a person settles something.
    package var needsPerson: Bool {
        activations.contains { activation in
            switch activation.phase {
            case .quarantined: true
            case .running: activation.endIsUnknown
            default: false
            }
        }
    }
}
