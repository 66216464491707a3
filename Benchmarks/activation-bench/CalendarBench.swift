// The next time of a schedule, beside what croniter and systemd need for it on the same machine, in one run.
//
// Each says when an expression comes next. systemd's figure is for `systemd-analyze`, which also reads and prints it; the
// program's own start is taken off.

import Chronology
import Foundation

enum CalendarBench {
    private static let instants = 1000
    private static let rounds = 7
    private static let zoneName = "Europe/Stockholm"

    private struct Row {
        var calendar: String
        /// The same for croniter, which is asked for days that match both fields.
        var cron: String?
    }

    private static let rows = [
        Row(calendar: "*:0/15", cron: "*/15 * * * *"), Row(calendar: "*:*:*", cron: "* * * * * *"),
        Row(calendar: "daily", cron: "0 0 * * *"), Row(calendar: "Fri 17:00", cron: "0 17 * * 5"),
        Row(calendar: "Mon..Fri 09:30", cron: "30 9 * * 1-5"), Row(calendar: "*-*-01 06:00", cron: "0 6 1 * *"),
        Row(calendar: "*-*~01 06:00", cron: "0 6 L * *"), Row(calendar: "yearly", cron: "0 0 1 1 *"),
        Row(calendar: "*-02-29", cron: "0 0 29 2 *"), Row(calendar: "Mon *-02-29", cron: "0 0 29 2 1"),
        Row(calendar: "*-02-30", cron: "0 0 30 2 *"), Row(calendar: "*-02,04,06,09,11-31"),
        Row(calendar: "1970..2199-02,04,06,09,11-31"),
    ]

    static func lines() throws -> [String] {
        let zone = try Zone(
            name: zoneName, tzif: Array(try Data(contentsOf: URL(fileURLWithPath: "/usr/share/zoneinfo/\(zoneName)"))))
        let croniter = try croniter(rows.compactMap(\.cron))
        var table = Table(["", "next", "previous", "reading", "croniter", "systemd-analyze"])
        for row in rows {
            let timetable = Timetable(
                schedule: .calendar(try CalendarExpression(parsing: row.calendar)), zone: zone, text: row.calendar)
            let cells = [
                nanoseconds { timetable.next(after: $0)?.milliseconds ?? 0 },
                nanoseconds { timetable.previous(before: $0)?.milliseconds ?? 0 },
                nanoseconds { _ in (try? CalendarExpression(parsing: row.calendar)) == nil ? 0 : 1 },
                row.cron.flatMap { croniter[$0] }, try systemd(row.calendar),
            ]
            table.add([row.calendar] + cells.map { $0.map(duration) ?? "-" })
        }
        return [
            "Calendar: when an expression comes next in \(zoneName), median of \(rounds) rounds of \(instants) instants"
        ] + table.lines + [""] + (try RuleBench.lines(zone: zone))
    }

    static func duration(_ nanoseconds: Double) -> String {
        switch nanoseconds {
        case ..<1000: "\(Int(nanoseconds)) ns"
        case ..<100_000: "\(Int(nanoseconds / 100) / 10).\(Int(nanoseconds / 100) % 10) µs"
        default: "\(Int(nanoseconds / 1000)) µs"
        }
    }

    private static func median(_ times: [Double]) -> Double {
        times.sorted()[times.count / 2]
    }

    // MARK: Ours

    /// Nanoseconds of a call, over instants of ten years.
    static func nanoseconds(rounds: Int = rounds, _ call: (Instant) -> Int64) -> Double? {
        let start = Instant(seconds: 1_795_478_400)
        let asked = (0..<instants).map { start + .seconds($0 * 317_011) }
        var sum: Int64 = 0
        let times = (0..<rounds).map { _ in
            let begin = DispatchTime.now().uptimeNanoseconds
            for instant in asked { sum &+= call(instant) }
            return Double(DispatchTime.now().uptimeNanoseconds - begin) / Double(instants)
        }
        // Used, so that the calls are not left out.
        return sum == .min ? nil : median(times)
    }

    // MARK: croniter

    private static let program = """
        import sys, time
        from datetime import datetime
        from zoneinfo import ZoneInfo
        from croniter import croniter
        start = datetime(2026, 11, 24, tzinfo=ZoneInfo(sys.argv[1]))
        for expression in sys.argv[2:]:
            times = []
            for round in range(7):
                schedule, count = croniter(expression, start, day_or=False), 0
                begin = time.perf_counter_ns()
                try:
                    while count < 100:
                        count += 1
                        schedule.get_next(datetime)
                except Exception:
                    pass
                times.append((time.perf_counter_ns() - begin) / count)
            print(sorted(times)[3])
        """

    /// Nanoseconds of a `get_next`; empty where no Python has croniter.
    private static func croniter(_ expressions: [String]) throws -> [String: Double] {
        for python in ["python3", "/usr/bin/python3"] {
            let lines = run([python, "-c", program, zoneName] + expressions).split(separator: "\n")
            let times = lines.compactMap { Double($0) }
            if times.count == expressions.count { return Dictionary(uniqueKeysWithValues: zip(expressions, times)) }
        }
        return [:]
    }

    // MARK: systemd

    /// Nanoseconds of an expression that is read, looked for and printed; nil where systemd-analyze does not run, or gives
    /// up on it.
    private static func systemd(_ expression: String) throws -> Double? {
        let copies = 2000
        func elapsed(_ count: Int) -> Double {
            let begin = DispatchTime.now().uptimeNanoseconds
            let output = run(
                ["env", "TZ=\(zoneName)", "systemd-analyze", "calendar"] + Array(repeating: expression, count: count))
            return output.contains("Normalized") ? Double(DispatchTime.now().uptimeNanoseconds - begin) : .infinity
        }
        let one = median((0..<rounds).map { _ in elapsed(1) })
        let many = median((0..<rounds).map { _ in elapsed(copies + 1) })
        return many.isFinite ? (many - one) / Double(copies) : nil
    }

    /// What a program of `PATH` prints; empty where it is not there or fails.
    static func run(_ arguments: [String]) -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return "" }
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: bytes, as: UTF8.self)
    }
}
