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
    package let start: Instant
    var chance: SplitMix
    /// Decides what becomes of runs, apart from everything else.
    var fates: SplitMix
    /// In the order in which they began.
    package internal(set) var runs: [SimulatedRun] = []
    /// Those of `runs` that were not seen to have ended.
    private(set) var openRuns: [Int] = []
    /// Those of the scenario's exports that were not seen to have ended.
    private(set) var openExports: [Int]
    private let runIDs: RunIDs
    private var tokens: [String: Instant] = [:]
    private var counts: [String: Int] = [:]

    /// More than any client should read.
    private static let hugeBytes = 32 * 1024 * 1024
    /// 200 times this is an enormous body.
    private static let mebibyte = 1024 * 1024

    /// What the ids of runs look like.
    package enum RunIDs: Sendable {
        /// Random, as the platform's.
        case uuids
        /// Counted and short: cheap to compare, for simulations of millions of runs.
        case counted
    }

    package init(scenario: Scenario, seed: UInt64, start: Instant, runIDs: RunIDs = .uuids) {
        self.scenario = scenario
        self.start = start
        self.runIDs = runIDs
        openExports = Array(scenario.exports.indices)
        chance = SplitMix(seed: seed)
        fates = SplitMix(seed: ~seed)
    }

    /// One request, answered. Time only runs forward between calls.
    package mutating func handle(_ request: WireRequest, at now: Instant) -> WireAnswer {
        pass(to: now)
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
        pass(to: now)
        ledger.pairsInFlight = openRuns.reduce(0) { $0 + (runs[$1].isOurs ? runs[$1].audiences.count : 0) }
        return ledger
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

    /// Counts what has ended by now. Time only runs forward.
    mutating func pass(to now: Instant) {
        if openRuns.contains(where: { now >= runs[$0].endsAt }) {
            for index in openRuns where now >= runs[index].endsAt { count(runs[index]) }
            openRuns = openRuns.filter { now < runs[$0].endsAt }
        }
        if openExports.contains(where: { now >= end(of: scenario.exports[$0]) }) {
            openExports = openExports.filter { now < end(of: scenario.exports[$0]) }
        }
    }

    private mutating func count(_ run: SimulatedRun) {
        guard run.isOurs else { return }
        for audience in run.audiences {
            ledger.deliver(run.flow, audience) { delivery in
                if run.fails { delivery.failed += 1 } else { delivery.succeeded += 1 }
            }
        }
    }

    /// - Returns: Where it is in `runs`.
    mutating func begin(_ run: SimulatedRun) -> Int {
        runs.append(run)
        openRuns.append(runs.count - 1)
        return runs.count - 1
    }

    mutating func begin(_ export: Scenario.Export) -> Int {
        scenario.exports.append(export)
        openExports.append(scenario.exports.count - 1)
        return scenario.exports.count - 1
    }

    mutating func newRunID() -> String {
        switch runIDs {
        case .uuids: chance.uuid()
        case .counted: "run-\(10_000 + runs.count)"
        }
    }

    /// The run of this audience that is under way, whoever started it.
    func openRun(of audience: String, at now: Instant) -> SimulatedRun? {
        openRuns.first { now < runs[$0].endsAt && runs[$0].audiences.contains(audience) }.map { runs[$0] }
    }

    func begin(of export: Scenario.Export) -> Instant { start + .milliseconds(export.startMilliseconds) }

    func end(of export: Scenario.Export) -> Instant { begin(of: export) + .milliseconds(export.durationMilliseconds) }

    /// The scheduled export that runs at an instant.
    package func runningExport(at now: Instant) -> (index: Int, export: Scenario.Export)? {
        for index in openExports {
            let export = scenario.exports[index]
            if begin(of: export) <= now, now < end(of: export) { return (index, export) }
        }
        return nil
    }
}
