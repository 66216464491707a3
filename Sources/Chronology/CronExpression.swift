// cron's five fields, with Quartz's `L`, `W`, `#` and `?`, and the `@` names.
//
// Day of month and day of week are a union when both are restricted, as crontab(5) has it: a field that begins with `*`
// or `?` does not restrict.

package struct CronExpression: DayPattern {
    var minutes: NumberSet
    var hours: NumberSet
    var months: NumberSet
    var monthDays: MonthDays
    var weekDays: WeekDays

    /// Which days of a month.
    struct MonthDays: Equatable, Sendable {
        var isRestricted = false
        var days = NumberSet()
        /// Days before the last one: 0 for `L`, 3 for `L-3`.
        var fromLast = NumberSet()
        /// The weekday nearest to a day, within its month: `15W`.
        var nearestWeekday = NumberSet()
        /// The last weekday of the month: `LW`.
        var isLastWeekday = false

        func matches(_ day: CivilDay) -> Bool {
            let length = day.daysInMonth
            if days.contains(day.day) || fromLast.contains(length - day.day) { return true }
            if isLastWeekday, day == Self.nearest(to: length, in: day, isLast: true) { return true }
            guard !nearestWeekday.isEmpty, day.weekday < 5 else { return false }
            return (1...length).contains { number in
                nearestWeekday.contains(number) && day == Self.nearest(to: number, in: day, isLast: false)
            }
        }

        private static func nearest(to number: Int, in month: CivilDay, isLast: Bool) -> CivilDay {
            var day = CivilDay(year: month.year, month: month.month, day: number)
            switch day.weekday {
            case 5: day.day += number > 1 || isLast ? -1 : 2
            case 6: day.day += number < month.daysInMonth && !isLast ? 1 : -2
            default: break
            }
            return day
        }
    }

    /// Which days of a week; 0 is Monday.
    struct WeekDays: Equatable, Sendable {
        var isRestricted = false
        var days = NumberSet()
        /// The last of these weekdays in the month: `5L`.
        var last = NumberSet()
        /// Weekday and which one in the month: `5#3`, as `weekday * 8 + count`.
        var counted = NumberSet()

        func matches(_ day: CivilDay) -> Bool {
            let weekday = day.weekday
            if days.contains(weekday) { return true }
            if last.contains(weekday), day.day + 7 > day.daysInMonth { return true }
            return counted.contains(weekday * 8 + (day.day - 1) / 7 + 1)
        }
    }

    /// - Throws: ``ScheduleError`` with the place; the caller shows it to whoever wrote the expression.
    package init(parsing text: String) throws(ScheduleError) {
        self = try CronParser(text).parse()
    }

    init(minutes: NumberSet, hours: NumberSet, months: NumberSet, monthDays: MonthDays, weekDays: WeekDays) {
        self.minutes = minutes
        self.hours = hours
        self.months = months
        self.monthDays = monthDays
        self.weekDays = weekDays
    }

    var times: TimesOfDay {
        var seconds = NumberSet()
        seconds.insert(0)
        return TimesOfDay(hours: hours, minutes: minutes, seconds: seconds)
    }

    func matches(_ day: CivilDay) -> Bool {
        guard months.contains(day.month) else { return false }
        switch (monthDays.isRestricted, weekDays.isRestricted) {
        case (false, false): return true
        case (true, false): return monthDays.matches(day)
        case (false, true): return weekDays.matches(day)
        case (true, true): return monthDays.matches(day) || weekDays.matches(day)
        }
    }
}

struct CronParser {
    private let text: String
    private static let names = [
        "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0",
        "@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *",
    ]
    private static let monthNames = [
        "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
    ]
    private static let weekdayNames = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
    private static let form = "five fields: minute hour day-of-month month day-of-week, such as \"30 6 * * 1-5\""
    private static let lengthLimit = 256

    private struct Field {
        var piece: Piece
        var bounds: ClosedRange<Int>
        var what: String
        var names: [String] = []
        /// The number of the first name.
        var firstName = 0
    }

    init(_ text: String) {
        self.text = text
    }

    func parse() throws(ScheduleError) -> CronExpression {
        let whole = Piece(text)
        guard text.utf8.count <= Self.lengthLimit else {
            throw whole.fault("the expression is too long", accepted: Self.form, remedy: "Write a shorter one.")
        }
        if text.hasPrefix("@") {
            guard let meaning = Self.names[text.lowercased()] else {
                throw whole.fault(
                    "\"\(text)\" is not known", accepted: Self.names.keys.sorted().joined(separator: ", "),
                    remedy: "Choose one of these, or write five fields.")
            }
            return try CronParser(meaning).parse()
        }
        let fields = whole.words()
        guard fields.count == 5 else {
            throw whole.fault(
                "the expression has \(fields.count) fields", accepted: Self.form,
                remedy: fields.count == 6 ? "Remove the field for seconds." : "Write all five, with * for any.")
        }
        return CronExpression(
            minutes: try numbers(Field(piece: fields[0], bounds: 0...59, what: "minute")),
            hours: try numbers(Field(piece: fields[1], bounds: 0...23, what: "hour")),
            months: try numbers(
                Field(piece: fields[3], bounds: 1...12, what: "month", names: Self.monthNames, firstName: 1)),
            monthDays: try monthDays(fields[2]), weekDays: try weekDays(fields[4]))
    }

