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
    /// So many seeds that break a rule without the fault are passed over.
    private static let unprovenLimit = 20

    #if MUTANTS
        /// Seeds that found what shows in rare worlds only, tried before the search. Where a change of the worlds makes one
        /// useless, the search takes longer, and nothing else; what it prints is the next one to put here.
        private static let known: [Mutant: UInt64] = [
            .turnWithoutLook: 313, .pairs81: 62, .noDataflowGate: 36, .ageOfAnswer: 30, .shallowListing: 17,
            .toldDelivered: 15, .leavesLate: 30, .explainHidesPause: 41,
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
            var known = Self.known[mutant]
            var next = firstSeed
            var runs = 0
            for _ in 0..<Self.unprovenLimit {
                activeMutant = mutant
                let totals = known.map { search(from: $0, count: 1) } ?? search(from: next, count: Self.seedLimit)
                activeMutant = nil
                runs += totals.runs
                guard let broken = totals.broken, let found = broken.findings.first else {
                    guard known != nil else { break }
                    known = nil
                    continue
                }
                let seed = "seed \(broken.options.seed)"
                if World(broken.options).run().findings.isEmpty {
                    let way = known != nil ? "by the known \(seed)" : "after \(runs) seeds, by \(seed)"
                    print("caught    \(mutant.rawValue): \(way) (\(seconds(since: begin))): \"\(found.rule)\"")
                    return true
                }
                // What the code breaks without the fault as well proves nothing.
                print("UNPROVEN  \(mutant.rawValue): \(seed) breaks a rule without it as well")
                if known == nil { next = broken.options.seed + 1 }
                known = nil
            }
            print("SURVIVED  \(mutant.rawValue): \(runs) seeds (\(seconds(since: begin)))")
            return false
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
