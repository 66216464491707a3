// How effects become requests to the platform's model, and its answers become events. One exchange happens at one instant of
// the platform's; what happens to its answer on the way is decided elsewhere.

internal import ActivationAPI
internal import Chronology
internal import PlatformModel
internal import SchedulerCore

protocol SimulatedClient {
    /// What comes of an effect, as if nothing went wrong on the way. Nil for effects that ask nothing of the platform.
    ///
    /// - Parameter fate: Asked once for each run that begins.
    mutating func answer(
        _ effect: Effect, _ model: inout PlatformModel, at now: Instant, fate: () -> RunFate
    ) -> Exchange?
}

enum Exchange {
    case answered(Event)
    /// A page of a listing was read, and there is another one: to be asked for with the same effect.
    case goesOn(AskID)
}

enum ClientBounds {
    /// Small pages: listings are cut short, and read on, as often as they can be.
    static let page = 8
    /// Where there is much to list.
    static let largePage = 100

    static func page(_ options: SimulationOptions) -> Int { options.size == .manyPairs ? largePage : page }
}

extension PlatformResponse {
    /// What the simulated platform sent, as the production client takes it in.
    init(_ answer: WireAnswer, at now: Instant) {
        let date = Instant(milliseconds: now.milliseconds - now.milliseconds % 1000)
        self.init(
            status: answer.status, body: answer.body,
            retryAfter: answer.headers["Retry-After"].flatMap { RetryAfter.duration($0, at: date) }, date: date)
    }
}

/// Through values: nothing is built, written or parsed but refusals, which are few, and mean what the production code reads
/// in them. All else is as the production readers would have it.
struct ValueClient: SimulatedClient {
    private var definitions: [DataflowID: (flow: Scenario.Flow, mappings: [DataflowDefinition.Mapping])] = [:]
    private let readsSlowly: Bool
    private let pageSize: Int
    private let pages: Int
    /// Listings of runs that are being read.
    private var readings: [AskID: Reading] = [:]

    /// - Parameter readsSlowly: Whether pages of a listing are read one after the other.
    init(readsSlowly: Bool, pageSize: Int = ClientBounds.page, pages: Int = 375) {
        self.readsSlowly = readsSlowly
        self.pageSize = pageSize
        self.pages = pages
    }

    private struct Reading {
        var runs: [DataflowRun] = []
        var wanted: Set<RunID>
        var place: PlatformModel.RunPlace?
        var pages = 0
    }

    mutating func answer(
        _ effect: Effect, _ model: inout PlatformModel, at now: Instant, fate: () -> RunFate
    ) -> Exchange? {
        if readsSlowly, case .askRuns(let id, let sandbox, let dataflows, let depth) = effect {
            return readOn(id, sandbox, dataflows, depth, &model, now)
        }
        return event(effect, &model, at: now, fate: fate).map { .answered($0) }
    }

    private mutating func event(
        _ effect: Effect, _ model: inout PlatformModel, at now: Instant, fate: () -> RunFate
    ) -> Event? {
        switch effect {
        case .askExportJobs(let id, let sandbox, let since):
            let answer = Self.ask("exports", sandbox, &model, now) { [pageSize] model in
                model.shownExports(since: since, page: pageSize, in: sandbox.text, at: now)
                    .map { Self.job($0, at: now) }
            }
            return .exportJobsAnswered(id, answer)
        case .askDataflows(let id, let sandbox, let dataflows):
            let failure = Self.failure(of: "flows", sandbox, &model, now)
            if let failure { return .dataflowsAnswered(id, .failure(failure)) }
            return .dataflowsAnswered(id, .success(dataflows.map { definition($0, sandbox, model, at: now) }))
        case .askRuns(let id, let sandbox, let dataflows, let depth):
            let answer = Self.ask("runs", sandbox, &model, now) { [pageSize, pages] model in
                Self.listing(
                    dataflows.filter { model.flow($0.text, in: sandbox.text) != nil }, depth, (pageSize, pages), model,
                    at: now)
            }
            return .runsAnswered(id, answer)
        case .askRun(let id, let sandbox, let run):
            let answer = Self.ask("runs", sandbox, &model, now) { model -> DataflowRun? in
                guard let shown = model.shownRun(run.text, at: now), model.flow(shown.flow, in: sandbox.text) != nil
                else { return nil }
                return Self.run(shown, model)
            }
            return .runAnswered(id, answer)
        case .send(let call):
            return .callAnswered(call.id, activate(call, &model, at: now, fate: fate))
        case .queueCall, .dropCall, .notify, .reply:
            return nil
        }
    }

