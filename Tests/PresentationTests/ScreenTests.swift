import Chronology
import ControlProtocol
import Presentation
import Testing

/// Goal: people read the answer first, then the evidence, in their campaign's time, and nothing from outside can move the
/// cursor.
@Suite struct ScreenTests {
    /// Friday 27 November 2026, 13:48 UTC.
    private let now = Instant(rfc3339: "2026-11-27T13:48:00Z") ?? Instant(milliseconds: 0)
    private var screen: Screen { Screen(now: now, zone: { _ in .utc }, style: .plain, width: 100) }

    private func gate(_ name: String, _ state: String, _ evidence: String, opens: String = "", activations: Int = 0)
        -> GateDocument
    {
        GateDocument(
            gate: name, state: state, since: state == "closed" ? "2026-11-27T13:21:00.000Z" : nil, until: nil,
            evidence: evidence, opens: opens, activations: activations)
    }

    private func activation(_ id: String, _ audience: String, _ state: String, gates: [GateDocument] = [])
        -> ActivationDocument
    {
        ActivationDocument(
            id: id, dataflow: "f", dataflowName: "crm-sftp", audience: "a", audienceName: audience, state: state,
            since: "2026-11-27T13:30:00.000Z", attempts: 0, reason: nil, run: nil, wasAdopted: false, isLate: false,
            endIsUnknown: false, duplicates: [], gates: gates, metrics: nil)
    }

    private func occurrence(_ activations: [ActivationDocument]) -> OccurrenceDocument {
        OccurrenceDocument(
            id: "17", campaign: "month-end", zone: "UTC", state: "waiting", nominal: "2026-11-27T13:30:00.000Z",
            admittedAt: "2026-11-27T13:30:00.000Z", startsAt: "2026-11-27T13:30:00.000Z",
            expiresAt: "2026-11-27T17:30:00.000Z", origin: "timetable", originDetail: nil, isLate: false, endedAt: nil,
            needsPerson: false, activations: activations)
    }

