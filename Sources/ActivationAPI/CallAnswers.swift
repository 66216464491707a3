// What an answer to `adhocrun` means. The table is the in-doubt rule's: certain acceptance, certain refusal, and doubt
// for everything else.

package import SchedulerCore

package enum CallClassification {
    package static func classify(_ response: PlatformResponse, of call: Call) -> CallAnswer {
        switch response.status {
        case 200, 201, 202: accepted(response, call)
        case 429: throttled(response)
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

    private static func throttled(_ response: PlatformResponse) -> CallAnswer {
        let body = ErrorBody(response.body)
        let detail = body.sentence(status: response.status)
        // Only the gateway's own shape says that the service behind it was not reached.
        guard body.isOfService, body.code != nil else { return .doubtful(detail: detail) }
        return .throttled(retryAfter: response.retryAfter, detail: detail)
    }

    private static func refused(_ response: PlatformResponse, _ call: Call) -> CallAnswer {
        let body = ErrorBody(response.body)
        let detail = body.sentence(status: response.status)
        guard body.isOfService else { return .doubtful(detail: detail) }
        switch response.status {
        case 401: return .refused(.unauthorized(detail: detail))
        case 403: return .refused(.forbidden(detail: detail))
        case 413: return .refused(.tooLarge(detail: detail))
        case 400: return .refused(RefusalText.classify(body.message, detail))
        case 404, 405, 406, 409, 410, 412, 415, 422:
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
        let isPlain =
            (8...64).contains(last.count)
            && last.allSatisfy { byte in
                (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                    || byte == UInt8(ascii: "-")
            }
        return isPlain ? RunID(String(Substring(last))) : nil
    }
}

/// The business errors of a 400, told apart by their text, loosely: the documentation spells them in several ways.
enum RefusalText {
    static func classify(_ message: String, _ detail: String) -> CallRefusal {
        let lower = message.lowercased()
        if let found = alreadyRunning(message, lower) {
            return .alreadyRunning(found.pair, found.run, detail: detail)
        }
        if lower.contains("not part of this dataflow") || lower.contains("out of schedule range") {
            return .notMapped(names: names(message), detail: detail)
        }
        if lower.contains("not ready") { return .notReady(detail: detail) }
        let speaksOfSize = ["exceed", "maximum", "too many", "more than", "limit"].contains { lower.contains($0) }
        let speaksOfPairs = ["audience", "segment", "activation"].contains { lower.contains($0) }
        if speaksOfSize, speaksOfPairs { return .tooLarge(detail: detail) }
        return .other(status: 400, detail: detail)
    }

    /// `Run already going on for (audience|segment) <id> for order <id> with run id <id>`.
    private static func alreadyRunning(_ message: String, _ lower: String) -> (pair: Pair, run: RunID)? {
        guard lower.contains("run already going on") else { return nil }
        let words = message.split { $0 == " " || $0 == "\n" || $0 == "\t" }.map(String.init)
        func word(after name: String) -> String? {
            guard let index = words.firstIndex(where: { $0.lowercased() == name }), index + 1 < words.count else {
                return nil
            }
            return trimmed(words[index + 1])
        }
        guard let audience = word(after: "audience") ?? word(after: "segment"), let dataflow = word(after: "order"),
            let run = word(after: "id"), let id = RunURL.run(run)
        else { return nil }
        return (Pair(dataflow: DataflowID(dataflow), audience: AudienceID(audience)), id)
    }

    private static func trimmed(_ word: String) -> String {
        var text = word[...]
        while let last = text.last, ".,;:!\"'".contains(last) { text = text.dropLast() }
        while let first = text.first, "\"'".contains(first) { text = text.dropFirst() }
        return String(text)
    }

    /// `Segments A,B are not part of …`: the names between, by commas. A name with a comma is not found, and the refused
    /// call is halved instead.
    private static func names(_ message: String) -> [String] {
        let lower = message.lowercased()
        guard let end = lower.range(of: " are not part") ?? lower.range(of: " is not part") else { return [] }
        // Lower case may be of another length in some scripts: such a message names nobody, and the call is halved.
        let length = lower.distance(from: lower.startIndex, to: end.lowerBound)
        guard let stop = message.index(message.startIndex, offsetBy: length, limitedBy: message.endIndex) else {
            return []
        }
        let head = message[..<stop]
        guard let space = head.firstIndex(of: " ") else { return [] }
        return head[head.index(after: space)...].split(separator: ",").map { name in
            String(name.drop { $0 == " " || $0 == "[" }.reversed().drop { $0 == " " || $0 == "]" }.reversed())
        }
    }
}

extension String {
    /// The first place of a text, without Foundation.
    fileprivate func range(of other: String) -> Range<String.Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(other) { return start..<index(start, offsetBy: other.count) }
            start = index(after: start)
        }
        return nil
    }
}
