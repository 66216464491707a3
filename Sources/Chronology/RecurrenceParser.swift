// Text → recurrence rule. Begin at `parse`: parts with semicolons between them, each a name, `=` and a value.
//
// What was probably meant by a text that is refused is guessed in RecurrenceGuess.swift. Which parts do not go together is
// RFC 5545's, section 3.3.10.

struct RecurrenceParser {
    /// Bytes of a rule; one that names half of the days of a year is that long.
    static let lengthLimit = 1024
    static let form = "a rule of RFC 5545 such as \"FREQ=WEEKLY;BYDAY=MO,WE\""
    static let partNames = [
        "FREQ", "INTERVAL", "COUNT", "UNTIL", "BYSECOND", "BYMINUTE", "BYHOUR", "BYDAY", "BYMONTHDAY", "BYYEARDAY",
        "BYWEEKNO", "BYMONTH", "BYSETPOS", "WKST",
    ]
    static let weekdays = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
    /// Entries of one list.
    private static let listLimit = 1000

    private let text: String
    /// The parts that were read, in upper case, with their values.
    private var parts: [String: Piece] = [:]

    init(_ text: String) {
        self.text = text
    }

    func parse() throws(ScheduleError) -> RecurrenceRule {
        let whole = Piece(text)
        guard text.utf8.count <= Self.lengthLimit else {
            throw whole.fault("the rule is too long", accepted: Self.form, remedy: "Write a shorter one.")
        }
        guard let first = whole.words().first, let last = whole.words().last else {
            throw whole.fault("the rule is empty", accepted: Self.form, remedy: "Write one, or remove the key.")
        }
        var trimmed = first.through(last)
        if let fault = RecurrenceGuess.foreign(trimmed) { throw fault }
        if let (name, rest) = trimmed.cut(on: ":"), name.text.uppercased() == "RRULE" { trimmed = rest }
        var parser = self
        for part in trimmed.split(on: ";") { try parser.take(part) }
        return try parser.rule(trimmed)
    }

    private mutating func take(_ part: Piece) throws(ScheduleError) {
        guard let (name, value) = part.cut(on: "=") else { throw RecurrenceGuess.noPart(part) }
        let key = name.text.uppercased()
        guard Self.partNames.contains(key) else { throw RecurrenceGuess.unknown(name, part) }
        guard parts[key] == nil else {
            throw part.fault(
                "\(key) stands here a second time", accepted: "each part once", remedy: "Remove one of them.")
        }
        guard !value.isEmpty else {
            throw part.fault("\(key) has no value", accepted: Self.form, remedy: "Write one, or remove the part.")
        }
        parts[key] = value
    }

    private func rule(_ trimmed: Piece) throws(ScheduleError) -> RecurrenceRule {
        guard let frequency = parts["FREQ"] else {
            throw trimmed.fault(
                "FREQ is missing", accepted: Self.form, remedy: "Write how often it comes.",
                suggestion: trimmed.replaced(by: "FREQ=\(RecurrenceGuess.frequency(Set(parts.keys)));\(trimmed.text)"))
        }
        var rule = RecurrenceRule(frequency: try self.frequency(frequency))
        if let piece = parts["INTERVAL"] {
            rule.interval = try number(piece, "interval", 1...RecurrenceRule.intervalLimit)
        }
        rule.end = try end()
        rule.seconds = try set("BYSECOND", "second", 0...59)
        rule.minutes = try set("BYMINUTE", "minute", 0...59)
        rule.hours = try set("BYHOUR", "hour", 0...23)
        rule.months = try set("BYMONTH", "month", 1...12)
        rule.monthDays = try list("BYMONTHDAY", "day of the month", 31)
        rule.yearDays = try list("BYYEARDAY", "day of the year", 366)
        rule.weekNumbers = try list("BYWEEKNO", "week", 53)
        rule.positions = Set(try list("BYSETPOS", "position", 366)).sorted()
        if let piece = parts["WKST"] { rule.weekStart = try weekday(piece, in: piece).weekday }
        if let piece = parts["BYDAY"] {
            for item in try items(piece) { rule.weekdays.append(try weekday(item, of: rule)) }
        }
        try check(rule)
        return rule
    }

    // MARK: Values

