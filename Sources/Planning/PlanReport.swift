// A plan as the document that is told: `PlanDocument` of the control protocol.

package import Chronology
package import ControlProtocol
package import SchedulerCore

extension Plan {
    /// - Parameter now: The clock of whoever reads it; ages and distances are counted from here.
    package func document(at now: Instant) -> PlanDocument {
        let moves = clockMoves()
        let documents = occurrences.enumerated().map { document($0.element, moves[$0.offset]) }
        let configuration = scheduler.configuration
        let summary = PlanSummary(self)
        let campaigns = configuration.campaigns.values.sorted { $0.name < $1.name }
        let idle = campaigns.filter { summary.counts[$0.name] == nil }.prefix(PlanBounds.campaigns)
        let listed = Set(summary.counts.keys).union(idle.map(\.name))
        return PlanDocument(
            now: now.rfc3339, from: from.rfc3339, until: until.rfc3339, days: days,
            source: isFresh ? "files" : "daemon", zone: zone.name,
            campaigns: campaigns.filter { listed.contains($0.name) }.map { document($0, summary) },
            exports: exportDocuments(), habits: habitDocuments(),
            blackouts: blackoutDocuments(), pauses: scheduler.state.pauses.map(Self.document),
            occurrences: documents, collisions: collisions(),
            warnings: PlanWarnings(plan: self, moves: moves, summary: summary).all(), totals: totals(),
            assumptions: assumptions(),
            cut: cutDocument)
    }

    /// That of most campaigns with occurrences; of all campaigns where there is none.
    private var zone: Zone {
        let planned = Set(occurrences.map(\.campaign))
        let configured = scheduler.configuration.campaigns.values
        let shown = configured.filter { planned.contains($0.name) }
        var counts: [String: (count: Int, zone: Zone)] = [:]
        for campaign in shown.isEmpty ? Array(configured) : shown {
            counts[campaign.zone.name, default: (0, campaign.zone)].count += 1
        }
        return counts.max { ($0.value.count, $1.key) < ($1.value.count, $0.key) }?.value.zone ?? .utc
    }

    private func clockMoves() -> [Int: ClockMove] {
        var known: [CampaignName: ClockMoves] = [:]
        var moves: [Int: ClockMove] = [:]
        for (place, occurrence) in occurrences.enumerated()
        where occurrence.origin == .timetable && occurrence.count == 1 {
            guard case .timetable(let timetable)? = scheduler.configuration.campaigns[occurrence.campaign]?.trigger
            else {
                continue
            }
            let own = known[occurrence.campaign] ?? ClockMoves(timetable, from: from, until: until)
            known[occurrence.campaign] = own
            moves[place] = own.move(at: occurrence.nominal)
        }
        return moves
    }

    var cutDocument: PlanCutDocument? {
        guard let cut else { return nil }
        let why =
            switch cut.bound {
            case .occurrences: "it has \(PlanBounds.occurrences) occurrences, and more are not planned at once"
            case .steps: "it took \(PlanBounds.steps) steps, and more are not taken at once"
            case .time: "it took too long"
            }
        return PlanCutDocument(
            bound: cut.bound.rawValue, at: cut.at.rfc3339, sentence: "the plan ends early, at \(cut.at.rfc3339): \(why)"
        )
    }

    // MARK: Parts

    private func document(_ campaign: Campaign, _ summary: PlanSummary) -> PlannedCampaignDocument {
        let (trigger, schedule): (String, String) =
            switch campaign.trigger {
            case .timetable(let timetable): ("timetable", timetable.text)
            case .afterExport: ("after_export", "after each scheduled export")
            case .after(let other, let delay): ("after", "after \(other) by \(delay.text)")
            case .manual: ("manual", "by hand")
            }
        return PlannedCampaignDocument(
            name: campaign.name.text, zone: campaign.zone.name, schedule: schedule,
            trigger: campaign.isEnabled ? trigger : "disabled",
            occurrences: summary.counts[campaign.name] ?? 0, next: summary.nextTime(of: campaign)?.rfc3339)
    }

