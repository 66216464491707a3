// Days and times of day as people write them, without a zone. Proleptic Gregorian calendar.

/// A day of the civil calendar. `month` is 1 to 12, `day` 1 to 31.
package struct CivilDay: Hashable, Comparable, Sendable {
    package var year: Int
    package var month: Int
    package var day: Int

    package init(year: Int, month: Int, day: Int) {
        self.year = year
        self.month = month
        self.day = day
    }

    /// Days since 1970-01-01 to a day. Source: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms".
    package init(daysSinceEpoch days: Int) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    package var daysSinceEpoch: Int {
        let year = month <= 2 ? self.year - 1 : self.year
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    /// 0 for Monday to 6 for Sunday.
    package var weekday: Int {
        let shifted = (daysSinceEpoch + 3) % 7
        return shifted < 0 ? shifted + 7 : shifted
    }

    package var daysInMonth: Int { Self.days(inMonth: month, of: year) }

    package static func days(inMonth month: Int, of year: Int) -> Int {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    package static func isLeap(_ year: Int) -> Bool {
        year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    }

    package static func < (left: CivilDay, right: CivilDay) -> Bool {
        (left.year, left.month, left.day) < (right.year, right.month, right.day)
    }
}

/// A wall clock's reading: a day and a time of day, without a zone.
package struct LocalTime: Hashable, Comparable, Sendable {
    package var day: CivilDay
    /// 0 to 86,399.
    package var secondOfDay: Int

    package init(day: CivilDay, secondOfDay: Int) {
        self.day = day
        self.secondOfDay = secondOfDay
    }

    package init(year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int) {
        self.day = CivilDay(year: year, month: month, day: day)
        secondOfDay = hour * 3600 + minute * 60 + second
    }

    /// The reading that a clock would show if it counted these seconds since 1970-01-01T00:00:00.
    package init(unzonedSeconds seconds: Int64) {
        // Division rounds towards zero; total, since a zone file may name any number.
        let (whole, rest) = seconds.quotientAndRemainder(dividingBy: 86_400)
        let isBefore = rest < 0
        day = CivilDay(daysSinceEpoch: Int(isBefore ? whole - 1 : whole))
        secondOfDay = Int(isBefore ? rest + 86_400 : rest)
    }

    package var unzonedSeconds: Int64 {
        Int64(day.daysSinceEpoch) * 86_400 + Int64(secondOfDay)
    }

    package var hour: Int { secondOfDay / 3600 }
    package var minute: Int { secondOfDay / 60 % 60 }
    package var second: Int { secondOfDay % 60 }

    package static func < (left: LocalTime, right: LocalTime) -> Bool {
        (left.day, left.secondOfDay) < (right.day, right.secondOfDay)
    }
}
