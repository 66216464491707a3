// How effects become requests to the platform's model, and its answers become events. One exchange happens at one instant of
// the platform's; what happens to its answer on the way is decided elsewhere.

internal import Chronology
internal import PlatformModel
internal import SchedulerCore

protocol SimulatedClient {
    /// The event that answers an effect, as if nothing went wrong on the way. Nil for effects that ask nothing of the
    /// platform.
    ///
    /// - Parameter fate: Asked once for each run that begins.
    mutating func answer(
        _ effect: Effect, _ model: inout PlatformModel, at now: Instant, fate: () -> RunFate
    ) -> Event?
}

enum ClientBounds {
    /// Small pages: listings are cut short, and read on, as often as they can be.
    static let page = 8
}

/// Through values: nothing is built, written or parsed.
struct ValueClient: SimulatedClient {
    private var definitions: [DataflowID: (flow: Scenario.Flow, mappings: [DataflowDefinition.Mapping])] = [:]

    mutating func answer(
        _ effect: Effect, _ model: inout PlatformModel, at now: Instant, fate: () -> RunFate
    ) -> Event? {
        switch effect {
        case .askExportJobs(let id, _, let since):
            let jobs = model.shownExports(since: since, page: ClientBounds.page, at: now).map { shown in
                let status: ExportJob.Status = shown.endedAt == nil ? .running : shown.fails ? .failed : .succeeded
                return ExportJob(
                    id: shown.id, status: status, word: status.rawValue, createdAt: shown.createdAt,
                    endedAt: shown.endedAt)
            }
            return .exportJobsAnswered(id, .success(jobs))
        case .askDataflows(let id, _, let dataflows):
            return .dataflowsAnswered(id, .success(dataflows.map { definition($0, model, at: now) }))
        case .askRuns(let id, _, let dataflows, let depth):
            return .runsAnswered(id, .success(listing(dataflows, depth, model, at: now)))
        case .askRun(let id, _, let run):
            return .runAnswered(id, .success(model.shownRun(run.text, at: now).map(Self.run)))
        case .send(let call):
            return .callAnswered(call.id, activate(call, &model, at: now, fate: fate))
        case .queueCall, .dropCall, .notify, .reply:
            return nil
        }
    }

    private mutating func definition(
        _ id: DataflowID, _ model: PlatformModel, at now: Instant
    ) -> DataflowDefinition {
        guard let flow = model.scenario.flows.first(where: { $0.id == id.text }) else {
            return DataflowDefinition(id: id, name: "", existence: .unusable("the platform does not know it"))
        }
        let mappings: [DataflowDefinition.Mapping]
        if let known = definitions[id], known.flow == flow {
            mappings = known.mappings
        } else {
            mappings = flow.audiences.map { audience in
                let mapped = model.start + .milliseconds(audience.mappedAtMilliseconds)
                return DataflowDefinition.Mapping(
                    ids: [AudienceID(audience.id)], name: audience.name, createdAt: Self.wholeSecond(mapped),
                    startsAt: nil, endsAt: nil, hasUniqueFileNames: true)
            }
            definitions[id] = (flow, mappings)
        }
        return DataflowDefinition(
            id: id, name: flow.name, state: flow.state, mappings: mappings, observedAt: Self.wholeSecond(now))
    }

    /// As the platform tells its times, and the `Date` of an answer.
    private static func wholeSecond(_ instant: Instant) -> Instant {
        let rest = instant.milliseconds % 1000
        return Instant(milliseconds: instant.milliseconds - (rest < 0 ? rest + 1000 : rest))
    }

    private func listing(
        _ dataflows: [DataflowID], _ depth: RunListingDepth, _ model: PlatformModel, at now: Instant
    ) -> RunListing {
        var wanted = Set(depth.containing)
        let shown = model.shownRuns(of: dataflows.map(\.text), page: ClientBounds.page, at: now) { page in
            for run in page { wanted.remove(RunID(run.id)) }
            guard wanted.isEmpty else { return false }
            return depth.since.map { since in page.contains { $0.createdAt < since } } ?? true
        }
        return RunListing(runs: shown.runs.map(Self.run), isTruncated: shown.isTruncated)
    }

    private static func run(_ shown: PlatformModel.ShownRun) -> DataflowRun {
        DataflowRun(
            id: RunID(shown.id), dataflow: DataflowID(shown.flow), createdAt: shown.createdAt,
            status: !shown.hasEnded ? .running : shown.fails ? .failed : .succeeded,
            word: !shown.hasEnded ? "Processing" : shown.fails ? "Failed" : "Success",
            audiences: shown.audiences.map { AudienceID($0) })
    }

    private func activate(
        _ call: Call, _ model: inout PlatformModel, at now: Instant, fate: () -> RunFate
    ) -> CallAnswer {
        let pairs = call.pairs.map { (flow: $0.dataflow.text, audience: $0.audience.text) }
        switch model.call(pairs, at: now, fate: fate) {
        case .accepted(let orders):
            var runs: [Pair: RunID] = [:]
            for order in orders {
                runs[Pair(dataflow: DataflowID(order.flow), audience: AudienceID(order.audience))] = RunID(order.run)
            }
            return .accepted(runs)
        case .refused(let refusal):
            return .refused(Self.words(for: refusal))
        }
    }

    private static func words(for refusal: CallVerdict.Refusal) -> CallRefusal {
        switch refusal {
        case .tooManyPairs(let limit): .tooLarge(detail: "more than \(limit) pairs")
        case .exportInProgress: .other(status: 400, detail: "an export is in progress")
        case .unknownFlow: .other(status: 404, detail: "no such dataflow")
        case .outOfRange(let name): .notMapped(names: [name], detail: "\(name) is not part of this dataflow")
        case .alreadyRunning(let flow, let audience, let run):
            .alreadyRunning(
                Pair(dataflow: DataflowID(flow), audience: AudienceID(audience)), RunID(run),
                detail: "run \(run) is going on")
        }
    }
}
