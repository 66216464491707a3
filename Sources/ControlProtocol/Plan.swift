// What is expected to come: the scheduler run forward in virtual time against a platform that behaves as usual. A plan decides
// nothing and promises nothing: gates are asked again right before each call.

/// `GET /v1/plan`. Query: `from` (RFC 3339, now or later), `days` (1 to 366, usually 7).
package struct PlanDocument: Codable, Equatable, Sendable {
    /// The clock when the plan was made.
    package var now: String
    /// The days that are planned: from the first instant up to, but not including, the second.
    package var from: String
    package var until: String
    package var days: Int
    /// `daemon`: with what is due, in flight, paused and learned. `files`: from a configuration alone.
    package var source: String
    /// In which the days are drawn: that of most campaigns.
    package var zone: String
    /// By name: those with occurrences, and of the others the first 10,000.
    package var campaigns: [PlannedCampaignDocument]
    /// Usual exports in these days, and one that runs now; the earliest first, at most ``exportLimit``.
    package var exports: [PlannedExportDocument]
    /// What exports and runs are foretold from, by sandbox.
    package var habits: [HabitDocument]
    /// The earliest first, at most ``blackoutLimit``.
    package var blackouts: [PlannedBlackoutDocument]
    package var pauses: [PauseDocument]
    /// By nominal time and campaign; skipped ones too.
    package var occurrences: [PlannedOccurrenceDocument]
    /// Occurrences that wait for the run of another campaign's.
    package var collisions: [CollisionDocument]
    /// The gravest kinds first.
    package var warnings: [PlanWarningDocument]
    package var totals: PlanTotalsDocument
    /// What was taken for granted, in sentences.
    package var assumptions: [String]
    /// Where the plan had to end early.
    package var cut: PlanCutDocument?

    package static let usualDays = 7
    package static let greatestDays = 366
    /// Occurrences in one plan, skipped ones included.
    package static let occurrenceLimit = 10_000
    package static let exportLimit = 5_000
    package static let blackoutLimit = 2_000

    package init(
        now: String, from: String, until: String, days: Int, source: String, zone: String,
        campaigns: [PlannedCampaignDocument], exports: [PlannedExportDocument], habits: [HabitDocument],
        blackouts: [PlannedBlackoutDocument], pauses: [PauseDocument], occurrences: [PlannedOccurrenceDocument],
        collisions: [CollisionDocument], warnings: [PlanWarningDocument], totals: PlanTotalsDocument,
        assumptions: [String], cut: PlanCutDocument?
    ) {
        self.now = now
        self.from = from
        self.until = until
        self.days = days
        self.source = source
        self.zone = zone
        self.campaigns = campaigns
        self.exports = exports
        self.habits = habits
        self.blackouts = blackouts
        self.pauses = pauses
        self.occurrences = occurrences
        self.collisions = collisions
        self.warnings = warnings
        self.totals = totals
        self.assumptions = assumptions
        self.cut = cut
    }
}

package struct PlannedCampaignDocument: Codable, Equatable, Sendable {
    package var name: String
    package var zone: String
    package var schedule: String
    /// `timetable`, `after_export`, `after`, `manual` or `disabled`.
    package var trigger: String
    /// In these days, skipped ones included.
    package var occurrences: Int
    /// The first nominal time of a timetable that is not in this plan.
    package var next: String?

    package init(name: String, zone: String, schedule: String, trigger: String, occurrences: Int, next: String?) {
        self.name = name
        self.zone = zone
        self.schedule = schedule
        self.trigger = trigger
        self.occurrences = occurrences
        self.next = next
    }
}

package struct PlannedExportDocument: Codable, Equatable, Sendable {
    package var sandbox: String
    package var from: String
    /// The usual end, and the latest one that was seen.
    package var until: String
    package var latest: String
    /// The job that runs now; absent for one that is only usual.
    package var job: String?

    package init(sandbox: String, from: String, until: String, latest: String, job: String?) {
        self.sandbox = sandbox
        self.from = from
        self.until = until
        self.latest = latest
        self.job = job
    }
}

