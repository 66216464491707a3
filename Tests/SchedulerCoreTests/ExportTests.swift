import Chronology
import SchedulerCore
import Testing

/// Goal: a campaign that follows exports is due once after each, and no export is passed over in silence.
@Suite struct ExportTests {
    private let following = configuration([campaign("sale", .afterExport)])
    /// For weeks: it asks five times an hour at most.
    private let seldom = configuration([campaign("sale", .afterExport) { $0.catchUp = .seconds(86_400) }]) {
        $0.polling.gate = .seconds(3600)
        $0.limits.backoffBase = .seconds(3600)
        $0.limits.backoffMaximum = .seconds(3600)
    }

    // Found by simulation: the first look only said where counting begins, also where it had shown that there was none.
    @Test func `the first export of a new sandbox is followed`() {
        var rig = Rig(following)
        rig.advance(.seconds(600))
        rig.finishExport("4711", .seconds(10))
        rig.advance(.seconds(600))
        #expect(rig.calls.count == 1)
    }

    // Found by simulation: without a right to read exports the first answer came after weeks, and reached back a day.
    @Test func `the first answer reaches back to when the first campaign that follows was taken into use`() throws {
        var rig = Rig(following)
        rig.failing = ["export": .refused(status: 403, detail: "no right to read exports")]
        rig.advance(.seconds(20 * 86_400))
        rig.effects = []
        rig.failing = [:]
        rig.advance(.seconds(900))
        let sinces = rig.effects.compactMap { if case .askExportJobs(_, _, let since) = $0 { since } else { nil } }
        #expect(try #require(sinces.first) <= ten)
        rig.advance(.seconds(20 * 86_400))
        rig.effects = []
        rig.advance(.seconds(900))
        let later = rig.effects.compactMap { if case .askExportJobs(_, _, let since) = $0 { since } else { nil } }
        #expect(try #require(later.first) >= rig.now.wall - .seconds(32 * 86_400), "no catch_up is longer")
    }

    // Found by simulation: a right was missing for longer than answers reach back, and what ended first was mentioned nowhere.
    @Test func `exports that could not be listed while they were young are told as missed, once`() throws {
        var rig = Rig(seldom)
        rig.advance(.seconds(3600))
        rig.finishExport("4711", .seconds(10))
        rig.advance(.seconds(7 * 3600))
        #expect(rig.calls.count == 1)
        rig.failing = ["export": .refused(status: 403, detail: "no right to read exports")]
        rig.advance(.seconds(3600))
        rig.finishExport("4712", .seconds(10))
        rig.hiddenExports = ["4712"]  // as the platform's filter does
        rig.advance(.seconds(40 * 86_400))
        rig.finishExport("4713", .seconds(10))
        rig.failing = [:]
        rig.advance(.seconds(7 * 3600))
        #expect(rig.calls.count == 2)
        #expect(rig.skips.map(\.reason) == [.missed])
        let skipped = try #require(rig.skips.first)
        #expect(skipped.first <= ten + .seconds(9 * 3600))
        #expect(skipped.last >= ten + .seconds(9 * 86_400))
    }

    @Test func `that no export ended for long is no reason to tell anything`() {
        var rig = Rig(seldom)
        rig.advance(.seconds(3600))
        rig.finishExport("4711", .seconds(10))
        rig.advance(.seconds(40 * 86_400))
        rig.finishExport("4712", .seconds(10))
        rig.advance(.seconds(7 * 3600))
        #expect(rig.calls.count == 2)
        #expect(rig.skips.isEmpty)
    }

    // Found by simulation: of several exports that ended while nobody looked, the newest was followed, and the others were
    // mentioned nowhere.
    @Test func `exports that ended while nobody looked are skipped with a record, and the newest is followed`() {
        var rig = Rig(following)
        rig.finishExport("4711", .seconds(10))
        rig.advance(.seconds(3600))
        for (id, ago) in [("4712", Int64(1800)), ("4713", 1200), ("4714", 60)] { rig.finishExport(id, .seconds(ago)) }
        rig.restart()
        rig.advance(.seconds(600))
        #expect(rig.calls.count == 2)
        #expect(rig.skips.map(\.reason) == [.superseded, .superseded])
        #expect(rig.skips.map { $0.detail.split(separator: " ")[1] } == ["4712", "4713"])
    }

