// One exchange with the platform through an HTTP CONNECT proxy that listens on a socket in the file system.
//
// A sealed service has no other way out: for it the internet's sockets do not exist, and names are looked up by the proxy.
// The HTTP library can not connect to such a proxy, so an exchange is put together here of the parts that the library is
// made of: the socket, CONNECT, TLS up to the platform and for the platform's name, one request, one answer, the end.
//
// Begin at `SocketTunnel.exchange`; `TunnelExchange` is what happens on its connection.

internal import ActivationAPI
internal import AsyncHTTPClient
internal import Chronology
internal import Dispatch
internal import Foundation
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL

/// Why there is no tunnel, or no answer through it, where the HTTP library has no name for it.
enum TunnelFailure: Error, Equatable, CustomStringConvertible {
    case authorities(of: String, String)
    case socket(path: String, String)
    case refused(target: String, status: Int)
    case proxyClosed
    case proxyNonsense(String)
    case handshake(host: String, String)
    case cut
    case closed

    var description: String {
        switch self {
        case .authorities(let file, let why): "the authorities of \(file) can not be read: \(why)"
        case .socket(let path, let why): "the proxy's socket \(path): \(why)"
        case .refused(let target, let status): "the proxy refuses a tunnel to \(target): HTTP \(status)"
        case .proxyClosed: "the proxy closed the connection before there was a tunnel"
        case .proxyNonsense(let why): "the proxy does not answer CONNECT as HTTP does: \(why)"
        case .handshake(let host, let why): "no TLS with \(host): \(why)"
        case .cut: "the connection was closed within the answer"
        case .closed: "the client was closed"
        }
    }
}

/// The way to one origin. Each exchange has a connection of its own.
///
/// What is written here is the proxy's at once: the kernel puts it where the other side reads, a socket in the file system has none of
/// TCP's timers (`TCP_USER_TIMEOUT` is refused), and `SO_LINGER` takes nothing back, when the process is killed either. So neither is
/// set. On our side a call is bounded by its body, which is handed out last of all, in one piece, and not after its deadline; what the
/// other side has not room for stays in this process and goes with the connection. How long the proxy, and whoever it passes it on to,
/// may hold the rest is theirs to bound: no absence is counted within `Limits.wireTime` of a doubt's begin, nor before `settle` is over.
/// docs/operations.md says so to whoever runs one.
final class SocketTunnel: @unchecked Sendable {
    // `lock` guards what follows it. A lock that the thread sanitizer understands.

    /// Reads authorities: files can be on a disk that does not answer, and the event loop serves everything else.
    private static let reading = DispatchQueue(label: "authorities")

    private let path: String
    private let host: String
    private let port: Int
    private let tls: TLSConfiguration
    private let loop: any EventLoop
    private let connectTimeout: Duration

    private let lock = NSLock()
    private var context: NIOSSLContext?
    private var open: [Open] = []
    private var isClosed = false

    private struct Open {
        var answer: EventLoopPromise<PlatformResponse>
        /// Nothing of it is left.
        var end: EventLoopPromise<Void>
    }

    /// - Parameter connectTimeout: From the reading of the authorities to the end of TLS's handshake.
    init(
        path: String, origin: String, tls: TLSConfiguration, loop: any EventLoop,
        connectTimeout: Duration = Transport.connectTimeout
    ) {
        let origin = URLComponents(string: origin)
        self.path = path
        host = origin?.host ?? ""
        port = origin?.port ?? 443
        self.loop = loop
        self.connectTimeout = connectTimeout
        var tls = tls
        tls.applicationProtocols = ["http/1.1"]
        // We say the last word of TLS, and do not wait for the other side's: the answer's end is known without it.
        tls.shutdownTimeout = .zero
        self.tls = tls
    }

