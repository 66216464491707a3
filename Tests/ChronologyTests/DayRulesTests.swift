import Chronology
import Testing

/// Goal: days that are left out, and times that go to other days, are as a list of all of them that is moved and sorted.
@Suite struct DayRulesTests {
    // MARK: Said by examples

    private let holidays = DayCalendar(
        name: "holidays",
        days: [
            CivilDay(year: 2026, month: 12, day: 25), CivilDay(year: 2026, month: 12, day: 26),
            CivilDay(year: 2027, month: 1, day: 1),
        ])

    @Test(
        arguments: [
            (
                DayRules.Shift.nextWorkingDay,
                ["2026-12-24", "2026-12-28", "2026-12-29", "2026-12-30", "2026-12-31", "2027-01-04"]
            ),
            (
                .previousWorkingDay,
                ["2026-12-24", "2026-12-28", "2026-12-29", "2026-12-30", "2026-12-31", "2027-01-04"]
            ),
            (nil, ["2026-12-24", "2026-12-27", "2026-12-28", "2026-12-29", "2026-12-30", "2026-12-31"]),
        ] as [(DayRules.Shift?, [String])])
    func `a daily time over the holidays comes on working days, each once`(shift: DayRules.Shift?, expected: [String])
        throws
    {
        let timetable = try ruled("*-*-* 09:00", DayRules(except: [holidays], shift: shift))
        #expect(days(timetable, from: "2026-12-24T00:00:00Z", 6) == expected)
    }

    @Test func `the last of the month that is no working day comes on the working day before or after it`() throws {
        let next = try ruled("*-*~01 09:00", DayRules(except: [holidays], shift: .nextWorkingDay))
        #expect(days(next, from: "2027-01-02T00:00:00Z", 3) == ["2027-02-01", "2027-03-01", "2027-03-31"])
        let previous = try ruled("*-*~01 09:00", DayRules(except: [holidays], shift: .previousWorkingDay))
        #expect(days(previous, from: "2027-01-02T00:00:00Z", 3) == ["2027-01-29", "2027-02-26", "2027-03-31"])
    }

    // Found by simulation: it came at the time to which the clock had jumped on its own day.
    @Test func `a time in an hour that is left out comes at its own time on the day to which it is moved`() throws {
        let zone = try Zones.load("Europe/Stockholm")
        let timetable = Timetable(
            parts: [Timetable.Part(.calendar(try CalendarExpression(parsing: "Sun 02:15,45")), in: zone)],
            rules: DayRules(shift: .previousWorkingDay), text: "Sundays")
        var at = instant("2027-03-25T00:00:00Z")
        var found: [String] = []
        for _ in 0..<3 {
            at = try #require(timetable.next(after: at))
            found.append(at.rfc3339)
        }
        #expect(found == ["2027-03-26T01:15:00.000Z", "2027-03-26T01:45:00.000Z", "2027-04-02T00:15:00.000Z"])
        #expect(timetable.previous(before: instant("2027-03-28T00:00:00Z"))?.rfc3339 == found[1])
        #expect(timetable.previous(before: instant(found[1]))?.rfc3339 == found[0])
    }

    @Test func `days of a calendar alone, and days and times left out`() throws {
        let rules = DayRules(
            only: [holidays], excludedDays: [CivilDay(year: 2026, month: 12, day: 26)],
            excludedTimes: [instant("2026-12-25T21:00:00Z")])
        let timetable = try ruled("9,21:00", rules)
        #expect(days(timetable, from: "2026-01-01T00:00:00Z", 9) == ["2026-12-25", "2027-01-01", "2027-01-01"])
    }

    // Found by fuzzing: the days of the ends of time could not be counted.
    @Test(arguments: [Int64.min, .min + 1, -1, 0, .max - 1, .max])
    func `any instant there is can be asked about`(milliseconds: Int64) throws {
        let instant = Instant(milliseconds: milliseconds)
        for shift in [nil, DayRules.Shift.nextWorkingDay, .previousWorkingDay] {
            let timetable = Timetable(
                parts: [.init(.calendar(try CalendarExpression(parsing: "daily")), in: .utc)],
                rules: DayRules(except: [DayCalendar(name: "mondays", weekdays: [0])], shift: shift), text: "daily")
            #expect(timetable.next(after: instant).map { $0 > instant } ?? (milliseconds > 0))
            #expect(timetable.previous(before: instant).map { $0 < instant } ?? (milliseconds <= 0))
        }
    }

