// What calendar expressions and cron have in common: a test for days, and the times of a day.

/// Small numbers 0 to 63 as bits.
struct NumberSet: Equatable, Sendable {
    var bits: UInt64 = 0

    func contains(_ number: Int) -> Bool {
        number >= 0 && number < 64 && bits & (1 << UInt64(number)) != 0
    }

    mutating func insert(_ number: Int) {
        if number >= 0, number < 64 { bits |= 1 << UInt64(number) }
    }

    var isEmpty: Bool { bits == 0 }

    /// The smallest member at or above a number.
    func first(from number: Int) -> Int? {
        guard number < 64 else { return nil }
        let rest = bits & (UInt64.max << UInt64(max(0, number)))
        return rest == 0 ? nil : rest.trailingZeroBitCount
    }

    /// The largest member at or below a number.
    func last(upTo number: Int) -> Int? {
        guard number >= 0 else { return nil }
        let rest = number >= 63 ? bits : bits & ((1 << UInt64(number + 1)) - 1)
        return rest == 0 ? nil : 63 - rest.leadingZeroBitCount
    }

    static func all(_ range: ClosedRange<Int>) -> NumberSet {
        var set = NumberSet()
        for number in range { set.insert(number) }
        return set
    }
}

/// The times of a matching day, to the second.
struct TimesOfDay: Equatable, Sendable {
    var hours: NumberSet
    var minutes: NumberSet
    var seconds: NumberSet

    /// The first second of day at or after one.
    func first(from second: Int) -> Int? {
        guard second < 86_400 else { return nil }
        let (hour, minute, rest) = (second / 3600, second / 60 % 60, second % 60)
        if hours.contains(hour) {
            if minutes.contains(minute), let found = seconds.first(from: rest) {
                return hour * 3600 + minute * 60 + found
            }
            if let next = minutes.first(from: minute + 1), let found = seconds.first(from: 0) {
                return hour * 3600 + next * 60 + found
            }
        }
        guard let next = hours.first(from: hour + 1), let minute = minutes.first(from: 0),
            let found = seconds.first(from: 0)
        else { return nil }
        return next * 3600 + minute * 60 + found
    }

    /// The last second of day at or before one.
    func last(upTo second: Int) -> Int? {
        guard second >= 0 else { return nil }
        let (hour, minute, rest) = (second / 3600, second / 60 % 60, second % 60)
        if hours.contains(hour) {
            if minutes.contains(minute), let found = seconds.last(upTo: rest) {
                return hour * 3600 + minute * 60 + found
            }
            if let previous = minutes.last(upTo: minute - 1), let found = seconds.last(upTo: 59) {
                return hour * 3600 + previous * 60 + found
            }
        }
        guard let previous = hours.last(upTo: hour - 1), let minute = minutes.last(upTo: 59),
            let found = seconds.last(upTo: 59)
        else { return nil }
        return previous * 3600 + minute * 60 + found
    }
}

/// A schedule by days and times of day.
protocol DayPattern: Equatable, Sendable {
    var times: TimesOfDay { get }
    /// Months with at least one possible day: whole months outside of it are passed over.
    var months: NumberSet { get }
    func matches(_ day: CivilDay) -> Bool
}

extension DayPattern {
    /// The earliest local time at or after one, within `DayPatternBounds.years`.
    func first(from start: LocalTime) -> LocalTime? {
        var day = start.day
        var second = start.secondOfDay
        let lastYear = start.day.year + DayPatternBounds.years
        while day.year <= lastYear {
            if !months.contains(day.month) {
                day =
                    day.month == 12
                    ? CivilDay(year: day.year + 1, month: 1, day: 1)
                    : CivilDay(year: day.year, month: day.month + 1, day: 1)
                second = 0
                continue
            }
            if matches(day), let found = times.first(from: second) {
                return LocalTime(day: day, secondOfDay: found)
            }
            day = CivilDay(daysSinceEpoch: day.daysSinceEpoch + 1)
            second = 0
        }
        return nil
    }

    /// The latest local time at or before one.
    func last(upTo end: LocalTime) -> LocalTime? {
        var day = end.day
        var second = end.secondOfDay
        let firstYear = end.day.year - DayPatternBounds.years
        while day.year >= firstYear {
            if !months.contains(day.month) {
                day = CivilDay(
                    daysSinceEpoch: CivilDay(year: day.year, month: day.month, day: 1).daysSinceEpoch - 1)
                second = 86_399
                continue
            }
            if matches(day), let found = times.last(upTo: second) {
                return LocalTime(day: day, secondOfDay: found)
            }
            day = CivilDay(daysSinceEpoch: day.daysSinceEpoch - 1)
            second = 86_399
        }
        return nil
    }
}

enum DayPatternBounds {
    /// A pattern that does not come within this many years never comes. The rarest day of the calendar, 29 February on
    /// one weekday, is at most 40 years away.
    static let years = 45
}
