// What calendar expressions and cron have in common, and the search for their times. Begin at `first(from:)`.
//
// The search looks at months, not at days: a month's matching days are bits, found by shifts and masks, so the rarest
// pattern costs some hundred months, and an ordinary one costs one or two.

/// A schedule by what clocks show.
protocol ClockPattern: Equatable, Sendable {
    /// The earliest reading of a clock at or after one. Nil when it never comes again. See ``Unzoned``.
    func first(from reading: Int64) -> Int64?
    /// The latest reading of a clock at or before one. Nil when there was none. See ``Unzoned``.
    func last(upTo reading: Int64) -> Int64?
}

/// A schedule by days and times of day.
protocol DayPattern: ClockPattern {
    var times: TimesOfDay { get }
    var years: YearSet { get }
    var months: NumberSet { get }
    /// The matching days of a month, if its year and month are among ``years`` and ``months``.
    func days(of month: Month) -> NumberSet
}

extension DayPattern {
    func first(from reading: Int64) -> Int64? {
        let (dayNumber, time) = Unzoned.dayAndTime(reading)
        let day = CivilDay(daysSinceEpoch: dayNumber)
        if years.contains(day.year), months.contains(day.month) {
            let month = Month(day.month, of: day.year)
            let days = days(of: month)
            if days.contains(day.day), let time = times.first(from: time) {
                return Unzoned.reading(day: dayNumber, time: time)
            }
            if let later = days.first(from: day.day + 1) { return firstTime(of: later, in: month) }
        }
        var year = day.year
        for _ in 0...years.searchLimit {
            guard let found = years.first(from: year) else { return nil }
            var past = found == day.year ? day.month : 0
            while let next = months.first(from: past + 1) {
                let month = Month(next, of: found)
                if let first = days(of: month).first(from: 1) { return firstTime(of: first, in: month) }
                past = next
            }
            year = found + 1
        }
        return nil
    }

    func last(upTo reading: Int64) -> Int64? {
        let (dayNumber, time) = Unzoned.dayAndTime(reading)
        let day = CivilDay(daysSinceEpoch: dayNumber)
        if years.contains(day.year), months.contains(day.month) {
            let month = Month(day.month, of: day.year)
            let days = days(of: month)
            if days.contains(day.day), let time = times.last(upTo: time) {
                return Unzoned.reading(day: dayNumber, time: time)
            }
            if let earlier = days.last(upTo: day.day - 1) { return lastTime(of: earlier, in: month) }
        }
        var year = day.year
        for _ in 0...years.searchLimit {
            guard let found = years.last(upTo: year) else { return nil }
            var past = found == day.year ? day.month : 13
            while let previous = months.last(upTo: past - 1) {
                let month = Month(previous, of: found)
                if let last = days(of: month).last(upTo: 31) { return lastTime(of: last, in: month) }
                past = previous
            }
            year = found - 1
        }
        return nil
    }

    private func firstTime(of day: Int, in month: Month) -> Int64? {
        times.first(from: 0).map { Unzoned.reading(day: month.dayZero + day, time: $0) }
    }

    private func lastTime(of day: Int, in month: Month) -> Int64? {
        times.last(upTo: Unzoned.day - 1).map { Unzoned.reading(day: month.dayZero + day, time: $0) }
    }
}
