// The entry: reads flags, joins the shell and the journal, sets the exit code.

import ArgumentParser
import CampaignConfig
import Foundation
import Journal
import JournalSQLite
import LinuxShell
import Logging
import SchedulerCore

@main
struct ActivationDaemon: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "activationd",
        abstract: "Sends marketing audiences to file-based destinations when their campaigns need them.",
        discussion: "Stays in the foreground. SIGHUP reloads the configuration, SIGTERM stops.",
        version: Version.text)

    @Option(name: .customLong("config"), help: "The configuration. Beside it, campaigns.d/*.toml is read.")
    var configurationPath: String?

    @Option(help: "Where the journal is kept.")
    var stateDirectory: String?

    @Option(help: "Where the control socket is.")
    var runtimeDirectory: String?

    @Flag(help: "Check the configuration, print every fault, and exit with 0 or 78.")
    var check = false

    @Option(
        help: "trace, debug, info, notice, warning, error or critical; overrides the configuration.",
        transform: { text in
            guard let level = Logger.Level(rawValue: text) else {
                throw ValidationError("\"\(text)\" is no log level")
            }
            return level
        })
    var logLevel: Logger.Level?

    func run() throws {
        if let trouble = ProcessLimits.trouble() {
            FileHandle.standardError.write(Data("activationd: \(trouble)\n".utf8))
            throw ArgumentParser.ExitCode(LinuxShell.ExitCode.limits)
        }
        Memory.bound()
        EventLoops.takeOverTasks()
        let environment = ProcessInfo.processInfo.environment
        let options = Daemon.Options(
            configuration: configurationPath ?? Self.directory("CONFIGURATION_DIRECTORY", "/etc/activationd")
                + "/activationd.toml",
            runtimeDirectory: runtimeDirectory ?? Self.directory("RUNTIME_DIRECTORY", "/run/activationd"),
            environment: environment, logLevel: logLevel, level: LogLevelSwitch(logLevel ?? .info))
        let loaded = try load(options)
        if check {
            for warning in loaded.warnings { print(warning) }
            print("\(options.configuration): no faults, \(loaded.configuration.campaigns.count) campaigns")
            return
        }
        LoggingSystem.bootstrap { _ in LogOutput.handler(environment: environment, level: options.level) }
        let logger = Logger(label: "activationd")
        for warning in loaded.warnings { logger.warning("\(warning)") }
        let directory = stateDirectory ?? Self.directory("STATE_DIRECTORY", "/var/lib/activationd")
        do {
            let lock = try StateDirectoryLock(directory: directory)
            for warning in lock.warnings { logger.warning("\(warning)") }
            let journal = try SQLiteJournal(directory: directory)
            if journal.wasLeftOpen {
                logger.notice(
                    "the last stop was not clean (killed, or the power went): the whole journal was checked and is sound"
                )
            }
            try withExtendedLifetime(lock) {
                try Daemon(options: options, loaded: loaded, journal: journal, logger: logger).run()
            }
        } catch let error as ControlSocketError {
            logger.critical("\(error)")
            throw ArgumentParser.ExitCode(
                error.isTaken ? LinuxShell.ExitCode.locked : LinuxShell.ExitCode.controlSocket)
        } catch let error as JournalError {
            logger.critical("\(error)")
            throw ArgumentParser.ExitCode(
                error.code == .locked ? LinuxShell.ExitCode.locked : LinuxShell.ExitCode.journal)
        }
    }

    private func load(_ options: Daemon.Options) throws -> LoadedConfiguration {
        do {
            return try Daemon.load(options)
        } catch {
            FileHandle.standardError.write(Data("\(error)\n".utf8))
            throw ArgumentParser.ExitCode(LinuxShell.ExitCode.configuration)
        }
    }

    /// What systemd passes, which may be several paths with colons between them, or the usual one.
    private static func directory(_ name: String, _ usual: String) -> String {
        let passed = ProcessInfo.processInfo.environment[name]?.split(separator: ":").first
        return passed.map(String.init) ?? usual
    }
}
