import Chronology
import SchedulerCore
import Testing

/// Goal: a run is followed until it ends, with few questions, and its lane is freed on evidence only.
@Suite struct FollowingTests {
    @Test func `runs of several calls are followed by one listing at a time`() {
        let pairs = (0..<200).map { Pair(dataflow: ["a", "b", "c"][$0 % 3], audience: AudienceID("audience-\($0)")) }
        var rig = Rig(configuration([campaign("sale", .manual, pairs)]))
        _ = rig.command(.fire("sale", forceOverlap: false))
        let before = rig.asks.count
        rig.advance(.seconds(200))
        #expect(rig.endings == [.succeeded])
        #expect(rig.asks.count - before <= 3)
    }

    @Test func `a run that takes long is asked about less and less often, and told once`() {
        var rig = Rig(configuration([campaign("sale")]))
        rig.runDuration = .seconds(6 * 3600)
        _ = rig.command(.fire("sale", forceOverlap: false))
        let before = rig.asks.count
        rig.advance(.seconds(5 * 3600))
        #expect(rig.asks.count - before < 80)
        #expect(rig.notifications(.runLate) == 1)
        #expect(rig.endings.isEmpty)
    }

    @Test func `a run that vanishes is told, and its lane stays held`() {
        var rig = Rig(configuration([campaign("sale"), campaign("other")]))
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.runs = []
        rig.advance(.seconds(3600))
        #expect(rig.scheduler.state[activation(1, 1)]?.endIsUnknown == true)
        #expect(rig.notifications(.runLate) == 1)
        _ = rig.command(.fire("other", forceOverlap: false))
        rig.advance(.seconds(600))
        #expect(rig.calls.count == 1)
        _ = rig.command(.resolve(activation(1, 1), .abandon))
        rig.advance(.seconds(1200))
        #expect(rig.calls.count == 2)
    }

    @Test func `a run that never ends can be given up once it was told as late, and its audience goes on`() {
        var rig = Rig(configuration([campaign("sale"), campaign("other")]))
        rig.runDuration = .seconds(100 * 86_400)
        _ = rig.command(.fire("sale", forceOverlap: false))
        for resolution in [Resolution.abandon, .retry, .adopt("run-7")] {
            guard case .refused? = rig.command(.resolve(activation(1, 1), resolution)) else {
                Issue.record("\(resolution) was taken for a run that is not late")
                return
            }
        }
        rig.advance(.seconds(6 * 3600))
        #expect(rig.notifications(.runLate) == 1)
        guard case .refused(let words)? = rig.command(.cancelOccurrence(OccurrenceID(1))) else {
            Issue.record("a run was cancelled")
            return
        }
        #expect(words.contains("--abandon"))
        guard case .refused? = rig.command(.resolve(activation(1, 1), .retry)) else {
            Issue.record("sent again beside a run that may be under way")
            return
        }
        _ = rig.command(.fire("other", forceOverlap: false))
        rig.advance(.seconds(600))
        #expect(rig.calls.count == 1)
        guard case .done(let risk, _)? = rig.command(.resolve(activation(1, 1), .abandon)) else {
            Issue.record("it was not given up")
            return
        }
        #expect(risk.contains("run-1") && risk.contains("second time"))
        rig.restart()
        rig.advance(.seconds(120))
        #expect(rig.calls.count == 2)
        #expect(rig.endings == [.failed])
    }

