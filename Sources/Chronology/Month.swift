// The days of a month as bits, so that a schedule's days in it are found by shifts and masks.

/// A month of a year, whose days are looked at as bits 1 to 31.
struct Month {
    let length: Int
    /// Days since 1970-01-01 of the day before its first: day n of the month is this many and n.
    let dayZero: Int
    /// 0 for Monday to 6 for Sunday.
    let firstWeekday: Int

    init(_ month: Int, of year: Int) {
        let first = CivilDay(year: year, month: month, day: 1)
        length = first.daysInMonth
        dayZero = first.daysSinceEpoch - 1
        firstWeekday = first.weekday
    }

    var days: NumberSet { NumberSet(bits: (1 << UInt64(length + 1)) - 2) }

    /// The days that fall on weekdays, 0 for Monday to 6 for Sunday. Up to day 35: the caller cuts them to the month.
    func days(on weekdays: NumberSet) -> NumberSet {
        // One week with the month's first day as bit 0, then five of them.
        let week = (weekdays.bits >> UInt64(firstWeekday) | weekdays.bits << UInt64(7 - firstWeekday)) & 0x7F
        return NumberSet(bits: (week | week << 7 | week << 14 | week << 21 | week << 28) << 1)
    }

    /// Days that are counted from the end, given as the days that they are in a month of 31: 31 for the last.
    func days(alignedToEnd numbers: NumberSet) -> NumberSet {
        NumberSet(bits: numbers.bits >> UInt64(31 - length)).intersection(days)
    }

    /// The weekday of a day, 0 for Monday to 6 for Sunday.
    func weekday(of day: Int) -> Int {
        (firstWeekday + day - 1) % 7
    }
}
