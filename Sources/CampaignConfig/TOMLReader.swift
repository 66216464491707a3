// Bytes → tree. Begin at `open`: size, encoding and nesting are checked before toml++ sees a byte, because it recurses
// once a level and its limits are not ours. A large file comes in pieces, which toml++ sees one by one.

internal import CTOML

/// What a file says: all of it, or all but its pieces.
struct TOMLDocument {
    var entries: [TOMLEntry]
    var pieces: [TOMLPiece] = []
}

/// Reads one file.
struct TOMLReader {
    /// The largest file that is read, in bytes.
    static let byteLimit = 32 * 1024 * 1024
    /// Levels of arrays, inline tables and dotted keys. The deepest that a configuration needs is 5.
    static let depthLimit = 32
    /// Values, keys' dots and brackets that toml++ is given at once; a million took a gigabyte.
    static let valueLimit = 500_000
    /// The same of a file that is read in pieces. 100,000 campaigns with two audiences each have 1.3 million.
    static let fileValueLimit = 4_000_000
    /// Files below this many values are not worth splitting.
    static let splitThreshold = 5_000

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

    /// The document's entries, of a file that is read as a whole. A byte order mark at the start is accepted, as TOML 1.0
    /// tools do, and so is CRLF.
    func read(_ bytes: [UInt8]) throws(Failure) -> [TOMLEntry] {
        try check(bytes)
        var scan = NestingScan(limit: Self.depthLimit, valueLimit: Self.valueLimit)
        if let excess = scan.firstExcess(in: Self.withoutMark(bytes)) { throw failure(excess, limit: Self.valueLimit) }
        return try parse(bytes[...])  // with its mark, which toml++ takes off itself: off twice, two would be accepted
    }

    /// The document, in pieces if it is large.
    ///
    /// - Parameters:
    ///   - table: The table that most of a large file belongs to.
    ///   - threshold: From how many values on it is split.
    /// - Throws: What is wrong with the file, or with that part of it which is read now. A fault of a piece is thrown when
    ///   its turn comes.
    func open(
        _ bytes: [UInt8], table: String, threshold: Int = splitThreshold, pieceLength: Int = TOMLSplit.pieceLength
    ) throws(Failure) -> TOMLDocument {
        try check(bytes)
        let text = Self.withoutMark(bytes)
        var scan = NestingScan(limit: Self.depthLimit, valueLimit: Self.fileValueLimit, keepsHeaders: true)
        if let excess = scan.firstExcess(in: text) { throw failure(excess, limit: Self.fileValueLimit) }
        guard scan.values >= threshold else { return TOMLDocument(entries: try parse(bytes[...])) }
        let split = TOMLSplit(text, scan: scan, table: table, pieceLength: pieceLength)
        let most = max(split.restValues, split.pieces.map(\.values).max() ?? .max)
        guard most <= Self.valueLimit else { return TOMLDocument(entries: try read(bytes)) }
        // The beginning may say `campaign.spring.enabled = true`, and what that means for headers is left to toml++.
        let beginning = try? parse(bytes[..<scan.headers[0].start])
        if beginning?.contains(where: { $0.key == table }) == true { return TOMLDocument(entries: try read(bytes)) }
        let rest = try parseRest(split, of: bytes)
        return TOMLDocument(entries: rest, pieces: split.pieces)
    }

    /// The entry of the table that a section makes, of a piece that ``open(_:table:threshold:pieceLength:)`` told of.
    func read(_ section: TOMLSection, of piece: TOMLPiece, in bytes: [UInt8]) throws(Failure) -> TOMLEntry? {
        let plain = bytes.withUnsafeBufferPointer { text in
            PlainSection.read(text, section.range, line: section.line, prefixLength: piece.prefixLength, file: file)
        }
        if let plain { return plain }
        guard case .table(let table)? = try parse(bytes[section.range], firstLine: section.line).first?.value.content
        else { return nil }
        return table.first
    }

    /// The first fault of the text is the one that counts, and it may be in a piece.
    private func parseRest(_ split: TOMLSplit, of bytes: [UInt8]) throws(Failure) -> [TOMLEntry] {
        do throws(Failure) {
            return try parse(bytes[..<Self.withoutMark(bytes).startIndex] + split.rest)
        } catch {
            for piece in split.pieces where piece.line <= error.line {
                for section in piece.sections { _ = try read(section, of: piece, in: bytes) }
            }
            throw error
        }
    }