    @Test func `a schedule whose days are all left out never comes, and says so soon`() throws {
        let all = DayCalendar(name: "all", weekdays: [0, 1, 2, 3, 4, 5, 6])
        for shift in [nil, DayRules.Shift.nextWorkingDay, .previousWorkingDay] {
            let timetable = try ruled("*:*:*", DayRules(except: [all], shift: shift))
            #expect(timetable.next(after: instant("2026-01-01T00:00:00Z")) == nil)
            #expect(timetable.previous(before: instant("2026-01-01T00:00:00Z")) == nil)
        }
    }

    @Test(arguments: [Int64.min, .min + 1, -2_208_988_800_001, 13_569_465_600_001, .max - 1, .max])
    func `the ends of all time have days as well, and trap nowhere`(milliseconds: Int64) throws {
        let at = Instant(milliseconds: milliseconds)
        for shift in [nil, DayRules.Shift.nextWorkingDay, .previousWorkingDay] {
            let parts = [
                Timetable.Part(.calendar(try CalendarExpression(parsing: "daily")), in: .utc),
                Timetable.Part(.at([at]), in: .utc),
                Timetable.Part(.every(Interval(every: .seconds(1), from: at)), in: .utc),
            ]
            let timetable = Timetable(parts: parts, rules: DayRules(except: [holidays], shift: shift), text: "")
            #expect(timetable.next(after: at).map { $0 > at } ?? true)
            #expect(timetable.previous(before: at).map { $0 < at } ?? true)
        }
    }

    // Found by simulation. In Greenland the last hour of a Saturday in March is left out, every year.
    @Test func `what a clock jumps over at the end of a day is of that day, though it comes on the next one`() throws {
        let nuuk = try Zones.load("America/Nuuk")
        func days(_ number: Int...) -> DayCalendar {
            DayCalendar(name: "days", days: number.map { CivilDay(year: 2026, month: 3, day: $0) })
        }
        func times(_ rules: DayRules) throws -> [String] {
            let timetable = try ruled("*-*-* 23:30", rules, nuuk)
            var (at, times) = (instant("2026-03-28T12:00:00Z"), [String]())
            while times.count < 2, let next = timetable.next(after: at) {
                if let last = times.last { #expect(timetable.previous(before: next)?.rfc3339 == last) }
                times.append(next.rfc3339)
                at = next
            }
            return times
        }
        let (gap, sunday, monday) = ("2026-03-29T01:00:00.000Z", "2026-03-30T00:30:00.000Z", "2026-03-31T00:30:00.000Z")
        #expect(try times(DayRules(except: [days(29)])) == [gap, monday])
        #expect(try times(DayRules(except: [days(28)])) == [sunday, monday])
        #expect(try times(DayRules(except: [days(28)], shift: .nextWorkingDay)).first == monday)
        #expect(try times(DayRules(except: [days(29)], shift: .nextWorkingDay, weekend: [])) == [gap, monday])
    }

    private func ruled(_ text: String, _ rules: DayRules, _ zone: Zone = .utc) throws -> Timetable {
        let part = Timetable.Part(.calendar(try CalendarExpression(parsing: text)), in: zone)
        return Timetable(parts: [part], rules: rules, text: text)
    }

    private func days(_ timetable: Timetable, from: String, _ count: Int) -> [String] {
        var (at, days) = (instant(from) - .milliseconds(1), [String]())
        while days.count < count, let next = timetable.next(after: at) {
            days.append(String(next.rfc3339.prefix(10)))
            at = next
        }
        return days
    }

    // MARK: Against a list

    /// Timetables for each place; `CHRONOLOGY_SCHEDULES` sets another number, forty times as large.
    private static let count = GeneratedScheduleTests.count / 40

    /// Zones and years as for generated schedules, one that is set back a minute past midnight, and one of which the last hour of a day
    /// is left out.
    private static let places =
        GeneratedScheduleTests.places + [
            ("America/St_Johns", 2010), ("America/St_Johns", 1988), ("America/Nuuk", 2026),
        ]

    @Test(arguments: places.indices)
    func `any schedules with any rules come as the list of all times that is moved and sorted`(index: Int) throws {
        let place = Self.places[index]
        let zone = try Zones.load(place.zone)
        var dice = Dice(seed: GeneratedScheduleTests.seed &+ UInt64(1000 + index))
        var (occurrences, probes) = (0, 0)
        for _ in 0..<Self.count {
            let timetable = try dice.timetable(zone, year: place.year)
            let year = CivilDay(year: place.year, month: 1, day: 1).daysSinceEpoch
            let first = year + dice.roll(0...300)
            let length = dice.roll(3...64)
            let (start, end) = (midnight(first, zone), midnight(first + length, zone))
            let times = listed(timetable, start, end)
            occurrences += times.count
            try walk(timetable, times, start, end, "\(place.zone) \(place.year): \(describe(timetable))")
            for _ in 0..<8 {
                let at = start + .milliseconds(dice.roll(0...Int((end - start).milliseconds - 1)))
                probes += 1
                if let expected = times.first(where: { $0 > at }) {
                    try #require(timetable.next(after: at) == expected, "\(describe(timetable)) after \(at.rfc3339)")
                }
                if let expected = times.last(where: { $0 < at }) {
                    try #require(
                        timetable.previous(before: at) == expected, "\(describe(timetable)) before \(at.rfc3339)")
                }
            }
        }
        print("\(place.zone) \(place.year): \(occurrences) times under rules and \(probes) instants between agree")
    }

