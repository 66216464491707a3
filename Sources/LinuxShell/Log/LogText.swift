// Texts as a log may hold them: nothing from outside can move the cursor, turn the line around, or pass for a line or a
// field of its own.

package enum LogText {
    /// A message of several lines stays several lines; those after the first are indented, so that none can pass for a line
    /// of its own.
    package static func message(_ text: String) -> String {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { escaped(String($0)) }
        return lines.joined(separator: "\n" + String(repeating: " ", count: 4))
    }

    package static func escaped(_ text: String) -> String {
        var shown = ""
        for scalar in text.unicodeScalars { append(scalar, to: &shown) }
        return shown
    }

    private static func append(_ scalar: Unicode.Scalar, to shown: inout String) {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator:
            shown += "\\u{\(String(scalar.value, radix: 16))}"
        default:
            shown.unicodeScalars.append(scalar)
        }
    }

    /// The value of a field: as it is where it is one plain word, else in quotes.
    package static func quoted(_ text: String) -> String {
        let isPlain =
            !text.isEmpty && text.unicodeScalars.allSatisfy { $0.value > 0x20 && $0.value < 0x7f && $0 != "\"" }
        if isPlain { return text }
        // By code points: a quote with an accent on it is one character, and still closes the quotes.
        var quoted = "\""
        for scalar in text.unicodeScalars {
            if scalar == "\"" || scalar == "\\" { quoted += "\\" }
            append(scalar, to: &quoted)
        }
        return quoted + "\""
    }

    /// The name of a field in the journal: capital letters, digits and underscores, not beginning with a digit or an
    /// underscore.
    package static func fieldName(_ key: String) -> String {
        let name = key.uppercased().utf8.map { byte in
            (48...57).contains(byte) || (65...90).contains(byte) ? byte : UInt8(ascii: "_")
        }
        let trimmed = name.drop { $0 == UInt8(ascii: "_") || (48...57).contains($0) }.prefix(64)
        return trimmed.isEmpty ? "FIELD" : String(decoding: trimmed, as: UTF8.self)
    }
}
