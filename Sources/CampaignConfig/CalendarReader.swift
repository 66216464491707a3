// [calendar.NAME]: named sets of days, from all files. Begin at `CalendarReader.read`; who uses a calendar asks `Calendars`.

internal import Chronology

/// The calendars of all files.
struct CalendarTable: Sendable {
    fileprivate struct Known: Sendable {
        /// Nil for one that is faulty; that has been reported.
        var calendar: DayCalendar?
        var place: Place
        /// The last of its single days.
        var lastDay: CivilDay?
        var hasWeekdays = false
    }

    fileprivate var known: [String: Known] = [:]

    func hold(theSameAs other: CalendarTable) -> Bool {
        known.mapValues(\.calendar) == other.known.mapValues(\.calendar)
    }
}

/// The calendars as one reader asks for them, and which of them it has asked for. Ends with the load, like ``Findings``.
final class Calendars {
    private let findings: Findings
    /// The day before this one is over in any zone.
    private let today: CivilDay
    private let reasons: Int
    private var reasonCount = 0
    private var asked: [String] = []
    private(set) var table: CalendarTable
    /// Who used each calendar first, as people write it.
    private(set) var users: [String: String] = [:]
    /// Contents of the files of calendars, in the order of the calendars.
    fileprivate(set) var files: [SourceFile] = []

    /// - Parameter reasons: See ``mayAskForReason``.
    init(_ table: CalendarTable = CalendarTable(), findings: Findings, now: Instant, reasons: Int = Bounds.reasons) {
        self.table = table
        self.findings = findings
        self.reasons = reasons
        today = CivilDay(daysSinceEpoch: Zone.utc.local(at: now).day.daysSinceEpoch - 1)
    }

    fileprivate var count: Int { table.known.count }

    fileprivate func place(of name: String) -> Place? { table.known[name]?.place }

    fileprivate func add(_ calendar: CalendarTable.Known, named name: String) { table.known[name] = calendar }

    /// Adds users that come after the present ones.
    func take(users others: [String: String]) { users.merge(others) { first, _ in first } }

    /// The names that were asked for since this was called last.
    func takeAsked() -> [String] {
        defer { asked = [] }
        return asked
    }

    /// The calendar, or nil after reporting that there is none.
    ///
    /// - Parameter user: As people write it, such as `campaign "spring"`.
    func calendar(named name: String, at place: Place, for user: @autoclosure () -> String) -> DayCalendar? {
        guard let found = table.known[name] else {
            findings.error(
                .unknownCalendar, at: place, "no calendar is called \(name.quoted)",
                accepted: table.known.isEmpty
                    ? "the name of a [calendar.NAME]; there is none" : "a name from [calendar.NAME]",
                remedy: "Correct the name, or define it under [calendar.\(Self.isName(name) ? name : "NAME")].",
                suggestion: findings.suggestion(for: name, among: table.known.keys.sorted()))
            return nil
        }
        asked.append(name)
        if users[name] == nil { users[name] = user() }
        return found.calendar
    }

    /// Whether it is still looked for why a timetable never comes: that looks at a century of days each time.
    var mayAskForReason: Bool { reasonCount < reasons }

    func askedForReason() { reasonCount += 1 }

    /// Whether none of its days is yet to come.
    func isOver(_ name: String) -> Bool {
        guard let found = table.known[name], !found.hasWeekdays, let last = found.lastDay else { return false }
        return last < today
    }

    /// Warnings of calendars that nobody uses, and of used ones whose days have passed.
    func reportUse() {
        for (name, calendar) in table.known.sorted(by: { $0.key < $1.key }) where calendar.calendar != nil {
            guard let user = users[name] else {
                findings.warning(
                    .unusedCalendar, at: calendar.place, "calendar \(name.quoted) is used by nothing",
                    remedy: "Name it under except, only or in a [[blackout]], or remove it.")
                continue
            }
            guard let last = calendar.lastDay, last < today else { continue }
            findings.warning(
                .calendarOutdated, at: calendar.place,
                "the last date of calendar \(name.quoted) was \(InstantText.text(last)), and \(user) uses it",
                remedy: "Add the dates that are to come.")
        }
    }

    static let nameRule = "1 to 64 letters, digits, \".\", \"_\" or \"-\""

    static func isName(_ text: String) -> Bool {
        (1...Shape.nameLimit).contains(text.utf8.count)
            && text.utf8.allSatisfy { Shape.isLetterOrDigit($0) || "._-".utf8.contains($0) }
    }
}

struct CalendarReader {
    private static let keys = ["dates", "weekdays", "file"]
    private static let rule = "at least one of dates, weekdays and file"

    let findings: Findings
    let calendars: Calendars
    /// The bytes of a calendar's file; see ``ConfigurationLoader``.
    let file: CalendarFileSource

    func read(_ section: Section) {
        for entry in section.named("calendar") where isNew(entry) { read(entry) }
    }

    private func isNew(_ entry: TOMLEntry) -> Bool {
        guard Calendars.isName(entry.key) else {
            findings.error(
                .badName, at: entry.keyPlace, "\(entry.key.quoted) is not a name for a calendar",
                accepted: Calendars.nameRule, remedy: "Rename the calendar.")
            return false
        }
        if let first = calendars.place(of: entry.key) {
            findings.error(
                .duplicateName, at: entry.keyPlace,
                "calendar \(entry.key.quoted) is also defined at \(findings.name(first))",
                remedy: "Keep one of them, or rename one.")
            return false
        }
        if calendars.count == Bounds.calendars {
            findings.error(
                .tooMany, at: entry.keyPlace, "there are more calendars than are read",
                accepted: "up to \(Bounds.calendars)", remedy: "Remove those that nothing uses.")
        }
        return calendars.count < Bounds.calendars
    }

