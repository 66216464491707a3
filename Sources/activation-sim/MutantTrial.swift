// Proves the checkers: every known fault is put into the code in its turn, and must be found within so many seeds and minutes.
//
// One fault is active in a process, so that several are tried by several processes: this program again, for each fault once.

import ArgumentParser
import Foundation
import SchedulerCore
import Simulation

struct MutantTrial {
    let firstSeed: UInt64
    let jobs: Int
    /// Only the one with this name; nil for all.
    let name: String?

    /// A mutant that survives so many seeds, or a search of so many seconds, is one that the checkers do not see.
    private static let seedLimit: UInt64 = 400
    private static let secondsLimit = 240.0
    /// So many seeds that break a rule without the fault are passed over.
    private static let unprovenLimit = 20

    #if MUTANTS
        func run() throws {
            if let name {
                guard isCaught(try Self.mutant(name)) else { throw ExitCode.failure }
                return
            }
            let survivors = try triedApart()
            print("\(Mutant.allCases.count - survivors) of \(Mutant.allCases.count) known faults caught")
            if survivors > 0 { throw ExitCode.failure }
        }

        /// The world of one seed with one fault, in words.
        func tell() throws {
            guard let name else { throw ValidationError("--mutants --trace takes a --mutant.") }
            let mutant = try Self.mutant(name)
            activeMutant = mutant
            let outcome = World(mutant.world(firstSeed)) { print($0) }.run()
            try Report.finding(of: outcome)
        }

        static func world(of name: String, _ seed: UInt64) throws -> SimulationOptions {
            try mutant(name).world(seed)
        }

        private static func mutant(_ name: String) throws -> Mutant {
            guard let mutant = Mutant.allCases.first(where: { "\($0)" == name || $0.rawValue == name }) else {
                throw ValidationError("There is no known fault \(name).")
            }
            return mutant
        }

        // MARK: Several at a time

        /// - Returns: How many survived.
        private func triedApart() throws -> Int {
            let lock = NSLock()
            nonisolated(unsafe) var rest = Mutant.allCases[...]
            nonisolated(unsafe) var survivors = 0
            let trial: @Sendable (Mutant) -> Void = { mutant in
                let (words, isCaught) = Self.tryApart(mutant, from: firstSeed)
                lock.withLock {
                    print(words, terminator: "")
                    fflush(nil)
                    if !isCaught { survivors += 1 }
                }
            }
            let threads = DispatchGroup()
            for _ in 0..<jobs {
                DispatchQueue.global().async(group: threads) {
                    while let mutant = lock.withLock({ rest.popFirst() }) { trial(mutant) }
                }
            }
            threads.wait()
            return survivors
        }

        private static func tryApart(_ mutant: Mutant, from seed: UInt64) -> (words: String, isCaught: Bool) {
            let process = Process()
            let pipe = Pipe()
            process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
            process.arguments = ["--mutants", "--mutant", "\(mutant)", "--jobs", "1", "--seed", "\(seed)"]
            process.standardOutput = pipe
            do {
                try process.run()
            } catch {
                return ("NOT TRIED \(mutant.rawValue): \(error)\n", false)
            }
            let words = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            process.waitUntilExit()
            return (words, process.terminationStatus == 0)
        }

        // MARK: One

        private func isCaught(_ mutant: Mutant) -> Bool {
            defer { fflush(nil) }
            let begin = Date()
            var known = mutant.knownSeed
            var next = firstSeed
            var runs = 0
            for _ in 0..<Self.unprovenLimit {
                activeMutant = mutant
                let totals = search(mutant, from: known ?? next, count: known == nil ? Self.seedLimit : 1, since: begin)
                activeMutant = nil
                runs += totals.runs
                guard let broken = totals.broken, let found = broken.findings.first else {
                    guard known != nil else { break }
                    known = nil
                    continue
                }
                let seed = "seed \(broken.options.seed)"
                let without = World(broken.options).run().findings.first
                if without == nil {
                    let way = known != nil ? "by the known \(seed)" : "after \(runs) seeds, by \(seed)"
                    print("caught    \(mutant.rawValue): \(way) (\(seconds(since: begin))): \"\(found.rule)\"")
                    return true
                }
                // What the code breaks without the fault as well proves nothing.
                let rule = without?.rule ?? ""
                print("UNPROVEN  \(mutant.rawValue): \(seed) breaks a rule without it as well: \"\(rule)\"")
                if known == nil { next = broken.options.seed + 1 }
                known = nil
            }
            print("SURVIVED  \(mutant.rawValue): \(runs) seeds (\(seconds(since: begin)))")
            return false
        }

        private func search(_ mutant: Mutant, from seed: UInt64, count: UInt64, since begin: Date) -> Totals {
            Swarm(jobs: jobs, firstSeed: seed).run {
                World(mutant.world($0)).run()
            } goesOn: {
                $0.taken < count && Date().timeIntervalSince(begin) < Self.secondsLimit
            }
        }

        private func seconds(since begin: Date) -> String {
            String(format: "%.1f s", Date().timeIntervalSince(begin))
        }
    #else
        func run() throws { throw Self.refusal() }

        func tell() throws { throw Self.refusal() }

        static func world(of name: String, _ seed: UInt64) throws -> SimulationOptions { throw refusal() }

        private static func refusal() -> ExitCode {
            print("This build has no known faults in it. Run `make mutants`, which builds one that has.")
            return ExitCode(64)
        }
    #endif
}
