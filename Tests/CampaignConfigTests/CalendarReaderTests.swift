import Chronology
import SchedulerCore
import Testing

@testable import CampaignConfig

/// Goal: a calendar holds the days that its keys and its file name, and every use of it is of one that is there.
@Suite struct CalendarReaderTests {
    private func rules(_ calendar: String) throws -> (DayCalendar, LoadedConfiguration) {
        let loaded = try Sample.load(
            campaigns:
                "[campaign.a]\nschedule = \"17:00\"\nexcept = \"days\"\n\(Sample.activate)\n[calendar.days]\n\(calendar)"
        )
        guard case .timetable(let timetable) = loaded.configuration.campaigns["a"]?.trigger,
            let days = timetable.rules?.except.first
        else { throw Missing() }
        return (days, loaded)
    }

    private struct Missing: Error {}

    private func faults(_ text: String) -> [ConfigurationFault] {
        Sample.faults { () throws(ConfigurationFaults) in try Sample.load(campaigns: text) }?.faults ?? []
    }

    @Test func `dates, weekdays and a file add up`() throws {
        let (days, loaded) = try rules(
            "dates = [\n  2026-12-24,\n  2026-12-24,\n]\nweekdays = [\"sun\"]\nfile = \"holidays.ics\"")
        #expect(days.dayCount == 3 && loaded.warnings.isEmpty)
        let inside = [24, 25, 26, 27].map { days.contains(CivilDay(year: 2026, month: 12, day: $0)) }
        #expect(inside == [true, true, true, true] && !days.contains(CivilDay(year: 2026, month: 12, day: 28)))
    }

    @Test(
        arguments: [
            ("", .emptyCalendar), ("dates = []", .emptyCalendar), ("weekdays = []", .emptyCalendar),
            ("file = \"empty.ics\"", .emptyCalendar), ("file = \"nonsense.ics\"", .badCalendarFile),
            ("file = \"missing.ics\"", .fileUnreadable), ("file = \"\"", .badValue), ("file = 1", .wrongType),
            ("dates = 2026-12-25", .wrongType), ("dates = [\"2026-12-25\"]", .wrongType),
            ("dates = [2026-12-25T00:00:00]", .wrongType), ("dates = [1969-12-25]", .badTime),
            ("weekdays = [\"Caturday\"]", .badValue), ("weekdays = \"Sat\"", .wrongType),
            ("days = [2026-12-25]", .unknownKey),
        ] as [(String, ConfigurationFault.Code)])
    func `a faulty calendar is one fault, and none more where it is used`(text: String, code: ConfigurationFault.Code) {
        let found = faults(
            "[campaign.a]\nschedule = \"17:00\"\nexcept = \"days\"\n\(Sample.activate)\n[calendar.days]\n\(text)")
        let expected = code == .unknownKey ? [code, .emptyCalendar] : [code]
        #expect(found.map(\.code).sorted { $0.rawValue > $1.rawValue } == expected, "\(found.map(\.sentence))")
    }

    @Test func `a file that can not be read is told at its key, with the path as it was written`() throws {
        let fault = try #require(faults("[calendar.days]\nfile = \"missing.ics\"").first)
        #expect(fault.line == 2 && fault.column == 8 && fault.length == 13)
        #expect(fault.found == "\"missing.ics\": the file can not be opened")
    }

