// Whether the clock can be believed. One that ran ahead for a while has decided times that were to come, and they stay decided
// when it is set right: a schedule is then silent until its mark. That is said here, and what a person orders about it is done
// here. Begin at `watchClock`.
//
// A clock that is not synchronised at the start is waited for, within bounds: nothing falls due meanwhile.

package import Chronology

extension Moment {
    /// By how much wall time is ahead of monotonic time, in milliseconds: it changes when the clock is set.
    var offset: Int64 { wall.milliseconds - monotonic.milliseconds }
}

enum ClockWatchBounds {
    /// A clock may be corrected by so much, and a mark may lie ahead by so much, without a word.
    static let tolerance = Duration.seconds(60)
    /// A clock that is not synchronised a day after the start is what this host has.
    static let mistrust = Duration.seconds(86_400)
    /// From the end of the wait to the decision.
    static let slack = Duration.seconds(1)
}

/// Campaigns whose high-water marks lie ahead of the clock, and that are silent because of it.
package struct MarksAhead: Equatable, Sendable {
    /// How many.
    package var count: Int
    /// The one whose mark lies furthest ahead, and that mark.
    package var furthest: CampaignName
    package var until: Instant

    package init(count: Int, furthest: CampaignName, until: Instant) {
        self.count = count
        self.furthest = furthest
        self.until = until
    }

    package var words: String {
        let who = count == 1 ? "\(furthest) is" : "\(count) campaigns, \(furthest) among them, are"
        return "\(who) decided up to \(until.rfc3339), which the clock has not come to, and nothing falls due before"
    }
}

/// What is known of the host's clock. Volatile.
struct ClockWatch: Equatable, Sendable {
    /// What the host says of it.
    var isSynchronised = true
    var startedAt: Monotonic?
    /// Nothing falls due before, unless the clock is synchronised earlier.
    var waitsUntil: Monotonic?
    /// Campaigns that were taken into use while it was not synchronised: they count from what it said then.
    var anchored: [CampaignName] = []
    /// Wall time less monotonic time then, in milliseconds.
    var anchoredOffset: Int64?
    /// Somebody was told that it is not synchronised.
    var isTold = false
    var ahead: MarksAhead?
    /// The largest that wall time less monotonic time has been since the marks were looked at, in milliseconds.
    var offset: Int64?
}

extension Scheduler {
    /// Nil while nothing is known against the clock.
    package func marksAhead(at now: Moment) -> MarksAhead? {
        clockWatch.ahead.flatMap { now.wall < $0.until ? $0 : nil }
    }

    /// Until when nothing falls due because the clock is not synchronised.
    package func clockWait(at now: Moment) -> Instant? {
        guard let until = clockWatch.waitsUntil, now.monotonic < until else { return nil }
        return now.wall + (until - now.monotonic)
    }

    package var isClockSynchronised: Bool { clockWatch.isSynchronised }

    /// Whether what depends on how old something is, and can not be taken back, had better wait.
    package func isClockDoubtful(at now: Moment) -> Bool {
        if marksAhead(at: now) != nil { return true }
        guard !clockWatch.isSynchronised else { return false }
        return clockWatch.startedAt.map { now.monotonic - $0 < ClockWatchBounds.mistrust } ?? true
    }

    /// What the host says of its clock.
    mutating func takeClock(isSynchronised: Bool, at now: Moment, _ step: inout Step) {
        clockWatch.isSynchronised = isSynchronised
        guard isSynchronised, clockWatch.waitsUntil != nil else { return }
        clockWatch.waitsUntil = now.monotonic
        moveAnchors(at: now, &step)
    }

    mutating func beginClockWait(at now: Moment) {
        clockWatch.startedAt = now.monotonic
        guard !clockWatch.isSynchronised else { return }
        clockWatch.waitsUntil = now.monotonic + configuration.limits.clockWait
    }

    /// How long what falls due was held up by the wait for the clock; nil while it is.
    mutating func heldUpByClock(at now: Moment) -> Duration? {
        guard let until = clockWatch.waitsUntil else { return .zero }
        guard now.monotonic >= until else {
            wake.at(until)
            return nil
        }
        clockWatch.waitsUntil = nil
        clockWatch.anchoredOffset = nil
        return clockWatch.startedAt.map { now.monotonic - $0 + ClockWatchBounds.slack } ?? .zero
    }

