// The rules, checked from outside: by the platform's ledger, by the records as they are stored, and by a model of nominal
// times of its own. Nothing here asks the scheduler what it thinks; ExplainCheck.swift does, and holds it against the truth.

package import Chronology
internal import PlatformModel
internal import SchedulerCore

/// A rule that was broken, in words.
package struct Finding: Error, Equatable, Sendable {
    package var rule: String
    package var detail: String
    package var at: Instant
}

struct Checker {
    private(set) var findings: [Finding] = []
    /// Folded record by record as they are stored.
    private(set) var folded = State()
    var nominals = NominalModel()
    var truth: PlatformTruth
    private(set) var occurrences = 0
    private(set) var calls = 0

    var plans = PlansInUse()
    private(set) var acceptances = AcceptanceCheck()
    private var followers = FollowerCheck()
    var notices = NoticeCheck()
    private var phases = PhaseCheck()
    private var patience = PatienceCheck()
    private var effects = EffectCheck()
    private var looks = LookCheck()
    /// Calls whose answer said something, and was not recorded yet.
    private var answered: Set<CallID> = []
    private(set) var hearing = Hearing()
    /// True time, which is the platform's; nil where nobody keeps it.
    var clock: (() -> Instant)?

    /// Calls that left, and when by the platform's clock.
    private(set) var sent: [CallID: Instant] = [:]
    /// By whom a run is owned, for each pair that it serves.
    var owners: [RunID: [Pair: ActivationID]] = [:]
    private var isChanged = false
    /// See ``earliestDeadline``; nil for one that has to be looked for.
    private var deadline: Instant?
    /// The latest that the daemon's clock ever showed with a record.
    private var latest = Instant(milliseconds: .min)
    private var seenViolations = 0
    /// How often an activation was in doubt since a person settled it last.
    private var doubts: [ActivationID: Int] = [:]
    private var refusedCalls: Set<CallID> = []
    private var asks: (hour: Int64, count: Int) = (0, 0)
    private(set) var mostAsks = 0
    /// See ``CampaignPlan/asksAnHour``.
    var asksAnHour = CheckBounds.asksAnHour

    init(truth: PlatformTruth) {
        self.truth = truth
    }

    mutating func report(_ rule: String, _ detail: String, at: Instant) {
        findings.append(Finding(rule: rule, detail: detail, at: at))
    }

    // MARK: What is stored

    /// - Parameters:
    ///   - now: The daemon's wall clock.
    ///   - runs: The platform's runs by id.
    mutating func stored(_ records: [Record], at now: Instant, runs: (RunID) -> SimulatedRun?) {
        isChanged = true
        deadline = nil
        latest = max(latest, now)
        for record in records {
            look(at: record, now, runs)
            folded.apply(record)
        }
    }

    private mutating func look(at record: Record, _ now: Instant, _ runs: (RunID) -> SimulatedRun?) {
        if let wrong = phases.take(record) {
            report("no record leaves a phase that it may not leave", wrong, at: now)
        }
        let known = truth
        let trueTime = clock?() ?? now
        let wrong = patience.take(record, folded) { pair, sandbox in known.knownFor(pair, sandbox, at: trueTime) }
        if let wrong { report("what passes by itself costs no attempt", wrong, at: now) }
        var isAnswer = false
        if case .callAnswered(let call, _, _) = record { isAnswer = answered.remove(call) != nil }
        looks.take(record, folded, isAnswer: isAnswer)
        if let wrong = effects.take(record, isAnswer: isAnswer) {
            report("a call that took effect for one is not sent again for another", wrong, at: now)
        }
        acceptances.look(at: record, folded, at: clock?() ?? now)
        notices.take(record, at: clock?() ?? now)
        switch record {
        case .campaignRemoved(let campaign):
            nominals.remove(campaign)
        case .campaignAnchored(let campaign, let fingerprint, let from):
            nominals.anchor(campaign, fingerprint, from: from, latest: latest)
        case .campaignsAnchored(let anchored):
            for anchor in anchored.anchors {
                nominals.anchor(anchor.campaign, anchor.fingerprint, from: anchor.from, latest: latest)
            }
        case .occurrenceAdmitted(let occurrence):
            admit(occurrence, at: now)
        case .occurrencesSkipped(let skipped):
            skip(skipped, at: now)
        case .occurrenceEnded(let id, let outcome, _):
            if let campaign = folded.occurrences[id]?.occurrence.campaign {
                followers.ended(id, of: campaign, outcome, plans)
            }
        case .exportFinished(let sandbox, let job, let succeeded, _, _, _, _):
            // The first one that is seen only says where counting begins.
            if folded.exportMarks[sandbox] != nil {
                let end = truth.exports.last { $0.id == job }?.end
                followers.ended(export: job, in: sandbox, succeeded: succeeded, plans) { [nominals] follower in
                    end.map { nominals.isNewer(follower, than: $0) } ?? false
                }
            }
        case .callIntended(let call):
            calls += 1
            if call.pairs.count > CheckBounds.pairs { report("never more than 80 pairs", "call \(call.id)", at: now) }
        case .callSending(let id, _):
            lookAtSending(id, at: now)
        // Of a call that was refused no answer was lost.
        case .callAnswered(let call, let outcome, _):
            if outcome.hasPrefix("refused") || outcome.hasPrefix("throttled") { refusedCalls.insert(call) }
        case .activationInDoubt(let id, let call, _, _):
            guard !refusedCalls.contains(call) else { break }
            doubts[id, default: 0] += 1
            if doubts[id, default: 0] > CheckBounds.doubts {
                report("sent again at most once after a doubt", "activation \(id)", at: now)
            }
        case .activationResolved(let id, .retry, _, _):
            doubts[id] = nil
        case .activationResolved(let id, .abandon, _, _):
            if case .running(let run)? = folded[id]?.phase { truth.abandoned.insert(run.text) }
        case .runDisregarded(let run, _, _):
            truth.disregarded.insert(run.text)
        case .activationRunning(let id, let run, let adopted, _):
            own(run, id, adopted: adopted, at: now, runs)
        case .activationEnded(let id, let outcome, _):
            lookAtEnd(of: id, outcome, at: now, runs)
        default: break
        }
    }

