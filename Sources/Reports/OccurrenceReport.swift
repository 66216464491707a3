// An occurrence as people see it: its state in one word, and each activation with what holds it.

package import Chronology
package import ControlProtocol
package import SchedulerCore

extension Scheduler {
    /// - Parameter occurrence: Held, or rebuilt from the journal.
    package func report(_ occurrence: OccurrenceState, at now: Moment) -> OccurrenceDocument {
        let ids = occurrence.activations.indices.map { occurrence.activationID(at: $0) }
        let closures = closures(ofAll: ids, at: now)
        let facts = occurrence.occurrence
        let (origin, detail) = words(for: facts.origin)
        return OccurrenceDocument(
            id: occurrence.id.description, campaign: facts.campaign.text,
            zone: configuration.campaigns[facts.campaign]?.zone.name ?? "UTC", state: occurrence.word,
            nominal: facts.nominal.rfc3339, admittedAt: facts.admittedAt.rfc3339, startsAt: facts.startsAt.rfc3339,
            expiresAt: facts.expiresAt.rfc3339, origin: origin, originDetail: detail, isLate: facts.isLate,
            endedAt: occurrence.endedAt?.rfc3339, needsPerson: occurrence.needsPerson,
            activations: occurrence.activations.indices.map { position in
                report(
                    occurrence.activations[position], ids[position], facts.pairs[position], in: facts.sandbox,
                    closures[position], at: now)
            })
    }

    private func report(
        _ activation: ActivationState, _ id: ActivationID, _ pair: Pair, in sandbox: SandboxName,
        _ closures: [Closure], at now: Moment
    ) -> ActivationDocument {
        var outcome: ActivationOutcome?
        if case .ended(let ended) = activation.phase { outcome = ended }
        return ActivationDocument(
            id: id.description, dataflow: pair.dataflow.text, dataflowName: name(of: pair.dataflow),
            audience: pair.audience.text, audienceName: name(of: pair.audience),
            state: activation.word(behind: closures), since: activation.since.rfc3339, attempts: activation.attempts,
            reason: activation.reason, run: activation.run?.text ?? outcome?.run?.text,
            wasAdopted: activation.wasAdopted, isLate: activation.isLate, endIsUnknown: activation.endIsUnknown,
            duplicates: activation.duplicates.map(\.text),
            gates: closures.map { report($0, pair, in: sandbox, at: now) }, metrics: outcome?.metrics.map(report))
    }

    private func report(
        _ closure: Closure, _ pair: Pair, in sandbox: SandboxName, at now: Moment
    ) -> GateDocument {
        let sentence = sentence(for: closure, pair, in: sandbox, at: now)
        var isUnknown = false
        if case .unknown = closure { isUnknown = true }
        return GateDocument(
            gate: closure.gate.rawValue, state: isUnknown ? "unknown" : "closed", since: sentence.since?.rfc3339,
            until: sentence.until?.rfc3339, evidence: sentence.evidence, opens: sentence.opens, activations: 1,
            usualEnd: sentence.usualEnd?.rfc3339, latestEnd: sentence.latestEnd?.rfc3339)
    }

    private func report(_ metrics: RunMetrics) -> MetricsDocument {
        MetricsDocument(
            records: metrics.records, bytes: metrics.bytes, files: metrics.files, skipped: metrics.skipped,
            failed: metrics.failed, errors: metrics.errors, snapshot: metrics.snapshot,
            snapshotAt: metrics.snapshotAt?.rfc3339)
    }

    private func words(for origin: Origin) -> (String, String?) {
        switch origin {
        case .timetable: ("timetable", nil)
        case .manual(let actor): ("manual", actor)
        case .export(let job): ("export", job)
        case .after(let id): ("after", id.description)
        }
    }
}

extension OccurrenceState {
    /// The words of the design.
    package var word: String {
        if let outcome { return outcome.rawValue }
        return activations.allSatisfy { $0.phase == .waiting } ? "waiting" : "running"
    }
}

extension ActivationState {
    package var run: RunID? {
        if case .running(let run) = phase { run } else { nil }
    }

    /// The words of the design. One that waits for nothing but its lane is `queued`.
    package func word(behind closures: [Closure]) -> String {
        switch phase {
        case .waiting: closures.count == 1 && closures[0].gate == .lane ? "queued" : "waiting"
        case .calling: "calling"
        case .inDoubt: "in_doubt"
        case .running: "running"
        case .quarantined: "quarantined"
        case .ended(let outcome): outcome.result.rawValue
        }
    }
}

/// An occurrence that is held no more, from its records.
///
/// - Parameter records: All of them, oldest first. Those of others do no harm.
/// - Returns: Nil without the record of its admission.
package func rebuild(_ id: OccurrenceID, from records: [Record]) -> OccurrenceState? {
    var state = State()
    var last: OccurrenceState?
    for record in records {
        state.apply(record)
        if let held = state.occurrences[id] {
            last = held
        } else if case .occurrenceEnded(id, let outcome, let at) = record {
            last?.outcome = outcome
            last?.endedAt = at
        } else if case .activationEnded(let activation, let outcome, let at) = record, activation.occurrence == id,
            var known = last, activation.index >= 1, activation.index <= known.activations.count
        {
            // The last one of an ended occurrence that a person settled: the fold lets go of it with this record.
            known.activations[activation.index - 1].phase = .ended(outcome)
            known.activations[activation.index - 1].since = at
            last = known
        }
    }
    return last
}
