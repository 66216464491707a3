// On which days a recurrence rule comes: a month's matching days as bits. Begin at `days(of:)`.

/// A month of a year as one number: months since the year 0.
struct MonthIndex: Comparable {
    var value: Int

    init(value: Int) {
        self.value = value
    }

    init(_ day: CivilDay) {
        value = day.year * 12 + day.month - 1
    }

    var year: Int { value >= 0 ? value / 12 : (value - 11) / 12 }
    var month: Int { value - year * 12 + 1 }
    var next: MonthIndex { MonthIndex(value: value + 1) }
    var previous: MonthIndex { MonthIndex(value: value - 1) }

    static func < (left: MonthIndex, right: MonthIndex) -> Bool { left.value < right.value }
}

struct RecurrenceDays: Equatable, Sendable {
    private let frequency: RecurrenceRule.Frequency
    private let interval: Int
    private let weekStart: Int
    /// Of the beginning: its day, the first day of its week, its month and its year.
    private let day: Int
    private let week: Int
    private let month: Int
    private let year: Int
    private var months: NumberSet
    /// Every one of these weekdays; all of them where ``counted`` has what is wanted.
    private var weekdays: NumberSet
    private let counted: [RecurrenceRule.WeekdayNumber]
    private let countsInYear: Bool
    private var monthDays: MonthDaySet?
    private let yearDays: YearDaySet?
    /// 1 to 53, and the same counted from the end of the year.
    private var weekNumbers = NumberSet()
    private var weekNumbersFromEnd = NumberSet()

    init(_ rule: RecurrenceRule, from: LocalTime) {
        frequency = rule.frequency
        interval = rule.interval
        weekStart = rule.weekStart
        day = from.day.daysSinceEpoch
        week = Self.startOfWeek(of: day, weekStart: rule.weekStart)
        month = MonthIndex(from.day).value
        year = from.day.year
        months = rule.months.isEmpty ? .all(1...12) : rule.months
        weekdays = NumberSet()
        for entry in rule.weekdays where entry.ordinal == 0 { weekdays.insert(entry.weekday) }
        counted = rule.weekdays.filter { $0.ordinal != 0 }
        countsInYear = rule.frequency == .yearly && rule.months.isEmpty
        monthDays = rule.monthDays.isEmpty ? nil : MonthDaySet(rule.monthDays)
        yearDays = rule.yearDays.isEmpty ? nil : YearDaySet(rule.yearDays)
        for number in rule.weekNumbers {
            if number > 0 { weekNumbers.insert(number) } else { weekNumbersFromEnd.insert(-number) }
        }
        complete(rule, from: from.day)
        if weekdays.isEmpty, counted.isEmpty { weekdays = .all(0...6) }
    }

    /// What a rule does not say is as at the beginning.
    private mutating func complete(_ rule: RecurrenceRule, from day: CivilDay) {
        switch rule.frequency {
        case .yearly where !rule.namesDays:
            if rule.months.isEmpty { months = .only(day.month) }
            monthDays = MonthDaySet([day.day])
        case .yearly where !rule.weekNumbers.isEmpty && rule.weekdays.isEmpty && monthDays == nil && yearDays == nil:
            weekdays = .only(day.weekday)
        case .monthly where !rule.namesDays: monthDays = MonthDaySet([day.day])
        case .weekly where !rule.namesDays: weekdays = .only(day.weekday)
        default: break
        }
    }

    /// How many days of a week can match; of a rule whose weekdays have no numbers.
    var countOfWeekdays: Int { weekdays.bits.nonzeroBitCount }

    // MARK: Months

    /// Whether the period of a month is one of every so many, as far as a month can say.
    func isAligned(_ index: MonthIndex) -> Bool {
        switch frequency {
        case .yearly: (index.year - year) % interval == 0
        case .monthly: (index.value - month) % interval == 0
        default: true
        }
    }

