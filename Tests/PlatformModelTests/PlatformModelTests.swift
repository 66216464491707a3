import Chronology
import PlatformModel
import Testing

let start = Instant(milliseconds: 1_795_514_400_000)
let adhocrun = "/data/core/activation/disflowprovider/adhocrun"

/// A model and a client that knows its manners.
struct Bench {
    var model: PlatformModel
    var now = start
    var token = ""

    init(seed: UInt64 = 1, _ change: (inout Scenario) -> Void = { _ in }) {
        var scenario = Scenario()
        scenario.flows = [
            .init(id: "flow-1", name: "One", audiences: (1...100).map { .init(id: "a\($0)", name: "Audience \($0)") }),
            .init(id: "flow-2", name: "Two", audiences: [.init(id: "a1", name: "Audience 1")]),
        ]
        change(&scenario)
        model = PlatformModel(scenario: scenario, seed: seed, start: start)
    }

    mutating func signIn() {
        let form =
            "grant_type=client_credentials&client_id=0123456789abcdef&client_secret=simulated-secret&scope=openid"
        let answer = model.handle(
            WireRequest(method: "POST", target: "/ims/token/v3", body: Array(form.utf8)), at: now)
        token = text(answer).split(separator: "\"")[3].description
    }

    var headers: [String: String] {
        [
            "authorization": "Bearer \(token)", "x-api-key": "0123456789abcdef",
            "x-gw-ims-org-id": "5555467B5D8013E50A494220@AdobeOrg", "x-sandbox-name": "prod",
        ]
    }

    mutating func get(_ target: String, sandbox: String = "prod") -> WireAnswer {
        if token.isEmpty { signIn() }
        var headers = headers
        headers["x-sandbox-name"] = sandbox
        return model.handle(WireRequest(method: "GET", target: target, headers: headers), at: now)
    }

    mutating func call(
        _ flow: String, _ audiences: [String], exports: String? = nil, sandbox: String = "prod"
    ) -> WireAnswer {
        if token.isEmpty { signIn() }
        let list = audiences.map { "\"\($0)\"" }.joined(separator: ",")
        let version1 = exports.map { ",\"exportIds\":[\"\($0)\"]" } ?? ""
        var headers = headers
        headers["content-type"] = "application/json"
        headers["x-sandbox-name"] = sandbox
        if exports == nil { headers["accept"] = "application/vnd.adobe.adhoc.activation+json; version=2" }
        return model.handle(
            WireRequest(
                method: "POST", target: adhocrun, headers: headers,
                body: Array("{\"activationInfo\":{\"\(flow)\":[\(list)]}\(version1)}".utf8)), at: now)
    }

    /// The runs of a dataflow, as a listing of 100 shows them.
    mutating func runs(_ flow: String = "flow-1", and more: String = "") -> String {
        text(get("/data/foundation/flowservice/runs?property=flowId%3D%3D\(flow)\(more)&limit=100"))
    }

    mutating func exportJobs(_ more: String = "") -> String {
        text(get("/data/core/ups/export/jobs?limit=100\(more)"))
    }

    mutating func pass(_ seconds: Int) { now = now + .seconds(seconds) }

    var rules: [Ledger.Rule] { model.ledger.violations.map(\.rule) }
}

func text(_ answer: WireAnswer) -> String { String(decoding: answer.body, as: UTF8.self) }

/// Goal: the simulated platform refuses what Adobe's documents forbid, and its ledger names every broken rule.
@Suite struct PlatformModelTests {
    @Test func `a call by the rules is accepted and breaks none`() {
        var bench = Bench()
        let answer = bench.call("flow-1", ["a1", "a2"])
        #expect(answer.status == 200)
        #expect(text(answer).contains("flowservice/runs/"))
        bench.now = bench.now + .seconds(61)
        let ledger = bench.model.settledLedger(at: bench.now)
        #expect(ledger.violations.isEmpty)
        #expect(ledger.deliveries.map(\.succeeded) == [1, 1])
        #expect(ledger.calls == [2])
    }

    // The prose limits audiences, the refusal and the examples limit pairs: platforms of both kinds.
    @Test(arguments: Quirks.Concurrency.allCases)
    func `a second call for a pair names the run that is going on, one on another dataflow where audiences are limited`(
        concurrency: Quirks.Concurrency
    ) {
        var bench = Bench { $0.quirks.concurrency = concurrency }
        #expect(bench.call("flow-1", ["a1"]).status == 200)
        let run = bench.model.runs[0].id
        let again = bench.call("flow-1", ["a1"])
        #expect(again.status == 400)
        #expect(text(again).contains("Run already going on for audience a1 for order flow-1 with run id \(run)"))
        #expect(bench.rules == [.audienceInFlight])
        let elsewhere = bench.call("flow-2", ["a1"])
        #expect(elsewhere.status == (concurrency == .audience ? 400 : 200))
        #expect(bench.rules.count == (concurrency == .audience ? 2 : 1))
    }

    @Test func `more than eighty pairs, a running export and an open window break a rule each`() {
        var bench = Bench { scenario in
            scenario.exports = [.init(startMilliseconds: -1000, durationMilliseconds: 10_000)]
            scenario.flows[0].audiences[0].mappedAtMilliseconds = -1000
        }
        #expect(bench.call("flow-1", (1...81).map { "a\($0)" }).status == 400)
        #expect(Set(bench.rules) == [.tooManyPairs, .duringExport, .insideWindow])
        #expect(bench.model.ledger.calls.isEmpty)
    }

