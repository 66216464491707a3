// The configuration and the platform of an arena: what is minutes in production is seconds here.

import Chronology
import Foundation
import PlatformModel

struct ArenaSettings {
    var requestTimeout = "2s"
    var responseBytes = 8_388_608
    var more = ""

    static let flowCount = 6
    static let audienceCount = 400

    static let environment = [
        "SIMULATED_SECRET": "simulated-secret", "SWIFT_BACKTRACE": "enable=no", "PATH": "/usr/bin:/bin",
    ]

    static func scenario() -> Scenario {
        var scenario = Scenario()
        let audiences = (1...audienceCount).map { Scenario.Audience(id: Pair.audienceID($0), name: "Audience \($0)") }
        scenario.flows = (1...flowCount).map { .init(id: Pair.flowID($0), name: "Flow \($0)", audiences: audiences) }
        scenario.firstActivationWindowMilliseconds = 2000
        scenario.runs.shortestMilliseconds = 200
        scenario.runs.longestMilliseconds = 1200
        return scenario
    }

    func text(platform: String) -> String {
        """
        [platform]
        organization = "5555467B5D8013E50A494220@AdobeOrg"
        sandbox = "prod"
        url = "\(platform)"
        [platform.credentials]
        client_id = "0123456789abcdef"
        client_secret = { env = "SIMULATED_SECRET" }
        token_url = "\(platform)/ims/token/v3"
        [guardrails]
        first_activation_window = "2s"
        [polling]
        gate = "300ms"
        gate_freshness = "1s"
        run = "200ms"
        run_max = "500ms"
        settle = "2s"
        [limits]
        clock_wait = "0s"
        calls_per_minute = 6000
        request_timeout = "\(requestTimeout)"
        response_bytes = \(responseBytes)
        attempts = 50
        backoff_base = "100ms"
        backoff_max = "500ms"
        \(more)

        """
    }
}

/// A dataflow and an audience, by their numbers.
struct Pair: Hashable, Comparable {
    var flow: Int
    var audience: Int

    static func < (left: Pair, right: Pair) -> Bool {
        (left.flow, left.audience) < (right.flow, right.audience)
    }

    static func flowID(_ number: Int) -> String { "11111111-aaaa-4aaa-8aaa-" + padded(number) }
    static func audienceID(_ number: Int) -> String { "22222222-bbbb-4bbb-8bbb-" + padded(number) }

    private static func padded(_ number: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: 12 - digits.count) + digits
    }

    static func of(_ flow: Int, _ audiences: ClosedRange<Int>) -> [Pair] {
        audiences.map { Pair(flow: flow, audience: $0) }
    }
}

/// A campaign as it stands in the file.
struct CampaignText {
    var name: String
    /// Empty: by hand only.
    var at: [Instant]
    var pairs: [Pair]

    var text: String {
        let flows = Dictionary(grouping: pairs, by: \.flow).sorted { $0.key < $1.key }
        let activate = flows.map { flow, pairs in
            let audiences = pairs.map { "\"\(Pair.audienceID($0.audience))\"" }.joined(separator: ", ")
            return "  { dataflow = \"\(Pair.flowID(flow))\", audiences = [\(audiences)] }"
        }
        let times = at.isEmpty ? "" : "at = [\(at.map(\.rfc3339).joined(separator: ", "))]\n"
        return "[campaign.\(name)]\n\(times)activate = [\n\(activate.joined(separator: ",\n"))\n]\n"
    }
}
