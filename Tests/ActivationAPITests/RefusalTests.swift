import ActivationAPI
import Chronology
import SchedulerCore
import Testing

/// Goal: every way in which the platform says no is understood as what it means: wait, busy, not mapped, too large, no
/// right; and nothing else is learned from it.
@Suite struct RefusalTests {
    private let audience = pairs[0].audience.text
    private let other = pairs[2].audience.text
    private let run = "33333333-cccc-4ccc-8ccc-000000000009"

    private func answer(_ status: Int, _ body: String, retryAfter: Duration? = nil, of sent: Call = call) -> CallAnswer
    {
        CallClassification.classify(
            PlatformResponse(status: status, body: Array(body.utf8), retryAfter: retryAfter), of: sent)
    }

    private func refusal(_ message: String, of sent: Call = call) -> CallRefusal? {
        guard case .refused(let refusal) = answer(400, #"{"message":"\#(message)"}"#, of: sent) else { return nil }
        return refusal
    }

    private func sent(_ count: Int) -> Call {
        let many = (1...count).map { Pair(dataflow: flowA, audience: AudienceID("audience-\($0)")) }
        return Call(
            id: CallID(2), sandbox: "prod", activations: (1...count).map { ActivationID(OccurrenceID(1), $0) },
            pairs: many, baselines: [:], exportJob: nil, at: Instant(milliseconds: 0))
    }

    // MARK: Slow down

    @Test(arguments: [
        "", "\n", #"{"title":"Too Many Requests","status":429}"#, "<html>429</html>", "slow down",
        #"{"error_code":"429050","message":"Too many requests"}"#,
        #"{"error_code":429001,"message":"Service usage limit reached"}"#, "{}",
    ])
    func `a 429 is never a doubt, whatever its body is`(body: String) {
        guard case .throttled(let pause, _) = answer(429, body, retryAfter: .seconds(30)) else {
            Issue.record("not throttled: \(body)")
            return
        }
        #expect(pause == .seconds(30))
    }

    @Test(arguments: [
        "request limit exceeded for this sandbox, try again later",
        "Activation request limit exceeded for this sandbox, try again later",
        "The quota of this organization is used up", "Service usage limit reached", "Too many requests",
        "Number of activations per day exceeds the limit",
        "More than 20 audiences were activated today, try again later",
        "Rate limit exceeded for audience exports",
    ])
    func `a quota is a reason to wait, and teaches no size`(message: String) {
        guard case .throttled = answer(400, #"{"message":"\#(message)"}"#, of: sent(80)) else {
            Issue.record("\(answer(400, message)) of \(message)")
            return
        }
    }

    // MARK: Sizes

    @Test(arguments: [
        "Number of segments exceeds the maximum of 80", "Number of audiences exceeds the maximum",
        "A job takes at most 80 audiences", "Too many audiences in one job", "Too many segments",
        "More than 80 segments per job are not allowed", "The limit of 80 audiences per job is exceeded",
        "Invalid parameter: the maximum number of activations in a request is 80", "max 80 pairs per job",
    ])
    func `a text about pairs or audiences in a job is about the size`(message: String) {
        guard case .tooLarge = refusal(message, of: sent(81)) else {
            Issue.record("\(String(describing: refusal(message, of: sent(81)))) of \(message)")
            return
        }
    }

    @Test(arguments: [
        "The sandbox exceeds its limit", "Number of segments exceeds the maximum of 4000",
        "The name of the audience exceeds the maximum length", "More than one merge policy", "limit",
        "Audience evaluation is limited to 20 audiences", "The audience exceeds the limit of 5 million rows per file",
        "Maximum of 80 audiences",
    ])
    func `other limits teach no size`(message: String) {
        guard case .other = refusal(message, of: sent(3)) else {
            Issue.record("\(String(describing: refusal(message, of: sent(3)))) of \(message)")
            return
        }
    }

    @Test func `a size that is named counts from the first call that is larger`() {
        let message = "Number of segments exceeds the maximum of 80"
        if case .tooLarge = refusal(message, of: sent(80)) { Issue.record("80 pairs do not exceed 80") }
        guard case .tooLarge = refusal(message, of: sent(81)) else {
            Issue.record("81 pairs exceed 80")
            return
        }
    }

    @Test(arguments: ["audience", "audiences", "segment", "segments", "activation", "activations", "pair", "pairs"])
    func `every noun of a size is known, in every place of it`(noun: String) {
        for message in [
            "Number of \(noun) exceeds the maximum", "Too many \(noun)", "at most 80 \(noun)", "\(noun) per job: limit",
            "\(noun) per request: limit", "\(noun) per call: limit",
        ] {
            guard case .tooLarge = refusal(message, of: sent(81)) else {
                Issue.record("\(String(describing: refusal(message, of: sent(81)))) of \(message)")
                continue
            }
        }
        for message in ["a maximum of \(noun)", "\(noun) per row: limit", "80 \(noun)"] {
            if case .tooLarge = refusal(message, of: sent(81)) { Issue.record("a size in \(message)") }
        }
    }

    @Test(arguments: ["exceed", "maximum", "max", "too many", "more than", "at most", "limit"])
    func `every word for too much is known`(word: String) {
        guard case .tooLarge = refusal("\(word): 80 audiences per job", of: sent(81)) else {
            Issue.record("not a size: \(word)")
            return
        }
    }

    @Test(arguments: [
        "try again later", "quota", "too many requests", "rate limit", "concurrent limit", "per second limit",
        "per minute limit", "per hour limit", "per day limit", "hourly limit", "daily limit", "today: limit",
        "request limit", "usage limit", "per day: exceed", "per day: maximum", "per day: too many", "per day: reached",
        "per day: at most",
    ])
    func `every word for a quota is known`(word: String) {
        guard case .throttled(.seconds(60), _) = answer(400, #"{"message":"\#(word): wait for 1 minute"}"#) else {
            Issue.record("not a quota: \(answer(400, #"{"message":"\#(word): wait for 1 minute"}"#))")
            return
        }
    }

    @Test(arguments: ["concurrent", "per second", "per minute", "per hour", "per day", "hourly", "daily", "today"])
    func `a word for a period alone is no quota: it may be of an audience's name`(word: String) {
        guard case .other = refusal("Audience \(word) buyers is not known", of: sent(80)) else {
            Issue.record("\(answer(400, "Audience \(word) buyers is not known"))")
            return
        }
    }

    @Test func `a quota of one of several audiences is looked for by halving, and one of the sandbox is not`() {
        let call = sent(80)
        let message = "Daily limit reached for audience \(call.pairs[3].audience)"
        guard case .notReady(nil, _) = refusal(message, of: call) else {
            Issue.record("\(String(describing: refusal(message, of: call)))")
            return
        }
        guard case .throttled = answer(400, #"{"message":"Daily limit reached"}"#, of: call) else {
            Issue.record("a quota of nobody in particular")
            return
        }
    }

    // MARK: Already going on

    @Test func `a run that is going on is parsed in every order and spelling`() {
        let texts = [
            "Run already going on for audience \(audience) for order \(flowA) with run id \(run)",
            "Run already going on for segment \(audience) for order \(flowA) with run id \(run)",
            "Run already going on for audiences \(audience) for dataflow \(flowA) with run id \(run)",
            "Run already going on for segments [\(audience)] for order '\(flowA)' with run id \(run)!",
            "Invalid parameter: Run already going on for audience: \(audience), order: \(flowA), run id: \(run)",
            "RUN ALREADY GOING ON with run id \(run) for dataflow \(flowA), audience \(audience).",
            "Run \(run) already going on for \(audience) on \(flowA)",
            "Run already going on for audience (\(audience)) for order (\(flowA)) with run ids (\(run))",
        ]
        for text in texts {
            guard case .alreadyRunning(let pair, let found, _) = refusal(text) else {
                Issue.record("\(String(describing: refusal(text))) of \(text)")
                continue
            }
            #expect(pair == pairs[0] && found == RunID(run))
        }
    }

    @Test func `a run on a pair that was not sent is told as it is`() {
        let text = "Run already going on for audience somebody-else for order another-flow with run id \(run)"
        #expect(
            refusal(text)
                == .alreadyRunning(
                    Pair(dataflow: "another-flow", audience: "somebody-else"), RunID(run),
                    detail: "HTTP 400: \(text)"))
    }

