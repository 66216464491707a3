// The texts of `timezone`, `schedule`, `cron`, `rrule` and `every`, and the times of `at`. Chronology says what texts mean;
// here their faults get places. What a campaign makes of them is in TimetableReader.swift.

internal import Chronology

/// What stands under one of the keys, and what it means.
struct WrittenSchedules {
    struct Item {
        var part: Timetable.Part
        /// As it stands in the timetable's text.
        var text: String
        /// As messages name it; nil for the text in quotes.
        var name: String?
        var place: Place
        /// Whether the text says in which zone it counts.
        var namesZone = false

        var title: String { name ?? text.quoted }
    }

    /// `cron`, or empty where texts stand for themselves.
    var word = ""
    /// One or more.
    var items: [Item]
    /// What all of them count from, in words.
    var from: String?

    /// What a single one has always been called; several are joined, each with its zone where that is not the first's.
    var text: String {
        let zone = items.first?.part.zone.name
        let texts = items.map { item in
            item.part.zone.name == zone || item.namesZone ? item.text : "\(item.text) in \(item.part.zone.name)"
        }
        let from = from.map { " from \($0)" } ?? ""
        return (word.isEmpty ? "" : word + " ") + texts.joined(separator: " and ") + from
    }
}

struct ScheduleReader {
    let findings: Findings
    let zones: (String) -> Zone?
    let now: Instant
    let known = ScheduleCache()

    init(findings: Findings, zones: @escaping (String) -> Zone?, now: Instant) {
        self.findings = findings
        self.zones = zones
        self.now = now
    }

    /// An equal timetable that another campaign has, or else this one.
    func shared(_ timetable: Timetable) -> Timetable { known.shared(timetable) }

    /// The zone under `timezone`, or nil when it is absent or faulty.
    func zone(_ section: Section) -> Zone? {
        guard let (name, place) = section.string("timezone", example: "\"Europe/Stockholm\"") else { return nil }
        return zone(named: name, at: place)
    }

    private func zone(named name: String, at place: Place) -> Zone? {
        if let zone = zones(name) { return zone }
        findings.error(
            .unknownTimeZone, at: place, "no time zone is called \(name.quoted)",
            accepted: "IANA names such as \"Europe/Stockholm\", or \"UTC\"",
            remedy: "Correct the name (timedatectl list-timezones).",
            suggestion: findings.suggestion(for: name, among: ZoneNames.all.filter { zones($0) != nil }))
        return nil
    }

    /// What `schedule`, `cron`, `rrule`, `every` or `at` says, or nil after reporting what is faulty.
    func read(_ entry: TOMLEntry, in section: Section, zone: Zone) -> WrittenSchedules? {
        switch entry.key {
        case "at": times(entry, zone: zone)
        case "every": IntervalReader(findings: findings, now: now).read(entry, in: section, zone: zone)
        case "cron":
            texts(entry, in: section, example: "\"30 6 * * *\"") { text, place throws(ScheduleError) in
                try cron(text, at: place, zone: zone)
            }.map { WrittenSchedules(word: "cron", items: $0) }
        case "rrule": recurrences(entry, in: section, zone: zone)
        default:
            texts(entry, in: section, example: "\"Fri 17:00\"") { text, place throws(ScheduleError) in
                try calendar(text, at: place, in: section, zone: zone)
            }.map { WrittenSchedules(items: $0) }
        }
    }

    // MARK: Texts

    /// The items of a string, or of an array of strings.
    private func texts(
        _ entry: TOMLEntry, in section: Section, example: String,
        _ read: (String, Place) throws(ScheduleError) -> WrittenSchedules.Item?
    ) -> [WrittenSchedules.Item]? {
        guard let written = strings(entry, in: section, example: example) else { return nil }
        let items = written.compactMap { text, place -> WrittenSchedules.Item? in
            do throws(ScheduleError) {
                return try read(text, place)
            } catch {
                findings.error(
                    .badSchedule, at: inside(place, text, offset: error.offset, length: error.length), error.found,
                    accepted: error.accepted, remedy: error.remedy, suggestion: error.suggestion)
                return nil
            }
        }
        return items.count == written.count ? items : nil
    }

    private func strings(
        _ entry: TOMLEntry, in section: Section, example: String
    ) -> [(text: String, place: Place)]? {
        guard case .array(let all) = entry.value.content else {
            return section.string(entry.key, example: example).map { [$0] }
        }
        guard !all.isEmpty, all.count <= Bounds.schedules else {
            findings.error(
                all.isEmpty ? .neverComes : .tooMany, at: entry.value.place, "\(entry.key) has \(all.count) schedules",
                accepted: "1 to \(Bounds.schedules)",
                remedy: all.isEmpty ? "Write one, or remove \(entry.key) to fire by hand." : "Make several campaigns.")
            return nil
        }
        guard let strings = section.strings(entry.key, example: "[\(example)]"), strings.count == all.count else {
            return nil
        }
        return strings
    }

    private func cron(_ text: String, at place: Place, zone: Zone) throws(ScheduleError) -> WrittenSchedules.Item? {
        let expression = try known.cron(text)
        for warning in expression.warnings(in: text) {
            findings.warning(
                .init(warning.code), at: inside(place, text, offset: warning.offset, length: warning.length),
                warning.found, remedy: warning.remedy)
        }
        return .init(part: .init(.cron(expression), in: zone), text: text, place: place)
    }

