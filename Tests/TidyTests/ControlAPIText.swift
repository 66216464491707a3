// What docs/control-api.md says, and what the sources say that it describes, as far as the two are compared. Both are read by their
// lines, which are all of a few forms.

import Foundation

/// A member of a document.
struct Member: Equatable, CustomStringConvertible {
    /// In snake case, as it is sent.
    var name: String
    /// `string`, `integer`, `boolean`, `array of …`, `object of …`, `enum of …`, or the name of a document.
    var type: String
    /// Whether it is always there.
    var isRequired: Bool

    var description: String { "\(name): \(type)\(isRequired ? "" : ", absent at times")" }
}

/// What is asked or ordered at one path.
struct Endpoint: Equatable, CustomStringConvertible {
    var method: String
    /// Names of parameters left out: `/v1/campaigns/{}`.
    var path: String
    /// The document in the request's body.
    var order: String?
    /// The document in an answer that is 200.
    var answer = ""
    /// Names in the query.
    var query: [String] = []
    /// The documents in all other answers.
    var refusals: Set<String> = ["ErrorDocument"]

    var description: String {
        "\(method) \(path): \(order ?? "nothing") to \(answer), query \(query), else \(refusals.sorted())"
    }
}

/// The OpenAPI document of docs/control-api.md.
struct DescribedAPI {
    private(set) var documents: [String: [Member]] = [:]
    private(set) var endpoints: [Endpoint] = []

    init(_ text: String) {
        var (part, path, document) = ("", "", "")
        var required: Set<String> = []
        for line in text.components(separatedBy: "\n").drop(while: { !$0.hasPrefix("openapi:") }) {
            let words = line.trimmingCharacters(in: .whitespaces)
            let indent = line.prefix { $0 == " " }.count
            switch (part, indent) {
            case (_, 0):
                part = words
            case ("paths:", 2):
                path = String(words.dropLast()).replacing(#/\{[a-z]+\}/#, with: "{}")
            case ("paths:", 4):
                endpoints.append(Endpoint(method: String(words.dropLast()).uppercased(), path: path, refusals: []))
            case ("paths:", 6...):
                endpoints[endpoints.count - 1].take(words)
            case ("components:", 4):
                document = String(words.dropLast())
                required = []
                documents[document] = []
            case ("components:", 6):
                guard let list = words.between("required: [", "]") else { continue }
                required = Set(list.components(separatedBy: ", "))
            case ("components:", 8):
                let name = String(words.prefix { $0 != ":" })
                let member = Member(
                    name: name, type: Self.type(String(words.dropFirst(name.count + 2))),
                    isRequired: required.contains(name))
                documents[document, default: []].append(member)
            default: continue
            }
        }
    }

    /// Of what stands in the braces: `{ type: array, items: { type: string }, description: "…" }`.
    private static func type(_ text: String) -> String {
        let form = text.components(separatedBy: ", description: ")[0]
        let document = form.between("#/components/schemas/", "\"")
        if let words = form.between("{ enum: [", "]") { return "enum of \(words)" }
        if let value = form.between("additionalProperties: { type: ", " ") { return "object of \(value)" }
        if form.hasPrefix("{ type: array") {
            return "array of \(document ?? form.between("items: { type: ", " ") ?? "nothing")"
        }
        return document ?? String((form.components(separatedBy: "{ type: ").last ?? "").prefix { $0.isLetter })
    }
}

extension Endpoint {
    fileprivate mutating func take(_ words: String) {
        if let name = words.between("- { name: ", ", in: query") { query.append(name) }
        guard let document = words.between("#/components/schemas/", "\"") else { return }
        if words.hasPrefix("requestBody:") {
            order = document
        } else if words.hasPrefix("\"200\":") {
            answer = document
        } else {
            refusals.insert(document)
        }
    }
}

/// The documents of Sources/ControlProtocol, by their names; those in another one have its name in front. They are sent as they are
/// written: a test looks that no coding keys say otherwise.
struct WrittenDocuments {
    private(set) var documents: [String: [Member]] = [:]
    private var enumerations: [String: [String]] = [:]

    init(_ sources: [String]) {
        var found: [(document: String, outer: String, name: String, type: String)] = []
        for source in sources {
            var (outer, inner) = ("", "")
            for line in source.components(separatedBy: "\n") {
                let words = line.trimmingCharacters(in: .whitespaces)
                let indent = line.prefix { $0 == " " }.count
                if let match = words.wholeMatch(of: #/package (?:struct|enum) (\w+)(?:: [^{]*)? \{/#) {
                    let name = String(match.1)
                    (outer, inner) = indent == 0 ? (name, "") : (outer, outer + name)
                    if words.hasPrefix("package struct ") { documents[indent == 0 ? outer : inner] = [] }
                } else if words == "}", indent == 4 {
                    inner = ""
                }
                let document = inner.isEmpty ? outer : inner
                guard indent == (inner.isEmpty ? 4 : 8) else { continue }
                if let match = words.wholeMatch(of: #/package var (\w+): ([^{]+)/#) {
                    found.append((document, outer, String(match.1), String(match.2)))
                } else if words.hasPrefix("case ") {
                    let cases = String(words.dropFirst("case ".count)).components(separatedBy: ", ")
                    enumerations[document, default: []] += cases.map { $0.between("\"", "\"") ?? $0 }
                }
            }
        }
        for (document, outer, name, type) in found {
            let isRequired = !type.hasSuffix("?")
            let written = self.type(isRequired ? type : String(type.dropLast()), in: outer)
            let member = Member(name: Self.snakeCase(name), type: written, isRequired: isRequired)
            documents[document, default: []].append(member)
        }
    }

    private func type(_ written: String, in outer: String) -> String {
        let plain = ["String": "string", "Int": "integer", "Int64": "integer", "Bool": "boolean"]
        if let type = plain[written] { return type }
        if let value = written.between("[String: ", "]") { return "object of \(type(value, in: outer))" }
        if let element = written.between("[", "]") { return "array of \(type(element, in: outer))" }
        for name in [outer + written, written] {
            if documents[name] != nil { return name }
            if let words = enumerations[name] { return "enum of \(words.joined(separator: ", "))" }
        }
        return "the unknown type \(written)"
    }

    private static func snakeCase(_ name: String) -> String {
        name.reduce(into: "") { $0 += $1.isUppercase ? "_" + $1.lowercased() : String($1) }
    }
}

extension String {
    /// What stands behind a text and before the next place of another one; nil where one of them is not there.
    func between(_ begin: String, _ end: String) -> String? {
        guard let first = range(of: begin), let last = self[first.upperBound...].range(of: end) else { return nil }
        return String(self[first.upperBound..<last.lowerBound])
    }
}
