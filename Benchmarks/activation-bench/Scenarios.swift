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

    /// Four campaigns that are due together, 260 pairs: 80, 80, 40, and 60 whose audiences the first has as well, on
    /// another dataflow.
    static let campaigns: [(flow: Int, audiences: ClosedRange<Int>)] = [
        (1, 1...80), (2, 81...160), (3, 161...200), (3, 1...60),
    ]

    static let pairs = campaigns.reduce(0) { $0 + $1.audiences.count }

    /// An export that ends 3 minutes after the campaigns are due, and runs of 30 to 60 s.
    ///
    /// - Parameters:
    ///   - due: When the campaigns are due, in milliseconds from the start of the platform.
    ///   - pace: How many times faster than life.
    static func calls(due: Int64, pace: Int64 = 1, oneRunForEachAudience: Bool = false) -> Scenario {
        var scenario = idle
        let begin = -600_000 / pace
        scenario.exports = [.init(startMilliseconds: begin, durationMilliseconds: due + 180_000 / pace - begin)]
        scenario.runs.shortestMilliseconds = 30_000 / pace
        scenario.runs.longestMilliseconds = 60_000 / pace
        scenario.runs.isOneForEachAudience = oneRunForEachAudience
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
