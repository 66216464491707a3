// The durable state of the scheduler: the fold of the journal's records, and nothing else. What the platform said lately
// is not in here (see `Knowledge`); it is asked again after a restart.
//
// Begin at `apply` in StateFold.swift: the only place that changes this state.

package import Chronology

package struct State: Equatable, Codable, Sendable {
    package internal(set) var generation = 0
    package internal(set) var nextOccurrence = 1
    package internal(set) var nextCall = 1
    package internal(set) var campaigns = CampaignTable()
    /// The high-water marks of campaigns that were removed, bounded: one that is added again, under a clock that was set back
    /// meanwhile, counts from there. Nil for none, and in snapshots of before.
    package internal(set) var removedMarks: [CampaignName: Instant]?
    /// Occurrences that have not ended, and those with an activation that waits for a person.
    package internal(set) var occurrences: [OccurrenceID: OccurrenceState] = [:]
    /// Calls whose answer is not journaled, and those that an activation is still in doubt about, or was and is sent again.
    package internal(set) var calls: [CallID: CallState] = [:]
    package internal(set) var pauses: [Pause] = []
    package internal(set) var exportMarks: [SandboxName: ExportMark] = [:]
    /// Exports that ended, the newest last, bounded: what `ExportHabit` is made of. Absent in snapshots of before.
    package internal(set) var exportObservations: [SandboxName: [ExportObservation]]?
    /// Smaller than the configured limit where the platform has refused a call for its size.
    package internal(set) var pairLimits: [SandboxName: Int] = [:]
    /// When that was. Nil in snapshots of before, whose limits count for nothing any more.
    package internal(set) var pairLimitTimes: [SandboxName: Instant]?
    /// The rules of zones as they were counted with last, by name. Nil in snapshots of before.
    package internal(set) var zones: [String: ZoneExcerpt]?
    /// The runs that were ours lately, oldest first, bounded. Nil for none, and in snapshots of before.
    package internal(set) var ownRuns: [DataflowID: [OwnRun]]?
    /// Runs that a person gave up although they had not ended, ours and others', oldest first, bounded: what the platform goes on
    /// saying of them closes nothing. Nil for none, and in snapshots of before.
    package internal(set) var abandonedRuns: [RunID]?
    /// What tells the runs of a sandbox apart, in the order of learning, bounded. Nil for none, and in snapshots of before.
    package internal(set) var runSigns: [SandboxName: [RunSign]]?

    package init() {}

    package subscript(id: ActivationID) -> ActivationState? {
        guard let occurrence = occurrences[id.occurrence], id.index >= 1, id.index <= occurrence.activations.count
        else { return nil }
        return occurrence.activations[id.index - 1]
    }

    /// The pair of an activation. Nil when its occurrence is no longer held.
    package func pair(of id: ActivationID) -> Pair? {
        guard let pairs = occurrences[id.occurrence]?.occurrence.pairs, id.index >= 1, id.index <= pairs.count
        else { return nil }
        return pairs[id.index - 1]
    }

    /// How many pairs a call may have by what the platform refused within the last day; nil for no such limit. Limits are
    /// raised, and a text may have meant another one: so it is tried again.
    package func pairLimit(of sandbox: SandboxName, at now: Instant) -> Int? {
        guard let limit = pairLimits[sandbox], let learnedAt = pairLimitTimes?[sandbox] else { return nil }
        let age = now - learnedAt
        // The clock may have been set back since.
        return age < StateBounds.pairLimitAge && age > .zero - StateBounds.pairLimitAge ? limit : nil
    }

    /// The pause that holds a campaign back at `now`, the campaign's own before the general one.
    package func pause(of campaign: CampaignName, at now: Instant) -> Pause? {
        let active = pauses.filter { pause in pause.until.map { now < $0 } ?? true }
        return active.first { $0.scope == .campaign(campaign) } ?? active.first { $0.scope == .all }
    }

    /// Held occurrences of a campaign that have not ended, oldest first.
    package func unended(of campaign: CampaignName) -> [OccurrenceState] {
        occurrences.values
            .filter { $0.occurrence.campaign == campaign && $0.outcome == nil }
            .sorted { $0.occurrence.id < $1.occurrence.id }
    }
}

enum StateBounds {
    /// A size that the platform refused is tried again after this.
    static let pairLimitAge = Duration.seconds(86_400)
    /// Marks of removed campaigns that are kept, the latest ones, once there are twice as many.
    static let removedMarks = 10_000
}

package struct CampaignState: Equatable, Codable, Sendable {
    /// See ``Trigger/fingerprint``.
    package var fingerprint: String
    /// The nominal time up to which everything is decided. Never goes back, whatever the clock does, unless a person orders it.
    package var highWater: Instant
    package var last: LastOccurrence?
    /// How many occurrences were admitted that nobody asked for by hand. Kept when the schedule is changed, and gone with the
    /// campaign. Nil for none, and in snapshots of before.
    package var fired: Int?
    /// Whether it was told that the campaign has fired as often as it may. Nil for no.
    package var finishedAt: Instant?
    /// Of one that follows exports, from when on it counts by the platform's clock. Nil until that is known.
    package var countsFrom: Instant?

    package init(
        fingerprint: String, highWater: Instant, last: LastOccurrence? = nil, fired: Int? = nil,
        finishedAt: Instant? = nil, countsFrom: Instant? = nil
    ) {
        self.fingerprint = fingerprint
        self.highWater = highWater
        self.last = last
        self.fired = fired
        self.finishedAt = finishedAt
        self.countsFrom = countsFrom
    }

    package var isFinished: Bool { finishedAt != nil }

    var followsTimetable: Bool { fingerprint.hasPrefix(Trigger.timetableWord) }
}