    @Test func `a run that was given up and that the platform names again is waited for`() {
        var rig = Rig(configuration([campaign("sale"), campaign("other")]))
        rig.runDuration = .seconds(6 * 3600)
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(5 * 3600 + 60))
        _ = rig.command(.resolve(activation(1, 1), .abandon))
        let vip = Pair(dataflow: "flow", audience: "vip")
        rig.onCall = { $0.id == CallID(2) ? .refused(.alreadyRunning(vip, "run-1", detail: "already going on")) : nil }
        _ = rig.command(.fire("other", forceOverlap: false))
        rig.advance(.seconds(1200))
        #expect(rig.calls.count == 2)
        rig.advance(.seconds(3600))
        #expect(rig.calls.count == 3)
    }

    @Test func `a success without records is looked at once more, and told`() {
        var rig = Rig(configuration([campaign("sale")]))
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.runs[0].metrics.records = 0
        rig.pass(.seconds(60))
        rig.advance(.seconds(1))
        #expect(rig.endings.isEmpty)
        rig.advance(.seconds(121))
        #expect(rig.endings == [.succeeded])
        #expect(rig.notifications(.empty) == 1)
    }

    @Test func `counts that come after the end of a run are not told as none`() {
        var rig = Rig(configuration([campaign("sale")]))
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.runs[0].metrics.records = 0
        rig.pass(.seconds(60))
        rig.advance(.seconds(1))
        rig.runs[0].metrics.records = 5
        rig.advance(.seconds(121))
        #expect(rig.endings == [.succeeded])
        #expect(rig.notifications(.empty) == 0)
    }

    @Test func `the counts of a run that has just ended are read once more before they are told`() {
        var rig = Rig(configuration([campaign("sale")]))
        rig.countsAreFinal = false
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.runs[0].metrics.records = 3
        rig.pass(.seconds(60))
        rig.advance(.seconds(1))
        #expect(rig.endings.isEmpty)
        rig.runs[0].metrics.records = 5
        rig.advance(.seconds(121))
        #expect(rig.told == [5])
    }

    @Test func `a run that was seen to have ended and that nothing shows any more has ended as it was seen`() {
        var rig = Rig(configuration([campaign("sale")]))
        rig.countsAreFinal = false
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.runs[0].metrics.records = 3
        rig.pass(.seconds(60))
        rig.advance(.seconds(1))
        rig.isVisible = { _ in false }
        rig.hidesSingly = true
        rig.advance(.seconds(300))
        #expect(rig.told == [3])
        #expect(rig.endings == [.succeeded] && rig.notifications(.runLate) == 0)
    }

    @Test func `a run whose end was not known and that is shown again is followed as before`() {
        var rig = Rig(configuration([campaign("sale")]))
        rig.runDuration = .seconds(3600)
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.isVisible = { _ in false }
        rig.hidesSingly = true
        rig.advance(.seconds(1500))
        #expect(rig.scheduler.state[activation(1, 1)]?.endIsUnknown == true)
        rig.isVisible = { _ in true }
        rig.hidesSingly = false
        rig.advance(.seconds(600))
        #expect(rig.scheduler.state[activation(1, 1)]?.endIsUnknown == false)
        guard case .refused? = rig.command(.resolve(activation(1, 1), .abandon)) else {
            Issue.record("it is followed")
            return
        }
        rig.advance(.seconds(3600))
        #expect(rig.endings == [.succeeded])
    }

    @Test(arguments: [false, true])
    func `a run that was seen to have ended and runs again is followed as before`(vanishes: Bool) {
        var rig = Rig(configuration([campaign("sale")]))
        rig.runDuration = .seconds(100 * 86_400)
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.runs[0].status = .succeeded
        rig.advance(.seconds(40))
        rig.runs[0].status = .running
        rig.advance(.seconds(600))
        if vanishes {
            rig.isVisible = { _ in false }
            rig.hidesSingly = true
        }
        rig.advance(.seconds(6 * 3600))
        #expect(rig.notifications(.runLate) >= 1)
        #expect(rig.endings.isEmpty)
    }

    @Test func `counts that come within two minutes of the end of a run are the ones that are told`() {
        var rig = Rig(configuration([campaign("sale")]))
        rig.countsAreFinal = false
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.runs[0].metrics.records = 0
        rig.pass(.seconds(60))
        rig.advance(.seconds(110))
        rig.runs[0].metrics.records = 5
        rig.advance(.seconds(300))
        #expect(rig.told == [5])
        #expect(rig.notifications(.empty) == 0)
    }

    @Test func `after a restart runs are followed at once, and nothing is sent again`() {
        var rig = Rig(configuration([campaign("sale")]))
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.pass(.seconds(90))
        rig.restart()
        #expect(rig.endings == [.succeeded])
        #expect(rig.calls.count == 1)
    }

    @Test(arguments: [(RunStatus.failed, OccurrenceOutcome.failed), (.partial, .partial)])
    func `how a run ended is how the activation ended`(status: RunStatus, outcome: OccurrenceOutcome) {
        var rig = Rig(configuration([campaign("sale")]))
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.runs[0].status = status
        rig.advance(.seconds(151))
        #expect(rig.endings == [outcome])
    }

    // Seen in the simulation: a run that never ended made every listing reach back to its begin, for as long as it lasted.
    @Test func `a run that is late is asked for by itself, and no listing reaches back for it`() {
        var rig = Rig(configuration([campaign("sale")]))
        rig.runDuration = .seconds(8 * 3600)
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(6 * 3600))
        rig.asks = []
        rig.advance(.seconds(3600))
        #expect(Set(rig.asks) == ["run"])
        rig.advance(.seconds(3600 + 600))
        #expect(rig.endings == [.succeeded])
    }
}
