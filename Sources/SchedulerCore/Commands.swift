// What people order. A command never breaks a rule of the platform: it changes what is wanted, and the gates still apply.

internal import Chronology

extension Scheduler {
    mutating func obey(
        _ command: Command, _ id: CommandID, actor: String, at now: Moment, _ step: inout Step
    ) {
        let reply: CommandReply
        switch command {
        case .fire(let name, let forceOverlap):
            reply = fire(name, forceOverlap: forceOverlap, actor: actor, at: now, &step)
        case .cancelOccurrence(let occurrence):
            reply = cancel(occurrence, only: nil, actor: actor, at: now, &step)
        case .cancelActivation(let activation):
            reply = cancel(activation.occurrence, only: activation, actor: actor, at: now, &step)
        case .pause(let scope, let until, let reason):
            reply = pause(scope, until, reason, actor: actor, at: now, &step)
        case .resume(let scope):
            reply = resume(scope, actor: actor, at: now, &step)
        case .resolve(let activation, let resolution):
            reply = resolve(activation, resolution.bounded, actor: actor, at: now, &step)
        case .disregard(let run):
            reply = disregard(run.bounded, actor: actor, at: now, &step)
        case .recount(let scope):
            reply = recount(scope, actor: actor, at: now, &step)
        }
        step.effects.append(.reply(id, reply))
    }

    private mutating func fire(
        _ name: CampaignName, forceOverlap: Bool, actor: String, at now: Moment, _ step: inout Step
    ) -> CommandReply {
        guard let campaign = configuration.campaigns[name] else { return unknown(name) }
        if isStopping { return .refused("the daemon is stopping; fire again once it has started") }
        guard campaign.isEnabled else {
            return .refused("\(name) is disabled in the configuration; set enabled = true and reload")
        }
        if let pause = state.pause(of: name, at: now.wall) {
            return .refused("\(name) is paused by \(pause.actor) (\(pause.reason)); resume it first")
        }
        if !forceOverlap, let previous = state.unended(of: name).last, campaign.overlap == .skip {
            return .refused(
                "occurrence \(previous.id) of \(name) has not ended, and its overlap policy is \"skip\"; wait for it, "
                    + "cancel it, or fire with --force-overlap")
        }
        if !forceOverlap, state.unended(of: name).count > 1, campaign.overlap == .bufferOne {
            return .refused(
                "two occurrences of \(name) have not ended, and its overlap policy is \"buffer-one\"; wait for one, cancel "
                    + "one, or fire with --force-overlap")
        }
        var nominal = now.wall
        let taken = Set(state.unended(of: name).map(\.occurrence.nominal))
        while taken.contains(nominal) { nominal = nominal + .milliseconds(1) }
        guard
            let occurrence = admit(
                campaign, nominal: nominal, origin: .manual(actor: actor), forceOverlap: forceOverlap, at: now, &step)
        else {
            return .refused("\(name) was not admitted; see its history")
        }
        let count = campaign.pairs.count
        return .done(
            "fired \(name): occurrence \(occurrence), \(count) activation\(count == 1 ? "" : "s")",
            occurrence: occurrence)
    }

    private func unknown(_ name: CampaignName) -> CommandReply {
        .refused("no campaign is called \"\(name)\"; see activationctl campaigns")
    }

    private mutating func cancel(
        _ id: OccurrenceID, only: ActivationID?, actor: String, at now: Moment, _ step: inout Step
    ) -> CommandReply {
        guard let occurrence = state.occurrences[id], only.map({ state[$0] != nil }) ?? true else {
            return .refused("nothing with the id \(only?.description ?? id.description) is waiting or in flight")
        }
        record(
            .cancelRequested(target: only?.description ?? id.description, actor: actor, at: now.wall), &step)
        let count = cancelWaiting(of: [id], only: only, reason: "cancelled by \(actor)", at: now, &step)
        let left = (state.occurrences[id]?.activations ?? []).count { !$0.isSettled }
        if count == 0 {
            let late = (state.occurrences[id]?.activations ?? []).contains {
                !$0.isSettled && ($0.isLate || $0.endIsUnknown)
            }
            return .refused(
                "nothing of it waits any more: what is in flight is followed to its end"
                    + (late ? "; activationctl resolve ID --abandon gives up a run that does not end" : ""))
        }
        return .done(
            "cancelled \(count) of \(occurrence.activations.count) activations"
                + (left > 0 ? "; \(left) not cancelled are waiting or in flight" : ""), occurrence: id)
    }

