import Chronology
import PlatformModel
import Testing

/// Goal: calls are refused as platforms were seen to refuse them, and the ledger tells what was accepted all the same.
@Suite struct RefusalTests {
    private let flows = "/data/foundation/flowservice/flows"

    private func accepted(_ bench: Bench) -> [String: Int] {
        Dictionary(uniqueKeysWithValues: bench.model.ledger.deliveries.map { ($0.audience, $0.accepted) })
    }

    @Test func `a call that names a pair twice breaks a rule, and is one delivery`() {
        var bench = Bench()
        let answer = bench.call("flow-1", ["a1", "a2", "a1"])
        #expect(answer.status == 200 && text(answer).components(of: "statusURL") == 2)
        #expect(bench.model.runs.count == 2)
        #expect(bench.rules == [.audienceInFlight])
        #expect(bench.model.ledger.violations[0].detail == "one call names a1 for flow-1 twice")
        #expect(accepted(bench) == ["a1": 1, "a2": 1])
    }

    @Test func `a refused call takes effect for its other pairs, where the platform is like that`() {
        for percent in [0, 100] {
            var bench = Bench { $0.quirks.partialPercent = percent }
            let refused = bench.call("flow-1", ["a1", "nobody", "a2"])
            #expect(refused.status == 400 && text(refused).contains("Segments nobody are not part"))
            #expect(accepted(bench) == (percent == 0 ? [:] : ["a1": 1, "a2": 1]))
            #expect(bench.model.ledger.calls == (percent == 0 ? [] : [2]))
            let again = bench.call("flow-1", ["a1"])
            #expect(again.status == (percent == 0 ? 200 : 400), "its run is going on")
        }
    }

    @Test func `nothing of a call takes effect that is refused as a whole`() {
        var bench = Bench { $0.quirks.partialPercent = 100 }
        bench.model.startExport(at: start, lasting: 60_000)
        #expect(bench.call("flow-1", ["a1", "nobody"]).status == 400)
        #expect(bench.model.runs.isEmpty)
    }

    @Test(arguments: Quirks.Oversized.allCases)
    func `81 pairs break a rule, whatever becomes of them`(oversized: Quirks.Oversized) {
        var bench = Bench { $0.quirks.oversized = oversized }
        let answer = bench.call("flow-1", (1...81).map { "a\($0)" })
        #expect(bench.rules == [.tooManyPairs])
        switch oversized {
        case .sentence: #expect(text(answer).contains("maximum of 80"))
        case .unknownText: #expect(text(answer) == #"{"message":"The order was not processed"}"#)
        case .failingRuns:
            #expect(answer.status == 200)
            bench.pass(61)
            let ledger = bench.model.settledLedger(at: bench.now)
            #expect(ledger.deliveries.count == 81 && ledger.deliveries.allSatisfy { $0.failed == 1 })
        }
    }

    @Test(arguments: Quirks.Unsettled.allCases)
    func `a mapping that is not settled breaks a rule, and is answered in one of four ways`(unsettled: Quirks.Unsettled)
    {
        var bench = Bench { scenario in
            scenario.firstActivationWindowMilliseconds = 3_600_000
            scenario.flows[0].audiences[0].mappedAtMilliseconds = -3_599_999
            scenario.quirks.unsettled = unsettled
        }
        let answer = bench.call("flow-1", ["a1"])
        #expect(bench.rules == [.insideWindow])
        switch unsettled {
        case .outOfRange: #expect(answer.status == 400 && text(answer).contains("out of schedule range!"))
        case .notFound: #expect(answer.status == 404)
        case .notReady: #expect(answer.status == 400 && text(answer).contains("please wait for 10 minutes and retry"))
        case .emptyRun:
            #expect(answer.status == 200)
            bench.pass(61)
            #expect(bench.runs().contains(#""outputRecordCount":0"#))
        }
        var settled = Bench { scenario in
            scenario.firstActivationWindowMilliseconds = 3_600_000
            scenario.flows[0].audiences[0].mappedAtMilliseconds = -3_600_000
            scenario.quirks.unsettled = unsettled
        }
        #expect(settled.call("flow-1", ["a1"]).status == 200)
        #expect(settled.rules.isEmpty)
    }

    @Test(arguments: [
        (Quirks.Wording.current, "Run already going on for audience a1 for order flow-1 with run id "),
        (.older, "Run already going on for segment a1 for order flow-1 with run id "),
        (.prefixed, "Invalid parameter: Run already going on for audience a1 for order flow-1 with run id "),
        (.loose, "Run already going on for audiences a1 for dataflow flow-1 with run id "),
    ])
    func `a refusal has the words of its time`(wording: Quirks.Wording, words: String) {
        var bench = Bench { $0.quirks.wording = wording }
        _ = bench.call("flow-1", ["a1"])
        #expect(text(bench.call("flow-1", ["a1"])) == #"{"message":"\#(words)\#(bench.model.runs[0].id)"}"#)
        let unmapped = text(bench.call("flow-1", ["nobody"]))
        #expect(unmapped.contains(wording == .older ? "Audiences nobody are" : "Segments nobody are"))
        #expect(unmapped.contains("Invalid parameter: ") == (wording == .prefixed))
    }

