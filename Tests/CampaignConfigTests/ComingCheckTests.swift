import SchedulerCore
import Testing

@testable import CampaignConfig

/// Goal: whoever writes a campaign of which nothing ever comes is told so, and because of which key.
@Suite struct ComingCheckTests {
    @Test(
        arguments: [
            ("only = \"gone\"", "campaign \"a\" does not come again: all days of \"gone\" have passed", 4, 8),
            ("except = \"always\"", "no time of \"Fri 17:00\" is left by except, so it never comes", 4, 10),
            ("only = \"mondays\"", "no time of \"Fri 17:00\" is left by only, so it never comes", 4, 8),
            ("ends = 2026-11-26", "no time of \"Fri 17:00\" lies before ends", 4, 8),
            (
                "only = \"weekend\"\nshift = \"next-working-day\"",
                "no time of \"Fri 17:00\" is left by only, so it never comes", 4, 8
            ),
            (
                "exdate = 2026-11-27\nends = 2026-11-28",
                "no time of \"Fri 17:00\" is left by exdate, so it never comes", 4, 10
            ),
            (
                "except = \"always\"\nends = 2026-11-26",
                "no time of \"Fri 17:00\" is left by except and ends, so it never comes", 3, 12
            ),
        ])
    func `a campaign that never comes says because of what`(keys: String, found: String, line: Int, column: Int) throws
    {
        let calendars =
            "[calendar.always]\nweekdays = [\"Mon\", \"Tue\", \"Wed\", \"Thu\", \"Fri\", \"Sat\", \"Sun\"]\n"
            + "[calendar.mondays]\nweekdays = [\"monday\"]\n[calendar.gone]\ndates = [2025-12-25]\n"
            + "[calendar.weekend]\nweekdays = [\"Sat\", \"Sun\"]\n"
        let all = Sample.faults { () throws(ConfigurationFaults) in
            try Sample.load(
                campaigns: "[campaign.a]\n\(Sample.activate)\nschedule = \"Fri 17:00\"\n\(keys)\n\(calendars)")
        }
        let fault = try #require(all?.faults.first)
        #expect(all?.faults.count == 1 && fault.code == .neverComes)
        #expect(fault.found == found && fault.line == line && fault.column == column)
    }

    @Test func `thousands of campaigns whose only calendar is over are told at once`() throws {
        let campaigns = (0..<2_000).map {
            "[campaign.c\($0)]\nschedule = \"*-*-* 0\($0 % 10):00\"\nonly = \"mixed\"\n"
                + "except = \"weekdays\"\nactivate = [{ dataflow = \"crm-sftp\", audiences = [\"vip\"] }]\n"
        }
        let calendars = "[calendar.mixed]\nweekdays = [\"Mon\"]\n[calendar.weekdays]\nweekdays = [\"Mon\"]\n"
        let start = ContinuousClock.now
        #expect(Sample.codes(campaigns: calendars + campaigns.joined()).contains(.neverComes))
        #expect(ContinuousClock.now - start < .seconds(60))
    }
}
