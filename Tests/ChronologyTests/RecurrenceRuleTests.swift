import Chronology
import Testing

/// Goal: a recurrence rule that RFC 5545 does not allow is refused at its place, with what was probably meant.
@Suite struct RecurrenceRuleTests {
    @Test(
        arguments: [
            // Names.
            ("FREQ=WEEKLEY;BYDAY=MO", 5, 7, "FREQ=WEEKLY;BYDAY=MO"), ("FREQ=DAY", 5, 3, "FREQ=DAILY"),
            ("FREQ=FORTNIGHTLY;BYDAY=MO", 5, 11, "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO"), ("FREQ=sometimes", 5, 9, nil),
            ("FREQ=WEEKLY;BYDAYS=MO", 12, 6, "FREQ=WEEKLY;BYDAY=MO"), ("FREQ=DAILY;X=1", 11, 1, nil),
            ("FREQ=DAILY;EVERY=2", 11, 5, "FREQ=DAILY;INTERVAL=2"), ("FREQ=DAILY;=2", 11, 1, nil),
            // Weekdays.
            ("FREQ=WEEKLY;BYDAY=MON", 18, 3, "FREQ=WEEKLY;BYDAY=MO"),
            ("FREQ=WEEKLY;BYDAY=MO,Wedensday", 21, 9, "FREQ=WEEKLY;BYDAY=MO,WE"),
            ("FREQ=WEEKLY;BYDAY=MO-FR", 18, 5, "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"),
            ("FREQ=WEEKLY;BYDAY=SA..MO", 18, 6, "FREQ=WEEKLY;BYDAY=SA,SU,MO"),
            ("FREQ=MONTHLY;BYDAY=1FRI", 19, 4, "FREQ=MONTHLY;BYDAY=1FR"), ("FREQ=WEEKLY;BYDAY=", 12, 6, nil),
            ("FREQ=WEEKLY;BYDAY=MO,", 21, 1, nil), ("FREQ=WEEKLY;BYDAY=XX", 18, 2, nil),
            ("FREQ=WEEKLY;BYDAY=1MO", 18, 3, "FREQ=WEEKLY;BYDAY=MO"),
            ("FREQ=YEARLY;BYWEEKNO=20;BYDAY=1MO", 30, 3, "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO"),
            ("FREQ=MONTHLY;BYDAY=6MO", 19, 3, nil), ("FREQ=MONTHLY;BYDAY=0MO", 19, 3, nil),
            ("FREQ=MONTHLY;BYDAY=-MO", 19, 3, nil), ("FREQ=YEARLY;BYDAY=54MO", 18, 4, nil),
            // Parts.
            ("BYDAY=MO", 0, 8, "FREQ=WEEKLY;BYDAY=MO"), ("BYMONTHDAY=1", 0, 12, "FREQ=MONTHLY;BYMONTHDAY=1"),
            ("INTERVAL=2", 0, 10, "FREQ=DAILY;INTERVAL=2"),
            ("BYMONTH=5;BYMONTHDAY=1", 0, 22, "FREQ=YEARLY;BYMONTH=5;BYMONTHDAY=1"),
            ("WEEKLY", 0, 6, "FREQ=WEEKLY"), ("WEEKLY;BYDAY=MO", 0, 6, "FREQ=WEEKLY;BYDAY=MO"),
            ("FREQ=DAILY;", 11, 1, "FREQ=DAILY"), (";FREQ=DAILY", 0, 1, "FREQ=DAILY"),
            ("FREQ=DAILY;;COUNT=2", 11, 1, "FREQ=DAILY;COUNT=2"), ("FREQ:DAILY", 0, 10, "FREQ=DAILY"),
            ("FREQ=DAILY; COUNT=2", 11, 1, "FREQ=DAILY;COUNT=2"), ("FREQ = DAILY", 4, 1, "FREQ=DAILY"),
            ("FREQ=DAILY;FREQ=WEEKLY", 11, 11, nil), ("", 0, 1, nil), ("  ", 0, 2, nil), ("RRULE:", 6, 1, nil),
            // Numbers.
            ("FREQ=DAILY;INTERVAL=0", 20, 1, "FREQ=DAILY;INTERVAL=1"), ("FREQ=DAILY;INTERVAL=-1", 20, 2, nil),
            ("FREQ=DAILY;INTERVAL=1000001", 20, 7, nil), ("FREQ=DAILY;COUNT=0", 17, 1, nil),
            ("FREQ=DAILY;COUNT=100001", 17, 6, nil), ("FREQ=DAILY;BYHOUR=24", 18, 2, "FREQ=DAILY;BYHOUR=0"),
            ("FREQ=DAILY;BYMINUTE=0,60", 22, 2, "FREQ=DAILY;BYMINUTE=0,0"),
            ("FREQ=DAILY;BYSECOND=60", 20, 2, "FREQ=DAILY;BYSECOND=59"),
            ("FREQ=MONTHLY;BYMONTHDAY=0", 24, 1, nil), ("FREQ=MONTHLY;BYMONTHDAY=32", 24, 2, nil),
            ("FREQ=MONTHLY;BYMONTHDAY=-32", 24, 3, nil), ("FREQ=YEARLY;BYYEARDAY=367", 22, 3, nil),
            ("FREQ=YEARLY;BYWEEKNO=54", 21, 2, nil), ("FREQ=YEARLY;BYMONTH=13", 20, 2, nil),
            ("FREQ=YEARLY;BYMONTH=Jan", 20, 3, "FREQ=YEARLY;BYMONTH=1"), ("FREQ=DAILY;COUNT=1e3", 17, 3, nil),
            ("FREQ=DAILY;COUNT=٣", 17, 1, nil), ("FREQ=MONTHLY;BYMONTHDAY=--1", 24, 3, nil),
            // End.
            ("FREQ=DAILY;COUNT=2;UNTIL=20271231", 25, 8, nil), ("FREQ=DAILY;UNTIL=20271231;COUNT=2", 32, 1, nil),
            ("FREQ=DAILY;UNTIL=2027-12-31", 17, 10, "FREQ=DAILY;UNTIL=20271231"),
            ("FREQ=DAILY;UNTIL=2027-12-31T18:00", 17, 16, "FREQ=DAILY;UNTIL=20271231T180000"),
            ("FREQ=DAILY;UNTIL=20270230", 17, 8, nil), ("FREQ=DAILY;UNTIL=20271231T250000", 17, 15, nil),
            ("FREQ=DAILY;UNTIL=20271231T180000X", 17, 16, nil),
            // What does not go together.
            ("FREQ=WEEKLY;BYMONTHDAY=1", 12, 12, nil), ("FREQ=DAILY;BYYEARDAY=1", 11, 11, nil),
            ("FREQ=MONTHLY;BYYEARDAY=1", 13, 11, nil), ("FREQ=MONTHLY;BYWEEKNO=1", 13, 10, nil),
            ("FREQ=MONTHLY;BYSETPOS=1", 13, 10, nil), ("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=367", 31, 3, nil),
            // Other things.
            ("DTSTART:20261127T170000\nRRULE:FREQ=DAILY", 0, 40, "FREQ=DAILY"),
            ("FREQ=DAILY;DTSTART=20261127T170000", 11, 23, "FREQ=DAILY"),
            ("DTSTART;TZID=Europe/Stockholm:20261127T170000", 0, 45, nil),
            ("0 6 * * 1", 0, 9, nil), ("Fri 17:00", 0, 9, nil), ("every day", 0, 9, nil),
        ] as [(String, Int, Int, String?)])
    func `a faulty rule is refused at its place, with what was probably meant`(
        text: String, offset: Int, length: Int, suggestion: String?
    ) throws {
        let error = try #require(throws: ScheduleError.self) { try RecurrenceRule(parsing: text) }
        #expect(error.offset == offset && error.length == length, "\(error)")
        #expect(error.suggestion == suggestion, "\(error)")
        #expect(!error.found.isEmpty && !error.accepted.isEmpty && !error.remedy.isEmpty)
        if let suggestion { _ = try RecurrenceRule(parsing: suggestion) }
    }

