// [[blackout]]: spans in which nothing is fired, fixed (`from`, `until`), repeating (`schedule`, `length`), or the days of a
// calendar (`calendar`).

internal import Chronology
internal import SchedulerCore

struct BlackoutReader {
    static let keys = ["name", "from", "until", "schedule", "length", "calendar", "timezone"]
    static let rule = "from with until, schedule with length, or calendar"

    let findings: Findings
    let main: Section
    let zone: Zone
    let schedules: ScheduleReader
    let calendars: Calendars

    func read() -> [Blackout] {
        var seen: [String: Place] = [:]
        return main.tables("blackout", accepted: "[[blackout]] tables").compactMap { entries, place in
            let section = Section(entries, title: "[[blackout]]", place: place, keys: Self.keys, findings: findings)
            let name = LabelReader(findings: findings).read(section, example: "name = \"freeze\"", seen: &seen)
            let span = span(section)
            guard let name, let span else { return nil }
            return Blackout(name: name, span: span)
        }
    }

    private func span(_ section: Section) -> Blackout.Span? {
        let zone = schedules.zone(section) ?? zone
        let forms = [["from", "until"], ["schedule", "length"], ["calendar"]].map(section.present).filter {
            !$0.isEmpty
        }
        let firsts = forms.compactMap(\.first).sorted { $0.keyPlace < $1.keyPlace }
        guard let first = firsts.first else {
            section.reportMissing(
                "from and until, schedule and length, or calendar", example: "from = …, until = …")
            return nil
        }
        if let second = firsts.dropFirst().first {
            findings.error(
                .twoSchedules, at: second.keyPlace, "[[blackout]] has both \(first.key) and \(second.key)",
                accepted: Self.rule, remedy: "Make two [[blackout]] of it.")
            return nil
        }
        switch first.key {
        case "from", "until": return fixed(section, zone)
        case "calendar": return days(section, zone)
        default: return repeating(section, zone)
        }
    }

    private func days(_ section: Section, _ zone: Zone) -> Blackout.Span? {
        guard let (name, place) = section.string("calendar", example: "\"holidays\""),
            let calendar = calendars.calendar(named: name, at: place, for: "a [[blackout]]")
        else { return nil }
        return .days(calendar, in: zone)
    }

    private func fixed(_ section: Section, _ zone: Zone) -> Blackout.Span? {
        let from = instant("from", section, zone)
        let until = instant("until", section, zone)
        guard let from, let until, let entry = section.entry("until") else { return nil }
        guard from < until else {
            findings.error(
                .endsBeforeStart, at: entry.value.place, "until is not after from", accepted: "a time after from",
                remedy: "Correct one of them.")
            return nil
        }
        return .fixed(from: from, until: until)
    }

    private func instant(_ key: String, _ section: Section, _ zone: Zone) -> Instant? {
        guard let entry = section.entry(key) else {
            section.reportMissing(key, example: "\(key) = 2026-12-24T00:00:00+01:00")
            return nil
        }
        return TimeReader(findings: findings, zone: zone).read(entry.value, key: key)
    }

    private func repeating(_ section: Section, _ zone: Zone) -> Blackout.Span? {
        let length = section.duration("length", in: Bounds.blackoutLength)
        if !section.has("length") { section.reportMissing("length", example: "length = \"90m\"") }
        guard let entry = section.entry("schedule") else {
            section.reportMissing("schedule", example: "schedule = \"*-*-* 00:30:00\"")
            return nil
        }
        guard let written = schedules.read(entry, in: section, zone: zone) else { return nil }
        let timetable = Timetable(parts: written.items.map(\.part), text: written.text)
        ComingCheck(
            findings: findings, now: schedules.now, calendars: calendars, section: section, entry: entry,
            written: written, zone: zone
        ).check(timetable)
        guard let length else { return nil }
        return .repeating(timetable, length: length)
    }
}
