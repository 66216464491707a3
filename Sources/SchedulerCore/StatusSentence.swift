// One sentence on what the daemon is doing, for `systemctl status`.

package import Chronology

extension Scheduler {
    package func statusSentence(at now: Instant) -> String {
        var parts: [String] = []
        var counts: [String: Int] = [:]
        for occurrence in state.occurrences.values {
            for activation in occurrence.activations { counts[word(for: activation.phase), default: 0] += 1 }
        }
        for word in ["quarantined", "in doubt", "calling", "running", "waiting"] {
            if let count = counts[word] { parts.append("\(count) \(word)") }
        }
        if parts.isEmpty { parts.append("idle") }
        if isStopping { parts.insert("stopping", at: 0) }
        if let next = due.next.min(by: { ($0.value, $0.key) < ($1.value, $1.key) }) {
            let zone = configuration.campaigns[next.key]?.zone ?? .utc
            parts.append("next \(next.key) \(zone.display(next.value, now: now))")
        }
        let count = configuration.campaigns.count
        return parts.joined(separator: ", ") + "; \(count) campaign\(count == 1 ? "" : "s")"
    }

    private func word(for phase: ActivationState.Phase) -> String {
        switch phase {
        case .waiting: "waiting"
        case .calling: "calling"
        case .inDoubt: "in doubt"
        case .running: "running"
        case .quarantined: "quarantined"
        case .ended: "ended"
        }
    }
}
