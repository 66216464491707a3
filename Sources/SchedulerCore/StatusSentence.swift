// One sentence on what the daemon is doing, for `systemctl status`: what needs a person first, then what is in flight, what
// waits and for which gate since when, and what is next. Short: systemd shows one line.

package import Chronology

private enum SentenceBounds {
    /// Campaigns that are named; of more the number is told.
    static let names = 3
    /// Waiting activations that are asked for their gates: looking at all of thousands takes too long for a sentence.
    static let waiting = 100
}

extension Scheduler {
    package func statusSentence(at now: Moment) -> String {
        var parts: [String] = []
        if isStopping { parts.append("stopping") }
        let isPaused = state.pauses.contains { $0.scope == .all && ($0.until.map { now.wall < $0 } ?? true) }
        if isPaused { parts.append("all paused") }
        if let until = clockWait(at: now) {
            parts.append("nothing falls due before \(clock(until, nil, at: now)), the clock is not synchronised")
        }
        if let ahead = marksAhead(at: now) {
            let who = ahead.count == 1 ? ahead.furthest.text : "\(ahead.count) campaigns"
            parts.append("clock behind what is decided: \(who) silent until \(clock(ahead.until, nil, at: now))")
        }
        if let needy = needySentence() { parts.append(needy) }
        if let trouble = knowledge.credentials {
            parts.append("the platform refuses us since \(clock(trouble.since, nil, at: now))")
        }
        parts += flightSentences()
        if let waiting = waitingSentence(at: now) { parts.append(waiting) }
        if parts.isEmpty { parts.append("idle") }
        if let next = due.next.earliest {
            parts.append("next \(next.campaign) \(clock(next.at, next.campaign, at: now))")
        }
        let count = configuration.campaigns.count
        return parts.joined(separator: ", ") + "; \(count) campaign\(count == 1 ? "" : "s")"
    }

    private func needySentence() -> String? {
        let needy = state.occurrences.values.filter(\.needsPerson).sorted { $0.id < $1.id }.map(\.occurrence.campaign)
        var names: [String] = []
        for name in needy where !names.contains(name.text) { names.append(name.text) }
        guard !names.isEmpty else { return nil }
        let more = names.count > SentenceBounds.names ? " and \(names.count - SentenceBounds.names) more" : ""
        return "needs you: " + names.prefix(SentenceBounds.names).joined(separator: " ") + more
    }

    private func flightSentences() -> [String] {
        var (calling, inDoubt, running) = (0, 0, 0)
        for occurrence in state.occurrences.values {
            for activation in occurrence.activations {
                switch activation.phase {
                case .calling: calling += 1
                case .inDoubt: inDoubt += 1
                case .running: running += 1
                case .waiting, .quarantined, .ended: break
                }
            }
        }
        return [(inDoubt, "in doubt"), (calling, "calling"), (running, "running")]
            .filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
    }

    /// `5 waiting (export closed since Fri 14:21 +01:00)`: the gate that closes most of them.
    private func waitingSentence(at now: Moment) -> String? {
        let waiting = waiting()
        guard !waiting.isEmpty else { return nil }
        let looked = Array(waiting.prefix(SentenceBounds.waiting))
        var gates: [GateName: (count: Int, closure: Closure, id: ActivationID)] = [:]
        for (id, closures) in zip(looked, closures(ofAll: looked, at: now)) {
            guard let closure = Self.decisive(closures) else { continue }
            gates[closure.gate] = ((gates[closure.gate]?.count ?? 0) + 1, gates[closure.gate]?.closure ?? closure, id)
        }
        let order = GateName.allCases
        let most = gates.max { left, right in
            // Of several with as many, the first in the order of gates.
            left.value.count != right.value.count
                ? left.value.count < right.value.count
                : order.firstIndex(of: left.key)! > order.firstIndex(of: right.key)!
        }
        guard let most, let pair = state.pair(of: most.value.id),
            let occurrence = state.occurrences[most.value.id.occurrence]?.occurrence
        else { return "\(waiting.count) waiting" }
        let since = sentence(for: most.value.closure, pair, in: occurrence.sandbox, at: now).since
        let time = since.map { " since \(clock($0, occurrence.campaign, at: now))" } ?? ""
        let isUnknown = if case .unknown = most.value.closure { true } else { false }
        return "\(waiting.count) waiting (\(most.key.rawValue) \(isUnknown ? "not known" : "closed")\(time))"
    }

    /// In the campaign's zone.
    private func clock(_ instant: Instant, _ campaign: CampaignName?, at now: Moment) -> String {
        let zone = campaign.flatMap { configuration.campaigns[$0]?.zone } ?? .utc
        return zone.display(instant, now: now.wall)
    }
}
