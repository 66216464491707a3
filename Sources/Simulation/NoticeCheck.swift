// Who is told of what. Whatever needs a person is told in the event in which it becomes a fact, unless the process dies in it; what
// is told has happened; and nobody is called out of bed for what mends itself within a minute.

internal import Chronology
internal import SchedulerCore

struct NoticeCheck {
    private struct Owed: Equatable {
        var kind: NotificationKind
        var campaign: CampaignName?
        var occurrence: OccurrenceID?
        var activation: ActivationID?
    }

    /// Refusals of one kind of question, or of calls, one after the other.
    private struct Refusals {
        var since: Instant
        var count: Int
        /// Nothing mends it but a person.
        var isCertain: Bool
    }

    private var owed: [Owed] = []
    private var refusals: [String: Refusals] = [:]
    /// Activations of which somebody was told what has to be mended before they can go.
    private var toldMappings: Set<ActivationID> = []
    /// When occurrences that have not ended were admitted, by true time: what waited for minutes only could be mended by nobody.
    private var admittedAt: [OccurrenceID: Instant] = [:]
    /// The last two instants at which the process took in an answer: while the machine sleeps nobody is told.
    private var heardAt = (before: Instant(milliseconds: .min), latest: Instant(milliseconds: .min))
    private static let mending = Duration.seconds(300)
    /// How an expiry names what only a person can mend.
    private static let mendedByPeople = [" is not mapped to dataflow ", ", not enabled ", ", that day excluded "]
    /// Whether the clock of the host was ever anything but right.
    private var isClockChanged = false
    /// When this process told of refused credentials last.
    private var toldAt: Instant?

    /// What mends itself within this is nobody's trouble: a minute, by clocks that drift.
    private static let page = Duration.seconds(59)
    /// What is refused for so long, so often, is somebody's.
    private static let patience = Duration.seconds(3600)
    private static let patienceCount = 10

    /// The process has died, and what it has not told with it.
    mutating func forget() {
        owed = []
        refusals = [:]
        toldAt = nil
    }

    // MARK: Facts

    /// - Parameter now: True time.
    mutating func take(_ record: Record, at now: Instant) {
        switch record {
        case .occurrenceAdmitted(let occurrence):
            // What a clock admitted that was days ahead is nobody's matter before its time.
            admittedAt[occurrence.id] = max(now, occurrence.startsAt)
        case .activationQuarantined(let id, _, _, _, _): owe(.quarantined, id)
        case .activationEnded(let id, let outcome, _) where outcome.result == .expired:
            owe(.expired, id)
            // Somebody could have mended it in time.
            let reason = outcome.reason ?? ""
            let isForAPerson = Self.mendedByPeople.contains { reason.contains($0) }
            let awake = heardAt.latest < now ? heardAt.latest : heardAt.before
            let hadTime = admittedAt[id.occurrence].map { awake - $0 >= Self.mending } ?? true
            if isForAPerson, hadTime, !toldMappings.contains(id) { owe(.mapping, id) }
        case .runLate(let id, _, _), .runEndUnknown(let id, _, _, _): owe(.runLate, id)
        case .duplicateSeen(let id, _, _): owe(.duplicate, id)
        case .occurrencesSkipped(let skipped):
            owed.append(Owed(kind: .skipped, campaign: skipped.campaign, occurrence: skipped.id))
        case .occurrenceEnded(let id, let outcome, _):
            admittedAt[id] = nil
            switch outcome {
            case .failed: owed.append(Owed(kind: .failed, occurrence: id))
            case .partial: owed.append(Owed(kind: .partial, occurrence: id))
            default: break
            }
        default: break
        }
    }

    /// A run delivered nobody: its audience may have been empty by mistake.
    mutating func sawEmpty(_ id: ActivationID) {
        owe(.empty, id)
    }

    /// The clock was set, by whomever.
    mutating func sawClockChange() {
        isClockChanged = true
    }

    private mutating func owe(_ kind: NotificationKind, _ id: ActivationID) {
        owed.append(Owed(kind: kind, occurrence: id.occurrence, activation: id))
    }

