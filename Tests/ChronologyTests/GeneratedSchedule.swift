// Random schedules as text, with what they mean said a second time, as plainly as can be and without our code.

import Chronology

/// A part of a schedule: any number, or some values, ranges and steps.
struct GeneratedPart {
    struct Item {
        var from: Int
        var to: Int?
        var step: Int?
    }

    /// Empty for any.
    var items: [Item] = []
    var bounds: ClosedRange<Int>

    /// Whether the part names a number.
    func contains(_ number: Int) -> Bool {
        if items.isEmpty { return bounds.contains(number) }
        return items.contains { item in
            let last = item.to ?? (item.step == nil ? item.from : bounds.upperBound)
            return item.from <= number && number <= last && (number - item.from) % (item.step ?? 1) == 0
        }
    }

    /// Whether the part names a number that counts down to 1, where a step from a single one runs down as well.
    func containsFromEnd(_ number: Int) -> Bool {
        if items.isEmpty { return true }
        return items.contains { item in
            if let step = item.step, item.to == nil {
                return number <= item.from && (item.from - number) % step == 0
            }
            return item.from <= number && number <= item.to ?? item.from && (number - item.from) % (item.step ?? 1) == 0
        }
    }

    var count: Int { bounds.count { contains($0) } }

    func text(_ range: String, _ dice: inout Dice, _ write: (Int, inout Dice) -> String) -> String {
        if items.isEmpty { return "*" }
        return items.map { item in
            var text = write(item.from, &dice)
            if let to = item.to { text += range + write(to, &dice) }
            if let step = item.step { text += "/\(step)" }
            return text
        }.joined(separator: ",")
    }
}

/// A schedule as text, and what it means.
struct GeneratedSchedule {
    var schedule: Schedule
    var text: String
    var matches: (CivilDay) -> Bool
    var hours: GeneratedPart
    var minutes: GeneratedPart
    var seconds: GeneratedPart
    /// For cron: as croniter writes it, nil where it has no way to.
    var croniter: String?
    /// For cron: whether croniter has to be told that days match both fields.
    var needsBothDays = false
    /// For cron: whether croniter before version 2 is wrong: it goes past the end of a month that lacks a day which is
    /// named, and takes SUN-SAT for `*`.
    var isBeyondOldCroniter = false

    /// How often it comes on a matching day.
    var timesOfDay: Int { hours.count * minutes.count * seconds.count }
}

extension Dice {
    /// One to three items that a calendar expression may have: a step comes at least once more.
    mutating func part(_ bounds: ClosedRange<Int>, any: Int, fromEnd: Bool = false) -> GeneratedPart {
        var part = GeneratedPart(bounds: bounds)
        if chance(any) { return part }
        let count = pick([1, 1, 1, 2, 2, 3])
        for _ in 0..<count {
            // systemd takes three days less from the end with each item of a list.
            let (low, high) = (bounds.lowerBound, bounds.upperBound - (fromEnd && count > 1 ? 6 : 0))
            switch roll(0...9) {
            case 0...4: part.items.append(.init(from: roll(low...high)))
            case 5...6:
                let from = roll(low...high - 1)
                part.items.append(.init(from: from, to: roll(from + 1...high)))
            case 7:
                let from = roll(low...high - 1)
                let to = roll(from + 1...high)
                part.items.append(.init(from: from, to: to, step: roll(1...to - from)))
            default:
                let from = fromEnd ? roll(low + 1...high) : roll(low...high - 1)
                part.items.append(.init(from: from, step: roll(1...(fromEnd ? from - low : high - from))))
            }
        }
        return part
    }

    fileprivate mutating func padded(_ number: Int) -> String {
        number < 10 && chance(70) ? "0\(number)" : "\(number)"
    }

    /// A part whose only number is the lowest.
    private func zero(_ bounds: ClosedRange<Int>) -> GeneratedPart {
        GeneratedPart(items: [.init(from: 0)], bounds: bounds)
    }

    // MARK: Calendar expressions

    /// - Parameter seconds: In how many of a hundred it names seconds.
    mutating func calendar(years: ClosedRange<Int>, seconds: Int) throws -> GeneratedSchedule {
        var words: [String] = []
        let weekdays = part(0...6, any: 50)
        if !weekdays.items.isEmpty {
            // Weekdays know no steps.
            let plain = GeneratedPart(
                items: weekdays.items.map { .init(from: $0.from, to: $0.to ?? ($0.step == nil ? nil : 6)) },
                bounds: 0...6)
            words.append(plain.text("..", &self) { $1.weekdayName($0) })
            let day = try date(years, &words)
            return try clock(words, seconds) { plain.contains($0.weekday) && day($0) }
        }
        let day = try date(years, &words)
        return try clock(words, seconds, day)
    }

