// Closed gates in words: the evidence, and what opens the gate. The same words go to `explain`, to the reasons in the
// journal, and to notifications.

package import Chronology

/// A closed gate for people.
package struct GateSentence: Equatable, Sendable {
    package var evidence: String
    package var opens: String
    package var since: Instant?
    package var until: Instant?
    /// Of a running export: when such exports usually end, and the latest end that was seen. Foretold, not promised.
    package var usualEnd: Instant?
    package var latestEnd: Instant?
}

extension Scheduler {
    package func name(of dataflow: DataflowID) -> String {
        configuration.dataflowNames[dataflow] ?? dataflow.text
    }

    package func name(of audience: AudienceID) -> String {
        configuration.audienceNames[audience] ?? knowledge.namesOfSystemIDs[audience] ?? audience.text
    }

    package func sentence(
        for closure: Closure, _ pair: Pair, in sandbox: SandboxName, at now: Moment
    ) -> GateSentence {
        let flow = name(of: pair.dataflow)
        let audience = name(of: pair.audience)
        switch closure {
        case .notStarted(let until):
            return GateSentence(
                evidence: "its time has not come", opens: "by itself", since: nil, until: until)
        case .behind(let previous):
            return GateSentence(
                evidence: "occurrence \(previous) of the campaign has not ended", opens: "when that one has ended")
        case .paused(let pause):
            return GateSentence(
                evidence: "paused by \(pause.actor): \(pause.reason)",
                opens: pause.until == nil ? "when somebody resumes it" : "by itself, or when somebody resumes it",
                since: pause.since, until: pause.until)
        case .blackout(let name, let until):
            return GateSentence(
                evidence: "inside the blackout \"\(name)\"", opens: "when the blackout ends", until: until)
        case .credentials(let detail, let since, let retryAt):
            return GateSentence(
                evidence: "the platform refuses us: \(detail)", opens: "when the credentials work again",
                since: since, until: now.wall + (retryAt - now.monotonic))
        case .throttled(let detail, let since, let retryAt):
            return GateSentence(
                evidence: detail, opens: "with the next try", since: since,
                until: now.wall + (retryAt - now.monotonic))
        case .backoff(let until, let reason):
            return GateSentence(evidence: reason, opens: "with the next try", until: until)
        case .lane(let holder):
            return laneSentence(holder, audience, sandbox, at: now)
        default:
            return platformSentence(for: closure, flow, audience, sandbox, at: now)
        }
    }

    private func laneSentence(
        _ holder: LaneHolder, _ audience: String, _ sandbox: SandboxName, at now: Moment
    ) -> GateSentence {
        switch holder {
        case .activation(let id):
            let campaign = state.occurrences[id.occurrence]?.occurrence.campaign.text ?? "another campaign"
            if state[id]?.phase == .waiting {
                return GateSentence(
                    evidence: "activation \(id) of \(campaign) waits before it in the lane of \"\(audience)\"",
                    opens: "when its run has ended", since: state[id]?.since)
            }
            return GateSentence(
                evidence: "activation \(id) of \(campaign) holds the lane of \"\(audience)\"",
                opens: "when its run has ended", since: state[id]?.since)
        case .foreign(let run, let dataflow):
            let seenAt =
                knowledge.foreign[run]?.knownAt ?? knowledge.runs[DataflowKey(sandbox, dataflow)]?.askedAt.monotonic
            let asked = seenAt.map { " (asked \(max(.zero, now.monotonic - $0).words) ago)" } ?? ""
            return GateSentence(
                evidence:
                    "run \(run) on \(name(of: dataflow)), \(origin(of: run, dataflow)), is about \"\(audience)\"\(asked)",
                opens: "when that run has ended")
        }
    }

    /// Whether we started a run, as a part of a sentence.
    func origin(of run: RunID, _ dataflow: DataflowID) -> String {
        if owns(run) { return "which another activation of ours follows" }
        let wasOurs = (state.ownRuns?[dataflow] ?? []).contains { $0.run == run }
        return wasOurs ? "which was ours and is followed no more" : "which we did not start"
    }

    private func platformSentence(
        for closure: Closure, _ flow: String, _ audience: String, _ sandbox: SandboxName, at now: Moment
    ) -> GateSentence {
        switch closure {
        case .exportRunning(let job, let since, let askedAt):
            let usual = usualEnd(of: job, since: since, at: now, in: sandbox)
            let isMissing = knowledge.exports[sandbox].map { $0.askedAt.monotonic > askedAt.monotonic } ?? false
            let missing = isMissing ? ", and is missing from the answers since: its end was not seen" : ""
            let doubt = job.isUncertain ? ", and does not say whether it is one of profiles" : ""
            return GateSentence(
                evidence: "export job \(job.id) is \(job.word)\(doubt) (asked \(age(askedAt, now)) ago)\(missing)",
                opens: "when the export has ended", since: since, usualEnd: usual?.usualEnd, latestEnd: usual?.latestEnd
            )
        case .dataflowUnusable(let why, let askedAt):
            return GateSentence(
                evidence: "dataflow \(flow): \(why) (asked \(age(askedAt, now)) ago)",
                opens: "when somebody corrects the dataflow or the configuration")
        case .dataflowState(let word, let askedAt):
            return GateSentence(
                evidence: "dataflow \(flow) is \(word), not enabled (asked \(age(askedAt, now)) ago)",
                opens: "when the dataflow is enabled")
        case .dataflowBusy(let run, let askedAt):
            return GateSentence(
                evidence: "dataflow \(flow) has run \(run.id) in progress, \(origin(of: run.id, run.dataflow)) "
                    + "(\(run.word), asked \(age(askedAt, now)) ago)",
                opens: "when that run has ended", since: run.createdAt)
        case .notMapped(let askedAt):
            return GateSentence(
                evidence: "audience \"\(audience)\" is not mapped to dataflow \(flow) (asked \(age(askedAt, now)) ago)",
                opens: "when somebody maps it; its first-activation window counts from then")
        case .rangeNotStarted(let start):
            return GateSentence(
                evidence: "the schedule of \"\(audience)\" on \(flow) has not started", opens: "by itself", until: start
            )
        case .rangeEnded(let end, let askedAt):
            return GateSentence(
                evidence: "the schedule of \"\(audience)\" on \(flow) ended on \(end.rfc3339.prefix(10)), that day "
                    + "excluded (asked \(age(askedAt, now)) ago)",
                opens: "when somebody moves the end of the schedule")
        case .firstActivation(let since?, let opensIn, _):
            return GateSentence(
                evidence: "\"\(audience)\" was first activated to \(flow) at \(since.rfc3339)",
                opens: "by itself, after first_activation_window "
                    + configuration.guardrails.firstActivationWindow.text,
                since: since, until: now.wall + opensIn)
        case .firstActivation(nil, _, let askedAt):
            return GateSentence(
                evidence: "the platform does not say when \"\(audience)\" was first activated to \(flow) "
                    + "(asked \(age(askedAt, now)) ago)",
                opens: "when the platform says so")
        case .unknown(let gate, let failure):
            return GateSentence(
                evidence: failure.map { "asking failed: \($0)" } ?? "not asked yet, or the answer is too old",
                opens: gate == .export ? "when the platform says that no export runs" : "when the platform answers")
        default:
            return GateSentence(evidence: closure.gate.rawValue, opens: "")
        }
    }

