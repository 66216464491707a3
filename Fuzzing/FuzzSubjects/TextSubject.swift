// Texts from outside on their way to people: one event stays one line, and nothing steers the terminal.

internal import ActivationAPI
internal import CampaignConfig
internal import LinuxShell

enum TextSubject {
    static func check(_ bytes: [UInt8]) throws(BrokenRule) {
        let text = String(decoding: bytes, as: UTF8.self)
        try Shown.requireOneLine(text.escapedForTerminal(), "a text for a terminal")
        let foreign = ForeignText.shown(text)
        try Shown.requireOneLine(foreign, "a text of an answer")
        try require(foreign.unicodeScalars.count <= ForeignJSONBounds.text * 10 + 1, "a long text of an answer")
        try log(text)
    }

    private static func log(_ text: String) throws(BrokenRule) {
        let lines = LogText.message(text).split(separator: "\n", omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            try Shown.requireOneLine(String(line), "a line of the log")
            try require(
                index == 0 || line.utf8.starts(with: "    ".utf8), "a line that could pass for an event: \(line)")
        }
        try quoted(text)
        let name = LogText.fieldName(text)
        let isName = name.utf8.allSatisfy {
            (65...90).contains($0) || (48...57).contains($0) || $0 == UInt8(ascii: "_")
        }
        let first = name.utf8.first ?? 0
        try require(isName && (65...90).contains(first) && name.utf8.count <= 64, "a field is called \(name)")
    }

    /// A value is one word of the line, or stands in quotes that only its end closes.
    private static func quoted(_ text: String) throws(BrokenRule) {
        let value = LogText.quoted(text)
        try Shown.requireOneLine(value, "a value of the log")
        let scalars = Array(value.unicodeScalars)
        guard scalars.first == "\"" else {
            return try require(
                !value.isEmpty && !scalars.contains { $0 == " " || $0 == "\"" }, "a value of two words: \(value)")
        }
        var isEscaped = false
        for (index, scalar) in scalars.enumerated().dropFirst() {
            if scalar == "\"", !isEscaped {
                return try require(index == scalars.count - 1, "a value that closes its own quotes: \(value)")
            }
            isEscaped = scalar == "\\" && !isEscaped
        }
        throw BrokenRule("a value without an end: \(value)")
    }
}
