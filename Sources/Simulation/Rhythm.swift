// When a campaign of the simulation is due, by arithmetic on minutes: a second opinion on the calendar's code, which it
// does not use. In UTC; zones and their clocks are the calendar's own tests.

internal import Chronology

struct Rhythm: Equatable {
    /// Minutes of the day, in order.
    var minutes: [Int]
    /// 0 for Monday to 6 for Sunday.
    var weekdays: Set<Int>
    /// The same as a calendar expression or a cron line.
    var text: String
    var isCron: Bool

    static func everyDay(_ minutes: [Int], _ text: String, isCron: Bool = false) -> Rhythm {
        Rhythm(minutes: minutes, weekdays: Set(0...6), text: text, isCron: isCron)
    }

    private static let dayMilliseconds: Int64 = 86_400_000

    /// The first time strictly after an instant.
    func next(after instant: Instant) -> Instant {
        var day = instant.milliseconds / Self.dayMilliseconds
        while true {
            // 1 January 1970 was a Thursday.
            if weekdays.contains(Int((day + 3) % 7)) {
                for minute in minutes {
                    let at = day * Self.dayMilliseconds + Int64(minute) * 60_000
                    if at > instant.milliseconds { return Instant(milliseconds: at) }
                }
            }
            day += 1
        }
    }

    var timetable: Timetable? {
        if isCron {
            guard let expression = try? CronExpression(parsing: text) else { return nil }
            return Timetable(schedule: .cron(expression), zone: .utc, text: text)
        }
        guard let expression = try? CalendarExpression(parsing: text) else { return nil }
        return Timetable(schedule: .calendar(expression), zone: .utc, text: text)
    }
}
