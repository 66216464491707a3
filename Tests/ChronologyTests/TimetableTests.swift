import Chronology
import Testing

/// Goal: a timetable comes exactly when its expression says, once for each day's clock, in every zone.
@Suite struct TimetableTests {
    @Test(arguments: [
        ("Fri 17:00", "2026-11-24T10:00:00Z", "2026-11-27T17:00:00.000Z"),
        ("Mon..Fri 09:30", "2026-11-27T09:30:00Z", "2026-11-30T09:30:00.000Z"),
        ("*-*-* 00:30:00", "2026-11-24T00:30:00Z", "2026-11-25T00:30:00.000Z"),
        ("*-*-01 06:00", "2026-11-24T00:00:00Z", "2026-12-01T06:00:00.000Z"),
        ("Sat,Sun *:0/15", "2026-11-28T10:50:00Z", "2026-11-28T11:00:00.000Z"),
        ("*-02-29", "2026-11-24T00:00:00Z", "2028-02-29T00:00:00.000Z"),
        ("*-*~01 12:00", "2027-02-01T00:00:00Z", "2027-02-28T12:00:00.000Z"),
        ("Mon *-05~07/1 08:00", "2026-11-24T00:00:00Z", "2027-05-31T08:00:00.000Z"),
        ("daily", "2026-11-24T10:00:00Z", "2026-11-25T00:00:00.000Z"),
        ("hourly", "2026-11-24T10:00:00Z", "2026-11-24T11:00:00.000Z"),
        ("2026..2028/2-01-01", "2026-11-24T10:00:00Z", "2028-01-01T00:00:00.000Z"),
        ("*-*-* 08..10/2:00", "2026-11-24T08:00:00Z", "2026-11-24T10:00:00.000Z"),
        ("quarterly", "2026-11-24T10:00:00Z", "2027-01-01T00:00:00.000Z"),
    ])
    func `a calendar expression comes next when systemd says`(text: String, after: String, expected: String) throws {
        #expect(try calendar(text, .utc).next(after: instant(after))?.rfc3339 == expected)
    }

    @Test(arguments: [
        ("30 6 L * *", "2027-02-01T00:00:00Z", "2027-02-28T06:30:00.000Z"),
        ("0 9 * * 1-5", "2026-11-27T09:00:00Z", "2026-11-30T09:00:00.000Z"),
        ("0 9 15W * *", "2026-08-01T00:00:00Z", "2026-08-14T09:00:00.000Z"),
        ("0 9 1W * *", "2026-08-01T00:00:00Z", "2026-08-03T09:00:00.000Z"),
        ("0 9 LW * *", "2026-10-01T00:00:00Z", "2026-10-30T09:00:00.000Z"),
        ("0 9 * * FRI#2", "2026-11-24T00:00:00Z", "2026-12-11T09:00:00.000Z"),
        ("0 9 * * 5L", "2026-11-24T00:00:00Z", "2026-11-27T09:00:00.000Z"),
        ("0 0 13 * 5", "2026-11-24T00:00:00Z", "2026-11-27T00:00:00.000Z"),  // a union, as cron has it
        ("*/20 * * * *", "2026-11-24T10:41:00Z", "2026-11-24T11:00:00.000Z"),
        ("@weekly", "2026-11-24T00:00:00Z", "2026-11-29T00:00:00.000Z"),
        ("0 12 */10 2 *", "2026-11-24T00:00:00Z", "2027-02-01T12:00:00.000Z"),
    ])
    func `a cron expression comes next when cron says`(text: String, after: String, expected: String) throws {
        #expect(try cron(text, .utc).next(after: instant(after))?.rfc3339 == expected)
    }

    @Test func `a time in the gap fires once, at the first instant after it`() throws {
        let timetable = try calendar("*-*-* 02:30", try Zones.load("Europe/Stockholm"))
        let days = walk(timetable, from: "2026-03-27T12:00:00Z", count: 3)
        #expect(days == ["2026-03-28T01:30:00.000Z", "2026-03-29T01:00:00.000Z", "2026-03-30T00:30:00.000Z"])
    }

