// Questions that the platform does not answer, told at the usual level: when that begins, when the reason changes, and when
// it is over. A gate that stays closed because nobody can ask looks like any other closed gate otherwise.

internal import Chronology
internal import Logging
internal import SchedulerCore

/// What is asked of the platform again and again.
enum Question: Hashable, Sendable {
    case exportJobs(SandboxName)
    case dataflows(SandboxName)
    case runs(SandboxName)

    init?(_ effect: Effect) {
        switch effect {
        case .askExportJobs(_, let sandbox, _): self = .exportJobs(sandbox)
        case .askDataflows(_, let sandbox, _): self = .dataflows(sandbox)
        case .askRuns(_, let sandbox, _, _), .askRun(_, let sandbox, _): self = .runs(sandbox)
        default: return nil
        }
    }

    var words: String {
        switch self {
        case .exportJobs(let sandbox): "the platform's list of export jobs (sandbox \(sandbox))"
        case .dataflows(let sandbox): "the platform's list of dataflows (sandbox \(sandbox))"
        case .runs(let sandbox): "the platform's list of runs (sandbox \(sandbox))"
        }
    }
}

extension Event {
    /// Why a question was not answered; nil for an answer, and for what is none.
    var askFailure: AskFailure? {
        switch self {
        case .exportJobsAnswered(_, .failure(let failure)), .dataflowsAnswered(_, .failure(let failure)),
            .runsAnswered(_, .failure(let failure)), .runAnswered(_, .failure(let failure)):
            failure
        default: nil
        }
    }

    /// Whether the platform refused our credentials; nil for what says nothing of them.
    var isRefused: Bool? {
        switch self {
        case .callAnswered(_, .refused(.unauthorized)), .callAnswered(_, .refused(.forbidden)): true
        case .callAnswered(_, .accepted), .exportJobsAnswered(_, .success), .dataflowsAnswered(_, .success),
            .runsAnswered(_, .success), .runAnswered(_, .success):
            false
        default:
            switch askFailure {
            case .credentials, .secret, .refused(status: 403, _): true
            case .refused, .throttled, .unavailable, .nonsense, nil: nil
            }
        }
    }
}

struct QuestionLog {
    /// A reason that changes is told again after this, so that a platform with many faults does not fill the log.
    private static let retelling = Duration.seconds(60)

    private struct Trouble {
        var detail: String
        var since: Monotonic
        var toldAt: Monotonic
    }

    private let logger: Logger
    private var troubles: [Question: Trouble] = [:]

    init(logger: Logger) {
        self.logger = logger
    }

    mutating func tell(_ question: Question, _ failure: AskFailure?, at now: Monotonic) {
        guard let failure else {
            guard let trouble = troubles.removeValue(forKey: question) else { return }
            logger.notice(
                "\(question.words) can be read again, after \((now - trouble.since).words)",
                metadata: ["event": "question-answered"])
            return
        }
        let detail = failure.detail
        var trouble = troubles[question] ?? Trouble(detail: "", since: now, toldAt: now + (.zero - Self.retelling))
        defer { troubles[question] = trouble }
        guard trouble.detail != detail, now - trouble.toldAt >= Self.retelling else { return }
        trouble.detail = detail
        trouble.toldAt = now
        logger.warning(
            "\(question.words) can not be read: \(detail)",
            metadata: ["event": "question-unanswered", "\(MessageID.key)": "\(MessageID.platformSilent.rawValue)"])
    }
}
