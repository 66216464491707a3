// What the scheduler knows, for those who look ahead: a copy that can be run forward in virtual time, and what the platform
// is expected to say to it. Reads everything, decides nothing, and changes nothing but the copy.

package import Chronology

extension Scheduler {
    /// A copy for running forward. Questions that are under way are not: their answers go to the original.
    package func foreseeing() -> Scheduler {
        var copy = self
        copy.knowledge.asks = [:]
        // Whoever answers it knows of the one that closes the gate, and would never show how the others end.
        for sandbox in copy.knowledge.exports.keys {
            copy.knowledge.exports[sandbox]?.open = Array(knowledge.exports[sandbox]?.open.prefix(1) ?? [])
        }
        copy.isStopping = false
        return copy
    }

    /// When the exports of a sandbox usually run, as far as they were seen.
    package func exportHabit(of sandbox: SandboxName) -> ExportHabit {
        knowledge.habits[sandbox] ?? ExportHabit(spans: [], count: 0)
    }

    /// When an export that runs since then usually ends. Nil where nothing is known of such exports.
    func usualEnd(of job: ExportJob, since: Instant, at now: Moment, in sandbox: SandboxName) -> ExpectedExport? {
        guard let habit = knowledge.habits[sandbox] else { return nil }
        return habit.end(ofOneSince: job.createdAt.map { ourTime(of: $0, at: now) } ?? since)
    }

    /// Every sandbox whose exports were seen, by name.
    package var sandboxesWithHabits: [SandboxName] { knowledge.habits.keys.sorted() }

    /// What the platform said last of the dataflows that were asked about, by sandbox.
    package var definitions: [SandboxName: [DataflowID: DataflowDefinition]] {
        var found: [SandboxName: [DataflowID: DataflowDefinition]] = [:]
        for (key, known) in knowledge.dataflows { found[key.sandbox, default: [:]][key.dataflow] = known.definition }
        return found
    }

    /// How far the platform's clock is ahead of ours, as far as it was told; zero otherwise.
    package func platformClockLead(at now: Moment) -> Duration {
        platformTime(at: now).map { $0 - now.wall } ?? .zero
    }

    /// Our reading of a time of the platform's that has passed.
    package func ourReading(of platformTime: Instant, at now: Moment) -> Instant {
        ourTime(of: platformTime, at: now)
    }

    /// How long runs of ours in a sandbox usually take until their end is seen: the median of the last ones that this process
    /// followed, and of how many. Nil before the first.
    package func usualRunLength(in sandbox: SandboxName) -> (length: Duration, count: Int)? {
        let lengths = (knowledge.runLengths[sandbox] ?? []).sorted()
        return lengths.isEmpty ? nil : (lengths[(lengths.count - 1) / 2], lengths.count)
    }
}

enum ForesightBounds {
    /// Lengths of runs that are remembered of one sandbox.
    static let runs = 60
}
