// The facts of the journal: what was decided, in the order in which it was decided. The state of the daemon is the fold
// of these and of nothing else (`State.apply`), so every case says all that the fold needs; recovery never runs today's
// rules over yesterday's input.
//
// Stored as JSON by `Journal`, where the names of cases and labels are part of the format: renaming one needs a new
// format version.

package import Chronology

package enum Record: Equatable, Codable, Sendable {
    // MARK: Configuration

    /// A configuration was taken into use. Generations count from 1 over the life of the journal. `actor` is who asked for the
    /// reload; nil for a start, and in journals of before.
    /// `zoneData` is the version of the system's zone data, as far as known.
    case generationLoaded(generation: Int, digest: String, actor: String? = nil, zoneData: String? = nil)
    /// A campaign is new, or its trigger changed: it counts from `from`, and nothing before that is ever due.
    case campaignAnchored(campaign: CampaignName, fingerprint: String, from: Instant)
    /// The same of many: each counts from its high-water mark. Since format 2.
    case campaignsAnchored(CampaignAnchors)
    /// From when on campaigns that follow exports count, by the platform's clock: exports end by that one, and ours may be set.
    /// Since format 2.
    case followersCounted(CampaignAnchors)
    case campaignRemoved(campaign: CampaignName)
    /// It has fired as often as `max_occurrences` allows: nothing is due any more until that is raised.
    case campaignFinished(campaign: CampaignName, fired: Int, at: Instant)
    /// The rules of a zone changed, and with them the next time of a campaign: from `from` to `to`, nil for none. Raises the
    /// high-water mark to `mark`, so that a time of day that was decided under the old rules is not due again.
    case occurrenceMoved(campaign: CampaignName, zone: String, from: Instant?, to: Instant?, mark: Instant)
    /// The rules of zones as they are counted with from here on, so that a change can be told after a restart as well.
    case zonesKept(zones: [ZoneExcerpt])

    // MARK: Occurrences

    /// An occurrence is due and admitted. Raises the campaign's high-water mark to its nominal time where the trigger
    /// is a timetable.
    case occurrenceAdmitted(Occurrence)
    /// Nominal times from `first` to `last` that will never be fired, with the reason. Raises the high-water mark.
    case occurrencesSkipped(SkippedOccurrences)
    /// Every activation of it has ended, or is set aside.
    case occurrenceEnded(occurrence: OccurrenceID, outcome: OccurrenceOutcome, at: Instant)

    // MARK: Triggers that follow something

    /// This export job was seen to have ended; what follows from it was decided in the same step. `at` is when it was created,
    /// by the platform's clock, and `endedAt` when it ended; nil in journals of before.
    /// `isOthers` says that a person or a program made it, so that nobody followed it; nil where it counted as the schedule's. Since
    /// format 2 where it is there. `countedFrom` is there for the first that is decided in a sandbox, by the platform's clock: what ended
    /// by then was never to be followed, and what ended later is still to be decided. Since format 2 where it is there.
    case exportFinished(
        sandbox: SandboxName, job: String, succeeded: Bool, at: Instant, endedAt: Instant? = nil, isOthers: Bool? = nil,
        countedFrom: Instant? = nil)
    /// This export job, failed ones included, was seen to have run from start to end, by our clock. Foretells, decides nothing.
    /// Since format 2.
    case exportObserved(sandbox: SandboxName, job: String, startedAt: Instant, endedAt: Instant)

    // MARK: Calls

    /// A call is intended: certainly not sent yet.
    case callIntended(Call)
    /// The call may leave from now on. After a crash it is in doubt.
    case callSending(call: CallID, at: Instant)
    /// The intent was given up before it was sent: certainly not sent.
    case callWithdrawn(call: CallID, reason: String)
    /// The answer was read. Each pair of the call is settled by the cases below in the same step.
    case callAnswered(call: CallID, outcome: String, at: Instant)

    // MARK: Activations

    /// Back in line, not before `notBefore`. `attemptCounts` is false where the platform asked to come back later. `doubtful`
    /// is the call that may have taken effect for it all the same: absent by every look-up, or refused for another pair. Nil
    /// where it certainly did not, and in journals of before. Since format 2 where it is there.
    case activationReturned(
        activation: ActivationID, reason: String, notBefore: Instant?, attemptCounts: Bool, packLimit: Int?,
        doubtful: CallID? = nil, named: RunID? = nil)
    /// The call may or may not have taken effect for this activation.
    case activationInDoubt(activation: ActivationID, call: CallID, reason: String, at: Instant)
    /// One more successful look-up did not show the activation's run.
    case doubtLookedUp(activation: ActivationID, at: Instant)
    /// A run that may be of the call in doubt was listed, and nothing told yet whose it is: while it is missing from later answers,
    /// the call is not absent. Since format 2.
    case candidateSeen(activation: ActivationID, run: RunID, at: Instant)
    /// The platform refused a call for a run that is not known to be ours: it may be the very call's, made twice on its way.
    /// `leftAt` is when the call was handed out, by the platform's clock; where that was not told, the latest that it may have shown,
    /// and `isLatest` is true. Since format 2.
    case runNamed(activation: ActivationID, run: RunID, leftAt: Instant, at: Instant, isLatest: Bool? = nil)
    /// The run belongs to this activation from now on. `adopted` when it was found by look-up, by the refusal of a
    /// second call, or named by a person, and not told by the call's own answer.
    case activationRunning(activation: ActivationID, run: RunID, adopted: Bool, at: Instant)
    /// The run is no longer understood: gone from the listing, or without an end. The lane stays held.
    case runEndUnknown(activation: ActivationID, run: RunID, reason: String, at: Instant)
    /// An answer shows a run again whose end was not known. Since format 2.
    case runFound(activation: ActivationID, run: RunID, at: Instant)
    case runLate(activation: ActivationID, run: RunID, at: Instant)
    case activationEnded(activation: ActivationID, outcome: ActivationOutcome, at: Instant)
    /// Set aside for a person. `holdsLane` while it is not settled whether a run of it exists. `doubtful` is the call that it was in
    /// doubt about and that counts as absent: its run may show all the same. Since format 2 where it is there.
    case activationQuarantined(
        activation: ActivationID, reason: String, holdsLane: Bool, at: Instant, doubtful: CallID? = nil)
    /// A person settled what was in doubt or quarantined. What follows comes as further records of the step.
    case activationResolved(activation: ActivationID, resolution: Resolution, actor: String, at: Instant)
    /// A second run of ours for one activation turned up.
    case duplicateSeen(activation: ActivationID, run: RunID, at: Instant)

    /// These audiences have two ids: pairs that are held are of the platform's from now on. Since format 2.
    case audiencesResolved(sandbox: SandboxName, aliases: [AudienceAlias])

    // MARK: People and limits

    case paused(Pause)
    case resumed(scope: PauseScope, actor: String, at: Instant)
    /// A person said that this run, which we did not start, closes no gate and holds no lane although it has not ended. Since
    /// format 2.
    case runDisregarded(run: RunID, actor: String, at: Instant)
    /// A person had the clock corrected: marks that lie after `at` are set back to it. What was admitted stays admitted. Since
    /// format 2.
    case marksSetBack(scope: PauseScope, actor: String, at: Instant)
    /// A person asked for this occurrence to be cancelled.
    case cancelRequested(target: String, actor: String, at: Instant)
    /// The platform refused a call of this size; smaller ones are sent from now on.
    case pairLimitLearned(sandbox: SandboxName, limit: Int, at: Instant)
    /// What tells the platform's own runs and exports from others in this sandbox. Since format 2.
    case signLearned(sandbox: SandboxName, sign: RunSign, at: Instant)
}