    /// Says it when the clock is not synchronised although it was waited for, and when marks lie ahead of it.
    mutating func watchClock(at now: Moment, looks: Bool, _ step: inout Step) {
        if !clockWatch.isSynchronised, clockWatch.waitsUntil == nil, !clockWatch.isTold {
            clockWatch.isTold = true
            tellClock(
                "the clock of this host is not synchronised: times are kept by it all the same, and may be wrong",
                at: now,
                &step)
        }
        let offset = now.offset
        let highest = max(clockWatch.offset ?? offset, offset)
        let wasSetBack = highest - offset > ClockWatchBounds.tolerance.milliseconds
        clockWatch.offset = wasSetBack ? offset : highest
        guard looks || wasSetBack else { return }
        let before = marksAhead(at: now)
        clockWatch.ahead = findMarksAhead(at: now)
        guard let ahead = clockWatch.ahead, ahead != before else { return }
        tellClock(
            "\(ahead.words). If the clock was wrong then, activationctl recount lets what was not fired fall due",
            at: now,
            &step)
    }

    private func tellClock(_ text: String, at now: Moment, _ step: inout Step) {
        step.effects.append(.notify(Notification(kind: .clock, text: text, at: now.wall)))
    }

    /// Only campaigns that would be due by now or later, up to their mark.
    private func findMarksAhead(at now: Moment) -> MarksAhead? {
        var found: MarksAhead?
        for name in state.campaigns.keys {
            guard let mark = state.campaigns[name]?.highWater, mark > now.wall + ClockWatchBounds.tolerance,
                let campaign = configuration.campaigns[name], campaign.isEnabled, !isFinished(campaign),
                case .timetable(let timetable) = campaign.trigger, let next = timetable.next(after: now.wall),
                next <= mark
            else { continue }
            var ahead = found ?? MarksAhead(count: 0, furthest: name, until: mark)
            ahead.count += 1
            if (mark, name) > (ahead.until, ahead.furthest) { (ahead.until, ahead.furthest) = (mark, name) }
            found = ahead
        }
        return found
    }

    // MARK: Recounting

    /// Sets the marks that lie ahead back to now. What was admitted by then stays admitted: the journal knows it.
    mutating func recount(
        _ scope: PauseScope, actor: String, at now: Moment, _ step: inout Step
    ) -> CommandReply {
        if case .campaign(let name) = scope, configuration.campaigns[name] == nil {
            return .refused("no campaign is called \"\(name)\"; see activationctl campaigns")
        }
        let count = state.marks(in: scope, after: now.wall)
        guard count > 0 else {
            return .refused("nothing is decided beyond the clock, which says \(now.wall.rfc3339)")
        }
        record(.marksSetBack(scope: scope, actor: actor, at: now.wall), &step)
        planDue()
        clockWatch.ahead = findMarksAhead(at: now)
        return .done(
            "\(count) campaign\(count == 1 ? " counts" : "s count") from \(now.wall.rfc3339) again; what was fired is not fired "
                + "once more", occurrence: nil)
    }
}

extension State {
    /// How many high-water marks lie behind an instant, those of removed campaigns included.
    func marks(in scope: PauseScope, after instant: Instant) -> Int {
        names(in: scope).count { campaigns[$0]?.highWater ?? removedMarks?[$0] ?? instant > instant }
    }

    mutating func setMarksBack(in scope: PauseScope, to instant: Instant) {
        for name in names(in: scope) {
            if let mark = campaigns[name]?.highWater, mark > instant { campaigns[name]?.highWater = instant }
            if let mark = removedMarks?[name], mark > instant { removedMarks?[name] = instant }
        }
    }

    private func names(in scope: PauseScope) -> [CampaignName] {
        switch scope {
        case .all: Array(campaigns.keys) + (removedMarks.map { Array($0.keys) } ?? [])
        case .campaign(let name): [name]
        }
    }
}
