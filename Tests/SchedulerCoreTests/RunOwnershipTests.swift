import Chronology
import SchedulerCore
import Testing

/// Goal: nothing is sent, given up or told before it is known whose a run is. Each was found by somebody who read the platform's
/// documents first and then tried to break the promise.
@Suite struct RunOwnershipTests {
    private let vip = Pair(dataflow: "flow", audience: "vip")
    private let a1 = Pair(dataflow: "flow", audience: "a1")
    private let a2 = Pair(dataflow: "flow", audience: "a2")

    @Test func `a lost call is recognised by a right clock where the platform does not tell its time`() {
        var rig = Rig(configuration([campaign("sale")]))
        rig.clockAhead = nil
        rig.onCall = { _ in .doubtful(detail: "timeout") }
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.onCall = { _ in nil }
        let ours = rig.addRun(vip)
        rig.advance(.seconds(900))
        #expect(rig.calls.count == 1)
        #expect(adopted(rig) == [ours])
    }

    // Then nothing tells when the call left: a run that was not there before it may be its own.
    @Test func `a lost call is recognised where the platform does not tell its time and our clock may be wrong`() {
        var rig = Rig(configuration([campaign("sale")]))
        rig.feed(.clockSynchronised(false))
        rig.clockAhead = nil
        rig.onCall = { _ in .doubtful(detail: "timeout") }
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.onCall = { _ in nil }
        let ours = rig.addRun(vip)
        rig.advance(.seconds(900))
        #expect(rig.calls.count == 1)
        #expect(adopted(rig) == [ours])
    }

    @Test func `an activation that waits for its own named run is not doubted again because another one has one too`() {
        let x1 = Pair(dataflow: "flow1", audience: "x1")
        let x2 = Pair(dataflow: "flow2", audience: "x2")
        var rig = Rig(configuration([campaign("sale", .manual, [x1, x2])]))
        rig.runDuration = .seconds(240)
        rig.delaysTurns = true
        _ = rig.command(.fire("sale", forceOverlap: false))
        let first = rig.addRun(x1)
        let second = rig.addRun(x2)
        rig.isVisible = { _ in false }  // by name each is known
        rig.onCall = { _ in .refused(.notReady(after: .seconds(60), detail: "not ready")) }
        rig.feed(.callTurn(CallID(1)))
        rig.delaysTurns = false
        rig.onCall = { call in
            switch call.id {
            case CallID(2): .refused(.alreadyRunning(x1, first, detail: "run already going on"))
            case CallID(3): .refused(.alreadyRunning(x2, second, detail: "run already going on"))
            default: nil
            }
        }
        rig.advance(.seconds(600))
        rig.isVisible = { _ in true }
        rig.advance(.seconds(3600))
        #expect(runs(rig, of: x1) == 1)
        #expect(runs(rig, of: x2) == 1)
    }

    @Test func `a run of a refused call that has ended and not said for whom keeps its pairs from being sent again`() {
        var rig = Rig(configuration([campaign("sale", .manual, [a1, a2])]))
        rig.runDuration = .seconds(10)
        rig.delaysTurns = true
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.addRun(a1)
        rig.runs[0].audiences = []
        rig.onCall = { _ in .refused(.notReady(after: .seconds(60), detail: "not ready")) }
        rig.feed(.callTurn(CallID(1)))
        rig.delaysTurns = false
        rig.onCall = { _ in nil }
        rig.advance(.seconds(100))
        rig.runs[0].audiences = [a1.audience]
        rig.advance(.seconds(3600))
        #expect(runs(rig, of: a1) == 1)
        #expect(runs(rig, of: a2) == 1)
    }

    @Test func `a pair of a refused call that was looked for in vain is sent again whatever on_doubt says`() {
        for policy in [DoubtPolicy.skip, .hold] {
            var rig = Rig(configuration([campaign("sale", .manual, [a1, a2]) { $0.onDoubt = policy }]))
            rig.runDuration = .seconds(10)
            rig.delaysTurns = true
            _ = rig.command(.fire("sale", forceOverlap: false))
            rig.addRun(a1)
            rig.runs[0].audiences = []
            rig.onCall = { _ in .refused(.notReady(after: .seconds(60), detail: "not ready")) }
            rig.feed(.callTurn(CallID(1)))
            rig.delaysTurns = false
            rig.onCall = { _ in nil }
            rig.advance(.seconds(100))
            rig.runs[0].audiences = [a1.audience]
            rig.advance(.seconds(3600))
            #expect(runs(rig, of: a2) == 1, "no answer was lost")
            #expect(rig.endings == [.succeeded])
        }
    }

