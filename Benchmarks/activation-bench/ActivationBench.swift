// `make bench`: what is measured is in docs/benchmarks.md. Begin at `run`.

import ArgumentParser
import Foundation

@main
struct ActivationBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "activation-bench",
        abstract: "Measures calendars, the job queue, the idle daemon, many campaigns, and the calls of a delivery.")

    enum Part: String, CaseIterable, ExpressibleByArgument {
        case calendar, queue, idle, scale, calls
    }

    @Argument(help: "calendar, queue, idle, scale, calls; all of them otherwise.")
    var parts: [Part] = []

    @Option(help: "Seconds over which the idle daemon is watched, three times. BENCH_SECONDS otherwise.")
    var seconds = ProcessInfo.processInfo.environment["BENCH_SECONDS"].flatMap { Int($0) } ?? 60

    @Option(help: "Campaigns of the large file.")
    var campaigns = 100_000

    @Option(help: "Deliveries in virtual time, each with its own lengths of runs.")
    var seeds = 50

    func validate() throws {
        guard (1...86_400).contains(seconds) else { throw ValidationError("seconds: 1 to 86400") }
        guard (2000...150_000).contains(campaigns) else { throw ValidationError("campaigns: 2000 to 150000") }
        guard (1...1_000_000).contains(seeds) else { throw ValidationError("seeds: 1 to 1000000") }
    }

    func run() throws {
        let chosen = parts.isEmpty ? Part.allCases : parts
        for line in Machine.lines() { print(line) }
        for part in chosen {
            print("")
            fflush(nil)
            switch part {
            case .calendar: for line in try CalendarBench.lines() { print(line) }
            case .queue: for line in try QueueBench.lines() { print(line) }
            case .idle: for line in try IdleBench.lines(seconds: seconds) { print(line) }
            case .scale: for line in try ScaleBench.lines(campaigns: campaigns) { print(line) }
            case .calls: for line in try CallsBench.lines(seeds: seeds) { print(line) }
            }
            fflush(nil)
        }
    }
}
