// On which days a timetable's times may lie, and where those of other days go: `except`, `only`, `shift`, `exdate`.
//
// Days are those of the zone in which the schedule counts. A time that is moved keeps its time of day. Moved and unmoved
// times that fall on one instant are one.

package struct DayRules: Equatable, Sendable {
    /// Where the times of a day go that is no working day.
    package enum Shift: String, CaseIterable, Sendable {
        case nextWorkingDay = "next-working-day"
        case previousWorkingDay = "previous-working-day"
    }

    /// The farthest that a time is moved, in days. Where there is no working day within, the time is left out.
    package static let shiftLimit = 60

    /// Days of any of these are left out.
    package var except: [DayCalendar]
    /// If there are any, only days of one of these are taken.
    package var only: [DayCalendar]
    /// Nil to leave out the times of days that `except` and `only` keep out.
    package var shift: Shift?
    /// 0 for Monday to 6 for Sunday: no working days. Of no matter without a shift.
    package var weekend: [Int]
    /// Days and times that are left out before anything is moved. Sorted, each once.
    package var excludedDays: DayCalendar
    package var excludedTimes: [Instant]

    package init(
        except: [DayCalendar] = [], only: [DayCalendar] = [], shift: Shift? = nil, weekend: [Int] = [5, 6],
        excludedDays: [CivilDay] = [], excludedTimes: [Instant] = []
    ) {
        self.except = except
        self.only = only
        self.shift = shift
        self.weekend = weekend
        self.excludedDays = DayCalendar(name: "exdate", days: excludedDays)
        self.excludedTimes = Set(excludedTimes).sorted()
    }

    /// Whether nothing is left out or moved.
    package var isEmpty: Bool {
        except.isEmpty && only.isEmpty && shift == nil && excludedDays.dayCount == 0 && excludedTimes.isEmpty
    }

    /// Whether `except` and `only` let a day pass. Days since 1970-01-01.
    func admits(_ day: Int) -> Bool {
        !except.contains { $0.contains(dayNumber: day) }
            && (only.isEmpty || only.contains { $0.contains(dayNumber: day) })
    }

    func isWorkingDay(_ day: Int) -> Bool {
        !weekend.contains(Weekdays.of(dayNumber: day)) && admits(day)
    }

    /// Where the times of a day go; nil for nowhere.
    func target(of day: Int) -> Int? {
        guard let shift else { return admits(day) ? day : nil }
        let step = shift == .nextWorkingDay ? 1 : -1
        return (0...Self.shiftLimit).lazy.map { day + $0 * step }.first(where: isWorkingDay)
    }

    /// A day before which, and after another one, no times go anywhere, as far as `only` can say; nil where none follow.
    func firstTaken(after day: Int) -> Int? {
        if only.isEmpty { return day + 1 }
        let reach = shift == .previousWorkingDay ? Self.shiftLimit : 0
        guard let first = only.compactMap({ $0.first(from: day + 1 - reach) }).min() else { return nil }
        return max(day + 1, first - (shift == .nextWorkingDay ? Self.shiftLimit : 0))
    }

    /// A day after which, and before another one, no times go anywhere, as far as `only` can say; nil where none precede.
    func lastTaken(before day: Int) -> Int? {
        if only.isEmpty { return day - 1 }
        let reach = shift == .nextWorkingDay ? Self.shiftLimit : 0
        guard let last = only.compactMap({ $0.last(upTo: day - 1 + reach) }).max() else { return nil }
        return min(day - 1, last + (shift == .previousWorkingDay ? Self.shiftLimit : 0))
    }
}
