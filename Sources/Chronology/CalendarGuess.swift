// What was probably meant by an expression that is refused: `Frj 17:00`, `Fri 25:00`, `Fri 5pm`, `17:00 Fri`, `@daily`.
//
// A guess is the whole expression as it should have been. Whoever shows it has checked that it is accepted; here it may
// have further faults.

enum CalendarGuess {
    /// Words for times, as they are used in sentences.
    private static let words = ["midnight": "00:00", "noon": "12:00", "midday": "12:00"]

    // MARK: Names

    /// A misspelt weekday; where it is all there is, perhaps a misspelt `daily`.
    static func name(_ piece: Piece) -> String? {
        let name = piece.text.lowercased()
        if let clock = words[name] { return piece.replaced(by: clock) }
        if name.utf8.count >= 4, let index = Weekday.longNames.firstIndex(where: { $0.hasPrefix(name) }) {
            return piece.replaced(by: Weekday.names[index])  // Tues, Thurs
        }
        let isAlone = piece.whole.utf8.allSatisfy { $0 != 32 && $0 != 44 && $0 != 46 }
        let others = isAlone ? CalendarParser.shorthands.keys.sorted() : []
        let candidates = Weekday.names + Weekday.longNames + others
        return Suggestion.nearest(to: name, among: candidates).map { nearest in
            piece.replaced(by: Weekday.index(of: nearest[...]).map { Weekday.names[$0] } ?? nearest)
        }
    }

    /// A range that runs over the end of a week, from `first` up to the last and from 0 up to `last`.
    static func backwards(_ names: [String], _ first: Int, _ last: Int) -> String {
        func range(_ from: Int, _ to: Int) -> String { from == to ? names[from] : "\(names[from])..\(names[to])" }
        return "\(range(first, names.count - 1)),\(range(0, last))"
    }

    // MARK: Order

    /// cron's forms, whose place is another key.
    static func cron(_ words: [Piece], _ whole: Piece) -> ScheduleError? {
        if words.count == 1, words[0].text.utf8.first == UInt8(ascii: "@"),
            Piece(words[0].text.dropFirst()).startsWithLetter
        {
            return words[0].fault(
                "\"\(words[0].text)\" is cron's", accepted: CalendarParser.form,
                remedy: "Write it without the @, or under cron.",
                suggestion: words[0].replaced(by: String(words[0].text.dropFirst())))
        }
        let isCron =
            (5...7).contains(words.count) && !words[0].startsWithLetter
            && words.allSatisfy { $0.text.utf8.allSatisfy(isCronByte) }
        return isCron
            ? whole.fault(
                "\"\(whole.text)\" is a cron expression", accepted: CalendarParser.form,
                remedy: "Write cron = \"\(whole.text)\" in place of schedule.") : nil
    }

