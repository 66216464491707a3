// What people and schedules do on the platform while it runs: the hands of tests and simulations.

package import Chronology

extension PlatformModel {
    /// A scheduled export begins.
    ///
    /// - Returns: Its id.
    @discardableResult
    package mutating func startExport(
        at now: Instant, lasting milliseconds: Int64, fails: Bool = false,
        change: (inout Scenario.Export) -> Void = { _ in }
    ) -> String {
        pass(to: now)
        var export = Scenario.Export(
            startMilliseconds: (now - start).milliseconds, durationMilliseconds: milliseconds, fails: fails)
        change(&export)
        return String(Self.exportID(begin(export)))
    }

    /// A person presses *Export file now*.
    ///
    /// - Parameters:
    ///   - milliseconds: Nil for a run that never ends.
    ///   - id: Nil for one of the platform's.
    /// - Returns: The run's id.
    @discardableResult
    package mutating func startForeignRun(
        _ flow: String, _ audience: String, at now: Instant, lasting milliseconds: Int64?, id: String? = nil
    ) -> String {
        pass(to: now)
        let id = id ?? newRunID()
        let run = SimulatedRun(
            id: id, flow: flow, audiences: [audience], createdAt: now,
            endsAt: milliseconds.map { now + .milliseconds($0) } ?? .never, fails: false, isOurs: false,
            isNamedFrom: now, isListedFrom: now + lag(of: id))
        _ = begin(run)
        return run.id
    }

    /// Whether a run of this audience is under way, whoever started it.
    package func isBusy(_ audience: String, at now: Instant) -> Bool {
        openRun(of: audience, at: now) != nil
    }

    /// The same in the sandbox of a dataflow.
    package func isBusy(_ audience: String, inSandboxOf flow: String, at now: Instant) -> Bool {
        openRun(of: audience, in: sandbox(ofFlow: flow), at: now) != nil
    }

    /// Somebody edits a dataflow: enables or disables it, maps an audience (from now on), moves the begin of its schedule, or
    /// takes it away.
    ///
    /// - Returns: False where there is no such dataflow.
    @discardableResult
    package mutating func edit(_ edit: FlowEdit, at now: Instant) -> Bool {
        guard let index = scenario.flows.firstIndex(where: { $0.id == edit.flow }) else { return false }
        if let state = edit.state { scenario.flows[index].state = state }
        if let audience = edit.move {
            for place in scenario.flows[index].audiences.indices
            where scenario.flows[index].audiences[place].id == audience {
                scenario.flows[index].audiences[place].startDate = edit.startDate
            }
        }
        if let audience = edit.unmap { scenario.flows[index].audiences.removeAll { $0.id == audience } }
        if let audience = edit.map {
            let before = scenario.flows[index].audiences.first { $0.id == audience }
            scenario.flows[index].audiences.removeAll { $0.id == audience }
            var mapped = Scenario.Audience(
                id: audience, name: audience, mappedAtMilliseconds: (now - start).milliseconds)
            mapped.startDate = edit.startDate
            mapped.externalID = edit.externalID ?? before?.externalID
            scenario.flows[index].audiences.append(mapped)
        }
        return true
    }

    /// A run is gone from every answer from an instant on, if it has not ended before, and nothing of it goes on unseen.
    package mutating func vanish(_ run: String, at instant: Instant) {
        for index in openRuns where runs[index].id == run && instant < runs[index].endsAt {
            runs[index].vanishesAt = instant
            runs[index].endsAt = instant
        }
    }

    /// From now on nothing goes wrong, and runs without an end have one soon.
    package mutating func heal(at now: Instant) {
        pass(to: now)
        scenario.faults = []
        scenario.refusals = []
        scenario.quirks.heal()
        emptyUntil = min(emptyUntil, now)
        scenario.followers?.endlessPercent = 0
        scenario.runs.failingPercent = 0
        scenario.runs.endlessPercent = 0
        scenario.runs.emptyPercent = 0
        endPlannedRuns()
        for index in openRuns where runs[index].endsAt == .never {
            runs[index].endsAt = now + .milliseconds(Int64(scenario.runs.longestMilliseconds))
        }
    }
}

extension Instant {
    static let never = Instant(milliseconds: .max)
}
