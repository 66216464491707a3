// `plan`: what is expected to come. Asks the daemon, or runs a configuration forward by itself; see `Planning`.

import ArgumentParser
import CampaignConfig
import Chronology
import ConfigurationFiles
import ControlProtocol
import Foundation
import Planning
import Presentation
import SchedulerCore

struct Plan: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "What is expected to come: each occurrence with its gates, jobs and collisions, and what to look at.",
        discussion: """
            The daemon's own scheduler is run forward in virtual time, against a platform that behaves as it usually did. Nothing \
            is asked of the platform, and nothing is promised: gates are asked again right before each call.
            """)
    @Option(help: "How many days, 1 to \(PlanDocument.greatestDays).") var days = PlanDocument.usualDays
    @Option(
        help: "From this time on: 2026-11-27T17:00:00Z, \"2026-11-27 17:00\", 2026-11-27, or a span ahead such as 2d.")
    var from: String?
    @Option(
        help: ArgumentHelp(
            "Plan this configuration, without a daemon; campaigns.d/*.toml beside it is read too.", valueName: "file"))
    var config: String?
    @Option(
        help: ArgumentHelp(
            "With --config: exports usually run from then to then, in UTC, every day. May be repeated.",
            valueName: "hh:mm-hh:mm"))
    var usualExport: [String] = []
    @Option(help: ArgumentHelp("Only this campaign. May be repeated.", valueName: "name")) var campaign: [String] = []
    @Option(
        help: ArgumentHelp(
            "What this edited configuration would change: occurrences that come new (+), go (-), move or change (~).",
            valueName: "file"))
    var diff: String?
    @Flag(help: "List each occurrence with its time in UTC, its jobs and every wait.") var details = false
    @Flag(help: "An iCalendar file on standard output, to subscribe to from a calendar program.") var ics = false
    @OptionGroup var options: GlobalOptions

    func validate() throws {
        guard (1...PlanDocument.greatestDays).contains(days) else {
            throw ValidationError("--days is 1 to \(PlanDocument.greatestDays)")
        }
        if ics, options.json || diff != nil { throw ValidationError("--ics goes with neither --json nor --diff") }
        if !usualExport.isEmpty, config == nil { throw ValidationError("--usual-export needs --config") }
    }

    func run() throws {
        let session = options.session
        let plan = try PlanSource(command: self, session: session).plan()
        if let diff {
            let edited = try PlanSource(command: self, session: session).plan(of: diff, like: plan)
            let difference = PlanDifferenceDocument(
                from: try chosen(plan, or: edited), to: try chosen(edited, or: plan))
            return try show(difference) { $0.lines(difference) }
        }
        let chosen = try chosen(plan, or: plan)
        if ics {
            FileHandle.standardOutput.write(Data(PlanCalendar.calendar(chosen)))
            return
        }
        try show(chosen) { $0.lines(chosen, withDetails: details) }
    }

    private func show(_ document: some Encodable, _ lines: (Screen) -> [String]) throws {
        let session = options.session
        if options.json {
            FileHandle.standardOutput.write(Data(try ControlProtocol.encode(document)))
        } else {
            session.write(lines(session.screen), to: .standardOutput)
        }
    }

    /// The plan of the campaigns that were asked for, which one of both plans must have.
    private func chosen(_ plan: PlanDocument, or other: PlanDocument) throws -> PlanDocument {
        guard !campaign.isEmpty else { return plan }
        let known = Set((plan.campaigns + other.campaigns).map(\.name))
        if let name = campaign.first(where: { !known.contains($0) }) {
            try options.session.fail(
                ErrorDocument(.unknown, "no campaign is called \"\(name)\"; see activationctl campaigns"))
        }
        return plan.only(Set(campaign))
    }
}

/// Where a plan comes from: the daemon, or files.
struct PlanSource {
    let command: Plan
    let session: Session

    private var from: Instant? {
        get throws { try command.from.flatMap { Instant(rfc3339: try session.time($0, .ahead)) } }
    }

