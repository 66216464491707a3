import Chronology
import SchedulerCore
import Testing

/// Goal: each nominal time is decided once, whatever the clock, a stop or a reload does.
@Suite struct DueTests {
    // Found by simulation: the skip of a campaign that follows another one lies ahead, and a timetable that the campaign got
    // meanwhile counted from there.
    @Test func `a campaign that followed another one is due by its new timetable from now on`() throws {
        let first = campaign("first") { $0.startWithin = .seconds(60) }
        let after = campaign("second", .after("first", delay: .seconds(86_400)), [other])
        var rig = Rig(configuration([first, after]))
        rig.exportRuns = true
        _ = rig.command(.fire("first", forceOverlap: false))
        rig.advance(.seconds(120))
        #expect(rig.skips.map(\.reason) == [.predecessor])
        rig.exportRuns = false
        rig.feed(.reloaded(configuration([first, campaign("second", try daily("12:00"), [other])])))
        rig.advance(.seconds(3 * 3600))
        #expect(rig.calls.flatMap(\.pairs) == [other])
    }

    // Found by reading for the simulation: what a person ordered in the same moment raised the high-water mark before the
    // nominal time was looked at.
    @Test func `an order in the moment of a nominal time does not swallow it`() throws {
        var rig = Rig(
            configuration([campaign("sale", try daily("10:30")) { $0.overlap = .bufferOne }]), at: ten)
        rig.exportRuns = true
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(60))
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.pass(.seconds(1740))
        _ = rig.command(.fire("sale", forceOverlap: false))
        let decided = rig.skips.contains { $0.first == ten + .seconds(1800) }
        #expect(decided, "10:30 is skipped for its overlap, with a record of its own")
    }

    private let other = Pair(dataflow: "flow", audience: "other")

    @Test func `an occurrence is admitted at its nominal time, and not before`() throws {
        var rig = Rig(configuration([campaign("sale", try daily("10:30"))]))
        rig.advance(.seconds(1799))
        #expect(rig.calls.isEmpty)
        rig.advance(.seconds(1))
        #expect(rig.calls.count == 1)
        #expect(rig.endings.isEmpty)
        rig.advance(.seconds(120))
        #expect(rig.endings == [.succeeded])
    }

    @Test func `nothing is asked of the platform while nothing is due`() throws {
        var rig = Rig(configuration([campaign("sale", try daily("09:00")), campaign("by-hand")]))
        rig.advance(.seconds(12 * 3600))
        #expect(rig.asks.isEmpty)
    }

    @Test func `a clock that steps back fires nothing again`() throws {
        var rig = Rig(configuration([campaign("sale", try daily("10:30"))]))
        rig.advance(.seconds(3600))
        rig.now.wall = ten
        rig.feed(.woke)
        rig.advance(.seconds(3600))
        #expect(rig.calls.count == 1)
    }

    @Test func `what was missed within catch_up is fired once, and marked late`() throws {
        let settings = configuration([campaign("sale", try daily("10:30"))])
        var rig = Rig(settings)
        rig.now.wall = ten + .seconds(3600)
        rig.restart()
        #expect(rig.calls.count == 1)
        let admitted = rig.records.compactMap { if case .occurrenceAdmitted(let it) = $0 { it } else { nil } }
        #expect(admitted.map(\.isLate) == [true])
    }

    @Test func `a year of missed times is one record and fires only what catch_up reaches`() throws {
        var rig = Rig(configuration([campaign("sale", try daily("10:30"))]))
        rig.now.wall = ten + .seconds(365 * 86_400 + 3600)
        rig.restart()
        #expect(rig.skips.map(\.reason) == [.missed])
        #expect(rig.skips.map(\.count) == [365])
        #expect(rig.calls.count == 1)
    }

    @Test func `what was missed for longer than catch_up is skipped and told`() throws {
        var rig = Rig(configuration([campaign("sale", try daily("10:30"))]))
        rig.now.wall = ten + .seconds(5 * 3600)
        rig.restart()
        #expect(rig.calls.isEmpty)
        #expect(rig.skips.map(\.reason) == [.missed])
        #expect(rig.notifications(.skipped) == 1)
    }

    @Test func `an occurrence is skipped while the one before it has not ended`() throws {
        var rig = Rig(configuration([campaign("sale", try daily("*:0/10"))]))
        rig.runDuration = .seconds(1500)
        rig.advance(.seconds(1300))
        #expect(rig.skips.map(\.reason) == [.overlap])
        #expect(rig.calls.count == 1)
    }

    @Test func `a buffered occurrence starts when the one before it has ended`() throws {
        var rig = Rig(configuration([campaign("sale", try daily("*:0/10")) { $0.overlap = .bufferOne }]))
        rig.runDuration = .seconds(1500)
        rig.advance(.seconds(1900))
        #expect(rig.skips.map(\.reason) == [.overlap])
        rig.advance(.seconds(600))
        #expect(rig.calls.count == 2)
        #expect(rig.calls.last?.activations == [activation(2, 1)])
    }

    @Test func `what falls due during a pause stays skipped after it`() throws {
        var rig = Rig(configuration([campaign("sale", try daily("10:30"))]))
        _ = rig.command(.pause(.campaign("sale"), until: ten + .seconds(3600), reason: "holiday"))
        rig.advance(.seconds(3 * 3600))
        #expect(rig.skips.map(\.reason) == [.paused])
        #expect(rig.calls.isEmpty)
        rig.advance(.seconds(24 * 3600))
        #expect(rig.calls.count == 1)
    }

    @Test func `an export that finishes fires once, and the one before the start does not`() throws {
        var rig = Rig(configuration([campaign("fresh", .afterExport)]))
        rig.finishedExports = [finished("1", at: ten - .seconds(7200))]
        rig.advance(.seconds(600))
        #expect(rig.calls.isEmpty)
        rig.finishedExports.insert(finished("2", at: rig.now.wall), at: 0)
        rig.advance(.seconds(900))
        #expect(rig.calls.count == 1)
        rig.restart()
        rig.advance(.seconds(900))
        #expect(rig.calls.count == 1)
    }

    @Test func `a campaign follows another one's success, after its delay, and not its failure`() throws {
        let follower = campaign(
            "follow-up", .after("sale", delay: .seconds(7200)),
            [
                Pair(dataflow: "flow", audience: "lapsed")
            ])
        var rig = Rig(configuration([campaign("sale"), follower]))
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(7000))
        #expect(rig.calls.count == 1)
        rig.advance(.seconds(400))
        #expect(rig.calls.count == 2)

        rig.onCall = { _ in .refused(.other(status: 404, detail: "gone")) }
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(5 * 3600))
        #expect(rig.endings.last == .failed)
        #expect(rig.skips.map(\.reason) == [.predecessor])
    }

    private func finished(_ id: String, at instant: Instant) -> ExportJob {
        ExportJob(id: id, status: .succeeded, word: "SUCCEEDED", createdAt: instant, endedAt: instant)
    }
}
