// When a recurrence rule comes, counted from a reading of the clock (`DTSTART`). Begin at `first(from:)`.
//
// Without BYSETPOS a reading comes if its day matches, its time of day matches, and the period that it lies in is one of
// every so many: each of the three is asked of the reading alone, so the search jumps from month to month by bits, as it
// does for calendar expressions, and never walks from the beginning. BYSETPOS then picks from the times of one period.
//
// The beginning comes only where the rule matches it. RFC 5545 leaves open what a beginning is that the rule does not match.

package struct Recurrence: ClockPattern {
    /// Nothing comes after this year, as with the years of calendar expressions.
    static let lastYear = CalendarUnit.years.upperBound

    package let rule: RecurrenceRule
    /// Nothing comes before.
    package let from: LocalTime
    let days: RecurrenceDays
    let times: RecurrenceTimes
    private let begin: Int64
    /// The last reading that can come; before ``begin`` where none does.
    private var end: Int64

    /// - Parameter from: What the rule counts from: the times of day, days and months that it does not name are those of
    ///   this reading, and every second week is every second one from here.
    package init(_ rule: RecurrenceRule, from: LocalTime) {
        self.rule = rule
        self.from = from
        days = RecurrenceDays(rule, from: from)
        times = RecurrenceTimes(rule, from: from)
        begin = from.unzonedSeconds * 1000
        let horizon = CivilDay(year: Self.lastYear + 1, month: 1, day: 1).daysSinceEpoch
        end = Unzoned.reading(day: horizon, time: 0) - 1
        // What never comes is looked for once, and not each time that it is asked for.
        let never = times.isEmpty || (rule.positions.isEmpty ? firstMatch(from: begin) : firstPossible) == nil
        if never { end = begin - 1 }
        switch rule.end {
        case .never, .instant: break
        case .reading(let reading): end = min(end, reading)
        case .count(let count): end = min(end, reading(number: count))
        }
    }

    /// The last instant that can come, where the rule names one; everything else about its end is in its readings.
    var lastInstant: Instant? {
        if case .instant(let instant) = rule.end { instant } else { nil }
    }

    /// The earliest reading of a clock at or after one. Nil when it never comes again. See ``Unzoned``.
    func first(from reading: Int64) -> Int64? {
        let reading = max(reading, begin)
        guard reading <= end else { return nil }
        guard let found = rule.positions.isEmpty ? firstMatch(from: reading) : firstPicked(from: reading), found <= end
        else { return nil }
        return found
    }

    /// The latest reading of a clock at or before one. Nil when there was none. See ``Unzoned``.
    func last(upTo reading: Int64) -> Int64? {
        let reading = min(reading, end)
        guard reading >= begin else { return nil }
        guard let found = rule.positions.isEmpty ? lastMatch(upTo: reading) : lastPicked(upTo: reading), found >= begin
        else { return nil }
        return found
    }

    private var firstPossible: Int64? { hasNoPositions ? nil : firstPicked(from: begin) }

    /// The reading of the last of so many, or of the last that comes at all.
    private func reading(number count: Int) -> Int64 {
        var left = count
        var cursor = begin
        var last = begin - 1
        while cursor <= end {
            if rule.positions.isEmpty {
                guard let match = firstMatch(from: cursor) else { return last }
                last = match
                left -= 1
                if left == 0 { return last }
                cursor = last + 1
            } else {
                guard let (picked, next) = firstPicks(from: cursor) else { return last }
                if picked.count >= left { return picked[left - 1] }
                last = picked.last ?? last
                left -= picked.count
                cursor = next
            }
        }
        return last
    }

    // MARK: Without positions

    /// At or after a reading, which may lie before the beginning.
    private func firstMatch(from reading: Int64) -> Int64? {
        let (number, time) = Unzoned.dayAndTime(reading)
        let day = CivilDay(daysSinceEpoch: number)
        let start = MonthIndex(day)
        var index = days.firstMonth(from: start)
        while index.year <= Self.lastYear {
            let month = Month(index.month, of: index.year)
            let matching = days.days(of: month, index)
            var next = index == start ? day.day : 1
            while let found = matching.first(from: next) {
                let isStart = month.dayZero + found == number
                if let time = times.first(on: month.dayZero + found, from: isStart ? time : 0) {
                    return Unzoned.reading(day: month.dayZero + found, time: time)
                }
                next = found + 1
            }
            index = days.firstMonth(from: index.next)
        }
        return nil
    }

    /// At or before a reading, but not before the month of the beginning.
    private func lastMatch(upTo reading: Int64) -> Int64? {
        let (number, time) = Unzoned.dayAndTime(reading)
        let day = CivilDay(daysSinceEpoch: number)
        let (start, bound) = (MonthIndex(day), MonthIndex(periodStart))
        var index = days.lastMonth(upTo: start, notBefore: bound)
        while index >= bound {
            let month = Month(index.month, of: index.year)
            let matching = days.days(of: month, index)
            var next = index == start ? day.day : month.length
            while let found = matching.last(upTo: next) {
                let isStart = month.dayZero + found == number
                if let time = times.last(on: month.dayZero + found, upTo: isStart ? time : Unzoned.day - 1) {
                    return Unzoned.reading(day: month.dayZero + found, time: time)
                }
                next = found - 1
            }
            index = days.lastMonth(upTo: index.previous, notBefore: bound)
        }
        return nil
    }

    /// The first day of the period that holds the beginning.
    private var periodStart: CivilDay {
        CivilDay(daysSinceEpoch: Unzoned.dayAndTime(period(of: begin).lowerBound).day)
    }

    // MARK: With positions

    private func firstPicked(from reading: Int64) -> Int64? {
        firstPicks(from: reading)?.picked.first
    }

    /// What comes at or after a reading in the first period with such, and where the next period begins.
    private func firstPicks(from reading: Int64) -> (picked: [Int64], next: Int64)? {
        var cursor = period(of: reading).lowerBound
        while let match = firstMatch(from: cursor) {
            let period = period(of: match)
            let picked = picks(in: period, around: match)
            let first = picked.lowerBound(max(reading, begin))
            if first < picked.endIndex { return (Array(picked[first...]), period.upperBound + 1) }
            cursor = period.upperBound + 1
        }
        return nil
    }

    private func lastPicked(upTo reading: Int64) -> Int64? {
        var cursor = period(of: reading).upperBound
        while let match = lastMatch(upTo: cursor) {
            let period = period(of: match)
            guard period.upperBound >= begin else { return nil }
            let picked = picks(in: period, around: match)
            let after = picked.lowerBound(reading + 1)
            if after > 0, picked[after - 1] >= begin { return picked[after - 1] }
            cursor = period.lowerBound - 1
        }
        return nil
    }

    /// The period of the frequency that a reading lies in.
    private func period(of reading: Int64) -> ClosedRange<Int64> {
        let (number, time) = Unzoned.dayAndTime(reading)
        func within(_ length: Int) -> ClosedRange<Int64> {
            let start = Unzoned.reading(day: number, time: time / length * length)
            return start...start + Int64(length) - 1
        }
        func span(_ first: Int, _ end: Int) -> ClosedRange<Int64> {
            Unzoned.reading(day: first, time: 0)...Unzoned.reading(day: end, time: 0) - 1
        }
        switch rule.frequency {
        case .secondly: return within(1000)
        case .minutely: return within(60_000)
        case .hourly: return within(3_600_000)
        case .daily: return within(Unzoned.day)
        case .weekly:
            let start = RecurrenceDays.startOfWeek(of: number, weekStart: rule.weekStart)
            return span(start, start + 7)
        case .monthly:
            let day = CivilDay(daysSinceEpoch: number)
            let first = CivilDay(year: day.year, month: day.month, day: 1).daysSinceEpoch
            return span(first, first + day.daysInMonth)
        case .yearly:
            let year = CivilDay(daysSinceEpoch: number).year
            return span(
                CivilDay(year: year, month: 1, day: 1).daysSinceEpoch,
                CivilDay(year: year + 1, month: 1, day: 1).daysSinceEpoch)
        }
    }

    /// Whether no period has as many times as any position wants.
    private var hasNoPositions: Bool {
        let days =
            switch rule.frequency {
            case .yearly: 366
            case .monthly: 31
            case .weekly: days.countOfWeekdays
            default: 1
            }
        return !rule.positions.contains { abs($0) <= days * times.countOfPeriod }
    }

    /// The times of a period that the positions name, sorted, each once. `match` is any time of it.
    private func picks(in period: ClosedRange<Int64>, around match: Int64) -> [Int64] {
        let (number, time) = Unzoned.dayAndTime(match)
        let days = rule.frequency <= .daily ? [number] : matchingDays(in: period)
        let perDay = times.countOfPeriod
        let count = days.count * perDay
        var places: Set<Int> = []
        for position in rule.positions where abs(position) <= count {
            places.insert(position > 0 ? position - 1 : count + position)
        }
        return places.sorted().map { place in
            Unzoned.reading(day: days[place / perDay], time: times.time(number: place % perDay, inPeriodOf: time))
        }
    }

    private func matchingDays(in period: ClosedRange<Int64>) -> [Int] {
        let (first, last) = (Unzoned.dayAndTime(period.lowerBound).day, Unzoned.dayAndTime(period.upperBound).day)
        var found: [Int] = []
        var index = MonthIndex(CivilDay(daysSinceEpoch: first))
        let end = MonthIndex(CivilDay(daysSinceEpoch: last))
        while index <= end {
            let month = Month(index.month, of: index.year)
            let matching = days.isAligned(index) ? days.days(of: month, index) : NumberSet()
            var next = max(1, first - month.dayZero)
            while let day = matching.first(from: next), month.dayZero + day <= last {
                found.append(month.dayZero + day)
                next = day + 1
            }
            index = index.next
        }
        return found
    }
}
