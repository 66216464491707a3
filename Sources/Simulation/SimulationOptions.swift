// What one run of the simulation is like. One seed decides everything, also which kinds of faults exist in it and how
// often: a run in which everything goes wrong at once finds other faults than one in which only answers are lost.

internal import PlatformModel

package struct SimulationOptions: Equatable, Sendable {
    /// How often campaigns are due, and with it how long a run is.
    package enum Pace: String, Sendable {
        /// Every few minutes or hours, for a day or two.
        case hours
        /// Every day or week, for weeks.
        case days
        /// Every week, for a year or two.
        case weeks
    }

    /// What there is much of. Such worlds are rare, short and calm: they take long.
    package enum Size: String, Sendable {
        case usual
        case manyPairs = "many pairs"
        case manyCampaigns = "many campaigns"
        /// Ids of runs of up to megabytes.
        case longIDs = "long ids"
    }

    package var seed: UInt64
    package var size = Size.usual
    /// Every few seconds, or more often: months of it would take minutes of ours.
    package var pollsQuickly = false
    /// Virtual hours with faults; healing comes after.
    package var hours: Int
    package var campaigns: Int
    package var dataflows: Int
    package var audiences: Int
    /// All with the same audiences, and each with its own dataflows, exports and rights.
    package var sandboxes = 1
    package var pace: Pace
    /// Whether requests and answers go through the production readers and writers of HTTP and JSON, and records through
    /// bytes: as it is in production, and some twenty times slower.
    package var isThroughBytes: Bool
    /// Of a thousand, or in a run; absent for never.
    package var strengths: [FaultKind: Int] = [:]
    /// How long a new run is missing from listings, in seconds; less than the time over which doubts are looked up.
    package var listingLagSeconds = 0
    /// How fast the machine's clocks run, in millionths more than the platform's.
    package var drift = 0
    /// The platform takes fewer pairs a call than it says.
    package var pairsPerCall = 80
    /// A dataflow is looked for in a sandbox that it is not in.
    package private(set) var hasStray = false
    /// While the machine sleeps, its monotonic clock stands still: a virtual machine that is paused.
    package private(set) var pausesClock = false
    /// What the world has for certain, whatever its seed says.
    package private(set) var oddities: Set<Oddity> = []
    /// Only these faults strike; nil for all.
    package var only: Set<FaultID>?
    /// The process dies at this point of the run, counted from 1: before a commit, between its write and its sync, after it,
    /// before an effect, and after it.
    package var deathPoint: Int?

    /// - Parameters:
    ///   - hours: Instead of what the seed says.
    ///   - oddities: What the world has for certain.
    package init(seed: UInt64, hours: Int? = nil, oddities: Set<Oddity> = []) {
        var chance = SplitMix(seed: seed ^ 0x5157_4152_4d00)
        self.seed = seed
        pace = [.hours, .hours, .days, .days, .weeks][Int(chance.below(5))]
        isThroughBytes = chance.hits(percent: 3)
        let usual: Int
        switch pace {
        case .hours: usual = Int(4 + chance.below(44))
        case .days: usual = Int(24 * (5 + chance.below(70)))
        case .weeks: usual = Int(24 * (200 + chance.below(500)))
        }
        self.hours = hours ?? (isThroughBytes ? min(usual, 24) : usual)
        // Many pairs make slow runs: they are short ones.
        let isWide = chance.hits(percent: 8)
        if isWide, hours == nil { self.hours = min(self.hours, pace == .hours ? 12 : 240) }
        switch pace {
        case .hours: campaigns = Int(1 + chance.below(6))
        case .days: campaigns = Int(1 + chance.below(12))
        case .weeks: campaigns = Int(8 + chance.below(32))
        }
        dataflows = Int(1 + chance.below(3))
        audiences = isWide ? Int(28 + chance.below(12)) : Int(1 + chance.below(8))
        // Every question reads all runs of the last hours as bytes: many of them take minutes of ours.
        if isThroughBytes {
            audiences = min(audiences, 2)
            self.hours = min(self.hours, 12)
        }
        // Some worlds have most faults, some have few, some have none.
        let share = [0, 10, 30, 50, 80][Int(chance.below(5))]
        for kind in FaultKind.allCases where !FaultKind.later.contains(kind) && chance.hits(percent: share) {
            // Most faults are rare; now and then one rages.
            let most = chance.hits(percent: 70) ? max(1, kind.most / 5) : kind.most
            strengths[kind] = Int(1 + chance.below(most))
        }
        if !isThroughBytes { listingLagSeconds = chance.hits(percent: 30) ? Int(1 + chance.below(60)) : 0 }
        if chance.hits(percent: 30) { drift = Int(chance.below(600)) - 300 }
        if chance.hits(percent: 8) { pairsPerCall = Int(4 + chance.below(70)) }
        // Scheduled exports are no fault: without them there is no gate.
        let exports = self.hours / 24 * Int(chance.below(pace == .weeks ? 2 : 3)) + Int(chance.below(4))
        strengths[.export] = max(strengths[.export] ?? 0, exports)
        if strengths[.export] == 0 { strengths[.export] = nil }
        // Drawn aside, so that a seed's world is the same but for this.
        var aside = SplitMix(seed: seed ^ 0x7361_6e64_626f_7865)
        sandboxes = [1, 1, 1, 1, 1, 1, 1, 2, 2, 3][Int(aside.below(10))]
        for kind in FaultKind.allCases where FaultKind.later.contains(kind) && aside.hits(percent: share / 2) {
            strengths[kind] = Int(1 + aside.below(kind.most))
        }
        if aside.below(1000) < 12 { enlarge(&aside, hours) }
        pollsQuickly = size == .usual && !isThroughBytes && self.hours <= 8 && aside.hits(percent: 25)
        drawLatest()
        self.oddities = oddities
        if oddities.contains(.strays) { addStray() }
        if oddities.contains(.pausedClock) { pauseClock() }
    }

    /// What came to the worlds last, drawn aside as well.
    private mutating func drawLatest() {
        guard size == .usual else { return }
        var aside = SplitMix(seed: seed ^ 0x6c61_7465_7374)
        if sandboxes > 1, aside.hits(percent: 30) { addStray() }
        if strengths[.suspend] != nil, aside.hits(percent: 30) { pauseClock() }
    }

    private mutating func addStray() {
        hasStray = true
        sandboxes = max(2, sandboxes)
        // Each sandbox has one of its own beside it.
        dataflows = max(dataflows, sandboxes + 1)
    }

    /// Where the other clock can be wrong as well, nobody knows how old anything is: it is right here.
    private mutating func pauseClock() {
        pausesClock = true
        strengths[.suspend] = strengths[.suspend] ?? 6
        for kind in [FaultKind.clockStep, .clockError, .absence] { strengths[kind] = nil }
    }

    private mutating func enlarge(_ chance: inout SplitMix, _ hours: Int?) {
        size = [.manyPairs, .manyCampaigns, .longIDs][Int(chance.below(3))]
        pace = .hours
        self.hours = hours ?? Int(2 + chance.below(3))
        sandboxes = 1
        isThroughBytes = false
        switch size {
        case .manyPairs:
            campaigns = Int(1 + chance.below(2))
            dataflows = Int(1 + chance.below(2))
            audiences = Int(400 + chance.below(1200))
        case .manyCampaigns:
            campaigns = Int(1000 + chance.below(2000))
            audiences = 40
        case .longIDs:
            isThroughBytes = chance.hits(percent: 30)
            audiences = min(audiences, isThroughBytes ? 2 : 8)
        case .usual: break
        }
    }

    /// For the head of a run.
    package var words: String {
        let faults = FaultKind.allCases.compactMap { kind in strengths[kind].map { "\(kind.rawValue) \($0)" } }
        return
            "seed \(seed): \(hours) h with faults, \(campaigns) campaigns at a pace of \(pace.rawValue), \(dataflows) dataflows, "
            + (sandboxes > 1 ? "\(sandboxes) sandboxes, " : "")
            + "\(audiences) audiences\(isThroughBytes ? ", through bytes" : "")\(size == .usual ? "" : ", \(size.rawValue)"); listing lag \(listingLagSeconds) s, "
            + "drift \(drift) ppm, \(pairsPerCall) pairs a call; of a thousand, or in the run: "
            + (faults.isEmpty ? "no faults" : faults.joined(separator: ", "))
    }

    /// The arguments that run it again.
    package var arguments: String {
        var text = "--seed \(seed)"
        let usual = SimulationOptions(seed: seed)
        if !oddities.isEmpty { text += " --oddities \(oddities.map(\.rawValue).sorted().joined(separator: ","))" }
        if hours != usual.hours { text += " --hours \(hours)" }
        if campaigns != usual.campaigns { text += " --campaigns \(campaigns)" }
        if let only {
            text += " --only \(only.isEmpty ? "none" : only.sorted().map(\.description).joined(separator: ","))"
        }
        if let deathPoint { text += " --death-point \(deathPoint)" }
        return text
    }
}
