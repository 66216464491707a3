import Chronology
import Testing

/// Goal: each part of an expression is accepted from its first to its last value, and no further; each name means what it says.
@Suite struct ExpressionBoundTests {
    private func isCron(_ text: String) -> Bool { (try? CronExpression(parsing: text)) != nil }
    private func isCalendar(_ text: String) -> Bool { (try? CalendarExpression(parsing: text)) != nil }
    private func isRule(_ text: String) -> Bool { (try? RecurrenceRule(parsing: text)) != nil }

    // MARK: Lengths

    @Test func `an expression has 256 bytes at most, and a rule 1,024`() {
        func padded(_ text: String, _ count: Int) -> String {
            text + String(repeating: " ", count: count - text.utf8.count)
        }
        #expect(isCron(padded("0 6 * * *", 256)) && !isCron(padded("0 6 * * *", 257)))
        #expect(isCalendar(padded("Fri 17:00", 256)) && !isCalendar(padded("Fri 17:00", 257)))
        #expect(isRule(padded("FREQ=DAILY", 1024)) && !isRule(padded("FREQ=DAILY", 1025)))
    }

    @Test func `a word for a zone has 64 letters at most`() {
        #expect(isCalendar("Fri 17:00 " + String(repeating: "A", count: 64)))
        #expect(!isCalendar("Fri 17:00 " + String(repeating: "A", count: 65)))
    }

    // MARK: cron

    /// `*` stands for the other fields; the field under test is `$`.
    @Test(arguments: [
        ("$ * * * * *", 0...59), ("$ * * * *", 0...59), ("0 $ * * *", 0...23), ("0 0 $ * *", 1...31),
        ("0 0 1 $ *", 1...12), ("0 0 * * $", 0...7), ("*/$ * * * *", 1...59), ("0 */$ * * *", 1...23),
        ("0 0 */$ * *", 1...31), ("0 0 1 */$ *", 1...12), ("0 0 * * */$", 1...7), ("0 0 * * 1#$", 1...5),
        ("0 0 L-$ * *", 1...30), ("0 0 $W * *", 1...31), ("0 0 * * $L", 0...7), ("0 0 * * $#1", 0...7),
        ("0-$ * * * *", 0...59), ("0 0 1-$ * *", 1...31),
    ])
    func `a field of cron has its bounds`(form: String, bounds: ClosedRange<Int>) {
        func isFine(_ number: Int) -> Bool { isCron(form.replacing("$", with: "\(number)")) }
        #expect(isFine(bounds.lowerBound) && isFine(bounds.upperBound))
        #expect(!isFine(bounds.upperBound + 1))
        #expect(bounds.lowerBound == 0 || !isFine(bounds.lowerBound - 1))
    }

