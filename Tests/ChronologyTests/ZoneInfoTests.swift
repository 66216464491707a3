import Chronology
import Foundation
import Testing

/// Goal: every change of every zone is where another reader of the same files has it.
@Suite(.enabled(if: ZoneInfo.python != nil && !DailyScheduleTests.names.isEmpty, "zoneinfo or tzdata.zi is not here"))
struct ZoneInfoTests {
    @Test func `offsets and abbreviations from 1970 to 2050 change when Python's zoneinfo says`() throws {
        let names = DailyScheduleTests.names
        let (from, to) = (Int64(0), instant("2051-01-01T00:00:00Z").milliseconds / 1000)
        let theirs = try ZoneInfo.changes(of: names, from: from, to: to)
        try #require(theirs.count == names.count)
        var changes = 0
        for (name, expected) in zip(names, theirs) {
            let zone = try Zones.load(name)
            for (index, change) in expected.enumerated() {
                let end = index + 1 < expected.count ? expected[index + 1].at : to
                // What holds from its first second to its last; between, the offset has no change of ours.
                for second in [change.at, change.at + (end - change.at) / 2, end - 1] {
                    let at = Instant(seconds: second)
                    try #require(zone.offset(at: at) == change.offset, "\(name) at \(at.rfc3339)")
                    try #require(zone.abbreviation(at: at) == change.abbreviation, "\(name) at \(at.rfc3339)")
                }
                let next = zone.nextChange(after: Instant(seconds: change.at))
                try #require(next.map { $0 >= Instant(seconds: end) } ?? true, "\(name) after \(change.at)")
            }
            changes += expected.count - 1
        }
        print("zoneinfo: \(names.count) zones with \(changes) changes from 1970 to 2050 agree")
        #expect(names.count >= 400 && changes > 20_000)
    }
}
