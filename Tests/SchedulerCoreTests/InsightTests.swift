import Chronology
import SchedulerCore
import Testing

/// Goal: what people are shown of runs and gates is what is known of them.
@Suite struct InsightTests {
    private let vip = Pair(dataflow: "flow", audience: "vip")

    private func row(_ gate: GateName, _ rig: Rig) -> GateInsight? {
        rig.scheduler.gateInsights(of: rig.scheduler.waiting(), at: rig.now).first { $0.gate == gate }
    }

    @Test func `one run for several pairs of a call is shown once, with all of them`() {
        let pairs = ["a2", "a1"].map { Pair(dataflow: "flow", audience: $0) }
        var rig = Rig(configuration([campaign("sale", .manual, pairs)]))
        rig.runDuration = .seconds(3600)
        rig.holdsCalls = true
        _ = rig.command(.fire("sale", forceOverlap: false))
        let run = rig.addRun(pairs[0])
        rig.feed(.callAnswered(CallID(1), .accepted([pairs[0]: run, pairs[1]: run])))
        let shown = rig.scheduler.runInsights()
        #expect(shown.map(\.run) == [run])
        #expect(shown.map(\.audiences) == [["a1", "a2"]])
        #expect(shown.map(\.activations) == [[activation(1, 1), activation(1, 2)]])
        #expect(shown.map(\.since) == [ten])
    }

    @Test func `a run of others is shown with all that it says`() {
        var rig = Rig(configuration([campaign("sale")]))
        let run = rig.addRunOfOthers(vip)
        rig.runs[0].audiences = ["vip", "b", "a"]
        _ = rig.command(.fire("sale", forceOverlap: false))
        let shown = rig.scheduler.runInsights()
        #expect(shown.map(\.run) == [run])
        #expect(shown.map(\.audiences) == [["a", "b", "vip"]])
        #expect(shown.map(\.activations) == [[]])
        #expect(shown.map(\.word) == ["inProgress"])
        #expect(shown.map(\.since) == [ten - .seconds(10)])
    }

    @Test func `runs of a dataflow that nobody has listed are not known, and hold nothing`() {
        var rig = Rig(configuration([campaign("sale")]))
        rig.exportRuns = true
        _ = rig.command(.fire("sale", forceOverlap: false))
        #expect(row(.dataflow, rig)?.position == .unknown)
        #expect(row(.dataflow, rig)?.sentence.evidence == "runs of the dataflow are asked for right before the call")
        #expect(row(.mapping, rig)?.position == .open && row(.mapping, rig)?.activations == 0)
        #expect(row(.export, rig)?.position == .closed && row(.export, rig)?.activations == 1)
        #expect(row(.export, rig)?.needsPerson == false)
    }

    @Test func `before the platform has answered nothing is said of what it alone can say`() {
        var rig = Rig(configuration([campaign("sale")]))
        rig.askFailure = .unavailable(detail: "HTTP 503")
        _ = rig.command(.fire("sale", forceOverlap: false))
        let closures = rig.scheduler.closures(of: activation(1, 1), at: rig.now)
        #expect(
            closures == [.unknown(.export, failure: "HTTP 503"), .unknown(.mapping, failure: "HTTP 503")])
        let opens = closures.map { rig.scheduler.sentence(for: $0, vip, in: sandbox, at: rig.now).opens }
        #expect(opens == ["when the platform says that no export runs", "when the platform answers"])
        #expect(row(.scheduleRange, rig) == nil && row(.firstActivation, rig) == nil)
    }

    @Test func `a pause without an end needs a person, and one with an end does not`() {
        for until in [nil, ten + .seconds(600)] as [Instant?] {
            var rig = Rig(configuration([campaign("sale")]))
            rig.exportRuns = true
            _ = rig.command(.fire("sale", forceOverlap: false))
            _ = rig.command(.pause(.all, until: until, reason: "audit"))
            #expect(row(.paused, rig)?.needsPerson == (until == nil))
        }
    }

    // MARK: Ids and records that people and programs read

    @Test(arguments: [
        "17", "17.", ".3", "17..3", ".17.3", "17.3.", "17.3.1", "0.3", "17.0", "-1.3", "17.-3", "a.3", "",
    ])
    func `what is no id of an activation is not taken for one`(text: String) {
        #expect(ActivationID(text) == nil)
    }

    @Test func `ids of activations are in the order of their occurrences, and then of their places`() {
        #expect(ActivationID("17.3") == activation(17, 3))
        let sorted = [activation(1, 1), activation(1, 2), activation(2, 1), activation(10, 1)]
        #expect([sorted[3], sorted[1], sorted[2], sorted[0]].sorted() == sorted)
    }

    @Test func `a call may not leave from its deadline on, by whichever clock`() {
        let deadline = WireDeadline(wall: ten, monotonic: Monotonic(milliseconds: 5000))
        for (wall, monotonic, isOver) in [(-1, 4999, false), (0, 4999, true), (-1, 5000, true), (0, 5000, true)] {
            let now = Moment(wall: ten + .milliseconds(wall), monotonic: Monotonic(milliseconds: Int64(monotonic)))
            #expect(deadline.isOver(at: now) == isOver)
        }
    }

    @Test func `a baseline covers what it lists, what began before it, and what a cut listing left out`() {
        func run(_ id: RunID, _ milliseconds: Int?) -> DataflowRun {
            DataflowRun(
                id: id, dataflow: "flow", createdAt: milliseconds.map { ten + .milliseconds($0) }, status: .running,
                word: "", audiences: [])
        }
        let listed = Baseline(runs: ["run-1"], horizon: nil)
        #expect(listed.covers(run("run-1", nil)) && !listed.covers(run("run-2", 0)))
        #expect(listed.certainlyLacks(run("run-2", nil)))
        let since = Baseline(runs: [], horizon: nil, since: ten)
        #expect(since.covers(run("run-1", -1)) && !since.covers(run("run-1", 0)))
        let cut = Baseline(runs: [], horizon: ten)
        #expect(cut.covers(run("run-1", 0)) && !cut.covers(run("run-1", 1)))
        #expect(cut.certainlyLacks(run("run-1", 1)) && !cut.certainlyLacks(run("run-1", nil)))
    }
}
