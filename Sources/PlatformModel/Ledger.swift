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

        /// What the documents ask for.
        package var words: String {
            switch self {
            case .duringExport: "no call while a scheduled profile export is new or runs"
            case .dataflowBusy: "no call to a dataflow that has a run in progress"
            case .insideWindow: "no call for an audience that was mapped a moment ago"
            case .tooManyPairs: "no more than 80 audiences in one call"
            case .audienceInFlight: "one run at a time for each audience"
            case .headers: "every request carries the mandatory headers"
            case .strangerToken: "tokens and secrets stay out of addresses"
            }
        }
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

    /// One pair that was accepted from our client, whatever the caller was told.
    package struct Acceptance: Codable, Equatable, Sendable {
        package var atMilliseconds: Int64
        package var dataflow: String
        package var audience: String
        package var run: String

        package init(atMilliseconds: Int64, dataflow: String, audience: String, run: String) {
            self.atMilliseconds = atMilliseconds
            self.dataflow = dataflow
            self.audience = audience
            self.run = run
        }
    }

    package var requests: [String: Int] = [:]
    package var violations: [Violation] = []
    package var deliveries: [Delivery] = []
    package var pairsInFlight = 0
    /// Pairs of each accepted call, in order.
    package var calls: [Int] = []
    /// In the order in which they were taken in.
    package var acceptances: [Acceptance] = []

    /// Where each pair stands in `deliveries`: there may be thousands.
    private var places: [[String]: Int] = [:]

    private enum CodingKeys: CodingKey {
        case requests, violations, deliveries, pairsInFlight, calls, acceptances
    }

    package init() {}

    mutating func deliver(_ dataflow: String, _ audience: String, _ change: (inout Delivery) -> Void) {
        // One that was read from JSON has none yet.
        if places.count != deliveries.count {
            for (index, delivery) in deliveries.enumerated() { places[[delivery.dataflow, delivery.audience]] = index }
        }
        if let index = places[[dataflow, audience]] {
            change(&deliveries[index])
        } else {
            var delivery = Delivery(dataflow: dataflow, audience: audience, accepted: 0, succeeded: 0, failed: 0)
            change(&delivery)
            places[[dataflow, audience]] = deliveries.count
            deliveries.append(delivery)
        }
    }

    /// All requests but those of the admin face.
    package var total: Int { requests.values.reduce(0, +) }
}
