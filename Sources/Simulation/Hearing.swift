// What a process was told since it started: the first answer to each question, and to each call. Later ones are told to nobody who
// waits for them.

internal import Chronology
internal import SchedulerCore

struct Hearing {
    /// Whom a question is about.
    enum Kind: Hashable {
        case exports, dataflows, runs, run, calls
    }

    private var questions: [AskID: Effect] = [:]
    private var calls: Set<CallID> = []
    /// When the last failure was heard, by the platform's clock.
    private var failures: [Kind: Instant] = [:]
    /// When our credentials were refused last; nil once something was answered since.
    private(set) var refusedAt: Instant?

    mutating func leaves(_ effect: Effect) {
        switch effect {
        case .askExportJobs(let id, _, _), .askDataflows(let id, _, _), .askRuns(let id, _, _, _),
            .askRun(let id, _, _):
            questions[id] = effect
        case .send(let call): calls.insert(call.id)
        case .queueCall, .dropCall, .notify, .reply: break
        }
    }

    /// - Parameter now: By the platform's clock.
    /// - Returns: Whether it is awaited: what is not changes nothing.
    mutating func take(_ event: Event, at now: Instant) -> Bool {
        switch event {
        case .exportJobsAnswered(let id, let answer): take(id, .exports, answer.failure, at: now)
        case .dataflowsAnswered(let id, let answer): take(id, .dataflows, answer.failure, at: now)
        case .runsAnswered(let id, let answer): takeRuns(id, answer, at: now)
        case .runAnswered(let id, let answer): take(id, .run, answer.failure, at: now)
        case .callAnswered(let id, let answer): take(id, answer, at: now)
        case .callTurn, .started, .reloaded, .woke, .stopping, .clockSynchronised, .admittedBefore, .command: true
        }
    }

    private mutating func take(_ id: AskID, _ kind: Kind, _ failure: AskFailure?, at now: Instant) -> Bool {
        guard questions.removeValue(forKey: id) != nil else { return false }
        switch failure {
        case nil: refusedAt = nil
        case .credentials, .secret:
            refusedAt = now
            failures[kind] = now
        case .throttled, .unavailable, .refused, .nonsense: failures[kind] = now
        }
        return true
    }

    /// A listing that was cut may open nothing, as if it had failed.
    private mutating func takeRuns(_ id: AskID, _ answer: Result<RunListing, AskFailure>, at now: Instant) -> Bool {
        guard take(id, .runs, answer.failure, at: now) else { return false }
        if case .success(let listing) = answer, listing.isTruncated { failures[.runs] = now }
        return true
    }

    private mutating func take(_ id: CallID, _ answer: CallAnswer, at now: Instant) -> Bool {
        guard calls.remove(id) != nil else { return false }
        switch answer {
        case .refused(.unauthorized), .refused(.forbidden):
            refusedAt = now
            failures[.calls] = now
        case .throttled, .notSent, .refused, .doubtful: failures[.calls] = now
        case .accepted: break
        }
        return true
    }

    /// Whether a question is under way whose answer may open a gate of a dataflow.
    func isAsked(about dataflow: DataflowID, in sandbox: SandboxName) -> Bool {
        questions.values.contains { question in
            switch question {
            case .askExportJobs(_, sandbox, _), .askRun(_, sandbox, _): true
            case .askDataflows(_, sandbox, let dataflows), .askRuns(_, sandbox, let dataflows, _):
                dataflows.contains(dataflow)
            default: false
            }
        }
    }

    /// Whether a question of a kind has failed within a time.
    func hasFailed(_ kind: Kind, since: Instant) -> Bool {
        failures[kind].map { $0 >= since } ?? false
    }
}

extension Result where Failure == AskFailure {
    /// What failed; nil for an answer.
    var failure: AskFailure? {
        if case .failure(let failure) = self { failure } else { nil }
    }
}
