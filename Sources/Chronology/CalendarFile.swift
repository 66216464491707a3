// `.ics` files as sets of days: holidays as calendar programs publish them. Begin at `days(in:)`.
//
// Events are read for the days that they touch and for nothing else. Days are taken as they are written: zones of events are
// not looked up. Source: RFC 5545. What is no calendar is refused at its line; what a set of days does not need is passed over.

/// Why bytes are no calendar of days.
package struct CalendarFileError: Error, Equatable, Sendable {
    /// The line where the fault begins, 1 for the first.
    package var line: Int
    package var found: String
    package var accepted: String
    package var remedy: String
}

package enum CalendarFile {
    /// Bytes of a file.
    package static let byteLimit = 16 * 1024 * 1024
    /// Events of a file.
    package static let eventLimit = DayCalendar.dayLimit
    /// Recurrence rules of a file.
    package static let ruleLimit = 1000
    /// Days that events name, each as often as it is named.
    package static let namedDayLimit = 500_000
    /// How deep components may lie in one another; events lie at 2, their alarms at 3.
    static let depthLimit = 8

    /// The days that its events touch: sorted, each once, from 1970 to 2199.
    ///
    /// - Throws: ``CalendarFileError`` for bytes that are no calendar, or too large; the caller shows it with the file's name.
    package static func days(in bytes: [UInt8]) throws(CalendarFileError) -> [CivilDay] {
        guard bytes.count <= byteLimit else {
            throw CalendarFileError(
                line: 1, found: "the file is too long", accepted: "up to \(byteLimit) bytes",
                remedy: "Remove what is long past.")
        }
        var reader = CalendarFileReader()
        var lines = CalendarLines(bytes)
        while let line = lines.next() { try reader.take(line) }
        return try reader.days(endLine: lines.number)
    }
}

/// A content line: folded ones are put together.
struct CalendarLine {
    var number: Int
    var bytes: ArraySlice<UInt8>

    /// In upper case, without parameters.
    var name: String {
        Self.upper(bytes.prefix { $0 != UInt8(ascii: ":") && $0 != UInt8(ascii: ";") })
    }

    /// The first colon that is not between quotes.
    private var colon: Int? {
        var isQuoted = false
        return bytes.firstIndex { byte in
            if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
            return byte == UInt8(ascii: ":") && !isQuoted
        }
    }

    /// Nil where there is no colon.
    var value: Substring? {
        colon.map { Substring(decoding: bytes[($0 + 1)...], as: UTF8.self) }
    }

    /// Whether a parameter has a value, in any case.
    func has(_ parameter: String) -> Bool {
        let parameters = Self.upper(bytes[..<(colon ?? bytes.endIndex)]).split(separator: ";").dropFirst()
        return parameters.contains { $0.filter { $0 != "\"" } == parameter }
    }

    private static func upper(_ bytes: ArraySlice<UInt8>) -> String {
        String(decoding: bytes, as: UTF8.self).uppercased()
    }

    func fault(_ found: String, accepted: String, remedy: String) -> CalendarFileError {
        CalendarFileError(line: number, found: found, accepted: accepted, remedy: remedy)
    }

    /// Its beginning, such as can be shown on a terminal.
    var shown: String { Self.shown(String(decoding: bytes.prefix(60), as: UTF8.self)[...]) }

    static func shown(_ text: Substring) -> String { "\"\(plain(text))\"" }

    /// Without quotes.
    static func plain(_ text: Substring) -> String {
        let kept = text.unicodeScalars.prefix(40).map { (32...126).contains($0.value) ? Character($0) : "?" }
        return String(kept) + (text.unicodeScalars.count > 40 ? "…" : "")
    }
}

/// The lines of a file, one after the other: ends of lines are CRLF or LF, and a blank at the beginning goes on with the
/// line before.
struct CalendarLines {
    private let bytes: [UInt8]
    private var place = 0
    /// How many lines of the file were read.
    private(set) var number = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { place = 3 }
    }

    /// Nil at the end. Empty lines are passed over.
    mutating func next() -> CalendarLine? {
        while let line = physical() {
            var whole = CalendarLine(number: number, bytes: line)
            while place < bytes.count, bytes[place] == 32 || bytes[place] == 9, let more = physical() {
                whole.bytes.append(contentsOf: more.dropFirst())
            }
            if !whole.bytes.allSatisfy({ $0 == 32 || $0 == 9 }) { return whole }
        }
        return nil
    }

    private mutating func physical() -> ArraySlice<UInt8>? {
        guard place < bytes.count else { return nil }
        let end = bytes[place...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
        var line = bytes[place..<end]
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        place = end + 1
        number += 1
        return line
    }
}

/// Components and their events, line by line.
struct CalendarFileReader {
    private var open: [(name: String, line: Int)] = []
    private var hasCalendar = false
    private var event: CalendarEvent?
    private var events: [CalendarEvent] = []
    private var ruleCount = 0

