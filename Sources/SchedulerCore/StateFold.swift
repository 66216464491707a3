// How each record changes the state. Live steps and recovery both go through `apply`, so that folding the journal gives
// what the process had in memory, by construction.
//
// Total: a record about something that is no longer held changes nothing. Records are facts and are not judged here.

internal import Chronology

extension State {
    package mutating func apply(_ record: Record) {
        switch record {
        case .generationLoaded(let generation, _, _, _):
            self.generation = min(generation, .max - 1)  // so that one more can always be counted
        case .campaignAnchored(let campaign, let fingerprint, let from):
            campaigns[campaign] = CampaignState(
                fingerprint: fingerprint, highWater: from, last: campaigns[campaign]?.last,
                fired: campaigns[campaign]?.fired)
            removedMarks?[campaign] = nil
        case .campaignsAnchored(let anchored):
            for anchor in anchored.anchors {
                apply(
                    .campaignAnchored(
                        campaign: anchor.campaign, fingerprint: anchor.fingerprint, from: anchor.from))
            }
        case .followersCounted(let counted):
            for anchor in counted.anchors where campaigns[anchor.campaign]?.fingerprint == anchor.fingerprint {
                campaigns[anchor.campaign]?.countsFrom = anchor.from
            }
        case .campaignRemoved(let campaign):
            remove(campaign)
        case .campaignFinished(let campaign, _, let at):
            campaigns[campaign]?.finishedAt = at
        case .occurrenceMoved(let campaign, _, _, _, let mark):
            raiseHighWater(of: campaign, to: mark)
        case .zonesKept(let excerpts):
            zones = (zones ?? [:]).merging(excerpts.map { ($0.name, $0) }) { $1 }
        case .occurrenceAdmitted(let occurrence):
            admit(occurrence)
        case .occurrencesSkipped(let skipped):
            skip(skipped)
        case .occurrenceEnded(let id, let outcome, let at):
            end(id, outcome, at)
        case .exportFinished(let sandbox, let job, _, let at, let endedAt, let isOthers, let countedFrom):
            decideExport(
                job, createdAt: at, endedAt: endedAt ?? at, isOthers: isOthers, countedFrom: countedFrom, in: sandbox)
        case .exportObserved(let sandbox, let job, let startedAt, let endedAt):
            observe(ExportObservation(job: job, startedAt: startedAt, endedAt: endedAt), in: sandbox)
        case .callIntended(let call):
            nextCall = max(nextCall, after(call.id.number))
            calls[call.id] = CallState(call: call)
            for activation in call.activations { enter(.calling(call.id), activation, at: call.at) }
        case .callSending(let id, let at):
            startSending(id, at)
        case .callWithdrawn(let id, let reason):
            withdraw(id, reason: reason)
        case .callAnswered(let id, _, _):
            calls[id]?.isAnswered = true
        case .audiencesResolved(let sandbox, let aliases):
            resolve(aliases, in: sandbox)
        default:
            applyToActivation(record)
            applyOfPeople(record)
        }
    }

