// Gates and outcomes of a plan in words. Numbers of occurrences and jobs are left out: those of the future are not given out
// yet.

internal import Chronology
internal import SchedulerCore

enum PlanWords {
    /// Nil for what is no reason to wait: a gate that is asked about right before the call.
    static func wait(
        for closure: Closure, _ pair: Pair, in sandbox: SandboxName, of campaign: CampaignName, _ scheduler: Scheduler,
        _ platform: ExpectedPlatform, at now: Moment
    ) -> PlannedWait? {
        var wait = PlannedWait(
            gate: closure.gate, from: now.wall, until: now.wall, evidence: "", activations: 0)
        switch closure {
        case .unknown:
            return nil
        case .notStarted:
            wait.evidence = "the campaign's jitter"
        case .behind:
            wait.evidence = "the occurrence before it has not ended"
        case .paused(let pause):
            wait.evidence = "paused by \(pause.actor): \(pause.reason)"
        case .blackout(let name, _):
            (wait.evidence, wait.by) = ("inside the blackout \"\(name)\"", name)
        case .exportRunning(let job, _, _):
            let export = platform.export(in: sandbox, at: now.wall)
            wait.latest = export?.latestEnd
            wait.evidence = export?.job == nil ? "the usual export" : "export job \(job.id), which runs now"
        case .lane(let holder):
            fill(&wait, holder, pair, of: campaign, scheduler)
        default:
            wait.evidence = definition(closure, pair, in: sandbox, scheduler, at: now)
        }
        return wait
    }

    private static func fill(
        _ wait: inout PlannedWait, _ holder: LaneHolder, _ pair: Pair, of own: CampaignName, _ scheduler: Scheduler
    ) {
        wait.audience = pair.audience
        let audience = scheduler.name(of: pair.audience)
        switch holder {
        case .activation(let id):
            let campaign = scheduler.state.occurrences[id.occurrence]?.occurrence.campaign.text
            wait.by = campaign
            let whose = campaign == own.text ? "its own run" : "the run of \(campaign ?? "another campaign")"
            wait.evidence = "\(whose) for \"\(audience)\""
        case .foreign(let run, _):
            wait.evidence = "run \(run) of somebody else for \"\(audience)\""
        }
    }

    private static func definition(
        _ closure: Closure, _ pair: Pair, in sandbox: SandboxName, _ scheduler: Scheduler, at now: Moment
    ) -> String {
        let flow = scheduler.name(of: pair.dataflow)
        let audience = scheduler.name(of: pair.audience)
        switch closure {
        case .dataflowUnusable(let why, _): return "dataflow \(flow): \(why)"
        case .dataflowState(let word, _): return "dataflow \(flow) was \(word) when it was asked about last"
        case .dataflowBusy(let run, _): return "run \(run.id) of somebody else on dataflow \(flow)"
        case .notMapped: return "\"\(audience)\" was not mapped to \(flow) when it was asked about last"
        case .rangeNotStarted: return "the schedule of \"\(audience)\" on \(flow) has not started"
        case .rangeEnded: return "the schedule of \"\(audience)\" on \(flow) has ended"
        case .firstActivation(let since, _, _):
            let window = scheduler.configuration.guardrails.firstActivationWindow.words
            let when = since == nil ? "at a time that is not known" : "less than \(window) before"
            return "\"\(audience)\" was first activated to \(flow) \(when)"
        default: return scheduler.sentence(for: closure, pair, in: sandbox, at: now).evidence
        }
    }

    static func reason(of skip: SkippedOccurrences) -> String {
        switch skip.reason {
        case .overlap: "the occurrence before it has not ended (overlap)"
        case .predecessor: "the campaign that it follows does not succeed"
        case .paused, .missed, .superseded, .oversized, .decided: skip.detail
        }
    }

    static func reason(of outcome: OccurrenceOutcome, waits: [PlannedWait]) -> String? {
        switch outcome {
        case .expired:
            let gates = waits.prefix(2).map { "\($0.gate.rawValue): \($0.evidence)" }.joined(separator: "; ")
            return "not called within start_within" + (gates.isEmpty ? "" : " (\(gates))")
        case .cancelled: return "a newer occurrence takes its place"
        default:
            let gates = waits.prefix(2).map { "\($0.gate.rawValue): \($0.evidence)" }.joined(separator: "; ")
            return gates.isEmpty ? nil : "not all of it is called (\(gates))"
        }
    }
}
