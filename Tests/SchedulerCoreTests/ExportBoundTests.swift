import Chronology
import SchedulerCore
import Testing

/// Goal: exports are asked about at their pace and as far back as it takes, and each is followed up to the last moment of `catch_up`.
@Suite struct ExportBoundTests {
    private let following = configuration([campaign("sale", .afterExport) { $0.catchUp = .seconds(120) }])

    private func reaches(_ rig: Rig) -> [Instant] {
        rig.effects.compactMap { if case .askExportJobs(_, _, let since) = $0 { since } else { nil } }
    }

    // MARK: Pace and reach

    @Test func `who only follows exports asks every five intervals, and at each one while an export runs`() {
        var rig = Rig(following)
        #expect(rig.seconds(of: "export", for: 650) == [300, 600])
        rig.exportRuns = true
        #expect(rig.seconds(of: "export", for: 430) == [250, 310, 370, 430])
    }

    @Test(arguments: [(86_400, 26 * 3600), (30 * 3600, 30 * 3600)])
    func `exports are asked about as far back as one may have been followed, or may still run`(
        maximum: Int, reach: Int
    ) {
        var rig = Rig(configuration([campaign("sale")]) { $0.guardrails.exportMaximumAge = .seconds(maximum) })
        _ = rig.command(.fire("sale", forceOverlap: false))
        #expect(reaches(rig) == [ten - .seconds(reach)])
    }

    // At a pace at which the last question of each advance is asked in its last moment.
    @Test func `exports are asked about since the first follower was taken into use, and for a month at the most`() {
        var rig = Rig(configuration([campaign("sale", .afterExport)]) { $0.polling.gate = .seconds(3600) })
        rig.advance(.seconds(30 * 86_400))
        #expect(reaches(rig).last == ten)
        rig.advance(.seconds(10 * 86_400))
        #expect(reaches(rig).last == rig.now.wall - .seconds(31 * 86_400))
    }

    // MARK: What is followed

    /// An export that ended so long before the question that shows it.
    private func follow(_ ago: Duration) -> Rig {
        var rig = Rig(following)
        rig.advance(.seconds(899))
        rig.finishExport("4711", ago - .seconds(1))
        rig.advance(.seconds(1))
        return rig
    }

    @Test func `an export is followed for as long as catch_up, and is missed a moment later`() {
        let followed = follow(.seconds(120))
        #expect(followed.calls.count == 1 && followed.skips.isEmpty)
        let missed = follow(.milliseconds(120_001))
        #expect(missed.calls.isEmpty)
        #expect(missed.skips.map(\.reason) == [.missed])
        #expect(missed.skips.map(\.detail) == ["export 4711 ended longer ago than catch_up"])
        #expect(missed.skips.map(\.first) == [ten + .milliseconds(779_999)])
    }

    @Test(arguments: [(60, 540), (-60, 660), (61, 600), (-61, 600)])
    func `when an export ended is told by the platform's clock where ours agrees within a minute`(
        ahead: Int, ago: Int
    ) {
        var rig = Rig(configuration([campaign("sale")]))
        rig.clockAhead = .seconds(ahead)
        rig.finishExport("4711", .seconds(600))
        _ = rig.command(.fire("sale", forceOverlap: false))
        let seen = rig.scheduler.state.exportObservations?[sandbox] ?? []
        #expect(seen.map(\.endedAt) == [ten - .seconds(ago)])
    }

    @Test func `a call tells the newest export that succeeded`() {
        var rig = Rig(configuration([campaign("sale")]))
        rig.finishExport("old", .seconds(7200))
        rig.finishExport("good", .seconds(3600))
        rig.finishExport("broken", .seconds(600))
        rig.finishedExports[0].status = .failed
        _ = rig.command(.fire("sale", forceOverlap: false))
        #expect(rig.calls.map(\.exportJob) == ["good"])
    }

    // MARK: What is decided

    @Test(arguments: [(200, "1"), (201, "2")])
    func `two hundred exports that were decided are remembered one by one`(count: Int, first: String) {
        var state = State()
        for number in 1...count {
            let endedAt = ten + .seconds(number)
            state.apply(
                .exportFinished(sandbox: sandbox, job: "\(number)", succeeded: true, at: ten, endedAt: endedAt))
        }
        let mark = state.exportMarks[sandbox]
        #expect(mark?.decided?.count == 200)
        #expect(mark?.decided?.first?.job == first)
        #expect(mark?.decidedUntil == ten + .seconds(1))
    }

    // Decided in whatever order: what is forgotten first is what ended first.
    @Test func `of decided exports those that ended last are remembered, and all before them count as decided`() {
        var state = State()
        for number in (1...203).reversed() {
            let endedAt = ten + .seconds(number)
            state.apply(
                .exportFinished(sandbox: sandbox, job: "\(number)", succeeded: true, at: ten, endedAt: endedAt))
        }
        let mark = state.exportMarks[sandbox]
        #expect(mark?.decided?.map(\.job).sorted() == (4...203).map { "\($0)" }.sorted())
    }

    // Where counting begins is not known for a follower that was taken into use under a clock ahead.
    @Test(arguments: [(-60, -60), (60, 1)])
    func `what ended after the first that is decided is never decided with it`(from: Int, until: Int) {
        var state = State()
        state.apply(
            .exportFinished(
                sandbox: sandbox, job: "1", succeeded: true, at: ten, endedAt: ten + .seconds(1),
                countedFrom: ten + .seconds(from)))
        #expect(state.exportMarks[sandbox]?.decidedUntil == ten + .seconds(until))
    }
}
