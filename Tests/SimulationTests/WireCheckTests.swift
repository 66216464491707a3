import Chronology
import PlatformModel
import SchedulerCore
import Testing

@testable import Simulation

/// Goal: a call is judged when it reaches the wire, and not when it was decided; and none carries what the platform has named.
@Suite struct WireCheckTests {
    private let at = Instant(milliseconds: 1_795_514_400_000)
    private let id = ActivationID(OccurrenceID(1), 1)
    private let rule = "what was judged before a call holds when it reaches the wire"

    private var call: Call {
        Call(
            id: CallID(1), sandbox: SandboxName(Scenario().sandbox), activations: [id],
            pairs: [Pair(dataflow: "flow", audience: "vip")], baselines: [:], exportJob: nil, at: at)
    }

    private func model(mappedBefore seconds: Int64 = 86_400) -> PlatformModel {
        var scenario = Scenario()
        scenario.exports = []
        scenario.flows = [
            .init(
                id: "flow", name: "flow",
                audiences: [.init(id: "vip", name: "vip", mappedAtMilliseconds: -1000 * seconds)])
        ]
        return PlatformModel(scenario: scenario, seed: 1, start: at, runIDs: .counted)
    }

    /// One that was decided at `at` and expires an hour later.
    private var checker: Checker {
        var checker = Checker(truth: PlatformTruth(freshness: .seconds(15), lag: .zero))
        checker.stored(
            [
                .occurrenceAdmitted(
                    Occurrence(
                        id: OccurrenceID(1), campaign: "sale", sandbox: call.sandbox, nominal: at, startsAt: at,
                        expiresAt: at + .seconds(3600), admittedAt: at, origin: .timetable, generation: 1,
                        isLate: false, onDoubt: .retry, startsAfter: nil, pairs: call.pairs)),
                .callIntended(call), .callSending(call: call.id, at: at),
            ], at: at
        ) { _ in nil }
        return checker
    }

    private func findings(_ model: PlatformModel, after seconds: Int64, _ change: (inout Checker) -> Void = { _ in })
        -> [String]
    {
        var checker = checker
        change(&checker)
        let wire = at + .seconds(seconds)
        checker.reachesWire(call, model, at: wire, platformTime: wire)
        return checker.findings.map(\.rule)
    }

    @Test func `a call that is right on the wire breaks nothing`() {
        #expect(findings(model(), after: 1).isEmpty)
    }

    @Test func `a call that comes to the wire after its activation expired`() {
        #expect(findings(model(), after: 3600) == [rule])
    }

    @Test func `a call that comes to the wire in a pause`() {
        let pause = Pause(scope: .all, since: at + .seconds(1), until: nil, actor: "anna", reason: "")
        let found = findings(model(), after: 2) { $0.stored([.paused(pause)], at: at + .seconds(1)) { _ in nil } }
        #expect(found == [rule])
    }

    @Test func `an export that began while the call was getting ready, too late to be known and early enough`() {
        for (begin, expected) in [(10, []), (4, [rule])] as [(Int64, [String])] {
            var model = model()
            let since = at + .seconds(begin)
            let export = model.startExport(at: since, lasting: 600_000)
            let found = findings(model, after: 20) {
                $0.truth.began(export: export, at: since, until: since + .seconds(600))
            }
            #expect(found == expected)
        }
    }

    @Test func `a run of others that is in progress, until a person says that it closes nothing`() {
        var model = model()
        let run = model.startForeignRun("flow", "vip", at: at, lasting: 600_000)
        #expect(findings(model, after: 60) == [rule])
        let found = findings(model, after: 60) { checker in
            checker.stored([.runDisregarded(run: RunID(run), actor: "anna", at: at)], at: at) { _ in nil }
        }
        #expect(found.isEmpty)
    }

    @Test func `a dataflow that somebody disabled, and a sandbox that does not have it`() {
        var model = model()
        model.edit(FlowEdit(flow: "flow", state: "disabled"), at: at)
        #expect(findings(model, after: 60) == [rule])
        var other = Scenario()
        other.flows = []
        #expect(findings(PlatformModel(scenario: other, seed: 1, start: at, runIDs: .counted), after: 1) == [rule])
    }

    @Test func `a call that carries an activation whose run the platform has named`() {
        var checker = checker
        checker.leaves(call, at: at, platformTime: at)
        checker.handsOut(call)
        var ledger = Ledger()
        ledger.acceptances = [.init(atMilliseconds: 0, dataflow: "flow", audience: "vip", run: "run-1")]
        checker.look(at: ledger, start: at, after: call, at: at) { _ in nil }
        let refusal = CallRefusal.alreadyRunning(call.pairs[0], "run-1", detail: "")
        checker.hears(.callAnswered(call.id, .refused(refusal)), at: at)
        checker.stored(
            [
                .callAnswered(call: call.id, outcome: "", at: at),
                .activationReturned(
                    activation: id, reason: "", notBefore: nil, attemptCounts: false, packLimit: nil),
            ], at: at
        ) { _ in nil }
        var again = call
        again.id = CallID(2)
        checker.stored([.callIntended(again), .callSending(call: again.id, at: at)], at: at) { _ in nil }
        checker.leaves(again, at: at, platformTime: at)
        #expect(checker.findings.map(\.rule) == ["nothing is sent again once its run was named"])
    }
}
