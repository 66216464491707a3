// `activationctl status`.

internal import Chronology
package import ControlProtocol

extension Screen {
    package func lines(_ status: StatusDocument) -> [String] {
        head(status) + troubles(status) + pauses(status.pauses) + occurrences(status) + next(status) + exports(status)
            + journal(status.journal)
    }

    private func head(_ status: StatusDocument) -> [String] {
        let daemon = status.daemon
        let host = status.platform.url.split(separator: "/").last.map(String.init) ?? status.platform.url
        let state = style(safe(daemon.state), daemon.state == "ready" ? .good : .attention)
        return [
            "activationd \(safe(daemon.version))  \(state) since \(time(daemon.startedAt)) (\(age(daemon.startedAt)))",
            "configuration \(status.configuration.generation) of \(time(status.configuration.loadedAt)), "
                + "\(counted(status.configuration.campaigns, "campaign"))   \(safe(status.platform.sandbox)) @ \(safe(host))",
        ]
    }

    private func troubles(_ status: StatusDocument) -> [String] {
        var lines: [String] = []
        if let rejection = status.configuration.rejection {
            lines += row("reload", "refused: \(rejection)", .bad)
        }
        if let trouble = status.journal.trouble {
            lines += row("journal", "nothing is admitted and nothing is called: \(trouble)", .bad)
        }
        if status.credentials.state == "closed" {
            let since = status.credentials.since.map { " since \(time($0))" } ?? ""
            let again = status.credentials.retryAt.map { "; tried again \(distance($0))" } ?? ""
            lines += row("credentials", "CLOSED\(since): \(status.credentials.evidence ?? "")\(again)", .bad)
        }
        return lines + clock(status.clock)
    }

    package func clock(_ clock: ClockDocument) -> [String] {
        guard let evidence = clock.evidence else { return [] }
        let wait = clock.waitsUntil.map { "; nothing falls due before \(time($0)), unless it is by then" } ?? ""
        let remedy = clock.campaignsAhead > 0 ? ". See: activationctl recount --help" : ""
        return row("clock", "\(evidence)\(wait)\(remedy)", clock.campaignsAhead > 0 ? .bad : .attention)
    }

    private func pauses(_ pauses: [PauseDocument]) -> [String] {
        pauses.flatMap { pause in
            row("paused", "\(pause.campaign ?? "everything"): \(pauseWords(pause))", .attention)
        }
    }

    func pauseWords(_ pause: PauseDocument) -> String {
        let until = pause.until.map { "until \(time($0))" } ?? "until somebody resumes it"
        return "since \(time(pause.since)) \(until), by \(pause.actor): \(pause.reason)"
    }

    private func occurrences(_ status: StatusDocument) -> [String] {
        let needy = status.occurrences.filter(\.needsPerson)
        let others = status.occurrences.filter { !$0.needsPerson && $0.endedAt == nil }
        return needy.flatMap { row("needs you", "\($0.campaign) (\($0.id)): \(summary($0))", .bad) }
            + others.flatMap { row($0.state, "\($0.campaign) (\($0.id)): \(summary($0))", .strong) }
    }

    /// How an occurrence stands, for `fire --wait`: the same text while nothing changes.
    package func progress(_ occurrence: OccurrenceDocument) -> String {
        var parts: [String] = []
        for activation in occurrence.activations {
            let gate = activation.gates.first.map { " (\($0.gate))" } ?? ""
            let words = "\(activation.audienceName) to \(activation.dataflowName) \(activation.state)\(gate)"
            if parts.count < 10 { parts.append(words) }
        }
        let more = occurrence.activations.count - parts.count
        return safe(parts.joined(separator: ", ") + (more > 0 ? " and \(more) more" : ""))
    }

    /// `5 of 6 succeeded, 1 running for 4 min`, and for what waits the first closed gate.
    func summary(_ occurrence: OccurrenceDocument) -> String {
        var parts: [String] = []
        var counts: [String: Int] = [:]
        for activation in occurrence.activations { counts[activation.state, default: 0] += 1 }
        for (state, count) in counts.sorted(by: { $0.key < $1.key }) {
            parts.append("\(count) \(state == "in_doubt" ? "in doubt" : state)")
        }
        var words = "\(parts.joined(separator: ", ")) of \(occurrence.activations.count)"
        if let gate = occurrence.activations.lazy.flatMap(\.gates).first {
            words += "; \(gateWords(gate, occurrence.zone))"
        } else if let running = occurrence.activations.first(where: { $0.run != nil && $0.state == "running" }) {
            words += "; for \(age(running.since)), run \(running.run ?? "")"
        } else if let reason = occurrence.activations.lazy.compactMap(\.reason).first {
            words += "; \(reason)"
        }
        if occurrence.needsPerson { words += ". See: activationctl explain \(occurrence.campaign)" }
        return words
    }

    /// `; usually ends Fri 15:05 +01:00, at the latest Fri 15:40 +01:00`. Nothing where it is not known.
    func usualWords(_ usual: String?, _ latest: String?, _ zone: String) -> String {
        guard let usual else { return "" }
        let bound = latest.map { $0 == usual ? "" : ", at the latest \(time($0, zone))" } ?? ""
        return "; usually ends about \(time(usual, zone))\(bound)"
    }

    func gateWords(_ gate: GateDocument, _ zone: String) -> String {
        let since = gate.since.map { ", since \(time($0, zone))" } ?? ""
        let until = gate.until.map { ", opens \(time($0, zone)) (\(distance($0)))" } ?? ""
        return "\(gate.gate): \(gate.evidence)\(since)\(until)\(usualWords(gate.usualEnd, gate.latestEnd, zone))"
    }

    private func next(_ status: StatusDocument) -> [String] {
        status.next.flatMap { next in
            row(
                "next",
                "\(next.campaign): \(timeAndDistance(next.at, next.zone)), \(counted(next.activations, "activation"))",
                nil)
        }
    }

    private func exports(_ status: StatusDocument) -> [String] {
        status.exports.flatMap { export in
            let state =
                export.job.map { "job \($0) is \(export.word ?? "running") since \(time(export.since))" }
                ?? "none was running"
            let usual = usualWords(export.usualEnd, export.latestEnd, "UTC")
            return row("export", "\(export.sandbox): \(state), asked \(distance(export.askedAt))\(usual)", nil)
        }
    }

    private func journal(_ journal: JournalDocument) -> [String] {
        let size = journal.bytes.map { ", \(bytes($0))" } ?? ""
        let free = journal.freeBytes.map { ", \(bytes($0)) free" } ?? ""
        return row("journal", "\(journal.state)\(size)\(free)", nil)
    }

    private func bytes(_ count: Int64) -> String {
        let units = ["B", "kB", "MB", "GB", "TB"]
        var value = max(0, count)
        var unit = 0
        while value >= 10_000, unit < units.count - 1 {
            value /= 1000
            unit += 1
        }
        return "\(value) \(units[unit])"
    }

    private func row(_ label: String, _ text: String, _ tone: Style.Tone?) -> [String] {
        let lines = table([[label, safe(text)]].map { [$0[0].padded(to: 11), $0[1]] })
        guard let tone, let first = lines.first, first.hasPrefix(label) else { return lines }
        return [style(label, tone) + first.dropFirst(label.count)] + lines.dropFirst()
    }
}

extension String {
    func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }
}