/// What is usual in a sandbox, from what was seen: when exports run, and how long runs of ours take.
package struct HabitDocument: Codable, Equatable, Sendable {
    package var sandbox: String
    /// Exports that were looked at.
    package var seen: Int
    package var spans: [HabitSpanDocument]
    /// Until the end of a run is seen; absent where none was.
    package var runMilliseconds: Int64?

    package init(sandbox: String, seen: Int, spans: [HabitSpanDocument], runMilliseconds: Int64?) {
        self.sandbox = sandbox
        self.seen = seen
        self.spans = spans
        self.runMilliseconds = runMilliseconds
    }
}

package struct HabitSpanDocument: Codable, Equatable, Sendable {
    /// Seconds since midnight UTC.
    package var startSeconds: Int
    /// From there to the usual end, and to the latest one.
    package var usualSeconds: Int
    package var latestSeconds: Int
    /// 0 for Monday to 6 for Sunday, in UTC.
    package var weekdays: [Int]
    /// Exports that make this habit.
    package var seen: Int

    package init(startSeconds: Int, usualSeconds: Int, latestSeconds: Int, weekdays: [Int], seen: Int) {
        self.startSeconds = startSeconds
        self.usualSeconds = usualSeconds
        self.latestSeconds = latestSeconds
        self.weekdays = weekdays
        self.seen = seen
    }
}

package struct PlannedBlackoutDocument: Codable, Equatable, Sendable {
    package var name: String
    package var from: String
    package var until: String

    package init(name: String, from: String, until: String) {
        self.name = name
        self.from = from
        self.until = until
    }
}

package struct CollisionDocument: Codable, Equatable, Sendable {
    package var audienceName: String
    package var sandbox: String
    /// Whose run is waited for, and who waits.
    package var first: String
    package var second: String
    /// The nominal time of the second, and for how long it waits.
    package var nominal: String
    package var from: String
    package var until: String

    package init(
        audienceName: String, sandbox: String, first: String, second: String, nominal: String, from: String,
        until: String
    ) {
        self.audienceName = audienceName
        self.sandbox = sandbox
        self.first = first
        self.second = second
        self.nominal = nominal
        self.from = from
        self.until = until
    }
}

/// Something to look at before it happens. One for each kind and campaign.
package struct PlanWarningDocument: Codable, Equatable, Sendable {
    /// Stable: scripts and alerts match on this, never on the text. docs/plan.md lists them.
    package var code: String
    package var campaign: String?
    /// The first nominal time that it is about, and how many there are.
    package var at: String?
    package var count: Int
    package var sentence: String
    /// What to do; empty where there is nothing.
    package var remedy: String

    package init(code: String, campaign: String?, at: String?, count: Int, sentence: String, remedy: String) {
        self.code = code
        self.campaign = campaign
        self.at = at
        self.count = count
        self.sentence = sentence
        self.remedy = remedy
    }
}

package struct PlanTotalsDocument: Codable, Equatable, Sendable {
    /// Not skipped.
    package var occurrences: Int
    package var skipped: Int
    package var activations: Int
    package var jobs: Int
    /// Requests to the platform, jobs included: about so many.
    package var calls: Int

    package init(occurrences: Int, skipped: Int, activations: Int, jobs: Int, calls: Int) {
        self.occurrences = occurrences
        self.skipped = skipped
        self.activations = activations
        self.jobs = jobs
        self.calls = calls
    }
}

package struct PlanCutDocument: Codable, Equatable, Sendable {
    /// `occurrences`, `steps` or `time`: the bound that was reached.
    package var bound: String
    /// Nothing from here on is in the plan.
    package var at: String
    package var sentence: String

    package init(bound: String, at: String, sentence: String) {
        self.bound = bound
        self.at = at
        self.sentence = sentence
    }
}
