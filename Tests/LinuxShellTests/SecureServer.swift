import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import NIOTLS

/// The platform behind TLS. Unless its script says otherwise: a token, and one accepted call.
final class SecureServer: Sendable {
    static let token = #"{"access_token":"t0","expires_in":86399}"#
    static let accepted =
        #"{"order":[{"segment":"\#(audience)","order":"\#(flow)","statusURL":"https://x/runs/88d6da63"}]}"#

    private let channel: any Channel
    private let notes = Notes()

    var port: Int { channel.localAddress?.port ?? 0 }
    /// Of the requests that began to arrive.
    var heads: [HTTPRequestHead] { notes.read { $0.heads } }
    /// Requests that arrived whole.
    var requests: Int { notes.read { $0.requests } }
    /// What each client agreed to speak inside of TLS; nil where it offered nothing.
    var protocols: [String?] { notes.read { $0.protocols } }

    /// - Parameter hangsUp: Every connection is closed in good order at the end of its handshake.
    init(
        _ authority: Authority, maximum: TLSVersion = .tlsv13, hangsUp: Bool = false,
        _ script: @escaping @Sendable (HTTPRequestHead) -> ScriptedServer.Answer = { head in
            .json(200, head.uri == "/token" ? token : accepted)
        }
    ) throws {
        let chain = try NIOSSLCertificate.fromPEMFile(authority.directory + "/server.pem").map {
            NIOSSLCertificateSource.certificate($0)
        }
        let key = try NIOSSLPrivateKey(file: authority.directory + "/server.key", format: .pem)
        var tls = TLSConfiguration.makeServerConfiguration(certificateChain: chain, privateKey: .privateKey(key))
        tls.minimumTLSVersion = .tlsv1
        tls.maximumTLSVersion = maximum
        tls.applicationProtocols = ["h2", "http/1.1"]
        tls.shutdownTimeout = .milliseconds(50)
        let context = try NIOSSLContext(configuration: tls)
        let notes = notes
        channel = try ServerBootstrap(group: group)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers([
                        NIOSSLServerHandler(context: context), ByteToMessageHandler(HTTPRequestDecoder()),
                        Handler(notes, hangsUp: hangsUp, script),
                    ])
                }
            }
            .bind(host: "127.0.0.1", port: 0).wait()
    }

    func stop() {
        channel.close(promise: nil)
    }

    private final class Notes: @unchecked Sendable {
        struct Page {
            var heads: [HTTPRequestHead] = []
            var requests = 0
            var protocols: [String?] = []
        }

        // `lock` guards the page. A lock that the thread sanitizer understands.
        private let lock = NSLock()
        private var page = Page()

        func read<Value>(_ body: (Page) -> Value) -> Value { lock.withLock { body(page) } }
        func write(_ body: (inout Page) -> Void) { lock.withLock { body(&page) } }
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = ByteBuffer

        private let notes: Notes
        private let hangsUp: Bool
        private let script: @Sendable (HTTPRequestHead) -> ScriptedServer.Answer
        private var head: HTTPRequestHead?

        init(
            _ notes: Notes, hangsUp: Bool, _ script: @escaping @Sendable (HTTPRequestHead) -> ScriptedServer.Answer
        ) {
            self.notes = notes
            self.hangsUp = hangsUp
            self.script = script
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            guard case TLSUserEvent.handshakeCompleted(let spoken) = event else { return }
            notes.write { $0.protocols.append(spoken) }
            if hangsUp { context.close(promise: nil) }
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head):
                self.head = head
                notes.write { $0.heads.append(head) }
            case .body:
                break
            case .end:
                notes.write { $0.requests += 1 }
                if let head { answer(script(head), context) }
            }
        }

        private func answer(_ answer: ScriptedServer.Answer, _ context: ChannelHandlerContext) {
            switch answer {
            case .json(let status, let body, let headers):
                let lines = ["HTTP/1.1 \(status) X", "Content-Length: \(body.utf8.count)"] + headers
                write(lines.joined(separator: "\r\n") + "\r\n\r\n" + body, context)
            case .raw(let bytes):
                context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
                cut(context)
            case .close:
                context.close(promise: nil)
            case .stall:
                break
            case .flood:
                write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", context)
                flood(context)
            }
        }

        private func write(_ text: String, _ context: ChannelHandlerContext) {
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
        }

        /// Without TLS's last word.
        private func cut(_ context: ChannelHandlerContext) {
            guard let tls = try? context.pipeline.syncOperations.context(handlerType: NIOSSLServerHandler.self) else {
                return
            }
            tls.close(promise: nil)
        }

        private func flood(_ context: ChannelHandlerContext) {
            let chunk = ByteBuffer(string: "10000\r\n" + String(repeating: "x", count: 0x10000) + "\r\n")
            context.writeAndFlush(wrapOutboundOut(chunk)).assumeIsolated().whenSuccess { self.flood(context) }
        }
    }
}
