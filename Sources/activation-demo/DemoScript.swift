// The demo's configuration with its times moved to now, and what it promises, for the verdict.

import CampaignConfig
import Chronology
import ConfigurationFiles
import Foundation
import SchedulerCore
import Stage

struct DemoScript {
    /// Stands for the start of the demo in the file.
    static let epoch = "2030-01-01T00:00:"
    private static let address = "http://127.0.0.1:8080"

    let start: Date
    let text: String
    let names: Set<String>
    /// How often each pair is to be delivered.
    let wanted: [Pair: Int]

    init(path: String, platform: String, start: Date) throws {
        self.start = start
        guard let written = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw StageFailure("\(path) can not be read. Run it from the project's directory.")
        }
        text = Self.move(written.replacingOccurrences(of: Self.address, with: platform), to: start)
        let loaded: LoadedConfiguration
        do {
            let zones = ZoneFiles(environment: [:])
            loaded = try ConfigurationLoader(
                zones: zones.zone, calendarFile: CalendarFiles(main: path).read,
                now: Instant(milliseconds: Int64(start.timeIntervalSince1970 * 1000))
            ).load([SourceFile(path: path, bytes: Array(text.utf8))])
        } catch {
            throw StageFailure("\(error)")
        }
        let campaigns = loaded.configuration.campaigns.values
        names = Set(campaigns.map(\.name.text))
        wanted = campaigns.reduce(into: [:]) { wanted, campaign in
            for pair in campaign.pairs { wanted[pair, default: 0] += 1 }
        }
    }

    /// `2030-01-01T00:00:04Z` becomes four seconds after the start.
    private static func move(_ text: String, to start: Date) -> String {
        var parts = text.components(separatedBy: epoch)
        let base = Instant(milliseconds: Int64(start.timeIntervalSince1970 * 1000))
        for index in parts.indices.dropFirst() {
            // In the comment that explains this the time stays as it is.
            guard let seconds = Int64(parts[index].prefix(2)), parts[index].dropFirst(2).first == "Z",
                parts[index - 1].hasSuffix("[")
            else {
                parts[index] = epoch + parts[index]
                continue
            }
            parts[index] = (base + .seconds(seconds)).rfc3339 + parts[index].dropFirst(3)
        }
        return parts.joined()
    }
}
