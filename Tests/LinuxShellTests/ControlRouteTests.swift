import Chronology
import SchedulerCore
import Testing

@testable import LinuxShell

/// Goal: whatever a client asks for is an order or a short refusal with a name.
@Suite struct ControlRouteTests {
    @Test(arguments: [
        "/v1/reload", "/v1/campaigns/sale/fire", "/v1/cancel", "/v1/pause", "/v1/resume", "/v1/recount",
        "/v1/resolve", "/v1/status",
        "/v1/health", "/v1/nothing", "/v2/reload", "/",
    ])
    func `through the socket for questions nothing but GET passes`(_ target: String) {
        for method in ["POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "get", "FIRE"] {
            let request = ControlRequest(method: method, target: target, actor: "tester", rights: .questions)
            let refusal = #expect(throws: ControlRefusal.self) { try ControlRoute(request) }
            #expect(refusal?.status == 403)
        }
    }

    @Test(
        arguments: [
            ("health", .health), ("status", .status), ("campaigns", .campaigns), ("queue", .queue), ("runs", .runs),
            ("campaigns/sale", .campaign("sale")), ("campaigns/sale/explain", .explain("sale")),
            ("occurrences/17", .occurrence(OccurrenceID(17))), ("history?limit=1", .history(HistoryRequest(limit: 1))),
            ("plan?days=3", .plan(PlanRequest(days: 3))),
        ] as [(String, ControlRoute)])
    func `through the socket for questions every question is asked`(target: String, route: ControlRoute) throws {
        let request = ControlRequest(method: "GET", target: "/v1/" + target, actor: "tester", rights: .questions)
        #expect(try ControlRoute(request) == route)
    }

    private func refusal(_ method: String, _ target: String, _ body: String = "") -> ControlRefusal? {
        do throws(ControlRefusal) {
            _ = try ControlRoute(
                ControlRequest(method: method, target: target, body: Array(body.utf8), actor: "tester"))
            return nil
        } catch {
            return error
        }
    }

    @Test func `a name that no campaign can have goes no further`() {
        let name = String(repeating: "x", count: 60_000)
        let refusals = [
            refusal("GET", "/v1/campaigns/\(name)"), refusal("GET", "/v1/campaigns/\(name)/explain"),
            refusal("POST", "/v1/campaigns/\(name)/fire"), refusal("GET", "/v1/history?campaign=\(name)"),
            refusal("POST", "/v1/pause", "{\"campaign\":\"\(name)\"}"),
            refusal("POST", "/v1/resume", "{\"campaign\":\"\(name)\"}"),
        ]
        for (index, refusal) in refusals.enumerated() {
            #expect(refusal?.status == 404 && refusal?.message.utf8.count ?? 0 < 200, "request \(index)")
        }
    }

    @Test(arguments: [
        "days=0", "days=367", "days=-1", "days=99999999999999999999", "days=7.5", "days=", "from=yesterday", "from=",
        "from=2026-11-27T17:00:00", "file=/etc/passwd", "days=1&days=2", "days",
    ])
    func `a plan of other days than there are is refused in words`(_ query: String) {
        let refusal = refusal("GET", "/v1/plan?\(query)")
        #expect(refusal?.status == 400 && (1...500).contains(refusal?.message.utf8.count ?? 0))
    }

    @Test func `a plan is a question, with a beginning and a number of days`() throws {
        let bare = try ControlRoute(
            ControlRequest(method: "GET", target: "/v1/plan", actor: "tester", rights: .questions))
        #expect(bare == .plan(PlanRequest()))
        let target = "/v1/plan?from=2026-11-27T16%3A00%3A00Z&days=366"
        let full = try ControlRoute(ControlRequest(method: "GET", target: target, actor: "tester", rights: .questions))
        let from = Instant(rfc3339: "2026-11-27T16:00:00Z")
        #expect(full == .plan(PlanRequest(from: from, days: 366)))
        #expect(refusal("POST", "/v1/plan")?.status == 405)
    }

    @Test func `one letter with ten thousand accents is no short reason, run or excerpt`() {
        let letter = "a" + String(repeating: "\u{301}", count: 10_000)
        let refusals = [
            refusal("GET", "/v1/occurrences/\(letter)"), refusal(letter, "/v1/health"),
            refusal("GET", "/v1/%\(letter)"),
            refusal("GET", "/v1/history?\(letter)=1"), refusal("POST", "/v1/pause", "{\"reason\":\"\(letter)\"}"),
            refusal("POST", "/v1/cancel", "{\"id\":\"\(letter)\"}"),
            refusal("POST", "/v1/resolve", "{\"activation\":\"\(letter)\",\"resolution\":\"retry\"}"),
            refusal("POST", "/v1/resolve", "{\"activation\":\"1.1\",\"resolution\":\"adopt\",\"run\":\"\(letter)\"}"),
        ]
        for (index, refusal) in refusals.enumerated() {
            #expect((1...500).contains(refusal?.message.utf8.count ?? 0), "request \(index)")
        }
    }
}
