// One daemon and one simulated platform in a directory of their own, with what the platform owes to its campaigns.
//
// The platform runs in this process and outlives the daemon's deaths; its ledger is the judge.

import Chronology
import ControlClient
import ControlProtocol
import Foundation
import PlatformModel
import PlatformServer
import Stage

final class Arena: @unchecked Sendable {
    // Used by one thread at a time.

    static let readySeconds = 60.0

    let directory: String
    let platform: PlatformServer
    /// How often each pair must be accepted and succeed, no more and no less.
    private(set) var owed: [Pair: Int] = [:]
    private(set) var daemon: ChildProcess?
    /// What was open when the last start was ready.
    private(set) var figuresAtReady: ProcessFigures?
    private var isPlatformStopped = false
    /// How often a daemon of this arena had been ready when the present one was started.
    private var readyBefore = 0
    private let settings: ArenaSettings
    private var campaigns: [CampaignText] = []

    /// - Parameters:
    ///   - name: Of the directory below `root`. Short: a Unix socket's path has at most 107 bytes.
    ///   - stateDirectory: Where the journal is, when it is not in the arena's directory.
    init(
        _ root: String, _ name: String, seed: UInt64, settings: ArenaSettings = ArenaSettings(),
        change: (inout Scenario) -> Void = { _ in }
    ) throws {
        directory = root + "/" + name
        self.settings = settings
        try FileManager.default.createDirectory(
            atPath: directory + "/state", withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        var scenario = ArenaSettings.scenario()
        change(&scenario)
        let final = scenario
        platform = try waitFor { try await PlatformServer.start(scenario: final, seed: seed, clock: wallClock) }
        try write([])
    }

    // MARK: What is to be done

    /// Adds campaigns to the configuration. Each time of each of them makes its pairs owed once more.
    func add(_ more: [CampaignText]) throws {
        try write(campaigns + more)
        for campaign in more { owe(campaign.pairs, times: campaign.at.count) }
    }

    func owe(_ pairs: [Pair], times: Int = 1) {
        for pair in pairs { owed[pair, default: 0] += times }
    }

    private func write(_ campaigns: [CampaignText]) throws {
        self.campaigns = campaigns
        let text = settings.text(platform: platform.url) + campaigns.map(\.text).joined()
        try Data(text.utf8).write(to: URL(fileURLWithPath: configuration), options: .atomic)
    }

    var configuration: String { directory + "/activationd.toml" }
    var stateDirectory: String { directory + "/state" }
    var logPath: String { directory + "/log" }

    // MARK: The daemon

    /// - Parameters:
    ///   - through: A program with arguments that starts it, such as one that sets a limit.
    ///   - state: Another state directory than the arena's own.
    func start(through: [String] = [], state: String? = nil) throws {
        readyBefore = log.count(of: "ready: ")
        daemon = try ChildProcess(
            try through + command(state: state), environment: ArenaSettings.environment, log: logPath)
    }

    func command(state: String? = nil, runtime: String = "run") throws -> [String] {
        [
            try Programs.path("activationd"), "--config", configuration, "--state-directory", state ?? stateDirectory,
            "--runtime-directory", directory + "/" + runtime,
        ]
    }

    /// Starts, and waits until the control socket answers.
    func startAndWait(through: [String] = [], state: String? = nil) throws {
        try start(through: through, state: state)
        try waitUntilReady()
    }

    func waitUntilReady() throws {
        let isReady = waits(Self.readySeconds) {
            ending != nil || self.isReady
        }
        guard isReady, ending == nil else {
            throw Failure("the daemon is ready", "it was not ready within \(Self.readySeconds) s: \(endingWords)")
        }
        adoptFigures()
    }

    /// What is open now is what must be open at the end.
    func adoptFigures() {
        figuresAtReady = figures
    }

    var isReady: Bool { log.count(of: "ready: ") > readyBefore && isAnswering }

    private var isAnswering: Bool {
        (try? control.request("GET", "/v1/health"))?.isSuccess == true
    }

    var ending: ChildProcess.Ending? { daemon?.ending }

    private var endingWords: String { ending.map { "it ended with \($0)" } ?? "it still runs" }

    var figures: ProcessFigures? { daemon.flatMap { ProcessFigures(pid: $0.pid) } }

    var control: ControlConnection { ControlConnection(path: directory + "/run/control.sock", timeoutSeconds: 10) }

    var controlPath: String { control.path }

    func status() -> StatusDocument? { ask(StatusDocument.self, "/v1/status") }

    private func ask<Document: Decodable>(_ type: Document.Type, _ target: String) -> Document? {
        guard let answer = try? control.request("GET", target), answer.isSuccess else { return nil }
        return try? ControlProtocol.decode(type, from: answer.body)
    }

    /// Nil when the daemon does not answer.
    var openOccurrences: [String]? { status()?.occurrences.map(\.id) }

    var isJournalInTrouble: Bool { status()?.journal.state == "trouble" }

    /// -1 when the daemon does not answer.
    var succeededCampaigns: Int {
        ask(CampaignsDocument.self, "/v1/campaigns")?.campaigns.count { $0.last?.outcome == "succeeded" } ?? -1
    }

    /// What a person does with activations that were set aside: looks at the run that is named, adopts it where it was made by our
    /// calls, and has sent again what has none. That their absence is true is for the ledger to judge.
    func settleWhatWasSetAside() {
        for activation in status()?.occurrences.flatMap(\.activations) ?? [] where activation.state == "quarantined" {
            let words = (activation.reason ?? "").split { $0 == " " || $0 == "," }.map(String.init)
            let named = Set(zip(words, words.dropFirst()).filter { $0.0 == "run" }.map(\.1))
            var ours: String?
            changePlatform { model, _ in ours = model.runs.first { named.contains($0.id) && $0.isOurs }?.id }
            let order = ResolveOrder(activation: activation.id, resolution: ours == nil ? .retry : .adopt, run: ours)
            _ = try? control.request("POST", "/v1/resolve", body: ControlProtocol.encode(order))
        }
    }

    // MARK: The platform

    var ledger: Ledger { platform.ledger() }

    func changePlatform(_ body: (inout PlatformModel, Instant) -> Void) {
        platform.change(body)
    }

    /// Once; the ledger can be read afterwards as well.
    func stopPlatform() {
        guard !isPlatformStopped else { return }
        isPlatformStopped = true
        try? waitFor { [platform] in try await platform.stop() }
    }

    /// `kill -9`, and waits for the end.
    func kill() {
        daemon?.signal(SIGKILL)
        _ = daemon?.waitUntilEnd(seconds: 30)
    }

    /// SIGTERM, which must end the daemon with 0.
    func stop(seconds: Double = 20) throws {
        daemon?.signal(SIGTERM)
        guard let ending = daemon?.waitUntilEnd(seconds: seconds) else {
            throw Failure("SIGTERM ends the daemon within \(seconds) s", "it still runs")
        }
        guard ending == .exited(0) else { throw Failure("SIGTERM ends the daemon with exit code 0", "\(ending)") }
    }

    var log: LogText { LogText(path: logPath) }

    func close() {
        if ending == nil { kill() }
        stopPlatform()
    }
}

/// What the daemon said so far.
struct LogText {
    let text: String

    init(path: String) {
        text = (try? String(decoding: Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)) ?? ""
    }

    func count(of words: String) -> Int {
        text.components(separatedBy: words).count - 1
    }

    func contains(_ words: String) -> Bool {
        text.contains(words)
    }
}
