// Points in time and the two clocks. Begin at `Moment`: one reading of both clocks comes in with every event.
// Pure: nothing here reads a clock.

/// A point of wall time: milliseconds since 1970-01-01T00:00:00Z, without leap seconds (POSIX time).
package struct Instant: Hashable, Comparable, Codable, Sendable {
    package var milliseconds: Int64

    package init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    package init(seconds: Int64) {
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        milliseconds = overflow ? (seconds < 0 ? .min : .max) : product
    }

    /// Stored as the bare number of milliseconds.
    package init(from decoder: any Decoder) throws {
        milliseconds = try decoder.singleValueContainer().decode(Int64.self)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(milliseconds)
    }

    package static func < (left: Instant, right: Instant) -> Bool {
        left.milliseconds < right.milliseconds
    }

    package static func + (instant: Instant, duration: Duration) -> Instant {
        Instant(milliseconds: instant.milliseconds.saturatingAdd(duration.milliseconds))
    }

    package static func - (instant: Instant, duration: Duration) -> Instant {
        Instant(milliseconds: instant.milliseconds.saturatingAdd(-duration.milliseconds))
    }

    package static func - (left: Instant, right: Instant) -> Duration {
        .milliseconds(left.milliseconds.saturatingSubtract(right.milliseconds))
    }
}

/// A point of time that only runs forward and counts suspend: milliseconds since some start that means nothing by
/// itself. Only differences have a meaning, and only within one boot.
package struct Monotonic: Hashable, Comparable, Codable, Sendable {
    package var milliseconds: Int64

    package init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    package static func < (left: Monotonic, right: Monotonic) -> Bool {
        left.milliseconds < right.milliseconds
    }

    package static func + (point: Monotonic, duration: Duration) -> Monotonic {
        Monotonic(milliseconds: point.milliseconds.saturatingAdd(duration.milliseconds))
    }

    package static func - (left: Monotonic, right: Monotonic) -> Duration {
        .milliseconds(left.milliseconds.saturatingSubtract(right.milliseconds))
    }
}

/// One reading of both clocks: `wall` says *when* something is due, `monotonic` says *how long* something took.
package struct Moment: Hashable, Sendable {
    package var wall: Instant
    package var monotonic: Monotonic

    package init(wall: Instant, monotonic: Monotonic) {
        self.wall = wall
        self.monotonic = monotonic
    }
}

extension Duration {
    /// Whole milliseconds, rounded towards zero; saturates at the ends of `Int64`.
    package var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        if overflow { return seconds < 0 ? .min : .max }
        return product.saturatingAdd(attoseconds / 1_000_000_000_000_000)
    }
}

extension Int64 {
    /// The sum, or the nearest end of the range: foreign times and configured spans must not be able to trap.
    package func saturatingAdd(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }

    /// The difference, or the nearest end of the range.
    package func saturatingSubtract(_ other: Int64) -> Int64 {
        let (difference, overflow) = subtractingReportingOverflow(other)
        return overflow ? (other < 0 ? .max : .min) : difference
    }
}
