import Chronology
import SchedulerCore
import Testing

/// Goal: what becomes known late (after an outage, from another pair of the call, from a run that does not say when it began) keeps a
/// lost call from being sent a second time.
@Suite struct LateEvidenceTests {
    private let vip = Pair(dataflow: "flow", audience: "vip")
    private let other = Pair(dataflow: "flow", audience: "other")
    private let first = Pair(dataflow: "flow1", audience: "vip")
    private let second = Pair(dataflow: "flow2", audience: "vip")

    /// A call without an answer, which took effect for some pairs.
    private func lose(_ rig: inout Rig, _ pairs: [Pair]) {
        rig.onCall = { _ in .doubtful(detail: "timeout") }
        _ = rig.command(.fire("sale", forceOverlap: false))
        for pair in pairs { rig.addRun(pair) }
        rig.onCall = { _ in nil }
    }

    private func lookUps(_ rig: Rig) -> Int {
        rig.records.count { if case .doubtLookedUp = $0 { true } else { false } }
    }

    @Test func `look-ups after an outage of the listings are spread over settle as well`() {
        var rig = Rig(configuration([campaign("sale")]))
        rig.isVisible = { _ in false }
        lose(&rig, [vip])
        rig.failing["runs"] = .unavailable(detail: "HTTP 503")
        rig.advance(.seconds(1800))
        rig.failing = [:]
        rig.advance(.seconds(240))
        #expect(rig.calls.count == 1, "sent again \(lookUps(rig)) look-ups after the outage")
        rig.isVisible = { _ in true }
        rig.advance(.seconds(600))
        #expect(rig.calls.count == 1)
    }

    @Test func `look-ups after the machine has slept are spread over settle as well`() {
        var rig = Rig(configuration([campaign("sale")]))
        rig.isVisible = { _ in false }
        rig.runDuration = .seconds(7200)
        lose(&rig, [vip])
        rig.pass(.seconds(3600))
        rig.feed(.woke)
        rig.advance(.seconds(60))
        #expect(rig.calls.count == 1, "sent again after \(lookUps(rig)) look-ups")
    }

    @Test func `a pair that was absent a moment before its call showed an effect elsewhere is not sent again`() {
        var rig = Rig(configuration([campaign("sale", .manual, [first, second])]))
        rig.isVisible = { _ in false }
        lose(&rig, [first, second])
        rig.advance(.seconds(299))
        rig.isVisible = { $0.dataflow == "flow2" }
        rig.advance(.seconds(30))
        #expect(rig.calls.count == 1)
    }

    @Test func `a pair that was absent in the answer that showed an effect of its call is not sent again`() {
        var rig = Rig(configuration([campaign("sale", .manual, [other, vip])]))
        rig.isVisible = { _ in false }
        lose(&rig, [other, vip])
        rig.advance(.seconds(299))
        rig.isVisible = { $0.audiences == ["vip"] }
        rig.advance(.seconds(30))
        #expect(rig.calls.count == 1)
    }

    @Test func `a pair that waits after an absence is not sent again once its call showed an effect`() {
        var rig = Rig(configuration([campaign("sale", .manual, [first, second])]))
        rig.addRun(second)
        rig.advance(.seconds(100))
        rig.isVisible = { $0.id == "run-1" }
        lose(&rig, [first, second])
        rig.isVisible = { _ in false }  // the second one can not become absent: what was there before is not shown
        rig.advance(.seconds(200))
        rig.exportRuns = true
        rig.advance(.seconds(200))
        #expect(rig.scheduler.state[activation(1, 1)]?.phase == .waiting)
        #expect(rig.scheduler.state[activation(1, 2)]?.phase == .inDoubt(CallID(1)))
        rig.isVisible = { $0.dataflow == "flow2" }
        rig.advance(.seconds(200))
        rig.exportRuns = false
        rig.advance(.seconds(300))
        #expect(rig.calls.count == 1)
    }

    @Test func `a pair that waits after an absence is not sent again while a run may be of its call`() {
        var rig = Rig(configuration([campaign("sale", .manual, [first, second])]))
        rig.startMinute = 600
        rig.runDuration = .seconds(3000)
        rig.isVisible = { _ in false }
        lose(&rig, [first, second])
        rig.advance(.seconds(299))
        rig.isVisible = { $0.dataflow == "flow2" }
        rig.advance(.seconds(30))
        #expect(rig.calls.count == 1)
        rig.advance(.seconds(5000))
        #expect(rig.calls.count == 1 && rig.notifications(.quarantined) == 2)
    }

