import Chronology
import SchedulerCore
import Testing

/// Goal: people change what is wanted, and are told what was done; the gates still apply.
@Suite struct CommandTests {
    @Test func `a fired campaign passes the same gates`() {
        var rig = Rig(configuration([campaign("sale")]))
        rig.exportRuns = true
        #expect(
            rig.command(.fire("sale", forceOverlap: false))
                == .done("fired sale: occurrence 1, 1 activation", occurrence: OccurrenceID(1)))
        rig.advance(.seconds(60))
        #expect(rig.calls.isEmpty)
    }

    @Test func `a campaign that is unknown, disabled, paused or still running is refused with what to do`() {
        var rig = Rig(configuration([campaign("sale"), campaign("off") { $0.isEnabled = false }, campaign("held")]))
        _ = rig.command(.pause(.campaign("held"), until: nil, reason: "audit"))
        _ = rig.command(.fire("sale", forceOverlap: false))
        for name: CampaignName in ["nobody", "off", "held", "sale"] {
            guard case .refused(let text)? = rig.command(.fire(name, forceOverlap: false)) else {
                Issue.record("\(name) was fired")
                continue
            }
            #expect(text.contains(name.text))
        }
        #expect(rig.calls.count == 1)
    }

    @Test func `cancelling takes back what waits, and follows what is in flight`() {
        let waiting = Pair(dataflow: "flow", audience: "new")
        var rig = Rig(configuration([campaign("sale", .manual, [Pair(dataflow: "flow", audience: "vip"), waiting])]))
        rig.unmapped = [waiting]
        _ = rig.command(.fire("sale", forceOverlap: false))
        _ = rig.command(.cancelOccurrence(OccurrenceID(1)))
        rig.advance(.seconds(300))
        #expect(rig.endings == [.partial])
        #expect(rig.calls.count == 1)
    }

    @Test func `a pause holds what waits, and survives a restart`() {
        var rig = Rig(configuration([campaign("sale")]))
        rig.exportRuns = true
        _ = rig.command(.fire("sale", forceOverlap: false))
        _ = rig.command(.pause(.all, until: nil, reason: "incident"))
        rig.exportRuns = false
        rig.restart()
        rig.advance(.seconds(600))
        #expect(rig.calls.isEmpty)
        #expect(rig.scheduler.closures(of: activation(1, 1), at: rig.now).map(\.gate).contains(.paused))
        _ = rig.command(.resume(.all))
        #expect(rig.calls.count == 1)
    }

    @Test func `what is not paused can not be resumed`() {
        var rig = Rig(configuration([campaign("sale")]))
        _ = rig.command(.pause(.campaign("sale"), until: nil, reason: "audit"))
        let before = rig.records.count
        guard case .refused(let why)? = rig.command(.resume(.all)) else {
            Issue.record("it was resumed")
            return
        }
        #expect(why == "everything is not paused" && rig.records.count == before)
        guard case .done? = rig.command(.resume(.campaign("sale"))) else {
            Issue.record("it is paused")
            return
        }
    }

    @Test(arguments: [(0, false), (1, true)])
    func `the end of a pause lies ahead`(milliseconds: Int, isTaken: Bool) {
        var rig = Rig(configuration([campaign("sale")]))
        let until = ten + .milliseconds(milliseconds)
        let reply = rig.command(.pause(.all, until: until, reason: "lunch"))
        let wasTaken = if case .done? = reply { true } else { false }
        #expect(wasTaken == isTaken)
        #expect(rig.scheduler.state.pauses.count == (isTaken ? 1 : 0))
    }

    // Each pair is intended as a call of its own, and no call has had its turn.
    @Test func `cancelling takes back the calls that it is about, and no others`() {
        let pairs = ["a1", "a2"].map { Pair(dataflow: "flow", audience: $0) }
        var rig = Rig(
            configuration([campaign("sale", .manual, pairs), campaign("other")]) { $0.guardrails.pairsPerJob = 1 })
        rig.delaysTurns = true
        _ = rig.command(.fire("sale", forceOverlap: false))
        _ = rig.command(.fire("other", forceOverlap: false))
        func withdrawn() -> [CallID] {
            rig.records.compactMap { if case .callWithdrawn(let id, _) = $0 { id } else { nil } }
        }
        #expect(
            rig.command(.cancelActivation(activation(1, 1)))
                == .done(
                    "cancelled 1 of 2 activations; 1 not cancelled are waiting or in flight",
                    occurrence: OccurrenceID(1)))
        #expect(withdrawn() == [CallID(1)])
        #expect(
            rig.command(.cancelOccurrence(OccurrenceID(1)))
                == .done("cancelled 1 of 2 activations", occurrence: OccurrenceID(1)))
        #expect(withdrawn() == [CallID(1), CallID(2)])
        #expect(rig.effects.count { if case .dropCall = $0 { true } else { false } } == 2)
        #expect(rig.endings == [.cancelled])
        for id in 1...3 { rig.feed(.callTurn(CallID(id))) }
        #expect(rig.calls.map(\.id) == [CallID(3)])
    }

    @Test func `a run that a person names is recorded as one that nobody told us of`() {
        var rig = Rig(configuration([campaign("sale")]))
        rig.onCall = { _ in .doubtful(detail: "timeout") }
        _ = rig.command(.fire("sale", forceOverlap: false))
        _ = rig.command(.resolve(activation(1, 1), .adopt("run-7")))
        #expect(
            rig.records.contains(
                .activationRunning(activation: activation(1, 1), run: "run-7", adopted: true, at: ten)))
        #expect(rig.scheduler.state[activation(1, 1)]?.wasAdopted == true)
    }

    @Test func `what does not need a person can not be resolved`() {
        var rig = Rig(configuration([campaign("sale")]))
        _ = rig.command(.fire("sale", forceOverlap: false))
        guard case .refused? = rig.command(.resolve(activation(1, 1), .retry)) else {
            Issue.record("a running activation was resolved")
            return
        }
        #expect(rig.calls.count == 1)
    }
}