    private mutating func weekdayName(_ day: Int) -> String {
        let names = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
        let name = chance(80) ? String(names[day].prefix(3)) : names[day]
        return chance(80) ? name : name.lowercased()
    }

    private mutating func date(_ years: ClosedRange<Int>, _ words: inout [String]) throws -> (CivilDay) -> Bool {
        if chance(35) { return { _ in true } }
        let isFromEnd = chance(20)
        var year = part(years, any: 75)
        let month = part(1...12, any: 50)
        let day = part(isFromEnd ? 1...28 : 1...31, any: isFromEnd ? 5 : 20, fromEnd: isFromEnd)
        // A step without an end goes on to the last year of all.
        let spans = year.items
        year.bounds = 1970...2199
        let withoutYear = spans.isEmpty && chance(50)
        let texts = [
            withoutYear ? nil : year.text("..", &self) { number, _ in "\(number)" },
            month.text("..", &self) { $1.padded($0) },
        ].compactMap { $0 }
        words.append(
            "\(texts.joined(separator: "-"))\(isFromEnd ? "~" : "-")\(day.text("..", &self) { $1.padded($0) })")
        return { [year] in
            year.contains($0.year) && month.contains($0.month)
                && (isFromEnd ? day.containsFromEnd($0.daysInMonth - $0.day + 1) : day.contains($0.day))
        }
    }

    private mutating func clock(
        _ words: [String], _ percent: Int, _ matches: @escaping (CivilDay) -> Bool
    ) throws -> GeneratedSchedule {
        var words = words
        var (hours, minutes, seconds) = (zero(0...23), zero(0...59), zero(0...59))
        if words.isEmpty || chance(85) {
            (hours, minutes) = (part(0...23, any: 25), part(0...59, any: 10))
            var text = hours.text("..", &self) { $1.padded($0) } + ":" + minutes.text("..", &self) { $1.padded($0) }
            if chance(percent) {
                seconds = part(0...59, any: 5)
                text += ":" + seconds.text("..", &self) { $1.padded($0) }
            }
            words.append(text)
        }
        let text = words.joined(separator: chance(95) ? " " : "  ")
        return GeneratedSchedule(
            schedule: .calendar(try CalendarExpression(parsing: text)), text: text, matches: matches, hours: hours,
            minutes: minutes, seconds: seconds)
    }

    // MARK: cron

    /// - Parameter seconds: In how many of a hundred it has six fields.
    mutating func cron(seconds percent: Int) throws -> GeneratedSchedule {
        let second = chance(percent) ? part(0...59, any: 5) : nil
        let (minute, hour, month) = (part(0...59, any: 10), part(0...23, any: 25), part(1...12, any: 60))
        let texts = (
            minute.text("-", &self) { number, _ in "\(number)" }, hour.text("-", &self) { number, _ in "\(number)" },
            month.text("-", &self) { number, dice in
                dice.chance(70)
                    ? "\(number)"
                    : dice.pick(["jan", "JAN"]) == "jan" ? cronMonths[number - 1].lowercased() : cronMonths[number - 1]
            }
        )
        let (monthDays, weekdays) = (monthDays(), weekdays())
        let open = (
            monthDays.text.hasPrefix("*") || monthDays.text == "?", weekdays.text.hasPrefix("*") || weekdays.text == "?"
        )
        let matches = { (day: CivilDay) -> Bool in
            let (ofMonth, ofWeek) = (monthDays.matches(day), weekdays.matches(day))
            return month.contains(day.month) && (open.0 || open.1 ? ofMonth && ofWeek : ofMonth || ofWeek)
        }
        let head = second.map { $0.text("-", &self) { number, _ in "\(number)" } + " " } ?? ""
        let text = "\(head)\(texts.0) \(texts.1) \(monthDays.text) \(texts.2) \(weekdays.text)"
        // croniter joins W, L of a weekday and # with the other field in ways of its own: W alone counts, the others both.
        let isOdd = monthDays.text.hasSuffix("W") || weekdays.text.contains { $0 == "#" || $0 == "L" }
        let isSingle = monthDays.croniter == "*" || weekdays.croniter == "*"
        var theirs: String?
        if let ofMonth = monthDays.croniter, let ofWeek = weekdays.croniter, !isOdd || isSingle {
            theirs = "\(texts.0) \(texts.1) \(ofMonth) \(texts.2) \(ofWeek)\(head.isEmpty ? "" : " ")\(head.dropLast())"
        }
        return GeneratedSchedule(
            schedule: .cron(try CronExpression(parsing: text)), text: text, matches: matches, hours: hour,
            minutes: minute, seconds: second ?? zero(0...59), croniter: theirs, needsBothDays: open.0 || open.1,
            isBeyondOldCroniter: weekdays.text == "SUN-sat"
                || monthDays.text != "*"
                    && (29...31).contains { number in
                        monthDays.matches(CivilDay(year: 2026, month: 1, day: number))
                    }
        )
    }