    func plan() throws -> PlanDocument {
        guard let file = command.config else { return try planOfDaemon() }
        let habit = try usualExports()
        return try plan(
            of: file, from: try from ?? session.now, days: command.days, runLengths: [:], pauses: [],
            habits: { configuration in
                habit.map { habit in
                    Dictionary(
                        uniqueKeysWithValues: Set(configuration.campaigns.values.map(\.sandbox)).map { ($0, habit) })
                } ?? [:]
            })
    }

    private func planOfDaemon() throws -> PlanDocument {
        var query = "days=\(command.days)"
        if let from = try from { query += "&from=\(from.rfc3339.percentEncoded)" }
        let answer = try session.exchange(
            "GET", "/v1/plan?\(query)",
            hint: "To plan a configuration without a daemon: activationctl plan --config FILE")
        return try session.decode(PlanDocument.self, answer)
    }

    /// Over the same days, with the same exports and pauses.
    func plan(of file: String, like other: PlanDocument) throws -> PlanDocument {
        var habits: [SandboxName: ExportHabit] = [:]
        var lengths: [SandboxName: Duration] = [:]
        for document in other.habits {
            habits[SandboxName(document.sandbox)] = document.habit
            lengths[SandboxName(document.sandbox)] = document.runLength
        }
        return try plan(
            of: file, from: Instant(rfc3339: other.from) ?? session.now, days: other.days,
            runLengths: lengths, pauses: other.pauses.compactMap(\.pause), habits: { _ in habits })
    }

    private func plan(
        of file: String, from: Instant, days: Int, runLengths: [SandboxName: Duration], pauses: [SchedulerCore.Pause],
        habits: (SchedulerCore.Configuration) -> [SandboxName: ExportHabit]
    ) throws -> PlanDocument {
        let configuration = try session.load(file).configuration
        var planner = Planner(
            of: configuration, from: from, days: days, habits: habits(configuration), runLengths: runLengths,
            pauses: pauses)
        return planner.run().document(at: session.now)
    }

    /// `04:00-05:20`, in UTC; one that ends before it begins ends on the next day.
    private func usualExports() throws -> ExportHabit? {
        let spans = try command.usualExport.map { text -> ExportHabit.Span in
            let sides = text.split(separator: "-", omittingEmptySubsequences: false).map(Self.seconds)
            guard sides.count == 2, let start = sides[0], let end = sides[1], start != end else {
                throw ValidationError("\"\(text)\" is no span of a day; accepted: such as 04:00-05:20, in UTC")
            }
            let length = Duration.seconds((end - start + 86_400) % 86_400)
            return ExportHabit.Span(start: .seconds(start), usualLength: length, latestLength: length, count: 1)
        }
        return spans.isEmpty ? nil : ExportHabit(spans: spans, count: spans.count)
    }

    private static func seconds(_ text: Substring) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ $0.count == 2 }), let hour = Int(parts[0]),
            let minute = Int(parts[1]),
            (0...23).contains(hour), (0...59).contains(minute)
        else { return nil }
        return hour * 3600 + minute * 60
    }
}

extension Session {
    /// A configuration without a fault. Faults are printed as `check` does, and end the program.
    func load(_ path: String) throws -> LoadedConfiguration {
        let environment = ProcessInfo.processInfo.environment
        do throws(ConfigurationFaults) {
            let files = try ConfigurationFiles().read(main: path)
            return try ConfigurationLoader(
                zones: ZoneFiles(environment: environment).zone, calendarFile: CalendarFiles(main: path).read, now: now,
                each: Cores.each
            ).load(files)
        } catch {
            let document = CheckDocument(
                faults: error.faults.map(FaultDocument.init), warnings: error.warnings.map(FaultDocument.init),
                omitted: error.omitted, files: error.fileCount, campaigns: 0)
            if options.json {
                FileHandle.standardOutput.write(Data(try ControlProtocol.encode(document)))
            } else {
                write(screen(for: STDERR_FILENO).lines(document), to: .standardError)
            }
            throw Exits.configuration
        }
    }
}