    private func document(_ occurrence: PlannedOccurrence, _ move: ClockMove?) -> PlannedOccurrenceDocument {
        let zone = scheduler.configuration.campaigns[occurrence.campaign]?.zone ?? .utc
        let (origin, detail) = words(for: occurrence)
        let state = occurrence.outcome?.rawValue ?? (occurrence.jobs.isEmpty ? "waiting" : "running")
        let late = occurrence.lastCalledAt.map { max(.zero, $0 - occurrence.startsAt) } ?? .zero
        return PlannedOccurrenceDocument(
            campaign: occurrence.campaign.text, zone: zone.name, origin: origin, originDetail: detail, state: state,
            nominal: occurrence.nominal.rfc3339, local: zone.rfc3339(occurrence.nominal),
            startsAt: occurrence.startsAt.rfc3339, expiresAt: occurrence.expiresAt?.rfc3339,
            calledAt: occurrence.calledAt?.rfc3339, lastCalledAt: occurrence.lastCalledAt?.rfc3339,
            endsAt: occurrence.endedAt?.rfc3339, lateSeconds: Int(late.milliseconds / 1000),
            activations: occurrence.pairs.count, jobs: occurrence.jobs.map(Self.document),
            waits: occurrence.waits.map(Self.document), reason: occurrence.reason, clock: move?.kind.rawValue,
            count: occurrence.count, last: occurrence.last?.rfc3339, isHeld: occurrence.isHeld)
    }

    private func words(for occurrence: PlannedOccurrence) -> (String, String?) {
        switch occurrence.origin {
        case .timetable: return ("timetable", nil)
        case .manual(let actor): return ("manual", actor)
        case .export: return ("export", nil)
        case .after:
            guard case .after(let other, _)? = scheduler.configuration.campaigns[occurrence.campaign]?.trigger else {
                return ("after", nil)
            }
            return ("after", other.text)
        }
    }

    private static func document(_ job: PlannedJob) -> PlannedJobDocument {
        PlannedJobDocument(number: job.call.number, at: job.at.rfc3339, activations: job.activations, pairs: job.pairs)
    }

    private static func document(_ wait: PlannedWait) -> PlannedWaitDocument {
        PlannedWaitDocument(
            gate: wait.gate.rawValue, from: wait.from.rfc3339, until: wait.until.rfc3339, latest: wait.latest?.rfc3339,
            evidence: wait.evidence, by: wait.by, activations: wait.activations)
    }

    private static func document(_ pause: Pause) -> PauseDocument {
        var campaign: String?
        if case .campaign(let name) = pause.scope { campaign = name.text }
        return PauseDocument(
            campaign: campaign, since: pause.since.rfc3339, until: pause.until?.rfc3339, actor: pause.actor,
            reason: pause.reason)
    }

    private func habitDocuments() -> [HabitDocument] {
        Set(habits.keys).union(runLengths.keys).sorted().map { sandbox in
            let habit = habits[sandbox] ?? ExportHabit(spans: [], count: 0)
            return HabitDocument(
                sandbox: sandbox.text, seen: habit.count, spans: habit.spans.map(Self.document),
                runMilliseconds: runLengths[sandbox]?.milliseconds)
        }
    }

    private static func document(_ span: ExportHabit.Span) -> HabitSpanDocument {
        HabitSpanDocument(
            startSeconds: Int(span.start.milliseconds / 1000), usualSeconds: Int(span.usualLength.milliseconds / 1000),
            latestSeconds: Int(span.latestLength.milliseconds / 1000), weekdays: span.weekdays, seen: span.count)
    }

    private func exportDocuments() -> [PlannedExportDocument] {
        exports.sorted { $0.key < $1.key }
            .flatMap { sandbox, spans in spans.map { (sandbox, $0) } }
            .filter { $0.1.end > from && $0.1.start < until }
            .sorted { ($0.1.start, $0.0) < ($1.1.start, $1.0) }
            .prefix(PlanDocument.exportLimit)
            .map { sandbox, export in
                PlannedExportDocument(
                    sandbox: sandbox.text, from: export.start.rfc3339, until: export.end.rfc3339,
                    latest: export.latestEnd.rfc3339, job: export.job)
            }
    }

    private func blackoutDocuments() -> [PlannedBlackoutDocument] {
        scheduler.configuration.blackouts
            .flatMap { blackout in
                blackout.windows(from: from, until: until, limit: PlanDocument.blackoutLimit).map {
                    (blackout.name, $0)
                }
            }
            .sorted { ($0.1.from, $0.0) < ($1.1.from, $1.0) }
            .prefix(PlanDocument.blackoutLimit)
            .map { name, window in
                PlannedBlackoutDocument(name: name, from: window.from.rfc3339, until: window.until.rfc3339)
            }
    }

