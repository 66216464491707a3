import Chronology
import Testing

/// Goal: an `.ics` file is the days that its events touch, and what is none is refused at its line.
@Suite struct CalendarFileTests {
    private func file(_ lines: String..., end: String = "\r\n") -> [UInt8] {
        let whole =
            ["BEGIN:VCALENDAR", "VERSION:2.0"] + lines.flatMap { $0.split(separator: "|").map(String.init) } + [
                "END:VCALENDAR"
            ]
        return Array((whole.joined(separator: end) + end).utf8)
    }

    private func event(_ lines: String) -> String { "BEGIN:VEVENT|\(lines)|END:VEVENT" }

    private func days(_ bytes: [UInt8]) throws -> String {
        try CalendarFile.days(in: bytes).map { "\($0.year)-\($0.month)-\($0.day)" }.joined(separator: " ")
    }

    @Test(
        arguments: [
            ("DTSTART;VALUE=DATE:20261225", "2026-12-25"),
            ("DTSTART;VALUE=DATE:20261225|DTEND;VALUE=DATE:20261227", "2026-12-25 2026-12-26"),
            ("DTSTART;VALUE=DATE:20261225|DURATION:P3D", "2026-12-25 2026-12-26 2026-12-27"),
            ("DTSTART:20261224T220000|DTEND:20261225T010000", "2026-12-24 2026-12-25"),
            // An event that ends at midnight does not touch the day that begins there.
            ("DTSTART:20261224T220000|DTEND:20261225T000000", "2026-12-24"),
            ("DTSTART;TZID=Europe/Stockholm:20261224T220000|DURATION:PT2H1S", "2026-12-24 2026-12-25"),
            ("DTSTART:20261224T220000Z", "2026-12-24"), ("DTSTART:20261224T220000|DURATION:PT0S", "2026-12-24"),
            ("DTSTART;VALUE=DATE:20261225|RRULE:FREQ=YEARLY;COUNT=3", "2026-12-25 2027-12-25 2028-12-25"),
            ("DTSTART;VALUE=DATE:20261225|RRULE:FREQ=YEARLY;UNTIL=20271225", "2026-12-25 2027-12-25"),
            (
                "DTSTART;VALUE=DATE:20261225|RRULE:FREQ=YEARLY;COUNT=3|EXDATE;VALUE=DATE:20271225",
                "2026-12-25 2028-12-25"
            ),
            (
                "DTSTART:20261225T080000|RRULE:FREQ=DAILY;COUNT=3|EXDATE:20261226T080000,20261227T090000",
                "2026-12-25 2026-12-27"
            ),
            ("DTSTART:20261225T080000|RRULE:FREQ=DAILY;COUNT=3|EXDATE;VALUE=DATE:20261226", "2026-12-25 2026-12-27"),
            ("DTSTART;VALUE=DATE:20261225|RDATE;VALUE=DATE:20261228,20261230", "2026-12-25 2026-12-28 2026-12-30"),
            (
                "DTSTART:20261225T080000|RDATE;VALUE=PERIOD:20261228T230000/PT2H,20261230T080000/20261230T090000",
                "2026-12-25 2026-12-28 2026-12-29 2026-12-30"
            ),
            // The beginning belongs to it also where the rule does not match it.
            ("DTSTART;VALUE=DATE:20261123|RRULE:FREQ=WEEKLY;BYDAY=FR;COUNT=2", "2026-11-23 2026-11-27 2026-12-4"),
            ("DTSTART;VALUE=DATE:20261225|STATUS:CANCELLED", ""),
            ("DTSTART;VALUE=DATE:20261225|STATUS:TENTATIVE", "2026-12-25"),
            (
                "SUMMARY:Begin\\, end\\; and\\n: all|DTSTART;VALUE=DATE:20261225|BEGIN:VALARM|TRIGGER:-PT15M|DTSTART:x|END:VALARM",
                "2026-12-25"
            ),
            ("DTSTART;X=\"a:b;c\";VALUE=DATE:20261225", "2026-12-25"), ("dtstart;value=date:20261225", "2026-12-25"),
            ("DTSTART;VALUE=DATE:19691231|DURATION:P2D", "1970-1-1"),
        ])
    func `an event is the days that it touches`(lines: String, expected: String) throws {
        #expect(try days(file(event(lines))) == expected)
    }

