// The platform as it is expected to be: exports at their usual times, dataflows as it described them last, calls that are
// accepted, and runs that take as long as usual. Begin at `answer`.
//
// Pure, and answers at once. It breaks no rule by itself: what is asked, and when a call may go, is decided by the scheduler.

internal import Chronology
internal import SchedulerCore

enum ExpectationBounds {
    /// How long a run takes where none was seen.
    static let run = Duration.seconds(7 * 60)
    /// When an export ends that runs now, where nothing is known of when exports usually end.
    static let unknownExport = Duration.seconds(30 * 60)
    /// When one ends that takes longer than any that was seen, and a run of ours that takes longer than usual.
    static let overdue = Duration.seconds(10 * 60)
    /// A look this long after the usual beginning that showed no export counts: there is none.
    static let lateStart = Duration.seconds(5 * 60)
    /// Export jobs in one answer: the newest ones.
    static let jobsPerAnswer = 8
    /// An audience of which nothing is known was mapped so long ago.
    static let mappedAgo = Duration.seconds(400 * 86_400)
}

/// An export of the plan.
struct PlannedExport: Equatable, Sendable {
    var start: Instant
    var end: Instant
    var latestEnd: Instant
    /// The platform's id of one that runs now; nil for a usual one.
    var job: String?
}

struct ExpectedPlatform: Sendable {
    /// By sandbox, the earliest first.
    private(set) var exports: [SandboxName: [PlannedExport]] = [:]
    /// How far its clock is ahead of ours.
    private let clockLead: Duration
    private let runLengths: [SandboxName: Duration]
    /// As the platform described them last.
    private let definitions: [SandboxName: [DataflowID: DataflowDefinition]]
    /// What is to be sent to the others.
    private let expected: [DataflowID: [DataflowDefinition.Mapping]]
    private var runs: [RunID: (run: DataflowRun, endsAt: Instant)] = [:]
    /// Of each dataflow the one that ended last: runs do not vanish from listings.
    private var ended: [DataflowID: DataflowRun] = [:]
    private var nextRun = 1

    /// - Parameters:
    ///   - habits: When exports usually run.
    ///   - runLengths: How long runs usually take.
    ///   - isFresh: Whether the scheduler has no past: it is shown the last usual export too, so that it knows where counting
    ///     begins.
    init(
        _ scheduler: Scheduler, habits: [SandboxName: ExportHabit], runLengths: [SandboxName: Duration], isFresh: Bool,
        at now: Moment, until: Instant
    ) {
        clockLead = scheduler.platformClockLead(at: now)
        definitions = scheduler.definitions
        expected = Self.mappings(scheduler, mappedAt: now.wall - ExpectationBounds.mappedAgo)
        let sandboxes = Set(scheduler.configuration.campaigns.values.map(\.sandbox)).union(habits.keys)
        self.runLengths = runLengths
        let insights = scheduler.exportInsights(at: now)
        for sandbox in sandboxes {
            let habit = habits[sandbox] ?? ExportHabit(spans: [], count: 0)
            exports[sandbox] = Self.exports(
                habit, insights.first { $0.sandbox == sandbox }, scheduler, isFresh: isFresh, at: now, until: until)
        }
        for insight in scheduler.runInsights() where !insight.activations.isEmpty {
            let end = (insight.since ?? now.wall) + runLength(in: insight.sandbox)
            let run = DataflowRun(
                id: insight.run, dataflow: insight.dataflow, createdAt: insight.since, status: .running,
                word: "Processing", audiences: insight.audiences)
            runs[insight.run] = (run, max(end, now.wall + .seconds(60)))
        }
    }

    func runLength(in sandbox: SandboxName) -> Duration { runLengths[sandbox] ?? ExpectationBounds.run }

    // MARK: Exports

    private static func exports(
        _ habit: ExportHabit, _ known: ExportInsight?, _ scheduler: Scheduler, isFresh: Bool, at now: Moment,
        until: Instant
    ) -> [PlannedExport] {
        let usual = habit.expected(from: now.wall - .seconds(86_400), until: until).map { export in
            PlannedExport(start: export.start, end: export.usualEnd, latestEnd: export.latestEnd)
        }
        if let running = known?.running.map({ self.running($0, habit, scheduler, at: now) }) {
            return [running] + usual.filter { $0.start > running.end }
        }
        let coming = usual.filter { $0.end > now.wall }.filter { export in
            // A look that showed none outweighs the habit.
            export.start >= now.wall
                || known.map { $0.askedAt.wall < export.start + ExpectationBounds.lateStart } ?? true
        }
        let last = isFresh ? usual.last { $0.end <= now.wall } : nil
        return (last.map { [$0] } ?? []) + coming
    }

    private static func running(
        _ job: ExportJob, _ habit: ExportHabit, _ scheduler: Scheduler, at now: Moment
    ) -> PlannedExport {
        let start = job.createdAt.map { min(scheduler.ourReading(of: $0, at: now), now.wall) } ?? now.wall
        let unknown = now.wall + ExpectationBounds.unknownExport
        guard let usual = habit.end(ofOneSince: start) else {
            return PlannedExport(start: start, end: unknown, latestEnd: unknown, job: job.id)
        }
        let overdue = now.wall + ExpectationBounds.overdue
        let end = [usual.usualEnd, usual.latestEnd].first { $0 > now.wall + .seconds(60) } ?? overdue
        return PlannedExport(start: start, end: end, latestEnd: max(end, usual.latestEnd), job: job.id)
    }