    @Test(arguments: [(Quirks.Busy.others, [Ledger.Rule]()), (.any, [.dataflowBusy]), (.audience, [])])
    func `our own run makes its dataflow busy where any run does`(busy: Quirks.Busy, rules: [Ledger.Rule]) {
        var bench = Bench { $0.quirks.busy = busy }
        #expect(bench.call("flow-1", ["a1", "a2"]).status == 200)
        #expect(bench.rules.isEmpty, "one call, whatever its pairs")
        #expect(bench.call("flow-1", ["a3"]).status == 200)
        #expect(bench.rules == rules)
    }

    @Test func `a run of others for another audience is no reason to wait where only the same audience is`() {
        var bench = Bench { $0.quirks.busy = .audience }
        bench.model.startForeignRun("flow-1", "a9", at: start, lasting: nil)
        #expect(bench.call("flow-1", ["a1"]).status == 200)
        #expect(bench.rules.isEmpty)
        #expect(bench.call("flow-1", ["a9"]).status == 400)
        #expect(bench.rules == [.dataflowBusy])
    }

    @Test func `a token that is over is refused with 401, or with 403`() {
        for (manner, status) in [(Quirks.DeadToken.unauthorized, 401), (.forbidden, 403)] {
            var bench = Bench { scenario in
                scenario.tokenLifetimeMilliseconds = 1000
                scenario.quirks.deadToken = manner
            }
            #expect(bench.get(flows).status == 200)
            bench.pass(1)
            #expect(bench.get(flows).status == status)
            bench.signIn()
            #expect(bench.get(flows).status == 200)
        }
    }

    // MARK: What a scenario asks for

    @Test(arguments: Scenario.Refusal.Kind.allCases)
    func `a refusal that is asked for hits once, and nothing happens behind it`(kind: Scenario.Refusal.Kind) {
        var bench = Bench { $0.refusals = [.init(request: "adhocrun", kind: kind, number: 1)] }
        let refused = bench.call("flow-1", ["a1"])
        #expect(refused.status >= 400)
        #expect(bench.model.runs.isEmpty && bench.rules.isEmpty)
        #expect(bench.call("flow-1", ["a1"]).status == 200)
    }

    @Test(arguments: [
        (Scenario.Refusal.RetryAfter.seconds, "300"), (.unit, "300s"), (.date, "Tue, 24 Nov 2026 10:05:00 GMT"),
    ])
    func `Retry-After is a number, a number with a unit, or a date`(
        form: Scenario.Refusal.RetryAfter, shown: String
    ) {
        var bench = Bench { scenario in
            scenario.refusals = [
                .init(request: "flows", kind: .throttledEmpty, retryAfter: form, retryAfterSeconds: 300)
            ]
        }
        #expect(bench.get(flows).headers["Retry-After"] == shown)
        bench.model.heal(at: bench.now)
        #expect(bench.get(flows).headers["Retry-After"] == nil)
    }

    @Test func `a right may be missing in one sandbox, or for one kind of request, and until somebody grants it`() {
        var bench = Bench { scenario in
            scenario.flows.append(.init(id: "flow-3", name: "Three", audiences: [], sandbox: "dev"))
            scenario.refusals = [
                .init(request: "*", kind: .permissionMissing, sandbox: "dev", untilMilliseconds: 5000),
                .init(request: "exports", kind: .profileForbidden),
            ]
        }
        #expect(bench.get(flows).status == 200)
        #expect(bench.get(flows, sandbox: "dev").status == 403)
        #expect(bench.get("/data/core/ups/export/jobs").status == 403)
        bench.pass(5)
        #expect(bench.get(flows, sandbox: "dev").status == 200)
    }

    @Test func `a call may be refused and take effect`() {
        var bench = Bench { scenario in
            scenario.refusals = [.init(request: "adhocrun", kind: .throttledEmpty, takesEffect: true)]
        }
        #expect(bench.call("flow-1", ["a1"]).status == 429)
        #expect(accepted(bench) == ["a1": 1])
    }

    @Test func `a refusal that is added later counts from then on`() {
        var bench = Bench()
        _ = bench.get(flows)
        bench.model.add(.init(request: "flows", kind: .keyUnread, number: 2))
        #expect(bench.get(flows).status == 200)
        #expect(bench.get(flows).status == 503)
        #expect(bench.get(flows).status == 200)
    }

    @Test func `the ledger says in words what each rule is`() {
        for rule in Ledger.Rule.allCases { #expect(rule.words.split(separator: " ").count > 3, "\(rule)") }
    }

    @Test func `the ledger tells each acceptance with its run and moment`() {
        var bench = Bench()
        bench.pass(2)
        _ = bench.call("flow-1", ["a1", "a2"])
        let runs = bench.model.runs.map(\.id)
        #expect(
            bench.model.ledger.acceptances == [
                .init(atMilliseconds: 2000, dataflow: "flow-1", audience: "a1", run: runs[0]),
                .init(atMilliseconds: 2000, dataflow: "flow-1", audience: "a2", run: runs[1]),
            ])
    }
}