    private func read(_ entry: TOMLEntry) {
        guard case .table(let inner) = entry.value.content else {
            findings.error(
                .wrongType, at: entry.value.place, "calendar \(entry.key.quoted) is \(entry.value.kind)",
                accepted: "a table", remedy: "Write [calendar.\(entry.key)] with dates = [2026-12-25] under it.")
            calendars.add(.init(place: entry.keyPlace), named: entry.key)
            return
        }
        let section = Section(
            inner, title: "calendar \(entry.key.quoted)", place: entry.keyPlace, keys: Self.keys, findings: findings)
        let dates = dates(section)
        let weekdays = section.has("weekdays") ? WeekdayReader(findings: findings).read(section, "weekdays") : []
        let fileDays = section.has("file") ? days(inFileOf: section) : []
        var known = CalendarTable.Known(place: entry.keyPlace)
        if let dates, let weekdays, let fileDays, isInBounds(dates.count + fileDays.count, section),
            isFilled(section, dates, weekdays, fileDays)
        {
            known.calendar = DayCalendar(name: entry.key, weekdays: weekdays, days: dates + fileDays)
            known.lastDay = (dates + fileDays).max()
            known.hasWeekdays = !weekdays.isEmpty
        }
        calendars.add(known, named: entry.key)
    }

    private func isInBounds(_ count: Int, _ section: Section) -> Bool {
        if count > DayCalendar.dayLimit {
            findings.error(
                .tooMany, at: section.place, "\(section.title) has \(count) dates",
                accepted: "up to \(DayCalendar.dayLimit)", remedy: "Remove those that are long past.")
        }
        return count <= DayCalendar.dayLimit
    }

    private func isFilled(_ section: Section, _ dates: [CivilDay], _ weekdays: [Int], _ fileDays: [CivilDay]) -> Bool {
        guard dates.isEmpty, weekdays.isEmpty, fileDays.isEmpty else { return true }
        let written = section.present(Self.keys).first
        findings.error(
            .emptyCalendar, at: written?.value.place ?? section.place, "\(section.title) has no days",
            accepted: Self.rule, remedy: "Write dates = [2026-12-25, 2026-12-26], or remove the calendar.")
        return false
    }

    // MARK: dates

    /// Nil where something in it is faulty.
    private func dates(_ section: Section) -> [CivilDay]? {
        guard let entry = section.entry("dates") else { return [] }
        guard case .array(let items) = entry.value.content else {
            section.wrongType(
                entry, accepted: "an array of dates", remedy: "Write dates = [2026-12-25], without quotes.")
            return nil
        }
        guard items.count <= DayCalendar.dayLimit else {
            _ = isInBounds(items.count, section)
            return nil
        }
        let reader = TimeReader(findings: findings, zone: .utc)
        let days = items.compactMap { reader.readDay($0, key: "dates") }
        return days.count == items.count ? days : nil
    }

    // MARK: file

    private func days(inFileOf section: Section) -> [CivilDay]? {
        guard let (path, place) = section.string("file", example: "\"holidays.ics\"") else { return nil }
        guard !path.isEmpty, path.utf8.count <= Bounds.pathLength else {
            findings.error(
                .badValue, at: place, "file is \(path.isEmpty ? "empty" : "longer than any path")",
                accepted: "the path of an .ics file, absolute or beside the main file",
                remedy: "Write such as \"holidays.ics\".")
            return nil
        }
        switch file(path) {
        case .failure(let fault):
            findings.error(
                fault.code, at: place, "\(path.quoted): \(fault.found)", accepted: fault.accepted, remedy: fault.remedy)
            return nil
        case .success(let bytes):
            calendars.files.append(SourceFile(path: path, bytes: bytes))
            return days(in: bytes, path, at: place)
        }
    }

    private func days(in bytes: [UInt8], _ path: String, at place: Place) -> [CivilDay]? {
        do throws(CalendarFileError) {
            return try CalendarFile.days(in: bytes)
        } catch {
            findings.error(
                .badCalendarFile, at: place, "\(path.quoted), line \(error.line): \(error.found)",
                accepted: error.accepted, remedy: error.remedy)
            return nil
        }
    }
}

/// Weekdays by name.
struct WeekdayReader {
    static let names = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    private static let longNames = [
        "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
    ]

    let findings: Findings

    /// 0 for Monday to 6 for Sunday, sorted, each once. Nil where something is faulty, or where the key is absent.
    func read(_ section: Section, _ key: String) -> [Int]? {
        guard let entry = section.entry(key), let words = section.strings(key, example: "[\"Sat\", \"Sun\"]") else {
            return nil
        }
        guard case .array(let items) = entry.value.content, items.count == words.count else { return nil }
        let days = words.compactMap { text, place in day(text, at: place, key) }
        return days.count == items.count ? Set(days).sorted() : nil
    }

    private func day(_ text: String, at place: Place, _ key: String) -> Int? {
        let word = text.lowercased()
        if let day = (0..<7).first(where: { [Self.names[$0], Self.longNames[$0]].contains { $0.lowercased() == word } })
        {
            return day
        }
        let near = findings.suggestion(for: text, among: Self.names + Self.longNames)
        findings.error(
            .badValue, at: place, "\(text.quoted) is no weekday", accepted: choices(Self.names),
            remedy: "Write one of them.", suggestion: near)
        return nil
    }
}
