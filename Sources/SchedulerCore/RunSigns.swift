// Which runs the platform started by itself. After an export it starts runs of the same dataflows, and no field of a run says
// scheduled or ad hoc. What may tell them apart is when a scheduled run was due, which batches a run read, and which program
// started it. The last is documented nowhere: it is learned from runs that are certainly ours, and never counts alone.
//
// Begin at `provenance`. A run of which nothing tells is waited for, and then shown to a person; it is not adopted.

internal import Chronology

/// Something that was learned of the runs of a sandbox. Texts are the platform's own.
package enum RunSign: Equatable, Hashable, Codable, Sendable {
    /// A run that a call's answer named was started by this client.
    case clientOfOurs(String)
    /// A run that is not ours was started by this client.
    case clientOfOthers(String)
    /// A run exported a snapshot of this dataset: the system's own export writes there.
    case exportDataset(String)
}

enum RunSignBounds {
    /// Of one sandbox; the first ones stay.
    static let signs = 24
    /// Longer texts are no names of programs or datasets.
    static let bytes = 200
    /// A scheduled run may begin so long after its export has ended, or after the time of day of its mapping: "at once", say the
    /// documents of one kind, and nothing of the other.
    static let delay = Duration.seconds(3600)
    /// Scheduled exports are no further apart: they come once a day or more often, and one that takes longer than the one before
    /// ends later.
    static let scheduledPause = Duration.seconds(26 * 3600)
    /// Two clocks are compared: a run may seem to begin so much before its export has ended.
    static let slack = Duration.seconds(60)
}

/// Whose a run may be that names a pair of a call of ours and began at its time.
enum Provenance {
    case ours
    /// It read what only scheduled runs read.
    case scheduled
    /// A scheduled run was due as well, and nothing tells yet; an end may.
    case open
    /// The same of one that has ended.
    case untold
    /// Whether a scheduled run was due was not asked since the run was seen.
    case unasked
}

extension State {
    mutating func learn(_ sign: RunSign, in sandbox: SandboxName) {
        var signs = runSigns?[sandbox] ?? []
        guard !signs.contains(sign), signs.count < RunSignBounds.signs else { return }
        signs.append(sign)
        runSigns = (runSigns ?? [:]).merging([sandbox: signs]) { $1 }
    }

    func knows(_ sign: RunSign, in sandbox: SandboxName) -> Bool {
        runSigns?[sandbox]?.contains(sign) ?? false
    }
}

extension Scheduler {
    /// - Parameter seenAt: When it was seen first: exports that were asked for before that may have ended since. Nil where what is
    ///   known has to do.
    func provenance(
        of run: DataflowRun, _ pair: Pair, in sandbox: SandboxName, seenAt: Monotonic?, at now: Moment
    ) -> Provenance {
        if run.readsIncremental { return .scheduled }
        if mutant(.adoptsScheduledRun) { return .ours }
        if !mayBeScheduled(run, pair, in: sandbox, at: now) {
            let since = seenAt.map { exportsTell(of: run, seenAt: $0, in: sandbox, at: now) }
            return since.map { isScheduleKnown(pair, in: sandbox, since: $0) } ?? true ? .ours : .unasked
        }
        // That it read the snapshot alone proves nothing: nothing may have come since.
        if isStartedByUs(run, in: sandbox) { return .ours }
        return run.status.isTerminal ? .untold : .open
    }

    /// Whether a program starts our runs and no others, and others were seen to be started by another one: before that the schedule's may
    /// be the same.
    private func isOursAlone(_ client: String, in sandbox: SandboxName) -> Bool {
        let signs = state.runSigns?[sandbox] ?? []
        return signs.contains(.clientOfOurs(client)) && !signs.contains(.clientOfOthers(client))
            && signs.contains { if case .clientOfOthers = $0 { true } else { false } }
    }

    func isStartedByUs(_ run: DataflowRun, in sandbox: SandboxName) -> Bool {
        run.createdClient.map { isOursAlone($0, in: sandbox) } ?? false
    }

