// Bytes → tree. Begin at `read`: size, encoding and nesting are checked before toml++ sees a byte, because it recurses
// once a level and its limits are not ours.

internal import CTOML

/// Reads one file.
struct TOMLReader {
    /// The largest file that is read, in bytes.
    static let byteLimit = 32 * 1024 * 1024
    /// Levels of arrays, inline tables and dotted keys. The deepest that a configuration needs is 5.
    static let depthLimit = 32
    /// Values, keys' dots and brackets of one file. 5,000 campaigns with an audience each have about 60,000; a million
    /// took a gigabyte.
    static let valueLimit = 500_000

    /// Why a file is not TOML, and where.
    struct Failure: Error, Equatable {
        var code: ConfigurationFault.Code
        var line: Int
        var column: Int
        var found: String
        var accepted: String
        var remedy: String
    }

    /// The index that places in the tree carry.
    var file: Int

    /// The document's entries. A byte order mark at the start is accepted, as TOML 1.0 tools do, and so is CRLF.
    func read(_ bytes: [UInt8]) throws(Failure) -> [TOMLEntry] {
        guard bytes.count <= Self.byteLimit else {
            throw Failure(
                code: .fileTooLarge, line: 0, column: 0, found: "the file has \(bytes.count) bytes",
                accepted: "up to \(Self.byteLimit) bytes", remedy: "Split it into several files in campaigns.d.")
        }
        let text = Self.withoutMark(bytes)
        try checkEncoding(text)
        try checkNesting(text)
        return try parse(bytes)  // with its mark, which toml++ takes off itself: off twice, two would be accepted
    }

    static func withoutMark(_ bytes: [UInt8]) -> ArraySlice<UInt8> {
        bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[3...] : bytes[...]
    }

    private func checkEncoding(_ text: ArraySlice<UInt8>) throws(Failure) {
        guard String(validating: text, as: UTF8.self) == nil else { return }
        var line = 1
        var column = 1
        var decoder = UTF8()
        var bytes = text.makeIterator()
        decoding: while true {
            switch decoder.decode(&bytes) {
            case .scalarValue("\n"): (line, column) = (line + 1, 1)
            case .scalarValue: column += 1
            case .emptyInput, .error: break decoding
            }
        }
        throw Failure(
            code: .badEncoding, line: line, column: column, found: "the text is not UTF-8 from here on",
            accepted: "UTF-8, as TOML requires", remedy: "Save the file as UTF-8 (iconv -t UTF-8).")
    }

    private func checkNesting(_ text: ArraySlice<UInt8>) throws(Failure) {
        let scan = NestingScan(limit: Self.depthLimit, valueLimit: Self.valueLimit)
        guard let place = scan.firstExcess(in: text) else { return }
        switch place.excess {
        case .tooDeep:
            throw Failure(
                code: .tooDeep, line: place.line, column: place.column, found: "values are nested too deep here",
                accepted: "up to \(Self.depthLimit) levels", remedy: "Write it flatter.")
        case .tooMany:
            throw Failure(
                code: .tooMany, line: place.line, column: place.column,
                found: "the file has more values than are read from one", accepted: "up to \(Self.valueLimit) values",
                remedy: "Split it into several files in campaigns.d.")
        }
    }

    private func parse(_ text: [UInt8]) throws(Failure) -> [TOMLEntry] {
        guard !text.isEmpty else { return [] }
        var error = ctoml_error()
        let document = text.withUnsafeBytes { bytes in
            ctoml_parse(bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count, &error)
        }
        guard let document else { throw syntaxFailure(error, in: text) }
        defer { ctoml_free(document) }
        var count = 0
        let nodes = UnsafeBufferPointer(start: ctoml_nodes(document, &count), count: count)
        var builder = TreeBuilder(file: file, nodes: nodes)
        guard case .table(let entries) = builder.next().content else { return [] }
        return entries
    }