/// Goal: a reload is all or nothing, and disturbs nothing that is in flight.
@Suite struct ReloadTests {
    @Test func `a changed schedule counts from now, and an unchanged one keeps its place`() throws {
        var rig = Rig(configuration([campaign("kept", try daily("10:30")), campaign("moved", try daily("10:40"))]))
        rig.advance(.seconds(45 * 60))
        rig.feed(
            .reloaded(configuration([campaign("kept", try daily("10:30")), campaign("moved", try daily("10:20"))])))
        rig.advance(.seconds(3600))
        let admitted = rig.records.compactMap { if case .occurrenceAdmitted(let it) = $0 { it.campaign } else { nil } }
        #expect(admitted == ["kept", "moved"])
    }

    @Test func `a removed campaign's waiting is cancelled, and its runs are followed`() {
        let pairs = [Pair(dataflow: "flow", audience: "vip"), Pair(dataflow: "flow", audience: "new")]
        var rig = Rig(configuration([campaign("sale", .manual, pairs)]))
        rig.unmapped = [pairs[1]]
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.feed(.reloaded(configuration([])))
        rig.advance(.seconds(300))
        #expect(rig.endings == [.partial])
        #expect(rig.scheduler.state.occurrences.isEmpty)
    }

    @Test func `what was due at the reload is due under the rules it was due under`() throws {
        var rig = Rig(configuration([campaign("sale", try daily("10:30"))]))
        rig.pass(.seconds(1800))
        rig.feed(.reloaded(configuration([campaign("sale", try daily("23:00"))])))
        #expect(rig.calls.count == 1)
    }

    @Test func `while stopping nothing is admitted or sent, and answers are still taken in`() throws {
        var rig = Rig(configuration([campaign("sale", try daily("10:30")), campaign("other")]))
        _ = rig.command(.fire("other", forceOverlap: false))
        rig.feed(.stopping)
        rig.advance(.seconds(3600))
        #expect(rig.calls.count == 1)
        #expect(rig.endings == [.succeeded])
        #expect(rig.skips.isEmpty)
    }

    @Test func `what follows a campaign that ends while the daemon stops is admitted, and goes later`() {
        let next = campaign("next", .after("sale", delay: .seconds(60)), [Pair(dataflow: "flow", audience: "vip")])
        var rig = Rig(configuration([campaign("sale"), next]))
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.feed(.stopping)
        rig.advance(.seconds(300))
        #expect(rig.calls.count == 1)
        rig.restart()
        rig.advance(.seconds(600))
        #expect(rig.calls.count == 2)
        #expect(rig.endings == [.succeeded, .succeeded])
    }

    // Found by simulation: what buffer-one does not take was recorded as a skip of a nominal time.
    @Test func `an order that buffer-one does not take is refused, and leaves no record`() throws {
        var rig = Rig(configuration([campaign("sale") { $0.overlap = .bufferOne }]))
        rig.exportRuns = true
        for _ in 1...2 { _ = rig.command(.fire("sale", forceOverlap: false)) }
        let before = rig.records.count
        guard case .refused(let words) = rig.command(.fire("sale", forceOverlap: false)) else {
            Issue.record("it was taken")
            return
        }
        #expect(words.contains("buffer-one") && rig.records.count == before)
    }

