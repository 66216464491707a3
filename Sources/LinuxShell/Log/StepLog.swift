// What was decided, in words, with the fields by which the journal can be searched. Told from committed records, so no
// path can forget it.

internal import Chronology
package import Logging
internal import Reports
package import SchedulerCore

package struct StepLog: Sendable {
    private let logger: Logger

    package init(logger: Logger) {
        self.logger = logger
    }

    package func tell(_ notification: Notification) {
        var fields: Logger.Metadata = ["event": "\(notification.kind.rawValue)"]
        fields[MessageID.key] = MessageID(notification.kind).map { "\($0.rawValue)" }
        fields["campaign"] = notification.campaign.map { "\($0)" }
        fields["occurrence"] = notification.occurrence.map { "\($0)" }
        fields["activation"] = notification.activation.map { "\($0)" }
        let level: Logger.Level =
            switch notification.kind {
            case .succeeded: .info
            case .partial, .skipped, .runLate, .mapping, .moved, .empty, .clock: .warning
            case .failed, .expired, .quarantined, .configRejected, .credentials, .duplicate: .error
            }
        let subject = notification.activation?.description ?? notification.occurrence?.description
        let about = [notification.campaign?.text, subject].compactMap { $0 }.joined(separator: " ")
        logger.log(level: level, "\(about.isEmpty ? "" : about + ": ")\(notification.text)", metadata: fields)
    }

    /// Each record in words, with its fields. What a record numbers is looked up in the state after it, or before.
    package func tell(_ records: [Record], before: Scheduler, after: Scheduler) {
        let names = RecordNames(
            occurrence: { id in
                after.state.occurrences[id]?.occurrence ?? before.state.occurrences[id]?.occurrence
                    ?? records.lazy.compactMap { record in
                        if case .occurrenceAdmitted(let occurrence) = record, occurrence.id == id {
                            occurrence
                        } else {
                            nil
                        }
                    }.first
            }, dataflow: { after.name(of: $0) }, audience: { after.name(of: $0) })
        for record in records { tell(RecordReport(record, names: names), level: Self.level(of: record)) }
    }

    private func tell(_ report: RecordReport, level: Logger.Level) {
        guard logger.logLevel <= level else { return }
        var fields: Logger.Metadata = ["event": "\(report.kind)"]
        fields["campaign"] = report.campaign.map { "\($0)" }
        fields["occurrence"] = report.occurrence.map { "\($0)" }
        fields["activation"] = report.activation.map { "\($0)" }
        fields["audience"] = report.pair.map { "\($0.audience)" }
        fields["dataflow"] = report.pair.map { "\($0.dataflow)" }
        fields["call"] = report.call.map { "\($0)" }
        fields["run_id"] = report.run.map { "\($0)" }
        let subject = report.activation?.description ?? report.occurrence?.description
        let about = [report.campaign?.text, subject].compactMap { $0 }.joined(separator: " ")
        logger.log(level: level, "\(about.isEmpty ? "" : about + ": ")\(report.text)", metadata: fields)
    }

    /// Failures that a person is told of have a notification as well, which is logged as an error.
    private static func level(of record: Record) -> Logger.Level {
        switch record {
        case .generationLoaded, .occurrenceEnded, .activationResolved, .paused, .resumed, .cancelRequested,
            .runDisregarded, .marksSetBack:
            .notice
        case .activationInDoubt, .pairLimitLearned, .activationQuarantined, .duplicateSeen, .runEndUnknown, .runLate:
            .warning
        case .callIntended, .doubtLookedUp, .candidateSeen, .runNamed, .occurrencesSkipped, .occurrenceMoved: .debug
        default: .info
        }
    }
}
