import Chronology
import SchedulerCore
import Testing

@testable import CampaignConfig

/// Goal: what is accepted means what it says, and each fault is found, once, under its stable code.
@Suite struct ConfigurationLoaderTests {
    @Test func `a file without campaigns is accepted, with the defaults of the design`() throws {
        let loaded = try Sample.load(settings: "")
        #expect(loaded.configuration.campaigns.isEmpty)
        #expect(loaded.configuration.guardrails == Guardrails())
        #expect(loaded.configuration.polling == Polling())
        #expect(loaded.configuration.limits == Limits())
        #expect(loaded.configuration.digest.count == 16)
        #expect(loaded.configuration.files == ["activationd.toml"])
    }

    @Test func `campaigns of a second file use names of the first, and keep their own settings`() throws {
        let loaded = try Sample.load(
            campaigns: """
                [campaign.spring]
                schedule = "Fri 17:00"
                start_within = "90m"
                overlap = "buffer-one"
                activate = [
                  { dataflow = "crm-sftp", audiences = ["vip", "lapsed"] },
                  { dataflow = "loyalty", audiences = ["DB8961E9-D52F-45BC-B3FB-76D0382A6851"] },
                ]
                [campaign.later]
                after = "spring"
                delay = "2h"
                activate = [{ dataflow = "loyalty", audiences = ["lapsed"] }]
                """)
        let spring = try #require(loaded.configuration.campaigns["spring"])
        #expect(spring.startWithin == .seconds(5_400))
        #expect(spring.catchUp == .seconds(3_600))
        #expect(spring.overlap == .bufferOne)
        #expect(spring.zone.name == "Europe/Stockholm")
        #expect(spring.pairs.map(\.audience.text.first) == ["d", "7", "d"])
        #expect(loaded.configuration.campaigns["later"]?.trigger == .after("spring", delay: .seconds(7_200)))
        #expect(loaded.configuration.audienceNames["7f04b2a6-5f7e-4e7f-9b3a-6d3c4e2a1b5c"] == "lapsed")
    }

    @Test func `an at without an offset is read in the campaign's zone`() throws {
        let loaded = try Sample.load(
            campaigns: "[campaign.a]\nat = [2026-11-27T06:00:00, 2026-11-27T18:00:00Z]\n\(Sample.activate)")
        guard case .timetable(let timetable) = loaded.configuration.campaigns["a"]?.trigger else {
            Issue.record("no timetable")
            return
        }
        let first = try #require(timetable.next(after: Sample.now))
        #expect(first == Instant(seconds: 1_795_755_600))
        #expect(timetable.next(after: first) == Instant(seconds: 1_795_802_400))
    }

    @Test func `all that is needed and missing is reported at once, each with where to put it`() throws {
        let faults = try #require(Sample.faults { () throws(ConfigurationFaults) in try Sample.load([]) })
        #expect(faults.faults.map(\.code) == Array(repeating: .missingKey, count: 4))
        #expect(faults.description.contains("Write sandbox = \"prod\" under [platform]."))
        #expect(faults.description.contains("Write client_id = \"…\" under [platform.credentials]."))
    }

