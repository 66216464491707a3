import Chronology
import Dispatch
import SchedulerCore
import Testing

@testable import CampaignConfig

/// Goal: what is kept from the load before changes nothing but the time that a load takes, and neither do several cores.
@Suite struct KeptCampaignsTests {
    /// A configuration that is edited again and again, well or badly.
    private struct Edited {
        var dice: Seeded
        var now = Sample.now
        var zoneName = "Europe/Stockholm"
        var audience = "7f04b2a6-5f7e-4e7f-9b3a-6d3c4e2a1b5c"
        var defaults = "catch_up = \"1h\""
        var holidays = "2026-12-24, 2026-12-25"
        /// More keys of the calendar, each with the end of its line.
        var weekdays = ""
        var calendarFile = ""
        var calendarDays = Sample.holidays
        var sandbox = "prod"
        var dataflow = "\"ef2dcbd6-36fc-49a3-afed-d7b8e8f724eb\""
        var stockholm = Sample.zone("Europe/Stockholm")
        var sections: [String] = []
        var isInTwoFiles = false

        init(seed: UInt64) {
            dice = Seeded(state: seed)
            for _ in 0..<30 { insert() }
        }

        mutating func pick<Item>(_ items: [Item]) -> Item { items.randomElement(using: &dice)! }

        /// What people write, what they are warned of, and what is wrong.
        mutating func section() -> String {
            let name = "campaign-\(Int.random(in: 0..<60, using: &dice))"
            let day = Int.random(in: 24...30, using: &dice)
            let when = pick([
                "schedule = \"Fri 17:00\"", "schedule = \"Fri 17:00\"", "cron = \"5 4 * * 1-5\"",
                "schedule = \"Mon 8:00 Europe/Stockholm\"",
                "cron = \"5 4 1 * Mon\"", "after_export = true",
                "after = \"campaign-\(Int.random(in: 0..<60, using: &dice))\"\ndelay = \"30m\"",
                "at = [2026-11-\(day)T06:00:00Z]", "at = [2026-11-\(day)T06:00:00Z, 2026-12-24T06:00:00Z]",
                "schedule = \"2026-11-\(day) 12:00\"", "every = \"24h\"", "every = \"90m\"",
                "rrule = \"FREQ=DAILY;COUNT=\(day - 20)\"\nfrom = 2026-11-20T09:00:00",
                "schedule = [\"Mon 8:00\", \"2026-11-\(day) 12:00 UTC\"]", "schedule = \"Sat 09:00 Asia/Nowhere\"", "",
            ])
            let more = pick([
                "", "", "", "except = \"holidays\"\n", "only = \"holidays\"\n", "shift = \"next-working-day\"\n",
                "ends = 2026-11-\(day)\n", "starts = 2026-12-01\n", "exdate = [2026-11-27]\n", "enabled = false\n",
                "timezone = \"UTC\"\n", "timezone = \"Europe/Stockholm\"\n", "jitter = \"2m\"\n",
                "overlap = \"never\"\n", "max_occurrences = 3\n",
                "except = [\"other\"]\n",
            ])
            let audiences = pick(["\"vip\"", "\"lapsed\"", "\"vip\", \"lapsed\"", "\"vip\", \"vip\"", "\"lost\""])
            // Mostly without a fault: otherwise no load would ever leave anything.
            let isRight = Int.random(in: 0..<8, using: &dice) > 0
            return """
                [campaign.\(name)]
                \(when)
                \(isRight && !more.hasPrefix("enabled") ? "" : more)\
                activate = [{ dataflow = "crm-sftp", audiences = [\(isRight ? "\"vip\"" : audiences)] }]

                """
        }

        mutating func insert() {
            let section = section()
            let header = section.prefix { $0 != "\n" }
            // A name twice makes the whole file faulty, which is worth a try once in a while.
            if sections.contains(where: { $0.hasPrefix(header + "\n") }), Int.random(in: 0..<40, using: &dice) > 0 {
                return
            }
            sections.insert(section, at: Int.random(in: 0...sections.count, using: &dice))
        }

