// What the platform says, in our words. `ActivationAPI` makes these from HTTP answers; the simulated environments make
// them directly. Every text in here came from outside and is already cut to a bounded length.

package import Chronology

/// Why a question to the platform has no answer. The core never reads `detail`; people do.
package enum AskFailure: Error, Equatable, Sendable {
    /// The platform refuses our token, also a new one.
    case credentials(detail: String)
    /// There is no token: the token service refuses our secret, or it can not be read. Nothing mends this but a person.
    case secret(detail: String)
    /// 429. `retryAfter` as sent, already capped.
    case throttled(retryAfter: Duration?, detail: String)
    /// Network, timeout or 5xx: may work later.
    case unavailable(detail: String)
    /// A 4xx that will not get better by itself. `status` is the HTTP status.
    case refused(status: Int, detail: String)
    /// An answer that is no answer: unreadable, too large, too deep.
    case nonsense(detail: String)

    package var detail: String {
        switch self {
        case .credentials(let detail), .secret(let detail), .throttled(_, let detail), .unavailable(let detail),
            .refused(_, let detail),
            .nonsense(let detail):
            detail
        }
    }
}

/// One profile export job. Only jobs whose schema is `_xdm.context.profile` are reported.
package struct ExportJob: Equatable, Sendable {
    package enum Status: String, Codable, Sendable {
        /// `NEW`, `QUEUED`, `PROCESSING`, `CANCELLING`, and every word that is not known.
        case running
        case succeeded
        case failed
    }

    package var id: String
    package var status: Status
    /// The platform's own word, for people.
    package var word: String
    /// By the platform's clock.
    package var createdAt: Instant?
    package var endedAt: Instant?
    /// Of a record that could not be read in full: it may be a profile export, and counts as one while it has not ended. Nothing
    /// follows from its end.
    package var isUncertain: Bool
    /// Shown in place of an id that could not be read.
    package static let withoutID = "without an id"
    /// Whether it can be told from others.
    package var hasID: Bool { id != Self.withoutID }
    /// What may tell the system's own export from one that a person or a program made: who asked, and where to.
    package var requestID: String?
    package var datasetID: String?
    package var batchID: String?
    /// When the platform said so, by its own clock, as in ``DataflowDefinition``.
    package var observedAt: Instant?

    package init(
        id: String, status: Status, word: String, createdAt: Instant?, endedAt: Instant?, isUncertain: Bool = false,
        requestID: String? = nil, datasetID: String? = nil, batchID: String? = nil, observedAt: Instant? = nil
    ) {
        self.id = id
        self.status = status
        self.word = word
        self.createdAt = createdAt
        self.endedAt = endedAt
        self.isUncertain = isUncertain
        self.requestID = requestID
        self.datasetID = datasetID
        self.batchID = batchID
        self.observedAt = observedAt
    }
}

/// A destination dataflow as it is defined right now.
package struct DataflowDefinition: Equatable, Sendable {
    package enum Existence: Equatable, Sendable {
        case exists
        /// 404, or a flow that is no destination flow, or of another sandbox; with a sentence.
        case unusable(String)
    }

    /// One audience that is mapped to the dataflow.
    package struct Mapping: Equatable, Sendable {
        /// The ids under which the audience may be named, the platform's own first: `systemSegmentId` where it is told, and
        /// `id`.
        package var ids: [AudienceID]
        package var name: String
        /// When the audience was first activated to this dataflow, by the platform's clock.
        package var createdAt: Instant?
        /// First day of the schedule: midnight UTC. Nil when not said.
        package var startsAt: Instant?
        /// The excluded last day: midnight UTC. Nil for no end.
        package var endsAt: Instant?
        /// False when a new file replaces the one before it.
        package var hasUniqueFileNames: Bool
        /// When its own schedule exports it, in minutes of the day in UTC. Nil where that is after an evaluation, or not said.
        package var startMinute: Int?
        /// From one export of its own schedule to the next; a day for those that come less often.
        package var minutesBetween: Int
        /// Its schedule exports it on its first day only.
        package var isOnce: Bool

        package init(
            ids: [AudienceID], name: String, createdAt: Instant?, startsAt: Instant?, endsAt: Instant?,
            hasUniqueFileNames: Bool, startMinute: Int? = nil, minutesBetween: Int = 1440, isOnce: Bool = false
        ) {
            self.ids = ids
            self.name = name
            self.createdAt = createdAt
            self.startsAt = startsAt
            self.endsAt = endsAt
            self.hasUniqueFileNames = hasUniqueFileNames
            self.startMinute = startMinute
            self.minutesBetween = minutesBetween
            self.isOnce = isOnce
        }
    }

    package var id: DataflowID
    package var name: String
    package var existence: Existence
    /// `enabled`, `disabled`, or a word of transition, as the platform spells it.
    package var state: String
    package var mappings: [Mapping]
    /// When the platform said so, by its own clock (the answer's `Date`). Ages of mappings are counted from here, so
    /// that a wrong clock on our side can not open a gate. Nil when the answer had no date.
    package var observedAt: Instant?

    package init(
        id: DataflowID, name: String, existence: Existence = .exists, state: String = "enabled",
        mappings: [Mapping] = [], observedAt: Instant? = nil
    ) {
        self.id = id
        self.name = name
        self.existence = existence
        self.state = state
        self.mappings = mappings
        self.observedAt = observedAt
    }

    /// The mapping under which an audience is known here.
    package func mapping(of audience: AudienceID) -> Mapping? {
        mappings.first { $0.ids.contains(audience) }
    }
}

