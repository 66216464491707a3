import Chronology
import ControlProtocol
import Testing

@testable import Presentation

/// Goal: every part of a document is shown, in these words: a branch that is not taken, or a word that is gone, is noticed.
@Suite struct ScreenWordsTests {
    /// Friday 27 November 2026, 13:48 UTC.
    private let now = Instant(rfc3339: "2026-11-27T13:48:00Z") ?? Instant(milliseconds: 0)
    private var screen: Screen { Screen(now: now, zone: { _ in .utc }, style: .plain, width: 200) }

    private let past = "2026-11-27T13:21:00.000Z"
    private let next = "2026-11-27T16:00:00.000Z"

    private func activation(
        _ state: String, _ change: (inout ActivationDocument) -> Void = { _ in }
    ) -> ActivationDocument {
        var activation = ActivationDocument(
            id: "17.1", dataflow: "f", dataflowName: "crm", audience: "a", audienceName: "vip", state: state,
            since: past, attempts: 0, reason: nil, run: nil, wasAdopted: false, isLate: false,
            endIsUnknown: false, duplicates: [], gates: [], metrics: nil)
        change(&activation)
        return activation
    }

    private func occurrence(
        _ activations: [ActivationDocument], _ change: (inout OccurrenceDocument) -> Void = { _ in }
    ) -> OccurrenceDocument {
        var occurrence = OccurrenceDocument(
            id: "17", campaign: "sale", zone: "UTC", state: "waiting", nominal: past, admittedAt: past, startsAt: past,
            expiresAt: next, origin: "timetable", originDetail: nil, isLate: false, endedAt: nil, needsPerson: false,
            activations: activations)
        change(&occurrence)
        return occurrence
    }

    private func gate(_ name: String, _ state: String = "closed", _ change: (inout GateDocument) -> Void = { _ in })
        -> GateDocument
    {
        var gate = GateDocument(
            gate: name, state: state, since: past, until: nil, evidence: "why", opens: "when", activations: 1)
        change(&gate)
        return gate
    }

    // MARK: Campaigns

    private func summary(_ change: (inout CampaignSummary) -> Void = { _ in }) -> CampaignSummary {
        var summary = CampaignSummary(
            name: "sale", description: "", state: "idle", schedule: "Fri 17:00", zone: "UTC", next: nil, last: nil,
            activations: 1)
        change(&summary)
        return summary
    }

