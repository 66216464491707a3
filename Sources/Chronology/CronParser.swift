// Text → cron expression. Begin at `parse`.

struct CronParser {
    /// Bytes of an expression; no useful one is longer.
    static let lengthLimit = 256
    /// The names that stand for whole expressions, in any case.
    private static let names = [
        "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0",
        "@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *",
    ]
    static let weekdays = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
    private static let monthNames = [
        "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
    ]
    private static let form =
        "five fields: minute hour day-of-month month day-of-week, such as \"30 6 * * 1-5\"; or six, with seconds first"

    private static let second = CronField(name: "second", bounds: 0...59)
    private static let minute = CronField(name: "minute", bounds: 0...59)
    private static let hour = CronField(name: "hour", bounds: 0...23)
    private static let month = CronField(name: "month", bounds: 1...12, names: monthNames, firstName: 1)
    private static let monthDay = CronField(name: "day of the month", bounds: 1...31)
    private static let weekday = CronField(
        name: "day of the week", bounds: 0...7, lastOfStep: 6, names: weekdays, firstName: 0)

    private let text: String

    init(_ text: String) {
        self.text = text
    }

    func parse() throws(ScheduleError) -> CronExpression {
        let whole = Piece(text)
        guard text.utf8.count <= Self.lengthLimit else {
            throw whole.fault("the expression is too long", accepted: Self.form, remedy: "Write a shorter one.")
        }
        var fields = whole.words()
        if fields.count == 1, fields[0].text.hasPrefix("@") { return try named(fields[0]) }
        if let fault = zone(fields) { throw fault }
        guard fields.count == 5 || fields.count == 6 else { throw wrongCount(fields, whole) }
        let seconds = fields.count == 6 ? try Self.second.numbers(fields.removeFirst()) : .only(0)
        return CronExpression(
            seconds: seconds, minutes: try Self.minute.numbers(fields[0]), hours: try Self.hour.numbers(fields[1]),
            months: try Self.month.numbers(fields[3]), monthDays: try monthDays(fields[2]),
            weekDays: try weekDays(fields[4]))
    }

    private func named(_ name: Piece) throws(ScheduleError) -> CronExpression {
        if let meaning = Self.names[name.text.lowercased()] { return try CronParser(meaning).parse() }
        throw name.fault(
            "\"\(name.text)\" is not known", accepted: Self.names.keys.sorted().joined(separator: ", "),
            remedy: "Choose one of these, or write five fields.",
            suggestion: Suggestion.nearest(to: String(name.text), among: Self.names.keys.sorted()))
    }

    // MARK: Days

    private func isOpen(_ piece: Piece) -> Bool {
        piece.text.hasPrefix("*") || piece.text == "?"
    }

    private func monthDays(_ piece: Piece) throws(ScheduleError) -> CronExpression.MonthDays {
        var days = CronExpression.MonthDays(isOpen: isOpen(piece))
        if piece.text == "?" { days.days = .all(1...31) }
        for part in piece.split(on: ",") where piece.text != "?" {
            let upper = part.text.uppercased()
            if upper == "L" {
                days.alignedToEnd.insert(31)
            } else if upper == "LW" {
                days.isLastWeekday = true
            } else if upper.hasPrefix("L-") {
                let before = CronField(name: "number of days", bounds: 1...30)
                days.alignedToEnd.insert(31 - (try before.number(Piece(part.text.dropFirst(2)))))
            } else if upper.hasSuffix("W") {
                days.nearestWeekday.insert(try Self.monthDay.number(Piece(part.text.dropLast())))
            } else {
                days.days = days.days.union(try Self.monthDay.values(part))
            }
        }
        return days
    }

    private func weekDays(_ piece: Piece) throws(ScheduleError) -> CronExpression.WeekDays {
        var days = CronExpression.WeekDays(isOpen: isOpen(piece))
        if piece.text == "?" { days.days = .all(0...6) }
        for part in piece.split(on: ",") where piece.text != "?" {
            if let (day, count) = part.cut(on: "#") {
                let which = try CronField(name: "number of the week", bounds: 1...5).number(count)
                days.counted.insert(Self.ours(try Self.weekday.number(day)) * 8 + which)
            } else if part.text.utf8.count > 1, part.text.uppercased().hasSuffix("L") {
                days.last.insert(Self.ours(try Self.weekday.number(Piece(part.text.dropLast()))))
            } else {
                let values = try Self.weekday.values(part)
                for number in 0...7 where values.contains(number) { days.days.insert(Self.ours(number)) }
            }
        }
        return days
    }

    /// cron counts from Sunday as 0 or 7, we from Monday as 0.
    private static func ours(_ weekday: Int) -> Int {
        (weekday + 6) % 7
    }

    // MARK: Faults

    /// A calendar expression, whose place is another key.
    static func calendar(_ text: String) -> ScheduleError? {
        guard (try? CalendarParser(text).parse()) != nil else { return nil }
        return Piece(text).fault(
            "\"\(text)\" is a calendar expression", accepted: form,
            remedy: "Write schedule = \"\(text)\" in place of cron.")
    }

    /// `CRON_TZ=` and `TZ=`, as other schedulers take them.
    private func zone(_ fields: [Piece]) -> ScheduleError? {
        guard let (key, zone) = fields.first?.cut(on: "="), ["TZ", "CRON_TZ"].contains(key.text.uppercased()) else {
            return nil
        }
        return fields[0].fault(
            "a cron expression has no zone", accepted: Self.form,
            remedy: "Write timezone = \"\(zone.text)\" beside it.",
            suggestion: fields.dropFirst().map { String($0.text) }.joined(separator: " "))
    }

    private func wrongCount(_ fields: [Piece], _ whole: Piece) -> ScheduleError {
        let remedy: String
        var suggestion: String?
        switch fields.count {
        case 4:
            remedy = "Write all five, with * for any."
            suggestion = text + " *"
        case 7:
            remedy = "Remove the year: a year is written with schedule, such as \"2027-*-01 06:00\"."
            suggestion = fields.dropLast().map { String($0.text) }.joined(separator: " ")
        default: remedy = "Write all five, with * for any."
        }
        return whole.fault(
            "the expression has \(fields.count) field\(fields.count == 1 ? "" : "s")", accepted: Self.form,
            remedy: remedy, suggestion: suggestion)
    }
}
