import Chronology
import SchedulerCore
import Testing

/// Goal: what a record makes of the state, and how much of it is remembered.
@Suite struct StateFoldTests {
    private let a1 = Pair(dataflow: "flow", audience: "a1")
    private let a2 = Pair(dataflow: "flow", audience: "a2")

    /// One occurrence of these pairs.
    private func admitted(_ pairs: [Pair]) -> State {
        var state = State()
        state.apply(
            .occurrenceAdmitted(
                Occurrence(
                    id: OccurrenceID(1), campaign: "sale", sandbox: sandbox, nominal: ten, startsAt: ten,
                    expiresAt: ten + .seconds(3600), admittedAt: ten, origin: .manual(actor: "me"), generation: 1,
                    isLate: false, onDoubt: .retry, startsAfter: nil, pairs: pairs)))
        return state
    }

    private func call(_ number: Int, at: Instant = ten) -> Call {
        Call(
            id: CallID(number), sandbox: sandbox, activations: [activation(1, 1), activation(1, 2)], pairs: [a1, a2],
            baselines: [:], exportJob: nil, at: at, platformAt: at)
    }

    // MARK: Runs

    @Test(arguments: [(1000, "run-1"), (1001, "run-2")] as [(Int, RunID)])
    func `a thousand runs of ours are remembered of a dataflow, the newest`(count: Int, first: RunID) {
        var state = admitted([a1])
        for number in 1...count {
            let run = RunID("run-\(number)")
            state.apply(.activationRunning(activation: activation(1, 1), run: run, adopted: false, at: ten))
        }
        #expect(state.ownRuns?["flow"]?.count == 1000)
        #expect(state.ownRuns?["flow"]?.first?.run == first)
    }

    @Test(arguments: [(86_400_000, ["run-1", "run-2"]), (86_400_001, ["run-2"])] as [(Int, [RunID])])
    func `a run of ours is remembered for a day`(age: Int, known: [RunID]) {
        var state = admitted([a1])
        for (run, at) in [("run-1", ten), ("run-2", ten + .milliseconds(age))] as [(RunID, Instant)] {
            state.apply(.activationRunning(activation: activation(1, 1), run: run, adopted: false, at: at))
        }
        #expect(state.ownRuns?["flow"]?.map(\.run) == known)
    }

    @Test func `a thousand runs that were given up are remembered, each once, the last ones`() {
        var state = State()
        for number in 1...1000 {
            state.apply(.runDisregarded(run: RunID("run-\(number)"), actor: "me", at: ten))
        }
        #expect(state.abandonedRuns?.count == 1000 && state.abandonedRuns?.first == "run-1")
        state.apply(.runDisregarded(run: "run-1", actor: "me", at: ten))
        #expect(state.abandonedRuns?.count == 1000)
        #expect(state.abandonedRuns?.first == "run-2" && state.abandonedRuns?.last == "run-1")
        state.apply(.runDisregarded(run: "run-1001", actor: "me", at: ten))
        #expect(state.abandonedRuns?.count == 1000 && state.abandonedRuns?.first == "run-3")
    }

    @Test(arguments: [(20, "run-1"), (21, "run-2")] as [(Int, RunID)])
    func `twenty runs that may be of a call in doubt are remembered`(count: Int, first: RunID) {
        var state = admitted([a1])
        for number in 1...count {
            let run = RunID("run-\(number)")
            state.apply(.candidateSeen(activation: activation(1, 1), run: run, at: ten))
        }
        #expect(state[activation(1, 1)]?.candidates?.count == 20)
        #expect(state[activation(1, 1)]?.candidates?.first == first)
    }

    // MARK: Calls

    /// Each of so many calls of two pairs came back, and may have taken effect all the same.
    private func refused(_ count: Int) -> State {
        var state = admitted([a1, a2])
        for number in 1...count {
            let call = call(number, at: ten + .seconds(number))
            state.apply(.callIntended(call))
            state.apply(.callSending(call: call.id, at: call.at))
            for id in call.activations {
                state.apply(
                    .activationReturned(
                        activation: id, reason: "busy", notBefore: nil, attemptCounts: false, packLimit: nil,
                        doubtful: call.id))
            }
        }
        return state
    }

    @Test(arguments: [(32, 1), (33, 2), (34, 3)])
    func `the times of the last 32 calls that may have taken an activation are remembered`(count: Int, first: Int) {
        let held = refused(count)[activation(1, 1)]
        #expect(held?.doubtfulTimes == (first...count).map { ten + .seconds($0) })
        #expect(held?.attempts == 0)
    }

