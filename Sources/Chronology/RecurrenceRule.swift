// Recurrence rules of RFC 5545, as calendar programs write them: `FREQ=WEEKLY;BYDAY=MO,WE`. Begin at `init(parsing:)`; what
// a rule means from some time on is `Recurrence`.
//
// Source: RFC 5545, section 3.3.10. Read in RecurrenceParser.swift. What that section forbids is refused.

package struct RecurrenceRule: Equatable, Sendable {
    /// In the order of their length.
    enum Frequency: Int, CaseIterable, Comparable, Sendable {
        case secondly, minutely, hourly, daily, weekly, monthly, yearly

        static func < (left: Frequency, right: Frequency) -> Bool { left.rawValue < right.rawValue }

        var name: String { "\(self)".uppercased() }
    }

    /// `MO`, `1FR`, `-1SU`.
    struct WeekdayNumber: Equatable, Sendable {
        /// 0 for Monday to 6 for Sunday.
        var weekday: Int
        /// Which one of the month or year, from its end where it is below zero; 0 for each.
        var ordinal: Int
    }

    enum End: Equatable, Sendable {
        case never
        /// 1 to ``countLimit`` times.
        case count(Int)
        /// By the clock, this reading included; see ``Unzoned``.
        case reading(Int64)
        /// This instant included.
        case instant(Instant)
    }

    /// The highest COUNT.
    package static let countLimit = 100_000
    /// The highest INTERVAL.
    package static let intervalLimit = 1_000_000

    var frequency: Frequency
    /// Every how many periods of the frequency, 1 or more.
    var interval = 1
    var end = End.never
    // Empty where the rule does not say.
    var seconds = NumberSet()
    var minutes = NumberSet()
    var hours = NumberSet()
    var months = NumberSet()
    var weekdays: [WeekdayNumber] = []
    /// 1 to 31, and -1 to -31 from the end.
    var monthDays: [Int] = []
    /// 1 to 366, and -1 to -366 from the end.
    var yearDays: [Int] = []
    /// 1 to 53, and -1 to -53 from the end.
    var weekNumbers: [Int] = []
    /// Which ones of each period's times, from its end where it is below zero. Sorted, each once.
    var positions: [Int] = []
    /// On which day weeks begin: 0 for Monday to 6 for Sunday.
    var weekStart = 0

    init(frequency: Frequency) {
        self.frequency = frequency
    }

    /// - Parameter text: Up to ``RecurrenceParser/lengthLimit`` bytes, with or without `RRULE:` in front.
    /// - Throws: ``ScheduleError`` with the place, and what was probably meant where that can be told; the caller shows it
    ///   to whoever wrote the rule.
    package init(parsing text: String) throws(ScheduleError) {
        do throws(ScheduleError) {
            self = try RecurrenceParser(text).parse()
        } catch {
            throw error.withSuggestionChecked { text throws(ScheduleError) in _ = try RecurrenceParser(text).parse() }
        }
    }

    /// Whether the rule says on which days, and not only in which months.
    var namesDays: Bool {
        !weekdays.isEmpty || !monthDays.isEmpty || !yearDays.isEmpty || !weekNumbers.isEmpty
    }
}
