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
    /// How far back export jobs, or the head of a listing of runs, were asked to reach.
    var since: Instant?
    /// Only the newest is asked for: the rest is known from a whole answer that took too long.
    var isHead = false
    /// Its answer was older than `gate_freshness` when it came.
    var isSlow = false
    /// What was wrong with this kind of question before its answer came.
    var troubleBefore: Trouble?
    /// Dataflows of it for which something has happened since that its answer may not show.
    var outdated: Set<DataflowID> = []

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
    /// When a person was told of them.
    var toldAt: Monotonic?

    var isAboutCredentials: Bool { refusedSince != nil }
}

/// An export that was seen running and was not seen to have ended.
struct OpenExport: Equatable, Sendable {
    var job: ExportJob
    /// When it was seen first.
    var seenAt: Monotonic
    /// The question of the last answer that showed it.
    var shownAt: Moment
}

struct ExportKnowledge: Equatable, Sendable {
    /// Those that close the gate, the newest first.
    var open: [OpenExport]
    /// The newest one that succeeded.
    var newestFinished: ExportJob?
    /// When those ended that have succeeded, whatever they are of, by the platform's clock: the newest ends, bounded. Scheduled runs
    /// follow each of them.
    var ends: [Instant] = []
    /// Those of all that began since then are in `ends`, by the platform's clock.
    var endsSince: Instant
    var askedAt: Moment
    /// When the last whole answer was asked for, where it took longer than `gate_freshness`. Nil where it came in time.
    var slowSince: Moment?
    /// Since when the gate has been seen in its present state.
    var since: Instant

    var running: ExportJob? { open.first?.job }
}

/// How far back answers about exports reach for a while.
struct ExportReach: Equatable, Sendable {
    var since: Instant
    var until: Monotonic
}

struct DataflowKnowledge: Equatable, Sendable {
    var definition: DataflowDefinition
    var askedAt: Moment
    /// The platform told its time before this, so counting from here never runs ahead of its clock.
    var answeredAt: Moment
    /// Since when its state has been the same.
    var stateSince: Monotonic
}

/// A call of several pairs that was refused, nobody knows why: its size may be the reason.
struct RefusedSize: Equatable, Sendable {
    /// Pairs in the smallest one of them that was refused.
    var size: Int
    /// Those of its activations that were not taken since.
    var pending: Set<ActivationID>
    /// Pairs in the largest call that was taken since.
    var taken = 0
    /// How often all of one was taken so.
    var times = 0
}

/// A run of others that was seen under way and that the last listing did not show.
struct MissingRun: Equatable, Sendable {
    /// The question of the last answer that showed it.
    var shownAt: Moment
    /// How often it was asked for by name and was not known.
    var unknown = 0
    /// When it is asked for by name again.
    var nextLook: Monotonic
}

struct RunsKnowledge: Equatable, Sendable {
    /// Newest first, of one dataflow.
    var listing: RunListing
    /// When the listing was cut short: everything that was created after this, by the platform's clock, is in it. Of all
    /// dataflows that were listed together, so also where it shows none of this one.
    var reachesBackTo: Instant?
    /// Whether every run that may still be under way is in it.
    var isDeep = true
    /// A listing of this dataflow alone was cut too early, so nothing is better a second later.
    var isCutAlone = false
    /// Everything that began after this, by the platform's clock, is in it or was in one before it.
    var knownSince = Instant(milliseconds: .min)
    /// When runs of others that are under way were seen first.
    var seenAt: [RunID: Monotonic] = [:]
    /// Runs in `listing` that the last answer did not show.
    var missing: [RunID: MissingRun] = [:]
    /// When listings were asked for that showed less than this one, and these runs.
    var joined: [RunID: Moment] = [:]
    /// Runs of others that have been under way for longer than `run_max_age`: they hold nothing any more.
    var forgotten: Set<RunID> = []
    var askedAt: Moment
    /// Something has happened since it was asked for that it may not show: it opens no gate, whatever its age.
    var isOutdated = false
    /// When the last whole listing was asked for, where reading it took longer than `gate_freshness`: then only its head is read
    /// anew for a while. Nil where it came in time.
    var slowSince: Moment?
    /// Some of the runs that were listed before, where none is now: runs do not vanish, so a listing without any proves nothing.
    var shownBefore: [RunID] = []
    /// When the newest of these began, by the platform's clock; nil where none says it.
    var newestBefore: Instant?
    /// Since when listings show no run, where there must be some: they open no gate for a while.
    var blankSince: Moment?

