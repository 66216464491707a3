import Chronology
import ControlProtocol
import Reports
import SchedulerCore
import Testing

/// Goal: `status`, `campaigns`, `show`, `queue` and `runs` tell what is held, each thing once and in its order.
@Suite struct StandingReportTests {
    private let at = Standing.at
    private let now = Standing.now
    private let sale = Standing.sale
    private let time = "2026-11-24T10:00:00.000Z"

    // MARK: One occurrence

    @Test func `an activation that waits for nothing but its lane is queued`() throws {
        let scheduler = Standing.scheduler(
            [Standing.campaign("sale")], [.occurrenceAdmitted(Standing.occurrence())])
        let waiting = try #require(scheduler.state[ActivationID(sale, 1)])
        let lane = Closure.lane(.activation(ActivationID(OccurrenceID(3), 1)))
        let export = Closure.unknown(.export, failure: nil)
        #expect(waiting.word(behind: [lane]) == "queued")
        #expect(waiting.word(behind: [export]) == "waiting" && waiting.word(behind: []) == "waiting")
        #expect(waiting.word(behind: [lane, export]) == "waiting")
    }

    @Test func `each state of an activation has its word, and an occurrence is running once one is called`() throws {
        let scheduler = Standing.scheduler([Standing.campaign("sale", pairs: 10)], Standing.everyState)
        let held = try #require(scheduler.state.occurrences[sale])
        let told = scheduler.report(held, at: now)
        #expect(
            told.activations.map(\.state) == [
                "succeeded", "partial", "failed", "expired", "cancelled", "quarantined", "in_doubt", "calling",
                "running", "waiting",
            ])
        #expect(told.state == "running" && told.needsPerson && told.activations[8].run == "run-9")
        #expect(told.origin == "timetable" && told.nominal == time && told.endedAt == nil)
        #expect(told.activations[5].reason == "odd" && told.activations[9].dataflowName == "crm")
        let waiting = Standing.scheduler(
            [Standing.campaign("sale")], [.occurrenceAdmitted(Standing.occurrence(pairs: 2))])
        #expect(waiting.state.occurrences[sale]?.word == "waiting")
    }

    @Test func `what holds an activation is told as closed or as not known`() throws {
        let records: [Record] = [
            .occurrenceAdmitted(Standing.occurrence()),
            .activationReturned(
                activation: ActivationID(sale, 1), reason: "busy", notBefore: now.wall + .seconds(60),
                attemptCounts: true, packLimit: nil),
        ]
        let scheduler = Standing.scheduler([Standing.campaign("sale")], records)
        let held = try #require(scheduler.state.occurrences[sale])
        let gates = scheduler.report(held, at: now).activations[0].gates
        #expect(gates.map(\.gate) == ["throttled", "export", "mapping"])
        #expect(gates.map(\.state) == ["closed", "unknown", "unknown"])
        #expect(gates.map(\.activations) == [1, 1, 1])
        #expect(gates[0].evidence == "busy" && gates[0].until == "2026-11-24T11:01:00.000Z")
    }

    /// The fold lets go of an ended occurrence with the record that settles the last of its activations.
    @Test(arguments: [1, 2])
    func `an ended occurrence is rebuilt with what a person settled last`(last: Int) throws {
        let (first, second) = (ActivationID(sale, 3 - last), ActivationID(sale, last))
        let other = Standing.occurrence(OccurrenceID(18), of: "loyalty", pairs: 2)
        let records: [Record] = [
            .occurrenceAdmitted(Standing.occurrence(pairs: 2)), .occurrenceAdmitted(other),
            Standing.ended(first, .succeeded), Standing.setAside(second),
            .occurrenceEnded(occurrence: sale, outcome: .partial, at: at),
            .activationEnded(
                activation: second, outcome: ActivationOutcome(result: .cancelled), at: at + .seconds(60)),
            // What comes after it is about another one.
            Standing.ended(ActivationID(other.id, last), .failed),
            .occurrenceEnded(
                occurrence: other.id, outcome: .failed, at: at + .seconds(120)),
        ]
        let rebuilt = try #require(rebuild(sale, from: records))
        #expect(rebuilt.outcome == .partial && rebuilt.endedAt == at)
        let activation = rebuilt.activations[last - 1]
        #expect(activation.word(behind: []) == "cancelled" && activation.since == at + .seconds(60))
        #expect(rebuilt.activations[2 - last].word(behind: []) == "succeeded")
    }

    // MARK: Campaigns

    @Test func `campaigns are told by name, each with how it stands`() {
        let pause = Pause(scope: .campaign("held"), since: at, until: nil, actor: "anna", reason: "freeze")
        let scheduler = Standing.scheduler(
            [
                Standing.campaign("off") { $0.isEnabled = false }, Standing.campaign("idle"), Standing.campaign("held"),
                Standing.campaign("busy"), Standing.campaign("off-and-busy") { $0.isEnabled = false },
            ],
            [
                .paused(pause), .occurrenceAdmitted(Standing.occurrence(OccurrenceID(1), of: "busy", pairs: 2)),
                .activationRunning(
                    activation: ActivationID(OccurrenceID(1), 1), run: "run-1", adopted: false, at: at),
                .occurrenceAdmitted(Standing.occurrence(OccurrenceID(2), of: "busy")),
                .occurrenceAdmitted(Standing.occurrence(OccurrenceID(3), of: "off-and-busy")),
                .activationRunning(
                    activation: ActivationID(OccurrenceID(3), 1), run: "run-3", adopted: false, at: at),
            ])
        let told = scheduler.campaignsReport(at: now.wall).campaigns
        // Of several occurrences the newest counts.
        #expect(
            told.map { "\($0.name) \($0.state)" } == [
                "busy waiting", "held paused", "idle idle", "off disabled", "off-and-busy running",
            ])
    }

    @Test func `a campaign is told with its next five times, its settings and its own occurrences`() throws {
        let campaign = Standing.campaign("sale", try Standing.daily("12:00"), pairs: 2) { $0.maximumOccurrences = 30 }
        let started = Standing.started([campaign])
        let told = try #require(started.campaignReport("sale", at: now))
        #expect(told.coming == (24...28).map { "2026-11-\($0)T12:00:00.000Z" })
        #expect(
            told.settings == [
                "start_within": "4h", "catch_up": "1h", "overlap": "skip", "on_doubt": "retry", "jitter": "0s",
                "max_occurrences": "30",
            ])
        #expect(told.pairs.map(\.audience) == ["a1", "a2"] && told.occurrences == [] && told.isEnabled)
        let held = Standing.scheduler(
            [campaign, Standing.campaign("loyalty")],
            [
                .occurrenceAdmitted(Standing.occurrence(OccurrenceID(9), pairs: 2)),
                .occurrenceAdmitted(Standing.occurrence(OccurrenceID(8), of: "loyalty")),
                .occurrenceAdmitted(Standing.occurrence(OccurrenceID(7), pairs: 2)),
            ])
        #expect(held.campaignReport("sale", at: now)?.occurrences.map(\.id) == ["7", "9"])
        #expect(held.campaignReport("loyalty", at: now)?.occurrences.map(\.id) == ["8"])
        #expect(held.campaignReport("winter", at: now) == nil)
    }

    // MARK: Status

    private func status(_ scheduler: Scheduler) -> StatusDocument {
        scheduler.statusReport(
            daemon: DaemonDocument(version: "1", pid: 1, state: "ready", startedAt: time, now: time, sentence: ""),
            configuration: ConfigurationDocument(
                generation: 1, digest: "d", loadedAt: time, files: [], campaigns: 1, rejection: nil),
            journal: JournalDocument(state: "ok", trouble: nil, records: 1, bytes: nil, freeBytes: nil), at: now)
    }

    @Test func `status counts activations by their words`() {
        var records = Standing.everyState
        records.append(.occurrenceAdmitted(Standing.occurrence(OccurrenceID(18), of: "loyalty", pairs: 3)))
        let told = status(
            Standing.scheduler([Standing.campaign("sale", pairs: 10), Standing.campaign("loyalty", pairs: 3)], records))
        #expect(
            told.activations == [
                "succeeded": 1, "partial": 1, "failed": 1, "expired": 1, "cancelled": 1, "quarantined": 1,
                "in_doubt": 1, "calling": 1, "running": 1, "waiting": 4,
            ])
    }

    @Test func `status shows a hundred occurrences, those that need a person first`() {
        var records: [Record] = []
        for number in 1...101 {
            records.append(.occurrenceAdmitted(Standing.occurrence(OccurrenceID(number))))
        }
        let campaigns = [Standing.campaign("sale")]
        #expect(status(Standing.scheduler(campaigns, Array(records.dropLast()))).occurrences.map(\.id).last == "100")
        #expect(status(Standing.scheduler(campaigns, records)).occurrences.count == 100)
        records.append(Standing.setAside(ActivationID(OccurrenceID(101), 1)))
        let told = status(Standing.scheduler(campaigns, records)).occurrences
        #expect(told.count == 100 && told.prefix(3).map(\.id) == ["101", "1", "2"])
    }

    @Test func `status names the next five campaigns, the earliest first`() throws {
        var campaigns = [Standing.campaign("by-hand")]
        for hour in 12...17 {
            campaigns.append(
                Standing.campaign(CampaignName("c\(30 - hour)"), try Standing.daily("\(hour):00"), pairs: 2))
        }
        campaigns.append(Standing.campaign("also", try Standing.daily("12:00")))
        let told = status(Standing.started(campaigns)).next
        #expect(told.map(\.campaign) == ["also", "c18", "c17", "c16", "c15"])
        #expect(told.map(\.activations) == [1, 2, 2, 2, 2] && told.first?.at == "2026-11-24T12:00:00.000Z")
    }

    @Test func `status names who paused what, and a clock that nobody keeps`() {
        let pauses = [
            Pause(scope: .all, since: at, until: nil, actor: "anna", reason: "freeze"),
            Pause(scope: .campaign("sale"), since: at, until: now.wall + .seconds(60), actor: "ben", reason: "legal"),
        ]
        var scheduler = Standing.scheduler([Standing.campaign("sale")], pauses.map { .paused($0) })
        let told = status(scheduler)
        #expect(told.pauses.map(\.campaign) == [nil, "sale"] && told.pauses.map(\.actor) == ["anna", "ben"])
        #expect(told.pauses.map(\.until) == [nil, "2026-11-24T11:01:00.000Z"])
        #expect(told.clock == ClockDocument(isSynchronised: true) && told.credentials.state == "open")
        _ = scheduler.handle(.clockSynchronised(false), at: now)
        #expect(
            status(scheduler).clock.evidence
                == "the host does not say that its clock is kept right (adjtimex)")
    }

    @Test func `an export that runs closes its sandbox, and one that has ended does not`() {
        func export(_ jobs: [ExportJob]) -> ExportDocument? {
            var scheduler = Standing.started([Standing.campaign("sale")])
            let step = scheduler.handle(
                .command(CommandID(1), .fire("sale", forceOverlap: false), actor: "anna"), at: now)
            for case .askExportJobs(let id, _, _) in step.effects {
                _ = scheduler.handle(.exportJobsAnswered(id, .success(jobs)), at: now)
            }
            return status(scheduler).exports.first
        }
        let running = export([
            ExportJob(id: "4711", status: .running, word: "PROCESSING", createdAt: at, endedAt: nil)
        ])
        #expect(running?.state == "closed" && running?.job == "4711" && running?.word == "PROCESSING")
        #expect(running?.sandbox == "prod" && running?.since == time)
        let ended = export([
            ExportJob(id: "4711", status: .succeeded, word: "SUCCEEDED", createdAt: at, endedAt: at + .seconds(600))
        ])
        #expect(ended?.state == "open" && ended?.job == nil && ended?.word == nil)
    }

    // MARK: Lanes and runs

    @Test func `a lane is told with who holds it and who is in its line, and calls with how far they are`() {
        var records = Standing.everyState
        records.append(.occurrenceAdmitted(Standing.occurrence(OccurrenceID(18), of: "loyalty", pairs: 9)))
        records.append(.callIntended(Standing.call(6, [ActivationID(OccurrenceID(18), 1)])))
        let scheduler = Standing.scheduler(
            [Standing.campaign("sale", pairs: 10), Standing.campaign("loyalty", pairs: 9)], records)
        let told = scheduler.queueReport(at: now)
        let lane = told.lanes.first { $0.audience == "a9" }
        #expect(lane?.holder?.activation == "17.9" && lane?.holder?.run == "run-9" && lane?.holder?.state == "running")
        #expect(lane?.holder?.campaign == "sale" && lane?.holder?.since == time)
        #expect(lane?.line.map(\.activation) == ["18.9"])
        #expect(lane?.line.map(\.gates) == [["export", "mapping", "lane"]])
        let free = told.lanes.first { $0.audience == "a10" }
        #expect(free?.holder == nil && free?.line.map(\.activation) == ["17.10"])
        #expect(told.calls.map(\.id) == ["4", "5", "6"])
        #expect(told.calls.map(\.state) == ["in_doubt", "sending", "queued"])
    }

    @Test func `runs are told by their beginning, with what is odd about them`() {
        let (first, second) = (ActivationID(sale, 1), ActivationID(sale, 2))
        let scheduler = Standing.scheduler(
            [Standing.campaign("sale", pairs: 2)],
            [
                .occurrenceAdmitted(Standing.occurrence(pairs: 2)),
                .activationRunning(activation: first, run: "run-1", adopted: false, at: at + .seconds(60)),
                .activationRunning(activation: second, run: "run-2", adopted: false, at: at),
                .runLate(activation: first, run: "run-1", at: now.wall),
                .runEndUnknown(activation: second, run: "run-2", reason: "gone", at: now.wall),
            ])
        let told = scheduler.runsReport().runs
        #expect(told.map(\.id) == ["run-2", "run-1"] && told.map(\.activations) == [["17.2"], ["17.1"]])
        #expect(told.map(\.isLate) == [false, true] && told.map(\.endIsUnknown) == [true, false])
        #expect(told.map(\.isForeign) == [false, false] && told.map(\.campaigns) == [["sale"], ["sale"]])
    }
}
