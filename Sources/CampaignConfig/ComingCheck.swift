// Whether anything comes of a timetable, and if not, because of what. Begin at `check`.

internal import Chronology

struct ComingCheck {
    let findings: Findings
    let now: Instant
    let calendars: Calendars
    let section: Section
    /// The key of the schedules.
    let entry: TOMLEntry
    let written: WrittenSchedules
    let zone: Zone

    func check(_ timetable: Timetable) {
        guard schedulesCome(timetable) else { return }
        if let ends = timetable.ends, ends <= now { return }  // warned of already
        if timetable.rules != nil, isOnlyOver(timetable) { return }
        if entry.key == "at" { warnOfLeftOut(timetable) }
        guard calendars.mayAskForReason, timetable.next(after: now) == nil else { return }
        calendars.askedForReason()
        reportReason(timetable)
    }

    // MARK: The schedules by themselves

    /// Whether something comes of them, without rules and ends. If not, that has been reported.
    private func schedulesCome(_ timetable: Timetable) -> Bool {
        // Times of `at` that have passed are warned of one by one.
        if entry.key == "at" { return Timetable(parts: timetable.parts, text: "").next(after: now) != nil }
        let isOver = timetable.ends.map { $0 <= now } ?? false
        let gone = written.items.filter { Timetable(parts: [$0.part], text: "").next(after: now) == nil }
        for item in gone {
            report(item, isEnough: isOver || gone.count < written.items.count)
        }
        return gone.count < written.items.count
    }

    /// - Parameter isEnough: Whether the campaign is in order without this schedule.
    private func report(_ item: WrittenSchedules.Item, isEnough: Bool) {
        let last = Timetable(parts: [item.part], text: "").previous(before: now + .milliseconds(1))
        guard let last else {
            findings.error(
                .neverComes, at: item.place,
                written.from.map { "\(item.title) never comes from \($0) on" }
                    ?? "\(item.title) never comes: the calendar has no such day",
                accepted: "a schedule with a time yet to come",
                remedy: "Correct the date, or remove the schedule to fire by hand.")
            return
        }
        let found = "\(item.title) does not come again; the last time was \(InstantText.text(last, in: item.part.zone))"
        if isEnough {
            findings.warning(.timePassed, at: item.place, found, remedy: "Correct or remove it.")
        } else {
            findings.error(
                .neverComes, at: item.place, found, accepted: "a schedule with a time yet to come",
                remedy: "Correct the date, or remove the schedule to fire by hand.")
        }
    }

    // MARK: With rules

    /// Without looking at days: whether `only` names nothing but calendars whose days have passed.
    private func isOnlyOver(_ timetable: Timetable) -> Bool {
        let only = timetable.rules?.only ?? []
        // With shift, what was meant for the last of the days may still come.
        guard !only.isEmpty, timetable.rules?.shift == nil, only.allSatisfy({ calendars.isOver($0.name) }) else {
            return false
        }
        let names = only.map(\.name.quoted)
        findings.error(
            .neverComes, at: place(of: "only"),
            "\(section.title) does not come again: all days of \(names.joined(separator: " and ")) have passed",
            accepted: "a calendar with days to come", remedy: "Add the days to come, or remove only.")
        return true
    }

    private func warnOfLeftOut(_ timetable: Timetable) {
        guard let rules = timetable.rules, rules.shift == nil else { return }
        for part in timetable.parts {
            guard case .at(let instants) = part.schedule else { continue }
            for instant in instants where instant > now {
                let alone = Timetable(parts: [.init(.at([instant]), in: part.zone)], rules: rules, text: "")
                guard alone.next(after: instant - .milliseconds(1)) == nil else { continue }
                let isExcepted = !rules.except.isEmpty
                findings.warning(
                    .leftOut, at: entry.value.place,
                    "\(InstantText.text(instant, in: zone)) is left out by "
                        + (isExcepted && !rules.only.isEmpty ? "except or only" : isExcepted ? "except" : "only"),
                    remedy: "Remove the time, or write \(isExcepted ? "except = []" : "no only") for this campaign.")
            }
        }
    }

    private func reportReason(_ timetable: Timetable) {
        let keys = setKeys(timetable)
        let reasons = keys.filter { without($0, timetable).next(after: now) != nil }
        let names = reasons.isEmpty ? keys : Array(reasons.prefix(1))
        let title =
            written.items.count == 1
            ? "no time of \(written.items.map(\.title).joined())" : "none of the schedules' times"
        findings.error(
            .neverComes, at: reasons.first.map(place) ?? entry.value.place,
            names == ["ends"]
                ? "\(title) lies before ends" : "\(title) is left by \(joined(names)), so it never comes",
            accepted: "settings that leave a time to come",
            remedy: "Correct \(choices(names)), or the schedule.")
    }

    private func joined(_ names: [String]) -> String {
        guard let last = names.last, names.count > 1 else { return names.first ?? "" }
        return names.dropLast().joined(separator: ", ") + " and " + last
    }

    private func setKeys(_ timetable: Timetable) -> [String] {
        guard let rules = timetable.rules else { return ["ends"] }
        return [
            ("except", !rules.except.isEmpty), ("only", !rules.only.isEmpty), ("shift", rules.shift != nil),
            ("exdate", section.has("exdate")), ("ends", timetable.ends != nil),
        ].filter(\.1).map(\.0)
    }

    private func without(_ key: String, _ timetable: Timetable) -> Timetable {
        var rules = timetable.rules ?? DayRules()
        switch key {
        case "except": rules.except = []
        case "only": rules.only = []
        case "shift": rules.shift = nil
        case "exdate": (rules.excludedDays, rules.excludedTimes) = (DayRules().excludedDays, [])
        default: break
        }
        return Timetable(
            parts: timetable.parts, rules: rules, starts: timetable.starts, ends: key == "ends" ? nil : timetable.ends,
            text: "")
    }

    /// Of the key's value; where only [defaults] has it, of the schedules.
    private func place(of key: String) -> Place {
        (section.entry(key) ?? entry).value.place
    }
}
