// How waiting ends without a call, how occurrences end, and what follows from their end.

internal import Chronology

extension Scheduler {
    /// Gates that stayed closed past `start_within`: the activation expires, with which gate and since when.
    mutating func expire(at now: Moment, _ step: inout Step) {
        if mutant(.neverExpires) { return }
        // In doubt only when all is told: what holds a lane from now on held nothing back until now.
        var unlooked: [(ActivationID, CallID)] = []
        let returned = returned(in: step)
        // What expires holds no lane: of many the lanes are looked at once.
        var lanes: LaneTable?
        for (occurrence, position) in waitingActivations() {
            let activation = occurrence.activations[position]
            guard now.wall >= expiry(of: activation, in: occurrence.occurrence) else { continue }
            let id = occurrence.activationID(at: position)
            // What became of another one may have settled it.
            guard state[id]?.phase == .waiting else { continue }
            let pair = occurrence.occurrence.pairs[position]
            let sandbox = occurrence.occurrence.sandbox
            if let run = openRun(of: id, at: now) {
                // The answer that is awaited says whose it is, or the look on behalf of a newer call.
                let isAwaited =
                    mayBeAnswered(run, pair, in: sandbox, at: now)
                    || !run.audiences.isEmpty
                        && isOfNewerCall(run, pair, than: id, activation.doubtfulTimes ?? [], in: sandbox, at: now)
                if isAwaited,
                    let call = activation.doubtfulCalls.last(where: { state.calls[$0] != nil })
                {
                    unlooked.append((id, call))
                    continue
                }
                let isAdopted = adoptLate(run, in: sandbox, at: now, &step)
                if isAdopted { lanes = nil }
                if !isAdopted, state[id]?.phase == .waiting {
                    setAside(id, Self.open(run), holdsLane: false, at: now, &step)
                }
                continue
            }
            if let run = mayBeNamed(id, at: now) {
                setAside(id, Self.unseen(run), holdsLane: false, at: now, &step)
                continue
            }
            if let run = mayBeRepeated(id) {
                let isShown = knowledge.named[run]?.begunAt != nil
                setAside(id, isShown ? Self.repeated(run) : Self.unseen(run), holdsLane: false, at: now, &step)
                continue
            }
            if returned[id] == nil, let call = unlookedCall(of: id) {
                unlooked.append((id, call))
                continue
            }
            let table = lanes ?? LaneTable(self)
            lanes = table
            var closures = closures(of: id, table, at: now)
            if mutant(.expiryNamesExport) { closures = [.unknown(.export, failure: "HTTP 500")] }
            let why = Self.decisive(closures).map { closure in
                let words = sentence(for: closure, pair, in: sandbox, at: now)
                return "the \(closure.gate.rawValue) gate was closed: \(words.evidence)"
            }
            let reason = "not called within start_within; \(returned[id] ?? why ?? "its turn did not come")"
            record(
                .activationEnded(
                    activation: id, outcome: ActivationOutcome(result: .expired, reason: reason), at: now.wall), &step)
            notify(.expired, id, reason, at: now, &step)
        }
        for (id, call) in unlooked where state[id]?.phase == .waiting {
            doubt(id, call, "an earlier call may have taken it, and nobody has looked since", at: now, &step)
        }
    }

    /// Why activations came back from a call or a doubt in this very step: until now that held them, and no gate.
    private func returned(in step: Step) -> [ActivationID: String] {
        var reasons: [ActivationID: String] = [:]
        for case .activationReturned(let id, let reason, _, _, _, _, _) in step.records { reasons[id] = reason }
        return reasons
    }

    /// What was under way when its campaign was removed, and has come back without effect, is not sent again, unless a person asked
    /// for it.
    mutating func cancelRemoved(at now: Moment, _ step: inout Step) {
        guard state.occurrences.values.contains(where: { configuration.campaigns[$0.occurrence.campaign] == nil })
        else {
            return
        }
        for (occurrence, position) in waitingActivations()
        where configuration.campaigns[occurrence.occurrence.campaign] == nil
            && occurrence.activations[position].expiresAt == nil
        {
            record(
                .activationEnded(
                    activation: occurrence.activationID(at: position),
                    outcome: ActivationOutcome(result: .cancelled, reason: Self.removalWords), at: now.wall), &step)
        }
    }

    static let removalWords = "the campaign was removed from the configuration"

    mutating func endPauses(at now: Moment, _ step: inout Step) {
        for pause in state.pauses {
            guard let until = pause.until else { continue }
            if now.wall >= until {
                record(.resumed(scope: pause.scope, actor: "the pause's own end", at: now.wall), &step)
            } else {
                wake.at(until)
            }
        }
    }

