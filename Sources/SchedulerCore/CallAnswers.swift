// What became of a call. Every pair of it is settled alone.

internal import Chronology

extension Scheduler {
    mutating func takeAnswer(_ id: CallID, _ answer: CallAnswer, at now: Moment, _ step: inout Step) {
        guard let state = state.calls[id], state.isSending, !state.isAnswered else { return }  // settled long ago
        let call = state.call
        knowledge.recalled.remove(id)
        record(.callAnswered(call: id, outcome: CallOutcome.words(for: answer, call), at: now.wall), &step)
        switch answer {
        case .accepted(let runs):
            knowledge.callTroubles[call.sandbox] = nil
            knowledge.credentials?.interruptRefusals()
            takeAcceptance(call, runs, at: now, &step)
        case .refused(let refusal):
            if !refusal.isAboutCredentials {
                knowledge.callTroubles[call.sandbox] = nil
                knowledge.credentials?.interruptRefusals()
            }
            noteRefusal(of: call, isAboutCredentials: refusal.isAboutCredentials)
            takeRefusal(call, refusal, at: now, &step)
            knowledge.refusedCall = nil
        case .throttled(let retryAfter, let detail):
            noteRefusal(of: call)
            delayCalls(call, "the platform asked to slow down: \(detail)", atLeast: retryAfter, at: now, &step)
            knowledge.refusedCall = nil
        case .notSent(let detail):
            delayCalls(call, "the call could not be sent: \(detail)", atLeast: nil, at: now, &step)
        case .doubtful(let detail) where mutant(.blindRetry):
            for activation in call.activations { retryLater(activation, detail, at: now, &step) }
        case .doubtful(let detail):
            for activation in call.activations { doubt(activation, call.id, detail, at: now, &step) }
        }
    }

    // MARK: Accepted

    private mutating func takeAcceptance(
        _ call: Call, _ runs: [Pair: RunID], at now: Moment, _ step: inout Step
    ) {
        learnSize(from: call, at: now, &step)
        for (activation, pair) in zip(call.activations, call.pairs) {
            if let run = runs[pair] {
                start(run.bounded, of: activation, adopted: false, at: now, &step)
            } else {
                doubt(activation, call.id, "the platform accepted the call but did not name this pair", at: now, &step)
            }
        }
    }

    mutating func start(
        _ run: RunID, of activation: ActivationID, adopted: Bool, at now: Moment, _ step: inout Step
    ) {
        guard let sandbox = state.occurrences[activation.occurrence]?.occurrence.sandbox,
            let pair = state.pair(of: activation)
        else { return }
        record(.activationRunning(activation: activation, run: run, adopted: adopted, at: now.wall), &step)
        knowledge.doubts[activation] = nil
        knowledge.foreign[run] = nil
        if knowledge.followed[run] == nil {
            follow(run, sandbox, pair.dataflow, at: now)
        }
        if adopted { knowledge.followed[run]?.isAdopted = true }
        let listed = knowledge.runs[DataflowKey(sandbox, pair.dataflow)]?.listing.runs.first { $0.id == run }
        if listed?.audiences.isEmpty == false { knowledge.followed[run]?.hasSaid = true }
    }

    mutating func doubt(
        _ activation: ActivationID, _ call: CallID, _ reason: String, at now: Moment, _ step: inout Step
    ) {
        record(.activationInDoubt(activation: activation, call: call, reason: reason, at: now.wall), &step)
        knowledge.doubts[activation] = WatchedDoubt(startedAt: now.monotonic, nextLook: now.monotonic)
    }

    // MARK: Certainly not accepted

    /// Whether a refusal of several pairs refuses each of them is not documented, and a quota is told by the service and not by the
    /// gateway: the listings from before the call count for nothing, and a run that was not there before it, and that names a pair
    /// of it, is taken for ours.
    private mutating func noteRefusal(of call: Call, isAboutCredentials: Bool = false) {
        guard call.pairs.count > 1, !mutant(.refusalProvesListing) else { return }
        for dataflow in Set(call.pairs.map(\.dataflow)) {
            knowledge.outdateRuns(of: DataflowKey(call.sandbox, dataflow))
        }
        if !isAboutCredentials { knowledge.refusedCall = call.id }
    }

