// Schedules that were read before: of 100,000 campaigns most share theirs with others, and need neither the work nor the memory
// twice. Lives as long as one load.

internal import Chronology

final class ScheduleCache {
    /// More different ones are read and not kept.
    private static let limit = 20_000

    /// What decides a timetable that is one text and nothing else.
    struct PlainKey: Hashable {
        /// `schedule` or `cron`.
        var key: String
        var text: String
        var zone: String
        /// Whether the campaign says its zone itself: then it may be warned of one in the text.
        var hasOwnZone: Bool
    }

    private struct Key: Hashable {
        var text: String
        var zone: String
    }

    private var calendars: [String: CalendarExpression] = [:]
    private var crons: [String: CronExpression] = [:]
    private var timetables: [Key: Timetable] = [:]
    private var plain: [PlainKey: Timetable] = [:]

    /// - Throws: As the expression's own initialiser; a faulty text is read every time.
    func calendar(_ text: String) throws(ScheduleError) -> CalendarExpression {
        if let known = calendars[text] { return known }
        let expression = try CalendarExpression(parsing: text)
        if calendars.count < Self.limit { calendars[text] = expression }
        return expression
    }

    /// - Throws: As the expression's own initialiser; a faulty text is read every time.
    func cron(_ text: String) throws(ScheduleError) -> CronExpression {
        if let known = crons[text] { return known }
        let expression = try CronExpression(parsing: text)
        if crons.count < Self.limit { crons[text] = expression }
        return expression
    }

    func plain(_ key: PlainKey) -> Timetable? { plain[key] }

    /// - Parameter timetable: One of which nothing was found.
    func add(_ timetable: Timetable, as key: PlainKey) {
        if plain.count < Self.limit { plain[key] = timetable }
    }

    /// An equal timetable that somebody has already, or else this one.
    func shared(_ timetable: Timetable) -> Timetable {
        let key = Key(text: timetable.text, zone: timetable.zone.name)
        if let known = timetables[key] { return known == timetable ? known : timetable }
        if timetables.count < Self.limit { timetables[key] = timetable }
        return timetable
    }
}
