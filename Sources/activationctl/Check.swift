// `check`: the faults of configuration files, without a daemon.

import ArgumentParser
import CampaignConfig
import ConfigurationFiles
import ControlProtocol
import Foundation
import Presentation
import SchedulerCore

struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check a configuration: every fault at once, with its place and what to do. Needs no daemon.")
    @Argument(help: "The main file; campaigns.d/*.toml beside it is read too. Otherwise the one that the daemon reads.")
    var file: String?
    @OptionGroup var options: GlobalOptions

    func run() throws {
        let session = options.session
        let environment = ProcessInfo.processInfo.environment
        let directory = environment["CONFIGURATION_DIRECTORY"]?.split(separator: ":").first.map(String.init)
        let usual = options.instance.map { "/etc/activationd@\($0)" } ?? directory ?? "/etc/activationd"
        let path = file ?? usual + "/activationd.toml"
        let document: CheckDocument
        do throws(ConfigurationFaults) {
            let files = try ConfigurationFiles().read(main: path)
            let zones = ZoneFiles(environment: environment)
            var loader = ConfigurationLoader(
                zones: zones.zone, calendarFile: CalendarFiles(main: path).read, now: session.now, each: Cores.each)
            loader.secretWarning = SecretReader(environment: environment).warningForAnother
            let loaded = try loader.load(files)
            document = CheckDocument(
                faults: [], warnings: loaded.warnings.map(FaultDocument.init), omitted: 0, files: files.count,
                campaigns: loaded.configuration.campaigns.count)
        } catch {
            document = CheckDocument(
                faults: error.faults.map(FaultDocument.init), warnings: error.warnings.map(FaultDocument.init),
                omitted: error.omitted, files: error.fileCount, campaigns: 0)
        }
        if session.options.json {
            FileHandle.standardOutput.write(Data(try ControlProtocol.encode(document)))
        } else {
            session.write(session.screen.lines(document), to: .standardOutput)
        }
        guard document.faults.isEmpty else { throw Exits.configuration }
    }
}

extension FaultDocument {
    init(_ fault: ConfigurationFault) {
        self.init(
            code: fault.code.rawValue, severity: fault.severity.rawValue, file: fault.file, line: fault.line,
            column: fault.column, sentence: fault.sentence, text: fault.description)
    }
}