    private mutating func applyToActivation(_ record: Record) {
        switch record {
        case .activationReturned(
            let id, let reason, let notBefore, let attemptCounts, let packLimit, let doubtful, let named):
            if let doubtful {
                // One that comes back from the call itself comes from its refusal.
                if case .calling = self[id]?.phase { calls[doubtful]?.wasRefused = true }
                suspect(doubtful, of: id)
            } else if case .inDoubt(let call) = self[id]?.phase {
                keepBaseline(of: call, id)  // journals of before do not say of which call
            }
            var wasLost = false
            if case .inDoubt(let call) = self[id]?.phase { wasLost = calls[call]?.wasRefused != true }
            change(id) { activation in
                if wasLost { activation.doubtRetries += 1 }
                if !attemptCounts { activation.attempts = max(0, activation.attempts - 1) }
                activation.phase = .waiting
                activation.lookUps = 0
                activation.notBefore = notBefore
                activation.reason = reason
                activation.packLimit = packLimit
                activation.named = named
                activation.refusedFor = nil
            }
            forgetSettledCalls()
        case .activationInDoubt(let id, let call, let reason, let at):
            enter(.inDoubt(call), id, at: at, reason: reason)
            change(id) { $0.candidates = nil }
            forgetSettledCalls()
        case .doubtLookedUp(let id, _):
            change(id) { $0.lookUps += 1 }
        case .runNamed(let id, let run, let leftAt, _, let isLatest):
            change(id) { $0.refusedFor = RefusedFor(run: run, leftAt: leftAt, isLatest: isLatest) }
        case .candidateSeen(let id, let run, _):
            change(id) { $0.candidates = (($0.candidates ?? []) + [run]).suffix(DoubtBounds.remembered) }
        case .activationRunning(let id, let run, let adopted, let at):
            noteEffect(of: id)
            enter(.running(run), id, at: at)
            change(id) {
                $0.wasAdopted = adopted
                $0.candidates = nil
            }
            remember(run, of: id, at: at)
            forgetSettledCalls()
        case .runEndUnknown(let id, _, let reason, _):
            change(id) {
                $0.endIsUnknown = true
                $0.reason = reason
            }
        case .runFound(let id, _, _):
            change(id) {
                $0.endIsUnknown = false
                $0.reason = nil
            }
        case .runLate(let id, _, _):
            change(id) { $0.isLate = true }
        case .activationEnded(let id, let outcome, let at):
            enter(.ended(outcome), id, at: at, reason: outcome.reason)
            forgetSettledCalls()
            forgetSettledOccurrence(id.occurrence)
        case .activationQuarantined(let id, let reason, let holdsLane, let at, let doubtful):
            if let doubtful { suspect(doubtful, of: id) }
            quarantine(id, reason: reason, holdsLane: holdsLane, at: at)
            forgetSettledCalls()
        case .duplicateSeen(let id, let run, let at):
            change(id) { $0.duplicates.append(run) }
            remember(run, of: id, at: at)
        default:
            break
        }
    }

    private mutating func applyOfPeople(_ record: Record) {
        switch record {
        case .activationResolved(let id, let resolution, _, let at):
            resolve(id, resolution, at: at)
        case .paused(let pause):
            pauses.removeAll { $0.scope == pause.scope }
            pauses.append(pause)
        case .resumed(let scope, _, _):
            pauses.removeAll { $0.scope == scope }
        case .marksSetBack(let scope, _, let at):
            setMarksBack(in: scope, to: at)
        case .pairLimitLearned(let sandbox, let limit, let at):
            pairLimits[sandbox] = limit
            pairLimitTimes = (pairLimitTimes ?? [:]).merging([sandbox: at]) { $1 }
        case .runDisregarded(let run, _, _):
            abandon(run)
        case .signLearned(let sandbox, let sign, _):
            learn(sign, in: sandbox)
        default:
            break
        }
    }

    // MARK: Campaigns

    private mutating func remove(_ campaign: CampaignName) {
        guard let mark = campaigns[campaign]?.highWater else { return }
        campaigns[campaign] = nil
        if mutant(.removalForgets) { return }
        var marks = removedMarks ?? [:]
        marks[campaign] = mark
        if marks.count >= 2 * StateBounds.removedMarks {
            let latest = marks.sorted { ($0.value, $0.key) > ($1.value, $1.key) }.prefix(StateBounds.removedMarks)
            marks = Dictionary(uniqueKeysWithValues: latest.map { ($0.key, $0.value) })
        }
        removedMarks = marks
    }

    // MARK: Occurrences

    private mutating func admit(_ occurrence: Occurrence) {
        nextOccurrence = max(nextOccurrence, after(occurrence.id.number))
        occurrences[occurrence.id] = OccurrenceState(
            occurrence: occurrence,
            activations: occurrence.pairs.map { _ in ActivationState(phase: .waiting, since: occurrence.admittedAt) })
        if occurrence.origin == .timetable { raiseHighWater(of: occurrence.campaign, to: occurrence.nominal) }
        count(occurrence.number, of: occurrence.campaign)
    }

