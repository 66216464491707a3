import Chronology
import SchedulerCore
import Testing

@testable import CampaignConfig

/// Goal: what a campaign's keys say about times is what comes, and the text of a timetable says all that decides it.
@Suite struct TimetableReaderTests {
    private static let holidays = "[calendar.holidays]\ndates = [2026-11-27, 2026-12-25]\n"
    private static let fair = "[calendar.fair]\ndates = [2026-12-04, 2026-12-11]\n"

    private func load(_ keys: String, calendars: String = "") throws -> (Timetable, LoadedConfiguration) {
        let loaded = try Sample.load(campaigns: "\(calendars)[campaign.a]\n\(keys)\n\(Sample.activate)")
        guard case .timetable(let timetable) = loaded.configuration.campaigns["a"]?.trigger else {
            throw Missing()
        }
        return (timetable, loaded)
    }

    private struct Missing: Error {}

    private func times(_ keys: String, calendars: String = "", count: Int = 3) throws -> [String] {
        let (timetable, _) = try load(keys, calendars: calendars)
        var last = Sample.now
        return (0..<count).compactMap { _ in
            guard let next = timetable.next(after: last) else { return nil }
            last = next
            return String(next.rfc3339.prefix(16))
        }
    }

    private func faults(_ keys: String, calendars: String = "") -> [ConfigurationFault] {
        Sample.faults { () throws(ConfigurationFaults) in
            try Sample.load(campaigns: "\(calendars)[campaign.a]\n\(keys)\n\(Sample.activate)")
        }?.faults ?? []
    }

    // MARK: What comes

