// What the platform said lately, and what was asked of it: volatile, never journaled, asked again after a restart.
//
// Every answer carries the moment at which its question was *sent*, so that its age is never underestimated.

internal import Chronology

/// A question that is under way.
struct Ask: Equatable, Sendable {
    enum Subject: Equatable, Sendable {
        case exportJobs(SandboxName)
        case dataflows(SandboxName, [DataflowID])
        case runs(SandboxName, [DataflowID])
        case run(SandboxName, RunID)
    }

    var subject: Subject
    var sentAt: Moment
    /// Whether the platform's time was known, and with it how far back a listing of runs has to reach.
    var knewTime = true

    var sandbox: SandboxName {
        switch subject {
        case .exportJobs(let sandbox), .dataflows(let sandbox, _), .runs(let sandbox, _), .run(let sandbox, _):
            sandbox
        }
    }
}

/// The kinds of questions that are backed off apart from each other.
enum AskKind: Hashable, Sendable {
    case exportJobs(SandboxName)
    case dataflows(SandboxName)
    case runs(SandboxName)

    init(_ subject: Ask.Subject) {
        switch subject {
        case .exportJobs(let sandbox): self = .exportJobs(sandbox)
        case .dataflows(let sandbox, _): self = .dataflows(sandbox)
        case .runs(let sandbox, _), .run(let sandbox, _): self = .runs(sandbox)
        }
    }

    /// Feeds the jitter of the backoff, so that two kinds do not come back at the same moment.
    var key: String {
        switch self {
        case .exportJobs(let sandbox): "export-jobs/\(sandbox)"
        case .dataflows(let sandbox): "dataflows/\(sandbox)"
        case .runs(let sandbox): "runs/\(sandbox)"
        }
    }
}

/// Something that keeps failing, and when it is tried again.
struct Trouble: Equatable, Sendable {
    var failures: Int
    var since: Instant
    var retryAt: Monotonic
    var detail: String
    /// Since when the platform refuses us there: what a person mends, and then reloads for. Nil for other troubles.
    var refusedSince: Monotonic?
    /// Refusals in a row, whatever came between them.
    var refusals = 0
    /// No new token can mend it: a person is told at once.
    var isCertain = false
    /// A person was told of them.
    var isTold = false

    var isAboutCredentials: Bool { refusedSince != nil }
}

struct ExportKnowledge: Equatable, Sendable {
    /// The running export that closes the gate.
    var running: ExportJob?
    /// The newest one that succeeded.
    var newestFinished: ExportJob?
    var askedAt: Moment
    /// Since when the gate has been seen in its present state.
    var since: Instant
}

struct DataflowKnowledge: Equatable, Sendable {
    var definition: DataflowDefinition
    var askedAt: Moment
    /// The platform told its time before this, so counting from here never runs ahead of its clock.
    var answeredAt: Moment
}

struct RunsKnowledge: Equatable, Sendable {
    /// Newest first, of one dataflow.
    var listing: RunListing
    /// When the listing was cut short: everything that was created after this, by the platform's clock, is in it. Of all
    /// dataflows that were listed together, so also where it shows none of this one.
    var reachesBackTo: Instant?
    /// Whether every run that may still be under way is in it.
    var isDeep = true
    var askedAt: Moment
}

/// The platform's own clock, as it was told last.
struct PlatformClock: Equatable, Sendable {
    var observedAt: Instant
    /// The platform told its time before this, so counting from here never runs ahead of its clock.
    var answeredAt: Monotonic
}

/// A run of ours that is followed to its end.
struct FollowedRun: Equatable, Sendable {
    var sandbox: SandboxName
    var dataflow: DataflowID
    var startedAt: Monotonic
    var nextLook: Monotonic
    var interval: Duration
    /// Since when no answer has shown it.
    var missingSince: Monotonic?
    var isAskedSingly = false
    var word: String?
}

/// A doubt that is looked up.
struct WatchedDoubt: Equatable, Sendable {
    var startedAt: Monotonic
    var nextLook: Monotonic
    /// Looks so far, successful or not, since this process began: the place in the table of intervals.
    var looks = 0
}

/// A run that the platform named when it refused a call, and that is not known to be ours.
struct ForeignRun: Equatable, Sendable {
    var sandbox: SandboxName
    var pair: Pair
    var nextLook: Monotonic
}

struct Knowledge: Sendable {
    var exports: [SandboxName: ExportKnowledge] = [:]
    /// Of each sandbox with observations, made anew with each of them.
    var habits: [SandboxName: ExportHabit] = [:]
    /// How long the last runs of ours took, the newest last, bounded.
    var runLengths: [SandboxName: [Duration]] = [:]
    var dataflows: [DataflowID: DataflowKnowledge] = [:]
    var runs: [DataflowID: RunsKnowledge] = [:]
    var followed: [RunID: FollowedRun] = [:]
    var doubts: [ActivationID: WatchedDoubt] = [:]
    var foreign: [RunID: ForeignRun] = [:]
    var clock: PlatformClock?
    /// Where a look showed that no export has ever finished: the first one that does is a new one.
    var withoutExports: Set<SandboxName> = []

    var asks: [AskID: Ask] = [:]
    var nextAsk = 1
    var askTroubles: [AskKind: Trouble] = [:]
    var credentials: Trouble?
    /// Calls that could not be sent, or were throttled, per sandbox.
    var callTroubles: [SandboxName: Trouble] = [:]
    /// Pairs whose mapping fault was told already, by occurrence.
    var toldMapping: Set<ActivationID> = []

    func isAsking(_ kind: AskKind) -> Bool {
        asks.values.contains { AskKind($0.subject) == kind }
    }
}
