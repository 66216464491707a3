import Chronology
import Foundation
import LinuxShell
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import SchedulerCore
import Testing

/// Goal: behind a proxy and with a private authority the platform is reached, and a call that could not be was certainly
/// not sent.
@Suite(.serialized, .enabled(if: Authority.isPossible, "needs the openssl command, to make certificates"))
struct TunnelTests {
    private let authority: Authority
    private let backend: SecureServer
    private let proxy: ConnectProxy

    init() throws {
        authority = try Authority(host: "platform.test")
        backend = try SecureServer(authority)
        proxy = try ConnectProxy(to: backend.port)
    }

    /// A client of `https://platform.test`, a name that only the proxy knows the way to.
    private func client(_ environment: [String: String], seconds: Int = 20) -> PlatformClient {
        let platform = PlatformSettings(
            organization: "org@AdobeOrg", sandbox: "prod", url: "https://platform.test", clientID: "client",
            clientSecret: .environment("FIRST"), tokenURL: "https://platform.test/token")
        return PlatformClient(
            platform: platform, limits: Limits(requestTimeout: .seconds(seconds)), group: group,
            environment: environment,
            secrets: { _ in "secret" },
            clock: {
                let milliseconds = Int64(Date().timeIntervalSince1970 * 1000)
                return Moment(
                    wall: Instant(milliseconds: milliseconds), monotonic: Monotonic(milliseconds: milliseconds))
            }, observe: { _ in })
    }

    private func stop(_ client: PlatformClient) async {
        await client.shutdown()
        proxy.stop()
        backend.stop()
        authority.remove()
    }

    @Test func `a tunnel through the proxy reaches a platform of a private authority`() async throws {
        let client = client([
            "HTTPS_PROXY": "http://anna:pass@127.0.0.1:\(proxy.port)", "SSL_CERT_FILE": authority.certificate,
        ])
        let answer = await client.activate(aCall())
        #expect(answer == .accepted([aCall().pairs[0]: "88d6da63"]))
        #expect(!proxy.targets.isEmpty && proxy.targets.allSatisfy { $0 == "CONNECT platform.test:443" })
        #expect(proxy.authorizations.allSatisfy { $0 == "Basic " + Data("anna:pass".utf8).base64EncodedString() })
        // The token travels inside of the tunnel only.
        #expect(!proxy.heads.contains { $0.contains("Bearer") })
        await stop(client)
    }

    @Test func `an authority that nobody trusts ends before anything is sent`() async throws {
        let client = client(["HTTPS_PROXY": "http://127.0.0.1:\(proxy.port)"], seconds: 2)
        let answer = await client.activate(aCall())
        guard case .notSent = answer else {
            Issue.record("\(answer)")
            return await stop(client)
        }
        #expect(backend.requests == 0)
        await stop(client)
    }

    @Test func `a host that NO_PROXY names is not asked for through the proxy`() async throws {
        let client = client(
            [
                "HTTPS_PROXY": "http://127.0.0.1:\(proxy.port)", "NO_PROXY": "other.example,.test",
                "SSL_CERT_FILE": authority.certificate,
            ], seconds: 2)
        guard case .notSent = await client.activate(aCall()) else {
            Issue.record("a name that does not exist was reached")
            return await stop(client)
        }
        #expect(proxy.targets.isEmpty)
        await stop(client)
    }

    @Test func `a proxy that refuses means certainly not sent`() async throws {
        let refusing = try ScriptedServer { _ in .raw(Array("HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n".utf8)) }
        let client = client(["HTTPS_PROXY": refusing.url, "SSL_CERT_FILE": authority.certificate], seconds: 2)
        guard case .notSent = await client.activate(aCall()) else {
            Issue.record("a refused tunnel counts as sent")
            return await stop(client)
        }
        refusing.stop()
        await stop(client)
    }
}

/// A certificate authority of its own and a server's certificate by it, made by the openssl command.
struct Authority: Sendable {
    let directory: String

    static var isPossible: Bool { FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl") }

    init(host: String) throws {
        directory = NSTemporaryDirectory() + "authority-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        try Data("subjectAltName=DNS:\(host)\n".utf8).write(to: URL(fileURLWithPath: directory + "/names"))
        let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        try openssl(
            ["req", "-x509", "-days", "2", "-subj", "/CN=private authority", "-keyout", "ca.key", "-out", "ca.pem"]
                + key)
        try openssl(["req", "-subj", "/CN=\(host)", "-keyout", "server.key", "-out", "server.csr"] + key)
        try openssl([
            "x509", "-req", "-days", "2", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
            "-extfile", "names", "-out", "server.pem",
        ])
    }

    var certificate: String { directory + "/ca.pem" }

    private func openssl(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: directory)
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
    }