    /// When the last listing was asked for that showed a run.
    func shownAt(_ run: RunID) -> Moment { missing[run]?.shownAt ?? joined[run] ?? askedAt }
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
    /// No answer to the call named it.
    var isAdopted = false
    /// Answers have said for whom it is. Later ones may not.
    var hasSaid = false
    /// How it ended, and when that was seen first: its counts are read once more before they are told.
    var ended: SeenEnd?
    var word: String?
}

struct SeenEnd: Equatable, Sendable {
    var run: DataflowRun
    var seenAt: Monotonic
}

struct FirstLook: Equatable, Sendable {
    /// The last call that may have taken it.
    var call: CallID
    /// When the listing was asked for.
    var askedAt: Monotonic
}

/// A doubt that is looked up.
struct WatchedDoubt: Equatable, Sendable {
    var startedAt: Monotonic
    var nextLook: Monotonic
    /// Looks so far, successful or not, since this process began: the place in the table of intervals.
    var looks = 0
    /// When the last listing was asked for that was held against it.
    var lookedAt: Monotonic?
    /// Over how much time such listings are spread. An outage of the listings, and a machine that sleeps, add little.
    var covered = Duration.zero
    /// A person was told that it can not be looked up.
    var isTold = false
    /// Runs that may be of its call, and of which nothing told yet, when they were seen last.
    var seen: Set<RunID> = []
}

/// A run that the platform named when it refused a call, and that is not known to be ours.
struct ForeignRun: Equatable, Sendable {
    var sandbox: SandboxName
    /// The pairs for which it was named, in that order, never empty: it holds each of them back.
    var pairs: [Pair]
    var nextLook: Monotonic
    /// When a refusal named it, or it was seen last.
    var knownAt: Monotonic
}

extension Knowledge {
    /// The platform named a run for a pair: it joins those for which the run was named before.
    mutating func nameForeign(
        _ run: RunID, for pair: Pair, in sandbox: SandboxName, nextLook: Monotonic, at now: Moment
    ) {
        var named = foreign[run] ?? ForeignRun(sandbox: sandbox, pairs: [], nextLook: nextLook, knownAt: now.monotonic)
        if !named.pairs.contains(pair) { named.pairs.append(pair) }
        named.nextLook = min(named.nextLook, nextLook)
        named.knownAt = now.monotonic
        foreign[run] = named
    }
}

/// What is known of a run that a refusal named, by the platform's clock.
struct NamedRun: Equatable, Sendable {
    /// When it was named first: it is no run of a call that left later.
    var since: Instant
    /// When it began; nil until it was asked for.
    var begunAt: Instant?
    /// The audiences that it names; empty until it was asked for, and while it names none.
    var audiences: [AudienceID] = []

    /// Its program, or what it read, says that it is of others.
    var isOthers = false

    func mayBe(for audience: AudienceID) -> Bool { audiences.isEmpty || audiences.contains(audience) }
}

/// A dataflow, and the sandbox in which it was asked for: an answer of one sandbox says nothing about another, whatever the
/// files say of the dataflow.
struct DataflowKey: Hashable, Comparable, Sendable {
    var sandbox: SandboxName
    var dataflow: DataflowID

    init(_ sandbox: SandboxName, _ dataflow: DataflowID) {
        self.sandbox = sandbox
        self.dataflow = dataflow
    }

    static func < (left: DataflowKey, right: DataflowKey) -> Bool {
        (left.sandbox, left.dataflow) < (right.sandbox, right.dataflow)
    }
}

