// Times as they stand in messages and in the texts of schedules: in a zone, with the offset from UTC.

internal import Chronology

enum InstantText {
    /// `2026-11-27 06:00:00 +01:00`; with milliseconds where there are any.
    static func text(_ instant: Instant, in zone: Zone) -> String {
        let local = zone.local(at: instant)
        let rest = Int(instant.milliseconds % 1000)
        let milliseconds = rest < 0 ? rest + 1000 : rest
        return
            "\(text(local.day)) \(text(secondOfDay: local.secondOfDay, milliseconds)) \(zone.offsetText(at: instant))"
    }

    /// `2026-11-27`.
    static func text(_ day: CivilDay) -> String {
        "\(padded(day.year, 4))-\(padded(day.month))-\(padded(day.day))"
    }

    /// `06:00:00`, `06:00:00.250`.
    static func text(secondOfDay: Int, _ milliseconds: Int = 0) -> String {
        let seconds = "\(padded(secondOfDay / 3600)):\(padded(secondOfDay / 60 % 60)):\(padded(secondOfDay % 60))"
        return milliseconds == 0 ? seconds : "\(seconds).\(padded(milliseconds, 3))"
    }

    /// `+01:00`.
    static func text(offsetMinutes: Int) -> String {
        let minutes = abs(offsetMinutes)
        return "\(offsetMinutes < 0 ? "-" : "+")\(padded(minutes / 60)):\(padded(minutes % 60))"
    }

    private static func padded(_ number: Int, _ width: Int = 2) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }
}
