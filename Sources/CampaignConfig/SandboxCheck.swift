// A dataflow is of one sandbox. Campaigns of two sandboxes that name the same one: what the platform says of it in the one
// sandbox would be taken for the other.

internal import SchedulerCore

struct SandboxCheck {
    let findings: Findings

    func check(_ drafts: [DraftCampaign]) {
        // Most configurations are of one sandbox.
        guard let first = drafts.first?.campaign.sandbox, drafts.contains(where: { $0.campaign.sandbox != first })
        else { return }
        var owners: [DataflowID: Int] = [:]
        for (index, draft) in drafts.enumerated() {
            for dataflow in Set(draft.campaign.pairs.map(\.dataflow)).sorted() {
                let owner = drafts[owners[dataflow, default: index]]
                owners[dataflow] = owners[dataflow] ?? index
                guard owner.campaign.sandbox != draft.campaign.sandbox else { continue }
                report(draft, owner, dataflow)
            }
        }
    }

    private func report(_ draft: DraftCampaign, _ owner: DraftCampaign, _ dataflow: DataflowID) {
        findings.error(
            .sandboxMismatch, at: draft.place,
            "campaign \(draft.campaign.name.text.quoted) sends through dataflow \(dataflow.text.quoted) in sandbox "
                + "\"\(draft.campaign.sandbox)\", and campaign \(owner.campaign.name.text.quoted) "
                + "(\(findings.name(owner.place))) in \"\(owner.campaign.sandbox)\"",
            accepted: "each dataflow in one sandbox", remedy: "Correct the sandbox or the dataflow of one of them.")
    }
}
