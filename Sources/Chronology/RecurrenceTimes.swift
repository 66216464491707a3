// At which times of a day a recurrence rule comes. Begin at `first(on:from:)`.
//
// Where the frequency is below a day, the hours, minutes or seconds are also every so many from the beginning on, over
// midnight and all: which ones they are is another matter each day.

struct RecurrenceTimes: Equatable, Sendable {
    private let frequency: RecurrenceRule.Frequency
    private let hours: NumberSet
    private let minutes: NumberSet
    private let seconds: NumberSet
    /// Every how many hours, minutes or seconds; 1 where it is more than a day that is counted.
    private var step: Int
    /// The beginning: hours, minutes or seconds since 1970.
    private let origin: Int
    /// Bits at the multiples of ``step``.
    private var multiples: UInt64
    /// Whether no time of any day can match.
    private(set) var isEmpty = false

    init(_ rule: RecurrenceRule, from: LocalTime) {
        frequency = rule.frequency
        func set(_ given: NumberSet, _ own: Int, _ bounds: ClosedRange<Int>, _ unit: RecurrenceRule.Frequency)
            -> NumberSet
        {
            given.isEmpty ? (rule.frequency > unit ? .only(own) : .all(bounds)) : given
        }
        hours = set(rule.hours, from.hour, 0...23, .hourly)
        minutes = set(rule.minutes, from.minute, 0...59, .minutely)
        seconds = set(rule.seconds, from.second, 0...59, .secondly)
        let unit =
            switch rule.frequency {
            case .hourly: 3600
            case .minutely: 60
            default: 1
            }
        step = rule.frequency < .daily ? rule.interval : 1
        let begin = Int(from.unzonedSeconds)
        origin = (begin - RecurrenceDays.modulo(begin, unit)) / unit
        multiples = Self.multiples(of: step)
        // What the steps have in common with a day is the same each day; if that does not match, nothing ever does.
        var everyDay = self
        everyDay.step = Self.commonDivisor(step, 86_400 / unit)
        everyDay.multiples = Self.multiples(of: everyDay.step)
        isEmpty = everyDay.first(on: 0, from: 0) == nil
    }

    /// The first time at or after one, in milliseconds of a day; the day is in days since 1970.
    func first(on day: Int, from time: Int) -> Int? {
        // Readings are to the millisecond, and rules to the second.
        let least = (time + 999) / 1000
        guard least < 86_400 else { return nil }
        let hours = hours(of: day)
        var next = least / 3600
        while let hour = hours.first(from: next) {
            let minutes = minutes(of: day, hour)
            var nextMinute = hour == least / 3600 ? least / 60 % 60 : 0
            while let minute = minutes.first(from: nextMinute) {
                let isFirst = hour == least / 3600 && minute == least / 60 % 60
                if let second = seconds(of: day, hour, minute).first(from: isFirst ? least % 60 : 0) {
                    return ((hour * 60 + minute) * 60 + second) * 1000
                }
                nextMinute = minute + 1
            }
            next = hour + 1
        }
        return nil
    }

    /// The last time at or before one, in milliseconds of a day; the day is in days since 1970.
    func last(on day: Int, upTo time: Int) -> Int? {
        guard time >= 0 else { return nil }
        let most = time / 1000
        let hours = hours(of: day)
        var next = most / 3600
        while let hour = hours.last(upTo: next) {
            let minutes = minutes(of: day, hour)
            var nextMinute = hour == most / 3600 ? most / 60 % 60 : 59
            while let minute = minutes.last(upTo: nextMinute) {
                let isLast = hour == most / 3600 && minute == most / 60 % 60
                if let second = seconds(of: day, hour, minute).last(upTo: isLast ? most % 60 : 59) {
                    return ((hour * 60 + minute) * 60 + second) * 1000
                }
                nextMinute = minute - 1
            }
            next = hour - 1
        }
        return nil
    }

    // MARK: Steps

    private func hours(of day: Int) -> NumberSet {
        switch frequency {
        case .hourly: hours.intersection(aligned(day * 24))
        case .minutely where step > 1440: isFar(day * 1440, 1440) ? NumberSet() : hours
        case .secondly where step > 86_400: isFar(day * 86_400, 86_400) ? NumberSet() : hours
        default: hours
        }
    }

    private func minutes(of day: Int, _ hour: Int) -> NumberSet {
        switch frequency {
        case .minutely: minutes.intersection(aligned((day * 24 + hour) * 60))
        case .secondly where step > 3600: isFar((day * 24 + hour) * 3600, 3600) ? NumberSet() : minutes
        default: minutes
        }
    }

    private func seconds(of day: Int, _ hour: Int, _ minute: Int) -> NumberSet {
        frequency == .secondly ? seconds.intersection(aligned(((day * 24 + hour) * 60 + minute) * 60)) : seconds
    }

    /// Those of every so many, from `base` on as 0.
    private func aligned(_ base: Int) -> NumberSet {
        if step == 1 { return NumberSet(bits: .max) }
        let first = RecurrenceDays.modulo(origin - base, step)
        return NumberSet(bits: first < 64 ? multiples << UInt64(first) : 0)
    }

    /// Whether none of every so many lies in the first ones after `base`.
    private func isFar(_ base: Int, _ length: Int) -> Bool {
        RecurrenceDays.modulo(origin - base, step) >= length
    }

    private static func multiples(of step: Int) -> UInt64 {
        var bits: UInt64 = 0
        for number in stride(from: 0, to: 64, by: step) { bits |= 1 << UInt64(number) }
        return bits
    }

    private static func commonDivisor(_ left: Int, _ right: Int) -> Int {
        right == 0 ? left : commonDivisor(right, left % right)
    }

    // MARK: Positions

    /// How many times a matching period has: of a day, or of an hour, minute or second that is one. Of a longer period, how
    /// many each of its days has.
    var countOfPeriod: Int {
        let (minutes, seconds) = (minutes.bits.nonzeroBitCount, seconds.bits.nonzeroBitCount)
        switch frequency {
        case .secondly: return 1
        case .minutely: return seconds
        case .hourly: return minutes * seconds
        default: return hours.bits.nonzeroBitCount * minutes * seconds
        }
    }

    /// - Parameters:
    ///   - number: From 0 to below ``countOfPeriod``.
    ///   - time: Any time of the period, in milliseconds of the day.
    func time(number: Int, inPeriodOf time: Int) -> Int {
        let (minuteCount, secondCount) = (minutes.bits.nonzeroBitCount, seconds.bits.nonzeroBitCount)
        let second = seconds.member(number: number % secondCount)
        let minute = minutes.member(number: number / secondCount % minuteCount)
        switch frequency {
        case .secondly: return time / 1000 * 1000
        case .minutely: return time / 60_000 * 60_000 + second * 1000
        case .hourly: return time / 3_600_000 * 3_600_000 + (minute * 60 + second) * 1000
        default:
            let hour = hours.member(number: number / secondCount / minuteCount)
            return ((hour * 60 + minute) * 60 + second) * 1000
        }
    }
}

extension NumberSet {
    /// The member that so many are below. There are more than that.
    func member(number: Int) -> Int {
        var rest = bits
        for _ in 0..<number { rest &= rest &- 1 }
        return rest.trailingZeroBitCount
    }
}
