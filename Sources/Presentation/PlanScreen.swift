// `activationctl plan`: what was due before, the days as a timeline, what it comes to, and what to look at. Begin at `lines`; the
// timeline is in PlanTimeline.swift.

internal import Chronology
package import ControlProtocol

private enum PlanScreenBounds {
    /// Warnings that are shown; of more the number is told. `--json` has them all.
    static let warnings = 50
    /// Campaigns that are named as not coming in these days.
    static let absent = 20
}

extension Screen {
    /// - Parameter withDetails: Lists each occurrence as well, with UTC, jobs and every wait.
    package func lines(_ plan: PlanDocument, withDetails: Bool) -> [String] {
        var lines = planHead(plan) + held(plan)
        lines += Timeline(self, plan).lines
        if withDetails { lines += details(plan) }
        lines += planTotals(plan)
        return lines + absent(plan) + warnings(plan.warnings.filter { $0.code != Self.absentCode })
    }

    /// Told in one line for all campaigns.
    private static let absentCode = "not-in-these-days"

    private func planHead(_ plan: PlanDocument) -> [String] {
        let source = plan.source == "daemon" ? "the daemon" : "the files"
        let head =
            "Plan of \(source) for \(counted(plan.days, "day")) from \(time(plan.from, plan.zone)) in \(plan.zone)."
            + (plan.exports.isEmpty ? "" : " █ usual export, ▒ at the latest.")
            + (plan.blackouts.isEmpty ? "" : " ░ blackout.")
        return wrapped(head) + pauseLines(plan.pauses) + [""]
    }

    private func pauseLines(_ pauses: [PauseDocument]) -> [String] {
        pauses.flatMap { wrapped("Paused: \($0.campaign ?? "everything") \(pauseWords($0))") }
    }

    /// What was due before the plan begins and has not ended.
    private func held(_ plan: PlanDocument) -> [String] {
        let held = plan.occurrences.filter(\.isHeld)
        guard !held.isEmpty else { return [] }
        return ["Due before:"]
            + table(
                held.map { occurrence in
                    [
                        safe(occurrence.campaign), time(occurrence.nominal, occurrence.zone),
                        planWords(occurrence, plan.zone),
                    ]
                }, indent: 2) + [""]
    }

    // MARK: One occurrence

    /// What is expected of an occurrence, in few words.
    func planWords(_ occurrence: PlannedOccurrenceDocument, _ zoneName: String) -> String {
        if occurrence.state == "skipped" {
            let span = occurrence.count > 1 ? "\(occurrence.count) times, " : ""
            return safe("\(span)skipped: \(occurrence.reason ?? "")")
        }
        var parts: [String] = []
        if occurrence.origin == "export" { parts.append("after the export") }
        if occurrence.origin == "after" { parts.append("after \(occurrence.originDetail ?? "another campaign")") }
        if occurrence.origin == "manual" { parts.append("by \(occurrence.originDetail ?? "hand")") }
        if let clock = occurrence.clock {
            parts.append(clock == "skipped" ? "moved by the clock" : "shown twice, fires once")
        }
        parts += occurrence.waits.prefix(2).map(waitWords)
        parts.append(endWords(occurrence, zoneName))
        if occurrence.zone != zoneName, let instant = Instant(rfc3339: occurrence.nominal),
            let own = zone(occurrence.zone)
        {
            parts.append("\(own.clock(instant)) in \(occurrence.zone)")
        }
        return safe(parts.joined(separator: ", "))
    }

    private func waitWords(_ wait: PlannedWaitDocument) -> String {
        switch wait.gate {
        case "start-time": wait.evidence == "the campaign's jitter" ? "jitter" : "waits: \(wait.evidence)"
        case "blackout", "paused": wait.evidence
        default: "waits for \(wait.evidence)"
        }
    }

    private func endWords(_ occurrence: PlannedOccurrenceDocument, _ zoneName: String) -> String {
        let clock = occurrence.lastCalledAt.flatMap { Instant(rfc3339: $0) }.map { at in
            let display = zone(zoneName) ?? .utc
            let nominal = Instant(rfc3339: occurrence.nominal)
            let isOtherDay = nominal.map { display.local(at: $0).day != display.local(at: at).day } ?? false
            return isOtherDay ? display.display(at, now: now) : display.minute(at)
        }
        switch occurrence.state {
        case "expired": return "would expire"
        case "waiting": return "still waits at the end of the plan"
        case "succeeded", "running":
            let count = counted(occurrence.activations, "activation")
            guard occurrence.lateSeconds >= 60 || occurrence.waits.contains(where: { $0.gate == "start-time" }) else {
                return count
            }
            return "starts about \(clock ?? "")"
        default: return "would end as \(occurrence.state)"
        }
    }

