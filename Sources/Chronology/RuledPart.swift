// A part of a timetable with its rules for days: the search for times that are left out, or moved to another day.
//
// Days are moved in order: a later day never goes to an earlier one than a day before it does. So the days that go to one
// day stand side by side, and the search ends with them.

struct RuledPart {
    let part: Timetable.Part
    let rules: DayRules

    /// How many of the part's days are looked at before the search gives up: where so many in a row are left out, nothing
    /// comes.
    private static let searchLimit = 10_000

    /// Instants of which days can be counted, with room for what is moved: no schedule names any outside of it.
    private static let span =
        Instant(
            seconds: LocalTime(year: 0, month: 1, day: 1, hour: 0, minute: 0, second: 0).unzonedSeconds)...Instant(
            seconds: LocalTime(year: 10_000, month: 1, day: 1, hour: 0, minute: 0, second: 0).unzonedSeconds)

    func next(after instant: Instant) -> Instant? {
        guard instant < Self.span.upperBound else { return nil }
        let instant = max(instant, Self.span.lowerBound)
        let day = day(of: instant)
        var best: (at: Instant, day: Int)?
        var cursor = before(firstDay(thatReaches: day))
        for _ in 0..<Self.searchLimit {
            guard let time = part.next(after: cursor), TimetableBounds.years.contains(time) else { break }
            let own = self.day(of: time)
            let end = stretch(around: time).upperBound
            let named = readings(at: time)
            for (at, target) in places(of: named, at: time, before: own) where target >= day && at > instant {
                if best.map({ at < $0.at }) ?? true { best = (at, target) }
            }
            guard named.contains(where: { $0.day == own }) else {
                cursor = time
                continue
            }
            guard let target = rules.target(of: own), own == target || target >= day,
                !rules.excludedDays.contains(dayNumber: own)
            else {
                guard let following = rules.firstTaken(after: own) else { break }
                cursor = following > own + 1 ? max(end, before(following)) : end
                continue
            }
            if let best, target > best.day { break }
            let places = moved(named, of: time, from: own, to: target)
            let moved = places.first { $0 > instant } ?? places[places.count - 1]
            if moved <= instant {
                // No earlier time of this stretch can be the one.
                let later = own == target ? instant : time + (timeOfDay(instant) - timeOfDay(time)) - .milliseconds(1)
                cursor = own == target || target == day ? max(time, min(later, end)) : time
            } else if rules.excludedTimes.sortedContains(time) {
                cursor = time
            } else {
                if best.map({ moved < $0.at }) ?? true { best = (moved, target) }
                // Later days go to later ones, but for those that are moved back.
                if own == target, rules.shift != .previousWorkingDay { break }
                cursor = end
            }
        }
        return best?.at
    }

    func previous(before instant: Instant) -> Instant? {
        guard instant > Self.span.lowerBound else { return nil }
        let instant = min(instant, Self.span.upperBound)
        let day = day(of: instant)
        var best: (at: Instant, day: Int)?
        // A day's end may be shown again after the next one has begun.
        let isMovedBack = rules.shift == .previousWorkingDay
        var cursor = max(instant, start(of: lastDay(thatReaches: day) + (isMovedBack ? 2 : 1)))
        for _ in 0..<Self.searchLimit {
            guard let time = part.previous(before: cursor), TimetableBounds.years.contains(time) else { break }
            let own = self.day(of: time)
            let start = stretch(around: time).lowerBound
            let named = readings(at: time)
            for (at, target) in places(of: named, at: time, before: own) where target <= day && at < instant {
                if best.map({ at > $0.at }) ?? true { best = (at, target) }
            }
            guard named.contains(where: { $0.day == own }) else {
                cursor = time
                continue
            }
            guard let target = rules.target(of: own), own == target || target <= day,
                !rules.excludedDays.contains(dayNumber: own)
            else {
                guard let preceding = rules.lastTaken(before: own) else { break }
                let beginning = preceding < own - 1 ? min(start, self.start(of: preceding + 1)) : start
                cursor = beginning < time && isAfterMidnightGap(beginning) ? beginning + .milliseconds(1) : beginning
                continue
            }
            if let best, target < best.day { break }
            let places = moved(named, of: time, from: own, to: target)
            let moved = places.last { $0 < instant } ?? places[0]
            if moved >= instant {
                let earlier =
                    own == target ? instant : time + (timeOfDay(instant) - timeOfDay(time)) + .milliseconds(1)
                cursor = own == target || target == day ? min(time, max(earlier, start)) : time
            } else if rules.excludedTimes.sortedContains(time) {
                cursor = time
            } else {
                if best.map({ moved > $0.at }) ?? true { best = (moved, target) }
                if own == target, rules.shift != .nextWorkingDay { break }
                cursor = start
            }
        }
        return best?.at
    }

