// The machine and the process on it: what the runtime asks of its environment, how it dies, and how it starts again.

package import Chronology
package import Journal
internal import PlatformModel
internal import Runtime
package import SchedulerCore

extension World {
    func startProcess() {
        guard runtime == nil else { return }
        process += 1
        checker.processDied()
        underWay = 0
        isDying = false
        isStopping = false
        dropped = []
        checker.truth.sightings = Sightings()
        firstPages = [:]
        decidedAt = wall
        let configuration = plan.configuration
        client =
            options.isThroughBytes
            ? WireClient(configuration.platform)
            : ValueClient(
                readsSlowly: delays.readsSlowly, pageSize: ClientBounds.page(options), pages: plan.platform.pages)
        checker.plans.mayUse(plan)
        do {
            let runtime = try Runtime(configuration: configuration, journal: journal, environment: self)
            trace("process \(process) starts")
            checker.compare(runtime.scheduler.state, at: wall, isForced: true)
            self.runtime = runtime
            inUse = plan
            runtime.start(configuration)
            afterEvent(takes: true)
        } catch {
            checker.report("a journal that was written can be read", error.found, at: wall)
        }
    }

    func handle(_ event: Event, takes: Bool = false) {
        guard let runtime else { return }
        trace(Words.of(event))
        checker.truth.sightings.told(event)
        checker.hears(event, at: wall)
        decidedAt = wall
        runtime.handle(event)
        afterEvent(takes: takes)
        // Whom a missing right holds back, and whom it does not, is clear right now.
        if case .callAnswered(_, .refused(.forbidden)) = event { lookAtReasons() }
    }

    /// - Parameter takes: Whether the plan was taken into use with it.
    private func afterEvent(takes isTaken: Bool) {
        // A reload that waits for the disk is taken into use once that has room.
        if isTaken { waitsForTaking = process }
        let takes = waitsForTaking == process
        if let runtime, !isDying, runtime.trouble == nil {
            checker.compare(runtime.scheduler.state, at: wall)
            checker.settleEvent(at: wall)
            if !isStopping {
                if takes {
                    // What is due by a reload was due under the rules of before; what a start finds changed counts from
                    // the start.
                    if lastTaking == process { checker.lookForLost(at: decidedAt) }
                    lastTaking = process
                    waitsForTaking = 0
                    checker.plans.settle()
                    checker.nominals.take(plan, at: decidedAt, platformTime: trueTime)
                }
                checker.lookForLost(at: decidedAt)
                lookForWaits()
            } else if !runtime.scheduler.hasCallsOnTheWire {
                endStop()
            }
        }
        bury()
    }

    // MARK: Stops and deaths

    func kill() {
        guard runtime != nil else { return }
        trace("kill -9")
        isDying = true
        bury()
    }

    func stop() {
        guard runtime != nil, !isStopping else { return }
        trace("SIGTERM")
        isStopping = true
        schedule(.stopEnds(process: process), after: SimulationBounds.stopTimeout)
        handle(.stopping)
    }

    func endStop() {
        guard isStopping, let runtime, !isDying else { return }
        do {
            try runtime.close()
            trace("the process has stopped")
        } catch {
            trace("the process could not close its journal: \(error.found)")
        }
        isDying = true
        bury()
    }

    /// Takes a process that died away, once nothing of it is on the stack.
    private func bury() {
        guard isDying, runtime != nil else { return }
        trace("the process has died")
        runtime = nil
        process += 1
        underWay = 0
        wakeVersion += 1
        deaths += 1
        if let cut = isHealed ? nil : dice.strikes(.powerCut) {
            trace("the power is cut")
            journal.losePower(keepsWrite: cut.size % 2 == 0)
            bootedAt = elapsed
        } else {
            journal.survive()
        }
        let isLong = isHealed ? nil : dice.strikes(.longStop)
        let span =
            isLong.map { $0.below(options.pace == .hours ? 7_200_000 : 200_000_000) } ?? Int64(dice.usual.below(60_000))
        schedule(.starts(process: process), after: 1000 + span)
    }

    func stepClock(_ stroke: Stroke) {
        clockError = 0
        wallOffset = stroke.below(7_200_000) - 3_600_000
        // Now and then somebody sets the wrong day.
        if stroke.size / 8_000_000 % 10 == 0 { wallOffset *= 30 }
        trace("the clock steps to \(wall.rfc3339)")
        handle(.woke)
    }

    /// One error of days, until somebody sets the clock back.
    func mistakeClock(_ stroke: Stroke) {
        guard clockError == 0 else { return }
        clockError = (1 + stroke.below(20)) * 86_400_000 + stroke.below(86_400_000)
        wallOffset += clockError
        trace("the clock is wrong by days: \(wall.rfc3339)")
        schedule(.clockIsRight, after: stroke.below(stroke.size % 3 == 0 ? 86_400_000 : 3_600_000))
        handle(.woke)
    }

    func setClockRight() {
        guard clockError != 0 else { return }
        wallOffset -= clockError
        clockError = 0
        trace("the clock is set back to \(wall.rfc3339)")
        handle(.woke)
    }

    // MARK: The disk

