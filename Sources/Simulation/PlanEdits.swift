// What admins do to the file: one change after the other, each drawn from a stroke.

internal import Chronology
internal import PlatformModel
internal import SchedulerCore

extension CampaignPlan {
    /// One change of the file, in words.
    mutating func edit(_ size: UInt64) -> String {
        var chance = SplitMix(seed: size)
        version += 1
        switch chance.below(9) {
        case 0:
            let name = CampaignName("extra-\(chance.below(2) + 1)")
            if campaigns.removeValue(forKey: name) != nil { return "\(name) is taken out" }
            add(name, &chance)
            return "\(name) is new"
        case 1, 2:
            let name = name(&chance)
            guard var planned = campaigns[name], planned.campaign.isEnabled, !isFollowed(name) else { return "nothing" }
            retime(&planned, &chance)
            campaigns[name] = planned
            return "\(name) has another trigger: \(planned.campaign.trigger.fingerprint)"
        case 3:
            let name = name(&chance)
            guard let home = campaigns[name]?.campaign.sandbox else { return "nothing" }
            let pairs = somePairs(in: home, &chance)
            campaigns[name]?.campaign.pairs = pairs
            return "\(name) has other pairs"
        case 4:
            let name = name(&chance)
            guard var planned = campaigns[name] else { return "nothing" }
            dress(&planned.campaign, &chance)
            campaigns[name] = planned
            return "\(name) has other policies"
        case 5:
            let window = Duration.seconds(chance.hits(percent: 50) ? 1200 : 3600)
            guardrails.firstActivationWindow = max(platform.leastWindow, window)
            guardrails.pairsPerJob = chance.hits(percent: 50) ? 80 : Int(1 + chance.below(80))
            return "other guardrails"
        case 6:
            if !blackouts.isEmpty {
                blackouts = []
                return "no blackout"
            }
            return addBlackout(&chance)
        case 7: return toggle(&chance)
        default: return "nothing"
        }
    }

    /// A campaign that no other one follows; nil where the file would have too few without it.
    func someUnfollowed(_ number: UInt64) -> CampaignName? {
        let names = names.filter { !isFollowed($0) }
        return campaigns.count < 2 || names.isEmpty ? nil : names[Int(number % UInt64(names.count))]
    }

    /// - Returns: False where it is not there, or is followed by now.
    mutating func takeOut(_ name: CampaignName) -> Bool {
        guard campaigns.count > 1, !isFollowed(name), let planned = campaigns.removeValue(forKey: name) else {
            return false
        }
        absent[name] = planned
        version += 1
        return true
    }

    /// As it was.
    mutating func putBack(_ name: CampaignName) -> Bool {
        guard let planned = absent.removeValue(forKey: name), campaigns[name] == nil else { return false }
        if case .after(let other, _) = planned.campaign.trigger, campaigns[other] == nil { return false }
        campaigns[name] = planned
        version += 1
        return true
    }

    private func isFollowed(_ name: CampaignName) -> Bool {
        campaigns.values.contains { planned in
            if case .after(name, _) = planned.campaign.trigger { true } else { false }
        }
    }

    mutating func addBlackout(_ chance: inout SplitMix) -> String {
        let hour = Int(chance.below(24))
        let text = "*-*-* \(Self.two(hour)):00"
        guard let expression = try? CalendarExpression(parsing: text) else { return "nothing" }
        blackouts = [
            Blackout(
                name: "quiet",
                span: .repeating(
                    Timetable(schedule: .calendar(expression), zone: .utc, text: text),
                    length: .seconds(Int64(1800 + chance.below(7200)))))
        ]
        return "a blackout from \(text)"
    }

    private mutating func toggle(_ chance: inout SplitMix) -> String {
        let name = name(&chance)
        guard var planned = campaigns[name] else { return "nothing" }
        planned.campaign.isEnabled.toggle()
        if planned.campaign.isEnabled {
            if case .timetable = planned.campaign.trigger {
                planned.rhythm = rhythms[planned.campaign.trigger.fingerprint] ?? nil
            }
        } else if case .timetable = planned.campaign.trigger {
            rhythms[planned.campaign.trigger.fingerprint] = planned.rhythm
            planned.rhythm = nil
        }
        campaigns[name] = planned
        return "\(name) is \(planned.campaign.isEnabled ? "enabled" : "disabled")"
    }
}
