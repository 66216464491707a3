import Chronology
import SchedulerCore
import Testing

/// Goal: whatever the settings, a gate that is closed is looked at again, and what waits for it goes when it opens.
@Suite struct LookTests {
    private static let paces: [(gate: Duration, freshness: Duration)] = [
        (.milliseconds(100), .seconds(3600)), (.seconds(5), .seconds(15)), (.seconds(15), .seconds(15)),
        (.seconds(60), .milliseconds(10)), (.seconds(60), .seconds(3600)), (.seconds(86_400), .milliseconds(10)),
    ]

    private func waiting(_ pace: (gate: Duration, freshness: Duration)) -> Rig {
        let sale = campaign("sale") { $0.startWithin = .seconds(31 * 86_400) }
        return Rig(
            configuration([sale]) {
                $0.polling.gate = pace.gate
                $0.polling.gateFreshness = pace.freshness
            })
    }

    /// Whether the call left at most about so many looks after its gate opened.
    private func goes(_ rig: inout Rig, _ pace: (gate: Duration, freshness: Duration), looks: Int) -> Bool {
        rig.advance(pace.gate * looks + .seconds(2))
        return rig.calls.count == 1
    }

    @Test(arguments: paces.indices)
    func `a dataflow that is busy when its export ends is looked at again at any pace`(index: Int) {
        let pace = Self.paces[index]
        var rig = waiting(pace)
        rig.exportRuns = true
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(pace.gate * 3)
        rig.runDuration = .seconds(40)
        rig.addRun(Pair(dataflow: "flow", audience: "other"))
        rig.exportRuns = false
        rig.advance(.seconds(41))
        #expect(goes(&rig, pace, looks: 3))
    }

    @Test(arguments: paces.indices)
    func `a mapping that somebody adds is found at any pace`(index: Int) {
        let pace = Self.paces[index]
        var rig = waiting(pace)
        rig.unmapped = [Pair(dataflow: "flow", audience: "vip")]
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(20))
        rig.unmapped = []
        #expect(goes(&rig, pace, looks: 6))
    }

    @Test func `a schedule that starts in a month is told, looked at again within minutes, and goes when it is moved`()
    {
        var rig = Rig(configuration([campaign("sale")]))
        rig.startsAt = ten + .seconds(30 * 86_400)
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(60))
        #expect(rig.notifications(.mapping) == 1)
        rig.startsAt = ten - .seconds(86_400)
        rig.advance(.seconds(600))
        #expect(rig.calls.count == 1)
        #expect(rig.notifications(.mapping) == 1)
    }

    @Test func `a schedule that starts in time is not told, and goes when it starts`() {
        var rig = Rig(configuration([campaign("sale")]))
        rig.startsAt = ten + .seconds(3600)
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(3599))
        #expect(rig.calls.isEmpty)
        rig.advance(.seconds(2))
        #expect(rig.calls.count == 1)
        #expect(rig.notifications(.mapping) == 0)
    }

    @Test func `a first activation at an unknown time is closed, and goes when the platform says it`() {
        var rig = Rig(configuration([campaign("sale")]))
        rig.firstActivated = nil
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(3600))
        #expect(rig.calls.isEmpty)
        #expect(rig.scheduler.closures(of: activation(1, 1), at: rig.now).map(\.gate).contains(.firstActivation))
        rig.firstActivated = ten - .seconds(86_400)
        rig.advance(.seconds(301))
        #expect(rig.calls.count == 1)
    }

    @Test(arguments: paces.indices)
    func `a first-activation window is waited for at any pace`(index: Int) {
        let pace = Self.paces[index]
        var rig = waiting(pace)
        rig.firstActivated = ten - .seconds(20 * 60 - 30)
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(29))
        #expect(rig.calls.isEmpty)
        rig.advance(.seconds(3))
        #expect(rig.calls.count == 1)
    }
}
