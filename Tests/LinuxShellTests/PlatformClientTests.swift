import Chronology
import Foundation
import LinuxShell
import NIOPosix
import SchedulerCore
import Testing

let flow: DataflowID = "11111111-aaaa-4aaa-8aaa-000000000001"
let otherFlow: DataflowID = "11111111-aaaa-4aaa-8aaa-000000000002"
let audience: AudienceID = "22222222-bbbb-4bbb-8bbb-000000000001"
let adhocrun = "/data/core/activation/disflowprovider/adhocrun"
let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)

let ten = Instant(milliseconds: 1_795_514_400_000)

func aCall() -> Call {
    Call(
        id: CallID(1), sandbox: "prod", activations: [ActivationID(OccurrenceID(1), 1)],
        pairs: [Pair(dataflow: flow, audience: audience)], baselines: [:], exportJob: nil,
        at: Instant(milliseconds: 0))
}

/// A client of a scripted platform; the token service is part of the script, under `/token`.
final class ClientUnderTest: Sendable {
    let server: ScriptedServer
    let client: PlatformClient
    let exchanges = Exchanges()

    final class Exchanges: @unchecked Sendable {
        private let lock = NSLock()
        private var all: [PlatformExchange] = []
        func add(_ exchange: PlatformExchange) { lock.withLock { all.append(exchange) } }
        var list: [PlatformExchange] { lock.withLock { all } }
    }

    init(
        limits: Limits = Limits(requestTimeout: .seconds(5)), environment: [String: String] = [:],
        secrets: [String: String] = ["FIRST": "one"], second: Bool = false,
        clock: @escaping @Sendable () -> Moment = ClientUnderTest.clock,
        _ script: @escaping @Sendable (WireRequest) -> ScriptedServer.Answer
    ) throws {
        let server = try ScriptedServer { request in
            request.target == "/token" && !request.headers.keys.contains("x-scripted")
                ? ClientUnderTest.token(script(request)) : script(request)
        }
        self.server = server
        let platform = PlatformSettings(
            organization: "org@AdobeOrg", sandbox: "prod", url: server.url, clientID: "client",
            clientSecret: .environment("FIRST"), secondSecret: second ? .environment("SECOND") : nil,
            tokenURL: server.url + "/token")
        let exchanges = exchanges
        client = PlatformClient(
            platform: platform, limits: limits, group: group, environment: environment,
            secrets: { source in
                guard case .environment(let name) = source, let secret = secrets[name] else {
                    throw CocoaError(.fileNoSuchFile)
                }
                return secret
            },
            clock: clock, observe: { exchanges.add($0) })
    }

    static let clock: @Sendable () -> Moment = {
        let milliseconds = Int64(Date().timeIntervalSince1970 * 1000)
        return Moment(wall: Instant(milliseconds: milliseconds), monotonic: Monotonic(milliseconds: milliseconds))
    }

