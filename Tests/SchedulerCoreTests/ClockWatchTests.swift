import Chronology
import SchedulerCore
import Testing

/// Goal: a clock that is wrong, or was, is told; nothing is fired twice by setting it right, and nothing stays silent unsaid.
@Suite struct ClockWatchTests {
    private func texts(_ rig: Rig) -> [String] {
        rig.effects.compactMap { effect in
            if case .notify(let notification) = effect, notification.kind == .clock { notification.text } else { nil }
        }
    }

    /// A clock that was three days ahead for a while, while "sale" is due every day at 10:30.
    private func setRight() throws -> Rig {
        var rig = Rig(configuration([campaign("sale", try daily("10:30"))]))
        rig.now.wall = ten + .seconds(3 * 86_400 + 1800)
        rig.feed(.woke)
        #expect(rig.skips.map(\.reason) == [.missed] && rig.calls.count == 1)
        rig.advance(.seconds(600))
        rig.now.wall = ten + .seconds(600)
        rig.feed(.woke)
        return rig
    }

    @Test func `marks that lie ahead of a clock that was set right are told, once`() throws {
        var rig = try setRight()
        #expect(texts(rig).count == 1)
        #expect(texts(rig).first?.hasPrefix("sale is decided up to 2026-11-27T10:30:00.000Z") == true)
        let ahead = rig.scheduler.marksAhead(at: rig.now)
        #expect(ahead == MarksAhead(count: 1, furthest: "sale", until: ten + .seconds(3 * 86_400 + 1800)))
        #expect(rig.scheduler.isClockDoubtful(at: rig.now))
        #expect(rig.scheduler.statusSentence(at: rig.now).hasPrefix("clock behind what is decided: sale silent until"))
        rig.advance(.seconds(86_400))
        #expect(texts(rig).count == 1)
        // And again after a start, which knows nothing of it.
        rig.restart()
        #expect(texts(rig).count == 2)
        // Over when the clock has come so far.
        rig.advance(.seconds(3 * 86_400))
        #expect(rig.scheduler.marksAhead(at: rig.now) == nil && !rig.scheduler.isClockDoubtful(at: rig.now))
        #expect(texts(rig).count == 2)
    }

    @Test(arguments: [(60, false), (61, true)])
    func `a clock may be corrected by a minute without a word`(seconds: Int, isTold: Bool) throws {
        var rig = Rig(configuration([campaign("sale", try daily("*:*"))]))
        rig.advance(.seconds(300))
        rig.now.wall = rig.now.wall - .seconds(seconds)
        rig.feed(.woke)
        #expect(texts(rig).isEmpty != isTold)
    }

    @Test func `nothing is told of marks that silence nobody`() throws {
        var rig = Rig(configuration([campaign("sale", try daily("10:30")), campaign("by-hand")]))
        rig.now.wall = ten + .seconds(900)
        rig.feed(.woke)
        rig.feed(.reloaded(configuration([campaign("sale", try daily("10:45")), campaign("by-hand")])))
        rig.now.wall = ten
        rig.feed(.woke)
        #expect(texts(rig).isEmpty && rig.scheduler.marksAhead(at: rig.now) == nil)
    }

    @Test func `a person has times fall due again, and what was fired is skipped as the journal says`() throws {
        var rig = try setRight()
        guard case .done(let text, _)? = rig.command(.recount(.campaign("sale"))) else {
            Issue.record("the order was refused")
            return
        }
        #expect(text.hasPrefix("1 campaign counts from 2026-11-24T10:10:00.000Z again"))
        #expect(rig.scheduler.state.campaigns["sale"]?.highWater == ten + .seconds(600))
        #expect(rig.scheduler.marksAhead(at: rig.now) == nil)
        rig.advance(.seconds(3600))
        #expect(rig.calls.count == 2, "10:30 of today, which was only skipped")
        // What the journal refuses, since it was fired.
        rig.feed(.admittedBefore([Admission("sale", ten + .seconds(3 * 86_400 + 1800), .timetable)]))
        rig.advance(.seconds(3 * 86_400))
        #expect(rig.calls.count == 4)
        #expect(rig.skips.map(\.reason) == [.missed, .decided])
    }

    @Test(arguments: [PauseScope.all, .campaign("sale")])
    func `where nothing is decided beyond the clock there is nothing to set back`(scope: PauseScope) throws {
        var rig = Rig(configuration([campaign("sale", try daily("10:30"))]))
        let before = rig.records.count
        guard case .refused? = rig.command(.recount(scope)) else {
            Issue.record("it was set back")
            return
        }
        #expect(rig.records.count == before)
    }

