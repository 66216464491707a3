// Between an established absence and the second call lies one more look, asked for after the absence: a run that shows late may have
// shown meanwhile.

internal import SchedulerCore

struct LookCheck {
    private struct Flow: Hashable {
        var sandbox: SandboxName
        var id: DataflowID
    }

    /// What happened when, by counting.
    private var turn = 0
    private var asked: [AskID: (flows: [Flow], turn: Int)] = [:]
    /// When the newest listing of a dataflow was asked for that was answered.
    private var looks: [Flow: Int] = [:]
    /// When an activation was called absent.
    private var absences: [ActivationID: Int] = [:]
    private var answered: Set<CallID> = []
    /// Those that a person has just settled.
    private var settled: Set<ActivationID> = []

    mutating func asks(_ effect: Effect) {
        guard case .askRuns(let id, let sandbox, let dataflows, _) = effect else { return }
        turn += 1
        asked[id] = (dataflows.map { Flow(sandbox: sandbox, id: $0) }, turn)
    }

    mutating func hears(_ event: Event) {
        guard case .runsAnswered(let id, let answer) = event, let question = asked.removeValue(forKey: id),
            case .success = answer
        else { return }
        for flow in question.flows { looks[flow] = max(question.turn, looks[flow] ?? 0) }
    }

    /// The process has died, and with it what it was told.
    mutating func forget() {
        asked = [:]
        looks = [:]
    }

    /// Before a record changes the state.
    ///
    /// - Parameter isAnswer: Whether the answer that it records says anything.
    mutating func take(_ record: Record, _ state: State, isAnswer: Bool) {
        switch record {
        case .callAnswered(let call, _, _) where isAnswer: answered.insert(call)
        case .activationResolved(let id, _, _, _): settled.insert(id)
        case .activationReturned(let id, _, _, _, _, _, _):
            guard settled.remove(id) == nil, case .inDoubt(let call)? = state[id]?.phase, !answered.contains(call)
            else {
                return
            }
            turn += 1
            absences[id] = turn
        default: break
        }
    }

    /// What is wrong with sending a call now.
    mutating func look(atLeaving call: Call) -> String? {
        for (activation, pair) in zip(call.activations, call.pairs) {
            guard let absence = absences.removeValue(forKey: activation) else { continue }
            let look = looks[Flow(sandbox: call.sandbox, id: pair.dataflow)] ?? 0
            if look < absence {
                return "call \(call.id) carries activation \(activation), and nobody has looked since it was absent"
            }
        }
        return nil
    }
}
