// Dates and date-times of the file. Begin at `TimeReader.read`; what a date without a time means is said by whoever asks.

internal import Chronology

/// A date or a date-time as it was written.
struct WrittenTime {
    var day: CivilDay
    /// Nil for a date.
    var secondOfDay: Int?
    /// 0 to 999.
    var milliseconds = 0
    /// Minutes east of Greenwich; nil for a time of the zone that applies.
    var offsetMinutes: Int?
    var place: Place

    /// When it is; of a date its beginning.
    func instant(in zone: Zone) -> Instant {
        let local = LocalTime(day: day, secondOfDay: secondOfDay ?? 0)
        let fraction = Duration.milliseconds(milliseconds)
        guard let offsetMinutes else { return zone.instant(of: local) + fraction }
        return Zone.utc.instant(of: local) + fraction - .seconds(offsetMinutes * 60)
    }

    /// When it is; of a date its last millisecond.
    func lastInstant(in zone: Zone) -> Instant {
        guard secondOfDay == nil else { return instant(in: zone) }
        let next = CivilDay(daysSinceEpoch: day.daysSinceEpoch + 1)
        return zone.instant(of: LocalTime(day: next, secondOfDay: 0)) - .milliseconds(1)
    }

    /// What a clock of the zone shows then, to the second.
    func local(in zone: Zone) -> LocalTime {
        offsetMinutes == nil
            ? LocalTime(day: day, secondOfDay: secondOfDay ?? 0) : zone.local(at: instant(in: zone))
    }

    /// `2026-12-24`, `2026-12-24 09:00:00`, `2026-12-24 09:00:00 +01:00`.
    var text: String {
        var text = InstantText.text(day)
        if let secondOfDay { text += " " + InstantText.text(secondOfDay: secondOfDay, milliseconds) }
        if let offsetMinutes { text += " " + InstantText.text(offsetMinutes: offsetMinutes) }
        return text
    }

    /// The text, with its zone where that is not the one which readers of the whole would take.
    func text(in zone: Zone, beside other: Zone) -> String {
        offsetMinutes != nil || zone.name == other.name ? text : "\(text) \(zone.name)"
    }
}

struct TimeReader {
    static let rule = "date-times such as 2026-11-27T06:00:00+01:00, or without an offset in the campaign's time zone"
    static let dayRule = "a date such as 2026-12-24, or a date-time such as 2026-12-24T06:00:00+01:00"

    let findings: Findings
    /// For times without an offset.
    let zone: Zone

    /// A date-time as an instant.
    func read(_ value: TOMLValue, key: String) -> Instant? {
        written(value, key: key, accepted: Self.rule, takesDays: false)?.instant(in: zone)
    }

    /// A date-time, or a date.
    func readWithDays(_ value: TOMLValue, key: String) -> WrittenTime? {
        written(value, key: key, accepted: Self.dayRule, takesDays: true)
    }

    /// A date.
    func readDay(_ value: TOMLValue, key: String) -> CivilDay? {
        if case .dateTime(let written) = value.content, written.time == nil, written.day != nil {
            return readWithDays(value, key: key)?.day
        }
        findings.error(
            .wrongType, at: value.place, "\(key) holds \(value.kind)", accepted: "dates such as 2026-12-25",
            remedy: "Write the date alone, without quotes.")
        return nil
    }

    private func written(_ value: TOMLValue, key: String, accepted: String, takesDays: Bool) -> WrittenTime? {
        guard case .dateTime(let written) = value.content, let day = written.day, takesDays || written.time != nil
        else {
            findings.error(
                .wrongType, at: value.place, "\(key) holds \(value.kind)", accepted: accepted,
                remedy: "Write \(takesDays ? "a date, or date and time" : "date and time"), without quotes.")
            return nil
        }
        guard (1970...9_999).contains(day.year) else {
            findings.error(
                .badTime, at: value.place, "the year \(day.year) is out of range", accepted: "1970 to 9999",
                remedy: "Correct the year.")
            return nil
        }
        let time = written.time
        return WrittenTime(
            day: CivilDay(year: day.year, month: day.month, day: day.day),
            secondOfDay: time.map { $0.hour * 3600 + $0.minute * 60 + min($0.second, 59) },
            milliseconds: (time?.nanosecond ?? 0) / 1_000_000, offsetMinutes: written.offsetMinutes,
            place: value.place)
    }
}