struct Knowledge: Sendable {
    var exports: [SandboxName: ExportKnowledge] = [:]
    /// Of each sandbox with observations, made anew with each of them.
    var habits: [SandboxName: ExportHabit] = [:]
    /// How long the last runs of ours took, the newest last, bounded.
    var runLengths: [SandboxName: [Duration]] = [:]
    var dataflows: [DataflowKey: DataflowKnowledge] = [:]
    var runs: [DataflowKey: RunsKnowledge] = [:]
    /// The platform's ids of audiences that have another one as well, by that one, as the definition of each dataflow tells them.
    var systemIDs: [DataflowKey: [AudienceID: AudienceID]] = [:]
    /// What the files call those, by the platform's id.
    var namesOfSystemIDs: [AudienceID: String] = [:]
    var followed: [RunID: FollowedRun] = [:]
    var doubts: [ActivationID: WatchedDoubt] = [:]
    var foreign: [RunID: ForeignRun] = [:]
    /// Runs of others that refusals named, bounded.
    var named: [RunID: NamedRun] = [:]
    /// When runs that may be of a call without an answer were seen first, bounded by what listings show.
    var candidatesSince: [RunID: Monotonic] = [:]
    /// How many there may be before what is listed no more makes room.
    var candidatesRoom = DoubtBounds.candidates
    /// Exports, and the definitions of these, are to be asked for since then: they may tell whose a run is.
    var schedulesSince: [DataflowKey: Monotonic] = [:]
    var clock: PlatformClock?
    /// Dataflows whose files always have one name, and of which somebody was told.
    var toldStaticNames: Set<DataflowKey> = []
    /// Somebody was told that the platform does not tell its time.
    var toldTimeless = false
    /// Beyond what is decided, bounded by their time.
    var exportReaches: [SandboxName: [ExportReach]] = [:]
    /// The call that was refused last in words that nobody knows, for each sandbox.
    var refusedSizes: [SandboxName: RefusedSize] = [:]
    /// Dataflows of which a listing with others was cut too early: the next one is of each by itself.
    var askedAlone: Set<DataflowKey> = []
    /// Datasets of exports that count as made by people, of which somebody was told, each with its sandbox.
    var toldDatasets: Set<String> = []
    /// Where a look showed that no export has ever finished: the first one that does is a new one.
    var withoutExports: Set<SandboxName> = []

    var asks: [AskID: Ask] = [:]
    var nextAsk = 1
    var askTroubles: [AskKind: Trouble] = [:]
    var credentials: Trouble?
    /// The call of several pairs whose refusal is being taken in: it may have taken effect for some of them.
    var refusedCall: CallID?
    /// Calls that could not be sent, or were throttled, per sandbox.
    var callTroubles: [SandboxName: Trouble] = [:]
    /// Calls on the wire that were taken back, as far as that was still possible, until they are answered.
    var recalled: Set<CallID> = []
    /// What could not be doubted when the call that is named here showed an effect for another of its pairs.
    var laterDoubts: [ActivationID: CallID] = [:]
    /// Of what may have been taken by a call that was refused long ago: the listing that showed no run of it first.
    var firstLooks: [ActivationID: FirstLook] = [:]
    /// Calls that were intended while the platform had not told its time: when they left is known as the latest that it may be.
    var untimedCalls: Set<CallID> = []
    /// What the journal holds although the marks do not say so, until it is recorded as decided.
    var admittedBefore: Set<Admission> = []
    /// Pairs whose mapping fault was told already, by occurrence.
    var toldMapping: Set<ActivationID> = []
    /// Runs of others that hold nothing any more, and of which somebody was told.
    var toldForgotten: Set<RunID> = []

    /// Only a listing of the dataflow's runs that is asked for from now on opens its gate.
    mutating func outdateRuns(of flow: DataflowKey) {
        runs[flow]?.isOutdated = true
        for (id, ask) in asks {
            if case .runs(flow.sandbox, let dataflows) = ask.subject, dataflows.contains(flow.dataflow) {
                asks[id]?.outdated.insert(flow.dataflow)
            }
        }
    }

    func isAsking(_ kind: AskKind) -> Bool {
        asks.values.contains { AskKind($0.subject) == kind }
    }
}