    @Test(arguments: [(33, 2), (34, 3)])
    func `of such calls the first and the last 32 are kept, and no others`(count: Int, first: Int) {
        let state = refused(count)
        let held = state[activation(1, 1)]
        #expect(held?.doubtfulCall == CallID(1))
        #expect(held?.laterCalls == (first...count).map { CallID($0) })
        #expect(Set(state.calls.keys) == Set([CallID(1)] + (first...count).map { CallID($0) }))
    }

    @Test func `a call that is taken back returns what is still in it, and nothing else`() {
        var state = admitted([a1, a2])
        state.apply(.callIntended(call(1)))
        let cancelled = ActivationOutcome(result: .cancelled)
        state.apply(.activationEnded(activation: activation(1, 1), outcome: cancelled, at: ten))
        state.apply(.callWithdrawn(call: CallID(1), reason: "the mapping gate closed again"))
        #expect(state[activation(1, 1)]?.phase == .ended(cancelled))
        #expect(state[activation(1, 2)]?.phase == .waiting)
        #expect(state[activation(1, 2)]?.reason == "the mapping gate closed again")
        #expect(state.calls.isEmpty)
    }

    @Test func `a call of one pair that certainly had no effect is forgotten`() {
        var rig = Rig(configuration([campaign("sale")]))
        rig.onCall = { _ in .throttled(retryAfter: .seconds(60), detail: "429") }
        _ = rig.command(.fire("sale", forceOverlap: false))
        #expect(rig.calls.count == 1 && rig.scheduler.state.calls.isEmpty)
    }

    // MARK: People

    @Test func `a pause takes the place of one of the same scope, and of no other`() {
        var state = State()
        func pause(_ scope: PauseScope, _ reason: String) -> Pause {
            Pause(scope: scope, since: ten, until: nil, actor: "me", reason: reason)
        }
        state.apply(.paused(pause(.all, "first")))
        state.apply(.paused(pause(.campaign("sale"), "second")))
        state.apply(.paused(pause(.campaign("sale"), "third")))
        #expect(state.pauses.map(\.reason) == ["first", "third"])
        #expect(state.pause(of: "sale", at: ten)?.reason == "third", "its own before the general one")
        state.apply(.resumed(scope: .all, actor: "me", at: ten))
        #expect(state.pauses.map(\.reason) == ["third"])
        #expect(state.pause(of: "other", at: ten) == nil)
    }

    @Test func `a pause is over at its end`() {
        var state = State()
        state.apply(
            .paused(Pause(scope: .all, since: ten, until: ten + .seconds(60), actor: "me", reason: "lunch")))
        #expect(state.pause(of: "sale", at: ten + .milliseconds(59_999)) != nil)
        #expect(state.pause(of: "sale", at: ten + .seconds(60)) == nil)
    }

    @Test func `what a person has settled has not ended any more`() {
        var state = admitted([a1])
        state.apply(
            .activationQuarantined(activation: activation(1, 1), reason: "look", holdsLane: false, at: ten))
        state.apply(.occurrenceEnded(occurrence: OccurrenceID(1), outcome: .failed, at: ten))
        #expect(state.occurrences[OccurrenceID(1)]?.endedAt == ten)
        state.apply(
            .activationResolved(activation: activation(1, 1), resolution: .retry, actor: "me", at: ten))
        #expect(state.occurrences[OccurrenceID(1)]?.outcome == nil)
        #expect(state.occurrences[OccurrenceID(1)]?.endedAt == nil)
    }

    // MARK: Numbers

    @Test func `starts and reloads are counted one by one`() {
        var rig = Rig(configuration([campaign("sale")]))
        rig.restart()
        rig.feed(.reloaded(configuration([campaign("sale")])))
        let generations = rig.records.compactMap { record in
            if case .generationLoaded(let generation, _, _, _) = record { generation } else { nil }
        }
        #expect(generations == [1, 2, 3])
    }

    // From a journal that is not ours. One more is counted after each.
    @Test func `the largest numbers that a journal can hold are no trap`() {
        var state = State()
        state.apply(.campaignAnchored(campaign: "sale", fingerprint: "manual", from: ten))
        state.apply(.generationLoaded(generation: .max, digest: ""))
        state.apply(
            .occurrencesSkipped(
                SkippedOccurrences(
                    id: OccurrenceID(.max), campaign: "sale", first: ten, last: ten, count: 1, reason: .missed,
                    detail: "", at: ten, fired: .max)))
        #expect(state.generation == Int.max - 1)
        #expect(state.campaigns["sale"]?.fired == Int.max - 1)
        #expect(state.nextOccurrence == Int.max)
        let rig = Rig(configuration([campaign("sale")]), state: state)
        #expect(rig.scheduler.state.generation == Int.max - 1)
    }
}
