// When a campaign of the simulation is due, by arithmetic on minutes: a second opinion on the calendar's code, which it
// does not use. In UTC, or by a clock that is moved once or more often; on every day, or as some calendars say.

internal import Chronology
internal import PlatformModel

struct Rhythm: Equatable {
    /// Minutes of the day, in order.
    var minutes: [Int]
    /// 0 for Monday to 6 for Sunday.
    var weekdays: Set<Int>
    /// The same as a calendar expression or a cron line.
    var expression: String
    var isCron: Bool
    /// Nil for UTC.
    var zone: MovedClock?
    /// Nil for all days.
    var days: DrawnDays?

    init(minutes: [Int], weekdays: Set<Int>, text: String, isCron: Bool) {
        (self.minutes, self.weekdays, self.isCron) = (minutes, weekdays, isCron)
        expression = text
    }

    /// What an admin wrote.
    var text: String { days.map { "\(expression), \($0.words)" } ?? expression }

    var zoneName: String { zone == nil ? "UTC" : MovedClock.name }

    static func everyDay(_ minutes: [Int], _ text: String, isCron: Bool = false) -> Rhythm {
        Rhythm(minutes: minutes, weekdays: Set(0...6), text: text, isCron: isCron)
    }

    /// For a time that does not come within some years.
    static let never = Instant(milliseconds: 1 << 60)
    private static let farthest: Int64 = 1500

    /// The first time strictly after an instant.
    func next(after instant: Instant) -> Instant {
        // A clock shows a time no more than a day earlier or later than UTC's.
        let first = instant.milliseconds / DrawnDays.dayMilliseconds - (zone == nil ? 0 : 2)
        for day in first..<first + Self.farthest where comes(on: day) {
            for minute in minutes {
                let shown = day * DrawnDays.dayMilliseconds + Int64(minute) * 60_000
                let at = zone?.first(showing: shown) ?? shown
                if at > instant.milliseconds { return Instant(milliseconds: at) }
            }
        }
        return Self.never
    }

    private func comes(on day: Int64) -> Bool {
        days?.comes(weekdays, on: day) ?? weekdays.contains(DrawnDays.weekday(day))
    }

    var timetable: Timetable? {
        guard let schedule else { return nil }
        return Timetable(
            parts: [Timetable.Part(schedule, in: zone?.zone ?? .utc)], rules: days?.rules ?? DayRules(), text: text)
    }

    private var schedule: Schedule? {
        isCron
            ? (try? CronExpression(parsing: expression)).map { .cron($0) }
            : (try? CalendarExpression(parsing: expression)).map { .calendar($0) }
    }
}

/// The clock of a zone that is moved once in a world, or forth and back again and again.
struct MovedClock: Equatable {
    private struct Change: Equatable {
        /// By milliseconds since 1970.
        var at: Int64
        /// Milliseconds that the clock is ahead of UTC from then on.
        var ahead: Int64
    }

    /// Milliseconds that the clock is ahead of UTC before the first change.
    private let before: Int64
    /// In their order.
    private let changes: [Change]

    static let name = "Simulated/Moved"

    /// Clocks of before and after, in minutes ahead of UTC: summer and winter, half an hour, and an island that leaves a day
    /// out.
    private static let moves = [(60, 120), (120, 60), (-300, -240), (-240, -300), (630, 660), (-660, 840), (345, 345)]
    /// Of changes that are drawn.
    private static let most = 20

    /// Nil for a world without one.
    init?(_ options: SimulationOptions) {
        var chance = SplitMix(seed: options.seed ^ 0x6d6f_7665_6463)
        guard chance.hits(percent: 20) else { return nil }
        let move = Self.moves[Int(chance.below(UInt64(Self.moves.count)))]
        let (before, after) = (Int64(move.0) * 60_000, Int64(move.1) * 60_000)
        let hours = Int64(chance.below(UInt64(max(1, options.hours))))
        let first = CampaignPlan.start.milliseconds + hours * 3_600_000
        self.before = before
        var changes = before == after ? [] : [Change(at: first, ahead: after)]
        // Drawn aside, so that a seed's world is the same but for this.
        var aside = SplitMix(seed: options.seed ^ 0x6d6f_7665_6461)
        if aside.hits(percent: 50), before != after {
            // Summers and winters, as short as the world is. Nobody leaves a day out more often than once.
            let other = abs(after - before) > 7_200_000 ? after + 3_600_000 : before
            let least = max(7_200_000, Int64(options.hours) * 3_600_000 / Int64(Self.most))
            var at = first
            for number in 1..<Self.most {
                at += least + Int64(aside.below(UInt64(least)))
                changes.append(Change(at: at / 60_000 * 60_000, ahead: number % 2 == 1 ? other : after))
            }
        }
        self.changes = changes
    }

    /// The first instant at which the clock shows a time, or a later one.
    func first(showing time: Int64) -> Int64 {
        var (begin, ahead) = (Int64.min, before)
        for change in changes {
            let at = max(begin, time - ahead)
            if at < change.at { return at }
            (begin, ahead) = (change.at, change.ahead)
        }
        return max(begin, time - ahead)
    }

    var zone: Zone {
        let start = CampaignPlan.start
        return Zone(
            ZoneExcerpt(
                name: Self.name, from: start, until: start + ZoneExcerpt.span, offset: Int(before / 1000),
                changes: changes.map { .init(at: Instant(milliseconds: $0.at), offset: Int($0.ahead / 1000)) }))
    }
}