    private mutating func admit(_ occurrence: Occurrence, at now: Instant) {
        occurrences += 1
        judge(occurrence, at: now)
        if let wrong = followers.take(occurrence) { report("whoever follows is owed an answer", wrong, at: now) }
        if case .manual = occurrence.origin {
        } else if !nominals.admit(occurrence.campaign) {
            report("no more than max_occurrences", "\(occurrence.campaign)", at: now)
        }
        if case .export(let job) = occurrence.origin { nominals.decide(occurrence.campaign, export: job) }
        guard occurrence.origin == .timetable else { return }
        decide(occurrence.campaign, occurrence.nominal, occurrence.nominal, at: now)
    }

    private mutating func skip(_ skipped: SkippedOccurrences, at now: Instant) {
        judge(skipped, at: now)
        if let wrong = followers.take(skipped) { report("whoever follows is owed an answer", wrong, at: now) }
        let words = skipped.detail.split { $0 == " " || $0 == "," }
        if let place = words.firstIndex(of: "export"), place + 1 < words.count {
            nominals.decide(skipped.campaign, export: String(words[place + 1]))
        } else if skipped.reason == .missed, skipped.at - skipped.last >= CheckBounds.exportReach {
            nominals.decide(
                skipped.campaign, exportsIn: skipped.first...max(skipped.first, skipped.last), truth.exports)
        }
        // What a person or an export asked for is no nominal time of a timetable.
        guard folded.campaigns[skipped.campaign]?.fingerprint.hasPrefix("timetable") == true,
            skipped.first.milliseconds % 60_000 == 0
        else { return }
        decide(skipped.campaign, skipped.first, max(skipped.first, skipped.last), at: now)
    }

    private mutating func decide(_ campaign: CampaignName, _ first: Instant, _ last: Instant, at now: Instant) {
        if !nominals.decide(campaign, first...last) {
            report("decided at most once", "\(campaign) at \(first.rfc3339)", at: now)
        }
    }

    private mutating func lookAtSending(_ id: CallID, at now: Instant) {
        if let call = folded.calls[id]?.call, let limit = folded.pairLimit(of: call.sandbox, at: now),
            call.pairs.count > limit
        {
            report("no more pairs than the platform was seen to take", "call \(id)", at: now)
        }
        for activation in folded.calls[id]?.call.activations ?? [] {
            guard let occurrence = folded.occurrences[activation.occurrence]?.occurrence else { continue }
            let expiresAt = folded[activation]?.expiresAt ?? occurrence.expiresAt
            if now >= expiresAt { report("no call after start_within", "activation \(activation)", at: now) }
            if now < occurrence.startsAt { report("no call before its time", "activation \(activation)", at: now) }
            if folded.pause(of: occurrence.campaign, at: now) != nil {
                report("no call during a pause", "activation \(activation)", at: now)
            }
        }
        if let blackout = plans.blackout(at: now) {
            report("no call inside a blackout", "call \(id): \(blackout)", at: now)
        }
    }

    // MARK: Events

    /// Before a process takes it in.
    mutating func hears(_ event: Event, at now: Instant) {
        let sandbox = hearing.sandbox(of: event)
        guard hearing.take(event, at: clock?() ?? now) else { return }
        looks.hears(event)
        if case .callAnswered(let id, let answer) = event {
            acceptances.hears(id, answer)
            patience.hears(id, answer)
            if case .doubtful = answer {} else { answered.insert(id) }
        }
        if let sandbox { notices.hears(event, in: sandbox, at: clock?() ?? now) }
    }

