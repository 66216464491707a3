import FoundationEssentials
import Testing

@testable import CampaignConfig

/// Goal: whoever reads a fault knows where it is, what is accepted and what to do, and sees the text that the parser saw.
@Suite struct FaultRenderingTests {
    @Test func `a name of one letter with a million accents makes no long fault, and is no name`() throws {
        let name = "a" + String(repeating: "\u{301}", count: 100_000)
        let faults = try #require(
            Sample.faults { () throws(ConfigurationFaults) in
                try Sample.load(
                    campaigns:
                        "[campaign.\"\(name)\"]\n[campaign.b]\nschedule = \"\(name)\"\n[audience]\n\"\(name)\" = \"x\"\n"
                )
            })
        #expect(faults.faults.map(\.code).contains(.badName) && faults.faults.map(\.code).contains(.badSchedule))
        #expect(faults.faults.allSatisfy { $0.description.utf8.count < 4_000 })
    }

    @Test func `every fault is shown with its line and a caret, and then they are counted`() throws {
        let text = """
            [campaign.spring]
            schedule = "Fri 17:00"
            catch_up = "2 days"
            activate = [{ dataflow = "crm-sftp", audiences = ["vip", "lapesd"] }]
            """
        let faults = try #require(Sample.faults { () throws(ConfigurationFaults) in try Sample.load(campaigns: text) })
        #expect(
            faults.description == """
                campaigns.d/spring.toml:3:12: "2 days" is not a duration; accepted: a number with one of ms, s, m, h, d, \
                such as "48h". Write "2d". [bad-duration]

                    3 | catch_up = "2 days"
                      |            ^^^^^^^^

                campaigns.d/spring.toml:4:58: no audience is called "lapesd"; accepted: a name from [audience], or an id. \
                Did you mean "lapsed"? Correct the name, or define it under [audience]. [unknown-audience]

                    4 | activate = [{ dataflow = "crm-sftp", audiences = ["vip", "lapesd"] }]
                      |                                                          ^^^^^^^^

                2 faults in 2 files.
                """)
    }

    @Test func `control and bidirectional characters are escaped, and the caret still points at its place`() throws {
        let excerpt = try #require(
            SourceText(Array("a = \"x\u{202E}y\u{1B}[2J\" # é\r\nb = 1".utf8)[...]).excerpt(
                line: 1, column: 8, length: 1))
        #expect(excerpt.text == "a = \"x\\u{202E}y\\u{1B}[2J\" # é")
        #expect(excerpt.caretOffset == 14)
        #expect("key \u{7}\u{202E}".escapedForTerminal() == "key \\u{7}\\u{202E}")
    }

    @Test(
        arguments: [
            (0x00, 0x1F), (0x7F, 0x9F), (0x061C, 0x061C), (0x180E, 0x180E), (0x200B, 0x200F), (0x2028, 0x202E),
            (0x2060, 0x206F), (0xFEFF, 0xFEFF), (0xFFF9, 0xFFFB), (0xE0000, 0xE007F),
        ] as [(UInt32, UInt32)])
    func `what steers a terminal, or is not seen, is written as its number, and what is beside it is not`(
        first: UInt32, last: UInt32
    ) throws {
        for value in first...last {
            let scalar = try #require(Unicode.Scalar(value))
            let number = String(value, radix: 16, uppercase: true)
            #expect("a\(scalar)".escapedForTerminal() == "a\\u{\(number)}")
        }
        // Before the first of all there is none.
        for scalar in [first &- 1, last + 1].compactMap({ Unicode.Scalar($0) }) {
            #expect("a\(scalar)".escapedForTerminal() == "a\(scalar)", "\(scalar.value)")
        }
    }

    @Test func `a long line is cut around the caret`() throws {
        let line = String(repeating: "é", count: 500_000) + "HERE" + String(repeating: "z", count: 500_000)
        let excerpt = try #require(SourceText(Array(line.utf8)[...]).excerpt(line: 1, column: 500_001, length: 4))
        #expect(excerpt.text.count == SourceText.windowLength + 2)
        #expect(excerpt.text.dropFirst(excerpt.caretOffset).prefix(excerpt.caretLength) == "HERE")
    }

    @Test func `a fault survives JSON, with its stable code`() throws {
        let fault = ConfigurationFault(code: .badDuration, file: "a.toml", line: 1, column: 2, found: "x", remedy: "y")
        let json = try JSONEncoder().encode(fault)
        #expect(String(decoding: json, as: UTF8.self).contains("\"bad-duration\""))
        #expect(try JSONDecoder().decode(ConfigurationFault.self, from: json) == fault)
    }

    @Test func `a secret that stands in the file is not repeated`() throws {
        let text = Sample.main.replacing("{ credential = \"adobe-client-secret\" }", with: "\"hunter2-hunter2\"")
        let faults = try #require(
            Sample.faults { () throws(ConfigurationFaults) in
                try Sample.load([SourceFile(path: "activationd.toml", bytes: Array(text.utf8))])
            })
        #expect(faults.faults.map(\.code) == [.secretInFile])
        #expect(!faults.description.contains("hunter2"))
    }
}
