// A section as nearly everybody writes it → tree, in a tenth of the time that toml++ takes. toml++ stays the judge of what
// TOML is: this reads a narrow part of it, of which nothing is in doubt, into the very tree that toml++ would make, and for
// anything else it says that it does not know. It never says that a text is faulty. Begin at `read`.
//
// Not here, and so left to toml++: escapes, long strings, dotted and quoted keys, a key twice, numbers but plain ones, times
// but plain ones (see PlainDateTime.swift), comments within arrays, and letters of which somebody might think that they are a blank or an end of a line.

/// Reads one section. The text is UTF-8.
struct PlainSection {
    /// Arrays and inline tables within each other. The deepest that a campaign needs is 3.
    private static let depthLimit = 6

    private let text: UnsafeBufferPointer<UInt8>
    private let file: Int
    private var index: Int
    private var line: Int
    /// Where the line begins, moved on by the bytes of its letters beyond the first of each: columns are code points.
    private var lineStart: Int

    private init(_ text: UnsafeBufferPointer<UInt8>, from start: Int, line: Int, file: Int) {
        self.text = text
        self.file = file
        self.line = line
        index = start
        lineStart = start
    }

    /// The table of a section.
    ///
    /// - Parameters:
    ///   - text: The whole file.
    ///   - range: The section: header, entries, up to the next header or the end.
    ///   - line: Of the header.
    ///   - prefixLength: Bytes of the header before the name, which are `[campaign.`.
    /// - Returns: The entry that toml++ would give; nil where the section is not plain.
    static func read(
        _ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, line: Int, prefixLength: Int, file: Int
    ) -> TOMLEntry? {
        var section = PlainSection(
            UnsafeBufferPointer(rebasing: text[..<range.upperBound]), from: range.lowerBound, line: line, file: file)
        return section.section(prefixLength)
    }

    private mutating func section(_ prefixLength: Int) -> TOMLEntry? {
        index += prefixLength
        guard let (name, namePlace) = key(), take("]") else { return nil }
        let place = place(from: 1)
        guard endOfLine() else { return nil }
        var entries: [TOMLEntry] = []
        entries.reserveCapacity(8)
        while true {
            skipBlanks()
            if index == text.count { break }
            if text[index] == UInt8(ascii: "#") || isEndOfLine {
                guard endOfLine() else { return nil }
                continue
            }
            guard let entry = entry(depth: 0), endOfLine(), !entries.contains(where: { $0.key == entry.key }) else {
                return nil
            }
            entries.append(entry)
        }
        return TOMLEntry(
            key: name, keyPlace: namePlace,
            value: TOMLValue(content: .table(entries), place: place, endLine: place.line))
    }

    // MARK: Entries and values

    private mutating func entry(depth: Int) -> TOMLEntry? {
        guard let (key, place) = key() else { return nil }
        skipBlanks()
        guard take("=") else { return nil }
        skipBlanks()
        guard let value = value(depth: depth) else { return nil }
        return TOMLEntry(key: key, keyPlace: place, value: value)
    }

    private mutating func key() -> (String, Place)? {
        let (start, column) = (index, column)
        while index < text.count, TOMLKey.isBare(text[index]) { index += 1 }
        guard index > start else { return nil }
        return (string(start, index), place(from: column))
    }

    private mutating func value(depth: Int) -> TOMLValue? {
        guard index < text.count, depth < Self.depthLimit else { return nil }
        switch text[index] {
        case UInt8(ascii: "\""), UInt8(ascii: "'"): return quoted()
        case UInt8(ascii: "0")...UInt8(ascii: "9"): return dateTime() ?? integer()
        case UInt8(ascii: "t"): return word("true", .boolean(true))
        case UInt8(ascii: "f"): return word("false", .boolean(false))
        case UInt8(ascii: "["): return array(depth: depth + 1)
        case UInt8(ascii: "{"): return table(depth: depth + 1)
        default: return nil
        }
    }

    private mutating func quoted() -> TOMLValue? {
        let quote = text[index]
        let (start, column) = (index, column)
        index += 1
        while index < text.count, text[index] != quote {
            guard letter() else { return nil }
        }
        guard index < text.count else { return nil }
        index += 1
        // Two quotes and a third one begin a long string.
        if index == start + 2, index < text.count, text[index] == quote { return nil }
        return TOMLValue(content: .string(string(start + 1, index - 1)), place: place(from: column), endLine: line)
    }

    private mutating func integer() -> TOMLValue? {
        let (start, column) = (index, column)
        var number: Int64 = 0
        while index < text.count, case let digit = Int64(text[index]) - 0x30, (0...9).contains(digit) {
            number = number * 10 + digit
            index += 1
            if index - start > 15 { return nil }
        }
        let hasZeroBefore = index - start > 1 && text[start] == UInt8(ascii: "0")
        guard !hasZeroBefore, isEndOfValue else { return nil }
        return TOMLValue(content: .integer(number), place: place(from: column), endLine: line)
    }

