// Which occurrences are due: decided once for each nominal time, whatever crashes, reloads or clock changes happen.
//
// The high-water mark of a campaign is the nominal time up to which everything is decided. It only rises, and outlives the
// campaign's removal, so a clock that steps back fires nothing again, and one that steps forward, or a long stop, leaves a
// span of missed times, of which at most one is fired. A person alone sets it back, after a clock that was wrong.

internal import Chronology

/// The next nominal time of each campaign with a timetable; and who follows what.
struct DueTable: Sendable {
    private(set) var next = DueTimes()
    /// Enabled campaigns that follow the exports of a sandbox, sorted.
    private(set) var followersOfExports: [SandboxName: [CampaignName]] = [:]
    /// Enabled campaigns that follow a campaign, sorted.
    private(set) var followers: [CampaignName: [CampaignName]] = [:]

    mutating func setFollowers(_ campaigns: some Sequence<Campaign>) {
        for campaign in campaigns where campaign.isEnabled {
            switch campaign.trigger {
            case .afterExport: followersOfExports[campaign.sandbox, default: []].append(campaign.name)
            case .after(let other, _): followers[other, default: []].append(campaign.name)
            case .timetable, .manual: break
            }
        }
        for key in followersOfExports.keys { followersOfExports[key]?.sort() }
        for key in followers.keys { followers[key]?.sort() }
    }

    mutating func setTimes(_ times: [(campaign: CampaignName, at: Instant?)]) {
        next = DueTimes(times)
    }

    mutating func set(_ campaign: CampaignName, _ at: Instant?) {
        next[campaign] = at
    }

    mutating func removeAll() {
        self = DueTable()
    }
}

enum DueBounds {
    /// Missed nominal times are counted up to this many; beyond it the count says "at least".
    static let missedCountLimit = 1000
    /// Occurrences of one campaign that may wait or run at once under `overlap = "buffer-all"`.
    static let backlogLimit = 100
    /// Bytes of an occurrence's pairs, with what stands around each: within what a record of the journal may have.
    static let occurrenceLength = 6 << 20
    static let pairOverhead = 32
    /// An occurrence admitted later than this after its nominal time is marked late.
    static let lateness = Duration.seconds(60)
}

extension Scheduler {
    mutating func decideDue(at now: Moment, _ step: inout Step) {
        guard let heldUp = heldUpByClock(at: now) else { return }
        while let (name, at) = due.next.earliest, at <= now.wall {
            guard let campaign = configuration.campaigns[name], case .timetable(let timetable) = campaign.trigger,
                let mark = state.campaigns[name]?.highWater
            else {
                due.set(name, nil)
                continue
            }
            decide(campaign, timetable, after: mark, heldUp: heldUp, at: now, &step)
            planNext(campaign, timetable, after: state.campaigns[name]?.highWater ?? now.wall)
        }
        wake.at(due.next.earliest?.at)
    }

    /// Nothing comes of a campaign that has fired as often as it may.
    private mutating func planNext(_ campaign: Campaign, _ timetable: Timetable, after mark: Instant) {
        due.set(campaign.name, nextTime(of: campaign, timetable, after: mark))
    }

    func nextTime(of campaign: Campaign, _ timetable: Timetable, after mark: Instant) -> Instant? {
        isFinished(campaign) ? nil : timetable.next(after: mark)
    }

    /// Whether a campaign has been admitted as often as `max_occurrences` allows.
    package func isFinished(_ campaign: Campaign) -> Bool {
        guard let maximum = campaign.maximumOccurrences, !mutant(.firesForEver) else { return false }
        return state.campaigns[campaign.name].map { $0.fired ?? 0 >= maximum } ?? false
    }

