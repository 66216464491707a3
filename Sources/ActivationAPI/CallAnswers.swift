// What an answer to `adhocrun` means. The table is the in-doubt rule's: certain acceptance, certain refusal, and doubt
// for everything else.

package import SchedulerCore

package enum CallClassification {
    package static func classify(_ response: PlatformResponse, of call: Call) -> CallAnswer {
        switch response.status {
        case 200, 201, 202: accepted(response, call)
        // Whatever its body: also the gateway's own web server sends it, empty or as HTML, and takes nothing on.
        case 429:
            .throttled(
                retryAfter: response.retryAfter, detail: ErrorBody(response.body).sentence(status: response.status))
        case 400...499: refused(response, call)
        default:
            // A redirect, or a server's error: also a gateway's, after the service behind it has acted.
            .doubtful(detail: ErrorBody(response.body).sentence(status: response.status))
        }
    }

    // MARK: Accepted

    private static func accepted(_ response: PlatformResponse, _ call: Call) -> CallAnswer {
        guard let json = try? ForeignJSON(response.body), case .array = json["order"] else {
            return .doubtful(detail: "HTTP \(response.status) without a readable order")
        }
        let wanted = Set(call.pairs)
        var runs: [Pair: RunID] = [:]
        for item in json["order"].items {
            guard let audience = item["segment"].text, let dataflow = item["order"].text,
                let run = item["statusURL"].text.flatMap(RunURL.run)
            else { continue }
            let pair = Pair(dataflow: DataflowID(dataflow), audience: AudienceID(audience))
            if wanted.contains(pair) { runs[pair] = run }
        }
        return .accepted(runs)
    }

    // MARK: Refused

    private static func refused(_ response: PlatformResponse, _ call: Call) -> CallAnswer {
        let body = ErrorBody(response.body)
        let detail = body.sentence(status: response.status)
        let pause = response.retryAfter
        guard body.isOfService else {
            // Who says when to come back has not taken the call on.
            let isTooEarly = response.status == 409 && response.body.isEmpty && pause != nil
            return isTooEarly ? .refused(.notReady(after: pause, detail: detail)) : .doubtful(detail: detail)
        }
        switch response.status {
        case 401: return .refused(.unauthorized(detail: detail))
        case 403 where body.isOfToken: return .refused(.unauthorized(detail: detail))
        case 403 where body.isPassing: return .throttled(retryAfter: pause, detail: detail)
        case 403: return .refused(.forbidden(detail: detail))
        case 413: return .refused(.tooLarge(detail: detail))
        case 400: return RefusalText(body.message, detail, call).answer(pause)
        case 409: return .refused(RefusalText(body.message, detail, call).conflict(pause))
        case 404, 405, 406, 410, 412, 415, 422:
            return .refused(.other(status: response.status, detail: detail))
        default: return .doubtful(detail: detail)
        }
    }
}

/// The run id of a `statusURL`. The URL is data: its host is never contacted.
package enum RunURL {
    package static func run(_ text: String) -> RunID? {
        // By bytes: a question mark with an accent on it is another character, and begins the query all the same.
        let path = text.utf8.prefix { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
        let parts = path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard let last = parts.last else { return nil }
        let text = String(Substring(last))
        return isPlain(text) ? RunID(text) : nil
    }

    /// Whether a text has the form of an id.
    static func isPlain(_ text: String) -> Bool {
        (8...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                    || byte == UInt8(ascii: "-")
            }
    }
}
