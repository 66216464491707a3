import Foundation
import Logging
import Testing

@testable import LinuxShell

/// Goal: a line of the log is what was told, and nothing from outside can forge one or move the cursor.
@Suite struct LogOutputTests {
    @Test func `several lines of one message stay together and can not pass for others`() {
        let fault = "a.toml:1:1: no [code]\n\n   1 | x\n     | ^"
        #expect(
            LogText.message(fault) == "a.toml:1:1: no [code]\n    \n       1 | x\n         | ^")
        let forged = LogText.message("nothing\n2026-11-24T10:00:00.000Z notice   all is well")
        #expect(!forged.split(separator: "\n").dropFirst().contains { $0.hasPrefix("2026") })
    }

    @Test(arguments: ["\u{1b}[2J", "a\rb", "\u{202E}", "\u{9b}31m", "a\u{2028}b", "\u{0}"])
    func `what moves the cursor or turns the line is escaped`(_ text: String) {
        let shown = LogText.message(text)
        #expect(shown.unicodeScalars.allSatisfy { (0x20..<0x7f).contains($0.value) })
        #expect(shown.contains("\\u{"))
    }

    @Test func `a value with spaces is quoted`() {
        #expect(LogText.quoted("plain-1.2") == "plain-1.2")
        #expect(LogText.quoted("two words") == "\"two words\"")
        #expect(LogText.quoted("") == "\"\"")
    }

    @Test(arguments: [
        ("a \" b=c", #""a \" b=c""#), ("a \"\u{301} b=c", "\"a \\\"\u{301} b=c\""), ("ends in \\", #""ends in \\""#),
        ("\\\" b=c", #""\\\" b=c""#), ("\u{7} \\u{7}", #""\u{7} \\u{7}""#),
    ])
    func `a value can not close its own quotes and go on as another field`(_ text: String, _ expected: String) {
        #expect(LogText.quoted(text) == expected)
    }

    @Test func `no code point can move the cursor or end the line`() {
        var all = String.UnicodeScalarView()
        for value in UInt32(0)...0x10FFFF { Unicode.Scalar(value).map { all.append($0) } }
        let lines = LogText.message(String(all)).split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count == 2)
        let unsafe = lines.joined().unicodeScalars.filter {
            [.control, .format, .lineSeparator, .paragraphSeparator].contains($0.properties.generalCategory)
        }
        #expect(unsafe.isEmpty)
    }

    @Test(arguments: [("run_id", "RUN_ID"), ("_hidden", "HIDDEN"), ("9lives", "LIVES"), ("é", "FIELD"), ("a b", "A_B")])
    func `a field has a name that the journal takes`(_ key: String, _ name: String) {
        #expect(LogText.fieldName(key) == name)
    }

    @Test func `standard error is the journal only if it is the very stream that systemd named`() {
        #expect(!LogOutput.isJournal(environment: [:]))
        #expect(!LogOutput.isJournal(environment: ["JOURNAL_STREAM": "0:0"]))
    }

    @Test func `the very stream that systemd named is the journal, and the next one is not`() throws {
        var information = stat()
        try #require(fstat(STDERR_FILENO, &information) == 0)
        let (device, inode) = (information.st_dev, information.st_ino)
        #expect(LogOutput.isJournal(environment: ["JOURNAL_STREAM": "\(device):\(inode)"]))
        #expect(!LogOutput.isJournal(environment: ["JOURNAL_STREAM": "\(device):\(inode &+ 1)"]))
        #expect(!LogOutput.isJournal(environment: ["JOURNAL_STREAM": "\(device &+ 1):\(inode)"]))
    }

    @Test func `lines have colours on a terminal, unless somebody wants none`() {
        func hasColors(_ environment: [String: String]) -> Bool? {
            let handler = LogOutput.handler(environment: environment, level: LogLevelSwitch(.info))
            return (handler as? LineLogHandler)?.hasColors
        }
        // What the tests themselves write to is a file, a pipe, or a terminal.
        #expect(hasColors([:]) == (isatty(STDERR_FILENO) == 1))
        #expect(hasColors(["NO_COLOR": ""]) == (isatty(STDERR_FILENO) == 1))
        #expect(hasColors(["NO_COLOR": "1"]) == false)
    }
}