    private func frequency(_ piece: Piece) throws(ScheduleError) -> RecurrenceRule.Frequency {
        let written = piece.text.uppercased()
        if let found = RecurrenceRule.Frequency.allCases.first(where: { $0.name == written }) { return found }
        throw piece.fault(
            "\"\(piece.text)\" is no frequency",
            accepted: RecurrenceRule.Frequency.allCases.reversed().map(\.name).joined(separator: ", "),
            remedy: "Correct it.", suggestion: RecurrenceGuess.frequency(written).map(piece.replaced))
    }

    private func items(_ piece: Piece) throws(ScheduleError) -> [Piece] {
        let items = piece.split(on: ",")
        guard items.count <= Self.listLimit else {
            throw piece.fault("the list is too long", accepted: "up to \(Self.listLimit)", remedy: "Shorten it.")
        }
        return items
    }

    private func set(_ key: String, _ name: String, _ bounds: ClosedRange<Int>) throws(ScheduleError) -> NumberSet {
        var set = NumberSet()
        guard let piece = parts[key] else { return set }
        for item in try items(piece) { set.insert(try number(item, name, bounds)) }
        return set
    }

    /// Numbers from 1 up to a limit, and the same below zero.
    private func list(_ key: String, _ name: String, _ limit: Int) throws(ScheduleError) -> [Int] {
        guard let piece = parts[key] else { return [] }
        var list: [Int] = []
        for item in try items(piece) {
            let (sign, digits) = Self.signed(item)
            guard let number = digits.number, (1...limit).contains(number) else {
                throw item.fault(
                    item.isEmpty ? "a \(name) is missing" : "\"\(item.text)\" is no \(name)",
                    accepted: "1 to \(limit), and -1 to -\(limit) from the end", remedy: "Correct it.")
            }
            list.append(sign * number)
        }
        return list
    }

    private func number(_ piece: Piece, _ name: String, _ bounds: ClosedRange<Int>) throws(ScheduleError) -> Int {
        if let number = Self.signed(piece, onlyPlus: true).digits.number, bounds.contains(number) { return number }
        throw piece.fault(
            piece.isEmpty ? "a \(name) is missing" : "\"\(piece.text)\" is no \(name)",
            accepted: "\(bounds.lowerBound) to \(bounds.upperBound)", remedy: "Correct it.",
            suggestion: RecurrenceGuess.number(piece, name, bounds).map(piece.replaced))
    }

    private static func signed(_ piece: Piece, onlyPlus: Bool = false) -> (sign: Int, digits: Piece) {
        switch piece.text.utf8.first {
        case UInt8(ascii: "+"): (1, Piece(piece.text.dropFirst()))
        case UInt8(ascii: "-") where !onlyPlus: (-1, Piece(piece.text.dropFirst()))
        default: (1, piece)
        }
    }

    // MARK: Weekdays

    private func weekday(_ piece: Piece, in whole: Piece) throws(ScheduleError) -> RecurrenceRule.WeekdayNumber {
        if let index = Self.weekdays.firstIndex(of: piece.text.uppercased()) {
            return .init(weekday: index, ordinal: 0)
        }
        throw whole.fault(
            whole.isEmpty ? "a weekday is missing" : "\"\(whole.text)\" is no weekday",
            accepted: Self.weekdays.joined(separator: ", "), remedy: "Correct it.",
            suggestion: RecurrenceGuess.weekday(piece).map(piece.replaced))
    }

    /// `MO`, `1FR`, `-1SU`.
    private func weekday(_ item: Piece, of rule: RecurrenceRule) throws(ScheduleError) -> RecurrenceRule.WeekdayNumber {
        let (sign, rest) = Self.signed(item)
        let digits = Piece(rest.text.prefix { $0.isASCII && $0.isNumber })
        let name = Piece(rest.text.dropFirst(digits.text.count))
        var found = try weekday(name, in: item)
        if digits.isEmpty, rest.text.startIndex == item.text.startIndex { return found }
        let isOfMonth = rule.frequency == .monthly || !rule.months.isEmpty
        let limit = isOfMonth ? 5 : 53
        guard rule.frequency >= .monthly, rule.weekNumbers.isEmpty else {
            throw item.fault(
                "\"\(item.text)\" counts weekdays of a month or a year, and the rule has none to count in",
                accepted: "numbers with FREQ=MONTHLY, or with FREQ=YEARLY without BYWEEKNO",
                remedy: "Remove the number.",
                suggestion: item.replaced(by: String(name.text)))
        }
        guard let number = digits.number, (1...limit).contains(number) else {
            throw item.fault(
                "\"\(item.text)\" is no day of a \(isOfMonth ? "month" : "year")",
                accepted: "numbers from 1 to \(limit), and from -1 to -\(limit) from the end", remedy: "Correct it.")
        }
        found.ordinal = sign * number
        return found
    }