    @Test(
        arguments: [
            (
                "schedule = [\"Fri 17:00\", \"Sat 10:00\", \"Fri 17:00\"]",
                "2026-11-27T16:00 2026-11-28T09:00 2026-12-04T16:00"
            ),
            ("schedule = [\"Fri 17:00 UTC\", \"Fri 17:00\"]", "2026-11-27T16:00 2026-11-27T17:00 2026-12-04T16:00"),
            ("cron = [\"0 6 * * 5\", \"0 7 * * 5\"]", "2026-11-27T05:00 2026-11-27T06:00 2026-12-04T05:00"),
            ("every = \"6h\"", "2026-11-24T06:00 2026-11-24T12:00 2026-11-24T18:00"),
            ("every = \"6h\"\nfrom = 2026-11-24T01:30:00", "2026-11-24T00:30 2026-11-24T06:30 2026-11-24T12:30"),
            ("every = \"6h\"\nfrom = 2026-12-01", "2026-11-30T23:00 2026-12-01T05:00 2026-12-01T11:00"),
            ("every = \"6h\"\nfrom = 2026-12-01T00:00:00-05:00", "2026-12-01T05:00 2026-12-01T11:00 2026-12-01T17:00"),
            (
                "rrule = \"FREQ=WEEKLY;BYDAY=MO,WE\"\nfrom = 2026-11-23T09:00:00",
                "2026-11-25T08:00 2026-11-30T08:00 2026-12-02T08:00"
            ),
            ("rrule = \"FREQ=DAILY\"\nfrom = 2026-11-25", "2026-11-24T23:00 2026-11-25T23:00 2026-11-26T23:00"),
            (
                "rrule = \"FREQ=DAILY\"\nfrom = 2026-11-25T12:00:00Z",
                "2026-11-25T12:00 2026-11-26T12:00 2026-11-27T12:00"
            ),
            (
                "rrule = [\"FREQ=DAILY;COUNT=1\", \"FREQ=WEEKLY\"]\nfrom = 2026-11-25T09:00:00",
                "2026-11-25T08:00 2026-12-02T08:00 2026-12-09T08:00"
            ),
            (
                "schedule = \"17:00\"\nexdate = [2026-11-25, 2026-11-26T17:00:00]",
                "2026-11-24T16:00 2026-11-27T16:00 2026-11-28T16:00"
            ),
            ("every = \"12h\"\nexdate = 2026-11-24T12:00:00Z", "2026-11-25T00:00 2026-11-25T12:00 2026-11-26T00:00"),
            ("schedule = \"17:00\"\nstarts = 2026-11-26\nends = 2026-11-27", "2026-11-26T16:00 2026-11-27T16:00"),
            (
                "schedule = \"17:00\"\nstarts = 2026-11-26T17:00:00\nends = 2026-11-27T17:00:00",
                "2026-11-26T16:00 2026-11-27T16:00"
            ),
            ("schedule = \"17:00\"\nstarts = 2026-11-26T17:00:00.001\nends = 2026-11-27T16:59:59.999", ""),
            ("schedule = \"00:00\"\nstarts = 2026-11-26\nends = 2026-11-26", "2026-11-25T23:00"),
            ("schedule = \"17:00\"\nstarts = 2026-11-26T17:00:00\nends = 2026-11-26T17:00:00", "2026-11-26T16:00"),
            (
                "schedule = \"17:00\"\nexcept = \"holidays\"\nstarts = 2026-11-26",
                "2026-11-26T16:00 2026-11-28T16:00 2026-11-29T16:00"
            ),
            (
                "schedule = \"17:00\"\nonly = [\"fair\", \"holidays\"]",
                "2026-11-27T16:00 2026-12-04T16:00 2026-12-11T16:00"
            ),
            ("schedule = \"17:00\"\nonly = \"fair\"\nexcept = [\"holidays\"]", "2026-12-04T16:00 2026-12-11T16:00"),
            (
                "schedule = \"Fri 17:00\"\nexcept = \"holidays\"\nshift = \"next-working-day\"",
                "2026-11-30T16:00 2026-12-04T16:00 2026-12-11T16:00"
            ),
            (
                "schedule = \"Fri 17:00\"\nexcept = \"holidays\"\nshift = \"previous-working-day\"",
                "2026-11-26T16:00 2026-12-04T16:00 2026-12-11T16:00"
            ),
            (
                "schedule = \"Fri 17:00\"\nexcept = \"holidays\"\nshift = \"next-working-day\"\nweekend = [\"Friday\"]",
                "2026-11-28T16:00 2026-12-05T16:00 2026-12-12T16:00"
            ),
            ("at = [2026-11-27T06:00:00, 2026-11-28T06:00:00]\nexcept = \"holidays\"", "2026-11-28T05:00"),
            ("at = [2026-11-27T06:00:00]\nexcept = \"holidays\"\nshift = \"next-working-day\"", "2026-11-30T05:00"),
        ])
    func `keys about times say what comes`(keys: String, expected: String) throws {
        let calendars =
            keys.contains("only = ") ? Self.fair + Self.holidays : keys.contains("holidays") ? Self.holidays : ""
        guard !expected.isEmpty else {
            #expect(faults(keys, calendars: calendars).map(\.code) == [.neverComes])
            return
        }
        let wanted = expected.split(separator: " ").map(String.init)
        #expect(try times(keys, calendars: calendars, count: 3) == wanted)
    }

    // MARK: Texts

