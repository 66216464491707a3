// `make demo`: starts the simulated platform and the daemon as the processes that they are, shows how campaigns wait and
// go, and lets the platform's own ledger judge. Begin at `run`.

import ArgumentParser
import ControlProtocol
import Foundation
import PlatformModel
import Stage

@main
struct ActivationDemo: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "activation-demo",
        abstract: "Runs the daemon against the simulated platform and shows what happens.",
        discussion:
            "Exits with 0 only if the simulated platform's ledger shows every activation delivered once, and no "
            + "rule broken.")

    @Option(help: "Campaigns, with 2030-01-01T00:00:00Z for the start of the demo.")
    var config = "config/demo.toml"

    @Option(help: "The simulated platform.")
    var scenario = "config/demo-scenario.json"

    @Option(help: "Give up after this many seconds.")
    var timeout = 110

    func run() throws {
        let stage = try Stage("activation-demo")
        defer { stage.clear() }
        do {
            let platform = try stage.startPlatform(scenario: scenario)
            let script = try DemoScript(path: config, platform: platform, start: Date())
            try stage.startDaemon(configuration: script.text)
            print("the simulated platform is at \(platform); a scheduled export is running on it")
            print("activationd has \(script.names.count) campaigns; times are minutes and seconds of the demo\n")
            var story = Story(start: script.start)
            try follow(&story, script, stage)
            stage.stopDaemon()
            let verdict = Verdict(ledger: try stage.stopPlatform(), wanted: script.wanted)
            print("\n" + Summary.lines(story, script, verdict).joined(separator: "\n"))
            guard verdict.isClean else { throw ExitCode.failure }
        } catch let failure as StageFailure {
            FileHandle.standardError.write(
                Data("\nThe demo failed: \(failure)\n\(stage.daemonLogEnd())\n".utf8))
            throw ExitCode.failure
        }
    }

    /// Looks at the daemon several times a second, and tells what has changed, until every campaign has ended.
    private func follow(_ story: inout Story, _ script: DemoScript, _ stage: Stage) throws {
        let end = script.start.addingTimeInterval(Double(timeout))
        while Date() < end {
            try stage.checkDaemon()
            let campaigns = try stage.ask(CampaignsDocument.self, "/v1/campaigns")
            var occurrences = try stage.ask(StatusDocument.self, "/v1/status").occurrences
            // What has ended is held no more; its last state comes from the journal.
            for id in story.open where !occurrences.contains(where: { $0.id == id }) {
                occurrences.append(try stage.ask(OccurrenceDocument.self, "/v1/occurrences/\(id)"))
            }
            for line in story.take(occurrences, at: Date()) { print(line) }
            fflush(nil)
            if story.ended.isSuperset(of: script.names), campaigns.campaigns.allSatisfy({ $0.last != nil }) { return }
            Thread.sleep(forTimeInterval: 0.1)
        }
        let missing = script.names.subtracting(story.ended).sorted().joined(separator: ", ")
        throw StageFailure("after \(timeout) s these campaigns had not ended: \(missing)")
    }
}
