// What happened, as the platform saw it. Tests and the demo count from here, and never from the daemon's own words.

package struct Ledger: Codable, Equatable, Sendable {
    /// A rule that a caller broke.
    package enum Rule: String, Codable, Sendable, CaseIterable {
        case duringExport = "during-export"
        case dataflowBusy = "dataflow-busy"
        case insideWindow = "inside-window"
        case tooManyPairs = "too-many-pairs"
        case audienceInFlight = "audience-in-flight"
        case headers
        case strangerToken = "stranger-token"
    }

    package struct Violation: Codable, Equatable, Sendable {
        package var rule: Rule
        package var atMilliseconds: Int64
        package var detail: String

        package init(rule: Rule, atMilliseconds: Int64, detail: String) {
            self.rule = rule
            self.atMilliseconds = atMilliseconds
            self.detail = detail
        }
    }

    /// How often one pair was accepted from our client.
    package struct Delivery: Codable, Equatable, Sendable {
        package var dataflow: String
        package var audience: String
        package var accepted: Int
        package var succeeded: Int
        package var failed: Int

        package init(dataflow: String, audience: String, accepted: Int, succeeded: Int, failed: Int) {
            self.dataflow = dataflow
            self.audience = audience
            self.accepted = accepted
            self.succeeded = succeeded
            self.failed = failed
        }
    }

    package var requests: [String: Int] = [:]
    package var violations: [Violation] = []
    package var deliveries: [Delivery] = []
    package var pairsInFlight = 0
    /// Pairs of each accepted call, in order.
    package var calls: [Int] = []

    package init() {}

    mutating func deliver(_ dataflow: String, _ audience: String, _ change: (inout Delivery) -> Void) {
        if let index = deliveries.firstIndex(where: { $0.dataflow == dataflow && $0.audience == audience }) {
            change(&deliveries[index])
        } else {
            var delivery = Delivery(dataflow: dataflow, audience: audience, accepted: 0, succeeded: 0, failed: 0)
            change(&delivery)
            deliveries.append(delivery)
        }
    }

    /// All requests but those of the admin face.
    package var total: Int { requests.values.reduce(0, +) }
}
