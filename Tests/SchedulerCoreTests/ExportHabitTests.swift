import Chronology
import SchedulerCore
import Testing

/// Goal: when exports usually run is foretold from those that were seen, and from nothing else.
@Suite struct ExportHabitTests {
    /// Monday 2 November 2026, 00:00 UTC.
    private let monday = Instant(rfc3339: "2026-11-02T00:00:00Z") ?? Instant(milliseconds: 0)

    private func seen(_ day: Int, _ start: Int, _ length: Int) -> ExportObservation {
        let startedAt = monday + .seconds(day * 86_400 + start * 60)
        return ExportObservation(
            job: "\(day)/\(start)", startedAt: startedAt, endedAt: startedAt + .seconds(length * 60))
    }

    private func minutes(_ count: Int) -> Duration { .seconds(count * 60) }

    @Test func `a daily export usually begins and ends at the medians, and at the latest at the latest`() {
        let habit = ExportHabit([
            seen(0, 120, 40), seen(1, 125, 45), seen(2, 121, 90), seen(3, 119, 44), seen(4, 124, 43),
        ])
        #expect(
            habit.spans == [
                ExportHabit.Span(start: minutes(121), usualLength: minutes(46), latestLength: minutes(90), count: 5)
            ])
        #expect(habit.count == 5)
    }

    @Test func `the order in which exports were seen does not matter`() {
        let all = (0..<30).flatMap { day in
            [seen(day, 120 + day % 7, 30 + day % 5), seen(day, 23 * 60 + 55 + day % 9, 20)]
        }
        let habit = ExportHabit(all)
        #expect(ExportHabit(all.reversed()) == habit)
        #expect(habit.spans.count == 2)
    }

    @Test func `an export around midnight is one, on the right days`() throws {
        // Sundays only, ten to midnight or ten past it.
        let habit = ExportHabit(
            [0, 1, 2, 3].map { week in seen(week * 7 + 6, 24 * 60 + (week % 2 == 0 ? 10 : -10), 30) })
        #expect(habit.spans.count == 1)
        let expected = habit.expected(from: monday + .seconds(30 * 86_400), until: monday + .seconds(42 * 86_400))
        #expect(expected.map { $0.start.rfc3339 } == ["2026-12-06T23:50:00.000Z", "2026-12-13T23:50:00.000Z"])
    }

    @Test func `exports of workdays are not expected at the weekend`() {
        let days = (0..<28).filter { $0 % 7 < 5 }
        let habit = ExportHabit(days.map { seen($0, 120, 40) })
        #expect(habit.spans.map(\.weekdays) == [[0, 1, 2, 3, 4]])
        let saturday = monday + .seconds(33 * 86_400)
        #expect(habit.expected(from: saturday, until: saturday + .seconds(2 * 86_400)).isEmpty)
    }

    @Test func `a weekday that takes longer is foretold by itself`() {
        let habit = ExportHabit((0..<28).map { seen($0, 120, $0 % 7 == 0 ? 100 : 40) })
        #expect(habit.spans.map(\.weekdays) == [[0], [1, 2, 3, 4, 5, 6]])
        #expect(habit.spans.map(\.usualLength) == [minutes(100), minutes(40)])
    }

    @Test func `what was given up long ago is no habit any more, and one export among many is none`() {
        let given = (0..<10).map { seen($0, 120, 40) } + (10..<30).map { seen($0, 600, 40) } + [seen(29, 1000, 5)]
        #expect(ExportHabit(given).spans.map(\.start) == [minutes(600)])
    }

    @Test(arguments: [(8, 2), (9, 1)])
    func `a habit that was not seen for more than eight days is over`(newest: Int, habits: Int) {
        let given = [seen(0, 120, 40), seen(1, 120, 40)] + (0...newest).map { seen($0, 600, 40) }
        #expect(ExportHabit(given).spans.count == habits)
    }

    @Test func `nothing seen is nothing expected, and one export is the only guess there is`() {
        #expect(ExportHabit([]).expected(from: monday, until: monday + .seconds(86_400)).isEmpty)
        #expect(ExportHabit([seen(0, 120, 40)]).spans.count == 1)
    }

    @Test func `times that no clock shows make no habit and no trap`() {
        let far = Instant(milliseconds: .max)
        let odd = [
            ExportObservation(job: "1", startedAt: far, endedAt: far),
            ExportObservation(job: "2", startedAt: Instant(milliseconds: .min), endedAt: far),
        ]
        #expect(ExportHabit(odd).isEmpty)
        let habit = ExportHabit([seen(0, 120, 40)])
        #expect(habit.expected(from: Instant(milliseconds: .min), until: far).isEmpty)
        #expect(habit.end(ofOneSince: far) == nil)
    }

    @Test func `one that began late is expected to take as long as usual`() {
        let habit = ExportHabit((0..<5).map { seen($0, 120, 40) })
        let start = monday + .seconds(10 * 86_400) + minutes(150)
        #expect(habit.end(ofOneSince: start)?.usualEnd == start + minutes(40))
        #expect(habit.end(ofOneSince: start + minutes(300)) == nil)
    }

    @Test func `an export may take no time, and up to a day`() {
        func count(_ milliseconds: Int) -> Int {
            let startedAt = monday + minutes(120)
            return ExportHabit([
                ExportObservation(job: "1", startedAt: startedAt, endedAt: startedAt + .milliseconds(milliseconds))
            ]).count
        }
        #expect([-1, 0, 86_400_000, 86_400_001].map(count) == [0, 1, 1, 0])
        let habit = ExportHabit([seen(0, 120, 0), seen(1, 120, 0), seen(2, 120, 0)])
        #expect(habit.spans.map(\.usualLength) == [.zero] && habit.spans.map(\.latestLength) == [.zero])
    }

    @Test(arguments: [(60, [120]), (61, [120, 181])])
    func `beginnings up to an hour apart are one habit`(apart: Int, starts: [Int]) {
        let habit = ExportHabit((0..<4).flatMap { day in [seen(day, 120, 10), seen(day, 120 + apart, 10)] })
        #expect(habit.spans.map(\.start) == starts.map(minutes))
    }

    @Test(arguments: [(3, 3), (4, 0)])
    func `exports of which each came at another time are guesses up to three of them`(count: Int, spans: Int) {
        let habit = ExportHabit((0..<count).map { seen($0, 120 + $0 * 180, 10) })
        #expect(habit.spans.count == spans)
    }

    @Test func `an export at midnight is one of the day that begins`() {
        let habit = ExportHabit((0..<4).map { seen($0 * 7, 0, 30) })
        #expect(
            habit.spans == [
                ExportHabit.Span(
                    start: .zero, usualLength: minutes(30), latestLength: minutes(30), weekdays: [0], count: 4)
            ])
    }

    // The first day is a Monday.
    @Test func `a weekday has a length of its own from three exports on, where it differs by more than ten minutes`() {
        func lengths(weeks: Int, _ length: Int) -> [Duration] {
            ExportHabit((0..<weeks * 7).map { seen($0, 120, $0 % 7 == 0 ? length : 40) }).spans.map(\.usualLength)
        }
        #expect(lengths(weeks: 3, 51) == [minutes(51), minutes(40)])
        #expect(lengths(weeks: 3, 50) == [minutes(40)])
        #expect(lengths(weeks: 2, 51) == [minutes(40)])
    }

    @Test func `an export counts as the usual one up to two hours beside its time`() {
        let habit = ExportHabit((0..<5).map { seen($0, 600, 40) })
        let usual = monday + .seconds(10 * 86_400) + minutes(600)
        for start in [usual - minutes(120), usual + minutes(120)] {
            #expect(habit.end(ofOneSince: start)?.usualEnd == start + minutes(40))
        }
        #expect(habit.end(ofOneSince: usual - minutes(120) - .milliseconds(1)) == nil)
        #expect(habit.end(ofOneSince: usual + minutes(120) + .milliseconds(1)) == nil)
    }

    @Test func `an export is expected while a part of it lies between two instants`() {
        let habit = ExportHabit((0..<5).map { seen($0, 600, 40) })
        let start = monday + .seconds(10 * 86_400) + minutes(600)
        let end = start + minutes(40)
        let moment = Duration.milliseconds(1)
        #expect(habit.expected(from: start - minutes(60), until: start).isEmpty)
        #expect(habit.expected(from: start - minutes(60), until: start + moment).map(\.start) == [start])
        #expect(habit.expected(from: end - moment, until: end + minutes(60)).map(\.start) == [start])
        #expect(habit.expected(from: end, until: end + minutes(60)).isEmpty)
    }

    @Test(arguments: [(999, false), (1000, true)])
    func `nothing is foretold of a thousand days at once`(days: Int, isEmpty: Bool) {
        let habit = ExportHabit((0..<5).map { seen($0, 600, 40) })
        let noon = monday + minutes(720)
        #expect(habit.expected(from: noon, until: noon + .seconds(days * 86_400)).isEmpty == isEmpty)
    }
}
