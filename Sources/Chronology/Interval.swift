// A fixed span of time, again and again from an instant on: `every = "6h"`.
//
// Counted in elapsed time and not by a clock: a change of the clock moves what the clock shows, and not the instants.

package struct Interval: Equatable, Sendable {
    /// Milliseconds, 1 or more.
    let step: Int64
    /// The first time.
    package let from: Instant

    /// - Parameters:
    ///   - step: Whole milliseconds; what is less is taken for one.
    ///   - from: The first time; there is none before it.
    package init(every step: Duration, from: Instant) {
        self.step = max(1, step.milliseconds)
        self.from = from
    }

    /// - Parameter instant: In the years that ``Timetable`` looks at.
    func next(after instant: Instant) -> Instant? {
        let passed = instant.milliseconds.saturatingSubtract(from.milliseconds)
        guard passed >= 0 else { return from }
        let (time, overflow) = (passed / step + 1).multipliedReportingOverflow(by: step)
        return overflow ? nil : from + .milliseconds(time)
    }

    /// - Parameter instant: In the years that ``Timetable`` looks at.
    func previous(before instant: Instant) -> Instant? {
        let passed = instant.milliseconds.saturatingSubtract(from.milliseconds)
        guard passed > 0 else { return nil }
        return from + .milliseconds((passed - 1) / step * step)
    }
}