/// What is remembered of a campaign's latest decided or ended occurrence; all others are in the journal's history.
package struct LastOccurrence: Equatable, Codable, Sendable {
    package var id: OccurrenceID
    package var nominal: Instant
    package var outcome: OccurrenceOutcome
    package var at: Instant
}

package struct OccurrenceState: Equatable, Codable, Sendable {
    package var occurrence: Occurrence
    /// Activation `n` is at `n - 1`.
    package var activations: [ActivationState]
    /// Set once all activations have ended or are set aside.
    package var outcome: OccurrenceOutcome?
    package var endedAt: Instant?

    package var id: OccurrenceID { occurrence.id }

    package func activationID(at position: Int) -> ActivationID {
        ActivationID(occurrence.id, position + 1)
    }
}

package struct ActivationState: Equatable, Codable, Sendable {
    package enum Phase: Equatable, Codable, Sendable {
        /// Behind a gate or in line for its lane. Left for `calling` when packed into a call, for `ended` at its
        /// deadline or by a person; for `running` when a run of an earlier, doubtful call turns up, and for `inDoubt` when
        /// one turns up for another pair of that call.
        case waiting
        /// In a call that is intended or on the wire. Left on the call's answer.
        case calling(CallID)
        /// The call may or may not have taken effect. Left by a look-up that finds its run, by established absence,
        /// or by a person.
        case inDoubt(CallID)
        /// Left when the run has ended; for a person where it then turns out to be of the platform's schedule.
        case running(RunID)
        /// Set aside for a person. `call` is set while a run of it may exist: the lane stays held.
        case quarantined(call: CallID?)
        case ended(ActivationOutcome)
    }

    package var phase: Phase
    package var since: Instant
    /// Calls that were sent and count against the limit of attempts.
    package var attempts = 0
    /// How often it was sent again after its absence was established.
    package var doubtRetries = 0
    /// Successful look-ups of the present doubt that did not show a run.
    package var lookUps = 0
    package var notBefore: Instant?
    /// Why it is where it is, in words. Bounded.
    package var reason: String?
    /// At most this many pairs share its next call: a refused call is halved until the culprit stands alone.
    package var packLimit: Int?
    /// Replaces the occurrence's deadline once a person asked for another try.
    package var expiresAt: Instant?
    /// A run was followed for longer than expected, and somebody was told.
    package var isLate = false
    /// The run is no longer understood, and somebody was told.
    package var endIsUnknown = false
    package var wasAdopted = false
    /// Runs that turned up as second ones for this activation.
    package var duplicates: [RunID] = []
    /// The baseline of the first call that may have taken effect although it is sent again: what runs of an earlier call are
    /// recognised by, however late they turn up. Nil for none. Calls have theirs: one for each activation would make a snapshot
    /// of thousands of them many times as large.
    package var firstBaseline: Baseline?
    /// The first call that may have taken effect for it although it is sent again. Nil for none, and in snapshots of before.
    package var doubtfulCall: CallID?
    /// Further such calls of several pairs, the newest last, bounded. Nil for none, and in snapshots of before.
    package var laterCalls: [CallID]?
    /// When such calls were handed out, by the platform's clock, the newest last, bounded. Nil for none, where it was not known, and
    /// in snapshots of before.
    package var doubtfulTimes: [Instant]?
    /// The run that a refusal named for it, and that may be of such a call: nothing is sent before that is known. Nil for none, and
    /// in snapshots of before.
    package var named: RunID?

    /// The run for which its last call was refused, and that may be of that very call. Nil for none, and in snapshots of before.
    package var refusedFor: RefusedFor?

    /// Runs that may be of the call in doubt and of which nothing told whose they are, in the order in which they were seen, bounded.
    /// Nil for none, and in snapshots of before.
    package var candidates: [RunID]?

    var doubtfulCalls: [CallID] { (doubtfulCall.map { [$0] } ?? []) + (laterCalls ?? []) }

    /// Whether a run of an earlier call of it may turn up.
    package var mayHaveRun: Bool { doubtfulCall != nil || doubtRetries > 0 }

    /// Whether a second run of it may turn up: an earlier call may have taken effect, and it was sent again.
    package var wasSentAgain: Bool { mayHaveRun }

    package var isSettled: Bool {
        switch phase {
        case .ended, .quarantined: true
        case .waiting, .calling, .inDoubt, .running: false
        }
    }

    /// Whether nothing else of this lane may be sent.
    package var holdsLane: Bool {
        switch phase {
        case .inDoubt: !mutant(.doubtFreesLane)
        case .calling, .running: true
        case .quarantined(let call): call != nil
        case .waiting, .ended: false
        }
    }
}

/// Why a call was refused.
package struct RefusedFor: Equatable, Codable, Sendable {
    package var run: RunID
    /// When the call was handed out, by the platform's clock.
    package var leftAt: Instant
    /// The platform had not told its time: that is the latest that its clock may have shown. Nil for no, and in snapshots of before.
    package var isLatest: Bool?
}

package struct CallState: Equatable, Codable, Sendable {
    package var call: Call
    /// False while it is only intended: certainly not sent.
    package var isSending = false
    package var isAnswered = false
    /// A run of it was seen: it was accepted, and no pair of it is absent any more. Nil for no, in snapshots of before, and for
    /// calls of one pair.
    package var tookEffect: Bool?
    /// It was refused, and may have taken effect for some of its pairs all the same. Nil for no, and in snapshots of before.
    package var wasRefused: Bool?
    /// When it was handed out, by the platform's clock. Nil where that was not known, and in snapshots of before.
    package var sentAt: Instant?
}
