import Chronology
import Testing

/// Goal: a cron expression means what crontab(5) and Quartz say, and what it cannot mean is refused at its place.
@Suite struct CronExpressionTests {
    @Test(
        arguments: [
            ("30 6 L * *", "2027-02-01T00:00:00Z", "2027-02-28T06:30:00.000Z"),
            ("0 9 * * 1-5", "2026-11-27T09:00:00Z", "2026-11-30T09:00:00.000Z"),
            ("32 * * * *", "2026-11-27T09:00:00Z", "2026-11-27T09:32:00.000Z"),
            ("0 9 15W * *", "2026-08-01T00:00:00Z", "2026-08-14T09:00:00.000Z"),
            ("0 9 1W * *", "2026-08-01T00:00:00Z", "2026-08-03T09:00:00.000Z"),
            ("0 9 31W * *", "2026-05-01T00:00:00Z", "2026-05-29T09:00:00.000Z"),
            ("0 9 31W * *", "2026-06-01T00:00:00Z", "2026-07-31T09:00:00.000Z"),  // June has no 31st
            ("0 9 LW * *", "2026-10-01T00:00:00Z", "2026-10-30T09:00:00.000Z"),
            ("0 9 L-2,1 * *", "2026-10-02T00:00:00Z", "2026-10-29T09:00:00.000Z"),
            ("0 9 * * FRI#2", "2026-11-24T00:00:00Z", "2026-12-11T09:00:00.000Z"),
            ("0 9 * * 1#5", "2026-11-24T00:00:00Z", "2026-11-30T09:00:00.000Z"),
            ("0 9 * * 5L", "2026-11-24T00:00:00Z", "2026-11-27T09:00:00.000Z"),
            ("0 9 * * suNl", "2026-11-24T00:00:00Z", "2026-11-29T09:00:00.000Z"),
            ("0 9 ? * FRI-SUN", "2026-11-28T10:00:00Z", "2026-11-29T09:00:00.000Z"),
            ("0 9 * * 7", "2026-11-24T00:00:00Z", "2026-11-29T09:00:00.000Z"),
            ("0 9 1 * ?", "2026-11-24T00:00:00Z", "2026-12-01T09:00:00.000Z"),
            ("*/20 * * * *", "2026-11-24T10:41:00Z", "2026-11-24T11:00:00.000Z"),
            ("15/20 * * * *", "2026-11-24T10:41:00Z", "2026-11-24T10:55:00.000Z"),
            ("0 12 */10 2 *", "2026-11-24T00:00:00Z", "2027-02-01T12:00:00.000Z"),
            ("15,45 30 6 * * MON", "2026-11-30T06:30:15Z", "2026-11-30T06:30:45.000Z"),
            ("*/30 * * * * *", "2026-11-30T06:30:30Z", "2026-11-30T06:31:00.000Z"),
            ("0 0 29 2 *\t", "2026-11-24T00:00:00Z", "2028-02-29T00:00:00.000Z"),
            ("@weekly", "2026-11-24T00:00:00Z", "2026-11-29T00:00:00.000Z"),
            ("@Midnight", "2026-11-24T00:00:00Z", "2026-11-25T00:00:00.000Z"),
            ("@annually", "2026-11-24T00:00:00Z", "2027-01-01T00:00:00.000Z"),
        ])
    func `an expression comes next when cron says`(text: String, after: String, expected: String) throws {
        #expect(try cron(text, .utc).next(after: instant(after))?.rfc3339 == expected)
    }

    // MARK: Two fields for days

    @Test func `a day of month and a day of week are a union, with a warning that says so`() throws {
        let text = "0 0 13 * 5"
        let expression = try CronExpression(parsing: text)
        let timetable = Timetable(schedule: .cron(expression), zone: .utc, text: text)
        #expect(timetable.next(after: instant("2026-12-11T00:00:00Z")) == instant("2026-12-13T00:00:00Z"))
        #expect(timetable.next(after: instant("2026-12-13T00:00:00Z")) == instant("2026-12-18T00:00:00Z"))
        let warnings = expression.warnings(in: text)
        #expect(warnings.map(\.code) == [.cronUnion])
        #expect(warnings.map(\.offset) == [4] && warnings.map(\.length) == [6])
    }