    /// Of everything due since the mark, the newest is fired if it is within `catch_up`; the others are recorded.
    ///
    /// - Parameter heldUp: For how long nothing could fall due: that alone makes nothing too late.
    private mutating func decide(
        _ campaign: Campaign, _ timetable: Timetable, after mark: Instant, heldUp: Duration, at now: Moment,
        _ step: inout Step
    ) {
        guard let first = timetable.next(after: mark), first <= now.wall,
            let newest = timetable.previous(before: now.wall + .milliseconds(1)), newest >= first
        else { return }
        let horizon = mutant(.skipsEverything) ? now.wall + .seconds(1) : now.wall - max(campaign.catchUp, heldUp)
        let fires = newest >= horizon
        if fires, newest == first {
            admitTimetable(campaign, newest, at: now, &step)
            return
        }
        if first < horizon {
            let last = fires ? timetable.previous(before: horizon) ?? first : newest
            let detail = "missed for longer than catch_up \(campaign.catchUp.text)"
            skip(campaign, timetable, first, last, .missed, detail, at: now, &step)
        }
        guard fires else { return }
        if let next = timetable.next(after: max(mark, state.campaigns[campaign.name]?.highWater ?? mark)),
            let last = timetable.previous(before: newest), next <= last
        {
            skip(
                campaign, timetable, next, last, .superseded, "a later one is fired in its place", at: now, &step)
        }
        admitTimetable(campaign, newest, at: now, &step)
    }

    private mutating func skip(
        _ campaign: Campaign, _ timetable: Timetable, _ first: Instant, _ last: Instant,
        _ reason: SkippedOccurrences.Reason, _ detail: String, at now: Moment, _ step: inout Step
    ) {
        var count = 1
        var at = first
        while count < DueBounds.missedCountLimit, let next = timetable.next(after: at), next <= last {
            count += 1
            at = next
        }
        recordSkip(campaign.name, first, last, count, reason, detail, at: now, &step)
    }

    private mutating func admitTimetable(
        _ campaign: Campaign, _ nominal: Instant, at now: Moment, _ step: inout Step
    ) {
        _ = admit(campaign, nominal: nominal, origin: .timetable, forceOverlap: false, at: now, &step)
    }

    /// Admits an occurrence, or records why it is skipped. A pause and the overlap policy are judged here.
    ///
    /// - Returns: The occurrence's id, or nil when it was skipped.
    mutating func admit(
        _ campaign: Campaign, nominal: Instant, origin: Origin, forceOverlap: Bool, at now: Moment,
        _ step: inout Step
    ) -> OccurrenceID? {
        // What nobody asked for by hand is over without a record for each time, like a timetable past its end.
        if origin.counts, isFinished(campaign) { return nil }
        if knowledge.admittedBefore.remove(Admission(campaign.name, nominal, origin)) != nil {
            let detail = "the journal holds an occurrence of this time\(origin.words)"
            recordSkip(campaign.name, nominal, nominal, 1, .decided, detail, at: now, &step)
            return nil
        }
        if let detail = Self.oversize(of: campaign) {
            recordSkip(campaign.name, nominal, nominal, 1, .oversized, detail, at: now, &step)
            return nil
        }
        if let pause = state.pause(of: campaign.name, at: now.wall) {
            let detail = "paused by \(pause.actor): \(pause.reason)\(origin.words)"
            recordSkip(campaign.name, nominal, nominal, 1, .paused, detail, at: now, &step)
            return nil
        }
        var startsAfter: OccurrenceID?
        let unended = state.unended(of: campaign.name)
        if let previous = unended.last, !forceOverlap {
            switch campaign.overlap {
            case .skip where mutant(.overlapIgnored): break
            case .skip:
                recordOverlap(campaign, nominal, previous.id, origin, at: now, &step)
                return nil
            case .bufferOne where unended.count > 1:
                recordOverlap(campaign, nominal, previous.id, origin, at: now, &step)
                return nil
            case .bufferAll where unended.count >= DueBounds.backlogLimit:
                recordSkip(
                    campaign.name, nominal, nominal, 1, .overlap,
                    "\(unended.count) occurrences before it have not ended, and more are not buffered\(origin.words)",
                    at: now, &step)
                return nil
            case .bufferOne, .bufferAll:
                startsAfter = previous.id
            case .cancelWaiting:
                cancelWaiting(
                    of: unended.map(\.id), reason: "a newer occurrence took its place (overlap = \"cancel-waiting\")",
                    at: now, &step)
            }
        }
        return recordAdmission(campaign, nominal, origin, startsAfter, at: now, &step)
    }

