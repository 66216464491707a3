// The files by which the daemon may be judging at this moment: the one that it is known to use, and those that it has read since and
// may not use yet, because the disk lets it write nothing. What all of them say alike is certain.

internal import Chronology
internal import SchedulerCore

struct PlansInUse {
    private var plans: [CampaignPlan] = []

    /// Settings of before that may still be in use.
    private static let limit = 6

    var isEmpty: Bool { plans.isEmpty }

    /// A configuration was read, and is in use from now on or as soon as the disk allows.
    mutating func mayUse(_ plan: CampaignPlan) {
        plans = plans.suffix(Self.limit - 1) + [plan]
    }

    /// The newest one is certainly in use.
    mutating func settle() {
        plans = Array(plans.suffix(1))
    }

    /// The pairs that a list means, by the system's ids, each once: on whichever file, the platform is the same.
    func meant(by pairs: [Pair]) -> [Pair] { plans.last?.meant(by: pairs) ?? pairs }

    /// What each of them says of a campaign that has it.
    func of(_ name: CampaignName) -> [Campaign] {
        plans.compactMap { $0.campaigns[name]?.campaign }
    }

    /// When a campaign is due next after an instant, if all of them know: by the first of them that says so, and by the last.
    func next(of name: CampaignName, after instant: Instant) -> ClosedRange<Instant>? {
        let times = plans.compactMap { $0.campaigns[name]?.rhythm?.next(after: instant) }
        guard times.count == plans.count, let first = times.min(), let last = times.max() else { return nil }
        return first...last
    }

    /// Campaigns that follow another one, whichever of the files counts.
    func followers(of name: CampaignName) -> [CampaignName] {
        inAll { planned in
            if case .after(name, _) = planned.trigger { planned.isEnabled } else { false }
        }
    }

    func exportFollowers(in sandbox: SandboxName) -> [CampaignName] {
        inAll { $0.isEnabled && $0.trigger == .afterExport && $0.sandbox == sandbox }
    }

    private func inAll(_ isMeant: (Campaign) -> Bool) -> [CampaignName] {
        guard let newest = plans.last else { return [] }
        return newest.campaigns.filter { isMeant($0.value.campaign) }.map(\.key).sorted().filter { name in
            plans.allSatisfy { $0.campaigns[name].map { isMeant($0.campaign) } ?? false }
        }
    }

    /// The blackout that covers an instant, whichever of the files counts.
    func blackout(at instant: Instant) -> String? {
        let names = plans.map { plan in plan.blackouts.first { QuietSpan($0)?.covers(instant) ?? false }?.name }
        return names.contains(nil) ? nil : names.last ?? nil
    }

    /// Whether any of them has such a blackout.
    ///
    /// - Parameters:
    ///   - name: Nil for any.
    ///   - until: Its end, where that is known.
    func mayBeBlackout(_ name: String?, at instant: Instant, until: Instant?) -> Bool {
        plans.contains { plan in
            plan.blackouts.contains { blackout in
                guard name == nil || blackout.name == name, let span = QuietSpan(blackout), span.covers(instant) else {
                    return false
                }
                return until.map { span.covers($0 - .milliseconds(1)) && !span.covers($0) } ?? true
            }
        }
    }

    /// The shortest window that any of them demands.
    var firstActivationWindow: Duration { plans.map(\.guardrails.firstActivationWindow).min() ?? .zero }
    var longestWindow: Duration { plans.map(\.guardrails.firstActivationWindow).max() ?? .zero }
    var exportMaximumAge: Duration { plans.map(\.guardrails.exportMaximumAge).min() ?? Guardrails().exportMaximumAge }
    var runMaximumAge: Duration { plans.map(\.guardrails.runMaximumAge).min() ?? Guardrails().runMaximumAge }
    /// Whether every run of others closes its dataflow, and not only one of the same audience.
    var closesWholeDataflow: Bool { plans.allSatisfy { $0.guardrails.dataflowGate == .dataflow } }
}

/// When a blackout of the simulation lasts, by arithmetic: a second opinion on the calendar's code.
struct QuietSpan {
    private var first: Instant
    private var length: Duration
    private var isDaily: Bool

    private static let day: Int64 = 86_400_000

    /// Nil for what no world has.
    init?(_ blackout: Blackout) {
        switch blackout.span {
        case .fixed(let from, let until):
            (first, length, isDaily) = (from, until - from, false)
        case .repeating(let timetable, let length):
            // "*-*-* 07:00", in UTC.
            let parts = timetable.text.split(separator: " ")
            let clock = (parts.last ?? "").split(separator: ":").compactMap { Int64($0) }
            guard parts.first == "*-*-*", clock.count == 2 else { return nil }
            first = Instant(milliseconds: (clock[0] * 60 + clock[1]) * 60_000)
            (self.length, isDaily) = (length, true)
        case .days: return nil
        }
    }

    /// The start belongs to it, the end does not.
    func covers(_ instant: Instant) -> Bool {
        let since = (instant - first).milliseconds
        guard since >= 0 else { return false }
        return (isDaily ? since % Self.day : since) < length.milliseconds
    }
}