        mutating func edit() {
            switch Int.random(in: 0..<21, using: &dice) {
            case 0...3: insert()
            case 4, 5: sections.remove(at: Int.random(in: 0..<sections.count, using: &dice))
            case 6: sections.shuffle(using: &dice)
            case 7: sections[Int.random(in: 0..<sections.count, using: &dice)] += "# a note\n\n"
            case 8:
                sections[Int.random(in: 0..<sections.count, using: &dice)] += pick(["x = = 1\n", "enabled = true\n"])
            case 9: now = now + pick([.seconds(60), .seconds(86_400), .seconds(5 * 86_400)])
            case 10: audience = pick([audience, "00000000-0000-4000-8000-000000000001"])
            case 11: defaults = pick(["catch_up = \"1h\"", "catch_up = \"2h\"", "except = \"holidays\""])
            case 12: holidays = pick(["2026-12-24, 2026-12-25", "2026-11-20", "2027-01-01"])
            case 13: zoneName = pick(["Europe/Stockholm", "UTC"])
            case 14: stockholm = pick([Sample.zone("Europe/Stockholm"), movedStockholm, nil])
            case 15: sandbox = pick(["prod", "dev"])
            case 16:
                dataflow = pick([
                    "\"ef2dcbd6-36fc-49a3-afed-d7b8e8f724eb\"", "\"ef2dcbd6-36fc-49a3-afed-d7b8e8f724ec\"",
                    "{ id = \"ef2dcbd6-36fc-49a3-afed-d7b8e8f724eb\", sandbox = \"prod\" }",
                ])
            case 17: weekdays = pick(["", "weekdays = [\"Sun\"]\n", "weekdays = [\"Sat\", \"Sun\"]\n"])
            case 18: calendarFile = pick(["", "file = \"holidays.ics\"\n"])
            case 19: calendarDays = pick([Sample.holidays, Sample.holidays.replacing("20261225", with: "20261226")])
            default: isInTwoFiles.toggle()
            }
        }

        /// Takes out what is faulty.
        mutating func repair(_ faults: ConfigurationFaults) {
            if stockholm == nil { stockholm = Sample.zone("Europe/Stockholm") }
            // What all are faulty for is taken back, and they stay.
            if faults.faults.contains(where: { $0.code == .sandboxMismatch }) {
                sandbox = "prod"
                return
            }
            let bad = Set(faults.faults.map { "\($0.file):\($0.line)" })
            var (file, line) = (0, files[0].bytes.count { $0 == 10 } + 1)
            let middle = isInTwoFiles ? sections.count / 2 : sections.count
            line -= sections[..<middle].joined().utf8.count { $0 == 10 }
            sections = sections.enumerated().filter { index, section in
                if index == middle { (file, line) = (1, 1) }
                let lines = line..<(line + section.utf8.count { $0 == 10 })
                line = lines.upperBound
                return !lines.contains { bad.contains("\(["activationd.toml", "more.toml"][file]):\($0)") }
            }.map(\.element)
            while sections.count < 5 { insert() }
        }

        var files: [SourceFile] {
            let main = Sample.main
                .replacing("Europe/Stockholm", with: zoneName)
                .replacing("7f04b2a6-5f7e-4e7f-9b3a-6d3c4e2a1b5c", with: audience)
                .replacing("sandbox = \"prod\"\n", with: "sandbox = \"\(sandbox)\"\n")
                .replacing("\"ef2dcbd6-36fc-49a3-afed-d7b8e8f724eb\"", with: dataflow)
            let settings =
                "\(main)[defaults]\n\(defaults)\n[calendar.holidays]\ndates = [\(holidays)]\n"
                + weekdays + calendarFile
            let middle = isInTwoFiles ? sections.count / 2 : sections.count
            return [
                SourceFile(path: "activationd.toml", bytes: Array((settings + sections[..<middle].joined()).utf8)),
                SourceFile(path: "more.toml", bytes: Array(sections[middle...].joined().utf8)),
            ]
        }

