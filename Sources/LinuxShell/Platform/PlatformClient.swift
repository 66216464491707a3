// The platform over HTTP: questions with paging, and the one call that must not be sent twice.
//
// Begin at `activate` for the call and at `ask` for everything else. Requests are built and answers are read by
// `ActivationAPI`; this file decides what follows what. The token goes to the configured platform host only, the secret to
// the token host only.

internal import ActivationAPI
package import Chronology
internal import ConfigurationFiles
internal import Dispatch
internal import Foundation
package import NIOCore
package import SchedulerCore

/// One exchange with the platform, for logs and counters. Holds no secret, no token and no body.
package struct PlatformExchange: Equatable, Sendable {
    package var method: String
    package var path: String
    /// Nil when there was no answer.
    package var status: Int?
    package var duration: Duration
    package var requestID: String
    package var failure: String?
}

/// Lets a call be taken back until its body is handed out.
package final class CallPass: @unchecked Sendable {
    // `lock` guards `recalled`. A lock that the thread sanitizer understands.
    private let lock = NSLock()
    private var recalled = false

    package init() {}

    package func recall() {
        lock.withLock { recalled = true }
    }

    var isRecalled: Bool { lock.withLock { recalled } }
}

package enum PlatformClientBounds {
    /// Pages of one listing that are read at most: 100 items each.
    package static let pages = 30
    /// For all exchanges of one question together, in times of `request_timeout`.
    package static let timeoutsPerQuestion = pages
}

