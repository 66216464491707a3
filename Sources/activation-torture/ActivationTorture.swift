// `make torture`: the real daemon under everything that a machine and a platform can do to it, judged by the platform's
// ledger. docs/torture.md says what is done. Begin at `run`; the cases are in the files of this directory.

import ArgumentParser
import Foundation

@main
struct ActivationTorture: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "activation-torture",
        abstract: "Kills, starves, damages and deceives the real daemon, and looks whether it keeps its promises.",
        discussion:
            "Exits with 0 only if no case failed: nothing sent twice, nothing lost, no rule of the platform broken.")

    @Option(name: .customLong("case"), help: "A case to run, or the beginning of its name; may be repeated.")
    var cases: [String] = []

    @Option(help: "How often the daemon is killed in the case kill.")
    var kills = 500

    @Option(help: "Decides everything that is left to chance. Default: a new one, which is told.")
    var seed: UInt64?

    @Flag(help: "The quick cases only, and few kills.")
    var brief = false

    @Flag(help: "List the cases.")
    var list = false

    @Option(help: "How many cases run side by side.")
    var lanes = 3

    private func chosen() -> [TortureCase] {
        if cases.isEmpty { return Cases.all.filter { !brief || $0.isQuick } }
        return Cases.all.filter { one in
            cases.contains { name in
                one.name == name || one.name.hasPrefix(name) && !Cases.all.contains { $0.name == name }
            }
        }
    }

    func run() throws {
        if list {
            for one in Cases.all { print("\(one.name)\(one.isQuick ? " (brief)" : ""): \(one.does)") }
            return
        }
        let chosen = chosen()
        guard !chosen.isEmpty else { throw ValidationError("no case has this name; --list shows them") }
        signal(SIGPIPE, SIG_IGN)
        let seed = seed ?? UInt64(Date().timeIntervalSince1970)
        let printer = Printer()
        // Short: a Unix socket's path has at most 107 bytes.
        let root = "/tmp/activation-torture-\(ProcessInfo.processInfo.processIdentifier)"
        printer.line("\(chosen.count) cases, seed \(seed), files in \(root)")
        let (kills, isBrief) = (kills, brief)
        let runner = Runner(chosen, printer: printer) { one in
            TortureRun(
                name: one.name, directory: root + "/" + one.name, seed: seed, kills: kills, isBrief: isBrief,
                printer: printer)
        }
        let isClean = runner.run(lanes: lanes)
        if isClean { try? FileManager.default.removeItem(atPath: root) }
        guard isClean else {
            printer.line("again: activation-torture --seed \(seed) --case NAME")
            throw ExitCode.failure
        }
    }
}