    private func walk(_ timetable: Timetable, _ times: [Instant], _ start: Instant, _ end: Instant, _ what: String)
        throws
    {
        var found: [Instant] = []
        var at = start - .milliseconds(1)
        while let next = timetable.next(after: at), next < end {
            try #require(next > at, "\(what): next is not later")
            if let last = found.last {
                let previous = timetable.previous(before: next)
                try #require(previous == last, "\(what): before \(next.rfc3339) is \(previous?.rfc3339 ?? "none")")
            }
            found.append(next)
            at = next
        }
        let difference = zip(found, times).first { $0 != $1 }.map { "\($0.rfc3339) for \($1.rfc3339)" }
        try #require(
            found == times,
            "\(what): \(difference ?? "\(found.count) for \(times.count), last \(found.last?.rfc3339 ?? "none")")")
    }

    private func describe(_ timetable: Timetable) -> String {
        "\(timetable.text), \(timetable.rules.map { "\($0)" } ?? "no rules")".prefix(700).description
    }

    private func midnight(_ day: Int, _ zone: Zone) -> Instant {
        zone.instant(of: LocalTime(day: CivilDay(daysSinceEpoch: day), secondOfDay: 0))
    }

    /// All times of the parts around, each judged and moved by itself.
    private func listed(_ timetable: Timetable, _ start: Instant, _ end: Instant) -> [Instant] {
        var times: Set<Instant> = []
        for part in timetable.parts {
            let bare = Timetable(parts: [part], text: "")
            let (from, to) = (start - .seconds(70 * 86_400), end + .seconds(70 * 86_400))
            var at = from
            while let next = bare.next(after: at), next < to {
                at = next
                times.formUnion(moved(next, timetable.rules ?? DayRules(), part))
            }
        }
        let (starts, ends) = (timetable.starts ?? start, timetable.ends ?? end)
        return times.filter { start <= $0 && $0 < end && starts <= $0 && $0 <= ends }.sorted()
    }

    private func moved(_ time: Instant, _ rules: DayRules, _ part: Timetable.Part) -> [Instant] {
        if rules.excludedTimes.contains(time) { return [] }
        return named(at: time, part).compactMap { local in
            guard let day = target(of: local.day, rules) else { return nil }
            return day == local.day
                ? time : part.zone.instant(of: LocalTime(day: day, secondOfDay: local.secondOfDay))
        }
    }

    /// The day to which a day's times go; nil where they are left out.
    private func target(of own: CivilDay, _ rules: DayRules) -> CivilDay? {
        func passes(_ day: CivilDay) -> Bool {
            !rules.except.contains { $0.contains(day) }
                && (rules.only.isEmpty || rules.only.contains { $0.contains(day) })
        }
        if rules.excludedDays.contains(own) { return nil }
        guard let shift = rules.shift else { return passes(own) ? own : nil }
        var day = own
        for _ in 0...DayRules.shiftLimit {
            if passes(day), !rules.weekend.contains(day.weekday) { return day }
            day = CivilDay(daysSinceEpoch: day.daysSinceEpoch + (shift == .nextWorkingDay ? 1 : -1))
        }
        return nil
    }

    /// What the clock shows, or, where it jumps over what the schedule names, all of that: as it comes by a clock that never jumps.
    private func named(at time: Instant, _ part: Timetable.Part) -> [LocalTime] {
        let shown = part.zone.local(at: time)
        let jump = part.zone.offset(at: time) - part.zone.offset(at: time - .milliseconds(1))
        switch part.schedule {
        case .at, .every: return [shown]
        case .calendar, .cron, .recurrence: break
        }
        guard jump > 0 else { return [shown] }
        let steady = Timetable(parts: [Timetable.Part(part.schedule, in: .utc)], text: "")
        let end = time + .seconds(Int64(part.zone.offset(at: time)))
        var (found, at): ([LocalTime], Instant) = ([], end - .seconds(Int64(jump)) - .milliseconds(1))
        while let next = steady.next(after: at), next <= end {
            found.append(Zone.utc.local(at: next))
            at = next
        }
        return found.isEmpty ? [shown] : found
    }
}

