import Chronology
import Foundation
import PlatformModel
import Testing

/// Goal: whoever comes with the wrong head is refused as the gateway and the token service do it, in their words.
@Suite struct GatewayTests {
    private let flows = "/data/foundation/flowservice/flows"

    private func token(_ form: String, method: String = "POST") -> WireAnswer {
        var bench = Bench()
        return bench.model.handle(
            WireRequest(method: method, target: "/ims/token/v3", body: Array(form.utf8)), at: start)
    }

    private func answer(to change: (inout [String: String]) -> Void) -> WireAnswer {
        var bench = Bench()
        bench.signIn()
        var headers = bench.headers
        change(&headers)
        return bench.model.handle(WireRequest(method: "GET", target: flows, headers: headers), at: start)
    }

    @Test(arguments: [
        (
            "grant_type=client_credentials&client_id=0123456789abcdef&client_secret=wrong",
            #"{"error":"invalid_client","error_description":"invalid client_secret parameter"}"#
        ),
        (
            "grant_type=client_credentials&client_id=somebody&client_secret=simulated-secret",
            #"{"error":"invalid_client","error_description":"invalid client_id parameter"}"#
        ),
        (
            "grant_type=password&client_id=0123456789abcdef&client_secret=simulated-secret",
            #"{"error":"unsupported_grant_type","error_description":"grant_type"}"#
        ),
        ("", #"{"error":"unsupported_grant_type","error_description":"grant_type"}"#),
    ])
    func `a token is refused in the words of its service`(form: String, body: String) {
        let refused = token(form)
        #expect(refused.status == 400 && text(refused) == body)
        #expect(refused.headers["x-request-id"] == nil)
        #expect(token(form, method: "GET").status == 400)
    }

    @Test func `a token says how many seconds it lives, and is good until then`() {
        var bench = Bench { $0.tokenLifetimeMilliseconds = 90_000 }
        let form = "grant_type=client_credentials&client_id=0123456789abcdef&client_secret=simulated%2Dsecret"
        let answer = bench.model.handle(
            WireRequest(method: "POST", target: "/ims/token/v3", body: Array(form.utf8)), at: start)
        #expect(answer.status == 200)
        #expect(text(answer).hasSuffix(#","token_type":"bearer","expires_in":90}"#))
        bench.signIn()
        bench.now = start + .milliseconds(89_999)
        #expect(bench.get(flows).status == 200)
        bench.now = start + .milliseconds(90_000)
        #expect(bench.get(flows).status == 401)
    }

    @Test(arguments: [
        ("x-api-key", "somebody", 403, #"{"error_code":"403003","message":"Api Key is invalid"}"#),
        ("x-gw-ims-org-id", "other@AdobeOrg", 403, #"{"error_code":"403027","message":"User region is missing"}"#),
        ("x-sandbox-id", "id", 400, #"{"errorMessage":"2110-400","errorDetails":"Headers not allowed"}"#),
        ("x-sandbox-name", "nowhere", 404, #"{"errorMessage":"2100-404","errorDetails":"Sandbox not found"}"#),
        ("authorization", "Basic abc", 401, #"{"error_code":"401013","message":"Oauth token is not valid"}"#),
    ])
    func `a head that is there and wrong is refused by its name`(
        name: String, value: String, status: Int, body: String
    ) {
        let refused = answer { $0[name] = value }
        #expect(refused.status == status && text(refused) == body)
    }

    @Test func `the word before a token is Bearer`() {
        for word in ["Bearer ", "bearer ", "Basic ", ""] {
            let answer = answer { $0["authorization"] = ($0["authorization"] ?? "").replacing("Bearer ", with: word) }
            #expect(answer.status == (word == "Bearer " ? 200 : 401), "\(word)")
        }
    }

    @Test func `a call without its content type is refused, and breaks a rule`() {
        var bench = Bench()
        bench.signIn()
        let body = Array(#"{"activationInfo":{"flow-1":["a1"]}}"#.utf8)
        for (type, status) in [(nil, 400), ("text/plain", 400), ("application/json; charset=utf-8", 200)]
            as [(String?, Int)]
        {
            var headers = bench.headers
            headers["content-type"] = type
            headers["accept"] = "application/vnd.adobe.adhoc.activation+json; version=2"
            let answer = bench.model.handle(
                WireRequest(method: "POST", target: adhocrun, headers: headers, body: body), at: start)
            #expect(answer.status == status, "\(type ?? "none")")
            if status == 400 { #expect(text(answer) == #"{"message":"Content-Type is missing"}"#) }
        }
        #expect(bench.rules == [.headers, .headers])
        #expect(bench.model.runs.count == 1)
    }

    @Test(arguments: ["access_token=abc", "client_secret=abc"])
    func `a secret in an address breaks a rule, whatever is answered`(parameter: String) {
        var bench = Bench()
        #expect(bench.get(flows + "?" + parameter).status == 200)
        #expect(bench.rules == [.strangerToken])
    }

    @Test(arguments: [("POST", "flows"), ("DELETE", "runs"), ("GET", "sources")])
    func `what there is nothing at is not found`(method: String, place: String) {
        var bench = Bench()
        bench.signIn()
        let answer = bench.model.handle(
            WireRequest(
                method: method, target: "/data/foundation/flowservice/" + place, headers: bench.headers), at: start)
        #expect(answer.status == 404 && text(answer) == #"{"message":"not found"}"#)
    }

    // MARK: Version 1

    @Test func `version 1 names the newest scheduled export that has ended, and no other`() {
        var bench = Bench { scenario in
            scenario.refusesDuringExport = false
            scenario.exports = [
                .init(startMilliseconds: -9000, durationMilliseconds: 1000),
                .init(startMilliseconds: -8000, durationMilliseconds: 8000),
                .init(startMilliseconds: -7000, durationMilliseconds: 1000),
                .init(startMilliseconds: -1000, durationMilliseconds: 60_000),
            ]
            scenario.exports[2].isFromAPI = true
        }
        for export in ["4711", "4713", "4714", ""] {
            #expect(bench.call("flow-1", ["a1"], exports: export).status == 400, "\(export)")
        }
        let accepted = bench.call("flow-1", ["a1"], exports: "4712")
        #expect(accepted.status == 200)
        bench.pass(59)
        #expect(bench.call("flow-1", ["a2"], exports: "4712").status == 400)
        #expect(bench.call("flow-1", ["a2"], exports: "4714").status == 200)
    }

    // MARK: JSON

    @Test func `whatever a name has in it, the answer is JSON that says it`() throws {
        let controls = String(String.UnicodeScalarView((UInt8(0)..<0x20).map { Unicode.Scalar($0) }))
        let name = controls + #"a "quoted" \ name / é"#
        var bench = Bench { $0.flows[1].name = name }
        let answer = bench.get(flows + "/flow-2")
        let json = try #require(
            try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: [[String: Any]]])
        #expect(json["items"]?.first?["name"] as? String == name)
    }
}