    private func isUnrestricted(_ piece: Piece) -> Bool {
        piece.text.hasPrefix("*") || piece.text == "?"
    }

    private func numbers(_ field: Field) throws(ScheduleError) -> NumberSet {
        var set = NumberSet()
        for part in field.piece.split(on: ",") {
            for number in try values(part, field) { set.insert(number) }
        }
        return set
    }

    private func monthDays(_ piece: Piece) throws(ScheduleError) -> CronExpression.MonthDays {
        var days = CronExpression.MonthDays(isRestricted: !isUnrestricted(piece))
        if piece.text == "?" { return days }
        let field = Field(piece: piece, bounds: 1...31, what: "day of the month")
        for part in piece.split(on: ",") {
            let upper = part.text.uppercased()
            if upper == "L" {
                days.fromLast.insert(0)
            } else if upper == "LW" {
                days.isLastWeekday = true
            } else if upper.hasPrefix("L-") {
                days.fromLast.insert(
                    try number(
                        Piece(part.text.dropFirst(2), at: part.offset + 2),
                        Field(piece: part, bounds: 1...30, what: "number of days")))
            } else if upper.hasSuffix("W") {
                days.nearestWeekday.insert(try number(Piece(part.text.dropLast(), at: part.offset), field))
            } else {
                for number in try values(part, field) { days.days.insert(number) }
            }
        }
        // A restricted step such as */2 restricts the days without making cron's union.
        if !days.isRestricted, piece.text != "*" { days.isRestricted = true }
        return days
    }

    private func weekDays(_ piece: Piece) throws(ScheduleError) -> CronExpression.WeekDays {
        var days = CronExpression.WeekDays(isRestricted: !isUnrestricted(piece))
        if piece.text == "?" { return days }
        let field = Field(
            piece: piece, bounds: 0...7, what: "day of the week", names: Self.weekdayNames, firstName: 0)
        for part in piece.split(on: ",") {
            if let (day, count) = part.cut(on: "#") {
                let which = try number(count, Field(piece: count, bounds: 1...5, what: "number of the week"))
                days.counted.insert(ours(try number(day, field)) * 8 + which)
            } else if part.text.count > 1, part.text.uppercased().hasSuffix("L"), part.text.uppercased() != "JUL" {
                days.last.insert(ours(try number(Piece(part.text.dropLast(), at: part.offset), field)))
            } else {
                for number in try values(part, field) { days.days.insert(ours(number)) }
            }
        }
        if !days.isRestricted, piece.text != "*" { days.isRestricted = true }
        return days
    }

    /// cron counts from Sunday as 0 or 7, we from Monday as 0.
    private func ours(_ weekday: Int) -> Int {
        (weekday + 6) % 7
    }

    // MARK: Values

    private func values(_ piece: Piece, _ field: Field) throws(ScheduleError) -> [Int] {
        var value = piece
        var step: Int?
        if let (before, after) = piece.cut(on: "/") {
            value = before
            step = try number(
                after, Field(piece: after, bounds: 1...field.bounds.upperBound, what: "step of the \(field.what)"))
        }
        let upper = field.bounds.upperBound == 7 ? 6 : field.bounds.upperBound
        if value.text == "*" || value.text == "?" {
            return Array(stride(from: field.bounds.lowerBound, through: upper, by: step ?? 1))
        }
        if let (from, to) = value.cut(on: "-") {
            let (first, last) = (try number(from, field), try number(to, field))
            guard first <= last else {
                throw value.fault(
                    "\"\(value.text)\" runs backwards", accepted: "the smaller \(field.what) first",
                    remedy: "Write two ranges with a comma.")
            }
            return Array(stride(from: first, through: last, by: step ?? 1))
        }
        let only = try number(value, field)
        return step.map { Array(stride(from: only, through: upper, by: $0)) } ?? [only]
    }

    private func number(_ piece: Piece, _ field: Field) throws(ScheduleError) -> Int {
        if let index = field.names.firstIndex(of: piece.text.uppercased()) { return index + field.firstName }
        let isNumber =
            !piece.text.isEmpty && piece.text.count <= 3 && piece.text.utf8.allSatisfy { (48...57).contains($0) }
        guard isNumber, let number = Int(piece.text), field.bounds.contains(number) else {
            throw piece.fault(
                piece.text.isEmpty ? "a \(field.what) is missing" : "\"\(piece.text)\" is no \(field.what)",
                accepted: "\(field.bounds.lowerBound) to \(field.bounds.upperBound)"
                    + (field.names.isEmpty ? "" : " or \(field.names[0]) to \(field.names[field.names.count - 1])"),
                remedy: "Correct it. The form is \(Self.form).")
        }
        return number
    }
}
