// The journal: whatever can be read as records can be written again as the same bytes, folded in any order, told in
// words, and taken into use; and so can whatever is read as a snapshot.
//
// Each line of the bytes is a record; the whole is tried as a snapshot too.

internal import Chronology
internal import Journal
internal import Reports
internal import SchedulerCore

enum JournalSubject {
    static func check(_ bytes: [UInt8]) throws(BrokenRule) {
        let lines = bytes.split(separator: UInt8(ascii: "\n"))
        let records = lines.compactMap { try? RecordCoding.decode(Array($0), sequence: 1) }
        if !records.isEmpty {
            try roundTrip(records)
            var state = State()
            for record in records {
                state.apply(record)
                _ = RecordIndex(record)
                _ = OccurrenceEvent(record)
            }
            try snapshot(state)
            try use(state)
            try tell(records, state)
        }
        if let state = RecordCoding.decodeState(bytes) {
            try snapshot(state)
            try use(state)
        }
    }

    /// Written and read, a record is what it was; and written again, the same bytes.
    static func roundTrip(_ records: [Record]) throws(BrokenRule) {
        for record in records {
            guard let written = try? RecordCoding.encode(record),
                let back = try? RecordCoding.decode(written, sequence: 1)
            else { throw BrokenRule("a record that can not be written and read: \(record)") }
            try require(back == record, "\(record) reads back as \(back)")
            try require((try? RecordCoding.encode(back)) == written, "written twice, other bytes: \(record)")
        }
    }

    private static func snapshot(_ state: State) throws(BrokenRule) {
        guard let written = try? RecordCoding.encode(state), let back = RecordCoding.decodeState(written) else {
            throw BrokenRule("a state that can not be written and read: \(state)")
        }
        try require(back == state, "a state reads back as another")
        try require((try? RecordCoding.encode(back)) == written, "a state written twice is other bytes")
    }

    // MARK: Use

    /// A small configuration whose names the corpus uses.
    private static let configuration: Configuration = {
        let pairs = [Pair(dataflow: "flow", audience: "vip"), Pair(dataflow: "flow", audience: "new")]
        let timetable = (try? CalendarExpression(parsing: "*-*-* 17:00")).map {
            Timetable(schedule: .calendar($0), zone: Zones.all[1], text: "*-*-* 17:00")
        }
        var configuration = Configuration(
            platform: PlatformSettings(
                organization: "org", sandbox: "prod", clientID: "client", clientSecret: .environment("SECRET")))
        let campaigns = [
            Campaign(name: "sale", sandbox: "prod", trigger: timetable.map(Trigger.timetable) ?? .manual, pairs: pairs),
            Campaign(name: "by-hand", sandbox: "prod", trigger: .manual, pairs: pairs),
            Campaign(name: "fresh", sandbox: "prod", trigger: .afterExport, pairs: pairs),
            Campaign(
                name: "follow-up", sandbox: "prod", trigger: .after("sale", delay: .seconds(60)), pairs: pairs),
        ]
        for campaign in campaigns { configuration.campaigns[campaign.name] = campaign }
        return configuration
    }()

    static func scheduler(_ state: State) -> Scheduler {
        Scheduler(state: state, configuration: configuration)
    }

    /// A start with this state behind it: what it decides folds to what it has in memory, and can be told.
    private static func use(_ state: State) throws(BrokenRule) {
        var scheduler = scheduler(state)
        var folded = state
        var moment = Moment(wall: TOMLSubject.now, monotonic: Monotonic(milliseconds: 1_000_000))
        for event in [Event.started(configuration), .woke, .stopping] {
            let step = scheduler.handle(event, at: moment)
            for record in step.records { folded.apply(record) }
            try require(folded == scheduler.state, "what was decided does not fold to what is in memory")
            try roundTrip(step.records)
            moment = Moment(wall: moment.wall + .seconds(3600), monotonic: moment.monotonic + .seconds(3600))
        }
        _ = scheduler.queueReport(at: moment)
        _ = scheduler.runsReport()
        _ = scheduler.campaignsReport(at: moment.wall)
        for occurrence in scheduler.state.occurrences.values { _ = scheduler.report(occurrence, at: moment) }
        for name in configuration.campaigns.keys { _ = scheduler.explainReport(name, at: moment) }
    }

    // MARK: Words

    private static func tell(_ records: [Record], _ state: State) throws(BrokenRule) {
        let names = RecordNames(
            occurrence: { state.occurrences[$0]?.occurrence }, dataflow: \.text, audience: \.text)
        for record in records {
            let report = RecordReport(record, names: names)
            try require(!report.kind.isEmpty && !report.text.isEmpty, "a record without words: \(record)")
        }
        for id in state.occurrences.keys.sorted().prefix(3) {
            let rebuilt = rebuild(id, from: records)
            try require(rebuilt != nil, "occurrence \(id) is held and can not be rebuilt")
        }
    }
}
