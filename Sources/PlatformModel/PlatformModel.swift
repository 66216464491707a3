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
    /// Runs of the platform's schedule that have not begun yet, by their begins.
    private var planned: [SimulatedRun] = []
    /// Until then listings of runs are empty.
    var emptyUntil = Instant(milliseconds: .min)
    private let seed: UInt64
    /// Requests and calls so far: what is struck by chance is struck anew for each.
    private var turn: UInt64 = 0
    /// Ids for answers, apart from everything else.
    private var answerIDs: SplitMix

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
        self.seed = seed
        openExports = Array(scenario.exports.indices)
        chance = SplitMix(seed: seed)
        fates = SplitMix(seed: ~seed)
        answerIDs = SplitMix(seed: seed ^ 0x616e_7377)
        for index in scenario.exports.indices { planFollowers(of: index) }
    }

    /// One request, answered. Time only runs forward between calls.
    package mutating func handle(_ request: WireRequest, at now: Instant) -> WireAnswer {
        var answer = answered(request, at: now)
        // The gateway's, on all answers that are not the token service's; a caller's own comes back.
        if Self.kind(of: request) != "token" {
            answer.headers["x-request-id"] = request.headers["x-request-id"] ?? answerIDs.uuid()
        }
        return answer
    }

    private mutating func answered(_ request: WireRequest, at now: Instant) -> WireAnswer {
        pass(to: now)
        let kind = Self.kind(of: request)
        ledger.requests[kind, default: 0] += 1
        counts[kind, default: 0] += 1
        if let refusal = refusal(for: kind, in: request.headers["x-sandbox-name"], at: now) {
            if refusal.takesEffect { _ = self.answer(to: request, kind, at: now) }
            return refusal.answer(at: now)
        }
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

    /// - Parameter refusal: Its number, if it has one, counts from now.
    package mutating func add(_ refusal: Scenario.Refusal) {
        var refusal = refusal
        if let number = refusal.number { refusal.number = number + (counts[refusal.request] ?? 0) }
        scenario.refusals.append(refusal)
    }

    /// The platform is different from now on.
    package mutating func change(_ body: (inout Quirks) -> Void) {
        body(&scenario.quirks)
    }

    // MARK: Faults

    private mutating func refusal(for kind: String, in sandbox: String?, at now: Instant) -> Scenario.Refusal? {
        for refusal in scenario.refusals where refusal.request == kind || refusal.request == "*" && kind != "token" {
            if let wanted = refusal.sandbox, sandbox != wanted { continue }
            if let end = refusal.untilMilliseconds, now >= start + .milliseconds(end) { continue }
            if let number = refusal.number {
                if counts[kind] == number { return refusal }
            } else if chance.hits(percent: refusal.percent ?? 100) {
                return refusal
            }
        }
        return nil
    }

    /// The refusal that the scenario asks for, of a request that is made of values.
    mutating func askedRefusal(of kind: String, in sandbox: String, at now: Instant) -> Scenario.Refusal? {
        guard !scenario.refusals.isEmpty else { return nil }
        counts[kind, default: 0] += 1
        return refusal(for: kind, in: sandbox, at: now)
    }

    /// Whether something happens to one item in one answer: drawn from the seed, the instant and the number of the request,
    /// so that asking changes nothing.
    func strikes(_ percent: Int, _ item: String, at now: Instant) -> Bool {
        guard percent > 0 else { return false }
        var drawn = SplitMix(seed: seed ^ Self.hash(item) ^ UInt64(bitPattern: now.milliseconds) &* 0x9e37_79b9)
        let salt = drawn.next() ^ turn &* 0x85eb_ca6b
        drawn = SplitMix(seed: salt)
        return drawn.hits(percent: percent)
    }

    /// Whether an item is left out of an answer: for a span, if the quirks say so.
    func isLeftOut(_ percent: Int, _ item: String, at now: Instant) -> Bool {
        let span = scenario.quirks.missingSpanMilliseconds
        guard percent > 0, span > 0 else { return strikes(percent, item, at: now) }
        let period = max(span, span * 100 / Int64(percent))
        let (number, place) = max(0, (now - start).milliseconds).quotientAndRemainder(dividingBy: period)
        var drawn = SplitMix(seed: seed ^ Self.hash(item) ^ UInt64(bitPattern: number) &* 0x9e37_79b9)
        let begin = Int64(drawn.below(UInt64(period - span + 1)))
        return begin <= place && place < begin + span
    }

    /// FNV-1a.
    static func hash(_ text: String) -> UInt64 {
        text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
    }

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
        case ("flows", "GET"): return flows(request, at: now)
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
            switch scenario.quirks.deadToken {
            case .unauthorized: return .gateway(401, "401013", "Oauth token is not valid")
            case .forbidden: return .gateway(403, "403020", "Oauth token missing or invalid")
            }
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
        guard isSandbox(sandbox) else {
            return WireAnswer(404, ["errorMessage": "2100-404", "errorDetails": "Sandbox not found"])
        }
        return nil
    }

    private func isSandbox(_ name: String) -> Bool {
        name == scenario.sandbox || scenario.flows.contains { $0.sandbox == name }
            || scenario.exports.contains { $0.sandbox == name }
    }

    /// The sandbox of a request that passed the gateway.
    func sandbox(of request: WireRequest) -> String { request.headers["x-sandbox-name"] ?? scenario.sandbox }

    func sandbox(of flow: Scenario.Flow) -> String { flow.sandbox ?? scenario.sandbox }

    func sandbox(of export: Scenario.Export) -> String { export.sandbox ?? scenario.sandbox }

    func sandbox(ofFlow id: String) -> String {
        scenario.flows.first { $0.id == id }.map { sandbox(of: $0) } ?? scenario.sandbox
    }

    // MARK: State

    mutating func violate(_ rule: Ledger.Rule, _ detail: String, at now: Instant) {
        ledger.violations.append(
            .init(rule: rule, atMilliseconds: (now - start).milliseconds, detail: detail))
    }

    mutating func changeLedger(_ change: (inout Ledger) -> Void) {
        change(&ledger)
    }

    /// Begins what the schedule has begun, and counts what has ended by now. Time only runs forward.
    package mutating func pass(to now: Instant) {
        turn &+= 1
        while let next = planned.first, next.createdAt <= now {
            planned.removeFirst()
            insert(next)
        }
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

    /// Whether facts would miss a run that the schedule has begun by now.
    func isBehind(_ now: Instant) -> Bool {
        planned.first.map { $0.createdAt <= now } ?? false
    }

    /// Among `runs`, which stay in the order of their begins.
    private mutating func insert(_ run: SimulatedRun) {
        let place = runs.lastIndex { $0.createdAt <= run.createdAt }.map { $0 + 1 } ?? 0
        runs.insert(run, at: place)
        runs[place].snapshot = snapshotBatch(for: run)
        openRuns = openRuns.map { $0 >= place ? $0 + 1 : $0 }
        openRuns.insert(place, at: openRuns.firstIndex { $0 > place } ?? openRuns.count)
    }

    mutating func endPlannedRuns() {
        for index in planned.indices where planned[index].endsAt == .never {
            planned[index].endsAt = planned[index].createdAt + .milliseconds(scenario.runs.longestMilliseconds)
        }
    }

    /// The dataflows' own runs after an export that succeeds.
    private mutating func planFollowers(of index: Int) {
        guard let followers = scenario.followers else { return }
        let export = scenario.exports[index]
        guard export.isScheduled, !export.fails else { return }
        for flow in scenario.flows where flow.state == "enabled" && sandbox(of: flow) == sandbox(of: export) {
            for audience in flow.audiences where fates.hits(percent: followers.percent) {
                let shortest = max(0, followers.shortestDelayMilliseconds)
                let spread = UInt64(max(0, followers.longestDelayMilliseconds - shortest))
                let delay = shortest + Int64(fates.below(spread + 1))
                let isAtOnce = audience.triggerType == "AFTER_SEGMENT_EVAL"
                let begin = end(of: export) + .milliseconds(isAtOnce ? 0 : delay)
                let isEndless = fates.hits(percent: followers.endlessPercent)
                let fate = scenario.runs.fate(&fates)
                let id = newRunID()
                planned.append(
                    SimulatedRun(
                        id: id, flow: flow.id, audiences: [audience.id], createdAt: begin,
                        endsAt: isEndless ? .never : fate.duration.map { begin + $0 } ?? .never, fails: fate.fails,
                        isOurs: false, isNamedFrom: fates.hits(percent: followers.unnamedPercent) ? .never : begin,
                        isListedFrom: begin + lag(of: id), export: String(Self.exportID(index)),
                        records: fate.records))
            }
        }
        // By their begins, and in the order in which they were drawn.
        let order = planned.indices.sorted { (planned[$0].createdAt, $0) < (planned[$1].createdAt, $1) }
        planned = order.map { planned[$0] }
    }

    /// How long a run is missing from listings.
    func lag(of run: String) -> Duration {
        let lag = scenario.runs.lagMilliseconds
        guard scenario.runs.longestLagMilliseconds > lag else { return .milliseconds(lag) }
        let spread = UInt64(scenario.runs.longestLagMilliseconds - lag)
        return .milliseconds(lag + Int64(Self.hash(run) % (spread + 1)))
    }

    /// - Returns: Where it is in `runs`.
    mutating func begin(_ run: SimulatedRun) -> Int {
        runs.append(run)
        runs[runs.count - 1].snapshot = snapshotBatch(for: run)
        openRuns.append(runs.count - 1)
        return runs.count - 1
    }

    mutating func begin(_ export: Scenario.Export) -> Int {
        scenario.exports.append(export)
        openExports.append(scenario.exports.count - 1)
        planFollowers(of: scenario.exports.count - 1)
        return scenario.exports.count - 1
    }

    mutating func newRunID() -> String {
        let id =
            switch runIDs {
            case .uuids: chance.uuid()
            case .counted: "run-\(10_000 + runs.count + planned.count)"
            }
        guard scenario.quirks.hugeIDPercent > 0, chance.hits(percent: scenario.quirks.hugeIDPercent) else { return id }
        return id + String(repeating: "0", count: max(0, scenario.quirks.hugeIDBytes - id.utf8.count))
    }

    /// The run of this audience that is under way, whoever started it.
    func openRun(of audience: String, at now: Instant) -> SimulatedRun? {
        openRuns.first { now < runs[$0].endsAt && runs[$0].audiences.contains(audience) }.map { runs[$0] }
    }

    /// The same in one sandbox: an id means one audience there, and maybe another one elsewhere.
    func openRun(of audience: String, in sandbox: String, at now: Instant) -> SimulatedRun? {
        openRuns.first { index in
            let run = runs[index]
            return now < run.endsAt && run.audiences.contains(audience) && self.sandbox(ofFlow: run.flow) == sandbox
        }.map { runs[$0] }
    }

    /// The run on a dataflow that is under way and fits.
    func openRun(on flow: String, at now: Instant, where fits: (SimulatedRun) -> Bool) -> SimulatedRun? {
        openRuns.first { now < runs[$0].endsAt && runs[$0].flow == flow && fits(runs[$0]) }.map { runs[$0] }
    }

    func begin(of export: Scenario.Export) -> Instant { start + .milliseconds(export.startMilliseconds) }

    func end(of export: Scenario.Export) -> Instant { begin(of: export) + .milliseconds(export.durationMilliseconds) }

    /// The scheduled export that is new or runs at an instant.
    ///
    /// - Parameter sandbox: Nil for any.
    package func runningExport(
        at now: Instant, in sandbox: String? = nil
    ) -> (index: Int, export: Scenario.Export)? {
        for index in openExports {
            let export = scenario.exports[index]
            guard export.isScheduled, sandbox.map({ $0 == self.sandbox(of: export) }) ?? true else { continue }
            if begin(of: export) <= now, now < end(of: export) { return (index, export) }
        }
        return nil
    }
}
