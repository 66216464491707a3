import Chronology
import Foundation
import Testing

/// Goal: a calendar expression comes when systemd says, and where it does not, the difference is one of those below.
@Suite(.enabled(if: SystemdCalendar.isPresent, "systemd-analyze is not here; Debian has it in systemd"))
struct SystemdCalendarTests {
    /// How many times of each expression are compared.
    private static let count = 24
    private static let zones = [
        "UTC", "Europe/Stockholm", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo", "Asia/Beirut",
        "America/Sao_Paulo", "Pacific/Apia", "Asia/Kathmandu", "America/St_Johns",
    ]

    private struct Tally {
        var expressions = 0
        var times = 0
        /// Ours alone: skipped by a change of the clock.
        var inGaps = 0
        /// Ours alone: systemd's step led past them.
        var passed = 0
        /// Repeated by a change of the clock: ours the first time, systemd's the second.
        var repeated = 0
        /// Expressions that systemd gives up on.
        var failed = 0
    }

    @Test func `generated expressions come when systemd says`() throws {
        var dice = Dice(seed: GeneratedScheduleTests.seed)
        var tally = Tally()
        for zone in try Self.zones.map(Zones.load) {
            for _ in 0..<10 {
                let base = Self.base(zone, &dice)
                let year = zone.local(at: base).day.year
                let generated = try (0..<20).map { _ in try dice.calendar(years: year - 1...year + 3, seconds: 40) }
                let theirs = try SystemdCalendar.times(
                    generated.map(\.text), after: base, zone: zone.name, count: Self.count)
                for schedule in generated {
                    tally.expressions += 1
                    if theirs.failed.contains(schedule.text) {
                        tally.failed += 1
                        continue
                    }
                    let times = try #require(theirs.times[schedule.text], "systemd refuses \(schedule.text)")
                    try Self.compare(schedule, zone, base, times, &tally)
                }
            }
        }
        print(
            "systemd: \(tally.expressions - tally.failed) expressions with \(tally.times) times agree but for "
                + "\(tally.inGaps) in gaps, \(tally.passed) that its step leads past and \(tally.repeated) repeated ones; "
                + "it gives up on \(tally.failed) expressions")
        #expect(tally.expressions == 2000 && tally.failed < 40 && tally.passed + tally.repeated < tally.times / 20)
    }

    /// Each of their times is ours, and each of ours up to their last is theirs or left out for a reason that is known.
    private static func compare(
        _ schedule: GeneratedSchedule, _ zone: Zone, _ base: Instant, _ theirs: [Instant], _ tally: inout Tally
    ) throws {
        let timetable = Timetable(schedule: schedule.schedule, zone: zone, text: schedule.text)
        var rest = theirs[...]
        var at = base
        // Fewer than asked for means that no more come.
        while !rest.isEmpty || theirs.count < count, let next = timetable.next(after: at), next < lastYear {
            at = next
            let second = Instant(seconds: next.milliseconds / 1000)
            if second == rest.first {
                rest.removeFirst()
            } else if let repeated = secondRun(zone, second), repeated == rest.first {
                rest.removeFirst()
                tally.repeated += 1
            } else if isInGap(timetable, next) {
                tally.inGaps += 1
            } else {
                let place = "\(zone.name), after \(base.rfc3339): \(schedule.text) at \(next.rfc3339)"
                try #require(isPassedByStep(schedule.text, next, zone), "\(place)")
                tally.passed += 1
            }
        }
        try #require(rest.isEmpty, "\(zone.name), after \(base.rfc3339): \(schedule.text)")
        tally.times += theirs.count
    }

    /// A time that the clock skips, or one of the hour in which the gap ends: systemd passes over that hour as well where
    /// it looks for its beginning.
    private static func isInGap(_ timetable: Timetable, _ instant: Instant) -> Bool {
        if timetable.zone.offset(at: instant - .seconds(3600)) < timetable.zone.offset(at: instant) { return true }
        let unzoned = Timetable(schedule: timetable.parts[0].schedule, zone: .utc, text: timetable.text)
        let fraction = Duration.milliseconds(instant.milliseconds % 1000)
        let reading = Instant(seconds: timetable.zone.local(at: instant).unzonedSeconds) + fraction
        return unzoned.next(after: reading - .milliseconds(1)) != reading
    }

    /// When the clock shows a time again. Nil where it does not.
    private static func secondRun(_ zone: Zone, _ instant: Instant) -> Instant? {
        let later = instant + .seconds(zone.offset(at: instant) - zone.offset(at: instant + .seconds(7200)))
        return later > instant && zone.local(at: later) == zone.local(at: instant) ? later : nil
    }

