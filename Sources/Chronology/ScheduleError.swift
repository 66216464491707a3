/// Why a schedule is not understood, with the place in its text.
package struct ScheduleError: Error, Equatable, Sendable {
    /// Where the fault begins, in characters from the beginning of the expression.
    package var offset: Int
    /// How many characters are at fault, 1 or more.
    package var length: Int
    package var found: String
    package var accepted: String
    package var remedy: String

    package init(offset: Int, length: Int, found: String, accepted: String, remedy: String) {
        self.offset = offset
        self.length = max(1, length)
        self.found = found
        self.accepted = accepted
        self.remedy = remedy
    }
}

/// A piece of an expression that knows where it stands.
struct Piece: Sendable {
    var text: Substring
    var offset: Int

    init(_ text: String) {
        self.text = text[...]
        offset = 0
    }

    init(_ text: Substring, at offset: Int) {
        self.text = text
        self.offset = offset
    }

    /// The parts between separators, empty ones included.
    func split(on separator: Character) -> [Piece] {
        var pieces: [Piece] = []
        var start = text.startIndex
        var at = offset
        while let end = text[start...].firstIndex(of: separator) {
            pieces.append(Piece(text[start..<end], at: at))
            at += text.distance(from: start, to: end) + 1
            start = text.index(after: end)
        }
        pieces.append(Piece(text[start...], at: at))
        return pieces
    }

    /// The two parts around the first separator; nil when it is not there.
    func cut(on separator: String) -> (Piece, Piece)? {
        guard let first = separator.first else { return nil }
        var index = text.startIndex
        while let found = text[index...].firstIndex(of: first) {
            if text[found...].hasPrefix(separator) {
                let after = text.index(found, offsetBy: separator.count)
                return (
                    Piece(text[..<found], at: offset),
                    Piece(text[after...], at: offset + text.distance(from: text.startIndex, to: after))
                )
            }
            index = text.index(after: found)
        }
        return nil
    }

    /// Words between white space.
    func words() -> [Piece] {
        split(on: " ").filter { !$0.text.isEmpty }
    }

    func fault(_ found: String, accepted: String, remedy: String) -> ScheduleError {
        ScheduleError(offset: offset, length: text.count, found: found, accepted: accepted, remedy: remedy)
    }
}
