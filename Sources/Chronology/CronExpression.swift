// cron: five fields, or six with seconds first; with Quartz's `L`, `W`, `#` and `?`, and the `@` names. Read in
// CronParser.swift.
//
// Day of month and day of week are a union when both are set, as crontab(5) has it: days that match either. A field that
// begins with `*` (or is `?`) is not set, also not with a step: then days must match both, so `*/2` and `1` are the
// Mondays among the odd days, as cron has it since Paul Vixie's. Both cases have a ``ScheduleWarning``.
//
// Weekdays are cron's, 0 or 7 for Sunday, also in six fields, where Quartz has 1 for Sunday.

package struct CronExpression: DayPattern {
    var seconds: NumberSet
    var minutes: NumberSet
    var hours: NumberSet
    var months: NumberSet
    var monthDays: MonthDays
    var weekDays: WeekDays

    /// Which days of a month.
    struct MonthDays: Equatable, Sendable {
        /// Whether the field begins with `*`, or is `?`.
        var isOpen = false
        var days = NumberSet()
        /// Counted from the end, as the days that they are in a month of 31: 31 for `L`, 28 for `L-3`.
        var alignedToEnd = NumberSet()
        /// The weekday nearest to a day, within its month: `15W`. Nothing in a month without that day.
        var nearestWeekday = NumberSet()
        /// The last weekday of the month: `LW`.
        var isLastWeekday = false

        func days(of month: Month) -> NumberSet {
            var found = days.union(month.days(alignedToEnd: alignedToEnd))
            var number = 1
            while let day = nearestWeekday.first(from: number), day <= month.length {
                found.insert(Self.nearestWeekday(to: day, in: month))
                number = day + 1
            }
            if isLastWeekday { found.insert(month.length - max(0, month.weekday(of: month.length) - 4)) }
            return found
        }

        /// Source: the Quartz scheduler's CronExpression: never across the end of a month.
        private static func nearestWeekday(to day: Int, in month: Month) -> Int {
            switch month.weekday(of: day) {
            case 5: day > 1 ? day - 1 : day + 2
            case 6: day < month.length ? day + 1 : day - 2
            default: day
            }
        }
    }

    /// Which days of a week; 0 is Monday.
    struct WeekDays: Equatable, Sendable {
        /// Whether the field begins with `*`, or is `?`.
        var isOpen = false
        var days = NumberSet()
        /// The last of these weekdays in the month: `5L`.
        var last = NumberSet()
        /// Weekday and which one in the month: `5#3`, as `weekday * 8 + count`.
        var counted = NumberSet()

        func days(of month: Month) -> NumberSet {
            var found = month.days(on: days)
            if !last.isEmpty {
                let lastWeek = NumberSet(bits: 0b111_1111 << UInt64(month.length - 6))
                found = found.union(month.days(on: last).intersection(lastWeek))
            }
            var number = 0
            while let next = counted.first(from: number) {
                let week = NumberSet(bits: 0b111_1111 << UInt64((next % 8 - 1) * 7 + 1))
                found = found.union(month.days(on: .only(next / 8)).intersection(week))
                number = next + 1
            }
            return found
        }
    }

    /// - Parameter text: Up to ``CronParser/lengthLimit`` bytes.
    /// - Throws: ``ScheduleError`` with the place, and what was probably meant where that can be told; the caller shows
    ///   it to whoever wrote the expression.
    package init(parsing text: String) throws(ScheduleError) {
        do throws(ScheduleError) {
            self = try CronParser(text).parse()
        } catch {
            throw (CronParser.calendar(text) ?? error)
                .withSuggestionChecked { text throws(ScheduleError) in _ = try CronParser(text).parse() }
        }
    }

    init(
        seconds: NumberSet, minutes: NumberSet, hours: NumberSet, months: NumberSet, monthDays: MonthDays,
        weekDays: WeekDays
    ) {
        self.seconds = seconds
        self.minutes = minutes
        self.hours = hours
        self.months = months
        self.monthDays = monthDays
        self.weekDays = weekDays
    }

    var times: TimesOfDay {
        TimesOfDay(hours: hours, minutes: minutes, seconds: SecondsOfMinute(whole: seconds))
    }

    var years: YearSet { YearSet() }

    func days(of month: Month) -> NumberSet {
        let (ofMonth, ofWeek) = (monthDays.days(of: month), weekDays.days(of: month))
        let days = combinesDays ? ofMonth.union(ofWeek) : ofMonth.intersection(ofWeek)
        return days.intersection(month.days)
    }

    /// Whether either field for days suffices.
    var combinesDays: Bool { !monthDays.isOpen && !weekDays.isOpen }
}
