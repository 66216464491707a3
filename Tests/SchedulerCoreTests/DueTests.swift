import Chronology
import SchedulerCore
import Testing

/// Goal: each nominal time is decided once, whatever the clock, a stop or a reload does.
@Suite struct DueTests {
    @Test func `a campaign whose occurrence fits into no record is skipped with the reason, and the others go on`()
        throws
    {
        let many = (0..<84_000).map {
            Pair(
                dataflow: "00000000-0000-4000-8000-000000000000",
                audience: AudienceID("00000000-0000-4000-8000-\(100_000_000_000 + $0)"))
        }
        var rig = Rig(
            configuration([campaign("huge", try daily("10:30"), many), campaign("sale", try daily("10:30"))]))
        rig.advance(.seconds(2000))
        #expect(rig.skips.map(\.reason) == [.oversized])
        #expect(rig.skips.first?.detail.contains("84000") == true)
        #expect(rig.calls.count == 1)
        guard case .refused? = rig.command(.fire("huge", forceOverlap: false)) else {
            Issue.record("it was admitted")
            return
        }
    }

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

    @Test func `what is due comes before a pause that is ordered in the same moment`() throws {
        var rig = Rig(configuration([campaign("sale", try daily("10:30"))]), at: ten)
        rig.advance(.seconds(60))
        rig.pass(.seconds(1740))
        _ = rig.command(.pause(.campaign("sale"), until: nil, reason: "now"))
        #expect(rig.skips.isEmpty)
        #expect(rig.records.contains { if case .occurrenceAdmitted = $0 { true } else { false } })
    }

    @Test func `what is over in the moment of a reload has expired, and was not cancelled by it`() {
        var rig = Rig(configuration([campaign("sale") { $0.startWithin = .seconds(1800) }]))
        rig.exportRuns = true
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(1799))
        rig.pass(.seconds(1))
        rig.feed(.reloaded(configuration([]), actor: "tester"))
        #expect(rig.endings == [.expired])
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

    @Test func `a campaign that is removed and added again under a clock set back fires nothing again`() throws {
        let settings = configuration([campaign("sale", try daily("10:30"))])
        var rig = Rig(settings)
        rig.advance(.seconds(3600))
        rig.feed(.reloaded(configuration([])))
        #expect(rig.scheduler.state.campaigns["sale"] == nil)
        rig.now.wall = ten
        rig.feed(.reloaded(settings))
        #expect(rig.scheduler.state.campaigns["sale"]?.highWater == ten + .seconds(1800))
        #expect(rig.scheduler.state.removedMarks == [:])
        rig.advance(.seconds(3600))
        #expect(rig.calls.count == 1 && rig.skips.isEmpty)
        rig.advance(.seconds(24 * 3600))
        #expect(rig.calls.count == 2)
    }

    @Test func `the marks of removed campaigns are bounded, and the latest stay`() {
        var state = State()
        let names = (0..<20_000).map { CampaignName("c\($0)") }
        for (number, name) in names.enumerated() {
            state.apply(.campaignAnchored(campaign: name, fingerprint: "manual", from: ten + .seconds(number)))
        }
        for name in names { state.apply(.campaignRemoved(campaign: name)) }
        #expect(state.removedMarks?.count == 10_000)
        #expect(state.removedMarks?["c9999"] == nil && state.removedMarks?["c10000"] != nil)
    }

