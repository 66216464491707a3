// Occurrences, their activations and the gates that hold them: the heart of `status`, `show` and `explain`.

/// Also the answer of `GET /v1/occurrences/ID`: 404 once its records are pruned. One that has ended is told from the
/// journal.
package struct OccurrenceDocument: Codable, Equatable, Sendable {
    /// Such as `17`.
    package var id: String
    package var campaign: String
    /// In which people are shown the times of this campaign.
    package var zone: String
    /// `waiting`, `running`, `succeeded`, `partial`, `failed`, `expired`, `skipped`, `cancelled`.
    package var state: String
    package var nominal: String
    package var admittedAt: String
    /// Not before this: the nominal time and the jitter.
    package var startsAt: String
    /// What has not been called by then expires.
    package var expiresAt: String
    /// `timetable`, `manual`, `export` or `after`.
    package var origin: String
    /// Who fired it, which export, which occurrence.
    package var originDetail: String?
    package var isLate: Bool
    package var endedAt: String?
    /// An activation of it is in doubt and held, or quarantined.
    package var needsPerson: Bool
    package var activations: [ActivationDocument]

    package init(
        id: String, campaign: String, zone: String, state: String, nominal: String, admittedAt: String,
        startsAt: String, expiresAt: String, origin: String, originDetail: String?, isLate: Bool, endedAt: String?,
        needsPerson: Bool, activations: [ActivationDocument]
    ) {
        self.id = id
        self.campaign = campaign
        self.zone = zone
        self.state = state
        self.nominal = nominal
        self.admittedAt = admittedAt
        self.startsAt = startsAt
        self.expiresAt = expiresAt
        self.origin = origin
        self.originDetail = originDetail
        self.isLate = isLate
        self.endedAt = endedAt
        self.needsPerson = needsPerson
        self.activations = activations
    }
}

package struct ActivationDocument: Codable, Equatable, Sendable {
    /// Such as `17.3`.
    package var id: String
    package var dataflow: String
    /// As the admin named it; the id where it has no name.
    package var dataflowName: String
    package var audience: String
    package var audienceName: String
    /// `waiting`, `queued`, `calling`, `in_doubt`, `running`, `succeeded`, `partial`, `failed`, `expired`, `cancelled`,
    /// `quarantined`.
    package var state: String
    package var since: String
    /// Calls that were sent for it.
    package var attempts: Int
    package var reason: String?
    package var run: String?
    /// The run was found or named, and not told by the answer of our call.
    package var wasAdopted: Bool
    /// The run takes longer than expected, or is no longer understood.
    package var isLate: Bool
    package var endIsUnknown: Bool
    /// Second runs that turned up for it.
    package var duplicates: [String]
    /// Closed gates, in their order. Empty unless it waits.
    package var gates: [GateDocument]
    package var metrics: MetricsDocument?

    package init(
        id: String, dataflow: String, dataflowName: String, audience: String, audienceName: String, state: String,
        since: String, attempts: Int, reason: String?, run: String?, wasAdopted: Bool, isLate: Bool,
        endIsUnknown: Bool, duplicates: [String], gates: [GateDocument], metrics: MetricsDocument?
    ) {
        self.id = id
        self.dataflow = dataflow
        self.dataflowName = dataflowName
        self.audience = audience
        self.audienceName = audienceName
        self.state = state
        self.since = since
        self.attempts = attempts
        self.reason = reason
        self.run = run
        self.wasAdopted = wasAdopted
        self.isLate = isLate
        self.endIsUnknown = endIsUnknown
        self.duplicates = duplicates
        self.gates = gates
        self.metrics = metrics
    }
}

/// What the platform reported of a run that ended; members that it left out are absent.
package struct MetricsDocument: Codable, Equatable, Sendable {
    package var records: Int?
    package var bytes: Int?
    package var files: Int?
    package var skipped: Int?
    package var failed: Int?
    /// At most 5 texts.
    package var errors: [String]
    /// The snapshot that was exported.
    package var snapshot: String?
    /// When it was made, where its id says so: what was evaluated later is not in the files.
    package var snapshotAt: String?

    package init(
        records: Int?, bytes: Int?, files: Int?, skipped: Int?, failed: Int?, errors: [String], snapshot: String?,
        snapshotAt: String? = nil
    ) {
        self.records = records
        self.bytes = bytes
        self.files = files
        self.skipped = skipped
        self.failed = failed
        self.errors = errors
        self.snapshot = snapshot
        self.snapshotAt = snapshotAt
    }
}

package struct GateDocument: Codable, Equatable, Sendable {
    /// `start-time`, `paused`, `blackout`, `credentials`, `throttled`, `export`, `dataflow`, `mapping`, `schedule-range`,
    /// `first-activation` or `lane`.
    package var gate: String
    /// `open`, `closed`, or `unknown`: nothing usable is known, and nothing is called until it is.
    package var state: String
    package var since: String?
    package var until: String?
    package var evidence: String
    /// What would open it; empty while it is open.
    package var opens: String
    /// How many of the waiting activations it holds.
    package var activations: Int
    /// Of a running export: when such exports usually end, and the latest end that was seen. Foretold, not promised.
    package var usualEnd: String?
    package var latestEnd: String?

    package init(
        gate: String, state: String, since: String?, until: String?, evidence: String, opens: String,
        activations: Int, usualEnd: String? = nil, latestEnd: String? = nil
    ) {
        self.gate = gate
        self.state = state
        self.since = since
        self.until = until
        self.evidence = evidence
        self.opens = opens
        self.activations = activations
        self.usualEnd = usualEnd
        self.latestEnd = latestEnd
    }
}