    /// The export that runs at an instant.
    func export(in sandbox: SandboxName, at now: Instant) -> PlannedExport? {
        begun(in: sandbox, at: now).last { now < $0.end }
    }

    /// The newest ones that have begun, the newest last.
    private func begun(in sandbox: SandboxName, at now: Instant) -> ArraySlice<PlannedExport> {
        let all = exports[sandbox] ?? []
        var (low, high) = (0, all.count)
        while low < high {
            let middle = (low + high) / 2
            if all[middle].start <= now { low = middle + 1 } else { high = middle }
        }
        return all[max(0, low - ExpectationBounds.jobsPerAnswer)..<low]
    }

    // MARK: Answers

    /// The event that answers an effect. Nil for effects that ask nothing of the platform.
    mutating func answer(_ effect: Effect, at now: Moment) -> Event? {
        switch effect {
        case .askExportJobs(let id, let sandbox, _):
            return .exportJobsAnswered(id, .success(jobs(in: sandbox, at: now.wall)))
        case .askDataflows(let id, let sandbox, let dataflows):
            return .dataflowsAnswered(id, .success(dataflows.map { definition($0, in: sandbox, at: now.wall) }))
        case .askRuns(let id, _, let dataflows, _):
            return .runsAnswered(
                id, .success(RunListing(runs: listing(of: dataflows, at: now.wall), isTruncated: false)))
        case .askRun(let id, _, let run):
            return .runAnswered(id, .success(shown(run, at: now.wall)))
        case .queueCall(let id, _, _):
            return .callTurn(id)
        case .send(let call):
            return .callAnswered(call.id, accept(call, at: now.wall))
        case .dropCall, .notify, .reply:
            return nil
        }
    }

    private func jobs(in sandbox: SandboxName, at now: Instant) -> [ExportJob] {
        let newest = begun(in: sandbox, at: now)
        // One that was seen running must be seen to end, however long nobody asked.
        let seen = (exports[sandbox]?.first).flatMap { $0.job == nil || newest.startIndex == 0 ? nil : $0 }
        return (newest.reversed() + [seen].compactMap { $0 }).map { export in
            let isRunning = now < export.end
            return ExportJob(
                id: export.job ?? "usual-\(export.start.rfc3339)", status: isRunning ? .running : .succeeded,
                word: isRunning ? "PROCESSING" : "SUCCEEDED", createdAt: export.start + clockLead,
                endedAt: isRunning ? nil : export.end + clockLead)
        }
    }

    /// As the platform described it last; one that it was never asked about is enabled and has what is to be sent, mapped long
    /// ago.
    private func definition(_ id: DataflowID, in sandbox: SandboxName, at now: Instant) -> DataflowDefinition {
        guard var known = definitions[sandbox]?[id] else {
            return DataflowDefinition(id: id, name: id.text, mappings: expected[id] ?? [])
        }
        known.observedAt = known.observedAt.map { _ in now + clockLead }
        return known
    }

    /// Of everything that is configured or waits: the scheduler asks about a dataflow, and not about one audience.
    private static func mappings(
        _ scheduler: Scheduler, mappedAt: Instant
    ) -> [DataflowID: [DataflowDefinition.Mapping]] {
        var audiences: [DataflowID: Set<AudienceID>] = [:]
        let held = scheduler.state.occurrences.values.lazy.flatMap(\.occurrence.pairs)
        for pair in held { audiences[pair.dataflow, default: []].insert(pair.audience) }
        for campaign in scheduler.configuration.campaigns.values {
            for pair in campaign.pairs { audiences[pair.dataflow, default: []].insert(pair.audience) }
        }
        return audiences.mapValues { audiences in
            audiences.sorted().map { audience in
                DataflowDefinition.Mapping(
                    ids: [audience], name: audience.text, createdAt: mappedAt, startsAt: nil, endsAt: nil,
                    hasUniqueFileNames: true)
            }
        }
    }

    mutating func accept(_ call: Call, at now: Instant) -> CallAnswer {
        var accepted: [Pair: RunID] = [:]
        for pair in call.pairs {
            let id = RunID("planned-\(nextRun)")
            nextRun += 1
            let run = DataflowRun(
                id: id, dataflow: pair.dataflow, createdAt: now + clockLead, status: .running, word: "Processing",
                audiences: [pair.audience])
            runs[id] = (run, now + runLength(in: call.sandbox))
            accepted[pair] = id
        }
        return .accepted(accepted)
    }

    private mutating func listing(of dataflows: [DataflowID], at now: Instant) -> [DataflowRun] {
        let wanted = Set(dataflows)
        let before = wanted.compactMap { ended[$0] }
        let known = runs.values.filter { wanted.contains($0.run.dataflow) }.map(\.run.id)
        return (known.compactMap { shown($0, at: now) } + before)
            .sorted { ($1.createdAt ?? now, $1.id) < ($0.createdAt ?? now, $0.id) }
    }

    /// One that has ended is shown so once, and then only as the last of its dataflow; whoever followed it knows then.
    private mutating func shown(_ id: RunID, at now: Instant) -> DataflowRun? {
        guard var known = runs[id]?.run, let end = runs[id]?.endsAt else { return nil }
        guard now >= end else { return known }
        runs[id] = nil
        known.status = .succeeded
        known.endedAt = known.createdAt  // a plan has no counts that could still change
        known.word = "Success"
        ended[known.dataflow] = known
        return known
    }
}