    @Test(
        arguments: zip(
            ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"], 1...12))
    func `a month has a name in cron`(name: String, month: Int) throws {
        let expected = "2027-\(month < 10 ? "0" : "")\(month)-01T06:00:00.000Z"
        for name in [name, name.lowercased()] {
            #expect(try cron("0 6 1 \(name) *", .utc).next(after: instant("2027-01-01T00:00:00Z"))?.rfc3339 == expected)
        }
    }

    @Test(arguments: zip(["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"], 0...6))
    func `a weekday has a name and a number in cron`(name: String, number: Int) throws {
        // 2027-01-03 is a Sunday.
        let expected = "2027-01-0\(3 + number)T06:00:00.000Z"
        for text in [name, name.lowercased(), "\(number)"] {
            let next = try cron("0 6 * * \(text)", .utc).next(after: instant("2027-01-03T00:00:00Z"))
            #expect(next?.rfc3339 == expected)
        }
    }

    @Test(arguments: [
        ("@hourly", "2026-11-24T11:00:00.000Z"), ("@daily", "2026-11-25T00:00:00.000Z"),
        ("@midnight", "2026-11-25T00:00:00.000Z"), ("@weekly", "2026-11-29T00:00:00.000Z"),
        ("@monthly", "2026-12-01T00:00:00.000Z"), ("@yearly", "2027-01-01T00:00:00.000Z"),
        ("@annually", "2027-01-01T00:00:00.000Z"),
    ])
    func `a name stands for a whole expression of cron`(name: String, expected: String) throws {
        #expect(try cron(name, .utc).next(after: instant("2026-11-24T10:30:00Z"))?.rfc3339 == expected)
    }

    // MARK: systemd's calendar

    @Test(arguments: [
        ("*-$-01 06:00", 1...12), ("*-*-$ 06:00", 1...31), ("*-*~$ 06:00", 1...28), ("*-*-* $:00", 0...23),
        ("*-*-* 06:$", 0...59), ("*-*-* 06:00:$", 0...59), ("$-12-01 06:00", 1970...2199), ("*-01/$-01 06:00", 1...11),
        ("*-*-01/$ 06:00", 1...30), ("*-*-* 00/$:00", 1...23), ("*-*-* 06:00/$", 1...59), ("*-*~28/$ 06:00", 1...27),
        ("1970/$-12-01 06:00", 1...229),
    ])
    func `a part of a calendar expression has its bounds`(form: String, bounds: ClosedRange<Int>) {
        func isFine(_ number: Int) -> Bool {
            isCalendar(form.replacing("$", with: number < 10 ? "0\(number)" : "\(number)"))
        }
        #expect(isFine(bounds.lowerBound) && isFine(bounds.upperBound))
        #expect(!isFine(bounds.upperBound + 1))
        #expect(bounds.lowerBound == 0 || !isFine(bounds.lowerBound - 1))
    }

    @Test(arguments: [
        ("69", "2069-01-01T06:00:00.000Z"), ("00", "2000-01-01T06:00:00.000Z"), ("99", "1999-01-01T06:00:00.000Z"),
        ("70", "1970-01-01T06:00:00.000Z"),
    ])
    func `two digits are a year from 1970 to 2069`(year: String, expected: String) throws {
        #expect(
            try calendar("\(year)-01-01 06:00", .utc).next(after: instant("1960-01-01T00:00:00Z"))?.rfc3339 == expected)
    }

    @Test(arguments: [("59.999999", true), ("60.0", false), ("00.000001", true), ("0.", false), (".5", false)])
    func `seconds have fractions of a millionth`(seconds: String, isFine: Bool) {
        #expect(isCalendar("06:00:\(seconds)") == isFine)
    }

    @Test(arguments: [
        ("@0", true), ("@7258118399", true), ("@7258118400", false), ("@999999999999", false), ("@", false),
        ("@-1", false), ("@1.5", false), ("@0000000000001", false), ("@1 UTC", true), ("@1 Europe/Stockholm", false),
    ])
    func `seconds since 1970 are those of 1970 to 2199`(text: String, isFine: Bool) {
        #expect(isCalendar(text) == isFine)
    }

    @Test(arguments: [
        ("minutely", "2026-11-24T10:31:00.000Z"), ("hourly", "2026-11-24T11:00:00.000Z"),
        ("daily", "2026-11-25T00:00:00.000Z"), ("weekly", "2026-11-30T00:00:00.000Z"),
        ("monthly", "2026-12-01T00:00:00.000Z"), ("yearly", "2027-01-01T00:00:00.000Z"),
        ("annually", "2027-01-01T00:00:00.000Z"), ("anually", "2027-01-01T00:00:00.000Z"),
        ("quarterly", "2027-01-01T00:00:00.000Z"), ("semiannually", "2027-01-01T00:00:00.000Z"),
        ("semi-annually", "2027-01-01T00:00:00.000Z"), ("biannually", "2027-01-01T00:00:00.000Z"),
        ("bi-annually", "2027-01-01T00:00:00.000Z"), ("Weekly", "2026-11-30T00:00:00.000Z"),
        ("daily UTC", "2026-11-25T00:00:00.000Z"),
    ])
    func `a name stands for a whole calendar expression`(name: String, expected: String) throws {
        #expect(try calendar(name, .utc).next(after: instant("2026-11-24T10:30:00Z"))?.rfc3339 == expected)
    }

    @Test func `the quarters and halves of a year come in their months`() throws {
        func months(_ name: String) throws -> [String] {
            let timetable = try calendar(name, .utc)
            var times: [Instant] = []
            while times.count < 4, let next = timetable.next(after: times.last ?? instant("2026-12-31T00:00:00Z")) {
                times.append(next)
            }
            return times.map { String($0.rfc3339.prefix(7)) }
        }
        #expect(try months("quarterly") == ["2027-01", "2027-04", "2027-07", "2027-10"])
        for name in ["semiannually", "semi-annually", "biannually", "bi-annually"] {
            #expect(try months(name) == ["2027-01", "2027-07", "2028-01", "2028-07"], "\(name)")
        }
    }

    @Test(arguments: ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"])
    func `a weekday has a short and a long name in a calendar expression`(name: String) throws {
        for name in [name, String(name.prefix(3))] {
            for text in [name, name.lowercased(), name.uppercased()] {
                // 2027-01-04 is a Monday.
                let next = try #require(
                    try calendar("\(text) 06:00", .utc).next(after: instant("2027-01-04T00:00:00Z")))
                let shown = Zone.utc.display(next, now: instant("2027-01-04T00:00:00Z"))
                #expect(next < instant("2027-01-11T00:00:00Z") && shown.hasPrefix(name.prefix(3)), "\(text)")
            }
            #expect(!isCalendar("\(name.dropLast()) 06:00"))
        }
    }

    // MARK: RFC 5545

    @Test(arguments: [
        ("FREQ=DAILY;INTERVAL=$", 1...1_000_000), ("FREQ=DAILY;COUNT=$", 1...100_000), ("FREQ=DAILY;BYHOUR=$", 0...23),
        ("FREQ=DAILY;BYMINUTE=$", 0...59), ("FREQ=DAILY;BYSECOND=$", 0...59), ("FREQ=YEARLY;BYMONTH=$", 1...12),
        ("FREQ=MONTHLY;BYMONTHDAY=$", 1...31), ("FREQ=MONTHLY;BYMONTHDAY=-$", 1...31),
        ("FREQ=YEARLY;BYYEARDAY=$", 1...366), ("FREQ=YEARLY;BYYEARDAY=-$", 1...366), ("FREQ=YEARLY;BYWEEKNO=$", 1...53),
        ("FREQ=YEARLY;BYWEEKNO=-$", 1...53), ("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=$", 1...366),
        ("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=-$", 1...366), ("FREQ=MONTHLY;BYDAY=$MO", 1...5),
        ("FREQ=MONTHLY;BYDAY=-$MO", 1...5), ("FREQ=YEARLY;BYDAY=$MO", 1...53), ("FREQ=YEARLY;BYDAY=-$MO", 1...53),
        ("FREQ=YEARLY;BYMONTH=2;BYDAY=$MO", 1...5), ("FREQ=DAILY;UNTIL=2027$31", 10...10),
        ("FREQ=DAILY;UNTIL=20271231T$0000", 10...23), ("FREQ=DAILY;UNTIL=20271231T00$00", 10...59),
        ("FREQ=DAILY;UNTIL=20271231T0000$", 10...60),
    ])
    func `a part of a rule has its bounds`(form: String, bounds: ClosedRange<Int>) {
        func isFine(_ number: Int) -> Bool { isRule(form.replacing("$", with: "\(number)")) }
        #expect(isFine(bounds.lowerBound) && isFine(bounds.upperBound))
        #expect(!isFine(bounds.upperBound + 1))
        #expect(bounds.lowerBound == 0 || form.contains("UNTIL") || !isFine(bounds.lowerBound - 1))
    }

    @Test(arguments: [
        ("SECONDLY", 1), ("MINUTELY", 60), ("HOURLY", 3600), ("DAILY", 86_400), ("WEEKLY", 604_800),
        ("MONTHLY", 31 * 86_400), ("YEARLY", 365 * 86_400),
    ])
    func `a frequency is as far from one time to the next`(name: String, seconds: Int) throws {
        let from = LocalTime(year: 2027, month: 1, day: 1, hour: 0, minute: 0, second: 0)
        let first = instant("2027-01-01T00:00:00Z")
        for name in [name, name.lowercased()] {
            #expect(try recurrence("FREQ=\(name)", from: from, .utc).next(after: first) == first + .seconds(seconds))
        }
    }

    @Test(arguments: zip(["MO", "TU", "WE", "TH", "FR", "SA", "SU"], 0...6))
    func `a weekday has two letters in a rule`(name: String, number: Int) throws {
        let from = LocalTime(year: 2027, month: 1, day: 4, hour: 6, minute: 0, second: 0)
        let rule = try recurrence("FREQ=WEEKLY;BYDAY=\(name)", from: from, .utc)
        #expect(
            rule.next(after: instant("2027-01-04T00:00:00Z")) == instant("2027-01-04T06:00:00Z")
                + .seconds(number * 86_400))
        #expect(isRule("FREQ=WEEKLY;WKST=\(name)"))
    }
}

