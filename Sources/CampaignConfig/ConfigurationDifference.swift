// What a reload changes: campaigns that are new, changed, unchanged and removed, as data and as lines. Begin at `init`.

internal import Chronology
package import SchedulerCore

/// The difference of two configurations, for the log and for `activationctl reload`.
package struct ConfigurationDifference: Equatable, Codable, Sendable {
    /// One setting of a campaign, before and after, in the words of the file.
    package struct Change: Equatable, Codable, Sendable {
        package var key: String
        package var before: String
        package var after: String
    }

    package struct ChangedCampaign: Equatable, Codable, Sendable {
        package var name: CampaignName
        /// At least one.
        package var changes: [Change]
    }

    /// All in the order of names.
    package var added: [CampaignName]
    package var changed: [ChangedCampaign]
    package var unchanged: [CampaignName]
    package var removed: [CampaignName]
    /// Tables of the main file that differ, such as `polling`, in the order of the shipped example.
    package var changedSettings: [String]

    /// - Parameter old: Nil at the first load: then every campaign is new.
    package init(from old: Configuration?, to new: Configuration) {
        let before = old?.campaigns ?? [:]
        added = []
        removed = before.keys.filter { new.campaigns[$0] == nil }.sorted()
        changed = []
        unchanged = []
        let describe = CampaignWords(names: new)
        for (name, right) in new.campaigns {
            guard let left = before[name] else {
                added.append(name)
                continue
            }
            let changes = left == right ? [] : describe.changes(from: left, to: right)
            if changes.isEmpty {
                unchanged.append(name)
            } else {
                changed.append(ChangedCampaign(name: name, changes: changes))
            }
        }
        added.sort()
        changed.sort { $0.name < $1.name }
        unchanged.sort()
        changedSettings = old.map { Self.settings($0, new) } ?? []
    }

    package var isEmpty: Bool { added.isEmpty && changed.isEmpty && removed.isEmpty && changedSettings.isEmpty }

    /// Of each kind so many campaigns have a line; of more the number is told. Whole lists are in the other members.
    private static let lineLimit = 100

    /// `+` new, `~` changed, `-` removed, `=` unchanged, and the settings that changed; indented by two.
    package var lines: [String] {
        let (added, changed) = (added.prefix(Self.lineLimit), changed.prefix(Self.lineLimit))
        let removed = removed.prefix(Self.lineLimit)
        let width = min(40, (added + removed + changed.map(\.name)).map(\.text.count).max() ?? 0)
        func padded(_ name: CampaignName) -> String {
            name.text + String(repeating: " ", count: max(0, width - name.text.count))
        }
        func rest(_ mark: String, _ shown: Int, of all: Int) -> [String] {
            all > shown ? ["  \(mark) … and \(all - shown) more"] : []
        }
        var lines = added.map { "  + \($0)" } + rest("+", added.count, of: self.added.count)
        for campaign in changed {
            let words = campaign.changes.map { "\($0.key) \($0.before) -> \($0.after)" }
            lines.append("  ~ \(padded(campaign.name))  \(words.joined(separator: "; "))")
        }
        lines += rest("~", changed.count, of: self.changed.count)
        lines += removed.map { "  - \($0)" } + rest("-", removed.count, of: self.removed.count)
        if !unchanged.isEmpty { lines.append("  = \(unchanged.count) unchanged") }
        if !changedSettings.isEmpty { lines.append("  ~ settings: \(changedSettings.joined(separator: ", "))") }
        return lines.map { $0.escapedForTerminal() }
    }

    private static func settings(_ old: Configuration, _ new: Configuration) -> [String] {
        let comparisons: [(String, Bool)] = [
            (
                "daemon",
                old.keep == new.keep && old.logLevel == new.logLevel && old.metricsAddress == new.metricsAddress
            ),
            ("platform", old.platform == new.platform),
            ("guardrails", old.guardrails == new.guardrails),
            ("polling", old.polling == new.polling),
            ("limits", old.limits == new.limits),
            ("blackout", old.blackouts == new.blackouts),
            ("notify", old.notifications == new.notifications),
            ("names", old.dataflowNames == new.dataflowNames && old.audienceNames == new.audienceNames),
        ]
        return comparisons.filter { !$0.1 }.map(\.0)
    }
}

/// A campaign's settings in the words of the file.
private struct CampaignWords {
    let names: Configuration

    func changes(from old: Campaign, to new: Campaign) -> [ConfigurationDifference.Change] {
        var changes = zip(words(old), words(new)).filter { $0.1 != $1.1 }.map { before, after in
            ConfigurationDifference.Change(key: before.0, before: before.1, after: after.1)
        }
        changes += calendarChanges(old.trigger, new.trigger)
        if old.pairs != new.pairs { changes.append(pairChange(old.pairs, new.pairs)) }
        return changes
    }

    private func words(_ campaign: Campaign) -> [(String, String)] {
        [
            ("schedule", trigger(campaign.trigger)),
            ("timezone", campaign.zone.name),
            ("enabled", "\(campaign.isEnabled)"),
            ("sandbox", campaign.sandbox.text),
            ("description", campaign.description.quoted),
            ("start_within", campaign.startWithin.text),
            ("catch_up", campaign.catchUp.text),
            ("overlap", campaign.overlap.rawValue),
            ("on_doubt", campaign.onDoubt.rawValue),
            ("jitter", campaign.jitter.text),
            ("max_occurrences", campaign.maximumOccurrences.map(String.init) ?? "none"),
        ]
    }

    private func trigger(_ trigger: Trigger) -> String {
        switch trigger {
        case .timetable(let timetable): timetable.text
        case .afterExport: "after export"
        case .after(let campaign, let delay): "after \(campaign) by \(delay.text)"
        case .manual: "by hand"
        }
    }

    /// Calendars of the same name with other days: the text of a timetable has only their names.
    private func calendarChanges(_ old: Trigger, _ new: Trigger) -> [ConfigurationDifference.Change] {
        guard case .timetable(let before) = old, case .timetable(let after) = new, before.text == after.text else {
            return []
        }
        let pairs = [(before.rules?.except, after.rules?.except), (before.rules?.only, after.rules?.only)]
        return pairs.flatMap { zip($0 ?? [], $1 ?? []) }.filter { $0 != $1 }.map { before, after in
            let isCount = before.dayCount != after.dayCount
            return .init(
                key: "calendar \(after.name)", before: counted(before.dayCount, "date"),
                after: isCount ? counted(after.dayCount, "date") : "others")
        }
    }

    private func pairChange(_ old: [Pair], _ new: [Pair]) -> ConfigurationDifference.Change {
        let (before, after) = (Set(old), Set(new))
        let gone = old.filter { !after.contains($0) }
        let come = new.filter { !before.contains($0) }
        let isOrder = gone.isEmpty && come.isEmpty
        return .init(
            key: isOrder ? "order of activate" : "activate", before: list(gone, "-", of: old),
            after: list(come, "+", of: new))
    }

    /// Up to three pairs by the names that the admin gave.
    private func list(_ pairs: [Pair], _ sign: String, of all: [Pair]) -> String {
        let shown = pairs.prefix(3).map { pair in
            let audience = names.audienceNames[pair.audience] ?? pair.audience.text
            return "\(sign)\(audience) to \(names.dataflowNames[pair.dataflow] ?? pair.dataflow.text)"
        }
        let rest = pairs.count > 3 ? " and \(pairs.count - 3) more" : ""
        let change = shown.isEmpty ? "" : " (\(shown.joined(separator: ", "))\(rest))"
        return counted(all.count, "pair") + change
    }
}
