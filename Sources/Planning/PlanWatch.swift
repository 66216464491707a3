// What is noted while a plan runs: from the records what became of each occurrence, and from a look after each instant which
// gates hold it. Begin at `take` and `look`.

internal import Chronology
internal import SchedulerCore

struct PlanWatch: Sendable {
    private let from: Instant
    /// Nothing with this nominal time or a later one is noted.
    private(set) var until: Instant
    private var planned: [OccurrenceID: PlannedOccurrence] = [:]
    private var skipped: [PlannedOccurrence] = []
    private var unended: Set<OccurrenceID> = []
    private var calls: [CallID: Call] = [:]
    /// The waits of each occurrence by what they are about: the place in its list, and whether the last look saw it closed.
    private var waits: [OccurrenceID: [WaitKey: (place: Int, isClosed: Bool)]] = [:]
    /// Occurrences from `from` on, up to ``PlanBounds/occurrences``.
    private var count = 0
    /// Whether there was one more.
    private(set) var isFull = false

    private struct WaitKey: Hashable {
        var gate: GateName
        var evidence: String
    }

    init(_ scheduler: Scheduler, from: Instant, until: Instant) {
        self.from = from
        self.until = until
        for call in scheduler.state.calls.values where !call.isAnswered { calls[call.call.id] = call.call }
        for held in scheduler.state.occurrences.values.sorted(by: { $0.id < $1.id }) where held.outcome == nil {
            note(held.occurrence)
            planned[held.id]?.isHeld = held.occurrence.nominal < from
        }
    }

    var hasUnended: Bool { !unended.isEmpty }

    /// Ends the plan early: what comes from here on is not noted.
    mutating func close(at instant: Instant) {
        until = min(until, instant)
    }

    // MARK: Records

    mutating func take(_ records: [Record], at now: Instant) {
        for record in records {
            switch record {
            case .occurrenceAdmitted(let occurrence): note(occurrence)
            case .occurrencesSkipped(let skip): note(skip)
            case .callIntended(let call): calls[call.id] = call
            case .callWithdrawn(let id, _): calls[id] = nil
            case .callSending(let id, let at): send(id, at)
            case .occurrenceEnded(let id, let outcome, let at): end(id, outcome, at)
            default: break
            }
        }
    }

    private mutating func note(_ occurrence: Occurrence) {
        guard occurrence.nominal < until, occurrence.nominal < from || hasRoom() else { return }
        unended.insert(occurrence.id)
        planned[occurrence.id] = PlannedOccurrence(
            campaign: occurrence.campaign, origin: occurrence.origin, nominal: occurrence.nominal,
            startsAt: occurrence.startsAt, expiresAt: occurrence.expiresAt, pairs: occurrence.pairs,
            isHeld: occurrence.nominal < from, isLate: occurrence.isLate)
    }

    private mutating func note(_ skip: SkippedOccurrences) {
        guard skip.first < until, skip.last >= from, hasRoom() else { return }
        skipped.append(
            PlannedOccurrence(
                campaign: skip.campaign, origin: .timetable, nominal: skip.first, startsAt: skip.first, expiresAt: nil,
                pairs: [], outcome: .skipped, reason: PlanWords.reason(of: skip), skipped: skip.reason,
                count: skip.count, last: skip.count > 1 ? skip.last : nil))
    }

    private mutating func hasRoom() -> Bool {
        guard count < PlanBounds.occurrences else {
            isFull = true
            return false
        }
        count += 1
        return true
    }

    private mutating func send(_ id: CallID, _ at: Instant) {
        guard let call = calls.removeValue(forKey: id) else { return }
        var shares: [OccurrenceID: Int] = [:]
        for activation in call.activations { shares[activation.occurrence, default: 0] += 1 }
        for (occurrence, share) in shares {
            planned[occurrence]?.jobs.append(
                PlannedJob(call: id, at: at, activations: share, pairs: call.pairs.count))
        }
    }

