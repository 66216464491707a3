// When the rules of a zone change (the system's zone data was updated): what was to come at one instant comes at another.
// Begin at `takeZones`.
//
// The rules that times were counted with are kept in the journal for some time ahead, so that a change is noticed at a reload
// and after a restart alike, and each time that moves can be told with the instant at which it was to come. A time of day
// that was decided under the old rules is not due again under the new ones.

internal import Chronology

enum ZoneUpdateBounds {
    /// Kept rules that end sooner than this are written anew. They reach two years ahead.
    static let renewal = Duration.seconds(400 * 86_400)
    /// From so long ago on rules are kept: no change of a zone's rules makes an older time of day come again.
    static let past = Duration.seconds(2 * 86_400)
    /// How many moved times a person is told of one by one; the rest are one notification. All are in the history.
    static let toldLimit = 50
}

extension Scheduler {
    /// Compares the zones of a configuration that is taken into use with their kept rules.
    mutating func takeZones(at now: Moment, _ step: inout Step) {
        var kept: [ZoneExcerpt] = []
        var old: [String: KeptRules] = [:]
        for (name, zone) in zonesInUse.sorted(by: { $0.key < $1.key }) {
            // Rules that have run out say nothing of what comes.
            let known = state.zones?[name].flatMap { $0.until > now.wall ? $0 : nil }
            let isChanged = known.map { !$0.agrees(with: zone) } ?? true
            if isChanged { old[name] = known.map(KeptRules.init) }
            if isChanged || known.map({ $0.until < now.wall + ZoneUpdateBounds.renewal }) ?? true {
                kept.append(zone.excerpt(from: now.wall - ZoneUpdateBounds.past))
            }
        }
        if !old.isEmpty { move(from: old, at: now, &step) }
        if !kept.isEmpty { record(.zonesKept(zones: kept), &step) }
    }

    /// The zones in which enabled campaigns count. UTC has no rules.
    private var zonesInUse: [String: Zone] {
        var zones: [String: Zone] = [:]
        for campaign in configuration.campaigns.values where campaign.isEnabled {
            guard case .timetable(let timetable) = campaign.trigger else { continue }
            for part in timetable.parts where part.zone != .utc && zones[part.zone.name] == nil {
                zones[part.zone.name] = part.zone
            }
        }
        return zones
    }

    private mutating func move(from old: [String: KeptRules], at now: Moment, _ step: inout Step) {
        var moved: [Notification] = []
        let before = old.mapValues(\.zone)
        // Of what lies beyond the kept rules nobody knows when it was to come.
        let horizon = old.values.map(\.until).min() ?? now.wall
        for campaign in configuration.campaigns.values.sorted(by: { $0.name < $1.name }) where campaign.isEnabled {
            guard case .timetable(let timetable) = campaign.trigger, let known = state.campaigns[campaign.name],
                known.fingerprint == campaign.trigger.fingerprint,
                let zone = timetable.parts.map(\.zone).first(where: { old[$0.name] != nil })
            else { continue }
            let mark = timetable.mark(known.highWater, countedWith: old)
            let from = timetable.replacing(before).next(after: known.highWater)
            let to = timetable.next(after: mark)
            let isMoved = from != to && from.map { $0 < horizon } ?? true
            guard isMoved || mark != known.highWater else { continue }
            record(.occurrenceMoved(campaign: campaign.name, zone: zone.name, from: from, to: to, mark: mark), &step)
            if isMoved { moved.append(notification(of: campaign, zone, from, to, at: now)) }
        }
        tell(moved, at: now, &step)
    }

    private func notification(
        of campaign: Campaign, _ zone: Zone, _ from: Instant?, _ to: Instant?, at now: Moment
    ) -> Notification {
        let version = configuration.zoneData.map { " (\($0))" } ?? ""
        let before = from.map { "was to come at \($0.rfc3339)" } ?? "was not to come again"
        let after = to.map { "comes at \($0.rfc3339), \(zone.display($0, now: now.wall))" } ?? "does not come again"
        return Notification(
            kind: .moved, campaign: campaign.name,
            text: "the rules of \(zone.name) changed with the system's zone data\(version): the next occurrence "
                + "\(before) and \(after)", at: now.wall)
    }

    private func tell(_ moved: [Notification], at now: Moment, _ step: inout Step) {
        step.effects += moved.prefix(ZoneUpdateBounds.toldLimit).map(Effect.notify)
        let rest = moved.count - ZoneUpdateBounds.toldLimit
        guard rest > 0 else { return }
        step.effects.append(
            .notify(
                Notification(
                    kind: .moved,
                    text: "the system's zone data changed: \(rest) more campaigns have another next occurrence; "
                        + "see activationctl history", at: now.wall)))
    }
}

/// What a zone's rules were, as far as they were kept.
private struct KeptRules {
    let zone: Zone
    let from: Instant
    let until: Instant

    init(_ excerpt: ZoneExcerpt) {
        (zone, from, until) = (Zone(excerpt), excerpt.from, excerpt.until)
    }
}

extension Timetable {
    /// A high-water mark that was counted with other rules, so that no time of day is decided twice: where a clock with the
    /// rules of now shows later what was decided, the mark is there. Never earlier.
    fileprivate func mark(_ mark: Instant, countedWith old: [String: KeptRules]) -> Instant {
        parts.reduce(mark) { latest, part in
            guard let before = old[part.zone.name], before.from <= mark else { return latest }
            return max(latest, before.zone.instant(withReadingOf: mark, in: part.zone))
        }
    }
}
