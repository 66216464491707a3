// The beginning of a process, and the change of a configuration.
//
// Recovery settles what the last process left open, by the recovery table: an intent without its sending was certainly
// not sent; a sending without its answer is in doubt; a run is followed again at once.

internal import Chronology

extension Scheduler {
    mutating func recover(at now: Moment, _ step: inout Step) {
        for call in state.calls.values.sorted(by: { $0.call.id < $1.call.id }) {
            let id = call.call.id
            if !call.isSending {
                record(.callWithdrawn(call: id, reason: "the daemon stopped before it was sent"), &step)
                continue
            }
            if mutant(.recoverySendsAgain) {
                step.effects.append(.send(call.call))
                continue
            }
            for activation in call.call.activations where state[activation]?.phase == .calling(id) {
                if mutant(.recoveryForgetsDoubt) {
                    putBack(activation, "the daemon stopped", counts: true, at: now, &step)
                    continue
                }
                doubt(activation, id, "the daemon stopped before the answer was read", at: now, &step)
            }
        }
        for occurrence in state.occurrences.values {
            for (position, activation) in occurrence.activations.enumerated() {
                rewatch(occurrence, position, activation, at: now)
            }
        }
    }

    private mutating func rewatch(
        _ occurrence: OccurrenceState, _ position: Int, _ activation: ActivationState, at now: Moment
    ) {
        let pair = occurrence.occurrence.pairs[position]
        sandboxes[pair.dataflow] = occurrence.occurrence.sandbox
        switch activation.phase {
        case .running(let run):
            // How long it has run by the wall clock: the monotonic one knows nothing of the process before.
            let age = max(.zero, now.wall - activation.since)
            knowledge.followed[run] = FollowedRun(
                sandbox: occurrence.occurrence.sandbox, dataflow: pair.dataflow,
                startedAt: now.monotonic + (.zero - age), nextLook: now.monotonic,
                interval: configuration.polling.run)
        case .inDoubt:
            knowledge.doubts[occurrence.activationID(at: position)] = WatchedDoubt(
                startedAt: now.monotonic, nextLook: now.monotonic)
        case .waiting, .calling, .quarantined, .ended:
            break
        }
    }

    /// Takes a configuration into use: a campaign that is new, or whose trigger changed, counts from now; what waits of a
    /// removed one is cancelled, what is in flight is followed to its end.
    mutating func take(
        _ configuration: Configuration, actor: String? = nil, at now: Moment, _ step: inout Step
    ) {
        self.configuration = configuration
        record(
            .generationLoaded(generation: state.generation + 1, digest: configuration.digest, actor: actor), &step)
        for name in state.campaigns.keys.sorted() where configuration.campaigns[name] == nil {
            record(.campaignRemoved(campaign: name), &step)
            cancelWaiting(
                of: state.unended(of: name).map(\.id), reason: "the campaign was removed from the configuration",
                at: now, &step)
        }
        for campaign in configuration.campaigns.values.sorted(by: { $0.name < $1.name }) {
            let fingerprint = campaign.isEnabled ? campaign.trigger.fingerprint : "disabled"
            let isAnew = mutant(isStarted ? .reloadDropsDue : .missedForgotten) || !isStarted && mutant(.marksSetBack)
            guard state.campaigns[campaign.name]?.fingerprint != fingerprint || isAnew else { continue }
            // Never before what is decided: after a clock that stepped back, nothing must be decided again.
            var from = max(now.wall, state.campaigns[campaign.name]?.highWater ?? now.wall)
            if mutant(.marksSetBack) { from = from - .seconds(86_400) }
            record(.campaignAnchored(campaign: campaign.name, fingerprint: fingerprint, from: from), &step)
        }
        planDue()
    }

    private mutating func planDue() {
        due.removeAll()
        for campaign in configuration.campaigns.values where campaign.isEnabled {
            guard case .timetable(let timetable) = campaign.trigger, let anchor = state.campaigns[campaign.name]
            else { continue }
            due.set(campaign.name, timetable.next(after: anchor.highWater))
        }
    }
}
