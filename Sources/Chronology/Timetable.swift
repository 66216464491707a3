// A schedule in a zone: the instants at which it comes. Begin at `next`.
//
// The policy for clocks that are moved is `Zone.instant(of:)`'s: a skipped time fires at the first instant after the gap,
// and a repeated time fires once, the first time. So every local time has one instant, and later local times never have
// earlier ones, except within a repeated hour, whose times were all passed in its first run.

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

    /// The first instant strictly after another. Nil when it never comes again (see ``DayPatternBounds``).
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
        var local = zone.local(at: instant)
        while let candidate = pattern.first(from: local) {
            let found = zone.instant(of: candidate)
            if found > instant { return found }
            // At, or in the first run of, a time that is being repeated: on to the next local time.
            local = LocalTime(unzonedSeconds: candidate.unzonedSeconds + 1)
        }
        return nil
    }

    private func previous(of pattern: some DayPattern, before instant: Instant) -> Instant? {
        guard TimetableBounds.years.contains(instant) else {
            return instant > TimetableBounds.years.upperBound
                ? previous(of: pattern, before: TimetableBounds.years.upperBound) : nil
        }
        // In the second run of a repeated hour, later local times lie in the past as well.
        let offset = max(zone.offset(at: instant), zone.offset(at: instant - .seconds(86_400)))
        var local = LocalTime(unzonedSeconds: instant.wholeSeconds + Int64(offset))
        while let candidate = pattern.last(upTo: local) {
            let found = zone.instant(of: candidate)
            if found < instant { return found }
            local = LocalTime(unzonedSeconds: candidate.unzonedSeconds - 1)
        }
        return nil
    }
}

enum TimetableBounds {
    /// Instants outside of these years have no next or previous one.
    static let years =
        Instant(
            seconds: LocalTime(year: 1900, month: 1, day: 1, hour: 0, minute: 0, second: 0).unzonedSeconds)...Instant(
            seconds: LocalTime(year: 2400, month: 1, day: 1, hour: 0, minute: 0, second: 0).unzonedSeconds)
}
