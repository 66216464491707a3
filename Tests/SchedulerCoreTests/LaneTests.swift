import Chronology
import SchedulerCore
import Testing

/// Goal: an audience never has two activations in flight, and everything that may go together goes in the fewest calls.
@Suite struct LaneTests {
    // Found by simulation: during a pause nobody asked, and for hours a run of others was said to hold the lane that had ended.
    @Test func `a lane that a run of others held when it was asked last, long ago, is not said to be held`() {
        let vip = Pair(dataflow: "flow", audience: "vip")
        var rig = Rig(configuration([campaign("sale", .manual, [vip]) { $0.startWithin = .seconds(86_400) }]))
        rig.runDuration = .seconds(600)
        rig.addRunOfOthers(vip)
        _ = rig.command(.fire("sale", forceOverlap: false))
        #expect(lanes(rig).contains("run run-1 on flow"))
        _ = rig.command(.pause(.all, until: nil, reason: "quiet"))
        rig.advance(.seconds(3 * 3600))
        #expect(lanes(rig) == "not asked yet, or the answer is too old")
    }

    private func lanes(_ rig: Rig) -> String {
        rig.scheduler.gateInsights(of: [activation(1, 1)], at: rig.now).filter { $0.gate == .lane }
            .map(\.sentence.evidence).joined()
    }

