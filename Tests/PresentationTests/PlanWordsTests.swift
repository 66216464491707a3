import Chronology
import ControlProtocol
import Testing

@testable import Presentation

/// Goal: each part of a plan is told in these words, and each bound of its screen is kept at both of its ends.
@Suite struct PlanWordsTests {
    private let now = Instant(rfc3339: "2026-11-27T13:48:00Z") ?? Instant(milliseconds: 0)
    private let at = "2026-11-28T18:00:00.000Z"
    private let later = "2026-11-28T18:30:00.000Z"

    private func screen(_ width: Int = 200) -> Screen {
        Screen(now: now, zone: { $0 == "nowhere" ? nil : .utc }, style: .plain, width: width)
    }

    private func occurrence(_ change: (inout PlannedOccurrenceDocument) -> Void = { _ in }) -> PlannedOccurrenceDocument
    {
        var occurrence = PlannedOccurrenceDocument(
            campaign: "sale", zone: "UTC", origin: "timetable", originDetail: nil, state: "succeeded", nominal: at,
            local: at, startsAt: at, expiresAt: nil, calledAt: at, lastCalledAt: at, endsAt: later, lateSeconds: 0,
            activations: 2, jobs: [PlannedJobDocument(number: 1, at: at, activations: 2, pairs: 3)], waits: [],
            reason: nil, clock: nil, count: 1, last: nil, isHeld: false)
        change(&occurrence)
        return occurrence
    }

    private func wait(_ gate: String, _ evidence: String = "why", latest: String? = nil) -> PlannedWaitDocument {
        PlannedWaitDocument(
            gate: gate, from: at, until: later, latest: latest, evidence: evidence, by: nil, activations: 1)
    }

    private func plan(
        _ occurrences: [PlannedOccurrenceDocument], _ change: (inout PlanDocument) -> Void = { _ in }
    ) -> PlanDocument {
        var plan = PlanDocument(
            now: "2026-11-27T13:48:00.000Z", from: "2026-11-28T00:00:00.000Z", until: "2026-11-29T00:00:00.000Z",
            days: 1, source: "file", zone: "UTC", campaigns: [], exports: [], habits: [], blackouts: [], pauses: [],
            occurrences: occurrences, collisions: [], warnings: [],
            totals: PlanTotalsDocument(occurrences: 1, skipped: 0, activations: 2, jobs: 1, calls: 5), assumptions: [],
            cut: nil)
        change(&plan)
        return plan
    }

    // MARK: One occurrence

