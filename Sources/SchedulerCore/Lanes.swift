// Lanes: one audience, one activation in flight, the rest in order.
//
// A lane is held by activations of ours (calling, in doubt, running, or set aside in doubt) and by runs that we did not
// start. Activations join the line once their own gates are open, so that one behind a window of twenty minutes does
// not hold back another campaign of its audience.

/// What one lane serializes: an audience of a sandbox, and the dataflow as well where the guardrail says so.
package struct LaneKey: Hashable, Comparable, Sendable {
    package var sandbox: SandboxName
    package var audience: AudienceID
    package var dataflow: DataflowID?

    package static func < (left: LaneKey, right: LaneKey) -> Bool {
        (left.sandbox, left.audience, left.dataflow?.text ?? "")
            < (right.sandbox, right.audience, right.dataflow?.text ?? "")
    }
}

package enum LaneHolder: Equatable, Sendable {
    case activation(ActivationID)
    case foreign(RunID, DataflowID)
}

/// Who holds which lane, as one look at the state and at what the platform said lately.
struct LaneTable {
    private(set) var holders: [LaneKey: LaneHolder] = [:]

    /// - Parameter besides: Activations that do not count: of several holders of a lane only the oldest is in the table.
    init(_ scheduler: Scheduler, besides: Set<ActivationID> = []) {
        for occurrence in scheduler.state.occurrences.values {
            for (position, activation) in occurrence.activations.enumerated() where activation.holdsLane {
                let id = occurrence.activationID(at: position)
                if besides.contains(id) { continue }
                let key = scheduler.lane(of: occurrence.occurrence.pairs[position], in: occurrence.occurrence.sandbox)
                hold(key, .activation(id))
            }
        }
        for (run, pair, sandbox) in scheduler.foreignRunningPairs() {
            hold(scheduler.lane(of: pair, in: sandbox), .foreign(run, pair.dataflow))
        }
    }

    /// Our own activations are named before foreign runs, the oldest first: the choice must not depend on the order of
    /// a dictionary.
    private mutating func hold(_ key: LaneKey, _ holder: LaneHolder) {
        switch (holders[key], holder) {
        case (nil, _), (.foreign, .activation):
            holders[key] = holder
        case (.activation(let present), .activation(let other)) where other < present:
            holders[key] = holder
        case (.foreign(let present, _), .foreign(let other, _)) where other < present:
            holders[key] = holder
        default:
            break
        }
    }
}

extension Scheduler {
    func lane(of pair: Pair, in sandbox: SandboxName) -> LaneKey {
        switch configuration.guardrails.serialize {
        case .audience: LaneKey(sandbox: sandbox, audience: pair.audience, dataflow: nil)
        case .audienceAndDataflow: LaneKey(sandbox: sandbox, audience: pair.audience, dataflow: pair.dataflow)
        }
    }

    /// Runs that are under way, are not ours, and say for whom they are.
    func foreignRunningPairs() -> [(RunID, Pair, SandboxName)] {
        var found: [(RunID, Pair, SandboxName)] = []
        for (key, known) in knowledge.runs {
            for run in known.listing.runs where isInTheWay(run, known) {
                for audience in run.audiences {
                    found.append((run.id, Pair(dataflow: key.dataflow, audience: audience), key.sandbox))
                }
            }
        }
        for (run, foreign) in knowledge.foreign {
            let isOurs = owns(run)
            for pair in foreign.pairs where !isOurs || !isOwned(run, for: pair) {
                found.append((run, pair, foreign.sandbox))
            }
        }
        return found
    }

    /// Whether a run that is under way counts as one of somebody else: not ours, and none that a person gave up.
    func isOthers(_ run: RunID) -> Bool {
        !owns(run) && state.abandonedRuns?.contains(run) != true
    }

    /// Whether a run belongs to an activation of a pair that is held: its lane waits for it anyway.
    func isOwned(_ run: RunID, for pair: Pair) -> Bool {
        activations(running: run).contains { state.pair(of: $0) == pair }
    }

    /// Whether a run belongs to an activation that is held.
    func owns(_ run: RunID) -> Bool {
        knowledge.followed[run] != nil
    }
}
