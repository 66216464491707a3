import ActivationAPI
import Chronology
import SchedulerCore
import Testing

func response(_ status: Int, _ body: String) -> PlatformResponse {
    PlatformResponse(status: status, body: Array(body.utf8))
}

/// Goal: only what was certainly refused counts as refused, only what was certainly accepted as accepted, and everything
/// else is in doubt.
@Suite struct CallClassificationTests {
    private func answer(_ status: Int, _ body: String) -> CallAnswer {
        CallClassification.classify(response(status, body), of: call)
    }

    private func kind(_ answer: CallAnswer) -> String {
        switch answer {
        case .accepted(let runs): "accepted \(runs.count)"
        case .throttled: "throttled"
        case .notSent: "not sent"
        case .doubtful: "doubtful"
        case .refused(let refusal):
            switch refusal {
            case .alreadyRunning: "already running"
            case .notMapped: "not mapped"
            case .notReady: "not ready"
            case .tooLarge: "too large"
            case .unauthorized: "unauthorized"
            case .forbidden: "forbidden"
            case .other: "other"
            }
        }
    }

    private static func order(_ pair: Pair, _ url: String) -> String {
        #"{"segment":"\#(pair.audience)","order":"\#(pair.dataflow)","statusURL":"\#(url)"}"#
    }

    @Test func `accepted pairs carry their run, whatever host the status URL names`() {
        let runs = ["33333333-cccc-4ccc-8ccc-000000000001", "33333333-cccc-4ccc-8ccc-000000000002"]
        let body =
            #"{"order":["#
            + [
                Self.order(pairs[0], "https://platform.adobe.io/data/foundation/flowservice/runs/\(runs[0])"),
                Self.order(pairs[1], "https://evil.example/runs/\(runs[1])?token=x"),
                Self.order(pairs[2], "https://platform.adobe.io/runs/..%2f..%2fx"),
                Self.order(Pair(dataflow: "not", audience: "ours"), "https://platform.adobe.io/runs/\(runs[0])"),
            ].joined(separator: ",") + "]}"
        #expect(answer(200, body) == .accepted([pairs[0]: RunID(runs[0]), pairs[1]: RunID(runs[1])]))
    }

    @Test func `a run is the end of the path, whatever accents stand on the marks behind it`() {
        let run = "33333333-cccc-4ccc-8ccc-000000000001"
        for mark in ["?", "#", "?\u{301}", "#\u{301}"] {
            #expect(RunURL.run("https://platform.adobe.io/runs/\(run)\(mark)/99999999") == RunID(run))
        }
    }

    @Test func `a run that is already going on is parsed in its old and its new wording`() {
        for word in ["audience", "segment"] {
            let message =
                "Run already going on for \(word) \(pairs[0].audience) for order \(flowA) with run id 33333333-cccc-4ccc-8ccc-000000000009."
            guard
                case .refused(.alreadyRunning(let pair, let run, _)) = answer(400, #"{"message":"\#(message)"}"#)
            else {
                Issue.record("not understood: \(message)")
                continue
            }
            #expect(pair == pairs[0])
            #expect(run == "33333333-cccc-4ccc-8ccc-000000000009")
        }
    }

    @Test func `audiences that are not mapped are named by their names`() {
        let body = #"{"message":"Segments Spring sale,Lapsed are not part of this dataflow or out of schedule range!"}"#
        guard case .refused(.notMapped(let names, _)) = answer(400, body) else {
            Issue.record("not understood")
            return
        }
        #expect(names == ["Spring sale", "Lapsed"])
    }

    @Test(arguments: [
        (200, "", "doubtful"), (200, "{}", "doubtful"), (200, "<html>ok</html>", "doubtful"),
        (200, #"{"order":[]}"#, "accepted 0"), (200, #"{"order":[{"segment":1}]}"#, "accepted 0"),
        (400, #"{"message":"Following order ID(s) are not ready for dataset export"}"#, "not ready"),
        (400, #"{"message":"Number of segments exceeds the maximum of 2"}"#, "too large"),
        (400, #"{"message":"Missing header","error_code":"400003"}"#, "other"),
        (400, "<html>Bad request</html>", "doubtful"), (400, "", "doubtful"),
        (401, #"{"error_code":401013,"message":"Oauth token is not valid"}"#, "unauthorized"),
        (403, #"{"error_code":"403025","message":"Profile is not valid"}"#, "forbidden"),
        (404, #"{"errorMessage":"not found","errorDetails":"flow"}"#, "other"),
        (413, #"{"title":"Payload too large"}"#, "too large"), (418, #"{"message":"teapot"}"#, "doubtful"),
        (429, #"{"error_code":"429050","message":"Too many requests"}"#, "throttled"), (429, "slow down", "throttled"),
        (301, "", "doubtful"), (500, #"{"message":"error"}"#, "doubtful"), (502, "<html>", "doubtful"),
        (503, "", "doubtful"), (504, "", "doubtful"),
    ])
    func `each answer is in its class`(status: Int, body: String, expected: String) {
        #expect(kind(answer(status, body)) == expected)
    }

    @Test func `texts from outside are cut and escaped`() {
        let body = #"{"message":"\u202e\u0007"# + String(repeating: "x", count: 5000) + #""}"#
        guard case .refused(let refusal) = answer(400, body) else {
            Issue.record("not refused")
            return
        }
        #expect(refusal.detail.contains("\\u{202e}\\u{7}"))
        #expect(refusal.detail.count < 600)
    }
}