    private func age(_ askedAt: Moment, _ now: Moment) -> String {
        max(.zero, now.monotonic - askedAt.monotonic).words
    }

    // MARK: All closed gates of one activation

    /// The one gate that is named where there is room for one. While a gate is known to be closed the others are not asked about:
    /// what is unknown only for that is not what anybody waits for.
    static func decisive(_ closures: [Closure]) -> Closure? {
        closures.first { closure in
            if case .unknown(_, failure: nil) = closure { false } else { true }
        } ?? closures.first
    }

    /// Why an activation is not called right now, the gates in their order. Empty for one that is ready, or does not
    /// wait.
    package func closures(of id: ActivationID, at now: Moment) -> [Closure] {
        closures(of: id, LaneTable(self), at: now)
    }

    /// The same for several, which share one look at the lanes.
    package func closures(ofAll ids: [ActivationID], at now: Moment) -> [[Closure]] {
        let lanes = LaneTable(self)
        return ids.map { closures(of: $0, lanes, at: now) }
    }

    func closures(of id: ActivationID, _ lanes: LaneTable, at now: Moment) -> [Closure] {
        guard let occurrence = state.occurrences[id.occurrence]?.occurrence, let activation = state[id],
            activation.phase == .waiting, let pair = state.pair(of: id)
        else { return [] }
        if mutant(.silentExplain) { return [] }
        let flow = DataflowKey(occurrence.sandbox, pair.dataflow)
        var found: [Closure] = []
        if mutant(.wrongExplain), let job = knowledge.exports[occurrence.sandbox]?.newestFinished {
            found.append(.exportRunning(job, since: now.wall, askedAt: now))
        }
        if let closure = ownClosure(occurrence, activation, at: now) {
            if case .paused = closure, mutant(.explainHidesPause) { return [] }
            found.append(closure)
        }
        if mutant(.explainsAnything) { found.append(.backoff(until: now.wall + .seconds(60), reason: "it waits")) }
        if let closure = credentialsClosure(at: now) { found.append(closure) }
        if let closure = exportClosure(occurrence.sandbox, at: now) { found.append(closure) }
        if let closure = definitionClosure(pair, occurrence.sandbox, at: now) {
            found.append(closure)
        } else if knowledge.dataflows[flow] == nil {
            found.append(
                .unknown(.mapping, failure: knowledge.askTroubles[.dataflows(occurrence.sandbox)]?.detail))
        }
        if let closure = busyClosure(pair, occurrence.sandbox, at: now) ?? listingClosure(flow) {
            found.append(closure)
        }
        if let holder = lanes.holders[lane(of: pair, in: occurrence.sandbox)] {
            found.append(laneClosure(holder, in: occurrence.sandbox, at: now))
        }
        // Behind one that waits as well: the head of the line goes first.
        if found.isEmpty, let head = headOfLine(before: id, pair, occurrence.sandbox, at: now) {
            found.append(.lane(.activation(head)))
        }
        // What is asked about right before the call is told where the asking is in trouble.
        if found.isEmpty {
            let sandbox = occurrence.sandbox
            let kinds: [(GateName, AskKind)] = [
                (.export, .exportJobs(sandbox)), (.mapping, .dataflows(sandbox)), (.dataflow, .runs(sandbox)),
            ]
            for (gate, kind) in kinds {
                if let failure = knowledge.askTroubles[kind]?.detail { found.append(.unknown(gate, failure: failure)) }
            }
        }
        return found
    }

    /// The waiting activation that goes first in the lane of another one; nil where that is this one.
    private func headOfLine(
        before id: ActivationID, _ pair: Pair, _ sandbox: SandboxName, at now: Moment
    ) -> ActivationID? {
        let key = lane(of: pair, in: sandbox)
        for (occurrence, position) in waitingActivations() where occurrence.occurrence.sandbox == sandbox {
            guard lane(of: occurrence.occurrence.pairs[position], in: sandbox) == key,
                ownClosure(occurrence.occurrence, occurrence.activations[position], at: now) == nil
            else { continue }
            let head = occurrence.activationID(at: position)
            return head == id ? nil : head
        }
        return nil
    }
}
