import ControlProtocol
import Foundation
import Presentation
import TestPrograms
import Testing

/// Goal: a calendar program reads the plan as it is: RFC 5545, to the octet.
@Suite struct PlanCalendarTests {
    private func plan(_ campaign: String, reason: String? = nil, state: String = "succeeded") -> PlanDocument {
        PlanDocument(
            now: "2026-11-27T13:48:00.000Z", from: "2026-11-27T13:48:00.000Z", until: "2026-12-01T13:48:00.000Z",
            days: 4, source: "daemon", zone: "UTC", campaigns: [], exports: [], habits: [], blackouts: [], pauses: [],
            occurrences: [
                PlannedOccurrenceDocument(
                    campaign: campaign, zone: "UTC", origin: "timetable", originDetail: nil, state: state,
                    nominal: "2026-11-27T17:00:00.000Z", local: "2026-11-27T17:00:00+00:00",
                    startsAt: "2026-11-27T17:00:00.000Z", expiresAt: nil, calledAt: nil, lastCalledAt: nil,
                    endsAt: "2026-11-27T17:10:00.000Z", lateSeconds: 0, activations: 2, jobs: [], waits: [],
                    reason: reason, clock: nil, count: 1, last: nil, isHeld: false)
            ], collisions: [], warnings: [],
            totals: PlanTotalsDocument(occurrences: 1, skipped: 0, activations: 2, jobs: 0, calls: 0), assumptions: [],
            cut: nil)
    }

    private func text(_ plan: PlanDocument) -> String { String(decoding: PlanCalendar.calendar(plan), as: UTF8.self) }

