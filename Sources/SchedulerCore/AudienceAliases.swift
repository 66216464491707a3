// Audiences with two ids: the customer's own, by which a file may name an uploaded one, and the platform's, by which calls
// and runs do. A pair is given the platform's before its lane, its call and its look-ups, and that is journaled.
//
// Begin at `resolveAudiences`. A call is made only with a fresh definition, so no pair is sent by the id of the file.

internal import Chronology

package struct AudienceAlias: Hashable, Comparable, Codable, Sendable {
    package var id: AudienceID
    package var system: AudienceID
    /// Where: two audiences of two namespaces may have one id. Nil for everywhere, in journals of before.
    package var dataflow: DataflowID?

    package init(_ id: AudienceID, system: AudienceID, on dataflow: DataflowID? = nil) {
        self.id = id
        self.system = system
        self.dataflow = dataflow
    }

    package static func < (left: AudienceAlias, right: AudienceAlias) -> Bool {
        (left.id, left.system, left.dataflow?.text ?? "") < (right.id, right.system, right.dataflow?.text ?? "")
    }
}

private enum AliasBounds {
    /// Of one dataflow: far more than are mapped to one.
    static let known = 5_000
    /// In one record.
    static let together = 5_000
}

extension State {
    /// Every pair that is held is of the platform's id from now on.
    mutating func resolve(_ aliases: [AudienceAlias], in sandbox: SandboxName) {
        var systems: [DataflowID?: [AudienceID: AudienceID]] = [:]
        for alias in aliases { systems[alias.dataflow, default: [:]][alias.id] = alias.system }
        for (id, occurrence) in occurrences where occurrence.occurrence.sandbox == sandbox {
            for (position, pair) in occurrence.occurrence.pairs.enumerated() {
                guard let system = systems[pair.dataflow]?[pair.audience] ?? systems[nil]?[pair.audience] else {
                    continue
                }
                occurrences[id]?.occurrence.pairs[position].audience = system
            }
        }
    }
}

extension Scheduler {
    /// Learns the second ids that definitions tell, and gives every pair that is held the platform's.
    mutating func resolveAudiences(
        _ definitions: [DataflowDefinition], in sandbox: SandboxName, at now: Moment, _ step: inout Step
    ) {
        if mutant(.twoIDsTwoLanes) { return }
        learnAliases(definitions, in: sandbox)
        guard !knowledge.systemIDs.isEmpty else { return }
        var found: Set<AudienceAlias> = []
        for occurrence in state.occurrences.values where occurrence.occurrence.sandbox == sandbox {
            for pair in occurrence.occurrence.pairs {
                if let system = knowledge.systemIDs[DataflowKey(sandbox, pair.dataflow)]?[pair.audience] {
                    found.insert(AudienceAlias(pair.audience, system: system, on: pair.dataflow))
                }
            }
        }
        let aliases = found.sorted()
        for first in stride(from: 0, to: aliases.count, by: AliasBounds.together) {
            let together = Array(aliases[first..<min(first + AliasBounds.together, aliases.count)])
            record(.audiencesResolved(sandbox: sandbox, aliases: together), &step)
        }
        if aliases.isEmpty { return }
        for (run, foreign) in knowledge.foreign where foreign.sandbox == sandbox {
            let pairs = foreign.pairs.map { systemPair($0, in: sandbox) }
            knowledge.foreign[run]?.pairs = pairs
        }
        cancelTwice(in: sandbox, Set(aliases.map(\.system)), at: now, &step)
    }

    private mutating func learnAliases(_ definitions: [DataflowDefinition], in sandbox: SandboxName) {
        for definition in definitions {
            for mapping in definition.mappings where mapping.ids.count > 1 {
                learnAliases(mapping, on: DataflowKey(sandbox, definition.id))
            }
        }
    }

    private mutating func learnAliases(_ mapping: DataflowDefinition.Mapping, on flow: DataflowKey) {
        guard let system = mapping.ids.first else { return }
        for id in mapping.ids.dropFirst() where id != system {
            // An id that is also what another one stands for would be exchanged again and again.
            let known = knowledge.systemIDs[flow, default: [:]]
            guard known[system] == nil, known[id] != nil || known.count < AliasBounds.known else { continue }
            knowledge.systemIDs[flow, default: [:]][id] = system
            if let name = configuration.audienceNames[id] { knowledge.namesOfSystemIDs[system] = name }
        }
    }

    /// A pair by the platform's id, as far as that is known by now.
    func systemPair(_ pair: Pair, in sandbox: SandboxName) -> Pair {
        let system = knowledge.systemIDs[DataflowKey(sandbox, pair.dataflow)]?[pair.audience]
        return Pair(dataflow: pair.dataflow, audience: system ?? pair.audience)
    }

    /// A run names audiences by whichever of their ids.
    func resolved(_ run: DataflowRun, in sandbox: SandboxName) -> DataflowRun {
        guard let systems = knowledge.systemIDs[DataflowKey(sandbox, run.dataflow)],
            run.audiences.contains(where: { systems[$0] != nil })
        else { return run }
        var run = run
        run.audiences = run.audiences.map { systems[$0] ?? $0 }
        return run
    }

    /// The pairs of a campaign by the platform's ids, as far as they are known by now, each once.
    func systemPairs(of campaign: Campaign) -> [Pair] {
        guard !knowledge.systemIDs.isEmpty else { return campaign.pairs }
        var seen: Set<Pair> = []
        return campaign.pairs.map { systemPair($0, in: campaign.sandbox) }.filter { seen.insert($0).inserted }
    }

    /// An occurrence that names one audience by both of its ids delivers it once.
    private mutating func cancelTwice(
        in sandbox: SandboxName, _ audiences: Set<AudienceID>, at now: Moment, _ step: inout Step
    ) {
        for occurrence in state.occurrences.values.sorted(by: { $0.id < $1.id })
        where occurrence.occurrence.sandbox == sandbox {
            var first: [Pair: Int] = [:]
            for position in occurrence.activations.indices {
                let pair = occurrence.occurrence.pairs[position]
                guard audiences.contains(pair.audience) else { continue }
                guard let other = first[pair] else {
                    first[pair] = position
                    continue
                }
                // Whichever of them is on its way stays. As it is now: one before it may have withdrawn its call.
                let isWaiting = state[occurrence.activationID(at: position)]?.phase == .waiting
                let (stays, goes) = isWaiting ? (other, position) : (position, other)
                guard let held = state[occurrence.activationID(at: goes)], isUnsent(held.phase) else { continue }
                withdraw(callOf: occurrence.activationID(at: goes), because: "an audience of it was named twice", &step)
                first[pair] = stays
                let reason =
                    "the same audience as activation \(occurrence.activationID(at: stays)), by the other one of its two ids"
                record(
                    .activationEnded(
                        activation: occurrence.activationID(at: goes),
                        outcome: ActivationOutcome(result: .cancelled, reason: reason), at: now.wall), &step)
            }
        }
    }
}