    @Test func `campaigns are listed with what comes and what was`() {
        let last = LastDocument(occurrence: "16", nominal: past, outcome: "succeeded", at: past)
        let document = CampaignsDocument(campaigns: [
            summary {
                $0.next = next
                $0.last = last
            }, summary { $0.name = "other" },
        ])
        #expect(
            screen.lines(document) == [
                "campaign  state  next                             last                  schedule",
                "sale      idle   Fri 16:00 +00:00, in 2 h 12 min  succeeded 27 min ago  Fri 17:00",
                "other     idle   -                                never                 Fri 17:00",
            ])
        #expect(screen.lines(CampaignsDocument(campaigns: [])) == ["No campaigns are configured."])
    }

    @Test func `a campaign is shown whole`() {
        let document = CampaignDocument(
            summary: summary {
                $0.description = "a sale"
                $0.last = LastDocument(occurrence: "16", nominal: past, outcome: "succeeded", at: past)
            }, sandbox: "prod", isEnabled: true, settings: ["overlap": "skip", "jitter": "0s"],
            pairs: [
                PairDocument(dataflow: "f", dataflowName: "crm", audience: "a", audienceName: "vip"),
                PairDocument(dataflow: "f", dataflowName: "crm", audience: "b", audienceName: "lapsed"),
            ], pause: PauseDocument(campaign: "sale", since: past, until: next, actor: "anna", reason: "freeze"),
            coming: [next, "2026-12-04T16:00:00.000Z"], occurrences: [occurrence([activation("waiting")])])
        #expect(
            screen.lines(document) == [
                "sale", "  description  a sale", "  state        idle", "  schedule     Fri 17:00 in UTC",
                "  sandbox      prod", "  next         Fri 16:00 +00:00, in 2 h 12 min",
                "               Fri 4 Dec 16:00 +00:00, in 7 d 2 h",
                "  last         occurrence 16 of Fri 13:21 +00:00 succeeded, Fri 13:21 +00:00, 27 min ago",
                "  paused       since Fri 13:21 +00:00 until Fri 16:00 +00:00, by anna: freeze", "  jitter       0s",
                "  overlap      skip", "  activates    vip to crm", "               lapsed to crm", "",
                "occurrence 17 of sale: waiting; due Fri 13:21 +00:00, 27 min ago, timetable",
                "  17.1  vip to crm  waiting  since Fri 13:21 +00:00",
            ])
    }

    @Test func `an activation is shown with all that is known of it`() {
        let all = activation("in_doubt") {
            ($0.run, $0.wasAdopted, $0.isLate, $0.endIsUnknown, $0.duplicates) = ("r1", true, true, true, ["r2", "r3"])
            $0.metrics = MetricsDocument(
                records: 1, bytes: nil, files: 2, skipped: nil, failed: 3, errors: [], snapshot: nil)
            ($0.gates, $0.reason) = ([gate("export"), gate("lane")], "because")
        }
        let document = occurrence([all, activation("running") { $0.run = "r4" }]) {
            ($0.isLate, $0.origin, $0.originDetail, $0.endedAt) = (true, "manual", "by anna", next)
        }
        #expect(
            screen.lines(document) == [
                "occurrence 17 of sale: waiting; due Fri 13:21 +00:00, 27 min ago, late, manual (by anna); ended Fri 16:00 "
                    + "+00:00",
                "  17.1  vip to crm  in doubt  since Fri 13:21 +00:00; run r1, found and adopted; 1 record; 2 files; "
                    + "3 failed; late; its end is not known; second run r2, r3; export: why, since Fri 13:21 +00:00;",
                "                              because",
                "  17.1  vip to crm  running   since Fri 13:21 +00:00; run r4",
            ])
    }

    @Test func `explain names gates, their share, their ends, the earliest start, and what moves already`() {
        let waiting = activation("waiting")
        let explain = ExplainDocument(
            campaign: "sale", zone: "UTC", state: "waiting", sentence: "sale waits.", advice: "Nothing.", next: nil,
            occurrences: [
                ExplainedOccurrence(
                    occurrence: occurrence([waiting, waiting, activation("running"), activation("queued")]),
                    gates: [
                        gate("start-time", "open") { $0.evidence = "its time has come" },
                        gate("export") {
                            ($0.activations, $0.until, $0.usualEnd, $0.latestEnd) = (2, next, next, next)
                        },
                        gate("lane", "unknown") {
                            ($0.since, $0.opens, $0.until, $0.activations) = (nil, "", next, 4)
                        },
                    ], earliestStart: next),
                ExplainedOccurrence(occurrence: occurrence([activation("failed")]), gates: [], earliestStart: nil),
            ])
        #expect(
            screen.lines(explain) == [
                "sale waits.", "", "  gate        state    evidence", "  start-time  open     its time has come",
                "  export      CLOSED   why (2 of 4) since Fri 13:21 +00:00; opens when: Fri 16:00 +00:00 (in 2 h 12 min); "
                    + "usually ends about Fri 16:00 +00:00",
                "  lane        unknown  why; opens Fri 16:00 +00:00 (in 2 h 12 min)", "",
                "Earliest start of everything that waits: Fri 16:00 +00:00, in 2 h 12 min.", "",
                "occurrence 17 of sale: waiting; due Fri 13:21 +00:00, 27 min ago, timetable",
                "  17.1  vip to crm  running  since Fri 13:21 +00:00", "",
                "occurrence 17 of sale: waiting; due Fri 13:21 +00:00, 27 min ago, timetable",
                "  17.1  vip to crm  failed  since Fri 13:21 +00:00", "", "Nothing.",
            ])
    }

    // MARK: Lists

    @Test func `history names what each entry is about`() {
        func entry(_ change: (inout HistoryEntry) -> Void) -> HistoryEntry {
            var entry = HistoryEntry(
                sequence: 1, at: past, kind: "k", isDetail: false, text: "t", campaign: nil, occurrence: nil,
                activation: nil, call: nil, run: nil)
            change(&entry)
            return entry
        }
        let history = HistoryDocument(
            entries: [
                entry { ($0.activation, $0.occurrence, $0.run, $0.campaign) = ("17.1", "17", "r1", "sale") },
                entry { $0.occurrence = "17" }, entry { $0.text = "u" },
            ], before: nil)
        #expect(
            screen.lines(history, withDetails: false) == [
                "Fri 13:21 +00:00              u", "Fri 13:21 +00:00  17          t",
                "Fri 13:21 +00:00  17.1  sale  t [run r1]",
            ])
        #expect(screen.lines(HistoryDocument(entries: [], before: nil), withDetails: true) == ["Nothing is recorded."])
    }

    @Test func `lanes are held by ours, by others, or free, and calls stand below`() {
        func lane(_ holder: LaneHolderDocument?, flow: String? = nil, line: [LineDocument] = []) -> LaneDocument {
            LaneDocument(
                sandbox: "prod", audience: "a", audienceName: "vip", dataflowName: flow, holder: holder, line: line)
        }
        let line = LineDocument(activation: "18.1", campaign: "b", dataflowName: "s3", nominal: past, gates: [])
        var waits = line
        waits.gates = ["lane", "export"]
        let foreign = LaneHolderDocument(activation: nil, campaign: nil, state: "foreign", run: "r9", since: nil)
        let ours = LaneHolderDocument(activation: "17.1", campaign: "sale", state: "running", run: "r1", since: past)
        let queue = QueueDocument(
            lanes: [lane(foreign), lane(ours, flow: "crm", line: [line, waits]), lane(nil)],
            calls: [
                CallDocument(id: "4", sandbox: "prod", state: "in_doubt", activations: ["17.1", "17.2"], at: past),
                CallDocument(id: "5", sandbox: "prod", state: "sending", activations: ["18.1"], at: past),
            ])
        #expect(
            screen.lines(queue) == [
                "vip (prod): held by run r9 of somebody else",
                "vip to crm (prod): held by 17.1 of sale, running for 27 min", "  1  18.1  b to s3  ready",
                "  2  18.1  b to s3  waits: lane, export", "vip (prod): free", "",
                "call 4 of 2 pairs: in doubt since Fri 13:21 +00:00",
                "call 5 of 1 pair: sending since Fri 13:21 +00:00",
            ])
        #expect(
            screen.lines(QueueDocument(lanes: [], calls: [])) == ["No lane is held, and nobody waits for one."])
        #expect(screen.lines(QueueDocument(lanes: [lane(nil)], calls: [])) == ["vip (prod): free"])
    }

    @Test func `runs are ours or those of others`() {
        func run(_ change: (inout RunDocument) -> Void) -> RunDocument {
            var run = RunDocument(
                id: "r1", sandbox: "prod", dataflow: "f", dataflowName: "crm", audiences: ["vip", "lapsed"],
                activations: ["17.1"], campaigns: ["sale"], isForeign: false, word: "inProgress", since: past,
                isLate: false, endIsUnknown: false)
            change(&run)
            return run
        }
        let document = RunsDocument(runs: [
            run { ($0.isLate, $0.endIsUnknown) = (true, true) },
            run { ($0.isForeign, $0.activations, $0.campaigns, $0.word, $0.since) = (true, [], [], nil, nil) },
        ])
        #expect(
            screen.lines(document) == [
                "run  status        for     dataflow  audiences    of",
                "r1   inProgress    27 min  crm       vip, lapsed  sale, 17.1, late, its end is not known",
                "r1   not seen yet          crm       vip, lapsed  started by somebody else",
            ])
        #expect(screen.lines(RunsDocument(runs: [])) == ["No run is followed."])
    }

    // MARK: Orders

    private let warning = FaultDocument(
        code: "c", severity: "warning", file: "f", line: 1, column: 1, sentence: "s", text: "a\nb")

    @Test func `a reload tells what changed, or that nothing did`() {
        func reload(_ change: (inout ReloadDocument) -> Void = { _ in }) -> [String] {
            var document = ReloadDocument(
                generation: 2, campaigns: 1, files: 2, added: [], changed: [], removed: [], unchanged: 1,
                changedSettings: [], lines: [], warnings: [])
            change(&document)
            return screen.lines(document)
        }
        let head = "reloaded: configuration 2 (1 campaign, 2 files)"
        #expect(reload() == [head, "  nothing has changed"])
        #expect(reload { $0.warnings = [warning] } == [head, "  nothing has changed", "a", "b", ""])
        #expect(reload { ($0.added, $0.lines) = (["sale"], ["+ sale"]) } == [head, "+ sale"])
        #expect(reload { $0.removed = ["sale"] } == [head])
        #expect(reload { $0.changed = [.init(name: "sale", changes: [])] } == [head])
        #expect(reload { $0.changedSettings = ["polling"] } == [head])
    }

    @Test func `a check counts faults, those that are left out as well, and warnings`() {
        func check(_ faults: [FaultDocument], omitted: Int = 0) -> [String] {
            screen.lines(
                CheckDocument(faults: faults, warnings: [warning], omitted: omitted, files: 1, campaigns: 3))
        }
        #expect(check([]) == ["a", "b", "", "0 faults, 1 warning in 1 file. 3 campaigns."])
        #expect(check([warning], omitted: 1) == ["a", "b", "", "a", "b", "", "2 faults, 1 warning in 1 file."])
        // A line of a file may be empty, and its caret stands below it all the same.
        let empty = FaultDocument(
            code: "c", severity: "error", file: "f", line: 1, column: 1, sentence: "s", text: "a\n\nb")
        #expect(check([empty]).prefix(4) == ["a", "", "b", ""])
        #expect(screen.lines(ErrorDocument(.refused, "no")) == ["no"])
        #expect(screen.lines(ErrorDocument(.configuration, "no", faults: [warning])) == ["a", "b", "", "no"])
        #expect(screen.lines(DoneDocument(message: "done", occurrence: nil)) == ["done"])
    }

    // MARK: Status

    private func status(_ change: (inout StatusDocument) -> Void) -> [String] {
        var status = StatusDocument(
            daemon: DaemonDocument(version: "1", pid: 1, state: "ready", startedAt: past, now: past, sentence: ""),
            configuration: ConfigurationDocument(
                generation: 7, digest: "d", loadedAt: past, files: [], campaigns: 1, rejection: nil),
            platform: PlatformDocument(url: "https://host.test", organization: "o", sandbox: "prod"),
            journal: JournalDocument(state: "ok", trouble: nil, records: 5, bytes: nil, freeBytes: nil),
            credentials: CredentialsDocument(state: "open"), clock: ClockDocument(isSynchronised: true), exports: [],
            pauses: [], next: [], occurrences: [],
            activations: [:])
        change(&status)
        return Array(screen.lines(status).dropFirst(2))
    }

    @Test func `status tells every trouble, and nothing where there is none`() {
        #expect(status { _ in } == ["journal      ok"])
        #expect(
            status {
                $0.configuration.rejection = "line 1"
                $0.journal.trouble = "full"
                $0.credentials = CredentialsDocument(state: "closed", since: past, evidence: "401", retryAt: next)
            } == [
                "reload       refused: line 1", "journal      nothing is admitted and nothing is called: full",
                "credentials  CLOSED since Fri 13:21 +00:00: 401; tried again in 2 h 12 min", "journal      ok",
            ])
        #expect(
            status {
                $0.pauses = [
                    PauseDocument(campaign: nil, since: past, until: nil, actor: "anna", reason: "freeze"),
                    PauseDocument(campaign: "sale", since: past, until: next, actor: "anna", reason: "freeze"),
                ]
            } == [
                "paused       everything: since Fri 13:21 +00:00 until somebody resumes it, by anna: freeze",
                "paused       sale: since Fri 13:21 +00:00 until Fri 16:00 +00:00, by anna: freeze", "journal      ok",
            ])
    }

    @Test func `status tells a clock that is wrong, how long it is waited for, and what a person does`() {
        func line(_ clock: ClockDocument) -> String { status { $0.clock = clock }[0] }
        #expect(line(ClockDocument(isSynchronised: false, waitsUntil: next)) == "journal      ok")
        #expect(line(ClockDocument(isSynchronised: false, evidence: "why")) == "clock        why")
        #expect(
            line(ClockDocument(isSynchronised: false, waitsUntil: next, campaignsAhead: 1, evidence: "why"))
                == "clock        why; nothing falls due before Fri 16:00 +00:00, unless it is by then. See: activationctl "
                + "recount --help")
    }

    @Test func `status tells exports with what is usual`() {
        func export(_ change: (inout ExportDocument) -> Void) -> String {
            var export = ExportDocument(
                sandbox: "prod", state: "open", job: nil, word: nil, since: past, askedAt: past, usualEnd: nil,
                latestEnd: nil)
            change(&export)
            return status { $0.exports = [export] }[0]
        }
        #expect(export { _ in } == "export       prod: none was running, asked 27 min ago")
        #expect(
            export { ($0.job, $0.usualEnd, $0.latestEnd) = ("4711", next, "2026-11-27T17:00:00.000Z") }
                == "export       prod: job 4711 is running since Fri 13:21 +00:00, asked 27 min ago; usually ends about Fri "
                + "16:00 +00:00, at the latest Fri 17:00 +00:00")
        #expect(export { ($0.job, $0.word) = ("4711", "NEW") }.contains("job 4711 is NEW since"))
    }

    @Test(arguments: [
        (-1, "0 B"), (9999, "9999 B"), (10_000, "10 kB"), (9_999_999, "9999 kB"), (10_000_000, "10 MB"),
        (10_000_000_000, "10 GB"), (10_000_000_000_000, "10 TB"), (.max, "9223372 TB"),
    ])
    func `sizes change their unit at ten thousand`(bytes: Int64, text: String) {
        #expect(
            status { ($0.journal.bytes, $0.journal.freeBytes) = (bytes, 12) } == ["journal      ok, \(text), 12 B free"]
        )
    }

    @Test func `an occurrence is summed up with its first gate, or its run, or its reason`() {
        func line(_ activations: [ActivationDocument], _ change: (inout OccurrenceDocument) -> Void = { _ in })
            -> String
        {
            status { $0.occurrences = [occurrence(activations, change)] }.first ?? ""
        }
        #expect(
            line([activation("waiting"), activation("waiting") { $0.gates = [gate("export")] }, activation("running")])
                == "waiting      sale (17): 1 running, 2 waiting of 3; export: why, since Fri 13:21 +00:00")
        #expect(
            line([activation("running") { $0.run = "r1" }, activation("in_doubt")])
                == "waiting      sale (17): 1 in doubt, 1 running of 2; for 27 min, run r1")
        #expect(
            line([activation("failed") { $0.reason = "because" }])
                == "waiting      sale (17): 1 failed of 1; because")
        #expect(
            line([activation("failed")]) { $0.needsPerson = true }
                == "needs you    sale (17): 1 failed of 1. See: activationctl explain sale")
        #expect(line([activation("failed")]) { $0.endedAt = past } == "journal      ok")
    }

    @Test func `progress names ten activations and counts the rest`() {
        let one = activation("waiting") { $0.gates = [gate("export"), gate("lane")] }
        #expect(screen.progress(occurrence([one])) == "vip to crm waiting (export)")
        let words = Array(repeating: "vip to crm running", count: 10).joined(separator: ", ")
        #expect(screen.progress(occurrence(Array(repeating: activation("running"), count: 10))) == words)
        #expect(
            screen.progress(occurrence(Array(repeating: activation("running"), count: 12))) == words + " and 2 more")
    }

    // MARK: Text

    @Test func `colours are a second channel only`() {
        #expect(Style.plain("a", .bad) == "a")
        let tones: [(Style.Tone, String)] = [
            (.strong, "1"), (.faint, "2"), (.bad, "31"), (.good, "32"), (.attention, "33"),
        ]
        for (tone, number) in tones { #expect(Style.ansi("a", tone) == "\u{1b}[\(number)ma\u{1b}[0m") }
        let coloured = Screen(now: now, zone: { _ in .utc }, style: .ansi, width: 200)
        #expect(coloured.lines(CampaignsDocument(campaigns: [summary()])).count == 2)
    }

    @Test func `a terminal has forty columns at least, and words are wrapped to the last of them`() {
        let narrow = Screen(now: now, zone: { _ in .utc }, style: .plain, width: 10)
        #expect(narrow.width == 40)
        let word = String(repeating: "a", count: 19)
        #expect(narrow.wrapped("\(word) \(word)a") == ["\(word) \(word)a"])
        #expect(narrow.wrapped("\(word)a \(word)a") == ["\(word)a", "\(word)a"])
        #expect(narrow.wrapped("\(word) \(word)a", indent: 1) == [" \(word)", " \(word)a"])
        #expect(narrow.wrapped("") == [])
        #expect(narrow.wrapped(String(repeating: "b", count: 60)) == [String(repeating: "b", count: 60)])
    }

    @Test func `the last column of a table is wrapped where it has 24 columns`() {
        let narrow = Screen(now: now, zone: { _ in .utc }, style: .plain, width: 40)
        let words = "one two three four five six seven"
        #expect(
            narrow.table([[String(repeating: "a", count: 14), words]]) == [
                "aaaaaaaaaaaaaa  one two three four five", "                six seven",
            ])
        #expect(narrow.table([[String(repeating: "a", count: 15), words]]) == ["aaaaaaaaaaaaaaa  \(words)"])
        #expect(narrow.table([["a", "b"], ["cc"], ["d", ""]], indent: 1) == [" a   b", " cc", " d"])
        #expect(narrow.table([]) == [] && narrow.table([[]]) == [])
    }

    @Test func `times are shown to the second, and texts that are none as they are`() {
        #expect(screen.time("2026-11-27T13:48:00.999Z") == "Fri 13:48 +00:00")
        #expect(screen.time("1969-12-31T23:59:59.001Z") == "Wed 31 Dec 1969 23:59:59 +00:00")
        #expect(screen.time("never") == "never")
        #expect(screen.distance("2026-11-27T13:48:00.000Z") == "in 0 ms")
        #expect(screen.distance("2026-11-27T13:47:59.000Z") == "1.0 s ago")
        #expect(screen.distance("never") == "" && screen.age("never") == "")
        #expect(screen.age(next) == "0 ms" && screen.age(past) == "27 min")
        #expect(counted(0, "file") == "0 files" && counted(1, "file") == "1 file" && counted(2, "file") == "2 files")
    }
}
