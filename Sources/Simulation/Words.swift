// What happens, in words for a trace. Nothing here depends on the order of a dictionary: the same run reads the same.

internal import Chronology
internal import SchedulerCore

enum Words {
    static func of(_ event: Event) -> String {
        switch event {
        case .started: "started"
        case .reloaded: "reloaded"
        case .woke: "woke"
        case .stopping: "stopping"
        case .exportJobsAnswered(let id, .success(let jobs)):
            "answer \(id.number): exports " + list(jobs.prefix(3).map { "\($0.id) \($0.status)" })
        case .dataflowsAnswered(let id, .success(let definitions)):
            "answer \(id.number): dataflows "
                + list(definitions.map { "\($0.id) \($0.state), \($0.mappings.count) mapped" })
        case .runsAnswered(let id, .success(let listing)):
            "answer \(id.number): runs" + (listing.isTruncated ? " (cut) " : " ")
                + list(listing.runs.map { "\($0.id) \($0.word) \($0.dataflow) \($0.audiences)" })
        case .runAnswered(let id, .success(let run)):
            "answer \(id.number): run " + (run.map { "\($0.id) \($0.word)" } ?? "not known")
        case .exportJobsAnswered(let id, .failure(let failure)), .dataflowsAnswered(let id, .failure(let failure)),
            .runsAnswered(let id, .failure(let failure)), .runAnswered(let id, .failure(let failure)):
            "answer \(id.number): none, \(failure.detail)"
        case .callTurn(let id): "the turn of call \(id)"
        case .callAnswered(let id, .accepted(let runs)):
            "answer to call \(id): accepted "
                + list(runs.sorted { $0.key < $1.key }.map { "\($0.key.dataflow)/\($0.key.audience) as \($0.value)" })
        case .callAnswered(let id, let answer): "answer to call \(id): \(answer)"
        case .clockSynchronised(let isSynchronised): "the clock is \(isSynchronised ? "" : "not ")synchronised"
        case .admittedBefore(let admissions):
            "admitted before: " + list(admissions.map { "\($0.campaign) at \($0.nominal.rfc3339)" })
        case .command(_, let command, let actor): "\(actor) orders \(command)"
        }
    }

    static func of(_ effect: Effect) -> String {
        switch effect {
        case .send(let call): "send call \(call.id)"
        case .notify(let notification): "notify \(notification.kind.rawValue): \(notification.text)"
        default: "\(effect)"
        }
    }

    static func of(_ record: Record) -> String {
        switch record {
        case .callIntended(let call):
            "call \(call.id) is intended: "
                + list(zip(call.activations, call.pairs).map { "\($0) \($1.dataflow)/\($1.audience)" }) + ", baselines "
                + list(
                    call.baselines.sorted { $0.key < $1.key }.map {
                        "\($0.key) \($0.value.runs)" + ($0.value.horizon.map { " from \($0.rfc3339)" } ?? "")
                    })
        case .occurrenceAdmitted(let occurrence):
            "occurrence \(occurrence.id) of \(occurrence.campaign) for \(occurrence.nominal.rfc3339) is admitted, "
                + "until \(occurrence.expiresAt.rfc3339), \(occurrence.origin): "
                + list(occurrence.pairs.map { "\($0.dataflow)/\($0.audience)" })
        case .occurrencesSkipped(let skipped):
            "\(skipped.count) of \(skipped.campaign) from \(skipped.first.rfc3339) to \(skipped.last.rfc3339) skipped "
                + "(\(skipped.reason.rawValue)): \(skipped.detail)"
        default: "\(record)"
        }
    }

    private static func list(_ texts: [String]) -> String { "[" + texts.joined(separator: ", ") + "]" }
}
