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
    static let connectTimeout = Duration.seconds(10)

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

    /// Sends a call, once, on a connection that nothing else uses.
    func send(
        _ url: String, _ origin: String, _ request: PlatformRequest, headers: [PlatformRequest.Header],
        timeout: Duration, bytes: Int
    ) async throws(TransportFailure) -> PlatformResponse {
        let client = client(for: origin)
        let body = CallBody(request.body)
        var message = message(url, request, headers + [.init(name: "Connection", value: "close")])
        message.body = .stream(body, length: .known(Int64(request.body.count)))
        let outcome: Result<PlatformResponse, TransportFailure>
        do throws(TransportFailure) {
            outcome = .success(try await exchange(client, message, timeout: timeout, bytes: bytes, body: body))
        } catch {
            outcome = .failure(error)
        }
        await client.close()
        return try outcome.get()
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
        let outcome = await withTaskGroup(of: Result<PlatformResponse, any Error>.self) { tasks in
            tasks.addTask {
                do {
                    return .success(try await Self.perform(client, message, timeout: timeout, bytes: bytes))
                } catch {
                    return .failure(error)
                }
            }
            // The client's own deadline ends with the head of the answer; this one bounds the body as well.
            let loop = group.any()
            tasks.addTask {
                await loop.rest(for: timeout)
                return .failure(HTTPClientError.deadlineExceeded)
            }
            let first = await tasks.next() ?? .failure(HTTPClientError.cancelled)
            tasks.cancelAll()
            return first
        }
        switch outcome {
        case .success(let response):
            return response
        case .failure(let error):
            let words = ForeignText.shown(Self.words(for: error))
            if let body, !body.wasAskedFor { throw .notSent(words) }
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
    // `lock` guards `asked`. A lock that the thread sanitizer understands.
    typealias Element = ByteBuffer

    struct AsyncIterator: AsyncIteratorProtocol {
        let body: CallBody
        var isDone = false

        mutating func next() async -> ByteBuffer? {
            if isDone { return nil }
            isDone = true
            return body.hand()
        }
    }

    private let bytes: [UInt8]
    private let lock = NSLock()
    private var asked = false

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(body: self)
    }

    private func hand() -> ByteBuffer {
        lock.withLock { asked = true }
        return ByteBuffer(bytes: bytes)
    }

    var wasAskedFor: Bool {
        lock.withLock { asked }
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
