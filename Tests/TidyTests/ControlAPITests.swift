import Foundation
import Testing

/// Goal: docs/control-api.md names every path and every member that the daemon speaks.
@Suite struct ControlAPITests {
    private let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private func text(_ path: String) throws -> String {
        try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    }

    private func snakeCase(_ name: String) -> String {
        name.reduce(into: "") { $0 += $1.isUppercase ? "_" + $1.lowercased() : String($1) }
    }

    @Test func `every member of every document is described`() throws {
        let described = try text("docs/control-api.md")
        let words = Set(described.split { !($0.isLetter || $0 == "_") }.map(String.init))
        let folder = root.appendingPathComponent("Sources/ControlProtocol").path
        for file in try FileManager.default.contentsOfDirectory(atPath: folder).sorted() where file.hasSuffix(".swift")
        {
            let source = try text("Sources/ControlProtocol/" + file)
            for line in source.split(separator: "\n") {
                let line = line.trimmingCharacters(in: .whitespaces)
                if let document = line.split(separator: " ").drop(while: { $0 != "struct" }).dropFirst().first,
                    document.hasSuffix(":"), document.hasSuffix("Document:") || document.hasSuffix("Order:")
                {
                    let name = String(document.dropLast())
                    let isPart = ["Daemon", "Configuration", "Platform", "Journal", "Credentials", "Export", "Next"]
                        .contains { name == $0 + "Document" }
                    let isInline = ["Last", "Metrics", "Lane", "LaneHolder", "Line", "Call", "Run"]
                        .contains { name == $0 + "Document" }
                    #expect(isPart || isInline || words.contains(name), "\(name) of \(file) is not described")
                }
                guard line.hasPrefix("package var "), line.contains(": ") else { continue }
                let member = snakeCase(String(line.dropFirst("package var ".count).prefix { $0 != ":" }))
                #expect(words.contains(member), "\(member) of \(file) is not described")
            }
        }
    }

    @Test func `every path of the daemon's routes is described`() throws {
        let described = try text("docs/control-api.md")
        let paths = [
            "health", "status", "campaigns", "campaigns/{name}", "campaigns/{name}/explain", "campaigns/{name}/fire",
            "occurrences/{id}", "history", "plan", "queue", "runs", "cancel", "pause", "resume", "resolve",
            "disregard", "recount", "reload",
        ]
        for path in paths { #expect(described.contains("/v1/\(path):"), "/v1/\(path) is not described") }
        // Every literal that the routes match on is in one of these paths.
        let routes = try text("Sources/LinuxShell/Control/ControlRoute.swift")
        let expression = #/\(\d, "([a-z]+)"\)/#
        let matched = routes.matches(of: expression).map { String($0.1) }
        #expect(matched.count >= 10)
        for name in matched {
            #expect(paths.contains { $0.split(separator: "/").contains(Substring(name)) }, "\(name)")
        }
    }
}
