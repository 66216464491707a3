// Refusals that a scenario asks for: the gateway's, the services' and the proxies' answers as they were documented or met,
// each with its status, body and headers.

package import Chronology

extension Scenario {
    /// An answer that some requests get instead of their own.
    package struct Refusal: Codable, Equatable, Sendable {
        package enum Kind: String, Codable, Sendable, CaseIterable {
            // Too much.
            case throttled
            case throttledService = "throttled-service"
            case throttledKey = "throttled-key"
            case throttledEmpty = "throttled-empty"
            case throttledTitle = "throttled-title"
            case sandboxLimit = "sandbox-limit"
            // Too early.
            case tooEarly = "too-early"
            case ordersNotReady = "orders-not-ready"
            case audiencesNotReady = "audiences-not-ready"
            case notFound = "not-found"
            // Who may do what.
            case tokenMissing = "token-missing"
            case tokenInvalid = "token-invalid"
            case tokenDead = "token-dead"
            case scopeMismatch = "scope-mismatch"
            case profileInvalid = "profile-invalid"
            case profileForbidden = "profile-forbidden"
            case regionMissing = "region-missing"
            case permissionMissing = "permission-missing"
            /// 403, and passing.
            case profileUnread = "profile-unread"
            // Passing.
            case keyUnread = "key-unread"
            case tokenUnread = "token-unread"
            case overloaded
            case tryAgain = "try-again"
            case proxyPage = "proxy-page"
            case emptyBody = "empty-body"
            // For ever.
            case wrongKind = "wrong-kind"
            case unknownText = "unknown-text"
            /// Too much for the gateway, it says, however little that is.
            case tooLarge = "too-large"

            /// Those that worlds draw some of. The others have draws of their own.
            package static let drawn = allCases.filter { $0 != .tooLarge }
        }

        /// How `Retry-After` is written.
        package enum RetryAfter: String, Codable, Sendable, CaseIterable {
            case seconds
            /// `300s`.
            case unit
            /// An HTTP date.
            case date
        }

        /// Which kind of request: `adhocrun`, `token`, `exports`, `flows`, `runs`; `*` for all but tokens.
        package var request: String
        package var kind: Kind
        /// Nil: whatever the sandbox.
        package var sandbox: String?
        /// The request of the kind that is hit, counting from 1. Nil: each, by `percent`.
        package var number: Int?
        package var percent: Int?
        /// Over after so many milliseconds from the start.
        package var untilMilliseconds: Int64?
        package var retryAfter: RetryAfter?
        package var retryAfterSeconds: Int64
        /// The platform acts, and refuses in spite of it.
        package var takesEffect: Bool

        package init(
            request: String, kind: Kind, sandbox: String? = nil, number: Int? = nil, percent: Int? = nil,
            untilMilliseconds: Int64? = nil, retryAfter: RetryAfter? = nil, retryAfterSeconds: Int64 = 1,
            takesEffect: Bool = false
        ) {
            self.request = request
            self.kind = kind
            self.sandbox = sandbox
            self.number = number
            self.percent = percent
            self.untilMilliseconds = untilMilliseconds
            self.retryAfter = retryAfter
            self.retryAfterSeconds = retryAfterSeconds
            self.takesEffect = takesEffect
        }

        package init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            request = try container.decode(String.self, forKey: .request)
            kind = try container.decode(Kind.self, forKey: .kind)
            sandbox = try container.decodeIfPresent(String.self, forKey: .sandbox)
            number = try container.decodeIfPresent(Int.self, forKey: .number)
            percent = try container.decodeIfPresent(Int.self, forKey: .percent)
            untilMilliseconds = try container.decodeIfPresent(Int64.self, forKey: .untilMilliseconds)
            retryAfter = try container.decodeIfPresent(RetryAfter.self, forKey: .retryAfter)
            retryAfterSeconds = try container.decodeIfPresent(Int64.self, forKey: .retryAfterSeconds) ?? 1
            takesEffect = try container.decodeIfPresent(Bool.self, forKey: .takesEffect) ?? false
        }