    /// Everything of the call goes back in line, and the sandbox waits before its next call. No attempt is counted: the
    /// deadline bounds this, and an outage must not set activations aside.
    private mutating func delayCalls(
        _ call: Call, _ reason: String, atLeast pause: Duration?, at now: Moment, _ step: inout Step
    ) {
        knowledge.callTroubles[call.sandbox] = trouble(
            after: knowledge.callTroubles[call.sandbox], key: "calls/\(call.sandbox)", reason, atLeast: pause, at: now)
        for activation in call.activations { putBack(activation, reason, counts: false, at: now, &step) }
    }

    /// Questions may be answered all the same (a right that only calls need): so calls are held back by themselves, longer
    /// each time, and a person is told once.
    ///
    /// - Parameter token: Whether the token itself may be what is refused. Refused again after a question was answered, it
    ///   is not.
    private mutating func takeUnauthorized(
        _ call: Call, token: Bool, _ detail: String, at now: Moment, _ step: inout Step
    ) {
        let isRefusedAgain = knowledge.callTroubles[call.sandbox]?.isAboutCredentials ?? false
        if token || mutant(.everybodysRefusal), !isRefusedAgain { loseCredentials(detail, at: now) }
        delayCalls(
            call, "the platform refuses our calls in sandbox \(call.sandbox): \(detail)", atLeast: nil, at: now, &step)
        knowledge.callTroubles[call.sandbox]?.countRefusal(at: now)
    }

    private mutating func takeRefusal(
        _ call: Call, _ refusal: CallRefusal, at now: Moment, _ step: inout Step
    ) {
        switch refusal {
        case .alreadyRunning(let named, let run, let detail):
            let pair = systemPair(named, in: call.sandbox)
            takeAlreadyRunning(call, pair, run.bounded, detail, at: now, &step)
        case .notMapped(let names, let detail):
            takeNotMapped(call, names, detail, at: now, &step)
        case .tooLarge(let detail):
            takeTooLarge(call, detail, at: now, &step)
        case .unauthorized(let detail):
            takeUnauthorized(call, token: true, detail, at: now, &step)
        case .forbidden(let detail):
            takeUnauthorized(call, token: false, detail, at: now, &step)
        case .notReady(let pause, let detail):
            takeNotReady(call, pause, detail, at: now, &step)
        case .other(let status, let detail):
            noteSize(of: call)
            judgeAlone(call, suspects: call.activations, detail, at: now, &step) { scheduler, culprit, step in
                if status == 404, !mutant(.notFoundCounts), scheduler.awaitSettling(culprit, detail, at: now, &step) {
                    return
                }
                scheduler.retryLater(culprit, detail, at: now, &step)
            }
        }
    }

    /// Waits as long as the platform says, and counts as no attempt. It does not say for which pair: the next calls are half
    /// as large, so that one that is never ready does not hold back the others.
    private mutating func takeNotReady(
        _ call: Call, _ pause: Duration?, _ detail: String, at now: Moment, _ step: inout Step
    ) {
        if mutant(.transientCounts) {
            for activation in call.activations { retryLater(activation, detail, at: now, &step) }
            return
        }
        let again = now.wall + max(pause ?? configuration.polling.gate, configuration.limits.backoffBase)
        for activation in call.activations {
            putBack(
                activation, detail, counts: false, notBefore: again,
                packLimit: max(1, call.pairs.count / 2), at: now, &step)
        }
    }

