// What a person should look at before it happens: one warning for each kind and campaign, with its first time and how many
// there are. Begin at `all`, which has the kinds in the order in which they are told.

internal import Chronology
internal import ControlProtocol
internal import SchedulerCore

/// Stable from release to release: scripts match on these. docs/plan.md says what each means.
package enum PlanWarningCode: String, Sendable, CaseIterable {
    case cut = "plan-cut"
    case neverComes = "never-comes"
    case expires = "would-expire"
    case incomplete = "would-not-succeed"
    case paused = "skipped-paused"
    case overlap = "skipped-overlap"
    case missed = "skipped-missed"
    case predecessor = "skipped-predecessor"
    case clockSkipped = "dst-skipped"
    case clockRepeated = "dst-repeated"
    case export = "waits-for-export"
    case blackout = "waits-for-blackout"
    case collision = "waits-for-lane"
    case firstActivation = "waits-for-first-activation"
    case overwrites = "overwrites-files"
    case exportsUnknown = "exports-unknown"
    case notInDays = "not-in-these-days"
}

struct PlanWarnings {
    let plan: Plan
    /// Of each occurrence, by its place.
    let moves: [Int: ClockMove]
    let summary: PlanSummary

    private typealias Found = (place: Int, occurrence: PlannedOccurrence)

    private var configuration: Configuration { plan.scheduler.configuration }

    func all() -> [PlanWarningDocument] {
        var kinds: [PlanWarningCode: [CampaignName: [Found]]] = [:]
        for (place, occurrence) in plan.occurrences.enumerated() {
            for code in codes(of: occurrence, at: place) {
                kinds[code, default: [:]][occurrence.campaign, default: []].append((place, occurrence))
            }
        }
        return PlanWarningCode.allCases.flatMap { code -> [PlanWarningDocument] in
            switch code {
            case .cut: cut()
            case .neverComes: neverComes()
            case .overwrites: overwrites()
            case .exportsUnknown: exportsUnknown()
            case .notInDays: notInDays()
            default:
                (kinds[code] ?? [:]).sorted { $0.key < $1.key }.map { campaign, found in
                    warning(code, campaign, found)
                }
            }
        }
    }

    private func codes(of occurrence: PlannedOccurrence, at place: Int) -> [PlanWarningCode] {
        var codes: [PlanWarningCode] = []
        switch occurrence.skipped {
        case .paused: codes.append(.paused)
        case .overlap: codes.append(.overlap)
        case .missed, .superseded, .oversized, .decided: codes.append(.missed)
        case .predecessor: codes.append(.predecessor)
        case nil: break
        }
        switch occurrence.outcome {
        case .expired: codes.append(.expires)
        case .partial, .failed, .cancelled: codes.append(.incomplete)
        case .succeeded, .skipped, nil: break
        }
        switch moves[place]?.kind {
        case .skipped: codes.append(.clockSkipped)
        case .repeated: codes.append(.clockRepeated)
        case nil: break
        }
        // Of one that expires the gate is told with it.
        if occurrence.outcome == .expired { return codes }
        let gates = Set(occurrence.waits.filter { $0.by != occurrence.campaign.text }.map(\.gate))
        let follows = if case .export = occurrence.origin { true } else { false }
        if gates.contains(.export), !follows { codes.append(.export) }
        if gates.contains(.blackout) { codes.append(.blackout) }
        if gates.contains(.lane) { codes.append(.collision) }
        if gates.contains(.firstActivation) { codes.append(.firstActivation) }
        return codes
    }

    // MARK: Sentences

    private func warning(_ code: PlanWarningCode, _ name: CampaignName, _ found: [Found]) -> PlanWarningDocument {
        let first = found[0].occurrence
        let zone = configuration.campaigns[name]?.zone ?? .utc
        let time = zone.display(first.nominal, now: plan.now)
        let more = found.count > 1 ? " (\(found.count) times in this plan)" : ""
        let words = words(code, name, first, moves[found[0].place], zone)
        return PlanWarningDocument(
            code: code.rawValue, campaign: name.text, at: first.nominal.rfc3339, count: found.count,
            sentence: "\(name) \(time) \(words.sentence)\(more)", remedy: words.remedy)
    }

