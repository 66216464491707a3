// The platform of one world where Adobe's documents leave it open, disagree, or are not kept. Half of the worlds are calm, and most
// others have a few oddities, so that what is rare is seen alone as well.
//
// Drawn by a stream of its own: a seed's world is the same but for this. What is left out, because a promise can not hold in it,
// whoever keeps it, is said beside its line.

internal import Chronology
internal import PlatformModel
internal import SchedulerCore

struct DrawnPlatform {
    /// How the exports are that begin while the world goes on. Of a hundred.
    struct Exports {
        /// One may begin while another one runs.
        var overlap = false
        /// They are `NEW` for a while.
        var newPercent = 0
        /// Somebody made them through the API, into a dataset of their own.
        var fromAPIPercent = 0
        /// They do not say their schema.
        var namelessPercent = 0
        /// They are of another schema, and none of an audience's.
        var otherPercent = 0
    }

    private(set) var exports = Exports()
    /// The longest that an answer asks to wait.
    private(set) var longestPause = Duration.zero
    /// The shortest `first_activation_window` that keeps the promise.
    let leastWindow: Duration
    private var dataflowGate = DataflowGate.dataflow
    private var serialize = Serialization.audience
    private var runMaximumAge = Guardrails().runMaximumAge
    /// Pages of a listing that are read at most: as many runs as the production client reads, or fewer.
    private(set) var pages = 375
    /// Nobody edits dataflows in it.
    private(set) var isLeftAlone = false
    /// Somebody moves the begins of mappings' schedules.
    private(set) var movesStarts = false
    /// The system's ids of audiences that somebody uploaded, by the customer's.
    private(set) var systemIDs: [AudienceID: AudienceID] = [:]

    private let sandboxes: [SandboxName]
    private let oddities: Set<Oddity>
    private var chance: SplitMix
    /// Of a hundred oddities, how many this world has.
    private let share: Int

    /// - Parameters:
    ///   - settings: What the daemon is set to.
    ///   - scenario: Changed in place.
    init(_ options: SimulationOptions, _ settings: DrawnSettings, _ scenario: inout Scenario) {
        chance = SplitMix(seed: options.seed ^ 0x706c_6174_666f_726d)
        sandboxes = CampaignPlan.sandboxes(options, of: scenario)
        oddities = options.oddities
        let isCalm = chance.hits(percent: 50)
        share = isCalm || options.size != .usual ? 0 : [10, 25, 60][Int(chance.below(3))]
        leastWindow = Self.drawWindow(share, oddities, &scenario, &chance)
        drawWords(&scenario.quirks)
        drawTimes(&scenario)
        drawListings(settings, &scenario)
        drawExports(options, &scenario)
        drawRefusals(options, &scenario)
        drawGuardrails(scenario.quirks)
        drawSecondIDs(&scenario)
        drawStarts(&scenario)
        if has(.tooLarge) { add(.tooLarge, of: "adhocrun", number(1...10), &scenario) }
        if options.hasStray { scenario.quirks.tellsStrays = chance.hits(percent: 50) }
        guard options.size == .longIDs else { return }
        scenario.quirks.hugeIDPercent = number(1...20)
        scenario.quirks.hugeIDBytes = 1 << number(10...21)
    }

    private mutating func has() -> Bool { chance.hits(percent: share) }

    /// - Parameter oddity: What the world may be asked to have.
    private mutating func has(_ oddity: Oddity) -> Bool {
        let isDrawn = has()
        return isDrawn || oddities.contains(oddity)
    }

    private mutating func number(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(chance.below(UInt64(range.count)))
    }

    // MARK: Parts

