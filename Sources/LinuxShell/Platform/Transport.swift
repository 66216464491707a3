// One HTTP exchange with the platform: bounded in bytes and time, without redirects, without decompression, and for a
// call on a connection of its own. The HTTP library performs it, or `SocketTunnel` where the way leads through a proxy's
// socket.
//
// Whether a call can have reached the platform is known here and nowhere else: its body is handed out by `CallBody`, and
// before the body was asked for, no whole request can have left.

internal import ActivationAPI
internal import AsyncHTTPClient
internal import Chronology
internal import Foundation
internal import Glibc
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL
internal import SchedulerCore

/// Why there is no answer.
enum TransportFailure: Error, Equatable, Sendable {
    /// Certainly nothing of use left this machine.
    case notSent(String)
    /// Anything else: the other side may have acted.
    case lost(String)

    var words: String {
        switch self {
        case .notSent(let words), .lost(let words): words
        }
    }
}

/// What asks one origin.
enum OriginClient: Sendable {
    case library(HTTPClient)
    case tunnel(SocketTunnel)
    /// Nothing is asked: the environment names a proxy that can not be used.
    case blocked(ProxyFault)
}

struct Transport: Sendable {
    /// From looking up the name to the end of TLS's handshake, the proxy's answer included. A lookup that never ends holds
    /// up the later ones, each of which fails after this.
    static let connectTimeout = Duration.seconds(10)
    /// For the other side's last word of TLS.
    static let closeTimeout = Duration.seconds(2)

    private let closing = ClosingClients()
    private let group: any EventLoopGroup
    private let proxy: ProxySettings
    private let trustFile: String?

    init(group: any EventLoopGroup, environment: [String: String]) {
        self.group = group
        proxy = ProxySettings(environment)
        trustFile = environment["SSL_CERT_FILE"].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// A client for one origin. Nothing is connected before the first request.
    ///
    /// - Parameter wireTime: Of a client for a call: how long the kernel may hold what is not confirmed.
    func client(for origin: String, wireTime: Duration? = nil) -> OriginClient {
        let way: ProxyWay
        do throws(ProxyFault) {
            way = try proxy.way(to: origin)
        } catch {
            return .blocked(error)
        }
        switch way {
        case .direct: return .library(library(proxy: nil, wireTime))
        case .server(let proxy): return .library(library(proxy: proxy, wireTime))
        case .socket(let path):
            return .tunnel(SocketTunnel(path: path, origin: origin, tls: tls, loop: group.any()))
        }
    }

    /// Why an origin is not reached.
    func fault(for origin: String) -> ProxyFault? {
        do throws(ProxyFault) {
            _ = try proxy.way(to: origin)
            return nil
        } catch {
            return error
        }
    }

    private var tls: TLSConfiguration {
        var tls = TLSConfiguration.makeClientConfiguration()
        if let trustFile { tls.trustRoots = .file(trustFile) }
        tls.minimumTLSVersion = .tlsv12
        tls.shutdownTimeout = .milliseconds(Self.closeTimeout.milliseconds)
        return tls
    }

    private func library(proxy: HTTPClient.Configuration.Proxy?, _ wireTime: Duration?) -> HTTPClient {
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: tls, redirectConfiguration: .disallow,
            timeout: .init(connect: .milliseconds(Self.connectTimeout.milliseconds)),
            proxy: proxy, decompression: .disabled)
        configuration.httpVersion = .http1Only
        configuration.networkFrameworkWaitForConnectivity = false
        // A certificate that is not trusted would be tried for as long as a connection may take; trying again is the core's.
        configuration.connectionPool.retryConnectionEstablishment = false
        if let wireTime {
            configuration.http1_1ConnectionDebugInitializer = { Self.boundKernel($0, wireTime) }
        }
        return HTTPClient(eventLoopGroupProvider: .shared(group), configuration: configuration)
    }