/// Goal: the texts of spans and instants are read and written to their ends.
@Suite struct TextBoundTests {
    @Test(arguments: [
        ("3660d", true), ("316224000000ms", true), ("316224000001ms", false), ("3661d", false),
        ("000000000000001s", true), ("0000000000000001s", false),
    ])
    func `a span has ten years at most`(text: String, isFine: Bool) {
        #expect(((try? Duration(text: text)) != nil) == isFine)
    }

    @Test(arguments: [
        (0, "0 ms"), (999, "999 ms"), (1000, "1.0 s"), (9999, "9.9 s"), (10_000, "10 s"), (59_999, "59 s"),
        (60_000, "1 min"), (3_599_999, "59 min 59 s"), (3_600_000, "1 h"), (3_659_999, "1 h"),
        (86_399_999, "23 h 59 min"),
        (86_400_000, "1 d"), (90_000_000, "1 d 1 h"), (-1500, "-1.5 s"), (-999, "-999 ms"),
        (5_000_000_000, "57 d 20 h"),
    ])
    func `a span for people changes its unit at these`(milliseconds: Int64, words: String) {
        #expect(Duration.milliseconds(milliseconds).words == words)
    }

    @Test(arguments: [
        (0, "0s"), (1, "1ms"), (-1, "-1ms"), (999, "999ms"), (1000, "1s"), (60_000, "1m"), (3_600_000, "1h"),
        (86_400_000, "1d"), (90_061_001, "1d1h1m1s1ms"), (-90_000_000, "-1d1h"),
    ])
    func `a span for files has every unit that it needs`(milliseconds: Int64, text: String) {
        #expect(Duration.milliseconds(milliseconds).text == text)
    }

