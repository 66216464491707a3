// systemd calendar expressions: `Fri 17:00`, `Mon..Fri 09:30`, `*-*~01`, `daily`.
//
// Source: systemd.time(7), "Calendar Events". Not taken: fractions of seconds and a zone in the expression.

package struct CalendarExpression: DayPattern {
    /// Years: any, or ranges with steps.
    struct Years: Equatable, Sendable {
        struct Span: Equatable, Sendable {
            var from: Int
            var to: Int
            var step: Int
        }

        /// Empty for any year.
        var spans: [Span] = []

        func contains(_ year: Int) -> Bool {
            spans.isEmpty || spans.contains { $0.from <= year && year <= $0.to && (year - $0.from) % $0.step == 0 }
        }
    }

    /// 0 for Monday to 6 for Sunday.
    var weekdays: NumberSet
    var years: Years
    var months: NumberSet
    var days: NumberSet
    /// Counted from the end of the month: 1 is its last day.
    var daysFromEnd: NumberSet
    var times: TimesOfDay

    /// - Throws: ``ScheduleError`` with the place; the caller shows it to whoever wrote the expression.
    package init(parsing text: String) throws(ScheduleError) {
        self = try CalendarParser(text).parse()
    }

    init(
        weekdays: NumberSet, years: Years, months: NumberSet, days: NumberSet, daysFromEnd: NumberSet,
        times: TimesOfDay
    ) {
        self.weekdays = weekdays
        self.years = years
        self.months = months
        self.days = days
        self.daysFromEnd = daysFromEnd
        self.times = times
    }

    func matches(_ day: CivilDay) -> Bool {
        guard months.contains(day.month), years.contains(day.year) else { return false }
        guard days.contains(day.day) || daysFromEnd.contains(day.daysInMonth - day.day + 1) else { return false }
        return weekdays.contains(day.weekday)
    }
}

struct CalendarParser {
    private let text: String
    private static let shorthands = [
        "minutely": "*-*-* *:*:00", "hourly": "*-*-* *:00:00", "daily": "*-*-* 00:00:00",
        "weekly": "Mon *-*-* 00:00:00", "monthly": "*-*-01 00:00:00", "yearly": "*-01-01 00:00:00",
        "annually": "*-01-01 00:00:00", "quarterly": "*-01,04,07,10-01 00:00:00",
        "semiannually": "*-01,07-01 00:00:00", "semi-annually": "*-01,07-01 00:00:00",
    ]
    private static let weekdayNames = [
        "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
    ]
    private static let form =
        "a systemd calendar expression such as \"Fri 17:00\", \"Mon..Fri 09:30\" or \"*-*-01 06:00\""
    /// Bytes of an expression; no useful one is longer.
    private static let lengthLimit = 256

    init(_ text: String) {
        self.text = text
    }

    func parse() throws(ScheduleError) -> CalendarExpression {
        let whole = Piece(text)
        guard text.utf8.count <= Self.lengthLimit else {
            throw whole.fault("the expression is too long", accepted: Self.form, remedy: "Write a shorter one.")
        }
        var words = whole.words()
        guard let first = words.first else {
            throw whole.fault("the expression is empty", accepted: Self.form, remedy: "Write one, or remove the key.")
        }
        if words.count == 1, let meaning = Self.shorthands[first.text.lowercased()] {
            return try CalendarParser(meaning).parse()
        }
        let everyDay = NumberSet.all(0...6)
        var weekdays = everyDay
        if first.text.first?.isLetter == true {
            weekdays = try self.weekdays(first)
            words.removeFirst()
        }
        var expression = CalendarExpression(
            weekdays: weekdays, years: .init(), months: .all(1...12), days: .all(1...31), daysFromEnd: NumberSet(),
            times: TimesOfDay(hours: one(0), minutes: one(0), seconds: one(0)))
        if let word = words.first, !word.text.contains(":") {
            try date(word, &expression)
            words.removeFirst()
        }
        if let word = words.first, word.text.contains(":") {
            expression.times = try times(word)
            words.removeFirst()
        }
        if let word = words.first { throw superfluous(word) }
        return expression
    }

    private func one(_ number: Int) -> NumberSet {
        var set = NumberSet()
        set.insert(number)
        return set
    }

    private func superfluous(_ word: Piece) -> ScheduleError {
        let looksLikeZone = word.text.contains("/") || word.text == "UTC"
        return word.fault(
            "\"\(word.text)\" is too much here", accepted: Self.form,
            remedy: looksLikeZone
                ? "Set the zone with timezone = \"\(word.text)\" instead." : "Remove it.")
    }

    // MARK: Weekdays

    private func weekdays(_ piece: Piece) throws(ScheduleError) -> NumberSet {
        var set = NumberSet()
        for part in piece.split(on: ",") where !part.text.isEmpty {
            if let (from, to) = part.cut(on: "..") {
                let (first, last) = (try weekday(from), try weekday(to))
                guard first <= last else {
                    throw part.fault(
                        "\"\(part.text)\" runs backwards", accepted: "weekdays from Mon to Sun",
                        remedy: "Write two, such as \"\(from.text)..Sun,Mon..\(to.text)\".")
                }
                for day in first...last { set.insert(day) }
            } else {
                set.insert(try weekday(part))
            }
        }
        return set
    }

