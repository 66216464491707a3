import ActivationAPI
import Chronology
import Foundation
import NIOPosix
import NIOSSL
import SchedulerCore
import Testing

@testable import LinuxShell

/// Goal: what `Transport` and `PlatformClient` set for their connections holds on the wire: for the token, for questions and for
/// the call alike. Real connections, and no time that decides.
@Suite struct TransportTests {
    /// What is asked of the platform.
    enum Place: CaseIterable, Sendable {
        case token, question, call
    }

    private static let past = Instant(milliseconds: 0)
    private static let noExports = #"{"records":[]}"#

    /// A client of a server that gives one answer at one place, and what is right at the others.
    private func client(
        _ place: Place, _ answer: ScriptedServer.Answer, limits: Limits = Limits(requestTimeout: .seconds(20))
    ) throws -> ClientUnderTest {
        try ClientUnderTest(limits: limits) { request in
            switch request.target {
            case "/token": place == .token ? answer : .close
            case adhocrun: place == .call ? answer : .json(200, PlatformClientTests.accepted)
            default: place == .question ? answer : .json(200, Self.noExports)
            }
        }
    }

    /// How a question failed, or nil. At `.call` the call's answer as text.
    private func failure(_ test: ClientUnderTest) async -> AskFailure? {
        guard case .failure(let failure) = await test.client.exportJobs("prod", since: Self.past) else { return nil }
        return failure
    }

    // MARK: Redirects

    @Test(arguments: Place.allCases, [300, 301, 302, 303, 307, 308])
    func `a redirect is an answer, and is followed by nobody`(place: Place, status: Int) async throws {
        let elsewhere = try ScriptedServer { _ in .json(200, Self.noExports) }
        let test = try client(place, .json(status, "", ["Location: \(elsewhere.url)/elsewhere"]))
        if place == .call {
            guard case .doubtful(let detail) = await test.client.activate(aCall()) else {
                Issue.record("a redirect is neither an acceptance nor a refusal")
                return
            }
            #expect(detail.contains("\(status)"))
            #expect(test.server.count(adhocrun) == 1)
        } else {
            guard case .nonsense(let detail) = await failure(test) else {
                Issue.record("a redirect is no answer to a question")
                return
            }
            #expect(detail == "the platform redirects (HTTP \(status)), which is not followed")
        }
        #expect(elsewhere.requests.isEmpty)
        elsewhere.stop()
        await test.stop()
    }

    // MARK: Retry-After

    @Test(
        arguments: Place.allCases,
        [
            (["Retry-After: 7"], .seconds(7)), (["Retry-After: 7s"], .seconds(7)), (["retry-after: 0"], .zero),
            (["Date: Tue, 24 Nov 2026 10:00:00 GMT", "Retry-After: Tue, 24 Nov 2026 10:00:07 GMT"], .seconds(7)),
            (["Date: Tue, 24 Nov 2026 10:00:00 GMT", "Retry-After: Tue, 24 Nov 2026 09:00:00 GMT"], .zero),
            (["Retry-After: 900"], .seconds(900)), (["Retry-After: 901"], .seconds(900)), (["Retry-After: soon"], nil),
            ([], nil),
        ] as [([String], Duration?)])
    func `a 429 is waited for as long as its header says`(place: Place, header: ([String], Duration?)) async throws {
        let test = try client(place, .json(429, "", header.0))
        if place == .call {
            guard case .throttled(let pause, _) = await test.client.activate(aCall()) else {
                Issue.record("not throttled")
                return
            }
            #expect(pause == header.1)
        } else {
            guard case .throttled(let pause, _) = await failure(test) else {
                Issue.record("not throttled")
                return
            }
            #expect(pause == header.1)
        }
        await test.stop()
    }

    // MARK: Bytes

    private static func padded(_ text: String, to count: Int) -> String {
        text + String(repeating: " ", count: count - text.utf8.count)
    }