    @Test func `marks of removed campaigns are set back with all others`() throws {
        var rig = try setRight()
        let settings = rig.scheduler.configuration
        rig.feed(.reloaded(configuration([])))
        _ = rig.command(.recount(.all))
        #expect(rig.scheduler.state.removedMarks == ["sale": ten + .seconds(600)])
        rig.feed(.reloaded(settings))
        rig.advance(.seconds(3600))
        #expect(rig.calls.count == 2)
    }

    @Test func `nobody recounts a campaign that is not there`() {
        var rig = Rig(configuration([campaign("sale")]))
        guard case .refused(let why)? = rig.command(.recount(.campaign("other"))) else {
            Issue.record("it was set back")
            return
        }
        #expect(why.hasPrefix("no campaign is called"))
    }

    // MARK: A clock that is not synchronised

    /// At 10:29:30, with "sale" due at 10:30 and never late.
    private func unsynchronised() throws -> Rig {
        let settings = configuration([campaign("sale", try daily("10:30")) { $0.catchUp = .zero }])
        var rig = Rig(settings, at: ten + .seconds(1770))
        rig.scheduler = Scheduler(state: rig.scheduler.state, configuration: settings)
        rig.feed(.clockSynchronised(false))
        rig.feed(.started(settings))
        return rig
    }

    @Test func `nothing falls due while the clock is waited for, and nothing is lost by that`() throws {
        var rig = try unsynchronised()
        #expect(rig.scheduler.statusSentence(at: rig.now).hasPrefix("nothing falls due before Tue 10:31"))
        rig.advance(.seconds(119))
        #expect(rig.calls.isEmpty && texts(rig).isEmpty)
        #expect(rig.scheduler.clockWait(at: rig.now) == ten + .seconds(1890))
        rig.advance(.seconds(1))
        #expect(rig.calls.count == 1 && rig.skips.isEmpty)
        #expect(texts(rig).count == 1)
        #expect(rig.scheduler.clockWait(at: rig.now) == nil)
    }

    @Test func `a clock that is synchronised ends the wait, and nobody is told`() throws {
        var rig = try unsynchronised()
        rig.advance(.seconds(60))
        // It was a day behind.
        rig.now.wall = rig.now.wall + .seconds(86_400)
        rig.feed(.clockSynchronised(true))
        #expect(rig.calls.count == 1 && rig.skips.map(\.reason) == [.missed])
        #expect(texts(rig).isEmpty && rig.scheduler.isClockSynchronised)
    }

    @Test func `what is due is due under the rules of before a reload, which ends the wait`() throws {
        var rig = try unsynchronised()
        rig.advance(.seconds(60))
        rig.feed(.reloaded(configuration([campaign("sale", try daily("12:00"))])))
        #expect(rig.calls.count == 1)
    }

    @Test func `what depends on age waits for a day where the clock is never synchronised`() throws {
        var rig = try unsynchronised()
        rig.advance(.seconds(86_399))
        #expect(rig.scheduler.isClockDoubtful(at: rig.now))
        rig.advance(.seconds(1))
        #expect(!rig.scheduler.isClockDoubtful(at: rig.now))
    }

    @Test(arguments: [Instant(milliseconds: 1_577_836_800_000), ten + .seconds(400 * 86_400)])
    func `a campaign that was taken into use by an unset clock counts from the same moment when it is set`(
        unset: Instant
    ) throws {
        let settings = configuration([campaign("sale", try daily("09:45")), campaign("next", try daily("10:10"))])
        var rig = Rig(settings)
        rig.scheduler = Scheduler(configuration: settings)
        rig.records = []
        rig.now.wall = unset
        rig.feed(.clockSynchronised(false))
        rig.feed(.started(settings))
        rig.pass(.seconds(20))
        rig.now.wall = ten
        rig.feed(.clockSynchronised(true))
        rig.advance(.seconds(60))
        #expect(rig.skips.isEmpty && rig.calls.isEmpty, "09:45 was before anybody knew of the campaign")
        rig.advance(.seconds(900))
        #expect(rig.calls.count == 1)
    }

    @Test func `a clock that is right before it is synchronised loses nothing that fell due meanwhile`() throws {
        let settings = configuration([campaign("sale", try daily("10:01"))])
        var rig = Rig(settings)
        rig.scheduler = Scheduler(configuration: settings)
        rig.records = []
        rig.feed(.clockSynchronised(false))
        rig.feed(.started(settings))
        rig.advance(.seconds(90))
        #expect(rig.calls.isEmpty)
        rig.feed(.clockSynchronised(true))
        #expect(rig.calls.count == 1)
    }
}
