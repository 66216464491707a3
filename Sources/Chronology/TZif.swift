// Reading TZif, versions 1 to 4. Every count is checked against the bytes that are there before anything is read.

enum TZif {
    static let magic: [UInt8] = Array("TZif".utf8)
    static let headerSize = 44

    private struct Counts {
        var utcIndicators, standardIndicators, leaps, times, types, characters: Int

        /// Bytes of the block after its header; `width` is 4 or 8 bytes for a time.
        func size(width: Int) -> Int {
            times * width + times + types * 6 + characters + leaps * (width + 4) + standardIndicators + utcIndicators
        }
    }

    static func table(from bytes: [UInt8]) throws(ZoneError) -> ZoneTable {
        guard bytes.count <= ZoneTable.fileSizeLimit else { throw .tooLarge }
        let first = try counts(bytes, at: 0)
        guard bytes[4] >= UInt8(ascii: "2") else {
            return try block(bytes, at: headerSize, first, width: 4, footer: nil)
        }
        let second = headerSize + first.size(width: 4)
        let wide = try counts(bytes, at: second)
        let footerStart = second + headerSize + wide.size(width: 8)
        guard footerStart <= bytes.count else { throw .truncated }
        let footer = try footer(bytes[footerStart...])
        return try block(bytes, at: second + headerSize, wide, width: 8, footer: footer)
    }

    private static func counts(_ bytes: [UInt8], at start: Int) throws(ZoneError) -> Counts {
        guard bytes.count >= start + headerSize else { throw start == 0 ? .notAZoneFile : .truncated }
        guard Array(bytes[start..<start + 4]) == magic else { throw .notAZoneFile }
        func count(_ index: Int) -> Int {
            Int(UInt32(truncatingIfNeeded: number(bytes, at: start + 20 + index * 4, width: 4)))
        }
        let counts = Counts(
            utcIndicators: count(0), standardIndicators: count(1), leaps: count(2), times: count(3), types: count(4),
            characters: count(5))
        for value in [
            counts.utcIndicators, counts.standardIndicators, counts.leaps, counts.times, counts.types,
            counts.characters,
        ] where value > bytes.count { throw .truncated }
        guard counts.types >= 1, counts.characters >= 1 else { throw .inconsistent("no types or no names") }
        return counts
    }

    /// A big-endian signed number. The caller has checked that the bytes are there.
    private static func number(_ bytes: [UInt8], at start: Int, width: Int) -> Int64 {
        var value: UInt64 = 0
        for index in 0..<width { value = value << 8 | UInt64(bytes[start + index]) }
        return width == 8 ? Int64(bitPattern: value) : Int64(Int32(bitPattern: UInt32(truncatingIfNeeded: value)))
    }

    private static func footer(_ bytes: ArraySlice<UInt8>) throws(ZoneError) -> PosixRule? {
        guard bytes.first == UInt8(ascii: "\n"), let end = bytes.dropFirst().firstIndex(of: UInt8(ascii: "\n")) else {
            throw .truncated
        }
        let text = bytes[(bytes.startIndex + 1)..<end]
        if text.isEmpty { return nil }
        guard let rule = PosixRule(Array(text)) else { throw .inconsistent("the footer is no time zone rule") }
        return rule
    }

    private static func block(
        _ bytes: [UInt8], at start: Int, _ counts: Counts, width: Int, footer: PosixRule?
    ) throws(ZoneError) -> ZoneTable {
        guard bytes.count >= start + counts.size(width: width) else { throw .truncated }
        let indices = start + counts.times * width
        let types = indices + counts.times
        let names = types + counts.types * 6
        var periods: [ZoneTable.Period] = []
        for index in 0..<counts.types {
            let offset = number(bytes, at: types + index * 6, width: 4)
            guard abs(offset) <= 25 * 3600 + 59 * 60 + 59 else { throw .inconsistent("an offset of over a day") }
            let name = Int(bytes[types + index * 6 + 5])
            guard name < counts.characters else { throw .inconsistent("a name outside of the names") }
            let characters = bytes[(names + name)..<(names + counts.characters)].prefix { $0 != 0 }
            periods.append(
                ZoneTable.Period(offset: Int(offset), abbreviation: String(decoding: characters, as: UTF8.self)))
        }
        var transitions: [ZoneTable.Transition] = []
        for index in 0..<counts.times {
            let at = number(bytes, at: start + index * width, width: width)
            let type = Int(bytes[indices + index])
            guard type < periods.count else { throw .inconsistent("a transition to a type that is not there") }
            if let last = transitions.last, last.at >= at { throw .inconsistent("transitions out of order") }
            transitions.append(ZoneTable.Transition(at: at, period: periods[type]))
        }
        footer?.append(to: &transitions, first: periods[0])
        return ZoneTable(transitions: transitions, first: periods[0])
    }
}

/// The footer of a zone file: a POSIX `TZ` string such as `CET-1CEST,M3.5.0,M10.5.0/3`.
struct PosixRule {
    private enum Day {
        case julianWithoutLeapDay(Int)
        case zeroBased(Int)
        case monthWeekDay(Int, Int, Int)
    }

    private struct Change {
        var day: Day
        var seconds: Int

