import Chronology
import ControlClient
import ControlProtocol
import Foundation
import PlatformModel
import PlatformServer
import TestPrograms
import Testing

func wallClock() -> Instant {
    Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
}

/// A time that the daemon has certainly seen in its configuration before it comes, on a slow machine too: what has passed
/// when a campaign is first read is never fired.
func soon(_ seconds: Int = 3) -> Instant { wallClock() + .seconds(seconds) }

/// Dataflow and audience ids in the shape that a configuration wants.
func flowID(_ number: Int) -> String { "11111111-aaaa-4aaa-8aaa-" + padded(number) }
func audienceID(_ number: Int) -> String { "22222222-bbbb-4bbb-8bbb-" + padded(number) }

private func padded(_ number: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: 12 - digits.count) + digits
}

/// A campaign as it stands in the file.
struct CampaignText {
    var name: String
    /// Nil: by hand only.
    var at: Instant?
    /// Dataflow number → audience numbers.
    var pairs: [Int: [Int]]
    var more = ""

    var text: String {
        let activate = pairs.sorted { $0.key < $1.key }.map { flow, audiences in
            "{ dataflow = \"\(flowID(flow))\", audiences = [\(audiences.map { "\"\(audienceID($0))\"" }.joined(separator: ", "))] }"
        }
        return
            "[campaign.\(name)]\n\(at.map { "at = [\($0.rfc3339)]\n" } ?? "")\(more)\nactivate = [\(activate.joined(separator: ",\n  "))]\n"
    }
}

/// Tables of the main file: table → key → value, as it is written.
typealias SettingsText = [String: [String: String]]

/// The real daemon against the simulated platform, in a directory of its own.
final class DaemonUnderTest {
    let directory: String
    let platform: PlatformServer
    /// Where the configuration says that the platform is; nil for where it is. Tokens are fetched there in any case.
    var address: String?
    private(set) var process: Process?
    private let settings: SettingsText

    /// - Parameter settings: In place of the usual ones, key by key.
    init(
        _ campaigns: [CampaignText], settings: SettingsText = [:], _ change: (inout Scenario) -> Void = { _ in }
    ) async throws {
        self.settings = Self.usual.merging(settings) { usual, own in usual.merging(own) { _, own in own } }
        directory = NSTemporaryDirectory() + "activationd-" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: directory + "/state", withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        var scenario = Scenario()
        let audiences = (1...200).map { Scenario.Audience(id: audienceID($0), name: "Audience \($0)") }
        scenario.flows = (1...3).map { .init(id: flowID($0), name: "Flow \($0)", audiences: audiences) }
        scenario.firstActivationWindowMilliseconds = 2000
        scenario.runs.shortestMilliseconds = 300
        scenario.runs.longestMilliseconds = 900
        change(&scenario)
        platform = try await PlatformServer.start(scenario: scenario, seed: 1, clock: wallClock)
        try writeConfiguration(campaigns.map(\.text).joined(separator: "\n"))
    }

    /// Short times, so that what takes hours in the world takes seconds here.
    private static let usual: SettingsText = [
        "guardrails": ["first_activation_window": "\"2s\""],
        "polling": [
            "gate": "\"300ms\"", "gate_freshness": "\"1s\"", "run": "\"200ms\"", "run_max": "\"500ms\"",
            "settle": "\"2s\"",
        ],
        "limits": [
            "calls_per_minute": "6000", "request_timeout": "\"3s\"", "backoff_base": "\"100ms\"",
            "backoff_max": "\"500ms\"", "clock_wait": "\"0s\"",
        ],
    ]

    func writeConfiguration(_ campaigns: String) throws {
        let text = """
            [platform]
            organization = "5555467B5D8013E50A494220@AdobeOrg"
            sandbox = "prod"
            url = "\(address ?? platform.url)"
            [platform.credentials]
            client_id = "0123456789abcdef"
            client_secret = { env = "SIMULATED_SECRET" }
            token_url = "\(platform.url)/ims/token/v3"

            """
        let tables = settings.sorted { $0.key < $1.key }.map { table, keys in
            "[\(table)]\n" + keys.sorted { $0.key < $1.key }.map { "\($0.key) = \($0.value)\n" }.joined()
        }
        try Data((text + tables.joined() + campaigns).utf8).write(
            to: URL(fileURLWithPath: directory + "/activationd.toml"), options: .atomic)
    }

