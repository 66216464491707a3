// Commands that change what is wanted. None of them breaks a rule of the platform.

import ArgumentParser
import ControlProtocol
import Foundation
import Presentation

struct Fire: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Fire a campaign now, by hand.", discussion: "The gates still apply.")
    @Argument(help: "The campaign.") var name: String
    @Flag(help: "Wait until it has ended; exit 0 only if it succeeded.") var wait = false
    @Flag(help: "Fire although an occurrence has not ended and the overlap policy is \"skip\".") var forceOverlap =
        false
    @OptionGroup var options: GlobalOptions

    func run() throws {
        let session = options.session
        let body = try ControlProtocol.encode(FireOrder(forceOverlap: forceOverlap))
        let answer = try session.exchange("POST", "/v1/campaigns/\(name.percentEncoded)/fire", body)
        guard wait, let id = try session.decode(DoneDocument.self, answer).occurrence else {
            return try session.show(answer, DoneDocument.self) { $0.lines($1) }
        }
        try Waiting(session: session, occurrence: id).run()
    }
}

struct Cancel: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Cancel what waits of an occurrence (17) or an activation (17.3).",
        discussion: "What is in flight is followed to its end.")
    @Argument(help: "The id, from status, show or history.") var id: String
    @OptionGroup var options: GlobalOptions

    func run() throws {
        try options.session.order("/v1/cancel", CancelOrder(id: id), DoneDocument.self) { $0.lines($1) }
    }
}

/// One campaign, or everything.
struct Scope: ParsableArguments {
    @Argument(help: "The campaign.") var name: String?
    @Flag(help: "Everything.") var all = false

    func validate() throws {
        guard (name != nil) != all else { throw ValidationError("name a campaign, or say --all") }
    }
}

struct Pause: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Hold a campaign, or everything: what falls due is skipped, what waits is held.",
        discussion: "Survives restarts. What is in flight is followed to its end.")
    @OptionGroup var scope: Scope
    @Option(help: "End by itself: 2026-11-27T17:00:00Z, \"2026-11-27 17:00\", 17:00, or a span such as 2h.")
    var until: String?
    @Option(help: "Why; shown to everybody who wonders.") var reason: String?
    @OptionGroup var options: GlobalOptions

    func run() throws {
        let session = options.session
        let order = PauseOrder(
            campaign: scope.name, until: try until.map { try session.time($0, .ahead) }, reason: reason)
        try session.order("/v1/pause", order, DoneDocument.self) { $0.lines($1) }
    }
}

struct Resume: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "End a pause of a campaign, or that of everything.")
    @OptionGroup var scope: Scope
    @OptionGroup var options: GlobalOptions

    func run() throws {
        try options.session.order("/v1/resume", ResumeOrder(campaign: scope.name), DoneDocument.self) { $0.lines($1) }
    }
}

struct Recount: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Let times fall due again that a clock which ran ahead has decided.",
        discussion: "Set the clock right first. What was fired is not fired once more; what was only skipped falls due."
    )
    @OptionGroup var scope: Scope
    @OptionGroup var options: GlobalOptions

    func run() throws {
        try options.session.order("/v1/recount", RecountOrder(campaign: scope.name), DoneDocument.self) {
            $0.lines($1)
        }
    }
}

struct Resolve: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Settle an activation that is in doubt or set aside.",
        discussion:
            "Look at the runs of its dataflow on the platform first: --retry after a run that did take effect sends "
            + "twice.")
    @Argument(help: "The activation, such as 17.3.") var id: String
    @Option(help: "This run is the activation's; follow it.") var adopt: String?
    @Flag(help: "No run exists; send it again.") var retry = false
    @Flag(help: "Give it up.") var abandon = false
    @OptionGroup var options: GlobalOptions

    func validate() throws {
        guard [adopt != nil, retry, abandon].count(where: { $0 }) == 1 else {
            throw ValidationError("say one of --adopt RUN, --retry and --abandon")
        }
    }

    func run() throws {
        let resolution: ResolveOrder.Resolution = adopt != nil ? .adopt : retry ? .retry : .abandon
        let order = ResolveOrder(activation: id, resolution: resolution, run: adopt)
        try options.session.order("/v1/resolve", order, DoneDocument.self) { $0.lines($1) }
    }
}

struct Disregard: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Let a run of others that does not end hold nothing back any more.",
        discussion:
            "By itself that happens after run_max_age. Look at the run on the platform first: while it is under way, calls for "
            + "its audience may be refused.")
    @Argument(help: "The id of the run, from runs or explain.") var id: String
    @OptionGroup var options: GlobalOptions

    func run() throws {
        try options.session.order("/v1/disregard", DisregardOrder(run: id), DoneDocument.self) { $0.lines($1) }
    }
}

struct Reload: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Reload the configuration, wait for the outcome, and tell it.",
        discussion: "All or nothing: on any fault the configuration before stays in use, and the exit code is 78.")
    @OptionGroup var options: GlobalOptions

    func run() throws {
        let answer = try options.session.exchange("POST", "/v1/reload", [])
        try options.session.show(answer, ReloadDocument.self) { $0.lines($1) }
    }
}

/// Follows an occurrence to its end: changes on standard error, the end on standard output.
struct Waiting {
    let session: Session
    let occurrence: String

    private static let interval = 0.5

    func run() throws {
        var told = ""
        while true {
            let answer = try session.exchange("GET", "/v1/occurrences/\(occurrence.percentEncoded)")
            let document = try session.decode(OccurrenceDocument.self, answer)
            let summary = "\(document.campaign) (\(document.id)): \(session.screen.progress(document))"
            if summary != told, !session.options.json { session.write([summary], to: .standardError) }
            told = summary
            // What needs a person has no end of its own.
            if document.endedAt != nil || document.needsPerson {
                try session.show(answer, OccurrenceDocument.self) { $0.lines($1) }
                guard document.state == "succeeded" else { throw Exits.refused }
                return
            }
            Thread.sleep(forTimeInterval: Self.interval)
        }
    }
}