    @Test func `the phrase alone means busy`() {
        let texts = [
            "Run already going on", "Run already going on for audience \(audience)",
            "Run already going on for audiences \(audience), \(other) with run ids \(run), \(run.dropLast())8",
            "Run already going on for audience \(audience) for order \(flowA) with run id ",
            "Run already going on for audience \(audience) for order \(flowA) since 2026-11-29",
            "Run already going on for audience \(audience) for order \(flowA) since 2026-11-29T10:15:00Z",
            "Run already going on for audience \(audience) for order \(flowA) since 1795946400000",
        ]
        for text in texts {
            guard case .notReady(nil, _) = refusal(text) else {
                Issue.record("\(String(describing: refusal(text))) of \(text)")
                continue
            }
        }
    }

    // MARK: Not now

    @Test(arguments: [
        ("please wait for 10 minutes and retry", Duration.seconds(600)), ("wait 1 minute", .seconds(60)),
        ("wait for 45 seconds", .seconds(45)), ("retry after 2 min", .seconds(120)),
        ("try again in 30 s", .seconds(30)),
        ("wait for 1 hour", .seconds(3600)), ("wait for 24 hours", .seconds(3600)), ("", nil), ("wait a while", nil),
        ("wait for 0 minutes", nil), ("wait for 99999999999999999999 minutes", nil), ("10 apples", nil),
        ("wait for 10", nil),
    ])
    func `what is not ready is waited for as long as the text says`(text: String, expected: Duration?) {
        let message = "Invalid parameter: Following order ID(s) are not ready for dataset export, \(text)."
        #expect(refusal(message) == .notReady(after: expected, detail: "HTTP 400: \(message)"))
    }

