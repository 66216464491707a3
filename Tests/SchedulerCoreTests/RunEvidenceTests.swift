import Chronology
import SchedulerCore
import Testing

/// Goal: what a listing, an answer or a clock leaves open is not taken for a proof, and holds up nobody else. Each was found by
/// somebody who read the platform's documents first and then tried to break the promise.
@Suite struct RunEvidenceTests {
    private let vip = Pair(dataflow: "flow", audience: "vip")
    private let a1 = Pair(dataflow: "flow", audience: "a1")
    private let a2 = Pair(dataflow: "flow", audience: "a2")

    // MARK: Questions that fail

    @Test func `a run whose name is never answered holds up nothing but its own pair`() {
        let two = Pair(dataflow: "two", audience: "b")
        var rig = Rig(configuration([campaign("sale"), campaign("other", .manual, [two])]))
        _ = rig.command(.fire("other", forceOverlap: false))
        rig.failing["run"] = .refused(status: 400, detail: "no run id")
        let pair = vip
        rig.onCall = { _ in .refused(.alreadyRunning(pair, "run-9", detail: "run already going on")) }
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.onCall = { _ in nil }
        rig.advance(.seconds(1800))
        #expect(rig.endings == [.succeeded])
    }

    @Test func `of two runs that refusals named, one without an answer does not keep the other from being asked for`() {
        var rig = Rig(configuration([campaign("sale", .manual, [a1]), campaign("other", .manual, [a2])]))
        let (one, two) = (a1, a2)
        let ended = rig.addRunOfOthers(a2)
        rig.runs[0].status = .failed
        rig.isVisible = { _ in false }
        rig.failing["run run-0"] = .unavailable(detail: "HTTP 500")
        rig.onCall = { call in
            call.pairs == [one]
                ? .refused(.alreadyRunning(one, "run-0", detail: "run already going on"))
                : .refused(.alreadyRunning(two, ended, detail: "run already going on"))
        }
        _ = rig.command(.fire("sale", forceOverlap: false))
        _ = rig.command(.fire("other", forceOverlap: false))
        rig.onCall = { _ in nil }
        rig.advance(.seconds(1200))
        #expect(rig.calls.count { $0.pairs == [two] } == 2)
    }

    // MARK: Whose a run is

    @Test func `the run of a call that has no answer yet is not taken for that of an older refused one`() {
        let third = Pair(dataflow: "flow", audience: "a3")
        var rig = Rig(
            configuration([
                campaign("sale", .manual, [a1, a2]), campaign("other", .manual, [a1]),
                campaign("third", .manual, [third]),
            ]))
        rig.runDuration = .seconds(600)
        rig.onCall = { $0.id == CallID(1) ? .refused(.notReady(after: .seconds(120), detail: "not ready")) : nil }
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.holdsCalls = true
        _ = rig.command(.fire("other", forceOverlap: false))
        #expect(rig.held.map(\.pairs) == [[a1]])
        let run = rig.addRun(a1)
        rig.advance(.seconds(20))
        _ = rig.command(.fire("third", forceOverlap: false))  // lists the dataflow
        rig.advance(.seconds(2))
        #expect(rig.scheduler.state[activation(1, 1)]?.phase == .waiting)
        rig.holdsCalls = false
        rig.feed(.callAnswered(CallID(2), .accepted([a1: run])))
        #expect(rig.scheduler.state[activation(1, 1)]?.phase == .waiting)
        #expect(rig.scheduler.state[activation(2, 1)]?.phase == .running(run))
    }

    @Test func `a call that was made twice on its way is recognised where the platform does not tell its time`() {
        var rig = Rig(configuration([campaign("sale")]))
        rig.clockAhead = nil
        repeatCall(&rig)
        rig.advance(.seconds(7200))
        #expect(rig.calls.count == 1)
        #expect(rig.scheduler.state[activation(1, 1)]?.phase == .quarantined(call: nil))
    }