    private mutating func pause(
        _ scope: PauseScope, _ until: Instant?, _ reason: String, actor: String, at now: Moment, _ step: inout Step
    ) -> CommandReply {
        if case .campaign(let name) = scope, configuration.campaigns[name] == nil { return unknown(name) }
        if let until, until <= now.wall { return .refused("the end of a pause must lie ahead") }
        record(.paused(Pause(scope: scope, since: now.wall, until: until, actor: actor, reason: reason)), &step)
        recall(under: scope, &step)
        return .done("paused \(words(for: scope)); what is in flight is followed to its end", occurrence: nil)
    }

    private mutating func resume(
        _ scope: PauseScope, actor: String, at now: Moment, _ step: inout Step
    ) -> CommandReply {
        guard state.pauses.contains(where: { $0.scope == scope }) else {
            return .refused("\(words(for: scope)) is not paused")
        }
        record(.resumed(scope: scope, actor: actor, at: now.wall), &step)
        return .done("resumed \(words(for: scope)); what fell due meanwhile stays skipped", occurrence: nil)
    }

    private func words(for scope: PauseScope) -> String {
        switch scope {
        case .all: "everything"
        case .campaign(let name): name.text
        }
    }

    private mutating func resolve(
        _ id: ActivationID, _ resolution: Resolution, actor: String, at now: Moment, _ step: inout Step
    ) -> CommandReply {
        guard let activation = state[id] else {
            return .refused("no activation with the id \(id) is held; see activationctl status")
        }
        switch activation.phase {
        case .quarantined, .inDoubt: break
        case .running where !activation.endIsUnknown && (!activation.isLate || mutant(.lateIsKeptForEver)):
            return .refused(
                "activation \(id) does not need a person: its run is followed; --abandon gives it up once it has taken longer "
                    + "than run_late \(configuration.polling.runLate.text)")
        case .running where resolution == .abandon: break
        case .running(let run):
            return .refused(
                "run \(run) of activation \(id) may still be under way; --abandon gives it up, and its campaign can be fired "
                    + "again then")
        default: return .refused("activation \(id) does not need a person: it is neither in doubt nor quarantined")
        }
        if case .adopt(let run) = resolution, let owner = stranger(owning: run, to: activation.phase) {
            return .refused("run \(run) belongs to activation \(owner) already")
        }
        if case .running(let run) = activation.phase, let ended = knowledge.followed[run]?.ended {
            end(ended.run, at: now, &step)
            return .done("run \(run) of activation \(id) has ended meanwhile", occurrence: id.occurrence)
        }
        let doubted = doubtfulCalls(of: id, doubtedCall(activation.phase))
        record(.activationResolved(activation: id, resolution: resolution, actor: actor, at: now.wall), &step)
        knowledge.doubts[id] = nil
        switch resolution {
        case .adopt(let run):
            start(run, of: id, adopted: true, at: now, &step)
            doubtAgain(doubted, because: nil, at: now, &step)
            return .done("activation \(id) follows run \(run) now", occurrence: id.occurrence)
        case .retry:
            // Its run may have shown since it was looked for last.
            if let pair = state.pair(of: id), let sandbox = state.occurrences[id.occurrence]?.occurrence.sandbox {
                knowledge.outdateRuns(of: DataflowKey(sandbox, pair.dataflow))
            }
            putBack(id, "\(actor) asked for another try", counts: true, at: now, &step)
            return .done("activation \(id) is back in line", occurrence: id.occurrence)
        case .abandon:
            fail(id, "abandoned by \(actor)", at: now, &step)
            guard case .running(let run) = activation.phase else {
                return .done("activation \(id) is abandoned", occurrence: id.occurrence)
            }
            if activations(running: run).isEmpty { knowledge.followed[run] = nil }
            return .done(
                "activation \(id) is abandoned, and its lane is free; if run \(run) is still under way, the next activation of "
                    + "its audience may be refused until it ends, or deliver a second time", occurrence: id.occurrence)
        }
    }

