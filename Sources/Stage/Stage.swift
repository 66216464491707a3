// The simulated platform and the daemon as the processes that they are, in a directory of their own: for the demo and for
// the benchmarks.

internal import ControlClient
internal import ControlProtocol
internal import Foundation
package import PlatformModel

/// Why the play can not go on, with what to do.
package struct StageFailure: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}

package final class Stage: @unchecked Sendable {
    // Used by the main thread, and by the signal handler to clear.

    private static let startSeconds = 10.0

    private let directory: String
    private var platform: Process?
    private var daemon: Process?

    /// Processes end with the object's `clear`, or with this one on Ctrl-C.
    package init(_ name: String) throws {
        // Short: a Unix socket's path has at most 107 bytes.
        directory = "/tmp/\(name)-\(ProcessInfo.processInfo.processIdentifier)"
        try FileManager.default.createDirectory(
            atPath: directory + "/state", withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        Interruption.clear(self)
    }

    /// Of the daemon, while it runs.
    package var daemonPID: Int32? { daemon?.processIdentifier }

    private var socket: String { directory + "/run/" + ControlProtocol.socketName }

    /// Starts the simulated platform on a free port.
    ///
    /// - Returns: Its address.
    package func startPlatform(scenario: String) throws -> String {
        guard FileManager.default.isReadableFile(atPath: scenario) else {
            throw StageFailure("\(scenario) can not be read. Run it from the project's directory.")
        }
        let ready = directory + "/ready"
        platform = try start(
            "platform-simulator",
            ["--scenario", scenario, "--ready-file", ready, "--ledger-file", directory + "/ledger.json"])
        try wait(for: "the simulated platform") { FileManager.default.fileExists(atPath: ready) }
        return try String(contentsOfFile: ready, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// - Parameter environment: Beside what both programs get.
    package func startDaemon(configuration: String, environment: [String: String] = [:]) throws {
        let path = directory + "/activationd.toml"
        try Data(configuration.utf8).write(to: URL(fileURLWithPath: path))
        daemon = try start(
            "activationd",
            ["--config", path, "--state-directory", directory + "/state", "--runtime-directory", directory + "/run"],
            environment: environment)
        try wait(for: "activationd") {
            try self.checkDaemon()
            return (try? self.ask(StatusDocument.self, "/v1/status")) != nil
        }
    }

    package func checkDaemon() throws {
        guard let daemon, daemon.isRunning else { throw StageFailure("activationd has ended early") }
    }

    package func ask<Document: Decodable>(_ type: Document.Type, _ target: String) throws -> Document {
        do {
            let answer = try ControlConnection(path: socket, timeoutSeconds: 5).request("GET", target)
            guard answer.isSuccess else { throw StageFailure("\(target) was answered with \(answer.status)") }
            return try ControlProtocol.decode(type, from: answer.body)
        } catch let error as ControlError {
            throw StageFailure(error.message)
        }
    }

    /// Fires a campaign by hand.
    package func fire(_ campaign: String) throws {
        do {
            let answer = try ControlConnection(path: socket).request("POST", "/v1/campaigns/\(campaign)/fire", body: [])
            guard answer.isSuccess else { throw StageFailure(String(decoding: answer.body, as: UTF8.self)) }
        } catch let error as ControlError {
            throw StageFailure(error.message)
        }
    }

    package func stopDaemon() {
        end(daemon)
        daemon = nil
    }

    /// What the platform has seen so far.
    package func ledger() throws -> Ledger {
        let path = directory + "/ledger.json"
        try? FileManager.default.removeItem(atPath: path)
        if let platform { kill(platform.processIdentifier, SIGUSR1) }
        try wait(for: "the ledger") { FileManager.default.fileExists(atPath: path) }
        return try JSONDecoder().decode(Ledger.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
    }

    /// Stops the platform, which then writes down what it saw.
    package func stopPlatform() throws -> Ledger {
        end(platform)
        platform = nil
        let data = try Data(contentsOf: URL(fileURLWithPath: directory + "/ledger.json"))
        return try JSONDecoder().decode(Ledger.self, from: data)
    }

    package func clear() {
        end(daemon)
        end(platform)
        try? FileManager.default.removeItem(atPath: directory)
    }

    package func daemonLogEnd() -> String {
        let text = (try? String(contentsOfFile: directory + "/activationd.log", encoding: .utf8)) ?? ""
        let lines = text.split(separator: "\n").suffix(20)
        return lines.isEmpty ? "" : "The daemon's log ends with:\n" + lines.joined(separator: "\n")
    }

    private func end(_ process: Process?) {
        guard let process, process.isRunning else { return }
        process.terminate()
        process.waitUntilExit()
    }

    private func start(
        _ name: String, _ arguments: [String], environment: [String: String] = [:]
    ) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try Programs.path(name))
        process.arguments = arguments
        process.environment = ["DEMO_SECRET": "simulated-secret", "PATH": "/usr/bin:/bin"]
            .merging(environment) { _, own in own }
        let log = directory + "/\(name).log"
        try Data().write(to: URL(fileURLWithPath: log))
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: log))
        process.standardOutput = handle
        process.standardError = handle
        process.standardInput = FileHandle.nullDevice
        try process.run()
        return process
    }

    private func wait(for what: String, _ condition: () throws -> Bool) throws {
        let end = Date().addingTimeInterval(Self.startSeconds)
        while try !condition() {
            guard Date() < end else { throw StageFailure("\(what) was not ready within \(Int(Self.startSeconds)) s") }
            Thread.sleep(forTimeInterval: 0.05)
        }
    }
}
