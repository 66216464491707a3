// Which occurrences fall on a time that a zone's clock skips, or shows twice. Found by asking the timetable what it would do if
// the clock were not moved; what comes is decided by `Timetable` alone.

internal import Chronology

struct ClockMove: Equatable, Sendable {
    enum Kind: String, Sendable {
        /// The time that was asked for is not shown on that day: it comes at the first instant after the gap.
        case skipped
        /// The time is shown twice: it comes the first time.
        case repeated
    }

    var kind: Kind
    /// What the schedule asks for, on the clock as it was before it was moved; such as `02:30`.
    var asked: String
    /// What the clock shows when it comes.
    var shown: String
    /// `2027-03-28`.
    var day: String
}

/// One change of a zone's offset.
private struct ClockChange: Sendable {
    /// The first instant at which the new offset holds.
    var at: Instant
    /// Seconds ahead of UTC before it, and from it on.
    var before: Int
    var after: Int

    /// How far the clock jumps: positive where a stretch of readings is skipped, negative where one is shown twice.
    var jump: Duration { .seconds(after - before) }
}

extension Zone {
    /// At most this many changes of one zone are looked at: several hundred years of them.
    private static let changeLimit = 1000

    fileprivate func clockChanges(after from: Instant, until: Instant) -> [ClockChange] {
        var changes: [ClockChange] = []
        var instant = from
        while changes.count < Self.changeLimit, let at = nextChange(after: instant), at < until {
            changes.append(
                ClockChange(at: at, before: offset(at: at - .milliseconds(1)), after: offset(at: at)))
            instant = at
        }
        return changes
    }

    /// A zone of the same name whose clock is never moved.
    fileprivate func fixed(at offset: Int) -> Zone {
        let epoch = Instant(milliseconds: 0)
        return Zone(ZoneExcerpt(name: name, from: epoch, until: epoch, offset: offset, changes: []))
    }
}

/// The changes of one timetable's clocks in a stretch of time, each with the timetable as it would be without it.
struct ClockMoves: Sendable {
    private struct Change: Sendable {
        var change: ClockChange
        var zone: Zone
        /// The timetable by the clock of before, and of after, throughout.
        var before: Timetable
        var after: Timetable
    }

    private let timetable: Timetable
    private let changes: [Change]

    init(_ timetable: Timetable, from: Instant, until: Instant) {
        self.timetable = timetable
        var zones: [String: Zone] = [:]
        for part in timetable.parts { zones[part.zone.name] = part.zone }
        let margin = Duration.seconds(2 * 86_400)
        changes = zones.sorted { $0.key < $1.key }.flatMap { name, zone in
            zone.clockChanges(after: from - margin, until: until + margin).map { change in
                Change(
                    change: change, zone: zone, before: timetable.replacing([name: zone.fixed(at: change.before)]),
                    after: timetable.replacing([name: zone.fixed(at: change.after)]))
            }
        }
    }

    func move(at nominal: Instant) -> ClockMove? {
        for change in changes {
            if let move = change.change.jump > .zero ? skipped(change, nominal) : repeated(change, nominal) {
                return move
            }
        }
        return nil
    }

    /// It comes right after the gap, is asked for inside of the gap, and is not asked for at the gap's end as well.
    private func skipped(_ change: Change, _ nominal: Instant) -> ClockMove? {
        let (at, jump) = (change.change.at, change.change.jump)
        guard nominal == at, let asked = change.before.next(after: at - .milliseconds(1)), asked < at + jump,
            !comes(change.after, at)
        else { return nil }
        return ClockMove(
            kind: .skipped, asked: change.zone.fixed(at: change.change.before).clock(asked),
            shown: change.zone.clock(nominal), day: Self.day(change.zone.local(at: nominal).day))
    }

    /// It lies in the stretch that is shown again, and does not come again with it.
    private func repeated(_ change: Change, _ nominal: Instant) -> ClockMove? {
        let (at, back) = (change.change.at, .zero - change.change.jump)
        guard nominal < at, nominal >= at - back, comes(change.after, nominal + back), !comes(timetable, nominal + back)
        else { return nil }
        let shown = change.zone.clock(nominal)
        return ClockMove(
            kind: .repeated, asked: shown, shown: shown, day: Self.day(change.zone.local(at: nominal).day))
    }

    private func comes(_ timetable: Timetable, _ instant: Instant) -> Bool {
        timetable.next(after: instant - .milliseconds(1)) == instant
    }

    private static func day(_ day: CivilDay) -> String {
        "\(day.year)-\(day.month < 10 ? "0" : "")\(day.month)-\(day.day < 10 ? "0" : "")\(day.day)"
    }
}
