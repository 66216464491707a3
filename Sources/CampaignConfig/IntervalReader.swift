// `every` with `from`: a fixed span of time, again and again.

internal import Chronology

struct IntervalReader {
    let findings: Findings
    let now: Instant

    func read(_ entry: TOMLEntry, in section: Section, zone: Zone) -> WrittenSchedules? {
        let step = section.duration("every", in: Bounds.every)
        var from: WrittenTime?
        if let written = section.entry("from") {
            guard let read = TimeReader(findings: findings, zone: zone).readWithDays(written.value, key: "from") else {
                return nil
            }
            from = read
        }
        guard let step else { return nil }
        let interval = Interval(every: step, from: from?.instant(in: zone) ?? Instant(milliseconds: 0))
        let part = Timetable.Part(.every(interval), in: zone)
        warnOfDrift(step, part, at: entry.value.place)
        return WrittenSchedules(
            items: [.init(part: part, text: "every \(step.text)", name: step.text.quoted, place: entry.value.place)],
            from: from?.text)
    }

    /// Whole days are mostly meant by the clock.
    private func warnOfDrift(_ step: Duration, _ part: Timetable.Part, at place: Place) {
        let day = Bounds.day.milliseconds
        guard step.milliseconds % day == 0, let change = part.zone.nextChange(after: now),
            change <= now + Bounds.driftHorizon,
            let first = Timetable(parts: [part], text: "").next(after: now)
        else { return }
        let local = part.zone.local(at: first)
        let (hour, minute) = (String(local.hour + 100).dropFirst(), String(local.minute + 100).dropFirst())
        let days = step.milliseconds / day
        let remedy =
            days == 1
            ? "Write schedule = \"*-*-* \(hour):\(minute)\" for the same time of each day."
            : "Write rrule = \"FREQ=DAILY;INTERVAL=\(days)\" with from = \(InstantText.text(local.day))T\(hour):\(minute):00 "
                + "for the same time of day."
        findings.warning(
            .everyDrifts, at: place,
            "every \(step.text.quoted) counts elapsed time, so it comes at another time of day after the change of the "
                + "clock on \(InstantText.text(part.zone.local(at: change).day))",
            remedy: remedy)
    }
}
