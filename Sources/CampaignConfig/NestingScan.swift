// How deep a TOML text nests, how many values it has and where its headers are, from its bytes alone: a parser that
// recurses is never given a text that would exhaust its stack, or build a tree that would exhaust the memory, and a large
// text can be cut between two headers. Begin at `firstExcess`.
//
// It knows strings and comments and nothing else of TOML. On text that is not TOML it may count wrong, in either
// direction, but by construction no bracket or dot outside of strings and comments is missed; and up to the first byte
// at which a text is not TOML, what it takes for headers are all headers and nothing else.

struct NestingScan {
    enum Excess: Equatable {
        case tooDeep, tooMany
    }

    /// A line that begins with a bracket, outside of every value.
    struct Header: Equatable {
        /// Where the line begins, as an index of the text.
        var start: Int
        /// From 1.
        var line: Int
        /// Counted up to here.
        var values: Int
    }

    let limit: Int
    let valueLimit: Int
    private let keepsHeaders: Bool

    /// Of the text that was scanned, in order; empty where they were not asked for.
    private(set) var headers: [Header] = []
    private var depth = 0
    /// Not fewer than there are: each is begun by one of these, or ended by one.
    private(set) var values = 0
    /// Dots of the key that is being read; `a.b.c` nests as brackets do.
    private var dots = 0
    private(set) var line = 1
    private var lineStart = 0

    init(limit: Int, valueLimit: Int, keepsHeaders: Bool = false) {
        self.limit = limit
        self.valueLimit = valueLimit
        self.keepsHeaders = keepsHeaders
    }

    /// The first place that is nested deeper than the limit, or has one value too many before it. One pass, and no memory
    /// but for the headers. Once: afterwards it tells what it saw.
    mutating func firstExcess(in text: ArraySlice<UInt8>) -> (excess: Excess, line: Int, column: Int)? {
        let excess = text.withUnsafeBufferPointer { scan($0) }
        for index in headers.indices { headers[index].start += text.startIndex }
        return excess
    }

    private mutating func scan(_ text: UnsafeBufferPointer<UInt8>) -> (excess: Excess, line: Int, column: Int)? {
        var index = 0
        while index < text.count {
            let byte = text[index]
            switch byte {
            case UInt8(ascii: "#"):
                while index + 1 < text.count, text[index + 1] != UInt8(ascii: "\n") { index += 1 }
            case UInt8(ascii: "\""), UInt8(ascii: "'"):
                index = endOfString(text, from: index)
            case UInt8(ascii: "\n"):
                nextLine(at: index)
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                if keepsHeaders, depth == 0, byte == UInt8(ascii: "["), isFirst(index, in: text) {
                    headers.append(Header(start: lineStart, line: line, values: values))
                }
                (depth, dots) = (depth + 1, 0)
                values += 1
            case UInt8(ascii: "]"), UInt8(ascii: "}"):
                (depth, dots) = (max(0, depth - 1), 0)
            case UInt8(ascii: "."):
                dots += 1
                values += 1
            case UInt8(ascii: "="), UInt8(ascii: ","):
                dots = 0
                values += 1
            default:
                index += 1
                continue
            }
            if depth + dots > limit { return (.tooDeep, line, column(of: index, in: text)) }
            if values > valueLimit { return (.tooMany, line, column(of: index, in: text)) }
            index += 1
        }
        return nil
    }

    /// Whether nothing but blanks stands before it in its line.
    private func isFirst(_ index: Int, in text: UnsafeBufferPointer<UInt8>) -> Bool {
        text[lineStart..<index].allSatisfy { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
    }

    private mutating func nextLine(at index: Int) {
        line += 1
        lineStart = index + 1
        dots = 0
    }

    /// The index of the last quote of the string that begins at `start`; the last byte where it never ends.
    private mutating func endOfString(_ text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        let quote = text[start]
        let isLong = start + 2 < text.count && text[start + 1] == quote && text[start + 2] == quote
        var index = start + (isLong ? 3 : 1)
        while index < text.count {
            let byte = text[index]
            if byte == UInt8(ascii: "\n") {
                // A short string may not span lines: the text is faulty, and what follows is counted again.
                if !isLong { return index - 1 }
                nextLine(at: index)
            } else if byte == UInt8(ascii: "\\"), quote == UInt8(ascii: "\"") {
                index += index + 1 < text.count && text[index + 1] == UInt8(ascii: "\n") ? 0 : 1
            } else if byte == quote {
                if !isLong { return index }
                if index + 2 < text.count, text[index + 1] == quote, text[index + 2] == quote {
                    return endOfLongString(text, from: index + 2)
                }
            }
            index += 1
        }
        return text.count - 1
    }

    /// Up to two quotes may stand right before the three that end a long string.
    private func endOfLongString(_ text: UnsafeBufferPointer<UInt8>, from end: Int) -> Int {
        let quote = text[end]
        var end = end
        for _ in 0..<2 where end + 1 < text.count && text[end + 1] == quote { end += 1 }
        return end
    }

    private func column(of index: Int, in text: UnsafeBufferPointer<UInt8>) -> Int {
        1 + text[lineStart..<index].count { $0 & 0xC0 != 0x80 }
    }
}
