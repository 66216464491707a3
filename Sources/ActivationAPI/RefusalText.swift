// What the text of a refusal means. The documentation spells the same refusal in several ways, in several orders, with and
// without a prefix, so words are looked for wherever they stand, and no text is compared whole.

internal import SchedulerCore

enum RefusalBounds {
    /// A text that asks for a longer wait is waited for this long: what it is about may be settled before.
    static let pause = Duration.seconds(3600)
}

struct RefusalText {
    private let message: String
    private let lower: String
    /// The words, without the marks around them.
    private let words: [String]
    private let lowerWords: [String]
    private let detail: String
    private let call: Call

    init(_ message: String, _ detail: String, _ call: Call) {
        self.message = message
        self.detail = detail
        self.call = call
        lower = message.lowercased()
        words = Self.words(message)
        lowerWords = words.map { $0.lowercased() }
    }

    /// What a 400 says.
    ///
    /// - Parameter pause: What the answer's header asks for; it is more exact than a text.
    func answer(_ pause: Duration?) -> CallAnswer {
        if let busy = busy(pause) { return .refused(busy) }
        if has(["not part of this dataflow", "out of schedule range"]) {
            return .refused(.notMapped(names: names(), detail: detail))
        }
        if has(["not ready"]) { return .refused(.notReady(after: pause ?? namedPause, detail: detail)) }
        if isAboutQuota {
            // One that names a pair is that pair's: the call is halved until the others go without it.
            return namesOneOfSeveral
                ? .refused(.notReady(after: pause ?? namedPause, detail: detail))
                : .throttled(retryAfter: pause ?? namedPause, detail: detail)
        }
        if isAboutSize { return .refused(.tooLarge(detail: detail)) }
        // Of these the quota is meant only where no number of pairs is.
        if has(["request limit", "usage limit"]) { return .throttled(retryAfter: pause ?? namedPause, detail: detail) }
        return .refused(.other(status: 400, detail: detail))
    }

    /// What a 409 says: somebody is there already, or it is too early.
    func conflict(_ pause: Duration?) -> CallRefusal {
        busy(pause) ?? .notReady(after: pause ?? namedPause, detail: detail)
    }

    private func has(_ texts: [String]) -> Bool {
        texts.contains { lower.contains($0) }
    }

    // MARK: Already going on

    /// `Run already going on for audience <id> for order <id> with run id <id>`, in any order. The phrase alone means busy;
    /// with exactly one audience, dataflow and run it also says who.
    private func busy(_ pause: Duration?) -> CallRefusal? {
        guard has(["already going on"]) else { return nil }
        guard let pair = namedPair else { return .notReady(after: pause ?? namedPause, detail: detail) }
        let others = unique(words) { RunURL.isPlain($0) && $0.utf8.contains { (48...57).contains($0) } && !$0.isTime }
            .filter { $0 != pair.audience.text && $0 != pair.dataflow.text }
        guard others.count == 1 else { return .notReady(after: pause ?? namedPause, detail: detail) }
        return .alreadyRunning(pair, RunID(others[0]), detail: detail)
    }

    private var namedPair: Pair? {
        let audiences = Set(call.pairs.map(\.audience.text))
        let dataflows = Set(call.pairs.map(\.dataflow.text))
        let named = unique(words) { audiences.contains($0) }
        let on = unique(words) { dataflows.contains($0) }
        guard named.count <= 1, on.count <= 1,
            let audience = named.first ?? word(after: ["audience", "audiences", "segment", "segments"])
        else { return nil }
        if let dataflow = on.first ?? word(after: ["order", "orders", "dataflow", "flow"]) {
            return Pair(dataflow: DataflowID(dataflow), audience: AudienceID(audience))
        }
        let sent = call.pairs.filter { $0.audience.text == audience }
        return sent.count == 1 ? sent[0] : nil
    }

    private func word(after names: Set<String>) -> String? {
        guard let index = lowerWords.firstIndex(where: names.contains), index + 1 < words.count else { return nil }
        return words[index + 1]
    }

    private func unique(_ words: [String], _ isWanted: (String) -> Bool) -> [String] {
        var found: [String] = []
        for word in words where isWanted(word) && !found.contains(word) { found.append(word) }
        return found
    }

    // MARK: Not now

    /// What comes back with time, and says nothing of how many pairs a call may have.
    private static let quotaWords = ["try again later", "quota", "too many requests", "rate limit"]
    /// The same, beside a word for a limit: alone they may be of an audience's name.
    private static let periods = [
        "concurrent", "per second", "per minute", "per hour", "per day", "hourly", "daily", "today",
    ]
    private static let limits = ["limit", "exceed", "maximum", "too many", "reached", "at most"]

