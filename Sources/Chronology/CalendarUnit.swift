// The parts of dates and times: `*`, or values, ranges `a..b` and steps `/n` with commas between them.

/// What a part counts, and within which bounds.
struct CalendarUnit {
    /// The years that systemd knows.
    static let years = 1970...2199

    static let year = CalendarUnit(name: "year", bounds: years)
    static let month = CalendarUnit(name: "month", bounds: 1...12, isCycle: true)
    static let day = CalendarUnit(name: "day", bounds: 1...31, isCycle: true)
    /// Every month has 28 days to count back from.
    static let dayFromEnd = CalendarUnit(name: "day from the end", bounds: 1...28)
    static let hour = CalendarUnit(name: "hour", bounds: 0...23, isCycle: true)
    static let minute = CalendarUnit(name: "minute", bounds: 0...59, isCycle: true)
    /// In microseconds: seconds may have fractions.
    static let second = CalendarUnit(name: "second", bounds: 0...59_999_999, unit: 1_000_000)

    /// `from`, `from + step` and so on up to `through`.
    struct Span {
        var from: Int
        var through: Int
        var step: Int
    }

    private struct Item {
        var piece: Piece
        var from: Int
        var through: Int?
        var step: Int?
    }

    let name: String
    let bounds: ClosedRange<Int>
    /// What 1 in the text is.
    var unit = 1
    /// Whether the first one comes after the last, so that a range may have been meant to run over the end.
    var isCycle = false

    /// The numbers that a part names. Bounds below 64.
    func numbers(_ piece: Piece) throws(ScheduleError) -> NumberSet {
        if piece.text == "*" { return .all(bounds) }
        var set = NumberSet()
        for span in try spans(piece) {
            for number in stride(from: span.from, through: span.through, by: span.step) { set.insert(number) }
        }
        return set
    }

    /// Days counted from the end, 1 for the last, as the days that they are in a month of 31. A step from a single day
    /// runs towards the end of the month.
    func daysFromEnd(_ piece: Piece) throws(ScheduleError) -> NumberSet {
        if piece.text == "*" { return .all(1...31) }
        var set = NumberSet()
        for item in try items(piece) {
            if let step = item.step, item.through == nil {
                guard item.from - step >= bounds.lowerBound else { throw tooLong(item, step) }
                for number in stride(from: item.from, through: 1, by: -step) { set.insert(32 - number) }
            } else {
                for number in stride(from: item.from, through: item.through ?? item.from, by: item.step ?? 1) {
                    set.insert(32 - number)
                }
            }
        }
        return set
    }

    /// The spans that a part names; none for `*`.
    func spans(_ piece: Piece) throws(ScheduleError) -> [Span] {
        if piece.text == "*" { return [] }
        var spans: [Span] = []
        for item in try items(piece) {
            if let step = item.step, item.through == nil {
                guard item.from + step <= bounds.upperBound else { throw tooLong(item, step) }
                spans.append(Span(from: item.from, through: bounds.upperBound, step: step))
            } else {
                spans.append(Span(from: item.from, through: item.through ?? item.from, step: item.step ?? unit))
            }
        }
        return spans
    }

    private func items(_ piece: Piece) throws(ScheduleError) -> [Item] {
        var items: [Item] = []
        for part in piece.split(on: ",") { items.append(try item(part)) }
        return items
    }

    private func item(_ piece: Piece) throws(ScheduleError) -> Item {
        var value = piece
        var step: Int?
        if let (before, after) = piece.cut(on: "/") {
            value = before
            if value.text == "*" { throw starWithStep(piece, after) }
            step = try number(after, what: "step of the \(name)")
            if step == 0 {
                throw after.fault(
                    "a step of 0 goes nowhere", accepted: "1 or more", remedy: "Write a step, or remove \"/0\".")
            }
        }
        if let (from, to) = value.cutRange() ?? wrongRange(value) {
            let (first, last) = (try bounded(from), try bounded(to))
            guard first <= last else {
                throw value.fault(
                    "\"\(value.text)\" runs backwards", accepted: "the smaller \(name) first",
                    remedy: isCycle ? "Write two ranges." : "Change their order.",
                    suggestion: isCycle && step != nil
                        ? nil : value.replaced(by: isCycle ? cycle(first, last) : "\(to.text)..\(from.text)"))
            }
            guard value.cutRange() != nil else {
                throw value.fault(
                    "\"\(value.text)\" is no \(name)", accepted: "ranges with ..", remedy: "Write .. between.",
                    suggestion: value.replaced(by: "\(from.text)..\(to.text)"))
            }
            return Item(piece: piece, from: first, through: last, step: step)
        }
        return Item(piece: piece, from: try bounded(value), through: nil, step: step)
    }

