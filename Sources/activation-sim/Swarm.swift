// Many seeds on several threads. A run shares nothing with another.
//
// A search with an end in time ends in time: seeds that run then are left to themselves, are told as cut, and end with the
// process.

import Chronology
import Foundation
import Simulation

final class Swarm: @unchecked Sendable {
    private let lock = NSLock()
    private let jobs: Int
    private let firstSeed: UInt64
    private var totals = Totals()
    private var lastProgress = Date()
    /// Seeds that are running.
    private var underway: Set<UInt64> = []
    /// Nothing counts any more.
    private var isOver = false

    /// Seconds between two lines of progress.
    private static let progressInterval = 15.0
    /// Of a thread, in bytes: the default of Foundation's is small.
    private static let stackSize = 16 * 1024 * 1024

    init(jobs: Int, firstSeed: UInt64) {
        self.jobs = jobs
        self.firstSeed = firstSeed
    }

    /// - Parameters:
    ///   - end: When the search ends, whatever is running; nil for the end of every seed.
    ///   - goesOn: Asked before each seed.
    /// - Returns: Everything together; ends early when a rule was broken.
    func run(
        _ body: @escaping @Sendable (UInt64) -> Outcome, until end: DispatchTime? = nil,
        goesOn: @escaping @Sendable (Totals) -> Bool, onProgress: @escaping @Sendable (Totals) -> Void = { _ in }
    ) -> Totals {
        let done = DispatchSemaphore(value: 0)
        for _ in 0..<jobs {
            let thread = Thread { [self] in
                while let seed = takeSeed(goesOn) { add(body(seed), of: seed, onProgress) }
                done.signal()
            }
            thread.stackSize = Self.stackSize
            thread.start()
        }
        for _ in 0..<jobs where done.wait(timeout: end ?? .distantFuture) == .timedOut { break }
        return lock.withLock {
            isOver = true
            totals.cut = underway.sorted()
            return totals
        }
    }

    private func takeSeed(_ goesOn: (Totals) -> Bool) -> UInt64? {
        lock.withLock {
            guard !isOver, totals.broken == nil, goesOn(totals) else { return nil }
            let seed = firstSeed + totals.taken
            totals.taken += 1
            underway.insert(seed)
            return seed
        }
    }

    private func add(_ outcome: Outcome, of seed: UInt64, _ onProgress: (Totals) -> Void) {
        lock.withLock {
            guard !isOver else { return }
            underway.remove(seed)
            totals.add(outcome)
            guard Date().timeIntervalSince(lastProgress) > Self.progressInterval else { return }
            lastProgress = Date()
            onProgress(totals)
        }
    }
}

struct Totals: Sendable {
    /// Seeds that were given out.
    var taken: UInt64 = 0
    /// Seeds that were running when the time was over, in order: they are neither whole nor judged.
    var cut: [UInt64] = []
    private(set) var broken: Outcome?
    private(set) var runs = 0
    private(set) var events = 0
    private var occurrences = 0
    private var calls = 0
    private var deaths = 0
    private var faults = 0
    private var questions = 0
    private var mostQuestions = 0
    private var years = 0.0
    private(set) var campaignYears = 0.0
    private var settling = Duration.zero

    private static let millisecondsOfYear = 31_557_600_000.0

    mutating func add(_ outcome: Outcome) {
        runs += 1
        events += outcome.events
        occurrences += outcome.occurrences
        calls += outcome.calls
        deaths += outcome.deaths
        faults += outcome.faults
        questions += outcome.questions
        mostQuestions = max(mostQuestions, outcome.mostQuestions)
        settling = max(settling, outcome.settling)
        let span = Double(outcome.virtualTime.milliseconds) / Self.millisecondsOfYear
        years += span
        campaignYears += span * Double(outcome.options.campaigns)
        if let found = outcome.findings.first, broken.map({ $0.findings.isEmpty }) ?? true {
            _ = found
            broken = outcome
        }
    }

    var words: String {
        "\(runs) seeds: \(Self.short(years)) virtual years, \(Self.short(campaignYears)) campaign-years, \(occurrences) occurrences, "
            + "\(calls) calls, \(questions) questions (most \(mostQuestions) in an hour), \(faults) faults, \(deaths) deaths survived, "
            + "settled after at most \(settling.milliseconds / 60_000) min"
    }

    func rate(_ seconds: Double) -> String {
        "\(events) events in \(Int(seconds)) s, \(Int(Double(events) / max(seconds, 0.001))) a second"
    }

    private static func short(_ number: Double) -> String { String(format: "%.2f", number) }
}
