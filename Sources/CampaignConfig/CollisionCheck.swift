// Warns where two campaigns want one audience at one nominal time: the audience's lane lets only one of them in, and the
// other waits for its run. Looks ahead a month, and does a bounded amount of work.

internal import Chronology
internal import SchedulerCore

struct CollisionCheck {
    static let horizon = Duration.seconds(31 * 86_400)
    /// Occurrences that are computed over all schedules, and (audience, occurrence) steps that are compared.
    static let occurrenceLimit = 20_000
    static let comparisonLimit = 200_000

    private struct Lane: Hashable, Comparable {
        var sandbox: SandboxName
        var audience: AudienceID

        static func < (left: Lane, right: Lane) -> Bool {
            (left.sandbox, left.audience) < (right.sandbox, right.audience)
        }
    }

    /// What decides the times of a timetable.
    private struct Schedule: Hashable {
        var text: String
        var zone: String
    }

    let findings: Findings
    let now: Instant
    let audienceNames: [AudienceID: String]

    /// At most one warning a campaign, at the later one of the two.
    func check(_ drafts: [DraftCampaign]) {
        let timed =
            drafts
            .filter { if case .timetable = $0.campaign.trigger { $0.campaign.isEnabled } else { false } }
            .sorted { $0.place < $1.place }  // mostly they are
        let shared = sharedLanes(timed)
        let occurrences = occurrences(of: shared.lazy.flatMap(\.members), in: timed)
        var warned: Set<Int> = []
        var budget = Self.comparisonLimit
        for (lane, members) in shared {
            var taken: [Instant: Int] = [:]
            for member in members where budget > 0 && !findings.hasAllWarnings {
                budget -= occurrences[member].count
                for instant in occurrences[member] {
                    guard let other = taken[instant] else {
                        taken[instant] = member
                        continue
                    }
                    if warned.insert(member).inserted { warn(timed[member], timed[other], lane.audience, at: instant) }
                    break
                }
            }
        }
    }

    /// Lanes that several campaigns use, each with the indices of those campaigns.
    private func sharedLanes(_ timed: [DraftCampaign]) -> [(lane: Lane, members: [Int])] {
        var places: [Lane: Int] = [:]
        var lanes: [(lane: Lane, members: [Int])] = []
        for (index, draft) in timed.enumerated() {
            for pair in draft.campaign.pairs {
                let lane = Lane(sandbox: draft.campaign.sandbox, audience: pair.audience)
                if let place = places[lane] {
                    if lanes[place].members.last != index { lanes[place].members.append(index) }
                } else {
                    places[lane] = lanes.count
                    lanes.append((lane, [index]))
                }
            }
        }
        return lanes.filter { $0.members.count > 1 }.sorted { $0.lane < $1.lane }
    }

    /// The coming occurrences of each campaign, none of those that are not asked for; campaigns with one schedule share the work.
    private func occurrences(of members: some Sequence<Int>, in timed: [DraftCampaign]) -> [[Instant]] {
        var isInvolved = [Bool](repeating: false, count: timed.count)
        for member in members { isInvolved[member] = true }
        var result = [[Instant]](repeating: [], count: timed.count)
        var known: [Schedule: [Instant]] = [:]
        let share = max(1, Self.occurrenceLimit / max(1, isInvolved.count { $0 }))
        for index in timed.indices where isInvolved[index] {
            guard case .timetable(let timetable) = timed[index].campaign.trigger else { continue }
            let schedule = Schedule(text: timetable.text, zone: timetable.zone.name)
            let instants = known[schedule] ?? coming(timetable, atMost: share)
            known[schedule] = instants
            result[index] = instants
        }
        return result
    }

    private func coming(_ timetable: Timetable, atMost limit: Int) -> [Instant] {
        var instants: [Instant] = []
        var last = now
        while instants.count < limit, let next = timetable.next(after: last), next <= now + Self.horizon, next > last {
            instants.append(next)
            last = next
        }
        return instants
    }

    private func warn(_ draft: DraftCampaign, _ other: DraftCampaign, _ audience: AudienceID, at instant: Instant) {
        let name = audienceNames[audience] ?? audience.text
        findings.warning(
            .audienceCollision, at: draft.place,
            "campaigns \"\(other.campaign.name)\" and \"\(draft.campaign.name)\" both want audience \(name.quoted) "
                + "at \(InstantText.text(instant, in: draft.campaign.zone))",
            remedy: "The second waits for the first one's run; move one if that is too late.")
    }
}
