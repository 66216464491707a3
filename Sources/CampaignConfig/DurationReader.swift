// Spans of time: strings such as "200ms", "90s", "1h30m". What they mean is Chronology's; what to do about a faulty one
// is said here.

internal import Chronology

struct DurationReader {
    static let rule = "a number with one of ms, s, m, h, d, such as \"48h\""

    let findings: Findings

    /// The span, or nil after reporting why there is none.
    func read(_ entry: TOMLEntry, in range: ClosedRange<Duration>) -> Duration? {
        guard case .string(let text) = entry.value.content else {
            var remedy = "Write it as a string, such as \"90s\"."
            if case .integer(let number) = entry.value.content { remedy = "Write \"\(number)s\" if you mean seconds." }
            findings.error(
                .wrongType, at: entry.value.place, "\(entry.key) is \(entry.value.kind)", accepted: Self.rule,
                remedy: remedy)
            return nil
        }
        guard let duration = try? Duration(text: text) else {
            let written = Self.rewritten(text)
            findings.error(
                .badDuration, at: entry.value.place, "\(text.quoted) is not a duration", accepted: Self.rule,
                remedy: "Write \(written.map(\.quoted) ?? "such a number and unit").")
            return nil
        }
        guard range.contains(duration) else {
            let isLong = duration > range.upperBound
            let bound = (isLong ? range.upperBound : range.lowerBound).text
            findings.error(
                .outOfRange, at: entry.value.place,
                "\(entry.key) is \(text.quoted), which is too \(isLong ? "long" : "short")",
                accepted: "\(range.lowerBound.text.quoted) to \(range.upperBound.text.quoted)",
                remedy: "Write at \(isLong ? "most" : "least") \(bound.quoted).")
            return nil
        }
        return duration
    }

    /// What was probably meant by "2 days" or "1 Hour": the same in our units, if that is a duration.
    private static func rewritten(_ text: String) -> String? {
        let units = [
            "milliseconds": "ms", "millisecond": "ms", "msec": "ms", "ms": "ms", "seconds": "s", "second": "s",
            "secs": "s", "sec": "s", "s": "s", "minutes": "m", "minute": "m", "mins": "m", "min": "m", "m": "m",
            "hours": "h", "hour": "h", "hrs": "h", "hr": "h", "h": "h", "days": "d", "day": "d", "d": "d", "": "s",
        ]
        let letters = text.lowercased().filter { !$0.isWhitespace }
        guard letters.utf8.count <= 32 else { return nil }
        let number = letters.prefix { $0.isASCII && $0.isNumber }
        guard !number.isEmpty, let unit = units[String(letters.dropFirst(number.count))] else { return nil }
        let written = number + unit
        return (try? Duration(text: String(written))) == nil ? nil : String(written)
    }
}
