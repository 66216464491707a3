import Chronology
import SchedulerCore
import Testing

@testable import CampaignConfig

/// Goal: a file that is large enough to be read in pieces is loaded, and refused, as a small one is.
@Suite struct LargeFileTests {
    private static let count = 1200

    private static func campaigns(_ range: Range<Int> = 0..<count) -> String {
        range.map { number in
            "[campaign.campaign-\(number)]\ndescription = \"number \(number)\"\nschedule = \"Fri 17:\(10 + number % 50)\"\n"
                + "enabled = false\n\(Sample.activate)\n"
        }.joined()
    }

    private func code(_ campaigns: String) -> [ConfigurationFault.Code] {
        Sample.faults { () throws(ConfigurationFaults) in try Sample.load(campaigns: campaigns) }?.faults.map(\.code)
            ?? []
    }

    @Test func `such a file has several pieces, all of which are read in their order`() throws {
        let bytes = Array(Self.campaigns().utf8)
        let reader = TOMLReader(file: 0)
        let document = try reader.open(bytes, table: "campaign", pieceLength: 10_000)
        try #require(document.pieces.count > 5)
        var names: [String] = []
        for piece in document.pieces {
            for section in piece.sections {
                let entry = try #require(try reader.read(section, of: piece, in: bytes))
                #expect(entry.key == section.name)
                names.append(entry.key)
            }
        }
        #expect(names == (0..<Self.count).map { "campaign-\($0)" })
    }

    @Test func `every campaign of a large file is loaded, wherever it stands`() throws {
        let odd = "[campaign.\"odd\"]\n\(Sample.activate)\n[campaign.'other']\n\(Sample.activate)\n"
        let text = Self.campaigns(0..<600) + odd + Self.campaigns(600..<Self.count)
        let loaded = try Sample.load(campaigns: text).configuration.campaigns
        #expect(loaded.count == Self.count + 2)
        #expect(loaded["campaign-777"]?.description == "number 777")
        #expect(loaded["odd"]?.trigger == .manual && loaded["other"]?.trigger == .manual)
    }

    @Test func `a file that turns out to be no TOML has that one fault, at its line`() throws {
        // What comes before is faulty as well, and is not told of: it may be due to the same slip.
        let text = "[campaign.early]\nunknown = 1\n" + Self.campaigns() + "[campaign.last]\nx = = 1\n"
        let faults = try #require(
            Sample.faults { () throws(ConfigurationFaults) in try Sample.load(campaigns: text) }?.faults)
        #expect(faults.map(\.code) == [.badSyntax])
        #expect(faults.first?.line == 2 + 5 * Self.count + 2)
        #expect(faults.first?.excerpt?.text == "x = = 1")
    }

    @Test func `faults of a large file have the places of the whole file`() throws {
        let text = Self.campaigns() + "[campaign.last]\n  startwithin = \"1h\"\n\(Sample.activate)\n"
        let faults = try #require(
            Sample.faults { () throws(ConfigurationFaults) in try Sample.load(campaigns: text) }?.faults)
        #expect(faults.map(\.code) == [.unknownKey])
        #expect(faults.first?.line == 5 * Self.count + 2 && faults.first?.column == 3)
    }

    @Test func `a name twice is found, in one file and in two`() throws {
        #expect(code(Self.campaigns() + Self.campaigns(7..<8)) == [.badSyntax])
        let two = Sample.faults { () throws(ConfigurationFaults) in
            try Sample.load([
                SourceFile(path: "activationd.toml", bytes: Array(Sample.main.utf8)),
                SourceFile(path: "a.toml", bytes: Array(Self.campaigns().utf8)),
                SourceFile(path: "b.toml", bytes: Array(Self.campaigns(1100..<1101).utf8)),
            ])
        }
        #expect(two?.faults.map(\.code) == [.duplicateName])
    }

    @Test func `campaigns with one schedule share it`() throws {
        let loaded = try Sample.load(campaigns: Self.campaigns(0..<60)).configuration.campaigns
        guard case .timetable(let one) = loaded["campaign-3"]?.trigger,
            case .timetable(let other) = loaded["campaign-53"]?.trigger
        else {
            Issue.record("they have no timetable")
            return
        }
        #expect(one == other)
        #expect(one.parts.withUnsafeBufferPointer(\.baseAddress) == other.parts.withUnsafeBufferPointer(\.baseAddress))
    }
}
