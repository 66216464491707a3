import Chronology
import Foundation
import Testing

/// Goal: next never skips a time, never comes twice, and agrees with previous, for any schedule and however clocks move.
///
/// `CHRONOLOGY_SCHEDULES` sets how many schedules are tried; `CHRONOLOGY_SEED` which.
@Suite struct GeneratedScheduleTests {
    static let count = ProcessInfo.processInfo.environment["CHRONOLOGY_SCHEDULES"].flatMap { Int($0) } ?? 480
    static let seed = ProcessInfo.processInfo.environment["CHRONOLOGY_SEED"].flatMap { UInt64($0) } ?? 20_261_125

    /// Clocks that move by an hour, by half of one, by two, at midnight, or by a day; and years with two of them.
    static let places: [(zone: String, year: Int)] = [
        ("UTC", 2028), ("Europe/Stockholm", 2026), ("America/New_York", 2027), ("Australia/Lord_Howe", 2026),
        ("Africa/Cairo", 2024), ("Asia/Beirut", 2022), ("America/Sao_Paulo", 2018), ("Pacific/Apia", 2011),
        ("Antarctica/Troll", 2026), ("Africa/Casablanca", 2025), ("Asia/Pyongyang", 2018),
        ("Pacific/Kwajalein", 1993),
    ]

    @Test(arguments: places.indices)
    func `a schedule comes when a clock that is read each minute of a year says`(index: Int) throws {
        let place = Self.places[index]
        let shown = ShownTimes(try Zones.load(place.zone), year: place.year)
        var dice = Dice(seed: Self.seed &+ UInt64(index))
        var (occurrences, probes) = (0, 0)
        for number in 0..<Self.count / Self.places.count {
            let schedule =
                try number % 2 == 0
                ? dice.calendar(years: place.year - 1...place.year + 1, seconds: 20) : dice.cron(seconds: 20)
            let timetable = Timetable(schedule: schedule.schedule, zone: shown.zone, text: schedule.text)
            for days in windows(shown, schedule, &dice) {
                let (start, end) = (shown.start(of: days.lowerBound), shown.start(of: days.upperBound))
                // What a day has may come on the next, if the clock skips midnight.
                let times = shown.times(of: schedule, on: days.lowerBound - 1..<days.upperBound)
                    .filter { start <= $0 && $0 < end }
                occurrences += times.count
                probes += 8
                let found = try walk(timetable, start, end)
                try #require(found == times, "\(place.zone): \(schedule.text)")
                try probe(timetable, times, start, end, &dice)
            }
        }
        print("\(place.zone) \(place.year): \(occurrences) times and \(probes) instants between agree")
    }

    /// The whole year where a schedule comes seldom; otherwise the days around each change, and a few others.
    private func windows(_ shown: ShownTimes, _ schedule: GeneratedSchedule, _ dice: inout Dice) -> [Range<Int>] {
        if schedule.timesOfDay <= 4 { return [shown.days] }
        let length = max(1, min(30, 2000 / schedule.timesOfDay))
        var starts = [dice.roll(shown.days.lowerBound...shown.days.upperBound - length)]
        if schedule.timesOfDay <= 1440 {
            starts += shown.changes.map { Int($0.milliseconds / 86_400_000) - 1 }
        }
        return starts.map { max($0, shown.days.lowerBound)..<min($0 + max(3, length), shown.days.upperBound) }
    }

    private func walk(_ timetable: Timetable, _ start: Instant, _ end: Instant) throws -> [Instant] {
        var found: [Instant] = []
        var at = start - .milliseconds(1)
        while let next = timetable.next(after: at), next < end {
            try #require(next > at, "\(timetable.text): next is not later")
            if let last = found.last {
                try #require(timetable.previous(before: next) == last, "\(timetable.text): \(next.rfc3339)")
            }
            found.append(next)
            at = next
        }
        return found
    }

    /// From instants between, too.
    private func probe(
        _ timetable: Timetable, _ times: [Instant], _ start: Instant, _ end: Instant, _ dice: inout Dice
    ) throws {
        for _ in 0..<8 {
            let at = start + .milliseconds(dice.roll(0...Int((end - start).milliseconds - 1)))
            if let expected = times.first(where: { $0 > at }) {
                try #require(timetable.next(after: at) == expected, "\(timetable.text) after \(at.rfc3339)")
            }
            if let expected = times.last(where: { $0 < at }) {
                try #require(timetable.previous(before: at) == expected, "\(timetable.text) before \(at.rfc3339)")
            }
        }
    }
}
