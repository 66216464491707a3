import Chronology
import Testing

/// Goal: durations and instants are read strictly, and written so that they read back as the same.
@Suite struct TimeTextTests {
    @Test(arguments: [
        ("200ms", 200), ("90s", 90_000), ("20m", 1_200_000), ("2h", 7_200_000), ("1d", 86_400_000),
        ("1h30m", 5_400_000), ("0s", 0), ("1d2h3m4s5ms", 93_784_005),
    ])
    func `a duration is read and written back`(text: String, milliseconds: Int64) throws {
        let duration = try Duration(text: text)
        #expect(duration.milliseconds == milliseconds)
        #expect(try Duration(text: duration.text) == duration)
    }

    @Test(arguments: ["", "2 days", "-1s", "1", "s", "1m1h", "1.5h", "1s1s", "99999999999999999999s", "99999d", "１s"])
    func `what is no duration is refused`(text: String) {
        #expect(throws: DurationError(text: text)) { try Duration(text: text) }
    }

    @Test(arguments: [
        ("2026-11-27T17:00:00+01:00", "2026-11-27T16:00:00.000Z"),
        ("2026-11-27t16:00:00.5z", "2026-11-27T16:00:00.500Z"),
        ("1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z"),
        ("2026-02-28T23:30:00-01:30", "2026-03-01T01:00:00.000Z"),
    ])
    func `RFC 3339 is read with its offset`(text: String, expected: String) {
        #expect(Instant(rfc3339: text)?.rfc3339 == expected)
    }

    @Test(arguments: [
        "2026-11-27", "2026-11-27T17:00:00", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-11-27T24:00:00Z",
        "2026-11-27T17:00:00Zx", "2026-11-27T17:00:00.Z",
    ])
    func `what is no instant is refused`(text: String) {
        #expect(Instant(rfc3339: text) == nil)
    }

    @Test func `people see a near time by its weekday and a far one by its date`() throws {
        let zone = try Zones.load("Europe/Stockholm")
        let now = instant("2026-11-24T10:00:00Z")
        #expect(zone.display(instant("2026-11-27T16:00:00Z"), now: now) == "Fri 17:00 +01:00")
        #expect(zone.display(instant("2027-06-01T16:00:00Z"), now: now) == "Tue 1 Jun 2027 18:00 +02:00")
    }

    @Test(arguments: [
        (200, "200 ms"), (9_800, "9.8 s"), (45_000, "45 s"), (7_920_000, "2 h 12 min"), (273_600_000, "3 d 4 h"),
    ])
    func `people see a span by its two largest units`(milliseconds: Int64, words: String) {
        #expect(Duration.milliseconds(milliseconds).words == words)
    }
}
