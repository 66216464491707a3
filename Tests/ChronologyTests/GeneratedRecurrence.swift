// Recurrence rules made by chance.

import Chronology

/// A rule's parts. What a text cannot say for dateutil is left out: see `DateutilTests`.
struct GeneratedRecurrence {
    var frequency: String
    var parts: [String] = []
    var from: LocalTime

    var text: String { (["FREQ=\(frequency)"] + parts).joined(separator: ";") }
}

extension Dice {
    private static let frequencies = ["YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY", "SECONDLY"]
    private static let weekdays = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]

    mutating func localTime(years: ClosedRange<Int>) -> LocalTime {
        let (year, month) = (roll(years), roll(1...12))
        let day = chance(20) ? CivilDay.days(inMonth: month, of: year) : roll(1...28)
        let second = chance(50) ? roll(0...23) * 3600 : roll(0...86_399)
        return LocalTime(day: CivilDay(year: year, month: month, day: day), secondOfDay: second)
    }

    /// - Parameter years: Of the beginning.
    mutating func recurrence(years: ClosedRange<Int>) -> GeneratedRecurrence {
        let level = roll(0...6)
        var rule = GeneratedRecurrence(frequency: Self.frequencies[level], from: localTime(years: years))
        if chance(50) { rule.parts.append("INTERVAL=\(chance(80) ? roll(1...12) : roll(1...2000))") }
        if level <= 3 || chance(40) { days(&rule, level) }
        times(&rule, level)
        let names = rule.parts.contains { $0.hasPrefix("BY") }
        if names, chance(20) {
            rule.parts.append("BYSETPOS=\(list(1...2, { $0.sign($0.roll(1...($0.chance(70) ? 4 : 50))) }))")
        }
        let needsWeekStart = rule.parts.contains { $0.hasPrefix("BYSETPOS") } && level == 2
        if chance(30), !needsWeekStart { rule.parts.append("WKST=\(pick(Self.weekdays))") }
        // dateutil cuts the first week of a rule by its beginning, and picks from what is left.
        if needsWeekStart { rule.parts.append("WKST=\(Self.weekdays[rule.from.day.weekday])") }
        end(&rule)
        return rule
    }

    private mutating func days(_ rule: inout GeneratedRecurrence, _ level: Int) {
        if chance(30) { rule.parts.append("BYMONTH=\(list(1...3) { $0.roll(1...12) })") }
        var hasWeeks = false
        if level == 0, chance(20) {
            // Without weekdays the weekday is that of the beginning here, and any in dateutil.
            rule.parts.append("BYWEEKNO=\(list(1...3) { $0.chance(70) ? $0.roll(1...53) : -$0.roll(1...50) })")
            hasWeeks = true
        }
        if level == 0 || level > 3, chance(20) {
            rule.parts.append("BYYEARDAY=\(list(1...6) { $0.sign($0.roll(1...366)) })")
        }
        if level != 2, chance(30) {
            rule.parts.append("BYMONTHDAY=\(list(1...6) { $0.sign($0.roll(1...31)) })")
        }
        guard hasWeeks || chance(40) else { return }
        // dateutil wants both where some weekdays have numbers and others have none.
        let isCounted = level <= 1 && !hasWeeks && chance(50)
        let isOfMonth = level == 1 || rule.parts.contains { $0.hasPrefix("BYMONTH=") }
        rule.parts.append(
            "BYDAY=\(list(1...4) { isCounted ? "\($0.sign($0.roll(1...(isOfMonth ? 5 : 53))))\($0.pick(Self.weekdays))" : $0.pick(Self.weekdays) })"
        )
    }

    private mutating func times(_ rule: inout GeneratedRecurrence, _ level: Int) {
        if chance(25) { rule.parts.append("BYHOUR=\(list(1...4) { $0.roll(0...23) })") }
        if chance(25) { rule.parts.append("BYMINUTE=\(list(1...4) { $0.roll(0...59) })") }
        if chance(20) { rule.parts.append("BYSECOND=\(list(1...3) { $0.roll(0...59) })") }
    }

    private mutating func end(_ rule: inout GeneratedRecurrence) {
        guard chance(30) else { return }
        if chance(50) {
            rule.parts.append("COUNT=\(roll(1...60))")
        } else {
            let until = localTime(years: rule.from.day.year...rule.from.day.year + 5)
            let text = Instant(seconds: until.unzonedSeconds).rfc3339.prefix(19).filter { $0 != "-" && $0 != ":" }
            rule.parts.append("UNTIL=\(text)")
        }
    }

    private mutating func sign(_ number: Int) -> Int { chance(70) ? number : -number }

    private mutating func list<Entry>(_ count: ClosedRange<Int>, _ entry: (inout Dice) -> Entry) -> String {
        (0..<roll(count)).map { _ in "\(entry(&self))" }.joined(separator: ",")
    }
}