/// Where an occurrence came from.
package enum Origin: Hashable, Codable, Sendable {
    case timetable
    case manual(actor: String)
    case export(job: String)
    case after(OccurrenceID)
}

/// One firing of a campaign, with the rules it was due under. A reload does not change it.
package struct Occurrence: Equatable, Codable, Sendable {
    package var id: OccurrenceID
    package var campaign: CampaignName
    package var sandbox: SandboxName
    package var nominal: Instant
    /// `nominal` and the campaign's jitter: not before this.
    package var startsAt: Instant
    /// Activations that have not been called by then expire.
    package var expiresAt: Instant
    package var admittedAt: Instant
    package var origin: Origin
    package var generation: Int
    /// Admitted late, within `catch_up`.
    package var isLate: Bool
    package var onDoubt: DoubtPolicy
    /// For the buffering overlap policies: starts when that occurrence has ended.
    package var startsAfter: OccurrenceID?
    /// Activation `n` of the occurrence is `pairs[n - 1]`.
    package var pairs: [Pair]
    /// The how-manieth of its campaign, from 1; nil for one by hand, and in journals of before.
    package var number: Int?

    package init(
        id: OccurrenceID, campaign: CampaignName, sandbox: SandboxName, nominal: Instant, startsAt: Instant,
        expiresAt: Instant, admittedAt: Instant, origin: Origin, generation: Int, isLate: Bool,
        onDoubt: DoubtPolicy, startsAfter: OccurrenceID?, pairs: [Pair], number: Int? = nil
    ) {
        self.id = id
        self.campaign = campaign
        self.sandbox = sandbox
        self.nominal = nominal
        self.startsAt = startsAt
        self.expiresAt = expiresAt
        self.admittedAt = admittedAt
        self.origin = origin
        self.generation = generation
        self.isLate = isLate
        self.onDoubt = onDoubt
        self.startsAfter = startsAfter
        self.pairs = pairs
        self.number = number
    }
}

