// The times of a matching day: hours × minutes × seconds.

/// Times to the millisecond. None of the three parts is empty: the parsers see to that.
struct TimesOfDay: Equatable, Sendable {
    var hours: NumberSet
    var minutes: NumberSet
    var seconds: SecondsOfMinute

    /// The first time at or after one; both in milliseconds of the day.
    func first(from time: Int) -> Int? {
        guard time < Unzoned.day else { return nil }
        let (hour, minute, rest) = (time / 3_600_000, time / 60_000 % 60, time % 60_000)
        if hours.contains(hour) {
            if minutes.contains(minute), let found = seconds.first(from: rest) {
                return hour * 3_600_000 + minute * 60_000 + found
            }
            if let later = minutes.first(from: minute + 1), let found = seconds.first(from: 0) {
                return hour * 3_600_000 + later * 60_000 + found
            }
        }
        guard let later = hours.first(from: hour + 1), let minute = minutes.first(from: 0),
            let found = seconds.first(from: 0)
        else { return nil }
        return later * 3_600_000 + minute * 60_000 + found
    }

    /// The last time at or before one; both in milliseconds of the day.
    func last(upTo time: Int) -> Int? {
        guard time >= 0 else { return nil }
        let (hour, minute, rest) = (time / 3_600_000, time / 60_000 % 60, time % 60_000)
        if hours.contains(hour) {
            if minutes.contains(minute), let found = seconds.last(upTo: rest) {
                return hour * 3_600_000 + minute * 60_000 + found
            }
            if let earlier = minutes.last(upTo: minute - 1), let found = seconds.last(upTo: 59_999) {
                return hour * 3_600_000 + earlier * 60_000 + found
            }
        }
        guard let earlier = hours.last(upTo: hour - 1), let minute = minutes.last(upTo: 59),
            let found = seconds.last(upTo: 59_999)
        else { return nil }
        return earlier * 3_600_000 + minute * 60_000 + found
    }
}

/// The seconds of a matching minute. Nearly always whole ones; what has fractions is counted in microseconds, as
/// systemd does, and cut to the millisecond that it falls into, as an ``Instant`` has it.
struct SecondsOfMinute: Equatable, Sendable {
    /// `from`, `from + step` and so on up to `through`, in microseconds of the minute. `step` is 1 or more.
    struct Span: Equatable, Sendable {
        var from: Int
        var through: Int
        var step: Int

        func first(from millisecond: Int) -> Int? {
            let least = millisecond * 1000
            let steps = least <= from ? 0 : (least - from + step - 1) / step
            let found = from + steps * step
            return found <= through ? found / 1000 : nil
        }

        func last(upTo millisecond: Int) -> Int? {
            let most = min(through, millisecond * 1000 + 999)
            return most < from ? nil : (most - (most - from) % step) / 1000
        }
    }

    var whole: NumberSet
    var spans: [Span] = []

    /// The first one at or after one; both in milliseconds of the minute.
    func first(from millisecond: Int) -> Int? {
        var first = whole.first(from: (millisecond + 999) / 1000).map { $0 * 1000 }
        for span in spans {
            if let found = span.first(from: millisecond) { first = min(first ?? found, found) }
        }
        return first
    }

    /// The last one at or before one; both in milliseconds of the minute.
    func last(upTo millisecond: Int) -> Int? {
        var last = whole.last(upTo: millisecond / 1000).map { $0 * 1000 }
        for span in spans {
            if let found = span.last(upTo: millisecond) { last = max(last ?? found, found) }
        }
        return last
    }
}
