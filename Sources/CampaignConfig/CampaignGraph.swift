// What `after` makes of the campaigns: each points to at most one other. Checks that it exists, and that no campaign
// waits for itself.

internal import SchedulerCore

struct CampaignGraph {
    let findings: Findings
    let drafts: [DraftCampaign]
    /// Of each name in the drafts.
    let places: [CampaignName: Int]

    func check() {
        let followers = drafts.filter { if case .after = $0.campaign.trigger { true } else { false } }
            .map(\.campaign.name).sorted()
        for name in followers { checkPredecessor(of: name) }
        for loop in loops(of: followers) { report(loop) }
    }

    private func draft(_ name: CampaignName) -> DraftCampaign? { places[name].map { drafts[$0] } }

    private func predecessor(of name: CampaignName) -> CampaignName? {
        guard case .after(let other, _) = draft(name)?.campaign.trigger else { return nil }
        return other
    }

    private func checkPredecessor(of name: CampaignName) {
        guard let other = predecessor(of: name), let draft = self.draft(name), let place = draft.afterPlace else {
            return
        }
        guard let target = self.draft(other)?.campaign else {
            findings.error(
                .unknownCampaign, at: place, "no campaign is called \(other.text.quoted)",
                accepted: "the name of another campaign", remedy: "Correct the name.",
                suggestion: findings.suggestion(for: other.text, among: places.keys.sorted().map(\.text)))
            return
        }
        if !target.isEnabled, draft.campaign.isEnabled {
            findings.warning(
                .afterDisabled, at: place, "campaign \"\(other)\" is disabled, so \"\(name)\" is fired by nothing",
                remedy: "Enable \"\(other)\", or disable \"\(name)\" as well.")
        }
    }

    /// Every loop once, from the member that stands first in the files. Each campaign is walked over once.
    private func loops(of followers: [CampaignName]) -> [[CampaignName]] {
        var walkOf: [CampaignName: Int] = [:]
        var loops: [[CampaignName]] = []
        for (walk, start) in followers.enumerated() {
            var path: [CampaignName] = []
            var current: CampaignName? = start
            while let name = current, walkOf[name] == nil {
                walkOf[name] = walk
                path.append(name)
                current = predecessor(of: name)
            }
            guard let end = current, walkOf[end] == walk, let first = path.firstIndex(of: end) else { continue }
            loops.append(rotated(Array(path[first...])))
        }
        return loops
    }

    private func rotated(_ loop: [CampaignName]) -> [CampaignName] {
        let places = loop.compactMap { draft($0)?.place }
        guard places.count == loop.count, let first = places.indices.min(by: { places[$0] < places[$1] }) else {
            return loop
        }
        return Array(loop[first...] + loop[..<first])
    }

    private func report(_ loop: [CampaignName]) {
        guard let first = loop.first, let place = draft(first)?.afterPlace else { return }
        let shownLimit = 20
        let shown = loop.prefix(shownLimit).map(\.text) + (loop.count > shownLimit ? ["…"] : []) + [first.text]
        findings.error(
            .campaignCycle, at: place,
            loop.count == 1
                ? "campaign \"\(first)\" waits for itself"
                : "campaigns wait for each other: \(shown.joined(separator: " after "))",
            accepted: "a campaign that does not wait for this one", remedy: "Give one of them a schedule of its own.")
    }
}
