import Chronology
import SchedulerCore
import Testing

/// Goal: what the platform says in one sandbox opens and closes nothing in another.
@Suite struct SandboxTests {
    @Test func `a run in one sandbox does not hold the dataflow of the same id in another`() {
        let dev = campaign("in-dev") { $0.sandbox = "dev" }
        var rig = Rig(configuration([campaign("in-prod"), dev]))
        let run = rig.addRun(Pair(dataflow: "flow", audience: "vip"))
        rig.runDuration = .seconds(86_400)
        rig.sandboxOfRun[run] = "dev"
        _ = rig.command(.fire("in-dev", forceOverlap: false))
        #expect(rig.calls.isEmpty)
        _ = rig.command(.fire("in-prod", forceOverlap: false))
        #expect(rig.calls.map(\.sandbox) == [sandbox])
        rig.advance(.seconds(3600))
        #expect(rig.calls.count == 1)
        let closures = rig.scheduler.closures(of: activation(1, 1), at: rig.now)
        #expect(closures.map(\.gate).contains(.dataflow))
    }

    @Test func `a definition that one sandbox gave opens no gate of another`() {
        let dev = campaign("in-dev", .manual, [Pair(dataflow: "flow", audience: "vip")]) { $0.sandbox = "dev" }
        var rig = Rig(configuration([campaign("in-prod"), dev]))
        _ = rig.command(.fire("in-prod", forceOverlap: false))
        _ = rig.command(.fire("in-dev", forceOverlap: false))
        #expect(rig.asks.count { $0 == "dataflows" } == 2)
        #expect(rig.calls.map(\.sandbox) == [sandbox, "dev"])
    }
}