    @Test(
        arguments: [
            ("[guardrails]\npairs_per_job = 81", .outOfRange), ("[guardrails]\npairs_per_job = 0", .outOfRange),
            ("[guardrails]\npairs_per_job = \"80\"", .wrongType), ("[guardrails]\npairs_per_jobs = 80", .unknownKey),
            ("[guardrails]\nserialize = \"audiense\"", .badValue),
            ("[guardrails]\ndataflow_gate = \"audiences\"", .badValue),
            ("[guardrails]\nrun_max_age = \"0s\"", .outOfRange), ("[guardrail]", .unknownKey),
            ("[polling]\ngate = 60", .wrongType), ("[polling]\ngate = \"0s\"", .outOfRange),
            ("[polling]\nrun = \"10m\"", .outOfRange), ("[polling]\ngate = \"99999999999999999999d\"", .badDuration),
            ("[limits]\nattempts = 9223372036854775807", .outOfRange), ("[daemon]\nlog_level = \"loud\"", .badValue),
            ("[daemon]\nmetrics = \"9780\"", .badAddress), ("[daemon]\nmetrics = \"127.0.0.1:99999\"", .badAddress),
            ("[[blackout]]\nname = \"a\"\nfrom = 2026-12-24\nuntil = 2026-12-25T00:00:00Z", .wrongType),
            ("[[blackout]]\nname = \"a\"\nfrom = 2026-12-25T00:00:00Z\nuntil = 2026-12-25T00:00:00Z", .endsBeforeStart),
            ("[[blackout]]\nname = \"a\"\nschedule = \"Mon 10:00\"", .missingKey),
            ("[[blackout]]\nname = \"a\"\nfrom = 2026-12-24T00:00:00Z\nlength = \"1h\"", .twoSchedules),
            ("[[notify]]\nname = \"a\"\non = [\"failed\"]", .missingKey),
            ("[[notify]]\nname = \"a\"\ncommand = [\"/a\"]\nwebhook = \"https://h\"\non = [\"failed\"]", .badValue),
            ("[[notify]]\nname = \"a\"\ncommand = [\"page\"]\non = [\"failed\"]", .badValue),
            ("[[notify]]\nname = \"a\"\ncommand = [\"/a\"]\non = [\"faild\"]", .badValue),
            ("[[notify]]\nname = \"a\"\nwebhook = \"http://h.example\"\non = [\"failed\"]", .badURL),
            ("[audience.x]\nid = \"a\"", .wrongType), ("[dataflow.x]\nid = \"a\"", .badValue),
        ] as [(String, ConfigurationFault.Code)])
    func `a faulty setting is one fault`(text: String, code: ConfigurationFault.Code) {
        // [audience.x] and [dataflow.x] add to tables that the sample has opened.
        let found =
            text.hasPrefix("[audience") || text.hasPrefix("[dataflow")
            ? Sample.codes(campaigns: text) : Sample.codes(settings: text)
        #expect(found == [code], "\(text)")
    }

    @Test(
        arguments: [
            ("schedule = \"Fri 17:00\"\ncron = \"0 6 * * *\"", .twoSchedules), ("schedule = 17", .wrongType),
            ("schedule = \"Frx 17:00\"", .badSchedule), ("schedule = \"2025-02-30 10:00\"", .neverComes),
            ("schedule = \"*-02-30 10:00\"", .neverComes), ("schedule = \"2025-02-28 10:00\"", .neverComes),
            ("cron = \"0 0 30 2 *\"", .neverComes), ("schedule = \"Fri 17:00 Europe/Stokholm\"", .unknownTimeZone),
            ("at = []", .neverComes),
            ("at = [\"2026-11-27T06:00:00Z\"]", .wrongType), ("at = [2026-11-27]", .wrongType),
            ("timezone = \"Europe/Stokholm\"", .unknownTimeZone), ("after = \"nobody\"", .unknownCampaign),
            ("after = \"a\"", .campaignCycle), ("delay = \"1h\"", .badValue), ("sandbox = \"Prod!\"", .badName),
            ("shedule = \"Fri 17:00\"", .unknownKey), ("overlap = \"skipp\"", .badValue),
            ("enabled = \"yes\"", .wrongType),
            ("jitter = \"2 days\"", .badDuration),
        ] as [(String, ConfigurationFault.Code)])
    func `a faulty key of a campaign is one fault`(text: String, code: ConfigurationFault.Code) {
        #expect(Sample.codes(campaigns: "[campaign.a]\n\(text)\n\(Sample.activate)") == [code], "\(text)")
    }

