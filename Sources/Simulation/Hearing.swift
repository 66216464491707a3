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
    private var calls: [CallID: SandboxName] = [:]
    private var failures: Set<Kind> = []
    /// When our credentials were refused last; nil once something was answered since.
    private(set) var refusedAt: Instant?
    /// When each sandbox listed runs last, by the platform's clock.
    private(set) var runsListedAt: [SandboxName: Instant] = [:]
    /// When that was asked for of which the last answer came, for each `sandbox/dataflow` and by the platform's clock.
    private(set) var runsAskedAt: [String: Instant] = [:]
    private var askedAt: [AskID: Instant] = [:]
    /// Of which the last listing showed no run, as `sandbox/dataflow`.
    private(set) var blank: Set<String> = []

    /// - Parameter now: By the platform's clock; nil for a call.
    mutating func leaves(_ effect: Effect, at now: Instant? = nil) {
        if case .askRuns(let id, _, _, _) = effect { askedAt[id] = now }
        switch effect {
        case .askExportJobs(let id, _, _), .askDataflows(let id, _, _), .askRuns(let id, _, _, _),
            .askRun(let id, _, _):
            questions[id] = effect
        case .send(let call): calls[call.id] = call.sandbox
        case .queueCall, .dropCall, .notify, .reply: break
        }
    }

    /// What an answer that is awaited is about; nil for one that is not, and for anything else.
    func sandbox(of event: Event) -> SandboxName? {
        let question: Effect?
        switch event {
        case .exportJobsAnswered(let id, _): question = questions[id]
        case .dataflowsAnswered(let id, _): question = questions[id]
        case .runsAnswered(let id, _): question = questions[id]
        case .runAnswered(let id, _): question = questions[id]
        case .callAnswered(let id, _): return calls[id]
        default: return nil
        }
        switch question {
        case .askExportJobs(_, let sandbox, _), .askDataflows(_, let sandbox, _), .askRuns(_, let sandbox, _, _),
            .askRun(_, let sandbox, _):
            return sandbox
        default: return nil
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
            failures.insert(kind)
        case .throttled, .unavailable, .refused, .nonsense: failures.insert(kind)
        }
        return true
    }

    /// A listing that was cut may open nothing, as if it had failed.
    private mutating func takeRuns(_ id: AskID, _ answer: Result<RunListing, AskFailure>, at now: Instant) -> Bool {
        let asked = askedAt.removeValue(forKey: id)
        if case .askRuns(_, let sandbox, let dataflows, _) = questions[id], answer.failure == nil {
            runsListedAt[sandbox] = now
            let shown = Set((try? answer.get().runs.map(\.dataflow)) ?? [])
            for dataflow in dataflows {
                let key = "\(sandbox)/\(dataflow)"
                runsAskedAt[key] = asked
                if shown.contains(dataflow) { blank.remove(key) } else { blank.insert(key) }
            }
        }
        guard take(id, .runs, answer.failure, at: now) else { return false }
        if case .success(let listing) = answer, listing.isTruncated { failures.insert(.runs) }
        return true
    }

    private mutating func take(_ id: CallID, _ answer: CallAnswer, at now: Instant) -> Bool {
        guard calls.removeValue(forKey: id) != nil else { return false }
        switch answer {
        case .refused(.unauthorized):
            refusedAt = now
            failures.insert(.calls)
        // A right that is missing in one sandbox, or at one endpoint, is that one's trouble.
        case .refused(.forbidden), .throttled, .notSent, .refused, .doubtful: failures.insert(.calls)
        case .accepted: break
        }
        return true
    }

    /// Whether a question about a sandbox is under way: others wait until it is answered.
    func isAsked(about sandbox: SandboxName) -> Bool {
        questions.values.contains { question in
            switch question {
            case .askExportJobs(_, sandbox, _), .askRun(_, sandbox, _), .askDataflows(_, sandbox, _),
                .askRuns(_, sandbox, _, _):
                true
            default: false
            }
        }
    }

    /// Whether a question of a kind, or a call, has failed since the process started.
    func hasFailed(_ kind: Kind) -> Bool { failures.contains(kind) }
}

extension Result where Failure == AskFailure {
    /// What failed; nil for an answer.
    var failure: AskFailure? {
        if case .failure(let failure) = self { failure } else { nil }
    }
}
