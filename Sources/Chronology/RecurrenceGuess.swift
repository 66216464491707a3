// What was probably meant by a recurrence rule that is refused: `FREQ=WEEKLEY`, `BYDAY=MON`, a rule pasted with its DTSTART.
//
// A guess is the whole rule as it should have been. Whoever shows it has checked that it is accepted; here it may have
// further faults.

enum RecurrenceGuess {
    /// How people say how often.
    private static let words = [
        "DAY": "DAILY", "WEEK": "WEEKLY", "MONTH": "MONTHLY", "YEAR": "YEARLY", "ANNUAL": "YEARLY",
        "ANNUALLY": "YEARLY", "HOUR": "HOURLY", "MINUTE": "MINUTELY", "SECOND": "SECONDLY",
        "BIWEEKLY": "WEEKLY;INTERVAL=2", "FORTNIGHTLY": "WEEKLY;INTERVAL=2", "QUARTERLY": "MONTHLY;INTERVAL=3",
    ]

    static func frequency(_ written: String) -> String? {
        words[written]
            ?? Suggestion.nearest(
                to: written, among: RecurrenceRule.Frequency.allCases.reversed().map { $0.name.lowercased() }
            )?.uppercased()
    }

    /// How often a rule comes that does not say so.
    static func frequency(_ parts: Set<String>) -> String {
        if !parts.isDisjoint(with: ["BYWEEKNO", "BYYEARDAY", "BYMONTH"]) { return "YEARLY" }
        if parts.contains("BYMONTHDAY") { return "MONTHLY" }
        return parts.contains("BYDAY") ? "WEEKLY" : "DAILY"
    }

    // MARK: Parts

    /// A part with its name, of which the value is known.
    static func part(_ key: String, _ value: Piece) -> Piece {
        let name = value.whole[..<value.text.startIndex].utf8.index(
            value.text.startIndex, offsetBy: -key.utf8.count - 1)
        return Piece(value.whole[name..<value.text.endIndex])
    }

    /// The rule without a part.
    private static func without(_ part: Piece) -> String {
        let (before, after) = (part.whole[..<part.text.startIndex], part.whole[part.text.endIndex...])
        if after.hasPrefix(";") { return "\(before)\(after.dropFirst())" }
        return "\(before.hasSuffix(";") ? before.dropLast() : before)\(after)"
    }

    static func noPart(_ part: Piece) -> ScheduleError {
        if part.isEmpty {
            return part.fault(
                "a part is missing", accepted: "parts with one ; between them", remedy: "Remove the ;.",
                suggestion: without(part))
        }
        let written = part.text.uppercased()
        let isFrequency = words[written] != nil || RecurrenceRule.Frequency.allCases.contains { $0.name == written }
        let colon = part.cut(on: ":").map { "\($0.0.text)=\($0.1.text)" }
        return part.fault(
            "\"\(part.text)\" is no part of a rule", accepted: RecurrenceParser.form,
            remedy: "Write each part with its name, such as FREQ=WEEKLY.",
            suggestion: (isFrequency ? "FREQ=\(words[written] ?? written)" : colon).map(part.replaced))
    }

    static func unknown(_ name: Piece, _ part: Piece) -> ScheduleError {
        let key = name.text.uppercased()
        let remedies = [
            "DTSTART": "Write from = … beside the rule.", "EXDATE": "Write exdate = […] beside the rule.",
            "TZID": "Write timezone = \"…\" beside the rule.",
        ]
        if let (key, remedy) = remedies.sorted(by: { $0.key < $1.key }).first(where: { key.hasPrefix($0.key) }) {
            return part.fault(
                "\(key) is no part of a rule", accepted: RecurrenceParser.form, remedy: remedy,
                suggestion: without(part))
        }
        let others = ["BYWEEKDAY": "BYDAY", "BYWEEK": "BYWEEKNO", "BYPOS": "BYSETPOS", "EVERY": "INTERVAL"]
        let nearest = others[key] ?? Suggestion.nearest(to: String(name.text), among: RecurrenceParser.partNames)
        return name.fault(
            name.isEmpty ? "a name is missing" : "\"\(name.text)\" is no part of a rule",
            accepted: RecurrenceParser.partNames.joined(separator: ", "), remedy: "Correct or remove it.",
            suggestion: nearest.map(name.replaced))
    }

    // MARK: Values

    private static let months = [
        "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
    ]

