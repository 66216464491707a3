// The simulated platform as a program: for the demo, for tests of the real daemon, and for trying a configuration.

import ArgumentParser
import Chronology
import Dispatch
import Foundation
import PlatformModel
import PlatformServer

@main
struct PlatformSimulator: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "platform-simulator",
        abstract: "A simulated Adobe Experience Platform on loopback, strict by its documents, with a ledger.",
        version: "0.1.0")

    @Option(help: "The port on 127.0.0.1; 0 for one that is free.")
    var port = 0

    @Option(help: "What the platform is like, as JSON (docs/simulated-platform.md).")
    var scenario: String

    @Option(help: "Decides everything that is left to chance.")
    var seed: UInt64 = 1

    @Option(help: "A file that gets the address once the simulator is ready.")
    var readyFile: String?

    @Option(help: "A file that gets the ledger as JSON on SIGUSR1, and when the simulator is stopped.")
    var ledgerFile: String?

    func run() async throws {
        let data = try Data(contentsOf: URL(fileURLWithPath: scenario))
        let scenario: Scenario
        do {
            scenario = try JSONDecoder().decode(Scenario.self, from: data)
        } catch {
            throw ValidationError("\(self.scenario): \(error)")
        }
        let server = try await PlatformServer.start(scenario: scenario, seed: seed, port: port) {
            Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
        }
        print("simulated platform at \(server.url), seed \(seed)")
        fflush(nil)
        if let readyFile {
            try Data((server.url + "\n").utf8).write(to: URL(fileURLWithPath: readyFile), options: .atomic)
        }
        let file = ledgerFile
        let onRequest = Self.listen(to: SIGUSR1) {
            if let file { try? Self.write(server.ledger(), to: file) }
        }
        await Self.untilStopped()
        onRequest.cancel()
        let ledger = server.ledger()
        if let ledgerFile { try Self.write(ledger, to: ledgerFile) }
        print(
            "\(ledger.total) requests, \(ledger.calls.count) calls accepted, \(ledger.violations.count) rules broken")
        try await server.stop()
    }

    private static func write(_ ledger: Ledger, to file: String) throws {
        try JSONEncoder().encode(ledger).write(to: URL(fileURLWithPath: file), options: .atomic)
    }

    private static func listen(to number: Int32, _ body: @escaping @Sendable () -> Void) -> any DispatchSourceSignal {
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: .main)
        source.setEventHandler(handler: body)
        source.resume()
        return source
    }

    private static func untilStopped() async {
        signal(SIGTERM, SIG_IGN)
        signal(SIGINT, SIG_IGN)
        await withCheckedContinuation { continuation in
            let once = Once()
            for number in [SIGTERM, SIGINT] {
                let source = DispatchSource.makeSignalSource(signal: number, queue: .main)
                source.setEventHandler { if once.take(source) { continuation.resume() } }
                once.keep(source)
                source.resume()
            }
        }
    }
}

/// Keeps the sources alive, and lets the first signal through. Touched on the main queue only.
private final class Once: @unchecked Sendable {
    private var sources: [any DispatchSourceSignal] = []
    private var isTaken = false

    func keep(_ source: any DispatchSourceSignal) {
        sources.append(source)
    }

    func take(_ source: any DispatchSourceSignal) -> Bool {
        defer { isTaken = true }
        return !isTaken
    }
}