        func answer(at now: Instant) -> WireAnswer {
            var answer = kind.answer
            switch retryAfter {
            case .seconds?: answer.headers["Retry-After"] = "\(retryAfterSeconds)"
            case .unit?: answer.headers["Retry-After"] = "\(retryAfterSeconds)s"
            case .date?: answer.headers["Retry-After"] = HTTPDate.text(now + .seconds(retryAfterSeconds))
            case nil: break
            }
            return answer
        }
    }
}

extension Scenario.Refusal.Kind {
    fileprivate var answer: WireAnswer {
        switch self {
        case .throttled: .gateway(429, "429050", "Too many requests")
        case .throttledService: .gateway(429, "429001", "Service usage limit reached")
        case .throttledKey: .gateway(429, "429002", "Developer key usage limit reached")
        case .throttledEmpty: WireAnswer(status: 429, body: [])
        case .throttledTitle: WireAnswer(429, ["title": "Too Many Requests", "status": .number(429)])
        case .sandboxLimit: .message(400, "request limit exceeded for this sandbox, try again later")
        case .tooEarly: .message(409, "An activation for this audience was accepted a moment ago")
        case .ordersNotReady:
            .message(
                400,
                "Invalid parameter: Following order ID(s) are not ready for dataset export, "
                    + "please wait for 10 minutes and retry.")
        case .audiencesNotReady: .message(400, WireAnswer.notReady)
        case .notFound: WireAnswer(404, ["errorMessage": "1404-404", "errorDetails": "audience not found"])
        case .tokenMissing: .gateway(403, "403010", "Oauth token is missing.")
        case .tokenInvalid: .gateway(401, "401013", "Oauth token is not valid")
        case .tokenDead: .gateway(403, "403020", "Oauth token missing or invalid")
        case .scopeMismatch: .gateway(401, "401015", "Scope mismatch")
        case .profileInvalid: .gateway(403, "403025", "Profile is not valid")
        case .profileForbidden: .gateway(403, "403024", "Not allowed to read the profile")
        case .regionMissing: .gateway(403, "403027", "User region is missing")
        case .permissionMissing: WireAnswer(403, ["errorMessage": "2118-403", "errorDetails": "Missing permission"])
        case .profileUnread: .gateway(403, "503020", "Could not read the profile")
        case .keyUnread: .gateway(503, "503000", "Could not validate Api Key")
        case .tokenUnread: .gateway(503, "503010", "Could not validate the oauth token")
        case .overloaded:
            // The gateway's own slip: the wrong name, and a unit.
            WireAnswer(
                status: 503, headers: ["Content-Type": "application/json", "Retry_After": "300s"],
                body: Array("{\"error_code\":\"503071\",\"message\":\"Service temporarily unavailable\"}\n".utf8))
        case .tryAgain: WireAnswer(500, ["errorMessage": "1400-500", "errorDetails": "Please try again"])
        case .proxyPage:
            WireAnswer(
                status: 503, headers: ["Content-Type": "text/html"],
                body: Array("<html><head><title>503 Service Temporarily Unavailable</title></head></html>".utf8))
        case .emptyBody: WireAnswer(status: 503, body: [])
        case .wrongKind:
            .message(
                400,
                "Invalid parameter: Flow for id 11111111-aaaa-4aaa-8aaa-000000000001 is incorrect. Error is "
                    + "[Adhoc run can not be executed for Flow spec=1a0514a6-33d4-4c7f-aff8-594799c47549.")
        case .unknownText: .message(400, "The order was not processed")
        case .tooLarge: .message(413, "Request entity too large")
        }
    }
}

extension WireAnswer {
    static let notReady = "Following audiences are not ready for activation, please wait for 10 minutes and retry."
}

/// `Date` and `Retry-After`, as HTTP writes them.
package enum HTTPDate {
    private static let weekdays = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    package static func text(_ instant: Instant) -> String {
        let local = Zone.utc.local(at: instant)
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(weekdays[local.day.weekday]), \(two(local.day.day)) \(months[local.day.month - 1]) \(local.day.year) "
            + "\(two(local.hour)):\(two(local.minute)):\(two(local.second)) GMT"
    }
}
