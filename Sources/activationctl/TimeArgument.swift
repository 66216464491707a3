// Times as people type them: an instant, a clock reading of today or of a day, or a span from now.

import Chronology

enum TimeArgument {
    enum Direction {
        /// A span counts from now on, and a bare clock reading is the next one.
        case ahead
        /// A span counts back, and a bare clock reading is the last one.
        case back
    }

    static func instant(_ text: String, now: Instant, zone: Zone, _ direction: Direction) -> Instant? {
        if let instant = Instant(rfc3339: text) { return instant }
        if let span = try? Duration(text: text) { return direction == .ahead ? now + span : now - span }
        let parts = text.split(whereSeparator: { $0 == " " || $0 == "T" })
        let today = zone.local(at: now).day
        switch parts.count {
        case 1 where text.contains(":"):
            guard let (hour, minute) = clock(parts[0]) else { return nil }
            let reading = zone.instant(of: time(today, hour, minute))
            if direction == .ahead, reading <= now { return reading + .seconds(86_400) }
            if direction == .back, reading > now { return reading - .seconds(86_400) }
            return reading
        case 1:
            guard let day = day(parts[0]) else { return nil }
            return zone.instant(of: time(day, 0, 0))
        case 2:
            guard let day = day(parts[0]), let (hour, minute) = clock(parts[1]) else { return nil }
            return zone.instant(of: time(day, hour, minute))
        default: return nil
        }
    }

    private static func time(_ day: CivilDay, _ hour: Int, _ minute: Int) -> LocalTime {
        LocalTime(year: day.year, month: day.month, day: day.day, hour: hour, minute: minute, second: 0)
    }

    private static func clock(_ text: Substring) -> (Int, Int)? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ (1...2).contains($0.count) }), let hour = Int(parts[0]),
            let minute = Int(parts[1]), (0...23).contains(hour), (0...59).contains(minute)
        else { return nil }
        return (hour, minute)
    }

    private static func day(_ text: Substring) -> CivilDay? {
        Instant(rfc3339: text + "T00:00:00Z").map { Zone.utc.local(at: $0).day }
    }
}