    @Test(
        arguments: [
            ("activate = [{ dataflow = \"crm-stfp\", audiences = [\"vip\"] }]", .unknownDataflow),
            ("activate = [{ dataflow = \"crm-sftp\", audiences = [\"vipp\"] }]", .unknownAudience),
            ("activate = [{ dataflow = \"crm-sftp\", audiences = [\"vip\", \"vip\"] }]", .duplicatePair),
            ("activate = [{ dataflow = \"crm-sftp\", audiences = [] }]", .badValue), ("activate = []", .badValue),
            ("activate = [{ audiences = [\"vip\"] }]", .missingKey), ("activate = \"vip\"", .wrongType),
            ("description = \"nothing\"", .missingKey),
            ("sandbox = \"dev\"\nactivate = [{ dataflow = \"loyalty\", audiences = [\"vip\"] }]", .sandboxMismatch),
        ] as [(String, ConfigurationFault.Code)])
    func `a faulty list of what to activate is one fault`(text: String, code: ConfigurationFault.Code) {
        #expect(Sample.codes(campaigns: "[campaign.a]\n\(text)") == [code], "\(text)")
    }

    @Test func `a dataflow that campaigns of two sandboxes name is one fault, at the second of them`() {
        let text = """
            [campaign.a]
            \(Sample.activate)
            [campaign.b]
            sandbox = "dev"
            \(Sample.activate)
            """
        let faults = Sample.faults { () throws(ConfigurationFaults) in try Sample.load(campaigns: text) }?.faults ?? []
        #expect(faults.map(\.code) == [.sandboxMismatch])
        #expect(faults.map(\.line) == [3])
        #expect(Sample.codes(campaigns: text.replacing("\nsandbox = \"dev\"", with: "")) == [])
    }

