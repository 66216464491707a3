import Chronology
import SchedulerCore
import Testing

/// Goal: a blackout covers its first moment and not its end, and is shown as it is kept.
@Suite struct BlackoutTests {
    private let day = Duration.seconds(86_400)
    private let moment = Duration.milliseconds(1)

    private func fixed() -> Blackout {
        Blackout(name: "freeze", span: .fixed(from: ten, until: ten + .seconds(3600)))
    }

    /// An hour each day from ten on.
    private func repeating() throws -> Blackout {
        let expression = try CalendarExpression(parsing: "*-*-* 10:00")
        let timetable = Timetable(schedule: .calendar(expression), zone: .utc, text: "10:00")
        return Blackout(name: "freeze", span: .repeating(timetable, length: .seconds(3600)))
    }

    /// Of November 2026; it is the 24th.
    private func days(_ days: [Int]) -> Blackout {
        let calendar = DayCalendar(name: "fair", days: days.map { CivilDay(year: 2026, month: 11, day: $0) })
        return Blackout(name: "freeze", span: .days(calendar, in: .utc))
    }

    private func shown(
        _ blackout: Blackout, from: Instant, until: Instant, limit: Int = 10
    ) -> [[Instant]] {
        blackout.windows(from: from, until: until, limit: limit).map { [$0.from, $0.until] }
    }

    @Test func `a span covers its first moment, and not the one at which it ends`() throws {
        let end = ten + .seconds(3600)
        for blackout in [fixed(), try repeating()] {
            #expect(blackout.end(at: ten - moment) == nil)
            #expect(blackout.end(at: ten) == end)
            #expect(blackout.end(at: end - moment) == end)
            #expect(blackout.end(at: end) == nil)
        }
        let daily = try repeating()
        #expect(daily.end(at: ten + day) == end + day)
    }

    @Test func `days that stand side by side end together`() {
        let midnight = ten + .seconds(14 * 3600)  // of the 25th
        let fair = days([25, 26])
        #expect(fair.end(at: midnight - moment) == nil)
        #expect(fair.end(at: midnight) == midnight + day * 2)
        #expect(fair.end(at: midnight + day) == midnight + day * 2)
        #expect(fair.end(at: midnight + day * 2) == nil)
    }

    @Test func `a window is shown while a part of it lies between two instants`() throws {
        let end = ten + .seconds(3600)
        for blackout in [fixed(), try repeating()] {
            #expect(shown(blackout, from: end, until: end + .seconds(3600)).isEmpty)
            #expect(shown(blackout, from: end - moment, until: end + .seconds(3600)) == [[ten, end]])
            #expect(shown(blackout, from: ten - .seconds(3600), until: ten).isEmpty)
            #expect(shown(blackout, from: ten - .seconds(3600), until: ten + moment) == [[ten, end]])
        }
    }

    @Test func `no more windows are shown than are asked for`() throws {
        let daily = try repeating()
        let all = shown(daily, from: ten, until: ten + day * 3)
        #expect(all.map { $0[0] } == [ten, ten + day, ten + day * 2])
        #expect(shown(daily, from: ten, until: ten + day * 3, limit: 2).count == 2)
        #expect(shown(days([25, 27, 29]), from: ten, until: ten + day * 9, limit: 2).count == 2)
    }

    @Test func `days are shown as windows of whole days`() {
        let midnight = ten + .seconds(14 * 3600)  // of the 25th
        let fair = days([25, 26, 28])
        let first = [midnight, midnight + day * 2]
        let second = [midnight + day * 3, midnight + day * 4]
        #expect(shown(fair, from: ten, until: ten + day * 9) == [first, second])
        #expect(shown(fair, from: midnight + .seconds(60), until: midnight + day * 3) == [first])
    }
}