    private func check(_ bytes: [UInt8]) throws(Failure) {
        guard bytes.count <= Self.byteLimit else {
            throw Failure(
                code: .fileTooLarge, line: 0, column: 0, found: "the file has \(bytes.count) bytes",
                accepted: "up to \(Self.byteLimit) bytes", remedy: "Split it into several files in campaigns.d.")
        }
        try checkEncoding(Self.withoutMark(bytes))
    }

    static func withoutMark(_ bytes: [UInt8]) -> ArraySlice<UInt8> {
        withoutMark(bytes[...])
    }

    private static func withoutMark(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        text.starts(with: [0xEF, 0xBB, 0xBF]) ? text.dropFirst(3) : text
    }

    /// A part at a time: a string of the whole would be one more copy.
    private func checkEncoding(_ text: ArraySlice<UInt8>) throws(Failure) {
        let partLength = 1 << 20
        var rest = text
        while !rest.isEmpty {
            var part = rest.prefix(partLength)
            while part.count < rest.count, rest[part.endIndex] & 0xC0 == 0x80, part.count + 4 > partLength {
                part = part.dropLast()
            }
            guard String(validating: part, as: UTF8.self) != nil else { throw badEncoding(text) }
            rest = rest[part.endIndex...]
        }
    }

    private func badEncoding(_ text: ArraySlice<UInt8>) -> Failure {
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
        return Failure(
            code: .badEncoding, line: line, column: column, found: "the text is not UTF-8 from here on",
            accepted: "UTF-8, as TOML requires", remedy: "Save the file as UTF-8 (iconv -t UTF-8).")
    }

    private func failure(_ place: (excess: NestingScan.Excess, line: Int, column: Int), limit: Int) -> Failure {
        switch place.excess {
        case .tooDeep:
            Failure(
                code: .tooDeep, line: place.line, column: place.column, found: "values are nested too deep here",
                accepted: "up to \(Self.depthLimit) levels", remedy: "Write it flatter.")
        case .tooMany:
            Failure(
                code: .tooMany, line: place.line, column: place.column,
                found: "the file has more values than are read from one", accepted: "up to \(limit) values",
                remedy: "Split it into several files in campaigns.d.")
        }
    }

    private func parse(_ text: ArraySlice<UInt8>, firstLine: Int = 1) throws(Failure) -> [TOMLEntry] {
        guard !text.isEmpty else { return [] }
        var error = ctoml_error()
        let document = text.withUnsafeBytes { bytes in
            ctoml_parse(bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count, &error)
        }
        guard let document else { throw syntaxFailure(error, in: text, firstLine: firstLine) }
        defer { ctoml_free(document) }
        var count = 0
        let nodes = UnsafeBufferPointer(start: ctoml_nodes(document, &count), count: count)
        var builder = TOMLTreeBuilder(file: file, firstLine: firstLine, nodes: nodes)
        guard case .table(let entries) = builder.next().content else { return [] }
        return entries
    }

    private func syntaxFailure(_ error: ctoml_error, in text: ArraySlice<UInt8>, firstLine: Int) -> Failure {
        let message = withUnsafeBytes(of: error.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        let isPlaced = error.line > 0
        let found = isPlaced ? message : "a header in brackets holds no name"
        let place = inside(text, isPlaced ? Int(error.line) : namelessHeader(in: text), Int(error.column))
        return Failure(
            code: .badSyntax, line: firstLine - 1 + place.line, column: place.column,
            found: "this is not TOML: \(found)",
            accepted: "TOML 1.0 (https://toml.io/en/v1.0.0)", remedy: "Correct the line.")
    }

    /// What ends too early is missed behind the last byte; toml++ counts on from there.
    private func inside(_ text: ArraySlice<UInt8>, _ line: Int, _ column: Int) -> (line: Int, column: Int) {
        let lines = Self.withoutMark(text).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let line = min(max(1, line), lines.count)
        let length = lines[line - 1].count { $0 & 0xC0 != 0x80 }
        return (line, min(max(1, column), length + 1))
    }

    /// Assertions of toml++ come without a place, all of them about headers such as `[!]`: the first line that looks like
    /// one, or line 1.
    private func namelessHeader(in text: ArraySlice<UInt8>) -> Int {
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