    // MARK: Days

    /// Days since 1970-01-01 in the zone.
    private func day(of instant: Instant) -> Int {
        part.zone.local(at: instant).day.daysSinceEpoch
    }

    private func start(of day: Int) -> Instant {
        part.zone.instant(ofUnzoned: Unzoned.reading(day: day, time: 0))
    }

    /// The instants around one, to the millisecond, in which the zone's clock shows one day and is not moved. A cursor that
    /// goes from end to end makes its way also where a clock is set back over midnight, and shows a day's end again.
    private func stretch(around instant: Instant) -> ClosedRange<Instant> {
        let time = timeOfDay(instant)
        let (begin, end) = (instant - time, instant - time + .milliseconds(Unzoned.day - 1))
        let next = part.zone.nextChange(after: instant).map { $0 - .milliseconds(1) } ?? end
        return max(begin, part.zone.lastChange(upTo: instant) ?? begin)...min(end, next)
    }

    private func timeOfDay(_ instant: Instant) -> Duration {
        let milliseconds = instant.milliseconds - instant.wholeSeconds * 1000
        return .milliseconds(Int64(part.zone.local(at: instant).secondOfDay) * 1000 + milliseconds)
    }

    private func before(_ day: Int) -> Instant {
        start(of: day) - .milliseconds(1)
    }

    /// The first day whose times go to `day` or a later one, as far as days are moved forwards.
    private func firstDay(thatReaches day: Int) -> Int {
        guard rules.shift == .nextWorkingDay else { return day }
        var first = day
        while first > day - DayRules.shiftLimit, !rules.isWorkingDay(first - 1) { first -= 1 }
        return first
    }

    /// The last day whose times go to `day` or an earlier one, as far as days are moved backwards.
    private func lastDay(thatReaches day: Int) -> Int {
        guard rules.shift == .previousWorkingDay else { return day }
        var last = day
        while last < day + DayRules.shiftLimit, !rules.isWorkingDay(last + 1) { last += 1 }
        return last
    }

    /// What the part names for an instant, by day and time of day in milliseconds: what the clock shows then, and all that it jumped
    /// over to get there. Never none.
    private func readings(at time: Instant) -> [(day: Int, time: Int)] {
        let skipped = part.readings(skippedAt: time)
        if skipped.isEmpty { return [(day(of: time), Int(timeOfDay(time).milliseconds))] }
        return skipped.map(Unzoned.dayAndTime)
    }

    /// Where those of an earlier day come: a clock that jumps over midnight shows the end of a day when the next one has begun.
    private func places(
        of named: [(day: Int, time: Int)], at time: Instant, before own: Int
    ) -> [(at: Instant, day: Int)] {
        if rules.excludedTimes.sortedContains(time) { return [] }
        return named.filter { $0.day < own }.compactMap { reading in
            guard let target = rules.target(of: reading.day), !rules.excludedDays.contains(dayNumber: reading.day)
            else {
                return nil
            }
            return (target == reading.day ? time : instant(of: target, at: reading.time), target)
        }
    }

    /// Whether the clock jumped over midnight to get there, and the part names something of the day before.
    private func isAfterMidnightGap(_ instant: Instant) -> Bool {
        let own = day(of: instant)
        return readings(at: instant).contains { $0.day < own }
    }

    private func instant(of day: Int, at time: Int) -> Instant {
        part.zone.instant(ofUnzoned: Unzoned.reading(day: day, time: time))
    }

    /// The same time of another day, never none. Several where the clock jumped over several times of its own day, in their order:
    /// the other day has them all.
    private func moved(
        _ named: [(day: Int, time: Int)], of time: Instant, from own: Int, to target: Int
    ) -> [Instant] {
        if own == target { return [time] }
        return Set(named.filter { $0.day == own }.map(\.time)).sorted().map { instant(of: target, at: $0) }
    }
}
