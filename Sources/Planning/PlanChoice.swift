// A plan of some campaigns: everything was planned, since campaigns hold each other back, and what is about others is left out.

package import ControlProtocol

extension PlanDocument {
    /// What is about these campaigns; `totals.calls` stays that of the whole plan.
    package func only(_ names: Set<String>) -> PlanDocument {
        var chosen = self
        chosen.campaigns = campaigns.filter { names.contains($0.name) }
        chosen.occurrences = occurrences.filter { names.contains($0.campaign) }
        chosen.collisions = collisions.filter { names.contains($0.first) || names.contains($0.second) }
        chosen.warnings = warnings.filter { $0.campaign.map(names.contains) ?? true }
        let fired = chosen.occurrences.filter { $0.state != "skipped" }
        chosen.totals.occurrences = fired.count
        chosen.totals.skipped = chosen.occurrences.filter { $0.state == "skipped" }.reduce(0) { $0 + $1.count }
        chosen.totals.activations = fired.reduce(0) { $0 + $1.activations }
        chosen.totals.jobs = Set(fired.flatMap(\.jobs).map(\.number)).count
        return chosen
    }
}