    /// Adobe's pages say one hour, and said 20 minutes; until the hour is over, a refusal for the mapping means "not yet".
    private static func drawWindow(
        _ share: Int, _ oddities: Set<Oddity>, _ scenario: inout Scenario, _ chance: inout SplitMix
    ) -> Duration {
        let isDrawn = chance.hits(percent: share)
        if oddities.contains(.notFound) {
            scenario.firstActivationWindowMilliseconds = 3_600_000
            return .seconds(1200)
        }
        guard isDrawn else {
            return .milliseconds(Int64(scenario.firstActivationWindowMilliseconds))
        }
        let minutes = [0, 20, 60, 60][Int(chance.below(4))]
        scenario.firstActivationWindowMilliseconds = minutes * 60_000
        // With the shorter window of before, calls are refused until the hour is over, and that is all.
        return .seconds(minutes == 60 && chance.hits(percent: 40) ? 1200 : Int64(minutes) * 60)
    }

    private mutating func drawWords(_ quirks: inout Quirks) {
        if has() { quirks.wording = choice(of: Quirks.Wording.allCases) }
        if has() { quirks.oversized = choice(of: Quirks.Oversized.allCases) }
        if has() { quirks.unsettled = choice(of: Quirks.Unsettled.allCases) }
        if oddities.contains(.notFound) { quirks.unsettled = .notFound }
        if has() { quirks.endedWord = choice(of: Quirks.EndedWord.allCases) }
        if has() { quirks.deadToken = .forbidden }
        if has() { quirks.concurrency = .pair }
        // Not `any`: other audiences of a dataflow that is busy with a run of ours are not refused, as far as is known, and the
        // daemon does not wait for itself. `audience` allows more, and judges the gate that asks for no more than that.
        if has() { quirks.busy = .audience }
        if has() { quirks.platformSystemIDs = true }
        if has(.namelessFailures) { quirks.failedRunsAreNameless = true }
        if has() { quirks.batchIDsAreEmpty = true }
        if has() { quirks.adhocClient = "exim_adhoc" }
        if has() { quirks.countsSettleMilliseconds = Int64(number(1...180)) * 1000 }
    }

    private mutating func choice<Value>(of values: [Value]) -> Value { values[number(0...(values.count - 1))] }

    private mutating func drawTimes(_ scenario: inout Scenario) {
        guard has() else { return }
        // Not `unreadable`: everything is closed for ever, and there is nothing to see.
        scenario.quirks.createTime = choice(of: [.milliseconds, .number, .iso, .fraction, .missing])
        // The dataflow's age stands in for what is missing: right as long as nobody maps anything anew.
        guard scenario.quirks.createTime == .missing else { return }
        isLeftAlone = true
        for flow in scenario.flows.indices {
            for audience in scenario.flows[flow].audiences.indices {
                scenario.flows[flow].audiences[audience].mappedAtMilliseconds = Scenario.Audience.longAgo
            }
        }
    }

    private mutating func drawListings(_ settings: DrawnSettings, _ scenario: inout Scenario) {
        if has() { scenario.runs.lagSparesSingleRuns = true }
        // Runs last until listings show them: one that ended before anybody could see it would be nothing to anybody, and be
        // sent again.
        let shown = settings.polling.gateFreshness.milliseconds + 300_000
        let isSlow = has()
        if isSlow, !oddities.contains(.longLags) {
            let longest = scenario.runs.lagMilliseconds + Int64(number(10...120)) * 1000
            scenario.runs.longestLagMilliseconds = longest
        } else if has(.longLags) {
            // Longer than doubts are looked up, while the platform refuses a second one.
            let longest = settings.polling.settle.milliseconds + Int64(number(60...1800)) * 1000
            scenario.runs.longestLagMilliseconds = longest
            scenario.runs.shownMilliseconds = shown
        }
        // For a few seconds: seldom enough, that all of five looks over `settle` find a run missing by chance in none of
        // a million worlds.
        scenario.quirks.missingSpanMilliseconds = Int64(number(5...25)) * 1000
        if has() { scenario.quirks.missingRunPercent = number(1...4) }
        if has() { scenario.quirks.emptyRunListPercent = number(1...4) }
        if oddities.contains(.longEmptyListings) {
            // For longer than doubts are looked up. Only where it is asked for: of a dataflow whose listing was empty before the
            // call as well, nobody knows that it is not.
            scenario.quirks.emptyAfterCallPercent = 60
            scenario.quirks.emptyAfterCallMilliseconds = settings.polling.settle.milliseconds * 2
        }
        if has() { scenario.quirks.missingExportPercent = number(1...10) }
        if has() { scenario.quirks.pagesByPosition = true }
        if has() { pages = number(30...60) }
        if oddities.contains(.fewPages) { pages = number(2...6) }
        if has() { scenario.runs.emptyPercent = number(1...50) }
        if has(.partialEffects) {
            // What takes effect unsaid is to be found by looking, or by the next refusal.
            scenario.quirks.partialPercent = number(1...100)
            scenario.runs.shownMilliseconds = shown + scenario.quirks.missingSpanMilliseconds
        }
        if oddities.contains(.shortRuns) {
            // What ends before the next look is then nothing to anybody, and may be sent again by right.
            (scenario.runs.shortestMilliseconds, scenario.runs.longestMilliseconds) = (5000, 60_000)
            scenario.runs.shownMilliseconds = 1000
        }
    }