    @Test func `what is expected of an occurrence is told in few words`() {
        func words(_ change: (inout PlannedOccurrenceDocument) -> Void) -> String {
            screen().planWords(occurrence(change), "UTC")
        }
        #expect(words { _ in } == "2 activations")
        #expect(words { ($0.state, $0.reason) = ("skipped", "paused") } == "skipped: paused")
        #expect(words { ($0.state, $0.reason, $0.count) = ("skipped", "paused", 3) } == "3 times, skipped: paused")
        #expect(words { $0.origin = "export" } == "after the export, 2 activations")
        #expect(words { $0.origin = "after" } == "after another campaign, 2 activations")
        #expect(words { ($0.origin, $0.originDetail) = ("after", "other") } == "after other, 2 activations")
        #expect(words { $0.origin = "manual" } == "by hand, 2 activations")
        #expect(words { ($0.origin, $0.originDetail) = ("manual", "anna") } == "by anna, 2 activations")
        #expect(words { $0.clock = "skipped" } == "moved by the clock, 2 activations")
        #expect(words { $0.clock = "repeated" } == "shown twice, fires once, 2 activations")
        #expect(words { $0.state = "expired" } == "would expire")
        #expect(words { $0.state = "waiting" } == "still waits at the end of the plan")
        #expect(words { $0.state = "failed" } == "would end as failed")
        #expect(words { ($0.state, $0.lateSeconds) = ("running", 59) } == "2 activations")
        #expect(
            words { ($0.state, $0.lateSeconds, $0.lastCalledAt) = ("running", 60, later) } == "starts about 18:30")
        #expect(
            words { ($0.lateSeconds, $0.lastCalledAt) = (60, "2026-11-29T00:00:00.000Z") }
                == "starts about Sun 00:00 +00:00")
        #expect(words { $0.zone = "Europe/Stockholm" } == "2 activations, 18:00 in Europe/Stockholm")
        #expect(words { $0.zone = "nowhere" } == "2 activations")
    }

    @Test func `the first two waits are named, each in the words of its gate`() {
        func words(_ waits: [PlannedWaitDocument]) -> String {
            screen().planWords(occurrence { ($0.waits, $0.lateSeconds) = (waits, 60) }, "UTC")
        }
        #expect(words([wait("start-time", "the campaign's jitter")]) == "jitter, starts about 18:00")
        #expect(words([wait("start-time")]) == "waits: why, starts about 18:00")
        #expect(words([wait("blackout")]) == "why, starts about 18:00")
        #expect(words([wait("paused")]) == "why, starts about 18:00")
        #expect(
            words([wait("export"), wait("lane", "b"), wait("dataflow", "c")])
                == "waits for why, waits for b, starts about 18:00")
        // One that waits for its start is told when it starts, however short that is.
        #expect(
            screen().planWords(occurrence { $0.waits = [wait("start-time", "the campaign's jitter")] }, "UTC")
                == "jitter, starts about 18:00")
    }

    @Test func `details list start, waits, jobs and end of each`() {
        let full = occurrence {
            ($0.startsAt, $0.waits) = (later, [wait("export", latest: at), wait("lane")])
            ($0.state, $0.reason) = ("partial", "because")
        }
        let skipped = occurrence { ($0.state, $0.reason, $0.last, $0.count) = ("skipped", "paused", later, 4) }
        let held = occurrence { $0.isHeld = true }
        let lines = screen().lines(plan([full, skipped, held]), withDetails: true)
        let begin = lines.firstIndex { $0.hasPrefix("sale  Sat 18:00 +00:00 (") } ?? 0
        #expect(
            Array(lines[begin...]) == [
                "sale  Sat 18:00 +00:00 (\(at))", "    starts Sat 18:30 +00:00, by the campaign's jitter",
                "    export: why, Sat 18:00 +00:00 to about Sat 18:30 +00:00, at the latest Sat 18:00 +00:00 (1 of 2)",
                "    lane: why, Sat 18:00 +00:00 to about Sat 18:30 +00:00 (1 of 2)",
                "    1 job: Sat 18:00 +00:00 with 2 of its 3 pairs",
                "    partial about Sat 18:30 +00:00: because, 2 activations", "sale  Sat 18:00 +00:00 (\(at))",
                "    skipped 4 times up to Sat 18:30 +00:00: paused", "",
                "1 occurrence, 2 activations, 1 job, about 5 calls.",
            ])
        #expect(lines.contains("  sale  Sat 18:00 +00:00  2 activations"), "what was due before")
    }

    // MARK: The whole

    @Test func `the head says what is planned, what is drawn, and what is paused`() {
        func head(_ change: (inout PlanDocument) -> Void) -> [String] {
            Array(screen().lines(plan([], change), withDetails: false).prefix { !$0.isEmpty })
        }
        let words = "Plan of the files for 1 day from Sat 00:00 +00:00 in UTC."
        #expect(head { _ in } == [words])
        #expect(head { $0.source = "daemon" }[0].hasPrefix("Plan of the daemon for 1 day"))
        let export = PlannedExportDocument(sandbox: "prod", from: at, until: later, latest: later, job: nil)
        #expect(head { $0.exports = [export] } == [words + " █ usual export, ▒ at the latest."])
        #expect(
            head { $0.blackouts = [PlannedBlackoutDocument(name: "freeze", from: at, until: later)] } == [
                words + " ░ blackout."
            ])
        let pause = PauseDocument(campaign: nil, since: at, until: later, actor: "anna", reason: "move")
        #expect(
            head { $0.pauses = [pause] } == [
                words, "Paused: everything since Sat 18:00 +00:00 until Sat 18:30 +00:00, by anna: move",
            ])
    }

    @Test func `the end says what it comes to, what was assumed, and what was skipped`() {
        func end(_ change: (inout PlanDocument) -> Void) -> [String] {
            Array(screen().lines(plan([], change), withDetails: false).drop { $0 != "" }.dropFirst())
                .filter { !$0.contains("nothing is due") && !$0.isEmpty }
        }
        #expect(end { _ in } == ["1 occurrence, 2 activations, 1 job, about 5 calls."])
        #expect(end { $0.totals.skipped = 1 }[0].hasPrefix("1 occurrence (and 1 skipped), "))
        #expect(end { $0.assumptions = ["a", "b"] }.last == "Assumed: a; b.")
    }

    private func warning(_ code: String, _ campaign: String? = nil, at time: String? = nil, remedy: String = "")
        -> PlanWarningDocument
    {
        PlanWarningDocument(code: code, campaign: campaign, at: time, count: 1, sentence: "s", remedy: remedy)
    }

    @Test func `fifty warnings are shown, and of more the number is told`() {
        let fifty = Array(repeating: warning("c", remedy: "Do it."), count: 50)
        #expect(screen().warnings(fifty) == Array(repeating: "! s. Do it. [c]", count: 50))
        #expect(
            screen().warnings(fifty + [warning("c")]).suffix(2) == [
                "! s. Do it. [c]", "! and 1 warning more; --json has them all.",
            ])
        #expect(screen().warnings([]) == [])
    }

    @Test func `twenty campaigns are named that do not come, and of more the number is told`() {
        func line(_ count: Int) -> String? {
            let absent = (1...count).map { warning("not-in-these-days", "c\($0)") }
            return screen(4000).lines(plan([]) { $0.warnings = absent }, withDetails: false).last
        }
        let names = (1...20).map { "c\($0)" }.joined(separator: ", ")
        #expect(line(20) == "Not in these days: \(names).")
        #expect(line(21) == "Not in these days: \(names) and 1 more.")
        let dated = plan([]) {
            $0.warnings = [warning("not-in-these-days", "c", at: later), warning("not-in-these-days")]
        }
        #expect(screen().lines(dated, withDetails: false).last == "Not in these days: c (next Sat 18:30 +00:00), s.")
    }

    // MARK: The drawing

    private func drawn(
        _ occurrences: [PlannedOccurrenceDocument], width: Int = 200, _ change: (inout PlanDocument) -> Void = { _ in }
    )
        -> [String]
    {
        let lines = screen(width).lines(plan(occurrences, change), withDetails: false)
        return Array(lines.drop { !$0.isEmpty }.dropFirst().prefix { !$0.isEmpty })
    }

    @Test func `three times of a day have a line each, and four share one`() {
        func times(_ count: Int) -> [PlannedOccurrenceDocument] {
            (1...count).map { number in occurrence { $0.nominal = "2026-11-28T1\(number):15:00.000Z" } }
        }
        #expect(drawn(times(3)).count { $0.hasPrefix("  sale") } == 3)
        var four = times(4)
        (four[0].state, four[1].state) = ("skipped", "expired")
        (four[2].waits, four[2].lateSeconds) = ([wait("export")], 60)
        let lines = drawn(four)
        #expect(lines.count { $0.hasPrefix("  sale") } == 1)
        #expect(
            lines.last == String(repeating: " ", count: 18)
                + "4 times from 11:15 to 14:15, 1 late, 1 skipped, 1 would expire")
        #expect(lines[1] == "  sale" + String(repeating: " ", count: 12 + 45) + "×   ▲   ▲   ▲")
    }

    @Test func `a name of twenty letters is whole, and a longer one is cut`() {
        let name = String(repeating: "n", count: 20)
        #expect(drawn([occurrence { $0.campaign = name }])[1].hasPrefix("  \(name)  "))
        #expect(drawn([occurrence { $0.campaign = name + "n" }])[1].hasPrefix("  \(name.dropLast())…  "))
        let blackout = PlannedBlackoutDocument(name: name, from: at, until: later)
        #expect(drawn([occurrence()]) { $0.blackouts = [blackout] }[1].hasPrefix("  (\(name.dropLast(3))…)  "))
    }

    @Test(arguments: [(118, 2), (119, 4), (70, 1), (71, 2), (40, 1)])
    func `an hour has four columns where they fit, else two, else one`(width: Int, perHour: Int) {
        // 14 letters for a name, 4 around it, 24 hours, 5 for the mark of the last one.
        let header = drawn([occurrence()], width: width)[0]
        let hours = header.dropFirst(18)
        #expect(hours.hasPrefix("00" + String(repeating: " ", count: max(1, 3 * perHour - 2)) + "03"), "\(header)")
    }

    @Test func `a skipped time has a cross, and its words go below where they do not fit`() {
        let skipped = occurrence { ($0.state, $0.reason) = ("skipped", "a pause that is told at length") }
        #expect(drawn([skipped])[1].hasSuffix("×18:00 skipped: a pause that is told at length"))
        let narrow = drawn([skipped], width: 80)
        #expect(narrow[1].hasSuffix("×18:00"))
        #expect(narrow[2] == String(repeating: " ", count: 18) + "skipped: a pause that is told at length")
    }

    @Test func `an export that ends as late as ever is drawn to its usual end and to its latest`() {
        func cells(_ from: String, _ until: String, _ latest: String) -> String {
            let export = PlannedExportDocument(sandbox: "prod", from: from, until: until, latest: latest, job: nil)
            return String(drawn([occurrence()], width: 80) { $0.exports = [export] }[1].dropFirst(18))
        }
        let (six, eight, nine) = ("2026-11-28T06:00:00.000Z", "2026-11-28T08:00:00.000Z", "2026-11-28T09:00:00.000Z")
        let before = String(repeating: "·", count: 12)
        #expect(cells(six, eight, nine) == before + "████▒▒" + String(repeating: "·", count: 30))
        #expect(cells(six, eight, eight) == before + "████" + String(repeating: "·", count: 32))
        #expect(
            cells("2026-11-27T06:00:00.000Z", six, eight) == String(repeating: "█", count: 12) + "▒▒▒▒"
                + String(repeating: "·", count: 32))
        #expect(
            cells(nine, "2026-11-30T00:00:00.000Z", "2026-11-30T00:00:00.000Z").hasSuffix(
                "··" + String(repeating: "█", count: 30)))
    }

    @Test func `exports of several sandboxes have a line each, and so have blackouts`() {
        let exports = ["prod", "dev"].map {
            PlannedExportDocument(sandbox: $0, from: at, until: later, latest: later, job: nil)
        }
        let lines = drawn([occurrence()]) { plan in
            plan.exports = exports
            plan.blackouts = [PlannedBlackoutDocument(name: "freeze", from: at, until: later)]
        }
        #expect(
            lines.map { $0.prefix(17).trimmingSuffix() }.dropFirst() == [
                "  (export dev)", "  (export prod)", "  (freeze)", "  sale",
            ])
        #expect(lines.count { $0.contains("██") } == 2 && lines.count { $0.contains("░░") } == 1)
    }

    /// Three days, each with something due, and with a blackout and an export of this span: who has a line on which day.
    private func lines(of from: String, _ until: String, latest: String? = nil) -> [String] {
        let times = ["27", "28", "29"].map { day in occurrence { $0.nominal = "2026-11-\(day)T18:00:00.000Z" } }
        let lines = drawn(times) { plan in
            (plan.from, plan.until) = ("2026-11-27T00:00:00.000Z", "2026-11-30T00:00:00.000Z")
            plan.blackouts = [PlannedBlackoutDocument(name: "freeze", from: from, until: until)]
            plan.exports = [
                PlannedExportDocument(sandbox: "prod", from: from, until: until, latest: latest ?? until, job: nil)
            ]
        }
        return lines.compactMap { line -> String? in
            if line.hasPrefix("  (freeze) ") { return "blackout" }
            if line.hasPrefix("  (usual export) ") { return "export" }
            return line.hasPrefix(" ") ? nil : String(line.prefix(6))
        }
    }

    @Test func `a blackout and an export have a line on each day that they touch, and on no other`() {
        let (midnight, next) = ("2026-11-28T00:00:00.000Z", "2026-11-29T00:00:00.000Z")
        #expect(lines(of: midnight, next) == ["Fri 27", "Sat 28", "export", "blackout", "Sun 29"])
        #expect(
            lines(of: "2026-11-27T23:59:59.999Z", "2026-11-29T00:00:00.001Z") == [
                "Fri 27", "export", "blackout", "Sat 28", "export", "blackout", "Sun 29", "export", "blackout",
            ])
        #expect(
            lines(of: "2026-11-26T00:00:00.000Z", "2026-11-27T00:00:00.000Z") == ["Fri 27", "Sat 28", "Sun 29"])
        #expect(lines(of: midnight, midnight) == ["Fri 27", "Sat 28", "Sun 29"], "one that ends as it begins")
        // What an export takes at the latest has no line of its own.
        #expect(
            lines(of: midnight, next, latest: "2026-11-29T02:00:00.000Z") == [
                "Fri 27", "Sat 28", "export", "blackout", "Sun 29",
            ])
    }

    @Test func `what an export usually takes is drawn over what another one takes at the latest, and never under it`() {
        func at(_ clock: String) -> String { "2026-11-28T\(clock):00.000Z" }
        func export(_ from: String, _ until: String, _ latest: String) -> PlannedExportDocument {
            PlannedExportDocument(sandbox: "prod", from: at(from), until: at(until), latest: at(latest), job: nil)
        }
        let exports = [
            export("06:00", "08:00", "10:00"), export("09:00", "09:30", "09:30"), export("05:00", "05:30", "07:00"),
        ]
        #expect(
            String(drawn([occurrence()], width: 80) { $0.exports = exports }[1].dropFirst(18))
                == String(repeating: "·", count: 10) + "█▒████▒▒█▒" + String(repeating: "·", count: 28))
    }

    @Test func `of many times on a day those are late that wait for a gate and start a minute later`() {
        func words(_ change: (inout [PlannedOccurrenceDocument]) -> Void) -> String? {
            var times = (1...4).map { number in occurrence { $0.nominal = "2026-11-28T1\(number):15:00.000Z" } }
            change(&times)
            return drawn(times).last?.unindented()
        }
        let four = "4 times from 11:15 to 14:15"
        #expect(words { _ in } == four)
        #expect(words { ($0[0].waits, $0[0].lateSeconds) = ([wait("export")], 59) } == four)
        #expect(words { $0[0].lateSeconds = 3600 } == four)
        #expect(words { ($0[0].waits, $0[0].lateSeconds) = ([wait("export")], 60) } == four + ", 1 late")
        #expect(words { $0[3].state = "skipped" } == four + ", 1 skipped")
        #expect(words { $0[3].state = "expired" } == four + ", 1 would expire")
    }

    @Test(
        arguments: zip(
            1...12,
            [
                "Thu 1 Jan", "Sun 1 Feb", "Sun 1 Mar", "Wed 1 Apr", "Fri 1 May", "Mon 1 Jun", "Wed 1 Jul", "Sat 1 Aug",
                "Tue 1 Sep", "Thu 1 Oct", "Sun 1 Nov", "Tue 1 Dec",
            ]))
    func `a day has its weekday and its month`(month: Int, name: String) {
        let first = "2026-\(month < 10 ? "0" : "")\(month)-01T00:00:00.000Z"
        let lines = drawn([]) { plan in
            (plan.from, plan.until) = (first, first.replacing("-01T00", with: "-01T12"))
        }
        #expect(lines == ["\(name): nothing is due"])
    }

    @Test func `a difference marks what comes, goes, moves and changes, and says where it ends`() {
        func line(_ kind: String, _ before: String?, _ after: String?) -> String {
            let change = PlanDifferenceDocument.Change(
                kind: kind, campaign: "sale", zone: "UTC", before: before, after: after, detail: "d")
            let document = PlanDifferenceDocument(
                from: at, until: later, changes: [change], unchanged: 2, warnings: [], cut: nil)
            return screen().lines(document)[0]
        }
        #expect(line("added", nil, at) == "  +  sale  Sat 18:00 +00:00  d")
        #expect(line("removed", at, nil) == "  -  sale  Sat 18:00 +00:00  d")
        #expect(line("moved", at, later) == "  ~  sale  Sat 18:00 +00:00 -> Sat 18:30 +00:00  d")
        #expect(line("changed", at, at) == "  ~  sale  Sat 18:00 +00:00  d")
        #expect(line("odd", nil, nil) == "  ?  sale    d")
        let none = PlanDifferenceDocument(
            from: at, until: later, changes: [], unchanged: 2, warnings: [warning("c")],
            cut: PlanCutDocument(bound: "steps", at: at, sentence: "it took long"))
        #expect(
            screen().lines(none) == [
                "Nothing that is planned would change. 2 occurrences stay as planned.",
                "Only the beginning is compared: it took long.", "! s. [c]",
            ])
    }
}

extension Substring {
    fileprivate func trimmingSuffix() -> String { String(self).trimmingEnd() }
}

extension String {
    /// Without the blanks that it is indented by.
    fileprivate func unindented() -> String { String(drop { $0 == " " }) }
}