    private static func isCronByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 48...57, 65...90, 97...122: true
        default: "*,-/?#".utf8.contains(byte)
        }
    }

    /// A last word that is letters and no zone.
    static func notAZone(_ word: Piece, _ all: [Piece]) -> ScheduleError? {
        let name = word.text.lowercased()
        let before = all[all.count - 2]
        let rest = all.dropLast().map { String($0.text) }.joined(separator: " ")
        if name == "am" || name == "pm" {
            return before.through(word).fault(
                "\"\(before.text) \(word.text)\" is no time", accepted: "hours from 0 to 23",
                remedy: "Write it as hour:minute.",
                suggestion: clock("\(before.text)\(name)").map(before.through(word).replaced))
        }
        if let clock = words[name] {
            return word.fault(
                "\"\(word.text)\" is no time", accepted: "hour:minute", remedy: "Write it as hour:minute.",
                suggestion: word.replaced(by: clock))
        }
        if word.split(on: ",").contains(where: { Weekday.index(of: $0.text) != nil }) {
            let joined = before.startsWithLetter ? "\(rest.last == "," ? rest : rest + ",")\(word.text)" : nil
            return word.fault(
                "\"\(word.text)\" is out of place", accepted: "weekdays first, with commas and no spaces",
                remedy: "Write the weekdays as the first word.", suggestion: joined ?? "\(word.text) \(rest)")
        }
        if CalendarParser.shorthands[name] != nil {
            return word.fault(
                "\"\(word.text)\" goes with nothing else but a zone", accepted: CalendarParser.form,
                remedy: "Remove one of them.", suggestion: rest)
        }
        return nil
    }

    /// A word after the time.
    static func superfluous(_ word: Piece, _ whole: Piece) -> ScheduleError {
        var words = whole.words()
        let place = words.firstIndex { $0.text.startIndex == word.text.startIndex } ?? 0
        if place > 0, words[place - 1].text.utf8.contains(UInt8(ascii: ":")), word.text.utf8.contains(45) {
            words.swapAt(place - 1, place)
            return word.fault(
                "\"\(word.text)\" stands behind the time", accepted: "the date before the time",
                remedy: "Change their order.",
                suggestion: words.map { String($0.text) }.joined(separator: " "))
        }
        return word.fault(
            "\"\(word.text)\" is too much here", accepted: CalendarParser.form, remedy: "Remove it.",
            suggestion: words.filter { $0.text.startIndex != word.text.startIndex }.map { String($0.text) }
                .joined(separator: " "))
    }

    // MARK: Dates

    static func dateFault(_ word: Piece) -> ScheduleError {
        if Weekday.index(of: word.text) != nil {
            let before = Piece(word.whole[..<word.text.startIndex]).words().map { String($0.text) }.joined()
            let comma = before.hasSuffix(",") ? "" : ","
            return word.fault(
                "\"\(word.text)\" is out of place", accepted: "weekdays with commas and no spaces",
                remedy: "Join the weekdays.",
                suggestion: "\(before)\(comma)\(word.text)\(word.whole[word.text.endIndex...])")
        }
        return word.fault(
            "\"\(word.text)\" is no date and no time",
            accepted: "hour:minute, year-month-day or month-day, such as \"17:00\" or \"*-12-24\"",
            remedy: "Write all parts, with * for any.",
            suggestion: (clock(String(word.text)) ?? date(word)).map(word.replaced))
    }

    /// `2026/11/27` and `27.11.2026`.
    private static func date(_ word: Piece) -> String? {
        let slashes = word.split(on: "/")
        if slashes.count == 3, slashes[0].text.utf8.count == 4 {
            return slashes.map { String($0.text) }.joined(separator: "-")
        }
        let dots = word.split(on: ".")
        guard dots.count == 3, dots[2].text.utf8.count == 4 else { return nil }
        return dots.reversed().map { String($0.text) }.joined(separator: "-")
    }

    // MARK: Times

    /// Times as they are written elsewhere: `5:30pm`, `2026-11-27T17:00`, and hours past midnight.
    static func foreignTime(_ word: Piece, _ parts: [Piece], weekday: Piece?, date: Piece?) -> ScheduleError? {
        if let place = word.text.firstIndex(where: { $0 == "T" || $0 == "t" }) {
            return word.fault(
                "\"\(word.text)\" is one word", accepted: "date and time with a space between them",
                remedy: "Write a space in place of the T.",
                suggestion: word.replaced(by: "\(word.text[..<place]) \(word.text[word.text.index(after: place)...])"))
        }
        if let clock = clock(String(word.text)), clock != word.text, word.text.utf8.last.map({ $0 | 32 }) == 109 {
            return word.fault(
                "\"\(word.text)\" is no time", accepted: "hours from 0 to 23", remedy: "Write it as hour:minute.",
                suggestion: word.replaced(by: clock))
        }
        guard let hour = parts[0].number, (24...29).contains(hour) else { return nil }
        return parts[0].fault(
            "\(hour) is no hour", accepted: "0 to 23",
            remedy: "An hour past midnight is an hour of the next day.",
            suggestion: pastMidnight(parts[0], hour, weekday: weekday, date: date))
    }

    /// Friday's 25:00 is Saturday's 01:00.
    private static func pastMidnight(_ piece: Piece, _ hour: Int, weekday: Piece?, date: Piece?) -> String? {
        guard date == nil else { return nil }
        let clock = "0\(hour - 24)"
        guard let weekday else { return piece.replaced(by: clock) }
        guard let day = Weekday.index(of: weekday.text) else { return nil }
        let whole = piece.whole
        return "\(whole[..<weekday.text.startIndex])\(Weekday.names[(day + 1) % 7])"
            + "\(whole[weekday.text.endIndex..<piece.text.startIndex])\(clock)\(whole[piece.text.endIndex...])"
    }

    /// `17:00` for `5pm`, `5:00pm`, `17.00`, `17h00`, `1700` and `17`.
    private static func clock(_ text: String) -> String? {
        var digits = text.lowercased()
        let isAfternoon = digits.hasSuffix("pm")
        let isMorning = digits.hasSuffix("am")
        if isAfternoon || isMorning { digits.removeLast(2) }
        var parts = digits.split(omittingEmptySubsequences: false) { $0 == ":" || $0 == "." || $0 == "h" }
        if parts.count == 1, digits.utf8.count == 4 { parts = [digits.prefix(2), digits.suffix(2)] }
        if parts.count == 2, parts[1].isEmpty { parts.removeLast() }
        guard (1...2).contains(parts.count), var hour = Piece(parts[0]).number,
            let minute = parts.count == 2 ? Piece(parts[1]).number : 0, minute < 60,
            parts.count == 1 || parts[1].utf8.count == 2
        else { return nil }
        if isAfternoon || isMorning {
            guard (1...12).contains(hour) else { return nil }
            hour = hour % 12 + (isAfternoon ? 12 : 0)
        }
        guard hour < 24 else { return nil }
        return "\(hour < 10 ? "0" : "")\(hour):\(minute < 10 ? "0" : "")\(minute)"
    }

    /// Two digits in the wrong order: 71 for 17.
    static func number(_ piece: Piece, _ bounds: ClosedRange<Int>) -> String? {
        guard piece.text.utf8.count == 2, let swapped = Piece(String(piece.text.reversed())[...]).number,
            swapped > 9, bounds.contains(swapped)
        else { return nil }
        return piece.replaced(by: String(swapped))
    }
}