    private mutating func end(_ id: OccurrenceID, _ outcome: OccurrenceOutcome, _ at: Instant) {
        unended.remove(id)
        let closed = (waits.removeValue(forKey: id) ?? [:]).values.filter(\.isClosed).map(\.place).sorted()
        guard var occurrence = planned[id] else { return }
        for place in closed { occurrence.waits[place].until = at }
        occurrence.outcome = outcome
        occurrence.endedAt = at
        if outcome != .succeeded {
            occurrence.reason = PlanWords.reason(of: outcome, waits: closed.map { occurrence.waits[$0] })
        }
        planned[id] = occurrence
    }

    // MARK: Gates

    /// Looks at the gates of everything that waits. Between two instants nothing changes, so a gate that is closed at one of them
    /// is closed up to the next.
    mutating func look(at scheduler: Scheduler, _ platform: ExpectedPlatform, at now: Moment) {
        let waiting = unended.isEmpty ? [] : scheduler.waiting()
        var seen: [OccurrenceID: [WaitKey: PlannedWait]] = [:]
        for (id, closures) in zip(waiting, scheduler.closures(ofAll: waiting, at: now)) {
            guard unended.contains(id.occurrence), let own = planned[id.occurrence], own.nominal <= now.wall,
                let pair = scheduler.state.pair(of: id),
                let sandbox = scheduler.state.occurrences[id.occurrence]?.occurrence.sandbox
            else { continue }
            for closure in Self.telling(closures) {
                guard
                    let wait = PlanWords.wait(
                        for: closure, pair, in: sandbox, of: own.campaign, scheduler, platform, at: now)
                else { continue }
                let key = WaitKey(gate: wait.gate, evidence: wait.evidence)
                seen[id.occurrence, default: [:]][key, default: wait].activations += 1
            }
        }
        for id in waits.keys where seen[id] == nil { update(id, [:], at: now.wall) }
        for (id, closed) in seen { update(id, closed, at: now.wall) }
    }

    /// Before its own time nothing else holds an occurrence.
    private static func telling(_ closures: [Closure]) -> ArraySlice<Closure> {
        if case .notStarted? = closures.first { return closures.prefix(1) }
        return closures[...]
    }

    private mutating func update(_ id: OccurrenceID, _ closed: [WaitKey: PlannedWait], at now: Instant) {
        var known = waits.removeValue(forKey: id) ?? [:]
        for (key, mark) in known where mark.isClosed {
            planned[id]?.waits[mark.place].until = now
            known[key]?.isClosed = closed[key] != nil
        }
        for (key, wait) in closed.sorted(by: {
            ($0.key.gate.order, $0.key.evidence) < ($1.key.gate.order, $1.key.evidence)
        }) {
            if let mark = known[key] {
                let before = planned[id]?.waits[mark.place].activations ?? 0
                planned[id]?.waits[mark.place].activations = max(before, wait.activations)
                known[key]?.isClosed = true
            } else if let place = planned[id]?.waits.count, place < PlanBounds.waits {
                planned[id]?.waits.append(wait)
                known[key] = (place, true)
            }
        }
        waits[id] = known.isEmpty ? nil : known
    }

    // MARK: What came of it

    /// By nominal time and campaign: those from `from` on, and those of before that had not ended by then.
    func occurrences(at now: Instant) -> [PlannedOccurrence] {
        let shown = planned.sorted { $0.key < $1.key }.map(\.value)
            .filter { !$0.isHeld || ($0.endedAt ?? now) >= from }
        return (shown + skipped).map(finished)
            .sorted { ($0.nominal, $0.campaign, $0.startsAt) < ($1.nominal, $1.campaign, $1.startsAt) }
    }

    private func finished(_ occurrence: PlannedOccurrence) -> PlannedOccurrence {
        var finished = occurrence
        finished.waits = occurrence.waits.filter { $0.length >= PlanBounds.shortestWait }
        return finished
    }
}

extension GateName {
    /// Its place among the gates.
    var order: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