    @Test func `an unknown calendar is told with the one that was probably meant`() throws {
        let fault = try #require(
            faults(
                "[campaign.a]\nschedule = \"17:00\"\nexcept = [\"holidys\"]\n\(Sample.activate)\n[calendar.holidays]\ndates = [2026-12-25]"
            ).first)
        #expect(fault.code == .unknownCalendar && fault.suggestion == "holidays")
        #expect(fault.line == 3 && fault.column == 11 && fault.length == 9)
    }

    @Test(arguments: ["\"bank holidays\"", "\"\"", "\"ferié\""])
    func `names of calendars are plain, since they stand in texts`(name: String) {
        #expect(faults("[calendar.\(name)]\ndates = [2026-12-25]").map(\.code) == [.badName])
    }

    @Test func `a calendar is defined once over all files`() throws {
        let found = Sample.faults { () throws(ConfigurationFaults) in
            try Sample.load([
                SourceFile(
                    path: "activationd.toml", bytes: Array((Sample.main + "[calendar.a]\ndates = [2026-12-25]").utf8)),
                SourceFile(path: "campaigns.d/b.toml", bytes: Array("[calendar.a]\ndates = [2026-12-25]".utf8)),
            ])
        }
        #expect(found?.faults.map(\.code) == [.duplicateName] && found?.faults.first?.file == "campaigns.d/b.toml")
    }

    @Test func `a calendar that nobody uses, and one whose days have passed, are warnings`() throws {
        let unused = try Sample.load(campaigns: "[calendar.days]\ndates = [2025-12-25]")
        #expect(unused.warnings.map(\.code) == [.unusedCalendar])
        let (_, outdated) = try rules("dates = [2025-12-25, 2025-12-26]")
        let warning = try #require(outdated.warnings.first)
        #expect(outdated.warnings.count == 1 && warning.code == .calendarOutdated)
        #expect(warning.found == "the last date of calendar \"days\" was 2025-12-26, and campaign \"a\" uses it")
    }

    /// On the 24th in UTC it is the 23rd somewhere.
    @Test func `the day before today has not passed everywhere, and the one before it has`() throws {
        #expect(try rules("dates = [2026-11-23]").1.warnings.map(\.code) == [])
        #expect(try rules("dates = [2026-11-22]").1.warnings.map(\.code) == [.calendarOutdated])
        func found(_ date: String) -> [String] {
            faults(
                "[campaign.a]\nschedule = \"17:00\"\nonly = \"days\"\n\(Sample.activate)\n[calendar.days]\ndates = [\(date)]"
            ).map(\.found)
        }
        #expect(found("2026-11-23") == ["no time of \"17:00\" is left by only, so it never comes"])
        #expect(found("2026-11-22") == ["campaign \"a\" does not come again: all days of \"days\" have passed"])
    }

    @Test func `the contents of a calendar's file are part of the digest`() throws {
        let text = Array((Sample.main + "[calendar.days]\nfile = \"days.ics\"").utf8)
        let digests = try [Sample.holidays, Sample.holidays.replacing("20261225", with: "20261224")].map { days in
            try ConfigurationLoader(
                zones: Sample.zone, calendarFile: { _ in .success(Array(days.utf8)) }, now: Sample.now
            )
            .load([SourceFile(path: "activationd.toml", bytes: text)]).configuration.digest
        }
        #expect(Set(digests).count == 2)
    }

    // MARK: Blackouts

    @Test func `a blackout can be the days of a calendar, in a zone of its own`() throws {
        let loaded = try Sample.load(
            settings:
                "[[blackout]]\nname = \"a\"\ncalendar = \"days\"\ntimezone = \"UTC\"\n[calendar.days]\ndates = [2026-12-25]"
        )
        let blackout = try #require(loaded.configuration.blackouts.first)
        #expect(blackout.end(at: Instant(seconds: 1_798_156_799)) == nil)
        #expect(blackout.end(at: Instant(seconds: 1_798_156_800))?.rfc3339 == "2026-12-26T00:00:00.000Z")
        #expect(loaded.warnings.isEmpty)
    }

    @Test(
        arguments: [
            ("calendar = \"dys\"", .unknownCalendar), ("calendar = [\"days\"]", .wrongType),
            ("timezone = \"UTC\"", .missingKey),
            ("calendar = \"days\"\nlength = \"1h\"", .twoSchedules),
            ("calendar = \"days\"\nfrom = 2026-12-24T00:00:00", .twoSchedules),
            ("schedule = [\"10:00\", \"25:00\"]\nlength = \"1h\"", .badSchedule),
        ] as [(String, ConfigurationFault.Code)])
    func `a faulty blackout is one fault`(keys: String, code: ConfigurationFault.Code) {
        let text = "[[blackout]]\nname = \"a\"\n\(keys)\n[calendar.days]\ndates = [2026-12-25]"
        #expect(Sample.codes(settings: text) == [code])
    }
}
