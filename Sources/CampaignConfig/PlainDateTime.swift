// Dates and times of plain sections, as most people write them: `2036-01-01`, `2036-01-01T09:00:00`, and the latter with `Z` or
// `+01:00`. Everything else is left to toml++; see PlainSection.swift. Begin at `read`.

struct PlainDateTime {
    private let text: UnsafeBufferPointer<UInt8>
    private var index: Int

    /// What begins at `start`, and where it ends. Nil for what is not known here.
    static func read(_ text: UnsafeBufferPointer<UInt8>, from start: Int) -> (value: TOMLDateTime, end: Int)? {
        var reader = PlainDateTime(text: text, index: start)
        guard let value = reader.dateTime() else { return nil }
        return (value, reader.index)
    }

    private mutating func dateTime() -> TOMLDateTime? {
        guard let year = number(4, 1...9999), take("-"), let month = number(2, 1...12), take("-"),
            let day = number(2, 1...Self.length(ofMonth: month, year))
        else { return nil }
        let date = TOMLDateTime.Day(year: year, month: month, day: day)
        guard take("T") else {
            // A blank and a time may follow.
            return isDigit(index + 1) ? nil : TOMLDateTime(day: date)
        }
        guard let hour = number(2, 0...23), take(":"), let minute = number(2, 0...59), take(":"),
            let second = number(2, 0...59)
        else { return nil }
        let time = TOMLDateTime.Time(hour: hour, minute: minute, second: second, nanosecond: 0)
        if take("Z") { return TOMLDateTime(day: date, time: time, offsetMinutes: 0) }
        let isEast = take("+")
        guard isEast || take("-") else { return TOMLDateTime(day: date, time: time) }
        guard let hours = number(2, 0...23), take(":"), let minutes = number(2, 0...59) else { return nil }
        let offset = hours * 60 + minutes
        return TOMLDateTime(day: date, time: time, offsetMinutes: isEast ? offset : -offset)
    }

    private mutating func number(_ digits: Int, _ range: ClosedRange<Int>) -> Int? {
        var number = 0
        for _ in 0..<digits {
            guard isDigit(index) else { return nil }
            number = number * 10 + Int(text[index]) - 0x30
            index += 1
        }
        return range.contains(number) ? number : nil
    }

    private func isDigit(_ index: Int) -> Bool {
        index < text.count && (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(text[index])
    }

    private mutating func take(_ byte: Unicode.Scalar) -> Bool {
        guard index < text.count, text[index] == UInt8(ascii: byte) else { return false }
        index += 1
        return true
    }

    private static func length(ofMonth month: Int, _ year: Int) -> Int {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        return month == 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
    }
}
