// What happened, who stands in line, and which runs are followed.

/// `GET /v1/history`, newest first. Query: `campaign`, `occurrence`, `since`, `until` (RFC 3339), `before` (a sequence
/// number), `limit` (1 to 1000, usually 200).
package struct HistoryDocument: Codable, Equatable, Sendable {
    package var entries: [HistoryEntry]
    /// Ask on with `before` this number; absent at the end.
    package var before: Int64?

    package static let usualLimit = 200
    package static let greatestLimit = 1000

    package init(entries: [HistoryEntry], before: Int64?) {
        self.entries = entries
        self.before = before
    }
}

/// One record of the journal, in words.
package struct HistoryEntry: Codable, Equatable, Sendable {
    /// Its place in the journal: counts up by 1, never given out again.
    package var sequence: Int64
    package var at: String
    /// Stable, such as `activation-ended`.
    package var kind: String
    /// The steps of the machine, which only a close look wants to see.
    package var isDetail: Bool
    package var text: String
    package var campaign: String?
    package var occurrence: String?
    package var activation: String?
    package var call: String?
    package var run: String?

    package init(
        sequence: Int64, at: String, kind: String, isDetail: Bool, text: String, campaign: String?,
        occurrence: String?, activation: String?, call: String?, run: String?
    ) {
        self.sequence = sequence
        self.at = at
        self.kind = kind
        self.isDetail = isDetail
        self.text = text
        self.campaign = campaign
        self.occurrence = occurrence
        self.activation = activation
        self.call = call
        self.run = run
    }
}

/// `GET /v1/queue`: every lane that is held or that somebody waits for, by sandbox and audience.
package struct QueueDocument: Codable, Equatable, Sendable {
    package var lanes: [LaneDocument]
    /// Calls that wait for their turn or are on the wire.
    package var calls: [CallDocument]

    package init(lanes: [LaneDocument], calls: [CallDocument]) {
        self.lanes = lanes
        self.calls = calls
    }
}

package struct LaneDocument: Codable, Equatable, Sendable {
    package var sandbox: String
    package var audience: String
    package var audienceName: String
    /// Where lanes are serialized by dataflow as well.
    package var dataflowName: String?
    package var holder: LaneHolderDocument?
    /// Who waits for it, in order.
    package var line: [LineDocument]

    package init(
        sandbox: String, audience: String, audienceName: String, dataflowName: String?, holder: LaneHolderDocument?,
        line: [LineDocument]
    ) {
        self.sandbox = sandbox
        self.audience = audience
        self.audienceName = audienceName
        self.dataflowName = dataflowName
        self.holder = holder
        self.line = line
    }
}

package struct LaneHolderDocument: Codable, Equatable, Sendable {
    /// Absent for a run that we did not start.
    package var activation: String?
    package var campaign: String?
    /// `calling`, `in_doubt`, `running`, `quarantined` or `foreign`.
    package var state: String
    package var run: String?
    package var since: String?

    package init(activation: String?, campaign: String?, state: String, run: String?, since: String?) {
        self.activation = activation
        self.campaign = campaign
        self.state = state
        self.run = run
        self.since = since
    }
}

package struct LineDocument: Codable, Equatable, Sendable {
    package var activation: String
    package var campaign: String
    package var dataflowName: String
    package var nominal: String
    /// The names of its closed gates.
    package var gates: [String]

    package init(activation: String, campaign: String, dataflowName: String, nominal: String, gates: [String]) {
        self.activation = activation
        self.campaign = campaign
        self.dataflowName = dataflowName
        self.nominal = nominal
        self.gates = gates
    }
}

package struct CallDocument: Codable, Equatable, Sendable {
    package var id: String
    package var sandbox: String
    /// `queued`, `sending`, or `in_doubt`.
    package var state: String
    package var activations: [String]
    package var at: String

    package init(id: String, sandbox: String, state: String, activations: [String], at: String) {
        self.id = id
        self.sandbox = sandbox
        self.state = state
        self.activations = activations
        self.at = at
    }
}

/// `GET /v1/runs`: runs that are followed, and runs of others that are in the way; oldest first.
package struct RunsDocument: Codable, Equatable, Sendable {
    package var runs: [RunDocument]

    package init(runs: [RunDocument]) {
        self.runs = runs
    }
}

package struct RunDocument: Codable, Equatable, Sendable {
    package var id: String
    package var sandbox: String
    package var dataflow: String
    package var dataflowName: String
    /// Names of the audiences that it is about, as far as known.
    package var audiences: [String]
    /// Of ours; empty for a foreign run.
    package var activations: [String]
    package var campaigns: [String]
    package var isForeign: Bool
    /// The platform's own word, as last heard.
    package var word: String?
    package var since: String?
    package var isLate: Bool
    package var endIsUnknown: Bool

    package init(
        id: String, sandbox: String, dataflow: String, dataflowName: String, audiences: [String],
        activations: [String], campaigns: [String], isForeign: Bool, word: String?, since: String?, isLate: Bool,
        endIsUnknown: Bool
    ) {
        self.id = id
        self.sandbox = sandbox
        self.dataflow = dataflow
        self.dataflowName = dataflowName
        self.audiences = audiences
        self.activations = activations
        self.campaigns = campaigns
        self.isForeign = isForeign
        self.word = word
        self.since = since
        self.isLate = isLate
        self.endIsUnknown = endIsUnknown
    }
}
