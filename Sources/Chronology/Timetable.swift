// When something comes: one or more schedules, each in a zone, with rules for days and an end. Begin at `next`.
//
// The policy for clocks that are moved: a time comes at the first instant at which the clock shows it or a later one. So
// a skipped time fires right after the gap, a repeated time fires once, the first time, and later times never come
// earlier. What comes after an instant is then what lies after the latest time that the clock has shown by then.

package enum Schedule: Equatable, Sendable {
    case calendar(CalendarExpression)
    case cron(CronExpression)
    /// Sorted, each once.
    case at([Instant])
    case every(Interval)
    indirect case recurrence(Recurrence)
}

package struct Timetable: Equatable, Sendable {
    /// A schedule, and the zone in which it counts.
    package struct Part: Equatable, Sendable {
        package let schedule: Schedule
        package let zone: Zone

        package init(_ schedule: Schedule, in zone: Zone) {
            self.schedule = schedule
            self.zone = zone
        }
    }

    /// One or more. What several of them name comes once.
    package let parts: [Part]
    /// Nil where every day is taken as it comes.
    package let rules: DayRules?
    /// Nothing before, nothing after; both ends belong to it.
    package let starts: Instant?
    package let ends: Instant?
    /// What the admin wrote. Two timetables with the same text and zone name mean the same.
    package let text: String

    /// - Parameter parts: At least one; of none, nothing comes.
    package init(
        parts: [Part], rules: DayRules = DayRules(), starts: Instant? = nil, ends: Instant? = nil, text: String
    ) {
        self.parts = parts
        self.rules = rules.isEmpty ? nil : rules
        self.starts = starts
        self.ends = ends
        self.text = text
    }

    package init(schedule: Schedule, zone: Zone, text: String) {
        self.init(parts: [Part(schedule, in: zone)], text: text)
    }

    /// Whether two name the same times in zones of the same names, whose rules may differ.
    package func hasSameTimes(as other: Timetable) -> Bool {
        rules == other.rules && starts == other.starts && ends == other.ends && parts.count == other.parts.count
            && zip(parts, other.parts).allSatisfy { $0.schedule == $1.schedule && $0.zone.name == $1.zone.name }
    }

    /// The same with other zones in the place of those that have a name.
    package func replacing(_ zones: [String: Zone]) -> Timetable {
        Timetable(
            parts: parts.map { Part($0.schedule, in: zones[$0.zone.name] ?? $0.zone) }, rules: rules ?? DayRules(),
            starts: starts, ends: ends, text: text)
    }

    /// The zone of the first part.
    package var zone: Zone { parts.first?.zone ?? .utc }

    /// The first instant strictly after another. Nil when it never comes again.
    package func next(after instant: Instant) -> Instant? {
        let instant = starts.map { max(instant, $0 - .milliseconds(1)) } ?? instant
        if let ends, instant >= ends { return nil }
        var next: Instant?
        for part in parts {
            guard
                let found = rules.map({ RuledPart(part: part, rules: $0).next(after: instant) })
                    ?? part.next(after: instant)
            else { continue }
            next = min(next ?? found, found)
        }
        guard let next, let ends else { return next }
        return next <= ends ? next : nil
    }

    /// The last instant strictly before another. Nil when there was none.
    package func previous(before instant: Instant) -> Instant? {
        let instant = ends.map { min(instant, $0 + .milliseconds(1)) } ?? instant
        if let starts, instant <= starts { return nil }
        var previous: Instant?
        for part in parts {
            guard
                let found = rules.map({ RuledPart(part: part, rules: $0).previous(before: instant) })
                    ?? part.previous(before: instant)
            else { continue }
            previous = max(previous ?? found, found)
        }
        guard let previous, let starts else { return previous }
        return previous >= starts ? previous : nil
    }
}