    @Test func `an event has what a calendar needs`() {
        #expect(
            text(plan("flash-sale"))
                == [
                    "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//activationd//plan//EN", "CALSCALE:GREGORIAN",
                    "X-WR-CALNAME:activationd", "BEGIN:VEVENT", "UID:flash-sale-1795798800000@activationd",
                    "DTSTAMP:20261127T134800Z", "DTSTART:20261127T170000Z", "DTEND:20261127T171000Z",
                    "SUMMARY:flash-sale",
                    "DESCRIPTION:2 activations\\, 0 jobs", "STATUS:CONFIRMED", "TRANSP:TRANSPARENT", "END:VEVENT",
                    "END:VCALENDAR", "",
                ].joined(separator: "\r\n"))
    }

    @Test func `lines have at most 75 octets, end with CR LF, and are folded between characters`() {
        let long = String(repeating: "Übergröße, 数据; ", count: 40)
        let bytes = PlanCalendar.calendar(plan("sale", reason: long, state: "expired"))
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: true)
        #expect(lines.allSatisfy { $0.count <= 76 && $0.last == UInt8(ascii: "\r") })
        #expect(lines.allSatisfy { String(validating: $0, as: UTF8.self) != nil })
        let unfolded = text(plan("sale", reason: long, state: "expired")).replacingOccurrences(of: "\r\n ", with: "")
        let escaped = long.replacingOccurrences(of: ",", with: "\\,").replacingOccurrences(of: ";", with: "\\;")
        #expect(unfolded.contains("expired: \(escaped)"))
    }

    @Test func `a line is folded at its 76th octet, and each one after it is as long as it may be`() {
        func summary(_ count: Int) -> [Int] {
            let lines = text(plan(String(repeating: "a", count: count))).components(separatedBy: "\r\n")
            return lines.drop { !$0.hasPrefix("SUMMARY:") }.prefix { !$0.hasPrefix("DESCRIPTION:") }.map(\.utf8.count)
        }
        #expect(summary(67) == [75] && summary(68) == [75, 2])
        #expect(summary(300) == [75, 75, 75, 75, 12])
    }

    @Test func `an identifier keeps letters, digits, hyphens and dots, and has every other octet as a number`() {
        let lines = text(plan("azAZ09-.`{@[/:\u{F}\u{10}ö")).components(separatedBy: "\r\n")
        #expect(
            lines.contains("UID:azAZ09-._60_7b_40_5b_2f_3a_0f_10_c3_b6-1795798800000@activationd"), "\(lines)")
    }

    @Test func `an event says what holds it, when it is called, and what the clock does to it`() {
        func lines(_ change: (inout PlannedOccurrenceDocument) -> Void) -> [String] {
            var plan = plan("sale")
            change(&plan.occurrences[0])
            return text(plan).replacingOccurrences(of: "\r\n ", with: "").components(separatedBy: "\r\n")
        }
        func description(_ change: (inout PlannedOccurrenceDocument) -> Void) -> String? {
            lines(change).first { $0.hasPrefix("DESCRIPTION:") }.map { String($0.dropFirst(12)) }
        }
        let count = "2 activations\\, 0 jobs"
        let called = "2026-11-27T17:30:00.000Z"
        #expect(description { _ in } == count)
        #expect(description { ($0.state, $0.reason) = ("skipped", "paused") } == "skipped: paused")
        #expect(
            description { $0.clock = "skipped" }
                == count + "\\nmoved by the clock: its time is skipped on this day")
        #expect(
            description { $0.clock = "repeated" }
                == count + "\\nits time is shown twice on this day\\, and it fires once")
        #expect(description { ($0.lastCalledAt, $0.lateSeconds) = (called, 59) } == count)
        #expect(
            description { ($0.lastCalledAt, $0.lateSeconds) = (called, 60) } == count + "\\ncalled about \(called)")
        let wait = PlannedWaitDocument(
            gate: "export", from: called, until: called, latest: called, evidence: "why", by: nil, activations: 1)
        #expect(
            description { $0.waits = [wait] }
                == count + "\\nexport: why\\, until about \(called)\\, at the latest \(called)")
        let skipped = lines { $0.state = "skipped" }
        #expect(skipped.contains("STATUS:CANCELLED") && skipped.contains("SUMMARY:sale (skipped)"))
        #expect(lines { $0.state = "expired" }.contains("STATUS:TENTATIVE"))
    }

    @Test(
        arguments: [
            (nil, "170100"), ("2026-11-27T17:00:59.000Z", "170100"), ("2026-11-27T17:01:01.000Z", "170101"),
        ] as [(String?, String)])
    func `an event takes a minute at the least`(end: String?, shown: String) {
        var plan = plan("sale")
        plan.occurrences[0].endsAt = end
        #expect(text(plan).contains("\r\nDTEND:20261127T\(shown)Z\r\n"))
    }

    @Test func `nothing in a name or a reason can begin a line of its own`() {
        let evil = "a\r\nEND:VCALENDAR\u{0}\n;,\\"
        let lines = text(plan(evil, reason: evil, state: "expired")).components(separatedBy: "\r\n")
        #expect(lines.count { $0 == "END:VCALENDAR" } == 1)
        #expect(!lines.joined().unicodeScalars.contains { $0.value < 32 })
    }

    private static let python = Tool.python(with: "icalendar")

    /// A second reader, where there is one.
    @Test(.enabled(if: python != nil, "icalendar is not here; Debian has it in python3-icalendar"))
    func `a library for calendars reads it`() throws {
        let script = """
            import icalendar, sys
            calendar = icalendar.Calendar.from_ical(open(sys.argv[1], "rb").read())
            for event in calendar.walk("VEVENT"):
                print(event["UID"], event["DTSTART"].dt.isoformat(), event["DTEND"].dt.isoformat(), event["SUMMARY"])
            """
        let name = "flash-sale, \(String(repeating: "ö", count: 99))"
        let file = FileManager.default.temporaryDirectory.appending(path: "plan-\(UUID().uuidString).ics")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(PlanCalendar.calendar(plan(name))).write(to: file)
        let python = try #require(Self.python)
        let answer = try python.output(
            ["-c", script, file.path], environment: ["PYTHONIOENCODING": "utf-8"], atMost: 60)
        #expect(answer.split(separator: "\n").count == 1)
        #expect(answer.hasSuffix(" 2026-11-27T17:00:00+00:00 2026-11-27T17:10:00+00:00 \(name)\n"), "\(answer)")
    }
}