    /// The refusal names a run that holds the audience. One of ours is followed anyway; one that can only be of an earlier call
    /// of ours is adopted; any other is waited for. The innocent pairs of the call go again at once.
    private mutating func takeAlreadyRunning(
        _ call: Call, _ pair: Pair, _ run: RunID, _ detail: String, at now: Moment, _ step: inout Step
    ) {
        let index = call.pairs.firstIndex(of: pair)
        let sentAt = state.calls[call.id]?.sentAt
        if index == nil { takeRunningElsewhere(call, pair, detail, at: now, &step) }
        for (position, activation) in call.activations.enumerated() where index != nil {
            if position == index, knowledge.toldForgotten.contains(run) {
                // Whoever it is that never ends there: by itself, so that it holds back no other pair.
                let pause = configuration.polling.gate * GateBounds.definitionPatience
                putBack(
                    activation, detail, counts: false, notBefore: now.wall + pause, packLimit: 1, isRefused: true,
                    at: now, &step)
            } else if position == index {
                let mayBeOurs = state[activation]?.mayHaveRun == true && !mutant(.secondAcceptance)
                putBack(
                    activation, detail, counts: false, isRefused: true, named: mayBeOurs ? run : nil, at: now, &step)
            } else {
                putBack(
                    activation, "its call was refused for another pair: \(detail)", counts: false, at: now, &step)
            }
        }
        if knowledge.toldForgotten.contains(run) { return }
        if owns(run) {
            // Where it is not known to be this pair's, the pair waits for it all the same.
            if !isOwned(run, for: pair) {
                knowledge.nameForeign(
                    run, for: pair, in: call.sandbox, nextLook: now.monotonic + configuration.polling.gate, at: now)
            }
            return
        }
        // When it began has to be known: it may have been under way for months, and be missing from the listing before the call.
        let shown = named(run, by: pair, in: call.sandbox)
        if shown.createdAt != nil, !mutant(.secondAcceptance), adoptLate(shown, in: call.sandbox, at: now, &step) {
            return
        }
        doubtOthers(besides: named(run, by: pair, in: call.sandbox), in: call.sandbox, at: now, &step)
        let isNew = knowledge.named[run] == nil
        if knowledge.named.count >= RefusalBounds.named {
            knowledge.named = knowledge.named.filter { knowledge.foreign[$0.key] != nil }
        }
        knowledge.named[run] = knowledge.named[run] ?? latestPlatformTime(at: now).map { NamedRun(since: $0) }
        // When it began is asked at once, and once: it may be ours, of this call or of an earlier one.
        knowledge.nameForeign(
            run, for: pair, in: call.sandbox,
            nextLook: now.monotonic + (index != nil && isNew ? .zero : configuration.polling.gate), at: now)
        if let index, let sentAt, state[call.activations[index]]?.phase == .waiting, !mutant(.secondAcceptance) {
            record(
                .runNamed(
                    activation: call.activations[index], run: run, leftAt: sentAt, at: now.wall,
                    isLatest: knowledge.untimedCalls.contains(call.id) ? true : nil), &step)
        }
    }

    /// A run on another dataflow holds an audience of the call, where lanes are of audience and dataflow and the platform's are not.
    /// It is no fault of the pair's: it is tried again while `start_within` lasts. Where the audience is none of the call's, nothing
    /// tells who is meant.
    private mutating func takeRunningElsewhere(
        _ call: Call, _ pair: Pair, _ detail: String, at now: Moment, _ step: inout Step
    ) {
        let meant = zip(call.activations, call.pairs).filter { $0.1.audience == pair.audience }.map(\.0)
        judgeAlone(call, suspects: meant.isEmpty ? call.activations : meant, detail, at: now, &step) {
            scheduler, culprit, step in
            if meant.isEmpty { return scheduler.retryLater(culprit, detail, at: now, &step) }
            let pause = scheduler.configuration.polling.gate * GateBounds.definitionPatience
            scheduler.putBack(culprit, detail, counts: false, notBefore: now.wall + pause, at: now, &step)
        }
    }

    /// A run that a refusal names, with what a listing has said of it.
    private func named(_ run: RunID, by pair: Pair, in sandbox: SandboxName) -> DataflowRun {
        knowledge.runs[DataflowKey(sandbox, pair.dataflow)]?.listing.runs.first { $0.id == run }
            ?? DataflowRun(
                id: run, dataflow: pair.dataflow, createdAt: knowledge.named[run]?.begunAt, status: .running, word: "",
                audiences: [pair.audience])
    }

    private mutating func takeNotMapped(
        _ call: Call, _ names: [String], _ detail: String, at now: Moment, _ step: inout Step
    ) {
        let mapped = zip(call.activations, call.pairs).map { activation, pair in
            let known = knowledge.dataflows[DataflowKey(call.sandbox, pair.dataflow)]
            return (activation, name: known?.definition.mapping(of: pair.audience)?.name)
        }
        // A name with a comma in it reads as several, and one of these may be another pair's: then nobody is named.
        let isCertain = names.allSatisfy { name in mapped.contains { $0.name == name } }
        let named = isCertain ? mapped.filter { $0.name.map(names.contains) ?? false } : []
        let suspects = named.isEmpty ? call.activations : named.map(\.0)
        judgeAlone(call, suspects: suspects, detail, at: now, &step) { scheduler, culprit, step in
            scheduler.judgeMapping(culprit, detail, at: now, &step)
        }
    }