    /// The first month at or after one in which a day can match. Beyond ``Recurrence/lastYear`` it may be any.
    func firstMonth(from index: MonthIndex) -> MonthIndex {
        var index = index
        while index.year <= Recurrence.lastYear {
            if !isAligned(index) {
                index = nextAligned(after: index)
            } else if let month = months.first(from: index.month) {
                let found = MonthIndex(value: index.value - index.month + month)
                if found == index || isAligned(found) { return found }
                index = found
            } else {
                index = MonthIndex(value: (index.year + 1) * 12)
            }
        }
        return index
    }

    private func nextAligned(after index: MonthIndex) -> MonthIndex {
        switch frequency {
        case .yearly: MonthIndex(value: (index.year + Self.modulo(year - index.year, interval)) * 12)
        case .monthly: MonthIndex(value: index.value + Self.modulo(month - index.value, interval))
        default: index.next
        }
    }

    /// The last month at or before one in which a day can match. Before `bound` it may be any.
    func lastMonth(upTo index: MonthIndex, notBefore bound: MonthIndex) -> MonthIndex {
        var index = index
        while index >= bound {
            if !isAligned(index) {
                index = previousAligned(before: index)
            } else if let month = months.last(upTo: index.month) {
                let found = MonthIndex(value: index.value - index.month + month)
                if found == index || isAligned(found) { return found }
                index = found
            } else {
                index = MonthIndex(value: index.year * 12 - 1)
            }
        }
        return index
    }

    private func previousAligned(before index: MonthIndex) -> MonthIndex {
        switch frequency {
        case .yearly: MonthIndex(value: (index.year - Self.modulo(index.year - year, interval)) * 12 + 11)
        case .monthly: MonthIndex(value: index.value - Self.modulo(index.value - month, interval))
        default: index.previous
        }
    }

    // MARK: Days

    /// The matching days of a month that is among the months and aligned.
    func days(of month: Month, _ index: MonthIndex) -> NumberSet {
        guard months.contains(index.month) else { return NumberSet() }
        var days = month.days.intersection(aligned(month))
        if weekdays != .all(0...6) || !counted.isEmpty {
            days = days.intersection(month.days(on: weekdays).union(countedDays(month, index)))
        }
        if let monthDays { days = days.intersection(monthDays.days(of: month)) }
        if let yearDays { days = days.intersection(yearDays.days(of: month, index)) }
        if !weekNumbers.isEmpty || !weekNumbersFromEnd.isEmpty { days = days.intersection(daysOfWeeks(month, index)) }
        return days
    }

    /// The days of every so many days or weeks.
    private func aligned(_ month: Month) -> NumberSet {
        guard interval > 1 else { return month.days }
        switch frequency {
        case .daily:
            var set = NumberSet()
            for day in stride(from: Self.modulo(day - month.dayZero, interval), through: 31, by: interval) {
                set.insert(day)
            }
            return set
        case .weekly:
            let step = 7 * interval
            var set = NumberSet()
            for first in stride(from: Self.modulo(week - month.dayZero, step) - step, through: 31, by: step)
            where first > -7 {
                for day in max(1, first)..<max(1, first + 7) { set.insert(day) }
            }
            return set
        default: return month.days
        }
    }

    /// `1FR`: the first Friday of the month, or of the year.
    private func countedDays(_ month: Month, _ index: MonthIndex) -> NumberSet {
        var set = NumberSet()
        let (zero, length, firstWeekday) =
            countsInYear ? Self.year(index.year) : (month.dayZero, month.length, month.firstWeekday)
        for entry in counted {
            let first = 1 + Self.modulo(entry.weekday - firstWeekday, 7)
            let last = first + (length - first) / 7 * 7
            let day = entry.ordinal > 0 ? first + (entry.ordinal - 1) * 7 : last + (entry.ordinal + 1) * 7
            guard (1...length).contains(day) else { continue }
            set.insert(zero + day - month.dayZero)
        }
        return set.intersection(month.days)
    }

