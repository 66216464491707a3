// Time zones, from the bytes of the system's zone files (TZif), so that an update of the operating system's zone data
// reaches the daemon. Begin at `instant(of:)`, which holds the policy for clocks that are moved.
//
// Pure: whoever loads a zone reads the file.

/// A time zone: a name and the offsets from UTC over time. Copies share their table.
package struct Zone: Equatable, Sendable {
    package let name: String
    let table: ZoneTable

    package static let utc = Zone(
        name: "UTC", table: ZoneTable(transitions: [], first: ZoneTable.Period(offset: 0, abbreviation: "UTC")))

    init(name: String, table: ZoneTable) {
        self.name = name
        self.table = table
    }

    /// Reads a zone file.
    ///
    /// - Parameters:
    ///   - name: The IANA name under which the file was found.
    ///   - tzif: The whole file, at most ``ZoneTable/fileSizeLimit`` bytes.
    /// - Throws: ``ZoneError`` for bytes that are no zone file; the caller treats the zone as unknown.
    /// - Source: RFC 8536 (TZif) and POSIX.1-2017, chapter 8.3, for the footer.
    package init(name: String, tzif: [UInt8]) throws(ZoneError) {
        self.init(name: name, table: try TZif.table(from: tzif))
    }

    /// The next instant at which the offset is another one; nil where it never changes again. An abbreviation that changes
    /// alone is no change.
    package func nextChange(after instant: Instant) -> Instant? {
        table.nextChange(after: instant.wholeSeconds).map(Instant.init(seconds:))
    }

    /// The last change at or before an instant, of the offset or of something else; nil where there was none.
    func lastChange(upTo instant: Instant) -> Instant? {
        table.lastTransition(upTo: instant.wholeSeconds).map(Instant.init(seconds:))
    }

    /// Seconds that the zone's clock is ahead of UTC.
    package func offset(at instant: Instant) -> Int {
        table.period(at: instant.wholeSeconds).offset
    }

    /// Such as `CET`.
    package func abbreviation(at instant: Instant) -> String {
        table.period(at: instant.wholeSeconds).abbreviation
    }

    package func local(at instant: Instant) -> LocalTime {
        LocalTime(unzonedSeconds: instant.wholeSeconds.saturatingAdd(Int64(offset(at: instant))))
    }

    /// When a wall clock of this zone shows a time. A time that is skipped is the first instant after the gap; of a time
    /// that is repeated it is the first.
    package func instant(of local: LocalTime) -> Instant {
        Instant(seconds: table.seconds(ofUnzoned: local.unzonedSeconds))
    }

    /// The same for a clock that is read to the millisecond; see ``Unzoned``.
    func instant(ofUnzoned reading: Int64) -> Instant {
        let (day, time) = Unzoned.dayAndTime(reading)
        let seconds = Int64(day) * 86_400 + Int64(time / 1000)
        let instant = Instant(seconds: table.seconds(ofUnzoned: seconds))
        // Clocks are moved at whole seconds, so a part of a second is there where its second is.
        guard time % 1000 > 0, local(at: instant).unzonedSeconds == seconds else { return instant }
        return instant + .milliseconds(time % 1000)
    }

    /// The latest time that a clock of this zone has shown by an instant: what it shows, or, in the second run of a
    /// repeated hour, the end of the first run. See ``Unzoned``.
    ///
    /// - Parameter instant: In the years that ``Timetable`` looks at.
    func latestReading(upTo instant: Instant) -> Int64 {
        table.latestReading(upTo: instant.milliseconds, instant.wholeSeconds)
    }

    package static func == (left: Zone, right: Zone) -> Bool {
        left.name == right.name && (left.table === right.table || left.table.hasSameRules(as: right.table))
    }
}

/// Why bytes are no zone file.
package enum ZoneError: Error, Equatable, Sendable {
    case notAZoneFile
    case truncated
    case tooLarge
    case inconsistent(String)
}

final class ZoneTable: Sendable {
    /// The largest zone file of the IANA database is under 4 kB.
    static let fileSizeLimit = 256 * 1024
    /// The footer's rules are written out up to the end of this year; later instants keep the last offset.
    static let lastYear = 2200

    struct Period: Equatable, Sendable {
        var offset: Int
        var abbreviation: String
    }

    struct Transition: Equatable, Sendable {
        /// Seconds since 1970 in UTC: the period holds from here.
        var at: Int64
        var period: Period
    }

    private let transitions: [Transition]
    private let first: Period

    init(transitions: [Transition], first: Period) {
        self.transitions = transitions
        self.first = first
    }

    func hasSameRules(as other: ZoneTable) -> Bool {
        first == other.first && transitions == other.transitions
    }

    /// How many transitions are at or before an instant.
    private func count(upTo seconds: Int64) -> Int {
        var low = 0
        var high = transitions.count
        while low < high {
            let middle = (low + high) / 2
            if transitions[middle].at <= seconds { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// In their order, at most so many.
    func transitions(after seconds: Int64, limit: Int) -> ArraySlice<Transition> {
        transitions[count(upTo: seconds)...].prefix(limit)
    }

    func nextChange(after seconds: Int64) -> Int64? {
        let count = count(upTo: seconds)
        let offset = offset(before: count)
        return transitions[count...].first { $0.period.offset != offset }?.at
    }

    func lastTransition(upTo seconds: Int64) -> Int64? {
        let count = count(upTo: seconds)
        return count == 0 ? nil : transitions[count - 1].at
    }

    func period(at seconds: Int64) -> Period {
        let count = count(upTo: seconds)
        return count == 0 ? first : transitions[count - 1].period
    }

    /// Seconds; no offset is larger.
    static let offsetLimit = 26 * 3600

    func latestReading(upTo milliseconds: Int64, _ seconds: Int64) -> Int64 {
        var index = count(upTo: seconds)
        var latest = milliseconds + Int64(offset(before: index)) * 1000
        // Up to here earlier periods can have shown later times.
        let horizon = seconds - 2 * Int64(Self.offsetLimit)
        while index > 0, transitions[index - 1].at > horizon {
            index -= 1
            latest = max(latest, (transitions[index].at + Int64(offset(before: index))) * 1000 - 1)
        }
        return latest
    }

    /// The offset of the period that ends with a transition.
    private func offset(before index: Int) -> Int {
        index == 0 ? first.offset : transitions[index - 1].period.offset
    }

    /// The earliest instant whose clock shows the unzoned seconds; the end of the gap where none does.
    func seconds(ofUnzoned local: Int64) -> Int64 {
        // Periods that ended earlier did not show it. The walk ends at the latest with the period that holds when UTC is
        // past it by the largest offset.
        var index = count(upTo: local.saturatingAdd(-Int64(Self.offsetLimit)))
        var start = Int64.min
        while true {
            let stop = index < transitions.count ? transitions[index].at : Int64.max
            let candidate = local.saturatingAdd(-Int64(offset(before: index)))
            if candidate < start { return start }  // the clock jumped over it at `start`
            if candidate < stop || index == transitions.count { return candidate }
            start = stop
            index += 1
        }
    }
}

extension Instant {
    /// Seconds since 1970, rounded down.
    var wholeSeconds: Int64 {
        milliseconds >= 0 ? milliseconds / 1000 : -((-(milliseconds + 1)) / 1000) - 1
    }
}
