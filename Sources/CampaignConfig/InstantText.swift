// Times as they stand in messages: in the campaign's zone, with the offset from UTC.

internal import Chronology

enum InstantText {
    /// `2026-11-27 06:00:00 +01:00`.
    static func text(_ instant: Instant, in zone: Zone) -> String {
        let local = zone.local(at: instant)
        let day = "\(padded(local.day.year, 4))-\(padded(local.day.month))-\(padded(local.day.day))"
        let time = "\(padded(local.hour)):\(padded(local.minute)):\(padded(local.second))"
        return "\(day) \(time) \(zone.offsetText(at: instant))"
    }

    private static func padded(_ number: Int, _ width: Int = 2) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }
}
