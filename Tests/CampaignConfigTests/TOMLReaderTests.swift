import Testing

@testable import CampaignConfig

/// Goal: no bytes, however large, deep or odd, cost more than a moment, or anything but an error with a place.
@Suite struct TOMLReaderTests {
    private func failure(_ bytes: [UInt8]) -> TOMLReader.Failure? {
        do throws(TOMLReader.Failure) {
            _ = try TOMLReader(file: 0).read(bytes)
            return nil
        } catch {
            return error
        }
    }

    /// The texts are too long to be arguments: the test's report would repeat them.
    @Test func `deep nesting is refused before the parser sees it`() {
        func many(_ text: String, _ count: Int) -> String { String(repeating: text, count: count) }
        let texts = [
            many("[", 10_000), "a = " + many("[", 10_000), "a = " + many("{a=", 10_000),
            many("a.", 1_000_000) + "a = 1", "[" + many("a.", 1_000_000) + "a]",
            "x = 1\na = '''\n[[[\n''' # [[[\nb = " + many("[", 100_000),
        ]
        for (index, text) in texts.enumerated() {
            let code = failure(Array(text.utf8))?.code
            #expect(code == .tooDeep, "text \(index)")
        }
    }

    @Test func `brackets and dots in strings and comments do not nest`() throws {
        let marks = String(repeating: "[{.", count: 100)
        let text = """
            a = "\(marks) \\" \(marks)" # \(marks)
            b = '\(marks)\\'
            c = \"\"\"\(marks)
            \\\"\"\" \(marks) \"\"\"\"\"
            d = '''\(marks) ''''
            "\(marks)" = 1
            """
        #expect(failure(Array(text.utf8)) == nil)
    }

    @Test func `32 levels are accepted and 33 are not`() {
        func nested(_ levels: Int) -> [UInt8] {
            Array("a = \(String(repeating: "[", count: levels))\(String(repeating: "]", count: levels))".utf8)
        }
        #expect(failure(nested(32)) == nil)
        #expect(failure(nested(33))?.code == .tooDeep)
    }

    @Test func `a file of more values than anybody writes is refused before a tree is built of it`() {
        let keys = (0...TOMLReader.valueLimit).map { "k\($0) = 1" }.joined(separator: "\n")
        let texts = [
            keys, "a = [" + String(repeating: "1,", count: 600_000) + "]", String(repeating: "[[a]]\n", count: 600_000),
            (0..<300_000).map { "a.b\($0) = 1" }.joined(separator: "\n"),
        ]
        for (index, text) in texts.enumerated() {
            let found = failure(Array(text.utf8))
            #expect(found?.code == .tooMany && found?.line ?? 0 >= 1, "text \(index)")
        }
    }

    @Test func `a file has half a million values at most`() {
        // Beside what stands before each comma, the equals sign and the bracket count.
        func list(_ commas: Int) -> [UInt8] {
            Array(("a = [" + String(repeating: "1,", count: commas) + "]").utf8)
        }
        #expect(failure(list(499_998)) == nil)
        #expect(failure(list(499_999))?.code == .tooMany)
    }

    @Test func `a file over the limit is refused unread`() {
        #expect(failure([UInt8](repeating: 0x20, count: TOMLReader.byteLimit + 1))?.code == .fileTooLarge)
    }

    @Test func `what is not UTF-8 is refused with line and column`() throws {
        let found = try #require(failure(Array("a = 1\nb = \"é".utf8) + [0xFF, 0x22]))
        #expect(found.code == .badEncoding)
        #expect((found.line, found.column) == (2, 7))
        #expect(failure([0xFF, 0xFE, 0x61, 0x00])?.line == 1)
    }

    @Test func `a byte order mark and CRLF are accepted, and places count without them`() throws {
        let entries = try TOMLReader(file: 0).read([0xEF, 0xBB, 0xBF] + Array("a = 1\r\nb = 2\r\n".utf8))
        #expect(entries.map(\.keyPlace) == [.init(file: 0, line: 1, column: 1), .init(file: 0, line: 2, column: 1)])
    }

    @Test(arguments: ["[", "[\n", "[!]", "[.]", "[..]", "a = 1\n[ ]", "a", "=", "\u{0}", "a = 1\na = 2", "[[a]]\n[a]"])
    func `malformed text is an error with a place, and never ends the process`(text: String) throws {
        let found = try #require(failure(Array(text.utf8)))
        #expect(found.code == .badSyntax && found.line >= 1 && found.column >= 1)
    }

    @Test func `a header without a name, which toml++ does not place, gets its line`() {
        #expect(failure(Array("a = 1\n[b]\n[!]\n".utf8))?.line == 3)
    }

    @Test(arguments: ["a = \"", "a = \"\\u12", "\u{FEFF}a = ['x',\né", "[", "a = [\n", "a = {", "a = 'x", "\u{FEFF}b"])
    func `what ends too early is missed right behind the end of the text`(text: String) throws {
        let found = try #require(failure(Array(text.utf8)))
        let lines = text.unicodeScalars.drop { $0 == "\u{FEFF}" }.split(
            separator: "\n", omittingEmptySubsequences: false)
        try #require((1...lines.count).contains(found.line))
        #expect((1...lines[found.line - 1].count + 1).contains(found.column))
    }

    @Test func `an empty file is an empty table`() throws {
        #expect(try TOMLReader(file: 0).read([]).isEmpty)
        #expect(try TOMLReader(file: 0).read([0xEF, 0xBB, 0xBF]).isEmpty)
    }

    @Test func `any prefix and any single changed byte of a file is read or refused`() {
        let bytes = Array(Sample.main.utf8)
        var random: UInt64 = 7
        for index in bytes.indices {
            _ = failure(Array(bytes[..<index]))
            random = random &* 6_364_136_223_846_793_005 &+ 1
            var changed = bytes
            changed[index] = UInt8(truncatingIfNeeded: random >> 40)
            _ = failure(changed)
        }
    }
}
