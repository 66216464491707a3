import Chronology
import Foundation
import PlatformModel
import Testing

/// Goal: every word of a scenario is read, and every answer that it asks for has the bytes that were seen or documented. They
/// stand here a second time.
@Suite struct ScenarioWordsTests {
    private let flows = "/data/foundation/flowservice/flows"

    // MARK: Members

    private func members(_ json: String) throws -> NSDictionary {
        try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? NSDictionary)
    }

    private func readAndWritten(_ json: String) throws -> NSDictionary {
        let scenario = try JSONDecoder().decode(Scenario.self, from: Data(json.utf8))
        return try members(String(decoding: try JSONEncoder().encode(scenario), as: UTF8.self))
    }

    @Test func `what a scenario does not say is as usual`() throws {
        let brief = """
            {"flows": [{"id": "f", "audiences": [{"id": "a"}]}, {"id": "g"}],
             "exports": [{"startMilliseconds": 1, "durationMilliseconds": 2}],
             "followers": {}, "runs": {}, "quirks": {}, "refusals": [{"request": "runs", "kind": "throttled"}]}
            """
        let whole = """
            {"organization": "5555467B5D8013E50A494220@AdobeOrg", "clientID": "0123456789abcdef",
             "secrets": ["simulated-secret"], "sandbox": "prod", "tokenLifetimeMilliseconds": 86399000,
             "firstActivationWindowMilliseconds": 1200000, "pairsPerCall": 80, "refusesDuringExport": true, "faults": [],
             "flows": [
                {"id": "f", "name": "f", "state": "enabled", "createdAtMilliseconds": -2678400000,
                 "audiences": [
                    {"id": "a", "name": "a", "mappedAtMilliseconds": -2592000000, "triggerType": "SCHEDULED",
                     "filenameTemplate": "%SEGMENT_ID%_%DATETIME(YYYYMMdd_HHmmss)%"}]},
                {"id": "g", "name": "g", "state": "enabled", "createdAtMilliseconds": -2678400000, "audiences": []}],
             "exports": [
                {"startMilliseconds": 1, "durationMilliseconds": 2, "fails": false, "newMilliseconds": 0,
                 "isFromAPI": false, "schema": "_xdm.context.profile"}],
             "followers": {"percent": 100, "shortestDelayMilliseconds": 0, "longestDelayMilliseconds": 600000,
                "unnamedPercent": 0, "endlessPercent": 0},
             "runs": {"shortestMilliseconds": 30000, "longestMilliseconds": 60000, "isOneForEachAudience": true,
                "lagMilliseconds": 0, "longestLagMilliseconds": 0, "shownMilliseconds": 0,
                "lagSparesSingleRuns": false, "failingPercent": 0, "endlessPercent": 0, "emptyPercent": 0},
             "refusals": [
                {"request": "runs", "kind": "throttled", "retryAfterSeconds": 1, "takesEffect": false}],
             "quirks": {"concurrency": "audience", "busy": "others", "oversized": "sentence",
                "unsettled": "out-of-range", "wording": "current", "deadToken": "unauthorized", "partialPercent": 0,
                "emptyRunListPercent": 0, "missingRunPercent": 0, "missingExportPercent": 0, "tellsStrays": false,
                "emptyAfterCallPercent": 0, "emptyAfterCallMilliseconds": 0,
                "missingSpanMilliseconds": 0, "pagesByPosition": false, "hugeIDPercent": 0, "hugeIDBytes": 1048576,
                "createTime": "seconds", "endedWord": "documented", "platformSystemIDs": false,
                "failedRunsAreNameless": false, "batchIDsAreEmpty": false, "countsSettleMilliseconds": 0,
                "adhocClient": "AepActivationService"}}
            """
        #expect(try readAndWritten(brief) == members(whole))
        #expect(Scenario().runs == .init() && Scenario().quirks == .init() && Scenario().followers == nil)
    }

    @Test func `what a scenario says is taken, each member of it`() throws {
        let unusual = """
            {"organization": "o", "clientID": "c", "secrets": ["x", "y"], "sandbox": "dev",
             "tokenLifetimeMilliseconds": 1, "firstActivationWindowMilliseconds": 2, "pairsPerCall": 3,
             "refusesDuringExport": false,
             "faults": [{"request": "flows", "kind": "redirect", "number": 4, "percent": 5, "delayMilliseconds": 6,
                "location": "http://l"}],
             "flows": [
                {"id": "f", "name": "F", "state": "disabled", "createdAtMilliseconds": 7, "sandbox": "s",
                 "audiences": [
                    {"id": "a", "name": "A", "mappedAtMilliseconds": 8, "triggerType": "AFTER_SEGMENT_EVAL",
                     "filenameTemplate": "t", "endDate": "2027-01-01", "startDate": "2026-01-01", "externalID": "e",
                     "frequency": "DAILY"}]}],
             "exports": [
                {"startMilliseconds": 9, "durationMilliseconds": 10, "fails": true, "newMilliseconds": 11,
                 "isFromAPI": true, "schema": "other", "sandbox": "t"}],
             "followers": {"percent": 12, "shortestDelayMilliseconds": 13, "longestDelayMilliseconds": 14,
                "unnamedPercent": 15, "endlessPercent": 16},
             "runs": {"shortestMilliseconds": 17, "longestMilliseconds": 18, "isOneForEachAudience": false,
                "lagMilliseconds": 19, "longestLagMilliseconds": 20, "shownMilliseconds": 36,
                "lagSparesSingleRuns": true, "failingPercent": 21, "endlessPercent": 22, "emptyPercent": 23},
             "refusals": [
                {"request": "*", "kind": "overloaded", "sandbox": "u", "number": 24, "percent": 25,
                 "untilMilliseconds": 26, "retryAfter": "unit", "retryAfterSeconds": 27, "takesEffect": true}],
             "quirks": {"concurrency": "pair", "busy": "any", "oversized": "failing-runs", "unsettled": "empty-run",
                "wording": "loose", "deadToken": "forbidden", "partialPercent": 28, "emptyRunListPercent": 29,
                "missingRunPercent": 30, "missingExportPercent": 31, "missingSpanMilliseconds": 32,
                "pagesByPosition": true, "hugeIDPercent": 33, "hugeIDBytes": 34, "createTime": "unreadable",
                "endedWord": "missing", "platformSystemIDs": true, "failedRunsAreNameless": true,
                "batchIDsAreEmpty": true, "countsSettleMilliseconds": 35, "adhocClient": "k",
                "tellsStrays": true, "emptyAfterCallPercent": 37, "emptyAfterCallMilliseconds": 38}}
            """
        #expect(try readAndWritten(unusual) == members(unusual))
    }

    // MARK: Refusals

    private struct Seen {
        var status: Int
        var type: String?
        var body: String

        init(_ status: Int, _ body: String, type: String? = "application/json") {
            self.status = status
            self.type = type
            self.body = body
        }

        static func gateway(_ status: Int, _ code: String, _ message: String) -> Seen {
            Seen(status, "{\"error_code\":\"\(code)\",\"message\":\"\(message)\"}")
        }

        static func message(_ status: Int, _ message: String) -> Seen {
            Seen(status, "{\"message\":\"\(message)\"}")
        }

        static func service(_ status: Int, _ code: String, _ details: String) -> Seen {
            Seen(status, "{\"errorMessage\":\"\(code)\",\"errorDetails\":\"\(details)\"}")
        }
    }

    private func seen(_ kind: Scenario.Refusal.Kind) -> Seen {
        switch kind {
        case .throttled: .gateway(429, "429050", "Too many requests")
        case .throttledService: .gateway(429, "429001", "Service usage limit reached")
        case .throttledKey: .gateway(429, "429002", "Developer key usage limit reached")
        case .throttledEmpty: Seen(429, "", type: nil)
        case .throttledTitle: Seen(429, #"{"title":"Too Many Requests","status":429}"#)
        case .sandboxLimit: .message(400, "request limit exceeded for this sandbox, try again later")
        case .tooEarly: .message(409, "An activation for this audience was accepted a moment ago")
        case .ordersNotReady:
            .message(
                400,
                """
                Invalid parameter: Following order ID(s) are not ready for dataset export, \
                please wait for 10 minutes and retry.
                """)
        case .audiencesNotReady:
            .message(400, "Following audiences are not ready for activation, please wait for 10 minutes and retry.")
        case .notFound: .service(404, "1404-404", "audience not found")
        case .tokenMissing: .gateway(403, "403010", "Oauth token is missing.")
        case .tokenInvalid: .gateway(401, "401013", "Oauth token is not valid")
        case .tokenDead: .gateway(403, "403020", "Oauth token missing or invalid")
        case .scopeMismatch: .gateway(401, "401015", "Scope mismatch")
        case .profileInvalid: .gateway(403, "403025", "Profile is not valid")
        case .profileForbidden: .gateway(403, "403024", "Not allowed to read the profile")
        case .regionMissing: .gateway(403, "403027", "User region is missing")
        case .permissionMissing: .service(403, "2118-403", "Missing permission")
        case .profileUnread: .gateway(403, "503020", "Could not read the profile")
        case .keyUnread: .gateway(503, "503000", "Could not validate Api Key")
        case .tokenUnread: .gateway(503, "503010", "Could not validate the oauth token")
        case .overloaded:
            Seen(503, "{\"error_code\":\"503071\",\"message\":\"Service temporarily unavailable\"}\n")
        case .tryAgain: .service(500, "1400-500", "Please try again")
        case .proxyPage:
            Seen(
                503, "<html><head><title>503 Service Temporarily Unavailable</title></head></html>", type: "text/html")
        case .emptyBody: Seen(503, "", type: nil)
        case .wrongKind:
            .message(
                400,
                """
                Invalid parameter: Flow for id 11111111-aaaa-4aaa-8aaa-000000000001 is incorrect. Error is \
                [Adhoc run can not be executed for Flow spec=1a0514a6-33d4-4c7f-aff8-594799c47549.
                """)
        case .unknownText: .message(400, "The order was not processed")
        case .tooLarge: .message(413, "Request entity too large")
        }
    }

    @Test(arguments: Scenario.Refusal.Kind.allCases)
    func `a refusal has the status, the type and the body that were seen`(kind: Scenario.Refusal.Kind) {
        var bench = Bench { $0.refusals = [.init(request: "*", kind: kind)] }
        let answer = bench.get(flows)
        let seen = seen(kind)
        #expect(answer.status == seen.status && text(answer) == seen.body)
        #expect(answer.headers["Content-Type"] == seen.type)
        #expect(answer.headers["Retry_After"] == (kind == .overloaded ? "300s" : nil))
        #expect(answer.headers["Retry-After"] == nil)
    }

    @Test(arguments: [
        ("2026-01-01T00:00:00Z", "Thu, 01 Jan 2026 00:00:00 GMT"),
        ("2026-02-06T09:08:07Z", "Fri, 06 Feb 2026 09:08:07 GMT"),
        ("2026-03-07T10:11:12Z", "Sat, 07 Mar 2026 10:11:12 GMT"),
        ("2026-04-12T23:59:59Z", "Sun, 12 Apr 2026 23:59:59 GMT"),
        ("2026-05-04T01:00:00Z", "Mon, 04 May 2026 01:00:00 GMT"),
        ("2026-06-09T00:00:00Z", "Tue, 09 Jun 2026 00:00:00 GMT"),
        ("2026-07-15T00:00:00Z", "Wed, 15 Jul 2026 00:00:00 GMT"),
        ("2026-08-31T00:00:00Z", "Mon, 31 Aug 2026 00:00:00 GMT"),
        ("2026-09-30T00:00:00Z", "Wed, 30 Sep 2026 00:00:00 GMT"),
        ("2026-10-10T00:00:00Z", "Sat, 10 Oct 2026 00:00:00 GMT"),
        ("2026-11-29T00:00:00Z", "Sun, 29 Nov 2026 00:00:00 GMT"),
        ("2026-12-31T00:00:00Z", "Thu, 31 Dec 2026 00:00:00 GMT"),
    ])
    func `a date of HTTP has the words of its day and its month`(instant: String, shown: String) throws {
        let date = try #require(ISO8601DateFormatter().date(from: instant))
        #expect(HTTPDate.text(Instant(milliseconds: Int64(date.timeIntervalSince1970 * 1000))) == shown)
    }

    // MARK: Faults

    @Test(
        arguments: [
            (Scenario.Fault.Kind.throttled, 429, #"{"error_code":"429050","message":"Too many requests"}"#, [:]),
            (
                .throttledWithRetryAfter, 429, #"{"error_code":"429050","message":"Too many requests"}"#,
                ["Retry-After": "1"]
            ),
            (.serverError, 500, #"{"message":"internal error"}"#, [:]),
            (.badGateway, 502, "<html>502</html>", ["Content-Type": "text/html"]),
            (.html, 200, "<html><body>proxy</body></html>", [:]),
            (
                .redirect, 307, #"{"message":"moved"}"#,
                ["Location": "http://elsewhere/data/foundation/flowservice/flows"]
            ),
        ] as [(Scenario.Fault.Kind, Int, String, [String: String])])
    func `a fault has its status, its body and its headers`(
        kind: Scenario.Fault.Kind, status: Int, body: String, headers: [String: String]
    ) {
        var bench = Bench { scenario in
            scenario.faults = [
                .init(request: "flows", kind: kind, number: 2, location: "http://elsewhere"),
                .init(request: "adhocrun", kind: kind, number: 1),
            ]
        }
        #expect(bench.get(flows).status == 200)
        let answer = bench.get(flows)
        #expect(answer.status == status && text(answer) == body)
        for (name, value) in headers { #expect(answer.headers[name] == value) }
        #expect((answer.headers["Retry-After"] != nil) == (kind == .throttledWithRetryAfter))
        #expect(bench.get(flows).status == 200)
        // Only what comes after the work leaves a run.
        #expect(bench.call("flow-1", ["a1"]).status == status)
        #expect(bench.model.runs.count == (kind == .html ? 1 : 0))
    }

    @Test func `an answer may be late, or no text, or cut, or deep, or large, or come in another manner`() {
        func answer(_ kind: Scenario.Fault.Kind, delay: Int64? = nil) -> WireAnswer {
            var bench = Bench { scenario in
                scenario.faults = [.init(request: "flows", kind: kind, delayMilliseconds: delay)]
            }
            return bench.get(flows)
        }
        var bench = Bench()
        let whole = bench.get(flows)
        #expect(whole.delayMilliseconds == 0 && whole.manner == .whole && !whole.isLost)
        #expect(answer(.delay).delayMilliseconds == 1000 && answer(.delay, delay: 70).delayMilliseconds == 70)
        #expect(answer(.garbage).body == [0xff, 0x00, 0xfe, 0x7b])
        #expect(answer(.truncated).body == Array(whole.body.prefix(whole.body.count / 2)))
        #expect(answer(.nested).body == [UInt8](repeating: 0x5b, count: 100_000))
        #expect(answer(.huge).body == [UInt8](repeating: 0x20, count: 33_554_432))
        #expect(answer(.enormous).body.count == 1_048_576 && answer(.enormous).manner == .repeating(200))
        #expect(answer(.stall).manner == .stalling && answer(.trickle).manner == .trickling)
        #expect(answer(.reset).manner == .resetting)
        #expect(answer(.lostAnswer).isLost && answer(.lostRequest).isLost)
        #expect(answer(.lostAnswer).status == 200 && answer(.lostRequest).status == 0)
    }

    @Test func `every token is revoked by a fault, and a new one is good`() {
        var bench = Bench { $0.faults = [.init(request: "flows", kind: .revokedToken, number: 1)] }
        #expect(bench.get(flows).status == 401)
        #expect(bench.get(flows).status == 401)
        bench.signIn()
        #expect(bench.get(flows).status == 200)
    }
}
