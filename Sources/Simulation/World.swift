// One run: the production runtime in a world where time is a number, requests take their way and get lost, and the process
// dies between any two facts. Begin at `run`.
//
// Everything happens on one thread, in the order of an agenda; chance comes from the seed alone. WorldProcess.swift is the
// machine with the process on it, WorldNetwork.swift the way to the platform, WorldPeople.swift whoever else is there.

internal import Chronology
internal import Journal
internal import PlatformModel
internal import Runtime
internal import SchedulerCore

/// What a run came to.
package struct Outcome: Sendable {
    package var options: SimulationOptions
    package var findings: [Finding]
    package var events: Int
    package var occurrences: Int
    package var calls: Int
    package var deaths: Int
    package var faults: Int
    package var questions: Int
    /// The most questions in one hour.
    package var mostQuestions: Int
    package var virtualTime: Duration
    /// From the healing until the last of what was owed had ended.
    package var settling: Duration
    /// Of everything that happened, in order: the same seed gives the same, in every process.
    package var digest: UInt64
    /// Every stroke, where that was asked for.
    package var strokes: [FaultID]
    /// Points at which the process could have died: see ``SimulationOptions/deathPoint``.
    package var deathPoints: Int
}

package final class World {
    let options: SimulationOptions
    let onTrace: ((String) -> Void)?
    /// The file as it is.
    var plan: CampaignPlan
    /// The file as the daemon read it last.
    var inUse: CampaignPlan
    var dice: Dice
    var model: PlatformModel
    let journal: SimulatedJournal
    var checker: Checker
    var explain = ExplainCheck()
    var client: any SimulatedClient

    var agenda = Agenda()
    /// True time since the start, in milliseconds. The platform's clock is this one.
    var elapsed: Int64 = 0
    var wallOffset: Int64 = 0 {
        didSet { checker.notices.sawClockChange() }
    }
    /// What the clock is to be set back by.
    var clockError: Int64 = 0
    /// When the machine booted, in true time.
    var bootedAt: Int64 = -SimulationBounds.uptime
    /// The machine sleeps until then.
    var frozenUntil: Int64 = 0
    /// How long the machine slept when it did last.
    var sleptFor: Int64 = 0
    /// While the monotonic clock stood still: from and to, in true time.
    var pauses: [(from: Int64, to: Int64)] = []
    var isHealed = false

    var runtime: Runtime?
    var process = 0
    var isDying = false
    var isStopping = false
    var disk: JournalError.Code?
    private var diskIsFreeSince = Int64.min / 2
    /// When it took nothing last.
    var lastStall = Int64.min
    var wakeVersion = 0
    /// When the process's timer wakes it, in true time; nil for never.
    var wakesAt: Int64?
    /// Requests, answers and turns of this process that have not come yet.
    var underWay = 0
    var dropped: Set<CallID> = []
    /// Requests that are on their way to the platform, of each call.
    var underway: [CallID: Int] = [:]
    var outageUntil: Int64 = 0
    var stormUntil: Int64 = 0
    var nextCommand = 1
    var delays: DrawnDelays
    /// When the event began that is handled, by the machine's clock: what is decided is decided then.
    var decidedAt = CampaignPlan.start
    /// When listings began to be read.
    var firstPages: [AskID: Instant] = [:]

    private var lastAdvance = 0
    var events = 0
    var deaths = 0
    var deathPoints = 0
    var questions = 0
    private var digest: UInt64 = 0xcbf2_9ce4_8422_2325
    private var settledAt: Int64 = 0
    /// The process that took the plan into use last.
    var lastTaking = 0
    /// The process whose taking of the plan waits for the disk; 0 for none.
    var waitsForTaking = 0

    /// - Parameters:
    ///   - onTrace: Told of everything that happens, a line each.
    ///   - isRecording: Whether each stroke is to be named in the outcome.
    package init(_ options: SimulationOptions, isRecording: Bool = false, onTrace: ((String) -> Void)? = nil) {
        self.options = options
        self.onTrace = onTrace
        plan = CampaignPlan(options)
        inUse = plan
        dice = Dice(options, isRecording: isRecording)
        delays = DrawnDelays(options)
        model = PlatformModel(
            scenario: plan.scenario, seed: options.seed, start: CampaignPlan.start,
            runIDs: options.isThroughBytes ? .uuids : .counted)
        journal = SimulatedJournal(isThroughBytes: options.isThroughBytes)
        client = ValueClient(readsSlowly: false)
        checker = Checker(
            truth: PlatformTruth(
                freshness: plan.configuration.polling.gateFreshness,
                lag: .milliseconds(plan.scenario.runs.lagMilliseconds)))
        checker.truth.run = { [unowned self] id in model.run(named: id) }
        checker.truth.mappedAt = { [unowned self] pair, sandbox in
            model.flow(pair.dataflow.text, in: sandbox.text)?.audiences.first { $0.id == pair.audience.text }
                .map { CampaignPlan.start + .milliseconds($0.mappedAtMilliseconds) }
        }
        checker.truth.guardrails = plan.guardrails
        checker.truth.guardrails.firstActivationWindow = plan.platform.leastWindow
        checker.plans.mayUse(plan)
        checker.clock = { [unowned self] in trueTime }
        checker.asksAnHour = plan.asksAnHour
        journal.fate = { [unowned self] in commitFate() }
        journal.onStored = { [unowned self] in stored($0) }
    }

    // MARK: The run

    package func run() -> Outcome {
        schedule(.starts(process: 0), after: 0)
        for kind in FaultKind.allCases where kind.isTimed { planNext(kind) }
        // Where listings are empty for long, it takes one of before to tell that from a dataflow that never ran.
        if options.oddities.contains(.longEmptyListings) {
            for flow in model.scenario.flows { startEarlyRun(on: flow) }
        }
        schedule(.somebodyLooks, after: SimulationBounds.looks)
        work(until: Int64(options.hours) * 3_600_000)
        let end = elapsed
        if checker.findings.isEmpty { heal() }
        work(until: elapsed + SimulationBounds.healing.milliseconds)
        if checker.findings.isEmpty {
            checker.expectSettled(by: healedAt ?? wall, at: wall)
            checker.expectExportsFollowed(at: trueTime)
        }
        return Outcome(
            options: options, findings: checker.findings, events: events, occurrences: checker.occurrences,
            calls: checker.calls, deaths: deaths, faults: dice.struck, questions: questions,
            mostQuestions: checker.mostAsks, virtualTime: .milliseconds(elapsed),
            settling: .milliseconds(max(0, settledAt - end)), digest: digest, strokes: dice.strokes,
            deathPoints: deathPoints)
    }

    private func work(until end: Int64) {
        while let at = agenda.next, at <= end, checker.findings.isEmpty, let happening = agenda.popNext() {
            // A timer that was armed anew since is none: a hundred thousand of them may have been set to one instant.
            if case .wake(let version) = happening, version != wakeVersion { continue }
            if at > elapsed { lastAdvance = events }
            elapsed = max(elapsed, at)
            if isOfTheMachine(happening), elapsed < frozenUntil {
                agenda.plan(happening, at: frozenUntil)
                continue
            }
            happen(happening)
            events += 1
            digest = (digest ^ UInt64(truncatingIfNeeded: elapsed)) &* 0x100_0000_01b3
            if events - lastAdvance > SimulationBounds.eventsAtOneInstant {
                checker.report("no busy loop", "\(SimulationBounds.eventsAtOneInstant) events at one instant", at: wall)
            }
            let between =
                options.size == .usual
                ? SimulationBounds.eventsBetweenLooks : SimulationBounds.eventsBetweenLooksAtMuch
            if events % between == 0 { lookClosely() }
        }
        // A commit may have taken longer.
        if checker.findings.isEmpty { elapsed = max(elapsed, end) }
    }

    /// What is explained at this moment.
    func lookAtReasons() {
        guard let runtime, !isDying, !isStopping, disk == nil, checker.findings.isEmpty else { return }
        // What has waited for the disk is taken in with the next try.
        guard elapsed - diskIsFreeSince > SimulationBounds.diskPatience else { return }
        let wrong = explain.look(runtime.scheduler, closureJudge(), at: now())
        if let wrong { checker.report("explain tells the truth", wrong, at: wall) }
    }

    /// What costs too much to be looked at after every event.
    private func lookClosely() {
        guard let runtime, !isDying, checker.findings.isEmpty else { return }
        checker.compare(runtime.scheduler.state, at: wall, isForced: true)
        if let healedAt, checker.isOwed(by: healedAt) { settledAt = elapsed }
        lookAtReasons()
    }

    /// By the daemon's wall clock.
    private(set) var healedAt: Instant?

    private func heal() {
        trace("everything heals")
        isHealed = true
        disk = nil
        setClockRight()
        healedAt = wall
        outageUntil = 0
        stormUntil = 0
        model.heal(at: trueTime)
        restoreFlows()
        // A machine that sleeps and a daemon that nobody starts are faults as well. What the machine would have slept through is
        // planned for its end: whoever waits for time is woken now.
        if frozenUntil > elapsed { schedule(.wake(wakeVersion), after: 0) }
        frozenUntil = elapsed
        pauses = pauses.filter { $0.from < elapsed }.map { ($0.from, min($0.to, elapsed)) }
        startProcess()
        schedule(.somebodyLooks, after: 0)
    }

    /// What is true at this moment.
    ///
    /// - Parameter decided: What the daemon's clock showed when it decided; nil for now.
    func closureJudge(at decided: Instant? = nil) -> ClosureJudge {
        ClosureJudge(
            state: checker.folded, plans: checker.plans, hearing: checker.hearing, model: model, truth: checker.truth,
            wall: decided ?? wall, now: trueTime, platformTime: { [self] in platformTime(of: $0) },
            way: .seconds(120) + .milliseconds(delays.longest + pausedLately),
            sleep: (.milliseconds(sleptFor), until: CampaignPlan.start + .milliseconds(frozenUntil)),
            stall: .milliseconds(lastStall > elapsed - SimulationBounds.pauses ? Int64(SimulationBounds.stall) : 0))
    }

    /// What was asked before the machine paused may have left after it, and what is counted by the clock that stood still is late.
    private var pausedLately: Int64 {
        pauses.reduce(0) { $0 + ($1.to > elapsed - SimulationBounds.pauses ? $1.to - $1.from : 0) }
    }

    private func happen(_ happening: Happening) {
        if isOfProcess(happening) { underWay -= 1 }
        switch happening {
        case .wake:
            handle(.woke)
        case .departs(let effect, let process):
            if process == self.process { depart(effect) }
        case .arrives(let effect, let process, let fate):
            arrive(effect, process, fate)
        case .event(let event, let process):
            if process == self.process { handle(event) }
        case .turn(let call, let process):
            if process == self.process, dropped.remove(call) == nil { handle(.callTurn(call)) }
        case .starts(let process):
            if process == self.process { startProcess() }
        case .stopEnds(let process):
            if process == self.process { endStop() }
        case .comes(let kind):
            come(kind)
        case .diskIsFree:
            disk = nil
            diskIsFreeSince = elapsed
        case .leavesFile(let name, let span):
            takeOut(name, for: span)
        case .returnsToFile(let name):
            putBack(name)
        case .clockIsRight:
            setClockRight()
        case .signal:
            if !isHealed { stop() }
        case .somebodyLooks:
            lookForWaits()
            lookForOpen()
            lookForTrouble()
            schedule(.somebodyLooks, after: SimulationBounds.looks)
        }
    }

    /// Whether the process that is there waits for it.
    private func isOfProcess(_ happening: Happening) -> Bool {
        switch happening {
        case .departs(_, let process), .arrives(_, let process, _), .event(_, let process), .turn(_, let process):
            process == self.process
        case .wake, .starts, .stopEnds, .comes, .diskIsFree, .somebodyLooks, .leavesFile, .returnsToFile, .clockIsRight,
            .signal:
            false
        }
    }

    /// Whether it waits for a machine that sleeps.
    private func isOfTheMachine(_ happening: Happening) -> Bool {
        switch happening {
        case .wake, .departs, .event, .turn, .starts, .stopEnds, .diskIsFree, .somebodyLooks, .leavesFile,
            .returnsToFile, .clockIsRight, .signal:
            true
        case .arrives: false
        case .comes(let kind):
            switch kind {
            case .kill, .stop, .order, .reload, .clockStep, .absence, .clockError: true
            default: false
            }
        }
    }

    // MARK: What comes at any moment

    func planNext(_ kind: FaultKind) {
        guard !isHealed || kind == .export, var delay = dice.delay(until: kind, hours: options.hours) else { return }
        if dice.isAimed(kind), let nominal = plan.nextNominal(after: wall + .milliseconds(delay)) {
            // At the very instant, or a moment around it.
            delay = max(0, (nominal - wall).milliseconds + Int64(dice.usual.below(7)) - 3)
        }
        schedule(.comes(kind), after: delay)
    }

    private func come(_ kind: FaultKind) {
        defer { planNext(kind) }
        guard !isHealed || kind == .export, let stroke = dice.comes(kind) else { return }
        switch kind {
        case .kill: kill()
        case .stop: stop()
        case .clockStep: stepClock(stroke)
        case .suspend:
            let begin = max(elapsed, frozenUntil)
            frozenUntil = max(frozenUntil, elapsed + 1000 + stroke.below(stroke.size % 4 == 0 ? 14_400_000 : 300_000))
            sleptFor = frozenUntil - elapsed
            if options.pausesClock, begin < frozenUntil { pauses.append((begin, frozenUntil)) }
            trace("the machine sleeps for \(sleptFor / 1000) s")
        case .outage:
            outageUntil = elapsed + stroke.below(7_200_000)
            trace("the platform is not there")
        case .throttleStorm:
            stormUntil = elapsed + stroke.below(3_600_000)
            trace("the platform throttles everything")
        case .export: startExport(stroke)
        case .foreignRun: startForeignRun(stroke)
        case .flowEdit: editFlow(stroke)
        case .order: giveOrder()
        case .reload: reload(stroke)
        case .absence: planAbsence(stroke)
        case .clockError: mistakeClock(stroke)
        default: break
        }
    }

    // MARK: Parts

    var trueTime: Instant { CampaignPlan.start + .milliseconds(elapsed) }

    /// By the machine's clock.
    var wall: Instant { trueTime + .milliseconds(wallOffset + drifted(elapsed)) }

    /// What the machine's clocks gain in a time.
    func drifted(_ time: Int64) -> Int64 { time * Int64(options.drift) / 1_000_000 }

    func schedule(_ happening: Happening, after delay: Int64) {
        if isOfProcess(happening) { underWay += 1 }
        agenda.plan(happening, at: elapsed + max(0, delay))
    }

    func mix(_ number: Int) {
        digest = (digest ^ UInt64(truncatingIfNeeded: number)) &* 0x100_0000_01b3
    }

    func trace(_ text: @autoclosure () -> String) {
        onTrace?("\(trueTime.rfc3339) \(text())")
    }
}

package enum SimulationBounds {
    /// After the faults have ended, everything owed has to end within this: the longest `start_within` of the simulation
    /// (4 h 10 min) from when a person asked for another try, and a run with its follow-up.
    package static let healing = Duration.seconds(14 * 3600)
    static let eventsAtOneInstant = 20_000
    static let eventsBetweenLooks = 32
    static let eventsBetweenLooksAtMuch = 2048
    /// Of the machine at the start of a run.
    static let uptime: Int64 = 1_000_000
    static let timeout = Duration.seconds(30)
    /// A commit that was refused is tried again every five seconds; in milliseconds, and a little more.
    static let diskPatience: Int64 = 6000
    /// Between two looks of a person, in milliseconds.
    static let looks: Int64 = 1_800_000
    /// For so long pauses count, in milliseconds: by then everything was asked anew.
    static let pauses: Int64 = 28_800_000
    /// No disk is full or read-only for longer, in milliseconds.
    static let stall: UInt64 = 600_000
    /// A stop waits for calls on the wire no longer than this.
    static let stopTimeout: Int64 = 40_000
}
