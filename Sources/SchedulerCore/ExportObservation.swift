// What is remembered of exports that were seen to have ended: when they began and ended, for foretelling the next ones. See
// `ExportHabit`, which is made of these.
//
// Begin at `observeExports`. Nothing here opens or closes a gate: gates are decided by what the platform says now.

package import Chronology

/// An export job that ran from start to end, by our clock.
package struct ExportObservation: Equatable, Codable, Sendable {
    package var job: String
    package var startedAt: Instant
    package var endedAt: Instant

    package init(job: String, startedAt: Instant, endedAt: Instant) {
        self.job = job
        self.startedAt = startedAt
        self.endedAt = endedAt
    }

    package var length: Duration { endedAt - startedAt }
}

enum ObservationBounds {
    /// Exports that are remembered of one sandbox: two months of daily ones.
    static let exports = 60
}

extension Scheduler {
    /// Remembers the jobs of an answer that have ended and are not known yet, failed ones as well: they closed the gate too.
    mutating func observeExports(_ jobs: [ExportJob], _ sandbox: SandboxName, at now: Moment, _ step: inout Step) {
        let known = state.exportObservations?[sandbox] ?? []
        let newest = known.map(\.startedAt).max()
        // Those that were forgotten for newer ones are still shown, and are not remembered anew.
        let isFull = known.count >= ObservationBounds.exports
        var names = Set(known.map(\.job))
        let found = jobs.compactMap { observation(of: $0, at: now) }
            .filter { seen in !isFull || newest.map { seen.startedAt > $0 } ?? true }
            .sorted { ($0.startedAt, $0.job) < ($1.startedAt, $1.job) }
            .filter { names.insert($0.job).inserted }
            .suffix(ObservationBounds.exports)
        guard !found.isEmpty else { return }
        for seen in found {
            record(
                .exportObserved(sandbox: sandbox, job: seen.job, startedAt: seen.startedAt, endedAt: seen.endedAt),
                &step)
        }
        learnHabit(of: sandbox)
    }

    /// Nil for one that runs, and for times that can not be those of an export.
    private func observation(of job: ExportJob, at now: Moment) -> ExportObservation? {
        guard job.status != .running, let createdAt = job.createdAt, let endedAt = job.endedAt, createdAt <= endedAt,
            endedAt - createdAt <= configuration.guardrails.exportMaximumAge
        else { return nil }
        let end = ourTime(of: endedAt, at: now)
        return ExportObservation(job: job.id, startedAt: end - (endedAt - createdAt), endedAt: end)
    }

    mutating func learnHabit(of sandbox: SandboxName) {
        knowledge.habits[sandbox] = ExportHabit(state.exportObservations?[sandbox] ?? [])
    }
}

extension State {
    mutating func observe(_ seen: ExportObservation, in sandbox: SandboxName) {
        var known = exportObservations?[sandbox] ?? []
        known.removeAll { $0.job == seen.job }
        known.append(seen)
        known.sort { ($0.startedAt, $0.job) < ($1.startedAt, $1.job) }
        exportObservations = exportObservations ?? [:]
        exportObservations?[sandbox] = Array(known.suffix(ObservationBounds.exports))
    }
}