    /// A zone that the expression names is used in place of any other; the campaign's is then for showing times.
    private func calendar(
        _ text: String, at place: Place, in section: Section, zone: Zone
    ) throws(ScheduleError) -> WrittenSchedules.Item? {
        let expression = try known.calendar(text)
        var zone = zone
        if let written = expression.zone {
            let inner = inside(place, text, offset: written.offset, length: written.length)
            guard let own = self.zone(named: written.name, at: inner) else { return nil }
            if section.has("timezone"), own.name != zone.name {
                findings.warning(
                    .twoZones, at: inner,
                    "the schedule counts in \(own.name), and timezone = \(zone.name.quoted) is only for showing times",
                    remedy: "Remove one of them, unless both are meant.")
            }
            zone = own
        }
        return .init(
            part: .init(.calendar(expression), in: zone), text: text, place: place,
            namesZone: expression.zone != nil)
    }

    // MARK: rrule

    private func recurrences(_ entry: TOMLEntry, in section: Section, zone: Zone) -> WrittenSchedules? {
        let from = from(entry, in: section, zone: zone)
        let items = texts(entry, in: section, example: "\"FREQ=WEEKLY;BYDAY=MO,WE\"") {
            text, place throws(ScheduleError) in
            let rule = try RecurrenceRule(parsing: text)
            // Without a beginning there is no timetable, but the rule has been looked at.
            let recurrence = Recurrence(rule, from: from ?? LocalTime(unzonedSeconds: 0))
            return .init(part: .init(.recurrence(recurrence), in: zone), text: text, place: place)
        }
        guard let from, let items else { return nil }
        let text = "\(InstantText.text(from.day)) \(InstantText.text(secondOfDay: from.secondOfDay))"
        return WrittenSchedules(word: "rrule", items: items, from: text)
    }

    /// What rules count from, by the clock of the zone.
    private func from(_ entry: TOMLEntry, in section: Section, zone: Zone) -> LocalTime? {
        guard let written = section.entry("from") else {
            findings.error(
                .missingKey, at: entry.keyPlace, "rrule counts from a first time, and \(section.title) has no from",
                accepted: TimeReader.dayRule,
                remedy: "Write from = \(InstantText.text(zone.local(at: now).day))T09:00:00 under \(section.title).")
            return nil
        }
        guard let from = TimeReader(findings: findings, zone: zone).readWithDays(written.value, key: "from") else {
            return nil
        }
        guard from.milliseconds == 0 else {
            findings.error(
                .badTime, at: from.place, "from has a part of a second, and rrule counts in whole ones",
                accepted: TimeReader.dayRule, remedy: "Write it without the fraction.")
            return nil
        }
        return from.local(in: zone)
    }

    /// The part of a one-line string that Chronology points at. Escapes before it would shift the caret, so a string with
    /// any is pointed at as a whole.
    private func inside(_ place: Place, _ text: String, offset: Int, length: Int) -> Place {
        guard place.length == text.unicodeScalars.count + 2 else { return place }
        // Chronology counts characters, and places count code points.
        let before = text.prefix(max(0, offset))
        let pointed = text.dropFirst(max(0, offset)).prefix(max(1, length))
        var part = place
        part.column += 1 + before.unicodeScalars.count
        part.length = min(
            max(1, pointed.unicodeScalars.count), max(1, place.column + place.length - 1 - part.column))
        return part
    }

    // MARK: at

    private func times(_ entry: TOMLEntry, zone: Zone) -> WrittenSchedules? {
        let items: [TOMLValue]
        switch entry.value.content {
        case .array(let array): items = array
        case .dateTime: items = [entry.value]
        default:
            findings.error(
                .wrongType, at: entry.value.place, "at is \(entry.value.kind)", accepted: TimeReader.rule,
                remedy: "Write at = [2026-11-27T06:00:00+01:00], without quotes.")
            return nil
        }
        guard !items.isEmpty, items.count <= Bounds.atTimes else {
            findings.error(
                items.isEmpty ? .neverComes : .tooMany, at: entry.value.place, "at has \(items.count) times",
                accepted: "1 to \(Bounds.atTimes) date-times", remedy: "Remove at to fire by hand, or correct the list."
            )
            return nil
        }
        let reader = TimeReader(findings: findings, zone: zone)
        let instants = items.compactMap { item -> Instant? in
            guard let instant = reader.read(item, key: "at") else { return nil }
            if instant <= now { warnOfPassed(instant, at: item.place, zone) }
            return instant
        }
        guard instants.count == items.count else { return nil }
        let sorted = Array(Set(instants)).sorted()
        let text = "at " + sorted.map { InstantText.text($0, in: .utc) }.joined(separator: ", ")
        return WrittenSchedules(
            items: [.init(part: .init(.at(sorted), in: zone), text: text, name: "at", place: entry.value.place)])
    }

    private func warnOfPassed(_ instant: Instant, at place: Place, _ zone: Zone) {
        findings.warning(
            .timePassed, at: place, "\(InstantText.text(instant, in: zone)) has passed",
            remedy: "Nothing is fired for it any more unless catch_up reaches back to it; remove it.")
    }
}

extension ConfigurationFault.Code {
    fileprivate init(_ code: ScheduleWarning.Code) {
        switch code {
        case .cronUnion: self = .cronUnion
        case .cronIntersection: self = .cronIntersection
        case .quartzWeekday: self = .quartzWeekday
        }
    }
}