    func commitFate() -> CommitFate {
        // The clock goes on between what was decided and its record.
        elapsed += delays.commit()
        if isDying { return .diesBefore }
        if isHealed { return .fine }
        if let disk { return disk == .full ? .isFull : .isReadOnly }
        for fate in [CommitFate.diesBefore, .diesBeforeSync, .diesAfter] where isDeathPoint() { return dies(fate) }
        if dice.strikes(.deathBeforeCommit) != nil { return dies(.diesBefore) }
        if let stroke = dice.strikes(.deathAfterCommit) {
            return dies(stroke.size % 2 == 0 ? .diesBeforeSync : .diesAfter)
        }
        if dice.strikes(.failedSync) != nil { return .syncFails }
        for (kind, code) in [(FaultKind.fullDisk, JournalError.Code.full), (.readOnlyDisk, .readOnly)] {
            guard let stroke = dice.strikes(kind) else { continue }
            disk = code
            trace("the disk is \(code.rawValue)")
            lastStall = elapsed
            schedule(.diskIsFree, after: stroke.below(SimulationBounds.stall))
            return code == .full ? .isFull : .isReadOnly
        }
        return .fine
    }

    func fillDisk(_ stroke: Stroke) {
        disk = .full
        trace("the disk is full")
        lastStall = elapsed
        schedule(.diskIsFree, after: stroke.below(SimulationBounds.stall))
    }

    /// Whether the run is to die here.
    private func isDeathPoint() -> Bool {
        deathPoints += 1
        return deathPoints == options.deathPoint
    }

    private func dies(_ fate: CommitFate) -> CommitFate {
        trace("death at a commit: \(fate)")
        isDying = true
        return fate
    }

    func stored(_ records: [Record]) {
        var heldBack: [ActivationID: Instant] = [:]
        for record in records {
            trace("  ■ " + Words.of(record))
            if case .activationReturned(let id, _, let notBefore?, _, _, _, _) = record { heldBack[id] = notBefore }
            if case .activationEnded(let id, let outcome, _) = record, outcome.result == .expired {
                lookAtExpiry(of: id, outcome.reason ?? "", notBefore: heldBack[id])
            }
            // One that vanishes before anybody saw it can not be told from one that never was.
            if case .activationRunning(_, let run, _, _) = record, !isHealed, let stroke = dice.strikes(.vanishingRun) {
                model.vanish(run.text, at: trueTime + .milliseconds(stroke.below(600_000)))
            }
        }
        mix(records.count)
        checker.stored(records, at: decidedAt) { [self] in run($0) }
        mix(checker.folded.nextOccurrence &* 31 &+ checker.folded.nextCall)
    }

    /// By its id, or by the short one that stands for one that is too long.
    func run(_ id: RunID) -> SimulatedRun? { model.run(named: id.text) }

    // MARK: Clocks

    var monotonic: Monotonic {
        let uptime = elapsed - bootedAt - paused(from: bootedAt, to: elapsed)
        return Monotonic(milliseconds: uptime + drifted(uptime))
    }

    /// When the daemon's monotonic clock showed that.
    func platformTime(of point: Monotonic) -> Instant {
        let uptime = point.milliseconds - drifted(point.milliseconds)
        var at = bootedAt + uptime
        for pause in pauses where pause.from >= bootedAt && pause.from < at { at += pause.to - pause.from }
        return CampaignPlan.start + .milliseconds(at)
    }

    /// For how much of a time the monotonic clock stood still.
    private func paused(from begin: Int64, to end: Int64) -> Int64 {
        pauses.reduce(0) { $0 + max(0, min($1.to, end) - max($1.from, begin)) }
    }
}

extension World: Environment {
    package func now() -> Moment {
        Moment(wall: wall, monotonic: monotonic)
    }

    package func arm(_ wake: Wake?, at now: Moment) {
        wakeVersion += 1
        wakesAt = nil
        guard !isDying, let delay = wake?.delay(from: self.now()) else { return }
        wakesAt = elapsed + delay.milliseconds
        schedule(.wake(wakeVersion), after: delay.milliseconds)
    }

    package func perform(_ effect: Effect) {
        if isDying { return }
        if !isHealed, dice.strikes(.deathBeforeEffect) != nil || isDeathPoint() {
            trace("death before an effect")
            isDying = true
            return
        }
        trace("  → " + Words.of(effect))
        switch effect {
        case .queueCall(let id, _, _):
            schedule(.turn(id, process: process), after: Int64(1 + dice.usual.below(500)))
        case .dropCall(let id): dropped.insert(id)
        case .notify(let notification): checker.told(notification, at: wall)
        case .reply: break
        case .askExportJobs:
            ask(effect, isExpected: inUse.campaigns.values.contains { $0.campaign.trigger == .afterExport })
        case .askDataflows, .askRuns, .askRun:
            ask(effect, isExpected: false)
        case .send(let call):
            checker.handsOut(call)
            leave(effect)
        }
        if !isHealed, dice.strikes(.deathAfterEffect) != nil || isDeathPoint() {
            trace("death after an effect")
            isDying = true
        }
    }

    private func ask(_ effect: Effect, isExpected: Bool) {
        questions += 1
        checker.asks(effect, isExpected: isExpected, at: wall)
        leave(effect)
    }

    package func tell(_ records: [Record], before: Scheduler, after: Scheduler, at now: Moment) {}
    package func journalTrouble(_ error: JournalError?) {}

    package func journalLost(_ error: JournalError) {
        if error.code == .io {
            isDying = true
        } else {
            checker.report("the journal is never lost", error.found, at: wall)
        }
    }
}
