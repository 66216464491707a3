// What the platform answers: any bytes with any status are an answer in our words, or a failure in words that can be
// shown. What a call means is checked against the in-doubt rule.

internal import ActivationAPI
internal import Chronology
internal import SchedulerCore

enum AnswersSubject {
    private static let statuses = [
        -1, 0, 100, 199, 204, 226, 299, 300, 301, 304, 307, 402, 403, 404, 405, 406, 408, 409, 410, 412, 413, 415, 418,
        422,
        425, 428, 431, 451, 499, 502, 503, 504, 599, 600, 999,
    ]

    /// The pairs of the examples, and one more.
    private static let pairs = [
        Pair(dataflow: "ef2dcbd6-36fc-49a3-afed-d7b8e8f724eb", audience: "db8961e9-d52f-45bc-b3fb-76d0382a6851"),
        Pair(dataflow: "flow", audience: "vip"),
    ]

    private static let call = Call(
        id: CallID(1), sandbox: "prod", activations: [1, 2].map { ActivationID(OccurrenceID(1), $0) }, pairs: pairs,
        baselines: [:], exportJob: nil, at: TOMLSubject.now)

    private static let builder = RequestBuilder(
        PlatformSettings(
            organization: "5555467B5D8013E50A494220@AdobeOrg", sandbox: "prod", clientID: "client",
            clientSecret: .credential("secret")))

