import Chronology
import Foundation
import Testing

/// Goal: a recurrence rule comes when an established library says.
///
/// `CHRONOLOGY_RULES` sets how many rules are tried; `CHRONOLOGY_SEED` which.
@Suite(.enabled(if: Dateutil.python != nil, "dateutil is not here; Debian has it in python3-dateutil"))
struct DateutilTests {
    private static let count = 24
    private static let rules = ProcessInfo.processInfo.environment["CHRONOLOGY_RULES"].flatMap { Int($0) } ?? 500

    /// By the clock alone: zones are the business of other suites. What dateutil takes otherwise, and is therefore not made,
    /// is named in `Dice.recurrence`.
    @Test func `generated rules come when dateutil says, from the beginning and later`() throws {
        var dice = Dice(seed: GeneratedScheduleTests.seed)
        var (rules, questions): ([GeneratedRecurrence], [Dateutil.Question]) = ([], [])
        while rules.count < Self.rules {
            let rule = dice.recurrence(years: 1971...2040)
            let from = rule.from.unzonedSeconds
            // Later by up to a few hundred of its times, so that dateutil, which walks there, arrives.
            let reach = [
                "YEARLY": 3_000_000_000, "MONTHLY": 1_000_000_000, "WEEKLY": 200_000_000, "DAILY": 60_000_000,
                "HOURLY": 5_000_000, "MINUTELY": 300_000,
            ]
            let after = dice.chance(30) ? from - 1 : from + Int64(dice.roll(0...(reach[rule.frequency] ?? 20_000)))
            let years = ["YEARLY": 60, "MONTHLY": 20, "WEEKLY": 5, "DAILY": 2][rule.frequency] ?? 0
            let lastYear = LocalTime(unzonedSeconds: after).day.year + years
            rules.append(rule)
            questions.append(.init(rule: rule.text, from: from, after: after, lastYear: lastYear))
        }
        let theirs = try Dateutil.times(questions, count: Self.count)
        var (agreed, times, refused) = (0, 0, 0)
        for (index, rule) in rules.enumerated() {
            guard let expected = theirs[index] else {
                refused += 1
                continue
            }
            let timetable = try recurrence(rule.text, from: rule.from, .utc)
            var ours: [Instant] = []
            while ours.count < Self.count,
                let next = timetable.next(after: ours.last ?? Instant(seconds: questions[index].after)),
                timetable.zone.local(at: next).day.year <= questions[index].lastYear
            {
                if let last = ours.last { try #require(timetable.previous(before: next) == last, "\(rule.text)") }
                ours.append(next)
            }
            let difference =
                zip(ours, expected).first { $0 != $1 }
                .map { "\($0.rfc3339), theirs is \($1.rfc3339)" } ?? "\(ours.count) times, theirs are \(expected.count)"
            let begin = Instant(seconds: rule.from.unzonedSeconds).rfc3339
            let after = Instant(seconds: questions[index].after).rfc3339
            try #require(ours == expected, "\(rule.text) from \(begin) after \(after): ours is \(difference)")
            agreed += 1
            times += ours.count
        }
        print(
            "dateutil \(Dateutil.version): \(agreed) rules with \(times) times agree; it refuses or gives up \(refused)"
        )
        #expect(agreed > rules.count * 9 / 10)
    }
}