    @Test func `an absence after a refusal is no second doubt`() {
        var rig = Rig(configuration([campaign("sale", .manual, [a1, a2])]))
        rig.runDuration = .seconds(10)
        rig.onCall = { _ in .doubtful(detail: "timeout") }
        _ = rig.command(.fire("sale", forceOverlap: false))
        _ = rig.command(.pause(.all, until: nil, reason: "both together"))
        rig.advance(.seconds(900))
        rig.delaysTurns = true
        _ = rig.command(.resume(.all))
        // It took effect for one of its pairs.
        rig.addRun(a1)
        rig.runs[0].audiences = []
        rig.onCall = { _ in .throttled(retryAfter: .seconds(60), detail: "429") }
        rig.feed(.callTurn(CallID(2)))
        rig.delaysTurns = false
        rig.onCall = { _ in nil }
        rig.advance(.seconds(100))
        rig.runs[0].audiences = [a1.audience]
        rig.advance(.seconds(3600))
        #expect(rig.calls.count == 3)
        #expect(runs(rig, of: a2) == 1)
        #expect(rig.notifications(.quarantined) == 0)
        #expect(rig.endings == [.succeeded])
    }

    // Found by simulation: the first call, hours ago, counted as the one that had taken effect.
    @Test func `a run that shows is of the call that can have begun it, and not of one that was given up long before`()
    {
        var rig = Rig(configuration([campaign("sale", .manual, [a1, a2]) { $0.onDoubt = .hold }]))
        rig.runDuration = .seconds(1200)
        rig.onCall = { _ in .doubtful(detail: "timeout") }
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(6 * 3600))
        rig.onCall = { _ in .refused(.notReady(after: .seconds(600), detail: "not ready")) }
        _ = rig.command(.pause(.all, until: nil, reason: "both together"))
        for number in 1...2 { _ = rig.command(.resolve(activation(1, number), .retry)) }
        _ = rig.command(.resume(.all))
        rig.advance(.seconds(5))
        #expect(rig.calls.count == 2)
        rig.onCall = { _ in nil }
        let ours = rig.addRun(a1)
        rig.advance(.seconds(7200))
        #expect(adopted(rig) == [ours])
        let doubted = rig.records.compactMap { record -> CallID? in
            if case .activationInDoubt(activation(1, 2), let call, _, _) = record { call } else { nil }
        }
        #expect(doubted == [CallID(1), CallID(2)])
        #expect(rig.endings.last == .succeeded)
    }

    @Test func `what gave up after an established absence is still delivered when its run shows`() {
        var rig = Rig(configuration([campaign("sale")]) { $0.limits.attempts = 1 })
        rig.onCall = { _ in .doubtful(detail: "timeout") }
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.onCall = { _ in nil }
        let ours = rig.addRun(vip)
        rig.isVisible = { _ in false }
        rig.advance(.seconds(600))
        #expect(rig.scheduler.state[activation(1, 1)]?.phase == .quarantined(call: nil))
        _ = rig.command(.pause(.all, until: nil, reason: "quiet"))
        _ = rig.command(.resolve(activation(1, 1), .retry))
        rig.isVisible = { _ in true }
        rig.advance(.seconds(86_400))
        #expect(adopted(rig) == [ours])
        #expect(!results(rig).contains(.expired))
    }

    @Test func `a later call that was handed out is taken back when a run of an earlier one shows`() {
        let other = campaign("other", .manual, [Pair(dataflow: "flow", audience: "other")])
        var rig = Rig(configuration([campaign("sale", .manual, [a1, a2]), other]))
        rig.runDuration = .seconds(3000)
        _ = rig.command(.fire("other", forceOverlap: false))  // its run is followed all the while
        rig.onCall = { _ in .refused(.notReady(after: .seconds(60), detail: "not ready")) }
        _ = rig.command(.fire("sale", forceOverlap: false))
        let late = rig.addRun(a1)
        rig.runs[1].status = .succeeded
        rig.isVisible = { $0.id != late }
        rig.onCall = { _ in nil }
        rig.holdsCalls = true
        rig.advance(.seconds(70))
        #expect(rig.held.count == 2)
        rig.isVisible = { _ in true }
        rig.advance(.seconds(200))
        let dropped = Set(rig.effects.compactMap { if case .dropCall(let id) = $0 { id } else { nil } })
        #expect(dropped == Set(rig.held.filter { $0.pairs.contains(a1) }.map(\.id)))
        for call in rig.held where dropped.contains(call.id) {
            rig.feed(.callAnswered(call.id, .notSent(detail: "taken back")))
        }
        rig.advance(.seconds(300))
        #expect(adopted(rig) == [late])
    }

    // MARK: One call, made twice on its way

    @Test func `a call that something on the way repeated is shown to a person, and not made again`() {
        var rig = Rig(configuration([campaign("sale")]))
        repeatCall(&rig)
        rig.advance(.seconds(7200))
        #expect(rig.calls.count == 1)
        #expect(rig.scheduler.state[activation(1, 1)]?.phase == .quarantined(call: nil))
        #expect(rig.notifications(.quarantined) == 1)
    }

    @Test func `so is one of a pair that was absent before`() {
        var rig = Rig(configuration([campaign("sale")]))
        rig.onCall = { _ in .doubtful(detail: "timeout") }
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.onCall = { _ in nil }
        rig.delaysTurns = true
        rig.exportRuns = true  // so that the next call is much later
        rig.advance(.seconds(5000))
        rig.exportRuns = false
        for _ in 0..<60 where rig.scheduler.state.calls[CallID(2)] == nil { rig.advance(.seconds(10)) }
        let run = rig.addRun(vip)
        let pair = vip
        rig.onCall = { _ in .refused(.alreadyRunning(pair, run, detail: "already")) }
        rig.feed(.callTurn(CallID(2)))
        rig.delaysTurns = false
        rig.onCall = { _ in nil }
        rig.advance(.seconds(7200))
        #expect(rig.calls.count == 2)
        #expect(rig.scheduler.state[activation(1, 1)]?.phase == .quarantined(call: nil))
    }

    @Test func `so is one whose run could not be asked for before the daemon was started again`() {
        var rig = Rig(configuration([campaign("sale")]))
        repeatCall(&rig, failing: ["run": .unavailable(detail: "HTTP 503")])
        rig.restart()
        rig.failing = [:]
        rig.advance(.seconds(7200))
        #expect(rig.calls.count == 1)
        #expect(rig.scheduler.state[activation(1, 1)]?.phase == .quarantined(call: nil))
    }

    @Test func `so is one that left soon after an export, once its run has ended without a sign of the schedule`() {
        for isScheduled in [false, true] {
            var rig = Rig(configuration([campaign("sale")]))
            rig.exportRuns = true
            rig.advance(.seconds(60))
            rig.exportRuns = false
            rig.advance(.seconds(60))
            repeatCall(&rig)
            rig.runDuration = .seconds(600)
            rig.advance(.seconds(300))
            #expect(rig.scheduler.state[activation(1, 1)]?.phase == .waiting, "its end may tell")
            rig.runs[0].readsIncremental = isScheduled
            rig.advance(.seconds(3600))
            #expect(rig.calls.count == (isScheduled ? 2 : 1))
        }
    }

    @Test func `a refusal for a run that has ended is no reason to call without a pause`() {
        var rig = Rig(configuration([campaign("sale")]))
        let run = rig.addRunOfOthers(vip)
        rig.runs[0].status = .failed
        let pair = vip
        var refused = 0
        rig.onCall = { _ in
            refused += 1
            return refused < 50 ? .refused(.alreadyRunning(pair, run, detail: "already")) : nil  // so that it ends
        }
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(600))
        #expect(rig.calls.count <= 12, "\(rig.calls.count)")
    }

    @Test func `runs are not listed again and again while exports can not be asked about`() {
        var rig = Rig(configuration([campaign("sale", .manual, [a1, a2])]))
        rig.onCall = { _ in .refused(.notReady(after: .seconds(60), detail: "not ready")) }
        rig.delaysTurns = true
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.pass(.seconds(5))
        rig.addRun(a1)
        rig.runs[0].status = .succeeded
        rig.feed(.callTurn(CallID(1)))
        #expect(rig.calls.count == 1)
        rig.delaysTurns = false
        rig.failing = ["export": .unavailable(detail: "HTTP 503")]
        rig.asks = []
        rig.advance(.seconds(600))
        #expect(rig.asks.count { $0 == "runs" } < 40, "\(rig.asks.count)")
    }

    @Test func `what a person had sent again is not set aside for the same run again`() {
        var rig = Rig(configuration([campaign("sale")]))
        rig.startMinute = 600
        rig.runDuration = .seconds(600)
        rig.onCall = { _ in .doubtful(detail: "timeout") }
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.onCall = { _ in nil }
        rig.advance(.seconds(5))
        rig.addRun(vip)
        rig.advance(.seconds(3600))
        #expect(rig.notifications(.quarantined) == 1)
        _ = rig.command(.resolve(activation(1, 1), .retry))
        rig.advance(.seconds(3600))
        #expect(rig.calls.count == 2)
        #expect(rig.endings.last == .succeeded)
    }

    @Test
    func `what a refused call may have taken is looked for before it expires, also where it was looked at at once`() {
        var rig = Rig(configuration([campaign("sale", .manual, [a1, a2]) { $0.startWithin = .seconds(3600) }]))
        rig.runDuration = .seconds(300)
        rig.onCall = { _ in .refused(.notReady(after: nil, detail: "not ready")) }
        rig.delaysTurns = true
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.exportRuns = true
        rig.feed(.callTurn(CallID(1)))
        rig.isVisible = { _ in false }
        let ours = rig.addRun(a1)
        rig.advance(.seconds(600))
        rig.isVisible = { _ in true }
        rig.advance(.seconds(7200))
        #expect(adopted(rig) == [ours])
    }

    @Test func `its run is adopted where its program says that it is ours`() {
        var state = State()
        for sign in [RunSign.clientOfOurs("ours"), .clientOfOthers("schedule")] {
            state.apply(.signLearned(sandbox: sandbox, sign: sign, at: ten))
        }
        var rig = Rig(configuration([campaign("sale")]), state: state)
        repeatCall(&rig)
        rig.runs[0].createdClient = "ours"
        rig.advance(.seconds(7200))
        #expect(rig.calls.count == 1)
        #expect(adopted(rig) == [rig.runs[0].id])
        #expect(rig.endings == [.succeeded])
    }

    @Test func `a run that others began a little before the call is waited for`() {
        var rig = Rig(configuration([campaign("sale")]))
        repeatCall(&rig)
        rig.runs[0].createdAt = ten - .seconds(5)
        rig.advance(.seconds(7200))
        #expect(rig.calls.count == 2)
        #expect(rig.endings == [.succeeded])
    }

    /// The first call is made twice: the second is refused for the run of the first, and that is the answer.
    private func repeatCall(_ rig: inout Rig, failing: [String: AskFailure] = [:]) {
        rig.delaysTurns = true
        _ = rig.command(.fire("sale", forceOverlap: false))
        let run = rig.addRun(vip)
        rig.failing = ["run": .unavailable(detail: "HTTP 503")]
        rig.onCall = { _ in .refused(.alreadyRunning(Pair(dataflow: "flow", audience: "vip"), run, detail: "already")) }
        rig.feed(.callTurn(CallID(1)))
        rig.delaysTurns = false
        rig.onCall = { _ in nil }
        rig.failing = failing
    }

    @Test func `a run that a refusal named, and that may be of an earlier call, is not disregarded`() {
        var rig = Rig(configuration([campaign("sale")]))
        rig.runDuration = .seconds(400)
        let ours = rig.loseAndName(vip)
        rig.advance(.seconds(390))
        #expect(rig.calls.count == 2)
        rig.onCall = { _ in nil }
        if case .done? = rig.command(.disregard(ours)) { Issue.record("it may be ours") }
        rig.advance(.seconds(300))
        rig.isVisible = { _ in true }
        rig.hidesSingly = false
        rig.advance(.seconds(3600))
        #expect(runs(rig, of: vip) == 1)
    }

    @Test func `what waits for a run that may be its own does not expire as not called`() {
        var rig = Rig(configuration([campaign("sale") { $0.startWithin = .seconds(600) }]))
        rig.runDuration = .seconds(3000)
        _ = rig.loseAndName(vip)
        rig.advance(.seconds(700))
        #expect(rig.calls.count == 2)
        #expect(!results(rig).contains(.expired))
        #expect(rig.scheduler.state[activation(1, 1)]?.phase == .quarantined(call: nil))
    }

    @Test func `a refusal that names a run of ours holds its pair back`() {
        let one = Pair(dataflow: "flow1", audience: "vip")
        let two = Pair(dataflow: "flow2", audience: "vip")
        var rig = Rig(
            configuration([campaign("one", .manual, [one]), campaign("two", .manual, [two])]) {
                $0.guardrails.serialize = .audienceAndDataflow
            })
        rig.runDuration = .seconds(3600)
        _ = rig.command(.fire("one", forceOverlap: false))
        let ours = rig.runs[0].id
        var refused = 0
        rig.onCall = { _ in
            refused += 1
            // So that it ends.
            return refused < 50 ? .refused(.alreadyRunning(two, ours, detail: "run already going on")) : nil
        }
        _ = rig.command(.fire("two", forceOverlap: false))
        rig.advance(.seconds(300))
        #expect(rig.calls.count <= 10, "\(rig.calls.count)")
    }

    @Test func `the end of an export without a schema counts although a later answer leaves it out`() {
        var rig = Rig(configuration([campaign("sale") { $0.startWithin = .seconds(12 * 3600) }]))
        rig.runDuration = .seconds(1200)
        rig.finishedExports = [
            ExportJob(
                id: "9", status: .running, word: "PROCESSING", createdAt: ten - .seconds(60), endedAt: nil,
                isUncertain: true)
        ]
        let follower = campaign("follower", .afterExport, [Pair(dataflow: "two", audience: "b")])
        rig.feed(.reloaded(configuration([campaign("sale") { $0.startWithin = .seconds(12 * 3600) }, follower])))
        rig.onCall = { _ in .doubtful(detail: "timeout") }
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(600))
        rig.finishedExports[0].status = .succeeded
        rig.finishedExports[0].endedAt = rig.now.wall
        rig.advance(.seconds(90))
        #expect(rig.calls.count == 1)
        rig.onCall = { _ in nil }
        rig.hiddenExports = ["9"]
        rig.addRun(vip)  // by the platform's schedule
        rig.advance(.seconds(1000))  // the follower asks for exports meanwhile
        #expect(adopted(rig) == [])
    }

    @Test func `our run of yesterday does not teach that its program is one of others`() {
        var rig = Rig(configuration([campaign("sale")]))
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.runs[0].createdClient = "adhoc"
        rig.advance(.seconds(25 * 3600))
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.runs[1].createdClient = "adhoc"
        rig.advance(.seconds(300))
        #expect(rig.scheduler.state.runSigns?[sandbox]?.contains(.clientOfOthers("adhoc")) != true)
    }

    @Test func `a run of ours that a lagging listing shows as running is not called one of others`() {
        let other = campaign("other", .manual, [Pair(dataflow: "flow", audience: "other")])
        var rig = Rig(configuration([campaign("sale"), other]))
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(300))
        #expect(rig.endings == [.succeeded])
        rig.runDuration = .seconds(86_400)
        rig.runs[0].status = .running
        _ = rig.command(.fire("other", forceOverlap: false))
        rig.advance(.seconds(60))
        let words = rig.scheduler.gateInsights(of: [activation(2, 1)], at: rig.now).map(\.sentence.evidence)
        #expect(!words.contains { $0.contains("did not start") }, "\(words)")
    }

    private func adopted(_ rig: Rig) -> [RunID] {
        rig.records.compactMap { if case .activationRunning(_, let run, true, _) = $0 { run } else { nil } }
    }

    private func runs(_ rig: Rig, of pair: Pair) -> Int {
        rig.runs.count { $0.dataflow == pair.dataflow && $0.audiences.contains(pair.audience) }
    }

    private func results(_ rig: Rig) -> [ActivationOutcome.Result] {
        rig.records.compactMap { if case .activationEnded(_, let outcome, _) = $0 { outcome.result } else { nil } }
    }
}
