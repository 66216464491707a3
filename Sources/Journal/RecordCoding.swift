// Records as bytes: JSON with sorted keys, so that the same record is always the same bytes. The names of cases and
// labels in `Record` are this format; docs/journal.md says what each is for.

internal import FoundationEssentials
package import SchedulerCore

package enum RecordCoding {
    /// The newest version of the format. A change that old programs would misread raises it.
    package static let format = 2

    /// The version in which a record is written: the oldest one that has its kind, so that a program of before reads on until
    /// it meets a kind that it does not know.
    package static func format(of record: Record) -> Int {
        switch record {
        case .exportObserved, .campaignFinished, .campaignsAnchored, .followersCounted, .occurrenceMoved, .zonesKept,
            .signLearned, .runDisregarded, .marksSetBack, .audiencesResolved, .candidateSeen, .runFound, .runNamed:
            2
        case .exportFinished(_, _, _, _, _, let isOthers, let countedFrom):
            isOthers == nil && countedFrom == nil ? 1 : 2
        case .activationQuarantined(_, _, _, _, let doubtful): doubtful == nil ? 1 : 2
        case .occurrencesSkipped(let skipped): [.oversized, .decided].contains(skipped.reason) ? 2 : 1
        case .activationReturned(_, _, _, _, _, let doubtful, let named): doubtful == nil && named == nil ? 1 : 2
        default: 1
        }
    }

    /// No record is larger: a call of 80 pairs with full baselines has under 1 MB.
    package static let sizeLimit = 8 * 1024 * 1024

    /// - Throws: ``JournalError`` with `tooLarge`: the caller refuses what the record is of, and nothing else. With
    ///   `unreadableRecord`, which only a fault of ours can cause: nothing is stored that could not be read again.
    package static func encode(_ record: Record) throws(JournalError) -> [UInt8] {
        let bytes = try encodeValue(record)
        guard bytes.count <= sizeLimit else {
            throw JournalError(
                .tooLarge, "a record has \(bytes.count) bytes; at most \(sizeLimit) are stored",
                remedy: "Split the campaign into smaller ones and start again; what else waits is held up by it.")
        }
        return bytes
    }

    /// - Parameter format: As stored beside the bytes.
    /// - Throws: ``JournalError`` with `newerFormat` for a format that is not known here, else `unreadableRecord`. The
    ///   caller must not go on without the record.
    package static func decode(
        _ bytes: [UInt8], format: Int = format, sequence: Int64
    ) throws(JournalError) -> Record {
        guard (1...Self.format).contains(format) else {
            throw JournalError(
                .newerFormat,
                "record \(sequence) of the journal has format \(format); this activationd reads 1 to \(Self.format)",
                remedy: "Start the activationd that wrote it; nothing was changed.")
        }
        guard bytes.count <= sizeLimit, let record = try? decoder.decode(Record.self, from: Data(bytes)),
            Self.format(of: record) <= format
        else {
            throw JournalError(
                .unreadableRecord, "record \(sequence) of the journal can not be read",
                remedy: "Restore the journal from a backup, or ask for help with a copy of it; nothing was changed.")
        }
        return record
    }

    /// A snapshot of the folded state, for ``JournalStore/commit(_:at:snapshot:)``.
    package static func encode(_ state: State) throws(JournalError) -> [UInt8] {
        try encodeValue(state)
    }

    /// Nil for a snapshot of another program version, or one that does not hold together: the caller folds the records
    /// instead.
    package static func decodeState(_ bytes: [UInt8]) -> State? {
        guard let state = try? decoder.decode(State.self, from: Data(bytes)), isSound(state) else { return nil }
        return state
    }

    /// What the fold keeps by construction, and the scheduler relies on.
    private static func isSound(_ state: State) -> Bool {
        let counts = state.occurrences.values.flatMap(\.activations).flatMap {
            [$0.attempts, $0.doubtRetries, $0.lookUps]
        }
        return counts.allSatisfy { (0...countLimit).contains($0) }
            && state.generation < .max && min(state.nextOccurrence, state.nextCall) >= 1
            && state.occurrences.allSatisfy { id, occurrence in
                id == occurrence.id && occurrence.activations.count == occurrence.occurrence.pairs.count
            }
            && state.calls.allSatisfy { $0 == $1.call.id }
    }

    /// No activation was sent or looked up this often.
    private static let countLimit = 1 << 40

    private static let decoder = JSONDecoder()
    private static let encoder = {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }()

    private static func encodeValue(_ value: some Encodable) throws(JournalError) -> [UInt8] {
        do {
            return Array(try encoder.encode(value))
        } catch {
            throw JournalError(
                .unreadableRecord, "a record can not be written as JSON",
                remedy: "Report this as a fault of activationd.")
        }
    }
}
