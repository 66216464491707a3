// Days on which a campaign of the simulation does not come, and days to which it is moved, by arithmetic on days: a second opinion
// on the calendar's code, which it does not use. A file of holidays is read long before, and comes to the same sets of days.
//
// Days are counted from 1970-01-01.

internal import Chronology
internal import PlatformModel

/// The calendars of one world.
struct DrawnCalendars: Equatable {
    var holidays: Set<Int64> = []
    /// Days on which something is open.
    var openDays: Set<Int64> = []

    /// Longer than any world, and than what its healing takes.
    private static let span: Int64 = 760
    /// Before the start of a world: a clock may be wrong.
    private static let before: Int64 = 40

    /// Drawn by a stream of its own: a seed's world is the same but for this.
    ///
    /// - Returns: Nil for a world without any.
    init?(_ options: SimulationOptions) {
        var chance = SplitMix(seed: options.seed ^ 0x686f_6c69_6461_7973)
        let isDrawn = options.size == .usual && chance.hits(percent: 20)
        guard isDrawn || options.oddities.contains(.calendars) else { return nil }
        let start = CampaignPlan.start.milliseconds / DrawnDays.dayMilliseconds
        for day in start - Self.before..<start + Self.span {
            if chance.hits(percent: 15) { holidays.insert(day) }
            if chance.hits(percent: 70) { openDays.insert(day) }
        }
    }
}

/// What a campaign makes of them.
struct DrawnDays: Equatable {
    private var holidays: Set<Int64> = []
    /// Nil: every day.
    private var openDays: Set<Int64>?
    private var shift: DayRules.Shift?
    private var weekend: Set<Int> = [5, 6]
    /// Single days that are left out before anything is moved.
    private var excluded: Set<Int64> = []

    static let dayMilliseconds: Int64 = 86_400_000
    /// The farthest that a time is moved, in days.
    private static let farthest: Int64 = 60

    init(_ calendars: DrawnCalendars, _ chance: inout SplitMix) {
        switch chance.below(4) {
        case 0: openDays = calendars.openDays
        case 1: (holidays, openDays) = (calendars.holidays, calendars.openDays)
        default: holidays = calendars.holidays
        }
        shift = [nil, .nextWorkingDay, .previousWorkingDay][Int(chance.below(3))]
        weekend = [[5, 6], [], [6]][Int(chance.below(3))]
        guard chance.hits(percent: 30) else { return }
        let start = CampaignPlan.start.milliseconds / Self.dayMilliseconds
        for _ in 0..<20 { excluded.insert(start + Int64(chance.below(100))) }
    }

    // MARK: By arithmetic

    /// Whether the times of some weekdays come on a day.
    ///
    /// - Parameter weekdays: 0 for Monday to 6 for Sunday.
    func comes(_ weekdays: Set<Int>, on day: Int64) -> Bool {
        func isMeant(_ day: Int64) -> Bool { weekdays.contains(Self.weekday(day)) && !excluded.contains(day) }
        guard let shift else { return admits(day) && isMeant(day) }
        guard isWorkingDay(day) else { return false }
        if isMeant(day) { return true }
        // What lies in the days off beside it comes here as well.
        let step: Int64 = shift == .nextWorkingDay ? -1 : 1
        for distance in 1...Self.farthest {
            let other = day + step * distance
            if isWorkingDay(other) { return false }
            if isMeant(other) { return true }
        }
        return false
    }

    private func admits(_ day: Int64) -> Bool { !holidays.contains(day) && openDays?.contains(day) ?? true }

    private func isWorkingDay(_ day: Int64) -> Bool { !weekend.contains(Self.weekday(day)) && admits(day) }

    /// 1 January 1970 was a Thursday.
    static func weekday(_ day: Int64) -> Int { Int((day + 3) % 7) }

    // MARK: As the daemon has it

    var rules: DayRules {
        DayRules(
            except: holidays.isEmpty ? [] : [DayCalendar(name: "holidays", days: Self.days(holidays))],
            only: openDays.map { [DayCalendar(name: "open", days: Self.days($0))] } ?? [],
            shift: shift, weekend: weekend.sorted(), excludedDays: Self.days(excluded))
    }

    /// Beside the expression: rules that differ read differently.
    var words: String {
        var words: [String] = []
        if !holidays.isEmpty { words.append("except holidays") }
        if openDays != nil { words.append("only open") }
        if let shift { words.append("shift \(shift.rawValue), weekend \(weekend.sorted())") }
        if !excluded.isEmpty { words.append("without \(excluded.sorted())") }
        return words.joined(separator: ", ")
    }

    private static func days(_ days: Set<Int64>) -> [CivilDay] {
        days.sorted().map { CivilDay(daysSinceEpoch: Int($0)) }
    }
}
