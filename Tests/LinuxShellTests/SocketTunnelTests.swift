import ActivationAPI
import AsyncHTTPClient
import Chronology
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import SchedulerCore
import Testing

@testable import LinuxShell

/// Goal: a service that has no way out but a proxy's socket reaches its platform there, TLS goes up to the platform, and
/// what could not be sent was certainly not sent.
@Suite(.serialized, .enabled(if: Authority.isPossible, "needs the openssl command, to make certificates"))
final class SocketTunnelTests: Sendable {
    private let authority: Authority
    private var path: String { authority.directory + "/proxy.sock" }

    init() throws {
        authority = try Authority(host: "platform.test")
    }

    deinit {
        authority.remove()
    }

    /// A client of `https://platform.test`, behind a proxy. Tokens come from elsewhere, where the tunnel is of no use.
    private func client(
        tokens: ScriptedServer? = nil, proxy: String? = nil, trust: Authority? = nil, noProxy: String = "",
        timeout: Duration = .seconds(20), bytes: Int = 300_000
    ) -> PlatformClient {
        let platform = PlatformSettings(
            organization: "org@AdobeOrg", sandbox: "prod", url: "https://platform.test", clientID: "client",
            clientSecret: .environment("FIRST"), tokenURL: (tokens?.url ?? "https://platform.test") + "/token")
        return PlatformClient(
            platform: platform, limits: Limits(requestTimeout: timeout, responseBytes: bytes), group: group,
            environment: [
                "HTTPS_PROXY": proxy ?? "unix:" + path, "NO_PROXY": noProxy,
                "SSL_CERT_FILE": (trust ?? authority).certificate,
            ],
            secrets: { _ in "secret" },
            clock: {
                let milliseconds = Int64(Date().timeIntervalSince1970 * 1000)
                return Moment(
                    wall: Instant(milliseconds: milliseconds), monotonic: Monotonic(milliseconds: milliseconds))
            }, observe: { _ in })
    }

    private static func tokens() throws -> ScriptedServer {
        try ScriptedServer { _ in .json(200, SecureServer.token) }
    }

    /// What a call comes to at a proxy and a platform.
    private func call(
        _ manner: ConnectProxy.Manner = .open, _ backend: SecureServer? = nil, trust: Authority? = nil,
        timeout: Duration = .seconds(20), bytes: Int = 300_000
    ) async throws -> CallAnswer {
        let backend = try backend ?? SecureServer(authority)
        let proxy = try ConnectProxy(to: backend.port, at: path, manner: manner)
        let tokens = try Self.tokens()
        let client = client(tokens: tokens, trust: trust, timeout: timeout, bytes: bytes)
        let answer = await client.activate(aCall())
        await client.shutdown()
        proxy.stop()
        backend.stop()
        tokens.stop()
        unlink(path)
        return answer
    }

    private func refusal(_ answer: CallAnswer, _ comment: Comment? = nil) -> String {
        guard case .notSent(let words) = answer else {
            Issue.record(comment ?? "\(answer)")
            return ""
        }
        return words
    }

    private func doubt(_ answer: CallAnswer) -> String {
        guard case .doubtful(let words) = answer else {
            Issue.record("\(answer)")
            return ""
        }
        return words
    }

    /// A text too long for a test's name.
    struct Said: CustomTestStringConvertible {
        var testDescription: String
        var text: String

        init(_ name: String, _ text: String, _ more: String = "", times: Int = 0) {
            testDescription = name
            self.text = text + String(repeating: more, count: times)
        }
    }

    // MARK: The way

