import Chronology
import Testing

/// Goal: every form of a zone's footer (POSIX.1-2017, chapter 8.3, with RFC 8536's hours) changes the clock when it says so, and
/// what is none is refused.
@Suite struct ZoneFooterTests {
    private func number(_ value: Int64, _ width: Int) -> [UInt8] {
        (0..<width).reversed().map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }

    /// A zone file of one period of UTC+1 called `CET`, without changes, and a footer.
    private func file(_ footer: String, version: Character = "2", offset: Int64 = 3600, more: [UInt8] = []) -> [UInt8] {
        let header =
            Array("TZif\(version)".utf8) + [UInt8](repeating: 0, count: 27) + number(0, 4) + number(1, 4) + number(4, 4)
        let types = number(offset, 4) + [0, 0] + Array("CET\0".utf8)
        let first = version == "\0" ? header + types : header + types + header + types + Array("\n\(footer)\n".utf8)
        return first + more
    }

    private func zone(_ footer: String) throws -> Zone { try Zone(name: "test", tzif: file(footer)) }

    /// The changes of one year: when, and to which offset in minutes.
    private func changes(_ footer: String, _ year: Int) throws -> [String] {
        let zone = try zone(footer)
        var found: [String] = []
        var at = instant("\(year - 1)-12-31T12:00:00Z")
        while let next = zone.nextChange(after: at), next < instant("\(year)-12-31T12:00:00Z") {
            found.append("\(next.rfc3339.prefix(16)) \(zone.offset(at: next) / 60) \(zone.abbreviation(at: next))")
            at = next
        }
        return found
    }

