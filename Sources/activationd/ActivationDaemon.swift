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

    static func main() {
        HeldSignals.hold()
        main(nil)
    }

    func run() throws {
        if check { HeldSignals.release() }
        Privacy.begin()
        let (passed, warnings) = PassedSockets.take()
        let environment = ProcessInfo.processInfo.environment
        let level = LogLevelSwitch(logLevel ?? .info)
        LoggingSystem.bootstrap { _ in LogOutput.handler(environment: environment, level: level) }
        let start = Start(logger: Logger(label: "activationd"), environment: environment)
        if let trouble = ProcessLimits.trouble() {
            throw start.fails(trouble, .limitsTooLow, LinuxShell.ExitCode.limits)
        }
        Memory.bound()
        EventLoops.takeOverTasks()
        let options = Daemon.Options(
            configuration: configurationPath ?? start.directory("CONFIGURATION_DIRECTORY", "/etc/activationd")
                + "/activationd.toml",
            runtimeDirectory: runtimeDirectory ?? start.directory("RUNTIME_DIRECTORY", "/run/activationd"),
            environment: environment, logLevel: logLevel, level: level, passed: passed)
        if check { return try start.check(options) }
        let initial = try start.configuration(options, warnings)
        if HeldSignals.isStopAsked { throw start.stopped() }
        let directory = stateDirectory ?? start.directory("STATE_DIRECTORY", "/var/lib/activationd")
        do {
            let lock = try StateDirectoryLock(directory: directory)
            for warning in lock.warnings { start.logger.warning("\(warning)") }
            let journal = try start.open(directory)
            let reader = try journal.reader()
            try withExtendedLifetime(lock) {
                try Daemon(
                    options: options, loaded: initial, journal: journal, reader: reader, logger: start.logger
                ).run()
            }
        } catch let error as ControlSocketError {
            throw start.fails(
                "\(error)", nil, error.isTaken ? LinuxShell.ExitCode.locked : LinuxShell.ExitCode.controlSocket)
        } catch let error as JournalError {
            throw start.fails(
                "\(error)", error.code == .locked ? nil : .journalLost,
                error.code == .locked ? LinuxShell.ExitCode.locked : LinuxShell.ExitCode.journal)
        }
    }
}

/// What stands between the flags and a daemon that runs: each part either is there, or is told with what to do.
private struct Start: Sendable {
    typealias ExitCode = LinuxShell.ExitCode

    let logger: Logger
    let environment: [String: String]

    /// What systemd passes, which may be several paths with colons between them, or the usual one.
    func directory(_ name: String, _ usual: String) -> String {
        environment[name]?.split(separator: ":").first.map(String.init) ?? usual
    }

    func check(_ options: Daemon.Options) throws {
        let loaded = try load(options, isCheck: true)
        for warning in loaded.warnings { print(warning) }
        let count = loaded.configuration.campaigns.count
        print("\(options.configuration): no faults, \(count) campaign\(count == 1 ? "" : "s")")
    }

    /// - Parameter warnings: What is to be said beside what the configuration's own are.
    func configuration(_ options: Daemon.Options, _ warnings: [String]) throws -> InitialConfiguration {
        let loaded = try load(options, isCheck: false)
        for warning in warnings { logger.warning("\(warning)") }
        for warning in loaded.warnings { FaultLog(logger: logger).tell(warning) }
        return InitialConfiguration(loaded)
    }

    /// Every fault at once: to the journal with their places as fields, to anybody else as they are.
    func load(_ options: Daemon.Options, isCheck: Bool) throws -> LoadedConfiguration {
        do throws(ConfigurationFaults) {
            return try Daemon.load(options)
        } catch {
            if !isCheck, LogOutput.isJournal(environment: environment) {
                FaultLog(logger: logger).tell(error)
            } else {
                FileHandle.standardError.write(Data("\(error)\n".utf8))
            }
            if !isCheck {
                let first = error.faults.first.map { ": \($0.brief)" } ?? ""
                ServiceManager.failing(status: "not started, \(error.summary.dropLast())\(first)")
            }
            throw ArgumentParser.ExitCode(ExitCode.configuration)
        }
    }

    /// A journal that was left open is checked as a whole, which takes time where it is large.
    func open(_ directory: String) throws -> SQLiteJournal {
        // It only reads for as long as it takes long.
        let extending = StartExtension("checking the journal", whenStopAsked: { [self] in _exit(stopped().rawValue) })
        defer { extending.end() }
        let journal = try SQLiteJournal(directory: directory)
        if journal.wasLeftOpen {
            logger.notice(
                "the last stop was not clean (killed, or the power went): the whole journal was checked and is sound")
        }
        return journal
    }

    /// Somebody wanted it to end before it was ready: nothing was begun.
    func stopped() -> ArgumentParser.ExitCode {
        ServiceManager.stopping(status: "stopping")
        logger.notice("stopped before it was ready")
        return .success
    }

    func fails(_ words: String, _ id: MessageID?, _ code: Int32) -> ArgumentParser.ExitCode {
        var fields: Logger.Metadata = ["event": "not-started"]
        fields[MessageID.key] = id.map { "\($0.rawValue)" }
        logger.critical("\(words)", metadata: fields)
        ServiceManager.failing(status: "not started: \(words)")
        return ArgumentParser.ExitCode(code)
    }
}
