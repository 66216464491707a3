// One HTTP exchange with the platform: bounded in bytes and time, without redirects, without decompression, and for a
// call on a connection of its own.
//
// Whether a call can have reached the platform is known here and nowhere else: its body is handed out by `CallBody`, and
// before the body was asked for, no whole request can have left.

internal import ActivationAPI
internal import AsyncHTTPClient
internal import Chronology
internal import Foundation
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
    func client(for origin: String) -> HTTPClient {
        var tls = TLSConfiguration.makeClientConfiguration()
        if let trustFile { tls.trustRoots = .file(trustFile) }
        tls.minimumTLSVersion = .tlsv12
        tls.shutdownTimeout = .milliseconds(Self.closeTimeout.milliseconds)
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: tls, redirectConfiguration: .disallow,
            timeout: .init(connect: .milliseconds(Self.connectTimeout.milliseconds)),
            proxy: proxy.proxy(for: origin), decompression: .disabled)
        configuration.httpVersion = .http1Only
        configuration.networkFrameworkWaitForConnectivity = false
        return HTTPClient(eventLoopGroupProvider: .shared(group), configuration: configuration)
    }

    /// Asks a question. May use a connection again.
    func ask(
        _ client: HTTPClient, _ url: String, _ request: PlatformRequest, headers: [PlatformRequest.Header],
        timeout: Duration, bytes: Int
    ) async throws(TransportFailure) -> PlatformResponse {
        var message = message(url, request, headers)
        if !request.body.isEmpty { message.body = .bytes(request.body) }
        return try await exchange(client, message, timeout: timeout, bytes: bytes, body: nil)
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
    func close(_ client: HTTPClient) {
        closing.close(client)
    }

    /// A client of its own for one purpose; ``close(_:)`` it.
    ///
    /// - Throws: `notSent` where too many of before are still closing.
    func freshClient(for origin: String, timeout: Duration) async throws(TransportFailure) -> HTTPClient {
        guard await closing.place(within: timeout, on: group.any()) else {
            throw .notSent("\(ClosingClients.limit) connections of before do not close")
        }
        return client(for: origin)
    }

    /// Waits until all that was closed is gone, as long as that takes at most.
    func settle() async {
        _ = await closing.allClosed(within: Self.connectTimeout + Self.closeTimeout + .seconds(1), on: group.any())
    }

    /// Sends a call, once, on a connection that nothing else uses.
    func send(
        _ url: String, _ origin: String, _ request: PlatformRequest, headers: [PlatformRequest.Header],
        timeout: Duration, bytes: Int
    ) async throws(TransportFailure) -> PlatformResponse {
        let client = try await freshClient(for: origin, timeout: timeout)
        defer { close(client) }
        let body = CallBody(request.body)
        var message = message(url, request, headers + [.init(name: "Connection", value: "close")])
        message.body = .stream(body, length: .known(Int64(request.body.count)))
        return try await exchange(client, message, timeout: timeout, bytes: bytes, body: body)
    }

    private func message(
        _ url: String, _ request: PlatformRequest, _ headers: [PlatformRequest.Header]
    ) -> HTTPClientRequest {
        var message = HTTPClientRequest(url: url)
        message.method = .RAW(value: request.method.rawValue)
        for header in request.headers + headers { message.headers.add(name: header.name, value: header.value) }
        message.headers.add(name: "Accept-Encoding", value: "identity")
        message.headers.add(name: "User-Agent", value: "activationd")
        return message
    }

    private func exchange(
        _ client: HTTPClient, _ message: HTTPClientRequest, timeout: Duration, bytes: Int, body: CallBody?
    ) async throws(TransportFailure) -> PlatformResponse {
        // The client's own deadline ends with the head of the answer, and relies on the client; this one bounds all of it.
        let loop = group.any()
        let outcome =
            await loop.first(within: timeout) { () -> Result<PlatformResponse, any Error> in
                do {
                    return .success(try await Self.perform(client, message, timeout: timeout, bytes: bytes))
                } catch {
                    return .failure(error)
                }
            } ?? .failure(HTTPClientError.deadlineExceeded)
        switch outcome {
        case .success(let response):
            return response
        case .failure(let error):
            let words = ForeignText.shown(Self.words(for: error))
            if let body, !body.seal() { throw .notSent(words) }
            throw .lost(words)
        }
    }

    private static func perform(
        _ client: HTTPClient, _ message: HTTPClientRequest, timeout: Duration, bytes: Int
    ) async throws -> PlatformResponse {
        let response = try await client.execute(message, timeout: .milliseconds(timeout.milliseconds))
        let buffer = try await response.body.collect(upTo: bytes)
        return PlatformResponse(
            status: Int(response.status.code), body: Array(buffer.readableBytesView),
            retryAfter: response.headers.first(name: "Retry-After").flatMap { Int($0) }.map { .seconds($0) },
            date: response.headers.first(name: "Date").flatMap { HTTPDate.instant($0) })
    }

    private static func words(for error: any Error) -> String {
        if error is NIOTooManyBytesError { return "the answer is larger than response_bytes" }
        guard let error = error as? HTTPClientError else { return "\(error)" }
        if error == .deadlineExceeded || error == .readTimeout { return "no answer within request_timeout" }
        if error == .connectTimeout { return "no connection within \(connectTimeout.words)" }
        if error == .remoteConnectionClosed { return "the connection was closed without an answer" }
        return "\(error)"
    }
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

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(body: self)
    }

    private func hand() throws -> ByteBuffer {
        try lock.withLock {
            guard !isSealed else { throw CancellationError() }
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

/// `Tue, 24 Nov 2026 10:00:00 GMT`, the only form of RFC 9110 that servers send.
enum HTTPDate {
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    static func instant(_ text: String) -> Instant? {
        let parts = text.split(separator: " ")
        guard parts.count == 6, parts[5] == "GMT", let month = months.firstIndex(of: String(parts[2])),
            parts[1].count == 2, parts[3].count == 4, parts[4].count == 8
        else { return nil }
        let number = month + 1 < 10 ? "0\(month + 1)" : "\(month + 1)"
        return Instant(rfc3339: "\(parts[3])-\(number)-\(parts[1])T\(parts[4])Z")
    }
}
