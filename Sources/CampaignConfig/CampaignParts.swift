// The campaigns of all files, in parts that are read each by itself: the parts of a large configuration on all cores at once.
// Begin at `CampaignParts.read`.
//
// A part has findings, schedules and zones of its own, and they are put together in the order of the files: what comes out is
// the same, however many cores there were and in whatever order they came to it.

package import Chronology
internal import SchedulerCore

/// The time zone of an IANA name, or nil where the host does not know it. Asked from several threads at once.
package typealias ZoneSource = @Sendable (String) -> Zone?

/// Calls a body once with each number below a count, perhaps on several cores, and returns when all calls have returned.
package typealias EachPart = @Sendable (_ count: Int, _ body: @escaping @Sendable (Int) -> Void) -> Void

/// What is read in one go.
enum CampaignUnit: Sendable {
    case entries([TOMLEntry])
    case piece(TOMLPiece, file: Int)

    /// Campaigns.
    fileprivate var count: Int {
        switch self {
        case .entries(let entries): entries.count
        case .piece(let piece, _): piece.sections.count
        }
    }
}

/// What came of one part.
struct CampaignPart {
    var findings: Findings
    var drafts: [DraftCampaign] = []
    var kept: [KeptCampaigns.Entry] = []
    var zones: [String: Zone] = [:]
    /// Who used calendars first.
    var calendarUsers: [String: String] = [:]
    /// Files of which a piece turned out to be no TOML, with the first such.
    var broken: [Int: TOMLReader.Failure] = [:]
}

struct CampaignParts: Sendable {
    /// More than most machines have cores, so that all of them have work to the end.
    private static let count = 16
    /// Below, one part is enough.
    private static let smallest = 64

    let files: [SourceFile]
    let surroundings: Surroundings
    let zones: ZoneSource
    let now: Instant
    /// Those that are of use in these surroundings.
    let kept: KeptLookup?

    /// In the order of the units.
    func read(_ units: [CampaignUnit], each: EachPart) -> [CampaignPart] {
        let shares = shares(of: units)
        let parts = shares.map { _ in Box() }
        each(shares.count) { index in
            var reader = PartReader(self, of: shares.count)
            for unit in units[shares[index]] { reader.read(unit) }
            parts[index].part = reader.result()
        }
        return parts.compactMap(\.part)
    }

    /// Written by the one call that has its number, and read when all calls have returned.
    private final class Box: @unchecked Sendable {
        var part: CampaignPart?
    }

    /// About the same number of campaigns each.
    private func shares(of units: [CampaignUnit]) -> [Range<Int>] {
        let total = units.reduce(0) { $0 + $1.count }
        let size = max(Self.smallest, total / Self.count)
        var shares: [Range<Int>] = []
        var (start, sum) = (0, 0)
        for (index, unit) in units.enumerated() {
            sum += unit.count
            guard sum >= size || index == units.count - 1 else { continue }
            shares.append(start..<index + 1)
            (start, sum) = (index + 1, 0)
        }
        return shares
    }
}

/// Reads one part, and what it makes use of is its own.
private struct PartReader {
    private let files: [SourceFile]
    private let kept: KeptLookup?
    private let zones: ZoneLookup
    private let calendars: Calendars
    private let reader: CampaignReader
    private var times: TimeCheck
    private var part: CampaignPart

    /// - Parameter count: Parts that share the bounds on work for words.
    init(_ parts: CampaignParts, of count: Int) {
        files = parts.files
        kept = parts.kept
        let findings = Findings(files: files, suggestions: max(1, Findings.suggestionLimit / count))
        let zones = ZoneLookup(parts.zones)
        let around = parts.surroundings
        calendars = Calendars(
            around.calendars, findings: findings, now: parts.now, reasons: max(1, Bounds.reasons / count))
        reader = CampaignReader(
            findings: findings, names: around.names, defaults: around.defaults, sandbox: around.sandbox,
            zone: around.zone, schedules: ScheduleReader(findings: findings, zones: zones.zone, now: parts.now),
            rules: DayRulesReader(findings: findings, calendars: calendars))
        times = TimeCheck(now: parts.now)
        part = CampaignPart(findings: findings)
        self.zones = zones
    }

    mutating func read(_ unit: CampaignUnit) {
        switch unit {
        case .entries(let entries):
            part.drafts += entries.compactMap { reader.read($0) }
        case .piece(let piece, let file):
            guard part.broken[file] == nil else { return }
            do throws(TOMLReader.Failure) {
                for section in piece.sections { try read(section, of: piece, file) }
            } catch {
                part.broken[file] = error
            }
        }
    }

    func result() -> CampaignPart {
        var part = part
        part.zones = zones.found
        part.calendarUsers = calendars.users
        return part
    }

    private mutating func read(_ section: TOMLSection, of piece: TOMLPiece, _ file: Int) throws(TOMLReader.Failure) {
        let place = Place(
            file: file, line: section.line, column: piece.prefixLength + 1, length: section.name.utf8.count)
        let name = CampaignName(section.name)
        if let entry = kept?.entry(name, section.range, of: files[file].bytes), times.isUntouched(entry.campaign) {
            for calendar in entry.calendars {
                _ = calendars.calendar(named: calendar, at: place, for: CampaignReader.title(section.name))
            }
            part.drafts.append(
                DraftCampaign(campaign: entry.campaign, place: place, afterPlace: entry.after?.place(below: place)))
            part.kept.append(entry.moved(to: section.range, file))
            return
        }
        let before = part.findings.count
        _ = calendars.takeAsked()
        guard let table = try TOMLReader(file: file).read(section, of: piece, in: files[file].bytes),
            let draft = reader.read(table)
        else { return }
        part.drafts.append(draft)
        if part.findings.count == before, draft.place == place {
            part.kept.append(
                KeptCampaigns.Entry(draft, section.range, file, calendars: calendars.takeAsked()))
        }
    }
}