    mutating func told(_ notification: Notification, at now: Instant) {
        // A call that can not be looked up holds its lane: somebody may know.
        if notification.kind == .runLate, let id = notification.activation, case .inDoubt = folded[id]?.phase { return }
        if let wrong = notices.told(notification, at: clock?() ?? now) {
            report("nobody is called for nothing", wrong, at: now)
        }
    }

    /// After a process took it in, and lives on.
    mutating func settleEvent(at now: Instant) {
        if let wrong = followers.settle(isFinished: { nominals.isFinished($0, by: plans.of($0)) }) {
            report("whoever follows is owed an answer", wrong, at: now)
        }
        if let wrong = notices.settle(at: clock?() ?? now) {
            report("somebody is told of what needs a person", wrong, at: now)
        }
    }

    /// What it was told, and did not write down, is gone with it.
    mutating func processDied() {
        acceptances.forgetAnswers()
        patience.forgetAnswers()
        answered = []
        looks.forget()
        hearing = Hearing()
        deadline = nil
        notices.forget()
    }

    // MARK: The state

    /// Fold equals live, whenever something was stored.
    mutating func compare(_ live: State, at now: Instant, isForced: Bool = false) {
        guard isChanged || isForced else { return }
        isChanged = false
        if live != folded { report("the fold of the journal is the live state", "they differ", at: now) }
    }

    mutating func lookForLost(at wall: Instant) {
        if let (campaign, nominal) = nominals.lost(at: wall) {
            report("never lost", "\(campaign) at \(nominal.rfc3339) was neither fired nor skipped", at: wall)
        }
    }

    /// When the first of what waits expires; never, where nothing waits.
    mutating func earliestDeadline() -> Instant {
        if let deadline { return deadline }
        var earliest = Instant(milliseconds: .max)
        for occurrence in folded.occurrences.values where occurrence.outcome == nil {
            for activation in occurrence.activations {
                guard case .waiting = activation.phase else { continue }
                earliest = min(earliest, activation.expiresAt ?? occurrence.occurrence.expiresAt)
            }
        }
        deadline = earliest
        return earliest
    }

    // MARK: What leaves

    /// On its way to the wire.
    mutating func handsOut(_ call: Call) {
        hearing.leaves(.send(call))
    }

    /// Onto the wire.
    ///
    /// - Parameter platformTime: By the platform's clock.
    mutating func leaves(_ call: Call, at now: Instant, platformTime: Instant) {
        if folded.calls[call.id]?.isSending != true {
            report("no call leaves without its journal record", "call \(call.id)", at: now)
        }
        if sent.updateValue(platformTime, forKey: call.id) != nil {
            report("a call is sent once", "call \(call.id)", at: now)
        }
        if let wrong = acceptances.look(atLeaving: call) {
            report("nothing is sent again once its run was named", wrong, at: now)
        }
        if let wrong = looks.look(atLeaving: call) {
            report("one more look lies between an absence and the second call", wrong, at: now)
        }
    }

    /// - Parameter isExpected: Whether somebody waits for such an answer although nothing is due.
    mutating func asks(_ effect: Effect, isExpected: Bool, at now: Instant) {
        hearing.leaves(effect, at: clock?())
        looks.asks(effect)
        if folded.occurrences.isEmpty, !isExpected {
            report("nothing is asked while nothing is due", "\(effect)", at: now)
        }
        let hour = now.milliseconds / 3_600_000
        if asks.hour != hour { asks = (hour, 0) }
        asks.count += 1
        mostAsks = max(mostAsks, asks.count)
        if asks.count > asksAnHour {
            report("no more questions than the budget", "\(asks.count) in an hour", at: now)
        }
    }

    // MARK: What the platform saw

    /// Right after a call came to the platform.
    mutating func look(
        at ledger: Ledger, start: Instant, after call: Call, at now: Instant, runs: (RunID) -> SimulatedRun?
    ) {
        let wire = sent[call.id]
        for violation in ledger.violations.dropFirst(seenViolations) {
            let at = start + .milliseconds(violation.atMilliseconds)
            // The platform takes fewer than it says: that can only be learned.
            if violation.rule == .tooManyPairs, call.pairs.count <= CheckBounds.pairs { continue }
            // What an activation follows is known, whatever listings show.
            let isFollowed = violation.detail.split(separator: " ").map(String.init).contains { word in
                owners[RunID(word)] != nil && !truth.abandoned.contains(word)
            }
            guard
                isFollowed && violation.rule == .audienceInFlight
                    || !truth.isExcused(violation, of: call, wire: wire ?? at, at: at)
            else { continue }
            report("rule of the platform: \(violation.rule.rawValue)", violation.detail, at: at)
        }
        seenViolations = ledger.violations.count
        let isUnseen = { [truth] run in truth.isUnseen(run, sent: wire ?? now) }
        for wrong in acceptances.take(ledger, after: call, runs, isUnseen: isUnseen) {
            report("an activation is accepted once", wrong, at: now)
        }
    }
}
