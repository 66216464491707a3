// Answers requests of the control socket from what the runtime knows, and hands orders to it. Everything here happens on
// the queue that owns the runtime.

internal import CampaignConfig
internal import Chronology
internal import ControlProtocol
internal import Journal
internal import Reports
internal import Runtime
internal import SchedulerCore

/// Why a configuration was not taken into use.
enum ReloadRefusal: Error {
    case faults(ConfigurationFaults)
    case journal(JournalError)
}

/// What the desk asks of the daemon around the runtime.
struct DaemonFace {
    var daemon: () -> DaemonDocument
    var configuration: () -> ConfigurationDocument
    /// Who asks, and what became of it.
    var reload: (_ actor: String) -> Result<ReloadDocument, ReloadRefusal>
    /// What took much memory has ended. From wherever.
    var usedMemory: @Sendable () -> Void
}

final class ControlDesk {
    typealias Reply = @Sendable (ControlResponse) -> Void

    private let runtime: Runtime
    private let environment: LinuxEnvironment
    private let journal: any JournalStore
    private let readings: ReadingDesk
    private let face: DaemonFace
    private let plans: PlanDesk
    private var nextCommand = 1

    init(
        runtime: Runtime, environment: LinuxEnvironment, journal: any JournalStore, reader: any JournalReader,
        face: DaemonFace
    ) {
        self.runtime = runtime
        self.environment = environment
        self.journal = journal
        self.face = face
        plans = PlanDesk(whenDone: face.usedMemory)
        readings = ReadingDesk(reader, whenDone: face.usedMemory)
    }

    /// Answers once: at once, when an order was obeyed, or when the journal was read. Where nobody waits for it any more, the
    /// journal is not read.
    func answer(
        _ request: ControlRequest, _ isWanted: @escaping @Sendable () -> Bool = { true }, _ reply: @escaping Reply
    ) {
        do throws(ControlRefusal) {
            let route = try ControlRoute(request)
            switch route {
            case .order(let command): try obey(command, request.actor, reply)
            case .reload: reply(try reload(request.actor))
            case .plan(let request): try plans.answer(request, runtime.scheduler, at: environment.now(), reply)
            case .history(let history):
                try readings.answer(.history(history), request.rights, runtime.scheduler, isWanted, reply)
            case .occurrence(let id):
                if let held = runtime.scheduler.state.occurrences[id] {
                    reply(Self.response(runtime.scheduler.report(held, at: environment.now())))
                } else {
                    let question = ReadingDesk.Question.occurrence(id, at: environment.now())
                    try readings.answer(question, request.rights, runtime.scheduler, isWanted, reply)
                }
            default: reply(try look(route))
            }
        } catch {
            reply(Self.response(error))
        }
    }

    private func look(_ route: ControlRoute) throws(ControlRefusal) -> ControlResponse {
        let now = environment.now()
        let scheduler = runtime.scheduler
        switch route {
        case .health: return Self.response(HealthDocument(status: "ok"))
        case .status:
            return Self.response(
                scheduler.statusReport(
                    daemon: face.daemon(), configuration: face.configuration(), journal: journalReport(), at: now))
        case .campaigns: return Self.response(scheduler.campaignsReport(at: now.wall))
        case .campaign(let name): return try found(scheduler.campaignReport(name, at: now), name)
        case .explain(let name): return try found(scheduler.explainReport(name, at: now), name)
        case .queue: return Self.response(scheduler.queueReport(at: now))
        case .runs: return Self.response(scheduler.runsReport())
        case .reload, .order, .plan, .occurrence, .history: throw ControlRefusal(.badMethod, "this is an order")
        }
    }

    private func found(_ document: (some Encodable)?, _ name: CampaignName) throws(ControlRefusal) -> ControlResponse {
        guard let document else {
            throw ControlRefusal(
                .unknown, "no campaign is called \"\(name.text.excerpt)\"; see activationctl campaigns")
        }
        return Self.response(document)
    }

    // MARK: Orders

    private func obey(_ command: Command, _ actor: String, _ reply: @escaping Reply) throws(ControlRefusal) {
        // An order that waits for the disk would be obeyed at a time that nobody expects.
        if let trouble = runtime.trouble {
            throw ControlRefusal(.journal, "the journal can not be written, so nothing is taken in: \(trouble.found)")
        }
        let id = CommandID(nextCommand)
        nextCommand += 1
        environment.onReply(to: id) { answer in
            switch answer {
            case .done(let message, let occurrence):
                reply(Self.response(DoneDocument(message: message, occurrence: occurrence?.description)))
            case .refused(let message):
                reply(Self.response(ControlRefusal(.refused, message)))
            }
        }
        runtime.handle(.command(id, command, actor: actor))
        // Where its own commit fails, the runtime refuses it.
    }

    private func reload(_ actor: String) throws(ControlRefusal) -> ControlResponse {
        switch face.reload(actor) {
        case .success(let document): return Self.response(document)
        case .failure(.journal(let error)):
            throw ControlRefusal(
                .journal,
                "the configuration was not reloaded, the one before stays in use: the journal can not be written: "
                    + error.found)
        case .failure(.faults(let faults)):
            throw ControlRefusal(
                .configuration, "the configuration was not reloaded, the one before stays in use: \(faults.summary)",
                faults: faults.faults.map(FaultDocument.init))
        }
    }

    // MARK: The journal

    private func journalReport() -> JournalDocument {
        let information = try? journal.information()
        return JournalDocument(
            state: runtime.trouble == nil ? "ok" : "trouble", trouble: runtime.trouble?.found,
            records: information?.records, bytes: information?.bytes, freeBytes: information?.freeBytes)
    }

    // MARK: Answers

    static func response(_ document: some Encodable) -> ControlResponse {
        do {
            return ControlResponse(status: 200, body: try ControlProtocol.encode(document))
        } catch {
            // No document holds a number that JSON can not: this would be a fault of ours, told and not hidden.
            return ControlResponse(
                status: 500,
                body: Array(#"{"error":{"code":"refused","message":"the answer can not be encoded"}}"#.utf8))
        }
    }

    static func response(_ refusal: ControlRefusal) -> ControlResponse {
        var response = response(ErrorDocument(refusal.code, refusal.message, faults: refusal.faults))
        response.status = refusal.status
        return response
    }
}

extension FaultDocument {
    init(_ fault: ConfigurationFault) {
        self.init(
            code: fault.code.rawValue, severity: fault.severity.rawValue, file: fault.file, line: fault.line,
            column: fault.column, sentence: fault.sentence, text: fault.description)
    }
}

extension ReloadDocument {
    init(_ loaded: LoadedConfiguration, _ difference: ConfigurationDifference, generation: Int) {
        self.init(
            generation: generation, campaigns: loaded.configuration.campaigns.count,
            files: loaded.configuration.files.count, added: difference.added.map(\.text),
            changed: difference.changed.map { changed in
                Changed(
                    name: changed.name.text,
                    changes: changed.changes.map { Change(key: $0.key, before: $0.before, after: $0.after) })
            },
            removed: difference.removed.map(\.text), unchanged: difference.unchanged.count,
            changedSettings: difference.changedSettings, lines: difference.lines,
            warnings: loaded.warnings.map(FaultDocument.init))
    }
}