    /// Counted from Monday, 23 November 2026, 09:00 UTC.
    @Test(
        arguments: [
            ("RRULE:FREQ=DAILY", ["11-23 09:00:00", "11-24 09:00:00", "11-25 09:00:00"], false),
            ("rrule:freq=daily", ["11-23 09:00:00", "11-24 09:00:00", "11-25 09:00:00"], false),
            (" FREQ=DAILY ", ["11-23 09:00:00", "11-24 09:00:00", "11-25 09:00:00"], false),
            ("COUNT=3;FREQ=DAILY", ["11-23 09:00:00", "11-24 09:00:00", "11-25 09:00:00"], true),
            // A leap second is the second before it, and that one belongs to the rule.
            ("FREQ=MINUTELY;BYSECOND=0,59;UNTIL=20261123T090060Z", ["11-23 09:00:00", "11-23 09:00:59"], true),
            ("FREQ=MONTHLY;BYDAY=+1MO,-1FR", ["11-27 09:00:00", "12-07 09:00:00", "12-25 09:00:00"], false),
            (
                "FREQ=YEARLY;BYMONTHDAY=1,-1;BYMONTH=1,+2;WKST=SU",
                ["01-01 09:00:00", "01-31 09:00:00", "02-01 09:00:00", "02-28 09:00:00", "01-01 09:00:00"], false
            ),
        ] as [(String, [String], Bool)])
    func `what RFC 5545 allows is read in any case and order, and comes when it says`(
        text: String, expected: [String], hasEnd: Bool
    ) throws {
        let begin = LocalTime(year: 2026, month: 11, day: 23, hour: 9, minute: 0, second: 0)
        let timetable = try recurrence(text, from: begin, .utc)
        var times: [Instant] = []
        while times.count <= expected.count,
            let next = timetable.next(after: times.last ?? instant("2026-11-23T08:59:59Z"))
        {
            times.append(next)
        }
        // `2026-11-23T09:00:00.000Z` without its year and its milliseconds.
        let shown = times.map { String($0.rfc3339.dropFirst(5).prefix(14)).replacing("T", with: " ") }
        #expect(Array(shown.prefix(expected.count)) == expected)
        #expect(times.count == expected.count + (hasEnd ? 0 : 1))
    }