    private func doubtedCall(_ phase: ActivationState.Phase) -> Call? {
        switch phase {
        case .inDoubt(let id), .quarantined(call: let id?): state.calls[id]?.call
        case .waiting, .calling, .running, .quarantined(call: nil), .ended: nil
        }
    }

    /// An activation of another call that has a run. One run may serve several pairs of one call.
    private func stranger(owning run: RunID, to phase: ActivationState.Phase) -> ActivationID? {
        let members = doubtedCall(phase)?.activations ?? []
        return activations(running: run).first { !members.contains($0) }
    }

    /// The activation in doubt whose run it may be.
    private func doubt(over run: RunID, at now: Moment) -> ActivationID? {
        let owners = runOwners()
        return knowledge.doubts.keys.sorted().first { activation in
            guard let pair = state.pair(of: activation), case .inDoubt(let id) = state[activation]?.phase,
                let call = state.calls[id]?.call,
                let known = knowledge.runs[DataflowKey(call.sandbox, pair.dataflow)]
            else { return false }
            return candidates(of: activation, pair, call, known, owners, at: now).contains {
                $0.id == run && ($0.audiences.isEmpty || $0.audiences.contains(pair.audience))
            }
        }
    }

    /// The activation that waits for a run which may be of an earlier call of it.
    func waiting(for run: RunID, at now: Moment) -> ActivationID? {
        for (occurrence, position) in waitingActivations() {
            let id = occurrence.activationID(at: position)
            if mayBeNamed(id, at: now) == run || mayBeRepeated(id) == run { return id }
            if openRun(of: id, at: now)?.id == run { return id }
        }
        return nil
    }

    /// Only one that holds something back now: a run that nobody has seen could be any text.
    private mutating func disregard(
        _ run: RunID, actor: String, at now: Moment, _ step: inout Step
    ) -> CommandReply {
        if owns(run) {
            return .refused(
                "run \(run) is ours and is followed; activationctl resolve ID --abandon gives it up once it is late")
        }
        let isListed = knowledge.runs.values.contains { known in
            known.listing.runs.contains { $0.id == run && isInTheWay($0, known) }
        }
        guard isListed || knowledge.foreign[run] != nil else {
            return .refused("no run of others with the id \(run) holds anything back; see activationctl runs")
        }
        if let activation = waiting(for: run, at: now) {
            return .refused(
                "run \(run) may be of a call of activation \(activation), which waits for it; activationctl cancel "
                    + "\(activation) first, or wait until the run has ended")
        }
        if let activation = doubt(over: run, at: now) {
            return .refused(
                "run \(run) may be of activation \(activation), whose call got no answer; activationctl resolve \(activation) "
                    + "--adopt \(run) if it is, or --abandon or --retry if it is not")
        }
        record(.runDisregarded(run: run, actor: actor, at: now.wall), &step)
        knowledge.foreign[run] = nil
        return .done(
            "run \(run) closes no gate and holds no lane any more; if it is still under way, the platform may refuse calls for its "
                + "audience until it ends", occurrence: nil)
    }
}

extension Resolution {
    /// As runs are known here, whatever the platform calls them.
    fileprivate var bounded: Resolution {
        if case .adopt(let run) = self { .adopt(run.bounded) } else { self }
    }
}
