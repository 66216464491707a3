// Why an activation can not be called right now: one case for each way in which a gate is closed, with its evidence.
//
// The planner and `explain` both read these, so what people are told can not differ from what was decided.

package import Chronology

package enum Closure: Equatable, Sendable {
    case notStarted(until: Instant)
    /// Buffered behind an occurrence of the same campaign.
    case behind(OccurrenceID)
    case paused(Pause)
    case blackout(name: String, until: Instant)
    case credentials(detail: String, since: Instant, retryAt: Monotonic)
    /// The platform asked to come back later, or calls can not be sent.
    case throttled(detail: String, since: Instant, retryAt: Monotonic)
    /// This activation waits before its next attempt.
    case backoff(until: Instant, reason: String)

    case dataflowUnusable(String, askedAt: Moment)
    case dataflowState(String, askedAt: Moment)
    case notMapped(askedAt: Moment)
    case rangeNotStarted(Instant)
    case rangeEnded(Instant, askedAt: Moment)
    case firstActivation(since: Instant?, opensIn: Duration, askedAt: Moment)

    case lane(LaneHolder)
    case exportRunning(ExportJob, since: Instant, askedAt: Moment)
    case dataflowBusy(DataflowRun, askedAt: Moment)

    /// Nothing usable is known about a gate: never asked, too old, or the asking fails.
    case unknown(GateName, failure: String?)

    package var gate: GateName {
        switch self {
        case .notStarted, .behind: .startTime
        case .paused: .paused
        case .blackout: .blackout
        case .credentials: .credentials
        case .throttled, .backoff: .throttled
        case .dataflowUnusable, .dataflowState, .dataflowBusy: .dataflow
        case .notMapped: .mapping
        case .rangeNotStarted, .rangeEnded: .scheduleRange
        case .firstActivation: .firstActivation
        case .lane: .lane
        case .exportRunning: .export
        case .unknown(let gate, _): gate
        }
    }
}