        /// Seconds since 1970, by the clock before the change.
        func unzoned(in year: Int) -> Int64 {
            let start = CivilDay(year: year, month: 1, day: 1).daysSinceEpoch
            let days: Int
            switch day {
            case .julianWithoutLeapDay(let number):
                days = start + number - 1 + (CivilDay.isLeap(year) && number >= 60 ? 1 : 0)
            case .zeroBased(let number):
                days = start + number
            case .monthWeekDay(let month, let week, let weekday):
                let first = CivilDay(year: year, month: month, day: 1)
                // POSIX counts weekdays from Sunday, we from Monday.
                let shift = (weekday + 6 - first.weekday) % 7
                var day = 1 + shift + (week - 1) * 7
                if day > first.daysInMonth { day -= 7 }
                days = first.daysSinceEpoch + day - 1
            }
            return Int64(days) * 86_400 + Int64(seconds)
        }
    }

    private var standard: ZoneTable.Period
    private var daylight: (period: ZoneTable.Period, start: Change, end: Change)?

    init?(_ text: [UInt8]) {
        var reader = Reader(text)
        guard let name = reader.name(), let offset = reader.offset() else { return nil }
        standard = ZoneTable.Period(offset: -offset, abbreviation: name)
        if reader.isAtEnd { return }
        guard let daylightName = reader.name() else { return nil }
        var daylightOffset = standard.offset + 3600
        if !reader.isAtEnd, reader.peek != UInt8(ascii: ",") {
            guard let given = reader.offset() else { return nil }
            daylightOffset = -given
        }
        guard let start = reader.change(), let end = reader.change(), reader.isAtEnd else { return nil }
        daylight = (ZoneTable.Period(offset: daylightOffset, abbreviation: daylightName), start, end)
    }

    func append(to transitions: inout [ZoneTable.Transition], first: ZoneTable.Period) {
        let last = transitions.last
        guard let daylight else {
            if (last?.period ?? first) != standard {
                let at = last.map { $0.at.saturatingAdd(1) } ?? 0
                transitions.append(ZoneTable.Transition(at: at, period: standard))
            }
            return
        }
        let firstYear = last.map { max(1970, LocalTime(unzonedSeconds: min($0.at, 7_000_000_000)).day.year) } ?? 1970
        guard firstYear <= ZoneTable.lastYear else { return }
        for year in firstYear...ZoneTable.lastYear {
            let changes = [
                ZoneTable.Transition(
                    at: daylight.start.unzoned(in: year) - Int64(standard.offset), period: daylight.period),
                ZoneTable.Transition(
                    at: daylight.end.unzoned(in: year) - Int64(daylight.period.offset), period: standard),
            ].sorted { $0.at < $1.at }
            for change in changes where change.at > transitions.last?.at ?? .min {
                if transitions.last?.period != change.period { transitions.append(change) }
            }
        }
    }

    private struct Reader {
        private var rest: ArraySlice<UInt8>

        init(_ text: [UInt8]) { rest = text[...] }

        var isAtEnd: Bool { rest.isEmpty }
        var peek: UInt8? { rest.first }

        mutating func take(_ character: Character) -> Bool {
            guard rest.first == character.asciiValue else { return false }
            rest.removeFirst()
            return true
        }

        mutating func name() -> String? {
            let characters: ArraySlice<UInt8>
            if take("<") {
                guard let end = rest.firstIndex(of: UInt8(ascii: ">")) else { return nil }
                characters = rest[..<end]
                rest = rest[(end + 1)...]
            } else {
                characters = rest.prefix { (65...90).contains($0) || (97...122).contains($0) }
                rest = rest.dropFirst(characters.count)
            }
            return characters.isEmpty ? nil : String(decoding: characters, as: UTF8.self)
        }

        mutating func number(_ limit: Int) -> Int? {
            let digits = rest.prefix { (48...57).contains($0) }.prefix(6)
            guard !digits.isEmpty else { return nil }
            rest = rest.dropFirst(digits.count)
            let value = digits.reduce(0) { $0 * 10 + Int($1 - 48) }
            return value <= limit ? value : nil
        }

        /// `[+-]hh[:mm[:ss]]` in seconds. Hours go up to 24, and to 167 in the rules of a change (RFC 8536).
        mutating func offset(hourLimit: Int = 24) -> Int? {
            let sign = take("-") ? -1 : 1
            if sign == 1 { _ = take("+") }
            guard let hours = number(hourLimit) else { return nil }
            var seconds = hours * 3600
            if take(":") {
                guard let minutes = number(59) else { return nil }
                seconds += minutes * 60
                if take(":") {
                    guard let more = number(59) else { return nil }
                    seconds += more
                }
            }
            return sign * seconds
        }

        mutating func change() -> Change? {
            guard take(",") else { return nil }
            let day: Day
            if take("J") {
                guard let number = number(365), number >= 1 else { return nil }
                day = .julianWithoutLeapDay(number)
            } else if take("M") {
                guard let month = number(12), month >= 1, take("."), let week = number(5), week >= 1, take("."),
                    let weekday = number(6)
                else { return nil }
                day = .monthWeekDay(month, week, weekday)
            } else {
                guard let number = number(365) else { return nil }
                day = .zeroBased(number)
            }
            var seconds = 7200
            if take("/") {
                guard let given = offset(hourLimit: 167) else { return nil }
                seconds = given
            }
            return Change(day: day, seconds: seconds)
        }
    }
}