package final class PlatformClient: Sendable {
    /// Why nothing will be connected, to be told before anything is asked.
    package let proxyFault: ProxyFault?

    private let platform: PlatformSettings
    private let limits: Limits
    private let builder: RequestBuilder
    private let transport: Transport
    private let client: OriginClient
    private let tokens: TokenKeeper
    private let pacer: Pacer
    private let clock: @Sendable () -> Moment
    private let observe: @Sendable (PlatformExchange) -> Void

    /// - Parameters:
    ///   - secrets: Reads a secret at each renewal, so that a rotated one is found without a restart.
    ///   - environment: `HTTPS_PROXY`, `NO_PROXY`, and `SSL_CERT_FILE`, a PEM file with the authorities that
    ///     are trusted *instead of* the system's.
    ///   - observe: Told of every exchange, from any thread.
    package init(
        platform: PlatformSettings, limits: Limits, group: any EventLoopGroup, environment: [String: String],
        secrets: @escaping @Sendable (SecretSource) throws -> String, clock: @escaping @Sendable () -> Moment,
        observe: @escaping @Sendable (PlatformExchange) -> Void
    ) {
        self.platform = platform
        self.limits = limits
        self.clock = clock
        self.observe = observe
        builder = RequestBuilder(platform)
        let transport = Transport(group: group, environment: environment)
        self.transport = transport
        proxyFault = [platform.url, platform.tokenURL].compactMap { transport.fault(for: $0) }.first
        client = transport.client(for: platform.url)
        pacer = Pacer(perMinute: limits.callsPerMinute, clock: clock)
        let fetcher = TokenFetcher(
            platform: platform, limits: limits, transport: transport, secrets: secrets, clock: clock, observe: observe)
        tokens = TokenKeeper(loop: group.any(), limit: fetcher.limit, clock: clock) { await fetcher.fetch() }
    }

    /// Ends what is under way, and returns when the connections are closed, or after the longest that may take.
    package func shutdown() async {
        transport.close(client)
        await transport.settle()
    }

    // MARK: Questions

    /// Profile export jobs, newest first, back to the first page that reaches behind `since`.
    package func exportJobs(_ sandbox: SandboxName, since: Instant) async -> Result<[ExportJob], AskFailure> {
        await whole { [self] in
            var isWhole = false
            let answer = await pages(builder.exportJobs(sandbox), sandbox) { response throws(AskFailure) in
                try ExportJobsAnswer.read(response.body, at: response.date)
            } isEnough: { _, page in
                // Jobs of other schemas say as well how far back the page reaches.
                isWhole = page.reachesBack(to: since)
                return isWhole
            }
            // One that runs may lie behind what was read.
            if case .success(let listing) = answer, listing.isTruncated, !isWhole {
                return .failure(.nonsense(detail: "the export jobs since \(since.rfc3339) are more than can be read"))
            }
            return answer.map(\.items)
        }
    }

    /// The answer to one question, within a bound for all of it.
    private func whole<Value: Sendable>(
        _ body: @escaping @Sendable () async -> Result<Value, AskFailure>
    ) async -> Result<Value, AskFailure> {
        let limit = limits.requestTimeout * PlatformClientBounds.timeoutsPerQuestion
        return await transport.first(within: limit, body)
            ?? .failure(.unavailable(detail: "no whole answer within \(limit.words)"))
    }

    /// Definitions of dataflows, in one listing. One that the listing does not show is asked for by itself: only a 404
    /// says that it is not there.
    package func dataflows(
        _ sandbox: SandboxName, _ ids: [DataflowID]
    ) async -> Result<[DataflowDefinition], AskFailure> {
        await whole { [self] in await definitions(sandbox, ids) }
    }

    private func definitions(
        _ sandbox: SandboxName, _ ids: [DataflowID]
    ) async -> Result<[DataflowDefinition], AskFailure> {
        var found: [DataflowDefinition] = []
        for chunk in stride(from: 0, to: ids.count, by: RequestBuilder.idsPerQuery) {
            let part = Array(ids[chunk..<min(chunk + RequestBuilder.idsPerQuery, ids.count)])
            let listing = await pages(builder.dataflows(sandbox, part), sandbox) { response throws(AskFailure) in
                try DataflowsAnswer.read(response.body, sandbox, at: response.date)
            } isEnough: { items, _ in
                Set(part).isSubset(of: items.map(\.id))
            }
            switch listing {
            case .failure(.refused(let status, _)) where status != 403:
                break  // the filter was not understood: each by itself
            case .failure(let failure): return .failure(failure)
            case .success(let listing): found += listing.items.filter { part.contains($0.id) }
            }
        }
        for id in ids where !found.contains(where: { $0.id == id }) {
            switch await dataflow(sandbox, id) {
            case .failure(let failure): return .failure(failure)
            case .success(let definition): found.append(definition)
            }
        }
        return .success(found)
    }

    private func dataflow(_ sandbox: SandboxName, _ id: DataflowID) async -> Result<DataflowDefinition, AskFailure> {
        let missing = DataflowDefinition(id: id, name: "", existence: .unusable("the platform does not know it"))
        switch await ask(builder.dataflow(sandbox, id)) {
        case .failure(.refused(status: 404, _)):
            return .success(missing)
        case .failure(let failure):
            return .failure(failure)
        case .success(let response):
            return Result { () throws(AskFailure) in
                let page = try DataflowsAnswer.read(response.body, sandbox, at: response.date)
                return page.items.first { $0.id == id } ?? missing
            }
        }
    }

    /// The newest runs of some dataflows, in one listing as deep as `depth` asks.
    package func runs(
        _ sandbox: SandboxName, _ dataflows: [DataflowID], depth: RunListingDepth
    ) async -> Result<RunListing, AskFailure> {
        await whole { [self] in
            var wanted = Set(depth.containing)
            return await pages(builder.runs(sandbox, dataflows), sandbox) { response throws(AskFailure) in
                try RunsAnswer.read(response.body)
            } isEnough: { _, page in
                wanted.subtract(page.items.map(\.id))
                let reachesBack = depth.since.map { since in
                    page.items.contains { ($0.createdAt ?? since) < since }
                }
                return wanted.isEmpty && reachesBack ?? true
            }.map { RunListing(runs: $0.items, isTruncated: $0.isTruncated) }
        }
    }

    /// One run; nil when the platform does not know it.
    package func run(_ sandbox: SandboxName, _ id: RunID) async -> Result<DataflowRun?, AskFailure> {
        switch await whole({ [self] in await ask(builder.run(sandbox, id)) }) {
        case .failure(.refused(status: 404, _)):
            return .success(nil)
        case .failure(let failure):
            return .failure(failure)
        case .success(let response):
            return Result { () throws(AskFailure) in
                try RunsAnswer.read(response.body).items.first { $0.id == id }
            }
        }
    }

    private struct Listing<Item: Sendable>: Sendable {
        var items: [Item] = []
        var isTruncated = false
    }

    /// Reads pages until they are enough, the listing ends, or the bound is reached.
    private func pages<Item: Sendable>(
        _ first: PlatformRequest, _ sandbox: SandboxName,
        read: (PlatformResponse) throws(AskFailure) -> Page<Item>,
        isEnough: ([Item], Page<Item>) -> Bool
    ) async -> Result<Listing<Item>, AskFailure> {
        var listing = Listing<Item>()
        var request = first
        for _ in 0..<PlatformClientBounds.pages {
            let page: Page<Item>
            switch await ask(request) {
            case .failure(let failure): return .failure(failure)
            case .success(let response):
                do throws(AskFailure) {
                    page = try read(response)
                } catch {
                    return .failure(error)
                }
            }
            listing.items += page.items
            guard let link = page.next else { return .success(listing) }
            if isEnough(listing.items, page) { break }
            guard let next = builder.next(link, of: first, sandbox) else {
                return .failure(.nonsense(detail: "the link to the next page leads elsewhere"))
            }
            request = next
        }
        listing.isTruncated = true
        return .success(listing)
    }

    /// One question, with a new token and one more try when the token was not accepted.
    private func ask(_ request: PlatformRequest) async -> Result<PlatformResponse, AskFailure> {
        for attempt in 1...2 {
            switch await tokens.token() {
            case .failure(let failure):
                return .failure(failure)
            case .success(let token):
                guard await pace() else { return .failure(.throttled(retryAfter: nil, detail: Self.paceWords)) }
                switch await exchange(request, token) {
                case .failure(let failure):
                    return .failure(failure)
                case .success(let response) where response.status == 200:
                    await tokens.accept(at: request.place)
                    return .success(response)
                case .success(let response):
                    guard attempt == 1, await isWorthAnotherToken(response, token, request) else {
                        return .failure(response.failure())
                    }
                }
            }
        }
        return .failure(.credentials(detail: "the platform refuses a new token"))
    }

    /// Gives up a token that was not accepted.
    private func isWorthAnotherToken(
        _ response: PlatformResponse, _ token: String, _ request: PlatformRequest
    ) async -> Bool {
        guard response.asksForNewToken else { return false }
        return await tokens.drop(token, at: request.place, isCertain: response.status == 401)
    }

    private func exchange(_ request: PlatformRequest, _ token: String) async -> Result<PlatformResponse, AskFailure> {
        let id = UUID().uuidString.lowercased()
        let begin = clock().monotonic
        do throws(TransportFailure) {
            let response = try await transport.ask(
                client, platform.url + request.target, request, headers: Self.own(token, id),
                timeout: limits.requestTimeout, bytes: limits.responseBytes)
            tell(request, id, begin, status: response.status, failure: nil)
            return .success(Redaction(token).applied(to: response))
        } catch {
            tell(request, id, begin, status: nil, failure: error.words)
            return .failure(.unavailable(detail: error.words))
        }
    }

    // MARK: The call

    /// Sends a call: exactly one POST, or none. Never again by itself, whatever comes back.
    ///
    /// A token, our own pace and a connection take time. What was judged before the call is looked at when all of them are
    /// there and the body is about to be handed out.
    package func activate(_ call: Call, _ pass: CallPass = CallPass()) async -> CallAnswer {
        let token: String
        switch await tokens.token() {
        // Nothing was sent either; a person must see to this, as after a refusal of the call itself.
        case .failure(.secret(let detail)): return .refused(.unauthorized(detail: "no token: \(detail)"))
        case .failure(let failure): return .notSent(detail: "no token: \(failure.detail)")
        case .success(let text): token = text
        }
        guard await pace() else { return .notSent(detail: Self.paceWords) }
        let request = builder.activate(call)
        let id = UUID().uuidString.lowercased()
        let begin = clock().monotonic
        do throws(TransportFailure) {
            let response = try await transport.send(
                platform.url + request.target, platform.url, request, headers: Self.own(token, id),
                timeout: limits.requestTimeout, bytes: limits.responseBytes, wireTime: limits.requestTimeout,
                obstacle: { [clock] in
                    if pass.isRecalled { return Self.recallWords }
                    return call.leaveBy?.isOver(at: clock()) == true ? Self.lateWords : nil
                })
            tell(request, id, begin, status: response.status, failure: nil)
            if response.status == 200 { await tokens.accept(at: request.place) }
            _ = await isWorthAnotherToken(response, token, request)  // the next call tries another one
            return CallClassification.classify(Redaction(token).applied(to: response), of: call)
        } catch {
            switch error {
            case .notSent(let words):
                tell(request, id, begin, status: nil, failure: words)
                return .notSent(detail: words)
            case .lost(let words):
                tell(request, id, begin, status: nil, failure: words)
                return .doubtful(detail: words)
            }
        }
    }

    // MARK: Parts

    private static let recallWords = "it was taken back before it reached the wire"
    private static let lateWords = "what was judged before it grew old before it reached the wire"
    private static let paceWords = "our own limit calls_per_minute is reached"

    private func pace() async -> Bool {
        guard let wait = await pacer.take(waitingAtMost: limits.requestTimeout) else { return false }
        if wait > .zero { await transport.rest(for: wait) }
        return true
    }

    private static func own(_ token: String, _ requestID: String) -> [PlatformRequest.Header] {
        [.init(name: "Authorization", value: "Bearer \(token)"), .init(name: "x-request-id", value: requestID)]
    }

    private func tell(
        _ request: PlatformRequest, _ id: String, _ begin: Monotonic, status: Int?, failure: String?
    ) {
        observe(
            PlatformExchange(
                method: request.method.rawValue, path: request.path, status: status,
                duration: clock().monotonic - begin, requestID: id, failure: failure))
    }
}