    private mutating func dateTime() -> TOMLValue? {
        guard index + 4 < text.count, text[index + 4] == UInt8(ascii: "-"),
            let (value, end) = PlainDateTime.read(text, from: index)
        else { return nil }
        let column = column
        index = end
        return isEndOfValue
            ? TOMLValue(content: .dateTime(value), place: place(from: column), endLine: line) : nil
    }

    private mutating func word(_ word: StaticString, _ content: TOMLValue.Content) -> TOMLValue? {
        let column = column
        for offset in 0..<word.utf8CodeUnitCount {
            guard index < text.count, text[index] == word.utf8Start[offset] else { return nil }
            index += 1
        }
        return isEndOfValue ? TOMLValue(content: content, place: place(from: column), endLine: line) : nil
    }

    /// May go over several lines.
    private mutating func array(depth: Int) -> TOMLValue? {
        let (first, column) = (line, column)
        index += 1
        var items: [TOMLValue] = []
        skipBlanksAndEnds()
        while !take("]") {
            guard let item = value(depth: depth) else { return nil }
            items.append(item)
            skipBlanksAndEnds()
            if take(",") {
                skipBlanksAndEnds()
            } else if index == text.count || text[index] != UInt8(ascii: "]") {
                return nil
            }
        }
        return TOMLValue(content: .array(items), place: place(from: column, in: first), endLine: line)
    }

    /// On one line, but for the arrays in it.
    private mutating func table(depth: Int) -> TOMLValue? {
        let (first, column) = (line, column)
        index += 1
        var entries: [TOMLEntry] = []
        skipBlanks()
        while !take("}") {
            guard let entry = entry(depth: depth), !entries.contains(where: { $0.key == entry.key }) else { return nil }
            entries.append(entry)
            skipBlanks()
            if take(",") {
                skipBlanks()
                if index < text.count, text[index] == UInt8(ascii: "}") { return nil }
            } else if index == text.count || text[index] != UInt8(ascii: "}") {
                return nil
            }
        }
        return TOMLValue(content: .table(entries), place: place(from: column, in: first), endLine: line)
    }

    // MARK: Bytes

    /// One letter of a string or a comment. False for what is left to toml++.
    private mutating func letter() -> Bool {
        let byte = text[index]
        switch byte {
        case UInt8(ascii: "\\"): return false
        case 0x20...0x7E: index += 1
        // Two bytes, and three of the planes of Asian scripts. Not those that begin as some blanks and marks do.
        case 0xC3...0xDF: skip(2)
        case 0xE3...0xEC: skip(3)
        default: return false
        }
        return index <= text.count
    }

    private mutating func skip(_ count: Int) {
        index += count
        lineStart += count - 1
    }

    /// Blanks, perhaps a comment, and the end of the line or of the text.
    private mutating func endOfLine() -> Bool {
        skipBlanks()
        if index < text.count, text[index] == UInt8(ascii: "#") {
            while index < text.count, !isEndOfLine { guard letter() else { return false } }
        }
        return index == text.count || takeEndOfLine()
    }

    private var isEndOfLine: Bool {
        text[index] == UInt8(ascii: "\n")
            || text[index] == UInt8(ascii: "\r") && index + 1 < text.count && text[index + 1] == UInt8(ascii: "\n")
    }

    private mutating func takeEndOfLine() -> Bool {
        guard index < text.count, isEndOfLine else { return false }
        index += text[index] == UInt8(ascii: "\r") ? 2 : 1
        line += 1
        lineStart = index
        return true
    }

    private mutating func skipBlanks() {
        while index < text.count, TOMLKey.isBlank(text[index]) { index += 1 }
    }

    private mutating func skipBlanksAndEnds() {
        repeat { skipBlanks() } while takeEndOfLine()
    }

    private var isEndOfValue: Bool {
        guard index < text.count else { return true }
        let byte = text[index]
        return TOMLKey.isBlank(byte) || byte == UInt8(ascii: ",") || byte == UInt8(ascii: "]")
            || byte == UInt8(ascii: "}") || byte == UInt8(ascii: "#") || isEndOfLine
    }

    private mutating func take(_ byte: Unicode.Scalar) -> Bool {
        guard index < text.count, text[index] == UInt8(ascii: byte) else { return false }
        index += 1
        return true
    }

    private var column: Int { index - lineStart + 1 }

    /// Up to here.
    ///
    /// - Parameter first: The line in which it began, where that may be another one.
    private func place(from column: Int, in first: Int? = nil) -> Place {
        let isOneLine = (first ?? line) == line
        return Place(
            file: file, line: first ?? line, column: column, length: isOneLine ? self.column - column : 1)
    }

    private func string(_ start: Int, _ end: Int) -> String {
        String(decoding: UnsafeBufferPointer(rebasing: text[start..<end]), as: UTF8.self)
    }
}
