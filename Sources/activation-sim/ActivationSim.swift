// Runs the simulation: one seed, or many for as long as one likes. Exits with 1 at the first rule that was broken, with the
// seed that shows it again.

import ArgumentParser
import Chronology
import Foundation
import Simulation

@main
struct ActivationSim: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "activation-sim",
        abstract: "The production runtime in virtual time, against everything that can go wrong.")

    @Option(help: "The first seed.")
    var seed: UInt64 = 1

    @Option(help: "How many seeds.")
    var runs: UInt64 = 1

    @Option(help: "Go on with new seeds for this many seconds.")
    var seconds: Double?

    @Option(help: "Virtual hours with faults; otherwise as the seed says.")
    var hours: Int?

    @Flag(help: "Tell everything that happens.")
    var trace = false

    func run() throws {
        let begin = Date()
        var total = Totals()
        var seed = seed
        while seconds.map({ Date().timeIntervalSince(begin) < $0 }) ?? (total.runs < runs) {
            let options = SimulationOptions(seed: seed, hours: hours)
            let outcome = World(options, onTrace: trace ? { print($0) } : nil).run()
            total.add(outcome)
            if runs == 1, seconds == nil { print("\(options.words)\ndigest \(String(outcome.digest, radix: 16))") }
            if let finding = outcome.findings.first {
                print("BROKEN at \(finding.at.rfc3339): \(finding.rule): \(finding.detail)\n\(options.words)")
                print("again: activation-sim --seed \(seed)\(hours.map { " --hours \($0)" } ?? "") --trace")
                throw ExitCode.failure
            }
            seed += 1
        }
        print(total.words(Date().timeIntervalSince(begin)))
    }
}

struct Totals {
    var runs: UInt64 = 0
    private var events = 0
    private var occurrences = 0
    private var calls = 0
    private var deaths = 0
    private var requests = 0
    private var time = Duration.zero

    mutating func add(_ outcome: Outcome) {
        runs += 1
        events += outcome.events
        occurrences += outcome.occurrences
        calls += outcome.calls
        deaths += outcome.deaths
        requests += outcome.requests
        time += outcome.virtualTime
    }

    func words(_ seconds: Double) -> String {
        let years = Double(time.milliseconds) / 31_557_600_000
        return "\(runs) seeds, \(String(format: "%.2f", years)) virtual years, \(events) events "
            + "(\(Int(Double(events) / max(seconds, 0.001))) a second), \(occurrences) occurrences, \(calls) calls, \(requests) "
            + "requests, \(deaths) deaths survived: no rule broken"
    }
}