    /// One pair was refused alone, or by name. Within an hour of its first activation it is not settled yet; later it is
    /// a real fault of its mapping.
    private mutating func judgeMapping(
        _ activation: ActivationID, _ detail: String, at now: Moment, _ step: inout Step
    ) {
        if !awaitSettling(activation, detail, at: now, &step) { fail(activation, detail, at: now, &step) }
    }

    /// Waits with a pair that was first activated less than an hour ago.
    ///
    /// - Returns: Whether it was; if not, nothing was done.
    private mutating func awaitSettling(
        _ activation: ActivationID, _ detail: String, at now: Moment, _ step: inout Step
    ) -> Bool {
        guard let pair = state.pair(of: activation),
            let sandbox = state.occurrences[activation.occurrence]?.occurrence.sandbox
        else { return false }
        if let known = knowledge.dataflows[DataflowKey(sandbox, pair.dataflow)],
            let createdAt = known.definition.mapping(of: pair.audience)?.createdAt
        {
            let left = GateBounds.settlingTime - (platformTime(known, at: now) - createdAt)
            if left > .zero {
                // A look every so often, since it may settle early; the hour is the upper bound.
                let pause = min(left, configuration.polling.gate * GateBounds.definitionPatience)
                putBack(
                    activation, "not settled yet: \(detail)", counts: false, notBefore: now.wall + pause, at: now, &step
                )
                return true
            }
        }
        return false
    }

    private mutating func takeTooLarge(_ call: Call, _ detail: String, at now: Moment, _ step: inout Step) {
        guard call.pairs.count > 1 else {
            if mutant(.oneIsTooLarge) { return fail(call.activations[0], detail, at: now, &step) }
            // One pair is not too many: the text means something else, or the platform errs.
            retryLater(call.activations[0], detail, at: now, &step)
            return
        }
        // Other calls of this size may have left before it: each says the same, and no more.
        let limit = max(1, call.pairs.count / 2)
        if limit < pairLimit(of: call.sandbox, at: now) {
            record(.pairLimitLearned(sandbox: call.sandbox, limit: limit, at: now.wall), &step)
        }
        for activation in call.activations { putBack(activation, detail, counts: false, at: now, &step) }
    }

    /// What is refused alone is refused for itself. What is part of a larger call that was refused is counted with it.
    private mutating func noteSize(of call: Call) {
        let refused = knowledge.refusedSizes[call.sandbox]
        if call.pairs.count == 1 {
            if refused?.pending.contains(call.activations[0]) == true { knowledge.refusedSizes[call.sandbox] = nil }
        } else if refused?.pending.isSuperset(of: call.activations) != true {
            let isOver = refused?.pending.isEmpty == true
            knowledge.refusedSizes[call.sandbox] = RefusedSize(
                size: call.pairs.count, pending: Set(call.activations), taken: isOver ? refused?.taken ?? 0 : 0,
                times: isOver ? refused?.times ?? 0 : 0)
        } else {
            knowledge.refusedSizes[call.sandbox]?.size = call.pairs.count
        }
    }

    /// Refused in words that nobody knows, and then taken in smaller calls, every pair of it, once more, and nothing as large was
    /// taken in between: then its size is the reason.
    private mutating func learnSize(from call: Call, at now: Moment, _ step: inout Step) {
        guard var refused = knowledge.refusedSizes[call.sandbox] else { return }
        // As large as one that was refused: then it was something else.
        if call.pairs.count >= refused.size {
            knowledge.refusedSizes[call.sandbox] = nil
            return
        }
        guard !refused.pending.isDisjoint(with: call.activations) else { return }
        refused.pending.subtract(call.activations)
        refused.taken = max(refused.taken, call.pairs.count)
        if refused.pending.isEmpty { refused.times += 1 }
        knowledge.refusedSizes[call.sandbox] = refused
        guard refused.pending.isEmpty, refused.times >= RefusalBounds.sizes,
            refused.taken < pairLimit(of: call.sandbox, at: now)
        else { return }
        knowledge.refusedSizes[call.sandbox] = nil
        record(.pairLimitLearned(sandbox: call.sandbox, limit: refused.taken, at: now.wall), &step)
    }