    @Test(arguments: [
        ("0000-01-01T00:00:00Z", true), ("9999-12-31T23:59:59.999999999Z", true), ("2026-00-01T00:00:00Z", false),
        ("2026-01-00T00:00:00Z", false), ("2026-01-31T00:00:00Z", true), ("2026-01-32T00:00:00Z", false),
        ("2028-02-29T00:00:00Z", true), ("2026-01-01T23:00:00Z", true), ("2026-01-01T00:59:00Z", true),
        ("2026-01-01T00:60:00Z", false), ("2026-01-01T00:00:60Z", true), ("2026-01-01T00:00:61Z", false),
        ("2026-01-01T00:00:00.1234567890Z", false), ("2026-01-01T00:00:00+23:59", true),
        ("2026-01-01T00:00:00+24:00", false), ("2026-01-01T00:00:00+00:60", false), ("2026-01-01T00:00:00+0100", false),
        ("2026-01-01 00:00:00Z", true), ("2026-01-01_00:00:00Z", false), ("2026/01/01T00:00:00Z", false),
        ("2026-01-01T00.00:00Z", false), ("2026-01-01T00:00.00Z", false), ("2026-01-01T00:00:00", false),
        ("2026-01-01T00:00:00.5", false), ("2026-01-01T00:00:00+01:00Z", false), ("2026-01-01T00:00:00-01", false),
    ])
    func `RFC 3339 has its bounds`(text: String, isFine: Bool) {
        #expect((Instant(rfc3339: text) != nil) == isFine)
    }

