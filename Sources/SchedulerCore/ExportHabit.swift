// When the exports of a sandbox usually run, from those that were seen: a foretelling, and never a reason to open a gate.
//
// Begin at `init`. Exports that begin at about one time of day are taken together; the platform schedules them in UTC, so
// the day is UTC's. Medians, because one export that hung for hours says nothing of the others. Pure, and the same for the
// same observations in whatever order.

package import Chronology

package struct ExportHabit: Equatable, Sendable {
    /// An export that usually comes on some days of the week.
    package struct Span: Equatable, Sendable {
        /// When it usually begins: since midnight UTC, under one day.
        package var start: Duration
        /// From its usual beginning to its usual end, and to the latest one that was seen.
        package var usualLength: Duration
        package var latestLength: Duration
        /// 0 for Monday to 6 for Sunday, by the day on which it begins; sorted, never empty.
        package var weekdays: [Int]
        /// From how many exports this is known, 1 or more.
        package var count: Int

        package init(
            start: Duration, usualLength: Duration, latestLength: Duration, weekdays: [Int] = Array(0...6), count: Int
        ) {
            self.start = start
            self.usualLength = usualLength
            self.latestLength = max(latestLength, usualLength)
            self.weekdays = weekdays
            self.count = count
        }
    }

    /// In the order of their beginnings.
    package var spans: [Span]
    /// Exports that were looked at, also those that make no habit.
    package var count: Int

    package init(spans: [Span], count: Int) {
        self.spans = spans
        self.count = count
    }

    package var isEmpty: Bool { spans.isEmpty }
}

/// An export that is to be expected.
package struct ExpectedExport: Equatable, Sendable {
    package var start: Instant
    package var usualEnd: Instant
    /// The usual end or later.
    package var latestEnd: Instant

    package init(start: Instant, usualEnd: Instant, latestEnd: Instant) {
        self.start = start
        self.usualEnd = usualEnd
        self.latestEnd = latestEnd
    }
}

private enum HabitBounds {
    static let day: Int64 = 86_400_000
    /// Beginnings with a longer pause between them are two habits.
    static let pause: Int64 = 3_600_000
    /// A habit that was not seen in this time before the newest export is over.
    static let memory: Int64 = 8 * day
    /// Once so many exports were seen, one alone is no habit.
    static let enough = 4
    /// A weekday has a length of its own from so many exports on, and where it differs by more than this.
    static let enoughOfWeekday = 3
    static let difference: Int64 = 600_000
}

extension ExportHabit {
    package init(_ observations: [ExportObservation]) {
        let seen = observations.map { Seen(start: $0.startedAt.milliseconds, length: $0.length.milliseconds) }
            .filter { (0...HabitBounds.day).contains($0.length) && $0.start.magnitude < 1 << 50 }
            .sorted { ($0.start, $0.length) < ($1.start, $1.length) }
        let clusters = Self.clusters(of: seen).filter { Self.isHabit($0, among: seen) }
        spans = clusters.flatMap { Self.spans(of: $0.times, cut: $0.cut, among: seen) }
            .sorted { ($0.start, $0.weekdays.first ?? 0) < ($1.start, $1.weekdays.first ?? 0) }
        count = seen.count
    }

    private struct Seen {
        var start: Int64
        var length: Int64

        /// Since midnight UTC.
        var time: Int64 { Self.rest(start) }

        static func rest(_ milliseconds: Int64) -> Int64 {
            let rest = milliseconds % HabitBounds.day
            return rest < 0 ? rest + HabitBounds.day : rest
        }

        static func day(_ milliseconds: Int64) -> Int64 {
            (milliseconds - rest(milliseconds)) / HabitBounds.day
        }
    }

    /// Those that begin at about one time of day. `cut` is where their day is cut, so that a habit around midnight is one.
    private static func clusters(of seen: [Seen]) -> [(times: [Seen], cut: Int64)] {
        guard let widest = widestPause(of: seen) else { return [] }
        var clusters: [(times: [Seen], cut: Int64)] = []
        var last: Int64?
        for time in seen.sorted(by: {
            (Seen.rest($0.start - widest), $0.start) < (Seen.rest($1.start - widest), $1.start)
        }) {
            let own = Seen.rest(time.start - widest)
            if let last, own - last <= HabitBounds.pause {
                clusters[clusters.count - 1].times.append(time)
            } else {
                clusters.append((times: [time], cut: widest))
            }
            last = own
        }
        return clusters
    }

    /// The middle of the longest time of day without a beginning. Nil without any.
    private static func widestPause(of seen: [Seen]) -> Int64? {
        let times = seen.map(\.time).sorted()
        guard let first = times.first, let last = times.last else { return nil }
        var widest = (
            length: first + HabitBounds.day - last, middle: Seen.rest(last + (first + HabitBounds.day - last) / 2)
        )
        for (left, right) in zip(times, times.dropFirst()) where right - left > widest.length {
            widest = (right - left, left + (right - left) / 2)
        }
        return widest.middle
    }

