// A campaign's timetable: what is written under `schedule`, `cron`, `every`, `rrule` or `at`, with the rules for its days,
// and `starts` and `ends`. Begin at `read`. Whether anything comes at all is checked in ComingCheck.swift.

internal import Chronology

struct TimetableReader {
    let findings: Findings
    let schedules: ScheduleReader
    let rules: DayRulesReader

    /// Nil after reporting what is faulty; a timetable that never comes is reported, and given.
    ///
    /// - Parameter days: What the campaign and [defaults] say about days.
    func read(_ entry: TOMLEntry, in section: Section, days: DayDefaults, zone: Zone) -> Timetable? {
        let key = plainKey(entry, in: section, days: days, zone: zone)
        if let key, let known = schedules.known.plain(key) { return known }
        let before = findings.count
        let timetable = readAnew(entry, in: section, days: days, zone: zone)
        // What something was found of is to be found of the next one as well.
        if let key, let timetable, findings.count == before { schedules.known.add(timetable, as: key) }
        return timetable
    }

    /// What decides a timetable that is one text and nothing else. Nil for any other.
    private func plainKey(
        _ entry: TOMLEntry, in section: Section, days: DayDefaults, zone: Zone
    ) -> ScheduleCache.PlainKey? {
        guard entry.key == "schedule" || entry.key == "cron", case .string(let text) = entry.value.content,
            days.except.isEmpty, days.shift == nil, !["only", "exdate", "starts", "ends"].contains(where: section.has)
        else { return nil }
        return ScheduleCache.PlainKey(
            key: entry.key, text: text, zone: zone.name, hasOwnZone: section.has("timezone"))
    }

    private func readAnew(_ entry: TOMLEntry, in section: Section, days: DayDefaults, zone: Zone) -> Timetable? {
        let excluded = entry.key == "at" ? [] : rules.excluded(section, zone: zone)  // refused beside it already
        let dayRules = rules.rules(days, excluded: excluded, in: section, zone: zone)
        let span = span(section, zone)
        guard let written = schedules.read(entry, in: section, zone: zone) else { return nil }
        let first = written.items.first?.part.zone ?? zone
        let timetable = Timetable(
            parts: written.items.map(\.part), rules: dayRules, starts: span.starts?.instant(in: zone),
            ends: span.ends?.lastInstant(in: zone),
            text: written.text + rules.text(dayRules, excluded: excluded, zone: zone, beside: first)
                + span.text(zone, beside: first))
        if !excluded.isEmpty { rules.checkExcluded(excluded, timetable.parts, zone: zone) }
        ComingCheck(
            findings: findings, now: schedules.now, calendars: rules.calendars, section: section, entry: entry,
            written: written, zone: zone
        ).check(timetable)
        return schedules.shared(timetable)
    }

    // MARK: starts, ends

    private struct Span {
        var starts: WrittenTime?
        var ends: WrittenTime?

        func text(_ zone: Zone, beside other: Zone) -> String {
            (starts.map { " starts \($0.text(in: zone, beside: other))" } ?? "")
                + (ends.map { " ends \($0.text(in: zone, beside: other))" } ?? "")
        }
    }

    private func span(_ section: Section, _ zone: Zone) -> Span {
        guard section.has("starts") || section.has("ends") else { return Span() }
        let reader = TimeReader(findings: findings, zone: zone)
        let span = Span(
            starts: section.entry("starts").flatMap { reader.readWithDays($0.value, key: "starts") },
            ends: section.entry("ends").flatMap { reader.readWithDays($0.value, key: "ends") })
        if let starts = span.starts, let ends = span.ends, ends.lastInstant(in: zone) < starts.instant(in: zone) {
            findings.error(
                .endsBeforeStart, at: ends.place, "ends is before starts", accepted: "a time from starts on",
                remedy: "Correct one of them.")
            return Span()
        }
        if let ends = span.ends, ends.lastInstant(in: zone) <= schedules.now {
            findings.warning(
                .timePassed, at: ends.place, "\(section.title) ended on \(ends.text)",
                remedy: "Nothing is fired for it any more; raise ends, or remove the campaign.")
        }
        return span
    }
}
