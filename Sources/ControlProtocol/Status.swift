// `GET /v1/status`: the daemon at a glance.

package struct StatusDocument: Codable, Equatable, Sendable {
    package var daemon: DaemonDocument
    package var configuration: ConfigurationDocument
    package var platform: PlatformDocument
    package var journal: JournalDocument
    package var credentials: CredentialsDocument
    package var clock: ClockDocument
    /// One for each sandbox whose export gate was asked about, by name.
    package var exports: [ExportDocument]
    package var pauses: [PauseDocument]
    /// The next occurrences of the timetables, soonest first, at most ``nextLimit``.
    package var next: [NextDocument]
    /// Occurrences that have not ended, oldest first, at most ``occurrenceLimit``, and those that need a person.
    package var occurrences: [OccurrenceDocument]
    /// Activations that are held, by state; states without any are left out.
    package var activations: [String: Int]

    package static let nextLimit = 5
    package static let occurrenceLimit = 100

    package init(
        daemon: DaemonDocument, configuration: ConfigurationDocument, platform: PlatformDocument,
        journal: JournalDocument, credentials: CredentialsDocument, clock: ClockDocument, exports: [ExportDocument],
        pauses: [PauseDocument], next: [NextDocument], occurrences: [OccurrenceDocument], activations: [String: Int]
    ) {
        self.daemon = daemon
        self.configuration = configuration
        self.platform = platform
        self.journal = journal
        self.credentials = credentials
        self.clock = clock
        self.exports = exports
        self.pauses = pauses
        self.next = next
        self.occurrences = occurrences
        self.activations = activations
    }
}

package struct DaemonDocument: Codable, Equatable, Sendable {
    package var version: String
    package var pid: Int
    /// `ready` or `stopping`.
    package var state: String
    package var startedAt: String
    /// The daemon's clock when it answered.
    package var now: String
    /// One sentence, as in `systemctl status`.
    package var sentence: String

    package init(version: String, pid: Int, state: String, startedAt: String, now: String, sentence: String) {
        self.version = version
        self.pid = pid
        self.state = state
        self.startedAt = startedAt
        self.now = now
        self.sentence = sentence
    }
}

package struct ConfigurationDocument: Codable, Equatable, Sendable {
    /// Counts over the life of the journal.
    package var generation: Int
    package var digest: String
    package var loadedAt: String
    package var files: [String]
    package var campaigns: Int
    /// Why the last reload was refused; absent while the newest files are in use.
    package var rejection: String?

    package init(
        generation: Int, digest: String, loadedAt: String, files: [String], campaigns: Int, rejection: String?
    ) {
        self.generation = generation
        self.digest = digest
        self.loadedAt = loadedAt
        self.files = files
        self.campaigns = campaigns
        self.rejection = rejection
    }
}

package struct PlatformDocument: Codable, Equatable, Sendable {
    package var url: String
    package var organization: String
    package var sandbox: String

    package init(url: String, organization: String, sandbox: String) {
        self.url = url
        self.organization = organization
        self.sandbox = sandbox
    }
}

package struct JournalDocument: Codable, Equatable, Sendable {
    /// `ok`, or `trouble`: nothing is admitted and nothing is called.
    package var state: String
    package var trouble: String?
    package var records: Int64?
    package var bytes: Int64?
    package var freeBytes: Int64?

    package init(state: String, trouble: String?, records: Int64?, bytes: Int64?, freeBytes: Int64?) {
        self.state = state
        self.trouble = trouble
        self.records = records
        self.bytes = bytes
        self.freeBytes = freeBytes
    }
}

package struct ClockDocument: Codable, Equatable, Sendable {
    /// Whether the host says that its clock is kept right.
    package var isSynchronised: Bool
    /// Nothing falls due before: the clock is waited for.
    package var waitsUntil: String?
    /// Campaigns that are silent since they are decided up to a time that the clock has not come to; with the furthest of them.
    package var campaignsAhead: Int
    package var aheadUntil: String?
    /// What is wrong, in a sentence; absent where nothing is.
    package var evidence: String?

    package init(
        isSynchronised: Bool, waitsUntil: String? = nil, campaignsAhead: Int = 0, aheadUntil: String? = nil,
        evidence: String? = nil
    ) {
        self.isSynchronised = isSynchronised
        self.waitsUntil = waitsUntil
        self.campaignsAhead = campaignsAhead
        self.aheadUntil = aheadUntil
        self.evidence = evidence
    }
}

package struct CredentialsDocument: Codable, Equatable, Sendable {
    /// `open`, or `closed`: the platform refuses us.
    package var state: String
    package var since: String?
    package var evidence: String?
    package var retryAt: String?

    package init(state: String, since: String? = nil, evidence: String? = nil, retryAt: String? = nil) {
        self.state = state
        self.since = since
        self.evidence = evidence
        self.retryAt = retryAt
    }
}

/// The export gate of a sandbox, as last heard. Nothing is asked while nobody waits, so the answer may be old.
package struct ExportDocument: Codable, Equatable, Sendable {
    package var sandbox: String
    /// `open` or `closed`.
    package var state: String
    /// The export job that closes the gate, and the platform's own word for its status.
    package var job: String?
    package var word: String?
    package var since: String
    package var askedAt: String
    /// When the running one usually ends, and the latest end that was seen. Foretold, not promised.
    package var usualEnd: String?
    package var latestEnd: String?

    package init(
        sandbox: String, state: String, job: String?, word: String?, since: String, askedAt: String,
        usualEnd: String? = nil, latestEnd: String? = nil
    ) {
        self.sandbox = sandbox
        self.state = state
        self.job = job
        self.word = word
        self.since = since
        self.askedAt = askedAt
        self.usualEnd = usualEnd
        self.latestEnd = latestEnd
    }
}

package struct PauseDocument: Codable, Equatable, Sendable {
    /// Absent: everything is paused.
    package var campaign: String?
    package var since: String
    package var until: String?
    package var actor: String
    package var reason: String

    package init(campaign: String?, since: String, until: String?, actor: String, reason: String) {
        self.campaign = campaign
        self.since = since
        self.until = until
        self.actor = actor
        self.reason = reason
    }
}

package struct NextDocument: Codable, Equatable, Sendable {
    package var campaign: String
    package var at: String
    /// In which people are shown the time.
    package var zone: String
    package var activations: Int

    package init(campaign: String, at: String, zone: String, activations: Int) {
        self.campaign = campaign
        self.at = at
        self.zone = zone
        self.activations = activations
    }
}