    /// Ends the occurrences of which every activation is settled, and admits what follows from that in the same step.
    mutating func endOccurrences(at now: Moment, _ step: inout Step) {
        let settled = state.occurrences.values
            .filter { $0.outcome == nil && $0.activations.allSatisfy(\.isSettled) }
            .sorted { $0.id < $1.id }
        for occurrence in settled {
            let outcome = Self.outcome(of: occurrence.activations)
            record(.occurrenceEnded(occurrence: occurrence.id, outcome: outcome, at: now.wall), &step)
            tellEnd(of: occurrence, outcome, at: now, &step)
            for position in occurrence.activations.indices {
                knowledge.toldMapping.remove(occurrence.activationID(at: position))
            }
            admitFollowers(of: occurrence, outcome, at: now, &step)
        }
    }

    /// One word for many activations. What waits for a person counts as not delivered.
    static func outcome(of activations: [ActivationState]) -> OccurrenceOutcome {
        let results: [ActivationOutcome.Result?] = activations.map { activation in
            if case .ended(let outcome) = activation.phase { outcome.result } else { nil }
        }
        if results.allSatisfy({ $0 == .succeeded }) { return .succeeded }
        if results.contains(where: { $0 == .succeeded || $0 == .partial }) { return .partial }
        if results.allSatisfy({ $0 == .cancelled }) { return .cancelled }
        if results.allSatisfy({ $0 == .expired }) { return .expired }
        return .failed
    }

    private func tellEnd(
        of occurrence: OccurrenceState, _ outcome: OccurrenceOutcome, at now: Moment, _ step: inout Step
    ) {
        let kind: NotificationKind? =
            switch outcome {
            case .succeeded: .succeeded
            case .partial: .partial
            case .failed: .failed
            case .expired, .skipped, .cancelled: nil  // told for each activation, or asked for by a person
            }
        guard let kind else { return }
        let delivered = occurrence.activations.count { activation in
            if case .ended(let outcome) = activation.phase { outcome.result == .succeeded } else { false }
        }
        step.effects.append(
            .notify(
                Notification(
                    kind: kind, campaign: occurrence.occurrence.campaign, occurrence: occurrence.id,
                    text: "\(delivered) of \(occurrence.activations.count) activations succeeded", at: now.wall)))
    }

    private mutating func admitFollowers(
        of occurrence: OccurrenceState, _ outcome: OccurrenceOutcome, at now: Moment, _ step: inout Step
    ) {
        if mutant(.stopForgetsFollowers), isStopping { return }
        // While stopping as well: the end is recorded, and nothing would find what follows from it after the next start.
        for name in due.followers[occurrence.occurrence.campaign] ?? [] {
            guard let campaign = configuration.campaigns[name], case .after(_, let delay) = campaign.trigger,
                !isFinished(campaign)
            else { continue }
            let nominal = now.wall + delay
            if outcome == .succeeded {
                _ = admit(
                    campaign, nominal: nominal, origin: .after(occurrence.id), forceOverlap: false, at: now, &step)
            } else if !mutant(.followerForgotten) {
                recordSkip(
                    campaign.name, nominal, nominal, 1, .predecessor,
                    "occurrence \(occurrence.id) of \(occurrence.occurrence.campaign) ended as \(outcome.rawValue)",
                    at: now, &step)
            }
        }
    }

    // MARK: Cancelling

    /// Cancels what waits in these occurrences, and what is only intended. What may be on the wire or runs is followed to
    /// its end.
    ///
    /// - Returns: How many were cancelled.
    @discardableResult
    mutating func cancelWaiting(
        of occurrences: [OccurrenceID], only: ActivationID? = nil, reason: String, at now: Moment, _ step: inout Step
    ) -> Int {
        var count = 0
        for id in occurrences {
            withdrawIntents(of: id, only: only, &step)
            guard let occurrence = state.occurrences[id] else { continue }
            for (position, activation) in occurrence.activations.enumerated()
            where activation.phase == .waiting || mutant(.phaseJumps) && !activation.isSettled {
                let activationID = occurrence.activationID(at: position)
                guard only == nil || only == activationID else { continue }
                record(
                    .activationEnded(
                        activation: activationID, outcome: ActivationOutcome(result: .cancelled, reason: reason),
                        at: now.wall), &step)
                count += 1
            }
        }
        return count
    }

    private mutating func withdrawIntents(of id: OccurrenceID, only: ActivationID?, _ step: inout Step) {
        for call in state.calls.values.sorted(by: { $0.call.id < $1.call.id }) where !call.isSending {
            guard call.call.activations.contains(where: { $0.occurrence == id && (only == nil || $0 == only) })
            else { continue }
            record(.callWithdrawn(call: call.call.id, reason: "an activation of it was cancelled"), &step)
            step.effects.append(.dropCall(call.call.id))
        }
    }
}