    @Test func `ends of lines, folded lines, a byte order mark and what is no event do not matter`() throws {
        let zone = "BEGIN:VTIMEZONE|BEGIN:STANDARD|DTSTART:19701025T030000|RRULE:FREQ=HOURLY|END:STANDARD|END:VTIMEZONE"
        let lines = event("DTST| ART;VALUE=DATE:2026|\t12| 25")
        for end in ["\r\n", "\n"] {
            let bytes = file(zone, lines, "BEGIN:VTODO|DTSTART:x|END:VTODO", end: end)
            #expect(try days(bytes) == "2026-12-25")
            #expect(try days([0xEF, 0xBB, 0xBF] + bytes) == "2026-12-25")
        }
    }

    @Test func `an occurrence that was moved or cancelled alone is where it was moved to`() throws {
        let bytes = file(
            event("UID:a|DTSTART;VALUE=DATE:20261201|RRULE:FREQ=DAILY;COUNT=4"),
            event("UID:a|RECURRENCE-ID;VALUE=DATE:20261202|DTSTART;VALUE=DATE:20261210"),
            event("UID:a|RECURRENCE-ID;VALUE=DATE:20261203|DTSTART;VALUE=DATE:20261203|STATUS:CANCELLED"),
            event("UID:b|RECURRENCE-ID;VALUE=DATE:20261204|DTSTART;VALUE=DATE:20261211"))
        #expect(try days(bytes) == "2026-12-1 2026-12-4 2026-12-10 2026-12-11")
    }

    @Test func `a rule without an end goes on to the end of 2199, and one of every day is too much`() throws {
        let yearly = try CalendarFile.days(in: file(event("DTSTART;VALUE=DATE:19001225|RRULE:FREQ=YEARLY")))
        #expect(yearly.count == 230 && yearly.last == CivilDay(year: 2199, month: 12, day: 25))
        #expect(try CalendarFile.days(in: file(event("DTSTART;VALUE=DATE:19700101|RRULE:FREQ=DAILY"))).count == 84_006)
    }

    // Found by the fuzzer: what should end was said as it was written.
    @Test(arguments: ["BEGIN:VCALENDAR\nBEGIN:V\u{5}X\nEND:VX", "BEGIN:VCALENDAR\nBEGIN:V\u{5}X"])
    func `no error steers a terminal`(file: String) throws {
        let error = #expect(throws: CalendarFileError.self) { try CalendarFile.days(in: Array(file.utf8)) }
        let texts = [error?.found ?? "", error?.accepted ?? "", error?.remedy ?? ""]
        #expect(texts.contains { $0.contains("V?X") })
        #expect(texts.allSatisfy { $0.unicodeScalars.allSatisfy { $0.value >= 32 } })
    }

    @Test(
        arguments: [
            ("", 1, "is empty"), ("\n\n", 2, "is empty"), ("hello", 1, "no line"), ("<html>:", 1, "outside"),
            ("BEGIN:VEVENT", 1, "outside"), ("BEGIN:VCALENDAR", 1, "no end"),
            ("BEGIN:VCALENDAR\nEND:VEVENT", 2, "ends nothing"),
            ("BEGIN:VCALENDAR\nEND:VCALENDAR\nX:1", 3, "outside"), ("END:VCALENDAR", 1, "ends nothing"),
            ("BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VEVENT\nEND:VCALENDAR", 2, "no DTSTART"),
            ("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:2026\n 1\nEND:VEVENT", 3, "no date"),
            (
                "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20261225\nDTEND:20261224\nEND:VEVENT\nEND:VCALENDAR", 2,
                "ends before"
            ),
            ("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20261225\nDURATION:-P1D\n", 4, "no duration"),
            ("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20261225\nDURATION:P9999999W\n", 4, "no duration"),
            ("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20261225\nRRULE:FREQ=WEEKLEY\n", 4, "no frequency"),
            ("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20261225\nRRULE:FREQ=HOURLY\n", 4, "no days"),
            (
                "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20261225\nRECURRENCE-ID;RANGE=THISANDFUTURE:20261225\n", 4,
                "THISANDFUTURE"
            ),
        ])
    func `what is no calendar of days is refused at its line`(text: String, line: Int, found: String) throws {
        let error = try #require(throws: CalendarFileError.self) { try CalendarFile.days(in: Array(text.utf8)) }
        #expect(error.line == line && error.found.contains(found), "\(error)")
        #expect(!error.accepted.isEmpty && !error.remedy.isEmpty)
    }

