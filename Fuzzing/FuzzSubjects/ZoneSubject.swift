// Zone files: any bytes are a zone whose clock can be read at every instant and turned back, or an error.

internal import Chronology

enum ZoneSubject {
    private static let patterns = ["*-*-* 02:30:00", "*-*-* *:00/17:00", "Sun *-03,10-* 00:00:00"].compactMap {
        try? CalendarExpression(parsing: $0)
    }

    static func check(_ bytes: [UInt8]) throws(BrokenRule) {
        guard let zone = try? Zone(name: "Fuzz/Zone", tzif: bytes) else { return }
        var choice = Choice(bytes)
        for _ in 0..<8 { try judge(zone, at: choice.instant()) }
        for _ in 0..<2 {
            let timetable = Timetable(schedule: .calendar(choice.pick(patterns)), zone: zone, text: "pattern")
            let instant = choice.instant()
            if let next = timetable.next(after: instant) {
                try require(next > instant, "next after \(instant.rfc3339) is \(next.rfc3339)")
            }
            if let previous = timetable.previous(before: instant) {
                try require(previous < instant, "previous before \(instant.rfc3339) is \(previous.rfc3339)")
            }
        }
    }

    private static func judge(_ zone: Zone, at instant: Instant) throws(BrokenRule) {
        let local = zone.local(at: instant)
        try require((0..<86_400).contains(local.secondOfDay), "a second of day \(local.secondOfDay)")
        try require((1...12).contains(local.day.month), "a month \(local.day.month)")
        let back = zone.instant(of: local)
        // The first of the instants that show this time, and at most one day and a bit before.
        try require(back <= instant, "\(instant.rfc3339) reads \(local), which is only at \(back.rfc3339)")
        let isFar = instant - back > .seconds(2 * 26 * 3600)
        let isInYears = (Int64.min / 2...Int64.max / 2).contains(instant.milliseconds)
        try require(!isInYears || (!isFar && zone.local(at: back) == local), "\(local) is shown at \(back.rfc3339)")
        _ = zone.display(instant, now: back)
        _ = zone.abbreviation(at: instant)
    }
}
