import Chronology
import ControlClient
import ControlProtocol
import Foundation
import PlatformModel
import PlatformServer
import Testing

/// Goal: what `activationctl plan` foretells is what the daemon then does, and looking ahead changes nothing.
@Suite(.serialized) struct PlanTests {
    private let byHand = CampaignText(name: "sale", at: nil, pairs: [1: [1, 2]])

    private func calls(_ test: DaemonUnderTest) -> Int { test.platform.ledger().calls.count }

    @Test func `a plan comes true: the same occurrence, at its time, in as many jobs`() async throws {
        let due = soon(8)
        let test = try await DaemonUnderTest([CampaignText(name: "sale", at: due, pairs: [1: [1, 2], 2: [1]])])
        try await test.startAndWait()
        let planned = try test.ask(PlanDocument.self, "/v1/plan?days=1")
        let sale = try #require(planned.occurrences.first)
        #expect(planned.source == "daemon" && planned.occurrences.count == 1)
        #expect(sale.nominal == due.rfc3339 && sale.state == "succeeded" && sale.activations == 3)
        // Looking ahead sends nothing.
        #expect(calls(test) == 0)
        try await test.wait(for: "every delivery") { test.succeeded == 3 }
        let occurrence = try test.ask(OccurrenceDocument.self, "/v1/occurrences/1")
        #expect(occurrence.nominal == sale.nominal && occurrence.activations.count == sale.activations)
        #expect(try test.ask(PlanDocument.self, "/v1/plan").occurrences.allSatisfy { $0.isHeld })
        try await test.close()
    }

    @Test func `exports that were seen are foretold, after a crash as well, and a plan waits for them`() async throws {
        let test = try await DaemonUnderTest([byHand]) { scenario in
            scenario.exports = [.init(startMilliseconds: -4000, durationMilliseconds: 3000)]
        }
        try await test.startAndWait()
        #expect(try test.ask(PlanDocument.self, "/v1/plan").habits.isEmpty)
        #expect(try test.activationctl("plan").output.contains("exports-unknown"))
        _ = try test.order(DoneDocument.self, "/v1/campaigns/sale/fire", FireOrder(forceOverlap: false))
        try await test.wait(for: "every delivery") { test.succeeded == 2 }
        let habits = try test.ask(PlanDocument.self, "/v1/plan").habits
        #expect(habits.map(\.seen) == [1] && habits.first?.spans.map(\.usualSeconds) == [3])
        test.end(SIGKILL)
        try await test.startAndWait()
        let plan = try test.ask(PlanDocument.self, "/v1/plan?days=3")
        // How long runs take is learned anew by each process.
        #expect(plan.habits.map(\.spans) == habits.map(\.spans) && plan.exports.count >= 2)
        let history = try test.ask(HistoryDocument.self, "/v1/history")
        #expect(history.entries.count { $0.kind == "export-observed" } == 1)
        try await test.close()
    }

    @Test func `the daemon answers while a plan of a year is made, which is bounded in time`() async throws {
        var often = byHand
        often.more = "cron = \"* * * * *\"\noverlap = \"buffer-all\""
        let test = try await DaemonUnderTest([often])
        try await test.startAndWait()
        let directory = test.directory
        let start = ContinuousClock.now
        async let status = PlanTests.status(of: "/v1/plan?days=366", in: directory)
        // Others are answered at once.
        try await Task.sleep(for: .milliseconds(300))
        let asked = ContinuousClock.now
        #expect(try test.ask(HealthDocument.self, "/v1/health").status == "ok")
        #expect(ContinuousClock.now - asked < .seconds(2))
        #expect(try await status == 200)
        #expect(ContinuousClock.now - start < .seconds(30))
        try await test.close()
    }

    private static func status(of target: String, in directory: String) throws -> Int {
        try ControlConnection(path: directory + "/run/control.sock", timeoutSeconds: 110).request("GET", target).status
    }

    @Test func `activationctl plans what the daemon has, and what a file says without one`() async throws {
        // Noon of tomorrow, so that a minute later is the same day.
        let due = Instant(milliseconds: (wallClock().milliseconds / 86_400_000 + 1) * 86_400_000) + .seconds(12 * 3600)
        var sale = CampaignText(name: "sale", at: due, pairs: [1: [1, 2]])
        let test = try await DaemonUnderTest([sale, CampaignText(name: "other", at: due, pairs: [2: [5]])])
        let file = test.directory + "/activationd.toml"

        let unreachable = try test.activationctl("plan")
        #expect(unreachable.code == 69 && unreachable.error.contains("plan --config FILE"))
        let alone = try test.activationctl("plan", "--config", file, "--usual-export", "04:00-05:20")
        #expect(alone.code == 0 && alone.output.contains("sale") && alone.output.contains("(usual export)"))

        try await test.startAndWait()
        let text = try test.activationctl("plan", "--details")
        #expect(
            text.code == 0 && text.output.contains("▲") && text.output.contains("2 occurrences, 3 activations, 1 job"))
        let json = try test.activationctl("--json", "plan", "--days", "3", "--campaign", "sale")
        let plan = try ControlProtocol.decode(PlanDocument.self, from: Array(json.output.utf8))
        #expect(plan.days == 3 && plan.occurrences.map(\.campaign) == ["sale"] && plan.totals.activations == 2)
        let ics = try test.activationctl("plan", "--ics")
        #expect(ics.code == 0 && ics.output.hasPrefix("BEGIN:VCALENDAR\r\n"))
        #expect(ics.output.components(separatedBy: "BEGIN:VEVENT").count == 3)

        let unchanged = try test.activationctl("plan", "--diff", file)
        #expect(unchanged.code == 0)
        #expect(
            unchanged.output.hasPrefix("Nothing that is planned would change. 2 occurrences stay as planned."),
            "\(unchanged.output)")
        sale.at = due + .seconds(60)
        try test.writeConfiguration(sale.text)
        let moved = try test.activationctl("plan", "--diff", file)
        #expect(moved.code == 0 && moved.output.contains("~") && moved.output.contains("-  other"))
        let difference = try ControlProtocol.decode(
            PlanDifferenceDocument.self,
            from: Array(try test.activationctl("plan", "--diff", file, "--json").output.utf8))
        #expect(difference.changes.map(\.kind) == ["removed", "moved"])
        #expect(difference.changes.map(\.campaign) == ["other", "sale"] && difference.unchanged == 0)
        #expect(difference.changes.map(\.before) == [due.rfc3339, due.rfc3339])
        #expect(difference.changes.map(\.after) == [nil, sale.at?.rfc3339])

        try test.writeConfiguration("[campaign.sale]\nschedul = \"Fri 17:00\"\n")
        let faulty = try test.activationctl("plan", "--config", file)
        #expect(faulty.code == 78 && faulty.error.contains("^^^^^^^"))
        #expect(try test.activationctl("plan", "--diff", file).code == 78)
        #expect(try test.activationctl("plan", "--campaign", "none").code == 1)
        for wrong in [["--days", "0"], ["--days", "367"], ["--from", "nonsense"], ["--ics", "--json"]] {
            #expect(try test.activationctl("plan", wrong[0], wrong.count > 1 ? wrong[1] : "").code == 64, "\(wrong)")
        }
        try await test.close()
    }
}
