// [campaign.NAME]: one table → one campaign, with the places that the checks over all campaigns need. Begin at `read`.

internal import Chronology
internal import SchedulerCore

/// A campaign as it was read, and where its parts were written.
struct DraftCampaign {
    var campaign: Campaign
    var place: Place
    /// The value of `after`.
    var afterPlace: Place?
}

struct CampaignReader {
    static let keys =
        [
            "description", "enabled", "sandbox", "timezone", "schedule", "cron", "every", "rrule", "from", "at",
            "after_export", "after", "delay", "exdate", "only", "starts", "ends", "max_occurrences", "activate",
        ] + CampaignDefaults.keys

    let findings: Findings
    let names: KnownNames
    let defaults: CampaignDefaults
    let sandbox: SandboxName
    let zone: Zone
    let schedules: ScheduleReader
    let rules: DayRulesReader

    /// As people write it.
    static func title(_ name: String) -> String { "campaign \(name.quoted)" }

    /// The campaign, or nil when what would identify it is faulty. Other faults are reported, and make the load fail.
    func read(_ entry: TOMLEntry) -> DraftCampaign? {
        guard Shape.isCampaignName(entry.key) else {
            findings.error(
                .badName, at: entry.keyPlace, "\(entry.key.quoted) is not a name for a campaign",
                accepted: Shape.campaignNameRule, remedy: "Rename the campaign.")
            return nil
        }
        guard case .table(let inner) = entry.value.content else {
            findings.error(
                .wrongType, at: entry.value.place, "campaign \(entry.key.quoted) is \(entry.value.kind)",
                accepted: "a table", remedy: "Write [campaign.\(entry.key)].")
            return nil
        }
        let section = Section(
            inner, title: Self.title(entry.key), place: entry.keyPlace, keys: Self.keys, findings: findings)
        return read(section, named: CampaignName(entry.key))
    }

    private func read(_ section: Section, named name: CampaignName) -> DraftCampaign {
        let ownZone = schedules.zone(section) ?? zone
        let ownSandbox = SandboxReader(findings: findings).read(section).map { SandboxName($0.text) } ?? sandbox
        let settings = defaults.overridden(by: section, rules: rules)
        let trigger = trigger(section, settings.days, zone: ownZone)
        let campaign = Campaign(
            name: name, description: section.string("description", example: "\"…\"")?.text ?? "", sandbox: ownSandbox,
            trigger: trigger ?? .manual, zone: ownZone, isEnabled: section.boolean("enabled") ?? true,
            pairs: PairReader(findings: findings, names: names).read(section, sandbox: ownSandbox),
            startWithin: settings.startWithin, catchUp: settings.catchUp, overlap: settings.overlap,
            onDoubt: settings.onDoubt, jitter: settings.jitter,
            maximumOccurrences: section.integer("max_occurrences", in: Bounds.maximumOccurrences))
        return DraftCampaign(campaign: campaign, place: section.place, afterPlace: section.entry("after")?.value.place)
    }

    // MARK: When

    private func trigger(_ section: Section, _ days: DayDefaults, zone: Zone) -> Trigger? {
        let isAfterExport = section.boolean("after_export") ?? false
        let triggers = section.present(CompanionKeys.triggers).filter { $0.key != "after_export" || isAfterExport }
        if let first = triggers.first, let second = triggers.dropFirst().first {
            findings.error(
                .twoSchedules, at: second.keyPlace,
                "\(section.title) has both \(first.key) (line \(first.keyPlace.line)) and \(second.key)",
                accepted: "one of \(CompanionKeys.triggers.joined(separator: ", ")), or none to fire it by hand",
                remedy: "Remove one, or make two campaigns.")
        }
        CompanionKeys(findings: findings).check(section, present: triggers)
        if section.has("weekend"), days.shift == nil { reportIdleWeekend(section) }
        let delay = section.duration("delay", in: Bounds.delay) ?? .zero
        let read = triggers.map { (entry) -> Trigger? in
            switch entry.key {
            case "after_export": .afterExport
            case "after":
                section.string("after", example: "\"name\"").map { .after(CampaignName($0.text), delay: delay) }
            default:
                TimetableReader(findings: findings, schedules: schedules, rules: rules)
                    .read(entry, in: section, days: days, zone: zone).map(Trigger.timetable)
            }
        }
        return read.first ?? .manual
    }

    private func reportIdleWeekend(_ section: Section) {
        guard let entry = section.entry("weekend") else { return }
        findings.error(
            .badValue, at: entry.keyPlace, "weekend goes with shift, and \(section.title) has none",
            remedy: "Add shift = \"next-working-day\"; to leave out weekends, write except with a calendar of them.")
    }
}

/// `activate`: which audiences go to which dataflows.
struct PairReader {
    private static let example = "activate = [{ dataflow = \"…\", audiences = [\"…\"] }]"

    let findings: Findings
    let names: KnownNames