    @Test func `a lost call is recognised although our clock is behind and the platform does not tell its time`() {
        var rig = Rig(configuration([campaign("sale")]))
        rig.clockAhead = nil
        lose(&rig, [vip])
        rig.runs[0].createdAt = rig.now.wall + .seconds(600)
        rig.advance(.seconds(900))
        #expect(rig.calls.count == 1)
        #expect(rig.scheduler.state.ownRuns?["flow"]?.map(\.run) == ["run-1"])
    }

    @Test func `empty listings prove nothing where runs of ours were listed before`() {
        var rig = Rig(configuration([campaign("sale"), campaign("earlier", .manual, [other])]))
        rig.runDuration = .seconds(60)
        _ = rig.command(.fire("earlier", forceOverlap: false))
        rig.advance(.seconds(3 * 86_400))
        #expect(rig.calls.count == 1)
        rig.isVisible = { _ in false }
        lose(&rig, [vip])
        rig.advance(.seconds(1200))
        #expect(rig.calls.count == 2)
    }

    @Test func `empty listings prove nothing where runs of others were listed before`() {
        var rig = Rig(configuration([campaign("sale"), campaign("earlier", .manual, [other])]))
        rig.runDuration = .seconds(60)
        rig.addRun(other)
        rig.addRun(vip)
        rig.advance(.seconds(100))
        rig.onCall = { _ in .refused(.other(status: 404, detail: "no such audience")) }
        _ = rig.command(.fire("earlier", forceOverlap: false))
        rig.advance(.seconds(4000))
        let before = rig.calls.count
        rig.isVisible = { _ in false }
        lose(&rig, [vip])
        rig.advance(.seconds(1200))
        #expect(rig.calls.count == before + 1)
    }

    @Test func `a run that does not say when it began is not overlooked an hour after a lost call`() {
        var rig = Rig(configuration([campaign("sale")]))
        rig.runDuration = .seconds(20_000)
        lose(&rig, [vip])
        rig.runs[0].createdAt = nil
        rig.runs[0].status = .succeeded
        rig.failing["runs"] = .unavailable(detail: "HTTP 503")
        rig.advance(.seconds(3700))
        rig.failing = [:]
        rig.advance(.seconds(1200))
        #expect(rig.calls.count == 1)
    }

    @Test func `such a run is not taken for that of the call either, where it shows so late`() {
        var rig = Rig(configuration([campaign("sale")]))
        rig.runDuration = .seconds(20_000)
        lose(&rig, [vip])
        rig.runs[0].createdAt = nil
        rig.runs[0].status = .succeeded
        rig.failing["runs"] = .unavailable(detail: "HTTP 503")
        rig.advance(.seconds(3700))
        rig.failing = [:]
        rig.advance(.seconds(1200))
        #expect(rig.endings == [.failed])
        #expect(rig.scheduler.state[activation(1, 1)]?.phase == .quarantined(call: CallID(1)))
    }

    @Test func `before a call that a person asked for again the runs are looked at once more`() {
        var rig = Rig(configuration([campaign("sale")]))
        rig.isVisible = { _ in false }
        lose(&rig, [vip])
        rig.advance(.seconds(1))
        rig.isVisible = { _ in true }
        _ = rig.command(.resolve(activation(1, 1), .retry))
        rig.advance(.seconds(60))
        #expect(rig.calls.count == 1)
    }

    @Test func `a call that can not be looked up for two days is told, once`() {
        var rig = Rig(configuration([campaign("sale")]))
        rig.onCall = { _ in .doubtful(detail: "timeout") }
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.failing["runs"] = .unavailable(detail: "HTTP 503")
        rig.advance(.seconds(2 * 86_400))
        #expect(rig.notifications(.runLate) == 1)
    }

    @Test func `what comes back without effect after its campaign was removed is not sent again`() {
        var rig = Rig(configuration([campaign("sale"), campaign("kept", .manual, [other])]))
        lose(&rig, [])
        rig.feed(.reloaded(configuration([campaign("kept", .manual, [other])])))
        rig.advance(.seconds(3600))
        #expect(rig.calls.count == 1)
        #expect(rig.endings == [.cancelled])
    }

    @Test func `what a person has sent again is sent although its campaign was removed`() {
        var rig = Rig(configuration([campaign("sale") { $0.onDoubt = .hold }]))
        lose(&rig, [])
        rig.advance(.seconds(600))
        rig.feed(.reloaded(configuration([campaign("kept")])))  // its pair stays mapped
        _ = rig.command(.resolve(activation(1, 1), .retry))
        rig.advance(.seconds(600))
        #expect(rig.calls.count == 2)
    }
}
