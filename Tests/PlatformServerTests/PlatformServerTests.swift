import AsyncHTTPClient
import Chronology
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import PlatformModel
import PlatformServer
import Testing

/// Goal: what the model answers goes over HTTP as it is, lost answers are lost, and the hand of the test reaches the model.
@Suite(.serialized) struct PlatformServerTests {
    private func scenario(_ change: (inout Scenario) -> Void = { _ in }) -> Scenario {
        var scenario = Scenario()
        scenario.flows = [
            .init(id: "f1", name: "One", audiences: [.init(id: "a1", name: "Spring"), .init(id: "a2", name: "Fall")])
        ]
        change(&scenario)
        return scenario
    }

    private func withServer(
        _ scenario: Scenario, _ body: (PlatformServer, HTTPClient) async throws -> Void
    ) async throws {
        let server = try await PlatformServer.start(scenario: scenario, seed: 1) {
            Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
        }
        var configuration = HTTPClient.Configuration()
        configuration.httpVersion = .http1Only
        let client = HTTPClient(
            eventLoopGroupProvider: .shared(MultiThreadedEventLoopGroup.singleton), configuration: configuration)
        do {
            try await body(server, client)
        } catch {
            try await client.shutdown()
            try await server.stop()
            throw error
        }
        try await client.shutdown()
        try await server.stop()
    }

    private struct Answer {
        var status: Int
        var headers: [(String, String)]
        var text: String
    }

