// On which days a campaign's times may lie: `except`, `only`, `shift`, `weekend`, which [defaults] may hold but for `only`,
// and `exdate`. Begin at `read`.

internal import Chronology

/// What of the rules for days campaigns have that do not say otherwise.
struct DayDefaults: Equatable, Sendable {
    var except: [DayCalendar] = []
    var shift: DayRules.Shift?
    var weekend = Self.usualWeekend

    static let usualWeekend = [5, 6]
}

struct DayRulesReader {
    /// `shift`, with the word that takes back what [defaults] says.
    private enum ShiftWord: String, CaseIterable {
        case nextWorkingDay = "next-working-day"
        case previousWorkingDay = "previous-working-day"
        case none
    }

    let findings: Findings
    let calendars: Calendars

    /// `defaults` with what a section says otherwise.
    func overriding(_ defaults: DayDefaults, by section: Section) -> DayDefaults {
        var days = defaults
        if section.has("except") { days.except = calendarList("except", section) }
        if let word: ShiftWord = section.choice("shift") { days.shift = DayRules.Shift(rawValue: word.rawValue) }
        if let weekend = weekend(section) { days.weekend = weekend }
        return days
    }

    /// The rules of a campaign.
    ///
    /// - Parameters:
    ///   - days: What ``overriding(_:by:)`` gave for it.
    ///   - excluded: `exdate`.
    func rules(_ days: DayDefaults, excluded: [WrittenTime], in section: Section, zone: Zone) -> DayRules {
        DayRules(
            except: days.except, only: calendarList("only", section), shift: days.shift, weekend: days.weekend,
            excludedDays: excluded.filter { $0.secondOfDay == nil }.map(\.day),
            excludedTimes: excluded.filter { $0.secondOfDay != nil }.map { $0.instant(in: zone) })
    }

    /// The calendars of a name or an array of names, each once, in the order of the file.
    private func calendarList(_ key: String, _ section: Section) -> [DayCalendar] {
        guard let entry = section.entry(key) else { return [] }
        let words: [(text: String, place: Place)]
        if case .string(let text) = entry.value.content {
            words = [(text, entry.value.place)]
        } else {
            words = section.strings(key, example: "[\"holidays\"]") ?? []
        }
        guard words.count <= Bounds.calendarNames else {
            findings.error(
                .tooMany, at: entry.value.place, "\(key) names \(words.count) calendars",
                accepted: "up to \(Bounds.calendarNames)", remedy: "Put their days into one calendar.")
            return []
        }
        if case .array(let items) = entry.value.content, items.isEmpty, key == "only" {
            findings.error(
                .badValue, at: entry.value.place, "only names no calendar, so no day would be left",
                accepted: "names from [calendar.NAME]", remedy: "Name one, or remove only.")
        }
        var seen: Set<String> = []
        return words.compactMap { text, place in
            seen.insert(text).inserted ? calendars.calendar(named: text, at: place, for: section.title) : nil
        }
    }

    private func weekend(_ section: Section) -> [Int]? {
        guard let entry = section.entry("weekend"),
            let days = WeekdayReader(findings: findings).read(section, "weekend")
        else { return nil }
        guard days.count < 7 else {
            findings.error(
                .badValue, at: entry.value.place, "weekend holds every day, so there is no working day",
                accepted: "up to six weekdays", remedy: "Leave the working days out of it.")
            return nil
        }
        return days
    }

    // MARK: exdate

    /// Days and times to be left out, in the order of the file.
    func excluded(_ section: Section, zone: Zone) -> [WrittenTime] {
        guard let entry = section.entry("exdate") else { return [] }
        let items: [TOMLValue]
        switch entry.value.content {
        case .array(let array): items = array
        case .dateTime: items = [entry.value]
        default:
            section.wrongType(
                entry, accepted: "an array of dates and date-times",
                remedy: "Write exdate = [2026-12-24, 2026-12-31T09:00:00], without quotes.")
            return []
        }
        guard items.count <= Bounds.excludedTimes else {
            findings.error(
                .tooMany, at: entry.value.place, "exdate has \(items.count) days and times",
                accepted: "up to \(Bounds.excludedTimes)", remedy: "Write a [calendar.NAME] and except = [\"NAME\"].")
            return []
        }
        let reader = TimeReader(findings: findings, zone: zone)
        return items.compactMap { reader.readWithDays($0, key: "exdate") }
    }

    /// Warns of days and times that the schedules do not name.
    func checkExcluded(_ excluded: [WrittenTime], _ parts: [Timetable.Part], zone: Zone) {
        for written in excluded where !parts.contains(where: { names($0, written, zone) }) {
            findings.warning(
                .exdateUnmatched, at: written.place,
                written.secondOfDay == nil
                    ? "nothing comes on \(written.text), so exdate leaves out nothing"
                    : "nothing comes at \(InstantText.text(written.instant(in: zone), in: zone)), so exdate leaves out nothing",
                remedy: "Correct or remove it.")
        }
    }

    /// Whether a part has a time on a written day, of its own zone, or at a written time.
    private func names(_ part: Timetable.Part, _ written: WrittenTime, _ zone: Zone) -> Bool {
        let isDay = written.secondOfDay == nil
        let first = written.instant(in: isDay ? part.zone : zone)
        let last = isDay ? written.lastInstant(in: part.zone) : first
        guard let next = Timetable(parts: [part], text: "").next(after: first - .milliseconds(1)) else { return false }
        return next <= last
    }

    // MARK: Words

    /// What rules add to the text of a timetable, in the words of the file. Empty for none.
    func text(_ rules: DayRules, excluded: [WrittenTime], zone: Zone, beside other: Zone) -> String {
        var text = ""
        func add(_ word: String, _ items: [String]) {
            if !items.isEmpty { text += " \(word) \(items.joined(separator: ", "))" }
        }
        add("except", rules.except.map(\.name))
        add("only", rules.only.map(\.name))
        if let shift = rules.shift {
            text += " shift \(shift.rawValue)"
            if rules.weekend != DayDefaults.usualWeekend {
                let names = rules.weekend.map { WeekdayReader.names[$0] }
                add("weekend", names.isEmpty ? ["none"] : names)
            }
        }
        let sorted = excluded.sorted {
            ($0.day, $0.secondOfDay ?? -1, $0.place) < ($1.day, $1.secondOfDay ?? -1, $1.place)
        }
        add("exdate", sorted.map { $0.secondOfDay == nil ? $0.text : $0.text(in: zone, beside: other) })
        return text
    }
}