    func remove() {
        try? FileManager.default.removeItem(atPath: directory)
    }
}

/// The platform behind TLS: a token, and one accepted call.
private final class SecureServer: @unchecked Sendable {
    private let channel: any Channel

    var port: Int { channel.localAddress?.port ?? 0 }
    var requests: Int { counter.value }
    private let counter: Counter

    final class Counter: @unchecked Sendable {
        private let lock = NSLock()
        private var number = 0
        var value: Int { lock.withLock { number } }
        func add() { lock.withLock { number += 1 } }
    }

    init(_ authority: Authority) throws {
        let chain = try NIOSSLCertificate.fromPEMFile(authority.directory + "/server.pem").map {
            NIOSSLCertificateSource.certificate($0)
        }
        let key = try NIOSSLPrivateKey(file: authority.directory + "/server.key", format: .pem)
        let context = try NIOSSLContext(
            configuration: .makeServerConfiguration(certificateChain: chain, privateKey: .privateKey(key)))
        let counter = Counter()
        self.counter = counter
        channel = try ServerBootstrap(group: group)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Handler(counter))
                }
            }
            .bind(host: "127.0.0.1", port: 0).wait()
    }

    func stop() {
        channel.close(promise: nil)
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let counter: Counter
        private var target = ""

        init(_ counter: Counter) {
            self.counter = counter
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head): target = head.uri
            case .body: break
            case .end:
                counter.add()
                let body =
                    target == "/token"
                    ? #"{"access_token":"t0","expires_in":86399}"#
                    : #"{"order":[{"segment":"\#(audience)","order":"\#(flow)","statusURL":"https://x/runs/88d6da63"}]}"#
                let headers: HTTPHeaders = ["Content-Length": "\(body.utf8.count)"]
                context.write(
                    wrapOutboundOut(.head(.init(version: .http1_1, status: .ok, headers: headers))), promise: nil)
                context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: body)))), promise: nil)
                context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            }
        }
    }
}

/// An HTTP proxy that knows one method, CONNECT, and one way.
private final class ConnectProxy: @unchecked Sendable {
    private let listener: Int32
    let port: Int
    private let lock = NSLock()
    private var seen: [String] = []

    var heads: [String] { lock.withLock { seen } }
    var targets: [String] { heads.map { $0.split(separator: " ").prefix(2).joined(separator: " ") } }
    var authorizations: [String] {
        heads.compactMap { head in
            head.split(separator: "\r\n").first { $0.lowercased().hasPrefix("proxy-authorization:") }
                .map { $0.dropFirst("proxy-authorization:".count).trimmingCharacters(in: .whitespaces) }
        }
    }

    init(to backend: Int) throws {
        (listener, port) = try Self.listen()
        let listener = listener
        Thread.detachNewThread {
            while true {
                let client = accept(listener, nil, nil)
                guard client >= 0 else { return }
                Thread.detachNewThread { self.serve(client, backend) }
            }
        }
    }

    private static func address(_ port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        address.sin_port = UInt16(port).bigEndian
        return address
    }

    private static func listen() throws -> (Int32, Int) {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = address(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(listener, pointer, length) == 0 && Glibc.listen(listener, 16) == 0
                    && getsockname(listener, pointer, &length) == 0
            }
        }
        try #require(isListening)
        return (listener, Int(UInt16(bigEndian: address.sin_port)))
    }

    private func serve(_ client: Int32, _ backend: Int) {
        var head: [UInt8] = []
        var byte: UInt8 = 0
        while !head.suffix(4).elementsEqual(Array("\r\n\r\n".utf8)) {
            guard read(client, &byte, 1) == 1, head.count < 8192 else { return }
            head.append(byte)
        }
        lock.withLock { seen.append(String(decoding: head, as: UTF8.self)) }
        let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = Self.address(backend)
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(server, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard isConnected else { return }
        let answer = Array("HTTP/1.1 200 Connection established\r\n\r\n".utf8)
        send(client, answer, answer.count, Int32(MSG_NOSIGNAL))
        Thread.detachNewThread { Self.relay(from: server, to: client) }
        Self.relay(from: client, to: server)
    }

    private static func relay(from: Int32, to: Int32) {
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = read(from, &buffer, buffer.count)
            guard count > 0, send(to, buffer, count, Int32(MSG_NOSIGNAL)) == count else { break }
        }
        shutdown(to, Int32(SHUT_WR))
    }

    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }
}