    func read(_ campaign: Section, sandbox: SandboxName) -> [Pair] {
        guard let entry = campaign.entry("activate") else {
            campaign.reportMissing("activate", example: Self.example)
            return []
        }
        let items = campaign.tables("activate", accepted: "an array of { dataflow = \"…\", audiences = [\"…\"] }")
        if case .array(let all) = entry.value.content, all.isEmpty {
            findings.error(
                .badValue, at: entry.value.place, "activate is empty, so \(campaign.title) sends nothing",
                accepted: "an array of { dataflow = \"…\", audiences = [\"…\"] }",
                remedy: "Name a dataflow and its audiences, or remove the campaign.")
        }
        var pairs = WrittenPairs()
        for (entries, place) in items {
            let section = Section(
                entries, title: "activate", place: place, keys: ["dataflow", "audiences"], findings: findings)
            let dataflow = dataflow(section, campaign, sandbox)
            for (audience, place) in audiences(section) {
                guard let dataflow else { continue }
                add(Pair(dataflow: dataflow, audience: audience), at: place, to: &pairs)
            }
        }
        if pairs.all.count > Bounds.pairs {
            findings.error(
                .tooMany, at: entry.keyPlace, "\(campaign.title) has \(pairs.all.count) pairs",
                accepted: "up to \(Bounds.pairs)", remedy: "Split the campaign.")
        }
        return pairs.all
    }

    private func add(_ pair: Pair, at place: Place, to pairs: inout WrittenPairs) {
        guard let first = pairs.add(pair, at: place) else { return }
        findings.error(
            .duplicatePair, at: place, "this audience goes to this dataflow already, by \(findings.name(first))",
            accepted: "each pair of dataflow and audience once in a campaign", remedy: "Remove one of them.")
    }

    private func dataflow(_ section: Section, _ campaign: Section, _ sandbox: SandboxName) -> DataflowID? {
        guard section.has("dataflow") else {
            section.reportMissing("dataflow", example: "dataflow = \"…\"")
            return nil
        }
        guard let (text, place) = section.string("dataflow", example: "\"name\"") else { return nil }
        if Shape.isUUID(text) { return DataflowID(text.lowercased()) }
        guard let known = names.dataflows[text] else {
            reportUnknown(.unknownDataflow, "dataflow", text, at: place, among: Array(names.dataflows.keys))
            return nil
        }
        if let theirs = known.sandbox, theirs != sandbox {
            findings.error(
                .sandboxMismatch, at: place,
                "dataflow \(text.quoted) is in sandbox \"\(theirs)\" (\(findings.name(known.place))), "
                    + "and \(campaign.title) in \"\(sandbox)\"",
                accepted: "dataflows of the campaign's own sandbox",
                remedy: "Write sandbox = \"\(theirs)\" in the campaign, or choose another dataflow.")
        }
        return known.id
    }

    private func audiences(_ section: Section) -> [(AudienceID, Place)] {
        guard let entry = section.entry("audiences") else {
            section.reportMissing("audiences", example: "audiences = [\"…\"]")
            return []
        }
        guard let words = section.strings("audiences", example: "[\"name\"]") else { return [] }
        if case .array(let all) = entry.value.content, all.isEmpty {
            findings.error(
                .badValue, at: entry.value.place, "audiences is empty", accepted: "at least one audience",
                remedy: "Name one.")
        }
        return words.compactMap { text, place in
            if Shape.isUUID(text) { return (AudienceID(text.lowercased()), place) }
            if let known = names.audiences[text] { return (known.id, place) }
            reportUnknown(.unknownAudience, "audience", text, at: place, among: Array(names.audiences.keys))
            return nil
        }
    }

    private func reportUnknown(
        _ code: ConfigurationFault.Code, _ noun: String, _ text: String, at place: Place,
        among known: @autoclosure () -> [String]
    ) {
        findings.error(
            code, at: place, "no \(noun) is called \(text.quoted)", accepted: "a name from [\(noun)], or an id",
            remedy: "Correct the name, or define it under [\(noun)].",
            suggestion: findings.suggestion(for: text, among: known().sorted()))
    }
}

/// The pairs of one campaign, each once.
private struct WrittenPairs {
    /// Up to so many are searched one by one: nearly all campaigns have few.
    private static let few = 16

    private(set) var all: [Pair] = []
    private var places: [Place] = []
    private var indices: [Pair: Int] = [:]

    /// Where the pair was written before; nil where it is new.
    mutating func add(_ pair: Pair, at place: Place) -> Place? {
        if let index = all.count <= Self.few ? all.firstIndex(of: pair) : indices[pair] { return places[index] }
        all.append(pair)
        places.append(place)
        if all.count == Self.few + 1 {
            for (index, pair) in all.enumerated() { indices[pair] = index }
        } else if all.count > Self.few {
            indices[pair] = all.count - 1
        }
        return nil
    }
}
