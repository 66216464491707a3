// Runs the simulation: one seed, or many for as long as one likes, on all cores. Exits with 1 when a rule was broken, with
// the seed that shows it again.

import ArgumentParser
import Chronology
import Foundation
import Simulation

@main
struct ActivationSim: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "activation-sim",
        abstract: "The production runtime in virtual time, against everything that can go wrong.",
        discussion: """
            A run is decided by its seed alone: the same seed gives the same trace, byte for byte. It exits with 1 when a rule \
            was broken; the last line then says how to run it again.
            """)

    @Option(help: "The first seed.")
    var seed: UInt64 = 1

    @Option(help: "How many seeds.")
    var runs: UInt64 = 1

    @Option(help: "Go on with new seeds for this many seconds, and no longer: seeds that run then are cut.")
    var seconds: Double?

    @Option(help: "Go on with new seeds until this many campaign-years have passed.")
    var campaignYears: Double?

    @Option(help: "Virtual hours with faults; otherwise as the seed says.")
    var hours: Int?

    @Option(help: "How many campaigns; otherwise as the seed says.")
    var campaigns: Int?

    @Option(help: "What the worlds have for certain, such as second-ids,strays.")
    var oddities: String?

    @Option(help: "Only these strokes of faults, such as lost-answer.3,kill.1, or none.")
    var only: String?

    @Option(help: "The process dies at this point of the run, counted from 1.")
    var deathPoint: Int?

    @Flag(help: "Let the process die at every point of the run, in a run for each.")
    var everyDeath = false

    @Option(help: "Runs at a time; otherwise one for each core.")
    var jobs: Int?

    @Flag(help: "Tell everything that happens.")
    var trace = false

    @Flag(help: "Reduce a run that breaks a rule to few faults.")
    var shrink = false

    @Flag(help: "Prove the checkers: known faults are put into the code, and each must be found. Needs `make mutants`.")
    var mutants = false

    @Option(
        help: """
            With --mutants: only this known fault, by its name in Mutant.swift; with --trace as well, its world of --seed. \
            Without --mutants: the worlds in which it is looked for, without it.
            """)
    var mutant: String?

    func validate() throws {
        if let jobs, jobs < 1 { throw ValidationError("--jobs must be 1 or more.") }
        if let seconds, !(seconds >= 0 && seconds <= Self.longest) {
            throw ValidationError("--seconds must be 0 or more, and at most \(Int(Self.longest)).")
        }
        if let hours, hours < 1 { throw ValidationError("--hours must be 1 or more.") }
        if let campaigns, campaigns < 1 { throw ValidationError("--campaigns must be 1 or more.") }
        _ = try strokes()
        _ = try drawnOddities()
    }

    func run() throws {
        if mutants, trace {
            try MutantTrial(firstSeed: seed, jobs: 1, name: mutant).tell()
        } else if mutants {
            try MutantTrial(firstSeed: seed, jobs: cores, name: mutant).run()
        } else if everyDeath {
            try runEveryDeath()
        } else if trace || shrink || (runs == 1 && seconds == nil && campaignYears == nil) {
            try runOne()
        } else {
            try runMany()
        }
    }

    /// Seconds of a search: a month.
    private static let longest = 2_678_400.0

    private var cores: Int { jobs ?? ProcessInfo.processInfo.activeProcessorCount }

    private func strokes() throws -> Set<FaultID>? {
        guard let only else { return nil }
        if only == "none" { return [] }
        let parts = only.split(separator: ",").map(String.init)
        let ids = parts.compactMap { FaultID($0) }
        guard ids.count == parts.count else {
            throw ValidationError(
                "--only takes strokes as a finding names them, such as lost-answer.3,kill.1, or none.")
        }
        return Set(ids)
    }

    private func drawnOddities() throws -> Set<Oddity> {
        let words = (oddities ?? "").split(separator: ",").map(String.init)
        return Set(
            try words.map { word in
                guard let oddity = Oddity(rawValue: word) else {
                    let known = Oddity.allCases.map(\.rawValue).joined(separator: ", ")
                    throw ValidationError("There is no oddity \(word); there are \(known).")
                }
                return oddity
            })
    }

    private func world(_ seed: UInt64) throws -> SimulationOptions {
        if let mutant { return try MutantTrial.world(of: mutant, seed) }
        return SimulationOptions(seed: seed, hours: hours, oddities: try drawnOddities())
    }

    private func options(_ seed: UInt64) throws -> SimulationOptions {
        var options = try world(seed)
        if let campaigns { options.campaigns = campaigns }
        options.only = try strokes()
        options.deathPoint = deathPoint
        return options
    }

    private func runOne() throws {
        let options = try options(seed)
        print(options.words)
        var outcome = World(options, isRecording: true, onTrace: trace && !shrink ? { print($0) } : nil).run()
        if shrink, !outcome.findings.isEmpty {
            var shrinker = Shrinker(outcome) { print($0) }
            shrinker.shrink()
            outcome = shrinker.outcome
            if trace { outcome = World(outcome.options, isRecording: true) { print($0) }.run() }
        }
        print("digest \(String(outcome.digest, radix: 16)), \(outcome.strokes.count) faults, \(outcome.events) events")
        try Report.finding(of: outcome)
        var totals = Totals()
        totals.add(outcome)
        print(totals.words)
    }

    private func runEveryDeath() throws {
        let options = try options(seed)
        let points = World(options).run().deathPoints
        print("\(options.words)\n\(points) points at which the process can die")
        let begin = Date()
        let totals = Swarm(jobs: cores, firstSeed: 1).run { point in
            var dying = options
            dying.deathPoint = Int(point)
            return World(dying).run()
        } goesOn: {
            $0.taken < points
        }
        print("\(totals.words)\n\(totals.rate(Date().timeIntervalSince(begin)))")
        if let broken = totals.broken { try Report.finding(of: broken) }
        print("no rule broken")
    }

    private func runMany() throws {
        let begin = Date()
        let swarm = Swarm(jobs: cores, firstSeed: seed)
        // What is wrong with the arguments was said when they were read.
        _ = try world(seed)
        let totals = swarm.run(
            { [self] seed in World((try? world(seed)) ?? SimulationOptions(seed: seed)).run() },
            until: seconds.map { .now() + $0 }
        ) { totals in
            if seconds != nil { return true }
            if let campaignYears { return totals.campaignYears < campaignYears }
            return totals.taken < runs
        } onProgress: {
            print("\($0.words) (\(Int(Date().timeIntervalSince(begin))) s)")
            fflush(nil)  // also into a file, where somebody follows it
        }
        print(totals.words)
        print("seeds \(seed) to \(seed + totals.taken - 1), \(totals.rate(Date().timeIntervalSince(begin)))")
        if !totals.cut.isEmpty {
            let seeds = totals.cut.map(String.init).joined(separator: ", ")
            print(
                "cut, because the time was over while they ran: \(seeds). They count for nothing; --seed runs one whole."
            )
        }
        if let broken = totals.broken { try Report.finding(of: broken) }
        print("no rule broken")
    }
}

enum Report {
    static func finding(of outcome: Outcome) throws {
        guard let finding = outcome.findings.first else { return }
        print("BROKEN at \(finding.at.rfc3339): \(finding.rule): \(finding.detail)")
        print(outcome.options.words)
        print("again: activation-sim \(outcome.options.arguments) --trace")
        throw ExitCode.failure
    }
}