    @Test func `a program that others use is no proof while ours is not known`() {
        var state = State()
        state.apply(.signLearned(sandbox: sandbox, sign: .clientOfOthers("adhoc"), at: ten))
        var rig = Rig(configuration([campaign("sale")]), state: state)
        repeatCall(&rig)
        rig.runs[0].createdClient = "adhoc"
        rig.advance(.seconds(7200))
        #expect(rig.calls.count == 1)
        #expect(rig.scheduler.state[activation(1, 1)]?.phase == .quarantined(call: nil))
    }

    @Test func `a run for which a call was refused teaches nothing of the program of others`() {
        var rig = Rig(configuration([campaign("sale")]))
        rig.runDuration = .seconds(600)
        repeatCall(&rig)
        rig.failing = ["run": .unavailable(detail: "HTTP 503")]
        rig.runs[0].createdClient = "adhoc"
        rig.advance(.seconds(300))
        #expect(rig.scheduler.state.runSigns?[sandbox]?.contains(.clientOfOthers("adhoc")) != true)
    }

    @Test func `a run is recognised among more than a thousand that nobody has seen before`() {
        var rig = Rig(configuration([campaign("sale")]))
        rig.runDuration = .seconds(3600)
        rig.onCall = { _ in .doubtful(detail: "timeout") }
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.onCall = { _ in nil }
        rig.advance(.seconds(1))
        for _ in 1...1001 { rig.addRun(vip) }
        rig.advance(.seconds(100))
        #expect(adopted(rig).count == 1)
    }

    @Test func `a run that may be ours and never ends goes to a person, and not beside another call`() {
        var rig = Rig(
            configuration([campaign("sale", .manual, [a1, a2])]) { $0.guardrails.runMaximumAge = .seconds(7200) })
        rig.startMinute = 600
        rig.runDuration = .seconds(3 * 3600)
        rig.delaysTurns = true
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.addRun(a1)
        rig.onCall = { _ in .throttled(retryAfter: .seconds(60), detail: "429") }
        rig.feed(.callTurn(CallID(1)))
        rig.delaysTurns = false
        rig.onCall = { _ in nil }
        rig.advance(.seconds(2 * 3600 + 600))
        #expect(runs(rig, of: a1) == 1)
        #expect(rig.scheduler.state[activation(1, 1)]?.phase == .quarantined(call: nil))
        #expect(runs(rig, of: a2) == 1)
    }

    @Test(arguments: [false, true])
    func `a run that may be ours and vanishes from listings is judged by what is said of it by name`(isGone: Bool) {
        var rig = Rig(configuration([campaign("sale", .manual, [a1, a2])]))
        rig.addRun(Pair(dataflow: "flow", audience: "other"))
        rig.runs[0].createdAt = ten - .seconds(7200)
        rig.runs[0].status = .succeeded
        rig.startMinute = 600
        rig.runDuration = isGone ? .seconds(86_400) : .seconds(600)
        rig.hidesSingly = isGone
        fireFirst(&rig)
        let late = rig.addRun(a1)
        throttle(&rig)
        rig.advance(.seconds(300))
        rig.isVisible = { $0.id != late }
        rig.advance(.seconds(3600))
        #expect(runs(rig, of: a1) == 1)
        #expect(rig.scheduler.state[activation(1, 1)]?.phase == .quarantined(call: nil))
        #expect(runs(rig, of: a2) == 1)
    }

    @Test(arguments: [false, true])
    func `a run that may be ours and is older than run_max_age when it is seen first goes to a person`(
        isRestarted: Bool
    ) {
        var rig = Rig(
            configuration([campaign("sale", .manual, [a1, a2]) { $0.startWithin = .seconds(12 * 3600) }]) {
                $0.guardrails.runMaximumAge = .seconds(7200)
            })
        rig.runDuration = .seconds(10 * 3600)
        fireFirst(&rig)
        let late = rig.addRun(a1)
        rig.runs[0].audiences = []
        throttle(&rig)
        rig.isVisible = { $0.id != late }
        rig.exportRuns = true
        rig.advance(.seconds(3 * 3600))
        rig.isVisible = { _ in true }
        rig.exportRuns = false
        if isRestarted { rig.restart() }
        rig.advance(.seconds(600))
        #expect(rig.calls.count == 1)
        #expect(rig.notifications(.quarantined) == 2)
    }