    /// Bytes that were written and not confirmed are the kernel's, which goes on sending them when nobody waits any more, even
    /// after the process has ended: for minutes. With these they go with the connection. Where it can not be set, nothing is
    /// sent. Behind a proxy it bounds the way to the proxy.
    private static func boundKernel(_ channel: any Channel, _ wireTime: Duration) -> EventLoopFuture<Void> {
        guard let provider = channel as? any SocketOptionProvider else {
            return channel.eventLoop.makeFailedFuture(ChannelError.operationUnsupported)
        }
        let milliseconds = SocketOptionValue(clamping: max(1, wireTime.milliseconds))
        return provider.setSoLinger(linger(l_onoff: 1, l_linger: 0)).flatMap {
            channel.setOption(.tcpOption(NIOBSDSocket.Option(rawValue: TCP_USER_TIMEOUT)), value: milliseconds)
        }
    }

    /// Asks a question. May use a connection again.
    func ask(
        _ client: OriginClient, _ url: String, _ request: PlatformRequest, headers: [PlatformRequest.Header],
        timeout: Duration, bytes: Int
    ) async throws(TransportFailure) -> PlatformResponse {
        let message = Message(url: url, request: request, headers: headers, bytes: bytes)
        return try await exchange(client, message, timeout: timeout)
    }

    /// Waits, without asking anything.
    func rest(for duration: Duration) async {
        await group.any().rest(for: duration)
    }

    /// What `body` returns, or nil after the limit.
    func first<Value: Sendable>(
        within limit: Duration, _ body: @escaping @Sendable () async -> Value
    ) async -> Value? {
        await group.any().first(within: limit, body)
    }

    /// Closes a client, and does not wait for it.
    func close(_ client: OriginClient) {
        closing.close(client)
    }

    /// A client of its own for one purpose; ``close(_:)`` it.
    ///
    /// - Throws: `notSent` where too many of before are still closing.
    func freshClient(
        for origin: String, timeout: Duration, wireTime: Duration? = nil
    ) async throws(TransportFailure) -> OriginClient {
        guard await closing.place(within: timeout, on: group.any()) else {
            throw .notSent("\(ClosingClients.limit) connections of before do not close")
        }
        return client(for: origin, wireTime: wireTime)
    }

    /// Waits until all that was closed is gone, as long as that takes at most.
    func settle() async {
        _ = await closing.allClosed(within: Self.connectTimeout + Self.closeTimeout + .seconds(1), on: group.any())
    }

    /// Sends a call, once, on a connection that nothing else uses.
    ///
    /// - Parameters:
    ///   - wireTime: How long the kernel may go on with what was written.
    ///   - obstacle: Why the call must not leave any more, if so. Asked last of all, when the connection wants the body.
    func send(
        _ url: String, _ origin: String, _ request: PlatformRequest, headers: [PlatformRequest.Header],
        timeout: Duration, bytes: Int, wireTime: Duration, obstacle: @escaping @Sendable () -> String?
    ) async throws(TransportFailure) -> PlatformResponse {
        let client = try await freshClient(for: origin, timeout: timeout, wireTime: wireTime)
        defer { close(client) }
        let message = Message(
            url: url, request: request, headers: headers + [.init(name: "Connection", value: "close")], bytes: bytes,
            call: CallBody(request.body, obstacle: obstacle))
        return try await exchange(client, message, timeout: timeout)
    }

    /// A request, and how large its answer may be.
    private struct Message: Sendable {
        let url: String
        let request: PlatformRequest
        let headers: [PlatformRequest.Header]
        let bytes: Int
        /// The body, where it matters whether it was sent.
        var call: CallBody?

        var fields: HTTPHeaders {
            var fields = HTTPHeaders((request.headers + headers).map { ($0.name, $0.value) })
            fields.add(name: "Accept-Encoding", value: "identity")
            fields.add(name: "User-Agent", value: "activationd")
            return fields
        }
    }

    private func exchange(
        _ client: OriginClient, _ message: Message, timeout: Duration
    ) async throws(TransportFailure) -> PlatformResponse {
        // The library's own deadline ends with the head of the answer, and relies on the library; this one bounds all of it.
        let loop = group.any()
        let outcome =
            await loop.first(within: timeout) { () -> Result<PlatformResponse, any Error> in
                do {
                    return .success(try await Self.perform(client, message, timeout: timeout))
                } catch {
                    return .failure(error)
                }
            } ?? .failure(HTTPClientError.deadlineExceeded)
        switch outcome {
        case .success(let response):
            return response
        case .failure(let error):
            let words = ForeignText.shown(Self.withoutPlaces(Self.words(for: error)))
            if let call = message.call, !call.seal() { throw .notSent(words) }
            throw .lost(words)
        }
    }