/// What is admitted at most once, whoever remembers it: an occurrence of a campaign, by its nominal time and its origin.
package struct Admission: Hashable, Sendable {
    package var campaign: CampaignName
    package var nominal: Instant
    package var origin: Origin

    package init(_ campaign: CampaignName, _ nominal: Instant, _ origin: Origin) {
        self.campaign = campaign
        self.nominal = nominal
        self.origin = origin
    }

    package init(of occurrence: Occurrence) {
        self.init(occurrence.campaign, occurrence.nominal, occurrence.origin)
    }
}

package struct SkippedOccurrences: Equatable, Codable, Sendable {
    package enum Reason: String, Codable, Sendable {
        /// Missed while the daemon was down, for longer than `catch_up`.
        case missed
        /// Missed while the daemon was down; a later one within `catch_up` is fired in its place.
        case superseded
        /// The one before it had not ended.
        case overlap
        /// The campaign, or everything, was paused.
        case paused
        /// The campaign or the export that it follows did not succeed.
        case predecessor
        /// It has more activations than a record takes. Since format 2.
        case oversized
        /// The journal holds an occurrence of it. Since format 2.
        case decided
    }

    /// The id of the first; the ids of a span of several are not given out one by one.
    package var id: OccurrenceID
    package var campaign: CampaignName
    package var first: Instant
    package var last: Instant
    /// How many, counted up to a bound.
    package var count: Int
    package var reason: Reason
    package var detail: String
    package var at: Instant
    /// How many of the campaign were admitted so far: what is pruned before it is not counted again.
    package var fired: Int?

    package init(
        id: OccurrenceID, campaign: CampaignName, first: Instant, last: Instant, count: Int, reason: Reason,
        detail: String, at: Instant, fired: Int? = nil
    ) {
        self.id = id
        self.campaign = campaign
        self.first = first
        self.last = last
        self.count = count
        self.reason = reason
        self.detail = detail
        self.at = at
        self.fired = fired
    }
}

package enum OccurrenceOutcome: String, Codable, Sendable {
    case succeeded, partial, failed, expired, skipped, cancelled
}

/// How an activation ended.
package struct ActivationOutcome: Equatable, Codable, Sendable {
    package enum Result: String, Codable, Sendable {
        case succeeded, partial, failed, expired, cancelled
    }

    package var result: Result
    /// A sentence for people: which gate and since when, who cancelled, what the platform said.
    package var reason: String?
    package var run: RunID?
    package var metrics: RunMetrics?

    package init(result: Result, reason: String? = nil, run: RunID? = nil, metrics: RunMetrics? = nil) {
        self.result = result
        self.reason = reason
        self.run = run
        self.metrics = metrics
    }
}

