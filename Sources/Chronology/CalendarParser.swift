// Text → calendar expression. Begin at `parse`: weekdays, date, time, zone, each of them a word and none of them needed.
//
// As strict as systemd, so that an expression means the same in a timer unit: what it refuses is refused here, in words.
// What was probably meant is guessed in CalendarGuess.swift.

struct CalendarParser {
    /// Bytes of an expression; no useful one is longer.
    static let lengthLimit = 256
    /// The names that stand for whole expressions, in any case.
    static let shorthands = [
        "minutely": "*-*-* *:*:00", "hourly": "*-*-* *:00:00", "daily": "*-*-* 00:00:00",
        "weekly": "Mon *-*-* 00:00:00", "monthly": "*-*-01 00:00:00", "yearly": "*-01-01 00:00:00",
        "annually": "*-01-01 00:00:00", "anually": "*-01-01 00:00:00", "quarterly": "*-01,04,07,10-01 00:00:00",
        "semiannually": "*-01,07-01 00:00:00", "semi-annually": "*-01,07-01 00:00:00",
        "biannually": "*-01,07-01 00:00:00", "bi-annually": "*-01,07-01 00:00:00",
    ]
    static let form =
        "a systemd calendar expression such as \"Fri 17:00\", \"Mon..Fri 09:30\" or \"*-*-01 06:00\""

    private let text: String

    init(_ text: String) {
        self.text = text
    }

    func parse() throws(ScheduleError) -> CalendarExpression {
        let whole = Piece(text)
        guard text.utf8.count <= Self.lengthLimit else {
            throw whole.fault("the expression is too long", accepted: Self.form, remedy: "Write a shorter one.")
        }
        var words = whole.words()
        guard !words.isEmpty else {
            throw whole.fault("the expression is empty", accepted: Self.form, remedy: "Write one, or remove the key.")
        }
        if let fault = CalendarGuess.cron(words, whole) { throw fault }
        let zone = try takeZone(&words)
        if words.count == 1, let meaning = Self.shorthands[words[0].text.lowercased()] {
            var expression = try CalendarParser(meaning).parse()
            expression.zone = zone
            return expression
        }
        var expression = CalendarExpression()
        expression.zone = zone
        let weekday = words[0].startsWithLetter ? words.removeFirst() : nil
        if let weekday { expression.weekdays = try weekdays(weekday) }
        if let word = words.first, word.text.utf8.first == UInt8(ascii: "@") {
            try timestamp(word, &expression)
            words.removeFirst()
        } else {
            let date = words.first.flatMap { $0.text.utf8.contains(UInt8(ascii: ":")) ? nil : $0 }
            if let date {
                try self.date(date, &expression)
                words.removeFirst()
            }
            if let word = words.first, word.text.utf8.contains(UInt8(ascii: ":")) {
                expression.times = try times(word, weekday: weekday, date: date)
                words.removeFirst()
            }
        }
        if let word = words.first { throw CalendarGuess.superfluous(word, whole) }
        return expression
    }

    // MARK: Zone

    /// The last word, where it begins with a letter and is not the only one.
    private func takeZone(_ words: inout [Piece]) throws(ScheduleError) -> WrittenZone? {
        guard words.count > 1, let word = words.last, word.startsWithLetter else { return nil }
        if let fault = CalendarGuess.notAZone(word, words) { throw fault }
        let isName = word.text.utf8.allSatisfy { byte in
            switch byte {
            case 48...57, 65...90, 97...122: true
            default: [UInt8(ascii: "/"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "+")].contains(byte)
            }
        }
        guard isName, word.text.utf8.count <= 64 else {
            throw word.fault(
                "\"\(word.text)\" is no time zone", accepted: "UTC, or an IANA name such as Europe/Stockholm",
                remedy: "Correct or remove it.")
        }
        words.removeLast()
        let name = word.text.uppercased() == "UTC" ? "UTC" : String(word.text)
        return WrittenZone(name: name, offset: word.offset, length: word.text.count)
    }

    // MARK: Weekdays

    private func weekdays(_ word: Piece) throws(ScheduleError) -> NumberSet {
        var parts = word.split(on: ",")
        // systemd takes "Wed, 17:48".
        if parts.count > 1, parts[parts.count - 1].isEmpty { parts.removeLast() }
        var set = NumberSet()
        for part in parts {
            // A hyphen is systemd's older sign for a range.
            guard let (from, to) = part.cutRange() ?? part.cut(on: "-") else {
                set.insert(try weekday(part))
                continue
            }
            let (first, last) = (try weekday(from), try weekday(to))
            guard first <= last else {
                throw part.fault(
                    "\"\(part.text)\" runs backwards", accepted: "weekdays from Mon to Sun",
                    remedy: "Write two ranges.",
                    suggestion: part.replaced(by: CalendarGuess.backwards(Weekday.names, first, last)))
            }
            for day in first...last { set.insert(day) }
        }
        return set
    }