    private func syntaxFailure(_ error: ctoml_error, in text: [UInt8]) -> Failure {
        let message = withUnsafeBytes(of: error.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        let isPlaced = error.line > 0
        let found = isPlaced ? message : "a header in brackets holds no name"
        let place = inside(text, isPlaced ? Int(error.line) : namelessHeader(in: text), Int(error.column))
        return Failure(
            code: .badSyntax, line: place.line, column: place.column, found: "this is not TOML: \(found)",
            accepted: "TOML 1.0 (https://toml.io/en/v1.0.0)", remedy: "Correct the line.")
    }

    /// What ends too early is missed behind the last byte; toml++ counts on from there.
    private func inside(_ text: [UInt8], _ line: Int, _ column: Int) -> (line: Int, column: Int) {
        let lines = Self.withoutMark(text).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let line = min(max(1, line), lines.count)
        let length = lines[line - 1].count { $0 & 0xC0 != 0x80 }
        return (line, min(max(1, column), length + 1))
    }

    /// Assertions of toml++ come without a place, all of them about headers such as `[!]`: the first line that looks like
    /// one, or line 1.
    private func namelessHeader(in text: [UInt8]) -> Int {
        let lines = Self.withoutMark(text).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let blanks = " \t".utf8
        let line = lines.firstIndex { line in
            let rest = line.drop { blanks.contains($0) }
            guard rest.first == UInt8(ascii: "[") else { return false }
            let name = rest.drop { blanks.contains($0) || $0 == UInt8(ascii: "[") }.first ?? 0
            return !(Shape.isLetterOrDigit(name) || "_-\"'".utf8.contains(name))
        }
        return line.map { $0 + 1 } ?? 1
    }
}

/// Rebuilds the tree from toml++'s nodes in preorder. Recursion is bounded by the nesting that was checked.
private struct TreeBuilder {
    let file: Int
    let nodes: UnsafeBufferPointer<ctoml_node>
    var index = 0

    mutating func next() -> TOMLValue {
        let node = nodes[index]
        index += 1
        let isOneLine = node.end_line == node.line && node.end_column > node.column
        let place = Place(
            file: file, line: max(1, Int(node.line)), column: max(1, Int(node.column)),
            length: isOneLine ? Int(node.end_column - node.column) : 1)
        return TOMLValue(content: content(of: node), place: place, endLine: max(place.line, Int(node.end_line)))
    }

    private mutating func content(of node: ctoml_node) -> TOMLValue.Content {
        switch node.kind {
        case CTOML_TABLE: .table(entries(node.child_count))
        case CTOML_ARRAY: .array((0..<node.child_count).map { _ in next() })
        case CTOML_STRING: .string(text(node.text, node.text_length))
        case CTOML_INTEGER: .integer(node.integer)
        case CTOML_FLOAT: .float(node.number)
        case CTOML_BOOLEAN: .boolean(node.boolean)
        default: .dateTime(dateTime(node.date_time))
        }
    }

    /// toml++ sorts keys by name; people read them by place.
    private mutating func entries(_ count: UInt32) -> [TOMLEntry] {
        var entries: [TOMLEntry] = []
        entries.reserveCapacity(Int(count))
        for _ in 0..<count {
            let node = nodes[index]
            let key = text(node.key, node.key_length)
            let place = Place(
                file: file, line: max(1, Int(node.key_line)), column: max(1, Int(node.key_column)),
                length: max(1, key.unicodeScalars.count))
            entries.append(TOMLEntry(key: key, keyPlace: place, value: next()))
        }
        return entries.sorted { $0.keyPlace < $1.keyPlace }
    }

    private func text(_ start: UnsafePointer<CChar>?, _ length: Int) -> String {
        String(decoding: UnsafeRawBufferPointer(start: start, count: length), as: UTF8.self)
    }

    private func dateTime(_ value: ctoml_date_time) -> TOMLDateTime {
        TOMLDateTime(
            day: value.has_date
                ? .init(year: Int(value.year), month: Int(value.month), day: Int(value.day)) : nil,
            time: value.has_time
                ? .init(
                    hour: Int(value.hour), minute: Int(value.minute), second: Int(value.second),
                    nanosecond: Int(value.nanosecond)) : nil,
            offsetMinutes: value.has_offset ? Int(value.offset_minutes) : nil)
    }
}