    @Test(arguments: [
        (
            "DTSTART:20261127T170000\nRRULE:FREQ=DAILY",
            "Write the rule alone, and from = 2026-11-27T17:00:00 beside it."
        ),
        (
            "DTSTART;VALUE=DATE:20261127\r\nRRULE:FREQ=DAILY\r\n",
            "Write the rule alone, and from = 2026-11-27 beside it."
        ),
        (
            "DTSTART:20261127T160000Z\nRRULE:FREQ=DAILY",
            "Write the rule alone, and from = 2026-11-27T16:00:00Z beside it."
        ),
        ("0 6 * * 1", "Write cron = \"0 6 * * 1\" in place of rrule."),
        ("Fri 17:00", "Write schedule = \"Fri 17:00\" in place of rrule."),
        ("daily", "Write each part with its name, such as FREQ=WEEKLY."),
        ("FREQ=DAILY;EXDATE=20261224", "Write exdate = […] beside the rule."),
    ])
    func `a text that belongs to another key is told which`(text: String, remedy: String) throws {
        let error = try #require(throws: ScheduleError.self) { try RecurrenceRule(parsing: text) }
        #expect(error.remedy == remedy)
    }

    @Test func `a rule of over a kilobyte is refused, and one below is read`() throws {
        let days = (1...250).map(String.init).joined(separator: ",")
        _ = try RecurrenceRule(parsing: "FREQ=YEARLY;BYYEARDAY=\(days)")
        #expect(throws: ScheduleError.self) { try RecurrenceRule(parsing: "FREQ=YEARLY;BYYEARDAY=\(days),\(days)") }
    }
}