    /// Whether its program says that a run is of others: theirs is known, and ours, which is another one. Before that both may be the
    /// same, as where a person has started a run by hand.
    func isStartedByOthers(_ run: DataflowRun, in sandbox: SandboxName) -> Bool {
        guard let client = run.createdClient else { return false }
        let signs = state.runSigns?[sandbox] ?? []
        return signs.contains(.clientOfOthers(client)) && !signs.contains(.clientOfOurs(client))
            && signs.contains { if case .clientOfOurs = $0 { true } else { false } }
    }

    /// Whether it was asked when exports ended and when the pair is exported. After a start nothing is known of either.
    private func isScheduleKnown(_ pair: Pair, in sandbox: SandboxName, since: Monotonic) -> Bool {
        guard knowledge.dataflows[DataflowKey(sandbox, pair.dataflow)] != nil, let exports = knowledge.exports[sandbox]
        else { return false }
        return exports.askedAt.monotonic >= since
    }

    /// When exports have to be asked for to tell whether one ended before a run began: after it was seen and had begun, and, where
    /// one was open then, once it can not have ended before it by any clock.
    func exportsTell(of run: DataflowRun, seenAt: Monotonic, in sandbox: SandboxName, at now: Moment) -> Monotonic {
        guard let began = run.createdAt, let platformNow = platformTime(at: now) else { return seenAt }
        let isOpen = knowledge.exports[sandbox]?.open.isEmpty == false
        return max(seenAt, now.monotonic + (began + (isOpen ? RunSignBounds.slack : .zero) - platformNow))
    }

    /// When a run that somebody waits behind counts as seen: exports that open a gate together with a listing are as old as
    /// `gate_freshness` at most.
    func seenAt(in flow: DataflowKey, at now: Moment) -> Monotonic {
        (knowledge.runs[flow]?.askedAt.monotonic ?? now.monotonic) + (.zero - configuration.polling.gateFreshness)
    }

    /// Whether a scheduled run of the pair was due when this one began.
    func mayBeScheduled(
        _ run: DataflowRun, _ pair: Pair, in sandbox: SandboxName, at now: Moment
    ) -> Bool {
        guard let began = run.createdAt ?? platformTime(at: now) else { return false }
        let earliest = began - RunSignBounds.delay
        let latest = began + RunSignBounds.slack
        if let exports = knowledge.exports[sandbox] {
            // What is not known counts as the schedule's.
            if earliest < exports.endsSince { return true }
            if exports.ends.contains(where: { $0 >= earliest && $0 <= latest }) { return true }
        }
        let shift = now.wall - (platformTime(at: now) ?? now.wall)
        let wasExported = (state.exportObservations?[sandbox] ?? []).contains {
            $0.endedAt >= earliest + shift && $0.endedAt <= latest + shift
        }
        if wasExported { return true }
        let mapping = knowledge.dataflows[DataflowKey(sandbox, pair.dataflow)]?.definition.mapping(of: pair.audience)
        return mapping?.isExported(between: earliest, and: latest) ?? false
    }

    // MARK: Learning

    /// What the runs of a listing teach.
    mutating func learnSigns(of runs: [DataflowRun], in sandbox: SandboxName, at now: Moment, _ step: inout Step) {
        guard (state.runSigns?[sandbox]?.count ?? 0) < RunSignBounds.signs else { return }
        for run in runs {
            if let dataset = run.snapshotDataset { learn(.exportDataset(dataset), in: sandbox, at: now, &step) }
            guard let client = run.createdClient else { continue }
            // Asked first: whose a run is takes a look at everything that waits.
            let sign = owns(run.id) ? RunSign.clientOfOurs(client) : .clientOfOthers(client)
            guard !state.knows(sign, in: sandbox) else { continue }
            if owns(run.id) ? isCertainlyOurs(run.id) : run.readsIncremental || isCertainlyOthers(run, at: now) {
                learn(sign, in: sandbox, at: now, &step)
            }
        }
    }

    private mutating func learn(_ sign: RunSign, in sandbox: SandboxName, at now: Moment, _ step: inout Step) {
        guard sign.text.utf8.count <= RunSignBounds.bytes, !state.knows(sign, in: sandbox),
            (state.runSigns?[sandbox]?.count ?? 0) < RunSignBounds.signs
        else { return }
        record(.signLearned(sandbox: sandbox, sign: sign, at: now.wall), &step)
    }