    @Test func `a token, a question and a call go through the proxy's socket, each on a connection of its own`()
        async throws
    {
        let backend = try SecureServer(authority) { head in
            switch head.uri {
            case "/token": .json(200, SecureServer.token)
            case adhocrun: .json(200, SecureServer.accepted)
            default:
                .json(
                    200, #"{"items":[{"id":"88d6da63","flowId":"\#(flow)"}]}"#, ["Date: Tue, 24 Nov 2026 10:00:00 GMT"])
            }
        }
        let proxy = try ConnectProxy(to: backend.port, at: path)
        let client = client()
        #expect(client.proxyFault == nil)
        let run = try await client.run("prod", "88d6da63").get()
        #expect(run?.id == "88d6da63")
        #expect(await client.activate(aCall()) == .accepted([aCall().pairs[0]: "88d6da63"]))
        #expect(proxy.targets == Array(repeating: "CONNECT platform.test:443", count: 3))
        #expect(backend.protocols == ["http/1.1", "http/1.1", "http/1.1"])
        // The token travels inside of the tunnel only.
        #expect(!proxy.heads.contains { $0.contains("Bearer") })
        let heads = backend.heads
        #expect(heads.map(\.method) == [.POST, .GET, .POST])
        for head in heads {
            #expect(head.headers["Host"] == ["platform.test"])
            #expect(head.headers["Connection"] == ["close"])
            #expect(head.headers["Accept-Encoding"] == ["identity"])
        }
        #expect(heads[1].headers["Content-Length"].isEmpty && heads[1].headers["Transfer-Encoding"].isEmpty)
        #expect(heads[2].headers["Content-Length"].count == 1 && heads[2].headers["Authorization"] == ["Bearer t0"])
        await client.shutdown()
        proxy.stop()
        backend.stop()
    }

    @Test func `a redirect is an answer, and not followed`() async throws {
        let backend = try SecureServer(authority) { _ in .json(307, "", ["Location: https://platform.test/elsewhere"]) }
        let answer = try await call(.open, backend)
        guard case .accepted = answer else {
            #expect(backend.requests == 1)
            return
        }
        Issue.record("\(answer)")
    }

    @Test func `a host that NO_PROXY names is not asked for through the socket`() async throws {
        let backend = try SecureServer(authority)
        let proxy = try ConnectProxy(to: backend.port, at: path)
        let tokens = try Self.tokens()
        let client = client(tokens: tokens, noProxy: "platform.test", timeout: .milliseconds(300))
        _ = refusal(await client.activate(aCall()))
        #expect(proxy.heads.isEmpty)
        await client.shutdown()
        proxy.stop()
        backend.stop()
        tokens.stop()
    }

    @Test func `a proxy that can not be understood is told, and nothing is connected`() async throws {
        let tokens = try Self.tokens()
        let client = client(tokens: tokens, proxy: "unix:proxy.sock")
        let fault = try #require(client.proxyFault)
        #expect(await client.activate(aCall()) == .notSent(detail: "\(fault)"))
        #expect(await client.run("prod", "88d6da63") == .failure(.unavailable(detail: "\(fault)")))
        await client.shutdown()
        tokens.stop()
    }

    // MARK: Not sent

    @Test(arguments: [403, 407, 502])
    func `a proxy that refuses is told with its status, and means certainly not sent`(status: Int) async throws {
        let answer = try await call(.says("HTTP/1.1 \(status) No\r\nContent-Length: 2\r\n\r\nno"))
        #expect(answer == .notSent(detail: "the proxy refuses a tunnel to platform.test:443: HTTP \(status)"))
    }

    @Test func `a socket that is not there is told by its path`() async throws {
        let tokens = try Self.tokens()
        let client = client(tokens: tokens)
        let answer = await client.activate(aCall())
        #expect(answer == .notSent(detail: "the proxy's socket \(path): No such file or directory"))
        await client.shutdown()
        tokens.stop()
    }

    @Test(arguments: [
        Said("nothing", ""), Said("an empty line", "\r\n\r\n"), Said("no HTTP", "SSH-2.0-OpenSSH\r\n"),
        Said("HTTP/2", "HTTP/2 200 OK\r\n\r\n"), Said("half a line", "HTTP/1.1 200"),
        Said("no head", "HTTP/1.1 100 Continue\r\n\r\n"), Said("another protocol", "HTTP/1.1 101 Other\r\n\r\n"),
        Said("two heads", "HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"),
        Said("a body", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno"), Said("a head", "HTTP/1.1 200 OK\r\n\r\n"),
        Said("an old head", "HTTP/1.0 200 OK\r\n\r\n"),
        Said("heads without end", "", "HTTP/1.1 100 Continue\r\n\r\n", times: 1_000),
        Said("a long field", "HTTP/1.1 200 OK\r\nX: ", "x", times: 20_000),
        Said("many fields", "HTTP/1.1 200 OK\r\n", "X: x\r\n", times: 200),
    ])
    func `a proxy that speaks nonsense or hangs up means certainly not sent`(said: Said) async throws {
        let answer = try await call(.says(said.text))
        #expect(refusal(answer).contains("proxy") || refusal(answer).contains("no TLS"))
    }

    @Test func `a proxy that never answers means not sent, in the request's time`() async throws {
        let answer = try await call(.silent, timeout: .milliseconds(300))
        #expect(answer == .notSent(detail: "no answer within request_timeout"))
    }

    @Test func `a certificate for another name ends before anything is sent`() async throws {
        let other = try Authority(host: "other.test")
        let backend = try SecureServer(other)
        let answer = try await call(.open, backend, trust: other)
        #expect(answer == .notSent(detail: "no TLS with platform.test: its certificate is for another name"))
        #expect(backend.heads.isEmpty)
        other.remove()
    }

    @Test func `an authority that nobody trusts ends before anything is sent`() async throws {
        let other = try Authority(host: "platform.test")
        let backend = try SecureServer(authority)
        let answer = try await call(.open, backend, trust: other)
        #expect(
            refusal(answer)
                == "no TLS with platform.test: its certificate has ended, or is by an authority that is not trusted here"
        )
        #expect(backend.heads.isEmpty)
        other.remove()
    }

    @Test func `authorities that can not be read end before anything is connected`() async throws {
        let gone = try Authority(host: "platform.test")
        gone.remove()
        let words = refusal(try await call(trust: gone))
        #expect(words.hasPrefix("the authorities of \(gone.certificate) can not be read: "))
    }

    @Test func `TLS older than 1.2 ends before anything is sent`() async throws {
        let backend = try SecureServer(authority, maximum: .tlsv11)
        #expect(refusal(try await call(.open, backend)).hasPrefix("no TLS with platform.test: "))
        #expect(backend.heads.isEmpty)
    }

    @Test func `a platform that hangs up at the end of the handshake was sent nothing`() async throws {
        let backend = try SecureServer(authority, maximum: .tlsv12, hangsUp: true)
        let answer = try await call(.holdsBack, backend)
        #expect(answer == .notSent(detail: "the connection was closed without an answer"))
        #expect(backend.heads.isEmpty)
    }

    @Test func `wherever the connection is cut, a call counts as not sent only if no part of it arrived`() async throws
    {
        var (notSent, doubtful) = (0, 0)
        for bytes in stride(from: 1, through: 1_600, by: 53) {
            let backend = try SecureServer(authority)
            switch try await call(.cuts(after: bytes), backend) {
            case .notSent:
                notSent += 1
                #expect(backend.heads.isEmpty, "cut after \(bytes)")
            case .doubtful: doubtful += 1
            case .accepted: #expect(backend.requests == 1, "cut after \(bytes)")
            case let answer: Issue.record("cut after \(bytes): \(answer)")
            }
        }
        #expect(notSent > 0 && doubtful > 0)
    }

    // MARK: In doubt

    @Test func `a platform that hangs up after the request leaves the call in doubt`() async throws {
        let backend = try SecureServer(authority) { _ in .close }
        #expect(try await call(.open, backend) == .doubtful(detail: "the connection was closed without an answer"))
        #expect(backend.requests == 1)
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{", "HTTP/1.1 200 OK\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
    ])
    func `an answer that is cut short is none`(bytes: String) async throws {
        let backend = try SecureServer(authority) { _ in .raw(Array(bytes.utf8)) }
        #expect(try await call(.open, backend) == .doubtful(detail: "the connection was closed within the answer"))
    }

    @Test func `an answer that is too large leaves the call in doubt`() async throws {
        let flooding = try SecureServer(authority) { _ in .flood }
        #expect(
            try await call(.open, flooding) == .doubtful(detail: "the answer is larger than response_bytes"))
        let large = String(repeating: "x", count: 1_001)
        let announcing = try SecureServer(authority) { _ in .json(200, large) }
        #expect(
            try await call(.open, announcing, bytes: 1_000)
                == .doubtful(detail: "the answer is larger than response_bytes"))
    }

    @Test func `an answer exactly as large as it may be is read`() async throws {
        let backend = try SecureServer(authority)
        #expect(
            try await call(.open, backend, bytes: SecureServer.accepted.utf8.count)
                == .accepted([aCall().pairs[0]: "88d6da63"]))
    }

    @Test(arguments: [
        Said("a long field", "X: ", "x", times: 20_000), Said("many fields", "Y: y", "\r\nX: x", times: 200),
        Said("much in all", "Y: y", "\r\nX: " + String(repeating: "x", count: 1_000), times: 70),
    ])
    func `an answer whose headers are too large leaves the call in doubt`(headers: Said) async throws {
        let backend = try SecureServer(authority) { _ in .json(200, "{}", [headers.text]) }
        #expect(doubt(try await call(.open, backend)).hasPrefix("the answer can not be read as HTTP: "))
    }

    @Test func `an answer that is no HTTP leaves the call in doubt`() async throws {
        let backend = try SecureServer(authority) { _ in .raw(Array("SSH-2.0-OpenSSH\r\n".utf8)) }
        #expect(doubt(try await call(.open, backend)).hasPrefix("the answer can not be read as HTTP: "))
    }

    @Test func `a platform that never answers leaves the call in doubt, in the request's time`() async throws {
        let backend = try SecureServer(authority) { _ in .stall }
        #expect(
            try await call(.open, backend, timeout: .seconds(1))
                == .doubtful(detail: "no answer within request_timeout"))
        #expect(backend.requests == 1)
    }

    // MARK: One tunnel

    private func tunnel(connectTimeout: Duration = .seconds(20), trust: String? = nil) -> SocketTunnel {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = .file(trust ?? authority.certificate)
        return SocketTunnel(
            path: path, origin: "https://platform.test", tls: tls, loop: group.next(), connectTimeout: connectTimeout)
    }

    private func ask(_ tunnel: SocketTunnel, _ field: (String, String) = ("X", "x")) async throws -> PlatformResponse {
        try await tunnel.exchange(
            .get, "https://platform.test/a?b=%20c", HTTPHeaders([field]), CallBody([]), bytes: 1_000)
    }

    @Test func `a proxy or a platform that never speaks ends within the time for connecting`() async throws {
        let silent = try ScriptedServer { _ in .stall }
        for manner in [ConnectProxy.Manner.silent, .open] {
            let proxy = try ConnectProxy(to: silent.port, at: path, manner: manner)
            let tunnel = tunnel(connectTimeout: .milliseconds(200))
            let error = await #expect(throws: HTTPClientError.self) { try await ask(tunnel) }
            #expect(error == .connectTimeout)
            try await tunnel.close().get()
            proxy.stop()
            unlink(path)
        }
        silent.stop()
    }

    @Test func `authorities on a disk that does not answer end within the time for connecting`() async throws {
        let backend = try SecureServer(authority)
        let proxy = try ConnectProxy(to: backend.port, at: path)
        let slow = authority.directory + "/slow.pem"
        try #require(mkfifo(slow, 0o600) == 0)
        let tunnel = tunnel(connectTimeout: .milliseconds(200), trust: slow)
        let error = await #expect(throws: HTTPClientError.self) { try await ask(tunnel) }
        #expect(error == .connectTimeout)
        // When they come at last, nobody waits for them any more, and nothing is connected.
        try Data(contentsOf: URL(fileURLWithPath: authority.certificate)).write(to: URL(fileURLWithPath: slow))
        try await tunnel.close().get()
        #expect(proxy.heads.isEmpty)
        proxy.stop()
        backend.stop()
    }

    @Test func `a tunnel that is closed ends what is under way, and begins nothing`() async throws {
        let (asked, note) = AsyncStream<String>.makeStream()
        let backend = try SecureServer(authority) { head in
            note.yield(head.uri)
            return .stall
        }
        let proxy = try ConnectProxy(to: backend.port, at: path)
        let tunnel = tunnel()
        let answer = Task { try await ask(tunnel) }
        #expect(await asked.first { _ in true } == "/a?b=%20c")
        try await tunnel.close().get()
        await #expect(throws: TunnelFailure.closed) { try await answer.value }
        await #expect(throws: TunnelFailure.closed) { try await ask(tunnel) }
        #expect(backend.requests == 1)
        proxy.stop()
        backend.stop()
    }

    @Test func `a field that would end the head early is not sent`() async throws {
        let backend = try SecureServer(authority)
        let proxy = try ConnectProxy(to: backend.port, at: path)
        let tunnel = tunnel()
        await #expect(throws: HTTPParserError.invalidHeaderToken) {
            try await ask(tunnel, ("X", "x\r\nY: y"))
        }
        try await tunnel.close().get()
        #expect(backend.heads.isEmpty)
        proxy.stop()
        backend.stop()
    }
}