    /// The day before its first, its length, and the weekday of its first.
    private static func year(_ year: Int) -> (Int, Int, Int) {
        let first = CivilDay(year: year, month: 1, day: 1)
        return (first.daysSinceEpoch - 1, CivilDay.isLeap(year) ? 366 : 365, first.weekday)
    }

    // MARK: Weeks

    /// The day on which the week of a day begins.
    static func startOfWeek(of day: Int, weekStart: Int) -> Int {
        day - modulo(Weekdays.of(dayNumber: day) - weekStart, 7)
    }

    /// Week 1 is the first with four days or more in its year, as in ISO 8601.
    private func firstWeek(of year: Int) -> Int {
        Self.startOfWeek(of: CivilDay(year: year, month: 1, day: 4).daysSinceEpoch, weekStart: weekStart)
    }

    private func daysOfWeeks(_ month: Month, _ index: MonthIndex) -> NumberSet {
        var set = NumberSet()
        var start = Self.startOfWeek(of: month.dayZero + 1, weekStart: weekStart)
        while start <= month.dayZero + month.length {
            if isNamed(weekAt: start) {
                for day in max(1, start - month.dayZero)..<(start - month.dayZero + 7) { set.insert(day) }
            }
            start += 7
        }
        return set.intersection(month.days)
    }

    private func isNamed(weekAt start: Int) -> Bool {
        // A week belongs to the year of its fourth day.
        let year = CivilDay(daysSinceEpoch: start + 3).year
        let (first, end) = (firstWeek(of: year), firstWeek(of: year + 1))
        return weekNumbers.contains((start - first) / 7 + 1) || weekNumbersFromEnd.contains((end - start) / 7)
    }

    /// The remainder that is not below zero.
    static func modulo(_ number: Int, _ divisor: Int) -> Int {
        let rest = number % divisor
        return rest < 0 ? rest + divisor : rest
    }
}

/// Days of a month, from its beginning and from its end.
private struct MonthDaySet: Equatable, Sendable {
    private var days = NumberSet()
    /// As the days that they are in a month of 31: 31 for the last.
    private var alignedToEnd = NumberSet()

    init(_ numbers: [Int]) {
        for number in numbers {
            if number > 0 { days.insert(number) } else { alignedToEnd.insert(32 + number) }
        }
    }

    func days(of month: Month) -> NumberSet {
        days.union(month.days(alignedToEnd: alignedToEnd))
    }
}

/// Days of a year, from its beginning and from its end.
private struct YearDaySet: Equatable, Sendable {
    /// Bit n of all words stands for day n.
    private var days = [UInt64](repeating: 0, count: 7)
    /// As the days that they are in a year of 366: 366 for the last.
    private var alignedToEnd = [UInt64](repeating: 0, count: 7)

    init(_ numbers: [Int]) {
        for number in numbers {
            if number > 0 {
                days[number / 64] |= 1 << UInt64(number % 64)
            } else {
                alignedToEnd[(367 + number) / 64] |= 1 << UInt64((367 + number) % 64)
            }
        }
    }

    func days(of month: Month, _ index: MonthIndex) -> NumberSet {
        let before = month.dayZero + 1 - CivilDay(year: index.year, month: 1, day: 1).daysSinceEpoch
        let fromEnd = before + (CivilDay.isLeap(index.year) ? 0 : 1)
        return NumberSet(bits: Self.bits(days, from: before) | Self.bits(alignedToEnd, from: fromEnd))
    }

    /// 64 bits from one on. `place` is below 366.
    private static func bits(_ words: [UInt64], from place: Int) -> UInt64 {
        let (word, shift) = (place / 64, UInt64(place % 64))
        let high = shift > 0 && word + 1 < words.count ? words[word + 1] << (64 - shift) : 0
        return words[word] >> shift | high
    }
}