    private static func perform(
        _ client: OriginClient, _ message: Message, timeout: Duration
    ) async throws -> PlatformResponse {
        switch client {
        case .library(let client):
            return try await perform(client, message, timeout: timeout)
        case .tunnel(let tunnel):
            return try await tunnel.exchange(
                message.request.method, message.url, message.fields,
                message.call ?? CallBody(message.request.body), bytes: message.bytes)
        case .blocked(let fault):
            throw fault
        }
    }

    private static func perform(
        _ client: HTTPClient, _ message: Message, timeout: Duration
    ) async throws -> PlatformResponse {
        var request = HTTPClientRequest(url: message.url)
        request.method = .RAW(value: message.request.method.rawValue)
        request.headers = message.fields
        if let call = message.call {
            request.body = .stream(call, length: .known(Int64(message.request.body.count)))
        } else if !message.request.body.isEmpty {
            request.body = .bytes(message.request.body)
        }
        let response = try await client.execute(request, timeout: .milliseconds(timeout.milliseconds))
        let buffer = try await response.body.collect(upTo: message.bytes)
        return PlatformResponse(response.status, response.headers, buffer)
    }

    /// Without the places in the TLS library's source where an error was noticed, which are paths of the machine that built us.
    static func withoutPlaces(_ text: String) -> String {
        text.replacing(#/ at /[^ ,\])]*:[0-9]+/#, with: "")
    }

    private static func words(for error: any Error) -> String {
        if error is NIOTooManyBytesError { return "the answer is larger than response_bytes" }
        if let error = error as? HTTPParserError { return "the answer can not be read as HTTP: \(error)" }
        guard let error = error as? HTTPClientError else { return "\(error)" }
        if error == .deadlineExceeded || error == .readTimeout { return "no answer within request_timeout" }
        if error == .connectTimeout { return "no connection within \(connectTimeout.words)" }
        if error == .remoteConnectionClosed { return "the connection was closed without an answer" }
        return "\(error)"
    }
}

/// A call that must not leave any more.
struct HeldBack: Error, CustomStringConvertible {
    var description: String
}

/// The body of a call, in one piece, which remembers that it was asked for.
final class CallBody: AsyncSequence, @unchecked Sendable {
    // `lock` guards `asked` and `isSealed`. A lock that the thread sanitizer understands.
    typealias Element = ByteBuffer

    struct AsyncIterator: AsyncIteratorProtocol {
        let body: CallBody
        var isDone = false

        mutating func next() async throws -> ByteBuffer? {
            if isDone { return nil }
            isDone = true
            return try body.hand()
        }
    }

    private let bytes: [UInt8]
    private let lock = NSLock()
    private var asked = false
    private var isSealed = false

    private let obstacle: @Sendable () -> String?

    /// - Parameter obstacle: Why it must not be handed out any more, if so.
    init(_ bytes: [UInt8], obstacle: @escaping @Sendable () -> String? = { nil }) {
        self.bytes = bytes
        self.obstacle = obstacle
    }

    var count: Int { bytes.count }

    func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(body: self)
    }

    /// The bytes, to be written now.
    ///
    /// - Throws: `CancellationError` where it is settled already that nothing was sent; ``HeldBack`` where that is settled now.
    func hand() throws -> ByteBuffer {
        try lock.withLock {
            guard !isSealed else { throw CancellationError() }
            if let words = obstacle() {
                isSealed = true
                throw HeldBack(description: words)
            }
            asked = true
        }
        return ByteBuffer(bytes: bytes)
    }

    /// Ends the question whether it was sent: from here on it is not handed out any more, even if a request that nobody
    /// waits for goes on.
    ///
    /// - Returns: Whether it was asked for before.
    func seal() -> Bool {
        lock.withLock {
            isSealed = true
            return asked
        }
    }
}

extension PlatformResponse {
    init(_ status: HTTPResponseStatus, _ headers: HTTPHeaders, _ body: ByteBuffer) {
        let date = headers.first(name: "Date").flatMap { HTTPDate.instant($0) }
        self.init(
            status: Int(status.code), body: Array(body.readableBytesView),
            retryAfter: headers.first(name: "Retry-After").flatMap { RetryAfter.duration($0, at: date) }, date: date)
    }
}
