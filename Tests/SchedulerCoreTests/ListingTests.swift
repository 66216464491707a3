import Chronology
import SchedulerCore
import Testing

/// Goal: what listings leave out, cut off or show late opens no gate, and closes none for ever.
@Suite struct ListingTests {
    private let vip = Pair(dataflow: "flow", audience: "vip")

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

    @Test func `what a person had sent again is sent although listings show nothing of what there was`() {
        var rig = Rig(configuration([campaign("sale") { $0.onDoubt = .hold }]))
        rig.addRun(vip)
        rig.runs[0].status = .succeeded
        rig.onCall = { _ in .doubtful(detail: "timeout") }
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(600))
        #expect(rig.scheduler.state[activation(1, 1)]?.phase == .quarantined(call: CallID(1)))
        rig.onCall = { _ in nil }
        rig.isVisible = { _ in false }
        _ = rig.command(.resolve(activation(1, 1), .retry))
        rig.advance(.seconds(600))
        #expect(rig.calls.count == 1, "it may be wrong")
        rig.advance(.seconds(1200))
        #expect(rig.calls.count == 2)
    }
}
