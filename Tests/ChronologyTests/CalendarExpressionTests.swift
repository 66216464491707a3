import Chronology
import Testing

/// Goal: a calendar expression means what systemd.time(7) says, and what it cannot mean is refused at its place.
@Suite struct CalendarExpressionTests {
    @Test(
        arguments: [
            ("Sat,Thu,Mon..Wed,Sat..Sun", "Mon..Thu,Sat,Sun *-*-* 00:00:00"),
            ("Mon,Sun 12-*-* 2,1:23", "Mon,Sun 2012-*-* 01,02:23:00"), ("Wed *-1", "Wed *-*-01 00:00:00"),
            ("Wed..Wed,Wed *-1", "Wed *-*-01 00:00:00"), ("Wed, 17:48", "Wed *-*-* 17:48:00"),
            ("Wed..Sat,Tue 12-10-15 1:2:3", "Tue..Sat 2012-10-15 01:02:03"), ("*-*-7 0:0:0", "*-*-07 00:00:00"),
            ("10-15", "*-10-15 00:00:00"), ("monday *-12-* 17:00", "Mon *-12-* 17:00:00"),
            ("Mon,Fri *-*-3,1,2 *:30:45", "Mon,Fri *-*-01,02,03 *:30:45"),
            ("12,14,13,12:20,10,30", "*-*-* 12,13,14:10,20,30:00"), ("12..14:10,20,30", "*-*-* 12..14:10,20,30:00"),
            ("mon,fri *-1/2-1,3 *:30:45", "Mon,Fri *-01/2-01,03 *:30:45"), ("03-05 08:05:40", "*-03-05 08:05:40"),
            ("08:05:40", "*-*-* 08:05:40"), ("05:40", "*-*-* 05:40:00"),
            ("Sat,Sun 12-05 08:05:40", "Sat,Sun *-12-05 08:05:40"), ("Sat,Sun 08:05:40", "Sat,Sun *-*-* 08:05:40"),
            ("2003-03-05 05:40", "2003-03-05 05:40:00"), ("2003-02..04-05", "2003-02..04-05 00:00:00"),
            ("05:40:23.4200004/3.1700005", "*-*-* 05:40:23.420000/3.170001"),
            ("2003-03-05 05:40 UTC", "2003-03-05 05:40:00 UTC"), ("2003-03-05", "2003-03-05 00:00:00"),
            ("03-05", "*-03-05 00:00:00"), ("minutely", "*-*-* *:*:00"), ("hourly", "*-*-* *:00:00"),
            ("daily", "*-*-* 00:00:00"), ("daily UTC", "*-*-* 00:00:00 UTC"), ("monthly", "*-*-01 00:00:00"),
            ("weekly", "Mon *-*-* 00:00:00"), ("weekly Pacific/Auckland", "Mon *-*-* 00:00:00 Pacific/Auckland"),
            ("yearly", "*-01-01 00:00:00"), ("annually", "*-01-01 00:00:00"),
            ("quarterly", "*-01,04,07,10-01 00:00:00"), ("semiannually", "*-01,07-01 00:00:00"),
            ("*:2/3", "*-*-* *:02/3:00"), ("Mon-Fri", "Mon..Fri *-*-*"), ("DAILY", "daily"),
            ("*-*~1..8/3", "*-*~1,4,7"), ("*-*~7/3", "*-*~7,4,1"), ("*-*~*", "*-*-*"), ("99-12-31", "1999-12-31"),
            ("69-1-1", "2069-1-1"),
        ])
    func `systemd's own examples mean what their normalized forms mean`(text: String, normalized: String) throws {
        let (one, other) = (try CalendarExpression(parsing: text), try CalendarExpression(parsing: normalized))
        #expect(one.zone?.name == other.zone?.name)
        #expect(times(one, 100) == times(other, 100))
    }

    private func times(_ expression: CalendarExpression, _ count: Int) -> [Instant] {
        let timetable = Timetable(schedule: .calendar(expression), zone: .utc, text: "")
        var times: [Instant] = []
        var at = instant("1990-01-01T00:00:00Z")
        while times.count < count, let next = timetable.next(after: at) {
            times.append(next)
            at = next
        }
        return times
    }

    // MARK: Zones