    /// One page more of a listing of runs.
    private mutating func readOn(
        _ id: AskID, _ sandbox: SandboxName, _ dataflows: [DataflowID], _ depth: RunListingDepth,
        _ model: inout PlatformModel, _ now: Instant
    ) -> Exchange {
        var reading = readings.removeValue(forKey: id) ?? Reading(wanted: Set(depth.containing))
        if let failure = Self.failure(of: "runs", sandbox, &model, now) {
            return .answered(.runsAnswered(id, .failure(failure)))
        }
        let flows = dataflows.filter { model.flow($0.text, in: sandbox.text) != nil }.map(\.text)
        let page = model.shownRunPage(of: flows, after: reading.place, size: pageSize, at: now)
        reading.runs += page.runs.map { Self.run($0, model) }
        for run in page.runs { reading.wanted.remove(RunID(run.id)) }
        let reachesBack = depth.since.map { since in page.runs.contains { $0.createdAt < since } } ?? true
        reading.pages += 1
        guard let next = page.next, reading.pages < pages, !(reading.wanted.isEmpty && reachesBack) else {
            let listing = RunListing(runs: reading.runs, isTruncated: page.next != nil)
            return .answered(.runsAnswered(id, .success(listing)))
        }
        reading.place = next
        readings[id] = reading
        return .goesOn(id)
    }

    // MARK: Questions

    private static func ask<Answer>(
        _ kind: String, _ sandbox: SandboxName, _ model: inout PlatformModel, _ now: Instant,
        read: (PlatformModel) -> Answer
    ) -> Result<Answer, AskFailure> {
        failure(of: kind, sandbox, &model, now).map { .failure($0) } ?? .success(read(model))
    }

    /// As the production client asks: once more with a new token, where that may help.
    private static func failure(
        of kind: String, _ sandbox: SandboxName, _ model: inout PlatformModel, _ now: Instant
    ) -> AskFailure? {
        for attempt in 1...2 {
            guard let refusal = model.refusal(of: kind, in: sandbox.text, at: now) else { return nil }
            let response = PlatformResponse(refusal, at: now)
            guard response.asksForNewToken, attempt == 1 else { return response.failure() }
        }
        return nil
    }

    private static func job(_ shown: PlatformModel.ShownExport, at now: Instant) -> ExportJob {
        let status: ExportJob.Status = shown.endedAt == nil ? .running : shown.fails ? .failed : .succeeded
        return ExportJob(
            id: shown.id, status: status, word: status == .running && shown.isNew ? "NEW" : status.rawValue,
            createdAt: shown.createdAt, endedAt: shown.endedAt, isUncertain: shown.schema == nil,
            requestID: shown.requestID, datasetID: shown.datasetID, batchID: shown.batchID,
            observedAt: wholeSecond(now))
    }

    private mutating func definition(
        _ id: DataflowID, _ sandbox: SandboxName, _ model: PlatformModel, at now: Instant
    ) -> DataflowDefinition {
        guard let flow = model.flow(id.text, in: sandbox.text) else {
            let home = model.home(ofStray: id.text, askedIn: sandbox.text)
            guard let home, let stray = model.flow(id.text, in: home) else {
                return DataflowDefinition(id: id, name: "", existence: .unusable("the platform does not know it"))
            }
            return DataflowDefinition(
                id: id, name: stray.name,
                existence: .unusable("it belongs to sandbox \"\(home)\", not to \"\(sandbox)\""), state: stray.state,
                mappings: stray.audiences.map { Self.mapping($0, stray, model) }, observedAt: Self.wholeSecond(now))
        }
        let mappings: [DataflowDefinition.Mapping]
        if let known = definitions[id], known.flow == flow {
            mappings = known.mappings
        } else {
            mappings = flow.audiences.map { Self.mapping($0, flow, model) }
            definitions[id] = (flow, mappings)
        }
        return DataflowDefinition(
            id: id, name: flow.name, state: flow.state, mappings: mappings, observedAt: Self.wholeSecond(now))
    }

