import Chronology
import SchedulerCore
import Testing

/// Goal: no call leaves while a gate is closed, and every closed gate has its sentence.
@Suite struct GateTests {
    let vip = Pair(dataflow: "flow", audience: "vip")

    @Test func `a running export holds the call until it has ended`() {
        var rig = Rig(configuration([campaign("sale")]))
        rig.exportRuns = true
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(600))
        #expect(rig.calls.isEmpty)
        let closures = rig.scheduler.closures(of: activation(1, 1), at: rig.now)
        #expect(closures.map(\.gate) == [.export])
        #expect(
            rig.scheduler.sentence(for: closures[0], vip, in: sandbox, at: rig.now).evidence.contains(
                "4711 is PROCESSING"))
        rig.exportRuns = false
        rig.advance(.seconds(61))
        #expect(rig.calls.count == 1)
    }

    @Test func `where the platform does not tell its time windows are longer, and that is told once`() {
        var rig = Rig(
            configuration([campaign("sale"), campaign("news", .manual, [Pair(dataflow: "two", audience: "n")])]))
        rig.clockAhead = nil
        rig.firstActivated = ten
        _ = rig.command(.fire("sale", forceOverlap: false))
        _ = rig.command(.fire("news", forceOverlap: false))
        rig.advance(.seconds(20 * 60 + 299))
        #expect(rig.calls.isEmpty && rig.notifications(.clock) == 1)
        rig.advance(.seconds(62))
        #expect(rig.calls.flatMap(\.pairs).count == 2 && rig.notifications(.clock) == 1)
    }

    @Test func `a platform that tells its time has windows as they are set`() {
        var rig = Rig(configuration([campaign("sale")]))
        rig.firstActivated = ten
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(20 * 60 + 61))
        #expect(rig.calls.count == 1 && rig.notifications(.clock) == 0)
    }

    // Found by simulation: with our clock more than `export_maximum_age` ahead, a running export looked forgotten.
    @Test func `a clock that is days ahead does not open the export gate`() {
        var rig = Rig(configuration([campaign("sale")]))
        rig.clockAhead = .seconds(-3 * 86_400)
        rig.exportRuns = true
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(600))
        #expect(rig.calls.isEmpty)
        rig.exportRuns = false
        rig.advance(.seconds(61))
        #expect(rig.calls.count == 1)
    }

    @Test func `an audience inside its first-activation window waits for its end`() {
        var rig = Rig(configuration([campaign("sale")]))
        rig.firstActivated = ten - .seconds(5 * 60)
        _ = rig.command(.fire("sale", forceOverlap: false))
        // The platform tells whole seconds: the audience may have been mapped at the end of the second that it names.
        rig.advance(.seconds(15 * 60))
        #expect(rig.calls.isEmpty)
        #expect(rig.scheduler.closures(of: activation(1, 1), at: rig.now).map(\.gate).contains(.firstActivation))
        rig.advance(.seconds(2))
        #expect(rig.calls.count == 1)
    }

    @Test func `a window is counted from the platform's answer, however long it took`() throws {
        let configuration = configuration([campaign("sale")])
        var scheduler = Scheduler(configuration: configuration)
        var now = Moment(wall: ten, monotonic: Monotonic(milliseconds: 0))
        _ = scheduler.handle(.started(configuration), at: now)
        let step = scheduler.handle(
            .command(CommandID(1), .fire("sale", forceOverlap: false), actor: "tester"), at: now)
        let ask = try #require(
            step.effects.compactMap { effect in
                if case .askDataflows(let id, _, _) = effect { id } else { nil }
            }.first)
        // Mapped 500 ms ago by the platform's clock when its answer left, 25 s after the question.
        now = Moment(wall: ten + .seconds(25), monotonic: Monotonic(milliseconds: 25_000))
        let mapping = DataflowDefinition.Mapping(
            ids: ["vip"], name: "VIP", createdAt: ten + .milliseconds(24_500), startsAt: nil, endsAt: nil,
            hasUniqueFileNames: true)
        let definition = DataflowDefinition(
            id: "flow", name: "Flow", mappings: [mapping], observedAt: ten + .seconds(25))
        _ = scheduler.handle(.dataflowsAnswered(ask, .success([definition])), at: now)
        let closures = scheduler.closures(of: activation(1, 1), at: now)
        let opensIn = closures.compactMap { closure in
            if case .firstActivation(_, let opensIn, _) = closure { opensIn } else { nil }
        }
        #expect(opensIn == [.milliseconds(20 * 60 * 1000 - 500)])
    }

    @Test func `an audience that is not mapped is told at once, and goes when somebody maps it`() {
        var rig = Rig(configuration([campaign("sale")]))
        rig.unmapped = [vip]
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(60))
        #expect(rig.notifications(.mapping) == 1)
        #expect(rig.scheduler.closures(of: activation(1, 1), at: rig.now).map(\.gate).contains(.mapping))
        rig.unmapped = []
        rig.advance(.seconds(600))
        #expect(rig.calls.count == 1)
    }

    @Test func `a run that we did not start holds the dataflow and the lane until it ends`() {
        var rig = Rig(configuration([campaign("sale")]))
        rig.addRun(vip)
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(59))
        #expect(rig.calls.isEmpty)
        rig.advance(.seconds(62))
        #expect(rig.calls.count == 1)
    }

    @Test
    func
        `with dataflow_gate "audience" a run of others holds the audiences that it names, and all while it names none`()
    {
        let other = Pair(dataflow: "flow", audience: "other")
        for (gate, named, expected) in [
            (DataflowGate.dataflow, [other.audience], []), (.audience, [other.audience], ["vip"]),
            (.audience, [vip.audience], ["other"]), (.audience, [], []),
        ] as [(DataflowGate, [AudienceID], [AudienceID])] {
            var rig = Rig(
                configuration([campaign("sale", .manual, [vip, other])]) { $0.guardrails.dataflowGate = gate })
            rig.runDuration = .seconds(86_400)
            rig.addRun(vip)
            rig.runs[0].audiences = named
            _ = rig.command(.fire("sale", forceOverlap: false))
            rig.advance(.seconds(600))
            #expect(rig.calls.flatMap(\.pairs).map(\.audience) == expected, "\(gate), \(named)")
        }
    }

    @Test func `a run of others that never ends holds its dataflow and its lane for run_max_age, and is told once`() {
        var rig = Rig(configuration([campaign("sale") { $0.startWithin = .seconds(3 * 86_400) }]))
        rig.runDuration = .seconds(365 * 86_400)
        rig.addRun(vip)
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(86_400 - 60))
        #expect(rig.calls.isEmpty)
        #expect(rig.notifications(.runLate) == 0)
        rig.advance(.seconds(180))
        #expect(rig.calls.count == 1)
        #expect(rig.notifications(.runLate) == 1)
    }

    @Test func `gates that stay closed past start_within expire with the gate's name`() {
        var rig = Rig(configuration([campaign("sale") { $0.startWithin = .seconds(1800) }]))
        rig.exportRuns = true
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(1800))
        #expect(rig.endings == [.expired])
        #expect(rig.calls.isEmpty)
        #expect(rig.notifications(.expired) == 1)
        let reasons = rig.records.compactMap { record in
            if case .activationEnded(_, let outcome, _) = record { outcome.reason } else { nil }
        }
        #expect(reasons.first?.contains("export gate") == true)
    }

    // Found by simulation: the definition was known from the occurrence before, and every later question was lost.
    @Test func `a mapping that is known to be missing is told although the platform does not answer any more`() {
        var rig = Rig(configuration([campaign("sale")]))
        rig.unmapped = [vip]
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(60))
        rig.failing = ["dataflows": .unavailable(detail: "timeout")]
        rig.advance(.seconds(60))
        _ = rig.command(.cancelOccurrence(OccurrenceID(1)))
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(3600))
        let told = rig.effects.compactMap { effect in
            if case .notify(let notification) = effect, notification.kind == .mapping {
                notification.activation
            } else {
                nil
            }
        }
        #expect(told == [activation(1, 1), activation(2, 1)])
    }

    private func expiryReason(_ change: (inout Rig) -> Void) -> String {
        var rig = Rig(configuration([campaign("sale") { $0.startWithin = .seconds(1800) }]))
        change(&rig)
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(1801))
        #expect(rig.endings == [.expired])
        return rig.records.compactMap { record in
            if case .activationEnded(_, let outcome, _) = record { outcome.reason } else { nil }
        }.first ?? ""
    }

    @Test func `an expiry names the gate that was closed, and not one that nobody asked about meanwhile`() {
        let busy = expiryReason { rig in
            rig.runDuration = .seconds(86_400)
            rig.addRun(Pair(dataflow: "flow", audience: "other"))
        }
        #expect(busy.contains("the dataflow gate was closed") && busy.contains("run-1"), "\(busy)")
        let far = expiryReason { $0.startsAt = ten + .seconds(30 * 86_400) }
        #expect(far.contains("the schedule-range gate was closed"), "\(far)")
        let unmapped = expiryReason { $0.unmapped = [Pair(dataflow: "flow", audience: "vip")] }
        #expect(unmapped.contains("the mapping gate was closed"), "\(unmapped)")
        let failing = expiryReason { $0.askFailure = .unavailable(detail: "503") }
        #expect(failing.contains("the export gate was closed") && failing.contains("503"), "\(failing)")
    }

    // Found by simulation: the pause that follows an absence began in the same step, and was named as what had held it.
    @Test func `an expiry at the end of a doubt names the doubt`() {
        var rig = Rig(configuration([campaign("sale") { $0.startWithin = .seconds(120) }]))
        rig.onCall = { _ in .doubtful(detail: "timeout") }
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(3600))
        let reasons = rig.records.compactMap { record in
            if case .activationEnded(_, let outcome, _) = record { outcome.reason } else { nil }
        }
        #expect(rig.endings == [.expired] && rig.calls.count == 1)
        #expect(
            reasons.first?.contains("not called within start_within; established as absent by") == true, "\(reasons)")
    }

    @Test func `nothing is fired inside a blackout`() {
        let freeze = Blackout(name: "freeze", span: .fixed(from: ten, until: ten + .seconds(3600)))
        var rig = Rig(configuration([campaign("sale")]) { $0.blackouts = [freeze] })
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(3599))
        #expect(rig.calls.isEmpty && rig.asks.isEmpty)
        rig.advance(.seconds(1))
        #expect(rig.calls.count == 1)
    }

    @Test func `a call whose turn comes too late is withdrawn, and the gates are asked again`() {
        let settings = configuration([campaign("sale")])
        var scheduler = Rig(settings).scheduler
        let now = Moment(wall: ten, monotonic: Monotonic(milliseconds: 5_000_000))
        _ = scheduler.handle(.command(CommandID(1), .fire("sale", forceOverlap: false), actor: "me"), at: now)
        _ = scheduler.handle(.exportJobsAnswered(AskID(1), .success([])), at: now)
        let mapping = DataflowDefinition.Mapping(
            ids: ["vip"], name: "VIP", createdAt: ten - .seconds(86_400), startsAt: nil, endsAt: nil,
            hasUniqueFileNames: true)
        _ = scheduler.handle(
            .dataflowsAnswered(
                AskID(2), .success([DataflowDefinition(id: "flow", name: "flow", mappings: [mapping])])), at: now)
        let ready = scheduler.handle(
            .runsAnswered(AskID(3), .success(RunListing(runs: [], isTruncated: false))), at: now)
        #expect(ready.effects.contains(.queueCall(CallID(1), sandbox: sandbox, audiences: ["vip"])))

        let late = Moment(wall: ten + .seconds(16), monotonic: Monotonic(milliseconds: 5_016_000))
        let step = scheduler.handle(.callTurn(CallID(1)), at: late)
        #expect(!step.effects.contains { if case .send = $0 { true } else { false } })
        #expect(
            step.records == [
                .callWithdrawn(call: CallID(1), reason: "the export gate closed again, or its answer grew old")
            ])
        #expect(step.effects.contains { if case .askExportJobs = $0 { true } else { false } })
    }

    @Test func `a machine that slept between the answers and the turn asks again`() {
        let settings = configuration([campaign("sale")])
        for (wall, monotonic) in [(Int64(3600), Int64(1)), (1, 3600), (3600, 3600), (-3600, 3600)] {
            var rig = Rig(settings)
            rig.delaysTurns = true
            _ = rig.command(.fire("sale", forceOverlap: false))
            rig.now.wall = rig.now.wall + .seconds(wall)
            rig.now.monotonic = rig.now.monotonic + .seconds(monotonic)
            rig.feed(.callTurn(CallID(1)))
            #expect(rig.calls.isEmpty)
            let withdrawn = rig.records.contains { if case .callWithdrawn = $0 { true } else { false } }
            #expect(withdrawn, "\(wall) s by one clock, \(monotonic) s by the other")
        }
    }

    /// A call whose turn came 5 s after its gates were asked.
    private func sent(_ change: (inout Configuration) -> Void = { _ in }) throws -> (Scheduler, Call, Moment) {
        let settings = configuration([campaign("sale") { $0.startWithin = .seconds(3600) }], change)
        var scheduler = Rig(settings).scheduler
        let asked = Moment(wall: ten, monotonic: Monotonic(milliseconds: 5_000_000))
        _ = scheduler.handle(.command(CommandID(1), .fire("sale", forceOverlap: false), actor: "me"), at: asked)
        _ = scheduler.handle(.exportJobsAnswered(AskID(1), .success([])), at: asked)
        let mapping = DataflowDefinition.Mapping(
            ids: ["vip"], name: "VIP", createdAt: ten - .seconds(86_400), startsAt: nil, endsAt: nil,
            hasUniqueFileNames: true)
        _ = scheduler.handle(
            .dataflowsAnswered(
                AskID(2), .success([DataflowDefinition(id: "flow", name: "flow", mappings: [mapping])])), at: asked)
        _ = scheduler.handle(
            .runsAnswered(AskID(3), .success(RunListing(runs: [], isTruncated: false))), at: asked)
        let turn = Moment(wall: ten + .seconds(5), monotonic: Monotonic(milliseconds: 5_005_000))
        let step = scheduler.handle(.callTurn(CallID(1)), at: turn)
        let call = try #require(step.effects.compactMap { if case .send(let call) = $0 { call } else { nil } }.first)
        return (scheduler, call, turn)
    }

    @Test func `a call carries the moment at which the oldest answer behind it is too old`() throws {
        let (_, call, _) = try sent()
        let fresh = Polling().gateFreshness
        #expect(
            call.leaveBy
                == WireDeadline(wall: ten + fresh, monotonic: Monotonic(milliseconds: 5_000_000) + fresh))
    }

    @Test func `a call must leave before the next blackout begins`() throws {
        let (_, call, _) = try sent { settings in
            settings.blackouts = [
                Blackout(name: "freeze", span: .fixed(from: ten + .seconds(7), until: ten + .seconds(60)))
            ]
        }
        #expect(call.leaveBy?.wall == ten + .seconds(7))
    }

    @Test func `a call must leave before its occurrence expires`() throws {
        let (_, call, _) = try sent { $0.campaigns["sale"]?.startWithin = .seconds(6) }
        #expect(call.leaveBy?.wall == ten + .seconds(6))
    }

    @Test(arguments: [PauseScope.all, .campaign("sale")])
    func `a pause takes back a call that has not reached the wire`(scope: PauseScope) throws {
        let (sender, call, now) = try sent()
        var scheduler = sender
        let pause = scheduler.handle(
            .command(CommandID(2), .pause(scope, until: nil, reason: "stop"), actor: "me"), at: now)
        #expect(pause.effects.contains(.dropCall(call.id)))
        let answer = scheduler.handle(.callAnswered(call.id, .notSent(detail: "taken back")), at: now)
        #expect(!answer.effects.contains { if case .queueCall = $0 { true } else { false } })
    }

    // Found by simulation: the clock had been days ahead, and was set right while the call waited for its token.
    @Test func `a clock that is set back to before what is due takes back a call that has not reached the wire`() throws
    {
        let (sender, call, now) = try sent()
        var scheduler = sender
        let isSlightly = Moment(wall: ten - .milliseconds(1), monotonic: now.monotonic)
        #expect(scheduler.handle(.woke, at: isSlightly).effects.contains(.dropCall(call.id)))
        scheduler = sender
        let isDue = Moment(wall: ten, monotonic: now.monotonic)
        #expect(!scheduler.handle(.woke, at: isDue).effects.contains(.dropCall(call.id)))
    }

    @Test func `a pause of another campaign takes nothing back`() throws {
        let (sender, call, now) = try sent { $0.campaigns["other"] = campaign("other") }
        var scheduler = sender
        let pause = scheduler.handle(
            .command(CommandID(2), .pause(.campaign("other"), until: nil, reason: "stop"), actor: "me"), at: now)
        #expect(!pause.effects.contains(.dropCall(call.id)))
    }

    @Test func `a reload tries credentials at once, since a secret may have been mended`() {
        let both = configuration([campaign("sale")])
        var rig = Rig(both)
        rig.askFailure = .credentials(detail: "invalid client_secret")
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(3600))
        rig.askFailure = nil
        rig.feed(.reloaded(both))
        #expect(rig.calls.count == 1)
    }

    @Test func `lost credentials hold every call until a question succeeds again`() {
        var rig = Rig(configuration([campaign("sale")]))
        rig.askFailure = .credentials(detail: "invalid client_secret")
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(600))
        #expect(rig.calls.isEmpty)
        #expect(rig.notifications(.credentials) == 1)
        #expect(rig.scheduler.closures(of: activation(1, 1), at: rig.now).map(\.gate).contains(.credentials))
        rig.askFailure = nil
        rig.advance(.seconds(600))
        #expect(rig.calls.count == 1)
    }

    @Test func `a platform that fails is asked less and less often`() {
        var rig = Rig(configuration([campaign("sale")]))
        rig.askFailure = .unavailable(detail: "503")
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(3600))
        #expect(rig.asks.count(where: { $0 == "export" }) < 40)
        #expect(rig.asks.count(where: { $0 == "export" }) > 10)
    }

    // Found by simulation: "export 4758 is running (asked 1 d ago)", which ended a day ago.
    @Test func `what nobody could be asked about for long is not told as running`() {
        var rig = Rig(configuration([campaign("sale") { $0.startWithin = .seconds(12 * 3600) }]))
        rig.exportRuns = true
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.failing["export"] = .refused(status: 403, detail: "no right")
        rig.advance(.seconds(300))
        func words() -> String {
            let closure = rig.scheduler.closures(of: activation(1, 1), at: rig.now).first { $0.gate == .export }
            let vip = Pair(dataflow: "flow", audience: "vip")
            return closure.map { rig.scheduler.sentence(for: $0, vip, in: sandbox, at: rig.now).evidence } ?? ""
        }
        #expect(words().contains("is PROCESSING"))
        rig.advance(.seconds(1200))
        #expect(words().contains("no right"))
        #expect(rig.calls.isEmpty)
    }

    @Test func `nobody is paged for a dataflow that is being updated for some seconds`() {
        let settings = configuration([campaign("sale")])
        var scheduler = Scheduler(configuration: settings)
        var now = Moment(wall: ten, monotonic: Monotonic(milliseconds: 5_000_000))
        var told: [String] = []
        var calls = 0
        var state = "updating"
        let audience = vip.audience
        func handle(_ event: Event) {
            var queue = [event]
            while !queue.isEmpty {
                for effect in scheduler.handle(queue.removeFirst(), at: now).effects {
                    switch effect {
                    case .askExportJobs(let id, _, _): queue.append(.exportJobsAnswered(id, .success([])))
                    case .askDataflows(let id, _, let flows):
                        let definitions = flows.map { flow in
                            DataflowDefinition(
                                id: flow, name: "flow", state: state,
                                mappings: [
                                    DataflowDefinition.Mapping(
                                        ids: [audience], name: "name", createdAt: ten - .seconds(86_400), startsAt: nil,
                                        endsAt: nil, hasUniqueFileNames: true)
                                ], observedAt: now.wall)
                        }
                        queue.append(.dataflowsAnswered(id, .success(definitions)))
                    case .askRuns(let id, _, _, _):
                        queue.append(.runsAnswered(id, .success(RunListing(runs: [], isTruncated: false))))
                    case .queueCall(let id, _, _): queue.append(.callTurn(id))
                    case .send: calls += 1
                    case .notify(let notification): told.append(notification.text)
                    default: break
                    }
                }
            }
        }
        handle(.started(settings))
        handle(.command(CommandID(1), .fire("sale", forceOverlap: false), actor: "me"))
        now.wall = now.wall + .seconds(20)
        now.monotonic = now.monotonic + .seconds(20)
        state = "enabled"
        handle(.woke)
        now.wall = now.wall + .seconds(600)
        now.monotonic = now.monotonic + .seconds(600)
        handle(.woke)
        #expect(calls == 1)
        #expect(told == [])
    }

    // Found by simulation: a person's order under a clock that was days ahead, and a refusal after it.
    @Test func `a pause of a clock that was days ahead is over when that is set right`() {
        let sale = configuration([campaign("sale")])
        var first = Rig(sale)
        first.exportRuns = true
        _ = first.command(.fire("sale", forceOverlap: false))
        var state = first.scheduler.state
        state.apply(
            .activationReturned(
                activation: activation(1, 1), reason: "busy", notBefore: ten + .seconds(3 * 86_400),
                attemptCounts: false,
                packLimit: nil))
        var rig = Rig(sale, state: state)
        rig.advance(.seconds(600))
        #expect(rig.calls.count == 1)
    }
}
