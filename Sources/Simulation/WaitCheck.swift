// Nothing waits on a wake that nobody set. Whatever waits has a timer for its deadline; an activation that no rule of ours holds back
// has a question about it, a call or a timer under way that leads on, whatever the platform is busy with; what is in doubt or runs
// is looked at again; and what had all gates open for long is called.
//
// What is open is judged by the simulated platform itself, and by the records as they are stored.

internal import Chronology
internal import PlatformModel
internal import SchedulerCore

extension World {
    /// The longest that anything is left alone under the settings in use.
    var patience: Duration {
        let configuration = inUse.configuration
        return DrawnSettings.patience(configuration.polling, configuration.limits) + inUse.platform.longestPause
    }

    /// Asked after every event, and now and then while none comes. Nearly always the first line answers.
    func lookForWaits() {
        guard runtime != nil, !isDying, !isStopping, disk == nil, elapsed >= frozenUntil else { return }
        lookForDeadlines()
        if let wakesAt, wakesAt - elapsed <= patience.milliseconds { return }
        // A call, or its turn, leads on by itself; while questions are under way, it is enough to look now and then.
        if underWay > 0,
            events % WaitBounds.eventsBetweenLooks != 0 || checker.folded.calls.values.contains(where: \.isOut)
        {
            return
        }
        for occurrence in checker.folded.occurrences.values.sorted(by: { $0.id < $1.id })
        where occurrence.outcome == nil {
            let isFree = isFree(occurrence.occurrence, since: .zero)
            for (position, activation) in occurrence.activations.enumerated() {
                let pair = plan.platform.meant(occurrence.occurrence.pairs[position])
                let sandbox = occurrence.occurrence.sandbox
                guard isOwedLook(activation, pair, in: sandbox, isFree: isFree),
                    !checker.hearing.isAsked(about: sandbox)
                else { continue }
                let until = wakesAt.map { "in \(($0 - elapsed) / 1000) s" } ?? "never"
                return checker.report(
                    "everything that waits is looked at again",
                    "activation \(occurrence.activationID(at: position)) waits, and the next look is \(until)",
                    at: wall)
            }
        }
    }

    /// The end of `start_within` needs a timer, whatever else is under way.
    private func lookForDeadlines() {
        let deadline = checker.earliestDeadline()
        guard deadline < Instant(milliseconds: .max) else { return }
        let rest = max(.zero, deadline - wall) + WaitBounds.slack
        if let wakesAt, wakesAt - elapsed <= rest.milliseconds { return }
        // An event that is under way comes first, and sets the timer anew.
        guard underWay == 0 || deadline - wall > SimulationBounds.timeout else { return }
        checker.report("what waits has a timer for its deadline", "the first expires at \(deadline.rfc3339)", at: wall)
    }

    /// Whether nothing but a question, a call or a timer of ours leads on.
    private func isOwedLook(
        _ activation: ActivationState, _ pair: Pair, in sandbox: SandboxName, isFree: Bool
    ) -> Bool {
        switch activation.phase {
        case .waiting:
            isFree && activation.notBefore.map { $0 <= wall } ?? true && isPastWindow(pair, in: sandbox, since: .zero)
                && !isHeld(pair.audience, in: sandbox)
        case .calling, .inDoubt, .running: true
        case .quarantined, .ended: false
        }
    }

    /// After everything healed, what has been open for long is called, and does not wait for its end.
    func lookForOpen() {
        guard let healedAt, runtime != nil, !isDying, !isStopping, checker.findings.isEmpty else { return }
        let span = patience + patience + .seconds(2 * 3600)
        guard wall - healedAt > span else { return }
        for occurrence in checker.folded.occurrences.values.sorted(by: { $0.id < $1.id })
        where occurrence.outcome == nil && isFree(occurrence.occurrence, since: span) {
            for (position, activation) in occurrence.activations.enumerated()
            where activation.phase == .waiting && wall - activation.since > span {
                guard activation.notBefore.map({ $0 <= wall }) ?? true,
                    isOpen(
                        plan.platform.meant(occurrence.occurrence.pairs[position]), in: occurrence.occurrence.sandbox,
                        since: span)
                else { continue }
                let id = occurrence.activationID(at: position)
                return checker.report(
                    "what is open is called", "activation \(id) waits, and all its gates are open", at: wall)
            }
        }
    }