    // Found by simulation: exports could not be read for weeks, and the first answer left one of them out. The process died at once.
    @Test(arguments: [false, true])
    func `an export that the first answer after a while leaves out is decided by a later one`(restarts: Bool) {
        var rig = Rig(following)
        rig.finishExport("4711", .seconds(10))
        rig.advance(.seconds(3600))
        rig.failing = ["export": .unavailable(detail: "HTTP 500")]
        rig.advance(.seconds(60))
        for id in ["4712", "4713", "4714"] {
            rig.advance(.seconds(3 * 86_400))
            rig.finishExport(id, .seconds(600))
        }
        rig.failing = [:]
        rig.hiddenExports = ["4712"]
        let before = rig.effects.count
        rig.advance(.seconds(300))
        if restarts { rig.restart() }
        rig.hiddenExports = []
        rig.advance(.seconds(600))
        let since = rig.effects[before...].compactMap {
            if case .askExportJobs(_, _, let since) = $0 { since } else { nil }
        }
        // The rig shows all exports, whatever is asked for.
        #expect(since.count > 1 && since.allSatisfy { $0 < rig.now.wall - .seconds(9 * 86_400) })
        let decided = rig.records.compactMap { record in
            if case .exportFinished(_, let job, _, _, _, _, _) = record { job } else { nil }
        }
        #expect(Set(decided) == ["4711", "4712", "4713", "4714"])
    }

    // Found by simulation: no answer came for a week after the campaign had been taken into use, and the first one left out the oldest.
    @Test(arguments: [false, true])
    func `an export that the very first answer leaves out is decided by a later one`(restarts: Bool) {
        var rig = Rig(configuration([campaign("sale")]))
        _ = rig.command(.fire("sale", forceOverlap: false))  // the platform tells its time with a definition
        rig.advance(.seconds(600))
        rig.failing = ["export": .unavailable(detail: "HTTP 500")]
        rig.feed(.reloaded(following, actor: "tester"))
        for id in ["4711", "4712"] {
            rig.advance(.seconds(3 * 86_400))
            rig.finishExport(id, .seconds(600))
        }
        rig.advance(.seconds(3600))
        rig.failing = [:]
        rig.hiddenExports = ["4711"]
        rig.advance(.seconds(600))
        if restarts { rig.restart() }
        rig.hiddenExports = []
        rig.advance(.seconds(600))
        let decided = rig.records.compactMap { record in
            if case .exportFinished(_, let job, _, _, _, _, _) = record { job } else { nil }
        }
        #expect(decided == ["4712", "4711"])
        #expect(rig.skips.filter { $0.detail.contains("4711") }.count == 1)
        let since = rig.effects.compactMap { if case .askExportJobs(_, _, let since) = $0 { since } else { nil } }
        #expect(since.last.map { $0 < ten + .seconds(3600) } == true)
    }

    // More jobs than can be read: the gate would stay shut for as long as answers reach back.
    @Test func `exports are not listed back so far that no answer comes`() {
        var rig = Rig(following)
        for day in 0..<9 {
            rig.finishExport("\(4711 + day)", .seconds(10))
            rig.advance(.seconds(86_400))
        }
        rig.restart()
        rig.failing = ["export": .nonsense(detail: "more than can be read")]
        rig.advance(.seconds(600))
        rig.failing = [:]
        rig.advance(.seconds(600))
        let since = rig.effects.compactMap { if case .askExportJobs(_, _, let since) = $0 { since } else { nil } }
        #expect(since.last.map { rig.now.wall - $0 < .seconds(3 * 86_400) } == true)
    }

    @Test
    func `of a sandbox in which nobody follows exports any more they are listed no further back than the gate needs`() {
        var rig = Rig(following)
        for day in 0..<9 {
            rig.finishExport("\(4711 + day)", .seconds(10))
            rig.advance(.seconds(86_400))
        }
        rig.restart(configuration([campaign("sale")]))
        let before = rig.effects.count
        rig.advance(.seconds(9 * 86_400))
        _ = rig.command(.fire("sale", forceOverlap: false))
        let since = rig.effects[before...].compactMap {
            if case .askExportJobs(_, _, let since) = $0 { since } else { nil }
        }
        #expect(!since.isEmpty && since.allSatisfy { rig.now.wall - $0 < .seconds(2 * 86_400) })
    }

