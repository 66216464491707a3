// The verdict on each time at which a campaign is due, derived from the files and the records: fired, or skipped for a reason that
// held. Every reason is judged, and so is every firing: a daemon that fires what it should have skipped is as wrong as one that
// skips what it should have fired.

internal import Chronology
internal import SchedulerCore

extension Checker {
    /// Why a time was fired.
    mutating func judge(_ occurrence: Occurrence, at now: Instant) {
        let decided = occurrence.admittedAt
        guard let wrong = wrong(with: occurrence, decided) else { return }
        report(
            "a time is fired where it should be", "\(occurrence.campaign) at \(occurrence.nominal.rfc3339): \(wrong)",
            at: now)
    }

    private func wrong(with occurrence: Occurrence, _ decided: Instant) -> String? {
        let name = occurrence.campaign
        let plans = plans.of(name)
        if self.plans.isEmpty { return nil }
        guard !plans.isEmpty else { return "no file has it" }
        if !plans.contains(where: { $0.isEnabled }) { return "it is disabled" }
        if folded.pause(of: name, at: decided) != nil { return "it is paused" }
        if !plans.contains(where: { fits(occurrence, $0, decided) }) { return "not as any file says" }
        if case .manual = occurrence.origin { return nil }
        if let wrong = overlaps(occurrence, plans) { return wrong }
        guard occurrence.origin == .timetable else { return nil }
        let age = decided - occurrence.nominal
        if age < .zero { return "it lies ahead" }
        if age > (plans.map(\.catchUp).max() ?? .zero) + .seconds(1) { return "it is older than catch_up" }
        if occurrence.isLate != (age > CheckBounds.lateness) { return "late by \(age)" }
        if let next = self.plans.next(of: name, after: occurrence.nominal), next.upperBound <= decided {
            return "\(next.upperBound.rfc3339) was due as well"
        }
        return nil
    }

    /// Whether it is what one file says.
    private func fits(_ occurrence: Occurrence, _ campaign: Campaign, _ decided: Instant) -> Bool {
        let delay = occurrence.startsAt - occurrence.nominal
        // What is fired late has its whole time from then on.
        let begin = occurrence.isLate ? max(occurrence.startsAt, decided) : occurrence.startsAt
        let isSame =
            occurrence.pairs == campaign.pairs
            || plans.meant(by: occurrence.pairs) == plans.meant(by: campaign.pairs)
        return isSame && occurrence.onDoubt == campaign.onDoubt
            && occurrence.sandbox == campaign.sandbox && delay >= .zero && delay <= campaign.jitter
            && occurrence.expiresAt == begin + campaign.startWithin
    }

    /// Whether it should have been skipped, or waits as it should, for one that has not ended.
    private func overlaps(_ occurrence: Occurrence, _ plans: [Campaign]) -> String? {
        let unended = folded.unended(of: occurrence.campaign)
        guard let previous = unended.last else { return occurrence.startsAfter.map { "it waits for \($0)" } }
        let isRight = plans.contains { campaign in
            switch campaign.overlap {
            case .skip: false
            case .bufferOne: unended.count == 1 && occurrence.startsAfter == previous.id
            case .bufferAll: occurrence.startsAfter == previous.id
            case .cancelWaiting:
                occurrence.startsAfter == nil
                    && !unended.contains { $0.activations.contains { $0.phase == .waiting } }
            }
        }
        return isRight ? nil : "occurrence \(previous.id) had not ended"
    }

    /// Why a time was not fired.
    mutating func judge(_ skipped: SkippedOccurrences, at now: Instant) {
        guard !isTrue(skipped) else { return }
        report(
            "a time is skipped for a reason that holds",
            "\(skipped.campaign) at \(skipped.first.rfc3339): \(skipped.reason.rawValue)", at: now)
    }

    private func isTrue(_ skipped: SkippedOccurrences) -> Bool {
        let plans = plans.of(skipped.campaign)
        switch skipped.reason {
        case .missed:
            return plans.contains { skipped.last <= skipped.at - $0.catchUp + .seconds(1) }
        case .overlap:
            let unended = folded.unended(of: skipped.campaign)
            return plans.contains { campaign in
                switch campaign.overlap {
                case .skip: !unended.isEmpty
                case .bufferOne: unended.count > 1
                case .bufferAll: unended.count >= CheckBounds.backlog
                case .cancelWaiting: false
                }
            }
        case .paused:
            return folded.pause(of: skipped.campaign, at: skipped.at) != nil
        case .superseded:
            // Of a timetable, a later one has come as well; exports are FollowerCheck's matter.
            guard let next = self.plans.next(of: skipped.campaign, after: skipped.last) else { return true }
            return next.lowerBound <= skipped.at
        case .predecessor:
            return plans.contains { campaign in
                switch campaign.trigger {
                case .after, .afterExport: true
                case .timetable, .manual: false
                }
            }
        case .decided:
            // The marks of a daemon that lost nothing say it before the journal has to.
            return false
        case .oversized:
            return plans.contains { $0.pairs.count > CheckBounds.largeCampaign }
        }
    }
}