    private typealias Days = (text: String, croniter: String?, matches: (CivilDay) -> Bool)

    private mutating func monthDays() -> Days {
        switch roll(0...19) {
        case 0...6: return ("*", "*", { _ in true })
        case 7: return ("?", "*", { _ in true })
        case 8: return ("L", "l", { $0.day == $0.daysInMonth })
        case 9:
            let before = roll(1...6)
            return ("L-\(before)", nil, { $0.day == $0.daysInMonth - before })
        case 10: return ("LW", nil, { $0.day == Self.nearestWeekday(to: $0.daysInMonth, in: $0) })
        case 11:
            let number = roll(1...31)
            // In a month without the day croniter takes the last one.
            let theirs = number < 29 ? "\(number)W" : nil
            return ("\(number)W", theirs, { $0.day == Self.nearestWeekday(to: number, in: $0) })
        case 12:
            let step = roll(2...15)
            return ("*/\(step)", "*/\(step)", { ($0.day - 1) % step == 0 })
        case 13:
            let number = roll(1...28)
            return ("\(number),L", "\(number),l", { $0.day == number || $0.day == $0.daysInMonth })
        default:
            let part = part(1...31, any: 0)
            let text = part.text("-", &self) { number, _ in "\(number)" }
            return (text, part.count < 31 ? text : nil, { part.contains($0.day) })
        }
    }

    /// The nearest of all weekdays of the month, by trying each. Nil in a month without the day.
    private static func nearestWeekday(to number: Int, in day: CivilDay) -> Int? {
        guard number <= day.daysInMonth else { return nil }
        return (1...day.daysInMonth).filter {
            CivilDay(year: day.year, month: day.month, day: $0).weekday < 5
        }.min { abs($0 - number) < abs($1 - number) }
    }

    private mutating func weekdays() -> Days {
        // cron's numbers: 0 and 7 are Sunday.
        func isDay(_ day: CivilDay, _ number: Int) -> Bool { (day.weekday + 1) % 7 == number % 7 }
        switch roll(0...19) {
        case 0...6: return ("*", "*", { _ in true })
        case 7: return ("?", "*", { _ in true })
        case 8:
            let number = roll(0...7)
            return ("\(number)L", "L\(number % 7)", { isDay($0, number) && $0.day + 7 > $0.daysInMonth })
        case 9, 10:
            let (number, count) = (roll(0...7), roll(1...5))
            return ("\(number)#\(count)", "\(number)#\(count)", { isDay($0, number) && ($0.day + 6) / 7 == count })
        case 11:
            let step = roll(2...6)
            return ("*/\(step)", "*/\(step)", { ($0.weekday + 1) % 7 % step == 0 })
        case 12, 13:
            let (from, to) = (roll(0...6), roll(0...6))
            guard from < to else { return ("SUN,5-7", "SUN,5-7", { $0.weekday > 3 }) }
            let text = "\(cronWeekdays[from])-\(cronWeekdays[to].lowercased())"
            return (text, text, { (from...to).contains(($0.weekday + 1) % 7) })
        default:
            let part = part(0...6, any: 0)
            let text = part.text("-", &self) { number, dice in
                number > 0 && dice.chance(30) ? cronWeekdays[number] : "\(number)"
            }
            // Debian's croniter lets a step go on to 7, and takes all days by their numbers for *.
            var closed = part
            closed.items = part.items.map {
                .init(from: $0.from, to: $0.to ?? ($0.step == nil ? nil : 6), step: $0.step)
            }
            let theirs = closed.text("-", &self) { number, _ in "\(number)" }
            return (text, part.count < 7 ? theirs : nil, { part.contains(($0.weekday + 1) % 7) })
        }
    }
}

private let cronMonths = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
private let cronWeekdays = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
