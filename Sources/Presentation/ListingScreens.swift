// `activationctl history`, `queue` and `runs`.

internal import Chronology
package import ControlProtocol

extension Screen {
    /// Oldest first, as people read a story.
    ///
    /// - Parameter withDetails: Shows the steps of the machine as well.
    package func lines(_ history: HistoryDocument, withDetails: Bool) -> [String] {
        let shown = history.entries.filter { withDetails || !$0.isDetail }.reversed()
        guard !shown.isEmpty else { return ["Nothing is recorded."] }
        return table(
            shown.map { entry in
                [
                    time(entry.at), entry.activation ?? entry.occurrence ?? "", safe(entry.campaign ?? ""),
                    safe(entry.text) + (entry.run.map { " [run \(safe($0))]" } ?? ""),
                ]
            })
    }

    package func lines(_ queue: QueueDocument) -> [String] {
        if queue.lanes.isEmpty, queue.calls.isEmpty { return ["No lane is held, and nobody waits for one."] }
        return queue.lanes.flatMap(lane) + (queue.calls.isEmpty ? [] : [""] + queue.calls.map(call))
    }

    private func lane(_ lane: LaneDocument) -> [String] {
        let flow = lane.dataflowName.map { " to \($0)" } ?? ""
        let head = "\(lane.audienceName)\(flow) (\(lane.sandbox)): \(lane.holder.map(holder) ?? "free")"
        return [safe(head)]
            + table(
                lane.line.enumerated().map { place, waiting in
                    [
                        "\(place + 1)", waiting.activation,
                        "\(safe(waiting.campaign)) to \(safe(waiting.dataflowName))",
                        waiting.gates.isEmpty ? "ready" : "waits: \(waiting.gates.joined(separator: ", "))",
                    ]
                }, indent: 2)
    }

    private func holder(_ holder: LaneHolderDocument) -> String {
        let since = holder.since.map { " for \(age($0))" } ?? ""
        guard let activation = holder.activation else { return "held by run \(holder.run ?? "") of somebody else" }
        let state = holder.state == "in_doubt" ? "in doubt" : holder.state
        return "held by \(activation) of \(holder.campaign ?? ""), \(state)\(since)"
    }

    private func call(_ call: CallDocument) -> String {
        let state = call.state == "in_doubt" ? "in doubt" : call.state
        return safe("call \(call.id) of \(counted(call.activations.count, "pair")): \(state) since \(time(call.at))")
    }

    package func lines(_ document: RunsDocument) -> [String] {
        guard !document.runs.isEmpty else { return ["No run is followed."] }
        let rows = document.runs.map { run -> [String] in
            var notes = [run.isForeign ? "started by somebody else" : run.activations.joined(separator: ", ")]
            if run.isLate { notes.append("late") }
            if run.endIsUnknown { notes.append("its end is not known") }
            return [
                safe(run.id), safe(run.word ?? "not seen yet"), run.since.map(age) ?? "", safe(run.dataflowName),
                safe(run.audiences.joined(separator: ", ")),
                safe((run.campaigns + notes).filter { !$0.isEmpty }.joined(separator: ", ")),
            ]
        }
        return table([["run", "status", "for", "dataflow", "audiences", "of"]] + rows)
    }
}
