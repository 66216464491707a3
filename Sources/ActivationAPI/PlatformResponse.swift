// What came back over the wire, and the sentence in it when it is a failure.

package import Chronology
package import SchedulerCore

package struct PlatformResponse: Equatable, Sendable {
    package var status: Int
    package var body: [UInt8]
    /// `Retry-After` in seconds, where it was sent as a number.
    package var retryAfter: Duration?
    /// The answer's `Date`: the platform's clock.
    package var date: Instant?

    package init(status: Int, body: [UInt8], retryAfter: Duration? = nil, date: Instant? = nil) {
        self.status = status
        self.body = body
        self.retryAfter = retryAfter.map { min(max($0, .zero), PlatformResponse.retryAfterLimit) }
        self.date = date
    }

    /// A longer `Retry-After` is cut to this.
    package static let retryAfterLimit = Duration.seconds(15 * 60)

    /// How a failed question is to be understood. Only for a status other than 200.
    package func failure() -> AskFailure {
        let detail = ErrorBody(body).sentence(status: status)
        switch status {
        case 401, 403: return .credentials(detail: detail)
        case 429: return .throttled(retryAfter: retryAfter, detail: detail)
        case 408, 500...599: return .unavailable(detail: detail)
        case 300...399: return .nonsense(detail: "the platform redirects (HTTP \(status)), which is not followed")
        default: return .refused(status: status, detail: detail)
        }
    }
}

/// The error bodies of these services, in all shapes that were seen: the gateway's, ad hoc's bare message, Flow
/// Service's two, RFC 7807, IMS', the segmentation jobs' list, and plain text or HTML of proxies.
package struct ErrorBody: Equatable, Sendable {
    /// One text of everything that the body says; empty when it is in no known shape.
    package var message: String
    package var code: String?
    /// Whether the body is in a shape of the services themselves, and not of something between.
    package var isOfService: Bool

    package init(_ bytes: [UInt8]) {
        guard let json = try? ForeignJSON(bytes), json.isObject else {
            message = ""
            code = nil
            isOfService = false
            return
        }
        let keys = ["message", "errorMessage", "errorDetails", "title", "detail", "error", "error_description"]
        var texts = keys.compactMap { key in json[key].text }
        if let first = json["errors"].items.first {
            texts += [first["msg"].text, first["message"].text].compactMap { $0 }
        }
        message = ForeignText.shown(texts.joined(separator: ": "))
        code = (json["error_code"].text ?? json["code"].text).map { ForeignText.shown($0) }
        isOfService = !texts.isEmpty
    }

    func sentence(status: Int) -> String {
        let code = code.map { " (\($0))" } ?? ""
        return message.isEmpty ? "HTTP \(status)" : "HTTP \(status)\(code): \(message)"
    }
}