extension Timetable.Part {
    func next(after instant: Instant) -> Instant? {
        switch schedule {
        case .calendar(let expression): next(ofPattern: expression, after: instant)
        case .cron(let expression): next(ofPattern: expression, after: instant)
        case .at(let instants): instants.element(at: instants.lowerBound(instant + .milliseconds(1)))
        case .every(let interval):
            instant > TimetableBounds.years.upperBound
                ? nil : interval.next(after: max(instant, TimetableBounds.years.lowerBound))
        case .recurrence(let recurrence): next(of: recurrence, after: instant)
        }
    }

    func previous(before instant: Instant) -> Instant? {
        switch schedule {
        case .calendar(let expression): previous(ofPattern: expression, before: instant)
        case .cron(let expression): previous(ofPattern: expression, before: instant)
        case .at(let instants): instants.element(at: instants.lowerBound(instant) - 1)
        case .every(let interval):
            instant < TimetableBounds.years.lowerBound
                ? nil : interval.previous(before: min(instant, TimetableBounds.years.upperBound))
        case .recurrence(let recurrence): previous(of: recurrence, before: instant)
        }
    }

    /// What the schedule names for the end of a gap: all that the clock jumped over, and what it shows then. None where it did not jump,
    /// and for schedules that do not go by what a clock shows.
    func readings(skippedAt instant: Instant) -> [Int64] {
        let (before, after) = (zone.offset(at: instant - .milliseconds(1)), zone.offset(at: instant))
        guard after > before, zone.lastChange(upTo: instant) == instant else { return [] }
        let (begin, end) = (instant.milliseconds + Int64(before) * 1000, instant.milliseconds + Int64(after) * 1000)
        return switch schedule {
        case .calendar(let expression): readings(of: expression, in: begin...end)
        case .cron(let expression): readings(of: expression, in: begin...end)
        case .recurrence(let recurrence): readings(of: recurrence, in: begin...end)
        case .at, .every: []
        }
    }

    private func readings(of pattern: some ClockPattern, in range: ClosedRange<Int64>) -> [Int64] {
        var found: [Int64] = []
        var reading = range.lowerBound
        while found.count < TimetableBounds.skipped, let next = pattern.first(from: reading), range.contains(next) {
            found.append(next)
            reading = next + 1
        }
        return found
    }

    /// A last instant is one of the rule, and not of the clock.
    private func next(of recurrence: Recurrence, after instant: Instant) -> Instant? {
        let next = next(ofPattern: recurrence, after: instant)
        guard let next, let last = recurrence.lastInstant else { return next }
        return next <= last ? next : nil
    }

    private func previous(of recurrence: Recurrence, before instant: Instant) -> Instant? {
        let end = recurrence.lastInstant.map { $0 + .milliseconds(1) } ?? instant
        return previous(ofPattern: recurrence, before: min(instant, end))
    }

    private func next(ofPattern pattern: some ClockPattern, after instant: Instant) -> Instant? {
        guard TimetableBounds.years.contains(instant) else {
            return instant < TimetableBounds.years.lowerBound
                ? next(ofPattern: pattern, after: TimetableBounds.years.lowerBound) : nil
        }
        return pattern.first(from: zone.latestReading(upTo: instant) + 1).map(zone.instant(ofUnzoned:))
    }

    private func previous(ofPattern pattern: some ClockPattern, before instant: Instant) -> Instant? {
        guard TimetableBounds.years.contains(instant) else {
            return instant > TimetableBounds.years.upperBound
                ? previous(ofPattern: pattern, before: TimetableBounds.years.upperBound) : nil
        }
        let last = zone.latestReading(upTo: Instant(milliseconds: instant.milliseconds.saturatingAdd(-1)))
        return pattern.last(upTo: last).map(zone.instant(ofUnzoned:))
    }
}

enum TimetableBounds {
    /// Times of a schedule in one gap that another day has in its place: those of an hour, each second.
    static let skipped = 3600
    /// Instants outside of these years have no next or previous one.
    static let years =
        Instant(
            seconds: LocalTime(year: 1900, month: 1, day: 1, hour: 0, minute: 0, second: 0).unzonedSeconds)...Instant(
            seconds: LocalTime(year: 2400, month: 1, day: 1, hour: 0, minute: 0, second: 0).unzonedSeconds)
}
