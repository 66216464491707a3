// The platform's model behind a wire of virtual time: requests are built and answers are read by the production code, and
// the model's ledger counts what came in. Paging and the token follow the rules of the daemon's own client.

import ActivationAPI
import Chronology
import PlatformModel
import SchedulerCore

/// What is to happen, earliest first; what comes at one instant happens in the order of being planned.
final class Agenda {
    private(set) var now: Instant
    private var entries: [(at: Instant, action: () -> Void)] = []

    init(from start: Instant) {
        now = start
    }

    var next: Instant? { entries.first?.at }

    func plan(in delay: Duration, _ action: @escaping () -> Void) {
        let at = now + delay
        let place = entries.firstIndex { at < $0.at } ?? entries.endIndex
        entries.insert((at, action), at: place)
    }

    func pass(until instant: Instant) {
        now = max(now, instant)
    }

    func performNext() {
        guard !entries.isEmpty else { return }
        let entry = entries.removeFirst()
        pass(until: entry.at)
        entry.action()
    }
}

final class VirtualPlatform {
    private static let secret = "simulated-secret"
    private static let pageLimit = 30

    private let agenda: Agenda
    private var model: PlatformModel
    private let builder: RequestBuilder
    private let latency: Duration
    private var token: String?
    /// Who waits for the token that is being fetched.
    private var waiting: [(Result<String, AskFailure>) -> Void] = []

    /// - Parameter latency: From sending a request to its answer; the platform acts half way.
    init(_ model: PlatformModel, _ settings: PlatformSettings, _ agenda: Agenda, latency: Duration) {
        self.agenda = agenda
        self.model = model
        self.latency = latency
        builder = RequestBuilder(settings)
    }

    func ledger() -> Ledger {
        model.settledLedger(at: agenda.now)
    }

    // MARK: Questions and calls

    func exportJobs(_ sandbox: SandboxName, since: Instant, _ then: @escaping (Result<[ExportJob], AskFailure>) -> Void)
    {
        pages(builder.exportJobs(sandbox), sandbox) { response throws(AskFailure) in
            try ExportJobsAnswer.read(response.body)
        } isEnough: { jobs, page in
            page.allSatisfy { ($0.createdAt ?? since) < since } || jobs.count >= RequestBuilder.pageSize
        } then: { result in
            then(result.map(\.items))
        }
    }

    func dataflows(
        _ sandbox: SandboxName, _ ids: [DataflowID],
        _ then: @escaping (Result<[DataflowDefinition], AskFailure>) -> Void
    ) {
        pages(builder.dataflows(sandbox, ids), sandbox) { response throws(AskFailure) in
            try DataflowsAnswer.read(response.body, sandbox, at: response.date)
        } isEnough: { found, _ in
            Set(ids).isSubset(of: found.map(\.id))
        } then: { result in
            then(result.map(\.items))
        }
    }

    func runs(
        _ sandbox: SandboxName, _ dataflows: [DataflowID], _ depth: RunListingDepth,
        _ then: @escaping (Result<RunListing, AskFailure>) -> Void
    ) {
        pages(builder.runs(sandbox, dataflows), sandbox) { response throws(AskFailure) in
            try RunsAnswer.read(response.body)
        } isEnough: { found, _ in
            Set(depth.containing).isSubset(of: found.map(\.id))
        } then: { result in
            then(result.map { RunListing(runs: $0.items, isTruncated: $0.isTruncated) })
        }
    }

    func run(_ sandbox: SandboxName, _ id: RunID, _ then: @escaping (Result<DataflowRun?, AskFailure>) -> Void) {
        ask(builder.run(sandbox, id)) { result in
            then(
                result.flatMap { response in
                    Result { () throws(AskFailure) in
                        try RunsAnswer.read(response.body).items.first { $0.id == id }
                    }
                })
        }
    }

    func activate(_ call: Call, _ then: @escaping (CallAnswer) -> Void) {
        let request = builder.activate(call)
        withToken { result in
            switch result {
            case .failure(let failure):
                then(.notSent(detail: failure.detail))
            case .success(let token):
                self.exchange(request, to: request.target, token) {
                    then(CallClassification.classify($0, of: call))
                }
            }
        }
    }

    // MARK: Parts

    private struct Listing<Item> {
        var items: [Item] = []
        var isTruncated = false
        var pages = 0
    }

    private func pages<Item>(
        _ request: PlatformRequest, _ sandbox: SandboxName, of first: PlatformRequest? = nil,
        after listing: Listing<Item> = Listing(), read: @escaping (PlatformResponse) throws(AskFailure) -> Page<Item>,
        isEnough: @escaping ([Item], [Item]) -> Bool, then: @escaping (Result<Listing<Item>, AskFailure>) -> Void
    ) {
        let first = first ?? request
        ask(request) { result in
            let page = result.flatMap { response in Result { () throws(AskFailure) in try read(response) } }
            guard case .success(let page) = page else {
                then(page.map { _ in listing })
                return
            }
            var listing = listing
            listing.items += page.items
            listing.pages += 1
            guard let link = page.next else { return then(.success(listing)) }
            guard !isEnough(listing.items, page.items), listing.pages < Self.pageLimit else {
                listing.isTruncated = true
                return then(.success(listing))
            }
            guard let next = self.builder.next(link, of: first, sandbox) else {
                return then(.failure(.nonsense(detail: "the link to the next page leads elsewhere")))
            }
            self.pages(next, sandbox, of: first, after: listing, read: read, isEnough: isEnough, then: then)
        }
    }

    private func ask(_ request: PlatformRequest, _ then: @escaping (Result<PlatformResponse, AskFailure>) -> Void) {
        withToken { result in
            switch result {
            case .failure(let failure):
                then(.failure(failure))
            case .success(let token):
                self.exchange(request, to: request.target, token) { response in
                    then(response.status == 200 ? .success(response) : .failure(response.failure()))
                }
            }
        }
    }

    /// One fetch, however many wait for it. Its life is longer than any run of the benchmark.
    private func withToken(_ then: @escaping (Result<String, AskFailure>) -> Void) {
        if let token { return then(.success(token)) }
        waiting.append(then)
        guard waiting.count == 1 else { return }
        exchange(builder.token(secret: Self.secret), to: "/ims/token/v3", nil) { response in
            let result = Result { () throws(AskFailure) in try TokenAnswer.read(response.body).text }
            self.token = try? result.get()
            let waiting = self.waiting
            self.waiting = []
            for waiter in waiting { waiter(result) }
        }
    }

    /// One request on its way, and its answer.
    private func exchange(
        _ request: PlatformRequest, to target: String, _ token: String?, _ then: @escaping (PlatformResponse) -> Void
    ) {
        var headers: [String: String] = [:]
        for header in request.headers { headers[header.name.lowercased()] = header.value }
        if let token { headers["authorization"] = "Bearer \(token)" }
        let wire = WireRequest(
            method: request.method.rawValue, target: target, headers: headers, body: request.body)
        agenda.plan(in: latency / 2) {
            let answer = self.model.handle(wire, at: self.agenda.now)
            // `Date` is in whole seconds.
            let date = Instant(seconds: self.agenda.now.milliseconds / 1000)
            let response = PlatformResponse(status: answer.status, body: answer.body, date: date)
            self.agenda.plan(in: self.latency / 2) { then(response) }
        }
    }
}
