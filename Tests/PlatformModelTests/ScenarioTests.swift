import Foundation
import PlatformModel
import Testing

/// Goal: a scenario says what it means in JSON, and is as usual where it says nothing.
@Suite struct ScenarioTests {
    private func read(_ json: String) throws -> Scenario {
        try JSONDecoder().decode(Scenario.self, from: Data(json.utf8))
    }

    @Test func `an empty scenario is the usual one`() throws {
        #expect(try read("{}") == Scenario())
    }

    @Test func `every member survives being written and read`() throws {
        var scenario = Scenario()
        var audience = Scenario.Audience(id: "a1", name: "One", endDate: "2027-01-01")
        audience.startDate = "2026-01-01"
        audience.externalID = "crm"
        audience.triggerType = "AFTER_SEGMENT_EVAL"
        audience.frequency = "EVERY_3_HOURS"
        audience.filenameTemplate = "%SEGMENT_ID%"
        var flow = Scenario.Flow(id: "f1", name: "Flow", audiences: [audience], sandbox: "dev")
        flow.createdAtMilliseconds = -5
        scenario.flows = [flow]
        var export = Scenario.Export(startMilliseconds: 1, durationMilliseconds: 2, fails: true)
        export.newMilliseconds = 1
        export.isFromAPI = true
        export.schema = ""
        export.sandbox = "dev"
        scenario.exports = [export]
        scenario.followers = .init()
        scenario.followers?.unnamedPercent = 7
        scenario.runs.longestLagMilliseconds = 9
        scenario.runs.lagSparesSingleRuns = true
        scenario.runs.endlessPercent = 3
        scenario.runs.emptyPercent = 4
        scenario.refusals = [
            .init(
                request: "*", kind: .profileUnread, sandbox: "dev", number: 2, untilMilliseconds: 8, retryAfter: .date,
                retryAfterSeconds: 30, takesEffect: true)
        ]
        var quirks = Quirks()
        quirks.concurrency = .pair
        quirks.busy = .any
        quirks.oversized = .failingRuns
        quirks.unsettled = .notFound
        quirks.wording = .loose
        quirks.deadToken = .forbidden
        quirks.partialPercent = 1
        quirks.emptyRunListPercent = 2
        quirks.missingRunPercent = 3
        quirks.missingExportPercent = 4
        quirks.pagesByPosition = true
        quirks.hugeIDPercent = 5
        quirks.hugeIDBytes = 6
        quirks.createTime = .iso
        quirks.endedWord = .missing
        quirks.platformSystemIDs = true
        quirks.failedRunsAreNameless = true
        quirks.batchIDsAreEmpty = true
        quirks.countsSettleMilliseconds = 7
        quirks.adhocClient = "aep_activation_adhoc"
        scenario.quirks = quirks
        let written = try JSONEncoder().encode(scenario)
        #expect(try JSONDecoder().decode(Scenario.self, from: written) == scenario)
    }

    @Test func `a word that no member knows is refused`() {
        #expect(throws: DecodingError.self) { try read(#"{"quirks":{"wording":"rude"}}"#) }
        #expect(throws: DecodingError.self) { try read(#"{"refusals":[{"request":"runs","kind":"polite"}]}"#) }
    }
}