    @Test(arguments: [
        // The last Sunday, and one that is the fifth.
        ("CET-1CEST,M3.5.0,M10.5.0/3", 2026, ["2026-03-29T01:00 120 CEST", "2026-10-25T01:00 60 CET"]),
        ("CET-1CEST,M3.5.0,M10.5.0/3", 2027, ["2027-03-28T01:00 120 CEST", "2027-10-31T01:00 60 CET"]),
        // The second and the first, hours west of UTC.
        ("EST5EDT,M3.2.0,M11.1.0", 2026, ["2026-03-08T07:00 -240 EDT", "2026-11-01T06:00 -300 EST"]),
        // The third and the fourth; every weekday.
        ("AAA0BBB,M4.3.1,M9.4.2", 2026, ["2026-04-20T02:00 60 BBB", "2026-09-22T01:00 0 AAA"]),
        ("AAA0BBB,M4.1.3,M9.1.4", 2026, ["2026-04-01T02:00 60 BBB", "2026-09-03T01:00 0 AAA"]),
        ("AAA0BBB,M4.1.5,M9.1.6", 2026, ["2026-04-03T02:00 60 BBB", "2026-09-05T01:00 0 AAA"]),
        ("AAA0BBB,M2.4.0,M12.1.1", 2026, ["2026-02-22T02:00 60 BBB", "2026-12-07T01:00 0 AAA"]),
        // Half an hour, with an offset of its own for the summer.
        ("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", 2026, ["2026-04-04T15:00 630 +1030", "2026-10-03T15:30 660 +11"]),
        // The south: the year begins in summer.
        ("AEST-10AEDT,M10.1.0,M4.1.0/3", 2026, ["2026-04-04T16:00 600 AEST", "2026-10-03T16:00 660 AEDT"]),
        // Winter is what is called daylight saving.
        ("IST-1GMT0,M10.5.0,M3.5.0/1", 2026, ["2026-03-29T01:00 60 IST", "2026-10-25T01:00 0 GMT"]),
        // Hours below zero and above a day.
        ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 2026, ["2026-03-29T01:00 -60 -01", "2026-10-25T01:00 -120 -02"]),
        ("EET-2EEST,M3.4.4/50,M10.4.4/50", 2026, ["2026-03-28T00:00 180 EEST", "2026-10-23T23:00 120 EET"]),
        // Minutes and seconds in an hour of change and in an offset.
        ("AAA-1:30:00BBB,M3.5.0/2:30:30,M10.5.0/3", 2026, ["2026-03-29T01:00 150 BBB", "2026-10-25T00:30 90 AAA"]),
        ("AAA+1BBB+0,M3.5.0,M10.5.0", 2026, ["2026-03-29T03:00 0 BBB", "2026-10-25T02:00 -60 AAA"]),
        // Days of the year without a leap day: the sixtieth is the first of March in every year.
        ("AAA0BBB,J60,J300", 2027, ["2027-03-01T02:00 60 BBB", "2027-10-27T01:00 0 AAA"]),
        ("AAA0BBB,J60,J300", 2028, ["2028-03-01T02:00 60 BBB", "2028-10-27T01:00 0 AAA"]),
        ("AAA0BBB,J59,J365/12", 2028, ["2028-02-28T02:00 60 BBB", "2028-12-31T11:00 0 AAA"]),
        ("AAA0BBB,J1,J2", 2028, ["2028-01-01T02:00 60 BBB", "2028-01-02T01:00 0 AAA"]),
        // Days of the year from zero, with one.
        ("AAA0BBB,59,300", 2027, ["2027-03-01T02:00 60 BBB", "2027-10-28T01:00 0 AAA"]),
        ("AAA0BBB,59,300", 2028, ["2028-02-29T02:00 60 BBB", "2028-10-27T01:00 0 AAA"]),
        ("AAA0BBB,0,364", 2027, ["2027-01-01T02:00 60 BBB", "2027-12-31T01:00 0 AAA"]),
        ("AAA0BBB,0,365", 2028, ["2028-01-01T01:00 0 AAA", "2028-01-01T02:00 60 BBB", "2028-12-31T01:00 0 AAA"]),
    ])
    func `a footer changes the clock when it says`(footer: String, year: Int, expected: [String]) throws {
        #expect(try changes(footer, year) == expected)
    }

    @Test func `a footer without changes holds from the second after the last one`() throws {
        let zone = try zone("JST-9")
        #expect(zone.offset(at: instant("1969-12-31T23:59:59Z")) == 3600)
        #expect(zone.offset(at: instant("1970-01-01T00:00:00Z")) == 32_400)
        #expect(zone.abbreviation(at: instant("2100-01-01T00:00:00Z")) == "JST")
        #expect(try self.zone("CET-1").nextChange(after: instant("1960-01-01T00:00:00Z")) == nil)
        #expect(try self.zone("").offset(at: instant("2100-01-01T00:00:00Z")) == 3600)
    }

    @Test func `the rules of a footer hold to the end of 2200`() throws {
        let zone = try zone("CET-1CEST,M3.5.0,M10.5.0/3")
        #expect(zone.nextChange(after: instant("2200-06-01T00:00:00Z")) == instant("2200-10-26T01:00:00Z"))
        #expect(zone.nextChange(after: instant("2200-11-01T00:00:00Z")) == nil)
    }

    @Test(arguments: [
        "CET", "-1", "CET-25", "CET-24:60", "CET-24:00:60", "CET-1CEST", "CET-1CEST,M3.5.0",
        "CET-1CEST,M3.5.0,M10.5.0/3x",
        "CET-1CEST,M3.5.0,M10.5.0,", "CET-1CEST,M0.5.0,M10.5.0", "CET-1CEST,M13.5.0,M10.5.0",
        "CET-1CEST,M3.0.0,M10.5.0",
        "CET-1CEST,M3.6.0,M10.5.0", "CET-1CEST,M3.5.7,M10.5.0", "CET-1CEST,M3.5,M10.5.0", "CET-1CEST,M3,M10.5.0",
        "CET-1CEST,J0,J300", "CET-1CEST,J366,J300", "CET-1CEST,366,300", "CET-1CEST,M3.5.0/168,M10.5.0",
        "CET-1CEST,M3.5.0/-168,M10.5.0", "CET-1CEST,M3.5.0/,M10.5.0", "CET-1CEST-25,M3.5.0,M10.5.0", "<CET-1", "<>-1",
        "CET-1<CEST,M3.5.0,M10.5.0", "CET-1CEST;M3.5.0;M10.5.0", "CET-1CEST,X3.5.0,M10.5.0",
    ])
    func `what is no rule of a zone is refused`(footer: String) {
        #expect(throws: ZoneError.inconsistent("the footer is no time zone rule")) { try zone(footer) }
    }

    @Test(arguments: [
        "CET-24", "CET-24:59:59", "CET-1CEST,M1.1.6,M12.5.0", "CET-1CEST,J1,J365", "CET-1CEST,0,365",
        "CET-1CEST,M3.5.0/167,M10.5.0/-167", "CET+1", "<+01>-1", "CET-1CEST-24,M3.5.0,M10.5.0",
    ])
    func `the last values of a rule are accepted`(footer: String) throws {
        _ = try zone(footer)
    }

    // MARK: The file around it

    @Test func `a file of version 1 has its times in four bytes, and no footer`() throws {
        let zone = try Zone(name: "old", tzif: file("", version: "\0"))
        #expect(zone.offset(at: instant("2026-07-01T00:00:00Z")) == 3600)
        #expect(zone.nextChange(after: instant("1970-01-01T00:00:00Z")) == nil)
        #expect(throws: ZoneError.truncated) { try Zone(name: "cut", tzif: Array(file("", version: "\0").dropLast())) }
    }

    @Test func `a file of version 1 has its changes`() throws {
        let header = Array("TZif".utf8) + [UInt8](repeating: 0, count: 28) + number(2, 4) + number(2, 4) + number(8, 4)
        let times = number(-1, 4) + number(1_000_000_000, 4) + [1, 0]
        let types = number(0, 4) + [0, 0] + number(-3600, 4) + [0, 4] + Array("AAA\0BBB\0".utf8)
        let zone = try Zone(name: "old", tzif: header + times + types)
        #expect(zone.offset(at: Instant(seconds: -2)) == 0 && zone.offset(at: Instant(seconds: -1)) == -3600)
        #expect(zone.abbreviation(at: Instant(seconds: 999_999_999)) == "BBB")
        #expect(zone.offset(at: Instant(seconds: 1_000_000_000)) == 0)
    }

    @Test func `a file has 256 KiB at most`() throws {
        let plain = file("CET-1")
        let most = 262_144
        _ = try Zone(name: "large", tzif: plain + [UInt8](repeating: 0, count: most - plain.count))
        #expect(throws: ZoneError.tooLarge) {
            try Zone(name: "larger", tzif: plain + [UInt8](repeating: 0, count: most - plain.count + 1))
        }
    }

    @Test(arguments: [(93_599, true), (-93_599, true), (93_600, false), (-93_600, false)])
    func `an offset is under 26 hours`(offset: Int64, isFine: Bool) {
        #expect(((try? Zone(name: "odd", tzif: file("", offset: offset))) != nil) == isFine)
    }

    @Test func `changes come one after the other, to periods that are there`() throws {
        #expect(throws: ZoneError.inconsistent("transitions out of order")) {
            try Zone(name: "odd", tzif: Zones.file(offsets: [0, 60, 120], at: [10, 10]))
        }
        #expect(throws: ZoneError.inconsistent("transitions out of order")) {
            try Zone(name: "odd", tzif: Zones.file(offsets: [0, 60, 120], at: [10, 9]))
        }
        let zone = try Zone(name: "odd", tzif: Zones.file(offsets: [0, 60, 120], at: [10, 11]))
        #expect(zone.offset(at: Instant(seconds: 9)) == 0 && zone.offset(at: Instant(seconds: 10)) == 60)
        #expect(zone.offset(at: Instant(seconds: 11)) == 120)
    }

    @Test func `an excerpt holds a hundred changes of a little over two years`() throws {
        #expect(ZoneExcerpt.span == .seconds(63_158_400))
        let many = try Zone(
            name: "odd", tzif: Zones.file(offsets: (0...101).map { $0 % 2 * 60 }, at: (1...101).map { $0 * 3600 }))
        let excerpt = many.excerpt(from: Instant(seconds: 0))
        #expect(excerpt.changes.count == 100 && excerpt.changes.last?.at == Instant(seconds: 360_000))
    }
}

