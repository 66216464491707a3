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

    @Test func `a run of others that is missing from a listing has not ended`() {
        var rig = Rig(configuration([campaign("sale")]))
        rig.runDuration = .seconds(3600)
        let run = rig.addRun(vip)
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.isVisible = { $0.id != run }
        rig.advance(.seconds(3000))
        #expect(rig.calls.isEmpty)
        rig.advance(.seconds(700))
        #expect(rig.calls.count == 1, "it has ended, as it says when it is asked for by name")
    }

    @Test func `a run of others that nobody knows any more is gone`() {
        var rig = Rig(configuration([campaign("sale")]))
        rig.runDuration = .seconds(86_400)
        rig.addRun(vip)
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.runs = []
        rig.advance(.seconds(890))
        #expect(rig.calls.isEmpty)
        rig.advance(.seconds(120))
        #expect(rig.calls.count == 1)
    }

    @Test func `a run of others that does not say when it began counts from when it was seen first`() {
        var rig = Rig(configuration([campaign("sale") { $0.startWithin = .seconds(3 * 86_400) }]))
        rig.runDuration = .seconds(365 * 86_400)
        rig.addRun(vip)
        rig.runs[0].createdAt = nil
        rig.advance(.seconds(86_400))
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(86_400 - 60))
        #expect(rig.calls.isEmpty)
        rig.advance(.seconds(180))
        #expect(rig.calls.count == 1)
    }

    @Test func `a run of others is looked for however many newer ones there are`() throws {
        var rig = Rig(configuration([campaign("sale")]))
        rig.addRun(vip)
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(59))
        let depths = rig.effects.compactMap { effect in
            if case .askRuns(_, _, _, let depth) = effect { depth } else { nil }
        }
        #expect(depths.first?.since == ten - .seconds(86_400), "as old as a run that still holds its dataflow may be")
        rig.advance(.seconds(2))
        let last = rig.effects.compactMap { effect in
            if case .askRuns(_, _, _, let depth) = effect { depth } else { nil }
        }.last
        #expect(last?.containing == rig.runs.prefix(1).map(\.id))
        #expect(last?.since == ten + .seconds(60) - .seconds(300 * 60))
    }

    // Found by simulation: a run of others that had been under way for longer than run_late was known to the process before, and
    // the next one listed no further back than that.
    @Test func `after a restart a run of others is looked for however long ago it began`() {
        var rig = Rig(configuration([campaign("sale")]) { $0.polling.runLate = .seconds(300) })
        rig.runDuration = .seconds(86_400)
        rig.addRun(vip)
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(1200))
        rig.effects = []
        rig.restart()
        rig.advance(.seconds(1))
        let first = rig.effects.compactMap { effect in
            if case .askRuns(_, _, _, let depth) = effect { depth } else { nil }
        }.first
        #expect(first?.since.map { $0 <= rig.now.wall - .seconds(86_400) } == true)
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

    @Test func `a run of others that no answer shows for some seconds has not ended`() {
        var rig = Rig(configuration([campaign("sale")]) { $0.polling.gate = .seconds(1) })
        rig.runDuration = .seconds(3000)
        rig.addRun(Pair(dataflow: "flow", audience: "other"))
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(60))
        #expect(rig.calls.isEmpty)
        rig.isVisible = { _ in false }
        rig.hidesSingly = true
        rig.advance(.seconds(30))
        rig.isVisible = { _ in true }
        rig.hidesSingly = false
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

    // Found by simulation: a scheduled run of twelve hours ago, which had begun while nothing was due, was not listed.
    @Test func `a listing reaches back to the one before it, as far as a run may hold its dataflow`() throws {
        var rig = Rig(configuration([campaign("sale")]))
        func depth(after pause: Duration) throws -> Duration {
            rig.advance(pause)
            rig.effects = []
            _ = rig.command(.fire("sale", forceOverlap: true))
            let since = rig.effects.compactMap { effect -> Instant? in
                if case .askRuns(_, _, _, let depth) = effect { depth.since } else { nil }
            }
            return rig.now.wall - (try #require(since.first))
        }
        _ = try depth(after: .zero)
        #expect(try depth(after: .seconds(3600)) == .seconds(300 * 60), "run_late")
        #expect(try depth(after: .seconds(12 * 3600)) > .seconds(12 * 3600))
        #expect(try depth(after: .seconds(5 * 86_400)) == .seconds(86_400), "run_max_age")
    }

    // Found by simulation: a busy dataflow filled the first listing, and a run of hours ago on another one was not in it.
    @Test func `a dataflow of which the first listing is cut too early is asked for by itself`() {
        let (busy, quiet) = (Pair(dataflow: "busy", audience: "a"), Pair(dataflow: "quiet", audience: "b"))
        var rig = Rig(configuration([campaign("sale", .manual, [busy, quiet])]))
        rig.addRun(quiet)
        rig.runs[0].createdAt = ten - .seconds(20 * 3600)
        for hour in (1...6).reversed() {
            rig.addRun(busy)
            rig.runs[rig.runs.count - 1].createdAt = ten - .seconds(Int64(hour) * 3600)
            rig.runs[rig.runs.count - 1].status = .succeeded
        }
        rig.runDuration = .seconds(86_400)
        rig.runsPerListing = 6
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(600))
        #expect(rig.calls.map(\.pairs) == [[busy]])
    }

    // Found by simulation: the listing before had been empty for a moment, and this one was read back to it.
    @Test func `a listing after an empty one reaches back as far as a first one`() throws {
        var rig = Rig(configuration([campaign("sale")]))
        rig.runDuration = .seconds(86_400)
        rig.exportRuns = true
        rig.addRun(Pair(dataflow: "flow", audience: "other"))
        rig.runs[0].createdAt = ten - .seconds(12 * 3600)
        rig.isVisible = { _ in false }
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.exportRuns = false
        rig.onCall = { _ in .refused(.notReady(after: .seconds(300), detail: "not ready")) }
        rig.advance(.seconds(120))
        #expect(rig.calls.count == 1, "nothing tells that there is one")
        rig.effects = []
        rig.onCall = { _ in nil }
        rig.isVisible = { _ in true }
        rig.advance(.seconds(600))
        let sinces = rig.effects.compactMap { effect -> Instant? in
            if case .askRuns(_, _, _, let depth) = effect { depth.since } else { nil }
        }
        #expect(try #require(sinces.first) <= ten - .seconds(23 * 3600))
        #expect(rig.calls.count == 1)
    }

    // Found by simulation: a run of which listings had said nothing for a day was said to hold a lane.
    @Test func `a lane is not said to be held by a run that was shown last long ago`() {
        let elsewhere = Pair(dataflow: "elsewhere", audience: "vip")
        let here = Pair(dataflow: "flow", audience: "vip")
        var rig = Rig(configuration([campaign("sale", .manual, [here, elsewhere])]))
        rig.runDuration = .seconds(86_400)
        rig.addRun(elsewhere)
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(120))
        func isHeld() -> Bool {
            rig.scheduler.closures(of: activation(1, 1), at: rig.now).contains {
                if case .lane(.foreign) = $0 { true } else { false }
            }
        }
        #expect(isHeld())
        rig.isVisible = { _ in false }
        rig.failing["run"] = .unavailable(detail: "timeout")
        rig.advance(.seconds(1200))
        #expect(!isHeld())
        #expect(rig.calls.isEmpty)
    }

    @Test func `a dataflow is asked for by itself where another one fills their listings within run_late`() {
        let (busy, quiet) = (Pair(dataflow: "busy", audience: "a"), Pair(dataflow: "quiet", audience: "b"))
        var rig = Rig(configuration([campaign("sale", .manual, [busy, quiet])]))
        for minute in (1...12).reversed() {
            rig.addRun(busy)
            rig.runs[rig.runs.count - 1].createdAt = ten - .seconds(Int64(minute) * 60)
            rig.runs[rig.runs.count - 1].status = .succeeded
        }
        rig.runsPerListing = 6
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(600))
        #expect(rig.calls.map(\.pairs) == [[quiet]], "of the busy one no listing reaches far enough")
    }

    @Test func `a dataflow of which listings never reach back far enough goes when it was watched for long enough`() {
        let sale = campaign("sale") { $0.startWithin = .seconds(86_400) }
        var rig = Rig(configuration([sale]))
        rig.runsPerListing = 7
        let busy = Pair(dataflow: "flow", audience: "other")
        func begin(_ before: Duration = .zero) {
            rig.addRun(busy)
            rig.runs[rig.runs.count - 1].createdAt = rig.now.wall - before
            rig.runs[rig.runs.count - 1].status = .succeeded
        }
        for hour in (1...10).reversed() { begin(.seconds(Int64(hour) * 3600)) }
        _ = rig.command(.fire("sale", forceOverlap: false))
        for hour in 1...20 {
            rig.advance(.seconds(3600))
            begin()
            if hour == 15 { #expect(rig.calls.isEmpty, "a run of 24 hours ago may be under way") }
        }
        #expect(rig.calls.count == 1)
    }

    // Found by simulation: a call had taken effect unsaid for one of its pairs, whose run had ended by the time that it was to be
    // sent again; the listing right before that was empty.
    @Test(arguments: [true, false])
    func `a listing that shows none of the runs of before opens nothing for a while`(isMended: Bool) {
        var rig = Rig(
            configuration([
                campaign("sale"), campaign("other", .manual, [Pair(dataflow: "flow", audience: "other")]),
            ]))
        rig.runDuration = .seconds(60)
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(1200))
        #expect(rig.calls.count == 1)
        let before = rig.runs
        rig.runs = []
        _ = rig.command(.fire("other", forceOverlap: false))
        rig.advance(.seconds(600))
        #expect(rig.calls.count == 1)
        let closures = rig.scheduler.closures(of: activation(2, 1), at: rig.now)
        #expect(closures.map(\.gate) == [.dataflow])
        if isMended { rig.runs = before }
        rig.advance(.seconds(isMended ? 61 : 360))
        #expect(rig.calls.count == 2, "they may be gone for good")
    }

    @Test func `a run that was listed before and left out at the call is no run of that call`() {
        let sale = campaign("sale")
        var rig = Rig(configuration([sale, campaign("other", .manual, [Pair(dataflow: "flow", audience: "other")])]))
        rig.addRun(Pair(dataflow: "flow", audience: "vip"))
        rig.runs[0].status = .succeeded
        rig.runs[0].createdAt = nil  // it may be of any time
        rig.runDuration = .seconds(60)
        _ = rig.command(.fire("other", forceOverlap: false))
        rig.advance(.seconds(600))
        #expect(rig.calls.count == 1)
        rig.isVisible = { _ in false }
        rig.onCall = { _ in .doubtful(detail: "timeout") }
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(1200))
        #expect(rig.calls.count == 2)
        rig.onCall = { _ in nil }
        rig.isVisible = { _ in true }
        rig.advance(.seconds(1200))
        #expect(rig.calls.count == 3, "the lost one is absent")
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
