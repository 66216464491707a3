// What was judged before a call, at the moment at which the call reaches the wire: between the decision and the wire lie a commit, a
// token, our own pace and a connection. By the platform's truth, the records and the files, and within `gate_freshness`: what began
// later nobody could know.

internal import Chronology
internal import PlatformModel
internal import SchedulerCore

extension Checker {
    /// - Parameters:
    ///   - now: By the daemon's wall clock.
    ///   - platformTime: By the platform's.
    mutating func reachesWire(_ call: Call, _ model: PlatformModel, at now: Instant, platformTime: Instant) {
        let rule = "what was judged before a call holds when it reaches the wire"
        if let wrong = wrong(with: call, at: now) ?? wrong(with: call, model, at: platformTime) {
            report(rule, "call \(call.id): \(wrong)", at: now)
        }
    }

    /// By our own rules.
    private func wrong(with call: Call, at now: Instant) -> String? {
        for activation in call.activations {
            guard let occurrence = folded.occurrences[activation.occurrence]?.occurrence else {
                return "activation \(activation) has ended"
            }
            if now >= folded[activation]?.expiresAt ?? occurrence.expiresAt {
                return "activation \(activation) has expired"
            }
            if now < occurrence.startsAt { return "activation \(activation) is not due" }
            if folded.pause(of: occurrence.campaign, at: now) != nil { return "activation \(activation) is paused" }
        }
        return plans.blackout(at: now).map { "blackout \($0)" }
    }

    /// By the platform's.
    private func wrong(with call: Call, _ model: PlatformModel, at now: Instant) -> String? {
        let horizon = truth.horizon(of: now)
        let underWay = Set(model.exportsUnderWay(in: call.sandbox.text, at: now))
        let running = truth.exports.last { export in
            underWay.contains(export.id) && export.begin <= horizon && now < export.end
                && !truth.isAged(export.begin, plans.exportMaximumAge, at: now)
                && !truth.sightings.isHidden(export.id, since: horizon)
        }
        if let running { return "export \(running.id) has run since \(running.begin.rfc3339)" }
        let flows = Set(call.pairs.map(\.dataflow.text))
        let pairs = Set(call.pairs)
        let busy = model.runsUnderWay(on: flows.sorted(), at: now).last { run in
            guard !run.isOurs, !truth.closesNothing(run.id), !truth.isUnseen(run, sent: now),
                !truth.isAged(run.createdAt, plans.runMaximumAge, at: now)
            else { return false }
            if plans.closesWholeDataflow { return true }
            let flow = DataflowID(run.flow)
            return run.isNamedFrom <= horizon
                && run.audiences.contains { pairs.contains(Pair(dataflow: flow, audience: AudienceID($0))) }
        }
        if let busy { return "run \(busy.id) on \(busy.flow) has been in progress since \(busy.createdAt.rfc3339)" }
        let edited = Set(truth.edits.filter { $0.at > horizon }.map(\.flow))
        for id in flows.sorted() where !edited.contains(id) {
            guard let flow = model.flow(id, in: call.sandbox.text) else { return "\(call.sandbox) has no \(id)" }
            if flow.state != "enabled" { return "\(flow.id) is \(flow.state)" }
            let wanted = Set(call.pairs.filter { $0.dataflow.text == flow.id }.map(\.audience.text))
            let mapped = flow.audiences.filter { wanted.contains($0.id) }
            if mapped.count < wanted.count { return "an audience is not mapped to \(flow.id)" }
            let early = mapped.first { audience in
                audience.startDate.flatMap { Instant(rfc3339: $0 + "T00:00:00Z") }.map { now < $0 } ?? false
            }
            if let early { return "the schedule of \(early.id) on \(flow.id) begins later" }
            let young = mapped.first { audience in
                let age = now - (model.start + .milliseconds(audience.mappedAtMilliseconds))
                return age + CheckBounds.wholeSeconds < plans.firstActivationWindow
            }
            if let young { return "\(young.id) is inside its window on \(flow.id)" }
        }
        return nil
    }
}
