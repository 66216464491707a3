// systemd calendar expressions: `Fri 17:00`, `Mon..Fri 09:30`, `*-*~01`, `daily`, `Fri 17:00 Europe/Stockholm`.
//
// Source: systemd.time(7), "Calendar Events", and what `systemd-analyze calendar` of systemd 252 accepts. Read in
// CalendarParser.swift. Not taken: a zone by the abbreviation that the host's own zone has, since the daemon's schedules
// do not depend on its host.

/// A zone as an expression names it.
package struct WrittenZone: Equatable, Sendable {
    /// An IANA name, not yet looked up; `UTC` however it was written.
    package var name: String
    /// Where it stands, in characters from the beginning of the expression.
    package var offset: Int
    /// How many characters, 1 or more.
    package var length: Int

    package init(name: String, offset: Int, length: Int) {
        self.name = name
        self.offset = offset
        self.length = length
    }
}

package struct CalendarExpression: DayPattern {
    /// 0 for Monday to 6 for Sunday.
    var weekdays: NumberSet = .all(0...6)
    var years = YearSet()
    var months: NumberSet = .all(1...12)
    /// Days of the month; where they count from the end, as the days that they are in a month of 31.
    var days: NumberSet = .all(1...31)
    var daysCountFromEnd = false
    var times = TimesOfDay(hours: .only(0), minutes: .only(0), seconds: SecondsOfMinute(whole: .only(0)))
    /// The zone that the expression names. Whoever makes a timetable of it looks the zone up, and uses it in place of
    /// any other.
    package internal(set) var zone: WrittenZone?

    /// - Parameter text: Up to ``CalendarParser/lengthLimit`` bytes.
    /// - Throws: ``ScheduleError`` with the place, and what was probably meant where that can be told; the caller shows
    ///   it to whoever wrote the expression.
    package init(parsing text: String) throws(ScheduleError) {
        do throws(ScheduleError) {
            self = try CalendarParser(text).parse()
        } catch {
            throw error.withSuggestionChecked { text throws(ScheduleError) in _ = try CalendarParser(text).parse() }
        }
    }

    init() {}

    func days(of month: Month) -> NumberSet {
        let numbers = daysCountFromEnd ? month.days(alignedToEnd: days) : days.intersection(month.days)
        return numbers.intersection(month.days(on: weekdays))
    }
}
