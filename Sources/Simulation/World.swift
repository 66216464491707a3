// One run: the production runtime in a world where time is a number, requests take their way and get lost, and the process
// dies between any two facts. Begin at `run`.
//
// Everything happens on one thread, in the order of a heap; chance comes from the seed alone.

package import Chronology
internal import HeapModule
package import Journal
internal import PlatformModel
internal import Runtime
package import SchedulerCore

/// What a run came to.
package struct Outcome: Sendable {
    package var options: SimulationOptions
    package var findings: [Finding]
    package var events: Int
    package var occurrences: Int
    package var calls: Int
    package var deaths: Int
    package var requests: Int
    package var virtualTime: Duration
    /// Of everything that was stored, in order: the same seed gives the same.
    package var digest: UInt64
}

package final class World: Environment {
    private enum Happening {
        case wake(Int)
        /// A request comes to the platform; what becomes of its answer is decided.
        case arrives(Effect, process: Int, answerIsLost: Bool, delay: Int64)
        case event(Event, process: Int)
        case turn(CallID, process: Int)
        case starts
        case killed
        case foreignRun
        case order
        case reload
        case clockSteps
        case diskIsFree
    }

    private struct Item: Comparable {
        var at: Int64
        var order: Int
        var happening: Happening

        static func == (left: Item, right: Item) -> Bool { left.order == right.order }
        static func < (left: Item, right: Item) -> Bool { (left.at, left.order) < (right.at, right.order) }
    }

    private let options: SimulationOptions
    private let onTrace: ((String) -> Void)?
    private let plan: CampaignPlan
    private var chance: SplitMix
    private var model: PlatformModel
    private let journal = SimulatedJournal()
    private var checker: Checker
    private var client: SimulatedClient

    private var items = Heap<Item>()
    private var order = 0
    /// True time since the start, in milliseconds. The platform's clock is this one.
    private var elapsed: Int64 = 0
    private var wallOffset: Int64 = 0
    private var lastAdvance = 0

    private var runtime: Runtime?
    private var process = 0
    private var isDying = false
    private var isDiskFull = false
    private var wakeVersion = 0
    private var dropped: Set<CallID> = []
    private var isExtraLoaded = false
    private var nextCommand = 1
    private var isHealed = false

    private var events = 0
    private var deaths = 0
    private var digest: UInt64 = 0xcbf2_9ce4_8422_2325

    /// - Parameter onTrace: Told of everything that happens, a line each.
    package init(_ options: SimulationOptions, onTrace: ((String) -> Void)? = nil) {
        self.options = options
        self.onTrace = onTrace
        var chance = SplitMix(seed: options.seed)
        plan = CampaignPlan(options, &chance)
        model = PlatformModel(scenario: plan.scenario, seed: chance.next(), start: CampaignPlan.start)
        client = SimulatedClient(plan.configuration(withExtra: false).platform)
        checker = Checker(blindness: plan.blindness)
        self.chance = chance
        journal.fate = { [unowned self] in commitFate() }
        journal.onStored = { [unowned self] in stored($0) }
        for export in plan.scenario.exports {
            let begin = CampaignPlan.start + .milliseconds(export.startMilliseconds)
            checker.began(export: begin, until: begin + .milliseconds(export.durationMilliseconds))
        }
    }

    // MARK: The run

    package func run() -> Outcome {
        schedule(.starts, after: 0)
        plan(.foreignRun, options.minutesBetweenForeignRuns)
        plan(.order, options.minutesBetweenOrders)
        plan(.reload, options.minutesBetweenReloads)
        plan(.clockSteps, options.minutesBetweenClockSteps)
        plan(.killed, options.minutesBetweenKills)
        work(until: Int64(options.hours) * 3_600_000)
        heal()
        let healedAt = wall
        work(until: elapsed + SimulationBounds.healing.milliseconds)
        settle(healedAt)
        return Outcome(
            options: options, findings: checker.findings, events: events, occurrences: checker.occurrences,
            calls: checker.calls, deaths: deaths, requests: model.ledger.total, virtualTime: .milliseconds(elapsed),
            digest: digest)
    }

    private func work(until end: Int64) {
        while let item = items.min, item.at <= end, checker.findings.isEmpty {
            items.removeMin()
            if item.at > elapsed { lastAdvance = events }
            elapsed = max(elapsed, item.at)
            happen(item.happening)
            events += 1
            if events - lastAdvance > SimulationBounds.eventsAtOneInstant {
                checker.report("no busy loop", "\(SimulationBounds.eventsAtOneInstant) events at one instant", at: wall)
            }
            checker.look(at: model.ledger, start: CampaignPlan.start, at: trueTime)
        }
        if checker.findings.isEmpty { elapsed = end }
    }

    private func heal() {
        trace("everything heals")
        isHealed = true
        isDiskFull = false
        model.heal()
    }

    /// What was owed when everything healed must have ended by now.
    private func settle(_ healedAt: Instant) {
        guard checker.findings.isEmpty else { return }
        for occurrence in checker.folded.occurrences.values.sorted(by: { $0.id < $1.id }) {
            guard occurrence.outcome == nil, occurrence.occurrence.admittedAt <= healedAt else { continue }
            checker.report(
                "every admitted activation ends", "occurrence \(occurrence.id) of \(occurrence.occurrence.campaign)",
                at: wall)
        }
        let from = CampaignPlan.start + SimulationBounds.grace
        for (name, timetable) in plan.timetables {
            checker.expectDecided(
                name, timetable, from: from, to: min(wall, trueTime) - SimulationBounds.grace, at: wall)
        }
    }

    private func happen(_ happening: Happening) {
        switch happening {
        case .wake(let version):
            if version == wakeVersion { handle(.woke) }
        case .arrives(let effect, let process, let answerIsLost, let delay):
            arrive(effect, process, answerIsLost, delay)
        case .event(let event, let process):
            if process == self.process { handle(event) }
        case .turn(let call, let process):
            if process == self.process, dropped.remove(call) == nil { handle(.callTurn(call)) }
        case .starts: startProcess()
        case .killed:
            if !isHealed, runtime != nil {
                trace("kill -9")
                die()
                bury()
            }
            plan(.killed, options.minutesBetweenKills)
        case .foreignRun: startForeignRun()
        case .order: giveOrder()
        case .reload: reload()
        case .clockSteps: stepClock()
        case .diskIsFree: isDiskFull = false
        }
    }

    // MARK: The process

    private func startProcess() {
        guard runtime == nil else { return }
        process += 1
        isDying = false
        dropped = []
        journal.revive()
        let configuration = plan.configuration(withExtra: isExtraLoaded)
        client = SimulatedClient(configuration.platform)
        do {
            let runtime = try Runtime(configuration: configuration, journal: journal, environment: self)
            checker.compare(runtime.scheduler.state, at: wall)
            trace("process \(process) starts")
            self.runtime = runtime
            runtime.start(configuration)
            bury()
        } catch {
            checker.report("a journal that was written can be read", error.found, at: wall)
        }
    }

    private func handle(_ event: Event) {
        guard let runtime else { return }
        trace("\(event)")
        runtime.handle(event)
        if !isDying { checker.compare(runtime.scheduler.state, at: wall) }
        bury()
    }

    private func die() {
        isDying = true
    }

    /// Takes a process that died away, once nothing of it is on the stack.
    private func bury() {
        guard isDying, runtime != nil else { return }
        trace("the process has died")
        runtime = nil
        process += 1
        wakeVersion += 1
        deaths += 1
        isDying = false
        schedule(.starts, after: Int64(1000 + chance.below(chance.hits(percent: 10) ? 7_200_000 : 60_000)))
    }

    // MARK: Environment

    package func now() -> Moment {
        Moment(wall: wall, monotonic: Monotonic(milliseconds: elapsed + SimulationBounds.uptime))
    }

    private var wall: Instant { trueTime + .milliseconds(wallOffset) }
    private var trueTime: Instant { CampaignPlan.start + .milliseconds(elapsed) }

    package func arm(_ wake: Wake?, at now: Moment) {
        wakeVersion += 1
        guard !isDying, let delay = wake?.delay(from: now) else { return }
        schedule(.wake(wakeVersion), after: delay.milliseconds)
    }

    package func perform(_ effect: Effect) {
        if isDying { return }
        if !isHealed, hits(thousand: options.deathsBetweenEffects) { return die() }
        trace("  → \(effect)")
        switch effect {
        case .queueCall(let id, _, _): schedule(.turn(id, process: process), after: Int64(1 + chance.below(500)))
        case .dropCall(let id): dropped.insert(id)
        case .notify, .reply: break
        case .askExportJobs, .askDataflows, .askRuns, .askRun:
            if checker.folded.occurrences.isEmpty {
                checker.report("nothing is asked while nothing is due", "\(effect)", at: wall)
            }
            leave(effect)
        case .send(let call):
            if checker.folded.calls[call.id]?.isSending != true {
                checker.report("no call leaves without its journal record", "call \(call.id)", at: wall)
            }
            leave(effect)
        }
    }

    package func tell(_ records: [Record], before: Scheduler, after: Scheduler, at now: Moment) {}
    package func journalTrouble(_ error: JournalError?) {}

    package func journalLost(_ error: JournalError) {
        if error.code == .io { die() } else { checker.report("the journal is never lost", error.found, at: wall) }
    }

    private func commitFate() -> CommitFate {
        if isDying { return .diesBefore }
        if isHealed { return .fine }
        if isDiskFull { return .isFull }
        if hits(thousand: options.deathsBeforeCommit) { return .diesBefore }
        if hits(thousand: options.deathsAfterCommit) { return .diesAfter }
        if hits(thousand: options.fullDisks) {
            isDiskFull = true
            schedule(.diskIsFree, after: Int64(chance.below(600_000)))
            return .isFull
        }
        return .fine
    }

    private func stored(_ records: [Record]) {
        checker.stored(records, at: wall)
        for record in records {
            for byte in (try? RecordCoding.encode(record)) ?? [] { digest = (digest ^ UInt64(byte)) &* 0x100_0000_01b3 }
            trace("  ■ \(record)")
        }
    }

    // MARK: The way to the platform and back

    private func leave(_ effect: Effect) {
        let way = way()
        if !isHealed, chance.hits(percent: options.lostRequests) {
            return schedule(.event(Self.lost(effect), process: process), after: SimulationBounds.timeout.milliseconds)
        }
        let answerIsLost = !isHealed && chance.hits(percent: options.lostAnswers)
        schedule(
            .arrives(effect, process: process, answerIsLost: answerIsLost, delay: self.way()), after: way)
    }

    /// Milliseconds of one way.
    private func way() -> Int64 {
        let slow = !isHealed && chance.hits(percent: options.slowAnswers)
        return Int64(5 + chance.below(slow ? UInt64(SimulationBounds.slowestWay.milliseconds) : 300))
    }

    private func arrive(_ effect: Effect, _ process: Int, _ answerIsLost: Bool, _ delay: Int64) {
        guard let answer = client.answer(effect, &model, at: trueTime) else { return }
        if answerIsLost {
            schedule(.event(Self.lost(effect), process: process), after: SimulationBounds.timeout.milliseconds)
        } else {
            schedule(.event(answer, process: process), after: delay)
        }
    }

    /// What the client says when its time is over.
    private static func lost(_ effect: Effect) -> Event {
        let failure = AskFailure.unavailable(detail: "timeout")
        return switch effect {
        case .askExportJobs(let id, _, _): .exportJobsAnswered(id, .failure(failure))
        case .askDataflows(let id, _, _): .dataflowsAnswered(id, .failure(failure))
        case .askRuns(let id, _, _, _): .runsAnswered(id, .failure(failure))
        case .askRun(let id, _, _): .runAnswered(id, .failure(failure))
        case .send(let call): .callAnswered(call.id, .doubtful(detail: "timeout"))
        case .queueCall, .dropCall, .notify, .reply: .woke
        }
    }

    // MARK: Others

    private func startForeignRun() {
        defer { plan(.foreignRun, options.minutesBetweenForeignRuns) }
        guard !isHealed else { return }
        let pair = plan.pair(&chance)
        let lasting = Int64(60_000 + chance.below(1_800_000))
        // The platform refuses a second run of an audience, whoever asks.
        guard !model.isBusy(pair.audience.text, at: trueTime) else { return }
        trace("somebody exports \(pair.audience) to \(pair.dataflow)")
        model.startForeignRun(pair.dataflow.text, pair.audience.text, at: trueTime, lasting: lasting)
        checker.began(foreignRunOn: pair.dataflow.text, at: trueTime, until: trueTime + .milliseconds(lasting))
    }

    private func giveOrder() {
        defer { plan(.order, options.minutesBetweenOrders) }
        guard !isHealed || isPaused, runtime != nil else { return }
        let id = CommandID(nextCommand)
        nextCommand += 1
        handle(.command(id, someOrder(), actor: "anna"))
    }

    private var isPaused: Bool { !checker.folded.pauses.isEmpty }

    private func someOrder() -> Command {
        if isPaused { return .resume(.all) }
        let held = checker.folded.occurrences.values.sorted { $0.id < $1.id }
        switch chance.below(4) {
        case 0: return .pause(.all, until: wall + .seconds(60 + Int64(chance.below(7200))), reason: "a try")
        case 1:
            if !held.isEmpty { return .cancelOccurrence(held[Int(chance.below(UInt64(held.count)))].id) }
        case 2:
            if let quarantined = quarantined(held) { return .resolve(quarantined, .abandon) }
        default: break
        }
        return .fire(plan.name(&chance), forceOverlap: chance.hits(percent: 30))
    }

    /// One that a person may give up: nothing of ours runs on the platform.
    private func quarantined(_ held: [OccurrenceState]) -> ActivationID? {
        guard model.settledLedger(at: trueTime).pairsInFlight == 0 else { return nil }
        for occurrence in held {
            for (position, activation) in occurrence.activations.enumerated() {
                if case .quarantined = activation.phase { return occurrence.activationID(at: position) }
            }
        }
        return nil
    }

    private func reload() {
        defer { plan(.reload, options.minutesBetweenReloads) }
        guard !isHealed else { return }
        isExtraLoaded.toggle()
        handle(.reloaded(plan.configuration(withExtra: isExtraLoaded)))
    }

    private func stepClock() {
        defer { plan(.clockSteps, options.minutesBetweenClockSteps) }
        guard !isHealed else { return }
        wallOffset = Int64(chance.below(7_200_000)) - 3_600_000
        trace("the clock steps to \(wall.rfc3339)")
        handle(.woke)
    }

    // MARK: Parts

    private func plan(_ happening: Happening, _ minutes: Int) {
        guard minutes > 0, !isHealed else { return }
        schedule(happening, after: Int64(chance.below(UInt64(minutes) * 120_000)))
    }

    private func schedule(_ happening: Happening, after delay: Int64) {
        order += 1
        items.insert(Item(at: elapsed + max(0, delay), order: order, happening: happening))
    }

    private func hits(thousand: Int) -> Bool {
        thousand > 0 && chance.below(1000) < UInt64(thousand)
    }

    private func trace(_ text: @autoclosure () -> String) {
        onTrace?("\(trueTime.rfc3339) \(text())")
    }
}

enum SimulationBounds {
    /// After the faults have ended, everything owed has to end within this.
    static let healing = Duration.seconds(14 * 3600)
    static let eventsAtOneInstant = 20_000
    /// Of the machine at the start of a run.
    static let uptime: Int64 = 1_000_000
    static let timeout = Duration.seconds(30)
    static let slowestWay = Duration.seconds(14)
    /// Nominal times so close to the ends of a run, or to a step of the clock, are not judged.
    static let grace = Duration.seconds(2 * 3600)
}
