// Texts that mean times: what is accepted comes in order and in bounded time, and what is not says where it is wrong.

internal import Chronology

enum CalendarSubject {
    static func check(_ bytes: [UInt8]) throws(BrokenRule) {
        let text = String(decoding: bytes, as: UTF8.self)
        var choice = Choice(bytes)
        try judge(
            Result { () throws(ScheduleError) in Schedule.calendar(try CalendarExpression(parsing: text)) }, text,
            &choice)
        try judge(
            Result { () throws(ScheduleError) in Schedule.cron(try CronExpression(parsing: text)) }, text, &choice)
        try judge(
            Result { () throws(ScheduleError) in
                let from = LocalTime(unzonedSeconds: Int64(choice.next() >> 8 % 7_000_000_000))
                return .recurrence(Recurrence(try RecurrenceRule(parsing: text), from: from))
            }, text, &choice)
        try places(text)
        try duration(text)
        try time(text)
    }

    private static func judge(
        _ read: Result<Schedule, ScheduleError>, _ text: String, _ choice: inout Choice
    ) throws(BrokenRule) {
        switch read {
        case .success(let schedule):
            for _ in 0..<2 {
                let timetable = Timetable(schedule: schedule, zone: choice.pick(Zones.all), text: text)
                try TimetableRules.check(timetable, at: choice.instant())
                try TimetableRules.check(ruled(timetable, &choice), at: choice.instant())
            }
        case .failure(let error):
            try require(!error.found.isEmpty && !error.accepted.isEmpty, "an error without words: \(error)")
            try requireInside(error.offset, error.length, text, "an error")
            guard let suggestion = error.suggestion else { return }
            let isCalendar = (try? CalendarExpression(parsing: suggestion)) != nil
            let isCron = (try? CronExpression(parsing: suggestion)) != nil
            let isRule = (try? RecurrenceRule(parsing: suggestion)) != nil
            try require(isCalendar || isCron || isRule, "\(text) is to be \(suggestion), which is refused as well")
        }
    }

    /// The same with rules for days, an end, and at times another part.
    private static func ruled(_ timetable: Timetable, _ choice: inout Choice) -> Timetable {
        let days = (0..<20).map { _ in CivilDay(daysSinceEpoch: Int(choice.next() >> 8 % 90_000) - 3000) }
        let calendar = DayCalendar(name: "days", weekdays: [Int(choice.next() >> 8 % 9)], days: days)
        let rules = DayRules(
            except: choice.pick([[], [calendar]]), shift: choice.pick([nil, .nextWorkingDay, .previousWorkingDay]),
            excludedDays: Array(days.prefix(3)))
        let every = Timetable.Part(
            .every(Interval(every: .seconds(Int64(1 + choice.next() >> 8 % 90_000_000)), from: choice.instant())),
            in: timetable.zone)
        return Timetable(
            parts: timetable.parts + choice.pick([[], [every]]), rules: rules,
            ends: choice.pick([nil, choice.instant()]), text: timetable.text)
    }

    /// Zones and warnings point into the text.
    private static func places(_ text: String) throws(BrokenRule) {
        if let zone = (try? CalendarExpression(parsing: text))?.zone {
            try requireInside(zone.offset, zone.length, text, "a zone")
            try require(zone.name.utf8.count <= 64, "a long name of a zone: \(zone.name)")
        }
        for warning in (try? CronExpression(parsing: text))?.warnings(in: text) ?? [] {
            try requireInside(warning.offset, warning.length, text, "a warning")
        }
    }

    private static func requireInside(
        _ offset: Int, _ length: Int, _ text: String, _ what: String
    ) throws(BrokenRule) {
        try require(
            offset >= 0 && length >= 1 && offset <= text.count && offset + length <= max(1, text.count) + 1,
            "\(what) outside of \(text.count) characters: \(offset), \(length)")
    }

    // MARK: Durations and times

    private static func duration(_ text: String) throws(BrokenRule) {
        guard let duration = try? Duration(text: text) else { return }
        try require(duration >= .zero && duration <= .longestText, "a duration out of range: \(duration)")
        let written = duration.text
        try require((try? Duration(text: written)) == duration, "\(text) is written as \(written), which is another")
        try require(written.utf8.count <= 40 && !duration.words.isEmpty, "a long text for a duration: \(written)")
    }

    private static func time(_ text: String) throws(BrokenRule) {
        guard let instant = Instant(rfc3339: text) else { return }
        let written = instant.rfc3339
        // Offsets may lead out of the years that can be written.
        let isWritable = (-62_167_219_200_000...253_402_300_799_999).contains(instant.milliseconds)
        try require(
            !isWritable || Instant(rfc3339: written) == instant, "\(text) is written as \(written), which is another")
        for zone in Zones.all {
            try Shown.requireOneLine(zone.display(instant, now: TOMLSubject.now), "a time")
        }
    }
}

/// What holds of every timetable.
enum TimetableRules {
    /// Between 1900 and 2400, the years that are looked at: beyond them only order is promised.
    private static let years = Instant(seconds: -2_208_988_800)...Instant(seconds: 13_569_465_600)

    static func check(_ timetable: Timetable, at instant: Instant) throws(BrokenRule) {
        let place = "\(timetable.zone.name), from \(instant.rfc3339): \(timetable.text)"
        if let next = timetable.next(after: instant) {
            try require(next > instant, "next is \(next.rfc3339), \(place)")
            if years.contains(instant), years.contains(next) { try judge(next: next, after: instant, timetable, place) }
        }
        if let previous = timetable.previous(before: instant) {
            try require(previous < instant, "previous is \(previous.rfc3339), \(place)")
            if years.contains(instant), years.contains(previous) {
                try judge(previous: previous, before: instant, timetable, place)
            }
        }
    }

    /// Nothing lies between, seen from either side.
    private static func judge(
        next: Instant, after instant: Instant, _ timetable: Timetable, _ place: String
    ) throws(BrokenRule) {
        let found = "next is \(next.rfc3339), \(place)"
        try require(timetable.next(after: next - .milliseconds(1)) == next, "not so right before it: \(found)")
        try require(timetable.previous(before: next + .milliseconds(1)) == next, "not so right after it: \(found)")
        if let between = timetable.previous(before: next) {
            try require(between <= instant, "\(between.rfc3339) was left out: \(found)")
        }
    }

    private static func judge(
        previous: Instant, before instant: Instant, _ timetable: Timetable, _ place: String
    ) throws(BrokenRule) {
        let found = "previous is \(previous.rfc3339), \(place)"
        try require(timetable.next(after: previous - .milliseconds(1)) == previous, "not so right before it: \(found)")
        if let between = timetable.next(after: previous) {
            try require(between >= instant, "\(between.rfc3339) was left out: \(found)")
        }
    }
}
