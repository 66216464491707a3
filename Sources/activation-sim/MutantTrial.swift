// Proves the checkers: every known fault is put into the code in its turn, and must be found within so many seeds.

import ArgumentParser
import Foundation
import SchedulerCore
import Simulation

struct MutantTrial {
    let firstSeed: UInt64
    let jobs: Int
    /// Only the one with this name; nil for all.
    let name: String?

    /// Short runs: a fault that is there all the time shows early.
    private static let hours = 24
    /// A mutant that survives so many seeds is one that the checkers do not see.
    private static let seedLimit: UInt64 = 3000

    #if MUTANTS
        /// Seeds that found what shows in rare worlds only, tried before the search. Where a change of the worlds makes one
        /// useless, the search takes longer, and nothing else; what it prints is the next one to put here.
        private static let known: [Mutant: UInt64] = [
            .turnWithoutLook: 313, .pairs81: 62, .noDataflowGate: 36,
        ]

        func run() throws {
            let mutants = Mutant.allCases.filter { name == nil || "\($0)" == name || $0.rawValue == name }
            guard !mutants.isEmpty else { throw ValidationError("There is no known fault \(name ?? "").") }
            let survivors = mutants.filter { !isCaught($0) }
            print("\(mutants.count - survivors.count) of \(mutants.count) known faults caught")
            if !survivors.isEmpty { throw ExitCode.failure }
        }

        private func isCaught(_ mutant: Mutant) -> Bool {
            defer { fflush(nil) }
            let begin = Date()
            activeMutant = mutant
            var totals = Self.known[mutant].map { search(from: $0, count: 1) } ?? Totals()
            let isKnown = totals.broken != nil
            if !isKnown { totals = search(from: firstSeed, count: Self.seedLimit) }
            activeMutant = nil
            guard let broken = totals.broken, let found = broken.findings.first else {
                print("SURVIVED  \(mutant.rawValue): \(totals.runs) seeds (\(seconds(since: begin)))")
                return false
            }
            let seed = "seed \(broken.options.seed)"
            // What the code breaks without the fault as well proves nothing.
            guard World(broken.options).run().findings.isEmpty else {
                print("UNPROVEN  \(mutant.rawValue): \(seed) breaks a rule without it as well")
                return false
            }
            let way = isKnown ? "by the known \(seed)" : "after \(totals.runs) seeds, by \(seed)"
            print("caught    \(mutant.rawValue): \(way) (\(seconds(since: begin))): \"\(found.rule)\"")
            return true
        }

        private func search(from seed: UInt64, count: UInt64) -> Totals {
            Swarm(jobs: jobs, firstSeed: seed).run {
                World(SimulationOptions(seed: $0, hours: Self.hours)).run()
            } goesOn: {
                $0.taken < count
            }
        }

        private func seconds(since begin: Date) -> String {
            String(format: "%.1f s", Date().timeIntervalSince(begin))
        }
    #else
        func run() throws {
            print("This build has no known faults in it. Run `make mutants`, which builds one that has.")
            throw ExitCode(64)
        }
    #endif
}