    private static func mapping(
        _ audience: Scenario.Audience, _ flow: Scenario.Flow, _ model: PlatformModel
    ) -> DataflowDefinition.Mapping {
        func day(_ text: String?) -> Instant? { text.flatMap { Instant(rfc3339: $0 + "T00:00:00Z") } }
        let mapped = model.start + .milliseconds(audience.mappedAtMilliseconds)
        let createdAt: Instant? =
            switch model.scenario.quirks.createTime {
            case .seconds, .number, .iso: wholeSecond(mapped)
            case .milliseconds, .fraction: mapped
            case .unreadable: nil
            case .missing: model.start + .milliseconds(flow.createdAtMilliseconds)
            }
        let isOnce = (audience.frequency ?? (audience.endDate == nil ? "ONCE" : "DAILY")) == "ONCE"
        return DataflowDefinition.Mapping(
            ids: [audience.id, audience.externalID].compactMap { $0 }.map { AudienceID($0) }, name: audience.name,
            createdAt: createdAt, startsAt: day(audience.startDate ?? "2020-01-01"),
            endsAt: isOnce ? nil : day(audience.endDate), hasUniqueFileNames: true,
            startMinute: audience.triggerType == "AFTER_SEGMENT_EVAL" ? nil : 21 * 60, isOnce: isOnce)
    }

    /// As the platform tells its times, and the `Date` of an answer.
    private static func wholeSecond(_ instant: Instant) -> Instant {
        let rest = instant.milliseconds % 1000
        return Instant(milliseconds: instant.milliseconds - (rest < 0 ? rest + 1000 : rest))
    }

    private static func listing(
        _ dataflows: [DataflowID], _ depth: RunListingDepth, _ pages: (size: Int, count: Int), _ model: PlatformModel,
        at now: Instant
    ) -> RunListing {
        var wanted = Set(depth.containing)
        var count = 0
        let shown = model.shownRuns(of: dataflows.map(\.text), page: pages.size, at: now) { page in
            for run in page { wanted.remove(RunID(run.id)) }
            count += 1
            if count == pages.count { return true }
            guard wanted.isEmpty else { return false }
            return depth.since.map { since in page.contains { $0.createdAt < since } } ?? true
        }
        return RunListing(runs: shown.runs.map { run($0, model) }, isTruncated: shown.isTruncated)
    }

    /// A run that has ended, and says no word for it, is one to be looked at.
    private static func run(_ shown: PlatformModel.ShownRun, _ model: PlatformModel) -> DataflowRun {
        let isWorded = model.scenario.quirks.endedWord == .documented
        let (status, word): (RunStatus, String) =
            if !shown.hasEnded {
                (.running, "Processing")
            } else if shown.fails {
                (.failed, "Failed")
            } else {
                isWorded ? (.succeeded, "Success") : (.partial, "scheduled")
            }
        return DataflowRun(
            id: RunID(shown.id), dataflow: DataflowID(shown.flow), createdAt: shown.createdAt, status: status,
            word: word, audiences: shown.audiences.map { AudienceID($0) },
            metrics: RunMetrics(records: shown.records.map { Int($0) }, snapshot: shown.snapshot),
            createdClient: shown.createdClient,
            readsIncremental: shown.isIncremental, endedAt: shown.endedAt)
    }

    // MARK: The call

    private func activate(
        _ call: Call, _ model: inout PlatformModel, at now: Instant, fate: () -> RunFate
    ) -> CallAnswer {
        let pairs = call.pairs.map { (flow: $0.dataflow.text, audience: $0.audience.text) }
        switch model.reply(to: pairs, in: call.sandbox.text, at: now, fate: fate) {
        case .accepted(let orders):
            var runs: [Pair: RunID] = [:]
            for order in orders {
                runs[Pair(dataflow: DataflowID(order.flow), audience: AudienceID(order.audience))] =
                    RunURL.run(order.run)
            }
            return .accepted(runs)
        case .refused(let answer):
            return CallClassification.classify(PlatformResponse(answer, at: now), of: call)
        }
    }
}
