import Testing

@testable import CampaignConfig

/// Goal: a file that is read in pieces, and by the reader of plain sections, says what toml++ says of it as a whole: the same
/// tree with the same places, or the same fault at the same place.
@Suite struct TOMLSplitTests {
    private typealias Outcome = Result<[TOMLEntry], TOMLReader.Failure>

    private func whole(_ bytes: [UInt8]) -> Outcome {
        Outcome { () throws(TOMLReader.Failure) in try TOMLReader(file: 0).read(bytes) }
    }

    /// The number of pieces, and what they say together with the rest.
    private func inPieces(_ bytes: [UInt8], length: Int) -> (count: Int, outcome: Outcome) {
        var count = 0
        let outcome = Outcome { () throws(TOMLReader.Failure) in
            let reader = TOMLReader(file: 0)
            let document = try reader.open(bytes, table: "campaign", threshold: 0, pieceLength: length)
            count = document.pieces.count
            var campaigns: [TOMLEntry] = []
            for piece in document.pieces {
                for section in piece.sections {
                    if let entry = try reader.read(section, of: piece, in: bytes) { campaigns.append(entry) }
                }
            }
            return joined(document.entries, campaigns)
        }
        return (count, outcome)
    }

    private func joined(_ rest: [TOMLEntry], _ campaigns: [TOMLEntry]) -> [TOMLEntry] {
        guard !campaigns.isEmpty else { return rest }
        var rest = rest
        var all = campaigns
        // The table that only headers speak of is where the first of them is.
        var places = [
            (
                key: Place(file: 0, line: campaigns[0].keyPlace.line, column: 2, length: 8),
                value: campaigns[0].value.place
            )
        ]
        if let index = rest.firstIndex(where: { $0.key == "campaign" }) {
            let entry = rest.remove(at: index)
            places.append((entry.keyPlace, entry.value.place))
            if case .table(let others) = entry.value.content { all += others }
        }
        all.sort { $0.keyPlace < $1.keyPlace }
        guard let first = places.min(by: { $0.key < $1.key }) else { return rest }
        rest.append(
            TOMLEntry(
                key: "campaign", keyPlace: first.key,
                value: TOMLValue(content: .table(all), place: first.value, endLine: first.value.line)))
        return rest.sorted { $0.keyPlace < $1.keyPlace }
    }

    /// With all places, as text. But for what toml++ does not place: there the piece is the better guess.
    private func text(_ outcome: Outcome) -> String {
        switch outcome {
        case .success(let entries): entries.map { "\($0)" }.joined(separator: "\n")
        case .failure(let failure) where failure.found.contains("holds no name"): failure.found
        case .failure(let failure): "\(failure)"
        }
    }

    /// - Returns: How many pieces there were, and whether the text is TOML.
    @discardableResult
    private func expectTheSame(_ written: String, _ length: Int = 1, mark: Bool = false) -> (pieces: Int, isTOML: Bool)
    {
        let bytes = (mark ? [0xEF, 0xBB, 0xBF] : []) + Array(written.utf8)
        let whole = whole(bytes)
        let (count, pieces) = inPieces(bytes, length: length)
        #expect(text(pieces) == text(whole), "\(written)")
        if case .success = whole { return (count, true) }
        return (count, false)
    }

    private static let plain = """
        x = 1
        [audience]
        a = "b"
        [campaign.one]
        description = "Fünf \u{4E2D} x"  # why
          enabled = false
        n = 12
        activate = [{ dataflow = "f", audiences = ["a", 'b',
          "c" ,] }, {}]

        [campaign.two] # a comment
        e = []
        [polling]
        run = "1s"
        [campaign.three-3_A]
        at = [2036-01-01T00:00:00Z]
        s = "a\\tb"
        """

    @Test func `plain sections are read as toml++ reads them`() {
        #expect(expectTheSame(Self.plain) == (3, true))
        #expect(expectTheSame(Self.plain, 10_000) == (2, true))
        #expect(expectTheSame(Self.plain, mark: true) == (3, true))
        #expect(expectTheSame(Self.plain.replacing("\n", with: "\r\n")) == (3, true))
    }

