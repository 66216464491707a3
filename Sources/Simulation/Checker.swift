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

    private var admitted: [Pair: Int] = [:]
    private var retries: [Pair: Int] = [:]
    /// Calls that left, and when by the platform's clock.
    private(set) var sent: [CallID: Instant] = [:]
    /// By whom a run is owned, for each pair that it serves.
    private var owners: [RunID: [Pair: ActivationID]] = [:]
    private var isChanged = false
    /// The latest that the daemon's clock ever showed with a record.
    private var latest = Instant(milliseconds: .min)
    private var seenViolations = 0
    private var seenCalls = 0
    /// How often an activation was in doubt since a person settled it last.
    private var doubts: [ActivationID: Int] = [:]
    private var asks: (hour: Int64, count: Int) = (0, 0)
    private(set) var mostAsks = 0
    /// See ``CampaignPlan/asksAnHour``.
    var asksAnHour = CheckBounds.asksAnHour
    /// What `catch_up` was lately, the newest last: a reload may wait for the disk.
    private var catchUps: [CampaignName: [Duration]] = [:]

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
        latest = max(latest, now)
        for record in records {
            look(at: record, now, runs)
            folded.apply(record)
        }
    }

    private mutating func look(at record: Record, _ now: Instant, _ runs: (RunID) -> SimulatedRun?) {
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
        case .callIntended(let call):
            calls += 1
            if call.pairs.count > CheckBounds.pairs { report("never more than 80 pairs", "call \(call.id)", at: now) }
        case .callSending(let id, _):
            lookAtSending(id, at: now)
        case .activationInDoubt(let id, _, _, _):
            doubts[id, default: 0] += 1
            if doubts[id, default: 0] > CheckBounds.doubts {
                report("sent again at most once after a doubt", "activation \(id)", at: now)
            }
        case .activationResolved(let id, .retry, _, _):
            doubts[id] = nil
            if let pair = folded.pair(of: id) { retries[pair, default: 0] += 1 }
        case .activationRunning(let id, let run, let adopted, _):
            own(run, id, adopted: adopted, at: now, runs)
        case .activationEnded(let id, let outcome, _):
            lookAtEnd(of: id, outcome, at: now, runs)
        default: break
        }
    }

    private mutating func admit(_ occurrence: Occurrence, at now: Instant) {
        occurrences += 1
        for pair in occurrence.pairs { admitted[pair, default: 0] += 1 }
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
        let words = skipped.detail.split { $0 == " " || $0 == "," }
        if let place = words.firstIndex(of: "export"), place + 1 < words.count {
            nominals.decide(skipped.campaign, export: String(words[place + 1]))
        }
        // What a person or an export asked for is no nominal time of a timetable.
        guard folded.campaigns[skipped.campaign]?.fingerprint.hasPrefix("timetable") == true,
            skipped.first.milliseconds % 60_000 == 0
        else { return }
        decide(skipped.campaign, skipped.first, max(skipped.first, skipped.last), at: now)
    }

    /// A configuration that is in use from now on, or as soon as the disk allows.
    mutating func mayUse(_ plan: CampaignPlan) {
        for (name, planned) in plan.campaigns {
            catchUps[name] = (catchUps[name] ?? []).suffix(CheckBounds.catchUps - 1) + [planned.campaign.catchUp]
        }
    }

    /// Why a time was not fired, judged by what is known outside of the daemon.
    private mutating func judge(_ skipped: SkippedOccurrences, at now: Instant) {
        let isTrue: Bool
        switch skipped.reason {
        case .missed:
            // A millisecond or two may pass between the decision and its record.
            let patience = catchUps[skipped.campaign]?.min() ?? .zero
            isTrue = skipped.last <= now - patience + .seconds(1)
        case .overlap:
            isTrue = !folded.unended(of: skipped.campaign).isEmpty
        case .paused:
            isTrue = folded.pause(of: skipped.campaign, at: now) != nil
        case .superseded, .predecessor, .oversized:
            isTrue = true
        case .decided:
            // The marks of a daemon that lost nothing say it before the journal has to.
            isTrue = false
        }
        guard !isTrue else { return }
        report(
            "a time is skipped for a reason that holds",
            "\(skipped.campaign) at \(skipped.first.rfc3339): \(skipped.reason.rawValue)", at: now)
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
    }

    // MARK: Whose run it is

    private mutating func own(
        _ run: RunID, _ id: ActivationID, adopted: Bool, at now: Instant, _ runs: (RunID) -> SimulatedRun?
    ) {
        guard let pair = folded.pair(of: id) else { return }
        if adopted { truth.adopted.insert(run.text) }
        guard let real = runs(run), real.flow == pair.dataflow.text, real.audiences.contains(pair.audience.text) else {
            return report("a run is followed by those that it is for", "run \(run), activation \(id)", at: now)
        }
        if let other = owners[run]?[pair], other != id {
            report("one run is one delivery of a pair", "run \(run): activations \(other) and \(id)", at: now)
        }
        owners[run, default: [:]][pair] = id
        if let call = callInDoubt(of: id), let left = sent[call], real.createdAt < left,
            real.isOurs || !truth.isUnseen(real, sent: left)
        {
            report("a run that began before the call is not its own", "run \(run), activation \(id)", at: now)
        }
    }

    func isOwned(_ run: RunID, _ pair: Pair) -> Bool { owners[run]?[pair] != nil }

    private func callInDoubt(of id: ActivationID) -> CallID? {
        switch folded[id]?.phase {
        // A run of its first doubtful call is its own, however often it was sent since.
        case .calling(let call), .inDoubt(let call): folded[id]?.doubtfulCall ?? call
        case .waiting: folded[id]?.doubtfulCall
        default: nil
        }
    }

    private mutating func lookAtEnd(
        of id: ActivationID, _ outcome: ActivationOutcome, at now: Instant, _ runs: (RunID) -> SimulatedRun?
    ) {
        switch outcome.result {
        case .succeeded, .partial:
            let real = outcome.run.flatMap(runs)
            if real.map({ $0.fails }) ?? true {
                report("what is told as delivered was delivered", "activation \(id)", at: now)
            }
        case .failed where outcome.run != nil:
            if outcome.run.flatMap(runs)?.fails != true {
                report("what is told as failed has failed", "activation \(id)", at: now)
            }
        case .failed, .expired, .cancelled: break
        }
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

    // MARK: What leaves

    /// - Parameter platformTime: By the platform's clock.
    mutating func leaves(_ call: Call, at now: Instant, platformTime: Instant) {
        if folded.calls[call.id]?.isSending != true {
            report("no call leaves without its journal record", "call \(call.id)", at: now)
        }
        if sent.updateValue(platformTime, forKey: call.id) != nil {
            report("a call is sent once", "call \(call.id)", at: now)
        }
    }

    /// - Parameter isExpected: Whether somebody waits for such an answer although nothing is due.
    mutating func asks(_ effect: Effect, isExpected: Bool, at now: Instant) {
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
    mutating func look(at ledger: Ledger, start: Instant, after call: Call, at now: Instant) {
        for violation in ledger.violations.dropFirst(seenViolations) {
            let at = start + .milliseconds(violation.atMilliseconds)
            // The platform takes fewer than it says: that can only be learned.
            if violation.rule == .tooManyPairs, call.pairs.count <= CheckBounds.pairs { continue }
            // What an activation follows is known, whatever listings show.
            let isFollowed = violation.detail.split(separator: " ").contains { owners[RunID(String($0))] != nil }
            guard
                isFollowed && violation.rule == .audienceInFlight
                    || !truth.isExcused(violation, sent: sent[call.id] ?? at, at: at)
            else { continue }
            report("rule of the platform: \(violation.rule.rawValue)", violation.detail, at: at)
        }
        seenViolations = ledger.violations.count
        guard ledger.calls.count != seenCalls else { return }
        seenCalls = ledger.calls.count
        for delivery in ledger.deliveries {
            let pair = Pair(dataflow: DataflowID(delivery.dataflow), audience: AudienceID(delivery.audience))
            let owed = (admitted[pair] ?? 0) + (retries[pair] ?? 0)
            if delivery.accepted > owed {
                report("never twice", "\(pair.dataflow) \(pair.audience): \(delivery.accepted) of \(owed)", at: now)
            }
        }
    }

    // MARK: What is owed

    /// Every export that a campaign follows was followed, or not, with a record.
    mutating func expectExportsFollowed(at now: Instant) {
        let lost = nominals.lostExport(truth.exports, at: now, patience: CheckBounds.exportPatience)
        if let (campaign, export) = lost {
            report("never lost", "\(campaign) after export \(export) was neither fired nor skipped", at: now)
        }
    }

    /// What was admitted, and had begun, before everything healed must have ended by now. What a clock admitted that stood
    /// ahead, and was set back, waits for its time.
    mutating func expectSettled(by healed: Instant, at now: Instant) {
        for occurrence in owed(by: healed) {
            report(
                "every admitted activation ends", "occurrence \(occurrence.id) of \(occurrence.occurrence.campaign)",
                at: now)
        }
    }

    func isOwed(by healed: Instant) -> Bool { !owed(by: healed).isEmpty }

    private func owed(by healed: Instant) -> [OccurrenceState] {
        folded.occurrences.values
            .filter { state in
                state.outcome == nil && state.occurrence.admittedAt <= healed && state.occurrence.startsAt <= healed
            }
            .sorted { $0.id < $1.id }
    }
}

enum CheckBounds {
    static let exportPatience = Duration.seconds(3 * 3600)
    /// Questions in one hour of one sandbox, whatever happens: polls of gates and runs, with the retries of failed ones.
    static let asksAnHour: Int = 3000
    /// Settings of before that may still be in use.
    static let catchUps = 4
    /// Adobe's guardrail.
    static let pairs = 80
    /// Of one activation: the call, and one more after an established absence.
    static let doubts = 2
}
