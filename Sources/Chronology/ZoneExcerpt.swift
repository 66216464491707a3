// The rules of a zone over some time, small enough to be kept: what times were counted with, after the zone file is another.
//
// Begin at `Zone.excerpt`. Nothing here reads a file.

/// The offsets of a zone from an instant up to another one, two years later unless said otherwise.
package struct ZoneExcerpt: Equatable, Codable, Sendable {
    package struct Change: Equatable, Codable, Sendable {
        package var at: Instant
        /// Seconds that the zone's clock is ahead of UTC from here on.
        package var offset: Int

        package init(at: Instant, offset: Int) {
            self.at = at
            self.offset = offset
        }
    }

    /// What is kept of one zone at most; no zone changes its clock more than a few times a year.
    package static let changeLimit = 100
    package static let span = Duration.seconds(731 * 86_400)

    package var name: String
    package var from: Instant
    package var until: Instant
    /// Seconds that the zone's clock is ahead of UTC at `from`.
    package var offset: Int
    /// Changes of the offset after `from` and before `until`, in their order.
    package var changes: [Change]

    package init(name: String, from: Instant, until: Instant, offset: Int, changes: [Change]) {
        self.name = name
        self.from = from
        self.until = until
        self.offset = offset
        self.changes = changes
    }

    /// Whether a zone has the same offsets over that time. Names and abbreviations do not matter.
    package func agrees(with zone: Zone) -> Bool {
        let now = zone.excerpt(from: from, until: until)
        return now.offset == offset && now.changes == changes
    }
}

extension Zone {
    /// The rules as they were kept. Before the excerpt the first offset holds, after it the last one. Excerpts come from
    /// a disk: an offset that no zone has is taken for the nearest that one could have.
    package init(_ excerpt: ZoneExcerpt) {
        func period(_ offset: Int) -> ZoneTable.Period {
            .init(offset: min(max(offset, -ZoneTable.offsetLimit), ZoneTable.offsetLimit), abbreviation: "")
        }
        let changes = excerpt.changes.prefix(ZoneExcerpt.changeLimit).sorted { $0.at < $1.at }
        self.init(
            name: excerpt.name,
            table: ZoneTable(
                transitions: changes.map { .init(at: $0.at.wholeSeconds, period: period($0.offset)) },
                first: period(excerpt.offset)))
    }

    package func excerpt(from: Instant) -> ZoneExcerpt {
        excerpt(from: from, until: from + ZoneExcerpt.span)
    }

    func excerpt(from: Instant, until: Instant) -> ZoneExcerpt {
        ZoneExcerpt(
            name: name, from: from, until: until, offset: offset(at: from),
            changes: table.changes(after: from, before: until))
    }

    /// When a clock with other rules shows what this one has shown by an instant: the policy for clocks that are moved holds
    /// for both.
    package func instant(withReadingOf instant: Instant, in other: Zone) -> Instant {
        guard TimetableBounds.years.contains(instant) else { return instant }
        return other.instant(ofUnzoned: latestReading(upTo: instant))
    }
}

extension ZoneTable {
    fileprivate func changes(after from: Instant, before until: Instant) -> [ZoneExcerpt.Change] {
        var changes: [ZoneExcerpt.Change] = []
        var offset = period(at: from.wholeSeconds).offset
        for transition in transitions(after: from.wholeSeconds, limit: ZoneExcerpt.changeLimit) {
            let at = Instant(seconds: transition.at)
            guard at < until else { break }
            guard transition.period.offset != offset else { continue }
            offset = transition.period.offset
            changes.append(.init(at: at, offset: offset))
        }
        return changes
    }
}
