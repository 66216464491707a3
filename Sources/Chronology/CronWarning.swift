// What a cron expression means that its writer may not have meant.

extension CronExpression {
    /// The traps that the expression stands in, in the order of their places.
    ///
    /// - Parameter text: What the expression was read from; the places are in it.
    package func warnings(in text: String) -> [ScheduleWarning] {
        var fields = Piece(text).words()
        guard fields.count == 5 || fields.count == 6 else { return [] }  // a name such as @daily
        let isQuartz = fields.count == 6 || fields.contains { $0.text == "?" }
        if fields.count == 6 { fields.removeFirst() }
        let (monthDay, weekday) = (fields[2], fields[4])
        var warnings: [ScheduleWarning] = []
        if let warning = dayWarning(monthDay, weekday) { warnings.append(warning) }
        let hasNumber = weekday.split(on: ",").contains { $0.text.utf8.first.map { (48...57).contains($0) } ?? false }
        if isQuartz, hasNumber {
            warnings.append(
                weekday.warning(
                    .quartzWeekday,
                    "\"\(weekday.text)\" counts weekdays as cron does, 0 or 7 for Sunday; Quartz has 1 for Sunday",
                    remedy: "Write names, such as MON-FRI."))
        }
        return warnings
    }

    private func dayWarning(_ monthDay: Piece, _ weekday: Piece) -> ScheduleWarning? {
        func isSet(_ piece: Piece) -> Bool { piece.text != "*" && piece.text != "?" }
        guard isSet(monthDay), isSet(weekday) else { return nil }
        let place = monthDay.through(weekday)
        let both = "day of month \"\(monthDay.text)\" and day of week \"\(weekday.text)\" are both set"
        if combinesDays {
            return place.warning(
                .cronUnion, "\(both): cron fires on days that match either",
                remedy: "For days that match both, write schedule, such as \"Fri *-*-13 06:00\".")
        }
        return place.warning(
            .cronIntersection, "\(both), and one begins with *: cron fires on days that match both",
            remedy: "For days that match either, write the days without *.")
    }
}
