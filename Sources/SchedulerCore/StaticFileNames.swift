// Mappings whose files always have one name: each run overwrites the file of the one before, and who has not fetched it has
// lost it. Closes nothing; a person is told, once for each dataflow.

internal import Chronology

extension Scheduler {
    /// Audiences of these pairs whose files always have one name, by dataflow, as the definitions said last.
    package func staticFileNames(of pairs: [Pair], in sandbox: SandboxName) -> [(DataflowID, [AudienceID])] {
        var found: [DataflowID: [AudienceID]] = [:]
        for (dataflow, members) in Dictionary(grouping: pairs, by: \.dataflow) {
            guard let known = knowledge.dataflows[DataflowKey(sandbox, dataflow)] else { continue }
            let fixed = Set(known.definition.mappings.filter { !$0.hasUniqueFileNames }.flatMap(\.ids))
            let named = members.map(\.audience).filter(fixed.contains)
            if !named.isEmpty { found[dataflow] = named }
        }
        return found.sorted { $0.key < $1.key }
    }

    /// In words, one sentence for each dataflow.
    package func staticFileNameSentences(of pairs: [Pair], in sandbox: SandboxName) -> [String] {
        staticFileNames(of: pairs, in: sandbox).map { dataflow, audiences in
            let named = audiences.prefix(StaticNameBounds.named).map { "\"\(name(of: $0))\"" }.joined(separator: ", ")
            let more = audiences.count - StaticNameBounds.named
            return
                "files of \(name(of: dataflow)) for \(named)\(more > 0 ? " and \(more) more" : "") always have one name, so that "
                + "each run overwrites the file of the one before"
        }
    }

    /// At the first look at a dataflow for somebody who waits.
    mutating func tellStaticFileNames(
        _ sandbox: SandboxName, _ dataflows: Set<DataflowID>, at now: Moment, _ step: inout Step
    ) {
        let untold = dataflows.filter { dataflow in
            let flow = DataflowKey(sandbox, dataflow)
            guard !knowledge.toldStaticNames.contains(flow) else { return false }
            return knowledge.dataflows[flow]?.definition.mappings.contains { !$0.hasUniqueFileNames } ?? false
        }
        guard !untold.isEmpty else { return }
        for (occurrence, position) in waitingActivations() where occurrence.occurrence.sandbox == sandbox {
            let pair = occurrence.occurrence.pairs[position]
            let flow = DataflowKey(sandbox, pair.dataflow)
            guard untold.contains(pair.dataflow), !knowledge.toldStaticNames.contains(flow),
                let sentence = staticFileNameSentences(
                    of: occurrence.occurrence.pairs.filter { $0.dataflow == pair.dataflow }, in: sandbox
                ).first
            else { continue }
            knowledge.toldStaticNames.insert(flow)
            notify(
                .mapping, occurrence.activationID(at: position),
                "\(sentence); put a date and a time into the file name template of the dataflow", at: now, &step)
        }
    }
}

private enum StaticNameBounds {
    /// Audiences that a sentence names.
    static let named = 3
}
