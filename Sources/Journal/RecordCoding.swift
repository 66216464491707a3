// Records as bytes: JSON with sorted keys, so that the same record is always the same bytes. The names of cases and
// labels in `Record` are this format; docs/journal.md says what each is for.

internal import FoundationEssentials
package import SchedulerCore

package enum RecordCoding {
    /// The version of the format. A change that old programs would misread raises it.
    package static let format = 1
    /// No record is larger: a call of 80 pairs with full baselines has under 1 MB.
    package static let sizeLimit = 8 * 1024 * 1024

    /// - Throws: ``JournalError`` with `unreadableRecord`, which only a fault of ours can cause.
    package static func encode(_ record: Record) throws(JournalError) -> [UInt8] {
        try encodeValue(record)
    }

    package static func decode(_ bytes: [UInt8], sequence: Int64) throws(JournalError) -> Record {
        guard bytes.count <= sizeLimit, let record = try? JSONDecoder().decode(Record.self, from: Data(bytes)) else {
            throw JournalError(
                .unreadableRecord, "record \(sequence) of the journal can not be read",
                remedy: "Restore the journal from a backup, or ask for help with a copy of it; nothing was changed.")
        }
        return record
    }

    package static func encode(_ state: State) throws(JournalError) -> [UInt8] {
        try encodeValue(state)
    }

    /// Nil for a snapshot of another program version: the caller folds the records instead.
    package static func decodeState(_ bytes: [UInt8]) -> State? {
        try? JSONDecoder().decode(State.self, from: Data(bytes))
    }

    private static func encodeValue(_ value: some Encodable) throws(JournalError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return Array(try encoder.encode(value))
        } catch {
            throw JournalError(
                .unreadableRecord, "a record can not be written as JSON",
                remedy: "Report this as a fault of activationd.")
        }
    }
}

/// By what people look for a record.
package struct RecordIndex: Equatable, Sendable {
    package var campaign: CampaignName?
    package var occurrence: OccurrenceID?

    /// What the record itself says. Records of activations name only their occurrence.
    package init(_ record: Record) {
        switch record {
        case .campaignAnchored(let campaign, _, _), .campaignRemoved(let campaign):
            self.campaign = campaign
        case .occurrenceAdmitted(let occurrence):
            campaign = occurrence.campaign
            self.occurrence = occurrence.id
        case .occurrencesSkipped(let skipped):
            campaign = skipped.campaign
            occurrence = skipped.id
        case .occurrenceEnded(let occurrence, _, _):
            self.occurrence = occurrence
        case .activationReturned(let activation, _, _, _, _), .activationInDoubt(let activation, _, _, _),
            .doubtLookedUp(let activation, _), .activationRunning(let activation, _, _, _),
            .runEndUnknown(let activation, _, _, _), .runLate(let activation, _, _),
            .activationEnded(let activation, _, _), .activationQuarantined(let activation, _, _, _),
            .activationResolved(let activation, _, _, _), .duplicateSeen(let activation, _, _):
            occurrence = activation.occurrence
        case .paused(let pause):
            if case .campaign(let name) = pause.scope { campaign = name }
        case .resumed(let scope, _, _):
            if case .campaign(let name) = scope { campaign = name }
        case .cancelRequested(let target, _, _):
            occurrence =
                ActivationID(target)?.occurrence ?? Int(target).map { OccurrenceID($0) }
        case .generationLoaded, .exportFinished, .callIntended, .callSending, .callWithdrawn, .callAnswered,
            .pairLimitLearned:
            break
        }
    }
}
