// What the simulated platform is like for a benchmark, and the settings that fit to it.

import Foundation
import PlatformModel

enum Scenarios {
    static func flow(_ number: Int) -> String { "11111111-aaaa-4aaa-8aaa-" + padded(number) }
    static func audience(_ number: Int) -> String { "22222222-bbbb-4bbb-8bbb-" + padded(number) }

    private static func padded(_ number: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: 12 - digits.count) + digits
    }

    static var idle: Scenario {
        var scenario = Scenario()
        let audiences = (1...200).map { Scenario.Audience(id: audience($0), name: "Audience \($0)") }
        scenario.flows = (1...3).map { .init(id: flow($0), name: "Flow \($0)", audiences: audiences) }
        scenario.runs.shortestMilliseconds = 1000
        scenario.runs.longestMilliseconds = 2000
        return scenario
    }

    /// Ten times faster than life. The export ends 18 s after the campaigns are due, which is about 2 s after the start.
    static var calls: Scenario {
        var scenario = idle
        scenario.exports = [.init(startMilliseconds: -60_000, durationMilliseconds: 80_000)]
        scenario.runs.shortestMilliseconds = 3000
        scenario.runs.longestMilliseconds = 6000
        scenario.runs.isOneForEachAudience = false
        return scenario
    }

    static func write(_ scenario: Scenario) throws -> String {
        let path =
            NSTemporaryDirectory() + "activation-bench-scenario-\(ProcessInfo.processInfo.processIdentifier).json"
        try JSONEncoder().encode(scenario).write(to: URL(fileURLWithPath: path))
        return path
    }

    static func settings(_ platform: String, polling: String) -> String {
        """
        [platform]
        organization = "5555467B5D8013E50A494220@AdobeOrg"
        sandbox = "prod"
        url = "\(platform)"
        [platform.credentials]
        client_id = "0123456789abcdef"
        client_secret = { env = "DEMO_SECRET" }
        token_url = "\(platform)/ims/token/v3"
        [polling]
        \(polling)
        [limits]
        calls_per_minute = 6000

        """
    }
}
