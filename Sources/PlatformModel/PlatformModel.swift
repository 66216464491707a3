// The platform, as a value: what it holds, and how it answers a request at an instant. Strict by Adobe's documents: what
// they forbid is refused, and recorded in the ledger as a broken rule.
//
// Begin at `handle`. Pure: the clock is `now`, and chance comes from the seed. It shares no code with the daemon, whose
// judge it is.

package import Chronology
internal import FoundationEssentials

package struct PlatformModel: Sendable {
    package private(set) var ledger = Ledger()
    package internal(set) var scenario: Scenario
    let start: Instant
    var chance: SplitMix
    var runs: [SimulatedRun] = []
    private var tokens: [String: Instant] = [:]
    private var counts: [String: Int] = [:]

    /// More than any client should read.
    private static let hugeBytes = 32 * 1024 * 1024
    /// 200 times this is an enormous body.
    private static let mebibyte = 1024 * 1024

    struct SimulatedRun: Sendable {
        var id: String
        var flow: String
        var audiences: [String]
        var createdAt: Instant
        var endsAt: Instant
        var fails: Bool
        /// False for one that a person or a schedule started.
        var isOurs: Bool
        var isCounted = false
    }

    package init(scenario: Scenario, seed: UInt64, start: Instant) {
        self.scenario = scenario
        self.start = start
        chance = SplitMix(seed: seed)
    }

    /// One request, answered. Time only runs forward between calls.
    package mutating func handle(_ request: WireRequest, at now: Instant) -> WireAnswer {
        settleRuns(at: now)
        let kind = Self.kind(of: request)
        ledger.requests[kind, default: 0] += 1
        counts[kind, default: 0] += 1
        let fault = fault(for: kind)
        switch fault?.kind {
        case .lostRequest?: return lost(WireAnswer(0, .null))
        case .revokedToken?: tokens.removeAll()
        case .redirect?: return redirect(request, to: fault?.location ?? "")
        case let refusal? where Self.isRefusal(refusal): return answer(for: refusal)
        default: break
        }
        var answer = answer(to: request, kind, at: now)
        switch fault?.kind {
        case .lostAnswer?: answer = lost(answer)
        case .delay?: answer.delayMilliseconds = fault?.delayMilliseconds ?? 1000
        case .garbage?: answer.body = [0xff, 0x00, 0xfe, 0x7b]
        case .html?: answer.body = Array("<html><body>proxy</body></html>".utf8)
        case .truncated?: answer.body = Array(answer.body.prefix(answer.body.count / 2))
        case .nested?: answer.body = [UInt8](repeating: UInt8(ascii: "["), count: 100_000)
        case .huge?: answer.body = [UInt8](repeating: UInt8(ascii: " "), count: Self.hugeBytes)
        case .enormous?:
            answer.body = [UInt8](repeating: UInt8(ascii: " "), count: Self.mebibyte)
            answer.manner = .repeating(200)
        case .stall?: answer.manner = .stalling
        case .trickle?: answer.manner = .trickling
        case .reset?: answer.manner = .resetting
        default: break
        }
        return answer
    }

    /// What the ledger says by now: runs that have ended are counted.
    package mutating func settledLedger(at now: Instant) -> Ledger {
        settleRuns(at: now)
        ledger.pairsInFlight = runs.filter { $0.isOurs && !$0.isCounted }.reduce(0) { $0 + $1.audiences.count }
        return ledger
    }

    // MARK: The hand of the test

    package mutating func startExport(at now: Instant, lasting milliseconds: Int64) {
        scenario.exports.append(
            .init(startMilliseconds: (now - start).milliseconds, durationMilliseconds: milliseconds))
    }

    /// A person presses *Export file now*.
    @discardableResult
    package mutating func startForeignRun(
        _ flow: String, _ audience: String, at now: Instant, lasting milliseconds: Int64
    ) -> String {
        let run = SimulatedRun(
            id: chance.uuid(), flow: flow, audiences: [audience], createdAt: now,
            endsAt: now + .milliseconds(milliseconds), fails: false, isOurs: false)
        runs.append(run)
        return run.id
    }

    /// Whether a run of this audience is under way, whoever started it.
    package func isBusy(_ audience: String, at now: Instant) -> Bool {
        runs.contains { now < $0.endsAt && $0.audiences.contains(audience) }
    }

    /// Somebody edits a dataflow: enables or disables it, maps an audience (from now on), or takes one away.
    ///
    /// - Returns: False where there is no such dataflow.
    @discardableResult
    package mutating func edit(_ edit: FlowEdit, at now: Instant) -> Bool {
        guard let index = scenario.flows.firstIndex(where: { $0.id == edit.flow }) else { return false }
        if let state = edit.state { scenario.flows[index].state = state }
        if let audience = edit.unmap { scenario.flows[index].audiences.removeAll { $0.id == audience } }
        if let audience = edit.map {
            scenario.flows[index].audiences.removeAll { $0.id == audience }
            scenario.flows[index].audiences.append(
                .init(id: audience, name: audience, mappedAtMilliseconds: (now - start).milliseconds))
        }
        return true
    }

    /// From now on nothing goes wrong.
    package mutating func heal() {
        scenario.faults = []
        scenario.runs.failingPercent = 0
    }

    package mutating func add(_ fault: Scenario.Fault) {
        var fault = fault
        if let number = fault.number { fault.number = number + (counts[fault.request] ?? 0) }
        scenario.faults.append(fault)
    }

    // MARK: Faults

    private mutating func fault(for kind: String) -> Scenario.Fault? {
        for fault in scenario.faults where fault.request == kind {
            if let number = fault.number {
                if counts[kind] == number { return fault }
            } else if chance.hits(percent: fault.percent ?? 100) {
                return fault
            }
        }
        return nil
    }

    private static func isRefusal(_ kind: Scenario.Fault.Kind) -> Bool {
        [.throttled, .throttledWithRetryAfter, .serverError, .badGateway].contains(kind)
    }

    private func answer(for kind: Scenario.Fault.Kind) -> WireAnswer {
        switch kind {
        case .throttled, .throttledWithRetryAfter:
            var answer = WireAnswer.gateway(429, "429050", "Too many requests")
            if kind == .throttledWithRetryAfter { answer.headers["Retry-After"] = "1" }
            return answer
        case .badGateway:
            return WireAnswer(status: 502, headers: ["Content-Type": "text/html"], body: Array("<html>502</html>".utf8))
        default:
            return .message(500, "internal error")
        }
    }

    private func redirect(_ request: WireRequest, to origin: String) -> WireAnswer {
        var answer = WireAnswer.message(307, "moved")
        answer.headers["Location"] = origin + request.target
        return answer
    }

    private func lost(_ answer: WireAnswer) -> WireAnswer {
        var answer = answer
        answer.isLost = true
        return answer
    }

    // MARK: Requests

    private static func kind(of request: WireRequest) -> String {
        let path = request.path
        if path.hasPrefix("/ims/token") { return "token" }
        if path.hasSuffix("/adhocrun") { return "adhocrun" }
        if path.hasPrefix("/data/core/ups/export/jobs") { return "exports" }
        if path.hasPrefix("/data/foundation/flowservice/flows") { return "flows" }
        if path.hasPrefix("/data/foundation/flowservice/runs") { return "runs" }
        return "other"
    }

    private mutating func answer(to request: WireRequest, _ kind: String, at now: Instant) -> WireAnswer {
        if kind == "token" { return token(request, at: now) }
        if request.target.contains("access_token") || request.target.contains("client_secret") {
            violate(.strangerToken, "a secret in the target", at: now)
        }
        if let refusal = refusal(of: request, at: now) { return refusal }
        switch (kind, request.method) {
        case ("adhocrun", "POST"): return adhocrun(request, at: now)
        case ("exports", "GET"): return exports(request, at: now)
        case ("flows", "GET"): return flows(request)
        case ("runs", "GET"): return runs(request, at: now)
        default: return .message(404, "not found")
        }
    }

    private mutating func token(_ request: WireRequest, at now: Instant) -> WireAnswer {
        var form: [String: String] = [:]
        for part in String(decoding: request.body, as: UTF8.self).split(separator: "&") {
            let halves = part.split(separator: "=", maxSplits: 1)
            if halves.count == 2 { form[String(halves[0])] = WireRequest.decoded(halves[1]) }
        }
        func refused(_ text: String) -> WireAnswer {
            WireAnswer(400, ["error": "invalid_client", "error_description": .string(text)])
        }
        guard request.method == "POST", form["grant_type"] == "client_credentials" else {
            return WireAnswer(400, ["error": "unsupported_grant_type", "error_description": "grant_type"])
        }
        guard form["client_id"] == scenario.clientID else { return refused("invalid client_id parameter") }
        guard let secret = form["client_secret"], scenario.secrets.contains(secret) else {
            return refused("invalid client_secret parameter")
        }
        let token = "simulated-" + chance.uuid()
        tokens[token] = now + .milliseconds(scenario.tokenLifetimeMilliseconds)
        let life = Int64(scenario.tokenLifetimeMilliseconds / 1000)
        return WireAnswer(
            200, ["access_token": .string(token), "token_type": "bearer", "expires_in": .number(life)])
    }

    /// The gateway's checks, in its order.
    private mutating func refusal(of request: WireRequest, at now: Instant) -> WireAnswer? {
        guard let authorization = request.headers["authorization"] else {
            violate(.headers, "no Authorization", at: now)
            return .gateway(403, "403010", "Oauth token is missing.")
        }
        let words = authorization.split(separator: " ")
        guard words.count == 2, words[0] == "Bearer", let end = tokens[String(words[1])], now < end else {
            return .gateway(401, "401013", "Oauth token is not valid")
        }
        guard let key = request.headers["x-api-key"] else {
            violate(.headers, "no x-api-key", at: now)
            return .gateway(403, "403000", "Api Key is required")
        }
        guard key == scenario.clientID else { return .gateway(403, "403003", "Api Key is invalid") }
        guard let organization = request.headers["x-gw-ims-org-id"] else {
            violate(.headers, "no x-gw-ims-org-id", at: now)
            return .gateway(400, "400003", "Missing header")
        }
        guard organization == scenario.organization else { return .gateway(403, "403027", "User region is missing") }
        if request.headers["x-sandbox-id"] != nil {
            return WireAnswer(400, ["errorMessage": "2110-400", "errorDetails": "Headers not allowed"])
        }
        guard let sandbox = request.headers["x-sandbox-name"] else {
            violate(.headers, "no x-sandbox-name", at: now)
            return WireAnswer(400, ["errorMessage": "2105-400", "errorDetails": "Header is missing"])
        }
        guard sandbox == scenario.sandbox else {
            return WireAnswer(404, ["errorMessage": "2100-404", "errorDetails": "Sandbox not found"])
        }
        return nil
    }

    // MARK: State

    mutating func violate(_ rule: Ledger.Rule, _ detail: String, at now: Instant) {
        ledger.violations.append(
            .init(rule: rule, atMilliseconds: (now - start).milliseconds, detail: detail))
    }

    mutating func changeLedger(_ change: (inout Ledger) -> Void) {
        change(&ledger)
    }

    private mutating func settleRuns(at now: Instant) {
        for index in runs.indices where !runs[index].isCounted && now >= runs[index].endsAt {
            runs[index].isCounted = true
            guard runs[index].isOurs else { continue }
            for audience in runs[index].audiences {
                let fails = runs[index].fails
                ledger.deliver(runs[index].flow, audience) { delivery in
                    if fails { delivery.failed += 1 } else { delivery.succeeded += 1 }
                }
            }
        }
    }

    /// The scheduled export that runs at an instant.
    func runningExport(at now: Instant) -> (index: Int, export: Scenario.Export)? {
        for (index, export) in scenario.exports.enumerated() {
            let begin = start + .milliseconds(export.startMilliseconds)
            if begin <= now, now < begin + .milliseconds(export.durationMilliseconds) { return (index, export) }
        }
        return nil
    }
}