    /// Scripts that do not care about tokens answer `.close` for them.
    private static func token(_ answer: ScriptedServer.Answer) -> ScriptedServer.Answer {
        if case .close = answer { return .json(200, #"{"access_token":"t0","expires_in":86399}"#) }
        return answer
    }

    func stop() async {
        await client.shutdown()
        server.stop()
    }
}

/// Goal: one call is one POST, questions are bounded whatever comes back, and secrets stay where they belong.
@Suite struct PlatformClientTests {
    static let accepted =
        #"{"order":[{"segment":"\#(audience)","order":"\#(flow)","statusURL":"https://x/runs/33333333-cccc-4ccc-8ccc-000000000001"}]}"#

    @Test func `a call is one POST on a connection of its own, with its headers`() async throws {
        let test = try ClientUnderTest { request in
            request.target == adhocrun ? .json(200, Self.accepted) : .close
        }
        _ = await test.client.exportJobs("prod", since: Instant(milliseconds: 0))
        let answers = [await test.client.activate(aCall()), await test.client.activate(aCall())]
        #expect(
            answers
                == Array(
                    repeating: .accepted([
                        Pair(dataflow: flow, audience: audience): "33333333-cccc-4ccc-8ccc-000000000001"
                    ]), count: 2))
        let posts = test.server.requests.filter { $0.target == adhocrun }
        #expect(Set(posts.map(\.connection)).count == 2)
        let others = test.server.requests.filter { $0.target != adhocrun }
        #expect(Set(posts.map(\.connection)).isDisjoint(with: others.map(\.connection)))
        #expect(posts[0].headers["authorization"] == "Bearer t0")
        #expect(posts[0].headers["accept"] == "application/vnd.adobe.adhoc.activation+json; version=2")
        #expect(posts[0].headers["x-sandbox-name"] == "prod")
        #expect(posts[0].headers["content-length"] == "\(posts[0].body.utf8.count)")
        #expect(posts[0].headers["x-request-id"] != posts[1].headers["x-request-id"])
        #expect(test.server.count("/token") == 1)
        await test.stop()
    }

    enum Loss: CaseIterable, Sendable {
        case close, stall, half, garbage, redirect, serverError, flood
    }

    @Test(arguments: Loss.allCases)
    func `a call without a usable answer is in doubt and never sent again`(loss: Loss) async throws {
        let limits = Limits(requestTimeout: .milliseconds(700), responseBytes: 100_000)
        let test = try ClientUnderTest(limits: limits) { request in
            guard request.target == adhocrun else { return .close }
            return switch loss {
            case .close: .close
            case .stall: .stall
            case .half: .raw(Array("HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{\"order\":[".utf8))
            case .garbage: .raw(Array("\u{1}\u{2}garbage\r\n\r\n".utf8))
            case .redirect: .json(307, "", ["Location: http://127.0.0.1:1/elsewhere"])
            case .serverError: .json(502, "<html>")
            case .flood: .flood
            }
        }
        guard case .doubtful = await test.client.activate(aCall()) else {
            Issue.record("not in doubt")
            return
        }
        #expect(test.server.count(adhocrun) == 1)
        await test.stop()
    }

    @Test func `a call that can not connect was certainly not sent`() async throws {
        let test = try ClientUnderTest { _ in .close }
        _ = await test.client.exportJobs("prod", since: Instant(milliseconds: 0))
        test.server.stop()
        guard case .notSent = await test.client.activate(aCall()) else {
            Issue.record("not known as unsent")
            return
        }
        await test.client.shutdown()
    }

    @Test func `a call through a proxy that refuses was certainly not sent`() async throws {
        let test = try ClientUnderTest(environment: ["HTTP_PROXY": "http://127.0.0.1:1", "NO_PROXY": "example.com"]) {
            _ in .close
        }
        // Loopback is never proxied, so the call arrives although the proxy is dead.
        guard case .doubtful = await test.client.activate(aCall()) else {
            Issue.record("loopback was proxied")
            return
        }
        #expect(test.server.count(adhocrun) == 1)
        await test.stop()
    }

    @Test func `a refused token is dropped, and a question is asked once more with a new one`() async throws {
        let test = try ClientUnderTest { request in
            if request.target == "/token" { return .close }
            return .json(401, #"{"error_code":"401013","message":"Oauth token is not valid"}"#)
        }
        guard case .failure(.credentials) = await test.client.exportJobs("prod", since: Instant(milliseconds: 0)) else {
            Issue.record("not a failure of credentials")
            return
        }
        #expect(test.server.count("/token") == 2)
        #expect(test.server.count("/data") == 2)
        await test.stop()
    }

    @Test func `a new token that is refused as well is not renewed again for a quarter of an hour`() async throws {
        let ahead = Ahead()
        let test = try ClientUnderTest(clock: { ahead.moment }) { request in
            if request.target == "/token" { return .close }
            return .json(401, #"{"error_code":"401013","message":"Oauth token is not valid"}"#)
        }
        for _ in 1...3 { _ = await test.client.exportJobs("prod", since: Instant(milliseconds: 0)) }
        #expect(test.server.count("/token") == 2)
        _ = await test.client.exportJobs("dev", since: Instant(milliseconds: 0))
        #expect(test.server.count("/token") == 3, "of another sandbox nothing is known yet")
        ahead.pass(.seconds(899))
        _ = await test.client.exportJobs("prod", since: Instant(milliseconds: 0))
        #expect(test.server.count("/token") == 3)
        ahead.pass(.seconds(2))
        _ = await test.client.exportJobs("prod", since: Instant(milliseconds: 0))
        #expect(test.server.count("/token") == 4)
        await test.stop()
    }

    @Test func `a token that dies again soon after another one was accepted is renewed again`() async throws {
        let tokens = Tokens()
        let test = try ClientUnderTest { request in
            if request.target == "/token" { return .json(200, tokens.next()) }
            return tokens.isGood(request.headers["authorization"] ?? "")
                ? .json(200, #"{"records":[]}"#) : .json(401, #"{"error_code":"401013","message":"no"}"#)
        }
        for _ in 1...3 {
            guard case .success = await test.client.exportJobs("prod", since: Instant(milliseconds: 0)) else {
                Issue.record("there is a good token")
                return
            }
            tokens.revoke()
        }
        #expect(test.server.count("/token") == 3)
        await test.stop()
    }

    /// The real clock and what a test adds to it.
    private final class Ahead: @unchecked Sendable {
        private let lock = NSLock()
        private var added = Duration.zero
        func pass(_ duration: Duration) { lock.withLock { added += duration } }
        var moment: Moment {
            let now = ClientUnderTest.clock()
            return lock.withLock { Moment(wall: now.wall + added, monotonic: now.monotonic + added) }
        }
    }

    /// A token service whose newest token is good until it is revoked.
    private final class Tokens: @unchecked Sendable {
        private let lock = NSLock()
        private var count = 0
        private var isRevoked = false
        func next() -> String {
            lock.withLock {
                count += 1
                isRevoked = false
                return #"{"access_token":"t\#(count)","expires_in":86399}"#
            }
        }
        func revoke() { lock.withLock { isRevoked = true } }
        func isGood(_ header: String) -> Bool { lock.withLock { !isRevoked && header == "Bearer t\(count)" } }
    }

    @Test(arguments: ["403025", "403010"])
    func `a token that has died may be refused with a 403, and is replaced as well`(code: String) async throws {
        let test = try ClientUnderTest { request in
            if request.target == "/token" { return .close }
            return .json(403, #"{"error_code":"\#(code)","message":"no"}"#)
        }
        guard case .failure = await test.client.exportJobs("prod", since: Instant(milliseconds: 0)) else {
            Issue.record("not a failure")
            return
        }
        #expect(test.server.count("/token") == 2)
        #expect(test.server.count("/data") == 2)
        _ = await test.client.activate(aCall())
        #expect(test.server.count(adhocrun) == 1, "a call is never sent again by itself")
        _ = await test.client.activate(aCall())
        #expect(test.server.count("/token") == 3, "but the next one has a new token")
        await test.stop()
    }

    @Test func `a gateway that can not look at the token just now costs no token`() async throws {
        let test = try ClientUnderTest { request in
            if request.target == "/token" { return .close }
            return .json(403, #"{"error_code":"503020","message":"Could not read the profile"}"#)
        }
        guard case .failure(.unavailable) = await test.client.exportJobs("prod", since: Instant(milliseconds: 0)) else {
            Issue.record("not a passing failure")
            return
        }
        #expect(test.server.count("/token") == 1)
        await test.stop()
    }

    @Test func `a call with a refused token is refused, not sent again`() async throws {
        let test = try ClientUnderTest { request in
            request.target == adhocrun ? .json(401, #"{"error_code":"401013","message":"no"}"#) : .close
        }
        guard case .refused(.unauthorized) = await test.client.activate(aCall()) else {
            Issue.record("not refused")
            return
        }
        #expect(test.server.count(adhocrun) == 1)
        await test.stop()
    }

    @Test func `a call without a token for the secret's sake is a matter of credentials`() async throws {
        let test = try ClientUnderTest { request in
            .json(request.target == "/token" ? 400 : 200, #"{"error":"invalid_client"}"#)
        }
        guard case .refused(.unauthorized) = await test.client.activate(aCall()) else {
            Issue.record("not a matter of credentials")
            return
        }
        #expect(test.server.count(adhocrun) == 0)
        await test.stop()
    }

    @Test(arguments: ["one ", " one", "one\t"])
    func `a secret with a blank at its end is named as the likely cause when it is refused`(secret: String) async throws
    {
        let test = try ClientUnderTest(secrets: ["FIRST": secret]) { _ in .json(400, #"{"error":"invalid_client"}"#) }
        guard case .failure(.secret(let detail)) = await test.client.exportJobs("prod", since: ten) else {
            Issue.record("not a matter of credentials")
            return
        }
        #expect(detail.contains("begins or ends with a blank"))
        await test.stop()
    }

    @Test func `the second secret is tried when the first is refused`() async throws {
        let test = try ClientUnderTest(secrets: ["FIRST": "old", "SECOND": "new"], second: true) { request in
            if request.body.contains("client_secret=old") {
                return .json(400, #"{"error":"invalid_client","error_description":"invalid client_secret parameter"}"#)
            }
            return request.target == "/token" ? .close : .json(200, #"{"records":[]}"#)
        }
        #expect(await test.client.exportJobs("prod", since: Instant(milliseconds: 0)) == .success([]))
        #expect(test.server.count("/token") == 2)
        await test.stop()
    }

    @Test func `twenty questions at once fetch one token`() async throws {
        let test = try ClientUnderTest { request in
            request.target == "/token" ? .close : .json(200, #"{"records":[]}"#)
        }
        await withTaskGroup(of: Void.self) { tasks in
            for _ in 0..<20 {
                tasks.addTask { _ = await test.client.exportJobs("prod", since: Instant(milliseconds: 0)) }
            }
        }
        #expect(test.server.count("/token") == 1)
        #expect(test.server.count("/data") == 20)
        await test.stop()
    }

    @Test func `a listing is read page by page until it shows what was asked for`() async throws {
        let test = try ClientUnderTest { request in
            if request.target == "/token" { return .close }
            let page = request.target.contains("continuationToken=2") ? 2 : request.target.contains("Token=3") ? 3 : 1
            let next = page < 3 ? #"{"href":"/runs?property=x&continuationToken=\#(page + 1)"}"# : "{}"
            return .json(
                200, #"{"items":[{"id":"run-\#(page)","flowId":"\#(flow)"}],"_links":{"next":\#(next)}}"#)
        }
        let shallow = await test.client.runs("prod", [flow], depth: RunListingDepth())
        #expect(try shallow.get().runs.map(\.id) == ["run-1"])
        #expect(try shallow.get().isTruncated)
        let deep = await test.client.runs("prod", [flow], depth: RunListingDepth(containing: ["run-2"]))
        #expect(try deep.get().runs.map(\.id) == ["run-1", "run-2"])
        let whole = await test.client.runs("prod", [flow], depth: RunListingDepth(containing: ["nowhere"]))
        #expect(try whole.get().runs.count == 3)
        #expect(try whole.get().isTruncated == false)
        await test.stop()
    }

    @Test func `a dataflow that the listing leaves out is asked for by itself`() async throws {
        let test = try ClientUnderTest { request in
            if request.target == "/token" { return .close }
            if request.target.contains("/flows?") {
                return .json(
                    200, #"{"items":[{"id":"\#(flow)","state":"enabled"}]}"#, ["Date: Tue, 24 Nov 2026 10:00:00 GMT"])
            }
            return .json(404, #"{"errorMessage":"not found"}"#)
        }
        let found = try await test.client.dataflows("prod", [flow, otherFlow]).get()
        #expect(found.map(\.id) == [flow, otherFlow])
        #expect(found[0].existence == .exists)
        #expect(found[0].observedAt?.rfc3339 == "2026-11-24T10:00:00.000Z")
        #expect(found[1].existence == .unusable("the platform does not know it"))
        await test.stop()
    }

    @Test func `answers that are too large, too deep, too slow or not JSON fail by name`() async throws {
        let limits = Limits(requestTimeout: .milliseconds(700), responseBytes: 300_000)
        let test = try ClientUnderTest(limits: limits) { request in
            switch request.target {
            case "/token": .close
            case let target where target.contains("runs/aaaa"): .flood
            case let target where target.contains("runs/bbbb"):
                .json(200, String(repeating: "[", count: 100_000))
            case let target where target.contains("runs/cccc"): .stall
            default: .json(200, "<html>maintenance</html>")
            }
        }
        for run: RunID in ["aaaa", "bbbb", "cccc", "dddd"] {
            guard case .failure(let failure) = await test.client.run("prod", run) else {
                Issue.record("\(run) was read")
                continue
            }
            #expect(!failure.detail.isEmpty)
        }
        await test.stop()
    }

    @Test func `no exchange that is told of holds a token or a secret`() async throws {
        let test = try ClientUnderTest(secrets: ["FIRST": "s3cret-value"]) { request in
            request.target == "/token"
                ? .json(200, #"{"access_token":"t0ken-value","expires_in":86399}"#) : .json(500, #"{"message":"no"}"#)
        }
        _ = await test.client.exportJobs("prod", since: Instant(milliseconds: 0))
        _ = await test.client.activate(aCall())
        let told = test.exchanges.list.map { "\($0)" }.joined()
        #expect(test.exchanges.list.count == 3)
        #expect(!told.contains("s3cret") && !told.contains("t0ken"))
        await test.stop()
    }
}
