// A schedule in a zone: the instants at which it comes. Begin at `next`.
//
// The policy for clocks that are moved: a time comes at the first instant at which the clock shows it or a later one. So
// a skipped time fires right after the gap, a repeated time fires once, the first time, and later times never come
// earlier. What comes after an instant is then what lies after the latest time that the clock has shown by then.

package enum Schedule: Equatable, Sendable {
    case calendar(CalendarExpression)
    case cron(CronExpression)
    /// Sorted, each once.
    case at([Instant])
}

package struct Timetable: Equatable, Sendable {
    package let schedule: Schedule
    package let zone: Zone
    /// What the admin wrote. Two timetables with the same text and zone name mean the same.
    package let text: String

    package init(schedule: Schedule, zone: Zone, text: String) {
        self.schedule = schedule
        self.zone = zone
        self.text = text
    }

    /// The first instant strictly after another. Nil when it never comes again.
    package func next(after instant: Instant) -> Instant? {
        switch schedule {
        case .calendar(let expression): next(of: expression, after: instant)
        case .cron(let expression): next(of: expression, after: instant)
        case .at(let instants): instants.first { $0 > instant }
        }
    }

    /// The last instant strictly before another. Nil when there was none.
    package func previous(before instant: Instant) -> Instant? {
        switch schedule {
        case .calendar(let expression): previous(of: expression, before: instant)
        case .cron(let expression): previous(of: expression, before: instant)
        case .at(let instants): instants.last { $0 < instant }
        }
    }

    private func next(of pattern: some DayPattern, after instant: Instant) -> Instant? {
        guard TimetableBounds.years.contains(instant) else {
            return instant < TimetableBounds.years.lowerBound
                ? next(of: pattern, after: TimetableBounds.years.lowerBound) : nil
        }
        return pattern.first(from: zone.latestReading(upTo: instant) + 1).map(zone.instant(ofUnzoned:))
    }

    private func previous(of pattern: some DayPattern, before instant: Instant) -> Instant? {
        guard TimetableBounds.years.contains(instant) else {
            return instant > TimetableBounds.years.upperBound
                ? previous(of: pattern, before: TimetableBounds.years.upperBound) : nil
        }
        let last = zone.latestReading(upTo: Instant(milliseconds: instant.milliseconds - 1))
        return pattern.last(upTo: last).map(zone.instant(ofUnzoned:))
    }
}

enum TimetableBounds {
    /// Instants outside of these years have no next or previous one.
    static let years =
        Instant(
            seconds: LocalTime(year: 1900, month: 1, day: 1, hour: 0, minute: 0, second: 0).unzonedSeconds)...Instant(
            seconds: LocalTime(year: 2400, month: 1, day: 1, hour: 0, minute: 0, second: 0).unzonedSeconds)
}