        func load(after kept: KeptCampaigns, each: @escaping EachPart) -> Result<
            LoadedConfiguration, ConfigurationFaults
        > {
            let stockholm = stockholm
            let calendarDays = calendarDays
            var loader = ConfigurationLoader(
                zones: { $0 == "Europe/Stockholm" ? stockholm : Sample.zone($0) },
                calendarFile: { $0 == "holidays.ics" ? .success(Array(calendarDays.utf8)) : Sample.calendarFile($0) },
                now: now, each: each)
            loader.largeLength = 0
            do throws(ConfigurationFaults) {
                return .success(try loader.load(files, after: kept))
            } catch {
                return .failure(error)
            }
        }
    }

    /// An hour east of where it is.
    private static let movedStockholm = Sample.zone("Europe/Stockholm", footer: "EET-2EEST,M3.5.0/3,M10.5.0/4")

    private static let serially: EachPart = { count, body in (0..<count).forEach(body) }
    private static let backwards: EachPart = { count, body in (0..<count).reversed().forEach(body) }
    private static let concurrently: EachPart = { count, body in
        DispatchQueue.concurrentPerform(iterations: count, execute: body)
    }

    @Test(arguments: 1...10)
    func `a load after another one gives what a first one gives, on one core and on many`(seed: UInt64) throws {
        var edited = Edited(seed: seed)
        var kept = KeptCampaigns.none
        var successes = 0
        for round in 0..<30 {
            let first = edited.load(after: .none, each: Self.serially)
            let again = edited.load(after: kept, each: round.isMultiple(of: 2) ? Self.backwards : Self.concurrently)
            switch (first, again) {
            case (.success(let first), .success(let again)):
                #expect(first.configuration == again.configuration)
                #expect(first.warnings == again.warnings)
                kept = again.kept
                successes += 1
            case (.failure(let first), .failure(let again)):
                #expect(first.description == again.description)
                edited.repair(first)
                continue
            default:
                Issue.record("one load has faults, the other one has none: \(first), \(again)")
            }
            edited.edit()
        }
        #expect(successes > 5)
    }

    private func large(_ count: Int = 600, _ change: String = "") -> [SourceFile] {
        let campaigns = (0..<count).map { number in
            "[campaign.campaign-\(number)]\nschedule = \"Fri 17:00\"\n\(Sample.activate)\n"
        }
        return [SourceFile(path: "activationd.toml", bytes: Array((Sample.main + change + campaigns.joined()).utf8))]
    }

    private func load(_ files: [SourceFile], after kept: KeptCampaigns = .none) throws -> LoadedConfiguration {
        try ConfigurationLoader(zones: Sample.zone, calendarFile: Sample.calendarFile, now: Sample.now)
            .load(files, after: kept)
    }

    @Test func `an unchanged campaign of a large file is the very one of before, wherever it stands now`() throws {
        let first = try load(large(1000))
        let again = try load(large(1000, "[campaign.new]\n\(Sample.activate)\n"), after: first.kept)
        #expect(again.configuration.campaigns.count == 1001)
        let isSame = first.configuration.campaigns.allSatisfy { name, campaign in
            again.configuration.campaigns[name]?.isSame(as: campaign) == true
        }
        #expect(isSame)
    }

    // MARK: What stands around campaigns

    /// Five campaigns, and everything that they are read with.
    private static let surrounded: String = {
        let id = "\"ef2dcbd6-36fc-49a3-afed-d7b8e8f724eb\""
        let main = Sample.main.replacing(id, with: "{ id = \(id), sandbox = \"prod\" }")
        let around = """
            [defaults]
            catch_up = "1h"
            [calendar.days]
            dates = [2026-12-24]
            weekdays = ["Sun"]
            file = "holidays.ics"

            """
        let campaigns = (1...5).map { number in
            "[campaign.campaign-\(number)]\nschedule = \"Fri 17:00\"\nexcept = \"days\"\n\(Sample.activate)\n"
        }
        return main + around + campaigns.joined()
    }()