    @Test(arguments: [(Place.question, 70_000), (.call, 70_000), (.token, 65_536)])
    func `an answer of as many bytes as are accepted is read, and one more is not`(place: Place, most: Int) async throws
    {
        let text =
            switch place {
            case .token: #"{"access_token":"t0","expires_in":86399}"#
            case .question: Self.noExports
            case .call: PlatformClientTests.accepted
            }
        for (count, isRead) in [(most, true), (most + 1, false)] {
            // A token's answer has a bound of its own, below that of the others.
            let test = try client(
                place, .json(200, Self.padded(text, to: count)),
                limits: Limits(requestTimeout: .seconds(20), responseBytes: 70_000))
            switch (place, await test.client.activate(aCall())) {
            case (.token, .notSent), (.call, .doubtful): #expect(!isRead, "\(count)")
            case (_, .accepted): #expect(isRead || place == .question, "\(count)")
            case (_, let answer): Issue.record("\(answer) at \(count) bytes")
            }
            if place == .question {
                let failure = await failure(test)
                #expect((failure == nil) == isRead)
                #expect(isRead || failure?.detail == "the answer is larger than response_bytes")
            }
            await test.stop()
        }
    }

    @Test func `nothing is unpacked: a small answer can not become a large one`() async throws {
        let gzipped: [UInt8] = [
            0x1F, 0x8B, 0x08, 0, 0, 0, 0, 0, 0, 0x03, 0xAB, 0x56, 0x2A, 0x4A, 0x4D, 0xCE, 0x2F, 0x4A, 0x29, 0x56, 0xB2,
            0x8A, 0x8E, 0xAD, 0x05, 0x00, 0x5E, 0x8D, 0x13, 0x6A, 0x0E, 0, 0, 0,
        ]
        let head = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: \(gzipped.count)\r\n\r\n"
        let test = try client(.question, .raw(Array(head.utf8) + gzipped))
        guard case .nonsense = await failure(test) else {
            Issue.record("it was unpacked, or not read")
            return
        }
        await test.stop()
    }

    // MARK: Heads

    @Test func `the token, a question and a call have the heads that they need, and no others`() async throws {
        let test = try client(.call, .json(200, PlatformClientTests.accepted))
        _ = await test.client.exportJobs("prod", since: Self.past)
        _ = await test.client.activate(aCall())
        let (token, question, call) = try (
            #require(test.server.requests.first { $0.target == "/token" }),
            #require(test.server.requests.first { $0.method == "GET" }),
            #require(test.server.requests.first { $0.target == adhocrun })
        )
        for request in [token, question, call] {
            #expect(request.headers["accept-encoding"] == "identity" && request.headers["user-agent"] == "activationd")
            #expect(request.headers["host"] == "127.0.0.1:\(test.server.port)")
        }
        #expect(token.method == "POST" && token.headers["content-type"] == "application/x-www-form-urlencoded")
        #expect(token.headers["authorization"] == nil && token.headers["x-api-key"] == nil)
        #expect(token.body.contains("grant_type=client_credentials&client_id=client&client_secret=one&scope=openid"))
        for request in [question, call] {
            #expect(request.headers["authorization"] == "Bearer t0")
            #expect(request.headers["x-api-key"] == "client" && request.headers["x-gw-ims-org-id"] == "org@AdobeOrg")
            #expect(request.headers["x-sandbox-name"] == "prod" && request.headers["x-request-id"]?.count == 36)
        }
        #expect(question.headers["accept"] == "application/json" && question.body.isEmpty)
        #expect(call.method == "POST" && call.headers["content-type"] == "application/json")
        #expect(call.headers["connection"] == "close")
        await test.stop()
    }

    // MARK: Listings