    /// Hours and minutes as `9-17`, which is cron's sign. In dates the hyphen stands between the parts.
    private func wrongRange(_ piece: Piece) -> (Piece, Piece)? {
        piece.cut(on: "-").flatMap { $0.number != nil && $1.number != nil ? ($0, $1) : nil }
    }

    /// A number within the bounds; two digits of a year are 1970 to 2069.
    private func bounded(_ piece: Piece) throws(ScheduleError) -> Int {
        var number = try number(piece, what: name)
        if bounds == Self.years, number < 100 { number += number < 70 ? 2000 : 1900 }
        guard bounds.contains(number) else {
            throw piece.fault(
                "\(piece.text) is no \(name)", accepted: words, remedy: "Correct it.",
                suggestion: bounds.lowerBound == 0 ? CalendarGuess.number(piece, bounds) : nil)
        }
        return number
    }

    private func number(_ piece: Piece, what: String) throws(ScheduleError) -> Int {
        if let number = piece.number, number < 1_000_000 { return number * unit }
        if unit > 1, let number = Self.microseconds(piece) { return number }
        throw piece.fault(
            piece.isEmpty ? "a \(what) is missing" : "\"\(piece.text)\" is no \(what)",
            accepted: "\(words), *, lists, ranges with .., steps with /", remedy: "Correct it. Such as \"Fri 17:00\".")
    }

    /// `12.5`, rounded to six digits after the point.
    private static func microseconds(_ piece: Piece) -> Int? {
        guard let (seconds, fraction) = piece.cut(on: "."), let whole = seconds.number, whole < 1_000_000 else {
            return nil
        }
        let digits = fraction.text.utf8
        guard !digits.isEmpty, digits.allSatisfy({ (48...57).contains($0) }) else { return nil }
        var value = 0
        for place in 0..<6 {
            value =
                value * 10
                + (place < digits.count ? Int(digits[digits.index(digits.startIndex, offsetBy: place)]) - 48 : 0)
        }
        let roundsUp = digits.count > 6 && digits[digits.index(digits.startIndex, offsetBy: 6)] >= 53
        return whole * 1_000_000 + value + (roundsUp ? 1 : 0)
    }

    private var words: String { "\(bounds.lowerBound / unit) to \(bounds.upperBound / unit)" }

    // MARK: Faults

    private func tooLong(_ item: Item, _ step: Int) -> ScheduleError {
        item.piece.fault(
            "the step of \"\(item.piece.text)\" leads out of the \(name)s at once",
            accepted: "a step that comes at least once more", remedy: "Write a smaller step, or only the \(name).",
            suggestion: item.piece.cut(on: "/").map { item.piece.replaced(by: String($0.0.text)) })
    }

    private func starWithStep(_ piece: Piece, _ step: Piece) -> ScheduleError {
        piece.fault(
            "\"\(piece.text)\" has no \(name) to count from", accepted: "a first \(name) before the step",
            remedy: "Write the first one in place of *.",
            suggestion: piece.replaced(by: "\(bounds.lowerBound / unit)/\(step.text)"))
    }

    /// From the first up to the end, and from the beginning up to the last.
    private func cycle(_ first: Int, _ last: Int) -> String {
        func range(_ from: Int, _ to: Int) -> String {
            let ends = from == to ? [from] : [from, to]
            return ends.map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: "..")
        }
        return "\(range(first, bounds.upperBound)),\(range(bounds.lowerBound, last))"
    }
}
