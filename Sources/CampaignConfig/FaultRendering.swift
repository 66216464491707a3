// How a fault looks on a terminal: `file:line:column: what is wrong; what is accepted. What to do [code]`, then the line
// of the file and a line of carets. The first line is never wrapped, so that it can be searched and clicked.

extension ConfigurationFault: CustomStringConvertible {
    private var place: String { line > 0 ? "\(file):\(line):\(column): " : "\(file): " }

    /// Where, and what was found: for a line that has more to tell.
    package var brief: String { "\(place)\(found)".escapedForTerminal() }

    /// One line without the excerpt.
    package var sentence: String {
        let mark = severity == .warning ? "warning: " : ""
        let choice = accepted.isEmpty ? "" : "; accepted: \(accepted)"
        let hint = suggestion.map { " Did you mean \"\($0)\"?" } ?? ""
        let action = remedy.isEmpty ? "" : " \(remedy)"
        return "\(place)\(mark)\(found)\(choice).\(hint)\(action) [\(code.rawValue)]".escapedForTerminal()
    }

    package var description: String {
        guard let excerpt else { return sentence }
        let number = String(line)
        let gutter = String(repeating: " ", count: max(0, 5 - number.count)) + number
        let empty = String(repeating: " ", count: max(5, number.count))
        let indent = String(repeating: " ", count: excerpt.caretOffset)
        let carets = String(repeating: "^", count: excerpt.caretLength)
        return "\(sentence)\n\n\(gutter) | \(excerpt.text)\n\(empty) | \(indent)\(carets)"
    }
}

extension ConfigurationFaults: CustomStringConvertible {
    /// Every fault, then every warning, then how many there are.
    package var description: String {
        let blocks = (faults + warnings).map(\.description)
        return (blocks + [summary]).joined(separator: "\n\n")
    }

    /// "2 faults, 1 warning in 3 files."
    package var summary: String {
        let total = faults.count + omitted
        var text = counted(total, "fault")
        if !warnings.isEmpty { text += ", " + counted(warnings.count, "warning") }
        text += " in " + counted(fileCount, "file")
        if omitted > 0 { text += "; the first \(faults.count) are shown" }
        return text + "."
    }
}

func counted(_ count: Int, _ noun: String) -> String {
    "\(count) \(noun)\(count == 1 ? "" : "s")"
}

extension String {
    /// Control, invisible and bidirectional characters as `\u{...}`, so that a file can neither steer the terminal nor
    /// show its reader another text than the parser saw (CVE-2021-42574).
    package func escapedForTerminal() -> String {
        guard unicodeScalars.contains(where: \.isUnsafeOnTerminal) else { return self }
        return unicodeScalars.map(\.shownOnTerminal).joined()
    }
}

extension Unicode.Scalar {
    var isUnsafeOnTerminal: Bool {
        switch value {
        case 0..<0x20, 0x7F..<0xA0: true
        case 0x061C, 0x180E, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF, 0xFFF9...0xFFFB: true
        case 0xE0000...0xE007F: true
        default: false
        }
    }

    var shownOnTerminal: String {
        guard isUnsafeOnTerminal else { return String(Character(self)) }
        return "\\u{" + String(value, radix: 16, uppercase: true) + "}"
    }
}
