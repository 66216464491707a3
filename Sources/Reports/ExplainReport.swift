// `explain`: why a campaign is not running right now. The answer first, then every gate with its evidence, then what a
// person can do about it.

package import Chronology
package import ControlProtocol
package import SchedulerCore

enum ExplainBounds {
    /// Rows of one gate that `explain` shows; the rest are counted in one more.
    static let rowsPerGate = 10
}

extension Scheduler {
    /// Nil for a campaign that is neither configured nor held.
    package func explainReport(_ name: CampaignName, at now: Moment) -> ExplainDocument? {
        let held = held(of: name)
        let campaign = configuration.campaigns[name]
        guard campaign != nil || !held.isEmpty else { return nil }
        let zone = campaign?.zone ?? .utc
        let explained = held.map { explain($0, at: now) }
        let waiting = held.flatMap { waitingIDs(of: $0) }
        return ExplainDocument(
            campaign: name.text, zone: zone.name,
            state: campaign.map { word(for: $0, at: now.wall) } ?? held.last?.word ?? "idle",
            sentence: held.isEmpty
                ? idleSentence(name, campaign, zone, at: now.wall)
                : held.map { sentence(for: $0, zone, at: now.wall) }.joined(separator: " "),
            advice: advice(for: held, gateInsights(of: waiting, at: now), remarks(on: name, held, at: now)),
            next: nextTime(of: name)?.rfc3339,
            occurrences: explained)
    }

    private func waitingIDs(of occurrence: OccurrenceState) -> [ActivationID] {
        occurrence.activations.indices.filter { occurrence.activations[$0].phase == .waiting }
            .map { occurrence.activationID(at: $0) }
    }

    private func explain(_ occurrence: OccurrenceState, at now: Moment) -> ExplainedOccurrence {
        let insights = gateInsights(of: waitingIDs(of: occurrence), at: now)
        let closed = insights.filter { $0.position == .closed }
        let ends = closed.compactMap(\.sentence.until)
        return ExplainedOccurrence(
            occurrence: report(occurrence, at: now), gates: rows(insights),
            earliestStart: !closed.isEmpty && ends.count == closed.count ? ends.max()?.rfc3339 : nil)
    }

    private func rows(_ insights: [GateInsight]) -> [GateDocument] {
        var rows: [GateDocument] = []
        for gate in GateName.allCases {
            let own = insights.filter { $0.gate == gate }
            rows += own.prefix(ExplainBounds.rowsPerGate).map(row)
            let rest = own.dropFirst(ExplainBounds.rowsPerGate)
            guard let last = rest.last else { continue }
            var more = row(last)
            more.evidence = "and \(rest.count) more of this kind"
            more.activations = rest.reduce(0) { $0 + $1.activations }
            (more.usualEnd, more.latestEnd) = (nil, nil)
            (more.since, more.until) = (nil, rest.compactMap(\.sentence.until).max()?.rfc3339)
            rows.append(more)
        }
        return rows
    }

    private func row(_ insight: GateInsight) -> GateDocument {
        GateDocument(
            gate: insight.gate.rawValue, state: insight.position.rawValue, since: insight.sentence.since?.rfc3339,
            until: insight.sentence.until?.rfc3339, evidence: insight.sentence.evidence,
            opens: insight.sentence.opens, activations: insight.activations,
            usualEnd: insight.sentence.usualEnd?.rfc3339, latestEnd: insight.sentence.latestEnd?.rfc3339)
    }

    // MARK: The answer

    private func sentence(for occurrence: OccurrenceState, _ zone: Zone, at now: Instant) -> String {
        let facts = occurrence.occurrence
        let name = facts.campaign
        let due = "\(zone.display(facts.nominal, now: now)) (\(distance(from: now, to: facts.nominal)))"
        var words: [String] = []
        let counts = occurrence.activations.reduce(into: [String: Int]()) { $0[$1.word(behind: []), default: 0] += 1 }
        for word in [
            "succeeded", "partial", "failed", "expired", "cancelled", "quarantined", "in_doubt", "calling", "running",
            "waiting",
        ] {
            if let count = counts[word] { words.append("\(count) \(word == "in_doubt" ? "in doubt" : word)") }
        }
        let tally = "\(words.joined(separator: ", ")) of \(occurrence.activations.count)"
        if let outcome = occurrence.outcome {
            return "\(name) was due \(due); occurrence \(occurrence.id) ended as \(outcome.rawValue): \(tally)."
        }
        if occurrence.word == "waiting" {
            return "\(name) waits. It was due \(due) and gives up at \(zone.display(facts.expiresAt, now: now)) "
                + "(start_within)."
        }
        return "\(name) is running. It was due \(due); \(tally)."
    }

