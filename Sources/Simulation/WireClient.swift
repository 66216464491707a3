// Through bytes: requests are built and answers are read by the production code, as over HTTP.

internal import ActivationAPI
internal import Chronology
internal import PlatformModel
internal import SchedulerCore

struct WireClient: SimulatedClient {
    private let builder: RequestBuilder
    private let platform: PlatformSettings
    private var token: String?
    /// Listings that are being read: what was read so far, and the request for the next page.
    private var readings: [AskID: Reading] = [:]

    /// More pages than any listing of a simulation has.
    private static let pages = 30

    init(_ platform: PlatformSettings) {
        self.platform = platform
        builder = RequestBuilder(platform)
    }

    private struct Reading {
        var items: [any Sendable] = []
        var request: PlatformRequest
        var pages = 0
    }

    /// - Parameter fate: Not asked: over the wire the scenario decides.
    mutating func answer(
        _ effect: Effect, _ model: inout PlatformModel, at now: Instant, fate: () -> RunFate
    ) -> Exchange? {
        switch effect {
        case .askExportJobs(let id, let sandbox, let since):
            var isWhole = false
            let answer = readOn(id, builder.exportJobs(sandbox), sandbox, &model, now) { response throws(AskFailure) in
                try ExportJobsAnswer.read(response.body, at: response.date)
            } isEnough: { page in
                isWhole = page.reachesBack(to: since)
                return isWhole
            }
            guard let answer else { return .goesOn(id) }
            if case .success(let listing) = answer, listing.isTruncated, !isWhole {
                return .answered(.exportJobsAnswered(id, .failure(.nonsense(detail: "more than can be read"))))
            }
            return .answered(.exportJobsAnswered(id, answer.map(\.items)))
        case .askDataflows(let id, let sandbox, let dataflows):
            let answer = readOn(id, builder.dataflows(sandbox, dataflows), sandbox, &model, now) {
                response throws(AskFailure) in
                try DataflowsAnswer.read(response.body, sandbox, at: response.date)
            } isEnough: { _ in
                false
            }
            guard let answer else { return .goesOn(id) }
            return .answered(.dataflowsAnswered(id, answer.map { Self.complete($0.items, dataflows) }))
        case .askRuns(let id, let sandbox, let dataflows, let depth):
            var wanted = Set(depth.containing)
            if let reading = readings[id] {
                wanted.subtract(reading.items.compactMap { ($0 as? DataflowRun)?.id })
            }
            let answer = readOn(id, builder.runs(sandbox, dataflows), sandbox, &model, now) {
                response throws(AskFailure) in
                try RunsAnswer.read(response.body)
            } isEnough: { page in
                wanted.subtract(page.items.map(\.id))
                let reachesBack = depth.since.map { since in page.items.contains { ($0.createdAt ?? since) < since } }
                return wanted.isEmpty && reachesBack ?? true
            }
            guard let answer else { return .goesOn(id) }
            return .answered(
                .runsAnswered(id, answer.map { RunListing(runs: $0.items, isTruncated: $0.isTruncated) }))
        case .askRun(let id, let sandbox, let run):
            return .answered(.runAnswered(id, single(builder.run(sandbox, run), run, &model, now)))
        case .send(let call):
            return .answered(.callAnswered(call.id, activate(call, &model, now)))
        case .queueCall, .dropCall, .notify, .reply:
            return nil
        }
    }

    // MARK: Exchanges

    private mutating func exchange(
        _ request: PlatformRequest, _ model: inout PlatformModel, _ now: Instant
    ) -> Result<PlatformResponse, AskFailure> {
        for attempt in 1...2 {
            if token == nil { token = fetchToken(&model, now) }
            guard let token else { return .failure(.unavailable(detail: "no token")) }
            let answer = model.handle(wire(request, token), at: now)
            if answer.isLost { return .failure(.unavailable(detail: "the answer was lost")) }
            let response = PlatformResponse(answer, at: now)
            guard response.asksForNewToken, attempt == 1 else { return .success(response) }
            self.token = nil
        }
        return .failure(.credentials(detail: "refused"))
    }