/// Goal: sets of days are bounded, and what is too much is refused at its line.
@Suite struct CalendarBoundTests {
    private func codes(_ lines: [String]) -> String? {
        let text = (["BEGIN:VCALENDAR"] + lines + ["END:VCALENDAR"]).joined(separator: "\n") + "\n"
        do throws(CalendarFileError) {
            _ = try CalendarFile.days(in: Array(text.utf8))
            return nil
        } catch {
            return error.found
        }
    }

    private func event(_ lines: String...) -> [String] { ["BEGIN:VEVENT"] + lines + ["END:VEVENT"] }

    @Test func `a file has 16 MiB at most`() throws {
        let head = "BEGIN:VCALENDAR\nX-LONG:"
        let end = "\nEND:VCALENDAR\n"
        func found(_ count: Int) -> Int? {
            let filling = [UInt8](repeating: 0x61, count: count - head.utf8.count - end.utf8.count)
            return try? CalendarFile.days(in: Array(head.utf8) + filling + Array(end.utf8)).count
        }
        #expect(found(16_777_216) == 0)
        #expect(found(16_777_217) == nil)
    }

    @Test func `a file has a thousand rules at most`() {
        let rules = Array(repeating: "RRULE:FREQ=YEARLY;COUNT=1", count: 1000)
        #expect(codes(["BEGIN:VEVENT", "DTSTART:20261225"] + rules + ["END:VEVENT"]) == nil)
        #expect(
            codes(["BEGIN:VEVENT", "DTSTART:20261225"] + rules + [rules[0], "END:VEVENT"])?.contains("rules") == true)
    }

    @Test func `components lie eight deep at most`() {
        func nested(_ depth: Int) -> [String] {
            (1...depth).map { "BEGIN:X\($0)" } + (1...depth).reversed().map { "END:X\($0)" }
        }
        #expect(codes(nested(7)) == nil)
        #expect(codes(nested(8))?.contains("too deep") == true)
    }

    @Test func `days are named half a million times at most`() {
        // All days that there are, five times, and the rest.
        let whole = (1...5).flatMap { _ in event("DTSTART:19700101", "DURATION:P84006D") }
        let counted = 5 * 84_006
        #expect(codes(whole + event("DTSTART:19700101", "DURATION:P\(500_000 - counted - 6)D")) == nil)
        #expect(codes(whole + event("DTSTART:19700101", "DURATION:P\(500_000 - counted - 5)D")) != nil)
    }

    @Test(arguments: [
        ("P1W", true), ("P100000D", true), ("P100001D", false), ("PT2400000H", true), ("PT2400001H", false),
        ("P", false),
        ("1D", false), ("+P1D", true), ("-P1D", false), ("P1X", false), ("P1", false), ("p1dt1h1m1s", true),
    ])
    func `an event takes 100,000 days at most`(duration: String, isFine: Bool) {
        #expect((codes(event("DTSTART:20261225", "DURATION:\(duration)")) == nil) == isFine)
    }

    @Test(arguments: [
        ("00010101", true), ("00000101", false), ("20261301", false), ("20260001", false), ("20260100", false),
        ("20260132", false), ("20280229", true), ("20260229", false), ("20261225T235960", true),
        ("20261225T235961", false), ("20261225T240000", false), ("20261225T236000", false), ("20261225X000000", false),
        ("20261225t000000z", true), ("20261225T000000X", false), ("2026122", false), ("20261225T00000", false),
    ])
    func `a date and a time have their bounds`(text: String, isFine: Bool) {
        #expect((codes(event("DTSTART:\(text)")) == nil) == isFine)
    }

    @Test func `days in a row are looked at for a year and a day`() {
        let first = CivilDay(year: 2026, month: 1, day: 1)
        let days = (0..<400).map { CivilDay(daysSinceEpoch: first.daysSinceEpoch + $0) }
        let noon = instant("2026-01-01T12:00:00Z")
        func end(_ count: Int) -> String? {
            Zone.utc.endOfDays(in: DayCalendar(name: "c", days: Array(days.prefix(count))), at: noon)?.rfc3339
        }
        #expect(end(0) == nil)
        #expect(end(1) == "2026-01-02T00:00:00.000Z")
        #expect(end(366) == "2027-01-02T00:00:00.000Z")
        #expect(end(367) == "2027-01-02T00:00:00.000Z", "where the bound is reached")
        let mondays = DayCalendar(name: "c", weekdays: [0, 7, -1])
        #expect(
            Zone.utc.endOfDays(in: mondays, at: instant("2026-01-05T12:00:00Z"))?.rfc3339 == "2026-01-06T00:00:00.000Z")
    }

    @Test func `a calendar has 100,000 days at most`() {
        let days = (0..<100_001).map { CivilDay(daysSinceEpoch: $0) }
        #expect(DayCalendar(name: "c", days: Array(days.prefix(100_000))).dayCount == 100_000)
        #expect(DayCalendar(name: "c", days: days).dayCount == 100_000)
    }

    @Test(arguments: [(-8, 2), (-4, 6), (-3, 0), (-1, 2), (0, 3), (3, 6), (4, 0)])
    func `the first of 1970 was a Thursday, and days before it are counted alike`(day: Int, weekday: Int) {
        for number in 0...6 {
            let calendar = DayCalendar(name: "c", weekdays: [number])
            #expect(calendar.contains(CivilDay(daysSinceEpoch: day)) == (number == weekday), "\(number)")
        }
    }
}
