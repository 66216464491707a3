// `activationctl campaigns`, `show` and `explain`.

internal import Chronology
package import ControlProtocol

extension Screen {
    package func lines(_ document: CampaignsDocument) -> [String] {
        guard !document.campaigns.isEmpty else { return ["No campaigns are configured."] }
        let rows = document.campaigns.map { campaign in
            [
                safe(campaign.name), campaign.state, campaign.next.map { timeAndDistance($0, campaign.zone) } ?? "-",
                campaign.last.map { "\($0.outcome) \(distance($0.at))" } ?? "never", safe(campaign.schedule),
            ]
        }
        return table([["campaign", "state", "next", "last", "schedule"]] + rows)
    }

    package func lines(_ campaign: CampaignDocument) -> [String] {
        let summary = campaign.summary
        var rows: [[String]] = []
        if !summary.description.isEmpty { rows.append(["description", safe(summary.description)]) }
        rows += [
            ["state", summary.state], ["schedule", "\(safe(summary.schedule)) in \(safe(summary.zone))"],
            ["sandbox", safe(campaign.sandbox)],
        ]
        for (index, at) in campaign.coming.enumerated() {
            rows.append([index == 0 ? "next" : "", timeAndDistance(at, summary.zone)])
        }
        if let last = summary.last {
            rows.append([
                "last",
                "occurrence \(last.occurrence) of \(time(last.nominal, summary.zone)) \(last.outcome), "
                    + timeAndDistance(last.at, summary.zone),
            ])
        }
        if let pause = campaign.pause { rows.append(["paused", safe(pauseWords(pause))]) }
        rows += campaign.settings.sorted { $0.key < $1.key }.map { [$0.key, safe($0.value)] }
        let pairs = campaign.pairs.map { ["", "\(safe($0.audienceName)) to \(safe($0.dataflowName))"] }
        rows += pairs.enumerated().map { $0.offset == 0 ? ["activates", $0.element[1]] : $0.element }
        return [style(safe(summary.name), .strong)] + table(rows, indent: 2)
            + campaign.occurrences.flatMap { [""] + lines($0) }
    }

    /// One occurrence with its activations.
    package func lines(_ occurrence: OccurrenceDocument) -> [String] {
        let late = occurrence.isLate ? ", late" : ""
        let by = occurrence.originDetail.map { " (\($0))" } ?? ""
        let end = occurrence.endedAt.map { "; ended \(time($0, occurrence.zone))" } ?? ""
        let head =
            "occurrence \(occurrence.id) of \(safe(occurrence.campaign)): \(occurrence.state); due "
            + "\(timeAndDistance(occurrence.nominal, occurrence.zone))\(late), \(occurrence.origin)\(safe(by))\(end)"
        return [safe(head)]
            + table(
                occurrence.activations.map { activation in
                    [
                        activation.id, "\(safe(activation.audienceName)) to \(safe(activation.dataflowName))",
                        activation.state == "in_doubt" ? "in doubt" : activation.state,
                        details(activation, occurrence.zone),
                    ]
                }, indent: 2)
    }

    private func details(_ activation: ActivationDocument, _ zone: String) -> String {
        var parts = ["since \(time(activation.since, zone))"]
        if let run = activation.run { parts.append("run \(run)\(activation.wasAdopted ? ", found and adopted" : "")") }
        if let metrics = activation.metrics {
            parts += [
                metrics.records.map { counted($0, "record") }, metrics.files.map { counted($0, "file") },
                metrics.failed.flatMap { $0 > 0 ? "\($0) failed" : nil },
                metrics.snapshotAt.map { "snapshot of \(time($0, zone))" },
            ].compactMap { $0 }
        }
        if activation.isLate { parts.append("late") }
        if activation.endIsUnknown { parts.append("its end is not known") }
        if !activation.duplicates.isEmpty {
            parts.append("second run \(activation.duplicates.joined(separator: ", "))")
        }
        if let gate = activation.gates.first { parts.append(gateWords(gate, zone)) }
        if let reason = activation.reason { parts.append(reason) }
        return safe(parts.joined(separator: "; "))
    }

    package func lines(_ explain: ExplainDocument) -> [String] {
        wrapped(safe(explain.sentence)) + explain.occurrences.flatMap(gates) + [""] + wrapped(safe(explain.advice))
    }

    private func gates(_ explained: ExplainedOccurrence) -> [String] {
        guard !explained.gates.isEmpty else { return [""] + lines(explained.occurrence) }
        let zone = explained.occurrence.zone
        let total = explained.occurrence.activations.count
        let rows = explained.gates.map { gate -> [String] in
            let share = gate.activations > 0 && gate.activations < total ? " (\(gate.activations) of \(total))" : ""
            let opens = [gate.opens, gate.until.map { "\(time($0, zone)) (\(distance($0)))" } ?? ""].filter {
                !$0.isEmpty
            }
            let since = gate.since.map { " since \(time($0, zone))" } ?? ""
            let usual = usualWords(gate.usualEnd, gate.latestEnd, zone)
            let evidence =
                gate.state == "open"
                ? gate.evidence : "\(gate.evidence)\(share)\(since); opens \(opens.joined(separator: ": "))\(usual)"
            return [gate.gate, gate.state == "closed" ? "CLOSED" : gate.state, safe(evidence)]
        }
        var lines = [""] + table([["gate", "state", "evidence"]] + rows, indent: 2)
        if let earliest = explained.earliestStart {
            lines += ["", "Earliest start of everything that waits: \(timeAndDistance(earliest, zone))."]
        }
        let moving = explained.occurrence.activations.filter { $0.state != "waiting" && $0.state != "queued" }
        if !moving.isEmpty {
            var rest = explained.occurrence
            rest.activations = moving
            lines += [""] + self.lines(rest)
        }
        return lines
    }
}