    @Test func `explain gives the answer, each gate since when and what opens it, and what to do`() {
        let export = gate(
            "export", "closed", "export job 4711 is PROCESSING (asked 12 s ago)", opens: "when the export has ended",
            activations: 2)
        let explain = ExplainDocument(
            campaign: "month-end", zone: "UTC", state: "waiting", sentence: "month-end waits.",
            advice: "Nothing for you to do.", next: nil,
            occurrences: [
                ExplainedOccurrence(
                    occurrence: occurrence([
                        activation("17.1", "vip", "waiting"), activation("17.2", "lapsed", "waiting"),
                    ]),
                    gates: [gate("start-time", "open", "its time has come"), export], earliestStart: nil)
            ])
        #expect(
            screen.lines(explain) == [
                "month-end waits.", "", "  gate        state   evidence", "  start-time  open    its time has come",
                "  export      CLOSED  export job 4711 is PROCESSING (asked 12 s ago) since Fri 13:21 +00:00; opens",
                "                      when the export has ended", "", "Nothing for you to do.",
            ])
    }

    @Test func `a running export is told with when such exports usually end`() {
        var export = gate("export", "closed", "export job 4711 is PROCESSING", opens: "when the export has ended")
        (export.usualEnd, export.latestEnd) = ("2026-11-27T14:05:00.000Z", "2026-11-27T14:40:00.000Z")
        let explain = ExplainDocument(
            campaign: "sale", zone: "UTC", state: "waiting", sentence: "sale waits.", advice: "", next: nil,
            occurrences: [
                ExplainedOccurrence(
                    occurrence: occurrence([activation("17.1", "vip", "waiting")]), gates: [export], earliestStart: nil)
            ])
        let words = screen.lines(explain).joined(separator: " ").split(separator: " ").joined(separator: " ")
        #expect(
            words.contains(
                "opens when the export has ended; usually ends about Fri 14:05 +00:00, at the latest Fri 14:40 +00:00"))
    }

    @Test func `an occurrence lists its activations by name, with run and records`() {
        var done = activation("17.1", "vip", "succeeded")
        done.run = "88d6da63"
        done.wasAdopted = true
        done.metrics = MetricsDocument(
            records: 985, bytes: nil, files: 1, skipped: nil, failed: 0, errors: [], snapshot: nil)
        #expect(
            screen.lines(occurrence([done])) == [
                "occurrence 17 of month-end: waiting; due Fri 13:30 +00:00, 18 min ago, timetable",
                "  17.1  vip to crm-sftp  succeeded  since Fri 13:30 +00:00; run 88d6da63, found and adopted; 985",
                "                                    records; 1 file",
            ])
    }

    @Test func `an occurrence says how old the snapshot is that was exported`() {
        var done = activation("17.1", "vip", "succeeded")
        done.metrics = MetricsDocument(
            records: nil, bytes: nil, files: nil, skipped: nil, failed: nil, errors: [], snapshot: "01S",
            snapshotAt: "2026-11-27T06:24:00.000Z")
        let text = screen.lines(occurrence([done])).joined(separator: " ")
        #expect(text.contains("snapshot of Fri 06:24 +00:00"))
    }

    @Test func `foreign text can not move the cursor or turn the line around`() {
        let evil = activation("17.1", "vip\u{1b}[2J\u{202E}", "waiting")
        let text = screen.lines(occurrence([evil])).joined(separator: "\n")
        #expect(!text.contains("\u{1b}") && !text.contains("\u{202E}"))
        #expect(text.contains("vip\\u{1B}[2J\\u{202E}"))
    }

    @Test func `history is told oldest first, and the steps of the machine on request only`() {
        func entry(_ sequence: Int64, _ text: String, detail: Bool) -> HistoryEntry {
            HistoryEntry(
                sequence: sequence, at: "2026-11-27T13:30:00.000Z", kind: "k", isDetail: detail, text: text,
                campaign: "sale", occurrence: "17", activation: nil, call: nil, run: nil)
        }
        let history = HistoryDocument(
            entries: [entry(3, "ended as succeeded", detail: false), entry(2, "call 1 is being sent", detail: true)],
            before: nil)
        #expect(screen.lines(history, withDetails: false) == ["Fri 13:30 +00:00  17  sale  ended as succeeded"])
        #expect(
            screen.lines(history, withDetails: true) == [
                "Fri 13:30 +00:00  17  sale  call 1 is being sent", "Fri 13:30 +00:00  17  sale  ended as succeeded",
            ])
    }

    @Test func `a lane names its holder and its line`() {
        let queue = QueueDocument(
            lanes: [
                LaneDocument(
                    sandbox: "prod", audience: "a", audienceName: "vip", dataflowName: nil,
                    holder: LaneHolderDocument(
                        activation: "17.1", campaign: "sale", state: "in_doubt", run: nil,
                        since: "2026-11-27T13:45:00.000Z"),
                    line: [
                        LineDocument(
                            activation: "18.1", campaign: "loyalty", dataflowName: "s3",
                            nominal: "2026-11-27T13:46:00.000Z", gates: ["lane"])
                    ])
            ], calls: [])
        #expect(
            screen.lines(queue) == [
                "vip (prod): held by 17.1 of sale, in doubt for 3 min", "  1  18.1  loyalty to s3  waits: lane",
            ])
    }

    @Test func `status puts what needs a person before everything else`() throws {
        var needy = occurrence([activation("17.1", "vip", "quarantined")])
        needy.needsPerson = true
        let status = StatusDocument(
            daemon: DaemonDocument(
                version: "0.1.0", pid: 1, state: "ready", startedAt: "2026-11-27T12:48:00.000Z",
                now: "2026-11-27T13:48:00.000Z", sentence: "idle"),
            configuration: ConfigurationDocument(
                generation: 7, digest: "d", loadedAt: "2026-11-27T12:48:00.000Z", files: ["a"], campaigns: 2,
                rejection: nil),
            platform: PlatformDocument(url: "https://platform.adobe.io", organization: "o", sandbox: "prod"),
            journal: JournalDocument(state: "ok", trouble: nil, records: 5, bytes: 14_000_000, freeBytes: nil),
            credentials: CredentialsDocument(state: "open"), clock: ClockDocument(isSynchronised: true), exports: [],
            pauses: [],
            next: [NextDocument(campaign: "sale", at: "2026-11-27T16:00:00.000Z", zone: "UTC", activations: 3)],
            occurrences: [needy], activations: ["quarantined": 1])
        #expect(
            screen.lines(status) == [
                "activationd 0.1.0  ready since Fri 12:48 +00:00 (1 h)",
                "configuration 7 of Fri 12:48 +00:00, 2 campaigns   prod @ platform.adobe.io",
                "needs you    month-end (17): 1 quarantined of 1. See: activationctl explain month-end",
                "next         sale: Fri 16:00 +00:00, in 2 h 12 min, 3 activations", "journal      ok, 14 MB",
            ])
    }

    @Test func `status says when the clock is waited for, and when it is behind what is decided`() {
        let waiting = ClockDocument(
            isSynchronised: false, waitsUntil: "2026-11-27T13:50:00.000Z", evidence: "nobody keeps it right")
        let behind = ClockDocument(
            isSynchronised: true, campaignsAhead: 1, aheadUntil: "2026-11-30T06:00:00.000Z", evidence: "sale is decided"
        )
        #expect(screen.clock(ClockDocument(isSynchronised: true)) == [])
        #expect(
            screen.clock(waiting) == [
                "clock        nobody keeps it right; nothing falls due before Fri 13:50 +00:00, unless it is by then"
            ])
        #expect(screen.clock(behind) == ["clock        sale is decided. See: activationctl recount --help"])
    }
}