    /// Up to systemd 258, a step such as that of `*:0/7` goes from 23:56 to 23:63, which is 00:03, and so past 00:00:
    /// where a step leads out of a unit two sizes larger, its first times there are left out; in a day or month in which
    /// the clock is moved, already where it leads out of one.
    ///
    /// Source: https://github.com/systemd/systemd/issues/40260 for days at the end of a year.
    private static func isPassedByStep(_ text: String, _ instant: Instant, _ zone: Zone) -> Bool {
        func hasStep(_ part: Substring) -> Bool {
            part.split(separator: ",").contains { $0.contains("/") && !$0.contains("..") }
        }
        let local = zone.local(at: instant)
        func moves(_ days: Int) -> Bool {
            zone.offset(at: instant - .seconds(days * 86_400)) != zone.offset(at: instant + .seconds(days * 86_400))
        }
        let words = text.split(separator: " ")
        let clock = words.last.map { $0.contains(":") ? $0.split(separator: ":") : [] } ?? []
        let day = words.first { $0.last?.isNumber == true && !$0.contains(":") }?
            .split { $0 == "-" || $0 == "~" }.last
        return day.map(hasStep) == true && (local.day.month == 1 || moves(31))
            || clock.count > 1 && hasStep(clock[0]) && (local.day.day == 1 || moves(1))
            || clock.count > 1 && hasStep(clock[1]) && (local.hour == 0 || moves(1))
            || clock.count > 2 && hasStep(clock[2]) && (local.minute == 0 || moves(1))
    }

    /// Where systemd's years end.
    private static let lastYear = Instant(rfc3339: "2199-12-01T00:00:00Z")!

    /// A whole second from 2000 to 2039, often close to a change of the clock; not in the second run of a repeated hour,
    /// and not before a day that is skipped, whose month systemd does not count through.
    private static func base(_ zone: Zone, _ dice: inout Dice) -> Instant {
        while true {
            var base = Instant(seconds: Int64(dice.roll(946_684_800...2_208_988_800)))
            if dice.chance(60) {
                let offset = zone.offset(at: base)
                for _ in 0..<730 where zone.offset(at: base) == offset { base = base + .seconds(21_600) }
                base = base - .seconds(dice.roll(0...172_800))
            }
            let skipsDay = abs(zone.offset(at: base) - zone.offset(at: base + .seconds(40 * 86_400))) > 43_200
            if zone.instant(of: zone.local(at: base)) == base, !skipsDay { return base }
        }
    }

    // MARK: Differences

    /// What other versions do may be otherwise.
    private static let isPinned = SystemdCalendar.version == 252

    @Test(.enabled(if: isPinned, "systemd is not 252"))
    func `a time in a gap comes right after it, and systemd leaves it out`() throws {
        let stockholm = try Zones.load("Europe/Stockholm")
        let base = instant("2026-03-28T12:00:00Z")
        #expect(try calendar("02:30", stockholm).next(after: base) == instant("2026-03-29T01:00:00Z"))
        let theirs = try SystemdCalendar.times(["02:30"], after: base, zone: stockholm.name, count: 1)
        #expect(theirs.times["02:30"] == [instant("2026-03-30T00:30:00Z")])
    }

    @Test(.enabled(if: isPinned, "systemd is not 252"))
    func `a day that begins in a gap has its midnight, and systemd leaves out the day`() throws {
        let saoPaulo = try Zones.load("America/Sao_Paulo")
        let base = instant("2018-11-03T12:00:00Z")
        #expect(try calendar("daily", saoPaulo).next(after: base) == instant("2018-11-04T03:00:00Z"))
        let theirs = try SystemdCalendar.times(["daily"], after: base, zone: saoPaulo.name, count: 1)
        #expect(theirs.times["daily"] == [instant("2018-11-05T02:00:00Z")])
    }

    @Test(.enabled(if: isPinned, "systemd is not 252"))
    func `after a start in a repeated hour nothing of it comes again, and systemd may come a second time`() throws {
        let stockholm = try Zones.load("Europe/Stockholm")
        let base = instant("2026-10-25T01:10:00Z")  // 02:10 for the second time
        #expect(try calendar("02:30", stockholm).next(after: base) == instant("2026-10-26T01:30:00Z"))
        let theirs = try SystemdCalendar.times(["02:30"], after: base, zone: stockholm.name, count: 1)
        #expect(theirs.times["02:30"] == [instant("2026-10-25T01:30:00Z")])
    }

