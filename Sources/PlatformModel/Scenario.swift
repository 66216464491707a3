// What a simulated platform is like: a value that is read from JSON. Times are milliseconds from the start of the
// simulation; negative ones lie before it. docs/simulated-platform.md describes every member.

package struct Scenario: Codable, Equatable, Sendable {
    package var organization = "5555467B5D8013E50A494220@AdobeOrg"
    package var clientID = "0123456789abcdef"
    package var secrets = ["simulated-secret"]
    package var sandbox = "prod"
    package var tokenLifetimeMilliseconds = 86_399_000
    package var flows: [Flow] = []
    package var exports: [Export] = []
    package var firstActivationWindowMilliseconds = 1_200_000
    /// More pairs in one call are refused. Adobe's hard guardrail.
    package var pairsPerCall = 80
    package var runs = Runs()
    package var faults: [Fault] = []
    /// What the platform does with a call during a scheduled export; Adobe documents no answer. A violation either way.
    package var refusesDuringExport = true

    package init() {}

    /// A destination dataflow with its mapped audiences.
    package struct Flow: Codable, Equatable, Sendable {
        package var id: String
        package var name: String
        package var state = "enabled"
        package var audiences: [Audience]

        package init(id: String, name: String, audiences: [Audience]) {
            self.id = id
            self.name = name
            self.audiences = audiences
        }

        package init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            id = try container.decode(String.self, forKey: .id)
            name = try container.decodeIfPresent(String.self, forKey: .name) ?? id
            state = try container.decodeIfPresent(String.self, forKey: .state) ?? "enabled"
            audiences = try container.decodeIfPresent([Audience].self, forKey: .audiences) ?? []
        }
    }

    package struct Audience: Codable, Equatable, Sendable {
        package var id: String
        package var name: String
        /// When it was first activated to the flow. Default: 30 days before the start.
        package var mappedAtMilliseconds: Int64
        /// `YYYY-MM-DD`, excluded; none for no end.
        package var endDate: String?

        package init(
            id: String, name: String, mappedAtMilliseconds: Int64 = Audience.longAgo, endDate: String? = nil
        ) {
            self.id = id
            self.name = name
            self.mappedAtMilliseconds = mappedAtMilliseconds
            self.endDate = endDate
        }

        package static let longAgo: Int64 = -30 * 86_400_000

        package init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            id = try container.decode(String.self, forKey: .id)
            name = try container.decodeIfPresent(String.self, forKey: .name) ?? id
            mappedAtMilliseconds =
                try container.decodeIfPresent(Int64.self, forKey: .mappedAtMilliseconds) ?? Self.longAgo
            endDate = try container.decodeIfPresent(String.self, forKey: .endDate)
        }
    }

    /// A scheduled profile export.
    package struct Export: Codable, Equatable, Sendable {
        package var startMilliseconds: Int64
        package var durationMilliseconds: Int64
        /// Whether it ends as failed.
        package var fails: Bool

        package init(startMilliseconds: Int64, durationMilliseconds: Int64, fails: Bool = false) {
            self.startMilliseconds = startMilliseconds
            self.durationMilliseconds = durationMilliseconds
            self.fails = fails
        }

        package init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            startMilliseconds = try container.decode(Int64.self, forKey: .startMilliseconds)
            durationMilliseconds = try container.decode(Int64.self, forKey: .durationMilliseconds)
            fails = try container.decodeIfPresent(Bool.self, forKey: .fails) ?? false
        }
    }

    package struct Runs: Codable, Equatable, Sendable {
        package var shortestMilliseconds: Int64 = 30_000
        package var longestMilliseconds: Int64 = 60_000
        /// One run for each audience, or one for each (call, dataflow).
        package var isOneForEachAudience = true
        /// How long a new run is missing from listings.
        package var lagMilliseconds: Int64 = 0
        /// Of a hundred runs, how many fail.
        package var failingPercent = 0

        package init() {}

        package init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            shortestMilliseconds = try container.decodeIfPresent(Int64.self, forKey: .shortestMilliseconds) ?? 30_000
            longestMilliseconds = try container.decodeIfPresent(Int64.self, forKey: .longestMilliseconds) ?? 60_000
            isOneForEachAudience = try container.decodeIfPresent(Bool.self, forKey: .isOneForEachAudience) ?? true
            lagMilliseconds = try container.decodeIfPresent(Int64.self, forKey: .lagMilliseconds) ?? 0
            failingPercent = try container.decodeIfPresent(Int.self, forKey: .failingPercent) ?? 0
        }
    }

    /// Something that goes wrong with one kind of request.
    package struct Fault: Codable, Equatable, Sendable {
        package enum Kind: String, Codable, Sendable, CaseIterable {
            /// Processed, and the connection is closed without an answer.
            case lostAnswer = "lost-answer"
            /// The connection is closed before anything is processed.
            case lostRequest = "lost-request"
            /// Processed at once, and answered `delayMilliseconds` late.
            case delay
            case throttled
            case throttledWithRetryAfter = "throttled-with-retry-after"
            case serverError = "server-error"
            case badGateway = "bad-gateway"
            case garbage
            case html
            case truncated
            case nested
            /// 32 MiB that mean nothing.
            case huge
            /// 200 MiB that mean nothing, sent as fast as they are read.
            case enormous
            /// Processed, and nothing is sent, until the other side goes away.
            case stall
            /// Processed, and the answer comes one byte a second.
            case trickle
            /// Processed; the connection is reset in the middle of the answer.
            case reset
            /// Not processed: 307 to `location`.
            case redirect
            /// Every token is revoked before the request is processed.
            case revokedToken = "revoked-token"
        }

        /// Which kind of request: `adhocrun`, `token`, `exports`, `flows`, `runs`.
        package var request: String
        package var kind: Kind
        /// The first request of the kind that is hit, counting from 1. Nil: each, by `percent`.
        package var number: Int?
        package var percent: Int?
        package var delayMilliseconds: Int64?
        /// Of a redirect: an origin. The path of the request is added.
        package var location: String?

        package init(
            request: String, kind: Kind, number: Int? = nil, percent: Int? = nil, delayMilliseconds: Int64? = nil,
            location: String? = nil
        ) {
            self.request = request
            self.kind = kind
            self.number = number
            self.percent = percent
            self.delayMilliseconds = delayMilliseconds
            self.location = location
        }
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func member<Value: Decodable>(_ key: CodingKeys, _ usual: Value) throws -> Value {
            try container.decodeIfPresent(Value.self, forKey: key) ?? usual
        }
        organization = try member(.organization, organization)
        clientID = try member(.clientID, clientID)
        secrets = try member(.secrets, secrets)
        sandbox = try member(.sandbox, sandbox)
        tokenLifetimeMilliseconds = try member(.tokenLifetimeMilliseconds, tokenLifetimeMilliseconds)
        flows = try member(.flows, flows)
        exports = try member(.exports, exports)
        firstActivationWindowMilliseconds = try member(
            .firstActivationWindowMilliseconds, firstActivationWindowMilliseconds)
        pairsPerCall = try member(.pairsPerCall, pairsPerCall)
        runs = try member(.runs, runs)
        faults = try member(.faults, faults)
        refusesDuringExport = try member(.refusesDuringExport, refusesDuringExport)
    }
}

/// What somebody changes of a dataflow while the platform runs. Members that are absent stay as they are.
package struct FlowEdit: Codable, Equatable, Sendable {
    package var flow: String
    /// `enabled`, `disabled`.
    package var state: String?
    /// An audience that is mapped from now on.
    package var map: String?
    /// An audience that is taken away.
    package var unmap: String?

    package init(flow: String, state: String? = nil, map: String? = nil, unmap: String? = nil) {
        self.flow = flow
        self.state = state
        self.map = map
        self.unmap = unmap
    }
}
