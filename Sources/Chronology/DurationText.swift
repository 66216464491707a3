// Durations as admins write them (`1h30m`), and as people like to read them (`1 h 30 min`).

package struct DurationError: Error, Equatable, Sendable {
    /// The text that is no duration.
    package var text: String

    package init(text: String) {
        self.text = text
    }
}

extension Duration {
    /// Ten years: longer spans in a configuration are mistakes.
    package static let longestText = Duration.seconds(10 * 366 * 86_400)

    private static let units: [(suffix: String, milliseconds: Int64)] = [
        ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1),
    ]

    /// Reads `200ms`, `90s`, `20m`, `2h`, `1d`, `1h30m`: whole numbers with units, the larger unit first, each once.
    ///
    /// - Throws: ``DurationError`` for anything else, and for more than ``longestText``.
    package init(text: String) throws(DurationError) {
        var rest = text[...]
        var total: Int64 = 0
        var place = 0
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isWholeNumber }
            rest = rest.dropFirst(digits.count)
            let suffix = rest.prefix { $0.isASCII && $0.isLetter }
            rest = rest.dropFirst(suffix.count)
            guard digits.count <= 15, let number = Int64(digits),
                let index = Self.units.indices.first(where: { $0 >= place && Self.units[$0].suffix == suffix })
            else { throw DurationError(text: text) }
            let (product, overflow) = number.multipliedReportingOverflow(by: Self.units[index].milliseconds)
            guard !overflow else { throw DurationError(text: text) }
            total = total.saturatingAdd(product)
            place = index + 1
        }
        guard !text.isEmpty, total <= Self.longestText.milliseconds else { throw DurationError(text: text) }
        self = .milliseconds(total)
    }

    /// The shortest text that ``init(text:)`` reads as this. Whole milliseconds; negative spans have a minus sign.
    package var text: String {
        var rest = milliseconds.magnitude
        if rest == 0 { return "0s" }
        var text = milliseconds < 0 ? "-" : ""
        for unit in Self.units {
            let count = rest / unit.milliseconds.magnitude
            rest %= unit.milliseconds.magnitude
            if count > 0 { text += "\(count)\(unit.suffix)" }
        }
        return text
    }

    /// The two largest units, for people: `3 d 4 h`, `2 h 12 min`, `45 s`, `9.8 s`, `200 ms`.
    package var words: String {
        let magnitude = milliseconds.magnitude
        let sign = milliseconds < 0 ? "-" : ""
        if magnitude < 1000 { return "\(sign)\(magnitude) ms" }
        if magnitude < 10_000 { return "\(sign)\(magnitude / 1000).\(magnitude / 100 % 10) s" }
        let seconds = magnitude / 1000
        let parts: [(UInt64, String)] = [
            (seconds / 86_400, "d"), (seconds / 3600 % 24, "h"), (seconds / 60 % 60, "min"), (seconds % 60, "s"),
        ]
        let first = parts.firstIndex { $0.0 > 0 } ?? 3
        let shown = parts[first..<min(first + 2, parts.count)].filter { $0.0 > 0 }
        return sign + shown.map { "\($0.0) \($0.1)" }.joined(separator: " ")
    }
}