    /// A refusal for one pair refuses the whole call. The suspects are sent again in halves until the culprit stands
    /// alone; the others go again at once.
    private mutating func judgeAlone(
        _ call: Call, suspects: [ActivationID], _ detail: String, at now: Moment, _ step: inout Step,
        culprit judge: (inout Scheduler, ActivationID, inout Step) -> Void
    ) {
        let guilty = Set(suspects)
        let half = suspects.count / 2
        for activation in call.activations {
            if !guilty.contains(activation) {
                putBack(
                    activation, "its call was refused for another pair: \(detail)", counts: false, at: now, &step)
            } else if suspects.count == 1 {
                judge(&self, activation, &step)
            } else {
                putBack(
                    activation, "its call was refused, smaller ones find out for whom: \(detail)", counts: false,
                    packLimit: max(1, half), at: now, &step)
            }
        }
    }

    // MARK: Back in line

    /// Waits for a backoff and counts the attempt; the last one sets the activation aside for a person.
    mutating func retryLater(_ activation: ActivationID, _ reason: String, at now: Moment, _ step: inout Step) {
        let attempts = state[activation]?.attempts ?? 0
        if attempts >= configuration.limits.attempts {
            setAside(activation, "after \(attempts) attempts: \(reason)", holdsLane: false, at: now, &step)
            return
        }
        let delay = Backoff.delay(
            after: max(1, attempts), key: "activation/\(activation)", base: configuration.limits.backoffBase,
            ceiling: configuration.limits.backoffMaximum)
        putBack(activation, reason, counts: true, notBefore: now.wall + delay, at: now, &step)
    }

    /// - Parameters:
    ///   - isRefused: The platform refused this very pair.
    ///   - named: The run for which it did so, where that may be of an earlier call.
    mutating func putBack(
        _ activation: ActivationID, _ reason: String, counts: Bool, notBefore: Instant? = nil, packLimit: Int? = nil,
        isRefused: Bool = false, named: RunID? = nil, at now: Moment, _ step: inout Step
    ) {
        let doubtful: CallID? =
            switch state[activation]?.phase {
            case .inDoubt(let call): call
            case .quarantined(let call): call
            case .calling: isRefused ? nil : knowledge.refusedCall
            case .waiting, .running, .ended, nil: nil
            }
        knowledge.doubts[activation] = nil
        record(
            .activationReturned(
                activation: activation, reason: reason, notBefore: notBefore, attemptCounts: counts,
                packLimit: packLimit, doubtful: doubtful, named: named), &step)
    }

    mutating func setAside(
        _ activation: ActivationID, _ reason: String, holdsLane: Bool, at now: Moment, _ step: inout Step
    ) {
        var doubtful: CallID?
        if !holdsLane, case .inDoubt(let call) = state[activation]?.phase { doubtful = call }
        knowledge.doubts[activation] = nil
        record(
            .activationQuarantined(
                activation: activation, reason: reason, holdsLane: holdsLane, at: now.wall, doubtful: doubtful), &step)
        if !mutant(.nobodyTold) { notify(.quarantined, activation, reason, at: now, &step) }
    }

    mutating func fail(_ activation: ActivationID, _ reason: String, at now: Moment, _ step: inout Step) {
        record(
            .activationEnded(
                activation: activation, outcome: ActivationOutcome(result: .failed, reason: reason), at: now.wall),
            &step)
    }
}

enum CallOutcome {
    static func words(for answer: CallAnswer, _ call: Call) -> String {
        switch answer {
        case .accepted(let runs): "accepted \(runs.count) of \(call.pairs.count)"
        case .refused(let refusal): "refused: \(refusal.detail)"
        case .throttled(_, let detail): "throttled: \(detail)"
        case .notSent(let detail): "not sent: \(detail)"
        case .doubtful(let detail): "no usable answer: \(detail)"
        }
    }
}
