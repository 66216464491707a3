// [[blackout]]: spans in which nothing is fired, fixed (`from`, `until`) or repeating (`schedule`, `length`).

internal import Chronology
internal import SchedulerCore

struct BlackoutReader {
    static let keys = ["name", "from", "until", "schedule", "length"]
    static let rule = "from with until, or schedule with length"

    let findings: Findings
    let main: Section
    let zone: Zone
    let schedules: ScheduleReader

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
        let fixed = section.present(["from", "until"])
        let repeating = section.present(["schedule", "length"])
        if let first = fixed.first, let second = repeating.first {
            let later = max(first.keyPlace, second.keyPlace)
            findings.error(
                .twoSchedules, at: later, "[[blackout]] has both \(first.key) and \(second.key)", accepted: Self.rule,
                remedy: "Make two [[blackout]] of it.")
            return nil
        }
        guard !(fixed.isEmpty && repeating.isEmpty) else {
            section.reportMissing("from and until, or schedule and length", example: "from = …, until = …")
            return nil
        }
        return fixed.isEmpty ? self.repeating(section) : self.fixed(section)
    }

    private func fixed(_ section: Section) -> Blackout.Span? {
        let from = instant("from", section)
        let until = instant("until", section)
        guard let from, let until, let entry = section.entry("until") else { return nil }
        guard from < until else {
            findings.error(
                .endsBeforeStart, at: entry.value.place, "until is not after from", accepted: "a time after from",
                remedy: "Correct one of them.")
            return nil
        }
        return .fixed(from: from, until: until)
    }

    private func instant(_ key: String, _ section: Section) -> Instant? {
        guard let entry = section.entry(key) else {
            section.reportMissing(key, example: "\(key) = 2026-12-24T00:00:00+01:00")
            return nil
        }
        return TimeReader(findings: findings, zone: zone).read(entry.value, key: key)
    }

    private func repeating(_ section: Section) -> Blackout.Span? {
        let length = section.duration("length", in: Bounds.blackoutLength)
        if !section.has("length") { section.reportMissing("length", example: "length = \"90m\"") }
        guard let entry = section.entry("schedule") else {
            section.reportMissing("schedule", example: "schedule = \"*-*-* 00:30:00\"")
            return nil
        }
        guard let timetable = schedules.timetable(entry, in: section, zone: zone), let length else { return nil }
        return .repeating(timetable, length: length)
    }
}
