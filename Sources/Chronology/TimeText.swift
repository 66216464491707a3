// Instants as text: RFC 3339 for programs, and clock readings in a zone for people.

extension Instant {
    /// `2026-11-27T16:00:00.000Z`: UTC with milliseconds. Years outside of 0000 to 9999 are cut to these ends.
    package var rfc3339: String {
        let bounded = min(max(milliseconds, -62_167_219_200_000), 253_402_300_799_999)
        let instant = Instant(milliseconds: bounded)
        let local = LocalTime(unzonedSeconds: instant.wholeSeconds)
        let fraction = Int(bounded - instant.wholeSeconds * 1000)
        return "\(padded(local.day.year, 4))-\(padded(local.day.month, 2))-\(padded(local.day.day, 2))T"
            + "\(padded(local.hour, 2)):\(padded(local.minute, 2)):\(padded(local.second, 2)).\(padded(fraction, 3))Z"
    }

    /// Reads RFC 3339 with `Z` or an offset, and any number of fraction digits up to 9. Nil for anything else. A leap
    /// second is read as the second before it.
    package init?(rfc3339 text: String) {
        let bytes = Array(text.utf8)
        func number(_ range: Range<Int>) -> Int? {
            guard range.upperBound <= bytes.count else { return nil }
            var value = 0
            for byte in bytes[range] {
                guard (48...57).contains(byte) else { return nil }
                value = value * 10 + Int(byte - 48)
            }
            return value
        }
        guard bytes.count >= 20, bytes.count <= 40, let year = number(0..<4), bytes[4] == 45,
            let month = number(5..<7), bytes[7] == 45, let day = number(8..<10),
            [84, 116, 32].contains(bytes[10]), let hour = number(11..<13), bytes[13] == 58,
            let minute = number(14..<16), bytes[16] == 58, let second = number(17..<19), (1...12).contains(month),
            day >= 1, day <= CivilDay.days(inMonth: month, of: year), hour <= 23, minute <= 59, second <= 60
        else { return nil }
        var index = 19
        var fraction = 0
        if bytes[index] == 46 {
            let digits = bytes[(index + 1)...].prefix { (48...57).contains($0) }
            guard (1...9).contains(digits.count) else { return nil }
            var padded = Array(digits.prefix(3))
            while padded.count < 3 { padded.append(48) }
            fraction = padded.reduce(0) { $0 * 10 + Int($1 - 48) }
            index += 1 + digits.count
        }
        guard index < bytes.count else { return nil }
        var offset = 0
        switch bytes[index] {
        case 90, 122:
            guard index + 1 == bytes.count else { return nil }
        case 43, 45:
            guard index + 6 == bytes.count, bytes[index + 3] == 58, let hours = number(index + 1..<index + 3),
                let minutes = number(index + 4..<index + 6), hours <= 23, minutes <= 59
            else { return nil }
            offset = (hours * 60 + minutes) * 60 * (bytes[index] == 45 ? -1 : 1)
        default: return nil
        }
        let local = LocalTime(
            year: year, month: month, day: day, hour: hour, minute: minute, second: min(second, 59))
        self.init(milliseconds: (local.unzonedSeconds - Int64(offset)) * 1000 + Int64(fraction))
    }

    private func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}

extension Zone {
    private static let weekdays = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// `17:00`, or `17:00:05` where the seconds are not zero.
    package func clock(_ instant: Instant) -> String {
        let local = local(at: instant)
        let text = "\(two(local.hour)):\(two(local.minute))"
        return local.second == 0 ? text : "\(text):\(two(local.second))"
    }

    /// `Fri 27 Nov 17:00 +01:00`; with the year where it is not that of `now`, and only `Fri 17:00 +01:00` within the
    /// six days around it.
    package func display(_ instant: Instant, now: Instant) -> String {
        let local = local(at: instant)
        let today = self.local(at: now)
        let weekday = Self.weekdays[local.day.weekday]
        let distance = abs(local.day.daysSinceEpoch - today.day.daysSinceEpoch)
        if distance < 6 { return "\(weekday) \(clock(instant)) \(offsetText(at: instant))" }
        let year = local.day.year == today.day.year ? "" : " \(local.day.year)"
        let date = "\(local.day.day) \(Self.months[local.day.month - 1])\(year)"
        return "\(weekday) \(date) \(clock(instant)) \(offsetText(at: instant))"
    }

    /// `+01:00`.
    package func offsetText(at instant: Instant) -> String {
        let offset = offset(at: instant)
        let minutes = abs(offset) / 60
        return "\(offset < 0 ? "-" : "+")\(two(minutes / 60)):\(two(minutes % 60))"
    }

    private func two(_ number: Int) -> String {
        number < 10 ? "0\(number)" : String(number)
    }
}