    @Test(arguments: [
        "[campaign.a]\nx = 1\n[campaign.a]\ny = 2\n[campaign.b]\n", "[campaign.a]\n[campaign.b]\n[campaign.a.c]\nx = 1",
        "[campaign.a]\nc.x = 1\n[campaign.b]\n[campaign.a.c]\n", "[campaign.a]\n[campaign.\"a\"]\n[campaign.b]",
        "[campaign.a]\n[\"campaign\".a]\n", "[campaign.a]\n['campaign'.b]\n", "[campaign.a]\n[campaign]\nb = {}\n",
        "campaign.a = 1\n[campaign.b]\n", "campaign = {}\n[campaign.b]\n", "campaign = 1\n[campaign.b]\n",
        "campaign.a.x = 1\n[campaign.a.y]\n[campaign.b]\n", "[[campaign]]\n[campaign.b]\n",
        "[[campaign.a]]\n[campaign.b]\n",
        "[campaign.a]\nx = [1,\n[campaign.b]\n]\n[campaign.c]",
        "[campaign.a]\nx = '''\n[campaign.b]\n'''\n[campaign.c]\n",
        "[campaign.a]\nx = \"\"\"\n[campaign.b]\n\n[campaign.c]\n", "[campaign.a]\nx = 'y\n[campaign.b]\nz",
        "[campaign.a]\nx = 1\n[!]\n[campaign.b]\n=\n", "[campaign.a]\n=\n[polling]\n=\n",
        "[campaign.a]\n[polling]\n=\n[campaign.b]\n=",
        "[campaign.a\n[campaign.b]\n", "[campaign.a]]\n[campaign.b]\n", "[campaign.a] x\n[campaign.b]\n",
        "[campaign.\"a\\u0062\"]\n[campaign.ab]\n", "[campaign . a]\n[campaign.a]\n", "[a]\n[campaign.b]\n[a]\n",
        "[campaign.a]\nx = \"\"\ny = \"\"\"\"\"\"\nz = ''", "[campaign.a]\nx = 01\n",
        "[campaign.a]\nx = 1x\n[campaign.b]",
        "[campaign.a]\nx = truey\n", "[campaign.a]\nx = {a = 1, }\n", "[campaign.a]\nx = {a = 1\n}\n",
        "[campaign.a]\nx = {a = 1, a = 2}\n", "[campaign.a]\nx = 1\nx = 2\n", "[campaign.a]\nx = [1 2]\n",
        "[campaign.a]\nx = [,]\n", "[campaign.a]\nx = \"\u{85}\u{2028}\u{1F600}é\"\n", "[campaign.a]\nx = 1 # \u{7}\n",
        "[campaign.a]\nx = 1\r", "[campaign.a]\nx = 999999999999999999999\n", "[campaign.a]\nx = -1\ny = 1.5\n",
        "[campaign.a]\n\"x y\" = 1\n", "  [campaign.a]\n\t[campaign.b]\n", "[campaign.a]\nx = \"\\q\"\n[campaign.b]\n",
    ])
    func `what sections have to do with each other is not lost`(text: String) {
        expectTheSame(text)
        expectTheSame(text, 10_000)
    }

    @Test func `any changed byte of a file makes the same tree or the same fault`() {
        var random = Chance(state: 3)
        let bytes = Array(Self.plain.utf8)
        let marks = Array("\"'[]{}=,.# \n\r\t\\ab1:-\u{0}".utf8)
        var (whole, split) = (0, 0)
        for _ in 0..<6_000 {
            var changed = bytes
            for _ in 0...random.below(3) {
                let index = random.below(changed.count)
                switch random.below(3) {
                case 0: changed[index] = marks[random.below(marks.count)]
                case 1: changed.insert(marks[random.below(marks.count)], at: index)
                default: changed.remove(at: index)
                }
            }
            guard let text = String(validating: changed, as: UTF8.self) else { continue }
            let (pieces, isTOML) = expectTheSame(text, 1 + random.below(300))
            if isTOML { whole += 1 }
            if pieces > 0 { split += 1 }
        }
        // Otherwise the test would show nothing.
        #expect(whole > 500 && split > 1_500, "\(whole) were TOML, \(split) were split")
    }

    @Test func `generated files make the same tree or the same fault`() {
        var random = Chance(state: 11)
        var (whole, split) = (0, 0)
        for _ in 0..<3_000 {
            var file = GeneratedTOML(random: random)
            let text = file.text()
            random = file.random
            let (pieces, isTOML) = expectTheSame(text, 1 + random.below(200), mark: random.below(8) == 0)
            if isTOML { whole += 1 }
            if pieces > 0 { split += 1 }
        }
        #expect(whole > 300 && split > 500, "\(whole) were TOML, \(split) were split")
    }

