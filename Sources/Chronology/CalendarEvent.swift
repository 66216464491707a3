// One event of an `.ics` file: when it begins, how long it takes, when it comes again. Begin at `take`, then `addDays`.

struct CalendarEvent {
    /// Where it begins.
    let line: Int
    private(set) var uid = ""
    private(set) var isCancelled = false
    /// A reading without a zone, in seconds; of a day its midnight.
    private(set) var start: Int64?
    private var startsWithDay = false
    /// Seconds from the beginning to the end.
    private var end: Int64?
    private var length: Int64?
    private var rules: [(rule: RecurrenceRule, line: Int)] = []
    /// Beginnings beside those of the rules, with lengths of their own where they have one.
    private var others: [(start: Int64, length: Int64?)] = []
    private var excluded: Set<Int64> = []
    private var excludedDays: Set<Int64> = []
    /// Which beginning of a recurring event this one replaces.
    private(set) var recurrenceID: Int64?

    init(line: Int) {
        self.line = line
    }

    // MARK: Reading

    mutating func take(_ line: CalendarLine, _ value: Substring) throws(CalendarFileError) {
        switch line.name {
        case "UID": uid = String(value)
        case "STATUS": isCancelled = value.uppercased() == "CANCELLED"
        case "DTSTART":
            let time = try Self.time(value, line)
            start = time.seconds
            startsWithDay = time.isDay
        case "DTEND": end = try Self.time(value, line).seconds
        case "DURATION": length = try Self.duration(value, line)
        case "RRULE": rules.append((try Self.rule(value, line), line.number))
        case "RDATE": for item in value.split(separator: ",") { others.append(try Self.period(item, line)) }
        case "EXDATE":
            for item in value.split(separator: ",") {
                let time = try Self.time(item, line)
                if time.isDay { excludedDays.insert(time.seconds) } else { excluded.insert(time.seconds) }
            }
        case "RECURRENCE-ID":
            guard !line.has("RANGE=THISANDFUTURE") else {
                throw line.fault(
                    "RANGE=THISANDFUTURE changes all that follow", accepted: "changes of single occurrences",
                    remedy: "Write the event anew from there on.")
            }
            recurrenceID = try Self.time(value, line).seconds
        default: break
        }
    }

    private static func time(_ text: Substring, _ line: CalendarLine) throws(CalendarFileError) -> (
        seconds: Int64, isDay: Bool
    ) {
        switch CalendarTime.parse(text)?.0 {
        case .day(let day): return (Int64(day.daysSinceEpoch) * 86_400, true)
        case .time(let time): return (time.unzonedSeconds, false)
        case nil:
            throw line.fault(
                "\(CalendarLine.shown(text)) is no date and no time", accepted: "20271231 or 20271231T180000",
                remedy: "Correct \(line.name), or remove the event.")
        }
    }

    /// A beginning, or a period: `begin/end` or `begin/duration`.
    private static func period(
        _ text: Substring, _ line: CalendarLine
    ) throws(CalendarFileError) -> (start: Int64, length: Int64?) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let start = try time(parts[0], line).seconds
        guard parts.count == 2 else { return (start, nil) }
        if parts[1].first == "P" || parts[1].first == "p" { return (start, try duration(parts[1], line)) }
        let end = try time(parts[1], line).seconds
        guard end >= start else { throw endsBefore(line.number) }
        return (start, end - start)
    }

    private static func rule(_ text: Substring, _ line: CalendarLine) throws(CalendarFileError) -> RecurrenceRule {
        let rule: RecurrenceRule
        do throws(ScheduleError) {
            rule = try RecurrenceRule(parsing: String(text))
        } catch {
            throw line.fault(
                "RRULE: \(CalendarLine.plain(error.found[...]))", accepted: error.accepted,
                remedy: "Correct the rule, or remove the event.")
        }
        guard rule.frequency >= .daily else {
            throw line.fault(
                "FREQ=\(rule.frequency.name) names no days", accepted: "DAILY, WEEKLY, MONTHLY or YEARLY",
                remedy: "Correct the rule, or remove the event.")
        }
        return rule
    }

    /// `P1D`, `P2W`, `PT1H30M`, in seconds.
    private static func duration(_ text: Substring, _ line: CalendarLine) throws(CalendarFileError) -> Int64 {
        let units: [Character: Int64] = ["W": 604_800, "D": 86_400, "H": 3600, "M": 60, "S": 1]
        var rest = text.uppercased()[...]
        if rest.first == "+" { rest.removeFirst() }
        var total: Int64 = 0
        var isGood = rest.first == "P" && rest.count > 1
        rest = rest.dropFirst()
        while isGood, !rest.isEmpty {
            if rest.first == "T" { rest.removeFirst() }
            let digits = Piece(rest.prefix { $0.isASCII && $0.isNumber })
            rest = rest.dropFirst(digits.text.count)
            guard let number = digits.number, let unit = rest.first.flatMap({ units[$0] }) else {
                isGood = false
                break
            }
            total += Int64(number) * unit
            rest.removeFirst()
        }
        guard isGood, total <= Int64(DayCalendar.dayLimit) * 86_400 else {
            throw line.fault(
                "\(CalendarLine.shown(text)) is no duration, or too long a one",
                accepted: "such as P1D or PT2H, up to \(DayCalendar.dayLimit) days",
                remedy: "Correct \(line.name), or remove the event.")
        }
        return total
    }

    private static func endsBefore(_ line: Int) -> CalendarFileError {
        CalendarFileError(
            line: line, found: "an event ends before it begins", accepted: "DTEND after DTSTART",
            remedy: "Correct or remove the event.")
    }

    // MARK: Days

    /// - Parameter replaced: Beginnings that other events stand for.
    func addDays(to days: inout CalendarDays, without replaced: Set<Int64>) throws(CalendarFileError) {
        guard let start else { return }
        let length = try self.length(from: start)
        func add(_ start: Int64, _ length: Int64) throws(CalendarFileError) {
            try days.count(line: line)
            let day = Int64(Unzoned.dayAndTime(start * 1000).day)
            guard !excluded.contains(start), !excludedDays.contains(day * 86_400), !replaced.contains(start) else {
                return
            }
            let last = Unzoned.dayAndTime((start + max(1, length)) * 1000 - 1).day
            try days.add(Int(day)...max(Int(day), last), line: line)
        }
        // The beginning belongs to what recurs, whether or not a rule matches it.
        try add(start, length)
        for other in others { try add(other.start, other.length ?? length) }
        for (rule, _) in rules {
            let recurrence = Recurrence(rule, from: LocalTime(unzonedSeconds: start))
            var cursor = start * 1000
            while let next = recurrence.first(from: cursor) {
                if let last = recurrence.lastInstant, next > last.milliseconds { break }
                try add(next / 1000, length)
                // Two times of one day touch the same days, but for those that are left out.
                cursor = next + 1000
            }
        }
    }

    private func length(from start: Int64) throws(CalendarFileError) -> Int64 {
        if let end {
            guard end >= start else { throw Self.endsBefore(line) }
            return end - start
        }
        return length ?? (startsWithDay ? 86_400 : 0)
    }
}