/// How a run stands. Words that are not known are `running`, unless the run says when it completed.
package enum RunStatus: String, Codable, Sendable {
    case running, succeeded, partial, failed

    package var isTerminal: Bool { self != .running }
}

/// What a run delivered, as far as the platform says.
package struct RunMetrics: Equatable, Codable, Sendable {
    package var records: Int?
    package var bytes: Int?
    package var files: Int?
    package var skipped: Int?
    package var failed: Int?
    /// At most 5 texts of at most 200 characters.
    package var errors: [String]
    /// The snapshot that was exported, where the platform says so.
    package var snapshot: String?

    package init(
        records: Int? = nil, bytes: Int? = nil, files: Int? = nil, skipped: Int? = nil, failed: Int? = nil,
        errors: [String] = [], snapshot: String? = nil
    ) {
        self.records = records
        self.bytes = bytes
        self.files = files
        self.skipped = skipped
        self.failed = failed
        self.errors = errors
        self.snapshot = snapshot
    }
}

/// One run of a dataflow, as a listing shows it.
package struct DataflowRun: Equatable, Sendable {
    package var id: RunID
    package var dataflow: DataflowID
    /// By the platform's clock.
    package var createdAt: Instant?
    /// Nil while it is under way, and where it does not say.
    package var endedAt: Instant?
    package var status: RunStatus
    /// The platform's own word, for people.
    package var word: String
    /// The audiences it names. Empty where it names none, which says nothing about whom it is for.
    package var audiences: [AudienceID]
    package var metrics: RunMetrics
    /// Which program started it, where the platform says so. The platform documents no word for an ad hoc run.
    package var createdClient: String?
    /// It read incremental batches, which only scheduled exports do. False says nothing.
    package var readsIncremental: Bool
    /// The dataset of the snapshot that was exported.
    package var snapshotDataset: String?

    package init(
        id: RunID, dataflow: DataflowID, createdAt: Instant?, status: RunStatus, word: String,
        audiences: [AudienceID], metrics: RunMetrics = .init(), createdClient: String? = nil,
        readsIncremental: Bool = false, snapshotDataset: String? = nil, endedAt: Instant? = nil
    ) {
        self.id = id
        self.dataflow = dataflow
        self.createdAt = createdAt
        self.endedAt = endedAt
        self.status = status
        self.word = word
        self.audiences = audiences
        self.metrics = metrics
        self.createdClient = createdClient
        self.readsIncremental = readsIncremental
        self.snapshotDataset = snapshotDataset
    }
}

/// The newest runs of some dataflows, newest first.
package struct RunListing: Equatable, Sendable {
    package var runs: [DataflowRun]
    /// True when older runs exist that were not asked for. Runs created before the oldest one in `runs` are then
    /// unknown, not absent.
    package var isTruncated: Bool

    package init(runs: [DataflowRun], isTruncated: Bool) {
        self.runs = runs
        self.isTruncated = isTruncated
    }
}

/// How far back a listing of runs must reach. Reading stops at the first page that satisfies all of it.
package struct RunListingDepth: Equatable, Sendable {
    /// These runs must be in it. One that no longer shows up is given up at the page limit.
    package var containing: [RunID]
    /// Runs created since then, by the platform's clock, must be in it.
    package var since: Instant?

    package init(containing: [RunID] = [], since: Instant? = nil) {
        self.containing = containing
        self.since = since
    }
}

/// What came back from `adhocrun`.
package enum CallAnswer: Equatable, Sendable {
    /// 200 with a readable body. Pairs that it does not name are in doubt.
    case accepted([Pair: RunID])
    /// Certainly refused as a whole: nothing of it takes effect.
    case refused(CallRefusal)
    /// Certainly not accepted: a 429, a quota that is used up, a gateway that can not look at the credentials just now.
    case throttled(retryAfter: Duration?, detail: String)
    /// Certainly never left: name not found, connection, TLS or proxy refused.
    case notSent(detail: String)
    /// It may have taken effect: timeout, reset, 5xx, 200 with an unreadable body.
    case doubtful(detail: String)
}

/// Why the platform refused a call.
package enum CallRefusal: Equatable, Sendable {
    /// "Run already going on for audience … for order … with run id …".
    case alreadyRunning(Pair, RunID, detail: String)
    /// "… not part of this dataflow or out of schedule range". Names audiences by name, possibly several.
    case notMapped(names: [String], detail: String)
    /// Not now: "not ready", "already going on" without saying which run, too early. `after` as the platform asked for,
    /// already capped.
    case notReady(after: Duration?, detail: String)
    /// More pairs than the platform takes.
    case tooLarge(detail: String)
    /// 401: the token was not accepted. The client has dropped it.
    case unauthorized(detail: String)
    /// 403: the credential may not do this.
    case forbidden(detail: String)
    /// Any other refusal in the service's own error shape (400, 404, 409, 415, 422).
    case other(status: Int, detail: String)

    package var detail: String {
        switch self {
        case .alreadyRunning(_, _, let detail), .notMapped(_, let detail), .notReady(_, let detail),
            .tooLarge(let detail), .unauthorized(let detail), .forbidden(let detail), .other(_, let detail):
            detail
        }
    }

    /// The call itself may be right.
    var isAboutCredentials: Bool {
        switch self {
        case .unauthorized, .forbidden: true
        default: false
        }
    }
}
