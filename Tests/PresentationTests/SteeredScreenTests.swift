import Chronology
import ControlProtocol
import Presentation
import Testing

/// Goal: no word of whoever serves the socket can steer the terminal, in whatever member of whatever document it stands, where usually
/// stand our own words as well; and it is shown what it would have done.
@Suite struct SteeredScreenTests {
    private let now = Instant(rfc3339: "2026-11-27T13:48:00Z") ?? Instant(milliseconds: 0)
    private var screen: Screen { Screen(now: now, zone: { _ in .utc }, style: .plain, width: 100) }

    /// The name of a member, and what would clear the screen, turn the line around and begin it anew.
    private func evil(_ name: String) -> String { "\(name)\u{1B}[2J\u{202E}\r" }

    /// Every line is harmless, and each of these members is in one.
    private func expectHarmless(
        _ lines: [String], toShow names: [String], at location: SourceLocation = #_sourceLocation
    ) {
        let unsafe = lines.filter { line in line.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x202E } }
        #expect(unsafe.isEmpty, sourceLocation: location)
        let text = lines.joined(separator: " ")
        for name in names {
            #expect(text.contains("\(name)\\u{1B}[2J\\u{202E}\\u{D}"), "\(name)", sourceLocation: location)
        }
    }

    // MARK: Documents

    private var gate: GateDocument {
        GateDocument(
            gate: evil("gate"), state: evil("gate-state"), since: evil("gate-since"), until: evil("gate-until"),
            evidence: evil("evidence"), opens: evil("opens"), activations: 1, usualEnd: evil("usual-end"),
            latestEnd: evil("latest-end"))
    }

    private var activation: ActivationDocument {
        ActivationDocument(
            id: evil("activation"), dataflow: evil("dataflow-id"), dataflowName: evil("dataflow"),
            audience: evil("audience-id"), audienceName: evil("audience"), state: evil("phase"), since: evil("since"),
            attempts: 1, reason: evil("reason"), run: evil("run"), wasAdopted: true, isLate: true, endIsUnknown: true,
            duplicates: [evil("duplicate")], gates: [gate],
            metrics: MetricsDocument(
                records: 1, bytes: 2, files: 3, skipped: 4, failed: 5, errors: [evil("error")],
                snapshot: evil("snapshot"), snapshotAt: evil("snapshot-at")))
    }

    private var occurrence: OccurrenceDocument {
        OccurrenceDocument(
            id: evil("occurrence"), campaign: evil("campaign"), zone: evil("zone"), state: evil("state"),
            nominal: evil("nominal"), admittedAt: evil("admitted"), startsAt: evil("starts"),
            expiresAt: evil("expires"), origin: evil("origin"), originDetail: evil("origin-detail"), isLate: true,
            endedAt: evil("ended"), needsPerson: true, activations: [activation])
    }

    private var summary: CampaignSummary {
        CampaignSummary(
            name: evil("name"), description: evil("description"), state: evil("condition"), schedule: evil("schedule"),
            zone: evil("own-zone"), next: evil("next"),
            last: LastDocument(
                occurrence: evil("last"), nominal: evil("last-due"), outcome: evil("outcome"), at: evil("last-end")),
            activations: 1)
    }

    private var pause: PauseDocument {
        PauseDocument(
            campaign: evil("paused"), since: evil("pause-since"), until: evil("pause-until"), actor: evil("actor"),
            reason: evil("pause-reason"))
    }

    private var fault: FaultDocument {
        FaultDocument(
            code: evil("code"), severity: evil("severity"), file: evil("file"), line: 1, column: 1,
            sentence: evil("fault"), text: "\(evil("fault-line"))\n\(evil("fault-caret"))")
    }

    // MARK: Screens

    private let ofGate = ["gate", "gate-since", "gate-until", "evidence", "usual-end", "latest-end"]
    private let ofActivation = [
        "activation", "dataflow", "audience", "phase", "since", "reason", "run", "duplicate", "snapshot-at",
    ]

    @Test func `an occurrence, and how it goes on, are harmless`() {
        expectHarmless(
            screen.lines(occurrence),
            toShow: ["occurrence", "campaign", "state", "nominal", "origin", "origin-detail", "ended"] + ofActivation
                + ofGate)
        expectHarmless([screen.progress(occurrence)], toShow: ["audience", "dataflow", "phase", "gate"])
    }

    @Test func `campaigns, alone and listed, are harmless`() {
        expectHarmless(
            screen.lines(CampaignsDocument(campaigns: [summary])),
            toShow: ["name", "condition", "next", "outcome", "schedule"])
        let campaign = CampaignDocument(
            summary: summary, sandbox: evil("sandbox"), isEnabled: true, settings: [evil("setting"): evil("value")],
            pairs: [
                PairDocument(
                    dataflow: evil("id-of-dataflow"), dataflowName: evil("to"), audience: evil("id-of-audience"),
                    audienceName: evil("whom"))
            ], pause: pause, coming: [evil("coming")], occurrences: [occurrence])
        expectHarmless(
            screen.lines(campaign),
            toShow: [
                "name", "description", "condition", "schedule", "own-zone", "sandbox", "coming", "last", "last-due",
                "outcome", "last-end", "pause-since", "pause-until", "actor", "pause-reason", "setting", "value", "to",
                "whom", "occurrence",
            ])
    }

    @Test func `an explanation is harmless`() {
        let explain = ExplainDocument(
            campaign: evil("asked"), zone: evil("its-zone"), state: evil("its-state"), sentence: evil("sentence"),
            advice: evil("advice"), next: evil("its-next"),
            occurrences: [
                ExplainedOccurrence(occurrence: occurrence, gates: [gate], earliestStart: evil("earliest")),
                ExplainedOccurrence(occurrence: occurrence, gates: [], earliestStart: nil),
            ])
        expectHarmless(
            screen.lines(explain),
            toShow: ["sentence", "advice", "earliest", "gate-state", "opens", "occurrence"] + ofActivation + ofGate)
    }

    @Test func `history, lanes, calls and runs are harmless`() {
        func entry(_ sequence: Int64, activation: String?) -> HistoryEntry {
            HistoryEntry(
                sequence: sequence, at: evil("at"), kind: evil("kind"), isDetail: false, text: evil("text"),
                campaign: evil("of"), occurrence: evil("entry"), activation: activation, call: evil("entry-call"),
                run: evil("entry-run"))
        }
        let history = HistoryDocument(
            entries: [entry(2, activation: evil("entry-activation")), entry(1, activation: nil)], before: nil)
        expectHarmless(
            screen.lines(history, withDetails: true),
            toShow: ["at", "text", "of", "entry", "entry-activation", "entry-run"])

        func lane(_ activation: String?, line: [LineDocument]) -> LaneDocument {
            LaneDocument(
                sandbox: evil("sandbox"), audience: evil("id"), audienceName: evil("lane"), dataflowName: evil("flow"),
                holder: LaneHolderDocument(
                    activation: activation, campaign: evil("holders-campaign"), state: evil("holders-state"),
                    run: evil("holders-run"), since: evil("holders-since")), line: line)
        }
        let waiter = LineDocument(
            activation: evil("waiter"), campaign: evil("waiters-campaign"), dataflowName: evil("waiters-flow"),
            nominal: evil("waiters-time"), gates: [evil("waiters-gate")])
        let call = CallDocument(
            id: evil("call"), sandbox: evil("calls-sandbox"), state: evil("calls-state"), activations: [evil("pair")],
            at: evil("calls-time"))
        expectHarmless(
            screen.lines(
                QueueDocument(lanes: [lane(evil("holder"), line: [waiter]), lane(nil, line: [])], calls: [call])),
            toShow: [
                "sandbox", "lane", "flow", "holder", "holders-campaign", "holders-state", "holders-run", "waiter",
                "waiters-campaign", "waiters-flow", "waiters-gate", "call", "calls-state", "calls-time",
            ])

        let run = RunDocument(
            id: evil("run"), sandbox: evil("sandbox"), dataflow: evil("id"), dataflowName: evil("dataflow"),
            audiences: [evil("audience")], activations: [evil("activation")], campaigns: [evil("campaign")],
            isForeign: false, word: evil("word"), since: evil("since"), isLate: true, endIsUnknown: true)
        expectHarmless(
            screen.lines(RunsDocument(runs: [run])),
            toShow: ["run", "dataflow", "audience", "activation", "campaign", "word"])
    }

    @Test func `what became of an order, a reload and a check is harmless`() {
        expectHarmless(screen.lines(DoneDocument(message: evil("done"), occurrence: evil("made"))), toShow: ["done"])
        let change = ReloadDocument.Change(key: evil("key"), before: evil("before"), after: evil("after"))
        let reload = ReloadDocument(
            generation: 2, campaigns: 1, files: 1, added: [evil("added")],
            changed: [.init(name: evil("changed"), changes: [change])], removed: [evil("removed")], unchanged: 0,
            changedSettings: [evil("settings")], lines: [evil("line")], warnings: [fault])
        expectHarmless(screen.lines(reload), toShow: ["line", "fault-line", "fault-caret"])
        expectHarmless(
            screen.lines(ErrorDocument(.configuration, evil("message"), faults: [fault])),
            toShow: ["message", "fault-line", "fault-caret"])
        let check = CheckDocument(faults: [fault], warnings: [fault], omitted: 1, files: 1, campaigns: 1)
        expectHarmless(screen.lines(check), toShow: ["fault-line", "fault-caret"])
    }

    @Test func `a status is harmless`() {
        let export = ExportDocument(
            sandbox: evil("exports-sandbox"), state: evil("exports-state"), job: evil("job"), word: evil("word"),
            since: evil("exports-since"), askedAt: evil("asked"), usualEnd: evil("usual-end"),
            latestEnd: evil("latest-end"))
        let status = StatusDocument(
            daemon: DaemonDocument(
                version: evil("version"), pid: 1, state: evil("daemon"), startedAt: evil("started"), now: evil("now"),
                sentence: evil("sentence")),
            configuration: ConfigurationDocument(
                generation: 1, digest: evil("digest"), loadedAt: evil("loaded"), files: [evil("file")], campaigns: 1,
                rejection: evil("rejection")),
            platform: PlatformDocument(
                url: evil("url"), organization: evil("organization"), sandbox: evil("platforms-sandbox")),
            journal: JournalDocument(
                state: evil("journal"), trouble: evil("trouble"), records: 1, bytes: 1, freeBytes: 1),
            credentials: CredentialsDocument(
                state: "closed", since: evil("closed"), evidence: evil("refusal"), retryAt: evil("retry")),
            clock: ClockDocument(
                isSynchronised: false, waitsUntil: evil("clock-wait"), campaignsAhead: 1, aheadUntil: evil("ahead"),
                evidence: evil("clock")), exports: [export], pauses: [pause],
            next: [
                NextDocument(campaign: evil("coming"), at: evil("coming-at"), zone: evil("coming-zone"), activations: 1)
            ], occurrences: [occurrence], activations: [evil("held"): 1])
        expectHarmless(
            screen.lines(status),
            toShow: [
                "version", "daemon", "started", "loaded", "rejection", "url", "platforms-sandbox", "journal", "trouble",
                "closed", "refusal", "clock", "clock-wait", "exports-sandbox", "job", "word", "exports-since",
                "usual-end", "latest-end", "paused", "pause-since", "pause-until", "actor", "pause-reason", "coming",
                "coming-at", "occurrence", "campaign", "phase",
            ] + ofGate)
    }
}
