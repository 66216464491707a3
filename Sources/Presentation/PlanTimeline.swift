// The days of a plan, drawn: a day is a line of 24 hours for the exports, for each blackout, and for each occurrence. Begin at
// `lines`. Readings of the clock decide the columns, so a day on which the clock is moved is drawn like any other.

internal import Chronology
internal import ControlProtocol

private enum TimelineBounds {
    /// Occurrences of a campaign on one day that have a line each; more share one.
    static let lines = 3
    static let nameWidth = 20
    /// Days that are drawn: of a plan of a year each with something in it.
    static let days = 400
}

struct Timeline {
    private let screen: Screen
    private let plan: PlanDocument
    private let zone: Zone
    private let nameWidth: Int
    /// Columns of an hour.
    private let perHour: Int
    private let days: [Day]

    private struct Day {
        var day: CivilDay
        var from: Instant
        var until: Instant
        var occurrences: [(at: Instant, occurrence: PlannedOccurrenceDocument)] = []
    }

    init(_ screen: Screen, _ plan: PlanDocument) {
        self.screen = screen
        self.plan = plan
        let zone = screen.zone(plan.zone) ?? .utc
        self.zone = zone
        let names =
            plan.occurrences.map { screen.safe($0.campaign).count }
            + plan.blackouts.map { screen.safe($0.name).count + 2 }
        let nameWidth = min(TimelineBounds.nameWidth, max(names.max() ?? 0, Self.exportName.count))
        self.nameWidth = nameWidth
        perHour = [4, 2].first { nameWidth + 4 + 24 * $0 + Self.markWidth <= screen.width } ?? 1
        days = Self.days(of: plan, zone)
    }

    private static let exportName = "(usual export)"
    /// What the last hour's mark needs behind the axis.
    private static let markWidth = 5

    private var axis: Int { nameWidth + 4 }

    private static func days(of plan: PlanDocument, _ zone: Zone) -> [Day] {
        guard let from = Instant(rfc3339: plan.from), let until = Instant(rfc3339: plan.until), from < until else {
            return []
        }
        let first = zone.local(at: from).day.daysSinceEpoch
        let last = zone.local(at: until - .milliseconds(1)).day.daysSinceEpoch
        var days = (first...min(last, first + TimelineBounds.days)).map { number in
            Day(
                day: CivilDay(daysSinceEpoch: number), from: midnight(number, zone), until: midnight(number + 1, zone))
        }
        for occurrence in plan.occurrences where !occurrence.isHeld {
            guard let at = Instant(rfc3339: occurrence.nominal) else { continue }
            let place = zone.local(at: at).day.daysSinceEpoch - first
            if days.indices.contains(place) { days[place].occurrences.append((at, occurrence)) }
        }
        return days
    }

    private static func midnight(_ day: Int, _ zone: Zone) -> Instant {
        zone.instant(of: LocalTime(day: CivilDay(daysSinceEpoch: day), secondOfDay: 0))
    }

    // MARK: Days

    var lines: [String] {
        var lines: [String] = []
        var empty: [Day] = []
        for day in days {
            if day.occurrences.isEmpty {
                empty.append(day)
                continue
            }
            lines += gap(empty)
            empty = []
            lines += drawn(day)
        }
        lines += gap(empty)
        return lines + (lines.isEmpty ? [] : [""])
    }

    /// Days without anything to fire, in one line.
    private func gap(_ days: [Day]) -> [String] {
        guard let first = days.first, let last = days.last else { return [] }
        let span = days.count == 1 ? name(of: first) : "\(name(of: first)) to \(name(of: last))"
        return ["\(span): nothing is due"]
    }

    private func name(of day: Day) -> String {
        zone.dayName(day.day)
    }

    private func drawn(_ day: Day) -> [String] {
        [screen.style(header(day), .strong)] + exportLines(day) + blackoutLines(day) + occurrenceLines(day)
    }

    private func header(_ day: Day) -> String {
        var scale = ""
        for hour in stride(from: 0, through: 24, by: 3) {
            let digits = hour < 10 ? "0\(hour)" : "\(hour)"
            scale += digits + String(repeating: " ", count: 3 * perHour - 2 < 1 ? 1 : 3 * perHour - 2)
        }
        return (name(of: day).padded(to: axis) + scale).trimmingEnd()
    }

    /// - Parameter end: What stands behind the place where it is cut.
    private func label(_ text: String, end: String = "") -> String {
        let text = screen.safe(text)
        let short = text.count > nameWidth ? text.prefix(nameWidth - 1 - end.count) + "…" + end : text[...]
        return "  " + String(short).padded(to: nameWidth) + "  "
    }

    // MARK: Spans

