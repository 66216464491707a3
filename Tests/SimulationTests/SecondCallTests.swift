import Chronology
import PlatformModel
import SchedulerCore
import Testing

@testable import Simulation

/// Goal: what has to be true before an activation is called again, and what a refusal may cost it, is judged by the records.
@Suite struct SecondCallTests {
    private let at = Instant(milliseconds: 1_795_514_400_000)
    private let first = ActivationID(OccurrenceID(1), 1)
    private let second = ActivationID(OccurrenceID(1), 2)
    private let pairs = [Pair(dataflow: "flow", audience: "vip"), Pair(dataflow: "flow", audience: "all")]

    private func call(_ number: Int, _ positions: Int...) -> Call {
        Call(
            id: CallID(number), sandbox: "prod", activations: positions.map { [first, second][$0] },
            pairs: positions.map { pairs[$0] }, baselines: [:], exportJob: nil, at: at)
    }

    private var admission: Record {
        .occurrenceAdmitted(
            Occurrence(
                id: OccurrenceID(1), campaign: "sale", sandbox: "prod", nominal: at, startsAt: at,
                expiresAt: at + .seconds(3600), admittedAt: at, origin: .timetable, generation: 1, isLate: false,
                onDoubt: .retry, startsAfter: nil, pairs: pairs))
    }

    private func doubt(_ id: ActivationID) -> Record {
        .activationInDoubt(activation: id, call: CallID(1), reason: "", at: at)
    }

    private func running(_ id: ActivationID) -> Record {
        .activationRunning(activation: id, run: "run-1", adopted: true, at: at)
    }

    private func returned(_ id: ActivationID, counts: Bool = false) -> Record {
        .activationReturned(activation: id, reason: "", notBefore: nil, attemptCounts: counts, packLimit: nil)
    }

    private func resolved(_ id: ActivationID) -> Record {
        .activationResolved(activation: id, resolution: .retry, actor: "anna", at: at)
    }

    private func answered(_ number: Int) -> Record { .callAnswered(call: CallID(number), outcome: "", at: at) }

    // MARK: A call that took effect for another pair

    private func effects(_ records: Record...) -> [String] {
        var check = EffectCheck()
        return records.compactMap { check.take($0, isAnswer: true) }
    }

    @Test func `what a call took effect for others of is not sent again`() {
        let before = [doubt(first), doubt(second), running(first)]
        #expect(effects(before[0], before[1], before[2], .callIntended(call(2, 1))).count == 1)
        #expect(effects(before[0], before[1], before[2], resolved(second), .callIntended(call(2, 1))).isEmpty)
        // The call was answered after all, as refused: it may have taken effect for one of them.
        #expect(effects(before[0], before[1], before[2], answered(1), .callIntended(call(2, 1))).isEmpty)
    }

    @Test func `what shows after an absence came too late for it`() {
        #expect(
            effects(
                doubt(first), doubt(second), returned(second), running(first), .callIntended(call(2, 1))
            ).isEmpty)
        #expect(
            effects(
                doubt(first), doubt(second), running(first), returned(second), .callIntended(call(2, 1))
            ).count == 1)
    }

    @Test func `a run of the second call says nothing of the first one`() {
        #expect(
            effects(
                doubt(first), doubt(second), .callIntended(call(2, 0)), running(first), .callIntended(call(3, 1))
            ).isEmpty)
    }

    // MARK: One more look

    /// What is wrong with a second call, after an absence and some listings that were asked for.
    private func looks(_ events: (inout LookCheck) -> Void) -> String? {
        var (check, state) = (LookCheck(), State())
        for record in [admission, .callIntended(call(1, 0)), answered(1), doubt(first), returned(first)] {
            if case .activationReturned = record { look(&check, 1) }
            // "No usable answer" is recorded as well.
            check.take(record, state, isAnswer: false)
            state.apply(record)
        }
        events(&check)
        return check.look(atLeaving: call(2, 0))
    }

    private func look(_ check: inout LookCheck, _ number: Int, isAnswered: Bool = true) {
        check.asks(.askRuns(AskID(number), "prod", ["flow"], RunListingDepth(since: at)))
        if isAnswered {
            check.hears(.runsAnswered(AskID(number), .success(RunListing(runs: [], isTruncated: false))))
        }
    }

    @Test func `an absence is looked at once more before the second call`() {
        #expect(looks { _ in } != nil, "the look by which it is absent is no further one")
        #expect(looks { look(&$0, 2, isAnswered: false) } != nil)
        #expect(looks { look(&$0, 2) } == nil)
    }

    // MARK: What passes

    private func patience(
        _ answer: CallAnswer, mappedFor age: Duration? = nil, then record: Record
    ) -> String? {
        var (check, state) = (PatienceCheck(), State())
        check.hears(CallID(1), answer)
        let records = [
            admission, .callIntended(call(1, 0)), .callSending(call: CallID(1), at: at), answered(1), record,
        ]
        for record in records {
            if let wrong = check.take(record, state, mappedFor: { _, _ in age }) { return wrong }
            state.apply(record)
        }
        return nil
    }

    @Test func `what passes by itself costs no attempt`() {
        let passing: [CallAnswer] = [
            .throttled(retryAfter: nil, detail: ""), .notSent(detail: ""), .refused(.notReady(after: nil, detail: "")),
            .refused(.unauthorized(detail: "")), .refused(.forbidden(detail: "")),
        ]
        for answer in passing {
            #expect(patience(answer, then: returned(first, counts: true)) != nil, "\(answer)")
            #expect(patience(answer, then: returned(first)) == nil, "\(answer)")
            let quarantine = Record.activationQuarantined(activation: first, reason: "", holdsLane: false, at: at)
            #expect(patience(answer, then: quarantine) != nil, "\(answer)")
        }
        #expect(patience(.refused(.other(status: 422, detail: "")), then: returned(first, counts: true)) == nil)
    }

    @Test func `a mapping of the last hour that is not found costs no attempt`() {
        let missing = CallAnswer.refused(.other(status: 404, detail: ""))
        #expect(patience(missing, mappedFor: .seconds(1800), then: returned(first, counts: true)) != nil)
        #expect(patience(missing, mappedFor: .seconds(3600), then: returned(first, counts: true)) == nil)
        #expect(patience(missing, then: returned(first, counts: true)) == nil)
    }

    @Test func `one pair does not fail because it is too many`() {
        let failed = Record.activationEnded(
            activation: first, outcome: ActivationOutcome(result: .failed, run: nil), at: at)
        #expect(patience(.refused(.tooLarge(detail: "")), then: failed) != nil)
        #expect(patience(.refused(.other(status: 422, detail: "")), then: failed) == nil)
    }
}
