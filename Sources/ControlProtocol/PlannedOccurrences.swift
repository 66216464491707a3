// One occurrence of a plan: how it is expected to come to its end, in which jobs, and what holds it until then.

package struct PlannedOccurrenceDocument: Codable, Equatable, Sendable {
    package var campaign: String
    package var zone: String
    /// `timetable`, `export`, `after` or `manual`, and whom it follows.
    package var origin: String
    package var originDetail: String?
    /// How it is expected to end: `succeeded`, `expired`, `skipped`, `cancelled`, `partial`, `failed`; `waiting` or `running`
    /// where it has no end in this plan.
    package var state: String
    package var nominal: String
    /// The nominal time on the clock of the campaign's zone, with its offset from UTC.
    package var local: String
    /// `nominal` and the campaign's jitter.
    package var startsAt: String
    /// Gives up at this time.
    package var expiresAt: String?
    /// The first call, and the last one.
    package var calledAt: String?
    package var lastCalledAt: String?
    package var endsAt: String?
    /// From `startsAt` to the last call; 0 where it goes at once.
    package var lateSeconds: Int
    package var activations: Int
    package var jobs: [PlannedJobDocument]
    /// Gates that are expected to hold it, in the order in which they close.
    package var waits: [PlannedWaitDocument]
    /// Why it is skipped, or how it comes to its end.
    package var reason: String?
    /// `skipped` or `repeated`, where the clock is moved over this time.
    package var clock: String?
    /// Of a span of nominal times that are skipped together: how many, and the last.
    package var count: Int
    package var last: String?
    /// Due before `from`.
    package var isHeld: Bool

    package init(
        campaign: String, zone: String, origin: String, originDetail: String?, state: String, nominal: String,
        local: String, startsAt: String, expiresAt: String?, calledAt: String?, lastCalledAt: String?, endsAt: String?,
        lateSeconds: Int, activations: Int, jobs: [PlannedJobDocument], waits: [PlannedWaitDocument], reason: String?,
        clock: String?, count: Int, last: String?, isHeld: Bool
    ) {
        self.campaign = campaign
        self.zone = zone
        self.origin = origin
        self.originDetail = originDetail
        self.state = state
        self.nominal = nominal
        self.local = local
        self.startsAt = startsAt
        self.expiresAt = expiresAt
        self.calledAt = calledAt
        self.lastCalledAt = lastCalledAt
        self.endsAt = endsAt
        self.lateSeconds = lateSeconds
        self.activations = activations
        self.jobs = jobs
        self.waits = waits
        self.reason = reason
        self.clock = clock
        self.count = count
        self.last = last
        self.isHeld = isHeld
    }
}

package struct PlannedJobDocument: Codable, Equatable, Sendable {
    /// Within this plan: occurrences that share a job name the same.
    package var number: Int
    package var at: String
    /// Pairs of this occurrence in it, and all of its pairs: several occurrences may share a job.
    package var activations: Int
    package var pairs: Int

    package init(number: Int, at: String, activations: Int, pairs: Int) {
        self.number = number
        self.at = at
        self.activations = activations
        self.pairs = pairs
    }
}

package struct PlannedWaitDocument: Codable, Equatable, Sendable {
    /// By the names of `GateDocument`.
    package var gate: String
    package var from: String
    package var until: String
    /// When it opens at the latest, as far as was seen.
    package var latest: String?
    package var evidence: String
    /// The campaign, or the blackout, that is in the way.
    package var by: String?
    /// How many of the activations it holds at most.
    package var activations: Int

    package init(
        gate: String, from: String, until: String, latest: String?, evidence: String, by: String?, activations: Int
    ) {
        self.gate = gate
        self.from = from
        self.until = until
        self.latest = latest
        self.evidence = evidence
        self.by = by
        self.activations = activations
    }
}