    @Test func `one pair that is not mapped refuses the whole call by its name`() {
        var bench = Bench()
        let answer = bench.call("flow-2", ["a1", "a2"])
        #expect(text(answer).contains("Segments a2 are not part of this dataflow or out of schedule range!"))
        #expect(bench.model.ledger.deliveries.isEmpty)
    }

    @Test func `version 1 wants the newest finished export`() {
        var bench = Bench { $0.exports = [.init(startMilliseconds: -9000, durationMilliseconds: 1000)] }
        #expect(bench.call("flow-1", ["a1"], exports: "4710").status == 400)
        #expect(bench.call("flow-1", ["a1"], exports: "4711").status == 200)
    }

    @Test(arguments: [
        ("authorization", 403), ("x-api-key", 403), ("x-gw-ims-org-id", 400), ("x-sandbox-name", 400),
    ])
    func `a missing header is refused as the gateway refuses it, and recorded`(name: String, status: Int) {
        var bench = Bench()
        bench.signIn()
        var headers = bench.headers
        headers[name] = nil
        let answer = bench.model.handle(
            WireRequest(method: "GET", target: "/data/core/ups/export/jobs", headers: headers), at: start)
        #expect(answer.status == status)
        #expect(bench.rules == [.headers])
    }

    @Test func `a token ends, and a wrong secret gets none`() {
        var bench = Bench { $0.tokenLifetimeMilliseconds = 1000 }
        #expect(bench.get("/data/core/ups/export/jobs").status == 200)
        bench.now = bench.now + .seconds(1)
        #expect(bench.get("/data/core/ups/export/jobs").status == 401)
        let form = "grant_type=client_credentials&client_id=0123456789abcdef&client_secret=wrong"
        let answer = bench.model.handle(
            WireRequest(method: "POST", target: "/ims/token/v3", body: Array(form.utf8)), at: start)
        #expect(answer.status == 400)
    }

    @Test func `runs are listed newest first, by dataflows, in pages that link on`() {
        var bench = Bench()
        for number in 1...5 { _ = bench.call("flow-1", ["a\(number)"]) }
        let first = text(bench.get("/data/foundation/flowservice/runs?property=flowId%3D%3Dflow-1%2Cflow-2&limit=2"))
        #expect(first.contains("segment:a5") && first.contains("segment:a4") && !first.contains("segment:a3"))
        let link = first.split(separator: "\"").first { $0.hasPrefix("/runs?") }.map(String.init) ?? ""
        let second = text(bench.get("/data/foundation/flowservice" + link))
        #expect(second.contains("segment:a3") && second.contains("segment:a2") && !second.contains("segment:a4"))
    }

    @Test func `a new run lags behind in listings, for a time of its own, and the platform refuses all the while`() {
        var bench = Bench { scenario in
            scenario.runs.lagMilliseconds = 5000
            scenario.runs.longestLagMilliseconds = 20_000
        }
        _ = bench.call("flow-1", (1...50).map { "a\($0)" })
        func shown() -> Int { bench.runs().components(of: "\"flowId\"") }
        bench.now = start + .milliseconds(4999)
        #expect(shown() == 0)
        #expect(text(bench.call("flow-1", ["a1"])).contains("with run id \(bench.model.runs[0].id)"))
        bench.now = start + .seconds(12)
        #expect((1..<50).contains(shown()))
        bench.now = start + .seconds(20)
        #expect(shown() == 50)
    }

    @Test func `a run that listings do not show may be answered to who knows its id`() {
        for spares in [true, false] {
            var bench = Bench { scenario in
                scenario.runs.lagMilliseconds = 5000
                scenario.runs.lagSparesSingleRuns = spares
            }
            _ = bench.call("flow-1", ["a1"])
            let answer = bench.get("/data/foundation/flowservice/runs/\(bench.model.runs[0].id)")
            #expect(answer.status == (spares ? 200 : 404))
        }
    }

    @Test func `an answer that is lost has taken effect, a request that is lost has not`() {
        var bench = Bench()
        bench.model.add(.init(request: "adhocrun", kind: .lostAnswer, number: 1))
        bench.model.add(.init(request: "adhocrun", kind: .lostRequest, number: 2))
        #expect(bench.call("flow-1", ["a1"]).isLost)
        #expect(bench.call("flow-1", ["a2"]).isLost)
        #expect(bench.model.ledger.deliveries.map(\.audience) == ["a1"])
    }

    @Test func `the same seed gives the same bytes`() {
        func trace(_ seed: UInt64) -> [WireAnswer] {
            var bench = Bench(seed: seed) { $0.runs.failingPercent = 50 }
            var answers = (1...20).map { bench.call("flow-1", ["a\($0)"]) }
            bench.now = bench.now + .seconds(100)
            answers.append(bench.get("/data/foundation/flowservice/runs?property=flowId==flow-1&limit=100"))
            return answers
        }
        #expect(trace(7) == trace(7))
        #expect(trace(7) != trace(8))
    }

    @Test func `a run of somebody else makes its dataflow busy`() {
        var bench = Bench()
        bench.model.startForeignRun("flow-1", "a9", at: start, lasting: 60_000)
        #expect(bench.call("flow-1", ["a1"]).status == 200)
        #expect(bench.rules == [.dataflowBusy])
    }
}

extension String {
    /// How often something stands in it.
    func components(of part: String) -> Int { ranges(of: part).count }
}
