// The next time of recurrence rules, of schedules with rules for days and of several in one, beside dateutil in one run.
//
// dateutil walks from a rule's beginning, six years before the instants that are asked; its figure grows with that.

import Chronology
import Foundation

enum RuleBench {
    private static let from = LocalTime(year: 2020, month: 1, day: 6, hour: 9, minute: 0, second: 0)

    private static let rules = [
        "FREQ=DAILY", "FREQ=WEEKLY;BYDAY=MO,WE", "FREQ=WEEKLY;INTERVAL=2;BYDAY=FR", "FREQ=MONTHLY;BYDAY=-1FR",
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO", "FREQ=HOURLY;INTERVAL=7",
        "FREQ=MINUTELY;INTERVAL=1439;BYHOUR=9",
        "FREQ=DAILY;COUNT=100000", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=DAILY;INTERVAL=7;BYDAY=TU",
    ]

    static func lines(zone: Zone) throws -> [String] {
        var table = Table(["", "next", "previous", "reading", "dateutil"])
        let dateutil = dateutil()
        for text in rules {
            let timetable = try recurrence(text, zone)
            table.add(
                [text]
                    + cells(timetable) { _ in (try? recurrence(text, zone)) == nil ? 0 : 1 }
                    + [dateutil[text].map(CalendarBench.duration) ?? "-"])
        }
        for (name, timetable) in try timetables(zone) {
            table.add([name] + cells(timetable) { _ in 0 }.prefix(2) + ["-", "-"])
        }
        return ["Rules: the same for recurrences, rules for days and several schedules"] + table.lines
    }

    private static func cells(_ timetable: Timetable, reading: (Instant) -> Int64) -> [String] {
        [
            CalendarBench.nanoseconds { timetable.next(after: $0)?.milliseconds ?? 0 },
            CalendarBench.nanoseconds { timetable.previous(before: $0)?.milliseconds ?? 0 },
            CalendarBench.nanoseconds(rounds: 1, reading),
        ].map { $0.map(CalendarBench.duration) ?? "-" }
    }

    private static func recurrence(_ text: String, _ zone: Zone) throws -> Timetable {
        let rule = try RecurrenceRule(parsing: text)
        return Timetable(schedule: .recurrence(Recurrence(rule, from: from)), zone: zone, text: text)
    }

    private static func timetables(_ zone: Zone) throws -> [(String, Timetable)] {
        func part(_ text: String) throws -> Timetable.Part {
            Timetable.Part(.calendar(try CalendarExpression(parsing: text)), in: zone)
        }
        // Eleven days of each of forty years.
        let days = (2000..<2040).flatMap { year in
            (1...11).map { CivilDay(year: year, month: $0, day: 2 * $0) }
        }
        let holidays = DayCalendar(name: "holidays", days: days)
        let every = Timetable.Part(
            .every(Interval(every: .seconds(21_600), from: Instant(seconds: 0))), in: zone)
        return [
            ("every 6h", Timetable(parts: [every], text: "")),
            (
                "Mon..Fri 09:30 except holidays",
                Timetable(parts: [try part("Mon..Fri 09:30")], rules: DayRules(except: [holidays]), text: "")
            ),
            (
                "*-*-01 06:00 except holidays, next working day",
                Timetable(
                    parts: [try part("*-*-01 06:00")], rules: DayRules(except: [holidays], shift: .nextWorkingDay),
                    text: "")
            ),
            (
                "daily except holidays, previous working day",
                Timetable(
                    parts: [try part("daily")], rules: DayRules(except: [holidays], shift: .previousWorkingDay),
                    text: "")
            ),
            (
                "Mon 09:00 and Wed 11:00 and *-*-01 06:00 and Fri 17:00",
                Timetable(
                    parts: try ["Mon 09:00", "Wed 11:00", "*-*-01 06:00", "Fri 17:00"].map(part), text: "")
            ),
        ]
    }

    // MARK: dateutil

    private static let program = """
        import sys, time
        from datetime import datetime
        from dateutil.rrule import rrulestr
        start, asked = datetime(2020, 1, 6, 9), datetime(2026, 11, 24, 10)
        for text in sys.argv[1:]:
            rule, times = rrulestr(text, dtstart=start), []
            for round in range(3):
                begin = time.perf_counter_ns()
                rule.after(asked)
                times.append(time.perf_counter_ns() - begin)
            print(sorted(times)[1])
        """

    /// Nanoseconds of an `after`; empty where no Python has dateutil.
    private static func dateutil() -> [String: Double] {
        for python in ["python3", "/usr/bin/python3"] {
            let times = CalendarBench.run([python, "-c", program] + rules).split(separator: "\n").compactMap {
                Double($0)
            }
            if times.count == rules.count { return Dictionary(uniqueKeysWithValues: zip(rules, times)) }
        }
        return [:]
    }
}