    /// An answer that a process takes in.
    ///
    /// - Parameter now: True time.
    mutating func hears(_ event: Event, in sandbox: SandboxName, at now: Instant) {
        if now > heardAt.latest { heardAt = (heardAt.latest, now) }
        switch event {
        case .exportJobsAnswered(_, let answer): hear("export jobs of \(sandbox)", answer.failure, at: now)
        case .dataflowsAnswered(_, let answer): hear("dataflows of \(sandbox)", answer.failure, at: now)
        case .runsAnswered(_, let answer): hear("runs of \(sandbox)", answer.failure, at: now)
        case .runAnswered(_, let answer): hear("single runs of \(sandbox)", answer.failure, at: now)
        case .callAnswered(_, .refused(.unauthorized)), .callAnswered(_, .refused(.forbidden)):
            refuse("calls in \(sandbox)", isCertain: false, at: now)
        case .callAnswered(_, .accepted), .callAnswered(_, .refused): refusals["calls in \(sandbox)"] = nil
        case .callAnswered, .callTurn, .started, .reloaded, .woke, .stopping, .clockSynchronised, .admittedBefore,
            .command:
            break
        }
    }

    private mutating func hear(_ question: String, _ failure: AskFailure?, at now: Instant) {
        switch failure {
        case nil: refusals[question] = nil
        case .credentials, .refused(status: 403, _): refuse(question, isCertain: false, at: now)
        case .secret: refuse(question, isCertain: true, at: now)
        case .throttled, .unavailable, .refused, .nonsense: break
        }
    }

    private mutating func refuse(_ question: String, isCertain: Bool, at now: Instant) {
        var known = refusals[question] ?? Refusals(since: now, count: 0, isCertain: false)
        known.count += 1
        known.isCertain = known.isCertain || isCertain
        refusals[question] = known
    }

    // MARK: What is told

    /// - Parameter now: True time.
    /// - Returns: What is wrong, in words.
    mutating func told(_ notification: Notification, at now: Instant) -> String? {
        switch notification.kind {
        case .quarantined, .expired, .duplicate, .skipped, .failed, .partial, .runLate, .empty:
            let place = owed.firstIndex { entry in
                entry.kind == notification.kind && entry.activation == notification.activation
                    && (entry.occurrence == notification.occurrence || notification.occurrence == nil)
                    && (entry.campaign == nil || entry.campaign == notification.campaign)
            }
            if let place {
                owed.remove(at: place)
                return nil
            }
            // A run of others that holds nothing back any more is told as late as well.
            let isOfOthers = notification.kind == .runLate && notification.activation == nil
            return isOfOthers ? nil : "\(notification.kind.rawValue) is told, and did not happen: \(notification.text)"
        case .credentials:
            toldAt = now
            let isGrave = refusals.values.contains { $0.isCertain || now - $0.since >= Self.page }
            return isGrave ? nil : "somebody is called for what may mend itself within a minute: \(notification.text)"
        case .mapping:
            guard let id = notification.activation else { return nil }
            toldMappings.insert(id)
            owed.removeAll { $0.kind == .mapping && $0.activation == id }
            return nil
        case .clock:
            // Each answer has its time here, and the host says that its clock is synchronised.
            return isClockChanged ? nil : "the clock was right all the time: \(notification.text)"
        case .moved: return "no zone has new rules: \(notification.text)"
        case .configRejected, .succeeded: return nil
        }
    }

    /// At the end of an event of a process that lives on.
    ///
    /// - Parameter now: True time.
    /// - Returns: What is wrong, in words.
    mutating func settle(at now: Instant) -> String? {
        if !owed.isEmpty {
            defer { owed = [] }
            let first = owed[0]
            let what = first.activation.map { "activation \($0)" } ?? first.occurrence.map { "occurrence \($0)" } ?? ""
            return "nobody is told of \(first.kind.rawValue), \(what)"
        }
        for (question, known) in refusals.sorted(by: { $0.key < $1.key })
        where known.count >= Self.patienceCount && now - known.since > Self.patience {
            if toldAt.map({ $0 < known.since }) ?? true {
                return "nobody is told that \(question) have been refused since \(known.since.rfc3339)"
            }
        }
        return nil
    }
}
