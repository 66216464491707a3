// What is owed at the end: after everything has healed, all that was admitted ends, and every export was followed.

internal import Chronology
internal import SchedulerCore

extension Checker {
    /// Every export that a campaign follows was followed, or not, with a record.
    mutating func expectExportsFollowed(at now: Instant) {
        let lost = nominals.lostExport(truth.exports, at: now, patience: CheckBounds.exportPatience)
        if let (campaign, export) = lost {
            report("never lost", "\(campaign) after export \(export) was neither fired nor skipped", at: now)
        }
    }

    /// What was admitted, and had begun, before everything healed must have ended by now. What a clock admitted that stood
    /// ahead, and was set back, waits for its time.
    mutating func expectSettled(by healed: Instant, at now: Instant) {
        for occurrence in owed(by: healed) {
            report(
                "every admitted activation ends", "occurrence \(occurrence.id) of \(occurrence.occurrence.campaign)",
                at: now)
        }
    }

    func isOwed(by healed: Instant) -> Bool { !owed(by: healed).isEmpty }

    private func owed(by healed: Instant) -> [OccurrenceState] {
        folded.occurrences.values
            .filter { state in
                state.outcome == nil && state.occurrence.admittedAt <= healed && state.occurrence.startsAt <= healed
            }
            .sorted { $0.id < $1.id }
    }
}
