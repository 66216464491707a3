import Chronology
import Foundation

/// Zones from the system's zone files, as the daemon loads them.
enum Zones {
    static func load(_ name: String) throws -> Zone {
        if name == "UTC" { return .utc }
        let bytes = try Data(contentsOf: URL(fileURLWithPath: "/usr/share/zoneinfo/\(name)"))
        return try Zone(name: name, tzif: Array(bytes))
    }
}

func instant(_ text: String) -> Instant {
    guard let instant = Instant(rfc3339: text) else { preconditionFailure("not RFC 3339: \(text)") }
    return instant
}

func calendar(_ text: String, _ zone: Zone) throws -> Timetable {
    Timetable(schedule: .calendar(try CalendarExpression(parsing: text)), zone: zone, text: text)
}

func cron(_ text: String, _ zone: Zone) throws -> Timetable {
    Timetable(schedule: .cron(try CronExpression(parsing: text)), zone: zone, text: text)
}
