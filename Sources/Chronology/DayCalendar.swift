// A named set of days: holidays, weekends, the days of a trade fair.

package struct DayCalendar: Equatable, Sendable {
    /// The most days that are kept of one calendar.
    package static let dayLimit = 100_000

    /// How many days in a row are looked at for their end.
    package static let runLimit = 366

    package let name: String
    /// 0 for Monday to 6 for Sunday: every such day belongs to the calendar.
    private let weekdays: NumberSet
    /// Days since 1970-01-01, sorted, each once.
    private let days: [Int32]

    /// - Parameters:
    ///   - weekdays: 0 for Monday to 6 for Sunday.
    ///   - days: In any order. Those beyond ``dayLimit`` are left out: whoever reads them refuses so many.
    package init(name: String, weekdays: [Int] = [], days: [CivilDay] = []) {
        self.name = name
        var set = NumberSet()
        for weekday in weekdays where (0...6).contains(weekday) { set.insert(weekday) }
        self.weekdays = set
        self.days = Set(days.prefix(Self.dayLimit).compactMap { Int32(exactly: $0.daysSinceEpoch) }).sorted()
    }

    /// Single days, without those that come with a weekday.
    package var dayCount: Int { days.count }

    package func contains(_ day: CivilDay) -> Bool {
        contains(dayNumber: day.daysSinceEpoch)
    }

    /// - Parameter day: Days since 1970-01-01.
    func contains(dayNumber day: Int) -> Bool {
        if weekdays.contains(Weekdays.of(dayNumber: day)) { return true }
        return Int32(exactly: day).map(days.sortedContains) ?? false
    }
}

extension DayCalendar {
    /// The first of its days at or after one. Days since 1970-01-01.
    func first(from day: Int) -> Int? {
        let single = days.element(at: days.lowerBound(Int32(clamping: day))).map(Int.init)
        guard !weekdays.isEmpty else { return single }
        let weekday = (0..<7).first { weekdays.contains(Weekdays.of(dayNumber: day + $0)) }.map { day + $0 }
        return [single, weekday].compactMap(\.self).min()
    }

    /// The last of its days at or before one. Days since 1970-01-01.
    func last(upTo day: Int) -> Int? {
        let single = days.element(at: days.lowerBound(Int32(clamping: day + 1)) - 1).map(Int.init)
        guard !weekdays.isEmpty else { return single }
        let weekday = (0..<7).first { weekdays.contains(Weekdays.of(dayNumber: day - $0)) }.map { day - $0 }
        return [single, weekday].compactMap(\.self).max()
    }
}

enum Weekdays {
    /// 0 for Monday to 6 for Sunday, of days since 1970-01-01.
    static func of(dayNumber day: Int) -> Int {
        let shifted = (day + 3) % 7
        return shifted < 0 ? shifted + 7 : shifted
    }
}

extension Zone {
    /// When the days of a calendar that stand side by side with the day of an instant end; nil where that day is not among
    /// them. After ``DayCalendar/runLimit`` days it is the end of the last one that was looked at.
    package func endOfDays(in calendar: DayCalendar, at instant: Instant) -> Instant? {
        var day = local(at: instant).day.daysSinceEpoch
        guard calendar.contains(dayNumber: day) else { return nil }
        let limit = day + DayCalendar.runLimit
        while day < limit, calendar.contains(dayNumber: day) { day += 1 }
        return self.instant(ofUnzoned: Unzoned.reading(day: day, time: 0))
    }
}