    // MARK: End

    private func end() throws(ScheduleError) -> RecurrenceRule.End {
        if let count = parts["COUNT"], let until = parts["UNTIL"] {
            throw (count.offset < until.offset ? until : count).fault(
                "COUNT and UNTIL both say when it ends", accepted: "one of them", remedy: "Remove one of them.")
        }
        if let piece = parts["COUNT"] { return .count(try number(piece, "count", 1...RecurrenceRule.countLimit)) }
        guard let piece = parts["UNTIL"] else { return .never }
        if let end = Self.until(piece.text) { return end }
        throw piece.fault(
            "\"\(piece.text)\" is no date and no time",
            accepted: "\"20271231\", \"20271231T180000\" by the clock of the zone, or \"20271231T180000Z\" in UTC",
            remedy: "Correct it.", suggestion: RecurrenceGuess.until(piece.text).map(piece.replaced))
    }

    /// A day is meant with all its times.
    private static func until(_ text: Substring) -> RecurrenceRule.End? {
        guard let (local, isUTC) = CalendarTime.parse(text) else { return nil }
        switch local {
        case .day(let day): return .reading(Unzoned.reading(day: day.daysSinceEpoch + 1, time: 0) - 1)
        case .time(let time):
            return isUTC
                ? .instant(Instant(seconds: time.unzonedSeconds)) : .reading(time.unzonedSeconds * 1000)
        }
    }

    // MARK: What goes together

    private func check(_ rule: RecurrenceRule) throws(ScheduleError) {
        func refuse(_ key: String, with frequencies: String) -> ScheduleError? {
            parts[key].map { value in
                RecurrenceGuess.part(key, value).fault(
                    "\(key) does not go with FREQ=\(rule.frequency.name)", accepted: "\(key) with \(frequencies)",
                    remedy: "Remove it, or change FREQ.")
            }
        }
        if rule.frequency == .weekly, let fault = refuse("BYMONTHDAY", with: "any other frequency") { throw fault }
        if (.daily ... .monthly).contains(rule.frequency),
            let fault = refuse("BYYEARDAY", with: "YEARLY, HOURLY, MINUTELY or SECONDLY")
        {
            throw fault
        }
        if rule.frequency != .yearly, let fault = refuse("BYWEEKNO", with: "YEARLY") { throw fault }
        guard let positions = parts["BYSETPOS"] else { return }
        let others = parts.keys.filter { $0.hasPrefix("BY") && $0 != "BYSETPOS" }
        guard !others.isEmpty else {
            throw RecurrenceGuess.part("BYSETPOS", positions).fault(
                "BYSETPOS picks from what other parts name, and there are none", accepted: "it with another BY part",
                remedy: "Remove it, or add what it picks from, such as BYDAY.")
        }
    }
}

/// Dates and times as RFC 5545 writes them: `20271231`, `20271231T180000`, `20271231T180000Z`.
enum CalendarTime: Equatable {
    case day(CivilDay)
    case time(LocalTime)

    static func parse(_ text: Substring) -> (CalendarTime, isUTC: Bool)? {
        let bytes = Array(text.utf8)
        func number(_ range: Range<Int>) -> Int? {
            var value = 0
            for byte in bytes[range] {
                guard (48...57).contains(byte) else { return nil }
                value = value * 10 + Int(byte - 48)
            }
            return value
        }
        guard [8, 15, 16].contains(bytes.count), let year = number(0..<4), let month = number(4..<6),
            let day = number(6..<8), year >= 1, (1...12).contains(month), day >= 1,
            day <= CivilDay.days(inMonth: month, of: year)
        else { return nil }
        let date = CivilDay(year: year, month: month, day: day)
        if bytes.count == 8 { return (.day(date), false) }
        guard bytes[8] | 32 == UInt8(ascii: "t"), let hour = number(9..<11), let minute = number(11..<13),
            let second = number(13..<15), hour <= 23, minute <= 59, second <= 60,
            bytes.count == 15 || bytes[15] | 32 == UInt8(ascii: "z")
        else { return nil }
        // A leap second is read as the second before it.
        let time = LocalTime(day: date, secondOfDay: hour * 3600 + minute * 60 + min(second, 59))
        return (.time(time), bytes.count == 16)
    }
}
