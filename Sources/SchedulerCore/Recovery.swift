// The beginning of a process, and the change of a configuration.
//
// Recovery settles what the last process left open, by the recovery table: an intent without its sending was certainly
// not sent; a sending without its answer is in doubt; a run is followed again at once.

internal import Chronology

extension Scheduler {
    mutating func recover(at now: Moment, _ step: inout Step) {
        for call in state.calls.values.sorted(by: { $0.call.id < $1.call.id }) {
            let id = call.call.id
            if !call.isSending {
                record(.callWithdrawn(call: id, reason: "the daemon stopped before it was sent"), &step)
                continue
            }
            if mutant(.recoverySendsAgain) {
                step.effects.append(.send(call.call))
                continue
            }
            // It is on no wire any more, and nothing that stops has to wait for it.
            if !call.isAnswered {
                let outcome = "no answer: the daemon stopped before it was read"
                record(.callAnswered(call: id, outcome: outcome, at: now.wall), &step)
            }
            for activation in call.call.activations where state[activation]?.phase == .calling(id) {
                if mutant(.recoveryForgetsDoubt) {
                    putBack(activation, "the daemon stopped", counts: true, at: now, &step)
                    continue
                }
                doubt(activation, id, "the daemon stopped before the answer was read", at: now, &step)
            }
        }
        for sandbox in state.exportMarks.keys { reachBack(in: sandbox, at: now) }
        // In an order of their own: of several that one run was named for the last one counts.
        for occurrence in state.occurrences.values.sorted(by: { $0.id < $1.id }) {
            for (position, activation) in occurrence.activations.enumerated() {
                rewatch(occurrence, position, activation, at: now)
            }
        }
    }

    private mutating func rewatch(
        _ occurrence: OccurrenceState, _ position: Int, _ activation: ActivationState, at now: Moment
    ) {
        let pair = occurrence.occurrence.pairs[position]
        switch activation.phase {
        case .running(let run):
            // How long it has run by the wall clock: the monotonic one knows nothing of the process before.
            let age = max(.zero, now.wall - activation.since)
            knowledge.followed[run] = FollowedRun(
                sandbox: occurrence.occurrence.sandbox, dataflow: pair.dataflow,
                startedAt: now.monotonic + (.zero - age), nextLook: now.monotonic,
                interval: configuration.polling.run,
                isAdopted: activation.wasAdopted || knowledge.followed[run]?.isAdopted == true)
        case .inDoubt:
            knowledge.doubts[occurrence.activationID(at: position)] = WatchedDoubt(
                startedAt: now.monotonic, nextLook: now.monotonic, seen: Set(activation.candidates ?? []))
        case .waiting:
            guard let run = activation.named ?? activation.refusedFor?.run, isOthers(run) else { return }
            if let refused = activation.refusedFor { knowledge.named[refused.run] = NamedRun(since: refused.leftAt) }
            knowledge.nameForeign(
                run, for: pair, in: occurrence.occurrence.sandbox, nextLook: now.monotonic, at: now)
        case .calling, .quarantined, .ended:
            break
        }
    }

    /// Takes a configuration into use: a campaign that is new, or whose trigger changed, counts from now; what waits of a
    /// removed one is cancelled, what is in flight is followed to its end.
    mutating func take(
        _ configuration: Configuration, actor: String? = nil, at now: Moment, _ step: inout Step
    ) {
        let before = isStarted ? self.configuration : nil
        self.configuration = configuration
        record(
            .generationLoaded(
                generation: state.generation + 1, digest: configuration.digest, actor: actor,
                zoneData: configuration.zoneData), &step)
        for name in state.campaigns.keys.filter({ configuration.campaigns[$0] == nil }).sorted() {
            record(.campaignRemoved(campaign: name), &step)
            cancelWaiting(
                of: state.unended(of: name).map(\.id), reason: Self.removalWords, at: now, &step)
        }
        takeZones(at: now, &step)
        let anchors = configuration.campaigns.values.compactMap { campaign in
            anchor(campaign, before: before?.campaigns[campaign.name], at: now)
        }
        if !isStarted, !clockWatch.isSynchronised {
            clockWatch.anchored = anchors.map(\.campaign).filter {
                state.campaigns[$0] == nil && state.removedMarks?[$0] == nil
            }
            clockWatch.anchoredOffset = now.offset
        }
        recordAnchors(anchors.sorted { $0.campaign < $1.campaign }, &step)
        let counted = configuration.campaigns.values.filter { $0.maximumOccurrences != nil && $0.isEnabled }
        for campaign in counted.sorted(by: { $0.name < $1.name }) { finish(campaign, at: now, &step) }
        planDue()
    }

