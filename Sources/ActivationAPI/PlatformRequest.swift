// Requests to the platform, as values: what is sent is decided here, and how is the client's.
//
// Source of every path, header and parameter: Adobe's OpenAPI documents for ad hoc activation, destinations and
// segmentation, and the Experience Platform API guides.

package import SchedulerCore

package struct PlatformRequest: Equatable, Sendable {
    package enum Method: String, Sendable {
        case get = "GET"
        case post = "POST"
    }

    package struct Header: Equatable, Sendable {
        package var name: String
        package var value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    package var method: Method
    /// Path and query, percent-encoded, from the root of the configured host.
    package var target: String
    /// Without `Authorization`, `x-request-id` and `Host`, which the client adds.
    package var headers: [Header]
    package var body: [UInt8]

    package init(method: Method, target: String, headers: [Header], body: [UInt8] = []) {
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body
    }

    /// The target without its query, for logs and counters.
    package var path: String {
        String(target.prefix { $0 != "?" })
    }
}

package struct RequestBuilder: Sendable {
    package static let adhocrunPath = "/data/core/activation/disflowprovider/adhocrun"
    package static let exportJobsPath = "/data/core/ups/export/jobs"
    package static let flowServicePath = "/data/foundation/flowservice"
    /// Items of a page: the platform's maximum.
    package static let pageSize = 100
    /// Dataflow ids in one query.
    package static let idsPerQuery = 40

    private let platform: PlatformSettings

    package init(_ platform: PlatformSettings) {
        self.platform = platform
    }

    // MARK: Token

    /// `client_credentials`, in the body: query strings end up in logs.
    package func token(secret: String) -> PlatformRequest {
        let form = [
            ("grant_type", "client_credentials"), ("client_id", platform.clientID), ("client_secret", secret),
            ("scope", platform.scopes.joined(separator: ",")),
        ]
        let body = form.map { "\($0)=\(PercentEncoding.encode($1))" }.joined(separator: "&")
        return PlatformRequest(
            method: .post, target: "",
            headers: [
                .init(name: "Content-Type", value: "application/x-www-form-urlencoded"),
                .init(name: "Accept", value: "application/json"),
            ], body: Array(body.utf8))
    }

    // MARK: Questions

    package func exportJobs(_ sandbox: SandboxName) -> PlatformRequest {
        get(Self.exportJobsPath + "?limit=\(Self.pageSize)", sandbox)
    }

    /// - Parameter ids: 1 to ``idsPerQuery``.
    package func dataflows(_ sandbox: SandboxName, _ ids: [DataflowID]) -> PlatformRequest {
        let list = ids.map(\.text).joined(separator: ",")
        return get(
            "\(Self.flowServicePath)/flows?property=\(PercentEncoding.encode("id==" + list))&limit=\(Self.pageSize)",
            sandbox)
    }

    package func dataflow(_ sandbox: SandboxName, _ id: DataflowID) -> PlatformRequest {
        get("\(Self.flowServicePath)/flows/\(PercentEncoding.encode(id.text))", sandbox)
    }

    /// - Parameter ids: 1 to ``idsPerQuery``.
    package func runs(_ sandbox: SandboxName, _ ids: [DataflowID]) -> PlatformRequest {
        let list = ids.map(\.text).joined(separator: ",")
        return get(
            "\(Self.flowServicePath)/runs?property=\(PercentEncoding.encode("flowId==" + list))"
                + "&orderby=-createdAt&limit=\(Self.pageSize)", sandbox)
    }

    package func run(_ sandbox: SandboxName, _ id: RunID) -> PlatformRequest {
        get("\(Self.flowServicePath)/runs/\(PercentEncoding.encode(id.text))", sandbox)
    }

    /// The next page, as a link of the platform names it. Only its path and query are used, on the configured host, and
    /// only when it leads to the same listing.
    ///
    /// - Returns: Nil for a link that leads elsewhere.
    package func next(_ link: String, of request: PlatformRequest, _ sandbox: SandboxName) -> PlatformRequest? {
        var target = link
        for prefix in ["https://", "http://"] where target.hasPrefix(prefix) {
            guard let slash = target.dropFirst(prefix.count).firstIndex(of: "/") else { return nil }
            target = String(target[slash...])
        }
        let isPlain = target.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "\\") }
        guard target.hasPrefix("/"), isPlain, target.utf8.count <= 8192 else { return nil }
        // Links are relative to the service, such as `/runs?…`, or to the host.
        let path = request.path
        let linked = target.prefix { $0 != "?" }
        let bare = linked.hasSuffix("/") ? linked.dropLast() : linked
        guard bare == path || (path.hasSuffix(bare) && bare.count > 1) else { return nil }
        return get(path + target.dropFirst(linked.count), sandbox)
    }

    private func get(_ target: String, _ sandbox: SandboxName) -> PlatformRequest {
        PlatformRequest(
            method: .get, target: target,
            headers: common(sandbox) + [.init(name: "Accept", value: "application/json")])
    }

    // MARK: The call

    /// `adhocrun`. The `Accept` header chooses the version; without it the service takes the call as version 1.
    package func activate(_ call: Call) -> PlatformRequest {
        var flows: [String: [String]] = [:]
        for pair in call.pairs { flows[pair.dataflow.text, default: []].append(pair.audience.text) }
        var body = "{\"activationInfo\":{"
        body += flows.keys.sorted()
            .map {
                "\(JSONText.quoted($0)):[\((flows[$0] ?? []).sorted().map(JSONText.quoted).joined(separator: ","))]"
            }
            .joined(separator: ",")
        body += "}"
        var headers = common(call.sandbox) + [.init(name: "Content-Type", value: "application/json")]
        if platform.apiVersion == 1 {
            body += ",\"exportIds\":[\(call.exportJob.map(JSONText.quoted) ?? "")]"
            headers.append(.init(name: "Accept", value: "application/json"))
        } else {
            headers.append(
                .init(name: "Accept", value: "application/vnd.adobe.adhoc.activation+json; version=2"))
        }
        body += "}"
        return PlatformRequest(
            method: .post, target: Self.adhocrunPath, headers: headers, body: Array(body.utf8))
    }

    /// The sandbox's name is always sent: a call without it would go to production.
    private func common(_ sandbox: SandboxName) -> [PlatformRequest.Header] {
        var headers: [PlatformRequest.Header] = [
            .init(name: "x-api-key", value: platform.clientID),
            .init(name: "x-gw-ims-org-id", value: platform.organization),
            .init(name: "x-sandbox-name", value: sandbox.text),
        ]
        if let id = platform.sandboxID { headers.append(.init(name: "x-sandbox-id", value: id)) }
        return headers
    }
}

enum JSONText {
    static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case let control where control.value < 0x20:
                let digits = String(control.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}

enum PercentEncoding {
    private static let unreserved = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~".utf8)

    /// Everything but RFC 3986's unreserved characters, which is right in a path, a query and a form alike.
    static func encode(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            if unreserved.contains(byte) {
                bytes.append(byte)
            } else {
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