    @Test func `of two exports that overlap each is followed when it ends, the one that began first as well`() {
        var rig = Rig(following)
        let long = ExportJob(
            id: "long", status: .running, word: "PROCESSING", createdAt: rig.now.wall, endedAt: nil)
        rig.finishedExports.insert(long, at: 0)
        rig.advance(.seconds(600))
        rig.exportRuns = true
        rig.advance(.seconds(60))
        rig.exportRuns = false
        rig.advance(.seconds(600))
        #expect(rig.calls.isEmpty, "the first one still runs")
        let index = rig.finishedExports.firstIndex { $0.id == "long" }!
        rig.finishedExports[index].status = .succeeded
        rig.finishedExports[index].endedAt = rig.now.wall
        rig.advance(.seconds(600))
        #expect(rig.calls.count == 1)
        let origins = rig.records.compactMap { if case .occurrenceAdmitted(let it) = $0 { it.origin } else { nil } }
        // The second is due while the occurrence of the first waits for the gate: skipped, with a record.
        #expect(origins == [.export(job: "4711")])
        #expect(rig.skips.map(\.reason) == [.overlap])
        #expect(rig.skips.first?.detail.contains("long") == true)
        rig.restart()
        rig.advance(.seconds(3600))
        #expect(rig.calls.count == 1 && rig.skips.count == 1, "each is decided once")
    }

    @Test func `an export that ends after one that began later is followed`() {
        var rig = Rig(following)
        rig.finishExport("4710", .seconds(7200))
        rig.advance(.seconds(600))
        rig.finishExport("short", .seconds(10))
        rig.advance(.seconds(600))
        #expect(rig.calls.count == 1)
        // It was created long before the other one, and nobody saw it run.
        rig.finishedExports.append(
            ExportJob(
                id: "long", status: .succeeded, word: "SUCCEEDED", createdAt: rig.now.wall - .seconds(5000),
                endedAt: rig.now.wall))
        rig.advance(.seconds(600))
        #expect(rig.calls.count == 2)
    }

    @Test func `an export that failed is a skip that is told, and what was seen of it is decided once`() {
        var rig = Rig(following)
        rig.finishedExports.insert(
            ExportJob(
                id: "broken", status: .failed, word: "FAILED", createdAt: rig.now.wall - .seconds(60),
                endedAt: rig.now.wall), at: 0)
        rig.advance(.seconds(3600))
        #expect(rig.calls.isEmpty)
        #expect(rig.skips.map(\.reason) == [.predecessor])
        #expect(rig.skips.map(\.detail) == ["export broken ended as FAILED"])
        #expect(rig.notifications(.skipped) == 1)
        rig.finishExport("4711", .seconds(10))
        rig.advance(.seconds(600))
        #expect(rig.calls.count == 1)
    }

    // Found by simulation: half a day was waited for what was due at once.
    // Found by simulation: nothing had told the platform's time since the start, and the campaign seemed newer than the export.
    @Test func `with our clock ahead, an export after a start is followed as well, though nothing waits`() {
        var rig = Rig(following)
        rig.clockAhead = .seconds(-3000)
        rig.advance(.seconds(600))
        rig.restart(configuration([campaign("sale", .afterExport), campaign("new", .afterExport)]))
        rig.advance(.seconds(600))
        rig.exportRuns = true
        rig.advance(.seconds(600))
        rig.exportRuns = false
        rig.restart()
        rig.advance(.seconds(600))
        let fired = rig.records.compactMap { if case .occurrenceAdmitted(let it) = $0 { it.campaign } else { nil } }
        #expect(Set(fired) == ["sale", "new"])
    }

    @Test
    func `an export that ended before the first answer is followed by who was taken into use under a clock ahead`() {
        var rig = Rig(configuration([campaign("sale", .afterExport), campaign("new")]))
        rig.finishExport("4711", .seconds(10))
        rig.advance(.seconds(600))
        rig.failing = ["export": .unavailable(detail: "HTTP 500")]
        rig.setClock(back: .seconds(-86_400))
        rig.feed(
            .reloaded(configuration([campaign("sale", .afterExport), campaign("new", .afterExport)]), actor: "tester"))
        rig.setClock(back: .seconds(86_400))
        rig.advance(.seconds(1200))
        rig.finishExport("4712", .seconds(600))
        rig.failing = [:]
        rig.advance(.seconds(600))
        let fired = rig.records.compactMap { if case .occurrenceAdmitted(let it) = $0 { it.campaign } else { nil } }
        #expect(fired.filter { $0 == "new" }.count == 1)
    }

    @Test func `the same, where exports could not be read until the clock had reached its mark`() {
        var rig = Rig(configuration([campaign("sale", .afterExport)]))
        rig.finishExport("4711", .seconds(10))
        rig.advance(.seconds(600))
        rig.failing = ["export": .unavailable(detail: "HTTP 500")]
        rig.setClock(back: .seconds(-86_400))
        let new = campaign("new", .afterExport) { $0.catchUp = .seconds(86_400) }
        rig.feed(.reloaded(configuration([campaign("sale", .afterExport), new]), actor: "tester"))
        rig.setClock(back: .seconds(86_400))
        rig.failing = [:]
        rig.advance(.seconds(20 * 3600))
        rig.failing = ["export": .unavailable(detail: "HTTP 500")]
        rig.advance(.seconds(2 * 3600))
        rig.finishExport("4712", .seconds(60))
        rig.advance(.seconds(4 * 3600))
        rig.failing = [:]
        rig.advance(.seconds(7200))
        let fired = rig.records.compactMap { if case .occurrenceAdmitted(let it) = $0 { it.campaign } else { nil } }
        #expect(fired.filter { $0 == "new" }.count == 1)
    }

