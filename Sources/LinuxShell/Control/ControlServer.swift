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
    /// Of each door. Where there are more, those that only hold a connection go first: ``ControlConnections``.
    package static let connectionLimit = 32
    /// Requests of each door, once `requestsAtOnce` came together.
    static let requestsPerSecond: Int64 = 200
    static let requestsAtOnce: Int64 = 100
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

    private let channels: [any Channel]
    /// Of the daemon's own socket.
    package let path: String

    /// Binds the daemon's own socket, and listens on it and on what was passed: clients are answered from here on.
    ///
    /// - Parameter passed: Sockets that systemd bound and listens on (socket activation); owned from here on.
    package static func start(
        directory: String, passed: [ControlDoor] = [], group: MultiThreadedEventLoopGroup, handler: @escaping Handler
    ) throws(ControlSocketError) -> ControlServer {
        let own = try ControlSocket.bind(directory: directory)
        var channels: [any Channel] = []
        for door in [own] + passed {
            do {
                let connections = ControlConnections(
                    limit: ControlBounds.connectionLimit,
                    pace: ControlPace(
                        perSecond: ControlBounds.requestsPerSecond, atOnce: ControlBounds.requestsAtOnce))
                channels.append(try listen(door, connections, group, handler))
            } catch {
                for channel in channels { channel.close(promise: nil) }
                throw ControlSocketError(description: "\(door.path): \(error)")
            }
        }
        return ControlServer(channels: channels, path: own.path)
    }

    private static func listen(
        _ door: ControlDoor, _ connections: ControlConnections, _ group: MultiThreadedEventLoopGroup,
        _ handler: @escaping Handler
    ) throws -> any Channel {
        try ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: Int32(ControlBounds.connectionLimit))
            .childChannelInitializer { channel in
                Peer.isThisProcess(channel).flatMapThrowing { isOwn in
                    guard connections.enter(channel, isOwn: isOwn) else { throw ChannelError.alreadyClosed }
                    channel.closeFuture.whenComplete { _ in connections.leave(channel) }
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(
                        ControlConnectionHandler(handler: handler, connections: connections, door: door))
                }
            }
            .withBoundSocket(door.descriptor)
            .wait()
    }

    private init(channels: [any Channel], path: String) {
        self.channels = channels
        self.path = path
    }

    /// Takes the daemon's own socket away, so that clients are told at once that nobody listens. On one that systemd
    /// listens on they wait for the next start.
    package func stop() {
        unlink(path)
        for channel in channels { channel.close(promise: nil) }
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
    private let door: ControlDoor

    init(handler: @escaping ControlServer.Handler, connections: ControlConnections, door: ControlDoor) {
        self.handler = handler
        self.connections = connections
        self.door = door
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
            let wait = connections.wait(of: context.channel, at: .now())
            guard wait > .zero else { return hand(head, on: context) }
            let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            context.eventLoop.scheduleTask(in: wait) {
                let (own, context) = bound.value
                if context.channel.isActive { own.hand(head, on: context) }
            }
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
        let door = door
        let claim = head.headers.first(name: ControlProtocol.userHeader)
        // A question is anybody's, who may connect at all.
        let peer = head.method == .GET ? loop.makeSucceededFuture(nil) : Peer.look(at: context.channel)
        peer.whenComplete { peer in
            let actor = ActorName.of((try? peer.get()) ?? nil, claim: claim, door: door)
            let request = ControlRequest(
                method: head.method.rawValue, target: head.uri, body: body, actor: actor, rights: door.rights)
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
