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
    package var refusals: [Refusal] = []
    /// The dataflows' own runs after each scheduled export. Nil: none.
    package var followers: Followers?
    package var quirks = Quirks()
    /// What the platform does with a call during a scheduled export; Adobe documents no answer. A violation either way.
    package var refusesDuringExport = true

    package init() {}

    /// A destination dataflow with its mapped audiences.
    package struct Flow: Codable, Equatable, Sendable {
        package var id: String
        package var name: String
        package var state = "enabled"
        package var audiences: [Audience]
        /// Nil: the scenario's.
        package var sandbox: String?
        package var createdAtMilliseconds = Audience.longAgo - 86_400_000

        package init(id: String, name: String, audiences: [Audience], sandbox: String? = nil) {
            self.id = id
            self.name = name
            self.audiences = audiences
            self.sandbox = sandbox
        }

        package init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            id = try container.decode(String.self, forKey: .id)
            name = try container.decodeIfPresent(String.self, forKey: .name) ?? id
            state = try container.decodeIfPresent(String.self, forKey: .state) ?? "enabled"
            audiences = try container.decodeIfPresent([Audience].self, forKey: .audiences) ?? []
            sandbox = try container.decodeIfPresent(String.self, forKey: .sandbox)
            createdAtMilliseconds =
                try container.decodeIfPresent(Int64.self, forKey: .createdAtMilliseconds) ?? createdAtMilliseconds
        }
    }

    package struct Audience: Codable, Equatable, Sendable {
        /// The system's, which calls, refusals and runs name.
        package var id: String
        package var name: String
        /// When it was first activated to the flow. Default: 30 days before the start.
        package var mappedAtMilliseconds: Int64
        /// `YYYY-MM-DD`, excluded; none for no end.
        package var endDate: String?
        /// `YYYY-MM-DD`, included.
        package var startDate: String?
        /// Of an audience that was uploaded: its selector carries this as `id`, and the other as `systemSegmentId`.
        package var externalID: String?
        /// `SCHEDULED`, `AFTER_SEGMENT_EVAL`; empty for a selector without the member.
        package var triggerType = "SCHEDULED"
        /// Nil: `ONCE` without an end, else `DAILY`.
        package var frequency: String?
        package var filenameTemplate = "%SEGMENT_ID%_%DATETIME(YYYYMMdd_HHmmss)%"

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
            startDate = try container.decodeIfPresent(String.self, forKey: .startDate)
            externalID = try container.decodeIfPresent(String.self, forKey: .externalID)
            triggerType = try container.decodeIfPresent(String.self, forKey: .triggerType) ?? triggerType
            frequency = try container.decodeIfPresent(String.self, forKey: .frequency)
            filenameTemplate = try container.decodeIfPresent(String.self, forKey: .filenameTemplate) ?? filenameTemplate
        }
    }

    /// An export job: the system's scheduled profile export, if nothing says otherwise.
    package struct Export: Codable, Equatable, Sendable {
        package static let profile = "_xdm.context.profile"

        /// When it is created.
        package var startMilliseconds: Int64
        package var durationMilliseconds: Int64
        /// Whether it ends as failed.
        package var fails: Bool
        /// Of its duration, how long it is `NEW`.
        package var newMilliseconds: Int64 = 0
        /// Made by somebody through `POST /export/jobs`, into a dataset of theirs: no scheduled export.
        package var isFromAPI = false
        /// `schema.name`; empty for a job without it.
        package var schema = Export.profile
        /// Nil: the scenario's.
        package var sandbox: String?

        package init(startMilliseconds: Int64, durationMilliseconds: Int64, fails: Bool = false) {
            self.startMilliseconds = startMilliseconds
            self.durationMilliseconds = durationMilliseconds
            self.fails = fails
        }

        /// Whether calls have to wait for it. A job that does not say its schema is the system's all the same.
        var isScheduled: Bool { !isFromAPI && !isOfOtherSchema }

        var isOfOtherSchema: Bool { schema != Self.profile && !schema.isEmpty }

        package init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            startMilliseconds = try container.decode(Int64.self, forKey: .startMilliseconds)
            durationMilliseconds = try container.decode(Int64.self, forKey: .durationMilliseconds)
            fails = try container.decodeIfPresent(Bool.self, forKey: .fails) ?? false
            newMilliseconds = try container.decodeIfPresent(Int64.self, forKey: .newMilliseconds) ?? 0
            isFromAPI = try container.decodeIfPresent(Bool.self, forKey: .isFromAPI) ?? false
            schema = try container.decodeIfPresent(String.self, forKey: .schema) ?? Self.profile
            sandbox = try container.decodeIfPresent(String.self, forKey: .sandbox)
        }
    }

    /// Runs that the platform starts by itself once a scheduled export has succeeded: at once for audiences with
    /// `AFTER_SEGMENT_EVAL`, some time later for the others.
    package struct Followers: Codable, Equatable, Sendable {
        /// Of a hundred mapped audiences, how many are exported.
        package var percent = 100
        package var shortestDelayMilliseconds: Int64 = 0
        package var longestDelayMilliseconds: Int64 = 600_000
        /// Of a hundred such runs, how many never say for whom they are.
        package var unnamedPercent = 0
        /// Of a hundred such runs, how many never end.
        package var endlessPercent = 0

        package init() {}

        package init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            percent = try container.decodeIfPresent(Int.self, forKey: .percent) ?? percent
            shortestDelayMilliseconds =
                try container.decodeIfPresent(Int64.self, forKey: .shortestDelayMilliseconds) ?? 0
            longestDelayMilliseconds =
                try container.decodeIfPresent(Int64.self, forKey: .longestDelayMilliseconds) ?? longestDelayMilliseconds
            unnamedPercent = try container.decodeIfPresent(Int.self, forKey: .unnamedPercent) ?? 0
            endlessPercent = try container.decodeIfPresent(Int.self, forKey: .endlessPercent) ?? 0
        }
    }

    package struct Runs: Codable, Equatable, Sendable {
        package var shortestMilliseconds: Int64 = 30_000
        package var longestMilliseconds: Int64 = 60_000
        /// One run for each audience, or one for each (call, dataflow).
        package var isOneForEachAudience = true
        /// How long a new run is missing from listings.
        package var lagMilliseconds: Int64 = 0
        /// More than the lag: each run is missing for its own time between the two.
        package var longestLagMilliseconds: Int64 = 0
        /// A run that a call began lasts for so long after listings show it, at least; 0 for as long as it lasts.
        package var shownMilliseconds: Int64 = 0
        /// A run that listings do not show yet is answered to whoever asks for it by its id.
        package var lagSparesSingleRuns = false
        /// Of a hundred runs, how many fail.
        package var failingPercent = 0
        /// Of a hundred runs, how many never end.
        package var endlessPercent = 0
        /// Of a hundred runs that succeed, how many export nobody.
        package var emptyPercent = 0

        package init() {}

        package init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            shortestMilliseconds = try container.decodeIfPresent(Int64.self, forKey: .shortestMilliseconds) ?? 30_000
            longestMilliseconds = try container.decodeIfPresent(Int64.self, forKey: .longestMilliseconds) ?? 60_000
            isOneForEachAudience = try container.decodeIfPresent(Bool.self, forKey: .isOneForEachAudience) ?? true
            lagMilliseconds = try container.decodeIfPresent(Int64.self, forKey: .lagMilliseconds) ?? 0
            longestLagMilliseconds = try container.decodeIfPresent(Int64.self, forKey: .longestLagMilliseconds) ?? 0
            shownMilliseconds = try container.decodeIfPresent(Int64.self, forKey: .shownMilliseconds) ?? 0
            lagSparesSingleRuns = try container.decodeIfPresent(Bool.self, forKey: .lagSparesSingleRuns) ?? false
            failingPercent = try container.decodeIfPresent(Int.self, forKey: .failingPercent) ?? 0
            endlessPercent = try container.decodeIfPresent(Int.self, forKey: .endlessPercent) ?? 0
            emptyPercent = try container.decodeIfPresent(Int.self, forKey: .emptyPercent) ?? 0
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
        refusals = try member(.refusals, refusals)
        followers = try container.decodeIfPresent(Followers.self, forKey: .followers)
        quirks = try member(.quirks, quirks)
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
    /// An audience that stays mapped as it is, and whose schedule begins at `startDate` from now on.
    package var move: String?
    /// Of the audience that is mapped or moved: `YYYY-MM-DD`, included.
    package var startDate: String?
    /// Of the audience that is mapped, where somebody uploaded it; nil for the one that it had.
    package var externalID: String?

    package init(
        flow: String, state: String? = nil, map: String? = nil, unmap: String? = nil, move: String? = nil,
        startDate: String? = nil, externalID: String? = nil
    ) {
        self.move = move
        self.externalID = externalID
        self.startDate = startDate
        self.flow = flow
        self.state = state
        self.map = map
        self.unmap = unmap
    }
}