    private func words(
        _ code: PlanWarningCode, _ name: CampaignName, _ first: PlannedOccurrence, _ move: ClockMove?, _ zone: Zone
    ) -> (sentence: String, remedy: String) {
        switch code {
        case .expires:
            return (
                "would expire: \(first.reason ?? "not called within start_within")",
                "Raise start_within, or open the gate in time."
            )
        case .incomplete:
            return (
                "would end as \(first.outcome?.rawValue ?? "failed")\(first.reason.map { ": \($0)" } ?? "")",
                "See activationctl plan --details --campaign \(name)."
            )
        case .paused:
            return ("is skipped: \(first.reason ?? "paused")", "activationctl resume \(name), if it is to be fired.")
        case .overlap:
            return (
                "is skipped: \(first.reason ?? "overlap")",
                "Fire less often, or set overlap = \"buffer-one\"."
            )
        case .missed where first.skipped == .oversized || first.skipped == .decided:
            return ("is skipped: \(first.reason ?? "oversized")", "")
        case .missed:
            return ("is skipped: \(first.reason ?? "missed")", "Raise catch_up, if late is better than never.")
        case .predecessor: return ("is skipped: \(first.reason ?? "")", "")
        case .clockSkipped, .clockRepeated: return clockWords(move)
        default: return waitWords(code, first, zone)
        }
    }

    private func clockWords(_ move: ClockMove?) -> (sentence: String, remedy: String) {
        guard let move else { return ("", "") }
        switch move.kind {
        case .skipped:
            return (
                "is moved by the clock: on \(move.day) \(move.asked) is skipped, and it fires at \(move.shown)",
                "Choose a time outside of the hours in which clocks are moved, if that matters."
            )
        case .repeated:
            return (
                "falls on an hour that is shown twice: on \(move.day) it fires at the first \(move.shown) only",
                "Choose a time outside of the hours in which clocks are moved, if that matters."
            )
        }
    }