    /// In pieces, as a large configuration is read.
    private func load(
        _ text: String, calendarDays: String = Sample.holidays, after kept: KeptCampaigns = .none
    ) throws(ConfigurationFaults) -> LoadedConfiguration {
        var loader = ConfigurationLoader(
            zones: Sample.zone, calendarFile: { _ in .success(Array(calendarDays.utf8)) }, now: Sample.now)
        loader.largeLength = 0
        return try loader.load([SourceFile(path: "activationd.toml", bytes: Array(text.utf8))], after: kept)
    }

    @Test(arguments: [
        ("sandbox = \"prod\"", "sandbox = \"dev\""),
        ("ef2dcbd6-36fc-49a3-afed-d7b8e8f724eb", "ef2dcbd6-36fc-49a3-afed-d7b8e8f724ec"),
        ("db8961e9-d52f-45bc-b3fb-76d0382a6851", "db8961e9-d52f-45bc-b3fb-76d0382a6852"),
        ("timezone = \"Europe/Stockholm\"", "timezone = \"UTC\""), ("catch_up = \"1h\"", "catch_up = \"2h\""),
        ("dates = [2026-12-24]", "dates = [2026-12-31]"), ("weekdays = [\"Sun\"]", "weekdays = [\"Sat\"]"),
        ("file = \"holidays.ics\"\n", ""), ("DTSTART;VALUE=DATE:20261225", "DTSTART;VALUE=DATE:20261226"),
    ])
    func `an unchanged campaign is read anew where what it is read with has changed`(old: String, new: String) throws {
        let (text, days) = (Self.surrounded.replacing(old, with: new), Sample.holidays.replacing(old, with: new))
        try #require(text != Self.surrounded || days != Sample.holidays)
        let first = try load(Self.surrounded)
        let again = try load(text, calendarDays: days, after: first.kept)
        let fresh = try load(text, calendarDays: days)
        #expect(again.configuration == fresh.configuration && again.warnings == fresh.warnings)
        let unchanged = try load(Self.surrounded, after: first.kept)
        for (name, campaign) in first.configuration.campaigns {
            let anew = try #require(again.configuration.campaigns[name])
            #expect(anew != campaign, "\(name)")
            // Otherwise it would have been the very one of before.
            #expect(unchanged.configuration.campaigns[name]?.isSame(as: campaign) == true, "\(name)")
        }
        #expect(first.configuration.campaigns.count == 5)
    }

    @Test func `an unchanged campaign is refused where its dataflow is said to be in another sandbox now`() throws {
        let kept = try load(Self.surrounded).kept
        let moved = Self.surrounded.replacing("sandbox = \"prod\" }\nloyalty", with: "sandbox = \"dev\" }\nloyalty")
        let again = Sample.faults { () throws(ConfigurationFaults) in try load(moved, after: kept) }
        #expect(again?.faults.map(\.code) == [ConfigurationFault.Code](repeating: .sandboxMismatch, count: 5))
        let fresh = Sample.faults { () throws(ConfigurationFaults) in try load(moved) }
        #expect(again == fresh)
    }

    @Test func `other defaults make other campaigns of the same sections`() throws {
        let first = try load(large(1000))
        let again = try load(large(1000, "[defaults]\njitter = \"5m\"\n"), after: first.kept)
        let jitters = again.configuration.campaigns.values.map(\.jitter)
        #expect(jitters.count == 1000)
        #expect(jitters.allSatisfy { $0 == .seconds(300) })
    }
}

/// SplitMix64: the same numbers from a seed on every machine.
private struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