    @Test(
        arguments: [
            ("schedule = \"Fri 17:00\"", "Fri 17:00"), ("schedule = [\"Fri 17:00\"]", "Fri 17:00"),
            ("cron = \"0 6 * * 1\"", "cron 0 6 * * 1"),
            ("at = 2026-11-27T06:00:00", "at 2026-11-27 05:00:00 +00:00"),
            ("at = 2026-11-27T06:00:00.25", "at 2026-11-27 05:00:00.250 +00:00"),
            ("schedule = [\"Fri 17:00\", \"Sat 10:00 UTC\"]", "Fri 17:00 and Sat 10:00 UTC"),
            ("schedule = [\"Sat 10:00 UTC\", \"Fri 17:00\"]", "Sat 10:00 UTC and Fri 17:00 in Europe/Stockholm"),
            ("cron = [\"0 6 * * 1\", \"0 7 * * 2\"]", "cron 0 6 * * 1 and 0 7 * * 2"),
            ("every = \"360m\"", "every 6h"),
            ("every = \"6h\"\nfrom = 2026-11-24T01:30:00+01:00", "every 6h from 2026-11-24 01:30:00 +01:00"),
            ("every = \"6h\"\nfrom = 2026-11-24", "every 6h from 2026-11-24"),
            ("rrule = \"FREQ=DAILY\"\nfrom = 2026-11-25", "rrule FREQ=DAILY from 2026-11-25 00:00:00"),
            (
                "rrule = [\"FREQ=DAILY\", \"FREQ=WEEKLY\"]\nfrom = 2026-11-25T12:00:00Z",
                "rrule FREQ=DAILY and FREQ=WEEKLY from 2026-11-25 13:00:00"
            ),
            (
                "schedule = \"17:00\"\nexdate = [2026-11-26T17:00:00, 2026-11-25]\nexcept = \"holidays\"\nonly = [\"all\"]\n"
                    + "shift = \"next-working-day\"\nweekend = []\nstarts = 2026-11-24\nends = 2027-11-24T12:00:00Z",
                "17:00 except holidays only all shift next-working-day weekend none exdate 2026-11-25, 2026-11-26 17:00:00 "
                    + "starts 2026-11-24 ends 2027-11-24 12:00:00 +00:00"
            ),
            (
                "schedule = \"17:00 UTC\"\nstarts = 2026-11-24T06:00:00",
                "17:00 UTC starts 2026-11-24 06:00:00 Europe/Stockholm"
            ),
        ])
    func `the text of a timetable is in the words of the file, and says all that decides its times`(
        keys: String, text: String
    ) throws {
        let all = "[calendar.all]\nweekdays = [\"Mon\", \"Tue\", \"Wed\", \"Thu\", \"Fri\", \"Sat\", \"Sun\"]\n"
        #expect(try load(keys, calendars: keys.contains("except") ? Self.holidays + all : "").0.text == text)
    }

    /// Texts are compared, and kept in the journal: another order in the file is no other schedule.
    @Test func `a day that is left out stands before a time of it, in whatever order they are written`() throws {
        for days in ["2026-11-26, 2026-11-26T00:00:00", "2026-11-26T00:00:00, 2026-11-26"] {
            let (timetable, _) = try load("schedule = \"00:00\"\nexdate = [\(days)]")
            #expect(timetable.text == "00:00 exdate 2026-11-26, 2026-11-26 00:00:00", "\(days)")
        }
    }

    // MARK: Defaults

    @Test func `rules for days under defaults hold for timetables, and a campaign can take them back`() throws {
        let loaded = try Sample.load(
            settings: """
                [defaults]
                except = "holidays"
                shift = "next-working-day"
                weekend = ["Sun"]
                [calendar.holidays]
                dates = [2026-11-27]
                [campaign.a]
                schedule = "Fri 17:00"
                \(Sample.activate)
                [campaign.b]
                schedule = "Fri 17:00"
                except = []
                shift = "none"
                activate = [{ dataflow = "crm-sftp", audiences = ["lapsed"] }]
                [campaign.c]
                after_export = true
                \(Sample.activate)
                """)
        let texts = ["a", "b"].map { name -> String in
            guard case .timetable(let timetable) = loaded.configuration.campaigns[CampaignName(name)]?.trigger else {
                return ""
            }
            return timetable.text
        }
        #expect(texts == ["Fri 17:00 except holidays shift next-working-day weekend Sun", "Fri 17:00"])
        #expect(loaded.configuration.campaigns["c"]?.trigger == .afterExport)
        #expect(loaded.warnings.isEmpty)
    }

    @Test(arguments: ["schedule = \"Fri 17:00\"", "after_export = true"])
    func `max_occurrences goes with whatever fires by itself`(trigger: String) throws {
        let loaded = try Sample.load(campaigns: "[campaign.a]\n\(trigger)\nmax_occurrences = 12\n\(Sample.activate)")
        #expect(loaded.configuration.campaigns["a"]?.maximumOccurrences == 12)
    }

