import Chronology
import Foundation

/// Zones from the system's zone files, as the daemon loads them.
enum Zones {
    static func load(_ name: String) throws -> Zone {
        if name == "UTC" { return .utc }
        let bytes = try Data(contentsOf: URL(fileURLWithPath: "/usr/share/zoneinfo/\(name)"))
        return try Zone(name: name, tzif: Array(bytes))
    }

    /// A zone file with one offset more than there are changes, in seconds, and no footer.
    static func file(offsets: [Int], at changes: [Int64]) -> [UInt8] {
        func number(_ value: Int64, _ width: Int) -> [UInt8] {
            (0..<width).reversed().map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
        }
        func header(_ times: Int, _ types: Int) -> [UInt8] {
            Array("TZif2".utf8) + [UInt8](repeating: 0, count: 27)
                + [times, types, 2].flatMap { number(Int64($0), 4) }
        }
        let types = offsets.flatMap { number(Int64($0), 4) + [0, 0] } + Array("X\0".utf8)
        return header(0, 1) + types[..<6] + Array("X\0".utf8) + header(changes.count, offsets.count)
            + changes.flatMap { number($0, 8) } + changes.indices.map { UInt8($0 + 1) } + types + Array("\n\n".utf8)
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

func recurrence(_ text: String, from: LocalTime, _ zone: Zone) throws -> Timetable {
    let rule = try RecurrenceRule(parsing: text)
    return Timetable(schedule: .recurrence(Recurrence(rule, from: from)), zone: zone, text: text)
}
