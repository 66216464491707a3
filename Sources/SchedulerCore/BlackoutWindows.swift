// When blackouts come, for showing them: whether one covers an instant is decided by `Blackout.end(at:)` alone.

package import Chronology

extension Blackout {
    package struct Window: Equatable, Sendable {
        package var from: Instant
        /// The first instant after it.
        package var until: Instant
    }

    /// The windows of which a part lies between two instants, the earliest first, at most `limit`.
    package func windows(from: Instant, until: Instant, limit: Int) -> [Window] {
        switch span {
        case .fixed(let start, let end):
            return start < until && end > from && start < end ? [Window(from: start, until: end)] : []
        case .repeating(let timetable, let length):
            var windows: [Window] = []
            var start = timetable.next(after: from - length)
            while let at = start, at < until, windows.count < limit {
                windows.append(Window(from: at, until: at + length))
                start = timetable.next(after: at)
            }
            return windows
        case .days(let calendar, let zone):
            return Self.windows(of: calendar, zone, from: from, until: until, limit: limit)
        }
    }

    /// Days that stand side by side are one window.
    private static func windows(
        of calendar: DayCalendar, _ zone: Zone, from: Instant, until: Instant, limit: Int
    ) -> [Window] {
        var windows: [Window] = []
        var day = zone.local(at: from).day
        while windows.count < limit {
            let start = zone.instant(of: LocalTime(day: day, secondOfDay: 0))
            guard start < until else { break }
            // A day that the zone skips begins when it is over.
            if calendar.contains(day), let end = zone.endOfDays(in: calendar, at: start), end > start {
                windows.append(Window(from: start, until: end))
                day = max(zone.local(at: end).day, CivilDay(daysSinceEpoch: day.daysSinceEpoch + 1))
            } else {
                day = CivilDay(daysSinceEpoch: day.daysSinceEpoch + 1)
            }
        }
        return windows
    }
}