    @Test func `two campaigns that share an audience go one after the other, in nominal order`() {
        var rig = Rig(configuration([campaign("first"), campaign("second")]))
        _ = rig.command(.fire("first", forceOverlap: false))
        rig.advance(.seconds(1))
        _ = rig.command(.fire("second", forceOverlap: false))
        rig.advance(.seconds(20))
        #expect(rig.calls.map(\.activations) == [[activation(1, 1)]])
        #expect(
            rig.scheduler.closures(of: activation(2, 1), at: rig.now).contains(.lane(.activation(activation(1, 1)))))
        rig.advance(.seconds(300))
        #expect(rig.calls.map(\.activations) == [[activation(1, 1)], [activation(2, 1)]])
        #expect(rig.endings == [.succeeded, .succeeded])
    }

    @Test func `of two campaigns that wait for an export the one that was due first goes first`() {
        var rig = Rig(configuration([campaign("first"), campaign("second")]))
        rig.exportRuns = true
        _ = rig.command(.fire("first", forceOverlap: false))
        rig.advance(.seconds(1))
        _ = rig.command(.fire("second", forceOverlap: false))
        rig.exportRuns = false
        rig.advance(.seconds(61))
        #expect(rig.calls.map(\.activations) == [[activation(1, 1)]])
    }

    @Test func `one audience to several dataflows shares a call and holds its lane together`() {
        let pairs = ["a", "b", "c"].map { Pair(dataflow: $0, audience: "vip") }
        var rig = Rig(configuration([campaign("sale", .manual, pairs)]))
        _ = rig.command(.fire("sale", forceOverlap: false))
        #expect(rig.calls.map(\.pairs) == [pairs])
    }

    @Test func `a call that was refused for one of several dataflows of an audience is halved like any other`() {
        let (good, bad) = (Pair(dataflow: "a", audience: "vip"), Pair(dataflow: "b", audience: "vip"))
        var rig = Rig(configuration([campaign("sale", .manual, [good, bad])]))
        var refused = 0
        rig.onCall = { call in
            refused += 1
            return call.pairs.contains(bad) && refused < 50  // so that it ends
                ? .refused(.notMapped(names: [], detail: "not part of this dataflow")) : nil
        }
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(1200))
        #expect(rig.calls.map(\.pairs) == [[good, bad], [good], [bad]])
        #expect(rig.endings == [.partial])
    }

    @Test func `a call that waited in the queue does not leave beside a younger holder of its lane`() {
        let (a, b) = (Pair(dataflow: "one", audience: "vip"), Pair(dataflow: "two", audience: "vip"))
        let (c, other) = (Pair(dataflow: "two", audience: "c"), Pair(dataflow: "two", audience: "other"))
        var rig = Rig(
            configuration([
                campaign("followed", .manual, [other]), campaign("first", .manual, [a]),
                campaign("second", .manual, [b, c]),
            ]) {
                $0.polling.runMaximum = .seconds(30)
                $0.polling.gateFreshness = .seconds(300)
            })
        rig.runDuration = .seconds(3000)
        _ = rig.command(.fire("followed", forceOverlap: false))
        rig.unmapped = [a]
        _ = rig.command(.fire("first", forceOverlap: false))
        rig.onCall = { _ in .refused(.notReady(after: .seconds(3000), detail: "not ready")) }
        _ = rig.command(.fire("second", forceOverlap: false))
        rig.onCall = { _ in nil }
        let late = rig.addRun(b)
        rig.isVisible = { $0.id != late }
        rig.unmapped = []
        rig.delaysTurns = true
        for _ in 0..<60 where rig.scheduler.state.calls.values.allSatisfy({ $0.isAnswered }) {
            rig.advance(.seconds(10))
        }
        rig.isVisible = { _ in true }
        rig.advance(.seconds(40))
        #expect(rig.scheduler.state[activation(3, 1)]?.phase == .running(late))
        rig.feed(.callTurn(CallID(3)))
        #expect(rig.calls.map(\.pairs) == [[other], [c, b]])
    }

    @Test func `an audience in its window does not hold back another campaign of that audience`() {
        let late = campaign("late", .manual, [Pair(dataflow: "new", audience: "vip")])
        var rig = Rig(configuration([late, campaign("sale")]))
        rig.unmapped = [Pair(dataflow: "new", audience: "vip")]
        _ = rig.command(.fire("late", forceOverlap: false))
        _ = rig.command(.fire("sale", forceOverlap: false))
        #expect(rig.calls.map(\.activations) == [[activation(2, 1)]])
    }

    @Test func `two hundred audiences over three dataflows go out in three calls`() {
        let pairs = (0..<200).map { number in
            Pair(dataflow: ["a", "b", "c"][number % 3], audience: AudienceID("audience-\(number)"))
        }
        var rig = Rig(configuration([campaign("sale", .manual, pairs)]))
        _ = rig.command(.fire("sale", forceOverlap: false))
        #expect(rig.calls.map(\.pairs.count) == [80, 80, 40])
        #expect(Set(rig.calls.flatMap(\.pairs)) == Set(pairs))
        rig.advance(.seconds(300))
        #expect(rig.endings == [.succeeded])
    }

    @Test func `a slow audience does not hold back the others of its campaign`() {
        let slow = Pair(dataflow: "flow", audience: "slow")
        let quick = Pair(dataflow: "flow", audience: "quick")
        var rig = Rig(configuration([campaign("sale", .manual, [slow, quick])]))
        rig.unmapped = [slow]
        _ = rig.command(.fire("sale", forceOverlap: false))
        #expect(rig.calls.map(\.pairs) == [[quick]])
    }

    @Test func `the fewest calls are used where groups do not fill evenly`() {
        // Groups of 2, 2, 3 and 3 pairs: in order they need three calls of five, the largest first need two.
        let pairs = [("a", 2), ("b", 2), ("c", 3), ("d", 3)].flatMap { audience, count in
            (0..<count).map { Pair(dataflow: DataflowID("flow-\($0)"), audience: AudienceID(audience)) }
        }
        var rig = Rig(configuration([campaign("sale", .manual, pairs)]) { $0.guardrails.pairsPerJob = 5 })
        _ = rig.command(.fire("sale", forceOverlap: false))
        #expect(rig.calls.map(\.pairs.count) == [5, 5])
    }

    @Test func `lanes by audience and dataflow let one audience go to two dataflows apart`() {
        let other = campaign("other", .manual, [Pair(dataflow: "flow-2", audience: "vip")])
        var rig = Rig(configuration([campaign("sale"), other]) { $0.guardrails.serialize = .audienceAndDataflow })
        _ = rig.command(.fire("sale", forceOverlap: false))
        _ = rig.command(.fire("other", forceOverlap: false))
        #expect(rig.calls.count == 2)
    }

    @Test func `calls that were intended before a reload widened the lanes go one after the other`() {
        let campaigns = [
            campaign("one", .manual, [Pair(dataflow: "flow1", audience: "vip")]),
            campaign("two", .manual, [Pair(dataflow: "flow2", audience: "vip")]),
        ]
        var rig = Rig(configuration(campaigns) { $0.guardrails.serialize = .audienceAndDataflow })
        rig.delaysTurns = true
        for campaign in campaigns { _ = rig.command(.fire(campaign.name, forceOverlap: false)) }
        rig.feed(.reloaded(configuration(campaigns) { $0.guardrails.serialize = .audience }))
        rig.delaysTurns = false
        for id in 1...2 { rig.feed(.callTurn(CallID(id))) }
        rig.advance(.seconds(10))
        #expect(rig.calls.count == 1)
        rig.advance(.seconds(600))
        #expect(rig.calls.count == 2)
    }
}
