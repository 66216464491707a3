import Chronology
import SchedulerCore
import Testing

let sandbox: SandboxName = "prod"
/// Tuesday 24 November 2026, 10:00 UTC.
let ten = Instant(milliseconds: 1_795_514_400_000)

func activation(_ occurrence: Int, _ index: Int) -> ActivationID {
    ActivationID(OccurrenceID(occurrence), index)
}

func daily(_ clock: String) throws -> Trigger {
    .timetable(
        Timetable(schedule: .calendar(try CalendarExpression(parsing: "*-*-* \(clock)")), zone: .utc, text: clock))
}

func campaign(
    _ name: CampaignName, _ trigger: Trigger = .manual, _ pairs: [Pair] = [Pair(dataflow: "flow", audience: "vip")],
    _ change: (inout Campaign) -> Void = { _ in }
) -> Campaign {
    var campaign = Campaign(name: name, sandbox: sandbox, trigger: trigger, pairs: pairs)
    change(&campaign)
    return campaign
}

func configuration(
    _ campaigns: [Campaign], _ change: (inout Configuration) -> Void = { _ in }
) -> Configuration {
    var configuration = Configuration(
        platform: PlatformSettings(
            organization: "org", sandbox: sandbox, clientID: "client", clientSecret: .environment("SECRET")))
    for campaign in campaigns { configuration.campaigns[campaign.name] = campaign }
    change(&configuration)
    return configuration
}

/// The scheduler with a platform that answers at once, in virtual time. It keeps every step, and checks after each that
/// folding the records gives the live state.
struct Rig {
    var scheduler: Scheduler
    var now: Moment
    var records: [Record] = []
    var effects: [Effect] = []
    private var start: State

    // What the platform is like.
    var exportRuns = false {
        didSet {
            if exportRuns, !oldValue {
                running = ExportJob(
                    id: "\(4711 + endedExports)", status: .running, word: "PROCESSING",
                    createdAt: platformNow - .seconds(60), endedAt: nil)
            } else if !exportRuns, var ended = running {
                (ended.status, ended.word, ended.endedAt) = (.succeeded, "SUCCEEDED", platformNow)
                finishedExports.insert(ended, at: 0)
                endedExports += 1
                running = nil
            }
        }
    }
    private var running: ExportJob?
    private var endedExports = 0
    /// Export jobs that no listing shows.
    var hiddenExports: Set<String> = []
    /// How far the platform's clock is ahead of ours; nil for a platform that does not tell its time.
    var clockAhead: Duration? = .zero
    var finishedExports: [ExportJob] = []
    var firstActivated: Instant? = ten - .seconds(30 * 86_400)
    /// The first day of every mapping's schedule.
    var startsAt: Instant?
    /// When the schedule of every mapping exports it, in minutes of the day.
    var startMinute: Int?
    /// From one export of a mapping to the next.
    var minutesBetween = 1440
    /// The schedule of every mapping exports it on its first day only.
    var isOnce = false
    /// The state of every dataflow.
    var dataflowState = "enabled"
    var unmapped: Set<Pair> = []
    /// Pairs whose files always have one name.
    var staticNames: Set<Pair> = []
    /// What the platform calls audiences that have an id of their own as well.
    var systemIDs: [AudienceID: AudienceID] = [:]
    var runs: [DataflowRun] = []
    /// Runs that are of one sandbox; all others are shown in each.
    var sandboxOfRun: [RunID: SandboxName] = [:]
    var runDuration = Duration.seconds(60)
    /// Runs say that they have ended a while after they did.
    var countsAreFinal = true
    /// Answers a call; nil for acceptance with one run for each pair.
    var onCall: (Call) -> CallAnswer? = { _ in nil }
    /// The job queue gives no turn by itself.
    var delaysTurns = false
    /// What is handed out gets no answer by itself.
    var holdsCalls = false
    var held: [Call] = []
    /// Nil for an answer to a question; a failure instead.
    var askFailure: AskFailure?
    /// The same for one kind of question: `export`, `dataflows`, `runs`, `runs alone` (of one dataflow), `run`, or `run` with an id.
    var failing: [String: AskFailure] = [:]
    var isVisible: (DataflowRun) -> Bool = { _ in true }
    /// A run that is asked for by name is not known.
    var hidesSingly = false
    /// A listing of runs is cut after so many.
    var runsPerListing = Int.max

    // What was seen.
    var calls: [Call] = []
    var asks: [String] = []

