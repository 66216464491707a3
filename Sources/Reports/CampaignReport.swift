// `campaigns` and `show`: what is configured, and how it stands.

package import Chronology
package import ControlProtocol
package import SchedulerCore

extension Scheduler {
    package func campaignsReport(at now: Instant) -> CampaignsDocument {
        CampaignsDocument(
            campaigns: configuration.campaigns.values.sorted { $0.name < $1.name }.map { summary(of: $0, at: now) })
    }

    /// Nil for a campaign that is not configured.
    package func campaignReport(_ name: CampaignName, at now: Moment) -> CampaignDocument? {
        guard let campaign = configuration.campaigns[name] else { return nil }
        return CampaignDocument(
            summary: summary(of: campaign, at: now.wall), sandbox: campaign.sandbox.text,
            isEnabled: campaign.isEnabled, settings: settings(of: campaign),
            pairs: campaign.pairs.map { pair in
                PairDocument(
                    dataflow: pair.dataflow.text, dataflowName: self.name(of: pair.dataflow),
                    audience: pair.audience.text, audienceName: self.name(of: pair.audience))
            },
            pause: state.pause(of: name, at: now.wall).map(report), coming: coming(campaign),
            occurrences: held(of: name).map { report($0, at: now) })
    }

    /// Occurrences that have not ended or need a person, oldest first.
    func held(of name: CampaignName) -> [OccurrenceState] {
        state.occurrences.values.filter { $0.occurrence.campaign == name }.sorted { $0.id < $1.id }
    }

    func summary(of campaign: Campaign, at now: Instant) -> CampaignSummary {
        CampaignSummary(
            name: campaign.name.text, description: campaign.description, state: word(for: campaign, at: now),
            schedule: campaign.trigger.words, zone: campaign.zone.name,
            next: nextTime(of: campaign.name)?.rfc3339,
            last: state.campaigns[campaign.name]?.last.map { last in
                LastDocument(
                    occurrence: last.id.description, nominal: last.nominal.rfc3339, outcome: last.outcome.rawValue,
                    at: last.at.rfc3339)
            },
            activations: campaign.pairs.count)
    }

    func word(for campaign: Campaign, at now: Instant) -> String {
        if let newest = state.unended(of: campaign.name).last { return newest.word }
        if !campaign.isEnabled { return "disabled" }
        return state.pause(of: campaign.name, at: now) == nil ? "idle" : "paused"
    }

    private func coming(_ campaign: Campaign) -> [String] {
        guard case .timetable(let timetable) = campaign.trigger, var next = nextTime(of: campaign.name) else {
            return []
        }
        var times = [next]
        while times.count < CampaignDocument.comingLimit, let later = timetable.next(after: next) {
            times.append(later)
            next = later
        }
        return times.map(\.rfc3339)
    }

    private func settings(of campaign: Campaign) -> [String: String] {
        var settings = [
            "start_within": campaign.startWithin.text, "catch_up": campaign.catchUp.text,
            "overlap": campaign.overlap.rawValue, "on_doubt": campaign.onDoubt.rawValue,
            "jitter": campaign.jitter.text,
        ]
        if let maximum = campaign.maximumOccurrences { settings["max_occurrences"] = String(maximum) }
        return settings
    }
}

extension Trigger {
    var words: String {
        switch self {
        case .timetable(let timetable): timetable.text
        case .afterExport: "after each export"
        case .after(let campaign, let delay): delay == .zero ? "after \(campaign)" : "\(delay.text) after \(campaign)"
        case .manual: "by hand"
        }
    }
}
