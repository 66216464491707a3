import Chronology
import SchedulerCore
import Testing

/// Goal: exports that were seen are remembered once each, within a bound, and decide nothing.
@Suite struct ExportObservationTests {
    private func observed(_ records: [Record]) -> [String] {
        records.compactMap { record in
            if case .exportObserved(_, let job, _, _) = record { job } else { nil }
        }
    }

    @Test func `an export that has ended is remembered once, however often it is shown`() {
        var rig = Rig(configuration([campaign("sale")]))
        rig.finishExport("4711", .seconds(600))
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(3600))
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(3600))
        #expect(observed(rig.records) == ["4711"])
        #expect(rig.scheduler.exportHabit(of: sandbox).spans.map(\.usualLength) == [.seconds(600)])
    }

    @Test func `a long listing is remembered up to the bound, and what was forgotten is not remembered again`() {
        var rig = Rig(configuration([campaign("sale")]))
        for number in 0..<100 { rig.finishExport("\(number)", .seconds((100 - number) * 3600)) }
        for _ in 0..<5 {
            _ = rig.command(.fire("sale", forceOverlap: false))
            rig.advance(.seconds(1800))
        }
        #expect(observed(rig.records) == (40..<100).map { "\($0)" })
        rig.finishExport("new", .seconds(1))
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(1800))
        #expect(observed(rig.records).last == "new")
        #expect(rig.scheduler.state.exportObservations?[sandbox]?.count == 60)
    }

    @Test func `a restart knows the habit from the journal`() {
        var rig = Rig(configuration([campaign("sale")]))
        rig.finishExport("4711", .seconds(600))
        _ = rig.command(.fire("sale", forceOverlap: false))
        let habit = rig.scheduler.exportHabit(of: sandbox)
        #expect(!habit.isEmpty)
        rig.restart()
        #expect(rig.scheduler.exportHabit(of: sandbox) == habit)
    }

    @Test func `a running export is explained with when such exports usually end, and closes the gate all the same`()
        throws
    {
        var rig = Rig(configuration([campaign("sale")]))
        for day in 1...5 { rig.finishExport("\(day)", .seconds(day * 86_400 - 540)) }
        rig.exportRuns = true  // for a minute so far
        _ = rig.command(.fire("sale", forceOverlap: false))
        let closure = try #require(rig.scheduler.closures(of: activation(1, 1), at: rig.now).first)
        let sentence = rig.scheduler.sentence(
            for: closure, Pair(dataflow: "flow", audience: "vip"), in: sandbox, at: rig.now)
        #expect(sentence.usualEnd == ten + .seconds(540) && sentence.latestEnd == ten + .seconds(540))
        #expect(rig.scheduler.exportInsights(at: rig.now).map(\.usual?.usualEnd) == [ten + .seconds(540)])
        rig.advance(.seconds(1200))
        #expect(rig.calls.isEmpty)
    }

    @Test func `observed by our clock, wherever the platform's stands`() throws {
        var rig = Rig(configuration([campaign("sale")]))
        rig.clockAhead = .seconds(12 * 3600)
        _ = rig.command(.fire("sale", forceOverlap: false))  // the platform tells its time with a definition
        rig.advance(.seconds(1800))
        rig.finishExport("4711", .seconds(60))
        let end = rig.now.wall - .seconds(60)
        _ = rig.command(.fire("sale", forceOverlap: false))
        let seen = try #require(rig.scheduler.state.exportObservations?[sandbox]?.last)
        #expect(seen.endedAt == end && seen.startedAt == end - .seconds(600))
    }
}