    private static func isHabit(_ cluster: (times: [Seen], cut: Int64), among seen: [Seen]) -> Bool {
        guard let newest = seen.last?.start, let own = cluster.times.map(\.start).max() else { return false }
        return newest - own <= HabitBounds.memory && (cluster.times.count > 1 || seen.count < HabitBounds.enough)
    }

    /// One span, and one more for each weekday whose exports take another time.
    private static func spans(of times: [Seen], cut: Int64, among seen: [Seen]) -> [Span] {
        let days = Dictionary(grouping: times) { weekday(Seen.day($0.start - cut)) }
        let usual = expectedWeekdays(days, cut, among: seen)
        let middle = median(times.map(\.length))
        let apart = usual.filter { weekday in
            guard let own = days[weekday], own.count >= HabitBounds.enoughOfWeekday else { return false }
            return abs(median(own.map(\.length)) - middle) > HabitBounds.difference
        }
        let together = usual.filter { !apart.contains($0) }
        let rest = together.isEmpty ? [] : times.filter { together.contains(weekday(Seen.day($0.start - cut))) }
        return [(rest, together)].filter { !$0.0.isEmpty }.map { span(of: $0.0, cut, on: $0.1) }
            + apart.map { span(of: days[$0] ?? [], cut, on: [$0]) }
    }

    private static func weekday(_ day: Int64) -> Int {
        CivilDay(daysSinceEpoch: Int(day)).weekday
    }

    /// Weekdays on which it came at least every other time, of those that lie within what was seen.
    private static func expectedWeekdays(_ days: [Int: [Seen]], _ cut: Int64, among seen: [Seen]) -> [Int] {
        guard let first = seen.first, let last = seen.last else { return [] }
        var covered = [Int](repeating: 0, count: 7)
        let (from, through) = (Seen.day(first.start - cut), Seen.day(last.start - cut))
        for day in max(from, through - 1000)...through { covered[weekday(day)] += 1 }
        let usual = (0...6).filter { weekday in
            let own = Set((days[weekday] ?? []).map { Seen.day($0.start - cut) }).count
            // What was never within sight is taken to be as any other day.
            return covered[weekday] == 0 || own * 2 >= covered[weekday]
        }
        return usual.isEmpty ? days.keys.sorted() : usual
    }

    private static func span(of times: [Seen], _ cut: Int64, on weekdays: [Int]) -> Span {
        let start = median(times.map { Seen.rest($0.start - cut) })
        let ends = times.map { Seen.rest($0.start - cut) + $0.length - start }
        return Span(
            start: .milliseconds(Seen.rest(start + cut)), usualLength: .milliseconds(max(0, median(ends))),
            latestLength: .milliseconds(max(0, ends.max() ?? 0)),
            weekdays: weekdays.map { shifted($0, byDays: start + cut >= HabitBounds.day ? 1 : 0) }.sorted(),
            count: times.count)
    }

    /// A span that begins past midnight belongs to the day after the one that it was cut from.
    private static func shifted(_ weekday: Int, byDays days: Int) -> Int { (weekday + days) % 7 }

    /// The lower one of two middles.
    private static func median(_ numbers: [Int64]) -> Int64 {
        let sorted = numbers.sorted()
        return sorted.isEmpty ? 0 : sorted[(sorted.count - 1) / 2]
    }
}

extension ExportHabit {
    /// The exports to expect of which a part lies between two instants, the earliest first. At most ``expectedLimit``.
    package func expected(from: Instant, until: Instant) -> [ExpectedExport] {
        guard from < until, let longest = spans.map(\.latestLength).max() else { return [] }
        let (first, last) = (Self.day(from - longest), Self.day(until))
        guard last - first < Self.expectedLimit else { return [] }
        return (first...last).flatMap { day in
            spans.filter { $0.weekdays.contains(CivilDay(daysSinceEpoch: Int(day)).weekday) }.map { span in
                let start = Instant(milliseconds: day * HabitBounds.day) + span.start
                return ExpectedExport(
                    start: start, usualEnd: start + span.usualLength, latestEnd: start + span.latestLength)
            }
        }
        .filter { $0.start < until && $0.usualEnd > from }
        .sorted { ($0.start, $0.usualEnd) < ($1.start, $1.usualEnd) }
    }

    /// Days that are looked at together; longer questions have no answer.
    package static let expectedLimit: Int64 = 1000

    /// When an export that began at an instant usually ends: by the habit that begins nearest to it, within two hours. Nil
    /// without such a habit.
    package func end(ofOneSince start: Instant) -> ExpectedExport? {
        let near = Duration.seconds(2 * 3600)
        return expected(from: start - .seconds(86_400), until: start + .seconds(86_400))
            .map { (distance: abs(($0.start - start).milliseconds), export: $0) }
            .filter { $0.distance <= near.milliseconds }
            .min { ($0.distance, $0.export.start) < ($1.distance, $1.export.start) }
            .map { nearest in
                let usual = nearest.export
                return ExpectedExport(
                    start: start, usualEnd: start + (usual.usualEnd - usual.start),
                    latestEnd: start + (usual.latestEnd - usual.start))
            }
    }

    private static func day(_ instant: Instant) -> Int64 {
        Int64(Zone.utc.local(at: instant).day.daysSinceEpoch)
    }
}
