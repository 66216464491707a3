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

    @Test(arguments: [
        // Midnight is skipped, or shown twice.
        ("Asia/Beirut", "2026-03-29T00:00:00", "2026-03-28T22:00:00.000Z"),
        ("Asia/Beirut", "2026-03-29T00:59:59", "2026-03-28T22:00:00.000Z"),
        ("Asia/Beirut", "2026-10-24T23:30:00", "2026-10-24T20:30:00.000Z"),
        ("Asia/Beirut", "2026-10-25T00:00:00", "2026-10-24T22:00:00.000Z"),
        ("Africa/Cairo", "2026-04-24T00:30:00", "2026-04-23T22:00:00.000Z"),
        ("America/Sao_Paulo", "2018-11-04T00:00:00", "2018-11-04T03:00:00.000Z"),
        ("America/Sao_Paulo", "2019-02-16T23:30:00", "2019-02-17T01:30:00.000Z"),
        // A day is skipped, eastwards.
        ("Pacific/Kwajalein", "1993-08-21T15:00:00", "1993-08-21T12:00:00.000Z"),
        ("Pacific/Kwajalein", "1993-08-22T00:00:00", "1993-08-21T12:00:00.000Z"),
        // Two hours; an offset that is called daylight saving and is behind; one whose summer is standard time.
        ("Antarctica/Troll", "2026-03-29T02:30:00", "2026-03-29T01:00:00.000Z"),
        ("Antarctica/Troll", "2026-10-25T01:30:00", "2026-10-24T23:30:00.000Z"),
        ("Africa/Casablanca", "2025-03-01T12:00:00", "2025-03-01T12:00:00.000Z"),
        ("Africa/Casablanca", "2025-07-01T12:00:00", "2025-07-01T11:00:00.000Z"),
        ("Africa/El_Aaiun", "2025-03-01T12:00:00", "2025-03-01T12:00:00.000Z"),
        ("Europe/Dublin", "2026-03-29T01:30:00", "2026-03-29T01:00:00.000Z"),
        ("Europe/Dublin", "2026-10-25T01:30:00", "2026-10-25T00:30:00.000Z"),
        // By the rules of footers.
        ("Europe/Stockholm", "2100-03-28T02:30:00", "2100-03-28T01:00:00.000Z"),
        ("America/New_York", "2100-11-07T01:30:00", "2100-11-07T05:30:00.000Z"),
        ("Australia/Lord_Howe", "2100-10-03T02:15:00", "2100-10-02T15:30:00.000Z"),
    ])
    func `clocks that are moved at midnight, by a day, by two hours and far ahead are read by the policy`(
        name: String, local: String, expected: String
    ) throws {
        #expect(try Zones.load(name).instant(of: reading(local)).rfc3339 == expected)
    }

    @Test(arguments: ["Europe/Stockholm", "America/New_York", "Asia/Tokyo", "America/Sao_Paulo", "Africa/Casablanca"])
    func `offsets agree with Foundation's zones every nine days since 1970`(name: String) throws {
        let zone = try Zones.load(name)
        let other = try #require(TimeZone(identifier: name))
        // Up to the end of 2025: of later years the two databases may know different rules.
        for step in 0..<2_272 {
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

    /// A zone file of one period, UTC+1 until `transitions`, and a footer.
    private func file(transitions: [Int64] = [], footer: String) -> [UInt8] {
        func header(_ times: Int) -> [UInt8] {
            Array("TZif2".utf8) + [UInt8](repeating: 0, count: 27) + [0, 0, 0, UInt8(times), 0, 0, 0, 1, 0, 0, 0, 4]
        }
        let types: [UInt8] = [0, 0, 0x0E, 0x10, 0, 0] + Array("CET\0".utf8)
        let times = transitions.flatMap { time in (0..<8).reversed().map { UInt8(truncatingIfNeeded: time >> ($0 * 8)) }
        }
        let indices = [UInt8](repeating: 0, count: transitions.count)
        return header(0) + types + header(transitions.count) + times + indices + types + Array("\n\(footer)\n".utf8)
    }

    @Test(arguments: [Int64.min, .min + 1, -1, 0, .max - 1, .max])
    func `a zone file may name any second there is`(second: Int64) throws {
        let zone = try Zone(name: "odd", tzif: file(transitions: [second], footer: "CET-1CEST,M3.5.0,M10.5.0/3"))
        #expect(zone.instant(of: reading("2126-07-01T12:00:00")) <= Instant(rfc3339: "2126-07-01T11:00:00Z")!)
        let local = LocalTime(unzonedSeconds: second)
        #expect((0..<86_400).contains(local.secondOfDay) && (1...12).contains(local.day.month))
        #expect(second < -9_000_000_000_000_000_000 || local.unzonedSeconds == second)
    }

    @Test func `a footer's offset over a day is no time zone rule, and its changes may be days away`() throws {
        #expect(throws: ZoneError.self) { try Zone(name: "odd", tzif: file(footer: "XXX-25YYY,0,365")) }
        #expect(throws: ZoneError.self) { try Zone(name: "odd", tzif: file(footer: "XXX-1YYY-167,0,365")) }
        _ = try Zone(name: "odd", tzif: file(footer: "XXX-24YYY,0/167,365/-167"))
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
