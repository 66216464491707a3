// Questions that need the journal, on a queue and a connection of their own: a long look at the history holds up no decision.
// What is known of what they are about comes along as it was when they were asked.

internal import Chronology
internal import ControlProtocol
internal import Dispatch
internal import Foundation
internal import Journal
internal import Reports
internal import SchedulerCore

/// `answer` is called on the queue that owns the runtime; the rest happens on the queue of this desk.
final class ReadingDesk {
    enum Question: Sendable {
        case history(HistoryRequest)
        /// One that is not held any more.
        case occurrence(OccurrenceID, at: Moment)
    }

    private let reader: any JournalReader
    private let whenDone: @Sendable () -> Void
    private let queue = DispatchQueue(label: "journal readings")
    private let line = ReadingLine()

    /// - Parameter whenDone: Called after each, on whatever queue.
    init(_ reader: any JournalReader, whenDone: @escaping @Sendable () -> Void) {
        self.reader = reader
        self.whenDone = whenDone
    }

    func answer(
        _ question: Question, _ rights: ControlRights, _ scheduler: Scheduler,
        _ isWanted: @escaping @Sendable () -> Bool, _ reply: @escaping ControlDesk.Reply
    ) throws(ControlRefusal) {
        guard line.enter(rights) else {
            throw ControlRefusal(
                .refused, "\(ReadingLine.limit) questions wait for the journal already: ask again in a moment")
        }
        let reading = Reading(reader: reader, scheduler: scheduler)
        queue.async { [line, whenDone] in
            // Whoever asked may have gone while others were answered.
            if isWanted() {
                do throws(ControlRefusal) {
                    reply(try reading.answer(question))
                } catch {
                    reply(ControlDesk.response(error))
                }
            }
            line.leave(rights)
            whenDone()
        }
    }
}

/// How many questions of each door wait for the journal.
private final class ReadingLine: @unchecked Sendable {
    // `lock` guards `waiting`. A lock that the thread sanitizer understands.
    static let limit = 8

    private let lock = NSLock()
    private var waiting: [ControlRights: Int] = [:]

    func enter(_ rights: ControlRights) -> Bool {
        lock.withLock {
            guard waiting[rights, default: 0] < Self.limit else { return false }
            waiting[rights, default: 0] += 1
            return true
        }
    }

    func leave(_ rights: ControlRights) {
        lock.withLock { waiting[rights, default: 1] -= 1 }
    }
}

/// One question's answer.
private struct Reading: Sendable {
    let reader: any JournalReader
    let scheduler: Scheduler

    /// Of `JournalBounds.historyLimit` records each.
    private static let pages = 20
    private static let admissionsForHistory = 100

    func answer(_ question: ReadingDesk.Question) throws(ControlRefusal) -> ControlResponse {
        switch question {
        case .history(let request): try history(request)
        case .occurrence(let id, let now): try occurrence(id, at: now)
        }
    }

    private func read(_ query: HistoryQuery) throws(ControlRefusal) -> [StoredRecord] {
        do throws(JournalError) {
            return try reader.history(query)
        } catch {
            throw ControlRefusal(.journal, "the journal can not be read: \(error.found)")
        }
    }

    /// Every record of an occurrence, oldest first.
    private func records(of id: OccurrenceID) throws(ControlRefusal) -> [Record] {
        var records: [StoredRecord] = []
        for _ in 1...Self.pages {
            let page = try read(
                HistoryQuery(occurrence: id, before: records.last?.sequence, limit: JournalBounds.historyLimit))
            if page.isEmpty { break }
            records += page
        }
        return records.reversed().map(\.record)
    }

    private func occurrence(_ id: OccurrenceID, at now: Moment) throws(ControlRefusal) -> ControlResponse {
        guard let rebuilt = rebuild(id, from: try records(of: id)) else {
            throw ControlRefusal(.unknown, "the journal knows no occurrence \(id)")
        }
        return ControlDesk.response(scheduler.report(rebuilt, at: now))
    }

    private func history(_ request: HistoryRequest) throws(ControlRefusal) -> ControlResponse {
        let page = try read(
            HistoryQuery(
                campaign: request.campaign, occurrence: request.occurrence, since: request.since,
                until: request.until, before: request.before, limit: request.limit))
        let known = try admissions(for: page)
        let names = RecordNames(
            occurrence: { known[$0] }, dataflow: { scheduler.name(of: $0) }, audience: { scheduler.name(of: $0) })
        let entries = page.map { stored in RecordReport(stored.record, names: names).entry(stored) }
        return ControlDesk.response(HistoryDocument(entries: entries, before: page.last?.sequence))
    }

    /// The occurrences that some records are about: held ones, those whose admission is on the page, and the others from
    /// the journal, up to a bound. Beyond it an entry has no names, and is right all the same.
    private func admissions(for page: [StoredRecord]) throws(ControlRefusal) -> [OccurrenceID: Occurrence] {
        var known = scheduler.state.occurrences.mapValues(\.occurrence)
        for case .occurrenceAdmitted(let occurrence) in page.map(\.record) { known[occurrence.id] = occurrence }
        let wanted = Set(page.flatMap { RecordIndex($0.record).occurrences }).filter { known[$0] == nil }
        for id in wanted.sorted().suffix(Self.admissionsForHistory) {
            if let rebuilt = rebuild(id, from: try records(of: id)) { known[id] = rebuilt.occurrence }
        }
        return known
    }
}
