import Chronology
import Foundation
import Testing

/// Goal: around every change of every zone's clock, a daily schedule comes once on each day.
@Suite struct DailyScheduleTests {
    /// A change as far as schedules can see it: many zones share their rules.
    private struct Change: Hashable {
        var at: Instant
        var before: Int
        var after: Int
    }

    static let names: [String] = {
        let table = (try? String(contentsOfFile: "/usr/share/zoneinfo/tzdata.zi", encoding: .utf8)) ?? ""
        // Lines of zones are "Z name ..."; of other names for them, "L zone name".
        return table.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            return words.first == "Z" && words.count > 1 ? String(words[1]) : nil
        }
    }()

    @Test(.enabled(if: !names.isEmpty, "/usr/share/zoneinfo/tzdata.zi is not here"))
    func `a daily time comes once on each day around every change from 2020 to 2040`() throws {
        let schedules = try (0..<96).map { quarter in
            (quarter * 15, try CalendarExpression(parsing: "\(quarter / 4):\(quarter % 4 * 15)"))
        }
        var seen: Set<Change> = []
        var changes = 0
        for name in Self.names {
            let zone = try Zones.load(name)
            for change in Self.changes(of: zone) {
                changes += 1
                guard seen.insert(change).inserted else { continue }
                for (minute, expression) in schedules {
                    let timetable = Timetable(schedule: .calendar(expression), zone: zone, text: "daily")
                    try check(timetable, minute, change)
                }
            }
        }
        print("\(Self.names.count) zones with \(changes) changes, \(seen.count) of them different: 96 daily times each")
        #expect(changes > 1000)
    }

    /// Four days' times, from two days before the change: each is shown by the clock, or is the change that skipped it.
    private func check(_ timetable: Timetable, _ minute: Int, _ change: Change) throws {
        let zone = timetable.zone
        var day = zone.local(at: change.at - .seconds(2 * 86_400)).day.daysSinceEpoch
        var at = zone.instant(of: LocalTime(day: CivilDay(daysSinceEpoch: day), secondOfDay: 0)) - .milliseconds(1)
        for _ in 0..<4 {
            let next = try #require(timetable.next(after: at))
            let wanted = LocalTime(day: CivilDay(daysSinceEpoch: day), secondOfDay: minute * 60)
            let shown = zone.local(at: next)
            let wasSkipped = next == change.at && zone.local(at: next - .seconds(1)) < wanted && wanted < shown
            try #require(shown == wanted || wasSkipped, "\(zone.name): \(wanted) comes at \(next.rfc3339)")
            // Not the second time that the clock shows it.
            let earlier = next - .seconds(change.before - change.after)
            try #require(earlier >= next || zone.local(at: earlier) != wanted, "\(zone.name): \(wanted) at the second")
            try #require(timetable.previous(before: next + .milliseconds(1)) == next)
            (at, day) = (next, day + 1)
        }
    }

    private static func changes(of zone: Zone) -> [Change] {
        let (first, last) = (Instant(rfc3339: "2020-01-01T00:00:00Z")!, Instant(rfc3339: "2041-01-01T00:00:00Z")!)
        var changes: [Change] = []
        var day = first
        while day < last {
            let next = day + .seconds(86_400)
            if zone.offset(at: day) != zone.offset(at: next) {
                var (low, high) = (day, next)
                while high - low > .seconds(1) {
                    let middle = low + .seconds(Int64((high - low).milliseconds / 2000))
                    if zone.offset(at: middle) == zone.offset(at: day) { low = middle } else { high = middle }
                }
                changes.append(Change(at: high, before: zone.offset(at: low), after: zone.offset(at: high)))
            }
            day = next
        }
        return changes
    }
}
