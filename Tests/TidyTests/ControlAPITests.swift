import Foundation
import Testing

/// Goal: docs/control-api.md says of every path what it takes and what it answers, and of every document which members it has.
@Suite struct ControlAPITests {
    private let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private func text(_ path: String) throws -> String {
        try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    }

    private func sources(_ folder: String) throws -> [String] {
        let names = try FileManager.default.contentsOfDirectory(atPath: root.appendingPathComponent(folder).path)
        return try names.sorted().filter { $0.hasSuffix(".swift") }.map { try text("\(folder)/\($0)") }
    }

    private func described() throws -> DescribedAPI { DescribedAPI(try text("docs/control-api.md")) }

    @Test func `each document has the described members, of their types, and absent where that is said`() throws {
        let described = try described().documents
        let sources = try sources("Sources/ControlProtocol")
        let written = WrittenDocuments(sources).documents
        let hasOtherNames = sources.contains { $0.contains("CodingKeys") }
        #expect(!hasOtherNames, "members may be sent by other names than are written")
        #expect(described.count > 50)
        #expect(described.keys.sorted() == written.keys.sorted())
        for (name, members) in written.sorted(by: { $0.key < $1.key }) {
            #expect(described[name] == members, "\(name)")
        }
    }

    /// By path. What a question asks for stands in its query, and what an order wants in its body.
    private static let endpoints = [
        Endpoint(method: "GET", path: "/v1/campaigns", answer: "CampaignsDocument"),
        Endpoint(method: "GET", path: "/v1/campaigns/{}", answer: "CampaignDocument"),
        Endpoint(method: "GET", path: "/v1/campaigns/{}/explain", answer: "ExplainDocument"),
        Endpoint(method: "POST", path: "/v1/campaigns/{}/fire", order: "FireOrder", answer: "DoneDocument"),
        Endpoint(method: "POST", path: "/v1/cancel", order: "CancelOrder", answer: "DoneDocument"),
        Endpoint(method: "POST", path: "/v1/disregard", order: "DisregardOrder", answer: "DoneDocument"),
        Endpoint(method: "GET", path: "/v1/health", answer: "HealthDocument"),
        Endpoint(
            method: "GET", path: "/v1/history", answer: "HistoryDocument",
            query: ["campaign", "occurrence", "since", "until", "before", "limit"]),
        Endpoint(method: "GET", path: "/v1/occurrences/{}", answer: "OccurrenceDocument"),
        Endpoint(method: "POST", path: "/v1/pause", order: "PauseOrder", answer: "DoneDocument"),
        Endpoint(method: "GET", path: "/v1/plan", answer: "PlanDocument", query: ["from", "days"]),
        Endpoint(method: "GET", path: "/v1/queue", answer: "QueueDocument"),
        Endpoint(method: "POST", path: "/v1/recount", order: "RecountOrder", answer: "DoneDocument"),
        Endpoint(method: "POST", path: "/v1/reload", answer: "ReloadDocument"),
        Endpoint(method: "POST", path: "/v1/resolve", order: "ResolveOrder", answer: "DoneDocument"),
        Endpoint(method: "POST", path: "/v1/resume", order: "ResumeOrder", answer: "DoneDocument"),
        Endpoint(method: "GET", path: "/v1/runs", answer: "RunsDocument"),
        Endpoint(method: "GET", path: "/v1/status", answer: "StatusDocument"),
    ]

    @Test func `of each path is described what it takes, what it answers, and how it refuses`() throws {
        let described = try described().endpoints.sorted { $0.path < $1.path }
        #expect(described.map(\.path) == Self.endpoints.map(\.path))
        for (there, here) in zip(described, Self.endpoints) { #expect(there == here) }
    }

    @Test func `the daemon has the described paths, with their methods, queries and orders`() throws {
        let routes = try text("Sources/LinuxShell/Control/ControlRoute.swift")
        var methods: [String: String] = [:]
        for part in routes.components(separatedBy: "case (").dropFirst() {
            // Of one route: its cases, and what it is called with.
            let halves = part.components(separatedBy: "(method, route) = (")
            guard halves.count == 2, let method = halves[1].between("\"", "\"") else { continue }
            for match in "(\(halves[0])".matches(of: #/\((\d), "([a-z]+)"\)(?: where path\[2\] == "([a-z]+)")?/#) {
                var path = "/v1/\(match.2)"
                if match.1 != "1" { path += "/{}" }
                if let last = match.3 { path += "/\(last)" }
                methods[path] = method
            }
        }
        let expected = Dictionary(uniqueKeysWithValues: Self.endpoints.map { ($0.path, $0.method) })
        #expect(methods == expected)

        for (path, reader) in [("/v1/history", "extension HistoryRequest {"), ("/v1/plan", "extension PlanRequest {")] {
            let cases = try #require(routes.between(reader, "\n}"))
            let names = cases.matches(of: #/case "([a-z]+)":/#).map { String($0.1) }
            #expect(Self.endpoints.first { $0.path == path }?.query == names)
        }

        // Two of the readers are found in another way than by a word of their own.
        let orders = try text("Sources/LinuxShell/Control/ControlOrders.swift")
        let decoded = orders.matches(of: #/decode\((\w+Order)\.self/#).map { String($0.1) }
        #expect(decoded.sorted() == Self.endpoints.compactMap(\.order).sorted())
        let named = orders.matches(of: #/case "([a-z]+)":\s[^:]*?decode\((\w+Order)\.self/#)
        #expect(named.count == 5)
        for match in named {
            let endpoint = Self.endpoints.first { $0.path == "/v1/\(match.1)" }
            #expect(endpoint?.order == String(match.2), "\(match.1)")
        }
    }

    /// What the daemon sends is decoded there as what the client takes it for: EndToEndTests runs both.
    @Test func `the client takes what each path answers for the described document`() throws {
        let client = try sources("Sources/activationctl").joined()
        var answers: [String: Set<String>] = [:]
        for match in client.matches(of: #/"(/v1/[^"]+)"([\s\S]{0,300}?)\b(\w+Document)\.self/#) {
            let path = String(match.1.prefix { $0 != "?" }).replacing(#/\\\([^)]*\)/#, with: "{}")
            answers[path, default: []].insert(String(match.3))
        }
        // Nobody but the watchdog asks for health.
        var expected: [String: Set<String>] = [:]
        for endpoint in Self.endpoints where endpoint.path != "/v1/health" {
            expected[endpoint.path] = [endpoint.answer]
        }
        #expect(answers == expected)
    }
}
