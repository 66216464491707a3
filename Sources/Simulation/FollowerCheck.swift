// Whoever follows a campaign or an export is owed like a nominal time: by the end of the event in which that ended it is fired,
// or skipped with a record, for a reason that is true.

internal import SchedulerCore

struct FollowerCheck {
    /// What has ended.
    private enum Cause: Hashable {
        case occurrence(OccurrenceID)
        case export(String)

        /// As a record names it.
        var words: [String] {
            switch self {
            case .occurrence(let id): ["occurrence", id.description]
            case .export(let job): ["export", job]
            }
        }
    }

    private struct Owed {
        var follower: CampaignName
        var cause: Cause
        var hasSucceeded: Bool
    }

    private var owed: [Owed] = []

    /// An occurrence of a campaign, or an export, has ended.
    mutating func ended(
        _ occurrence: OccurrenceID, of campaign: CampaignName, _ outcome: OccurrenceOutcome, _ plans: PlansInUse
    ) {
        for follower in plans.followers(of: campaign) {
            owed.append(Owed(follower: follower, cause: .occurrence(occurrence), hasSucceeded: outcome == .succeeded))
        }
    }

    /// - Parameter isNewer: Whether a campaign was taken into use after the export had ended.
    mutating func ended(
        export job: String, in sandbox: SandboxName, succeeded: Bool, _ plans: PlansInUse,
        isNewer: (CampaignName) -> Bool
    ) {
        for follower in plans.exportFollowers(in: sandbox) where !isNewer(follower) {
            owed.append(Owed(follower: follower, cause: .export(job), hasSucceeded: succeeded))
        }
    }

    /// - Returns: What is wrong, in words.
    mutating func take(_ occurrence: Occurrence) -> String? {
        let cause: Cause
        switch occurrence.origin {
        case .after(let id): cause = .occurrence(id)
        case .export(let job): cause = .export(job)
        case .timetable, .manual: return nil
        }
        guard let place = owed.firstIndex(where: { $0.follower == occurrence.campaign && $0.cause == cause }) else {
            return nil
        }
        let settled = owed.remove(at: place)
        return settled.hasSucceeded ? nil : "\(occurrence.campaign) follows what has not succeeded"
    }

    /// - Returns: What is wrong, in words.
    mutating func take(_ skipped: SkippedOccurrences) -> String? {
        let words = skipped.detail.split { $0 == " " || $0 == "," }.map(String.init)
        let place = owed.firstIndex { entry in
            entry.follower == skipped.campaign && Self.names(words, entry.cause.words)
        }
        guard let place else { return nil }
        let settled = owed.remove(at: place)
        guard settled.hasSucceeded != (skipped.reason == .predecessor) else {
            let end = settled.hasSucceeded ? "succeeded" : "failed"
            return "\(skipped.campaign) after \(settled.cause.words[1]), which \(end): \(skipped.reason.rawValue)"
        }
        return nil
    }

    private static func names(_ words: [String], _ cause: [String]) -> Bool {
        zip(words, words.dropFirst()).contains { $0 == cause[0] && $1 == cause[1] }
    }

    /// At the end of an event.
    ///
    /// - Parameter isFinished: Whether a campaign has fired as often as it may: it is owed nothing.
    /// - Returns: What is wrong, in words.
    mutating func settle(isFinished: (CampaignName) -> Bool) -> String? {
        guard !owed.isEmpty else { return nil }
        defer { owed = [] }
        return owed.first { !isFinished($0.follower) }.map { entry in
            "\(entry.follower) after \(entry.cause.words.joined(separator: " ")) was neither fired nor skipped"
        }
    }
}
