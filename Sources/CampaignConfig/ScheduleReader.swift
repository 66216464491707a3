// When: `timezone`, `schedule`, `cron` and `at`. Chronology says what the texts mean; here their faults get places.

internal import Chronology

struct ScheduleReader {
    let findings: Findings
    let zones: (String) -> Zone?
    let now: Instant
    private let known = ScheduleCache()

    init(findings: Findings, zones: @escaping (String) -> Zone?, now: Instant) {
        self.findings = findings
        self.zones = zones
        self.now = now
    }

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

    /// The timetable of `schedule`, `cron` or `at`, or nil after reporting what is faulty.
    func timetable(_ entry: TOMLEntry, in section: Section, zone: Zone) -> Timetable? {
        if entry.key == "at" { return times(entry, zone: zone) }
        guard let (text, place) = section.string(entry.key, example: "\"Fri 17:00\"") else { return nil }
        do throws(ScheduleError) {
            return entry.key == "cron"
                ? try cron(text, at: place, zone: zone) : try calendar(text, at: place, in: section, zone: zone)
        } catch {
            findings.error(
                .badSchedule, at: inside(place, text, offset: error.offset, length: error.length), error.found,
                accepted: error.accepted, remedy: error.remedy, suggestion: error.suggestion)
            return nil
        }
    }

    private func cron(_ text: String, at place: Place, zone: Zone) throws(ScheduleError) -> Timetable? {
        let expression = try known.cron(text)
        for warning in expression.warnings(in: text) {
            findings.warning(
                .init(warning.code), at: inside(place, text, offset: warning.offset, length: warning.length),
                warning.found, remedy: warning.remedy)
        }
        return checked(Timetable(schedule: .cron(expression), zone: zone, text: "cron \(text)"), text, at: place)
    }

    /// A zone that the expression names is used in place of any other; the campaign's is then for showing times.
    private func calendar(
        _ text: String, at place: Place, in section: Section, zone: Zone
    ) throws(ScheduleError) -> Timetable? {
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
        return checked(Timetable(schedule: .calendar(expression), zone: zone, text: text), text, at: place)
    }

    private func checked(_ timetable: Timetable, _ text: String, at place: Place) -> Timetable? {
        if timetable.next(after: now) != nil { return known.shared(timetable) }
        let last = timetable.previous(before: now + .milliseconds(1))
        findings.error(
            .neverComes, at: place,
            last.map {
                "\(text.quoted) does not come again; the last time was \(InstantText.text($0, in: timetable.zone))"
            }
                ?? "\(text.quoted) never comes: the calendar has no such day",
            accepted: "a schedule with a time yet to come",
            remedy: "Correct the date, or remove the schedule to fire by hand.")
        return nil
    }

    /// The part of a one-line string that Chronology points at. Escapes before it would shift the caret; a schedule has
    /// none.
    private func inside(_ place: Place, _ text: String, offset: Int, length: Int) -> Place {
        guard place.length == text.unicodeScalars.count + 2 else { return place }
        var part = place
        part.column += 1 + min(max(0, offset), text.unicodeScalars.count)
        part.length = min(max(1, length), max(1, place.column + place.length - 1 - part.column))
        return part
    }

    // MARK: at

    private func times(_ entry: TOMLEntry, zone: Zone) -> Timetable? {
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
        return Timetable(schedule: .at(sorted), zone: zone, text: text)
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

/// A date-time as an instant.
struct TimeReader {
    static let rule = "date-times such as 2026-11-27T06:00:00+01:00, or without an offset in the campaign's time zone"

    let findings: Findings
    /// For times without an offset.
    let zone: Zone

    func read(_ value: TOMLValue, key: String) -> Instant? {
        guard case .dateTime(let written) = value.content, let day = written.day, let time = written.time else {
            findings.error(
                .wrongType, at: value.place, "\(key) holds \(value.kind)", accepted: Self.rule,
                remedy: "Write date and time, without quotes.")
            return nil
        }
        let local = LocalTime(
            year: day.year, month: day.month, day: day.day, hour: time.hour, minute: time.minute,
            second: min(time.second, 59))
        guard (1970...9_999).contains(day.year) else {
            findings.error(
                .badTime, at: value.place, "the year \(day.year) is out of range", accepted: "1970 to 9999",
                remedy: "Correct the year.")
            return nil
        }
        let fraction = Duration.milliseconds(time.nanosecond / 1_000_000)
        guard let offset = written.offsetMinutes else { return zone.instant(of: local) + fraction }
        return Zone.utc.instant(of: local) + fraction - .seconds(offset * 60)
    }
}
