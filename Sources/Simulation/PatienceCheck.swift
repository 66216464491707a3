// What a refusal that passes may cost an activation: its time, and no attempt. Too much, too early, not ready, a right that is
// missing for now, a mapping of the last hour that is not found yet: after any of these it goes back in line uncounted, and is
// not set aside.

internal import Chronology
internal import SchedulerCore

struct PatienceCheck {
    /// Answers that a process was told of and has not recorded.
    private var answers: [CallID: CallAnswer] = [:]
    /// What refused an activation last, in words, where that passes by itself.
    private var passing: [ActivationID: String] = [:]
    /// Those whose call was said to be too large with one pair in it, which means something else.
    private var tooLarge: Set<ActivationID> = []

    /// Adobe's page asks for so long after the first mapping.
    private static let settling = Duration.seconds(3600)

    mutating func hears(_ call: CallID, _ answer: CallAnswer) {
        answers[call] = answer
    }

    mutating func forgetAnswers() {
        answers = [:]
    }

    /// Before a record changes the state.
    ///
    /// - Parameter mappedFor: How long a pair has been mapped; nil where it is not.
    /// - Returns: What is wrong, in words.
    mutating func take(_ record: Record, _ state: State, mappedFor: (Pair, SandboxName) -> Duration?) -> String? {
        switch record {
        case .callAnswered(let id, _, _):
            guard let answer = answers.removeValue(forKey: id), let call = state.calls[id]?.call else { return nil }
            let words = Self.passes(answer, call, mappedFor)
            for activation in call.activations { passing[activation] = words }
            if case .refused(.tooLarge) = answer, call.pairs.count == 1 { tooLarge.formUnion(call.activations) }
        case .callIntended(let call):
            for activation in call.activations { passing[activation] = nil }
            tooLarge.subtract(call.activations)
        case .activationReturned(let id, _, _, let counts, _, _, _):
            if let words = passing.removeValue(forKey: id), counts {
                return "\(words) costs activation \(id) an attempt"
            }
        case .activationEnded(let id, let outcome, _) where outcome.result == .failed && outcome.run == nil:
            guard case .calling? = state[id]?.phase else { return nil }
            if let words = passing.removeValue(forKey: id) { return "activation \(id) fails after \(words)" }
            if tooLarge.contains(id) { return "activation \(id) fails because one pair is too many" }
        case .activationQuarantined(let id, _, _, _, _):
            if let words = passing.removeValue(forKey: id) { return "activation \(id) is set aside after \(words)" }
        default: break
        }
        return nil
    }

    private static func passes(
        _ answer: CallAnswer, _ call: Call, _ mappedFor: (Pair, SandboxName) -> Duration?
    ) -> String? {
        switch answer {
        case .throttled: return "too many requests"
        case .notSent: return "a call that was not sent"
        case .refused(.notReady): return "what is not ready yet"
        case .refused(.unauthorized), .refused(.forbidden): return "a right that is missing"
        case .refused(.other(404, _)), .refused(.notMapped):
            // Of several pairs nobody knows which it is.
            guard call.pairs.count == 1, let age = mappedFor(call.pairs[0], call.sandbox) else { return nil }
            return age + CheckBounds.look < settling ? "a mapping that is not found yet" : nil
        case .accepted, .refused, .doubtful: return nil
        }
    }
}