/// One request to `adhocrun`, as intended.
package struct Call: Equatable, Codable, Sendable {
    package var id: CallID
    package var sandbox: SandboxName
    /// Sorted. One activation for each pair.
    package var activations: [ActivationID]
    package var pairs: [Pair]
    /// What each dataflow's listing showed before the call, and what was known to be ours: a run that is in it can not be of
    /// this call.
    package var baselines: [DataflowID: Baseline]
    /// The newest finished profile export job, which `adhocrun` version 1 wants to be told.
    package var exportJob: String?
    package var at: Instant
    /// The same by the platform's clock, or a little later. Nil where it was not known, and in journals of before.
    package var platformAt: Instant?
    /// Set on the way out only, never journaled: see ``WireDeadline``.
    package var leaveBy: WireDeadline?

    private enum CodingKeys: CodingKey {
        case id, sandbox, activations, pairs, baselines, exportJob, at, platformAt
    }

    package init(
        id: CallID, sandbox: SandboxName, activations: [ActivationID], pairs: [Pair],
        baselines: [DataflowID: Baseline], exportJob: String?, at: Instant, platformAt: Instant? = nil
    ) {
        self.id = id
        self.sandbox = sandbox
        self.activations = activations
        self.pairs = pairs
        self.baselines = baselines
        self.exportJob = exportJob
        self.at = at
        self.platformAt = platformAt
    }
}

/// When what was judged before a call is no longer certain: from then on the call must not reach the wire. Between the
/// decision and the wire lie a token, our own pace and a connection. Either clock can end it.
package struct WireDeadline: Equatable, Sendable {
    package var wall: Instant
    package var monotonic: Monotonic

    package init(wall: Instant, monotonic: Monotonic) {
        self.wall = wall
        self.monotonic = monotonic
    }

    package func isOver(at now: Moment) -> Bool {
        now.wall >= wall || now.monotonic >= monotonic
    }
}

/// The runs of a dataflow that existed before a call.
package struct Baseline: Equatable, Codable, Sendable {
    package var runs: [RunID]
    /// When the listing was cut short: runs created up to this, by the platform's clock, existed too. One call begins
    /// many runs at one instant, and the cut may fall between them.
    package var horizon: Instant?
    /// Runs created before this, by the platform's clock, existed too, whatever the listing left out. Nil where the platform
    /// told no time, and in journals of before.
    package var since: Instant?

    package init(runs: [RunID], horizon: Instant?, since: Instant? = nil) {
        self.runs = runs
        self.horizon = horizon
        self.since = since
    }

    /// Whether a run certainly existed before the call. Compares only the platform's own times with each other.
    package func covers(_ run: DataflowRun) -> Bool {
        if runs.contains(run.id) { return true }
        guard let createdAt = run.createdAt else { return false }
        return since.map { createdAt < $0 } ?? false || horizon.map { createdAt <= $0 } ?? false
    }

    /// Whether a run certainly began after the call. A run without a time is older than a cut listing for all that is known.
    package func certainlyLacks(_ run: DataflowRun) -> Bool {
        !covers(run) && (horizon == nil || run.createdAt != nil)
    }
}

package enum PauseScope: Equatable, Hashable, Codable, Sendable {
    case all
    case campaign(CampaignName)
}

package struct Pause: Equatable, Codable, Sendable {
    package var scope: PauseScope
    package var since: Instant
    package var until: Instant?
    package var actor: String
    package var reason: String

    package init(scope: PauseScope, since: Instant, until: Instant?, actor: String, reason: String) {
        self.scope = scope
        self.since = since
        self.until = until
        self.actor = actor
        self.reason = reason
    }
}

/// How a person settles what is in doubt or quarantined.
package enum Resolution: Equatable, Codable, Sendable {
    case adopt(RunID)
    case retry
    case abandon
}