    private func fetchToken(_ model: inout PlatformModel, _ now: Instant) -> String? {
        let request = builder.token(secret: "simulated-secret")
        var headers: [String: String] = [:]
        for header in request.headers { headers[header.name.lowercased()] = header.value }
        let answer = model.handle(
            WireRequest(method: "POST", target: "/ims/token/v3", headers: headers, body: request.body), at: now)
        return try? TokenAnswer.read(answer.body).text
    }

    private func wire(_ request: PlatformRequest, _ token: String) -> WireRequest {
        var headers = ["authorization": "Bearer \(token)"]
        for header in request.headers { headers[header.name.lowercased()] = header.value }
        let target = request.target.replacing("limit=\(RequestBuilder.pageSize)", with: "limit=\(ClientBounds.page)")
        return WireRequest(method: request.method.rawValue, target: target, headers: headers, body: request.body)
    }

    /// One that the listing does not show is not there.
    private static func complete(_ found: [DataflowDefinition], _ wanted: [DataflowID]) -> [DataflowDefinition] {
        wanted.map { id in
            found.first { $0.id == id }
                ?? DataflowDefinition(id: id, name: "", existence: .unusable("the platform does not know it"))
        }
    }

    /// One page more of a listing; nil where there is another one.
    private mutating func readOn<Item: Sendable>(
        _ id: AskID, _ first: PlatformRequest, _ sandbox: SandboxName, _ model: inout PlatformModel, _ now: Instant,
        read: (PlatformResponse) throws(AskFailure) -> Page<Item>, isEnough: (Page<Item>) -> Bool
    ) -> Result<Listing<Item>, AskFailure>? {
        var reading = readings.removeValue(forKey: id) ?? Reading(request: first)
        let response: PlatformResponse
        switch exchange(reading.request, &model, now) {
        case .failure(let failure): return .failure(failure)
        case .success(let answer): response = answer
        }
        guard response.status == 200 else { return .failure(response.failure()) }
        do throws(AskFailure) {
            let page = try read(response)
            reading.items += page.items as [any Sendable]
            reading.pages += 1
            func listing(isTruncated: Bool) -> Result<Listing<Item>, AskFailure> {
                .success(Listing(items: reading.items.compactMap { $0 as? Item }, isTruncated: isTruncated))
            }
            guard let link = page.next, let next = builder.next(link, of: first, sandbox) else {
                return listing(isTruncated: false)
            }
            if isEnough(page) || reading.pages == Self.pages { return listing(isTruncated: true) }
            reading.request = next
            readings[id] = reading
            return nil
        } catch {
            return .failure(error)
        }
    }

    private struct Listing<Item: Sendable>: Sendable {
        var items: [Item]
        var isTruncated: Bool
    }

    private mutating func single(
        _ request: PlatformRequest, _ id: RunID, _ model: inout PlatformModel, _ now: Instant
    ) -> Result<DataflowRun?, AskFailure> {
        exchange(request, &model, now).flatMap { response in
            if response.status == 404 { return .success(nil) }
            guard response.status == 200 else { return .failure(response.failure()) }
            return Result { () throws(AskFailure) in try RunsAnswer.read(response.body).items.first { $0.id == id } }
        }
    }

    /// One POST, or none where there is no token.
    private mutating func activate(_ call: Call, _ model: inout PlatformModel, _ now: Instant) -> CallAnswer {
        if token == nil { token = fetchToken(&model, now) }
        guard let token else { return .notSent(detail: "no token") }
        let answer = model.handle(wire(builder.activate(call), token), at: now)
        if answer.isLost { return .doubtful(detail: "the connection was closed") }
        let response = PlatformResponse(answer, at: now)
        if response.asksForNewToken { self.token = nil }
        return CallClassification.classify(response, of: call)
    }
}
