// When a campaign of the simulation is due, by arithmetic on minutes: a second opinion on the calendar's code, which it
// does not use. In UTC, or by a clock that is moved once.

internal import Chronology
internal import PlatformModel

struct Rhythm: Equatable {
    /// Minutes of the day, in order.
    var minutes: [Int]
    /// 0 for Monday to 6 for Sunday.
    var weekdays: Set<Int>
    /// The same as a calendar expression or a cron line.
    var text: String
    var isCron: Bool
    /// Nil for UTC.
    var zone: MovedClock?

    var zoneName: String { zone == nil ? "UTC" : MovedClock.name }

    static func everyDay(_ minutes: [Int], _ text: String, isCron: Bool = false) -> Rhythm {
        Rhythm(minutes: minutes, weekdays: Set(0...6), text: text, isCron: isCron)
    }

    private static let dayMilliseconds: Int64 = 86_400_000

    /// The first time strictly after an instant.
    func next(after instant: Instant) -> Instant {
        // A clock shows a time no more than a day earlier or later than UTC's.
        var day = instant.milliseconds / Self.dayMilliseconds - (zone == nil ? 0 : 2)
        while true {
            // 1 January 1970 was a Thursday.
            if weekdays.contains(Int((day + 3) % 7)) {
                for minute in minutes {
                    let shown = day * Self.dayMilliseconds + Int64(minute) * 60_000
                    let at = zone?.first(showing: shown) ?? shown
                    if at > instant.milliseconds { return Instant(milliseconds: at) }
                }
            }
            day += 1
        }
    }

    var timetable: Timetable? {
        if isCron {
            guard let expression = try? CronExpression(parsing: text) else { return nil }
            return Timetable(schedule: .cron(expression), zone: zone?.zone ?? .utc, text: text)
        }
        guard let expression = try? CalendarExpression(parsing: text) else { return nil }
        return Timetable(schedule: .calendar(expression), zone: zone?.zone ?? .utc, text: text)
    }
}

/// The clock of a zone that is moved once in a world.
struct MovedClock: Equatable {
    /// By milliseconds since 1970.
    private let change: Int64
    /// Milliseconds that the clock is ahead of UTC before and after it.
    private let before: Int64
    private let after: Int64

    static let name = "Simulated/Moved"

    /// Clocks of before and after, in minutes ahead of UTC: summer and winter, half an hour, and an island that leaves a day
    /// out.
    private static let moves = [(60, 120), (120, 60), (-300, -240), (-240, -300), (630, 660), (-660, 840), (345, 345)]

    /// Nil for a world without one.
    init?(_ options: SimulationOptions) {
        var chance = SplitMix(seed: options.seed ^ 0x6d6f_7665_6463)
        guard chance.hits(percent: 20) else { return nil }
        let move = Self.moves[Int(chance.below(UInt64(Self.moves.count)))]
        (before, after) = (Int64(move.0) * 60_000, Int64(move.1) * 60_000)
        let hours = Int64(chance.below(UInt64(max(1, options.hours))))
        change = CampaignPlan.start.milliseconds + hours * 3_600_000
    }

    /// The first instant at which the clock shows a time, or a later one.
    func first(showing time: Int64) -> Int64 {
        if time < change + before { return time - before }
        return max(change, time - after)
    }

    var zone: Zone {
        let changes: [ZoneExcerpt.Change] =
            before == after ? [] : [.init(at: Instant(milliseconds: change), offset: Int(after / 1000))]
        let start = CampaignPlan.start
        return Zone(
            ZoneExcerpt(
                name: Self.name, from: start, until: start + ZoneExcerpt.span, offset: Int(before / 1000),
                changes: changes))
    }
}
