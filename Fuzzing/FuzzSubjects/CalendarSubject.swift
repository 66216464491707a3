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
            }
        case .failure(let error):
            try require(!error.found.isEmpty && !error.accepted.isEmpty, "an error without words: \(error)")
            try require(
                error.offset >= 0 && error.length >= 1 && error.offset <= text.count
                    && error.offset + error.length <= max(1, text.count) + 1,
                "an error outside of \(text.count) characters: \(error)")
        }
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
    static func check(_ timetable: Timetable, at instant: Instant) throws(BrokenRule) {
        let (next, previous) = (timetable.next(after: instant), timetable.previous(before: instant))
        if let next {
            try require(next > instant, "next after \(instant.rfc3339) is \(next.rfc3339): \(timetable.text)")
            try around(next, after: instant, timetable)
        }
        if let previous {
            try require(
                previous < instant, "previous before \(instant.rfc3339) is \(previous.rfc3339): \(timetable.text)")
            try around(previous, before: instant, timetable)
        }
    }

    /// Nothing lies between, seen from either side.
    private static func around(_ next: Instant, after instant: Instant, _ timetable: Timetable) throws(BrokenRule) {
        let place = "\(timetable.zone.name), \(instant.rfc3339) to \(next.rfc3339): \(timetable.text)"
        try require(
            timetable.next(after: next - .milliseconds(1)) == next, "next is not next right before it, \(place)")
        try require(
            timetable.previous(before: next + .milliseconds(1)) == next, "next is not previous right after it, \(place)"
        )
        guard let before = timetable.previous(before: next) else { return }
        // Instants before the years that are looked at begin with those years.
        try require(
            before <= max(instant, Instant(seconds: -2_208_988_800)),
            "\(before.rfc3339) was left out, \(place)")
    }

    private static func around(_ previous: Instant, before instant: Instant, _ timetable: Timetable) throws(BrokenRule)
    {
        let place = "\(timetable.zone.name), \(previous.rfc3339) to \(instant.rfc3339): \(timetable.text)"
        try require(
            timetable.next(after: previous - .milliseconds(1)) == previous,
            "previous is not next right before it, \(place)")
        guard let after = timetable.next(after: previous) else { return }
        try require(
            after >= min(instant, Instant(seconds: 13_569_465_600)), "\(after.rfc3339) was left out, \(place)")
    }
}