    private func collisions() -> [CollisionDocument] {
        occurrences.flatMap { occurrence in
            occurrence.waits.compactMap { wait -> CollisionDocument? in
                guard wait.gate == .lane, let other = wait.by, other != occurrence.campaign.text,
                    let audience = wait.audience
                else { return nil }
                return CollisionDocument(
                    audienceName: scheduler.name(of: audience),
                    sandbox: scheduler.configuration.campaigns[occurrence.campaign]?.sandbox.text ?? "", first: other,
                    second: occurrence.campaign.text, nominal: occurrence.nominal.rfc3339, from: wait.from.rfc3339,
                    until: wait.until.rfc3339)
            }
        }
    }

    private func totals() -> PlanTotalsDocument {
        let fired = occurrences.filter { $0.skipped == nil }
        return PlanTotalsDocument(
            occurrences: fired.count,
            skipped: occurrences.filter { $0.skipped != nil }.reduce(0) { $0 + $1.count },
            activations: fired.reduce(0) { $0 + $1.pairs.count },
            jobs: Set(fired.flatMap(\.jobs).map(\.call)).count, calls: requests)
    }

    private func assumptions() -> [String] {
        var lines: [String] = []
        for (sandbox, habit) in habits.sorted(by: { $0.key < $1.key }) where !habit.isEmpty {
            let seen = isFresh ? "" : ", as far as \(habit.count) that were seen tell"
            lines.append("exports of \(sandbox) come at their usual times\(seen)")
        }
        let sandboxes = Set(scheduler.configuration.campaigns.values.map(\.sandbox)).sorted()
        for sandbox in sandboxes {
            guard let length = runLengths[sandbox] else { continue }
            let seen = scheduler.usualRunLength(in: sandbox).map { ", the median of the last \($0.count)" } ?? ""
            lines.append("a run in \(sandbox) takes \(length.words)\(seen)")
        }
        if sandboxes.contains(where: { runLengths[$0] == nil }) {
            lines.append("a run takes \(ExpectationBounds.run.words) where none was seen")
        }
        lines.append("the platform answers at once, accepts every call, and nobody else starts a run")
        if isFresh { lines.append("every audience is mapped, and no occurrence has been fired yet") }
        return lines
    }
}

extension HabitDocument {
    /// Back to what it was made from, for planning from files as the daemon would. Nil for numbers that no habit has.
    package var habit: ExportHabit? {
        let day = 86_400
        guard
            spans.allSatisfy({ span in
                (0..<day).contains(span.startSeconds) && (0...day).contains(span.usualSeconds)
                    && (0...day).contains(span.latestSeconds) && !span.weekdays.isEmpty
                    && span.weekdays.allSatisfy { (0...6).contains($0) }
            }), spans.count <= 200
        else { return nil }
        return ExportHabit(
            spans: spans.map { span in
                ExportHabit.Span(
                    start: .seconds(span.startSeconds), usualLength: .seconds(span.usualSeconds),
                    latestLength: .seconds(span.latestSeconds), weekdays: span.weekdays, count: span.seen)
            }, count: seen)
    }
}

extension HabitDocument {
    /// Nil where none was seen, and for a length that no run has.
    package var runLength: Duration? {
        runMilliseconds.flatMap { (0...1_000_000_000).contains($0) ? .milliseconds($0) : nil }
    }
}

extension PauseDocument {
    /// Nil where its times are none.
    package var pause: Pause? {
        guard let since = Instant(rfc3339: since) else { return nil }
        var end: Instant?
        if let until {
            guard let instant = Instant(rfc3339: until) else { return nil }
            end = instant
        }
        return Pause(
            scope: campaign.map { .campaign(CampaignName($0)) } ?? .all, since: since, until: end, actor: actor,
            reason: reason)
    }
}

extension Zone {
    /// `2026-11-27T17:00:00+01:00`.
    func rfc3339(_ instant: Instant) -> String {
        let shifted = instant + .seconds(Int64(offset(at: instant)))
        return shifted.rfc3339.prefix(19) + offsetText(at: instant)
    }
}
