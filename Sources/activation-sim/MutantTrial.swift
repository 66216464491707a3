// Proves the checkers: every known fault is put into the code in its turn, and must be found within so many seeds.

import ArgumentParser
import Foundation
import SchedulerCore
import Simulation

struct MutantTrial {
    let firstSeed: UInt64
    let jobs: Int

    /// Short runs: a fault that is there all the time shows early.
    private static let hours = 24
    /// A mutant that survives so many seeds is one that the checkers do not see.
    private static let seedLimit: UInt64 = 3000

    func run() throws {
        #if MUTANTS
            var survivors: [Mutant] = []
            for mutant in Mutant.allCases {
                fflush(nil)
                let begin = Date()
                activeMutant = mutant
                let totals = Swarm(jobs: jobs, firstSeed: firstSeed).run { seed in
                    World(SimulationOptions(seed: seed, hours: Self.hours)).run()
                } goesOn: {
                    $0.taken < Self.seedLimit
                }
                activeMutant = nil
                // What the code breaks without the fault as well proves nothing.
                if let broken = totals.broken, !World(broken.options).run().findings.isEmpty {
                    print("UNPROVEN  \(mutant.rawValue): seed \(broken.options.seed) breaks a rule without it as well")
                    survivors.append(mutant)
                    continue
                }
                let seconds = String(format: "%.1f s", Date().timeIntervalSince(begin))
                if let found = totals.broken?.findings.first {
                    print("caught    \(mutant.rawValue): after \(totals.runs) seeds (\(seconds)), by \"\(found.rule)\"")
                } else {
                    print("SURVIVED  \(mutant.rawValue): \(totals.runs) seeds (\(seconds))")
                    survivors.append(mutant)
                }
            }
            print("\(Mutant.allCases.count - survivors.count) of \(Mutant.allCases.count) known faults caught")
            if !survivors.isEmpty { throw ExitCode.failure }
        #else
            print("This build has no known faults in it. Run `make mutants`, which builds one that has.")
            throw ExitCode(64)
        #endif
    }
}