    private func exportLines(_ day: Day) -> [String] {
        let sandboxes = Set(plan.exports.map(\.sandbox)).sorted()
        return sandboxes.compactMap { sandbox in
            var cells = [Character](repeating: "·", count: 24 * perHour)
            var isEmpty = true
            for export in plan.exports where export.sandbox == sandbox {
                guard let from = Instant(rfc3339: export.from), let until = Instant(rfc3339: export.until),
                    let latest = Instant(rfc3339: export.latest)
                else { continue }
                let isDrawn = [fill(&cells, "▒", until, latest, day), fill(&cells, "█", from, until, day)]
                if isDrawn[1] { isEmpty = false }
            }
            if isEmpty { return nil }
            return label(sandboxes.count == 1 ? Self.exportName : "(export \(sandbox))") + String(cells)
        }
    }

    private func blackoutLines(_ day: Day) -> [String] {
        let names = Set(plan.blackouts.map(\.name)).sorted()
        return names.compactMap { name in
            var cells = [Character](repeating: "·", count: 24 * perHour)
            var isEmpty = true
            for blackout in plan.blackouts where blackout.name == name {
                guard let from = Instant(rfc3339: blackout.from), let until = Instant(rfc3339: blackout.until) else {
                    continue
                }
                if fill(&cells, "░", from, until, day) { isEmpty = false }
            }
            return isEmpty ? nil : label("(\(name))", end: ")") + String(cells)
        }
    }

    /// Cells that a span touches. What is drawn already stays, except for `·` and `▒`.
    private func fill(
        _ cells: inout [Character], _ mark: Character, _ from: Instant, _ until: Instant, _ day: Day
    ) -> Bool {
        guard from < day.until, until > day.from, from < until else { return false }
        let first = from <= day.from ? 0 : cell(of: from)
        let last = until >= day.until ? cells.count - 1 : cell(of: until - .milliseconds(1))
        guard first <= last else { return false }
        for index in first...last where cells[index] == "·" || cells[index] == "▒" { cells[index] = mark }
        return true
    }

    private func cell(of instant: Instant) -> Int {
        min(24 * perHour - 1, zone.local(at: instant).secondOfDay * perHour / 3600)
    }

    // MARK: Occurrences

    private func occurrenceLines(_ day: Day) -> [String] {
        let campaigns = Dictionary(grouping: day.occurrences, by: \.occurrence.campaign)
            .sorted { ($0.value[0].at, $0.key) < ($1.value[0].at, $1.key) }
        return campaigns.flatMap { name, own -> [String] in
            own.count > TimelineBounds.lines ? crowd(name, own) : own.flatMap(line)
        }
    }

    private func line(_ at: Instant, _ occurrence: PlannedOccurrenceDocument) -> [String] {
        let head =
            label(occurrence.campaign) + String(repeating: " ", count: cell(of: at)) + mark(of: occurrence)
            + zone.minute(at)
        return placed(screen.planWords(occurrence, plan.zone), behind: head)
    }

    private func mark(of occurrence: PlannedOccurrenceDocument) -> String {
        occurrence.state == "skipped" ? "×" : "▲"
    }

    /// The words stand behind the mark where they fit, and below the axis otherwise.
    private func placed(_ words: String, behind head: String) -> [String] {
        if head.count + 1 + words.count <= screen.width { return ["\(head) \(words)"] }
        return [head] + screen.wrapped(words, indent: axis)
    }

    /// More than a few on one day.
    private func crowd(_ name: String, _ own: [(at: Instant, occurrence: PlannedOccurrenceDocument)]) -> [String] {
        var cells = [Character](repeating: " ", count: 24 * perHour)
        for (at, occurrence) in own { cells[cell(of: at)] = mark(of: occurrence).first ?? "▲" }
        var words = "\(own.count) times from \(zone.minute(own[0].at)) to \(zone.minute(own[own.count - 1].at))"
        let waiting = own.count { !$0.occurrence.waits.isEmpty && $0.occurrence.lateSeconds >= 60 }
        let skipped = own.count { $0.occurrence.state == "skipped" }
        let expired = own.count { $0.occurrence.state == "expired" }
        if waiting > 0 { words += ", \(waiting) late" }
        if skipped > 0 { words += ", \(skipped) skipped" }
        if expired > 0 { words += ", \(expired) would expire" }
        return [(label(name) + String(cells)).trimmingEnd()] + screen.wrapped(words, indent: axis)
    }
}

extension Zone {
    /// `Fri 27 Nov`.
    fileprivate func dayName(_ day: CivilDay) -> String {
        let weekdays = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        return "\(weekdays[day.weekday]) \(day.day) \(months[day.month - 1])"
    }
}