    /// Pages that go on for ever.
    private func endless(_ items: String) throws -> ClientUnderTest {
        try ClientUnderTest { request in
            if request.target == "/token" { return .close }
            let path = request.target.prefix { $0 != "?" }
            let link = #"{"href":"\#(path)?page=\#(Int.random(in: 0...(.max)))"}"#
            return .json(200, #"{"\#(items)":[],"_links":{"next":\#(link)},"link":{"next":\#(link)}}"#)
        }
    }

    @Test func `thirty pages of a listing are read, and that there are more is said`() async throws {
        let test = try endless("items")
        let depth = RunListingDepth(containing: ["nowhere"])
        #expect(try await test.client.runs("prod", [flow], depth: depth).get().isTruncated)
        #expect(test.server.count("/data") == 30)
        await test.stop()

        let exports = try endless("records")
        guard case .failure(.nonsense(let detail)) = await exports.client.exportJobs("prod", since: Self.past) else {
            Issue.record("a listing that was cut counts as whole")
            return
        }
        #expect(detail.contains("more than can be read") && exports.server.count("/data") == 30)
        await exports.stop()
    }

    @Test func `a link to the next page that leads elsewhere is not followed`() async throws {
        let elsewhere = try ScriptedServer { _ in .json(200, Self.noExports) }
        for link in ["\(elsewhere.url)/other", "//127.0.0.1:\(elsewhere.port)/x", "/data/foundation/other"] {
            let test = try client(
                .question, .json(200, #"{"records":[],"link":{"next":"\#(link)"}}"#))
            guard case .nonsense("the link to the next page leads elsewhere") = await failure(test) else {
                Issue.record("\(link) was followed")
                continue
            }
            #expect(test.server.count("/data") == 1)
            await test.stop()
        }
        #expect(elsewhere.requests.isEmpty)
        elsewhere.stop()
    }

    @Test(arguments: [(1, 1), (40, 1), (41, 2), (80, 2), (81, 3)])
    func `dataflows are asked about forty at a time`(count: Int, queries: Int) async throws {
        let ids = (1...count).map { DataflowID("11111111-aaaa-4aaa-8aaa-\(100_000_000_000 + $0)") }
        let all = ids.map { #"{"id":"\#($0)","state":"enabled"}"# }.joined(separator: ",")
        let test = try client(.question, .json(200, #"{"items":[\#(all)]}"#))
        #expect(try await test.client.dataflows("prod", ids).get().map(\.id) == ids)
        #expect(test.server.count("/data") == queries)
        await test.stop()
    }
}

/// Goal: the platform is who it says it is, by TLS of today, or nothing is sent.
@Suite(.serialized, .enabled(if: Authority.isPossible, "needs the openssl command, to make certificates"))
struct DirectTLSTests {
    private func answer(
        certificateFor host: String = "localhost", trust: (Authority) -> String? = { $0.certificate },
        maximum: TLSVersion = .tlsv13
    ) async throws -> (answer: CallAnswer, requests: Int) {
        let authority = try Authority(host: host)
        defer { authority.remove() }
        let server = try SecureServer(authority, maximum: maximum)
        let tokens = try ScriptedServer { _ in .json(200, SecureServer.token) }
        let client = PlatformClient(
            platform: PlatformSettings(
                organization: "org@AdobeOrg", sandbox: "prod", url: "https://localhost:\(server.port)",
                clientID: "client", clientSecret: .environment("FIRST"), tokenURL: tokens.url + "/token"),
            limits: Limits(requestTimeout: .seconds(20)), group: group,
            environment: trust(authority).map { ["SSL_CERT_FILE": $0] } ?? [:], secrets: { _ in "secret" },
            clock: ClientUnderTest.clock, observe: { _ in })
        let answer = await client.activate(aCall())
        await client.shutdown()
        tokens.stop()
        server.stop()
        return (answer, server.requests)
    }

    @Test(arguments: [TLSVersion.tlsv12, .tlsv13])
    func `a platform of a trusted authority, under its own name, is sent the call`(version: TLSVersion) async throws {
        let (answer, requests) = try await answer(maximum: version)
        #expect(answer == .accepted([aCall().pairs[0]: "88d6da63"]) && requests == 1)
    }

    private func expectUnsent(_ outcome: (answer: CallAnswer, requests: Int)) {
        guard case .notSent = outcome.answer else {
            Issue.record("\(outcome.answer)")
            return
        }
        #expect(outcome.requests == 0)
    }

    @Test func `TLS older than 1.2 is not spoken`() async throws {
        expectUnsent(try await answer(maximum: .tlsv11))
    }

    @Test func `an authority that nobody trusts, or another one, is refused`() async throws {
        expectUnsent(try await answer(trust: { _ in nil }))
        let other = try Authority(host: "localhost")
        defer { other.remove() }
        expectUnsent(try await answer(trust: { _ in other.certificate }))
    }

    @Test func `a certificate for another name is refused`() async throws {
        expectUnsent(try await answer(certificateFor: "platform.test"))
    }
}

/// Goal: tokens are renewed in time, and our own pace is kept, whatever the clock says in between.
@Suite struct PaceTests {
    private final class HandClock: @unchecked Sendable {
        private let lock = NSLock()
        private var milliseconds: Int64 = 1_000_000
        var now: Moment {
            let now = lock.withLock { milliseconds }
            return Moment(wall: Instant(milliseconds: now), monotonic: Monotonic(milliseconds: now))
        }
        func pass(_ more: Int64) { lock.withLock { milliseconds += more } }
    }

    @Test func `as many requests as a minute has go at once, and then one after each interval`() async {
        let clock = HandClock()
        let pacer = Pacer(perMinute: 4, clock: { clock.now })
        for _ in 1...4 { #expect(await pacer.take(waitingAtMost: .zero) == .zero) }
        #expect(await pacer.take(waitingAtMost: .milliseconds(14_999)) == nil)
        #expect(await pacer.take(waitingAtMost: .seconds(15)) == .seconds(15))
        #expect(await pacer.take(waitingAtMost: .seconds(60)) == .seconds(30), "what was refused took no place")
        clock.pass(30_000)
        #expect(await pacer.take(waitingAtMost: .seconds(60)) == .seconds(15))
        clock.pass(3_600_000)
        for _ in 1...4 { #expect(await pacer.take(waitingAtMost: .zero) == .zero) }
        #expect(await pacer.take(waitingAtMost: .zero) == nil, "rest is not saved up")
    }

    @Test(arguments: [(86_400, 85_900), (5001, 4501), (5000, 4500), (100, 90)])
    func `a token is renewed 500 s before its end, or after nine tenths of a short life`(
        life: Int, renewal: Int
    ) async {
        let clock = HandClock()
        let keeper = TokenKeeper(loop: group.next(), limit: .seconds(20), clock: { clock.now }) {
            .success(.init(text: "at \(clock.now.monotonic.milliseconds)", lifetime: .seconds(life)))
        }
        #expect(await keeper.token() == .success("at 1000000"))
        clock.pass(Int64(renewal) * 1000 - 1)
        #expect(await keeper.token() == .success("at 1000000"))
        clock.pass(1)
        #expect(await keeper.token() == .success("at \(1_000_000 + renewal * 1000)"))
    }

    @Test func `a token that was refused is dropped, and another one is not`() async {
        let clock = HandClock()
        let keeper = TokenKeeper(loop: group.next(), limit: .seconds(20), clock: { clock.now }) {
            .success(.init(text: "at \(clock.now.monotonic.milliseconds)", lifetime: .seconds(1000)))
        }
        #expect(await keeper.token() == .success("at 1000000"))
        clock.pass(1)
        _ = await keeper.drop("at 7", at: "here", isCertain: true)
        #expect(await keeper.token() == .success("at 1000000"))
        #expect(await keeper.drop("at 1000000", at: "here", isCertain: true))
        #expect(await keeper.token() == .success("at 1000001"))
    }

    @Test func `a place that refuses a renewed token as well is not tried with another one for a quarter of an hour`()
        async
    {
        let clock = HandClock()
        let keeper = TokenKeeper(loop: group.next(), limit: .seconds(20), clock: { clock.now }) {
            .success(.init(text: "at \(clock.now.monotonic.milliseconds)", lifetime: .seconds(86_400)))
        }
        func drop(_ place: String, isCertain: Bool = true) async -> Bool {
            guard case .success(let token) = await keeper.token() else { return false }
            return await keeper.drop(token, at: place, isCertain: isCertain)
        }
        #expect(await drop("here"))
        #expect(await drop("here") == false)
        #expect(await drop("there"), "another place may need it")
        #expect(await drop("here", isCertain: false), "a right may have been granted")
        clock.pass(899_999)
        #expect(await drop("here") == false)
        clock.pass(1)
        #expect(await drop("here"))
        #expect(await drop("here") == false)
        await keeper.accept(at: "here")
        #expect(await drop("here"))
    }
}
