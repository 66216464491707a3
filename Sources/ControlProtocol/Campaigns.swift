// Campaigns as configured and as they stand, and the answer to "why does it not run right now?".

/// `GET /v1/campaigns`, by name.
package struct CampaignsDocument: Codable, Equatable, Sendable {
    package var campaigns: [CampaignSummary]

    package init(campaigns: [CampaignSummary]) {
        self.campaigns = campaigns
    }
}

package struct CampaignSummary: Codable, Equatable, Sendable {
    package var name: String
    package var description: String
    /// `idle`, `disabled`, `paused`, or the state of its newest occurrence that has not ended: `waiting`, `running`.
    package var state: String
    /// When it fires, in the words of the file.
    package var schedule: String
    /// In which its schedule counts and people are shown its times.
    package var zone: String
    /// Absent for campaigns without a timetable, and after the last time.
    package var next: String?
    package var last: LastDocument?
    package var activations: Int

    package init(
        name: String, description: String, state: String, schedule: String, zone: String, next: String?,
        last: LastDocument?, activations: Int
    ) {
        self.name = name
        self.description = description
        self.state = state
        self.schedule = schedule
        self.zone = zone
        self.next = next
        self.last = last
        self.activations = activations
    }
}

package struct LastDocument: Codable, Equatable, Sendable {
    package var occurrence: String
    package var nominal: String
    package var outcome: String
    package var at: String

    package init(occurrence: String, nominal: String, outcome: String, at: String) {
        self.occurrence = occurrence
        self.nominal = nominal
        self.outcome = outcome
        self.at = at
    }
}

/// `GET /v1/campaigns/NAME`: one in full.
package struct CampaignDocument: Codable, Equatable, Sendable {
    package var summary: CampaignSummary
    package var sandbox: String
    package var isEnabled: Bool
    /// The settings in force, in the words of the file: `start_within` to `"4h"`.
    package var settings: [String: String]
    package var pairs: [PairDocument]
    package var pause: PauseDocument?
    /// The next times of its timetable, soonest first, at most ``comingLimit``.
    package var coming: [String]
    /// Occurrences that have not ended or need a person, oldest first.
    package var occurrences: [OccurrenceDocument]

    package static let comingLimit = 5

    package init(
        summary: CampaignSummary, sandbox: String, isEnabled: Bool, settings: [String: String], pairs: [PairDocument],
        pause: PauseDocument?, coming: [String], occurrences: [OccurrenceDocument]
    ) {
        self.summary = summary
        self.sandbox = sandbox
        self.isEnabled = isEnabled
        self.settings = settings
        self.pairs = pairs
        self.pause = pause
        self.coming = coming
        self.occurrences = occurrences
    }
}

package struct PairDocument: Codable, Equatable, Sendable {
    package var dataflow: String
    package var dataflowName: String
    package var audience: String
    package var audienceName: String

    package init(dataflow: String, dataflowName: String, audience: String, audienceName: String) {
        self.dataflow = dataflow
        self.dataflowName = dataflowName
        self.audience = audience
        self.audienceName = audienceName
    }
}

/// `GET /v1/campaigns/NAME/explain`: the answer first, then the evidence.
package struct ExplainDocument: Codable, Equatable, Sendable {
    package var campaign: String
    package var zone: String
    /// As in ``CampaignSummary/state``.
    package var state: String
    /// The answer. Times in it are in the campaign's zone.
    package var sentence: String
    /// What a person can do, or that there is nothing to do.
    package var advice: String
    package var next: String?
    package var occurrences: [ExplainedOccurrence]

    package init(
        campaign: String, zone: String, state: String, sentence: String, advice: String, next: String?,
        occurrences: [ExplainedOccurrence]
    ) {
        self.campaign = campaign
        self.zone = zone
        self.state = state
        self.sentence = sentence
        self.advice = advice
        self.next = next
        self.occurrences = occurrences
    }
}

package struct ExplainedOccurrence: Codable, Equatable, Sendable {
    package var occurrence: OccurrenceDocument
    /// Every gate over all waiting activations, in their order, open ones too. Empty once nothing waits.
    package var gates: [GateDocument]
    /// The earliest time at which everything that waits could start, as far as the closed gates name a time.
    package var earliestStart: String?

    package init(occurrence: OccurrenceDocument, gates: [GateDocument], earliestStart: String?) {
        self.occurrence = occurrence
        self.gates = gates
        self.earliestStart = earliestStart
    }
}