    // MARK: Faults

    @Test(
        arguments: [
            ("schedule = []", .neverComes), ("schedule = [1]", .wrongType), ("schedule = 1", .wrongType),
            ("schedule = [\"Fri 17:00\", 2]", .wrongType), ("schedule = [[\"Fri\"]]", .wrongType),
            ("schedule = \"Fri 17:00\"\ncron = \"@daily\"", .twoSchedules),
            ("schedule = \"Fri 17:00\"\nevery = \"6h\"", .twoSchedules),
            ("every = \"0s\"", .outOfRange), ("every = \"999ms\"", .outOfRange), ("every = \"367d\"", .outOfRange),
            ("every = 6", .wrongType), ("every = [\"6h\"]", .wrongType), ("every = \"6 hours\"", .badDuration),
            ("every = \"6h\"\nfrom = \"2026-11-24\"", .wrongType), ("every = \"6h\"\nfrom = 06:00:00", .wrongType),
            ("rrule = \"FREQ=DAILY\"", .missingKey), ("rrule = \"FREQ=DALY\"\nfrom = 2026-11-24", .badSchedule),
            ("rrule = \"FREQ=DAILY\"\nfrom = 2026-11-24T09:00:00.5", .badTime),
            ("rrule = \"FREQ=DAILY\"\nfrom = 1969-11-24", .badTime),
            ("schedule = \"17:00\"\nfrom = 2026-11-24", .badValue), ("from = 2026-11-24", .badValue),
            ("at = 2026-11-27T06:00:00\nexdate = 2026-11-27", .badValue),
            ("after_export = true\nexdate = 2026-11-27", .badValue),
            ("schedule = \"17:00\"\nexdate = \"2026-11-27\"", .wrongType),
            ("schedule = \"17:00\"\nexdate = [06:00:00]", .wrongType),
            ("after_export = true\nstarts = 2026-11-27", .badValue), ("ends = 2026-11-27", .badValue),
            ("schedule = \"17:00\"\nstarts = 2026-11-27\nends = 2026-11-26", .endsBeforeStart),
            ("schedule = \"17:00\"\nstarts = 2026-11-27T00:00:00.001\nends = 2026-11-27T00:00:00", .endsBeforeStart),
            ("max_occurrences = 3", .badValue), ("schedule = \"17:00\"\nmax_occurrences = 0", .outOfRange),
            ("schedule = \"17:00\"\nmax_occurrences = 1000001", .outOfRange),
            ("schedule = \"17:00\"\nmax_occurrences = \"3\"", .wrongType),
            ("schedule = \"17:00\"\nexcept = \"holiday\"", .unknownCalendar),
            ("schedule = \"17:00\"\nonly = []", .badValue),
            ("schedule = \"17:00\"\nexcept = 1", .wrongType), ("schedule = \"17:00\"\nshift = \"tomorrow\"", .badValue),
            ("schedule = \"17:00\"\nweekend = [\"Sun\"]", .badValue),
            ("schedule = \"17:00\"\nshift = \"next-working-day\"\nweekend = [\"Sunda\"]", .badValue),
            ("schedule = \"17:00\"\nshift = \"next-working-day\"\nweekend = \"Sun\"", .wrongType),
            (
                "schedule = \"17:00\"\nshift = \"next-working-day\"\n"
                    + "weekend = [\"Mon\", \"Tue\", \"Wed\", \"Thu\", \"Fri\", \"Sat\", \"Sun\"]", .badValue
            ),
            ("after_export = true\nexcept = \"holidays\"", .badValue), ("shift = \"none\"", .badValue),
        ] as [(String, ConfigurationFault.Code)])
    func `a faulty key about times is one fault`(keys: String, code: ConfigurationFault.Code) {
        let found = faults(keys, calendars: keys.contains("\"holidays\"") ? Self.holidays : "")
        #expect(found.map(\.code) == [code], "\(found.map(\.sentence))")
    }