    init(_ configuration: Configuration, state: State = State(), at wall: Instant = ten) {
        scheduler = Scheduler(state: state, configuration: configuration)
        start = state
        now = Moment(wall: wall, monotonic: Monotonic(milliseconds: 5_000_000))
        feed(.started(configuration))
    }

    /// One event, and everything that the platform answers to it at once.
    mutating func feed(_ event: Event) {
        var queue = [event]
        var handled = 0
        while !queue.isEmpty {
            handled += 1
            if handled > 5000 {
                Issue.record("the scheduler asks without end at one instant")
                return
            }
            let step = scheduler.handle(queue.removeFirst(), at: now)
            records += step.records
            effects += step.effects
            check()
            for effect in step.effects {
                if let answer = perform(effect) { queue.append(answer) }
            }
            #expect(scheduler.unattended(at: now) == [], "they wait, and nothing comes for them")
        }
    }

    mutating func command(_ command: Command) -> CommandReply? {
        let before = effects.count
        feed(.command(CommandID(1), command, actor: "tester"))
        for case .reply(_, let reply) in effects[before...] { return reply }
        return nil
    }

    /// Lets time pass, waking the scheduler whenever it asked for that.
    mutating func advance(_ duration: Duration) {
        let end = now.monotonic + duration
        var wakes = 0
        while let delay = scheduler.wake.delay(from: now), now.monotonic + delay <= end {
            wakes += 1
            if wakes > 20_000 {
                Issue.record("the scheduler wakes without end")
                return
            }
            pass(max(delay, .milliseconds(1)))
            feed(.woke)
        }
        if now.monotonic < end { pass(end - now.monotonic) }
        feed(.woke)
    }

    /// - Parameter configuration: The one of before, if none is given.
    mutating func restart(_ configuration: Configuration? = nil) {
        let state = scheduler.state
        let configuration = configuration ?? scheduler.configuration
        scheduler = Scheduler(state: state, configuration: configuration)
        feed(.started(configuration))
    }

    mutating func pass(_ duration: Duration) {
        now.wall = now.wall + duration
        now.monotonic = now.monotonic + duration
        for index in runs.indices where runs[index].status == .running {
            if let created = runs[index].createdAt, now.wall - created >= runDuration {
                runs[index].status = .succeeded
                runs[index].endedAt = created + runDuration - (countsAreFinal ? .seconds(120) : .zero)
                runs[index].word = "success"
            }
        }
    }

    private func check() {
        var folded = start
        for record in records { folded.apply(record) }
        #expect(folded == scheduler.state, "the fold of the records is not the live state")
    }

    // MARK: The platform

    private mutating func perform(_ effect: Effect) -> Event? {
        switch effect {
        case .askExportJobs(let id, _, _):
            asks.append("export")
            return .exportJobsAnswered(id, answer(exportJobs(), "export"))
        case .askDataflows(let id, _, let dataflows):
            asks.append("dataflows")
            return .dataflowsAnswered(id, answer(dataflows.map(definition), "dataflows"))
        case .askRuns(let id, let place, let dataflows, _):
            asks.append("runs")
            let shown = runs.reversed().filter {
                dataflows.contains($0.dataflow) && isVisible($0) && sandboxOfRun[$0.id] ?? place == place
            }
            let listing = RunListing(
                runs: Array(shown.prefix(runsPerListing)), isTruncated: shown.count > runsPerListing)
            let isAlone = dataflows.count == 1 && failing["runs alone"] != nil
            return .runsAnswered(id, answer(listing, isAlone ? "runs alone" : "runs"))
        case .askRun(let id, _, let run):
            asks.append("run")
            let kind = failing["run \(run)"] == nil ? "run" : "run \(run)"
            return .runAnswered(id, answer(hidesSingly ? nil : runs.first { $0.id == run }, kind))
        case .queueCall(let id, _, _):
            return delaysTurns ? nil : .callTurn(id)
        case .send(let call) where holdsCalls:
            held.append(call)
            return nil
        case .send(let call):
            calls.append(call)
            return .callAnswered(call.id, onCall(call) ?? accept(call))
        case .dropCall, .notify, .reply:
            return nil
        }
    }

    private func answer<Answer>(_ answer: Answer, _ kind: String) -> Result<Answer, AskFailure> {
        (failing[kind] ?? askFailure).map { .failure($0) } ?? .success(answer)
    }

    var platformNow: Instant { now.wall + (clockAhead ?? .zero) }