    @Test(arguments: [
        ("s", 1), ("sec", 1), ("secs", 1), ("second", 1), ("seconds", 1), ("m", 60), ("min", 60), ("mins", 60),
        ("minute", 60), ("minutes", 60), ("h", 3600), ("hour", 3600), ("hours", 3600), ("days", nil), ("ms", nil),
    ])
    func `every unit of a wait is known`(unit: String, seconds: Int?) {
        for word in ["wait", "retry in", "again in"] {
            #expect(
                refusal("not ready, \(word) 1 \(unit)")
                    == .notReady(
                        after: seconds.map { .seconds($0) }, detail: "HTTP 400: not ready, \(word) 1 \(unit)"))
        }
    }

    @Test(arguments: [(59, "minutes", 3540), (60, "minutes", 3600), (61, "minutes", 3600), (3601, "s", 3600)])
    func `a wait that a text asks for is an hour at most`(count: Int, unit: String, seconds: Int) {
        guard case .notReady(let pause, _) = refusal("not ready, wait for \(count) \(unit)") else {
            Issue.record("not understood")
            return
        }
        #expect(pause == .seconds(seconds))
    }

    @Test func `the header says how long better than the text`() {
        let body = #"{"message":"Following order ID(s) are not ready, please wait for 10 minutes and retry."}"#
        guard case .refused(.notReady(let pause, _)) = answer(400, body, retryAfter: .seconds(20)) else {
            Issue.record("not understood")
            return
        }
        #expect(pause == .seconds(20))
    }

    @Test func `a conflict is too early, for as long as it says`() {
        for body in [#"{"message":"24 h are not over"}"#, ""] {
            guard case .refused(.notReady(.seconds(30), _)) = answer(409, body, retryAfter: .seconds(30)) else {
                Issue.record("\(answer(409, body, retryAfter: .seconds(30)))")
                continue
            }
        }
        guard case .refused(.notReady(nil, _)) = answer(409, #"{"message":"conflict"}"#) else {
            Issue.record("\(answer(409, #"{"message":"conflict"}"#))")
            return
        }
        // Nobody of the service said so.
        guard case .doubtful = answer(409, "<html>") else {
            Issue.record("\(answer(409, "<html>"))")
            return
        }
        let going = "Run already going on for audience \(audience) for order \(flowA) with run id \(run)"
        guard case .refused(.alreadyRunning) = answer(409, #"{"message":"\#(going)"}"#) else {
            Issue.record("\(answer(409, going))")
            return
        }
    }

    // MARK: Rights

    @Test(arguments: [
        ("403000", "Api Key is required", "token"), ("403003", "Api Key is invalid", "token"),
        ("403010", "Oauth token is missing.", "token"), ("403025", "Profile is not valid", "forbidden"),
        ("403027", "User region is missing", "forbidden"), ("403020", "Oauth token missing or invalid", "token"),
        ("503020", "Could not read the profile", "passing"), ("503000", "Could not validate Api Key", "passing"),
    ])
    func `a 403 that only passes, or is about the token itself, is told from a missing right`(
        code: String, text: String, expected: String
    ) {
        for body in [
            #"{"error_code":"\#(code)","message":"\#(text)"}"#, #"{"error_code":\#(code),"message":"\#(text)"}"#,
        ] {
            let kind: String
            switch answer(403, body) {
            case .refused(.forbidden): kind = "forbidden"
            case .refused(.unauthorized): kind = "token"
            case .throttled: kind = "passing"
            default: kind = "\(answer(403, body))"
            }
            #expect(kind == expected)
            let response = PlatformResponse(status: 403, body: Array(body.utf8))
            #expect(response.asksForNewToken == (expected != "passing"))
            let failure = response.failure()
            switch failure {
            case .credentials: #expect(expected == "token")
            case .refused(status: 403, _): #expect(expected == "forbidden")
            case .unavailable: #expect(expected == "passing")
            default: Issue.record("\(failure)")
            }
        }
    }

    @Test(arguments: [
        "Segments Spring sale,Lapsed are not part of this dataflow or out of schedule range!",
        "Invalid parameter: Segments Spring sale,Lapsed are not part of this dataflow or out of schedule range!",
        "Audiences Spring sale, Lapsed are not part of this dataflow or out of schedule range!",
        "INVALID PARAMETER: AUDIENCES Spring sale,Lapsed ARE NOT PART OF THIS DATAFLOW",
    ])
    func `a prefix does not hide the names of audiences that are not mapped`(message: String) {
        guard case .notMapped(let names, _) = refusal(message) else {
            Issue.record("not understood: \(message)")
            return
        }
        #expect(names == ["Spring sale", "Lapsed"])
    }

    @Test(arguments: [
        "Audience is not part of this dataflow", "one of them is out of schedule range", "not part of this dataflow",
    ])
    func `a refusal for a mapping that names nobody is one all the same`(message: String) {
        guard case .notMapped([], _) = refusal(message) else {
            Issue.record("\(String(describing: refusal(message)))")
            return
        }
    }

    @Test(arguments: [
        (200, false), (400, false), (401, true), (402, false), (403, true), (404, false), (429, false), (503, false),
    ])
    func `only a 401 and a 403 may be mended by a new token`(status: Int, expected: Bool) {
        #expect(PlatformResponse(status: status, body: []).asksForNewToken == expected)
    }

    // MARK: Statuses

    @Test(arguments: [
        (200, "doubtful"), (201, "doubtful"), (202, "doubtful"), (203, "doubtful"), (204, "doubtful"),
        (299, "doubtful"), (300, "doubtful"), (302, "doubtful"), (307, "doubtful"), (399, "doubtful"), (400, "refused"),
        (401, "refused"), (402, "doubtful"), (403, "refused"), (404, "refused"), (405, "refused"), (406, "refused"),
        (407, "doubtful"), (408, "doubtful"), (409, "refused"), (410, "refused"), (411, "doubtful"), (412, "refused"),
        (413, "refused"), (414, "doubtful"), (415, "refused"), (422, "refused"), (428, "doubtful"), (429, "throttled"),
        (430, "doubtful"), (499, "doubtful"), (500, "doubtful"), (503, "doubtful"), (599, "doubtful"),
        (100, "doubtful"),
        (600, "doubtful"),
    ])
    func `every status of a call has its place`(status: Int, expected: String) {
        let kind: String
        switch answer(status, #"{"message":"m"}"#) {
        case .accepted: kind = "accepted"
        case .refused: kind = "refused"
        case .throttled: kind = "throttled"
        case .notSent: kind = "not sent"
        case .doubtful: kind = "doubtful"
        }
        #expect(kind == expected)
    }

    @Test(arguments: [
        (299, "refused"), (300, "nonsense"), (399, "nonsense"), (400, "refused"), (401, "credentials"),
        (403, "refused"),
        (404, "refused"), (408, "unavailable"), (409, "refused"), (428, "refused"), (429, "throttled"),
        (430, "refused"),
        (499, "refused"), (500, "unavailable"), (599, "unavailable"), (600, "refused"),
    ])
    func `every status of a question has its place`(status: Int, expected: String) {
        let kind: String
        switch PlatformResponse(status: status, body: []).failure() {
        case .credentials: kind = "credentials"
        case .secret: kind = "secret"
        case .throttled: kind = "throttled"
        case .unavailable: kind = "unavailable"
        case .refused: kind = "refused"
        case .nonsense: kind = "nonsense"
        }
        #expect(kind == expected)
    }

    @Test(arguments: [
        #"{"message":"m"}"#, #"{"errorMessage":"m"}"#, #"{"errorDetails":"m"}"#, #"{"title":"m"}"#, #"{"detail":"m"}"#,
        #"{"error":"m"}"#, #"{"error_description":"m"}"#, #"{"errors":[{"msg":"m"}]}"#,
        #"{"errors":[{"message":"m"}]}"#,
    ])
    func `every shape of an error is read`(body: String) {
        #expect(ErrorBody(Array(body.utf8)).message == "m")
        guard case .refused = answer(400, body) else {
            Issue.record("not refused: \(body)")
            return
        }
    }

    @Test func `an empty text says nothing`() {
        let body = ErrorBody(Array(#"{"message":"","title":"Gone","error_code":""}"#.utf8))
        #expect(body.message == "Gone" && body.code == nil)
        #expect(!ErrorBody(Array(#"{"message":""}"#.utf8)).isOfService)
    }
}
