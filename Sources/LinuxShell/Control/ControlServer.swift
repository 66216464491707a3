// HTTP/1.1 on the control socket: one request for each connection, bounded in bytes, connections and time. What a
// request means is decided elsewhere (`ControlRoute`, `ControlDesk`).

internal import ControlProtocol
internal import Dispatch
internal import Foundation
internal import Glibc
internal import NIOCore
internal import NIOHTTP1
package import NIOPosix

package enum ControlBounds {
    /// Where there are more, those that only hold a connection go first: ``ControlConnections``.
    package static let connectionLimit = 32
    /// From connecting to the end of the request.
    static let requestTime = TimeAmount.seconds(10)
    /// From the request to the last byte of the answer; a reload of a large configuration fits.
    static let answerTime = TimeAmount.seconds(120)
    /// For the name of who gives an order; then the number has to do.
    static let nameTime = TimeAmount.seconds(1)
}

package final class ControlServer: Sendable {
    /// Called on the event loop; answers once, from wherever. `isWanted` turns false when the client has gone: a question
    /// need not be answered then.
    package typealias Handler =
        @Sendable (
            ControlRequest, _ isWanted: @escaping @Sendable () -> Bool, @escaping @Sendable (ControlResponse) -> Void
        ) -> Void

    private let channel: any Channel
    package let path: String

    /// Binds and listens: clients are answered from here on.
    package static func start(
        directory: String, group: MultiThreadedEventLoopGroup, handler: @escaping Handler
    ) throws(ControlSocketError) -> ControlServer {
        let (descriptor, path) = try ControlSocket.bind(directory: directory)
        let connections = ControlConnections(limit: ControlBounds.connectionLimit)
        do {
            let channel = try ServerBootstrap(group: group)
                .serverChannelOption(.backlog, value: Int32(ControlBounds.connectionLimit))
                .childChannelInitializer { channel in
                    guard connections.enter(channel) else {
                        return channel.eventLoop.makeFailedFuture(ChannelError.alreadyClosed)
                    }
                    channel.closeFuture.whenComplete { _ in connections.leave(channel) }
                    return channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                        try channel.pipeline.syncOperations.addHandler(
                            ControlConnectionHandler(handler: handler, connections: connections))
                    }
                }
                .withBoundSocket(descriptor)
                .wait()
            return ControlServer(channel: channel, path: path)
        } catch {
            throw ControlSocketError(description: "\(path): \(error)")
        }
    }

    private init(channel: any Channel, path: String) {
        self.channel = channel
        self.path = path
    }

    /// Takes the socket away, so that clients are told at once that nobody listens.
    package func stop() {
        unlink(path)
        channel.close(promise: nil)
    }
}

/// Collects one request, hands it on with the peer's name, writes the answer, and closes.
private final class ControlConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let handler: ControlServer.Handler
    private let connections: ControlConnections
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []
    private var isAnswered = false
    private var deadline: Scheduled<Void>?

    init(handler: @escaping ControlServer.Handler, connections: ControlConnections) {
        self.handler = handler
        self.connections = connections
    }

    func channelActive(context: ChannelHandlerContext) {
        close(context, after: ControlBounds.requestTime)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // After the answer nothing more is taken from this connection.
        guard !isAnswered else { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
        case .body(let buffer):
            guard body.count + buffer.readableBytes <= ControlProtocol.requestByteLimit else {
                let refusal = ControlRefusal(
                    .tooLarge, "a request has at most \(ControlProtocol.requestByteLimit) bytes")
                write(ControlDesk.response(refusal), context)
                return
            }
            body += buffer.readableBytesView
        case .end:
            guard let head else { return }
            close(context, after: ControlBounds.answerTime)
            connections.become(.served, context.channel)
            hand(head, on: context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func close(_ context: ChannelHandlerContext, after time: TimeAmount) {
        deadline?.cancel()
        let channel = context.channel
        deadline = context.eventLoop.scheduleTask(in: time) { channel.close(promise: nil) }
    }

    private func hand(_ head: HTTPRequestHead, on context: ChannelHandlerContext) {
        let loop = context.eventLoop
        let bound = NIOLoopBound((self, context), eventLoop: loop)
        let handler = handler
        let body = body
        let channel = context.channel
        // A question is anybody's, who may connect at all.
        let name = head.method == .GET ? loop.makeSucceededFuture("somebody") : Peer.name(of: context.channel)
        name.whenComplete { name in
            let actor = (try? name.get()) ?? "somebody"
            let request = ControlRequest(
                method: head.method.rawValue, target: head.uri, body: body, actor: actor)
            handler(request, { channel.isActive }) { response in
                loop.execute {
                    let (own, context) = bound.value
                    own.write(response, context)
                }
            }
        }
    }

    private func write(_ response: ControlResponse, _ context: ChannelHandlerContext) {
        guard !isAnswered else { return }
        isAnswered = true
        connections.become(.answered, context.channel)
        let headers: HTTPHeaders = [
            "Content-Type": "application/json", "Content-Length": "\(response.body.count)", "Connection": "close",
        ]
        let head = HTTPResponseHead(
            version: .http1_1, status: HTTPResponseStatus(statusCode: response.status), headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: response.body)))), promise: nil)
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in channel.close(promise: nil) }
    }
}

/// Who is at the other end, by the kernel's word.
private enum Peer {
    /// The layout of Linux's `struct ucred`.
    private struct Credential {
        var pid: Int32 = 0
        var uid: UInt32 = .max
        var gid: UInt32 = .max
    }

    static func name(of channel: any Channel) -> EventLoopFuture<String> {
        guard let provider = channel as? any SocketOptionProvider else {
            return channel.eventLoop.makeSucceededFuture("somebody")
        }
        let credential: EventLoopFuture<Credential> = provider.unsafeGetSocketOption(
            level: .socket, name: NIOBSDSocket.Option(rawValue: SO_PEERCRED))
        let loop = channel.eventLoop
        return credential.flatMap { name(of: $0.uid, on: loop) }
    }

    private static let lookups = DispatchQueue(label: "names of users")

    /// By a thread of its own: names may come from a directory in the network, and the event loop serves everything else.
    private static func name(of uid: UInt32, on loop: any EventLoop) -> EventLoopFuture<String> {
        let promise = loop.makePromise(of: String.self)
        let timer = loop.scheduleTask(in: ControlBounds.nameTime) { promise.succeed("uid \(uid)") }
        lookups.async { promise.succeed(userName(uid).map { "\($0) (uid \(uid))" } ?? "uid \(uid)") }
        promise.futureResult.whenComplete { _ in timer.cancel() }
        return promise.futureResult
    }

    private static func userName(_ uid: UInt32) -> String? {
        var entry = passwd()
        var buffer = [CChar](repeating: 0, count: 4096)
        var result: UnsafeMutablePointer<passwd>?
        guard getpwuid_r(uid, &entry, &buffer, buffer.count, &result) == 0, result != nil else { return nil }
        return String(cString: entry.pw_name)
    }
}
