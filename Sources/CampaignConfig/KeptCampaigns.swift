// Campaigns of the load before. A reload of a large file mostly finds the sections that were there already: a section with the
// same bytes in the same surroundings is the same campaign, and is not read again. Begin at `KeptLookup.entry`.
//
// Nothing is kept of which something was found, were it a warning: that is to be found again. What may be found at another time
// alone, since dates have passed meanwhile, is looked at in `TimeCheck`.

internal import Chronology
internal import SchedulerCore

/// What a load leaves to the next one. Empty where no file was read in pieces.
package struct KeptCampaigns: Sendable {
    struct Entry: Sendable {
        var campaign: Campaign
        /// Of the section in the file's bytes.
        var range: Range<Int32>
        var file: Int32
        /// Of the value of `after`, in lines from the header.
        var after: RelativePlace?
        /// Calendars that it asked for.
        var calendars: [String]

        init(_ draft: DraftCampaign, _ range: Range<Int>, _ file: Int, calendars: [String]) {
            campaign = draft.campaign
            self.range = Int32(range.lowerBound)..<Int32(range.upperBound)
            self.file = Int32(file)
            after = draft.afterPlace.map { RelativePlace($0, below: draft.place) }
            self.calendars = calendars
        }

        /// The same where it stands now.
        func moved(to range: Range<Int>, _ file: Int) -> Entry {
            var entry = self
            entry.range = Int32(range.lowerBound)..<Int32(range.upperBound)
            entry.file = Int32(file)
            return entry
        }
    }

    /// A place by its distance from the header.
    struct RelativePlace: Sendable {
        private var line: Int32
        private var column: Int32
        private var length: Int32

        init(_ place: Place, below header: Place) {
            line = Int32(place.line - header.line)
            column = Int32(place.column)
            length = Int32(place.length)
        }

        func place(below header: Place) -> Place {
            Place(file: header.file, line: header.line + Int(line), column: Int(column), length: Int(length))
        }
    }

    private let surroundings: Surroundings?
    /// As the zones were that campaigns asked for.
    private let zones: [String: Zone]
    private let files: [SourceFile]
    private let entries: [Entry]

    package static let none = KeptCampaigns()

    private init() {
        (surroundings, zones, files, entries) = (nil, [:], [], [])
    }

    /// - Parameter before: What the parts were read with.
    init(_ parts: [CampaignPart], _ surroundings: Surroundings, files: [SourceFile], after before: KeptCampaigns?) {
        entries = parts.flatMap(\.kept)
        self.surroundings = entries.isEmpty ? nil : surroundings
        zones = entries.isEmpty ? [:] : parts.reduce(into: before?.zones ?? [:]) { $0.merge($1.zones) { $1 } }
        // The bytes of files without entries are not held for nothing.
        let used = Set(entries.lazy.map(\.file))
        self.files = files.enumerated().map { index, file in
            used.contains(Int32(index)) ? file : SourceFile(path: file.path, bytes: [])
        }
    }

    /// Where the zones are what they were: a source of them that gives the very values which kept campaigns hold.
    func zones(beside source: @escaping ZoneSource) -> ZoneSource? {
        guard zones.allSatisfy({ source($0.key) == $0.value }) else { return nil }
        return { [zones] name in zones[name] ?? source(name) }
    }

    /// What is kept by name, where it is of any use to campaigns in these surroundings.
    func lookup(in present: Surroundings) -> KeptLookup? {
        guard let surroundings, surroundings.mean(theSameAs: present) else { return nil }
        return KeptLookup(self, files, entries)
    }
}

/// For the time of one load, so that the names are not held twice in between.
struct KeptLookup: Sendable {
    let all: KeptCampaigns
    private let files: [SourceFile]
    private let entries: [Entry]
    private let places: [CampaignName: Int]

    typealias Entry = KeptCampaigns.Entry

    init(_ all: KeptCampaigns, _ files: [SourceFile], _ entries: [Entry]) {
        self.all = all
        self.files = files
        self.entries = entries
        var places: [CampaignName: Int] = [:]
        places.reserveCapacity(entries.count)
        for (place, entry) in entries.enumerated() { places[entry.campaign.name] = place }
        self.places = places
    }

    /// The entry of a section with the same bytes, if there is one.
    func entry(_ name: CampaignName, _ section: Range<Int>, of bytes: [UInt8]) -> Entry? {
        guard let place = places[name], entries[place].range.count == section.count else { return nil }
        let entry = entries[place]
        let start = Int(entry.range.lowerBound)
        let isEqual = files[Int(entry.file)].bytes.withUnsafeBufferPointer { old in
            bytes.withUnsafeBufferPointer { new in
                for offset in 0..<section.count where old[start + offset] != new[section.lowerBound + offset] {
                    return false
                }
                return true
            }
        }
        return isEqual ? entry : nil
    }
}

/// Whether a campaign that gave no reason for a finding at another time gives none now.
struct TimeCheck {
    private struct Key: Hashable {
        var text: String
        var zone: String
    }

    /// More different ones are looked at and not remembered.
    private static let limit = 20_000

    let now: Instant
    private var known: [Key: Bool] = [:]

    init(now: Instant) {
        self.now = now
    }

    mutating func isUntouched(_ campaign: Campaign) -> Bool {
        guard case .timetable(let timetable) = campaign.trigger else { return true }
        let key = Key(text: timetable.text, zone: timetable.zone.name)
        if let known = known[key] { return known }
        let isUntouched = isUntouched(timetable)
        if known.count < Self.limit { known[key] = isUntouched }
        return isUntouched
    }

    private func isUntouched(_ timetable: Timetable) -> Bool {
        if let ends = timetable.ends, ends <= now { return false }
        for part in timetable.parts {
            switch part.schedule {
            case .at(let instants):
                if let first = instants.first, first <= now { return false }
            case .every:
                return false  // a change of the clock may have come near
            case .calendar, .cron, .recurrence:
                if Timetable(parts: [part], text: "").next(after: now) == nil { return false }
            }
        }
        let isMore =
            timetable.parts.count > 1 || timetable.rules != nil || timetable.starts != nil || timetable.ends != nil
        return !isMore || timetable.next(after: now) != nil
    }
}