    @Test func `what the journal holds already is skipped with that reason, once`() throws {
        var rig = Rig(configuration([campaign("sale", try daily("10:30"))]))
        rig.feed(.admittedBefore([Admission("sale", ten + .seconds(1800), .timetable)]))
        rig.advance(.seconds(3600))
        #expect(rig.calls.isEmpty)
        #expect(rig.skips.map(\.reason) == [.decided])
        #expect(rig.scheduler.state.campaigns["sale"]?.highWater == ten + .seconds(1800))
        rig.advance(.seconds(24 * 3600))
        #expect(rig.calls.count == 1 && rig.skips.count == 1)
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

    // MARK: Downtime and clocks, as the configuration says

    @Test(arguments: [(60, 0), (86_400, 1), (365 * 86_400, 365)])
    func `after downtime the newest time within catch_up is fired, and every other one is recorded`(
        downtime: Int, missed: Int
    ) throws {
        var rig = Rig(configuration([campaign("sale", try daily("10:00:30"))]))
        rig.now.wall = ten + .seconds(downtime)
        rig.restart()
        rig.advance(.seconds(300))
        #expect(rig.calls.count == 1)
        #expect(rig.skips.reduce(0) { $0 + $1.count } == missed)
        #expect(rig.skips.allSatisfy { $0.reason == .missed })
    }

    @Test func `a clock that steps forward fires what it passed as a downtime would`() throws {
        var rig = Rig(configuration([campaign("sale", try daily("*:0/10")) { $0.catchUp = .seconds(1800) }]))
        rig.now.wall = ten + .seconds(7200)
        rig.feed(.woke)
        rig.advance(.seconds(300))
        #expect(rig.calls.count == 1)
        #expect(rig.skips.map(\.reason) == [.missed, .superseded])
        #expect(rig.skips.map(\.count) == [8, 3])
    }

    @Test func `a clock that steps back and forward again fires each time once`() throws {
        var rig = Rig(configuration([campaign("sale", try daily("*:0/10"))]))
        rig.advance(.seconds(1890))
        rig.now.wall = rig.now.wall - .seconds(1500)
        rig.advance(.seconds(600))
        #expect(rig.calls.count == 3, "10:10, 10:20 and 10:30 are decided")
        rig.now.wall = rig.now.wall + .seconds(1500)
        rig.advance(.seconds(600))
        #expect(rig.calls.count == 5, "and then 10:40 and 10:50")
        #expect(rig.skips.isEmpty)
    }

    @Test func `no more than a bounded number of occurrences is buffered`() throws {
        var rig = Rig(
            configuration([
                campaign("sale", try daily("*:*")) {
                    $0.overlap = .bufferAll
                    $0.startWithin = .seconds(86_400)
                }
            ]))
        rig.exportRuns = true
        rig.advance(.seconds(103 * 60))
        #expect(rig.scheduler.state.unended(of: "sale").count == 100)
        #expect(rig.skips.map(\.reason) == [.overlap, .overlap, .overlap])
        #expect(rig.skips.first?.detail.contains("100 occurrences before it") == true)
    }

    @Test func `what was missed is fired for as long as catch_up, and not a moment longer`() throws {
        for (late, calls) in [(3_600_000, 1), (3_600_001, 0)] {
            var rig = Rig(configuration([campaign("sale", try daily("10:30"))]))
            rig.now.wall = ten + .seconds(1800) + .milliseconds(late)
            rig.restart()
            #expect(rig.calls.count == calls)
            #expect(rig.skips.count == 1 - calls)
        }
    }

    @Test func `an occurrence is late when it comes more than a minute after its time`() throws {
        for (late, isLate) in [(60_000, false), (60_001, true)] {
            var rig = Rig(configuration([campaign("sale", try daily("10:30"))]))
            rig.now.wall = ten + .seconds(1800) + .milliseconds(late)
            rig.restart()
            let admitted = rig.records.compactMap { if case .occurrenceAdmitted(let it) = $0 { it } else { nil } }
            #expect(admitted.map(\.isLate) == [isLate])
            // What is late has all of `start_within`.
            let begins = ten + .seconds(1800) + .milliseconds(isLate ? late : 0)
            #expect(admitted.map(\.expiresAt) == [begins + .seconds(4 * 3600)])
        }
    }

    @Test func `missed times are counted up to a thousand`() throws {
        for (minutes, count) in [(999, 999), (1000, 1000), (1001, 1000)] {
            var rig = Rig(configuration([campaign("sale", try daily("*:*")) { $0.catchUp = .zero }]))
            rig.now.wall = ten + .seconds(minutes * 60 + 30)
            rig.restart()
            #expect(rig.skips.map(\.count) == [count])
        }
    }

    // MARK: max_occurrences

    private func limited(_ maximum: Int?, _ trigger: Trigger) -> Campaign {
        campaign("sale", trigger) { $0.maximumOccurrences = maximum }
    }

    @Test func `a campaign fires as often as max_occurrences says, and tells once that it is over`() throws {
        var rig = Rig(configuration([limited(2, try daily("*:0/10"))]))
        rig.advance(.seconds(7200))
        #expect(rig.calls.count == 2)
        #expect(rig.finished == [2])
        #expect(rig.skips.isEmpty)
        #expect(rig.scheduler.nextTime(of: "sale") == nil)
        rig.restart()
        rig.advance(.seconds(7200))
        #expect(rig.calls.count == 2)
        #expect(rig.finished == [2])
    }

    @Test func `what is fired by hand does not count, and goes on after the end`() throws {
        var rig = Rig(configuration([limited(1, try daily("*:0/10"))]))
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(1200))
        #expect(rig.calls.count == 2)
        let reply = rig.command(.fire("sale", forceOverlap: false))
        guard case .done = reply else {
            Issue.record("refused: \(String(describing: reply))")
            return
        }
        #expect(rig.calls.count == 3)
    }

