// What came of running the scheduler forward: occurrences with what holds them, and where the plan ends. Plain values; see
// `Planner` for how they come about, and PlanReport.swift for how they are told.

package import Chronology
package import SchedulerCore

package struct PlannedOccurrence: Equatable, Sendable {
    package var campaign: CampaignName
    package var origin: Origin
    package var nominal: Instant
    package var startsAt: Instant
    package var expiresAt: Instant?
    package var pairs: [Pair]
    package var jobs: [PlannedJob] = []
    package var waits: [PlannedWait] = []
    /// Nil where it has not ended in the plan.
    package var outcome: OccurrenceOutcome?
    package var endedAt: Instant?
    package var reason: String?
    /// Why it is skipped; nil where it is not.
    package var skipped: SkippedOccurrences.Reason?
    /// Of several that are skipped together.
    package var count = 1
    package var last: Instant?
    /// Admitted before the plan begins.
    package var isHeld = false
    package var isLate = false

    package var calledAt: Instant? { jobs.first?.at }
    package var lastCalledAt: Instant? { jobs.last?.at }
}

/// A call that carries some of an occurrence.
package struct PlannedJob: Equatable, Sendable {
    package var call: CallID
    package var at: Instant
    /// Pairs of the occurrence, and all pairs of the call.
    package var activations: Int
    package var pairs: Int
}

/// A gate that is expected to hold an occurrence.
package struct PlannedWait: Equatable, Sendable {
    package var gate: GateName
    package var from: Instant
    package var until: Instant
    /// For an export: the latest end that was seen.
    package var latest: Instant?
    package var evidence: String
    /// The campaign, or the blackout, that is in the way.
    package var by: String?
    /// Of a lane.
    package var audience: AudienceID?
    /// How many of the activations it holds at most.
    package var activations: Int

    package var length: Duration { until - from }
}

/// Where a plan had to end early.
package struct PlanCut: Equatable, Sendable {
    package enum Bound: String, Sendable {
        /// ``PlanBounds/occurrences``.
        case occurrences
        /// ``PlanBounds/steps``.
        case steps
        /// Whoever asked does not wait any longer.
        case time
    }

    package var bound: Bound
    package var at: Instant
}

package struct Plan: Sendable {
    package var now: Instant
    package var from: Instant
    package var until: Instant
    package var days: Int
    /// By nominal time and campaign.
    package var occurrences: [PlannedOccurrence]
    /// Requests to the platform in these days, calls included.
    package var requests: Int
    package var cut: PlanCut?
    var exports: [SandboxName: [PlannedExport]]
    package var habits: [SandboxName: ExportHabit]
    package var runLengths: [SandboxName: Duration]
    /// The scheduler at the beginning of the plan.
    package var scheduler: Scheduler
    /// Made from a configuration alone.
    package var isFresh: Bool
}

package enum PlanBounds {
    package static let days = 1...366
    /// Occurrences in one plan, skipped ones included. What comes after is not planned, and the plan says so.
    package static let occurrences = 10_000
    /// Events for the scheduler in one plan.
    package static let steps = 1_000_000
    /// Whoever waits is asked once in so many instants whether it goes on.
    static let instantsBetweenQuestions = 64
    /// Campaigns that are listed, and told as not coming in the plan's days; those with occurrences are listed in any case.
    static let campaigns = 10_000
    static let absent = 200
    /// How long after its last day a plan follows what was due in it.
    package static let tail = Duration.seconds(36 * 3600)
    /// Gates that are told of one occurrence.
    package static let waits = 12
    /// A gate that is closed for less is not told.
    package static let shortestWait = Duration.seconds(1)
    /// A plan begins at most this far ahead of the daemon's clock.
    package static let ahead = Duration.seconds(366 * 86_400)
}
