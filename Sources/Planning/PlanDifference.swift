// What an edited configuration would change: two plans compared, occurrence by occurrence. Begin at `init`.

internal import Chronology
package import ControlProtocol

extension PlanDifferenceDocument {
    /// Compares by campaign: what is at the same nominal time is the same, and what goes and comes on one day was moved.
    ///
    /// - Parameters:
    ///   - old: The plan of what is in use.
    ///   - new: The plan of the edited configuration, over the same days.
    package init(from old: PlanDocument, to new: PlanDocument) {
        let end = [old.cut?.at, new.cut?.at].compactMap { $0 }.compactMap { Instant(rfc3339: $0) }.min()
        let before = Dictionary(grouping: Self.comparable(old, until: end), by: \.campaign)
        let after = Dictionary(grouping: Self.comparable(new, until: end), by: \.campaign)
        var changes: [Change] = []
        var unchanged = 0
        for name in Set(before.keys).union(after.keys).sorted() {
            let pairing = Pairing(before[name] ?? [], after[name] ?? [])
            changes += pairing.changes
            unchanged += pairing.unchanged
        }
        let known = Set(old.warnings.map { "\($0.code) \($0.campaign ?? "")" })
        self.init(
            from: new.from, until: new.until, changes: changes, unchanged: unchanged,
            warnings: new.warnings.filter { !known.contains("\($0.code) \($0.campaign ?? "")") },
            cut: new.cut ?? old.cut)
    }

    /// What is due before the plan begins is due under the rules of before, whatever the files say.
    private static func comparable(_ plan: PlanDocument, until: Instant?) -> [PlannedOccurrenceDocument] {
        plan.occurrences.filter { occurrence in
            !occurrence.isHeld && occurrence.origin != "manual"
                && (until.map { end in Instant(rfc3339: occurrence.nominal).map { $0 < end } ?? false } ?? true)
        }
    }
}

/// The occurrences of one campaign, before and after.
private struct Pairing {
    private(set) var changes: [PlanDifferenceDocument.Change] = []
    private(set) var unchanged = 0

    /// Occurrences that follow something come when a poll sees it: within this they are the same.
    private static let near = Duration.seconds(10 * 60)

    init(_ before: [PlannedOccurrenceDocument], _ after: [PlannedOccurrenceDocument]) {
        var coming = after
        var going: [PlannedOccurrenceDocument] = []
        for old in before {
            guard let place = coming.firstIndex(where: { Self.isSame(old, $0) }) else {
                going.append(old)
                continue
            }
            compare(old, coming.remove(at: place))
        }
        for old in going {
            guard let place = coming.firstIndex(where: { $0.local.prefix(10) == old.local.prefix(10) }) else {
                changes.append(Self.change("removed", old.nominal, nil, old, ""))
                continue
            }
            let new = coming.remove(at: place)
            changes.append(Self.change("moved", old.nominal, new.nominal, new, Self.details(old, new)))
        }
        changes += coming.map { new in
            Self.change("added", nil, new.nominal, new, new.reason ?? Self.counted(new.activations, "activation"))
        }
        changes.sort { ($0.after ?? $0.before ?? "", $0.kind) < ($1.after ?? $1.before ?? "", $1.kind) }
    }

    private static func isSame(_ old: PlannedOccurrenceDocument, _ new: PlannedOccurrenceDocument) -> Bool {
        if old.nominal == new.nominal { return true }
        guard old.origin == new.origin, old.origin != "timetable", let left = Instant(rfc3339: old.nominal),
            let right = Instant(rfc3339: new.nominal)
        else { return false }
        return (right - left).milliseconds.magnitude <= near.milliseconds.magnitude
    }

    private mutating func compare(_ old: PlannedOccurrenceDocument, _ new: PlannedOccurrenceDocument) {
        let details = Self.details(old, new)
        if details.isEmpty {
            unchanged += 1
        } else {
            changes.append(Self.change("changed", old.nominal, new.nominal, new, details))
        }
    }

    /// What else differs, in words; nothing where nothing does.
    private static func details(_ old: PlannedOccurrenceDocument, _ new: PlannedOccurrenceDocument) -> String {
        var parts: [String] = []
        // One that has not ended where a plan was cut has no other end.
        let isOpen = [old.state, new.state].contains { $0 == "running" || $0 == "waiting" }
        if old.state != new.state, !isOpen {
            parts.append("\(old.state) -> \(new.state)\(new.reason.map { ": \($0)" } ?? "")")
        }
        if old.activations != new.activations, old.state != "skipped", new.state != "skipped" {
            parts.append("\(old.activations) -> \(counted(new.activations, "activation"))")
        }
        return parts.joined(separator: "; ")
    }

    private static func counted(_ count: Int, _ noun: String) -> String {
        "\(count) \(noun)\(count == 1 ? "" : "s")"
    }

    private static func change(
        _ kind: String, _ before: String?, _ after: String?, _ occurrence: PlannedOccurrenceDocument, _ detail: String
    ) -> PlanDifferenceDocument.Change {
        PlanDifferenceDocument.Change(
            kind: kind, campaign: occurrence.campaign, zone: occurrence.zone, before: before, after: after,
            detail: detail)
    }
}