    @Test(.enabled(if: isPinned, "systemd is not 252"))
    func `a step that leads out of a day with a gap goes on the next day, and systemd looks for it without end`() throws
    {
        let newYork = try Zones.load("America/New_York")
        let base = instant("2016-03-12T17:28:18Z")
        let times = [instant("2016-03-13T03:26:00Z"), instant("2016-03-13T16:26:00Z")]
        let ours = try calendar("12/10:26", newYork)
        #expect(ours.next(after: base) == times[0] && ours.next(after: times[0]) == times[1])
        let theirs = try SystemdCalendar.times(["12/10:26"], after: base, zone: newYork.name, count: 2)
        #expect(theirs.failed == ["12/10:26"])
    }

    @Test(.enabled(if: isPinned, "systemd is not 252"))
    func `a step begins anew each day, and systemd goes past midnight`() throws {
        let base = instant("2026-03-28T23:56:00Z")
        #expect(try calendar("*:0/7", .utc).next(after: base) == instant("2026-03-29T00:00:00Z"))
        let theirs = try SystemdCalendar.times(["*:0/7"], after: base, zone: "UTC", count: 1)
        #expect(theirs.times["*:0/7"] == [instant("2026-03-29T00:07:00Z")])
    }

    // MARK: What is accepted

    /// systemd's bound on days from the end shrinks by three with each of them, in the order of their numbers; and its
    /// seconds know no range of one. Both are accidents of its check, and say nothing that has no meaning.
    @Test(.enabled(if: isPinned, "systemd is not 252"), arguments: ["*-*~5,26", "*-*~5,6,23", "*:*:5..5"])
    func `a list of days from the end, or a range of one second, is accepted, and systemd may refuse it`(text: String)
        throws
    {
        _ = try CalendarExpression(parsing: text)
        #expect(
            try SystemdCalendar.times([text], after: instant("2026-01-01T00:00:00Z"), zone: "UTC", count: 1).times
                == [:])
    }

    @Test func `expressions with a letter changed are accepted or refused as systemd does`() throws {
        var dice = Dice(seed: GeneratedScheduleTests.seed &+ 1)
        let letters = Array("01234567890123456789*,-./~:")
        var texts: Set<String> = []
        while texts.count < 2000 {
            var text = Array(try dice.calendar(years: 2026...2030, seconds: 40).text)
            for _ in 0..<dice.pick([1, 1, 1, 2]) {
                let place = dice.roll(0...text.count - 1)
                switch dice.roll(0...2) {
                case 0: text[place] = dice.pick(letters)
                case 1: text.insert(dice.pick(letters), at: place)
                default: if text.count > 1 { text.remove(at: place) }
                }
            }
            let changed = String(text)
            // Blanks at the ends are no fault to us.
            if changed.first != " ", changed.last != " " { texts.insert(changed) }
        }
        let sorted = texts.sorted()
        var (accepted, differences) = (0, 0)
        for start in stride(from: 0, to: sorted.count, by: 100) {
            let some = Array(sorted[start..<start + 100])
            let theirs = try SystemdCalendar.times(some, after: instant("2026-01-01T00:00:00Z"), zone: "UTC", count: 1)
            for text in some {
                let ours = (try? CalendarExpression(parsing: text)) != nil
                let theyAccept = theirs.times[text] != nil || theirs.failed.contains(text)
                if ours != theyAccept, ours ? Self.isOursAlone(text) : Self.isTheirsAlone(text) {
                    differences += 1
                } else {
                    #expect(ours == theyAccept, "\(text)")
                    accepted += ours ? 1 : 0
                }
            }
        }
        let refused = sorted.count - accepted - differences
        print(
            "systemd: of \(sorted.count) changed expressions both accept \(accepted) and refuse \(refused); \(differences) differ as known"
        )
    }

    /// A list of days from the end, or seconds such as `5..5`.
    private static func isOursAlone(_ text: String) -> Bool {
        let words = text.split(separator: " ")
        if let date = words.first(where: { $0.contains("~") }), date.split(separator: "~").last?.contains(",") == true {
            return true
        }
        let seconds = words.last?.split(separator: ":").dropFirst(2).last ?? ""
        return seconds.split(separator: ",").contains { item in
            let ends = item.split(separator: ".").map { Int($0) }
            return ends.count == 2 && ends[0] == ends[1]
        }
    }

    /// A range with a step, as `01..26/18`, whose end is out of bounds and is not reached by the step.
    private static func isTheirsAlone(_ text: String) -> Bool {
        let corrected = text.replacing(/(\d+)\.\.(\d+)\/(\d+)/) { match in
            let (from, to, step) = (Int(match.1) ?? 0, Int(match.2) ?? 0, Int(match.3) ?? 1)
            guard from <= to, step > 0 else { return String(match.0) }
            let end = to - (to - from) % step
            return from == end ? String(match.1) : "\(match.1)..\(end)/\(match.3)"
        }
        return (try? CalendarExpression(parsing: corrected)) != nil
    }
}