    @Test func `a file of more values than anybody writes is refused, in pieces as well`() {
        let keys = (0...TOMLReader.valueLimit).map { "k\($0) = 1" }.joined(separator: "\n")
        for text in ["[campaign.a]\n" + keys, keys + "\n[campaign.a]\n[campaign.b]\n"] {
            guard case .failure(let failure) = inPieces(Array(text.utf8), length: 1).outcome else {
                Issue.record("it was accepted")
                continue
            }
            #expect(failure.code == .tooMany)
        }
    }
}

/// The same every time.
private struct Chance {
    var state: UInt64

    mutating func below(_ bound: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int((state >> 33) % UInt64(bound))
    }
}

/// A text that is TOML more often than not, and has few names, so that they meet.
private struct GeneratedTOML {
    var random: Chance

    private mutating func one(_ choices: [String]) -> String { choices[random.below(choices.count)] }

    mutating func text() -> String {
        var text = one(["", "", "\n", "top = 1\n", "campaign.a.x = 1\n", "# only a comment\n"])
        for _ in 0...random.below(7) { text += section() }
        return text
    }

    private mutating func section() -> String {
        let name = one(["a", "b", "c", "d", "e", "f", "g", "h", "i-1", "j_2", "k", "l", "m", "n", "o"])
        let header =
            random.below(8) > 0
            ? "[campaign.\(name)]"
            : one([
                "[campaign.\"\(name)\"]", "[campaign.\(name).sub]", "[audience]", "[polling]", "[[notify]]",
                "[campaign]",
                "[ campaign.\(name) ]", "[[campaign.\(name)]]", "[campaign . \(name)]", "[\(name)]",
                "[campaign.'\(name)']",
            ])
        var text = one(["", "", "", " ", "\t"]) + header + one(["", "", "", " ", " # why", "\t#"]) + end()
        for _ in 0..<random.below(5) {
            text +=
                one(["", "", "  "]) + key() + one([" = ", "=", "\t= "]) + value(0) + one(["", "", " # é", " "]) + end()
            if random.below(5) == 0 { text += one(["", "# a [b] = \"c", "\t"]) + end() }
        }
        return text
    }

    private mutating func end() -> String { random.below(12) == 0 ? "\r\n" : "\n" }

    private mutating func key() -> String {
        one(["a", "b", "c", "d", "e", "f", "g", "h", "at", "1", "-", "x.y", "\"q\"", "sub", "schedule", "activate"])
    }

    private mutating func value(_ depth: Int) -> String {
        switch random.below(depth > 2 ? 4 : 7) {
        case 0:
            return one([
                "\"x\"", "'y'", "\"Mon 17:00\"", "\"\"", "''", "\"é中\"", "\"a\\nb\"", "'''z\n'''", "\"\"\"[b]\"\"\"",
                "\"#\"",
            ])
        case 1: return one(["1", "0", "12", "-3", "+4", "1_000", "0x1F", "1.5", "1e3", "007", "inf"])
        case 2: return one(["true", "false", "True"])
        case 3:
            return one([
                "2036-01-01T00:00:00Z", "2036-01-01", "12:00:00", "\"17\"", "'a\"b'", "2036-02-29T23:59:59+01:00",
                "2035-02-29", "2036-12-31T09:00:00", "2036-12-31T09:00:00-23:59", "2036-04-31", "0000-01-01",
                "2036-01-01 12:00:00", "2036-01-01T12:00", "2036-01-01T12:00:00.5Z", "2036-01-01t12:00:00z",
                "2036-01-01T24:00:00", "2036-01-01T12:00:60Z", "2036-01-01T12:00:00+24:00", "2036-1-1", "20360-01-01",
            ])
        case 4, 5:
            let items = (0..<random.below(4)).map { _ in value(depth + 1) }
            let gap = one([",", ", ", ",\n  ", " , "])
            return "[" + one(["", " ", "\n"]) + items.joined(separator: gap) + one(["", "", ",", " "]) + "]"
        default:
            let items = (0..<random.below(4)).map { _ in key() + " = " + value(depth + 1) }
            return "{" + one(["", " "]) + items.joined(separator: ", ") + one(["", "", " ", ","]) + "}"
        }
    }
}
