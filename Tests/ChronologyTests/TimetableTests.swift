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

    @Test func `a zone that steps back twice within a day comes at no time twice`() throws {
        // 23:30 UTC is 01:30, then 00:30; an hour later 01:30 again, then 00:30 once more.
        let zone = try Zone(name: "odd", tzif: Zones.file(offsets: [7200, 3600, 0], at: [84_600, 88_200]))
        let timetable = try calendar("*:0/15", zone)
        let times = walk(timetable, from: "1970-01-01T22:45:00Z", count: 4)
        #expect(
            times == [
                "1970-01-01T23:00:00.000Z", "1970-01-01T23:15:00.000Z", "1970-01-02T01:30:00.000Z",
                "1970-01-02T01:45:00.000Z",
            ])
        for (earlier, later) in zip(times, times.dropFirst()) {
            #expect(timetable.previous(before: instant(later))?.rfc3339 == earlier)
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