    mutating func take(_ line: CalendarLine) throws(CalendarFileError) {
        guard let value = line.value else {
            throw line.fault(
                "\(line.shown) is no line of a calendar", accepted: "a name, a colon and a value",
                remedy: open.isEmpty ? "Name an .ics file." : "Export the calendar again.")
        }
        switch line.name {
        case "BEGIN": try begin(value.uppercased(), line)
        case "END": try end(value.uppercased(), line)
        default:
            guard !open.isEmpty else { throw outside(line) }
            guard open.last?.name == "VEVENT" else { return }
            if line.name == "RRULE" {
                ruleCount += 1
                guard ruleCount <= CalendarFile.ruleLimit else {
                    throw line.fault(
                        "the file has too many rules", accepted: "up to \(CalendarFile.ruleLimit) lines of RRULE",
                        remedy: "Keep days that are needed alone, or divide the file.")
                }
            }
            try event?.take(line, value)
        }
    }

    private mutating func begin(_ name: String, _ line: CalendarLine) throws(CalendarFileError) {
        guard !open.isEmpty || name == "VCALENDAR" else { throw outside(line) }
        guard open.count < CalendarFile.depthLimit else {
            throw line.fault(
                "components lie too deep in one another", accepted: "up to \(CalendarFile.depthLimit)",
                remedy: "Export the calendar again.")
        }
        hasCalendar = true
        open.append((name, line.number))
        if name == "VEVENT", event == nil { event = CalendarEvent(line: line.number) }
    }

    private mutating func end(_ name: String, _ line: CalendarLine) throws(CalendarFileError) {
        guard let last = open.last, last.name == name else {
            throw line.fault(
                "END:\(CalendarLine.shown(name[...])) ends nothing that is open",
                accepted: open.last.map { "END:\(CalendarLine.plain($0.name[...])), for line \($0.line)" }
                    ?? "BEGIN:VCALENDAR",
                remedy: "Export the calendar again.")
        }
        open.removeLast()
        guard name == "VEVENT", let event, event.line == last.line else { return }
        self.event = nil
        guard events.count < CalendarFile.eventLimit else {
            throw line.fault(
                "the file has too many events", accepted: "up to \(CalendarFile.eventLimit)",
                remedy: "Remove what is long past.")
        }
        guard event.start != nil else {
            throw CalendarFileError(
                line: event.line, found: "an event has no DTSTART", accepted: "the day on which it begins",
                remedy: "Export the calendar again, or remove the event.")
        }
        events.append(event)
    }

    private func outside(_ line: CalendarLine) -> CalendarFileError {
        line.fault(
            "\(line.shown) stands outside of a calendar", accepted: "BEGIN:VCALENDAR in the first line",
            remedy: "Name an .ics file.")
    }

    // MARK: Days

    func days(endLine: Int) throws(CalendarFileError) -> [CivilDay] {
        if let last = open.last {
            throw CalendarFileError(
                line: last.line, found: "\(CalendarLine.plain(last.name[...])) has no end",
                accepted: "END:… for each BEGIN:…",
                remedy: "The file was probably cut short: fetch it again.")
        }
        guard hasCalendar else {
            throw CalendarFileError(
                line: max(1, endLine), found: "the file is empty", accepted: "BEGIN:VCALENDAR and events",
                remedy: "Name an .ics file.")
        }
        // What is written anew of an event that recurs, by its UID.
        var replaced: [String: Set<Int64>] = [:]
        for event in events {
            if let original = event.recurrenceID { replaced[event.uid, default: []].insert(original) }
        }
        var found = CalendarDays()
        for event in events where !event.isCancelled {
            try event.addDays(to: &found, without: event.recurrenceID == nil ? replaced[event.uid] ?? [] : [])
        }
        return found.days.sorted().map(CivilDay.init(daysSinceEpoch:))
    }
}

/// Days that were named, within bounds.
struct CalendarDays {
    private static let years =
        CivilDay(year: CalendarUnit.years.lowerBound, month: 1, day: 1)
        .daysSinceEpoch..<CivilDay(
            year: CalendarUnit.years.upperBound + 1, month: 1, day: 1
        ).daysSinceEpoch

    /// Days since 1970-01-01.
    private(set) var days: Set<Int> = []
    private var named = 0

    /// One occurrence of an event; also one that is left out counts, since it was looked for.
    mutating func count(line: Int) throws(CalendarFileError) {
        named += 1
        if named > CalendarFile.namedDayLimit { throw tooMany(line) }
    }

    mutating func add(_ range: ClosedRange<Int>, line: Int) throws(CalendarFileError) {
        guard range.overlaps(Self.years) else { return }
        for day in range.clamped(to: Self.years.lowerBound...Self.years.upperBound - 1) {
            try count(line: line)
            days.insert(day)
            if days.count > DayCalendar.dayLimit { throw tooMany(line) }
        }
    }

    private func tooMany(_ line: Int) -> CalendarFileError {
        CalendarFileError(
            line: line, found: "the events of the file touch too many days",
            accepted: "up to \(DayCalendar.dayLimit) days",
            remedy: "Remove the event, or write weekdays = […] for days of each week.")
    }
}
