// What happens on one connection of a `SocketTunnel`, as a handler at the end of its pipeline.
//
// The functions stand in the order in which they come into play: CONNECT, TLS, the request, the answer, the end. All of it
// runs on the event loop. The exchange is over once `Plan.answer` is complete, whoever completes it.

internal import ActivationAPI
internal import AsyncHTTPClient
internal import NIOCore
internal import NIOExtras
internal import NIOHTTP1
internal import NIOSSL
internal import NIOTLS

/// Leads one connection from CONNECT over TLS to the request, and collects its answer.
final class TunnelExchange: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    struct Plan: Sendable {
        let host: String
        let port: Int
        let tls: NIOSSLContext
        let head: HTTPRequestHead
        let body: CallBody
        let bytes: Int
        let answer: EventLoopPromise<PlatformResponse>
        /// Fails the answer at `deadline`, until TLS is there.
        let timer: Scheduled<Void>
        let deadline: NIODeadline

        var target: String { "\(host):\(port)" }
    }

    private enum Phase {
        /// Where it is not connected, `SocketTunnel` tells why.
        case connecting
        /// CONNECT is sent. Holds the status that the proxy answered with.
        case proxy(status: Int?)
        case handshake
        /// The request may be sent. Holds the head of the answer once it has come.
        case answer(head: HTTPResponseHead?)
        case over
    }

    /// Of an answer: the library's own limits are 80 KiB for a field, 2 MiB and 256 fields.
    private static let limits: NIOHTTPDecoderLimitConfiguration = {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = 16_384
        limits.maxHeaderListSize = 65_536
        limits.maxHeaderFieldCount = 128
        return limits
    }()

    private let plan: Plan
    private var phase = Phase.connecting
    private var body = ByteBuffer()
    private var context: ChannelHandlerContext?

    init(_ plan: Plan) {
        self.plan = plan
    }

    // MARK: CONNECT

    /// The proxy's answer passes here on its way to the handler that asked: that one tells no status.
    func enter(_ channel: any Channel) throws {
        let encoder = HTTPRequestEncoder()
        let decoder = ByteToMessageHandler(
            HTTPResponseDecoder(
                leftOverBytesStrategy: .dropBytes, informationalResponseStrategy: .drop, limitConfiguration: Self.limits
            ))
        let connected = channel.eventLoop.makePromise(of: Void.self)
        connected.futureResult.assumeIsolated().whenComplete { result in
            switch result {
            case .success: self.leaveProxy(encoder, decoder)
            case .failure(let error): self.failProxy(error)
            }
        }
        let connect = NIOHTTP1ProxyConnectHandler(
            targetHost: plan.host, targetPort: plan.port, headers: ["Host": plan.target], deadline: plan.deadline,
            promise: connected)
        do {
            try channel.pipeline.syncOperations.addHandlers([encoder, decoder, self, connect])
        } catch {
            connected.fail(error)
            throw error
        }
        // Given up while the authorities were read.
        guard case .connecting = phase else { throw TunnelFailure.closed }
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        plan.answer.futureResult.assumeIsolated().whenComplete { _ in self.phase = .over }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        if case .connecting = phase { phase = .proxy(status: nil) }
        context.fireChannelActive()
    }

    private func failProxy(_ error: any Error) {
        guard case .proxy(let status) = phase else { return }
        switch status {
        case nil: fail(TunnelFailure.proxyClosed)
        case let status? where (200..<300).contains(status): fail(TunnelFailure.proxyNonsense("\(error)"))
        case let status?: fail(TunnelFailure.refused(target: plan.target, status: status))
        }
    }

    // MARK: TLS

    private func leaveProxy(_ encoder: HTTPRequestEncoder, _ decoder: ByteToMessageHandler<HTTPResponseDecoder>) {
        guard let context, case .proxy = phase else { return }
        let pipeline = context.pipeline.syncOperations
        EventLoopFuture.andAllComplete(
            [pipeline.removeHandler(encoder), pipeline.removeHandler(decoder)], on: context.eventLoop
        ).assumeIsolated().whenComplete { _ in self.secure() }
    }

    private func secure() {
        guard let context, case .proxy = phase else { return }
        phase = .handshake
        do {
            let pipeline = context.pipeline.syncOperations
            try pipeline.addHTTPClientHandlers(position: .first, decoderLimitConfiguration: Self.limits)
            try pipeline.addHandler(
                NIOSSLClientHandler(context: plan.tls, serverHostname: plan.host), position: .first)
        } catch {
            fail(TunnelFailure.handshake(host: plan.host, "\(error)"))
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted = event, case .handshake = phase {
            plan.timer.cancel()
            phase = .answer(head: nil)
            // In the loop's next turn: what came together with the handshake's end is seen before. If it is the
            // connection's end too, nothing was sent.
            context.eventLoop.assumeIsolated().execute { self.send() }
        }
        context.fireUserInboundEventTriggered(event)
    }

    // MARK: The request

    private func send() {
        guard let context, context.channel.isActive, case .answer = phase else { return }
        let answer = plan.answer
        let isWritten = context.eventLoop.makePromise(of: Void.self)
        isWritten.futureResult.whenFailure { answer.fail($0) }
        context.write(wrapOutboundOut(.head(plan.head)), promise: isWritten)
        // A head with a field that is none is not written.
        guard case .answer = phase else { return }
        do {
            let body = try plan.body.hand()
            if body.readableBytes > 0 { context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil) }
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        } catch {
            fail(error)
        }
    }

    // MARK: The answer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch (phase, unwrapInboundIn(data)) {
        case (.proxy, let part):
            if case .head(let head) = part { phase = .proxy(status: Int(head.status.code)) }
            context.fireChannelRead(data)
        case (.answer(nil), .head(let head)):
            if let length = head.headers.first(name: "Content-Length").flatMap({ Int($0) }), length > plan.bytes {
                return fail(NIOTooManyBytesError(maxBytes: plan.bytes))
            }
            phase = .answer(head: head)
        case (.answer(_?), .body(let part)):
            guard body.readableBytes + part.readableBytes <= plan.bytes else {
                return fail(NIOTooManyBytesError(maxBytes: plan.bytes))
            }
            body.writeImmutableBuffer(part)
        case (.answer(let head?), .end):
            plan.answer.succeed(PlatformResponse(head.status, head.headers, body))
        case (.answer, _), (.connecting, _), (.handshake, _), (.over, _):
            break  // what comes out of turn does not count
        }
    }

    // MARK: The end

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch phase {
        case .proxy: fail(Self.isEnd(error) ? TunnelFailure.proxyClosed : .proxyNonsense("\(error)"))
        case .handshake: fail(TunnelFailure.handshake(host: plan.host, Self.words(error)))
        case .answer(let head): fail(Self.isEnd(error) ? Self.end(head) : error)
        case .connecting, .over: break
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        switch phase {
        case .proxy: fail(TunnelFailure.proxyClosed)
        case .handshake: fail(TunnelFailure.handshake(host: plan.host, "the connection was closed"))
        case .answer(let head): fail(Self.end(head))
        case .connecting, .over: break
        }
        context.fireChannelInactive()
    }

    private func fail(_ error: any Error) {
        plan.answer.fail(error)
    }

    private static func isEnd(_ error: any Error) -> Bool {
        error as? NIOSSLError == .uncleanShutdown || error as? HTTPParserError == .invalidEOFState
    }

    private static func end(_ head: HTTPResponseHead?) -> any Error {
        head == nil ? HTTPClientError.remoteConnectionClosed : TunnelFailure.cut
    }

    private static func words(_ error: any Error) -> String {
        if error as? NIOSSLExtraError == .failedToValidateHostname { return "its certificate is for another name" }
        let words = "\(error)"
        return words.contains("CERTIFICATE_VERIFY_FAILED")
            ? "its certificate has ended, or is by an authority that is not trusted here" : words
    }
}
