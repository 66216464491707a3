// The entry: what people type. Each command is a question or an order to the daemon's control socket; `check` alone needs
// no daemon. Begin at `Session`.

import ArgumentParser

@main
struct ActivationCtl: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "activationctl",
        abstract: "Asks activationd what it does and why, and tells it what to do.",
        discussion: """
            Exit codes: 0 done; 1 refused or failed; 64 usage; 69 daemon not reachable; 77 not permitted; 78 configuration.
            Occurrences have numbers such as 17, their activations such as 17.3.
            """,
        version: "0.1.0",
        groupedSubcommands: [
            CommandGroup(
                name: "Questions",
                subcommands: [
                    Status.self, Campaigns.self, Show.self, Explain.self, Plan.self, History.self, Queue.self,
                    Runs.self,
                ]),
            CommandGroup(
                name: "Orders",
                subcommands: [
                    Fire.self, Cancel.self, Pause.self, Resume.self, Resolve.self, Disregard.self, Recount.self,
                    Reload.self,
                ]),
            CommandGroup(name: "Files", subcommands: [Check.self]),
        ])

    /// Options of every command may also stand before it.
    static func main() {
        main(Self.withGlobalOptionsBehind(Array(CommandLine.arguments.dropFirst())))
    }

    static func withGlobalOptionsBehind(_ arguments: [String]) -> [String] {
        var leading: [String] = []
        var rest = arguments[...]
        while let first = rest.first, first.hasPrefix("--") {
            let valued = ["--socket", "--timeout", "--instance"]
            let takesValue = valued.contains(first)
            guard takesValue || first == "--json" || valued.contains(where: { first.hasPrefix($0 + "=") }) else {
                break
            }
            leading += rest.prefix(takesValue ? 2 : 1)
            rest = rest.dropFirst(takesValue ? 2 : 1)
        }
        guard let command = rest.first else { return arguments }
        // Of a command that does not exist the user is told, and not of options that it does not have.
        guard configuration.subcommands.contains(where: { $0._commandName == command }) else { return Array(rest) }
        return [command] + leading + rest.dropFirst()
    }
}