    /// Our clock is set back; the platform's goes on as before.
    mutating func setClock(back: Duration) {
        now.wall = now.wall - back
        clockAhead = (clockAhead ?? .zero) + back
    }

    mutating func finishExport(_ id: String, _ ago: Duration) {
        finishedExports.insert(
            ExportJob(
                id: id, status: .succeeded, word: "SUCCEEDED", createdAt: platformNow - ago - .seconds(600),
                endedAt: platformNow - ago), at: 0)
    }

    private func exportJobs() -> [ExportJob] {
        ([running].compactMap { $0 } + finishedExports).filter { !hiddenExports.contains($0.id) }
            .map { job in
                var job = job
                job.observedAt = clockAhead.map { _ in platformNow }
                return job
            }
    }

    private func definition(_ dataflow: DataflowID) -> DataflowDefinition {
        let pairs = scheduler.configuration.campaigns.values.flatMap(\.pairs).filter { $0.dataflow == dataflow }
        return DataflowDefinition(
            id: dataflow, name: dataflow.text, state: dataflowState,
            mappings: Set(pairs).subtracting(unmapped).map { pair in
                DataflowDefinition.Mapping(
                    ids: [systemIDs[pair.audience], pair.audience].compactMap { $0 }, name: "Audience \(pair.audience)",
                    createdAt: firstActivated,
                    startsAt: startsAt,
                    endsAt: nil, hasUniqueFileNames: !staticNames.contains(pair), startMinute: startMinute,
                    minutesBetween: minutesBetween, isOnce: isOnce)
            }, observedAt: clockAhead.map { _ in platformNow })
    }

    mutating func accept(_ call: Call) -> CallAnswer {
        var accepted: [Pair: RunID] = [:]
        for pair in call.pairs { accepted[pair] = addRun(pair) }
        return .accepted(accepted)
    }

    @discardableResult
    mutating func addRun(_ pair: Pair) -> RunID {
        let id = RunID("run-\(runs.count + 1)")
        runs.append(
            DataflowRun(
                id: id, dataflow: pair.dataflow, createdAt: now.wall, status: .running, word: "inProgress",
                audiences: [pair.audience]))
        return id
    }

    /// One that began a little before now, and not by a call of ours.
    @discardableResult
    mutating func addRunOfOthers(_ pair: Pair) -> RunID {
        let id = addRun(pair)
        runs[runs.count - 1].createdAt = now.wall - .seconds(10)
        return id
    }

    /// The only call gets no answer, its run shows nowhere, and each further call is refused with the run's name.
    mutating func loseAndName(_ pair: Pair) -> RunID {
        onCall = { _ in .doubtful(detail: "timeout") }
        _ = command(.fire("sale", forceOverlap: false))
        let run = addRun(pair)
        isVisible = { $0.id != run }
        hidesSingly = true
        onCall = { _ in .refused(.alreadyRunning(pair, run, detail: "run already going on")) }
        return run
    }

    // MARK: What came of it

    var endings: [OccurrenceOutcome] {
        records.compactMap { record in
            if case .occurrenceEnded(_, let outcome, _) = record { outcome } else { nil }
        }
    }

    /// How many records runs delivered, as it is told.
    var told: [Int?] {
        records.compactMap { record -> Int?? in
            if case .activationEnded(_, let outcome, _) = record { .some(outcome.metrics?.records) } else { nil }
        }
    }

    var skips: [SkippedOccurrences] {
        records.compactMap { record in
            if case .occurrencesSkipped(let skipped) = record { skipped } else { nil }
        }
    }

    /// How often each campaign had fired when it was over.
    var finished: [Int] {
        records.compactMap { record in
            if case .campaignFinished(_, let fired, _) = record { fired } else { nil }
        }
    }

    func notifications(_ kind: NotificationKind) -> Int {
        effects.count { effect in
            if case .notify(let notification) = effect { notification.kind == kind } else { false }
        }
    }

    /// When such things were told.
    func times(of kind: NotificationKind) -> [Instant] {
        effects.compactMap { effect in
            if case .notify(let notification) = effect, notification.kind == kind { notification.at } else { nil }
        }
    }

    /// The seconds from now on in which such a question is asked: `export`, `dataflows`, `runs` or `run`.
    mutating func seconds(of kind: String, for count: Int) -> [Int] {
        var found: [Int] = []
        for second in 1...count {
            let before = asks.count { $0 == kind }
            advance(.seconds(1))
            let after = asks.count { $0 == kind }
            if after > before { found.append(second) }
        }
        return found
    }
}
