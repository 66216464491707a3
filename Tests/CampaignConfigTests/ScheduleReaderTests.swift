import Chronology
import SchedulerCore
import Testing

@testable import CampaignConfig

/// Goal: a schedule counts in the zone that it names, and what is wrong or odd in it is pointed at in the file.
@Suite struct ScheduleReaderTests {
    private func load(_ keys: String) throws -> (timetable: Timetable?, campaign: Campaign?, LoadedConfiguration) {
        let loaded = try Sample.load(campaigns: "[campaign.a]\n\(keys)\n\(Sample.activate)")
        let campaign = loaded.configuration.campaigns["a"]
        guard case .timetable(let timetable) = campaign?.trigger else { return (nil, campaign, loaded) }
        return (timetable, campaign, loaded)
    }

    private func firstFault(_ keys: String) -> ConfigurationFault? {
        Sample.faults { () throws(ConfigurationFaults) in
            try Sample.load(campaigns: "[campaign.a]\n\(keys)\n\(Sample.activate)")
        }?.faults.first
    }

    // MARK: Zones

    @Test func `a zone in the expression is used for it, and the campaign's zone for showing times`() throws {
        let (timetable, campaign, loaded) = try load("schedule = \"Fri 17:00 UTC\"")
        #expect(timetable?.zone.name == "UTC" && campaign?.zone.name == "Europe/Stockholm")
        #expect(timetable?.next(after: Sample.now)?.rfc3339 == "2026-11-27T17:00:00.000Z")
        #expect(loaded.warnings.isEmpty)
    }

    @Test func `a zone in the expression beside another timezone of the same campaign is a warning`() throws {
        let (timetable, _, loaded) = try load("timezone = \"Europe/Stockholm\"\nschedule = \"Fri 17:00 UTC\"")
        #expect(timetable?.zone.name == "UTC")
        let warning = try #require(loaded.warnings.first)
        #expect(warning.code == .twoZones && warning.line == 3 && warning.column == 23 && warning.length == 3)
    }

    @Test func `a misspelt zone in the expression is pointed at, with the name that was probably meant`() throws {
        let fault = try #require(firstFault("schedule = \"Fri 17:00 Europe/Stokholm\""))
        #expect(fault.code == .unknownTimeZone && fault.suggestion == "Europe/Stockholm")
        #expect(fault.column == 23 && fault.length == 15)
    }

    // MARK: Faults

    @Test(arguments: [
        ("schedule = \"Fri 25:00\"", 17, 2, "Sat 01:00"), ("schedule = \"dayly\"", 13, 5, "daily"),
        ("cron = \"0 0 * * TUS\"", 17, 3, "0 0 * * TUE"), ("cron = \"32 * * *\"", 9, 8, "32 * * * *"),
    ])
    func `a faulty expression is pointed at, with what was probably meant`(
        keys: String, column: Int, length: Int, suggestion: String
    ) throws {
        let fault = try #require(firstFault(keys))
        #expect(fault.code == .badSchedule && fault.suggestion == suggestion)
        #expect(fault.column == column && fault.length == length)
        #expect(fault.description.contains("Did you mean \"\(suggestion)\"?"))
    }

    @Test(arguments: [
        ("schedule = \"*-02-30 10:00\"", "\"*-02-30 10:00\" never comes: the calendar has no such day"),
        (
            "schedule = \"2025-02-28 10:00\"",
            "\"2025-02-28 10:00\" does not come again; the last time was 2025-02-28 10:00:00 +01:00"
        ),
    ])
    func `a schedule without a time to come says whether it ever had one`(keys: String, found: String) throws {
        #expect(firstFault(keys)?.found == found)
    }

    // MARK: cron

    @Test(
        arguments: [
            ("0 6 13 * 5", .cronUnion, 13, 6), ("0 6 */2 * 1", .cronIntersection, 13, 7),
            ("0 0 6 ? * 2-6", .quartzWeekday, 19, 3),
        ] as [(String, ConfigurationFault.Code, Int, Int)])
    func `a cron expression that may not mean what was meant is a warning at its fields`(
        text: String, code: ConfigurationFault.Code, column: Int, length: Int
    ) throws {
        let (timetable, _, loaded) = try load("cron = \"\(text)\"")
        #expect(timetable != nil)
        let warning = try #require(loaded.warnings.first)
        #expect(loaded.warnings.count == 1 && warning.code == code)
        #expect(warning.line == 2 && warning.column == column && warning.length == length)
    }
}