    private func idleSentence(_ name: CampaignName, _ campaign: Campaign?, _ zone: Zone, at now: Instant) -> String {
        guard let campaign else { return "\(name) is not configured." }
        if !campaign.isEnabled { return "\(name) is disabled in the configuration (enabled = false)." }
        if let pause = state.pause(of: name, at: now) {
            let until = pause.until.map { "until \(zone.display($0, now: now))" } ?? "until somebody resumes it"
            return "\(name) is paused since \(zone.display(pause.since, now: now)) \(until), by \(pause.actor): "
                + "\(pause.reason). What falls due meanwhile is skipped."
        }
        if isFinished(campaign), let maximum = campaign.maximumOccurrences {
            return
                "\(name) has fired \(state.campaigns[name]?.fired ?? 0) times, and max_occurrences is \(maximum): nothing "
                + "comes any more. Raise it and reload to go on."
        }
        if let next = nextTime(of: name) {
            return "\(name) is not due. Next: \(zone.display(next, now: now)) (\(distance(from: now, to: next)))."
        }
        return switch campaign.trigger {
        case .timetable: "\(name) is not due, and its schedule has no more times."
        case .manual: "\(name) is fired by hand only."
        case .afterExport: "\(name) is not due. It fires when the next scheduled export has finished."
        case .after(let other, _): "\(name) is not due. It fires after an occurrence of \(other) has succeeded."
        }
    }

    private func distance(from now: Instant, to instant: Instant) -> String {
        instant >= now ? "in \((instant - now).words)" : "\((now - instant).words) ago"
    }

    // MARK: What to do

    /// What closes no gate, and is worth a look all the same.
    private func remarks(on name: CampaignName, _ held: [OccurrenceState], at now: Moment) -> [String] {
        var remarks: [String] = []
        if marksAhead(at: now) != nil, let mark = state.campaigns[name]?.highWater, mark > now.wall {
            remarks.append(
                "\(name) is decided up to \(mark.rfc3339), which the clock has not come to: activationctl recount \(name), once "
                    + "the clock is right.")
        }
        let campaign = configuration.campaigns[name].map { ($0.pairs, $0.sandbox) }
        guard let (pairs, sandbox) = held.last.map({ ($0.occurrence.pairs, $0.occurrence.sandbox) }) ?? campaign else {
            return remarks
        }
        return remarks + staticFileNameSentences(of: pairs, in: sandbox).map { "Mind: \($0)." }
    }

    private func advice(
        for held: [OccurrenceState], _ insights: [GateInsight], _ remarks: [String]
    ) -> String {
        var advice: [String] = []
        for occurrence in held where occurrence.needsPerson {
            for (position, activation) in occurrence.activations.enumerated() {
                let id = occurrence.activationID(at: position)
                switch activation.phase {
                case .quarantined:
                    advice.append(
                        "Activation \(id) is set aside\(activation.reason.map { " (\($0))" } ?? ""): activationctl resolve "
                            + "\(id) --adopt RUN, --retry or --abandon.")
                case .running(let run) where activation.endIsUnknown:
                    advice.append(
                        "The end of run \(run) is not known: look at it on the platform, then activationctl resolve \(id) "
                            + "--abandon if it is over.")
                default: break
                }
            }
        }
        for insight in insights where insight.needsPerson {
            advice.append("The \(insight.gate.rawValue) gate opens \(insight.sentence.opens).")
        }
        advice += remarks
        let shown = advice.prefix(ExplainBounds.rowsPerGate)
        if shown.isEmpty { return "Nothing for you to do." }
        let more = advice.count > shown.count ? " And \(advice.count - shown.count) more." : ""
        return shown.joined(separator: " ") + more
    }
}
