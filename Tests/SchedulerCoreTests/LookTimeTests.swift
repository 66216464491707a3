import Chronology
import SchedulerCore
import Testing

/// Goal: questions come at the pace that is promised, no earlier and no later, and a person is told in the moment that is promised.
@Suite struct LookTimeTests {
    private let vip = Pair(dataflow: "flow", audience: "vip")

    /// A call whose answer was lost a moment ago.
    private func lost(_ change: (inout Configuration) -> Void = { _ in }) -> Rig {
        var rig = Rig(configuration([campaign("sale")], change))
        rig.onCall = { _ in .doubtful(detail: "timeout") }
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.onCall = { _ in nil }
        return rig
    }

    private func phase(_ rig: Rig) -> ActivationState.Phase? { rig.scheduler.state[activation(1, 1)]?.phase }

    private func lookUps(_ rig: Rig) -> [Instant] {
        rig.records.compactMap { if case .doubtLookedUp(_, let at) = $0 { at } else { nil } }
    }

    // MARK: Calls in doubt

    @Test func `a lost call is looked up at these seconds of settle, and each of them counts`() {
        var rig = lost()
        rig.advance(.seconds(301))
        #expect(lookUps(rig) == [0, 6, 18, 45, 105, 180, 240, 300].map { ten + .seconds($0) })
        #expect(rig.scheduler.state[activation(1, 1)]?.doubtRetries == 1)
    }