    @Test func `a run of others that a person disregards holds nothing back, also after a restart`() {
        let second = campaign("second", .manual, [Pair(dataflow: "flow", audience: "other")])
        var rig = Rig(configuration([campaign("sale"), second]))
        rig.runDuration = .seconds(90_000)
        let run = rig.addRun(Pair(dataflow: "flow", audience: "vip"))
        guard case .refused? = rig.command(.disregard(run)) else {
            Issue.record("nobody has seen it yet")
            return
        }
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(600))
        #expect(rig.calls.isEmpty)
        guard case .done? = rig.command(.disregard(run)) else {
            Issue.record("it holds the dataflow")
            return
        }
        #expect(rig.records.contains(.runDisregarded(run: run, actor: "tester", at: rig.now.wall)))
        rig.advance(.seconds(120))
        #expect(rig.calls.count == 1)
        rig.restart()
        _ = rig.command(.fire("second", forceOverlap: false))
        rig.advance(.seconds(120))
        #expect(rig.calls.count == 2)
    }

    // Found by simulation: a run with an id of megabytes was adopted by it, no answer was taken for its own, and it was asked for
    // without a pause.
    @Test func `a run is adopted by the id that the platform has for it, however long that is`() {
        var rig = Rig(configuration([campaign("sale")]))
        rig.onCall = { _ in .doubtful(detail: "timeout") }
        _ = rig.command(.fire("sale", forceOverlap: false))
        let long = RunID("run-\(String(repeating: "9", count: 1000))")
        rig.addRun(Pair(dataflow: "flow", audience: "vip"))
        rig.runs[0].id = long
        rig.isVisible = { _ in false }
        guard case .done? = rig.command(.resolve(activation(1, 1), .adopt(long))) else {
            Issue.record("it was not taken")
            return
        }
        rig.isVisible = { _ in true }
        rig.advance(.seconds(900))
        #expect(rig.endings == [.succeeded])
    }

    @Test func `a run that may be of a call in doubt is not disregarded before that is settled`() {
        var rig = Rig(configuration([campaign("sale")]))
        rig.runDuration = .seconds(3600)
        rig.onCall = { _ in .doubtful(detail: "timeout") }
        _ = rig.command(.fire("sale", forceOverlap: false))
        let run = rig.addRun(Pair(dataflow: "flow", audience: "vip"))
        rig.runs[0].audiences = []
        rig.advance(.seconds(60))
        guard case .refused(let why)? = rig.command(.disregard(run)) else {
            Issue.record("it may be ours")
            return
        }
        #expect(why.contains("resolve 1.1 --adopt \(run)"))
        _ = rig.command(.resolve(activation(1, 1), .abandon))
        guard case .done? = rig.command(.disregard(run)) else {
            Issue.record("nobody waits for it any more")
            return
        }
    }

    @Test func `abandoning a run that was seen to succeed tells its success`() {
        var rig = Rig(
            configuration([campaign("sale")]) {
                $0.polling.runLate = .seconds(300)
                $0.polling.runMaximum = .seconds(30)
            })
        rig.runDuration = .seconds(400)
        rig.countsAreFinal = false
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(450))
        #expect(rig.endings == [])
        guard case .done(let words, _)? = rig.command(.resolve(activation(1, 1), .abandon)) else {
            Issue.record("it is late")
            return
        }
        #expect(words.contains("has ended"))
        #expect(rig.endings == [.succeeded])
    }

    @Test func `a run of ours is not disregarded`() {
        var rig = Rig(configuration([campaign("sale")]))
        _ = rig.command(.fire("sale", forceOverlap: false))
        let ours = rig.runs[0].id
        guard case .refused(let why)? = rig.command(.disregard(ours)) else {
            Issue.record("it is ours")
            return
        }
        #expect(why.contains("--abandon"))
    }

    // Found by simulation: its clock had been a day ahead when it was admitted.
    @Test func `a retry of what starts later expires no sooner than after its start`() {
        var state = State()
        var occurrence = Occurrence(
            id: OccurrenceID(1), campaign: "sale", sandbox: sandbox, nominal: ten + .seconds(86_400),
            startsAt: ten + .seconds(86_400), expiresAt: ten + .seconds(90_000), admittedAt: ten,
            origin: .manual(actor: "me"), generation: 1, isLate: false, onDoubt: .retry, startsAfter: nil,
            pairs: [Pair(dataflow: "flow", audience: "vip")])
        occurrence.number = nil
        state.apply(.occurrenceAdmitted(occurrence))
        let id = activation(1, 1)
        state.apply(.activationQuarantined(activation: id, reason: "r", holdsLane: false, at: ten))
        state.apply(.activationResolved(activation: id, resolution: .retry, actor: "me", at: ten))
        #expect(state[id]?.expiresAt == ten + .seconds(90_000))
        state.apply(.activationResolved(activation: id, resolution: .retry, actor: "me", at: ten + .seconds(100_000)))
        #expect(state[id]?.expiresAt == ten + .seconds(103_600))
    }

    // Found by simulation: the second pair of a run that serves both could not be given to it.
    @Test func `one run can be adopted for every pair of its call, and for none of another`() {
        let pairs = [Pair(dataflow: "flow", audience: "a1"), Pair(dataflow: "flow", audience: "a2")]
        let third = campaign("third", .manual, [Pair(dataflow: "flow", audience: "a3")]) { $0.onDoubt = .hold }
        var rig = Rig(configuration([campaign("sale", .manual, pairs) { $0.onDoubt = .hold }, third]))
        rig.onCall = { _ in .doubtful(detail: "timeout") }
        _ = rig.command(.fire("sale", forceOverlap: false))
        _ = rig.command(.fire("third", forceOverlap: false))
        rig.advance(.seconds(600))
        for index in 1...2 {
            guard case .done? = rig.command(.resolve(activation(1, index), .adopt("run-7"))) else {
                Issue.record("it is of its call")
                return
            }
        }
        guard case .refused? = rig.command(.resolve(activation(2, 1), .adopt("run-7"))) else {
            Issue.record("it is of another call")
            return
        }
    }
}
