// The way to the platform and back: what gets lost, comes late, comes twice, or comes back as something else.

internal import Chronology
internal import PlatformModel
internal import SchedulerCore

extension World {
    /// An effect begins its way. A token, our own pace and a connection may take more than a minute.
    func leave(_ effect: Effect) {
        let wait = delays.way()
        guard wait > 0 else { return depart(effect) }
        schedule(.departs(effect, process: process), after: wait)
    }

    /// The request is ready, and its first byte leaves. What becomes of it then is decided here, all at once.
    func depart(_ effect: Effect) {
        if case .send(let call) = effect {
            if let obstacle = obstacle(to: call) {
                trace("call \(call.id) does not leave: \(obstacle)")
                return tell(.callAnswered(call.id, .notSent(detail: obstacle)), after: 1)
            }
            checker.leaves(call, at: wall, platformTime: trueTime)
            checker.reachesWire(call, model, at: wall, platformTime: trueTime)
            if !isHealed, let stroke = dice.strikes(.stopAtCall) { schedule(.signal, after: stroke.below(3000)) }
        }
        let way = way()
        if isHealed { return send(effect, after: way, Happening.Fate(answers: [self.way()])) }
        let isThroughValues = !options.isThroughBytes
        if elapsed < outageUntil || dice.strikes(.lostRequest) != nil {
            return tell(Self.lost(effect), after: SimulationBounds.timeout.milliseconds)
        }
        if isThroughValues, elapsed < stormUntil || dice.strikes(.throttled) != nil {
            return tell(Self.throttled(effect), after: way)
        }
        if isThroughValues, dice.strikes(.errorBefore) != nil {
            return tell(Self.failed(effect, "HTTP 500"), after: way)
        }
        if isThroughValues, let stroke = dice.strikes(.revokedToken), stroke.size % 2 == 0 {
            return tell(Self.unauthorized(effect), after: way)
        }
        send(effect, after: way, fate(of: effect, way))
    }

    /// Why a call may not reach the wire any more.
    private func obstacle(to call: Call) -> String? {
        if dropped.remove(call.id) != nil { return "it was taken back" }
        return call.leaveBy?.isOver(at: now()) == true ? "what was judged before it grew old" : nil
    }

    private func fate(of effect: Effect, _ way: Int64) -> Happening.Fate {
        let back = self.way()
        var fate = Happening.Fate(answers: [back])
        let timeout = SimulationBounds.timeout.milliseconds
        if way + back > timeout || dice.strikes(.lostAnswer) != nil {
            fate.instead = Self.lost(effect)
            fate.answers = [max(0, timeout - way)]
        } else if dice.strikes(.errorAfter) != nil {
            fate.instead = Self.failed(effect, "HTTP 502")
        } else if !options.isThroughBytes, dice.strikes(.nonsense) != nil {
            fate.instead = Self.nonsense(effect)
        }
        if let stroke = dice.strikes(.doubledAnswer) { fate.answers.append(back + stroke.below(120_000)) }
        if let stroke = dice.strikes(.lateAnswer) { fate.answers.append(timeout + stroke.below(600_000)) }
        return fate
    }

    private func send(_ effect: Effect, after way: Int64, _ fate: Happening.Fate) {
        if case .send(let call) = effect { underway[call.id, default: 0] += 1 }
        schedule(.arrives(effect, process: process, fate), after: way)
    }

    private func tell(_ event: Event, after delay: Int64) {
        schedule(.event(event, process: process), after: delay)
    }

    /// Milliseconds of one way.
    private func way() -> Int64 {
        if !isHealed, let stroke = dice.strikes(.slowWay) { return 5 + stroke.below(60_000) }
        return Int64(5 + dice.usual.below(300))
    }

    func arrive(_ effect: Effect, _ process: Int, _ fate: Happening.Fate) {
        var isCall = false
        if case .send = effect { isCall = true }
        // Nobody waits for the answer to a question of before, and it changes nothing.
        guard isCall || process == self.process else { return }
        model.pass(to: trueTime)
        // The model is not to be read while it answers.
        let runs = model.scenario.runs
        var exchange = client.answer(effect, &model, at: trueTime) { [self] in runFate(runs) }
        while case .goesOn(let id)? = exchange {
            firstPages[id] = firstPages[id] ?? trueTime
            let wait = delays.page()
            guard wait == 0 else { return schedule(.arrives(effect, process: process, fate), after: wait) }
            exchange = client.answer(effect, &model, at: trueTime) { [self] in runFate(runs) }
        }
        if case .send(let call) = effect {
            underway[call.id, default: 1] -= 1
            checker.look(at: model.ledger, start: CampaignPlan.start, after: call, at: wall) { [self] in run($0) }
        }
        guard case .answered(let answer)? = exchange else { return }
        if process == self.process { note(effect, answer) }
        for (number, delay) in fate.answers.enumerated() {
            // What comes later than the first is the platform's own answer, whatever was told before.
            let event = number == 0 ? fate.instead ?? answer : answer
            schedule(.event(event, process: process), after: delay)
        }
    }

