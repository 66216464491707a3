// The years of a schedule.

/// The years of a schedule: any, or ranges with steps.
struct YearSet: Equatable, Sendable {
    struct Span: Equatable, Sendable {
        var from: Int
        var through: Int
        var step: Int
    }

    /// Empty for any year.
    var spans: [Span] = []

    func contains(_ year: Int) -> Bool {
        spans.isEmpty
            || spans.contains { $0.from <= year && year <= $0.through && (year - $0.from) % $0.step == 0 }
    }

    func first(from year: Int) -> Int? {
        if spans.isEmpty { return year }
        var first: Int?
        for span in spans {
            let past = max(0, year - span.from)
            let found = span.from + (past + span.step - 1) / span.step * span.step
            if found <= span.through { first = min(first ?? found, found) }
        }
        return first
    }

    func last(upTo year: Int) -> Int? {
        if spans.isEmpty { return year }
        var last: Int?
        for span in spans where year >= span.from {
            let past = min(year, span.through) - span.from
            let found = span.from + past / span.step * span.step
            last = max(last ?? found, found)
        }
        return last
    }

    /// How many of the years need to be looked at before it is certain that no day comes: the rarest day of the
    /// calendar, 29 February on one weekday, is at most 40 years away. Named years are all looked at; they end in 2199.
    var searchLimit: Int { spans.isEmpty ? 41 : .max }
}