    private var isAboutQuota: Bool { has(Self.quotaWords) || has(Self.periods) && has(Self.limits) }

    private var namesOneOfSeveral: Bool {
        let audiences = Set(call.pairs.map(\.audience.text))
        return audiences.count > 1 && words.contains(where: audiences.contains)
    }

    private static let units: [String: Int64] = [
        "s": 1, "sec": 1, "secs": 1, "second": 1, "seconds": 1, "m": 60, "min": 60, "mins": 60, "minute": 60,
        "minutes": 60, "h": 3600, "hour": 3600, "hours": 3600,
    ]

    /// `please wait for 10 minutes and retry`.
    private var namedPause: Duration? {
        guard let begin = lowerWords.firstIndex(where: ["wait", "retry", "again"].contains) else { return nil }
        for (number, unit) in zip(lowerWords[begin...], lowerWords[begin...].dropFirst()) {
            guard number.isDigits, let count = Int64(number), count > 0, let seconds = Self.units[unit] else {
                continue
            }
            let limit = RefusalBounds.pause.components.seconds
            return count > limit / seconds ? RefusalBounds.pause : .seconds(count * seconds)
        }
        return nil
    }

    // MARK: Sizes

    private static let nouns: Set<String> = [
        "audience", "audiences", "segment", "segments", "activation", "activations", "pair", "pairs",
    ]

    /// Whether it says that a job has too many pairs or audiences. Other limits (rows, names, a sandbox) teach no size; nor
    /// does a number that the call does not exceed.
    private var isAboutSize: Bool {
        guard has(["exceed", "max", "too many", "more than", "at most", "limit"]) else { return false }
        let numbers = words.filter(\.isDigits).map { Int($0) ?? .max }
        if !numbers.isEmpty, !numbers.contains(where: { $0 >= 1 && $0 < call.pairs.count }) { return false }
        return lowerWords.indices.contains { index in
            guard Self.nouns.contains(lowerWords[index]) else { return false }
            let before = lowerWords[..<index].suffix(2)
            let after = Array(lowerWords[(index + 1)...].prefix(2))
            return before.last?.isDigits == true || Array(before) == ["number", "of"]
                || Array(before) == ["too", "many"]
                || (after.first == "per" && ["job", "request", "call"].contains(after.last))
        }
    }

    // MARK: Names

    /// `Segments A,B are not part of …`: the names between, by commas. A name with a comma is not found, and the refused
    /// call is halved instead.
    private func names() -> [String] {
        guard let end = lower.place(of: " are not part") ?? lower.place(of: " is not part") else { return [] }
        let begins = ["segments ", "audiences ", "segment ", "audience "].compactMap { noun in
            lower.place(of: noun).map { (place: $0, length: noun.count) }
        }
        // What stands before the first of these, such as `Invalid parameter:`, is no name.
        guard let begin = begins.min(by: { $0.place < $1.place }), begin.place + begin.length <= end else { return [] }
        // Lower case may be of another length in some scripts: such a message names nobody, and the call is halved.
        guard lower.count == message.count else { return [] }
        return message.dropFirst(begin.place + begin.length).prefix(end - begin.place - begin.length)
            .split(separator: ",").map { name in
                String(name.drop { $0 == " " || $0 == "[" }.reversed().drop { $0 == " " || $0 == "]" }.reversed())
            }
    }

    /// Letters, digits, `-` and `_`, and every byte beyond ASCII: all else stands between words.
    private static func words(_ message: String) -> [String] {
        message.utf8.split { byte in
            let isPart =
                (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte >= 0x80
                || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
            return !isPart
        }.compactMap { String($0) }
    }
}

extension String {
    /// Whether it looks like a day, or a time, and not like an id: `2026-11-29`, `2026-11-29T10`, `1795946400000`.
    fileprivate var isTime: Bool {
        if isDigits { return true }
        let form = utf8.prefix(10).map { (48...57).contains($0) ? UInt8(ascii: "0") : $0 }
        return form == Array("0000-00-00".utf8) && (utf8.count == 10 || utf8.dropFirst(10).first == UInt8(ascii: "T"))
    }

    /// How many characters stand before a text's first place, without Foundation.
    fileprivate func place(of other: String) -> Int? {
        var start = startIndex
        var count = 0
        while start < endIndex {
            if self[start...].hasPrefix(other) { return count }
            start = index(after: start)
            count += 1
        }
        return nil
    }
}