    /// Sends one request and returns its answer; where the task is cancelled, the connection is closed.
    ///
    /// - Parameter bytes: How large the answer's body may be.
    func exchange(
        _ method: PlatformRequest.Method, _ url: String, _ fields: HTTPHeaders, _ body: CallBody, bytes: Int
    ) async throws -> PlatformResponse {
        let exchange = Open(
            answer: loop.makePromise(of: PlatformResponse.self), end: loop.makePromise(of: Void.self))
        let answer = exchange.answer
        enter(exchange)
        let timer = loop.scheduleTask(in: .milliseconds(connectTimeout.milliseconds)) {
            answer.fail(HTTPClientError.connectTimeout)
        }
        answer.futureResult.whenComplete { _ in timer.cancel() }
        let head = head(method, url, fields, body)
        trusted().flatMap { [self] in
            connect(
                TunnelExchange.Plan(
                    host: host, port: port, tls: $0, head: head, body: body, bytes: bytes, answer: answer, timer: timer,
                    deadline: .now() + .milliseconds(connectTimeout.milliseconds)))
        }.whenComplete { [self] result in
            switch result {
            case .failure(let error):
                answer.fail(error)
                leave(exchange)
            case .success(let channel):
                channel.closeFuture.whenComplete { _ in self.leave(exchange) }
                // Whoever ends it, with an answer or without one.
                answer.futureResult.whenComplete { _ in channel.close(promise: nil) }
            }
        }
        return try await withTaskCancellationHandler {
            try await answer.futureResult.get()
        } onCancel: {
            answer.fail(CancellationError())
        }
    }

    /// Ends what is under way, and lets nothing begin. Complete when all connections are closed.
    func close() -> EventLoopFuture<Void> {
        let open = lock.withLock { () -> [Open] in
            isClosed = true
            return self.open
        }
        for exchange in open { exchange.answer.fail(TunnelFailure.closed) }
        return .andAllComplete(open.map(\.end.futureResult), on: loop)
    }

    private func enter(_ exchange: Open) {
        let isClosed = lock.withLock { () -> Bool in
            open.append(exchange)
            return self.isClosed
        }
        if isClosed { exchange.answer.fail(TunnelFailure.closed) }
    }

    private func leave(_ exchange: Open) {
        lock.withLock { open.removeAll { $0.end == exchange.end } }
        exchange.end.succeed(())
    }

    private func head(
        _ method: PlatformRequest.Method, _ url: String, _ fields: HTTPHeaders, _ body: CallBody
    ) -> HTTPRequestHead {
        let url = URLComponents(string: url)
        var target = url?.percentEncodedPath ?? ""
        if !target.hasPrefix("/") { target = "/" + target }
        if let query = url?.percentEncodedQuery { target += "?" + query }
        var fields = fields
        fields.replaceOrAdd(name: "Host", value: port == 443 ? host : "\(host):\(port)")
        fields.replaceOrAdd(name: "Connection", value: "close")
        if method != .get { fields.replaceOrAdd(name: "Content-Length", value: "\(body.count)") }
        return HTTPRequestHead(
            version: .http1_1, method: .init(rawValue: method.rawValue), uri: target, headers: fields)
    }

    /// TLS with the authorities that are trusted, read once.
    private func trusted() -> EventLoopFuture<NIOSSLContext> {
        if let context = lock.withLock({ context }) { return loop.makeSucceededFuture(context) }
        let promise = loop.makePromise(of: NIOSSLContext.self)
        Self.reading.async { [self] in
            do {
                let context = try NIOSSLContext(configuration: tls)
                lock.withLock { self.context = context }
                promise.succeed(context)
            } catch {
                let file = if case .file(let path)? = tls.trustRoots { path } else { "the system" }
                promise.fail(TunnelFailure.authorities(of: file, "\(error)"))
            }
        }
        return promise.futureResult
    }

    private func connect(_ plan: TunnelExchange.Plan) -> EventLoopFuture<any Channel> {
        ClientBootstrap(group: loop)
            .connectTimeout(.milliseconds(connectTimeout.milliseconds))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try TunnelExchange(plan).enter(channel) }
            }
            .connect(unixDomainSocketPath: path)
            .flatMapErrorThrowing { [path] error in
                guard let error = error as? IOError else { throw error }
                throw TunnelFailure.socket(path: path, String(cString: strerror(error.errnoCode)))
            }
    }
}
