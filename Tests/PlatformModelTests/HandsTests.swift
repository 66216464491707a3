import Chronology
import PlatformModel
import Testing

/// Goal: what the hand of a test does to the platform is done, and counts for as long as it should.
@Suite struct HandsTests {
    private let flows = "/data/foundation/flowservice/flows"

    @Test func `what is in flight is ours alone, pair by pair`() {
        var bench = Bench { $0.runs.isOneForEachAudience = false }
        _ = bench.call("flow-1", ["a1", "a2", "a3"])
        bench.model.startForeignRun("flow-2", "a9", at: start, lasting: nil)
        #expect(bench.model.settledLedger(at: start).pairsInFlight == 3)
        #expect(bench.model.settledLedger(at: start + .seconds(61)).pairsInFlight == 0)
    }

    @Test func `a healed platform has nothing left that goes wrong by chance`() {
        var bench = Bench { scenario in
            scenario.faults = [.init(request: "flows", kind: .serverError)]
            scenario.refusals = [.init(request: "runs", kind: .overloaded)]
            scenario.runs.failingPercent = 100
            scenario.runs.endlessPercent = 100
            scenario.runs.emptyPercent = 100
            scenario.followers = .init()
            scenario.followers?.endlessPercent = 100
            scenario.quirks.partialPercent = 100
            scenario.quirks.emptyRunListPercent = 100
            scenario.quirks.emptyAfterCallPercent = 100
            scenario.quirks.emptyAfterCallMilliseconds = 86_400_000
            scenario.quirks.missingRunPercent = 100
            scenario.quirks.missingExportPercent = 100
            scenario.quirks.hugeIDPercent = 100
            scenario.exports = [.init(startMilliseconds: -9000, durationMilliseconds: 1000, fails: true)]
        }
        _ = bench.call("flow-1", ["a1"])
        bench.model.heal(at: bench.now)
        let scenario = bench.model.scenario
        #expect(scenario.faults.isEmpty && scenario.refusals.isEmpty)
        let runs = scenario.runs
        #expect([runs.failingPercent, runs.endlessPercent, runs.emptyPercent] == [0, 0, 0])
        #expect(scenario.followers?.endlessPercent == 0)
        let quirks = scenario.quirks
        #expect(
            [
                quirks.partialPercent, quirks.emptyRunListPercent, quirks.emptyAfterCallPercent,
                quirks.missingRunPercent, quirks.missingExportPercent, quirks.hugeIDPercent,
            ] == [0, 0, 0, 0, 0, 0])
        // Nor does an empty list last that began before.
        #expect(bench.get(flows).status == 200)
        #expect(bench.runs().components(of: "\"flowId\"") == 1)
        #expect(bench.exportJobs().contains("4711"))
        _ = bench.call("flow-1", ["a2"])
        bench.pass(61)
        #expect(bench.model.settledLedger(at: bench.now).pairsInFlight == 0)
        #expect(bench.runs().contains(#""outputRecordCount":985"#))
    }

    /// One export, after which every dataflow runs by itself, and never ends.
    private func following() -> Bench {
        Bench { scenario in
            scenario.exports = [.init(startMilliseconds: 0, durationMilliseconds: 10_000)]
            scenario.followers = .init()
            scenario.followers?.shortestDelayMilliseconds = 60_000
            scenario.followers?.longestDelayMilliseconds = 60_000
            scenario.followers?.endlessPercent = 100
        }
    }

    private func underWay(_ bench: Bench, _ milliseconds: Int64) -> Int {
        var model = bench.model
        let now = start + .milliseconds(milliseconds)
        model.pass(to: now)
        return model.runsUnderWay(on: ["flow-1", "flow-2"], at: now).count
    }

    @Test func `the runs of a schedule begin after their delay, and end once the platform is healed before`() {
        let ill = following()
        #expect(underWay(ill, 69_999) == 0)
        #expect(underWay(ill, 70_000) == 101)
        #expect(underWay(ill, 86_400_000) == 101)
        var healed = following()
        healed.model.heal(at: start)
        #expect(underWay(healed, 70_000) == 101)
        #expect(underWay(healed, 129_999) == 101)
        #expect(underWay(healed, 130_000) == 0)
    }

    @Test func `the runs of a schedule are spread over the time that they may wait`() {
        let bench = Bench { scenario in
            scenario.exports = [.init(startMilliseconds: 0, durationMilliseconds: 10_000)]
            scenario.followers = .init()
            scenario.followers?.longestDelayMilliseconds = 100_000
            scenario.followers?.endlessPercent = 100
        }
        #expect(underWay(bench, 9999) == 0)
        #expect((1..<50).contains(underWay(bench, 35_000)))
        #expect((51..<101).contains(underWay(bench, 85_000)))
        #expect(underWay(bench, 110_000) == 101)
    }

    @Test func `a call that is made of values may be refused as well, and take effect all the same`() {
        for takesEffect in [false, true] {
            var bench = Bench { scenario in
                scenario.refusals = [
                    .init(request: "adhocrun", kind: .throttledEmpty, number: 1, takesEffect: takesEffect)
                ]
            }
            func call(_ audience: String) -> CallReply {
                bench.model.reply(to: [(flow: "flow-1", audience: audience)], in: "prod", at: start) {
                    RunFate(duration: .seconds(60))
                }
            }
            guard case .refused(let answer) = call("a1") else {
                Issue.record("not refused")
                continue
            }
            #expect(answer.status == 429)
            #expect(bench.model.ledger.deliveries.map(\.audience) == (takesEffect ? ["a1"] : []))
            guard case .accepted(let orders) = call("a2") else {
                Issue.record("refused again")
                continue
            }
            #expect(orders.map(\.audience) == ["a2"])
        }
    }
}