    @Test
    func `the first export is followed although our clock was set back after its campaign had been taken into use`() {
        var rig = Rig(following)
        rig.advance(.seconds(600))
        _ = rig.command(.fire("sale", forceOverlap: false))  // the platform tells its time with a definition
        rig.advance(.seconds(600))
        rig.setClock(back: .seconds(5400))
        rig.failing = ["export": .unavailable(detail: "HTTP 500")]
        rig.restart()
        rig.advance(.seconds(600))
        rig.finishExport("4711", .seconds(60))
        rig.failing = [:]
        rig.advance(.seconds(600))
        #expect(rig.calls.count == 2)
    }

    @Test func `an export has ended by our clock, wherever the platform's stands`() {
        var rig = Rig(following)
        rig.clockAhead = .seconds(12 * 3600)
        rig.advance(.seconds(600))
        _ = rig.command(.fire("sale", forceOverlap: false))  // the platform tells its time with a definition
        rig.advance(.seconds(600))
        let before = rig.calls.count
        rig.finishExport("4711", .seconds(10))
        rig.advance(.seconds(600))
        #expect(rig.calls.count == before + 1)
    }

    // Found by simulation: a clock that had been right was set back by more than lay between a reload and the end of an export.
    @Test(arguments: [false, true])
    func `an export that ends after a campaign was taken into use is followed, although our clock is set back`(
        restarts: Bool
    ) {
        var rig = Rig(seldom)
        rig.clockAhead = .zero
        rig.finishExport("4710", .seconds(3600))  // the platform tells its time with it
        rig.restart()
        rig.advance(.seconds(3700))
        rig.setClock(back: .seconds(5400))
        if restarts { rig.restart() }
        rig.advance(.seconds(100))
        rig.finishExport("4711", .seconds(10))
        rig.advance(.seconds(24 * 3600))
        #expect(rig.calls.count == 1)
        #expect(rig.skips.isEmpty)
    }

    @Test
    func `an export that ended before a campaign was taken into use is not followed, although our clock is set back`() {
        var rig = Rig(configuration([campaign("other", .afterExport) { $0.catchUp = .seconds(86_400) }]))
        rig.clockAhead = .zero
        rig.advance(.seconds(3700))
        rig.finishExport("4711", .seconds(10))
        rig.advance(.seconds(300))
        rig.setClock(back: .seconds(5400))
        rig.feed(.reloaded(seldom))
        rig.advance(.seconds(7 * 3600))
        let fired = rig.records.compactMap { if case .occurrenceAdmitted(let it) = $0 { it.campaign } else { nil } }
        #expect(fired == ["other"])
    }

    // Found by simulation: exports could not be asked about until one had ended that began after the campaign.
    @Test func `an export that began after the campaign is followed although it is in the first answer`() {
        var rig = Rig(following)
        rig.failing["export"] = .refused(status: 403, detail: "no right")
        rig.restart()
        rig.finishExport("old", .seconds(7200))
        rig.advance(.seconds(4 * 3600))
        rig.finishExport("new", .seconds(600))
        rig.failing = [:]
        rig.restart()
        rig.advance(.seconds(1200))
        let origins = rig.records.compactMap { if case .occurrenceAdmitted(let it) = $0 { it.origin } else { nil } }
        #expect(origins == [.export(job: "new")])
    }

    @Test func `a new follower of exports is not due for exports that ended before it was there`() {
        let follower = campaign("follower", .afterExport)
        var rig = Rig(configuration([follower]))
        rig.finishExport("1", .seconds(100))
        rig.advance(.seconds(900))
        rig.feed(.reloaded(configuration([])))
        for id in 2...4 {
            rig.advance(.seconds(20_000))
            rig.finishExport("\(id)", .seconds(100))
        }
        rig.advance(.seconds(600))
        let before = rig.notifications(.skipped)
        let records = rig.records.count
        rig.feed(.reloaded(configuration([campaign("new", .afterExport)])))
        rig.advance(.seconds(600))
        #expect(rig.notifications(.skipped) == before)
        #expect(!rig.records[records...].contains { if case .occurrenceAdmitted = $0 { true } else { false } })
    }
}