    @Test func `a file that would name days without end is refused in bounded time`() throws {
        let every = (0...59).map(String.init).joined(separator: ",")
        let lines = "DTSTART:00010101T000000|RRULE:FREQ=DAILY;BYHOUR=1,2,3;BYMINUTE=\(every);BYSECOND=\(every)"
        #expect(throws: CalendarFileError.self) { try CalendarFile.days(in: file(event(lines))) }
        let long = String(repeating: event("DTSTART:19700101|DURATION:P90000D") + "|", count: 40)
        #expect(throws: CalendarFileError.self) { try CalendarFile.days(in: file(long)) }
        let deep = String(repeating: "BEGIN:X|", count: 100)
        #expect(throws: CalendarFileError.self) { try CalendarFile.days(in: file(deep)) }
        let rules = event("DTSTART:19700101" + String(repeating: "|RRULE:FREQ=YEARLY", count: 1001))
        #expect(throws: CalendarFileError.self) { try CalendarFile.days(in: file(rules)) }
        #expect(throws: CalendarFileError.self) {
            try CalendarFile.days(in: [UInt8](repeating: 10, count: CalendarFile.byteLimit + 1))
        }
    }

    private func fault(_ bytes: [UInt8]) -> CalendarFileError? {
        do throws(CalendarFileError) {
            _ = try CalendarFile.days(in: bytes)
            return nil
        } catch {
            return error
        }
    }

    @Test func `a file has a thousand rules, components eight deep and 16 MiB at most, and says which it is`() {
        func ruled(_ count: Int) -> [UInt8] {
            file(event("DTSTART:19700101" + String(repeating: "|RRULE:FREQ=YEARLY;COUNT=1", count: count)))
        }
        #expect(fault(ruled(1000)) == nil)
        let rules = fault(ruled(1001))
        #expect(rules?.found == "the file has too many rules" && rules?.line == 1005)
        // The calendar itself is the first.
        func deep(_ count: Int) -> [UInt8] {
            file(String(repeating: "BEGIN:X|", count: count) + String(repeating: "END:X|", count: count))
        }
        #expect(fault(deep(7)) == nil)
        #expect(fault(deep(8))?.found == "components lie too deep in one another")
        #expect(fault([UInt8](repeating: 10, count: 16_777_217))?.found == "the file is too long")
    }

    @Test func `an event takes 100,000 days at most, and a period ends no earlier than it begins`() throws {
        #expect(try CalendarFile.days(in: file(event("DTSTART:19700101|DURATION:P100000D"))).count == 84_006)
        #expect(fault(file(event("DTSTART:19700101|DURATION:P100001D")))?.found.contains("no duration") == true)
        func period(_ end: String) -> [UInt8] {
            file(event("DTSTART:20261225T080000|RDATE;VALUE=PERIOD:20261230T090000/\(end)"))
        }
        #expect(try days(period("20261230T090000")) == "2026-12-25 2026-12-30")
        let early = fault(period("20261230T085959"))
        #expect(early?.found == "an event ends before it begins" && early?.line == 5)
    }

    @Test func `a file cut at any byte, or with any byte changed, is read or refused, and never traps`() throws {
        let bytes = file(
            event(
                "UID:a|DTSTART;VALUE=DATE:20261201|DTEND;VALUE=DATE:20261203|RRULE:FREQ=WEEKLY;COUNT=4|EXDATE:20261208")
        )
        for length in bytes.indices { _ = try? CalendarFile.days(in: Array(bytes[..<length])) }
        for index in bytes.indices {
            for value: UInt8 in [0, 10, 58, 255] {
                var changed = bytes
                changed[index] = value
                _ = try? CalendarFile.days(in: changed)
            }
        }
    }
}
