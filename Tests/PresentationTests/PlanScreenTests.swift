import Chronology
import ControlProtocol
import Presentation
import Testing

/// Goal: whatever a plan holds, its drawing stays in its columns, and nothing in it can move the cursor or break a calendar file.
@Suite struct PlanScreenTests {
    private let now = Instant(rfc3339: "2026-11-27T13:48:00Z") ?? Instant(milliseconds: 0)

    private func screen(_ width: Int) -> Screen {
        Screen(now: now, zone: { _ in .utc }, style: .plain, width: width)
    }

    private func occurrence(
        _ campaign: String, _ nominal: String, state: String = "succeeded", waits: [PlannedWaitDocument] = []
    ) -> PlannedOccurrenceDocument {
        PlannedOccurrenceDocument(
            campaign: campaign, zone: "UTC", origin: "timetable", originDetail: nil, state: state, nominal: nominal,
            local: nominal, startsAt: nominal, expiresAt: nil, calledAt: nominal, lastCalledAt: nominal,
            endsAt: "2026-11-27T18:10:00.000Z", lateSeconds: 0, activations: 2,
            jobs: [PlannedJobDocument(number: 1, at: nominal, activations: 2, pairs: 2)], waits: waits,
            reason: state == "succeeded" ? nil : "because, of; a \\ thing", clock: nil, count: 1, last: nil,
            isHeld: false)
    }

    private func plan(_ occurrences: [PlannedOccurrenceDocument]) -> PlanDocument {
        PlanDocument(
            now: "2026-11-27T13:48:00.000Z", from: "2026-11-27T13:48:00.000Z", until: "2026-12-01T13:48:00.000Z",
            days: 4, source: "daemon", zone: "UTC", campaigns: [],
            exports: [
                PlannedExportDocument(
                    sandbox: "prod", from: "2026-11-28T22:00:00.000Z", until: "2026-11-29T01:00:00.000Z",
                    latest: "2026-11-29T02:00:00.000Z", job: nil)
            ], habits: [], blackouts: [], pauses: [], occurrences: occurrences, collisions: [], warnings: [],
            totals: PlanTotalsDocument(occurrences: 1, skipped: 0, activations: 2, jobs: 1, calls: 5), assumptions: [],
            cut: nil)
    }