    @Test func `each text of an array keeps its own caret, over several lines and after Unicode`() throws {
        let found = faults(
            "description = \"Müsli 🥣\"\nschedule = [\n  \"Fri 17:00\",\n  \"Fri 25:00\",  # ü\n  \"dayly\",\n]")
        #expect(found.map(\.line) == [5, 6] && found.map(\.column) == [8, 4] && found.map(\.length) == [2, 5])
    }

    @Test func `in a string with escapes the caret covers the string, and with accents it counts code points`() throws {
        let escaped = try #require(faults("schedule = \"Fri\\u002025:00\"").first)
        #expect(escaped.column == 12 && escaped.length == 16 && escaped.code == .badSchedule)
        let accented = try #require(faults("schedule = \"17:00 Ko\u{308}ln/x\"").first)
        #expect(accented.column >= 13 && accented.column + accented.length <= 28)
    }

    @Test(arguments: [30, 31, 32, 33, 34])
    func `a caret stands right in strings of any length`(length: Int) throws {
        let text = "Fri 25:00" + String(repeating: " ", count: length - 9)
        let fault = try #require(faults("schedule = \"\(text)\"").first)
        #expect(fault.column == 17 && fault.length == 2)
    }

    // MARK: Warnings

    @Test(
        arguments: [
            ("schedule = \"Fri 17:00\"\nexdate = [2026-11-27, 2026-11-26]", .exdateUnmatched, 3, 23),
            ("schedule = \"Fri 17:00\"\nexdate = [2026-11-27T17:00:01]", .exdateUnmatched, 3, 11),
            ("every = \"1d\"", .everyDrifts, 2, 9), ("every = \"48h\"\nfrom = 2026-11-24T06:00:00", .everyDrifts, 2, 9),
            ("schedule = \"17:00\"\nends = 2026-11-23", .timePassed, 3, 8),
            ("schedule = \"17:00\"\nends = 2026-11-24T00:00:00Z", .timePassed, 3, 8),
            ("schedule = \"2025-02-28 10:00\"\nends = 2025-12-31", .timePassed, 2, 12),
            ("schedule = [\"2025-02-28 10:00\", \"Fri 17:00\"]", .timePassed, 2, 13),
            ("at = [2026-11-27T06:00:00, 2026-11-28T06:00:00]\nexcept = \"holidays\"", .leftOut, 2, 6),
        ] as [(String, ConfigurationFault.Code, Int, Int)])
    func `what is accepted and may not be meant is a warning at its place`(
        keys: String, code: ConfigurationFault.Code, line: Int, column: Int
    ) throws {
        let loaded = try Sample.load(
            campaigns: "[campaign.a]\n\(keys)\n\(Sample.activate)\n"
                + (keys.contains("holidays") ? Self.holidays : ""))
        let warning = try #require(loaded.warnings.first { $0.code == code }, "\(loaded.warnings.map(\.sentence))")
        #expect(warning.line == line && warning.column == column)
    }

    @Test func `every is only warned of where it drifts`() throws {
        #expect(try load("every = \"6h\"").1.warnings.isEmpty)
        #expect(try load("timezone = \"UTC\"\nevery = \"1d\"").1.warnings.isEmpty)
        let warning = try #require(try load("every = \"1d\"\nfrom = 2026-11-24T06:00:00").1.warnings.first)
        #expect(warning.remedy == "Write schedule = \"*-*-* 06:00\" for the same time of each day.")
        let rule = try #require(try load("every = \"48h\"\nfrom = 2026-11-24T06:00:00").1.warnings.first)
        #expect(rule.remedy.contains("rrule = \"FREQ=DAILY;INTERVAL=2\" with from = 2026-11-24T06:00:00"))
    }

    @Test func `a campaign that has ended stays in the file with a warning only`() throws {
        let (timetable, loaded) = try load("schedule = \"17:00\"\nends = 2026-11-23")
        #expect(timetable.next(after: Sample.now) == nil && loaded.warnings.map(\.code) == [.timePassed])
    }
}