    /// After everything healed, what `start_within` still covers is delivered.
    ///
    /// - Parameter notBefore: Until when it was held back by a record of the same step.
    func lookAtExpiry(of id: ActivationID, _ reason: String, notBefore: Instant?) {
        if let wrong = closureJudge(at: decidedAt).wrongExpiry(of: id, reason, notBefore: notBefore) {
            checker.report("the gate that an expiry names was closed", "activation \(id): \(wrong)", at: wall)
        }
        guard let healedAt, let state = checker.folded[id],
            let pair = checker.folded.pair(of: id).map(plan.platform.meant),
            let occurrence = checker.folded.occurrences[id.occurrence]?.occurrence
        else { return }
        // Doubts of before are settled, and somebody has looked at what needed a person.
        let span = patience + patience + .seconds(2 * 3600)
        guard wall - healedAt > span, wall - state.since > span, isFree(occurrence, since: span),
            isOpen(pair, in: occurrence.sandbox, since: span)
        else { return }
        checker.report(
            "what start_within covers is delivered", "activation \(id) expired, and \(pair.dataflow) was free", at: wall
        )
    }

    /// Whether no rule of ours holds it back, and none has for so long.
    private func isFree(_ occurrence: Occurrence, since span: Duration) -> Bool {
        occurrence.startsAt + span <= wall && occurrence.expiresAt > wall - span && occurrence.startsAfter == nil
            && checker.folded.pause(of: occurrence.campaign, at: wall) == nil
            && (span == .zero ? inUse.blackouts.allSatisfy { $0.end(at: wall) == nil } : inUse.blackouts.isEmpty)
    }

    /// Whether the audience is mapped, and was long enough: before that the gate opens by itself.
    private func isPastWindow(_ pair: Pair, in sandbox: SandboxName, since span: Duration) -> Bool {
        let window = inUse.guardrails.firstActivationWindow + .seconds(2)
        let mapping = model.flow(pair.dataflow.text, in: sandbox.text)?.audiences.first { $0.id == pair.audience.text }
        guard let mapping else { return false }
        return CampaignPlan.start + .milliseconds(mapping.mappedAtMilliseconds) + window + span <= trueTime
    }

    /// Whether the platform would take a call for it, and would have for so long.
    private func isOpen(_ pair: Pair, in sandbox: SandboxName, since span: Duration) -> Bool {
        let now = trueTime
        let window = inUse.guardrails.firstActivationWindow + .seconds(2)
        guard let flow = model.flow(pair.dataflow.text, in: sandbox.text), flow.state == "enabled",
            isPastWindow(pair, in: sandbox, since: span),
            !checker.truth.exports.contains(where: { export in
                export.begin <= now && now - span < export.end && export.sandbox ?? sandbox.text == sandbox.text
            }),
            !checker.truth.edits.contains(where: { $0.flow == flow.id && $0.at >= now - span - window })
        else { return false }
        // Where listings do not reach back to whatever may be under way, it stays unknown.
        let oldest = now - span - inUse.guardrails.runMaximumAge - inUse.configuration.polling.runLate
        let listed = plan.platform.pages * ClientBounds.page(options)
        guard model.runs.count(where: { $0.flow == flow.id && $0.createdAt > oldest }) < listed else { return false }
        let isBusy = model.runs.contains { run in
            now - span < run.endsAt && (run.flow == flow.id || run.audiences.contains(pair.audience.text))
        }
        return !isBusy && !isHeld(pair.audience, in: sandbox)
    }

    /// Whether something of ours holds the audience's lane: it is followed, looked up, or waits for a person.
    private func isHeld(_ audience: AudienceID, in sandbox: SandboxName) -> Bool {
        checker.folded.occurrences.values.contains { occurrence in
            occurrence.occurrence.sandbox == sandbox
                && zip(occurrence.activations, occurrence.occurrence.pairs).contains {
                    $0.holdsLane && $1.audience == audience
                }
        }
    }
}

private enum WaitBounds {
    static let eventsBetweenLooks = 8
    /// Clocks drift.
    static let slack = Duration.seconds(15)
}

extension CallState {
    /// Whether it waits for its turn or for its answer.
    fileprivate var isOut: Bool { !isAnswered }
}
