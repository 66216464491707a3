// What came back over the wire, and the sentence in it when it is a failure.

package import Chronology
package import SchedulerCore

package struct PlatformResponse: Equatable, Sendable {
    package var status: Int
    package var body: [UInt8]
    /// What ``RetryAfter`` read, cut to ``retryAfterLimit``.
    package var retryAfter: Duration?
    /// The answer's `Date`: the platform's clock.
    package var date: Instant?

    package init(status: Int, body: [UInt8], retryAfter: Duration? = nil, date: Instant? = nil) {
        self.status = status
        self.body = body
        self.retryAfter = retryAfter.map { min(max($0, .zero), PlatformResponse.retryAfterLimit) }
        self.date = date
    }

    /// Whether another token may be answered differently: a token that has died is also refused with a 403, and a right
    /// that was granted may need a new one.
    package var asksForNewToken: Bool {
        status == 401 || (status == 403 && !ErrorBody(body).isPassing)
    }

    /// A longer `Retry-After` is cut to this.
    package static let retryAfterLimit = Duration.seconds(15 * 60)

    /// How a failed question is to be understood. Only for a status other than 200.
    package func failure() -> AskFailure {
        let error = ErrorBody(body)
        let detail = error.sentence(status: status)
        switch status {
        case 401: return .credentials(detail: detail)
        // About the token itself, or the gateway could not look; else a right for this one thing is missing.
        case 403 where error.isOfToken: return .credentials(detail: detail)
        case 403 where error.isPassing: return .unavailable(detail: detail)
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
        var texts = keys.compactMap { key in json[key].filled }
        if let first = json["errors"].items.first {
            texts += [first["msg"].filled, first["message"].filled].compactMap { $0 }
        }
        message = ForeignText.shown(texts.joined(separator: ": "))
        code = (json["error_code"].filled ?? json["code"].filled).map { ForeignText.shown($0) }
        isOfService = !texts.isEmpty
    }

    /// The gateway could not check key, token or profile just now. It says so with a 403, too: 503020, "Could not read the
    /// profile".
    var isPassing: Bool { code?.hasPrefix("503") ?? false }

    /// The key or the token itself is refused, and not a right: everything else is refused as well.
    var isOfToken: Bool { ["403000", "403003", "403010", "403020"].contains(code) }

    func sentence(status: Int) -> String {
        let code = code.map { " (\($0))" } ?? ""
        return message.isEmpty ? "HTTP \(status)" : "HTTP \(status)\(code): \(message)"
    }
}