    /// Why an occurrence of a campaign can not be admitted: its record would be larger than the journal takes.
    private static func oversize(of campaign: Campaign) -> String? {
        let length = campaign.pairs.reduce(0) { length, pair in
            length + pair.dataflow.text.utf8.count + pair.audience.text.utf8.count + DueBounds.pairOverhead
        }
        guard length > DueBounds.occurrenceLength else { return nil }
        return "its \(campaign.pairs.count) activations do not fit into one record of the journal; split the campaign"
    }

    private mutating func recordAdmission(
        _ campaign: Campaign, _ nominal: Instant, _ origin: Origin, _ startsAfter: OccurrenceID?, at now: Moment,
        _ step: inout Step
    ) -> OccurrenceID {
        let isLate = now.wall - nominal > DueBounds.lateness
        let startsAt = nominal + Jitter.delay(of: campaign, nominal: nominal)
        let id = OccurrenceID(state.nextOccurrence)
        let occurrence = Occurrence(
            id: id, campaign: campaign.name, sandbox: campaign.sandbox, nominal: nominal, startsAt: startsAt,
            expiresAt: (isLate ? max(startsAt, now.wall) : startsAt) + campaign.startWithin, admittedAt: now.wall,
            origin: origin, generation: state.generation, isLate: isLate, onDoubt: campaign.onDoubt,
            startsAfter: startsAfter, pairs: systemPairs(of: campaign),
            number: origin.counts ? (state.campaigns[campaign.name]?.fired ?? 0) + 1 : nil)
        record(.occurrenceAdmitted(occurrence), &step)
        finish(campaign, at: now, &step)
        return id
    }

    /// Says it once when a campaign has fired as often as it may.
    mutating func finish(_ campaign: Campaign, at now: Moment, _ step: inout Step) {
        guard isFinished(campaign), let known = state.campaigns[campaign.name], !known.isFinished else { return }
        record(.campaignFinished(campaign: campaign.name, fired: known.fired ?? 0, at: now.wall), &step)
    }

    private mutating func recordOverlap(
        _ campaign: Campaign, _ nominal: Instant, _ previous: OccurrenceID, _ origin: Origin, at now: Moment,
        _ step: inout Step
    ) {
        let detail =
            "occurrence \(previous) had not ended (overlap = \"\(campaign.overlap.rawValue)\")\(origin.words)"
        recordSkip(campaign.name, nominal, nominal, 1, .overlap, detail, at: now, &step)
    }

    mutating func recordSkip(
        _ campaign: CampaignName, _ first: Instant, _ last: Instant, _ count: Int,
        _ reason: SkippedOccurrences.Reason, _ detail: String, at now: Moment, _ step: inout Step
    ) {
        let id = OccurrenceID(state.nextOccurrence)
        record(
            .occurrencesSkipped(
                SkippedOccurrences(
                    id: id, campaign: campaign, first: first, last: last, count: count, reason: reason,
                    detail: detail, at: now.wall, fired: state.campaigns[campaign]?.fired)), &step)
        step.effects.append(
            .notify(
                Notification(
                    kind: .skipped, campaign: campaign, occurrence: id,
                    text: "\(count) occurrence\(count == 1 ? "" : "s") skipped (\(reason.rawValue)): \(detail)",
                    at: now.wall)))
    }
}

extension Origin {
    /// Whether it counts for `max_occurrences`.
    var counts: Bool {
        if case .manual = self { false } else { true }
    }

    /// What is added to a sentence about an occurrence that follows something.
    fileprivate var words: String {
        switch self {
        case .export(let job): ", after export \(job)"
        case .after(let occurrence): ", after occurrence \(occurrence)"
        case .timetable, .manual: ""
        }
    }
}

enum Jitter {
    /// The part of the campaign's jitter that an occurrence waits: a function of campaign and nominal time only, so that
    /// a restart does not move it.
    static func delay(of campaign: Campaign, nominal: Instant) -> Duration {
        let span = campaign.jitter.milliseconds
        guard span > 0 else { return .zero }
        let hash = StableHash.of("\(campaign.name)@\(nominal.milliseconds)")
        return .milliseconds(Int64(hash % UInt64(span + 1)))
    }
}
