import FoundationEssentials
import SchedulerCore
import Testing

@testable import CampaignConfig

/// Goal: what we ship as an example is accepted as it stands, and large files load without anybody waiting.
@Suite struct ShippedConfigurationTests {
    private static let folder = {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        return "/\(root)/config"
    }()

    private func read(_ name: String) throws -> SourceFile {
        SourceFile(path: name, bytes: Array(try Data(contentsOf: URL(filePath: "\(Self.folder)/\(name)"))))
    }

    @Test func `the shipped example loads without a fault`() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder + "/campaigns.d").sorted()
            .filter { $0.hasSuffix(".toml") }
        let files = try (["activationd.toml"] + names.map { "campaigns.d/\($0)" }).map(read)
        let loaded = try Sample.load(files)
        #expect(
            loaded.configuration.campaigns.keys.sorted() == [
                "black-friday", "flash-sale", "follow-up", "fresh-every-day", "month-end", "storm-warning",
                "weekly-newsletter",
            ])
        #expect(loaded.configuration.guardrails == Guardrails())
        #expect(loaded.configuration.polling == Polling())
        #expect(loaded.configuration.limits == Limits())
        #expect(!loaded.configuration.blackouts.isEmpty && !loaded.configuration.notifications.isEmpty)
        #expect(Set(loaded.warnings.map(\.code)).isSubset(of: [.shortWindow, .audienceCollision]))
    }

    @Test func `5,000 campaigns in one file of a megabyte load, each with its own schedule and audience`() throws {
        let campaigns = (0..<5_000).map { number in
            """
            [campaign.campaign-\(number)]
            description = "Campaign number \(number) of many, with a description of ordinary length"
            schedule = "*-*-* \(number % 24):\(10 + number % 50):00"
            activate = [{ dataflow = "crm-sftp", audiences = ["audience-\(number)", "audience-\(number / 2)"] }]
            """
        }
        let audiences = (0..<5_000).map { number in
            "audience-\(number) = \"00000000-0000-4000-8000-\(String(100_000_000_000 + number))\""
        }
        let text = "[audience]\n" + audiences.joined(separator: "\n") + "\n" + campaigns.joined(separator: "\n")
        let withoutFirstPair = text.replacing(", \"audience-0\"] }]", with: "] }]")
        let start = ContinuousClock.now
        let loaded = try Sample.load(campaigns: withoutFirstPair)
        print("\(text.utf8.count) bytes, 5,000 campaigns: \(ContinuousClock.now - start)")
        #expect(loaded.configuration.campaigns.count == 5_000)
    }
}
