// A part of a timetable with its rules for days: the search for times that are left out, or moved to another day.
//
// Days are moved in order: a later day never goes to an earlier one than a day before it does. So the days that go to one
// day stand side by side, and the search ends with them.

struct RuledPart {
    let part: Timetable.Part
    let rules: DayRules

    /// How many days are looked at before the search gives up: a time that is as rare as this does not come.
    private static let searchLimit = 40_000

    func next(after instant: Instant) -> Instant? {
        let day = day(of: instant)
        var best: (at: Instant, day: Int)?
        var cursor = before(firstDay(thatReaches: day))
        for _ in 0..<Self.searchLimit {
            guard let time = part.next(after: cursor) else { break }
            let own = self.day(of: time)
            guard let target = rules.target(of: own), target >= day, !rules.excludedDays.contains(dayNumber: own) else {
                cursor = before(own + 1)
                continue
            }
            if let best, target > best.day { break }
            let moved = moved(time, from: own, to: target)
            if moved <= instant {
                // No earlier time of this day can be the one.
                cursor = max(time, reading(of: instant, on: own) - .milliseconds(1))
            } else if rules.excludes(time, day: own) {
                cursor = time
            } else {
                if best.map({ moved < $0.at }) ?? true { best = (moved, target) }
                cursor = before(own + 1)
            }
        }
        return best?.at
    }

    func previous(before instant: Instant) -> Instant? {
        let day = day(of: instant)
        var best: (at: Instant, day: Int)?
        var cursor = start(of: lastDay(thatReaches: day) + 1)
        for _ in 0..<Self.searchLimit {
            guard let time = part.previous(before: cursor) else { break }
            let own = self.day(of: time)
            guard let target = rules.target(of: own), target <= day, !rules.excludedDays.contains(dayNumber: own) else {
                cursor = start(of: own)
                continue
            }
            if let best, target < best.day { break }
            let moved = moved(time, from: own, to: target)
            if moved >= instant {
                cursor = min(time, reading(of: instant, on: own) + .milliseconds(1))
            } else if rules.excludes(time, day: own) {
                cursor = time
            } else {
                if best.map({ moved > $0.at }) ?? true { best = (moved, target) }
                cursor = start(of: own)
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

    /// The same time of another day.
    private func moved(_ time: Instant, from own: Int, to target: Int) -> Instant {
        own == target ? time : reading(of: time, on: target)
    }

    private func reading(of instant: Instant, on day: Int) -> Instant {
        let local = part.zone.local(at: instant)
        let milliseconds = Int(instant.milliseconds - instant.wholeSeconds * 1000)
        return part.zone.instant(
            ofUnzoned: Unzoned.reading(day: day, time: local.secondOfDay * 1000 + milliseconds))
    }
}