    /// What an answer shows of what is under way, and what it keeps back. What a listing was not read far enough for is no
    /// secret.
    private func note(_ effect: Effect, _ answer: Event) {
        switch (effect, answer) {
        case (.askRuns(let id, _, let dataflows, _), .runsAnswered(_, .success(let listing))):
            let begin = firstPages.removeValue(forKey: id) ?? trueTime
            let underWay = model.runsUnderWay(on: dataflows.map(\.text), at: trueTime)
            guard !underWay.isEmpty else { return }
            let oldest = listing.isTruncated ? listing.runs.compactMap(\.createdAt).min() : nil
            var look = Sightings.Look(at: begin)
            for run in underWay {
                if listing.runs.contains(where: { $0.id.text == run.id }) {
                    look.shown.append(run.id)
                } else if oldest.map({ run.createdAt >= $0 }) ?? true {
                    look.hidden.append(run.id)
                }
            }
            checker.truth.sightings.answers(id, look)
        case (.askExportJobs(let id, let sandbox, _), .exportJobsAnswered(_, .success(let jobs))):
            var look = Sightings.Look(at: firstPages.removeValue(forKey: id) ?? trueTime)
            for export in model.exportsUnderWay(in: sandbox.text, at: trueTime) {
                if jobs.contains(where: { $0.id == export }) {
                    look.shown.append(export)
                } else {
                    look.hidden.append(export)
                }
            }
            checker.truth.sightings.answers(id, look)
        default: break
        }
    }

    private func runFate(_ runs: Scenario.Runs) -> RunFate {
        let spread = UInt64(max(1, runs.longestMilliseconds - runs.shortestMilliseconds))
        var fate = RunFate(
            duration: .milliseconds(runs.shortestMilliseconds + Int64(dice.usual.below(spread))))
        if runs.emptyPercent > 0, dice.usual.hits(percent: runs.emptyPercent) { fate.records = 0 }
        guard !isHealed else { return fate }
        fate.fails = dice.strikes(.failingRun) != nil
        if let stroke = dice.strikes(.namelessRun) { fate.isNamedAfter = .milliseconds(stroke.below(120_000)) }
        if dice.strikes(.endlessRun) != nil { fate.duration = nil }
        return fate
    }

    // MARK: What is told instead of an answer

    /// When the client's time is over.
    private static func lost(_ effect: Effect) -> Event { failed(effect, "timeout") }

    private static func failed(_ effect: Effect, _ detail: String) -> Event {
        answer(effect, .unavailable(detail: detail), .doubtful(detail: detail))
    }

    private static func throttled(_ effect: Effect) -> Event {
        answer(
            effect, .throttled(retryAfter: nil, detail: "too many requests"),
            .throttled(retryAfter: nil, detail: "too many requests"))
    }

    private static func unauthorized(_ effect: Effect) -> Event {
        answer(
            effect, .credentials(detail: "the token is not valid"),
            .refused(.unauthorized(detail: "the token is not valid")))
    }

    private static func nonsense(_ effect: Effect) -> Event {
        answer(effect, .nonsense(detail: "unreadable"), .doubtful(detail: "HTTP 200 without a readable order"))
    }

    private static func answer(_ effect: Effect, _ failure: AskFailure, _ answer: CallAnswer) -> Event {
        switch effect {
        case .askExportJobs(let id, _, _): .exportJobsAnswered(id, .failure(failure))
        case .askDataflows(let id, _, _): .dataflowsAnswered(id, .failure(failure))
        case .askRuns(let id, _, _, _): .runsAnswered(id, .failure(failure))
        case .askRun(let id, _, _): .runAnswered(id, .failure(failure))
        case .send(let call): .callAnswered(call.id, answer)
        case .queueCall, .dropCall, .notify, .reply: .woke
        }
    }
}
