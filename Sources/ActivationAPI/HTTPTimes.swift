// Times in the headers of answers: `Date`, and `Retry-After` in the forms that were seen.

package import Chronology

/// `Tue, 24 Nov 2026 10:00:00 GMT`, the only form of RFC 9110 that servers send.
package enum HTTPDate {
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    package static func instant(_ text: String) -> Instant? {
        let parts = text.split(separator: " ")
        guard parts.count == 6, parts[5] == "GMT", let month = months.firstIndex(of: String(parts[2])),
            parts[1].count == 2, parts[3].count == 4, parts[4].count == 8
        else { return nil }
        let number = month + 1 < 10 ? "0\(month + 1)" : "\(month + 1)"
        return Instant(rfc3339: "\(parts[3])-\(number)-\(parts[1])T\(parts[4])Z")
    }
}

package enum RetryAfter {
    /// How long an answer asks to wait.
    ///
    /// - Parameters:
    ///   - text: The header as it came: seconds, also as `300s`, which Adobe's gateway has in its source, or a date.
    ///   - date: The same answer's `Date`: a date is compared with the clock of whoever wrote it, never with ours.
    /// - Returns: 0 s and more, not capped; nil for what can not be read.
    package static func duration(_ text: String, at date: Instant?) -> Duration? {
        let plain = text.trimmed
        var digits = plain
        if digits.utf8.count > 1, digits.hasSuffix("s") || digits.hasSuffix("S") { digits = digits.dropLast() }
        if digits.isDigits { return Int64(digits).map { .seconds($0) } }
        guard let date, let until = HTTPDate.instant(String(plain)) else { return nil }
        return max(.zero, until - date)
    }
}

extension StringProtocol {
    /// Without blanks at both ends.
    var trimmed: SubSequence {
        let start = self.drop { $0 == " " || $0 == "\t" || $0 == "\n" || $0 == "\r" }
        let blanks = start.reversed().prefix { $0 == " " || $0 == "\t" || $0 == "\n" || $0 == "\r" }
        return start.dropLast(blanks.count)
    }

    var isDigits: Bool {
        !isEmpty && utf8.allSatisfy { (48...57).contains($0) }
    }
}
