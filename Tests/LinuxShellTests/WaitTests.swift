import ActivationAPI
import Chronology
import Foundation
import LinuxShell
import NIOCore
import NIOPosix
import SchedulerCore
import Testing

/// Goal: whatever the other side does not do, an answer comes within its bound, and what was opened is closed.
@Suite struct WaitTests {
    /// A client of a platform behind TLS, at a server that accepts connections, and then says nothing.
    private static func client(
        silent: ScriptedServer, tokens: ScriptedServer? = nil, proxy: String? = nil, timeout: Duration
    ) -> PlatformClient {
        let url = proxy == nil ? "https://127.0.0.1:\(silent.port)" : "https://platform.test"
        let platform = PlatformSettings(
            organization: "org@AdobeOrg", sandbox: "prod", url: url, clientID: "client",
            clientSecret: .environment("FIRST"), tokenURL: (tokens?.url ?? url) + "/token")
        return PlatformClient(
            platform: platform, limits: Limits(requestTimeout: timeout), group: group,
            environment: proxy.map { ["HTTPS_PROXY": $0] } ?? [:], secrets: { _ in "secret" }, clock: Self.now,
            observe: { _ in })
    }

    private static let now: @Sendable () -> Moment = {
        let milliseconds = Int64(Date().timeIntervalSince1970 * 1000)
        return Moment(wall: Instant(milliseconds: milliseconds), monotonic: Monotonic(milliseconds: milliseconds))
    }

    private static func tokens() throws -> ScriptedServer {
        try ScriptedServer { _ in .json(200, #"{"access_token":"t0","expires_in":86399}"#) }
    }

    /// Connecting may take 10 s; a request may not.
    private static let soon = Duration.seconds(7)

    @Test func `a call whose connection is never made ends in its own time`() async throws {
        let (silent, tokens) = (try ScriptedServer { _ in .stall }, try Self.tokens())
        let client = Self.client(silent: silent, tokens: tokens, timeout: .milliseconds(500))
        let begin = ContinuousClock.now
        guard case .notSent = await client.activate(aCall()) else {
            Issue.record("what was never connected counts as sent")
            return
        }
        #expect(ContinuousClock.now - begin < Self.soon)
        silent.hangUp()
        await client.shutdown()
        #expect(silent.openConnections == 0)
        silent.stop()
        tokens.stop()
    }

    @Test func `a token service that says nothing is told in the request's time`() async throws {
        let silent = try ScriptedServer { _ in .stall }
        let client = Self.client(silent: silent, timeout: .milliseconds(500))
        let begin = ContinuousClock.now
        let answer = await client.exportJobs("prod", since: Instant(milliseconds: 0))
        guard case .failure(.unavailable) = answer else {
            Issue.record("\(answer)")
            return
        }
        #expect(ContinuousClock.now - begin < Self.soon)
        silent.hangUp()
        await client.shutdown()
        silent.stop()
    }

    @Test func `a proxy that says nothing means not sent, in the request's time`() async throws {
        let (silent, tokens) = (try ScriptedServer { _ in .stall }, try Self.tokens())
        let client = Self.client(silent: silent, tokens: tokens, proxy: silent.url, timeout: .milliseconds(500))
        let begin = ContinuousClock.now
        guard case .notSent = await client.activate(aCall()) else {
            Issue.record("a tunnel that was never made counts as sent")
            return
        }
        #expect(ContinuousClock.now - begin < Self.soon)
        silent.hangUp()
        await client.shutdown()
        silent.stop()
        tokens.stop()
    }

    @Test func `connections that do not close are bounded, and a call beyond is not sent`() async throws {
        let (silent, tokens) = (try ScriptedServer { _ in .stall }, try Self.tokens())
        let client = Self.client(silent: silent, tokens: tokens, timeout: .milliseconds(500))
        await withTaskGroup(of: Void.self) { tasks in
            for _ in 0..<8 { tasks.addTask { _ = await client.activate(aCall()) } }
        }
        let beyond = await client.activate(aCall())
        #expect(beyond == .notSent(detail: "8 connections of before do not close"))
        #expect(silent.openConnections <= 8)
        silent.hangUp()
        await client.shutdown()
        #expect(silent.openConnections == 0)
        silent.stop()
        tokens.stop()
    }

    @Test func `a fetch of a token that never ends is given up by all that wait for it`() async {
        let fetches = Fetches()
        let keeper = TokenKeeper(loop: group.next(), limit: .milliseconds(100), clock: Self.now) {
            if fetches.next() == 1 { await Fetches.never() }
            return .success(TokenAnswer.Token(text: "second", lifetime: .seconds(86_400)))
        }
        let answers = await withTaskGroup(of: Result<String, AskFailure>.self) { tasks in
            for _ in 0..<3 { tasks.addTask { await keeper.token() } }
            return await tasks.reduce(into: []) { $0.append($1) }
        }
        #expect(answers.contains(.failure(.unavailable(detail: "the token service: nothing within 100 ms"))))
        #expect(await keeper.token() == .success("second"))
    }

    private final class Fetches: @unchecked Sendable {
        private let lock = NSLock()
        private var count = 0

        func next() -> Int {
            lock.withLock {
                count += 1
                return count
            }
        }

        static func never() async {
            let (stream, continuation) = AsyncStream<Void>.makeStream()
            await Task.detached { for await _ in stream {} }.value
            continuation.finish()
        }
    }
}