    /// Never goes back: of what was pruned, a later record tells the number.
    private mutating func count(_ number: Int?, of campaign: CampaignName) {
        guard let number, number > campaigns[campaign]?.fired ?? 0 else { return }
        campaigns[campaign]?.fired = min(number, .max - 1)  // so that one more can always be counted
    }

    private mutating func skip(_ skipped: SkippedOccurrences) {
        nextOccurrence = max(nextOccurrence, after(skipped.id.number))
        count(skipped.fired, of: skipped.campaign)
        // A skip of what was not due by a timetable decides nothing of one, and may lie ahead.
        if campaigns[skipped.campaign]?.followsTimetable == true, skipped.last <= skipped.at {
            raiseHighWater(of: skipped.campaign, to: skipped.last)
        }
        campaigns[skipped.campaign]?.last = LastOccurrence(
            id: skipped.id, nominal: skipped.last, outcome: .skipped, at: skipped.at)
    }

    /// The number that is given out next. Total, like the fold: the largest one stays.
    private func after(_ number: Int) -> Int {
        number == .max ? number : number + 1
    }

    private mutating func raiseHighWater(of campaign: CampaignName, to nominal: Instant) {
        guard let mark = campaigns[campaign]?.highWater, mark < nominal else { return }
        campaigns[campaign]?.highWater = nominal
    }

    private mutating func end(_ id: OccurrenceID, _ outcome: OccurrenceOutcome, _ at: Instant) {
        guard let occurrence = occurrences[id]?.occurrence else { return }
        occurrences[id]?.outcome = outcome
        occurrences[id]?.endedAt = at
        campaigns[occurrence.campaign]?.last = LastOccurrence(
            id: id, nominal: occurrence.nominal, outcome: outcome, at: at)
        forgetSettledOccurrence(id)
    }

    /// An ended occurrence is held only while a person may still settle something of it.
    private mutating func forgetSettledOccurrence(_ id: OccurrenceID) {
        guard let state = occurrences[id], state.outcome != nil else { return }
        let needsPerson = state.activations.contains { activation in
            if case .quarantined = activation.phase { true } else { false }
        }
        if !needsPerson { occurrences[id] = nil }
    }

    // MARK: Calls

    private mutating func startSending(_ id: CallID, _ at: Instant) {
        guard let call = calls[id]?.call else { return }
        calls[id]?.isSending = true
        // It may have waited for its turn. A clock that was set back meanwhile adds nothing.
        calls[id]?.sentAt = call.platformAt.map { $0 + max(.zero, at - call.at) }
        for activation in call.activations { change(activation) { $0.attempts += 1 } }
    }

    private mutating func withdraw(_ id: CallID, reason: String) {
        for activation in calls[id]?.call.activations ?? [] {
            change(activation) { state in
                guard state.phase == .calling(id) else { return }
                state.phase = .waiting
                state.reason = reason
            }
        }
        calls[id] = nil
    }

    /// A call is held until it is answered, for as long as an activation needs its baseline to settle a doubt, and for as long as
    /// one that it may have taken is not on its way again.
    private mutating func forgetSettledCalls() {
        for (id, call) in calls where call.isSending {
            let isNeeded = call.call.activations.contains { activation in
                guard let held = self[activation] else { return false }
                let wasInDoubt = held.doubtfulCalls.contains(id)
                return switch held.phase {
                case .calling(let other): other == id || wasInDoubt
                case .inDoubt(let other): other == id || wasInDoubt
                case .quarantined(call: let other?): other == id
                case .waiting, .quarantined(call: nil): wasInDoubt
                case .running, .ended: false
                }
            }
            if !isNeeded { calls[id] = nil }
        }
    }