    @Test func `a leap second is the second before, and fractions are cut to milliseconds`() {
        #expect(instant("2026-12-31T23:59:60Z") == instant("2026-12-31T23:59:59Z"))
        #expect(instant("2026-12-31T23:59:59.1239Z").rfc3339 == "2026-12-31T23:59:59.123Z")
        #expect(instant("2026-12-31T23:59:59.7Z").rfc3339 == "2026-12-31T23:59:59.700Z")
        #expect(instant("2026-12-31T23:59:59+00:01").rfc3339 == "2026-12-31T23:58:59.000Z")
        #expect(instant("2026-12-31T23:59:59-00:01").rfc3339 == "2027-01-01T00:00:59.000Z")
    }

    @Test(arguments: [
        (Int64.min, "0000-01-01T00:00:00.000Z"), (-62_167_219_200_000, "0000-01-01T00:00:00.000Z"),
        (-1, "1969-12-31T23:59:59.999Z"), (0, "1970-01-01T00:00:00.000Z"), (5, "1970-01-01T00:00:00.005Z"),
        (253_402_300_799_999, "9999-12-31T23:59:59.999Z"), (.max, "9999-12-31T23:59:59.999Z"),
    ])
    func `an instant is written in the years that the form has`(milliseconds: Int64, text: String) {
        #expect(Instant(milliseconds: milliseconds).rfc3339 == text)
    }

    @Test func `a near time is shown by its weekday up to five days away, and the year only where it is another`()
        throws
    {
        let now = instant("2026-12-28T10:00:00Z")
        #expect(Zone.utc.display(instant("2027-01-02T23:59:00Z"), now: now) == "Sat 23:59 +00:00")
        #expect(Zone.utc.display(instant("2027-01-03T00:00:05Z"), now: now) == "Sun 3 Jan 2027 00:00:05 +00:00")
        #expect(Zone.utc.display(instant("2026-12-23T00:00:00Z"), now: now) == "Wed 00:00 +00:00")
        #expect(Zone.utc.display(instant("2026-12-22T00:00:00Z"), now: now) == "Tue 22 Dec 00:00 +00:00")
        let names = (1...12).map { month in
            let at = instant("2025-\(month < 10 ? "0" : "")\(month)-15T00:00:00Z")
            return Zone.utc.display(at, now: now).split(separator: " ")[2]
        }
        #expect(names.joined(separator: " ") == "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec")
        let days = (4...10).map { day in
            Zone.utc.display(instant("2027-01-\(day < 10 ? "0" : "")\(day)T00:00:00Z"), now: now).prefix(3)
        }
        #expect(days.joined(separator: " ") == "Mon Tue Wed Thu Fri Sat Sun")
    }

    @Test func `a name of 64 letters is compared, and a longer one is not`() {
        let long = String(repeating: "a", count: 64)
        #expect(Suggestion.nearest(to: long, among: [String(long.dropLast())]) == String(long.dropLast()))
        #expect(Suggestion.nearest(to: String(long.dropLast()), among: [long]) == long)
        #expect(Suggestion.nearest(to: long + "a", among: [long]) == nil)
        #expect(Suggestion.nearest(to: long, among: [long + "a"]) == nil)
        #expect(Suggestion.nearest(to: "", among: ["a"]) == nil)
    }

    @Test(arguments: [
        ("abc", "abd", true), ("abc", "ade", false), ("abcdef", "abcxyf", true), ("abcdef", "abxyzf", false),
        ("ab", "ba", true), ("a", "b", true), ("ab", "cd", false), ("abcdef", "badcef", true),
    ])
    func `up to a third of the letters may differ, and neighbours that changed places are one`(
        name: String, candidate: String, isNear: Bool
    ) {
        #expect((Suggestion.nearest(to: name, among: [candidate]) != nil) == isNear)
    }
}