    static func number(_ piece: Piece, _ name: String, _ bounds: ClosedRange<Int>) -> String? {
        if name == "month", piece.text.utf8.count >= 3 {
            return months.firstIndex { piece.text.uppercased().hasPrefix($0) }.map { String($0 + 1) }
        }
        guard let number = piece.number else { return nil }
        switch name {
        case "second" where number == 60: return "59"
        case "hour", "minute": return number == bounds.upperBound + 1 ? "0" : nil
        case "interval" where number == 0: return "1"
        default: return nil
        }
    }

    /// `MON`, `Monday`, and ranges, which RFC 5545 has not.
    static func weekday(_ piece: Piece) -> String? {
        func index(_ piece: Piece) -> Int? {
            RecurrenceParser.weekdays.firstIndex(of: piece.text.uppercased()) ?? Weekday.index(of: piece.text)
        }
        if let (from, to) = piece.cutRange() ?? piece.cut(on: "-"), let first = index(from), let last = index(to) {
            let count = (last - first + 7) % 7
            return (0...count).map { RecurrenceParser.weekdays[(first + $0) % 7] }.joined(separator: ",")
        }
        if let index = index(piece) { return RecurrenceParser.weekdays[index] }
        guard piece.text.utf8.count >= 3 else { return nil }
        return Suggestion.nearest(to: String(piece.text), among: Weekday.longNames)
            .flatMap { Weekday.longNames.firstIndex(of: $0) }.map { RecurrenceParser.weekdays[$0] }
    }

    /// `2027-12-31` and `2027-12-31T18:00:00Z`.
    static func until(_ text: Substring) -> String? {
        let compact = text.filter { $0 != "-" && $0 != ":" && $0 != "/" }
        let full = compact.utf8.count == 13 ? compact + "00" : compact
        return CalendarTime.parse(full[...]) == nil ? nil : full.uppercased()
    }

    // MARK: Other texts

    /// What is no rule at all, or more than one.
    static func foreign(_ whole: Piece) -> ScheduleError? {
        let lines = whole.text.split { $0.isNewline }
        let upper = whole.text.uppercased()
        let isProperty = ["DTSTART", "DTEND", "EXDATE", "RDATE", "EXRULE", "BEGIN:"].contains { upper.hasPrefix($0) }
        if lines.count > 1 || (isProperty && whole.text.utf8.contains(UInt8(ascii: ":"))) {
            return pasted(whole, lines)
        }
        if let blank = whole.text.utf8.firstIndex(where: { $0 == 32 || $0 == 9 }), upper.contains("=") {
            return Piece(whole.text[blank..<whole.text.utf8.index(after: blank)]).fault(
                "a rule has no blanks", accepted: RecurrenceParser.form, remedy: "Remove them.",
                suggestion: whole.replaced(by: String(whole.text.filter { $0 != " " && $0 != "\t" })))
        }
        guard !upper.contains("=") else { return nil }
        let text = String(whole.text)
        let key =
            (try? CronParser(text).parse()) != nil
            ? "cron" : (try? CalendarParser(text).parse()) != nil && frequency(upper) == nil ? "schedule" : nil
        return key.map { key in
            whole.fault(
                "\"\(text)\" is no recurrence rule", accepted: RecurrenceParser.form,
                remedy: "Write \(key) = \"\(text)\" in place of rrule.")
        }
    }

    /// Lines of a calendar's file.
    private static func pasted(_ whole: Piece, _ lines: [Substring]) -> ScheduleError {
        let rules = lines.filter { $0.uppercased().hasPrefix("RRULE:") }
        let start = lines.first { $0.uppercased().hasPrefix("DTSTART") }.flatMap { line in
            line.split(separator: ":").last.flatMap { CalendarTime.parse($0) }
        }
        return whole.fault(
            "lines of a calendar's file", accepted: RecurrenceParser.form,
            remedy: "Write the rule alone" + (start.map { ", and from = \(written($0)) beside it." } ?? "."),
            suggestion: rules.count == 1 ? String(rules[0].dropFirst(6)) : nil)
    }

    /// As a date or a time of a configuration.
    private static func written(_ time: (CalendarTime, isUTC: Bool)) -> String {
        let (local, isDay) =
            switch time.0 {
            case .day(let day): (LocalTime(day: day, secondOfDay: 0), true)
            case .time(let time): (time, false)
            }
        let text = Instant(seconds: local.unzonedSeconds).rfc3339
        return "\(text.prefix(isDay ? 10 : 19))\(time.isUTC ? "Z" : "")"
    }
}
