// Our own bound on how often we talk to the platform: a bucket that fills at `calls_per_minute` and holds that many.

internal import Chronology
internal import SchedulerCore

actor Pacer {
    private let perMinute: Int
    private let clock: @Sendable () -> Moment
    /// When the bucket would be full again: how far it lies ahead says how many calls are taken.
    private var fullAt: Monotonic?

    init(perMinute: Int, clock: @escaping @Sendable () -> Moment) {
        self.perMinute = max(1, perMinute)
        self.clock = clock
    }

    /// Takes one place, and says how long to wait for it. Nil, and nothing taken, when that would be longer than `limit`.
    func take(waitingAtMost limit: Duration) -> Duration? {
        let now = clock().monotonic
        let interval = Duration.seconds(60) / perMinute
        let begin = max(fullAt ?? now, now)
        let wait = max(.zero, (begin + interval) - (now + .seconds(60)))
        guard wait <= limit else { return nil }
        fullAt = begin + interval
        return wait
    }
}