    /// - Parameter environment: More than the daemon needs.
    func start(environment: [String: String] = [:], logLevel: String? = "debug") throws {
        let process = Process()
        process.executableURL = Self.binary("activationd")
        process.arguments =
            [
                "--config", directory + "/activationd.toml", "--state-directory", directory + "/state",
                "--runtime-directory", directory + "/run",
            ] + (logLevel.map { ["--log-level", $0] } ?? [])
        process.environment = environment.merging(
            ["SIMULATED_SECRET": "simulated-secret", "SWIFT_BACKTRACE": "enable=no"]) { given, _ in given }
        if !FileManager.default.fileExists(atPath: directory + "/log") {
            try Data().write(to: URL(fileURLWithPath: directory + "/log"))
        }
        let log = try FileHandle(forWritingTo: URL(fileURLWithPath: directory + "/log"))
        try log.seekToEnd()
        process.standardError = log
        process.standardOutput = log
        try process.run()
        self.process = process
    }

    func startAndWait() async throws {
        let starts = log.components(separatedBy: "ready:").count
        try start()
        try await wait(for: "readiness") { log.components(separatedBy: "ready:").count > starts }
    }

    // MARK: The control socket

    var control: ControlConnection { ControlConnection(path: directory + "/run/control.sock", timeoutSeconds: 20) }

    func ask<Document: Decodable>(_ type: Document.Type, _ target: String) throws -> Document {
        try decode(type, try control.request("GET", target))
    }

    func order<Document: Decodable>(_ type: Document.Type, _ target: String, _ body: some Encodable) throws -> Document
    {
        try decode(type, try control.request("POST", target, body: ControlProtocol.encode(body)))
    }

    private func decode<Document: Decodable>(_ type: Document.Type, _ answer: ControlAnswer) throws -> Document {
        guard answer.isSuccess else { throw UnexpectedAnswer(words: String(decoding: answer.body, as: UTF8.self)) }
        return try ControlProtocol.decode(type, from: answer.body)
    }

    struct UnexpectedAnswer: Error {
        var words: String
    }

    /// A client that connects and says nothing. The caller closes it.
    func connectSilently() throws -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: control.path.utf8) }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(result == 0)
        return descriptor
    }

    /// Runs activationctl to its end.
    ///
    /// - Parameter through: A program and arguments that start it, such as one that gives up rights.
    func activationctl(_ arguments: String..., through: [String] = []) throws -> (
        code: Int32, output: String, error: String
    ) {
        let command = through + [Self.binary("activationctl").path] + arguments + ["--socket", control.path]
        let process = Process()
        process.executableURL = URL(fileURLWithPath: command[0])
        process.arguments = Array(command.dropFirst())
        let (output, error) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = error
        try process.run()
        let texts = process.atMost(60) {
            let texts = [output, error].map {
                String(decoding: $0.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            }
            process.waitUntilExit()
            return texts
        }
        return (process.terminationStatus, texts[0], texts[1])
    }

    /// Another daemon with the same configuration, to its end.
    func runSecond(stateDirectory: String, runtimeDirectory: String) throws -> (code: Int32, words: String) {
        try FileManager.default.createDirectory(
            atPath: directory + "/" + stateDirectory, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
        let second = Process()
        second.executableURL = Self.binary("activationd")
        second.arguments = [
            "--config", directory + "/activationd.toml", "--state-directory", directory + "/" + stateDirectory,
            "--runtime-directory", directory + "/" + runtimeDirectory,
        ]
        let output = Pipe()
        second.standardError = output
        try second.run()
        let words = second.atMost(60) {
            let words = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            second.waitUntilExit()
            return words
        }
        return (second.terminationStatus, words)
    }

    func signal(_ number: Int32) {
        if let process { kill(process.processIdentifier, number) }
    }

    /// Ends the process and gives its status; a signal as 128 and more.
    @discardableResult
    func end(_ number: Int32 = SIGTERM) -> Int32 {
        guard let process else { return -1 }
        signal(number)
        process.waitUntilExit(atMost: 60)
        self.process = nil
        return process.terminationReason == .uncaughtSignal
            ? 128 + process.terminationStatus : process.terminationStatus
    }

    func close() async throws {
        if process != nil { end(SIGKILL) }
        try await platform.stop()
        try? FileManager.default.removeItem(atPath: directory)
    }

    var log: String {
        (try? String(contentsOfFile: directory + "/log", encoding: .utf8)) ?? ""
    }

    var succeeded: Int { platform.ledger().deliveries.reduce(0) { $0 + $1.succeeded } }

    /// Waits for something that the real daemon does in real time.
    func wait(
        for what: String, seconds: Double = 40, _ condition: () -> Bool, at location: SourceLocation = #_sourceLocation
    ) async throws {
        let end = Date().addingTimeInterval(seconds)
        while !condition() {
            guard Date() < end else {
                Issue.record(
                    "waited \(seconds) s for \(what); the log ends with\n\(log.split(separator: "\n").suffix(25).joined(separator: "\n"))",
                    sourceLocation: location)
                return
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// Beside the test binary.
    static func binary(_ name: String) -> URL {
        let own =
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        let beside = URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent(name)
        if FileManager.default.isExecutableFile(atPath: beside.path) { return beside }
        return URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().appendingPathComponent(name)
    }
}