    /// Named by the answer of a call, and not taken for ours by what it looks like.
    private func isCertainlyOurs(_ run: RunID) -> Bool {
        let holders = activations(running: run)
        return !holders.isEmpty && holders.allSatisfy { state[$0]?.wasAdopted == false }
    }

    /// Nobody's of ours, on a dataflow of which no call is in doubt, and not named by a refusal, which may be of its own call.
    private func isCertainlyOthers(_ run: DataflowRun, at now: Moment) -> Bool {
        // Which runs were ours is remembered for a day: an older one may have been.
        let own = state.ownRuns?[run.dataflow] ?? []
        guard isOthers(run.id), own.count < OwnRunBounds.runs, !own.contains(where: { $0.run == run.id }),
            let createdAt = run.createdAt, let platformNow = platformTime(at: now),
            platformNow - createdAt < OwnRunBounds.age - RunSignBounds.delay
        else { return false }
        return !state.occurrences.values.contains { occurrence in
            zip(occurrence.occurrence.pairs, occurrence.activations).contains { pair, held in
                pair.dataflow == run.dataflow
                    && (held.mayHaveRun || held.isUnderWay || held.refusedFor?.run == run.id)
            }
        }
    }

    // MARK: Exports

    /// When the last of the decided exports ended that count as scheduled.
    func lastScheduled(in sandbox: SandboxName) -> Instant? {
        state.exportMarks[sandbox]?.decided?.filter { $0.isOthers != true }.map(\.endedAt).max()
    }

    /// Whether an export was made through the interface for programs, as far as that can be told: it writes elsewhere than the
    /// snapshots that runs export, and its request does not look like a schedule's. What is unknown counts as scheduled.
    ///
    /// - Parameter scheduledAt: When the last one before it ended that counts as scheduled.
    func isMadeByProgram(_ job: ExportJob, in sandbox: SandboxName, scheduledAt: Instant?) -> Bool {
        guard let dataset = job.datasetID, let request = job.requestID, !request.looksScheduled else { return false }
        // The schedule's own, which comes every day, may have been moved to a new dataset.
        if let scheduledAt, let endedAt = job.endedAt, endedAt - scheduledAt > RunSignBounds.scheduledPause {
            return false
        }
        let datasets = (state.runSigns?[sandbox] ?? []).filter { if case .exportDataset = $0 { true } else { false } }
        return !datasets.isEmpty && !datasets.contains(.exportDataset(dataset))
    }
}

extension RunSign {
    fileprivate var text: String {
        switch self {
        case .clientOfOurs(let text), .clientOfOthers(let text), .exportDataset(let text): text
        }
    }
}

extension ActivationState {
    /// Whether a call of it is on its way, or its outcome open.
    fileprivate var isUnderWay: Bool {
        switch phase {
        case .calling, .inDoubt, .quarantined: true
        case .waiting, .running, .ended: false
        }
    }
}

extension String {
    /// `<id of a schedule>-<milliseconds>`, as the requests of schedules have it.
    fileprivate var looksScheduled: Bool {
        guard let dash = lastIndex(of: "-"), dash > startIndex else { return false }
        let digits = self[index(after: dash)...]
        return digits.utf8.count == 13 && digits.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }
}

extension DataflowDefinition.Mapping {
    /// Whether its own schedule may begin a run within a span. False where it does not say when.
    fileprivate func isExported(between earliest: Instant, and latest: Instant) -> Bool {
        guard let startMinute else { return false }
        if let endsAt, earliest >= endsAt + .seconds(86_400) { return false }
        let pause = Int64(isOnce ? 1440 : max(1, minutesBetween)) * 60_000
        let past = (earliest.milliseconds - Int64(startMinute) * 60_000) % pause
        let start = earliest + .milliseconds((pause - (past + pause) % pause) % pause)
        // One that is exported once is exported on its first day.
        if isOnce, let startsAt, start >= startsAt + .seconds(86_400) { return false }
        return start <= latest
    }
}