    private func weekday(_ piece: Piece) throws(ScheduleError) -> Int {
        if let weekday = Weekday.index(of: piece.text) { return weekday }
        throw piece.fault(
            piece.isEmpty ? "a weekday is missing" : "\"\(piece.text)\" is no weekday",
            accepted: "Mon, Tue, Wed, Thu, Fri, Sat, Sun, lists with commas and ranges with ..",
            remedy: "Correct the name.", suggestion: CalendarGuess.name(piece))
    }

    // MARK: Dates

    /// Seconds since 1970, which are one time, in UTC.
    private func timestamp(_ word: Piece, _ expression: inout CalendarExpression) throws(ScheduleError) {
        let number = Piece(word.text.dropFirst())
        // 13 digits would be milliseconds; 12 reach beyond the last year.
        guard number.text.utf8.count <= 12, number.text.utf8.allSatisfy({ (48...57).contains($0) }),
            let seconds = Int64(number.text)
        else {
            throw word.fault(
                "\"\(word.text)\" is no time", accepted: "@ and whole seconds since 1970", remedy: "Correct it.")
        }
        let local = LocalTime(unzonedSeconds: seconds)
        guard CalendarUnit.years.contains(local.day.year) else {
            throw word.fault(
                "\"\(word.text)\" is in the year \(local.day.year)", accepted: "the years 1970 to 2199",
                remedy: "Correct it.")
        }
        if let zone = expression.zone, zone.name != "UTC" {
            throw word.fault(
                "\"\(word.text)\" is the same in every zone, and the expression names \(zone.name)",
                accepted: "@ and seconds without a zone", remedy: "Remove the zone, or write a date.",
                suggestion: String(text.prefix(zone.offset)))
        }
        expression.zone = WrittenZone(name: "UTC", offset: word.offset, length: word.text.count)
        expression.years.spans = [.init(from: local.day.year, through: local.day.year, step: 1)]
        expression.months = .only(local.day.month)
        expression.days = .only(local.day.day)
        expression.times = TimesOfDay(
            hours: .only(local.hour), minutes: .only(local.minute),
            seconds: SecondsOfMinute(whole: .only(local.second)))
    }

    private func date(_ word: Piece, _ expression: inout CalendarExpression) throws(ScheduleError) {
        expression.daysCountFromEnd = word.text.utf8.contains(UInt8(ascii: "~"))
        let parts: [Piece]
        if let (before, day) = word.cut(on: "~") {
            parts = before.split(on: "-") + [day]
        } else {
            parts = word.split(on: "-")
        }
        guard parts.count == 2 || parts.count == 3, let day = parts.last else {
            throw CalendarGuess.dateFault(word)
        }
        if parts.count == 3 { expression.years = try years(parts[0]) }
        expression.months = try CalendarUnit.month.numbers(parts[parts.count - 2])
        if expression.daysCountFromEnd {
            expression.days = try CalendarUnit.dayFromEnd.daysFromEnd(day)
        } else {
            expression.days = try CalendarUnit.day.numbers(day)
        }
    }

    private func years(_ piece: Piece) throws(ScheduleError) -> YearSet {
        let spans = try CalendarUnit.year.spans(piece)
        return YearSet(spans: spans.map { YearSet.Span(from: $0.from, through: $0.through, step: $0.step) })
    }

    // MARK: Times

    private func times(_ word: Piece, weekday: Piece?, date: Piece?) throws(ScheduleError) -> TimesOfDay {
        let parts = word.split(on: ":")
        if let fault = CalendarGuess.foreignTime(word, parts, weekday: weekday, date: date) { throw fault }
        guard parts.count == 2 || parts.count == 3 else {
            throw word.fault(
                "\"\(word.text)\" is no time", accepted: "hour:minute or hour:minute:second", remedy: "Correct it.")
        }
        return TimesOfDay(
            hours: try CalendarUnit.hour.numbers(parts[0]), minutes: try CalendarUnit.minute.numbers(parts[1]),
            seconds: parts.count == 3 ? try seconds(parts[2]) : SecondsOfMinute(whole: .only(0)))
    }

    private func seconds(_ piece: Piece) throws(ScheduleError) -> SecondsOfMinute {
        var seconds = SecondsOfMinute(whole: NumberSet())
        if piece.text == "*" { return SecondsOfMinute(whole: .all(0...59)) }
        for span in try CalendarUnit.second.spans(piece) {
            if span.from % 1_000_000 == 0, span.step % 1_000_000 == 0 {
                for second in stride(from: span.from, through: span.through, by: span.step) {
                    seconds.whole.insert(second / 1_000_000)
                }
            } else {
                seconds.spans.append(.init(from: span.from, through: span.through, step: span.step))
            }
        }
        return seconds
    }
}

/// The names of weekdays; 0 is Monday.
enum Weekday {
    static let names = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    /// In lower case.
    static let longNames = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]

    /// By its first three letters or its whole name, in any case.
    static func index(of name: Substring) -> Int? {
        let length = name.utf8.count
        guard (3...9).contains(length) else { return nil }
        let name = name.lowercased()
        return longNames.firstIndex { $0 == name || (length == 3 && $0.hasPrefix(name)) }
    }
}
