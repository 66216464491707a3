// A field of a cron expression: `*`, or numbers, names, ranges `a-b` and steps `/n` with commas between them.

/// What a field counts, within which bounds, and by which names.
struct CronField {
    let name: String
    let bounds: ClosedRange<Int>
    /// Where `*` and steps end, if that is before the upper bound: 7 is Sunday once more.
    var lastOfStep: Int?
    var names: [String] = []
    /// The number of the first name.
    var firstName = 0

    /// The numbers that a field names.
    func numbers(_ piece: Piece) throws(ScheduleError) -> NumberSet {
        var set = NumberSet()
        for part in piece.split(on: ",") { set = set.union(try values(part)) }
        return set
    }

    /// The numbers of one part between commas.
    func values(_ piece: Piece) throws(ScheduleError) -> NumberSet {
        var value = piece
        var step: Int?
        if let (before, after) = piece.cut(on: "/") {
            value = before
            step = try CronField(name: "step of the \(name)", bounds: 1...bounds.upperBound).number(after)
        }
        let last = lastOfStep ?? bounds.upperBound
        if value.text == "*" { return Self.set(bounds.lowerBound, last, step ?? 1) }
        if let (from, to) = value.cut(on: "-") {
            let (first, last) = (try number(from), try number(to, isEnd: true))
            guard first <= last else { throw backwards(value, first, last, step) }
            return Self.set(first, last, step ?? 1)
        }
        let only = try number(value)
        return Self.set(only, step == nil ? only : max(only, last), step ?? 1)
    }

    /// A number or a name. As the end of a range, Sunday comes after Saturday.
    func number(_ piece: Piece, isEnd: Bool = false) throws(ScheduleError) -> Int {
        if let index = names.firstIndex(of: piece.text.uppercased()) {
            return isEnd && index == 0 && firstName == 0 ? bounds.upperBound : index + firstName
        }
        guard let number = piece.number, bounds.contains(number) else { throw fault(piece) }
        return number
    }

    private static func set(_ first: Int, _ last: Int, _ step: Int) -> NumberSet {
        var set = NumberSet()
        for number in stride(from: first, through: last, by: step) { set.insert(number) }
        return set
    }

    // MARK: Faults

    private func fault(_ piece: Piece) -> ScheduleError {
        piece.fault(
            piece.isEmpty ? "a \(name) is missing" : "\"\(piece.text)\" is no \(name)",
            accepted: "\(bounds.lowerBound) to \(bounds.upperBound)"
                + (names.isEmpty ? "" : " or \(names[0]) to \(names[names.count - 1])"),
            remedy: "Correct it.", suggestion: guess(piece).map(piece.replaced))
    }

    /// What was probably meant: the whole name, or one with a letter that is wrong; the hour 24 for midnight.
    private func guess(_ piece: Piece) -> String? {
        let written = piece.text.uppercased()
        if piece.startsWithLetter {
            return names.first { written.hasPrefix($0) } ?? Suggestion.nearest(to: written, among: names)
        }
        guard let number = piece.number else { return nil }
        return number == bounds.upperBound + 1 && bounds.lowerBound == 0 ? "0" : nil
    }

    private func backwards(_ piece: Piece, _ first: Int, _ last: Int, _ step: Int?) -> ScheduleError {
        func range(_ from: Int, _ to: Int) -> String { from == to ? "\(from)" : "\(from)-\(to)" }
        let two = "\(range(first, lastOfStep ?? bounds.upperBound)),\(range(bounds.lowerBound, last))"
        return piece.fault(
            "\"\(piece.text)\" runs backwards", accepted: "the smaller \(name) first",
            remedy: "Write two ranges with a comma.", suggestion: step == nil ? piece.replaced(by: two) : nil)
    }
}
