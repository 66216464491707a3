// What was decided, in words, with the fields by which the journal can be searched. Told from committed records, so no
// path can forget it.

internal import Chronology
package import Logging
package import SchedulerCore

package struct StepLog: Sendable {
    private let logger: Logger

    package init(logger: Logger) {
        self.logger = logger
    }

    package func tell(_ notification: Notification) {
        var fields: Logger.Metadata = ["event": "\(notification.kind.rawValue)"]
        fields["campaign"] = notification.campaign.map { "\($0)" }
        fields["occurrence"] = notification.occurrence.map { "\($0)" }
        fields["activation"] = notification.activation.map { "\($0)" }
        let level: Logger.Level =
            switch notification.kind {
            case .succeeded: .info
            case .partial, .skipped, .runLate, .mapping: .warning
            case .failed, .expired, .quarantined, .configRejected, .credentials, .duplicate: .error
            }
        logger.log(level: level, "\(notification.text)", metadata: fields)
    }

    package func tell(_ record: Record) {
        switch record {
        case .generationLoaded(let generation, let digest):
            logger.notice("configuration \(generation) is in use", metadata: ["digest": "\(digest)"])
        case .campaignAnchored(let campaign, let fingerprint, let from):
            logger.info(
                "campaign counts from \(from.rfc3339): \(fingerprint)", metadata: ["campaign": "\(campaign)"])
        case .campaignRemoved(let campaign):
            logger.info("campaign removed", metadata: ["campaign": "\(campaign)"])
        case .occurrenceAdmitted(let occurrence):
            logger.info(
                "occurrence due: \(occurrence.pairs.count) activations\(occurrence.isLate ? ", late" : "")",
                metadata: fields(occurrence.id, occurrence.campaign).merging(
                    ["nominal": "\(occurrence.nominal.rfc3339)"]) { first, _ in first })
        case .occurrencesSkipped(let skipped):
            logger.debug("occurrence skipped", metadata: fields(skipped.id, skipped.campaign))
        case .occurrenceEnded(let occurrence, let outcome, _):
            logger.notice("occurrence ended: \(outcome.rawValue)", metadata: ["occurrence": "\(occurrence)"])
        case .exportFinished(let sandbox, let job, _, _):
            logger.info("export \(job) of \(sandbox) has finished")
        case .callIntended(let call):
            logger.debug("call intended: \(call.pairs.count) pairs", metadata: ["call": "\(call.id)"])
        case .callSending(let call, _):
            logger.info("call is being sent", metadata: ["call": "\(call)"])
        case .callWithdrawn(let call, let reason):
            logger.info("call withdrawn, not sent: \(reason)", metadata: ["call": "\(call)"])
        case .callAnswered(let call, let outcome, _):
            logger.info("call answered: \(outcome)", metadata: ["call": "\(call)"])
        default:
            tellActivation(record)
        }
    }

    private func tellActivation(_ record: Record) {
        switch record {
        case .activationReturned(let activation, let reason, _, _, _):
            logger.info("activation back in line: \(reason)", metadata: fields(activation))
        case .activationInDoubt(let activation, let call, let reason, _):
            logger.warning(
                "activation in doubt: \(reason)",
                metadata: fields(activation).merging(["call": "\(call)"]) { first, _ in first })
        case .doubtLookedUp(let activation, _):
            logger.debug("looked up, not found", metadata: fields(activation))
        case .activationRunning(let activation, let run, let adopted, _):
            logger.info(
                adopted ? "run found and adopted" : "run started",
                metadata: fields(activation).merging(["run_id": "\(run)"]) { first, _ in first })
        case .runEndUnknown(let activation, let run, let reason, _):
            logger.debug("\(reason)", metadata: fields(activation).merging(["run_id": "\(run)"]) { first, _ in first })
        case .activationEnded(let activation, let outcome, _):
            let reason = outcome.reason.map { ": \($0)" } ?? ""
            logger.info("activation ended: \(outcome.result.rawValue)\(reason)", metadata: fields(activation))
        case .activationResolved(let activation, let resolution, let actor, _):
            logger.notice("activation resolved by \(actor): \(resolution)", metadata: fields(activation))
        case .paused(let pause):
            logger.notice("paused by \(pause.actor): \(pause.reason)")
        case .resumed(_, let actor, _):
            logger.notice("resumed by \(actor)")
        case .cancelRequested(let target, let actor, _):
            logger.notice("cancel of \(target) asked for by \(actor)")
        case .pairLimitLearned(let sandbox, let limit, _):
            logger.warning("the platform takes at most \(limit) pairs in a call of \(sandbox) now")
        default:
            break  // told as notifications, or above
        }
    }

    private func fields(_ activation: ActivationID) -> Logger.Metadata {
        ["activation": "\(activation)", "occurrence": "\(activation.occurrence)"]
    }

    private func fields(_ occurrence: OccurrenceID, _ campaign: CampaignName) -> Logger.Metadata {
        ["occurrence": "\(occurrence)", "campaign": "\(campaign)"]
    }
}