    @Test func `a run that was named before a restart is not taken for older than the first call without a clock`() {
        var rig = Rig(configuration([campaign("sale", .manual, [a1, a2]) { $0.startWithin = .seconds(12 * 3600) }]))
        rig.clockAhead = nil
        rig.runDuration = .seconds(3000)
        fireFirst(&rig)
        let (late, pair) = (rig.addRun(a1), a1)
        rig.isVisible = { $0.id != late }
        rig.onCall = { _ in .throttled(retryAfter: .seconds(400), detail: "429") }
        rig.feed(.callTurn(CallID(1)))
        rig.delaysTurns = false
        rig.failing = ["run": .unavailable(detail: "HTTP 503")]
        rig.onCall = { call in
            call.pairs.contains(pair) ? .refused(.alreadyRunning(pair, late, detail: "already")) : nil
        }
        rig.advance(.seconds(440))
        rig.onCall = { _ in nil }
        rig.failing = [:]
        rig.restart()
        rig.advance(.seconds(7200))
        #expect(runs(rig, of: a1) == 1)
    }

    @Test func `a run of others is not too old by our own clock alone`() {
        var rig = Rig(configuration([campaign("sale") { $0.startWithin = .seconds(3 * 86_400) }]))
        rig.clockAhead = nil
        rig.runDuration = .seconds(10 * 86_400)
        let (run, pair) = (rig.addRunOfOthers(vip), vip)
        rig.runs[0].createdAt = ten - .seconds(3600)
        rig.isVisible = { _ in false }
        rig.onCall = { _ in .refused(.alreadyRunning(pair, run, detail: "already")) }
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(300))
        let before = rig.calls.count
        rig.now.wall = rig.now.wall + .seconds(25 * 3600)
        rig.advance(.seconds(3600))
        #expect(rig.calls.count == before)
        #expect(rig.notifications(.runLate) == 0)
    }

    @Test func `a run that has ended is judged once exports have told, also where it is listed no more`() {
        var rig = Rig(configuration([campaign("sale", .manual, [a1, a2])]))
        addOlderRun(&rig)
        rig.runDuration = .seconds(10)
        fireFirst(&rig)
        let late = rig.addRun(a1)
        throttle(&rig)
        rig.failing = ["export": .unavailable(detail: "HTTP 503")]
        rig.advance(.seconds(60))
        rig.failing = [:]
        rig.isVisible = { $0.id != late }
        rig.advance(.seconds(1200))
        #expect(runs(rig, of: a1) == 1)
        #expect(runs(rig, of: a2) == 1)
    }

    @Test func `a nameless run that ended and is listed no more keeps its pairs from being absent`() {
        var rig = Rig(configuration([campaign("sale", .manual, [a1, a2])]))
        addOlderRun(&rig)
        rig.runDuration = .seconds(600)
        fireFirst(&rig)
        let late = rig.addRun(a1)
        rig.runs[1].audiences = []
        throttle(&rig)
        rig.advance(.seconds(300))
        rig.isVisible = { $0.id != late }
        rig.advance(.seconds(3600))
        #expect(rig.calls.count == 1)
        #expect(rig.notifications(.quarantined) == 2)
    }

    @Test func `what a person has sent again is not held by the run that is too old`() {
        var rig = Rig(
            configuration([campaign("sale", .manual, [a1, a2]) { $0.startWithin = .seconds(12 * 3600) }]) {
                $0.guardrails.runMaximumAge = .seconds(7200)
            })
        rig.runDuration = .seconds(10 * 3600)
        fireFirst(&rig)
        rig.addRun(a1)
        rig.runs[0].audiences = []
        throttle(&rig)
        rig.advance(.seconds(3 * 3600))
        #expect(rig.notifications(.quarantined) == 2)
        for position in 1...2 { _ = rig.command(.resolve(activation(1, position), .retry)) }
        rig.advance(.seconds(600))
        #expect(Set(rig.calls.dropFirst().flatMap(\.pairs)) == [a1, a2])
        #expect(rig.notifications(.quarantined) == 2)
    }

    @Test func `a call that has not left is taken back for a run that may be of an earlier one and is too old`() {
        let third = Pair(dataflow: "flow", audience: "a3")
        var rig = Rig(
            configuration([
                campaign("sale", .manual, [a1, a2]) { $0.startWithin = .seconds(12 * 3600) },
                campaign("third", .manual, [third]),
            ]) { $0.guardrails.runMaximumAge = .seconds(7200) })
        rig.runDuration = .seconds(10 * 3600)
        fireFirst(&rig)
        let late = rig.addRun(a1)
        rig.runs[0].audiences = []
        throttle(&rig)
        rig.isVisible = { $0.id != late }
        rig.exportRuns = true
        rig.advance(.seconds(3 * 3600))
        rig.delaysTurns = true
        rig.exportRuns = false
        for _ in 1...120 where rig.scheduler.state.calls[CallID(2)] == nil { rig.advance(.seconds(1)) }
        #expect(rig.scheduler.state.calls[CallID(2)]?.isSending == false)
        rig.pass(.seconds(20))
        rig.isVisible = { _ in true }
        _ = rig.command(.fire("third", forceOverlap: false))  // asks anew
        rig.feed(.callTurn(CallID(2)))
        let pair = a1
        #expect(rig.calls.count { $0.pairs.contains(pair) } == 1)
    }

    @Test func `the run of a call that has no answer yet is not taken for that of one that a person has to settle`() {
        let third = Pair(dataflow: "flow", audience: "a3")
        var rig = Rig(
            configuration([
                campaign("sale", .manual, [a1, a2]), campaign("other", .manual, [a1]),
                campaign("third", .manual, [third]),
            ]) { $0.limits.attempts = 1 })
        rig.runDuration = .seconds(600)
        rig.onCall = { _ in .refused(.other(status: 400, detail: "odd")) }
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(30))
        #expect(rig.scheduler.state[activation(1, 1)]?.phase == .quarantined(call: nil))
        rig.onCall = { _ in nil }
        rig.holdsCalls = true
        _ = rig.command(.fire("other", forceOverlap: false))
        rig.addRun(a1)
        rig.advance(.seconds(20))
        _ = rig.command(.fire("third", forceOverlap: false))
        rig.advance(.seconds(2))
        #expect(rig.scheduler.state[activation(1, 1)]?.phase == .quarantined(call: nil))
    }

    // Found by simulation: they had shared an earlier call with another one that the run served.
    @Test func `a run that served a pair of another delivery is not taken for that of one that a person has to settle`()
        throws
    {
        var rig = Rig(configuration([campaign("sale", .manual, [a1, a2]), campaign("other", .manual, [a2])]))
        rig.startMinute = 541  // an hour before the first run, and more before the next one
        rig.runDuration = .seconds(10)
        fireFirst(&rig)
        rig.addRun(a2)
        throttle(&rig)
        rig.holdsCalls = true
        rig.advance(.seconds(15))
        _ = rig.command(.fire("other", forceOverlap: false))
        rig.advance(.seconds(90))
        #expect(rig.scheduler.state[activation(1, 2)]?.phase == .quarantined(call: nil))
        rig.runDuration = .seconds(120)
        let shared = try #require(rig.held.last)
        #expect(shared.pairs == [a1, a2])
        let run = rig.addRun(a1)
        rig.runs[1].audiences = [a1.audience, a2.audience]
        rig.feed(.callAnswered(shared.id, .accepted([a1: run, a2: run])))
        rig.holdsCalls = false
        rig.advance(.seconds(600))
        _ = rig.command(.fire("other", forceOverlap: false))  // lists the dataflow
        rig.advance(.seconds(60))
        #expect(rig.scheduler.state[activation(1, 2)]?.phase == .quarantined(call: nil))
    }

    @Test func `a restart does not make the run of a stranger, begun before the call, ours`() {
        var state = State()
        for sign in [RunSign.clientOfOurs("adhoc"), .clientOfOthers("schedule")] {
            state.apply(.signLearned(sandbox: sandbox, sign: sign, at: ten))
        }
        var rig = Rig(configuration([campaign("sale")]), state: state)
        rig.runDuration = .seconds(600)
        let (run, pair) = (rig.addRun(vip), vip)
        rig.runs[0].createdAt = ten - .seconds(240)
        rig.runs[0].createdClient = "adhoc"
        rig.isVisible = { _ in false }
        rig.onCall = { _ in .refused(.alreadyRunning(pair, run, detail: "already")) }
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.onCall = { _ in nil }
        rig.restart()
        rig.advance(.seconds(1800))
        #expect(rig.calls.count == 2)
        #expect(adopted(rig).isEmpty)
    }

    @Test func `a call that was made twice on its way is recognised where the platform tells its time later`() {
        let two = Pair(dataflow: "two", audience: "b")
        var rig = Rig(configuration([campaign("sale"), campaign("other", .manual, [two])]))
        rig.clockAhead = nil
        repeatCall(&rig)
        rig.failing = ["run": .unavailable(detail: "HTTP 503")]
        rig.clockAhead = .zero
        _ = rig.command(.fire("other", forceOverlap: false))
        rig.advance(.seconds(120))
        rig.failing = [:]
        rig.advance(.seconds(7200))
        let pair = vip
        #expect(rig.calls.count { $0.pairs == [pair] } == 1)
    }

    // MARK: Listings that leave a dataflow out

    @Test func `listings that show nothing, where a run of others was seen once, never prove an absence`() {
        var rig = Rig(configuration([campaign("sale", .manual, [a1, a2])]))
        rig.onCall = { _ in .throttled(retryAfter: .seconds(60), detail: "429") }
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.onCall = { _ in nil }
        rig.exportRuns = true  // nothing is called meanwhile
        rig.addRun(Pair(dataflow: "flow", audience: "other"))
        rig.runs[0].status = .succeeded
        rig.exportRuns = false
        rig.failing = ["dataflows": .unavailable(detail: "HTTP 503")]
        rig.advance(.seconds(120))
        rig.failing = [:]
        rig.isVisible = { _ in false }
        rig.advance(.seconds(2 * 3600))
        #expect(rig.notifications(.quarantined) == 2, "\(rig.calls.count)")
        let doubts = rig.records.count { if case .activationInDoubt = $0 { true } else { false } }
        #expect(doubts <= 2)
    }

    @Test func `a cut listing that shows none of a dataflow, of which it should, proves no absence`() {
        let (busy, pair) = (Pair(dataflow: "busy", audience: "b"), vip)
        var rig = Rig(configuration([campaign("sale", .manual, [vip, busy])]))
        for hour in (1...30).reversed() {
            rig.addRun(Pair(dataflow: "busy", audience: "other"))
            rig.runs[rig.runs.count - 1].createdAt = ten - .seconds(Int64(hour) * 3600)
            rig.runs[rig.runs.count - 1].status = .succeeded
        }
        rig.addRun(Pair(dataflow: "flow", audience: "other"))
        rig.runs[rig.runs.count - 1].createdAt = ten - .seconds(7200)
        rig.runs[rig.runs.count - 1].status = .succeeded
        rig.runsPerListing = 26
        rig.runDuration = .seconds(60)
        rig.onCall = { _ in .doubtful(detail: "timeout") }
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.onCall = { _ in nil }
        rig.addRun(vip)
        rig.isVisible = { $0.dataflow != "flow" }
        rig.advance(.seconds(3600))
        #expect(rig.calls.count { $0.pairs.contains(pair) } == 1)
    }

    @Test func `a joint listing that leaves one dataflow out does not count as its first`() throws {
        let busy = Pair(dataflow: "busy", audience: "b")
        var rig = Rig(configuration([campaign("sale", .manual, [vip, busy])]))
        rig.runDuration = .seconds(86_400)
        rig.addRun(vip)
        rig.runs[0].createdAt = ten - .seconds(12 * 3600)
        rig.addRun(busy)
        rig.runs[1].createdAt = ten - .seconds(7200)
        rig.runs[1].status = .succeeded
        rig.isVisible = { $0.dataflow != "flow" }
        rig.onCall = { _ in .refused(.notReady(after: .seconds(300), detail: "not ready")) }
        _ = rig.command(.fire("sale", forceOverlap: false))
        #expect(rig.calls.count == 1, "nothing tells that there is one")
        rig.effects = []
        rig.advance(.seconds(1500))
        let sinces = rig.effects.compactMap { effect -> Instant? in
            if case .askRuns(_, _, let flows, let depth) = effect, flows.contains("flow") { depth.since } else { nil }
        }
        #expect(try #require(sinces.first) <= ten - .seconds(23 * 3600))
        #expect(try #require(sinces.last) >= ten - .seconds(6 * 3600), "the second one counts")
    }

    // Found by simulation: it was still said to be empty.
    @Test func `a cut listing that shows runs again ends what an empty one had closed`() {
        var rig = busyRig()
        rig.isVisible = { _ in false }
        rig.advance(.seconds(70))
        #expect(words(rig).contains { $0.contains("lists none of its runs") })
        rig.isVisible = { _ in true }
        rig.runsPerListing = 6
        rig.failing = ["runs alone": .unavailable(detail: "HTTP 503")]
        rig.advance(.seconds(130))
        #expect(!words(rig).contains { $0.contains("lists none of its runs") }, "\(words(rig))")
    }

    // Found by simulation: the answer seemed to have been asked for before the run began.
    @Test func `a run that a cut listing of several dataflows shows is told with the time of that listing`() throws {
        var rig = busyRig()
        rig.runDuration = .seconds(3600)
        rig.advance(.seconds(30))
        let begun = rig.now.wall
        rig.addRun(Pair(dataflow: "flow", audience: "others"))
        rig.runs[rig.runs.count - 1].createdAt = begun
        rig.runsPerListing = 6
        rig.failing = ["runs alone": .unavailable(detail: "HTTP 503")]
        rig.advance(.seconds(60))
        let asked = rig.scheduler.closures(of: activation(1, 1), at: rig.now).compactMap { closure in
            if case .dataflowBusy(_, let askedAt) = closure { askedAt.wall } else { nil }
        }
        #expect(try #require(asked.first) >= begun)
    }

    /// Two dataflows with eight runs each, and a call of both that was refused.
    private func busyRig() -> Rig {
        let busy = Pair(dataflow: "busy", audience: "b")
        var rig = Rig(configuration([campaign("sale", .manual, [vip, busy])]))
        for minute in (1...8).reversed() {
            for flow in ["flow", "busy"] {
                rig.addRun(Pair(dataflow: DataflowID(flow), audience: "other"))
                rig.runs[rig.runs.count - 1].createdAt = ten - .seconds(Int64(minute) * 600)
                rig.runs[rig.runs.count - 1].status = .succeeded
            }
        }
        rig.onCall = { _ in .refused(.notReady(after: .seconds(60), detail: "not ready")) }
        _ = rig.command(.fire("sale", forceOverlap: false))
        return rig
    }

    private func words(_ rig: Rig) -> [String] {
        rig.scheduler.gateInsights(of: [activation(1, 1)], at: rig.now).map(\.sentence.evidence)
    }

    @Test func `an empty listing after a restart opens nothing for what an earlier call may have taken`() {
        var rig = Rig(configuration([campaign("sale", .manual, [a1, a2])]))
        rig.addRun(Pair(dataflow: "flow", audience: "other"))
        rig.runs[0].createdAt = ten - .seconds(7200)
        rig.runs[0].status = .succeeded
        rig.runDuration = .seconds(10)
        rig.delaysTurns = true
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.addRun(a1)
        rig.onCall = { _ in .throttled(retryAfter: .seconds(60), detail: "429") }
        rig.feed(.callTurn(CallID(1)))
        rig.delaysTurns = false
        rig.onCall = { _ in nil }
        rig.isVisible = { _ in false }
        rig.advance(.seconds(20))
        rig.restart()
        rig.advance(.seconds(3600))
        #expect(runs(rig, of: a1) == 1)
    }

    // MARK: Clocks

    @Test func `an export that runs stays in the way where only our own clock says that it is old`() {
        var rig = Rig(configuration([campaign("sale") { $0.startWithin = .seconds(3 * 86_400) }]))
        rig.clockAhead = nil
        rig.exportRuns = true
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(60))
        rig.now.wall = rig.now.wall + .seconds(25 * 3600)
        rig.advance(.seconds(120))
        #expect(rig.calls.isEmpty)
    }

    // MARK: Helpers

    private func addOlderRun(_ rig: inout Rig) {
        rig.addRun(Pair(dataflow: "flow", audience: "other"))
        rig.runs[0].createdAt = ten - .seconds(7200)
        rig.runs[0].status = .succeeded
    }

    /// The first call waits for its turn.
    private func fireFirst(_ rig: inout Rig) {
        rig.delaysTurns = true
        _ = rig.command(.fire("sale", forceOverlap: false))
    }

    private func throttle(_ rig: inout Rig) {
        rig.onCall = { _ in .throttled(retryAfter: .seconds(60), detail: "429") }
        rig.feed(.callTurn(CallID(1)))
        rig.delaysTurns = false
        rig.onCall = { _ in nil }
    }

    /// The first call is made twice: the second is refused for the run of the first, and that is the answer.
    private func repeatCall(_ rig: inout Rig) {
        rig.delaysTurns = true
        _ = rig.command(.fire("sale", forceOverlap: false))
        let (run, pair) = (rig.addRun(vip), vip)
        rig.failing = ["run": .unavailable(detail: "HTTP 503")]
        rig.onCall = { _ in .refused(.alreadyRunning(pair, run, detail: "already")) }
        rig.feed(.callTurn(CallID(1)))
        rig.delaysTurns = false
        rig.onCall = { _ in nil }
        rig.failing = [:]
    }

    private func adopted(_ rig: Rig) -> [RunID] {
        rig.records.compactMap { if case .activationRunning(_, let run, true, _) = $0 { run } else { nil } }
    }

    private func runs(_ rig: Rig, of pair: Pair) -> Int {
        rig.runs.count { $0.dataflow == pair.dataflow && $0.audiences.contains(pair.audience) }
    }

    // Found by simulation: the disk was full for minutes after the refusal, and the first listing after that left the run out.
    @Test func `a call that was refused minutes ago is not made again by one listing that leaves out its run`() {
        let (one, two) = (Pair(dataflow: "flow", audience: "a1"), Pair(dataflow: "flow", audience: "a2"))
        var rig = Rig(configuration([campaign("sale", .manual, [one, two])]))
        rig.runDuration = .seconds(60)
        rig.delaysTurns = true
        _ = rig.command(.fire("sale", forceOverlap: false))
        let run = rig.addRun(one)
        rig.onCall = { _ in .refused(.notReady(after: .seconds(300), detail: "not ready")) }
        rig.feed(.callTurn(CallID(1)))
        rig.delaysTurns = false
        rig.onCall = { _ in nil }
        rig.isVisible = { $0.id != run }
        rig.advance(.seconds(305))
        rig.isVisible = { _ in true }
        rig.advance(.seconds(600))
        #expect(!rig.calls.dropFirst().contains { $0.pairs.contains(one) })
        let adopted = rig.records.contains { if case .activationRunning(_, run, true, _) = $0 { true } else { false } }
        #expect(adopted)
        #expect(rig.calls.dropFirst().map(\.pairs) == [[two]])
    }
}