    @Test func `a day is a line of hours, an export over midnight is on both, and days without anything are one line`()
    {
        let lines = screen(80).lines(
            plan([occurrence("sale", "2026-11-28T18:00:00.000Z"), occurrence("sale", "2026-11-29T06:30:00.000Z")]),
            withDetails: false)
        #expect(
            lines == [
                "Plan of the daemon for 4 days from Fri 13:48 +00:00 in UTC. █ usual export, ▒ at",
                "the latest.", "", "Fri 27 Nov: nothing is due",
                "Sat 28 Nov        00    03    06    09    12    15    18    21    24",
                "  (usual export)  ············································████",
                "  sale                                                ▲18:00 2 activations",
                "Sun 29 Nov        00    03    06    09    12    15    18    21    24",
                "  (usual export)  ██▒▒············································",
                "  sale                         ▲06:30 2 activations", "Mon 30 Nov to Tue 1 Dec: nothing is due", "",
                "1 occurrence, 2 activations, 1 job, about 5 calls.",
            ])
    }

    /// A campaign that is due each hour of a day, one just before midnight, and waits that are told in many words.
    private var crowded: PlanDocument {
        let wait = PlannedWaitDocument(
            gate: "export", from: "2026-11-28T18:00:00.000Z", until: "2026-11-28T18:40:00.000Z", latest: nil,
            evidence: "the usual export, which is told here in very many words that no line of a terminal can hold",
            by: nil,
            activations: 2)
        let many = (0..<24).map { hour in
            occurrence(
                "often-and-with-a-long-name", "2026-11-29T\(hour < 10 ? "0" : "")\(hour):59:00.000Z", waits: [wait])
        }
        return plan([occurrence("sale", "2026-11-28T23:59:00.000Z", state: "expired", waits: [wait])] + many)
    }

    @Test(arguments: [80, 81, 100, 120, 124, 125, 200])
    func `no line is wider than the terminal where it has 80 columns or more`(_ width: Int) {
        let lines = screen(width).lines(crowded, withDetails: true)
        #expect(lines.allSatisfy { $0.count <= width }, "\(lines.filter { $0.count > width })")
    }

    /// Two columns before the names, which have 20, and two behind them; 24 hours; the mark of 23:59 and its time.
    @Test(arguments: [
        (40, 53), (52, 53), (53, 53), (60, 53), (76, 53), (77, 77), (79, 77), (124, 77), (125, 125), (200, 125),
    ])
    func `an hour has four columns, two where four do not fit, and one at the least`(width: Int, day: Int) throws {
        let lines = screen(width).lines(crowded, withDetails: false)
        let last = try #require(lines.first { $0.contains("▲23:59") })
        #expect(last.hasPrefix("  sale ") && last.hasSuffix(" ▲23:59") && last.count == day)
        // What is narrower than a day by the hour still has all of it; no line is wider, and all words are there.
        #expect(lines.allSatisfy { $0.count <= max(width, 53) }, "\(lines.filter { $0.count > max(width, 53) })")
        let words = lines.joined(separator: " ").split(separator: " ").joined(separator: " ")
        #expect(
            words.contains(
                "▲23:59 waits for the usual export, which is told here in very many words that no line of a terminal "
                    + "can hold, would expire"))
    }

    @Test(arguments: [40, 60, 70])
    func `on a narrow terminal the names and times of details have long lines, and nothing else has`(_ width: Int) {
        let lines = screen(width).lines(crowded, withDetails: true).filter { $0.count > max(width, 53) }
        #expect(lines.count == 24)
        #expect(lines.allSatisfy { $0.hasPrefix("often-and-with-a-long-name  Sun ") && $0.hasSuffix(":59:00.000Z)") })
    }

    @Test(arguments: [1, 39])
    func `a terminal of fewer than 40 columns is drawn as one of 40`(_ width: Int) {
        #expect(screen(width).lines(crowded, withDetails: true) == screen(40).lines(crowded, withDetails: true))
        #expect(screen(40).lines(crowded, withDetails: true) != screen(41).lines(crowded, withDetails: true))
    }

    @Test func `no word of whoever serves the socket can steer the terminal`() {
        let evil = "\u{1B}[2J\u{202E}\r"
        var odd = occurrence(evil, "2026-11-28T18:00:00.000Z", state: evil)
        (odd.reason, odd.origin, odd.originDetail, odd.clock, odd.lastCalledAt) = (evil, "manual", evil, evil, evil)
        odd.waits = [
            PlannedWaitDocument(
                gate: evil, from: evil, until: evil, latest: evil, evidence: evil, by: evil, activations: 1)
        ]
        var held = odd
        held.isHeld = true
        var plan = plan([odd, held])
        plan.zone = evil
        plan.blackouts = [PlannedBlackoutDocument(name: evil, from: plan.from, until: plan.until)]
        plan.exports[0].sandbox = evil
        plan.pauses = [PauseDocument(campaign: evil, since: evil, until: evil, actor: evil, reason: evil)]
        plan.assumptions = [evil]
        plan.warnings = [
            PlanWarningDocument(code: evil, campaign: evil, at: evil, count: 1, sentence: evil, remedy: evil)
        ]
        let change = PlanDifferenceDocument.Change(
            kind: evil, campaign: evil, zone: evil, before: evil, after: evil, detail: evil)
        let difference = PlanDifferenceDocument(
            from: evil, until: evil, changes: [change], unchanged: 1, warnings: plan.warnings,
            cut: PlanCutDocument(bound: evil, at: evil, sentence: evil))
        let lines = screen(80).lines(plan, withDetails: true) + screen(80).lines(difference)
        #expect(!lines.joined().unicodeScalars.contains { $0.value < 32 || $0 == "\u{202E}" })
    }

    @Test func `times that are none, and a plan of a thousand years, draw nothing and do not trap`() {
        var odd = plan([occurrence("sale", "never")])
        odd.occurrences[0].lastCalledAt = "never"
        _ = screen(80).lines(odd, withDetails: true)
        (odd.from, odd.until) = ("0000-01-01T00:00:00.000Z", "9999-12-31T00:00:00.000Z")
        #expect(screen(80).lines(odd, withDetails: false).count < 20)
        (odd.from, odd.until) = ("x", "y")
        _ = screen(80).lines(odd, withDetails: false)
    }

    @Test func `a difference says what comes, goes and moves`() {
        let difference = PlanDifferenceDocument(
            from: "2026-11-27T13:48:00.000Z", until: "2026-12-01T13:48:00.000Z",
            changes: [
                .init(
                    kind: "moved", campaign: "sale", zone: "UTC", before: "2026-11-27T17:00:00.000Z",
                    after: "2026-11-27T16:30:00.000Z", detail: ""),
                .init(
                    kind: "added", campaign: "spring", zone: "UTC", before: nil, after: "2026-11-28T08:00:00.000Z",
                    detail: "1 activation"),
                .init(
                    kind: "removed", campaign: "winter", zone: "UTC", before: "2026-11-29T08:00:00.000Z", after: nil,
                    detail: ""),
            ], unchanged: 1, warnings: [], cut: nil)
        #expect(
            screen(100).lines(difference) == [
                "  ~  sale    Fri 17:00 +00:00 -> Fri 16:30 +00:00",
                "  +  spring  Sat 08:00 +00:00                      1 activation",
                "  -  winter  Sun 08:00 +00:00", "1 occurrence stays as planned.",
            ])
    }
}