    @Test(arguments: [true, false])
    func `a campaign whose limit is raised counts from then on, and nothing of meanwhile is missed`(
        isRestarted: Bool
    ) throws {
        var rig = Rig(configuration([limited(1, try daily("*:0/10"))]))
        rig.advance(.seconds(3550))
        let raised = configuration([limited(2, try daily("*:0/10"))])
        if isRestarted { rig.restart(raised) } else { rig.feed(.reloaded(raised)) }
        #expect(rig.calls.count == 1)
        #expect(rig.skips.isEmpty)
        rig.advance(.seconds(3600))
        #expect(rig.calls.count == 2)
        #expect(rig.finished == [1, 2])
    }

    @Test func `another schedule does not count anew`() throws {
        var rig = Rig(configuration([limited(2, try daily("*:0/10"))]))
        rig.advance(.seconds(700))
        rig.feed(.reloaded(configuration([limited(2, try daily("*:0/5"))])))
        rig.advance(.seconds(7200))
        #expect(rig.calls.count == 2)
    }

    @Test func `a limit counts for what follows exports and campaigns as well`() throws {
        let after = campaign("second", .after("first", delay: .zero), [other]) { $0.maximumOccurrences = 1 }
        let fresh = campaign("fresh", .afterExport) { $0.maximumOccurrences = 1 }
        var rig = Rig(configuration([campaign("first", try daily("*:0/30")), after, fresh]))
        rig.finishedExports = [finished("1", at: ten - .seconds(7200))]
        rig.advance(.seconds(600))
        for id in ["2", "3"] {
            rig.finishedExports.insert(finished(id, at: rig.now.wall), at: 0)
            rig.advance(.seconds(4000))
        }
        #expect(rig.finished == [1, 1])
        #expect(rig.calls.flatMap(\.pairs).count { $0 == other } == 1)
        let questions = rig.asks.count { $0 == "export" }
        rig.feed(.reloaded(configuration([after, fresh])))
        rig.advance(.seconds(86_400))
        #expect(rig.asks.count { $0 == "export" } == questions, "nobody waits for an export any more")
    }

    // MARK: Days that are read anew

    @Test func `a calendar that is edited counts from then on`() throws {
        let tuesday = CivilDay(year: 2026, month: 11, day: 24)
        func sale(_ days: [CivilDay]) throws -> Configuration {
            let part = Timetable.Part(.calendar(try CalendarExpression(parsing: "*-*-* 10:30")), in: .utc)
            return configuration([
                campaign(
                    "sale",
                    .timetable(
                        Timetable(
                            parts: [part], rules: DayRules(except: [DayCalendar(name: "holidays", days: days)]),
                            text: "10:30 except holidays")))
            ])
        }
        var rig = Rig(try sale([tuesday]))
        rig.advance(.seconds(2400))
        #expect(rig.calls.isEmpty)
        rig.feed(.reloaded(try sale([])))
        #expect(rig.calls.isEmpty, "10:30 of today has passed while it was a holiday")
        rig.advance(.seconds(86_400))
        #expect(rig.calls.count == 1)
    }
}