    static func check(_ bytes: [UInt8]) throws(BrokenRule) {
        var choice = Choice(bytes)
        try token(bytes)
        try listings(bytes)
        for status in [200, 400, 401, 429, 500, choice.pick(statuses)] { try call(status, bytes) }
        let text = String(decoding: bytes, as: UTF8.self)
        if let run = RunURL.run(text) {
            try requirePlain(run, "a run of a status URL")
            let path = text.utf8.prefix { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
            try require(
                path.suffix(run.text.utf8.count).elementsEqual(run.text.utf8), "a run that is no end of a path: \(run)")
        }
        try link(text)
    }

    // MARK: Token

    private static func token(_ bytes: [UInt8]) throws(BrokenRule) {
        do throws(AskFailure) {
            let token = try TokenAnswer.read(bytes)
            let isHeader = !token.text.isEmpty && token.text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
            guard isHeader, (.zero...Duration.seconds(2 * 86_400)).contains(token.lifetime) else {
                throw .nonsense(detail: "unusable: \(token)")
            }
        } catch {
            // A token that is taken is fit for a header; what is not taken is not repeated: it may be one.
            try require(error.detail.hasPrefix("the token answer"), "a token's failure says \(error.detail)")
        }
    }

    // MARK: Listings

    private static func listings(_ bytes: [UInt8]) throws(BrokenRule) {
        try page(Result { () throws(AskFailure) in try ExportJobsAnswer.read(bytes) }) { (job) throws(BrokenRule) in
            try words([job.id, job.word])
            try require(job.status != .running || job.endedAt == nil, "a running export that ended")
        }
        try page(Result { () throws(AskFailure) in try DataflowsAnswer.read(bytes, "prod", at: TOMLSubject.now) }) {
            (flow) throws(BrokenRule) in
            try words([flow.name, flow.state])
            if case .unusable(let sentence) = flow.existence { try words([sentence]) }
            try require(flow.mappings.allSatisfy { !$0.ids.isEmpty }, "a mapping of no audience")
            try requireSafe(builder.dataflow("prod", flow.id))
            try requireSafe(builder.runs("prod", [flow.id, flow.id]))
        }
        try page(Result { () throws(AskFailure) in try RunsAnswer.read(bytes) }) { (run) throws(BrokenRule) in
            try words([run.word, run.metrics.snapshot ?? ""] + run.metrics.errors)
            try require(run.metrics.errors.count <= 5, "\(run.metrics.errors.count) errors are kept")
            let counts = [
                run.metrics.records, run.metrics.bytes, run.metrics.files, run.metrics.skipped, run.metrics.failed,
            ]
            try require(counts.allSatisfy { $0 ?? 0 >= 0 }, "a negative count")
            try requireSafe(builder.run("prod", run.id))
        }
    }

    private static func page<Item>(
        _ read: Result<Page<Item>, AskFailure>, _ judge: (Item) throws(BrokenRule) -> Void
    ) throws(BrokenRule) {
        switch read {
        case .success(let page):
            for item in page.items { try judge(item) }
            if let next = page.next { try link(next) }
        case .failure(let failure):
            try words([failure.detail])
        }
    }

    // MARK: Calls

    private static func call(_ status: Int, _ bytes: [UInt8]) throws(BrokenRule) {
        let response = PlatformResponse(status: status, body: bytes)
        try words([response.failure().detail])
        let answer = CallClassification.classify(response, of: call)
        let rule = "HTTP \(status) is \(answer)"
        switch answer {
        case .accepted(let runs):
            try require([200, 201, 202].contains(status), rule)
            try require(Set(runs.keys).isSubset(of: pairs), "a run of a pair that was not sent: \(rule)")
            for run in runs.values { try requirePlain(run, "a run of an accepted call") }
        case .refused(let refusal):
            try require((400...499).contains(status) && status != 429 && status != 408, rule)
            try require(ErrorBody(bytes).isOfService, "refused by who knows whom: \(rule)")
            try judge(refusal)
        case .throttled(_, let detail):
            try require([400, 403, 429].contains(status), rule)
            try words([detail])
        case .doubtful(let detail):
            try words([detail])
        case .notSent:
            throw BrokenRule("an answer to what was not sent: \(rule)")
        }
    }

    private static func judge(_ refusal: CallRefusal) throws(BrokenRule) {
        switch refusal {
        case .alreadyRunning(_, let run, let detail):
            try requirePlain(run, "a run that is going on")
            try words([detail])
        case .notMapped(let names, let detail):
            try words([detail])
            try require(names.count <= 1_000, "\(names.count) names")
        case .notReady(_, let detail), .tooLarge(let detail), .unauthorized(let detail), .forbidden(let detail),
            .other(_, let detail):
            try words([detail])
        }
    }

    // MARK: Rules

    /// What people are shown of an answer is one line and short.
    private static func words(_ texts: [String]) throws(BrokenRule) {
        for text in texts {
            try Shown.requireOneLine(text, "an answer's text")
            // 512 characters of up to 10 bytes each once they are escaped, a code of as many, and our own words.
            try require(text.utf8.count <= 11_000, "\(text.utf8.count) bytes of an answer are kept")
        }
    }

    private static func requirePlain(_ run: RunID, _ what: String) throws(BrokenRule) {
        let isPlain = run.text.utf8.allSatisfy { byte in
            UnicodeScalar(byte).properties.isAlphabetic && byte < 0x80 || (48...57).contains(byte) || byte == 45
        }
        try require(isPlain && (8...64).contains(run.text.utf8.count), "\(what) is \(run.text.debugDescription)")
    }

    /// A link of an answer leads to the same listing on the same host, or nowhere.
    private static func link(_ text: String) throws(BrokenRule) {
        let asked = builder.runs("prod", ["flow"])
        guard let next = builder.next(text, of: asked, "prod") else { return }
        try require(next.path == asked.path, "a link leads to \(next.target)")
        try requireSafe(next)
    }

    /// Fit for a request line, whatever the ids in it are.
    private static func requireSafe(_ request: PlatformRequest) throws(BrokenRule) {
        try require(
            request.target.hasPrefix("/") && request.target.utf8.allSatisfy { (0x21...0x7E).contains($0) },
            "a request for \(request.target.debugDescription)")
        try require(
            !request.path.contains("/../") && !request.path.hasSuffix("/.."), "a path that climbs: \(request.path)")
    }
}
