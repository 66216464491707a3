// The processes of the demo, and the directory that they work in.

import ControlClient
import ControlProtocol
import Foundation
import PlatformModel

final class Stage: @unchecked Sendable {
    // Used by the main thread, and by the signal handler to clear.

    private static let startSeconds = 10.0

    private let directory: String
    private var platform: Process?
    private var daemon: Process?

    init() throws {
        // Short: a Unix socket's path has at most 107 bytes.
        directory = "/tmp/activation-demo-\(ProcessInfo.processInfo.processIdentifier)"
        try FileManager.default.createDirectory(
            atPath: directory + "/state", withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    private var socket: String { directory + "/run/" + ControlProtocol.socketName }

    /// Starts the simulated platform on a free port.
    ///
    /// - Returns: Its address.
    func startPlatform(scenario: String) throws -> String {
        guard FileManager.default.isReadableFile(atPath: scenario) else {
            throw DemoFailure("\(scenario) can not be read. Run it from the project's directory.")
        }
        let ready = directory + "/ready"
        platform = try start(
            "platform-simulator",
            ["--scenario", scenario, "--ready-file", ready, "--ledger-file", directory + "/ledger.json"])
        try wait(for: "the simulated platform") { FileManager.default.fileExists(atPath: ready) }
        return try String(contentsOfFile: ready, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    func startDaemon(configuration: String) throws {
        let path = directory + "/activationd.toml"
        try Data(configuration.utf8).write(to: URL(fileURLWithPath: path))
        daemon = try start(
            "activationd",
            ["--config", path, "--state-directory", directory + "/state", "--runtime-directory", directory + "/run"])
        try wait(for: "activationd") {
            try self.checkDaemon()
            return (try? self.ask(StatusDocument.self, "/v1/status")) != nil
        }
    }

    func checkDaemon() throws {
        guard let daemon, daemon.isRunning else { throw DemoFailure("activationd has ended early") }
    }

    func ask<Document: Decodable>(_ type: Document.Type, _ target: String) throws -> Document {
        do {
            let answer = try ControlConnection(path: socket, timeoutSeconds: 5).request("GET", target)
            guard answer.isSuccess else { throw DemoFailure("\(target) was answered with \(answer.status)") }
            return try ControlProtocol.decode(type, from: answer.body)
        } catch let error as ControlError {
            throw DemoFailure(error.message)
        }
    }

    func stopDaemon() {
        end(daemon)
        daemon = nil
    }

    /// Stops the platform, which then writes down what it saw.
    func stopPlatform() throws -> Ledger {
        end(platform)
        platform = nil
        let data = try Data(contentsOf: URL(fileURLWithPath: directory + "/ledger.json"))
        return try JSONDecoder().decode(Ledger.self, from: data)
    }

    func clear() {
        end(daemon)
        end(platform)
        try? FileManager.default.removeItem(atPath: directory)
    }

    func daemonLogEnd() -> String {
        let text = (try? String(contentsOfFile: directory + "/activationd.log", encoding: .utf8)) ?? ""
        let lines = text.split(separator: "\n").suffix(20)
        return lines.isEmpty ? "" : "The daemon's log ends with:\n" + lines.joined(separator: "\n")
    }

    private func end(_ process: Process?) {
        guard let process, process.isRunning else { return }
        process.terminate()
        process.waitUntilExit()
    }

    private func start(_ name: String, _ arguments: [String]) throws -> Process {
        let process = Process()
        process.executableURL = try Self.program(name)
        process.arguments = arguments
        process.environment = ["DEMO_SECRET": "simulated-secret", "PATH": "/usr/bin:/bin"]
        let log = directory + "/\(name).log"
        try Data().write(to: URL(fileURLWithPath: log))
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: log))
        process.standardOutput = handle
        process.standardError = handle
        process.standardInput = FileHandle.nullDevice
        try process.run()
        return process
    }

    /// Beside this program.
    private static func program(_ name: String) throws -> URL {
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let url = URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent(name)
        guard FileManager.default.isExecutableFile(atPath: url.path) else {
            throw DemoFailure("\(url.path) is missing; use make demo, which builds everything")
        }
        return url
    }

    private func wait(for what: String, _ condition: () throws -> Bool) throws {
        let end = Date().addingTimeInterval(Self.startSeconds)
        while try !condition() {
            guard Date() < end else { throw DemoFailure("\(what) was not ready within \(Int(Self.startSeconds)) s") }
            Thread.sleep(forTimeInterval: 0.05)
        }
    }
}

/// Ctrl-C takes the processes and the directory away as well.
enum Interruption {
    nonisolated(unsafe) private static var sources: [any DispatchSourceSignal] = []

    static func clear(_ stage: Stage) {
        for number in [SIGINT, SIGTERM] {
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                stage.clear()
                exit(128 + number)
            }
            source.resume()
            sources.append(source)
        }
    }
}
