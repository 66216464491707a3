// Which nominal times are owed: a model beside the daemon's, which knows when campaigns are due by its own arithmetic. Every
// nominal time that the daemon's wall clock has passed while its campaign was in use is fired or skipped, once, with a
// record, by the end of the event that saw it pass.

internal import Chronology
internal import SchedulerCore

struct NominalModel {
    private struct Tenure {
        var rhythm: Rhythm
        /// The first time that is not known to be decided.
        var next: Instant
    }

    private var tenures: [CampaignName: Tenure] = [:]
    private var anchors: [CampaignName: Instant] = [:]
    /// Campaigns that follow the exports of a sandbox, and since when, by the platform's clock.
    private var followers: [CampaignName: (sandbox: SandboxName, since: Instant)] = [:]
    private var decidedExports: [CampaignName: Set<String>] = [:]
    /// How many occurrences were admitted that nobody asked for by hand, and how many may be.
    private var fired: [CampaignName: Int] = [:]
    private var limits: [CampaignName: Int] = [:]
    private var decided: [CampaignName: [ClosedRange<Instant>]] = [:]
    /// The earliest `next` of all.
    private var earliest: Instant?

    /// Nominal times were fired or skipped.
    ///
    /// - Returns: False where some of them were decided before.
    mutating func decide(_ campaign: CampaignName, _ times: ClosedRange<Instant>) -> Bool {
        let isLater = decided[campaign]?.last.map { $0.upperBound < times.lowerBound } ?? true
        decided[campaign, default: []].append(times)
        return isLater
    }

    /// An occurrence was admitted that nobody asked for by hand.
    ///
    /// - Returns: False where the campaign had fired as often as it may.
    mutating func admit(_ campaign: CampaignName) -> Bool {
        let isOver = isFinished(campaign)
        fired[campaign, default: 0] += 1
        return !isOver
    }

    /// It is gone from the configuration. What was over is owed nothing; what was not is, up to the removal.
    mutating func remove(_ campaign: CampaignName) {
        if isFinished(campaign) {
            tenures[campaign] = nil
            followers[campaign] = nil
        }
        fired[campaign] = nil
        limits[campaign] = nil
    }

    /// Whether it has fired as often as some file allows.
    func isFinished(_ campaign: CampaignName, by plans: [Campaign]) -> Bool {
        isFinished(campaign)
            || plans.contains { $0.maximumOccurrences.map { fired[campaign] ?? 0 >= $0 } ?? false }
    }

    /// Whether it has fired as often as it may.
    func isFinished(_ campaign: CampaignName) -> Bool {
        limits[campaign].map { fired[campaign] ?? 0 >= $0 } ?? false
    }

    /// What was over, and is so no more, counts from now.
    private mutating func take(limits plan: CampaignPlan) {
        let over = Set(fired.keys.filter(isFinished))
        limits = plan.campaigns.compactMapValues(\.campaign.maximumOccurrences)
        for name in over where !isFinished(name) {
            tenures[name] = nil
            followers[name] = nil
        }
    }

    /// The daemon counts a campaign anew: right where its trigger is another one.
    ///
    /// - Parameters:
    ///   - from: Nothing before it is due. After a clock that stepped back this may lie ahead, at most where it stood before.
    ///   - latest: The latest that the daemon's clock ever showed.
    mutating func anchor(_ campaign: CampaignName, _ fingerprint: String, from: Instant, latest: Instant) {
        if from <= latest { anchors[campaign] = max(from, anchors[campaign] ?? from) }
        guard let rhythm = tenures[campaign]?.rhythm, "timetable \(rhythm.text) in \(rhythm.zoneName)" != fingerprint
        else { return }
        tenures[campaign] = nil
    }

    /// A configuration is in use from now on: what is new or changed counts from now.
    ///
    /// - Parameter platformTime: By the platform's clock.
    mutating func take(_ plan: CampaignPlan, at wall: Instant, platformTime: Instant) {
        take(limits: plan)
        let following = Set(plan.campaigns.filter { $0.value.followsExports && !isFinished($0.key) }.map(\.key))
        for name in followers.keys where !following.contains(name) { followers[name] = nil }
        for name in following {
            guard let sandbox = plan.campaigns[name]?.campaign.sandbox, followers[name]?.sandbox != sandbox else {
                continue
            }
            followers[name] = (sandbox, platformTime)
        }
        for name in tenures.keys where plan.campaigns[name]?.rhythm == nil { tenures[name] = nil }
        for (name, planned) in plan.campaigns {
            guard let rhythm = planned.rhythm, tenures[name]?.rhythm != rhythm else { continue }
            // After a clock that stepped back, nothing is due again.
            let from = max(wall, decided[name]?.last?.upperBound ?? wall, anchors[name] ?? wall)
            tenures[name] = Tenure(rhythm: rhythm, next: rhythm.next(after: from))
        }
        earliest = tenures.values.map(\.next).min()
    }

    /// Whether a campaign follows exports since later than a time by the platform's clock, or about then.
    func isNewer(_ campaign: CampaignName, than end: Instant) -> Bool {
        followers[campaign].map { $0.since + CheckBounds.lateness >= end } ?? false
    }

    /// An export was followed, or was not, with a record that says why.
    mutating func decide(_ campaign: CampaignName, export: String) {
        decidedExports[campaign, default: []].insert(export)
    }

    /// Nobody could list what began within a span, or was under way then, and a record says so.
    ///
    /// - Parameter span: By the daemon's clock.
    mutating func decide(
        _ campaign: CampaignName, exportsIn span: ClosedRange<Instant>, _ exports: [PlatformTruth.Span]
    ) {
        let (from, until) = (span.lowerBound - CheckBounds.exportPatience, span.upperBound + CheckBounds.lateness)
        for export in exports where export.begin >= from && export.begin <= until {
            decide(campaign, export: export.id)
        }
    }

    /// The first export that a campaign should have followed, and that no record mentions.
    ///
    /// - Parameter patience: From the begin of the campaign to the first export that counts, and from the end of an export
    ///   until it has to be seen.
    func lostExport(_ exports: [PlatformTruth.Span], at now: Instant, patience: Duration) -> (CampaignName, String)? {
        for (name, (sandbox, since)) in followers.sorted(by: { $0.key < $1.key }) {
            for export in exports
            where !isFinished(name) && export.sandbox ?? sandbox.text == sandbox.text && export.isOwed
                && export.begin >= since + patience
                && export.end <= now - patience
            {
                if decidedExports[name]?.contains(export.id) != true { return (name, export.id) }
            }
        }
        return nil
    }

    /// The first time up to now that was lost.
    mutating func lost(at wall: Instant) -> (CampaignName, Instant)? {
        guard let earliest, earliest <= wall else { return nil }
        for name in tenures.keys.sorted() {
            guard var tenure = tenures[name], !isFinished(name) else { continue }
            while tenure.next <= wall {
                let next = tenure.next
                guard decided[name]?.last(where: { $0.contains(next) }) != nil else { return (name, next) }
                tenure.next = tenure.rhythm.next(after: next)
            }
            tenures[name] = tenure
        }
        self.earliest = tenures.values.map(\.next).min()
        return nil
    }
}