    /// Where a campaign counts from, if that is another place than before: it is new, or what decides its times is another.
    private func anchor(_ campaign: Campaign, before: Campaign?, at now: Moment) -> CampaignAnchors.Anchor? {
        // The same campaign was anchored when it was taken. Of 100,000 most are, at most reloads.
        if let before, before.isSame(as: campaign), campaign.maximumOccurrences == nil, !mutant(.reloadDropsDue) {
            return nil
        }
        let fingerprint = campaign.isEnabled ? campaign.trigger.fingerprint : "disabled"
        let known = state.campaigns[campaign.name]
        let isAnew = mutant(isStarted ? .reloadDropsDue : .missedForgotten) || !isStarted && mutant(.marksSetBack)
        // Days of a calendar are not in the fingerprint. What they decide up to now was decided before a reload; after a
        // start it is decided by the days of now, since those of before are not known.
        let hasOtherTimes = before.map { !$0.trigger.hasSameTimes(as: campaign.trigger) } ?? false
        let goesOn = known?.isFinished == true && !isFinished(campaign)
        guard known?.fingerprint != fingerprint || isAnew || hasOtherTimes || goesOn else { return nil }
        // Never before what is decided: after a clock that stepped back, nothing must be decided again.
        var from = max(now.wall, known?.highWater ?? state.removedMarks?[campaign.name] ?? now.wall)
        if mutant(.marksSetBack) { from = from - .seconds(86_400) }
        return CampaignAnchors.Anchor(campaign: campaign.name, fingerprint: fingerprint, from: from)
    }

    /// The clock was set while it was waited for, and nothing is decided yet: what is new counts from the same moment by the clock
    /// as it is now.
    mutating func moveAnchors(at now: Moment, _ step: inout Step) {
        guard let offset = clockWatch.anchoredOffset else { return }
        let moved = Duration.milliseconds(now.offset - offset)
        guard moved > ClockWatchBounds.tolerance || moved < .zero - ClockWatchBounds.tolerance else { return }
        let anchors = clockWatch.anchored.sorted().compactMap { name in
            state.campaigns[name].map {
                CampaignAnchors.Anchor(campaign: name, fingerprint: $0.fingerprint, from: $0.highWater + moved)
            }
        }
        recordAnchors(anchors, &step)
        planDue()
    }

    /// One by one where they are few: each is then in its campaign's history. Else in a few large records, since a start
    /// would take seconds for 100,000 small ones.
    private mutating func recordAnchors(_ anchors: [CampaignAnchors.Anchor], _ step: inout Step) {
        guard anchors.count > AnchorBounds.single else {
            for anchor in anchors {
                record(
                    .campaignAnchored(
                        campaign: anchor.campaign, fingerprint: anchor.fingerprint, from: anchor.from), &step)
            }
            return
        }
        recordTogether(anchors, Record.campaignsAnchored, &step)
    }

    /// In as few records as the bounds of one allow.
    mutating func recordTogether(
        _ anchors: [CampaignAnchors.Anchor], _ kind: (CampaignAnchors) -> Record, _ step: inout Step
    ) {
        var together: [CampaignAnchors.Anchor] = []
        var length = 0
        var fingerprints: Set<String> = []  // so that equal ones are held once
        for var anchor in anchors {
            anchor.fingerprint = fingerprints.insert(anchor.fingerprint).memberAfterInsert
            together.append(anchor)
            length += anchor.campaign.text.utf8.count + anchor.fingerprint.utf8.count
            guard together.count == AnchorBounds.together || length > AnchorBounds.length else { continue }
            record(kind(CampaignAnchors(together)), &step)
            (together, length) = ([], 0)
        }
        if !together.isEmpty { record(kind(CampaignAnchors(together)), &step) }
    }

    mutating func planDue() {
        due.removeAll()
        due.setFollowers(configuration.campaigns.values)
        var times: [(campaign: CampaignName, at: Instant?)] = []
        for campaign in configuration.campaigns.values where campaign.isEnabled {
            guard case .timetable(let timetable) = campaign.trigger, let anchor = state.campaigns[campaign.name]
            else { continue }
            times.append((campaign.name, nextTime(of: campaign, timetable, after: anchor.highWater)))
        }
        due.setTimes(times)
    }
}

private enum AnchorBounds {
    /// Up to this many have a record each.
    static let single = 100
    /// So many have one together, or fewer with about so many bytes: a record is bounded.
    static let together = 5_000
    static let length = 1 << 20
}
