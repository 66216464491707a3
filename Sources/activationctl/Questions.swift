// Commands that change nothing.

import ArgumentParser
import ControlProtocol
import Presentation

struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The daemon, its gates, what is next, in flight, and needs a person.")
    @OptionGroup var options: GlobalOptions

    func run() throws {
        try options.session.show("/v1/status", StatusDocument.self) { $0.lines($1) }
    }
}

struct Campaigns: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Every campaign with its state, next and last occurrence.")
    @OptionGroup var options: GlobalOptions

    func run() throws {
        try options.session.show("/v1/campaigns", CampaignsDocument.self) { $0.lines($1) }
    }
}

struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "One campaign in full.")
    @Argument(help: "The campaign.") var name: String
    @OptionGroup var options: GlobalOptions

    func run() throws {
        try options.session.show("/v1/campaigns/\(name.percentEncoded)", CampaignDocument.self) { $0.lines($1) }
    }
}

struct Explain: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Why a campaign is not running right now: every gate, since when, until when, and what would open it."
    )
    @Argument(help: "The campaign.") var name: String
    @OptionGroup var options: GlobalOptions

    func run() throws {
        try options.session.show("/v1/campaigns/\(name.percentEncoded)/explain", ExplainDocument.self) { $0.lines($1) }
    }
}

struct History: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "What happened, with reasons; the newest last.")
    @Argument(help: "Only this campaign.") var name: String?
    @Option(help: "From this time on: 2026-11-27T17:00:00Z, \"2026-11-27 17:00\", 17:00, or a span back such as 2h.")
    var since: String?
    @Option(help: "At most so many records, 1 to \(HistoryDocument.greatestLimit).")
    var limit = HistoryDocument.usualLimit
    @Flag(help: "Show the steps of the machine as well.") var details = false
    @OptionGroup var options: GlobalOptions

    func validate() throws {
        guard (1...HistoryDocument.greatestLimit).contains(limit) else {
            throw ValidationError("--limit is 1 to \(HistoryDocument.greatestLimit)")
        }
    }

    func run() throws {
        let session = options.session
        var query = ["limit=\(limit)"]
        if let name { query.append("campaign=\(name.percentEncoded)") }
        if let since { query.append("since=\(try session.time(since, .back).percentEncoded)") }
        let details = details
        try session.show("/v1/history?" + query.joined(separator: "&"), HistoryDocument.self) { screen, history in
            screen.lines(history, withDetails: details)
        }
    }
}

struct Queue: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The lanes: which audience is held by whom, and who waits in line.")
    @OptionGroup var options: GlobalOptions

    func run() throws {
        try options.session.show("/v1/queue", QueueDocument.self) { $0.lines($1) }
    }
}

struct Runs: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The runs that are followed, and those of others that are in the way.")
    @OptionGroup var options: GlobalOptions

    func run() throws {
        try options.session.show("/v1/runs", RunsDocument.self) { $0.lines($1) }
    }
}
