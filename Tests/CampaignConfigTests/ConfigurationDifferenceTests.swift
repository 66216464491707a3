import SchedulerCore
import Testing

@testable import CampaignConfig

/// Goal: after a reload an admin sees which campaigns it touched, and how.
@Suite struct ConfigurationDifferenceTests {
    private func load(_ campaigns: String) throws -> Configuration {
        try Sample.load(campaigns: campaigns).configuration
    }

    @Test func `new, changed, unchanged and removed campaigns are told apart, with what changed`() throws {
        let same = "[campaign.same]\n\(Sample.activate)\n"
        let old = try load(
            same
                + "[campaign.flash]\nschedule = \"Fri 17:00\"\n\(Sample.activate)\n[campaign.winter]\n\(Sample.activate)"
        )
        let new = try load(
            same + """
                [campaign.flash]
                schedule = "Fri 16:30"
                jitter = "5m"
                activate = [{ dataflow = "crm-sftp", audiences = ["vip", "lapsed"] }]
                [campaign.spring]
                \(Sample.activate)
                """)
        #expect(
            ConfigurationDifference(from: old, to: new).lines == [
                "  + spring",
                "  ~ flash   schedule Fri 17:00 -> Fri 16:30; jitter 0s -> 5m; "
                    + "activate 1 pair -> 2 pairs (+lapsed to crm-sftp)",
                "  - winter",
                "  = 1 unchanged",
            ])
    }

    @Test func `the first load is all new, and the same load is no difference`() throws {
        let only = try load("[campaign.a]\n\(Sample.activate)")
        #expect(ConfigurationDifference(from: nil, to: only).added == ["a"])
        #expect(ConfigurationDifference(from: only, to: only).isEmpty)
    }

    @Test func `of very many campaigns the first ones are named, and the number of the others`() throws {
        let many = try load(
            (0..<250).map { "[campaign.campaign-\(1000 + $0)]\n\(Sample.activate)\n" }.joined())
        let none = try load("")
        let added = ConfigurationDifference(from: none, to: many)
        #expect(added.added.count == 250 && added.lines.count == 101)
        #expect(added.lines[99] == "  + campaign-1099" && added.lines[100] == "  + … and 150 more")
        #expect(ConfigurationDifference(from: many, to: none).lines.last == "  - … and 150 more")
    }

    @Test func `other days of a calendar and another max_occurrences are told of a campaign`() throws {
        func text(_ dates: String, _ maximum: Int) -> String {
            "[calendar.days]\ndates = [\(dates)]\n[campaign.a]\nschedule = \"17:00\"\nexcept = \"days\"\n"
                + "max_occurrences = \(maximum)\n\(Sample.activate)"
        }
        let old = try load(text("2026-12-25", 3))
        let more = try load(text("2026-12-25, 2026-12-26", 4))
        #expect(
            ConfigurationDifference(from: old, to: more).lines == [
                "  ~ a  max_occurrences 3 -> 4; calendar days 1 date -> 2 dates"
            ])
        let others = try load(text("2026-12-24", 3))
        #expect(
            ConfigurationDifference(from: old, to: others).lines == ["  ~ a  calendar days 1 date -> others"])
    }

    @Test(arguments: [
        ("[daemon]\nkeep = \"30d\"", "daemon"), ("[daemon]\nlog_level = \"debug\"", "daemon"),
        ("[guardrails]\npairs_per_job = 70", "guardrails"), ("[polling]\ngate = \"30s\"", "polling"),
        ("[limits]\nattempts = 5", "limits"),
    ])
    func `settings that changed are named`(setting: String, name: String) throws {
        let old = try Sample.load(settings: "").configuration
        let new = try Sample.load(settings: setting).configuration
        #expect(ConfigurationDifference(from: old, to: new).changedSettings == [name])
    }

    @Test(arguments: ["audience", "dataflow"])
    func `a new name is a change of names`(kind: String) throws {
        func load(_ text: String) throws -> Configuration {
            try Sample.load([SourceFile(path: "a", bytes: Array(text.utf8))]).configuration
        }
        let named = Sample.main.replacing(
            "[\(kind)]\n", with: "[\(kind)]\nnew = \"11111111-2222-4333-8444-555555555555\"\n")
        let difference = ConfigurationDifference(from: try load(Sample.main), to: try load(named))
        #expect(difference.changedSettings == ["names"])
    }
}
