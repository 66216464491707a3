// The rules, checked from outside: by the platform's ledger, by the records as they are stored, and by a model of nominal
// times of its own. Nothing here asks the scheduler what it thinks.

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
    /// How long after something began on the platform a call that does not know of it may still arrive: the age of an
    /// answer that counts as fresh, and the way of a request.
    let blindness: Duration

    private(set) var findings: [Finding] = []
    /// Folded record by record as they are stored.
    private(set) var folded = State()
    private var admitted: [Pair: Int] = [:]
    private var nominals: [CampaignName: Set<Instant>] = [:]
    private var decided: [CampaignName: [ClosedRange<Instant>]] = [:]
    private var retries: [Pair: Int] = [:]
    private var foreign: [(flow: String, begin: Instant, end: Instant)] = []
    private var exports: [(begin: Instant, end: Instant)] = []
    /// Runs that were taken for ours by looking.
    private var adopted: Set<String> = []
    private var seenViolations = 0
    private(set) var occurrences = 0
    private(set) var calls = 0

    init(blindness: Duration) {
        self.blindness = blindness
    }

    mutating func report(_ rule: String, _ detail: String, at: Instant) {
        findings.append(Finding(rule: rule, detail: detail, at: at))
    }

    // MARK: What is stored

    mutating func stored(_ records: [Record], at now: Instant) {
        for record in records {
            switch record {
            case .occurrenceAdmitted(let occurrence): admit(occurrence, at: now)
            case .occurrencesSkipped(let skipped):
                decided[skipped.campaign, default: []].append(skipped.first...max(skipped.first, skipped.last))
            case .callIntended(let call):
                calls += 1
                if call.pairs.count > 80 { report("never more than 80 pairs", "call \(call.id)", at: now) }
            case .activationResolved(let id, .retry, _, _):
                if let pair = folded.pair(of: id) { retries[pair, default: 0] += 1 }
            case .activationRunning(_, let run, adopted: true, _): adopted.insert(run.text)
            default: break
            }
            folded.apply(record)
        }
    }

    private mutating func admit(_ occurrence: Occurrence, at now: Instant) {
        occurrences += 1
        for pair in occurrence.pairs { admitted[pair, default: 0] += 1 }
        guard occurrence.origin == .timetable else { return }
        if !nominals[occurrence.campaign, default: []].insert(occurrence.nominal).inserted {
            report("decided at most once", "\(occurrence.campaign) at \(occurrence.nominal.rfc3339)", at: now)
        }
        decided[occurrence.campaign, default: []].append(occurrence.nominal...occurrence.nominal)
    }

    /// Fold equals live.
    mutating func compare(_ live: State, at now: Instant) {
        if live != folded { report("the fold of the journal is the live state", "they differ", at: now) }
    }

    // MARK: What the platform saw

    mutating func began(export begin: Instant, until end: Instant) {
        exports.append((begin, end))
    }

    mutating func began(foreignRunOn flow: String, at begin: Instant, until end: Instant) {
        foreign.append((flow, begin, end))
    }

    mutating func look(at ledger: Ledger, start: Instant, at now: Instant) {
        for violation in ledger.violations.dropFirst(seenViolations) {
            let at = start + .milliseconds(violation.atMilliseconds)
            guard !isExcused(violation, at: at) else { continue }
            report("rule of the platform: \(violation.rule.rawValue)", violation.detail, at: at)
        }
        seenViolations = ledger.violations.count
        for delivery in ledger.deliveries {
            let pair = Pair(dataflow: DataflowID(delivery.dataflow), audience: AudienceID(delivery.audience))
            let owed = (admitted[pair] ?? 0) + (retries[pair] ?? 0)
            if delivery.accepted > owed {
                report("never twice", "\(pair.dataflow) \(pair.audience): \(delivery.accepted) of \(owed)", at: now)
            }
        }
    }

    /// What began so shortly before the call that nobody could know, and a run that a person started for the very pair of a
    /// call in doubt: nothing tells it from the call's own.
    private func isExcused(_ violation: Ledger.Violation, at: Instant) -> Bool {
        if violation.rule == .dataflowBusy,
            violation.detail.split(separator: " ").contains(where: { adopted.contains(String($0)) })
        {
            return true
        }
        return switch violation.rule {
        case .duringExport: exports.contains { $0.begin <= at && at < $0.end && at - $0.begin <= blindness }
        case .dataflowBusy: foreign.contains { $0.begin <= at && at < $0.end && at - $0.begin <= blindness }
        case .insideWindow, .tooManyPairs, .audienceInFlight, .headers, .strangerToken: false
        }
    }

    // MARK: What was lost

    /// Every nominal time of a timetable between two instants was admitted, or skipped with a record.
    mutating func expectDecided(
        _ campaign: CampaignName, _ timetable: Timetable, from: Instant, to: Instant, at now: Instant
    ) {
        var nominal = timetable.next(after: from)
        while let time = nominal, time <= to {
            if decided[campaign]?.contains(where: { $0.contains(time) }) != true {
                report("never lost", "\(campaign) at \(time.rfc3339) was neither fired nor skipped", at: now)
            }
            nominal = timetable.next(after: time)
        }
    }
}