    private mutating func drawExports(_ options: SimulationOptions, _ scenario: inout Scenario) {
        if has(.overlappingExports) { exports.overlap = true }
        if has() { exports.newPercent = number(10...100) }
        if has() { exports.fromAPIPercent = number(10...60) }
        if has() { exports.namelessPercent = number(5...50) }
        if has() { exports.otherPercent = number(10...60) }
        if has() { scenario.refusesDuringExport = false }
        guard has(.followers) else { return }
        var followers = Scenario.Followers()
        followers.percent = number(10...100)
        followers.shortestDelayMilliseconds = has() ? Int64(number(0...600)) * 1000 : 0
        followers.longestDelayMilliseconds = followers.shortestDelayMilliseconds + Int64(number(0...900)) * 1000
        if has() { followers.unnamedPercent = number(10...100) }
        if has() { followers.endlessPercent = number(1...10) }
        scenario.followers = followers
        for flow in scenario.flows.indices {
            for audience in scenario.flows[flow].audiences.indices where has() {
                scenario.flows[flow].audiences[audience].triggerType = "AFTER_SEGMENT_EVAL"
            }
        }
    }

    /// Audiences that somebody uploaded: their mappings tell the customer's id as well as the system's.
    private mutating func drawSecondIDs(_ scenario: inout Scenario) {
        guard has(.secondIDs) else { return }
        let uploaded = (scenario.flows.first?.audiences ?? []).map(\.id).filter { _ in chance.hits(percent: 40) }
        for flow in scenario.flows.indices {
            for audience in scenario.flows[flow].audiences.indices {
                let id = scenario.flows[flow].audiences[audience].id
                if uploaded.contains(id) { scenario.flows[flow].audiences[audience].externalID = "uploaded-" + id }
            }
        }
        for id in uploaded { systemIDs[AudienceID("uploaded-" + id)] = AudienceID(id) }
    }

    /// Mappings whose schedules begin later: tomorrow, or in a month. Somebody moves these begins while the world goes on.
    private mutating func drawStarts(_ scenario: inout Scenario) {
        guard has(.movedStarts), !isLeftAlone else { return }
        movesStarts = true
        for flow in scenario.flows.indices {
            for audience in scenario.flows[flow].audiences.indices where chance.hits(percent: 20) {
                scenario.flows[flow].audiences[audience].startDate = Self.start(chance.next(), at: CampaignPlan.start)
            }
        }
    }

    /// The begin of a mapping's schedule, such as `2026-11-25`: a day or a month ahead, or days ago.
    static func start(_ size: UInt64, at now: Instant) -> String {
        let days = [-20, 1, 2, 30][Int(size % 4)]
        return String((now + .seconds(Int64(days) * 86_400)).rfc3339.prefix(10))
    }

