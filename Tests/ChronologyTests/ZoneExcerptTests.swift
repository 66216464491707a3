import Chronology
import Foundation
import Testing

/// Goal: what was kept of a zone's rules says later what times were counted with, whatever the zone's file says by then.
@Suite struct ZoneExcerptTests {
    @Test func `an excerpt holds the changes of two years, and is the zone again for that time`() throws {
        let zone = try Zones.load("Europe/Stockholm")
        let excerpt = zone.excerpt(from: instant("2026-11-26T12:00:00Z"))
        #expect(excerpt.name == "Europe/Stockholm" && excerpt.offset == 3600)
        #expect(
            excerpt.changes == [
                .init(at: instant("2027-03-28T01:00:00Z"), offset: 7200),
                .init(at: instant("2027-10-31T01:00:00Z"), offset: 3600),
                .init(at: instant("2028-03-26T01:00:00Z"), offset: 7200),
                .init(at: instant("2028-10-29T01:00:00Z"), offset: 3600),
            ])
        #expect(excerpt.agrees(with: zone))
        let stored = try JSONDecoder().decode(ZoneExcerpt.self, from: try JSONEncoder().encode(excerpt))
        #expect(stored == excerpt)
        let again = Zone(stored)
        for hour in 0..<(731 * 24) {
            let at = excerpt.from + .seconds(hour * 3600)
            #expect(again.offset(at: at) == zone.offset(at: at))
        }
        #expect(again.excerpt(from: excerpt.from) == excerpt)
    }

    @Test func `a change at either end of an excerpt belongs to what follows it`() throws {
        let zone = try Zones.load("Europe/Stockholm")
        let at = instant("2027-03-28T01:00:00Z")
        #expect(zone.excerpt(from: at).offset == 7200)
        #expect(zone.excerpt(from: at).changes.first?.at == instant("2027-10-31T01:00:00Z"))
        #expect(zone.excerpt(from: at - .milliseconds(1)).offset == 3600)
        #expect(zone.excerpt(from: at - .milliseconds(1)).changes.first?.at == at)
        #expect(zone.excerpt(from: at - ZoneExcerpt.span).changes.last?.at != at)
    }

    @Test func `an excerpt of a zone with other rules is told apart, and one of a link is not`() throws {
        let (stockholm, berlin) = (try Zones.load("Europe/Stockholm"), try Zones.load("Europe/Berlin"))
        let excerpt = stockholm.excerpt(from: instant("2026-11-26T12:00:00Z"))
        #expect(excerpt.agrees(with: berlin))
        #expect(!excerpt.agrees(with: try Zones.load("Europe/London")))
        #expect(!excerpt.agrees(with: .utc))
    }

    @Test func `a reading keeps its meaning under other rules, by the policy for clocks that are moved`() throws {
        let (stockholm, utc) = (try Zones.load("Europe/Stockholm"), Zone.utc)
        let five = instant("2026-11-27T16:00:00Z")
        #expect(stockholm.instant(withReadingOf: five, in: utc) == instant("2026-11-27T17:00:00Z"))
        let inGap = instant("2027-03-28T02:30:00Z")
        #expect(utc.instant(withReadingOf: inGap, in: stockholm) == instant("2027-03-28T01:00:00Z"))
    }

    @Test(arguments: [Int.min, -93_601, 93_601, .max])
    func `an excerpt with an offset that no zone has is read, and traps nowhere`(offset: Int) throws {
        let changes = [Int64.min, 0, 0, .max].map {
            ZoneExcerpt.Change(at: Instant(milliseconds: $0), offset: offset)
        }
        let zone = Zone(
            ZoneExcerpt(
                name: "odd", from: Instant(milliseconds: .max), until: Instant(milliseconds: .min), offset: offset,
                changes: changes))
        let timetable = try calendar("daily", zone)
        for at in [Int64.min, -1, 0, 1_800_000_000_000, .max].map(Instant.init(milliseconds:)) {
            #expect(timetable.next(after: at).map { $0 > at } ?? true)
            #expect(timetable.previous(before: at).map { $0 < at } ?? true)
            _ = zone.local(at: at)
        }
    }

    @Test(arguments: [
        (Int.min, -93_600), (-93_601, -93_600), (-93_600, -93_600), (0, 0), (93_600, 93_600), (93_601, 93_600),
        (.max, 93_600),
    ])
    func `an offset that no zone has is taken for the nearest of 26 hours`(written: Int, offset: Int) {
        let epoch = Instant(milliseconds: 0)
        let zone = Zone(ZoneExcerpt(name: "odd", from: epoch, until: epoch, offset: written, changes: []))
        #expect(zone.offset(at: epoch) == offset)
    }

    @Test(
        arguments: [
            ("Europe/Stockholm", "2026-11-26T12:00:00Z", "2027-03-28T01:00:00.000Z"),
            ("Europe/Stockholm", "2027-03-28T00:59:59.999Z", "2027-03-28T01:00:00.000Z"),
            ("Europe/Stockholm", "2027-03-28T01:00:00Z", "2027-10-31T01:00:00.000Z"),
            ("Australia/Lord_Howe", "2026-11-26T12:00:00Z", "2027-04-03T15:00:00.000Z"),
            ("Europe/Stockholm", "2150-01-01T00:00:00Z", "2150-03-29T01:00:00.000Z"),
            ("Asia/Tokyo", "2026-11-26T12:00:00Z", nil), ("UTC", "2026-11-26T12:00:00Z", nil),
            ("Asia/Pyongyang", "2016-01-01T00:00:00Z", "2018-05-04T15:00:00.000Z"),
        ] as [(String, String, String?)])
    func `the next change of a zone's clock is told, where there is one`(name: String, after: String, at: String?)
        throws
    {
        #expect(try Zones.load(name).nextChange(after: instant(after))?.rfc3339 == at)
    }
}