    @Test func `a time that is repeated fires once, the first time`() throws {
        let timetable = try calendar("*-*-* 02:30", try Zones.load("Europe/Stockholm"))
        let days = walk(timetable, from: "2026-10-24T12:00:00Z", count: 2)
        #expect(days == ["2026-10-25T00:30:00.000Z", "2026-10-26T01:30:00.000Z"])
    }

    @Test(
        arguments: [
            "Fri 17:00", "*-*-* *:0/7", "Sat,Sun *:0/15", "*-*-* 02:30", "*-*~02 23:59", "Mon *-*-01..07 00:00",
            "*-01,03,10-25..31 01,02,03:00/30", "hourly", "*-*-* 00:00", "Wed,Thu 02..03:15",
        ], ["UTC", "Europe/Stockholm", "Australia/Lord_Howe", "America/Sao_Paulo", "Pacific/Apia"])
    func `next never skips, never repeats, and agrees with previous`(text: String, zone: String) throws {
        let timetable = try calendar(text, try Zones.load(zone))
        var expected: [Instant] = []
        var minute = instant("2026-03-20T00:00:00Z")
        let stop = instant("2026-04-20T00:00:00Z")
        let pattern = try calendar(text, .utc)
        // Brute force: a minute matches when the clock's reading matches, and was not shown before.
        var shown: Set<LocalTime> = []
        var last = timetable.zone.local(at: minute - .seconds(60))
        while minute < stop {
            let local = timetable.zone.local(at: minute)
            var reading = local
            if local.unzonedSeconds - last.unzonedSeconds > 60 {  // a gap: what it skipped is now
                reading = LocalTime(unzonedSeconds: last.unzonedSeconds + 60)
            }
            var matched = false
            while reading <= local {
                let unzoned = Instant(seconds: reading.unzonedSeconds)
                if pattern.next(after: unzoned - .seconds(1)) == unzoned, shown.insert(reading).inserted {
                    matched = true
                }
                reading = LocalTime(unzonedSeconds: reading.unzonedSeconds + 60)
            }
            if matched { expected.append(minute) }
            last = local
            minute = minute + .seconds(60)
        }
        var found: [Instant] = []
        var at = instant("2026-03-20T00:00:00Z") - .seconds(1)
        while let next = timetable.next(after: at), next < stop {
            found.append(next)
            at = next
        }
        #expect(found == expected)
        for (earlier, later) in zip(found, found.dropFirst()) {
            #expect(timetable.previous(before: later) == earlier)
        }
    }

    @Test func `a date that never comes has no next`() throws {
        #expect(try calendar("*-02-30", .utc).next(after: instant("2026-01-01T00:00:00Z")) == nil)
    }

    @Test(arguments: [
        ("Fri 25:00", 4, 2), ("Frj 17:00", 0, 3), ("17:61", 3, 2), ("Fri 17:00 Europe/Stockholm", 10, 16), ("", 0, 1),
    ])
    func `a faulty calendar expression is refused at its place`(text: String, offset: Int, length: Int) {
        #expect { try CalendarExpression(parsing: text) } throws: { error in
            let error = error as? ScheduleError
            return error?.offset == offset && error?.length == length
        }
    }

    @Test(arguments: [("32 * * *", 0, 8), ("61 * * * *", 0, 2), ("0 0 * * XYZ", 8, 3), ("@often", 0, 6)])
    func `a faulty cron expression is refused at its place`(text: String, offset: Int, length: Int) {
        #expect { try CronExpression(parsing: text) } throws: { error in
            let error = error as? ScheduleError
            return error?.offset == offset && error?.length == length
        }
    }

    private func walk(_ timetable: Timetable, from: String, count: Int) -> [String] {
        var at = instant(from)
        return (0..<count).compactMap { _ in
            guard let next = timetable.next(after: at) else { return nil }
            at = next
            return next.rfc3339
        }
    }
}