    private func waitWords(
        _ code: PlanWarningCode, _ first: PlannedOccurrence, _ zone: Zone
    ) -> (sentence: String, remedy: String) {
        func wait(_ gate: GateName) -> PlannedWait? {
            first.waits.filter { $0.gate == gate && $0.by != first.campaign.text }.max { $0.until < $1.until }
        }
        switch code {
        case .export:
            guard let wait = wait(.export) else { return ("", "") }
            let what =
                wait.evidence == "the usual export" ? "falls into the usual export" : "waits for \(wait.evidence)"
            return (
                "\(what): about \(wait.length.inMinutes) late",
                "Consider a time after \(zone.clock((wait.latest ?? wait.until).nextMinutes))."
            )
        case .blackout:
            guard let wait = wait(.blackout) else { return ("", "") }
            return (
                "falls into \(wait.by.map { "the blackout \"\($0)\"" } ?? "a blackout"): \(wait.length.inMinutes) late",
                "Consider a time outside of it."
            )
        case .collision:
            guard let wait = wait(.lane) else { return ("", "") }
            let audience = wait.audience.map { plan.scheduler.name(of: $0) } ?? "an audience"
            return (
                "shares audience \"\(audience)\" with \(wait.by ?? "a run of somebody else"), and waits for that run: about "
                    + "\(wait.length.inMinutes) late",
                "Fire them farther apart, if that matters."
            )
        case .firstActivation:
            guard let wait = wait(.firstActivation) else { return ("", "") }
            return ("waits \(wait.length.inMinutes) for the first-activation window: \(wait.evidence)", "")
        default: return ("", "")
        }
    }

    // MARK: About campaigns and the plan as a whole

    private func cut() -> [PlanWarningDocument] {
        guard let cut = plan.cutDocument else { return [] }
        return [
            PlanWarningDocument(
                code: PlanWarningCode.cut.rawValue, campaign: nil, at: cut.at, count: 1, sentence: cut.sentence,
                remedy: "Ask for fewer days.")
        ]
    }

    /// Timetables without any occurrence in the plan, with their next one.
    private func absent() -> [(Campaign, Instant?)] {
        configuration.campaigns.values.filter { $0.isEnabled && summary.counts[$0.name] == nil }
            .sorted { $0.name < $1.name }
            .compactMap { campaign in
                guard case .timetable = campaign.trigger else { return nil }
                return (campaign, summary.nextTime(of: campaign))
            }
    }

    private func neverComes() -> [PlanWarningDocument] {
        absent().filter { $0.1 == nil }.map { campaign, _ in
            PlanWarningDocument(
                code: PlanWarningCode.neverComes.rawValue, campaign: campaign.name.text, at: nil, count: 1,
                sentence:
                    "\(campaign.name) does not come any more: its schedule has no time after the beginning of this plan",
                remedy: "Correct the schedule, or set enabled = false.")
        }
    }

    private func notInDays() -> [PlanWarningDocument] {
        guard plan.cut == nil else { return [] }
        let coming = absent().compactMap { campaign, next in next.map { (campaign, $0) } }
        let told = coming.prefix(PlanBounds.absent).map { campaign, next in
            PlanWarningDocument(
                code: PlanWarningCode.notInDays.rawValue, campaign: campaign.name.text, at: next.rfc3339, count: 1,
                sentence: "\(campaign.name) does not come in these \(plan.days) days; next "
                    + campaign.zone.display(next, now: plan.now), remedy: "")
        }
        guard coming.count > told.count else { return told }
        let more = coming.count - told.count
        return told + [
            PlanWarningDocument(
                code: PlanWarningCode.notInDays.rawValue, campaign: nil, at: nil, count: more,
                sentence: "\(more) more campaigns do not come in these \(plan.days) days", remedy: "")
        ]
    }

    /// Once for each dataflow and the first campaign that comes to it, as far as its definition is known.
    private func overwrites() -> [PlanWarningDocument] {
        var told: Set<String> = []
        let names = Set(plan.occurrences.map(\.campaign)).sorted()
        return names.compactMap { configuration.campaigns[$0] }.flatMap { campaign in
            plan.scheduler.staticFileNames(of: campaign.pairs, in: campaign.sandbox)
                .filter { told.insert("\(campaign.sandbox)/\($0.0)").inserted }
                .map { dataflow, audiences in
                    let pairs = audiences.map { Pair(dataflow: dataflow, audience: $0) }
                    let sentence = plan.scheduler.staticFileNameSentences(of: pairs, in: campaign.sandbox).joined()
                    return PlanWarningDocument(
                        code: PlanWarningCode.overwrites.rawValue, campaign: campaign.name.text, at: nil, count: 1,
                        sentence: "\(campaign.name): \(sentence)",
                        remedy: "Put a date and a time into the file name template of the dataflow.")
                }
        }
    }

    private func exportsUnknown() -> [PlanWarningDocument] {
        let unknown = Set(configuration.campaigns.values.filter(\.isEnabled).map(\.sandbox))
            .filter { plan.habits[$0]?.isEmpty ?? true }.sorted()
        return unknown.map { sandbox in
            let followers = configuration.campaigns.values
                .filter { $0.isEnabled && $0.sandbox == sandbox && $0.trigger == .afterExport }.count
            let lost = followers > 0 ? ", and campaigns that follow exports are not in this plan" : ""
            return PlanWarningDocument(
                code: PlanWarningCode.exportsUnknown.rawValue, campaign: nil, at: nil, count: 1,
                sentence: "nothing is known of when exports of \(sandbox) run: none is expected\(lost)",
                remedy: "The daemon learns it from the exports that it sees.")
        }
    }
}

extension Duration {
    /// Whole minutes, rounded up: `40 min`, `2 h 5 min`.
    var inMinutes: String {
        let minutes = max(1, (milliseconds + 59_999) / 60_000)
        return Duration.seconds(minutes * 60).words
    }
}

extension Instant {
    /// Itself or the next full five minutes, which people like to write.
    var nextMinutes: Instant {
        let rest = milliseconds % 300_000
        return rest == 0 ? self : self + .milliseconds(300_000 - (rest < 0 ? rest + 300_000 : rest))
    }
}