    // MARK: Details

    private func details(_ plan: PlanDocument) -> [String] {
        plan.occurrences.filter { !$0.isHeld }.flatMap { occurrence -> [String] in
            let head = "\(occurrence.campaign)  \(time(occurrence.nominal, occurrence.zone)) (\(occurrence.nominal))"
            return [style(safe(head), .strong)] + facts(occurrence).flatMap { wrapped($0, indent: 4) }
        } + (plan.occurrences.isEmpty ? [] : [""])
    }

    private func facts(_ occurrence: PlannedOccurrenceDocument) -> [String] {
        if occurrence.state == "skipped" {
            let through = occurrence.last.map { " \(occurrence.count) times up to \(time($0, occurrence.zone))" } ?? ""
            return ["skipped\(through): \(occurrence.reason ?? "")"]
        }
        var facts: [String] = []
        if occurrence.startsAt != occurrence.nominal {
            facts.append("starts \(time(occurrence.startsAt, occurrence.zone)), by the campaign's jitter")
        }
        facts += occurrence.waits.map { wait in
            let latest = wait.latest.map { ", at the latest \(time($0, occurrence.zone))" } ?? ""
            return "\(wait.gate): \(wait.evidence), \(time(wait.from, occurrence.zone)) to about "
                + "\(time(wait.until, occurrence.zone))\(latest) (\(wait.activations) of \(occurrence.activations))"
        }
        let jobs = occurrence.jobs.map { job in
            "\(time(job.at, occurrence.zone)) with \(job.activations) of its \(counted(job.pairs, "pair"))"
        }
        if !jobs.isEmpty { facts.append("\(counted(jobs.count, "job")): " + jobs.joined(separator: "; ")) }
        let end = occurrence.endsAt.map { " about \(time($0, occurrence.zone))" } ?? ""
        let reason = occurrence.reason.map { ": \($0)" } ?? ""
        facts.append("\(occurrence.state)\(end)\(reason), \(counted(occurrence.activations, "activation"))")
        return facts
    }

    // MARK: The whole

    private func planTotals(_ plan: PlanDocument) -> [String] {
        let totals = plan.totals
        let skipped = totals.skipped > 0 ? " (and \(totals.skipped) skipped)" : ""
        let sum =
            "\(counted(totals.occurrences, "occurrence"))\(skipped), \(counted(totals.activations, "activation")), "
            + "\(counted(totals.jobs, "job")), about \(counted(totals.calls, "call"))."
        let assumed = plan.assumptions.isEmpty ? [] : wrapped("Assumed: \(plan.assumptions.joined(separator: "; ")).")
        return [sum] + assumed.map { style($0, .faint) }
    }

    private func absent(_ plan: PlanDocument) -> [String] {
        let absent = plan.warnings.filter { $0.code == Self.absentCode }
        guard !absent.isEmpty else { return [] }
        let zones = Dictionary(plan.campaigns.map { ($0.name, $0.zone) }, uniquingKeysWith: { first, _ in first })
        let names = absent.prefix(PlanScreenBounds.absent).map { warning in
            guard let name = warning.campaign else { return warning.sentence }
            return warning.at.map { "\(name) (next \(time($0, zones[name] ?? "UTC")))" } ?? name
        }
        let more = absent.count > names.count ? " and \(absent.count - names.count) more" : ""
        return wrapped("Not in these days: \(names.joined(separator: ", "))\(more).")
    }

    func warnings(_ warnings: [PlanWarningDocument]) -> [String] {
        let shown = warnings.prefix(PlanScreenBounds.warnings).flatMap { warning -> [String] in
            let text =
                "\(warning.sentence)." + (warning.remedy.isEmpty ? "" : " \(warning.remedy)") + " [\(warning.code)]"
            let lines = wrapped(text, indent: 2)
            guard let first = lines.first else { return [] }
            return [style("!", .attention) + first.dropFirst()] + lines.dropFirst()
        }
        let more = warnings.count - min(warnings.count, PlanScreenBounds.warnings)
        return shown + (more > 0 ? ["! and \(counted(more, "warning")) more; --json has them all."] : [])
    }
}

extension Zone {
    /// `17:00`: without seconds.
    func minute(_ instant: Instant) -> String { String(clock(instant).prefix(5)) }
}