    @Test(
        arguments: [
            ("Fri 17:00", nil),
            ("Fri 17:00 Europe/Stockholm", WrittenZone(name: "Europe/Stockholm", offset: 10, length: 16)),
            ("Fri Europe/Stockholm", WrittenZone(name: "Europe/Stockholm", offset: 4, length: 16)),
            ("daily utc", WrittenZone(name: "UTC", offset: 6, length: 3)),
            ("*-*-* 05:00 Etc/GMT+5", WrittenZone(name: "Etc/GMT+5", offset: 12, length: 9)),
            ("@1800000000", WrittenZone(name: "UTC", offset: 0, length: 11)),
        ] as [(String, WrittenZone?)])
    func `the zone of an expression is named with its place, for whoever has the zones`(
        text: String, zone: WrittenZone?
    ) throws {
        #expect(try CalendarExpression(parsing: text).zone == zone)
    }

    // MARK: Fractions

    @Test(
        arguments: [
            ("*:*:0.5/0.25", ["00.500", "00.750", "01.000"]), ("*:*:59.9999", ["59.999"]),
            // Counted in microseconds, cut to milliseconds: no error adds up.
            ("*:*:0/0.0015", ["00.000", "00.001", "00.003", "00.004", "00.006", "00.007"]),
            ("*:*:1.5..3.5", ["01.500", "02.500", "03.500"]), ("*:*:58,1.25,1", ["01.000", "01.250", "58.000"]),
        ])
    func `a fraction of a second is kept to the millisecond that it falls into`(text: String, expected: [String]) throws
    {
        let timetable = try calendar(text, .utc)
        var at = instant("2026-11-24T10:00:00Z") - .milliseconds(1)
        for seconds in expected {
            let next = try #require(timetable.next(after: at))
            #expect(next.rfc3339 == "2026-11-24T10:00:\(seconds)Z")
            #expect(timetable.previous(before: next + .milliseconds(1)) == next)
            if seconds != expected[0] { #expect(timetable.previous(before: next) == at) }
            at = next
        }
    }

    @Test func `a fraction in a gap comes right after it, with the whole second`() throws {
        let timetable = try calendar("02:30:00.25,59.5", try Zones.load("Europe/Stockholm"))
        let after = try #require(timetable.next(after: instant("2026-03-28T12:00:00Z")))
        #expect(after == instant("2026-03-29T01:00:00Z"))
        #expect(timetable.next(after: after) == instant("2026-03-30T00:30:00.25Z"))
        #expect(timetable.next(after: instant("2026-10-25T00:30:00.3Z")) == instant("2026-10-25T00:30:59.5Z"))
    }

    // MARK: Never

    @Test(arguments: [
        "*-02-30", "*-02,04,06,09,11-31", "1970..2199-02-30", "2100-02-29", "Mon 2026-11-24", "2025-01-01",
    ])
    func `a date that never comes has no next`(text: String) throws {
        #expect(try calendar(text, .utc).next(after: instant("2026-01-01T00:00:00Z")) == nil)
    }

    @Test func `the rarest day of the calendar is at most 40 years away`() throws {
        for weekday in ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"] {
            let timetable = try calendar("\(weekday) *-02-29", .utc)
            var at = try #require(timetable.next(after: instant("1900-01-01T00:00:00Z")))
            var gap = Duration.zero
            while at < instant("2310-01-01T00:00:00Z") {
                let next = try #require(timetable.next(after: at))
                #expect(timetable.previous(before: next) == at)
                gap = max(gap, next - at)
                at = next
            }
            #expect(gap == .seconds(14_609 * 86_400))
        }
    }

