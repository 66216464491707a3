// The table of phases, from the design and not from the code: what each record may find, and what it leaves behind. A record
// that finds anything else is a finding, whatever the fold makes of it.

internal import SchedulerCore

struct PhaseCheck {
    private enum Phase: Equatable {
        case waiting
        case calling(CallID)
        case inDoubt(CallID)
        case running(RunID)
        case quarantined
        case ended
    }

    private enum CallPhase {
        /// Certainly not sent. Left for `sending`, or for good by its withdrawal.
        case intended
        case sending
        /// Answered, or certainly not sent.
        case over
    }

    private var phases: [OccurrenceID: [Phase]] = [:]
    private var calls: [CallID: (phase: CallPhase, activations: [ActivationID])] = [:]
    /// Occurrences that have ended, until a person settles something of them.
    private var over: Set<OccurrenceID> = []
    /// What a person has just settled, and what has not followed from it yet.
    private var settled: Set<ActivationID> = []
    /// Whose run was found, and not told by an answer.
    private var adopted: Set<ActivationID> = []

    /// Before they change the state.
    ///
    /// - Returns: What is wrong, in words.
    mutating func take(_ record: Record) -> String? {
        switch record {
        case .occurrenceAdmitted(let occurrence):
            guard phases[occurrence.id] == nil else { return "occurrence \(occurrence.id) is admitted twice" }
            phases[occurrence.id] = occurrence.pairs.map { _ in .waiting }
            return nil
        case .occurrenceEnded(let id, _, _):
            return end(id)
        case .callIntended(let call):
            guard calls[call.id] == nil else { return "call \(call.id) is intended twice" }
            calls[call.id] = (.intended, call.activations)
            for activation in call.activations {
                if let wrong = move(activation, to: .calling(call.id), by: "a call", from: { $0 == .waiting }) {
                    return wrong
                }
            }
            return nil
        case .callSending(let id, _):
            guard calls[id]?.phase == .intended else { return "call \(id) is sent, and was not intended" }
            calls[id]?.phase = .sending
            return nil
        case .callAnswered(let id, _, _):
            guard calls[id]?.phase == .sending else { return "call \(id) is answered, and was not on its way" }
            calls[id]?.phase = .over
            return nil
        case .callWithdrawn(let id, _):
            return withdraw(id)
        default:
            return takeOfActivation(record)
        }
    }

    private mutating func end(_ id: OccurrenceID) -> String? {
        guard over.insert(id).inserted else { return "occurrence \(id) ends twice" }
        let isOpen = phases[id]?.contains { $0 != .ended && $0 != .quarantined } ?? true
        return isOpen ? "occurrence \(id) ends, and something of it has not" : nil
    }

    private mutating func withdraw(_ id: CallID) -> String? {
        guard let call = calls[id], call.phase == .intended else {
            return "call \(id) is withdrawn, and may have been sent"
        }
        calls[id]?.phase = .over
        for activation in call.activations where stay(activation, "", { $0 == .calling(id) }) == nil {
            phases[activation.occurrence]?[activation.index - 1] = .waiting
        }
        return nil
    }

    private mutating func takeOfActivation(_ record: Record) -> String? {
        switch record {
        case .activationReturned(let id, _, _, _, _, _, _):
            let isSettled = settled.remove(id) != nil
            return move(id, to: .waiting, by: "a return") { phase in
                switch phase {
                case .calling, .inDoubt: true
                case .quarantined: isSettled
                case .waiting, .running, .ended: false
                }
            }
        case .activationInDoubt(let id, let call, _, _):
            return move(id, to: .inDoubt(call), by: "a doubt") { phase in
                // A run of another pair of an earlier call shows that it took effect.
                phase == .calling(call) || phase == .waiting
            }
        case .runNamed(let id, _, _, _, _):
            return stay(id, "a named run") { $0 == .waiting }
        case .doubtLookedUp(let id, _), .candidateSeen(let id, _, _):
            return stay(id, "a look-up") { if case .inDoubt = $0 { true } else { false } }
        case .activationRunning(let id, let run, let isAdopted, _):
            if isAdopted { adopted.insert(id) } else { adopted.remove(id) }
            let isSettled = settled.remove(id) != nil
            return move(id, to: .running(run), by: "a run") { phase in
                switch phase {
                case .waiting, .calling, .inDoubt: true
                case .quarantined: isSettled
                case .running, .ended: false
                }
            }
        case .runLate(let id, let run, _), .runEndUnknown(let id, let run, _, _), .runFound(let id, let run, _):
            return stay(id, "a late run") { $0 == .running(run) }
        case .activationEnded(let id, let outcome, _):
            return end(id, outcome)
        case .activationQuarantined(let id, _, _, _, _):
            let wasAdopted = adopted.contains(id)
            return move(id, to: .quarantined, by: "a quarantine") { phase in
                switch phase {
                case .calling, .inDoubt, .waiting: true
                // What was taken for its own turned out to be the schedule's.
                case .running: wasAdopted
                case .quarantined, .ended: false
                }
            }
        case .activationResolved(let id, _, _, _):
            settled.insert(id)
            over.remove(id.occurrence)
            return stay(id, "a person's order") { phase in
                switch phase {
                case .quarantined, .inDoubt, .running: true
                case .waiting, .calling, .ended: false
                }
            }
        default:
            return nil
        }
    }

    private mutating func end(_ id: ActivationID, _ outcome: ActivationOutcome) -> String? {
        let isSettled = settled.remove(id) != nil
        return move(id, to: .ended, by: "its end as \(outcome.result.rawValue)") { phase in
            switch (phase, outcome.result) {
            case (.waiting, .expired), (.waiting, .cancelled), (.waiting, .failed): true
            // What is on the wire or in doubt is neither cancelled nor out of time.
            case (.calling, .failed), (.inDoubt, .failed): true
            case (.running(let run), .succeeded), (.running(let run), .partial), (.running(let run), .failed):
                outcome.run == run || isSettled
            case (.quarantined, .failed): isSettled
            default: false
            }
        }
    }

    // MARK: Moves

    private mutating func move(
        _ id: ActivationID, to phase: Phase, by what: String, from isAllowed: (Phase) -> Bool
    ) -> String? {
        if let wrong = stay(id, what, isAllowed) { return wrong }
        phases[id.occurrence]?[id.index - 1] = phase
        return nil
    }

    private func stay(_ id: ActivationID, _ what: String, _ isAllowed: (Phase) -> Bool) -> String? {
        guard let known = phases[id.occurrence], known.indices.contains(id.index - 1) else {
            return "\(what) of activation \(id), which was never admitted"
        }
        let phase = known[id.index - 1]
        return isAllowed(phase) ? nil : "\(what) finds activation \(id) \(phase)"
    }
}
