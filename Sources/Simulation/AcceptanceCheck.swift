// For which activation the platform took a call in. An activation is accepted once, and once more for each time that a person
// ordered another try, or where no look could have shown the run of before. Once the platform has named its run, in an answer
// or in a refusal, nothing more is sent for it; and what was delivered is told as delivered.

internal import Chronology
internal import PlatformModel
internal import SchedulerCore

struct AcceptanceCheck {
    private struct Acceptance {
        var call: CallID
        var run: RunID
    }

    private var accepted: [ActivationID: [Acceptance]] = [:]
    /// Tries that a person ordered.
    private var retries: [ActivationID: Int] = [:]
    private var abandoned: Set<ActivationID> = []
    /// When it was last called absent, by the platform's clock: a run that showed later was not to be known.
    private var absentAt: [ActivationID: Instant] = [:]
    /// The run that the platform named to us.
    private var named: [ActivationID: RunID] = [:]
    /// Answers that a process was told of and has not recorded.
    private var answers: [CallID: CallAnswer] = [:]
    private var seen = 0

    /// What a process is told of a call.
    mutating func hears(_ call: CallID, _ answer: CallAnswer) {
        answers[call] = answer
    }

    /// The process has died: what it was told, and has not recorded, is gone.
    mutating func forgetAnswers() {
        answers = [:]
    }

    // MARK: Records

    /// Before they change the state.
    ///
    /// - Parameter now: By the platform's clock.
    mutating func look(at record: Record, _ state: State, at now: Instant) {
        switch record {
        case .callAnswered(let id, _, _):
            guard let call = state.calls[id]?.call, let answer = answers.removeValue(forKey: id) else { return }
            note(answer, call)
        case .activationReturned(let id, _, _, _, _, _, _):
            if case .inDoubt? = state[id]?.phase { absentAt[id] = now }
        case .activationResolved(let id, .retry, _, _):
            retries[id, default: 0] += 1
            named[id] = nil
        case .activationResolved(let id, .abandon, _, _):
            abandoned.insert(id)
        default: break
        }
    }

    private mutating func note(_ answer: CallAnswer, _ call: Call) {
        switch answer {
        case .accepted(let runs):
            for (activation, pair) in zip(call.activations, call.pairs) {
                if let run = runs[pair], isAccepted(activation, as: run) { named[activation] = run }
            }
        case .refused(.alreadyRunning(_, let run, _)):
            for activation in call.activations where isAccepted(activation, as: run) { named[activation] = run }
        case .refused, .throttled, .notSent, .doubtful: break
        }
    }

    private func isAccepted(_ activation: ActivationID, as run: RunID) -> Bool {
        accepted[activation]?.contains { $0.run == run } ?? false
    }

    // MARK: Calls

    /// What is wrong with sending a call now.
    func look(atLeaving call: Call) -> String? {
        for activation in call.activations {
            if let run = named[activation] {
                return "call \(call.id) carries activation \(activation), whose run \(run) the platform has named"
            }
        }
        return nil
    }

    /// What the platform took in since the last look, all of it by this call.
    ///
    /// - Parameters:
    ///   - runs: The platform's runs by id.
    ///   - isUnseen: Whether no look before the call left could show a run.
    /// - Returns: What is wrong, in words.
    mutating func take(
        _ ledger: Ledger, after call: Call, _ runs: (RunID) -> SimulatedRun?, isUnseen: (SimulatedRun) -> Bool
    ) -> [String] {
        var wrong: [String] = []
        for acceptance in ledger.acceptances.dropFirst(seen) {
            let pair = Pair(dataflow: DataflowID(acceptance.dataflow), audience: AudienceID(acceptance.audience))
            guard let position = call.pairs.firstIndex(of: pair) else {
                wrong.append("call \(call.id) was accepted for \(pair.dataflow) \(pair.audience), and does not name it")
                continue
            }
            let id = call.activations[position]
            let run = RunID(acceptance.run)
            let before = accepted[id] ?? []
            accepted[id] = before + [Acceptance(call: call.id, run: run)]
            guard before.count > retries[id] ?? 0 else { continue }
            // An established absence is a look of then, however old an answer may be.
            let looked = absentAt[id].map { $0 - CheckBounds.look }
            let known = before.first { earlier in
                guard let run = runs(earlier.run) else { return true }
                return looked.map { run.isListedFrom <= $0 } ?? false || !isUnseen(run)
            }
            if let known {
                wrong.append("activation \(id) was accepted as run \(known.run), and again as run \(run)")
            }
        }
        seen = ledger.acceptances.count
        return wrong
    }

    // MARK: What a person knows

    /// The runs as which the platform took an activation's calls in, the first first.
    func runs(of id: ActivationID) -> [RunID] { accepted[id]?.map(\.run) ?? [] }

    // MARK: Ends

    /// The run by which an activation was delivered although it is told otherwise, if a look could have shown it.
    ///
    /// - Parameters:
    ///   - now: By the platform's clock.
    ///   - asked: When the listing was asked for by which it counts as absent, by the same: page after page of it may be slow. Nil where
    ///     no look decides.
    func delivered(
        _ id: ActivationID, at now: Instant, asked: Instant?, _ runs: (RunID) -> SimulatedRun?
    ) -> RunID? {
        guard !abandoned.contains(id) else { return nil }
        let last = (absentAt[id] ?? now) - CheckBounds.look
        let looked = min(last, asked ?? last)
        return accepted[id]?.first { acceptance in
            guard let run = runs(acceptance.run) else { return false }
            return !run.fails && run.vanishesAt == nil && run.isListedFrom <= looked
        }?.run
    }
}