    private mutating func drawGuardrails(_ quirks: Quirks) {
        if quirks.busy == .audience, chance.hits(percent: 60) { dataflowGate = .audience }
        if quirks.concurrency == .pair, chance.hits(percent: 60) { serialize = .audienceAndDataflow }
        // Longer than any run of others that ends.
        if has() { runMaximumAge = .seconds(Int64(number(4...48)) * 3600) }
    }

    /// Settings that are right on such a platform, and maybe on no other.
    func dress(_ guardrails: inout Guardrails) {
        guardrails.dataflowGate = dataflowGate
        guardrails.serialize = serialize
        guardrails.runMaximumAge = runMaximumAge
    }

    /// A pair by the system's id.
    func meant(_ pair: Pair) -> Pair {
        Pair(dataflow: pair.dataflow, audience: systemIDs[pair.audience] ?? pair.audience)
    }

    // MARK: Refusals

    /// What questions may be refused with, and the service of tokens.
    private static let onQuestions: [Scenario.Refusal.Kind] = [
        .throttled, .throttledService, .throttledKey, .throttledEmpty, .throttledTitle, .tokenMissing, .tokenInvalid,
        .tokenDead, .scopeMismatch, .profileInvalid, .profileForbidden, .regionMissing, .permissionMissing,
        .profileUnread, .keyUnread, .tokenUnread, .overloaded, .tryAgain, .proxyPage, .emptyBody,
    ]
    /// Only what says nothing certain may take effect all the same.
    private static let uncertain: Set<Scenario.Refusal.Kind> = [.overloaded, .tryAgain, .proxyPage, .emptyBody]
    private static let throttles: Set<Scenario.Refusal.Kind> = [
        .throttled, .throttledService, .throttledKey, .throttledEmpty, .throttledTitle, .tooEarly,
    ]

    /// What somebody may not do, until somebody else gives the right.
    private static let onRights: [Scenario.Refusal.Kind] = [
        .profileInvalid, .profileForbidden, .regionMissing, .permissionMissing,
    ]

    private mutating func drawRefusals(_ options: SimulationOptions, _ scenario: inout Scenario) {
        if has(.missingRight) {
            // For one sandbox or one endpoint only, and all the time.
            let request = choice(of: ["*", "adhocrun", "exports", "flows", "runs"])
            let sandbox = choice(of: sandboxes).text
            var refusal = Scenario.Refusal(request: request, kind: choice(of: Self.onRights), sandbox: sandbox)
            let share = number(1...100)
            refusal.untilMilliseconds = Int64(options.hours) * 36_000 * Int64(share)
            scenario.refusals.append(refusal)
        }
        if has(.notReady) {
            // A text that asks for ten minutes is waited for so long.
            longestPause = .seconds(600)
            if oddities.contains(.notReady) { add(.ordersNotReady, of: "adhocrun", 20, &scenario) }
            for _ in 0..<number(1...4) {
                add(choice(of: Scenario.Refusal.Kind.drawn), of: "adhocrun", number(1...15), &scenario)
            }
        }
        guard has() else { return }
        for _ in 0..<number(1...4) {
            add(
                choice(of: Self.onQuestions), of: choice(of: ["exports", "flows", "runs"]), number(1...10), &scenario)
        }
    }

    private mutating func add(
        _ kind: Scenario.Refusal.Kind, of request: String, _ percent: Int, _ scenario: inout Scenario
    ) {
        var refusal = Scenario.Refusal(request: request, kind: kind, percent: percent)
        if sandboxes.count > 1, chance.hits(percent: 50) { refusal.sandbox = choice(of: sandboxes).text }
        if Self.throttles.contains(kind), chance.hits(percent: 60) {
            refusal.retryAfter = choice(of: Scenario.Refusal.RetryAfter.allCases)
            refusal.retryAfterSeconds = Int64(number(1...600))
            longestPause = max(longestPause, .seconds(refusal.retryAfterSeconds))
        }
        if Self.uncertain.contains(kind), request == "adhocrun" { refusal.takesEffect = chance.hits(percent: 50) }
        scenario.refusals.append(refusal)
    }
}