    private func weekday(_ piece: Piece) throws(ScheduleError) -> Int {
        let name = piece.text.lowercased()
        if let index = Self.weekdayNames.firstIndex(where: { $0 == name || (name.count == 3 && $0.hasPrefix(name)) }) {
            return index
        }
        throw piece.fault(
            "\"\(piece.text)\" is no weekday", accepted: "Mon, Tue, Wed, Thu, Fri, Sat, Sun, lists and ranges with ..",
            remedy: "Correct the name; a zone is set with timezone.")
    }

    // MARK: Dates

    private func date(_ piece: Piece, _ expression: inout CalendarExpression) throws(ScheduleError) {
        var rest = piece
        if let (month, fromEnd) = piece.cut(on: "~") {
            expression.days = NumberSet()
            expression.daysFromEnd = try numbers(fromEnd, 1...31, "day", isFromEnd: true)
            rest = month
        } else {
            let parts = piece.split(on: "-")
            guard parts.count == 2 || parts.count == 3, let day = parts.last else {
                throw piece.fault(
                    "\"\(piece.text)\" is no date", accepted: "year-month-day or month-day, such as \"*-12-24\"",
                    remedy: "Write all parts, with * for any.")
            }
            expression.days = try numbers(day, 1...31, "day")
            let length = max(0, piece.text.count - day.text.count - 1)
            rest = Piece(piece.text.prefix(length), at: piece.offset)
        }
        let parts = rest.split(on: "-")
        guard let month = parts.last, parts.count <= 2 else {
            throw piece.fault("\"\(piece.text)\" is no date", accepted: "year-month-day", remedy: "Correct it.")
        }
        expression.months = try numbers(month, 1...12, "month")
        if parts.count == 2 { expression.years = try years(parts[0]) }
    }

    private func years(_ piece: Piece) throws(ScheduleError) -> CalendarExpression.Years {
        if piece.text == "*" { return .init() }
        var years = CalendarExpression.Years()
        for part in piece.split(on: ",") {
            let range = try span(part, 1970...2199, "year")
            years.spans.append(.init(from: range.from, to: range.to, step: range.step))
        }
        return years
    }

    // MARK: Times

    private func times(_ piece: Piece) throws(ScheduleError) -> TimesOfDay {
        let parts = piece.split(on: ":")
        guard parts.count == 2 || parts.count == 3 else {
            throw piece.fault(
                "\"\(piece.text)\" is no time", accepted: "hour:minute or hour:minute:second", remedy: "Correct it.")
        }
        if let last = parts.last, last.text.contains("."), !last.text.contains("..") {
            throw last.fault(
                "fractions of a second are not accepted", accepted: "whole seconds", remedy: "Remove the fraction.")
        }
        return TimesOfDay(
            hours: try numbers(parts[0], 0...23, "hour"), minutes: try numbers(parts[1], 0...59, "minute"),
            seconds: parts.count == 3 ? try numbers(parts[2], 0...59, "second") : one(0))
    }

    // MARK: Components

    private func numbers(
        _ piece: Piece, _ bounds: ClosedRange<Int>, _ what: String, isFromEnd: Bool = false
    ) throws(ScheduleError) -> NumberSet {
        var set = NumberSet()
        for part in piece.split(on: ",") {
            let range = try span(part, bounds, what)
            // A step from a day counted from the end runs towards the end.
            if isFromEnd, range.hasStep {
                for number in stride(from: range.from, through: 1, by: -range.step) { set.insert(number) }
            } else {
                for number in stride(from: range.from, through: range.to, by: range.step) { set.insert(number) }
            }
        }
        return set
    }

    private struct Span {
        var from: Int
        var to: Int
        var step: Int
        var hasStep: Bool
    }

    private func span(_ piece: Piece, _ bounds: ClosedRange<Int>, _ what: String) throws(ScheduleError) -> Span {
        var value = piece
        var step: Int?
        if let (before, after) = piece.cut(on: "/") {
            value = before
            step = try number(after, 1...bounds.upperBound, "step of the \(what)")
        }
        if value.text == "*" {
            return Span(from: bounds.lowerBound, to: bounds.upperBound, step: step ?? 1, hasStep: step != nil)
        }
        if let (from, to) = value.cut(on: "..") {
            let (first, last) = (try number(from, bounds, what), try number(to, bounds, what))
            guard first <= last else {
                throw value.fault(
                    "\"\(value.text)\" runs backwards", accepted: "the smaller \(what) first",
                    remedy: "Write \"\(to.text)..\(from.text)\", or two ranges.")
            }
            return Span(from: first, to: last, step: step ?? 1, hasStep: step != nil)
        }
        let only = try number(value, bounds, what)
        return Span(from: only, to: step == nil ? only : bounds.upperBound, step: step ?? 1, hasStep: step != nil)
    }

    private func number(_ piece: Piece, _ bounds: ClosedRange<Int>, _ what: String) throws(ScheduleError) -> Int {
        guard !piece.text.isEmpty, piece.text.utf8.allSatisfy({ (48...57).contains($0) }), piece.text.count <= 6,
            let number = Int(piece.text)
        else {
            throw piece.fault(
                piece.text.isEmpty ? "a \(what) is missing" : "\"\(piece.text)\" is no \(what)",
                accepted: "\(bounds.lowerBound) to \(bounds.upperBound), *, lists, ranges with .., steps with /",
                remedy: "Correct it. Such as \"Fri 17:00\".")
        }
        guard bounds.contains(number) else {
            throw piece.fault(
                "\(number) is no \(what)", accepted: "\(bounds.lowerBound) to \(bounds.upperBound)",
                remedy: "Correct it.")
        }
        return number
    }
}
