// `queue` and `runs`: lanes with their lines, calls, and the runs that are followed.

package import Chronology
package import ControlProtocol
package import SchedulerCore

extension Scheduler {
    package func queueReport(at now: Moment) -> QueueDocument {
        let holders = laneHolders()
        var lines: [LaneKey: [LineDocument]] = [:]
        let waiting = waiting()
        for (id, closures) in zip(waiting, closures(ofAll: waiting, at: now)) {
            guard let occurrence = state.occurrences[id.occurrence]?.occurrence, let pair = state.pair(of: id)
            else { continue }
            lines[laneKey(of: pair, in: occurrence.sandbox), default: []].append(
                LineDocument(
                    activation: id.description, campaign: occurrence.campaign.text,
                    dataflowName: name(of: pair.dataflow), nominal: occurrence.nominal.rfc3339,
                    gates: closures.map(\.gate.rawValue)))
        }
        let keys = Set(holders.keys).union(lines.keys).sorted()
        return QueueDocument(
            lanes: keys.map { key in
                LaneDocument(
                    sandbox: key.sandbox.text, audience: key.audience.text, audienceName: name(of: key.audience),
                    dataflowName: key.dataflow.map { name(of: $0) }, holder: holders[key].map(report),
                    line: lines[key] ?? [])
            },
            calls: state.calls.values.sorted { $0.call.id < $1.call.id }.map(report))
    }

    private func report(_ holder: LaneHolder) -> LaneHolderDocument {
        switch holder {
        case .activation(let id):
            let activation = state[id]
            return LaneHolderDocument(
                activation: id.description, campaign: state.occurrences[id.occurrence]?.occurrence.campaign.text,
                state: activation?.word(behind: []) ?? "running", run: activation?.run?.text,
                since: activation?.since.rfc3339)
        case .foreign(let run, _):
            return LaneHolderDocument(activation: nil, campaign: nil, state: "foreign", run: run.text, since: nil)
        }
    }

    private func report(_ call: CallState) -> CallDocument {
        CallDocument(
            id: call.call.id.description, sandbox: call.call.sandbox.text,
            state: call.isAnswered ? "in_doubt" : call.isSending ? "sending" : "queued",
            activations: call.call.activations.map(\.description), at: call.call.at.rfc3339)
    }

    package func runsReport() -> RunsDocument {
        let runs = runInsights().sorted { left, right in
            (left.since?.milliseconds ?? .max, left.run) < (right.since?.milliseconds ?? .max, right.run)
        }
        return RunsDocument(runs: runs.map(report))
    }

    private func report(_ run: RunInsight) -> RunDocument {
        let activations = run.activations.compactMap { state[$0] }
        let campaigns = run.activations.compactMap { state.occurrences[$0.occurrence]?.occurrence.campaign.text }
        return RunDocument(
            id: run.run.text, sandbox: run.sandbox.text, dataflow: run.dataflow.text,
            dataflowName: name(of: run.dataflow), audiences: run.audiences.map { name(of: $0) },
            activations: run.activations.map(\.description), campaigns: Array(Set(campaigns)).sorted(),
            isForeign: run.activations.isEmpty, word: run.word, since: run.since?.rfc3339,
            isLate: activations.contains(where: \.isLate), endIsUnknown: activations.contains(where: \.endIsUnknown))
    }
}
