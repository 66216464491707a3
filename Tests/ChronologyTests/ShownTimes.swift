// When a clock of a zone first shows each minute of a year, by reading it each minute: what timetables have to agree with.

import Chronology

/// A year and the days around it, in one zone.
struct ShownTimes {
    let zone: Zone
    /// Minutes since 1970 by the clock, of the first reading that is kept.
    private let begin: Int
    /// For each minute of the clock from `begin`: when it was shown, or a later one because it was skipped. In minutes of
    /// UTC since 1970.
    private let shown: [Int]
    private let wasSkipped: [Bool]
    let days: Range<Int>
    /// Instants at which the clock was moved.
    let changes: [Instant]

    init(_ zone: Zone, year: Int) {
        self.zone = zone
        let first = CivilDay(year: year, month: 1, day: 1).daysSinceEpoch
        days = first..<CivilDay(year: year + 1, month: 1, day: 1).daysSinceEpoch
        func reading(_ minute: Int) -> Int {
            minute + zone.offset(at: Instant(seconds: Int64(minute) * 60)) / 60
        }
        var minute = (days.lowerBound - 3) * 1440
        var latest = reading(minute)
        var (shown, wasSkipped, changes): ([Int], [Bool], [Instant]) = ([], [], [])
        begin = latest + 1
        while minute < (days.upperBound + 3) * 1440 {
            minute += 1
            let now = reading(minute)
            if now != reading(minute - 1) + 1 { changes.append(Instant(seconds: Int64(minute) * 60)) }
            guard now > latest else { continue }
            for later in latest + 1...now {
                shown.append(minute)
                wasSkipped.append(later != now)
            }
            latest = now
        }
        self.shown = shown
        self.wasSkipped = wasSkipped
        self.changes = changes
    }

    /// When a schedule comes on the clock's days, in order, each instant once.
    func times(of schedule: GeneratedSchedule, on days: Range<Int>) -> [Instant] {
        let hours = (0...23).filter { schedule.hours.contains($0) }
        let minutes = (0...59).filter { schedule.minutes.contains($0) }
        let seconds = (0...59).filter { schedule.seconds.contains($0) }
        var times: [Instant] = []
        for day in days where schedule.matches(CivilDay(daysSinceEpoch: day)) {
            for hour in hours {
                for minute in minutes {
                    let place = day * 1440 + hour * 60 + minute - begin
                    for second in seconds {
                        let time = Instant(seconds: Int64(shown[place] * 60 + (wasSkipped[place] ? 0 : second)))
                        if times.last != time { times.append(time) }
                    }
                }
            }
        }
        return times
    }

    /// The instant at which a day of the clock begins.
    func start(of day: Int) -> Instant {
        Instant(seconds: Int64(shown[day * 1440 - begin]) * 60)
    }
}