/// Gets a token with the first secret that works.
struct TokenFetcher: Sendable {
    let platform: PlatformSettings
    let limits: Limits
    let transport: Transport
    let secrets: @Sendable (SecretSource) throws -> String
    let clock: @Sendable () -> Moment
    let observe: @Sendable (PlatformExchange) -> Void

    private static let blankWords = "the likely cause: the secret begins or ends with a blank"
    /// The answer's size has its own bound: a token is small.
    private static let answerBytes = 65_536

    /// Reading a secret: files can be on a disk that does not answer.
    private static let secretTime = Duration.seconds(5)
    private static let reading = DispatchQueue(label: "secrets")

    /// How long all of it takes at most.
    var limit: Duration {
        let each = Self.secretTime + limits.requestTimeout
        return limits.requestTimeout + each + each + .seconds(1)
    }

    func fetch() async -> Result<TokenAnswer.Token, AskFailure> {
        let client: OriginClient
        do throws(TransportFailure) {
            client = try await transport.freshClient(for: platform.tokenURL, timeout: limits.requestTimeout)
        } catch {
            return .failure(.unavailable(detail: "the token service: \(error.words)"))
        }
        defer { transport.close(client) }
        var details: [String] = []
        for source in [platform.clientSecret, platform.secondSecret].compactMap({ $0 }) {
            let result = await fetch(client, source)
            guard case .failure(.secret(let detail)) = result else { return result }
            details.append(detail)
        }
        // Of each: the second one is often not there, and the first one's trouble is what matters.
        return .failure(.secret(detail: details.joined(separator: "; ")))
    }

