// Texts of schedules, cut into pieces: what a fault is in has its place in the whole.

/// A piece of an expression that knows where it stands. What separates pieces is ASCII, so they are cut between bytes.
struct Piece: Sendable {
    var text: Substring

    init(_ text: String) {
        self.text = text[...]
    }

    init(_ text: Substring) {
        self.text = text
    }

    var isEmpty: Bool { text.isEmpty }

    /// The whole expression.
    var whole: String { text.base }

    /// Characters before it.
    var offset: Int { whole[..<text.startIndex].count }

    /// A number of 1 to 9 ASCII digits.
    var number: Int? {
        let digits = text.utf8
        guard (1...9).contains(digits.count), digits.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1 - 48) }
    }

    /// Whether it begins with an ASCII letter.
    var startsWithLetter: Bool {
        guard let first = text.utf8.first else { return false }
        return (65...90).contains(first) || (97...122).contains(first)
    }

    /// The parts between separators, empty ones included.
    func split(on separator: Unicode.Scalar) -> [Piece] {
        let bytes = text.utf8
        let wanted = UInt8(ascii: separator)
        var pieces: [Piece] = []
        var start = bytes.startIndex
        while let end = bytes[start...].firstIndex(of: wanted) {
            pieces.append(Piece(text[start..<end]))
            start = bytes.index(after: end)
        }
        pieces.append(Piece(text[start...]))
        return pieces
    }

    /// The two parts around the first separator; nil when it is not there.
    func cut(on separator: Unicode.Scalar) -> (Piece, Piece)? {
        guard let place = text.utf8.firstIndex(of: UInt8(ascii: separator)) else { return nil }
        return (Piece(text[..<place]), Piece(text[text.utf8.index(after: place)...]))
    }

    /// The two parts around the first `..`; nil when it is not there.
    func cutRange() -> (Piece, Piece)? {
        let bytes = text.utf8
        var place = bytes.startIndex
        while let dot = bytes[place...].firstIndex(of: UInt8(ascii: ".")) {
            let next = bytes.index(after: dot)
            if next < bytes.endIndex, bytes[next] == UInt8(ascii: ".") {
                return (Piece(text[..<dot]), Piece(text[bytes.index(after: next)...]))
            }
            place = next
        }
        return nil
    }

    /// Words between spaces and tabs.
    func words() -> [Piece] {
        text.utf8.split { $0 == 32 || $0 == 9 }.map { Piece(Substring($0)) }
    }

    /// The whole expression with another text in this place.
    func replaced(by other: String) -> String {
        "\(whole[..<text.startIndex])\(other)\(whole[text.endIndex...])"
    }

    /// From the beginning of this one to the end of another.
    func through(_ last: Piece) -> Piece {
        Piece(whole[text.startIndex..<last.text.endIndex])
    }

    func fault(
        _ found: String, accepted: String, remedy: String, suggestion: String? = nil
    ) -> ScheduleError {
        ScheduleError(
            offset: offset, length: text.count, found: found, accepted: accepted, remedy: remedy,
            suggestion: suggestion)
    }

    func warning(_ code: ScheduleWarning.Code, _ found: String, remedy: String) -> ScheduleWarning {
        ScheduleWarning(code: code, offset: offset, length: max(1, text.count), found: found, remedy: remedy)
    }
}
