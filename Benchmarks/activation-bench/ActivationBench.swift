// `make bench`: what is measured is in docs/benchmarks.md. Begin at `run`.

import ArgumentParser
import Foundation

@main
struct ActivationBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "activation-bench",
        abstract: "Measures the job queue, the idle daemon, and the calls that a delivery costs.")

    enum Part: String, CaseIterable, ExpressibleByArgument {
        case queue, idle, calls
    }

    @Argument(help: "queue, idle, calls; all of them otherwise.")
    var parts: [Part] = []

    @Option(help: "Seconds over which the idle daemon is watched.")
    var seconds = 60

    func run() throws {
        let chosen = parts.isEmpty ? Part.allCases : parts
        for line in Machine.lines() { print(line) }
        for part in chosen {
            print("")
            fflush(nil)
            switch part {
            case .queue: for line in QueueBench.lines() { print(line) }
            case .idle: for line in try IdleBench.lines(seconds: seconds) { print(line) }
            case .calls: for line in try CallsBench.lines() { print(line) }
            }
            fflush(nil)
        }
    }
}
