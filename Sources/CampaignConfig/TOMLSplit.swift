// A large text in pieces that are TOML by themselves, so that no parser ever holds all of it as a tree. Begin at
// `TOMLSplit.init`.
//
// A piece is a run of sections with headers such as `[campaign.spring]`, each of which is the only place that speaks of its
// name. Nothing that such a section says depends on another one, so all pieces and the rest are together what the whole
// text is: the same tree, or the same first fault. Whatever is written in another way stays in the rest, and where even that
// is in doubt, nothing is split.

/// A header and what stands below it.
struct TOMLSection: Equatable, Sendable {
    /// Of the file's bytes.
    var range: Range<Int>
    /// Of the header.
    var line: Int
    /// In the header, behind the table's.
    var name: String
}

/// Sections of one table, one behind the other.
struct TOMLPiece: Equatable, Sendable {
    /// At least one.
    var sections: [TOMLSection]
    /// Bytes before the name in each header.
    var prefixLength: Int
    var values: Int

    var start: Int { sections.first?.range.lowerBound ?? 0 }
    var end: Int { sections.last?.range.upperBound ?? 0 }
    var line: Int { sections.first?.line ?? 1 }
}

struct TOMLSplit {
    /// About how long a piece is: little to be held as a tree.
    static let pieceLength = 131_072

    /// In the order of the text; none where nothing was split.
    private(set) var pieces: [TOMLPiece] = []
    /// The text without the pieces, each of which left its ends of lines behind: places are the same.
    private(set) var rest: [UInt8] = []
    /// Values of the rest.
    private(set) var restValues = 0

    private let text: ArraySlice<UInt8>
    private let prefix: [UInt8]
    private let pieceLength: Int

    /// - Parameters:
    ///   - text: Without its byte order mark.
    ///   - scan: Of the whole text, with its headers.
    ///   - table: The table that most sections belong to: `campaign`.
    init(
        _ text: ArraySlice<UInt8>, scan: NestingScan, table: String, pieceLength: Int = Self.pieceLength
    ) {
        self.text = text
        self.pieceLength = pieceLength
        prefix = Array("[\(table).".utf8)
        var names = SectionNames(table: table, about: scan.headers.count)
        var regular: [String?] = []
        regular.reserveCapacity(scan.headers.count)
        for header in scan.headers {
            let name = regularName(at: header.start)
            regular.append(name)
            if let name {
                names.add(name)
            } else if !names.add(irregular: text[header.start...]) {
                return
            }
        }
        guard !names.regular.isEmpty else { return }
        cut(scan, at: regular.map { $0.flatMap { names.isAmbiguous($0) ? nil : $0 } })
    }

    /// - Parameter names: For each header the name that is in it, or nil where its section stays in the rest.
    private mutating func cut(_ scan: NestingScan, at names: [String?]) {
        let headers = scan.headers
        rest.append(contentsOf: text[..<headers[0].start])
        restValues = headers[0].values
        for (index, header) in headers.enumerated() {
            let next = index + 1 < headers.count ? headers[index + 1] : nil
            let range = header.start..<(next?.start ?? text.endIndex)
            let values = (next?.values ?? scan.values) - header.values
            if let name = names[index] {
                add(TOMLSection(range: range, line: header.line, name: name), values: values)
                let ends = (next?.line ?? scan.line) - header.line
                rest.append(contentsOf: repeatElement(UInt8(ascii: "\n"), count: ends))
            } else {
                rest.append(contentsOf: text[range])
                restValues += values
            }
        }
    }

    private mutating func add(_ section: TOMLSection, values: Int) {
        if let last = pieces.indices.last, pieces[last].end == section.range.lowerBound,
            pieces[last].end - pieces[last].start < pieceLength
        {
            pieces[last].sections.append(section)
            pieces[last].values += values
        } else {
            pieces.append(TOMLPiece(sections: [section], prefixLength: prefix.count, values: values))
        }
    }

    /// The name in a line that is `[campaign.NAME]`, and perhaps a comment.
    private func regularName(at start: Int) -> String? {
        let line = text[start...]
        guard line.starts(with: prefix) else { return nil }
        let name = line.dropFirst(prefix.count).prefix(while: TOMLKey.isBare)
        guard !name.isEmpty, name.endIndex < text.endIndex, text[name.endIndex] == UInt8(ascii: "]") else { return nil }
        let rest = text[(name.endIndex + 1)...].drop(while: TOMLKey.isBlank)
        guard rest.first.map({ "\r\n#".utf8.contains($0) }) ?? true else { return nil }
        return String(decoding: name, as: UTF8.self)
    }
}

/// Of which names the headers of a text speak.
private struct SectionNames {
    let table: String
    private(set) var regular: Set<String> = []
    private var ambiguous: Set<String> = []

    /// - Parameter count: How many names to expect.
    init(table: String, about count: Int) {
        self.table = table
        regular.reserveCapacity(count)
    }

    func isAmbiguous(_ name: String) -> Bool { !ambiguous.isEmpty && ambiguous.contains(name) }

    mutating func add(_ name: String) {
        if !regular.insert(name).inserted { ambiguous.insert(name) }
    }

    /// Takes in a header that is written in another way, and may speak of a regular one's table.
    ///
    /// - Returns: False where it can not be told of which.
    mutating func add(irregular line: ArraySlice<UInt8>) -> Bool {
        var rest = line.drop { TOMLKey.isBlank($0) || $0 == UInt8(ascii: "[") }
        guard let first = TOMLKey.take(from: &rest) else { return false }
        guard first == table else { return true }
        rest = rest.drop(while: TOMLKey.isBlank)
        guard rest.popFirst() == UInt8(ascii: ".") else { return false }
        rest = rest.drop(while: TOMLKey.isBlank)
        guard let name = TOMLKey.take(from: &rest) else { return false }
        ambiguous.insert(name)
        return true
    }
}

/// Keys as bytes.
enum TOMLKey {
    static func isBare(_ byte: UInt8) -> Bool {
        Shape.isLetterOrDigit(byte) || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
    }

    static func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
    }

    /// The key at the beginning. Nil where there is none, or it is written with escapes.
    static func take(from text: inout ArraySlice<UInt8>) -> String? {
        guard let quote = text.first, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else {
            let bare = text.prefix(while: isBare)
            text = text[bare.endIndex...]
            return bare.isEmpty ? nil : String(decoding: bare, as: UTF8.self)
        }
        let quoted = text.dropFirst().prefix { $0 != quote && $0 != UInt8(ascii: "\n") }
        guard !quoted.contains(UInt8(ascii: "\\")) else { return nil }
        text = text[quoted.endIndex...].dropFirst()
        return String(decoding: quoted, as: UTF8.self)
    }
}