    private func send(
        _ client: HTTPClient, _ server: PlatformServer, _ method: String, _ target: String, token: String? = nil,
        _ body: String = ""
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: server.url + target)
        request.method = .RAW(value: method)
        if let token {
            request.headers.add(name: "Authorization", value: "Bearer " + token)
            request.headers.add(name: "x-api-key", value: "0123456789abcdef")
            request.headers.add(name: "x-gw-ims-org-id", value: "5555467B5D8013E50A494220@AdobeOrg")
            request.headers.add(name: "x-sandbox-name", value: "prod")
            request.headers.add(name: "Content-Type", value: "application/json")
            request.headers.add(name: "Accept", value: "application/vnd.adobe.adhoc.activation+json; version=2")
        }
        if !body.isEmpty { request.body = .bytes(ByteBuffer(string: body)) }
        let response = try await client.execute(request, timeout: .seconds(20))
        let bytes = try await response.body.collect(upTo: 64 * 1024 * 1024)
        return Answer(
            status: Int(response.status.code), headers: response.headers.map { ($0.name, $0.value) },
            text: String(buffer: bytes))
    }

    private struct Token: Decodable {
        var access_token: String
    }

    private func token(_ client: HTTPClient, _ server: PlatformServer) async throws -> String {
        var request = HTTPClientRequest(url: server.url + "/ims/token/v3")
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded")
        request.body = .bytes(
            ByteBuffer(
                string:
                    "grant_type=client_credentials&client_id=0123456789abcdef&client_secret=simulated-secret&scope=openid"
            ))
        let response = try await client.execute(request, timeout: .seconds(20))
        let body = try await response.body.collect(upTo: 65_536)
        let document = try JSONDecoder().decode(Token.self, from: Data(body.readableBytesView))
        return document.access_token
    }

    private let adhocrun = "/data/core/activation/disflowprovider/adhocrun"
    private let flows = "/data/foundation/flowservice/flows?property=id==f1"

    @Test func `a stranger and a caller without headers are refused as the gateway does`() async throws {
        try await withServer(scenario()) { (server: PlatformServer, client: HTTPClient) async throws in
            #expect(try await send(client, server, "GET", flows).status == 403)
            #expect(try await send(client, server, "GET", flows, token: "forged").status == 401)
            #expect(server.ledger().violations.map(\.rule) == [.headers])
        }
    }

    @Test func `answers carry the date that clocks are compared by`() async throws {
        try await withServer(scenario()) { (server: PlatformServer, client: HTTPClient) async throws in
            let answer = try await send(client, server, "GET", flows, token: try await token(client, server))
            #expect(answer.status == 200 && answer.text.contains("Spring"))
            #expect(answer.headers.contains { $0.0 == "Date" && $0.1.hasSuffix("GMT") })
        }
    }

    @Test func `an answer that is lost leaves its call in the ledger`() async throws {
        let faulty = scenario { $0.faults = [.init(request: "adhocrun", kind: .lostAnswer, number: 1)] }
        try await withServer(faulty) { (server: PlatformServer, client: HTTPClient) async throws in
            let token = try await token(client, server)
            await #expect(throws: (any Error).self) {
                _ = try await send(
                    client, server, "POST", adhocrun, token: token, #"{"activationInfo":{"f1":["a1"]}}"#)
            }
            #expect(server.ledger().deliveries.map(\.accepted) == [1])
        }
    }

    @Test func `throttling says when to come back, and huge answers are huge`() async throws {
        let faulty = scenario { scenario in
            scenario.faults = [
                .init(request: "flows", kind: .throttledWithRetryAfter, number: 1),
                .init(request: "flows", kind: .huge, number: 2),
            ]
        }
        try await withServer(faulty) { (server: PlatformServer, client: HTTPClient) async throws in
            let token = try await token(client, server)
            let throttled = try await send(client, server, "GET", flows, token: token)
            #expect(throttled.status == 429 && throttled.headers.contains { $0.0 == "Retry-After" })
            #expect(try await send(client, server, "GET", flows, token: token).text.utf8.count > 30_000_000)
        }
    }

    @Test func `the hand of a test changes what the platform is like, asks for refusals, and heals it`() async throws {
        try await withServer(scenario()) { (server: PlatformServer, client: HTTPClient) async throws in
            let token = try await token(client, server)
            let admin = "/_simulator/"
            func ask(_ target: String) async throws -> Answer {
                try await send(client, server, "GET", target, token: token)
            }
            let refusal =
                #"{"request":"flows","kind":"throttled-title","number":1,"retryAfter":"unit","retryAfterSeconds":300}"#
            #expect(try await send(client, server, "POST", admin + "refusals", refusal).status == 200)
            let refused = try await ask(flows)
            #expect(refused.status == 429 && refused.text.contains("Too Many Requests"))
            #expect(refused.headers.contains { $0.0 == "Retry-After" && $0.1 == "300s" })
            #expect(refused.headers.contains { $0.0 == "x-request-id" })
            let run = #"{"flow":"f1","audience":"a1","id":"theirs"}"#
            #expect(try await send(client, server, "POST", admin + "runs", run).status == 200)
            let listing = "/data/foundation/flowservice/runs?property=flowId==f1"
            #expect(try await ask(listing).text.contains("theirs"))
            let quirks = #"{"emptyRunListPercent":100}"#
            #expect(try await send(client, server, "POST", admin + "quirks", quirks).status == 200)
            #expect(try await !ask(listing).text.contains("theirs"))
            #expect(try await send(client, server, "POST", admin + "heal").status == 200)
            #expect(try await ask(listing).text.contains("theirs"))
            let export = #"{"durationMilliseconds":60000,"newMilliseconds":60000,"isFromAPI":true}"#
            #expect(try await send(client, server, "POST", admin + "exports", export).status == 200)
            let jobs = try await ask("/data/core/ups/export/jobs?limit=10")
            #expect(jobs.text.contains("\"NEW\""))
            #expect(try await send(client, server, "POST", admin + "quirks", #"{"wording":"rude"}"#).status == 400)
        }
    }

    @Test func `a person can start an export and a run, and edit a dataflow, while it runs`() async throws {
        try await withServer(scenario()) { (server: PlatformServer, client: HTTPClient) async throws in
            let token = try await token(client, server)
            let admin = "/_simulator/"
            #expect(
                try await send(client, server, "POST", admin + "flows", #"{"flow":"f1","unmap":"a1"}"#).status == 200)
            #expect(
                try await send(client, server, "POST", admin + "flows", #"{"flow":"none","state":"x"}"#).status == 404)
            let call = #"{"activationInfo":{"f1":["a1"]}}"#
            let refused = try await send(client, server, "POST", adhocrun, token: token, call)
            #expect(refused.status == 400 && refused.text.contains("not part of this dataflow"))
            _ = try await send(client, server, "POST", admin + "flows", #"{"flow":"f1","map":"a1"}"#)
            let early = try await send(client, server, "POST", adhocrun, token: token, call)
            #expect(early.status == 400)
            #expect(server.ledger().violations.map(\.rule) == [.insideWindow])
            _ = try await send(client, server, "POST", admin + "exports", #"{"durationMilliseconds":60000}"#)
            let jobs = try await send(
                client, server, "GET", "/data/core/ups/export/jobs?limit=10&sort=creationTime:desc", token: token)
            #expect(jobs.text.contains("PROCESSING"))
            #expect(try await send(client, server, "POST", admin + "runs", "{").status == 400)
            #expect(try await send(client, server, "GET", admin + "ledger").text.contains("inside-window"))
        }
    }

    @Test func `each order of the hand answers what it did, as JSON, and what is no order is not found`() async throws {
        try await withServer(scenario()) { (server: PlatformServer, client: HTTPClient) async throws in
            for (method, target, body, word) in [
                ("GET", "health", "", "ok"), ("POST", "exports", #"{"durationMilliseconds":1}"#, "started"),
                ("POST", "runs", #"{"flow":"f1","audience":"a1","durationMilliseconds":1}"#, "started"),
                ("POST", "flows", #"{"flow":"f1","map":"a3"}"#, "edited"),
                ("POST", "faults", #"{"request":"runs","kind":"delay"}"#, "added"),
                ("POST", "refusals", #"{"request":"runs","kind":"throttled"}"#, "added"),
                ("POST", "quirks", "{}", "changed"), ("POST", "heal", "", "healed"),
            ] {
                let answer = try await send(client, server, method, "/_simulator/" + target, body)
                #expect(answer.status == 200, "\(target)")
                #expect(answer.text.contains("\"status\" : \"\(word)\""), "\(answer.text)")
                #expect(answer.headers.contains { $0.0 == "Content-Type" && $0.1 == "application/json" })
                let other = method == "GET" ? "POST" : "GET"
                #expect(try await send(client, server, other, "/_simulator/" + target).status == 404, "\(target)")
            }
            let stranger = try await send(client, server, "GET", "/_simulator/nothing")
            #expect(stranger.status == 404 && stranger.text == #"{"message":"no such order"}"#)
            for target in ["exports", "runs", "flows", "faults", "refusals", "quirks"] {
                let answer = try await send(client, server, "POST", "/_simulator/" + target, "[")
                #expect(answer.status == 400 && answer.text.contains("not understood"), "\(target)")
            }
        }
    }

    @Test func `a fault that is asked for hits the next request, and then no more`() async throws {
        try await withServer(scenario()) { (server: PlatformServer, client: HTTPClient) async throws in
            let token = try await token(client, server)
            let fault = #"{"request":"flows","kind":"bad-gateway","number":1}"#
            #expect(try await send(client, server, "POST", "/_simulator/faults", fault).status == 200)
            #expect(try await send(client, server, "GET", flows, token: token).status == 502)
            #expect(try await send(client, server, "GET", flows, token: token).status == 200)
        }
    }

    @Test func `an export of another schema, or in another sandbox, is the one that was ordered`() async throws {
        try await withServer(scenario()) { (server: PlatformServer, client: HTTPClient) async throws in
            let token = try await token(client, server)
            for more in [#""schema":"other""#, #""sandbox":"dev""#, #""isFromAPI":true"#] {
                let order = "{\"durationMilliseconds\":60000,\(more)}"
                #expect(try await send(client, server, "POST", "/_simulator/exports", order).status == 200)
            }
            let listing = try await send(client, server, "GET", "/data/core/ups/export/jobs?limit=10", token: token)
            #expect(listing.text.contains(#""schema":{"name":"other"}"#))
            // 4712 is in the other sandbox; the last one goes into a dataset of somebody's.
            #expect(listing.text.contains("\"id\":4711,") && !listing.text.contains("\"id\":4712,"))
            #expect(listing.text.contains("\"id\":4713,") && listing.text.contains("5f00000000000000000000bb"))
            // None of them is a scheduled export of this one.
            let call = #"{"activationInfo":{"f1":["a1"]}}"#
            #expect(try await send(client, server, "POST", adhocrun, token: token, call).status == 200)
            #expect(server.ledger().violations.isEmpty)
        }
    }

    @Test func `a body of a MiB is read, and a larger one ends the connection`() async throws {
        try await withServer(scenario()) { (server: PlatformServer, client: HTTPClient) async throws in
            let most = String(repeating: "x", count: 1_048_576)
            #expect(try await send(client, server, "POST", "/_simulator/nothing", most).status == 404)
            await #expect(throws: (any Error).self) {
                _ = try await send(client, server, "POST", "/_simulator/nothing", most + "x")
            }
            #expect(try await send(client, server, "GET", "/_simulator/health").status == 200)
        }
    }
}