    @Test func `a year far away is found`() throws {
        #expect(
            try calendar("2199-12-31 23:59:59", .utc).next(after: instant("2026-01-01T00:00:00Z"))
                == instant("2199-12-31T23:59:59Z"))
        #expect(
            try calendar("1970/229-12-31", .utc).previous(before: instant("2199-01-01T00:00:00Z"))
                == instant("1970-12-31T00:00:00Z"))
    }

    // MARK: Faults

    @Test(
        arguments: [
            // Hours past midnight are the next day's.
            ("Fri 25:00", 4, 2, "Sat 01:00"), ("Sun 24:00", 4, 2, "Mon 00:00"), ("24:30", 0, 2, "00:30"),
            ("Mon..Fri 25:00", 9, 2, nil), ("*-*-01 24:00", 7, 2, nil), ("71:00", 0, 2, "17:00"), ("99:00", 0, 2, nil),
            ("Fri 29:59", 4, 2, "Sat 05:59"), ("Fri 30:00", 4, 2, nil), ("11:00 pm", 0, 8, "23:00"),
            ("17:71", 3, 2, "17:17"), ("17:60", 3, 2, nil),
            // Names.
            ("Frj 17:00", 0, 3, "Fri 17:00"), ("Thurs 17:00", 0, 5, "Thu 17:00"),
            ("mondey..fri 9:30", 0, 6, "Mon..fri 9:30"),
            ("dayly", 0, 5, "daily"), ("wekly", 0, 5, "weekly"), ("midnight", 0, 8, "00:00"), ("xyz 17:00", 0, 3, nil),
            ("Frj 25:00", 0, 3, "Sat 01:00"), ("Mon,,Tue", 4, 1, nil), ("Mon..", 5, 1, nil),
            ("Fri noon", 4, 4, "Fri 12:00"),
            // Order.
            ("17:00 Fri", 6, 3, "Fri 17:00"), ("Mon, Tue 10:00", 5, 3, "Mon,Tue 10:00"), ("Mon Tue", 4, 3, "Mon,Tue"),
            ("08:05 03-05", 6, 5, "03-05 08:05"), ("Mon daily", 4, 5, "Mon"), ("10:00 11:00", 6, 5, "10:00"),
            // Times and dates as others write them.
            ("Fri 5pm", 4, 3, "Fri 17:00"), ("Fri 5 pm", 4, 4, "Fri 17:00"), ("5:30am", 0, 6, "05:30"),
            ("12am", 0, 4, "00:00"),
            ("Fri 17", 4, 2, "Fri 17:00"), ("1700", 0, 4, "17:00"), ("17.30", 0, 5, "17:30"), ("17h", 0, 3, "17:00"),
            ("2026-11-27T17:00", 0, 16, "2026-11-27 17:00"), ("2026/11/27", 0, 10, "2026-11-27"),
            ("27.11.2026 17:00", 0, 10, "2026-11-27 17:00"),
            // cron.
            ("0 6 * * 1-5", 0, 11, nil), ("every day at 5 pm", 13, 4, nil), ("@daily", 0, 6, "daily"),
            ("*/2:00", 0, 3, "0/2:00"),
            ("*:*/15", 2, 4, "*:0/15"), ("9-17:00", 0, 4, "9..17:00"), ("*-*-*/2", 4, 3, "*-*-1/2"),
            // Ranges and steps.
            ("Sat..Mon 10:00", 0, 8, "Sat..Sun,Mon 10:00"), ("22..2:00", 0, 5, "22..23,00..02:00"),
            ("2028..2026-1-1", 0, 10, "2026..2028-1-1"), ("*-*~7..1", 4, 4, "*-*~1..7"), ("*:50/20", 2, 5, "*:50"),
            ("*-*~1/1", 4, 3, "*-*~1"), ("*-*-1/0", 6, 1, nil), ("*-*~29", 4, 2, nil),
            // Bounds.
            ("*-*-32", 4, 2, nil), ("*-13-1", 2, 2, nil), ("1969-1-1", 0, 4, nil), ("2200-1-1", 0, 4, nil),
            ("*:*:60", 4, 2, nil), ("*:*:59.9999996", 4, 10, nil), ("*:*:1.", 4, 2, nil), ("1-2-3-4", 0, 7, nil),
            ("", 0, 1, nil), ("   ", 0, 3, nil), ("@18000000000000", 0, 15, nil), ("@9999999999", 0, 11, nil),
            ("@1800000000 Europe/Stockholm", 0, 11, "@1800000000 "), ("Fri 17:00 Ö/x", 10, 3, "Fri 17:00"),
            ("17:00 Europe/Stock.holm", 6, 17, nil), ("٣:00", 0, 1, nil), ("+1:00", 0, 2, nil),
        ] as [(String, Int, Int, String?)])
    func `a faulty expression is refused at its place, with what was probably meant`(
        text: String, offset: Int, length: Int, suggestion: String?
    ) throws {
        let error = try #require(throws: ScheduleError.self) { try CalendarExpression(parsing: text) }
        #expect(error.offset == offset && error.length == length, "\(error)")
        #expect(error.suggestion == suggestion, "\(error)")
        #expect(!error.found.isEmpty && !error.accepted.isEmpty && !error.remedy.isEmpty)
        if let suggestion { _ = try CalendarExpression(parsing: suggestion) }
    }

    @Test func `an expression in the form of cron is told its key`() throws {
        let error = try #require(throws: ScheduleError.self) { try CalendarExpression(parsing: "0 6 * * 1-5") }
        #expect(error.remedy == "Write cron = \"0 6 * * 1-5\" in place of schedule.")
    }
}