    /// Reads on a thread of its own: the event loop serves everything else.
    private func read(_ source: SecretSource) async -> Result<String, AskFailure> {
        let secrets = secrets
        let read = await transport.first(within: Self.secretTime) {
            await withCheckedContinuation { continuation in
                Self.reading.async {
                    continuation.resume(
                        returning: Result { try secrets(source) }.mapError { AskFailure.secret(detail: "\($0)") })
                }
            }
        }
        return read ?? .failure(.secret(detail: "a secret can not be read within \(Self.secretTime.words)"))
    }

    private func fetch(_ client: OriginClient, _ source: SecretSource) async -> Result<TokenAnswer.Token, AskFailure> {
        let secret: String
        switch await read(source) {
        case .failure(let failure): return .failure(failure)
        case .success(let text): secret = text
        }
        let request = RequestBuilder(platform).token(secret: secret)
        let begin = clock().monotonic
        let id = UUID().uuidString.lowercased()
        do throws(TransportFailure) {
            let answer = try await transport.ask(
                client, platform.tokenURL, request, headers: [], timeout: limits.requestTimeout,
                bytes: Self.answerBytes)
            tell(id, begin, status: answer.status, failure: nil)
            let response = Redaction(secret).applied(to: answer)
            if response.status == 200 {
                return Result { () throws(AskFailure) in try TokenAnswer.read(response.body) }
            }
            // What the token service answers to a wrong secret or client id.
            let words = ErrorBody(response.body).message
            if [400, 401].contains(response.status) {
                let cause = SecretReader.hasBlanks(secret) ? "; \(Self.blankWords)" : ""
                return .failure(.secret(detail: "the token service says: \(words)\(cause)"))
            }
            return .failure(response.failure())
        } catch {
            tell(id, begin, status: nil, failure: error.words)
            return .failure(.unavailable(detail: "the token service: \(error.words)"))
        }
    }

    private func tell(_ id: String, _ begin: Monotonic, status: Int?, failure: String?) {
        observe(
            PlatformExchange(
                method: "POST", path: "token", status: status, duration: clock().monotonic - begin, requestID: id,
                failure: failure))
    }
}

extension PlatformRequest {
    /// One kind of request in one sandbox, without its ids.
    fileprivate var place: String {
        let path = target.prefix { $0 != "?" }.split(separator: "/").prefix(4).joined(separator: "/")
        let sandbox = headers.first { $0.name.lowercased() == "x-sandbox-name" }?.value ?? ""
        return "\(sandbox)/\(path)"
    }
}
