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
            switch Int.random(in: 0..<16, using: &dice) {
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
            default: isInTwoFiles.toggle()
            }
        }

        /// Takes out what is faulty.
        mutating func repair(_ faults: ConfigurationFaults) {
            if stockholm == nil { stockholm = Sample.zone("Europe/Stockholm") }
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
            let settings = "\(main)[defaults]\n\(defaults)\n[calendar.holidays]\ndates = [\(holidays)]\n"
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
            var loader = ConfigurationLoader(
                zones: { $0 == "Europe/Stockholm" ? stockholm : Sample.zone($0) }, calendarFile: Sample.calendarFile,
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
