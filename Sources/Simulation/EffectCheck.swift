// A call without an answer took effect as a whole, or did not. Once one of its pairs has its run, the others are not called absent
// and sent again, however long ago that was and whatever became of the first: only a person orders another try.

internal import SchedulerCore

struct EffectCheck {
    /// The call that an activation is in doubt about, or was before it went back in line.
    private var doubted: [ActivationID: CallID] = [:]
    /// A run that was found for a pair of a call in doubt.
    private var effects: [CallID: RunID] = [:]
    /// The answer says more: a call that is refused may have taken effect for some of its pairs only.
    private var answered: Set<CallID> = []

    /// Before a record changes the state.
    ///
    /// - Parameter isAnswer: Whether the answer that it records says anything.
    /// - Returns: What is wrong, in words.
    mutating func take(_ record: Record, isAnswer: Bool) -> String? {
        switch record {
        case .activationInDoubt(let id, let call, _, _):
            doubted[id] = answered.contains(call) ? nil : call
        case .activationRunning(let id, let run, _, _):
            if let call = doubted.removeValue(forKey: id) { effects[call] = run }
        case .activationReturned(let id, _, _, _, _, _, _):
            // What shows only after an absence was established came too late for it.
            if let call = doubted[id], effects[call] == nil { doubted[id] = nil }
        case .activationResolved(let id, _, _, _):
            doubted[id] = nil
        case .callAnswered(let call, _, _) where isAnswer:
            answered.insert(call)
            effects[call] = nil
            doubted = doubted.filter { $0.value != call }
        case .callIntended(let call):
            for activation in call.activations {
                // Of two calls in doubt nobody knows which one a run is of.
                guard let before = doubted.removeValue(forKey: activation), let run = effects[before] else { continue }
                return
                    "call \(call.id) carries activation \(activation): run \(run) came of call \(before) for another pair"
            }
        default: break
        }
        return nil
    }
}