extension Dice {
    /// One to three parts of any kind, mostly in one zone, with rules, in a year and the ones beside it.
    mutating func timetable(_ zone: Zone, year: Int) throws -> Timetable {
        var (parts, texts): ([Timetable.Part], [String]) = ([], [])
        for _ in 0..<roll(1...3) {
            let (schedule, text) = try part(zone, year: year)
            parts.append(Timetable.Part(schedule, in: chance(85) ? zone : .utc))
            texts.append(text)
        }
        func some(_ percent: Int) -> [DayCalendar] {
            chance(percent) ? [calendar(year)] : []
        }
        let begin = CivilDay(year: year, month: 1, day: 1)
        let rules = DayRules(
            except: some(60) + some(20), only: some(20),
            shift: pick([nil, .nextWorkingDay, .previousWorkingDay]), weekend: pick([[5, 6], [4, 5], [6], []]),
            excludedDays: (0..<roll(0...5)).map { _ in day(begin, 0...364) },
            excludedTimes: (0..<roll(0...5)).map { _ in
                zone.instant(of: LocalTime(day: day(begin, 0...364), secondOfDay: roll(0...23) * 3600))
            })
        func bound(_ days: ClosedRange<Int>) -> Instant? {
            chance(15) ? zone.instant(of: LocalTime(day: day(begin, days), secondOfDay: roll(0...86_399))) : nil
        }
        return Timetable(
            parts: parts, rules: rules, starts: bound(0...250), ends: bound(100...400),
            text: texts.joined(separator: " and "))
    }

    private mutating func day(_ begin: CivilDay, _ days: ClosedRange<Int>) -> CivilDay {
        CivilDay(daysSinceEpoch: begin.daysSinceEpoch + roll(days))
    }

    private mutating func calendar(_ year: Int) -> DayCalendar {
        let begin = CivilDay(year: year, month: 1, day: 1)
        var days: [CivilDay] = []
        // Days alone, and long ones without any between.
        for _ in 0..<roll(0...20) {
            let first = roll(-60...400)
            for number in 0..<(chance(15) ? roll(1...90) : roll(1...3)) {
                days.append(CivilDay(daysSinceEpoch: begin.daysSinceEpoch + first + number))
            }
        }
        return DayCalendar(name: "some", weekdays: chance(30) ? [roll(0...6), roll(0...6)] : [], days: days)
    }

    /// At most some dozen times a day.
    private mutating func part(_ zone: Zone, year: Int) throws -> (Schedule, String) {
        let begin = CivilDay(year: year, month: 1, day: 1)
        switch roll(0...4) {
        case 0:
            var schedule = try calendar(years: year - 1...year + 1, seconds: 5)
            while schedule.timesOfDay > 60 { schedule = try calendar(years: year - 1...year + 1, seconds: 5) }
            return (schedule.schedule, schedule.text)
        case 1:
            var schedule = try cron(seconds: 5)
            while schedule.timesOfDay > 60 { schedule = try cron(seconds: 5) }
            return (schedule.schedule, schedule.text)
        case 2:
            let step = roll(20...(chance(50) ? 180 : 6000))
            return (
                .every(Interval(every: .seconds(step * 60), from: zone.instant(of: localTime(years: year - 1...year)))),
                "every \(step) minutes"
            )
        case 3:
            let instants = (0..<roll(1...60)).map { _ in
                zone.instant(of: LocalTime(day: day(begin, -30...390), secondOfDay: roll(0...1439) * 60))
            }
            return (.at(Set(instants).sorted()), "at \(instants.count)")
        default:
            var rule = recurrence(years: year - 3...year)
            while ["HOURLY", "MINUTELY", "SECONDLY"].contains(rule.frequency) || rule.text.contains("BYSETPOS") {
                rule = recurrence(years: year - 3...year)
            }
            return (.recurrence(Recurrence(try RecurrenceRule(parsing: rule.text), from: rule.from)), rule.text)
        }
    }
}
