import Chronology
import Foundation
import LinuxShell
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
