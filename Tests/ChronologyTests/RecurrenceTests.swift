import Chronology
import Testing

/// Goal: a recurrence comes when RFC 5545 says, in the zone's clock and by the policy for clocks that are moved.
@Suite struct RecurrenceTests {
    /// The examples of section 3.8.5.3, in New York from 1997-09-02T09:00: days and hours as they stand there.
    @Test(
        arguments: [
            ("FREQ=DAILY;COUNT=10", "19970902", "2-Sep 3-Sep 4-Sep 5-Sep 6-Sep 7-Sep 8-Sep 9-Sep 10-Sep 11-Sep"),
            ("FREQ=DAILY;INTERVAL=2", "19970902", "2-Sep 4-Sep 6-Sep 8-Sep"),
            ("FREQ=DAILY;INTERVAL=10;COUNT=5", "19970902", "2-Sep 12-Sep 22-Sep 2-Oct 12-Oct"),
            ("FREQ=WEEKLY;COUNT=10", "19970902", "2-Sep 9-Sep 16-Sep 23-Sep 30-Sep 7-Oct 14-Oct 21-Oct 28-Oct 4-Nov"),
            ("FREQ=WEEKLY;INTERVAL=2;WKST=SU", "19970902", "2-Sep 16-Sep 30-Sep 14-Oct 28-Oct 11-Nov"),
            (
                "FREQ=WEEKLY;UNTIL=19971007T000000Z;WKST=SU;BYDAY=TU,TH", "19970902",
                "2-Sep 4-Sep 9-Sep 11-Sep 16-Sep 18-Sep 23-Sep 25-Sep 30-Sep 2-Oct"
            ),
            (
                "FREQ=WEEKLY;INTERVAL=2;UNTIL=19971224T000000Z;WKST=SU;BYDAY=MO,WE,FR", "19970901",
                "1-Sep 3-Sep 5-Sep 15-Sep 17-Sep 19-Sep 29-Sep 1-Oct 3-Oct 13-Oct 15-Oct 17-Oct 27-Oct 29-Oct 31-Oct 10-Nov 12-Nov 14-Nov 24-Nov 26-Nov 28-Nov 8-Dec 10-Dec 12-Dec 22-Dec"
            ),
            (
                "FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH", "19970902",
                "2-Sep 4-Sep 16-Sep 18-Sep 30-Sep 2-Oct 14-Oct 16-Oct"
            ),
            ("FREQ=MONTHLY;COUNT=5;BYDAY=1FR", "19970905", "5-Sep 3-Oct 7-Nov 5-Dec 2-Jan"),
            ("FREQ=MONTHLY;UNTIL=19971224T000000Z;BYDAY=1FR", "19970905", "5-Sep 3-Oct 7-Nov 5-Dec"),
            (
                "FREQ=MONTHLY;INTERVAL=2;COUNT=10;BYDAY=1SU,-1SU", "19970907",
                "7-Sep 28-Sep 2-Nov 30-Nov 4-Jan 25-Jan 1-Mar 29-Mar 3-May 31-May"
            ),
            ("FREQ=MONTHLY;COUNT=6;BYDAY=-2MO", "19970922", "22-Sep 20-Oct 17-Nov 22-Dec 19-Jan 16-Feb"),
            ("FREQ=MONTHLY;BYMONTHDAY=-3", "19970928", "28-Sep 29-Oct 28-Nov 29-Dec 29-Jan 26-Feb"),
            (
                "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=2,15", "19970902",
                "2-Sep 15-Sep 2-Oct 15-Oct 2-Nov 15-Nov 2-Dec 15-Dec 2-Jan 15-Jan"
            ),
            (
                "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=1,-1", "19970930",
                "30-Sep 1-Oct 31-Oct 1-Nov 30-Nov 1-Dec 31-Dec 1-Jan 31-Jan 1-Feb"
            ),
            (
                "FREQ=MONTHLY;INTERVAL=18;COUNT=10;BYMONTHDAY=10,11,12,13,14,15", "19970910",
                "10-Sep 11-Sep 12-Sep 13-Sep 14-Sep 15-Sep 10-Mar 11-Mar 12-Mar 13-Mar"
            ),
            (
                "FREQ=MONTHLY;INTERVAL=2;BYDAY=TU", "19970902",
                "2-Sep 9-Sep 16-Sep 23-Sep 30-Sep 4-Nov 11-Nov 18-Nov 25-Nov 6-Jan 13-Jan 20-Jan 27-Jan 3-Mar"
            ),
            (
                "FREQ=YEARLY;COUNT=10;BYMONTH=6,7", "19970610",
                "10-Jun 10-Jul 10-Jun 10-Jul 10-Jun 10-Jul 10-Jun 10-Jul 10-Jun 10-Jul"
            ),
            (
                "FREQ=YEARLY;INTERVAL=2;COUNT=10;BYMONTH=1,2,3", "19970310",
                "10-Mar 10-Jan 10-Feb 10-Mar 10-Jan 10-Feb 10-Mar 10-Jan 10-Feb 10-Mar"
            ),
            (
                "FREQ=YEARLY;INTERVAL=3;COUNT=10;BYYEARDAY=1,100,200", "19970101",
                "1-Jan 10-Apr 19-Jul 1-Jan 9-Apr 18-Jul 1-Jan 10-Apr 19-Jul 1-Jan"
            ),
            ("FREQ=YEARLY;BYDAY=20MO", "19970519", "19-May 18-May 17-May"),
            ("FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", "19970512", "12-May 11-May 17-May"),
            ("FREQ=YEARLY;BYMONTH=3;BYDAY=TH", "19970313", "13-Mar 20-Mar 27-Mar 5-Mar 12-Mar 19-Mar 26-Mar 4-Mar"),
            (
                "FREQ=YEARLY;BYDAY=TH;BYMONTH=6,7,8", "19970605",
                "5-Jun 12-Jun 19-Jun 26-Jun 3-Jul 10-Jul 17-Jul 24-Jul 31-Jul 7-Aug 14-Aug 21-Aug 28-Aug 4-Jun"
            ),
            ("FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", "19970902", "13-Feb 13-Mar 13-Nov 13-Aug 13-Oct"),
            (
                "FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13", "19970913",
                "13-Sep 11-Oct 8-Nov 13-Dec 10-Jan 7-Feb 7-Mar 11-Apr 9-May 13-Jun"
            ),
            ("FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8", "19961105", "5-Nov 7-Nov 2-Nov"),
            ("FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3", "19970904", "4-Sep 7-Oct 6-Nov"),
            (
                "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2", "19970929",
                "29-Sep 30-Oct 27-Nov 30-Dec 29-Jan 26-Feb 30-Mar"
            ),
            ("FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO", "19970805", "5-Aug 10-Aug 19-Aug 24-Aug"),
            ("FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU", "19970805", "5-Aug 17-Aug 19-Aug 31-Aug"),
            ("FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5", "20070115", "15-Jan 30-Jan 15-Feb 15-Mar 30-Mar"),
        ])
    func `the examples of RFC 5545 come on its days`(text: String, from: String, days: String) throws {
        let expected = days.split(separator: " ").map(String.init)
        let start = try #require(Int(from))
        let begin = LocalTime(
            year: start / 10_000, month: start / 100 % 100, day: start % 100, hour: 9, minute: 0, second: 0)
        let times = try walk(text, from: begin, count: expected.count + 1)
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let found = times.map { "\($0.day.day)-\(months[$0.day.month - 1])" }
        #expect(Array(found.prefix(expected.count)) == expected)
        #expect(times.allSatisfy { $0.secondOfDay == 9 * 3600 })
        if text.contains("COUNT") || text.contains("UNTIL") { #expect(times.count == expected.count) }
    }

    @Test(
        arguments: [
            ("FREQ=HOURLY;INTERVAL=3;UNTIL=19970902T170000", "2:9:00 2:12:00 2:15:00"),
            ("FREQ=MINUTELY;INTERVAL=15;COUNT=6", "2:9:00 2:9:15 2:9:30 2:9:45 2:10:00 2:10:15"),
            ("FREQ=MINUTELY;INTERVAL=90;COUNT=4", "2:9:00 2:10:30 2:12:00 2:13:30"),
            ("FREQ=DAILY;BYHOUR=9,16;BYMINUTE=0,40;COUNT=5", "2:9:00 2:9:40 2:16:00 2:16:40 3:9:00"),
            ("FREQ=MINUTELY;INTERVAL=20;BYHOUR=9,16;COUNT=7", "2:9:00 2:9:20 2:9:40 2:16:00 2:16:20 2:16:40 3:9:00"),
        ])
    func `the examples of RFC 5545 below a day come at its times`(text: String, times: String) throws {
        let begin = LocalTime(year: 1997, month: 9, day: 2, hour: 9, minute: 0, second: 0)
        let found = try walk(text, from: begin, count: 7)
            .map { "\($0.day.day):\($0.hour):\($0.minute < 10 ? "0" : "")\($0.minute)" }
        #expect(found.joined(separator: " ") == times)
    }

    @Test(arguments: [
        "FREQ=YEARLY;UNTIL=20000131T140000Z;BYMONTH=1;BYDAY=SU,MO,TU,WE,TH,FR,SA",
        "FREQ=DAILY;UNTIL=20000131T140000Z;BYMONTH=1",
    ])
    func `every day in January for three years, said in two ways`(text: String) throws {
        let times = try walk(
            text, from: LocalTime(year: 1998, month: 1, day: 1, hour: 9, minute: 0, second: 0), count: 200)
        #expect(times.count == 93 && times.allSatisfy { $0.day.month == 1 })
        #expect(times.last?.day == CivilDay(year: 2000, month: 1, day: 31))
    }

    /// In New York; forwards, and as a check backwards as well.
    private func walk(_ text: String, from: LocalTime, count: Int) throws -> [LocalTime] {
        let zone = try Zones.load("America/New_York")
        let timetable = try recurrence(text, from: from, zone)
        var times: [Instant] = []
        while times.count < count, let next = timetable.next(after: times.last ?? instant("1990-01-01T00:00:00Z")) {
            if let last = times.last { try #require(timetable.previous(before: next) == last) }
            times.append(next)
        }
        if let first = times.first { try #require(timetable.previous(before: first) == nil) }
        return times.map { zone.local(at: $0) }
    }

    // MARK: The beginning

    @Test func `a beginning that the rule does not match does not come, and is not counted`() throws {
        let timetable = try recurrence("FREQ=WEEKLY;BYDAY=FR;COUNT=2", from: monday, .utc)
        #expect(
            times(timetable, 5) == ["2026-11-27T09:00:00.000Z", "2026-12-04T09:00:00.000Z"])
    }

    @Test func `what a rule leaves open is as at the beginning`() throws {
        let february = LocalTime(year: 2024, month: 2, day: 29, hour: 9, minute: 30, second: 15)
        #expect(
            times(try recurrence("FREQ=YEARLY", from: february, .utc), 2)
                == ["2024-02-29T09:30:15.000Z", "2028-02-29T09:30:15.000Z"])
        #expect(
            times(try recurrence("FREQ=YEARLY;BYWEEKNO=20", from: monday, .utc), 2)
                == ["2027-05-17T09:00:00.000Z", "2028-05-15T09:00:00.000Z"])
        #expect(
            times(try recurrence("FREQ=MONTHLY;BYMONTH=2,3", from: february, .utc), 4)
                == [
                    "2024-02-29T09:30:15.000Z", "2024-03-29T09:30:15.000Z", "2025-03-29T09:30:15.000Z",
                    "2026-03-29T09:30:15.000Z",
                ])
    }

    @Test func `weekdays with numbers and without are added up`() throws {
        #expect(
            times(try recurrence("FREQ=MONTHLY;BYDAY=MO,1FR;COUNT=5", from: monday, .utc), 9)
                == [
                    "2026-11-23T09:00:00.000Z", "2026-11-30T09:00:00.000Z", "2026-12-04T09:00:00.000Z",
                    "2026-12-07T09:00:00.000Z", "2026-12-14T09:00:00.000Z",
                ])
    }

    // MARK: The end

    @Test(arguments: [
        ("UNTIL=20261130", 8), ("UNTIL=20261130T090000", 8), ("UNTIL=20261130T085959", 7),
        ("UNTIL=20261130T080000Z", 8), ("UNTIL=20261130T075959Z", 7), ("UNTIL=20200101", 0), ("COUNT=8", 8),
    ])
    func `a rule ends with its last day, reading, instant or count, and that one belongs to it`(end: String, count: Int)
        throws
    {
        let timetable = try recurrence("FREQ=DAILY;\(end)", from: monday, try Zones.load("Europe/Stockholm"))
        #expect(times(timetable, 20).count == count)
        let last = timetable.previous(before: instant("2100-01-01T00:00:00Z"))
        #expect(last?.rfc3339 == times(timetable, 20).last)
    }

    @Test func `a rule without an end comes up to the end of 2199`() throws {
        let timetable = try recurrence("FREQ=YEARLY", from: monday, .utc)
        #expect(timetable.previous(before: instant("2390-01-01T00:00:00Z")) == instant("2199-11-23T09:00:00Z"))
        #expect(timetable.next(after: instant("2199-11-23T09:00:00Z")) == nil)
    }

    @Test(arguments: [
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=31",
        "FREQ=DAILY;BYDAY=MO;BYSETPOS=2",
        "FREQ=WEEKLY;BYDAY=MO;BYSETPOS=2", "FREQ=MINUTELY;INTERVAL=60;BYMINUTE=30", "FREQ=HOURLY;INTERVAL=24;BYHOUR=10",
        "FREQ=SECONDLY;INTERVAL=2;BYSECOND=1", "FREQ=DAILY;INTERVAL=7;BYDAY=TU", "FREQ=YEARLY;INTERVAL=1000000",
        "FREQ=SECONDLY;INTERVAL=86400;BYHOUR=10", "FREQ=YEARLY;BYYEARDAY=366;BYMONTH=11;BYSETPOS=-366",
    ])
    func `a rule that never comes is told so, and soon`(text: String) throws {
        let from = LocalTime(year: 2026, month: 11, day: 23, hour: 9, minute: 0, second: 0)
        let timetable = try recurrence(text, from: from, .utc)
        let start = ContinuousClock.now
        let begin = instant("2026-11-23T09:00:00Z")
        #expect(timetable.next(after: begin) == nil)
        #expect(timetable.previous(before: instant("2199-12-31T00:00:00Z")).map { $0 <= begin } ?? true)
        // Debug builds take twenty times as long as those for use; a search without bounds would take hours.
        #expect(ContinuousClock.now - start < .seconds(2))
    }

    // MARK: Clocks that are moved

    @Test func `a time in the gap comes right after it, and a repeated one once`() throws {
        let zone = try Zones.load("Europe/Stockholm")
        let from = LocalTime(year: 2026, month: 3, day: 28, hour: 2, minute: 30, second: 0)
        #expect(
            times(try recurrence("FREQ=DAILY;COUNT=3", from: from, zone), 5)
                == ["2026-03-28T01:30:00.000Z", "2026-03-29T01:00:00.000Z", "2026-03-30T00:30:00.000Z"])
        let autumn = LocalTime(year: 2026, month: 10, day: 25, hour: 0, minute: 0, second: 0)
        #expect(
            times(try recurrence("FREQ=MINUTELY;INTERVAL=30;COUNT=8", from: autumn, zone), 9)
                == [
                    "2026-10-24T22:00:00.000Z", "2026-10-24T22:30:00.000Z", "2026-10-24T23:00:00.000Z",
                    "2026-10-24T23:30:00.000Z", "2026-10-25T00:00:00.000Z", "2026-10-25T00:30:00.000Z",
                    "2026-10-25T02:00:00.000Z", "2026-10-25T02:30:00.000Z",
                ])
    }

    private let monday = LocalTime(year: 2026, month: 11, day: 23, hour: 9, minute: 0, second: 0)

    private func times(_ timetable: Timetable, _ count: Int) -> [String] {
        var times: [Instant] = []
        while times.count < count, let next = timetable.next(after: times.last ?? instant("1990-01-01T00:00:00Z")) {
            times.append(next)
        }
        return times.map(\.rfc3339)
    }
}