    @Test(arguments: [
        "http://platform.adobe.io", "platform.adobe.io", "https://user:pw@platform.adobe.io", "https://a.example/path",
        "https://", "ftp://a.example", "https://a.example:0", "https://a b", "http://127.0.0.1.evil.example",
        "https://a?x=1", "https://[0ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255]", "http://10.0.0.1",
        "http://126.0.0.1", "http://128.0.0.1", "http://127.0.0", "http://127.0.0.0.1", "http://127.0.0.256",
        "http://a.b.c.d",
    ])
    func `a platform URL is refused unless it is https without a path, or loopback`(url: String) {
        let text = Sample.main.replacing("sandbox = \"prod\"\n[", with: "sandbox = \"prod\"\nurl = \"\(url)\"\n[")
        let files = [SourceFile(path: "a", bytes: Array(text.utf8))]
        #expect(
            Sample.faults { () throws(ConfigurationFaults) in try Sample.load(files) }?.faults.map(\.code) == [.badURL])
    }

    @Test(arguments: [
        "https://a.example", "https://a.example:8443/", "http://127.0.0.1:9000", "http://[::1]:9000",
        "http://localhost", "https://[ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255]", "http://127.255.255.255",
        "https://10.0.0.1",
    ])
    func `a good platform URL is kept as its origin`(url: String) throws {
        let text = Sample.main.replacing("sandbox = \"prod\"\n[", with: "sandbox = \"prod\"\nurl = \"\(url)\"\n[")
        let loaded = try Sample.load([SourceFile(path: "a", bytes: Array(text.utf8))])
        #expect(loaded.configuration.platform.url == (url.hasSuffix("/") ? String(url.dropLast()) : url))
    }

    @Test func `names that are defined in two files are faults that name both places`() throws {
        let text = "[audience]\nvip = \"db8961e9-d52f-45bc-b3fb-76d0382a6851\"\n[campaign.a]\n\(Sample.activate)"
        let files = ["campaigns.d/a.toml", "campaigns.d/b.toml"].map { SourceFile(path: $0, bytes: Array(text.utf8)) }
        let all = [SourceFile(path: "activationd.toml", bytes: Array(Sample.main.utf8))] + files
        let faults = try #require(Sample.faults { () throws(ConfigurationFaults) in try Sample.load(all) })
        #expect(faults.faults.map(\.code) == [.duplicateName, .duplicateName, .duplicateName])
        #expect(faults.faults[0].found == "audience \"vip\" is also defined at activationd.toml:12:1")
        #expect(faults.faults[2].found == "campaign \"a\" is also defined at campaigns.d/a.toml:3:11")
    }

    @Test func `a loop of campaigns is one fault that prints the loop`() throws {
        let text = ["b": "c", "c": "a", "a": "b", "x": "a"].sorted { $0.key < $1.key }
            .map { "[campaign.\($0.key)]\nafter = \"\($0.value)\"\n\(Sample.activate)" }.joined(separator: "\n")
        let faults = try #require(Sample.faults { () throws(ConfigurationFaults) in try Sample.load(campaigns: text) })
        #expect(faults.faults.map(\.found) == ["campaigns wait for each other: a after b after c after a"])
    }

    @Test(arguments: [20, 21])
    func `of a loop twenty campaigns are printed`(count: Int) throws {
        let names = (1...count).map { "c\(100 + $0)" }
        let text = zip(names, names.dropFirst() + [names[0]])
            .map { "[campaign.\($0)]\nafter = \"\($1)\"\n\(Sample.activate)" }.joined(separator: "\n")
        let faults = try #require(Sample.faults { () throws(ConfigurationFaults) in try Sample.load(campaigns: text) })
        let printed = Array(names.prefix(20)) + (count > 20 ? ["…"] : []) + [names[0]]
        #expect(
            faults.faults.map(\.found) == ["campaigns wait for each other: " + printed.joined(separator: " after ")])
    }

    @Test(arguments: [
        "[[notify]]\nname = \"a\"\non = [\"failed\"]\nwebhook = \"https://h\"\n",
        "[[blackout]]\nname = \"a\"\nschedule = \"Fri 17:00\"\nlength = \"1h\"\n",
    ])
    func `a name stands for one notification, and for one blackout`(text: String) {
        #expect(Sample.codes(settings: text + text) == [.duplicateName])
        #expect(Sample.codes(settings: text + text.replacing("\"a\"", with: "\"b\"")) == [])
    }

    @Test func `a table of the main file is refused in campaigns.d, with where it belongs`() {
        #expect(Sample.codes(campaigns: "[polling]\ngate = \"1m\"\n[campaing.a]") == [.misplacedKey, .unknownKey])
    }

    @Test(
        arguments: [
            ("gate_freshness = \"120s\"", []), ("gate_freshness = \"121s\"", [.longFreshness]),
            ("gate_freshness = \"1h\"", [.longFreshness]), ("settle = \"30s\"", []),
            ("settle = \"29999ms\"", [.shortSettle]), ("settle = \"100ms\"", [.shortSettle]),
        ] as [(String, [ConfigurationFault.Code])])
    func `evidence that may be old, and a doubt that is settled too soon, are warned of`(
        text: String, codes: [ConfigurationFault.Code]
    ) throws {
        #expect(try Sample.load(settings: "[polling]\n\(text)").warnings.map(\.code) == codes)
    }

    @Test func `a passed time, a short window, a shared audience and a disabled predecessor are warnings`() throws {
        let loaded = try Sample.load(
            settings: """
                [guardrails]
                first_activation_window = "20m"
                [campaign.a]
                at = [2026-11-01T00:00:00Z, 2026-12-01T00:00:00Z]
                \(Sample.activate)
                [campaign.b]
                at = 2026-12-01T00:00:00Z
                \(Sample.activate)
                [campaign.c]
                enabled = false
                \(Sample.activate)
                [campaign.d]
                after = "c"
                \(Sample.activate)
                """)
        #expect(loaded.warnings.map(\.code) == [.shortWindow, .timePassed, .audienceCollision, .afterDisabled])
    }

    @Test func `the same files have the same digest, and any other byte or path another one`() throws {
        func digest(_ path: String, _ text: String) -> String {
            Digest.text(of: [.init(path: path, bytes: Array(text.utf8))])
        }
        #expect(digest("a", "b") == digest("a", "b"))
        #expect(
            Set([digest("a", "b"), digest("a", "c"), digest("b", "b"), digest("ab", ""), digest("", "ab")]).count == 5)
    }

    @Test func `thousands of faults are bounded, and the rest are counted`() throws {
        let text = (0..<3_000).map { "key\($0) = 1" }.joined(separator: "\n")
        let faults = try #require(Sample.faults { () throws(ConfigurationFaults) in try Sample.load(campaigns: text) })
        #expect(faults.faults.count == ConfigurationFaults.faultLimit)
        #expect(faults.omitted == 2_000)
        #expect(faults.summary == "3000 faults in 2 files; the first 1000 are shown.")
    }
}