    @Test func `what never says for whom it is goes to a person after three times settle, and is looked at until then`()
    {
        var rig = lost()
        rig.runDuration = .seconds(90_000)
        rig.addRun(vip)
        rig.runs[0].audiences = []
        #expect(
            rig.seconds(of: "runs", for: 899)
                == [6, 18, 45, 105, 180, 240, 300, 375, 450, 525, 600, 675, 750, 825])
        #expect(phase(rig) == .inDoubt(CallID(1)))
        rig.advance(.seconds(1))
        #expect(phase(rig) == .quarantined(call: CallID(1)))
        #expect(rig.notifications(.quarantined) == 1)
    }

    // The first look-up is that of the call's own second; each of the four others is as far from the one before as counts.
    @Test func `five look-ups are enough where they are as far apart as they may be`() {
        var rig = lost {
            $0.limits.backoffBase = .seconds(1)
            $0.limits.backoffMaximum = .seconds(1)
        }
        for _ in 1...4 {
            rig.failing["runs"] = .unavailable(detail: "HTTP 503")
            rig.advance(.seconds(94))
            rig.failing = [:]
            rig.advance(.seconds(2))
        }
        #expect(lookUps(rig).count == 5)
        let reasons = rig.records.compactMap { record in
            if case .activationReturned(_, let reason, _, _, _, _, _) = record { reason } else { nil }
        }
        #expect(reasons.first?.hasPrefix("established as absent by 5 look-ups") == true, "\(reasons)")
    }

    @Test(arguments: [(300, 900), (1200, 1200)])
    func `that a call can not be looked up is told after a quarter of an hour, or after settle where that is longer`(
        settle: Int, told: Int
    ) {
        var rig = lost { $0.polling.settle = .seconds(settle) }
        rig.failing["runs"] = .unavailable(detail: "HTTP 503")
        rig.advance(.seconds(3000))
        #expect(rig.times(of: .runLate) == [ten + .seconds(told)])
    }

    @Test(arguments: [(1, 33), (33, 33), (34, 34)])
    func `settle is never shorter than what the kernel may hold`(settle: Int, settling: Int) {
        var settings = configuration([])
        settings.polling.settle = .seconds(settle)
        #expect(settings.settling == .seconds(settling))
        #expect(settings.effectTime == .seconds(15 + settling))
    }

    // MARK: Runs that are followed

    @Test func `a run is looked at half as late again each time, up to every five minutes`() {
        var rig = Rig(configuration([campaign("sale")]))
        rig.runDuration = .seconds(90_000)
        _ = rig.command(.fire("sale", forceOverlap: false))
        #expect(rig.seconds(of: "runs", for: 1300) == [30, 75, 143, 244, 396, 624, 924, 1224])
    }

    @Test(arguments: [(9, ["flow", "two"]), (10, ["flow"])] as [(Int, [DataflowID])])
    func `a run whose look is nearly due shares the listing of another one`(later: Int, listed: [DataflowID]) {
        var rig = Rig(
            configuration([campaign("sale"), campaign("other", .manual, [Pair(dataflow: "two", audience: "b")])]))
        rig.runDuration = .seconds(90_000)
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(later))
        _ = rig.command(.fire("other", forceOverlap: false))
        rig.effects = []
        rig.advance(.seconds(30 - later))
        let flows = rig.effects.compactMap { effect in
            if case .askRuns(_, _, let flows, _) = effect { flows } else { nil }
        }
        #expect(flows == [listed])
    }

    @Test func `a run that nothing shows is told after a quarter of an hour, and not before`() {
        var rig = Rig(
            configuration([campaign("sale")]) {
                $0.polling.run = .seconds(1)
                $0.polling.runMaximum = .seconds(1)
            })
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.runs = []
        rig.advance(.seconds(900))  // it is missing from the first second on
        #expect(rig.scheduler.state[activation(1, 1)]?.endIsUnknown == false)
        rig.advance(.seconds(1))
        #expect(rig.scheduler.state[activation(1, 1)]?.endIsUnknown == true)
    }

    @Test func `a run that was shown again in between is missing from then on only`() {
        var rig = Rig(configuration([campaign("sale")]))
        rig.runDuration = .seconds(8 * 3600)
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(100))
        #expect(rig.scheduler.runInsights().map(\.word) == ["inProgress"])
        for isVisible in [false, true, false] {
            rig.isVisible = { _ in isVisible }
            rig.hidesSingly = !isVisible
            rig.advance(.seconds(isVisible ? 300 : 600))
        }
        // Looked at after 923 seconds, and missing since 1223.
        rig.advance(.seconds(400))
        #expect(rig.notifications(.runLate) == 0)
        rig.advance(.seconds(300))
        #expect(rig.notifications(.runLate) == 1)
    }

    @Test(arguments: [(30, 150), (10, 50)])
    func `the counts of a run are read again two minutes after its end, or after four looks where those are quick`(
        pace: Int, told: Int
    ) {
        var rig = Rig(configuration([campaign("sale")]) { $0.polling.run = .seconds(pace) })
        rig.countsAreFinal = false
        rig.runDuration = .seconds(pace)  // it is seen to have ended by the first look
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(told - 1))
        #expect(rig.endings.isEmpty)
        rig.advance(.seconds(1))
        #expect(rig.endings == [.succeeded])
    }

    @Test func `a run is told as late five hours after its call, whenever the daemon was started`() {
        var rig = Rig(configuration([campaign("sale")]))
        rig.runDuration = .seconds(90_000)
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(4 * 3600))
        rig.restart()
        rig.advance(.seconds(2 * 3600))
        let late = rig.records.compactMap { if case .runLate(_, _, let at) = $0 { at } else { nil } }
        #expect(late == [ten + .seconds(5 * 3600)])
        #expect(rig.times(of: .runLate) == late)
    }

    @Test func `the end of one run of ours ends no run of others`() {
        var rig = Rig(configuration([campaign("sale"), campaign("second")]))
        rig.runDuration = .seconds(90_000)
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.addRunOfOthers(Pair(dataflow: "flow", audience: "other"))  // the newest, so the first of each listing
        _ = rig.command(.fire("second", forceOverlap: false))
        rig.advance(.seconds(100))
        rig.runs[0].status = .succeeded
        rig.advance(.seconds(600))
        #expect(rig.endings == [.succeeded])
        #expect(rig.calls.count == 1, "the dataflow is busy")
    }

    @Test func `how long runs usually take is the median of the last ones, the lower one of two`() {
        var rig = Rig(configuration([campaign("sale")]))
        #expect(rig.scheduler.usualRunLength(in: sandbox) == nil)
        for (duration, count) in [(60, 1), (20, 2)] {
            rig.runDuration = .seconds(duration)
            _ = rig.command(.fire("sale", forceOverlap: false))
            rig.advance(.seconds(200))
            #expect(rig.scheduler.usualRunLength(in: sandbox)?.count == count)
        }
        // Seen to have ended by the looks after 75 and after 30 seconds.
        #expect(rig.scheduler.usualRunLength(in: sandbox)?.length == Duration.seconds(30))
        for _ in 3...61 {
            _ = rig.command(.fire("sale", forceOverlap: false))
            rig.advance(.seconds(60))
        }
        #expect(rig.scheduler.usualRunLength(in: sandbox)?.count == 60)
    }

    // MARK: Gates

    @Test(arguments: [(60, [300, 600, 900]), (200, [600]), (900, [900])])
    func `a definition that closes a gate is looked at after five intervals, and after ten minutes at the latest`(
        gate: Int, looks: [Int]
    ) {
        var rig = Rig(configuration([campaign("sale")]) { $0.polling.gate = .seconds(gate) })
        rig.unmapped = [vip]
        _ = rig.command(.fire("sale", forceOverlap: false))
        #expect(rig.seconds(of: "dataflows", for: 900) == looks)
    }

    @Test func `a schedule that starts later is looked at no more often than any other closed gate`() {
        var rig = Rig(configuration([campaign("sale")]))
        rig.startsAt = ten + .seconds(3600)
        _ = rig.command(.fire("sale", forceOverlap: false))
        #expect(rig.seconds(of: "dataflows", for: 3600) == Array(stride(from: 300, through: 3600, by: 300)))
        #expect(rig.calls.count == 1)
    }

    @Test func `runs that do not say when they began reach back nowhere where there are more, and open nothing`() {
        var rig = Rig(configuration([campaign("sale")]))
        for _ in 1...3 {
            rig.addRun(Pair(dataflow: "flow", audience: "other"))
            rig.runs[rig.runs.count - 1].createdAt = nil
            rig.runs[rig.runs.count - 1].status = .succeeded
        }
        rig.runsPerListing = 2
        _ = rig.command(.fire("sale", forceOverlap: false))
        #expect(rig.seconds(of: "runs", for: 900) == [300, 600, 900])
        #expect(rig.calls.isEmpty)
    }

    @Test(arguments: [(40, [40]), (41, [40, 1])])
    func `forty dataflows are asked about together`(count: Int, sizes: [Int]) {
        let pairs = (1...count).map { Pair(dataflow: DataflowID("flow-\($0)"), audience: AudienceID("a\($0)")) }
        var rig = Rig(configuration([campaign("sale", .manual, pairs)]))
        _ = rig.command(.fire("sale", forceOverlap: false))
        let asked = rig.effects.compactMap { effect in
            if case .askDataflows(_, _, let flows) = effect { flows.count } else { nil }
        }
        #expect(asked == sizes)
    }

    @Test func `a question without an answer is lost after a quarter of an hour, and so is a later answer to it`() {
        let settings = configuration([campaign("sale")])
        var scheduler = Rig(settings).scheduler
        var now = Moment(wall: ten, monotonic: Monotonic(milliseconds: 5_000_000))
        func asked(_ event: Event) -> [AskID] {
            scheduler.handle(event, at: now).effects.compactMap { effect in
                if case .askExportJobs(let id, _, _) = effect { id } else { nil }
            }
        }
        #expect(asked(.command(CommandID(1), .fire("sale", forceOverlap: false), actor: "me")) == [AskID(1)])
        #expect(scheduler.wake.delay(from: now) == Duration.seconds(900))
        now = Moment(wall: ten + .milliseconds(899_999), monotonic: Monotonic(milliseconds: 5_899_999))
        #expect(asked(.woke).isEmpty)
        now = Moment(wall: ten + .seconds(900), monotonic: Monotonic(milliseconds: 5_900_000))
        #expect(asked(.woke).count == 1)
        _ = scheduler.handle(.exportJobsAnswered(AskID(1), .success([])), at: now)
        #expect(scheduler.closures(of: activation(1, 1), at: now).contains(.unknown(.export, failure: nil)))
    }

    @Test func `a refusal that lasts is told a minute after it began, though nothing else happens then`() {
        var rig = Rig(configuration([campaign("sale")]))
        rig.onCall = { _ in .refused(.forbidden(detail: "no right")) }
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(300))
        #expect(rig.times(of: .credentials) == [ten + .seconds(60)])
    }
}
