import Chronology
import PlatformModel
import SchedulerCore
import Testing

@testable import Simulation

/// Goal: a record that finds what it may not find is seen, whatever the fold makes of it.
@Suite struct PhaseCheckTests {
    private let at = Instant(milliseconds: 1_795_514_400_000)
    private let id = ActivationID(OccurrenceID(1), 1)

    private var admission: Record {
        .occurrenceAdmitted(
            Occurrence(
                id: OccurrenceID(1), campaign: "sale", sandbox: "prod", nominal: at, startsAt: at,
                expiresAt: at + .seconds(3600), admittedAt: at, origin: .timetable, generation: 1, isLate: false,
                onDoubt: .retry, startsAfter: nil, pairs: [Pair(dataflow: "flow", audience: "vip")]))
    }

    private var call: Record {
        .callIntended(
            Call(
                id: CallID(1), sandbox: "prod", activations: [id], pairs: [Pair(dataflow: "flow", audience: "vip")],
                baselines: [:], exportJob: nil, at: at))
    }

    private func ended(_ result: ActivationOutcome.Result, _ run: RunID? = nil) -> Record {
        .activationEnded(activation: id, outcome: ActivationOutcome(result: result, run: run), at: at)
    }

    private func wrong(_ records: Record...) -> [String] {
        var check = PhaseCheck()
        return ([admission] + records).compactMap { check.take($0) }
    }

    @Test func `a usual life breaks nothing`() {
        #expect(
            wrong(
                call, .callSending(call: CallID(1), at: at), .callAnswered(call: CallID(1), outcome: "", at: at),
                .activationRunning(activation: id, run: "run-1", adopted: false, at: at),
                .runLate(activation: id, run: "run-1", at: at), ended(.succeeded, "run-1"),
                .occurrenceEnded(occurrence: OccurrenceID(1), outcome: .succeeded, at: at)
            ).isEmpty)
    }

    @Test func `what is on the wire is not cancelled`() {
        #expect(wrong(call, .callSending(call: CallID(1), at: at), ended(.cancelled)).count == 1)
    }

    @Test func `what has ended does not run`() {
        #expect(
            wrong(ended(.expired), .activationRunning(activation: id, run: "run-1", adopted: true, at: at)).count == 1)
    }

    @Test func `a call that may have been sent is not withdrawn`() {
        #expect(
            wrong(call, .callSending(call: CallID(1), at: at), .callWithdrawn(call: CallID(1), reason: "")).count == 1)
    }

    @Test func `what was set aside goes on by a person's order only`() {
        let aside = Record.activationQuarantined(activation: id, reason: "", holdsLane: false, at: at)
        let back = Record.activationReturned(
            activation: id, reason: "", notBefore: nil, attemptCounts: true, packLimit: nil)
        let order = Record.activationResolved(activation: id, resolution: .retry, actor: "anna", at: at)
        #expect(wrong(aside, back).count == 1)
        #expect(wrong(aside, order, back).isEmpty)
    }

    @Test func `an occurrence does not end while something of it waits`() {
        #expect(wrong(.occurrenceEnded(occurrence: OccurrenceID(1), outcome: .failed, at: at)).count == 1)
    }
}

/// Goal: people are told of what needs them, and of nothing else.
@Suite struct NoticeCheckTests {
    private let at = Instant(milliseconds: 1_795_514_400_000)
    private let id = ActivationID(OccurrenceID(1), 1)

    private var quarantine: Record {
        .activationQuarantined(activation: id, reason: "", holdsLane: false, at: at)
    }

    private func notification(_ kind: NotificationKind, _ id: ActivationID? = nil) -> SchedulerCore.Notification {
        SchedulerCore.Notification(kind: kind, occurrence: id?.occurrence, activation: id, text: "", at: at)
    }

    @Test func `a quarantine that nobody is told of, and one that somebody is`() {
        var check = NoticeCheck()
        check.take(quarantine, at: at)
        var other = check
        #expect(check.settle(at: at) != nil)
        #expect(other.told(notification(.quarantined, id), at: at) == nil)
        #expect(other.settle(at: at) == nil)
    }

    @Test func `what is told has happened`() {
        var check = NoticeCheck()
        #expect(check.told(notification(.expired, id), at: at) != nil)
    }

    @Test func `nobody is called at the first refusal, and somebody is after a minute of them`() {
        var check = NoticeCheck()
        let refusal = Event.runsAnswered(AskID(1), .failure(.credentials(detail: "")))
        check.hears(refusal, in: "prod", at: at)
        #expect(check.told(notification(.credentials), at: at + .seconds(58)) != nil)
        check.hears(refusal, in: "prod", at: at + .seconds(60))
        #expect(check.told(notification(.credentials), at: at + .seconds(60)) == nil)
        check.hears(
            .runsAnswered(AskID(2), .success(RunListing(runs: [], isTruncated: false))), in: "prod",
            at: at + .seconds(61))
        #expect(check.told(notification(.credentials), at: at + .seconds(200)) != nil)
    }

    @Test func `an hour of refusals that nobody is told of`() {
        var check = NoticeCheck()
        for minute in 0..<70 {
            check.hears(
                .runsAnswered(AskID(1), .failure(.credentials(detail: ""))), in: "prod",
                at: at + .seconds(Int64(minute) * 60))
        }
        #expect(check.settle(at: at + .seconds(4200)) != nil)
        _ = check.told(notification(.credentials), at: at + .seconds(4200))
        #expect(check.settle(at: at + .seconds(4200)) == nil)
    }
}

/// Goal: the arithmetic of blackouts agrees with the calendar's code, which it does not use.
@Suite struct QuietSpanTests {
    @Test func `a nightly blackout begins with its hour and ends with its length`() throws {
        let timetable = Timetable(
            schedule: .calendar(try CalendarExpression(parsing: "*-*-* 23:00")), zone: .utc, text: "*-*-* 23:00")
        let blackout = Blackout(name: "night", span: .repeating(timetable, length: .seconds(5400)))
        let span = try #require(QuietSpan(blackout))
        // 24 November 2026, 10:00 UTC.
        let at = Instant(milliseconds: 1_795_514_400_000)
        for minute in 0..<2000 {
            let instant = at + .seconds(Int64(minute) * 60)
            #expect(span.covers(instant) == (blackout.end(at: instant) != nil), "\(instant.rfc3339)")
        }
    }
}