    /// The first such call counts: a run of any later one was not there before it either.
    private mutating func suspect(_ call: CallID, of id: ActivationID) {
        if let sentAt = calls[call]?.sentAt {
            change(id) { $0.doubtfulTimes = (($0.doubtfulTimes ?? []) + [sentAt]).suffix(DoubtfulBounds.times) }
        }
        guard let held = self[id], let dataflow = pair(of: id)?.dataflow else { return }
        if held.doubtfulCall != nil {
            guard !held.doubtfulCalls.contains(call), (calls[call]?.call.activations.count ?? 0) > 1 else { return }
            change(id) { $0.laterCalls = (($0.laterCalls ?? []) + [call]).suffix(DoubtfulBounds.times) }
            return
        }
        let baseline = held.doubtRetries > 0 ? held.firstBaseline : calls[call]?.call.baselines[dataflow]
        change(id) {
            $0.doubtfulCall = call
            $0.firstBaseline = baseline ?? held.firstBaseline
        }
    }

    private mutating func keepBaseline(of call: CallID, _ id: ActivationID) {
        guard let dataflow = pair(of: id)?.dataflow, let baseline = calls[call]?.call.baselines[dataflow] else {
            return
        }
        change(id) { if $0.firstBaseline == nil { $0.firstBaseline = baseline } }
    }

    /// A run of one pair shows that its call was accepted. A call that was refused is in nobody's doubt: of that nothing follows
    /// for its other pairs.
    private mutating func noteEffect(of id: ActivationID) {
        guard let held = self[id] else { return }
        let call: CallID? =
            switch held.phase {
            // Doubted again after a refusal, which may take effect for one pair and not for another.
            case .inDoubt(let call) where calls[call]?.wasRefused == true: nil
            case .calling(let call), .inDoubt(let call): call
            case .quarantined(let call): call
            case .waiting: held.doubtRetries > 0 ? held.doubtfulCall : nil
            case .running, .ended: nil
            }
        if let call, let known = calls[call]?.call, known.activations.count > 1, !mutant(.effectForgotten) {
            calls[call]?.tookEffect = true
        }
    }

    // MARK: Activations

    private mutating func change(_ id: ActivationID, _ body: (inout ActivationState) -> Void) {
        guard self[id] != nil else { return }
        body(&occurrences[id.occurrence]!.activations[id.index - 1])
    }

    private mutating func enter(
        _ phase: ActivationState.Phase, _ id: ActivationID, at: Instant, reason: String? = nil
    ) {
        change(id) {
            $0.phase = phase
            $0.since = at
            $0.reason = reason
            $0.notBefore = nil
            $0.named = nil
            $0.refusedFor = nil
            $0.lookUps = 0
        }
    }

    private mutating func quarantine(_ id: ActivationID, reason: String, holdsLane: Bool, at: Instant) {
        var call: CallID?
        switch self[id]?.phase {
        case .inDoubt(let id), .calling(let id): call = holdsLane ? id : nil
        default: break
        }
        enter(.quarantined(call: call), id, at: at, reason: reason)
    }

    private mutating func resolve(_ id: ActivationID, _ resolution: Resolution, at: Instant) {
        guard let occurrence = occurrences[id.occurrence]?.occurrence else { return }
        occurrences[id.occurrence]?.outcome = nil
        occurrences[id.occurrence]?.endedAt = nil
        if resolution == .abandon, case .running(let run) = self[id]?.phase { abandon(run) }
        guard resolution == .retry else { return }
        change(id) {
            $0.attempts = 0
            $0.doubtRetries = 0
            // Its start may lie ahead, where it was admitted by a clock that was.
            $0.expiresAt = max(at, occurrence.startsAt) + (occurrence.expiresAt - occurrence.startsAt)
        }
    }
}

private enum DoubtfulBounds {
    /// Doubtful calls of one activation whose times are kept: with a backoff between them, those of the last hours.
    static let times = 32
}