    @Test func `a field that begins with an asterisk makes no union, with a warning that says so`() throws {
        let text = "0 0 */2 * 1"
        let expression = try CronExpression(parsing: text)
        let timetable = Timetable(schedule: .cron(expression), zone: .utc, text: text)
        // The Mondays among the odd days.
        #expect(timetable.next(after: instant("2026-12-01T00:00:00Z")) == instant("2026-12-07T00:00:00Z"))
        #expect(timetable.next(after: instant("2026-12-07T00:00:00Z")) == instant("2026-12-21T00:00:00Z"))
        #expect(expression.warnings(in: text).map(\.code) == [.cronIntersection])
    }

    @Test(
        arguments: [
            ("0 6 * * *", []), ("0 6 1 * *", []), ("0 6 1 * ?", []), ("0 6 * * 1-5", []), ("@daily", []),
            ("0 0 6 1 * 1", [.cronUnion, .quartzWeekday]), ("0 0 6 ? * 2-6", [.quartzWeekday]),
            ("0 6 ? * 2-6", [.quartzWeekday]), ("0 0 6 ? * MON-FRI", []), ("0 6 L * MON", [.cronUnion]),
        ] as [(String, [ScheduleWarning.Code])])
    func `what is accepted and may not be meant is warned of`(text: String, codes: [ScheduleWarning.Code]) throws {
        #expect(try CronExpression(parsing: text).warnings(in: text).map(\.code) == codes)
    }

    // MARK: Faults

    @Test(
        arguments: [
            ("32 * * *", 0, 8, "32 * * * *"), ("61 * * * *", 0, 2, nil), ("60 * * * *", 0, 2, "0 * * * *"),
            ("0 24 * * *", 2, 2, "0 0 * * *"), ("0 0 32 * *", 4, 2, nil), ("0 0 0 * *", 4, 1, nil),
            ("0 0 * * XYZ", 8, 3, nil), ("0 0 * * TUS", 8, 3, "0 0 * * TUE"), ("0 0 * * monday", 8, 6, "0 0 * * MON"),
            ("0 0 * JUNE *", 6, 4, "0 0 * JUN *"), ("0 0 * JAM-FEB *", 6, 3, "0 0 * JAN-FEB *"),
            ("@often", 0, 6, nil), ("@dayly", 0, 6, "@daily"), ("@reboot", 0, 7, nil), ("", 0, 1, nil),
            ("0 22-2 * * *", 2, 4, "0 22-23,0-2 * * *"), ("0 0 * * FRI-MON", 8, 7, "0 0 * * 5-6,0-1"),
            ("*/0 * * * *", 2, 1, nil), ("*/60 * * * *", 2, 2, nil), ("1,,2 * * * *", 2, 1, nil),
            ("0 0 * * 5#6", 10, 1, nil),
            ("0 0 * * L", 8, 1, nil), ("? 0 * * *", 0, 1, nil), ("0 0 L-31 * *", 6, 2, nil),
            ("0 0 1-5W * *", 4, 3, nil),
            ("0 0 6 * * MON 2027", 0, 18, "0 0 6 * * MON"), ("Fri 17:00", 0, 9, nil),
            ("CRON_TZ=Europe/Stockholm 0 6 * * *", 0, 24, "0 6 * * *"), ("0 6 * * * root", 10, 4, nil),
        ] as [(String, Int, Int, String?)])
    func `a faulty expression is refused at its place, with what was probably meant`(
        text: String, offset: Int, length: Int, suggestion: String?
    ) throws {
        let error = try #require(throws: ScheduleError.self) { try CronExpression(parsing: text) }
        #expect(error.offset == offset && error.length == length, "\(error)")
        #expect(error.suggestion == suggestion, "\(error)")
        #expect(!error.found.isEmpty && !error.accepted.isEmpty && !error.remedy.isEmpty)
        if let suggestion { _ = try CronExpression(parsing: suggestion) }
    }

    @Test func `an expression in the form of systemd is told its key`() throws {
        let error = try #require(throws: ScheduleError.self) { try CronExpression(parsing: "Fri 17:00") }
        #expect(error.remedy == "Write schedule = \"Fri 17:00\" in place of cron.")
    }
}
