import Chronology
import Foundation
import Testing

/// Goal: a wall clock's reading becomes the instant that an admin means, also where clocks are moved.
@Suite struct ZoneTests {
    @Test(arguments: [
        ("2026-03-29T01:59:59", "2026-03-29T00:59:59.000Z"),  // before the gap
        ("2026-03-29T02:30:00", "2026-03-29T01:00:00.000Z"),  // in it: the first instant after
        ("2026-03-29T03:00:00", "2026-03-29T01:00:00.000Z"),
        ("2026-10-25T02:30:00", "2026-10-25T00:30:00.000Z"),  // repeated: the first
        ("2026-10-25T03:00:00", "2026-10-25T02:00:00.000Z"),
        ("2150-07-01T12:00:00", "2150-07-01T10:00:00.000Z"),  // by the footer's rule
    ])
    func `a reading of a clock in Stockholm has the instant that the policy says`(local: String, expected: String)
        throws
    {
        let zone = try Zones.load("Europe/Stockholm")
        #expect(zone.instant(of: reading(local)).rfc3339 == expected)
    }

    @Test func `a zone that moves by half an hour has a gap of half an hour`() throws {
        let zone = try Zones.load("Australia/Lord_Howe")
        #expect(zone.instant(of: reading("2026-10-04T02:15:00")).rfc3339 == "2026-10-03T15:30:00.000Z")
    }

    @Test func `a day that a zone skipped is the first instant of the next`() throws {
        let zone = try Zones.load("Pacific/Apia")
        #expect(zone.instant(of: reading("2011-12-30T12:00:00")).rfc3339 == "2011-12-30T10:00:00.000Z")
    }

    @Test(arguments: ["Europe/Stockholm", "America/New_York", "Asia/Tokyo", "America/Sao_Paulo", "Africa/Casablanca"])
    func `offsets agree with Foundation's zones every nine days for sixty years`(name: String) throws {
        let zone = try Zones.load(name)
        let other = try #require(TimeZone(identifier: name))
        for step in 0..<2400 {
            let seconds = Int64(step) * 9 * 86_400 + 1
            let expected = other.secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds)))
            #expect(zone.offset(at: Instant(seconds: seconds)) == expected, "\(name) at \(seconds)")
        }
    }

    @Test func `a zone file cut at any length is refused with a name`() throws {
        let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: "/usr/share/zoneinfo/Europe/Stockholm")))
        for length in 0..<(bytes.count - 1) {
            #expect(throws: ZoneError.self) { try Zone(name: "cut", tzif: Array(bytes[..<length])) }
        }
    }

    @Test func `a zone file with any byte changed is read or refused, and never traps`() throws {
        let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: "/usr/share/zoneinfo/America/New_York")))
        for index in bytes.indices {
            for value: UInt8 in [0, 0x7f, 0xff] {
                var changed = bytes
                changed[index] = value
                guard let zone = try? Zone(name: "changed", tzif: changed) else { continue }
                _ = zone.instant(of: LocalTime(year: 2040, month: 5, day: 5, hour: 5, minute: 5, second: 5))
            }
        }
    }

    private func reading(_ text: String) -> LocalTime {
        LocalTime(unzonedSeconds: instant(text + "Z").milliseconds / 1000)
    }
}
