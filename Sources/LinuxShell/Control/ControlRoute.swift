// What a request to the control socket asks for: method and target become a route, or a refusal with a name.
//
// Pure: nothing is looked up here, only shapes are checked.

package import Chronology
package import ControlProtocol
package import SchedulerCore

/// A request as it came, bounded by the server.
package struct ControlRequest: Equatable, Sendable {
    package var method: String
    package var target: String
    package var body: [UInt8]
    /// Who asks: `anna (uid 1000)`.
    package var actor: String
    /// By the socket that it came through.
    package var rights: ControlRights

    package init(
        method: String, target: String, body: [UInt8] = [], actor: String, rights: ControlRights = .all
    ) {
        self.method = method
        self.target = target
        self.body = body
        self.actor = actor
        self.rights = rights
    }
}

package struct ControlResponse: Equatable, Sendable {
    package var status: Int
    package var body: [UInt8]

    package init(status: Int, body: [UInt8]) {
        self.status = status
        self.body = body
    }
}

/// Why a request is not obeyed.
package struct ControlRefusal: Error, Equatable, Sendable {
    package var code: ErrorDocument.Code
    package var message: String
    package var faults: [FaultDocument]?

    package init(_ code: ErrorDocument.Code, _ message: String, faults: [FaultDocument]? = nil) {
        self.code = code
        self.message = message
        self.faults = faults
    }

    package var status: Int {
        switch code {
        case .badRequest: 400
        case .notPermitted: 403
        case .unknown: 404
        case .badMethod: 405
        case .refused: 409
        case .tooLarge: 413
        case .configuration: 422
        case .stopping, .journal, .unreachable: 503
        }
    }
}

package struct HistoryRequest: Equatable, Sendable {
    package var campaign: CampaignName?
    package var occurrence: OccurrenceID?
    package var since: Instant?
    package var until: Instant?
    package var before: Int64?
    package var limit = HistoryDocument.usualLimit
}

package struct PlanRequest: Equatable, Sendable {
    /// Nil: now.
    package var from: Instant?
    package var days = PlanDocument.usualDays
}

package enum ControlRoute: Equatable, Sendable {
    case health, status, campaigns, queue, runs, reload
    case campaign(CampaignName)
    case explain(CampaignName)
    case occurrence(OccurrenceID)
    case history(HistoryRequest)
    case plan(PlanRequest)
    case order(Command)

    package init(_ request: ControlRequest) throws(ControlRefusal) {
        // The one place where rights are looked at, before anything else is: GET changes nothing, on any path.
        guard request.method == "GET" || request.rights == .all else {
            throw ControlRefusal(
                .notPermitted,
                "this socket is for questions only. Orders go to control.sock, whose group may give them")
        }
        let parts = request.target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let path = try parts[0].split(separator: "/").map { (part) throws(ControlRefusal) in
            guard let text = String(part).percentDecoded() else {
                throw ControlRefusal(.badRequest, "\"\(part.excerpt)\" is not percent-encoded UTF-8")
            }
            return text
        }
        guard path.first == ControlProtocol.version else {
            throw ControlRefusal(
                .unknown, "paths begin with /\(ControlProtocol.version); this daemon speaks no other version")
        }
        let query = try Self.query(parts.count > 1 ? String(parts[1]) : "")
        self = try Self.route(Array(path.dropFirst()), query, request)
    }

    private static func route(
        _ path: [String], _ query: [String: String], _ request: ControlRequest
    ) throws(ControlRefusal) -> ControlRoute {
        let (method, route): (String, () throws(ControlRefusal) -> ControlRoute)
        switch (path.count, path.first) {
        case (1, "health"): (method, route) = ("GET", { () throws(ControlRefusal) in .health })
        case (1, "status"): (method, route) = ("GET", { () throws(ControlRefusal) in .status })
        case (1, "campaigns"): (method, route) = ("GET", { () throws(ControlRefusal) in .campaigns })
        case (1, "queue"): (method, route) = ("GET", { () throws(ControlRefusal) in .queue })
        case (1, "runs"): (method, route) = ("GET", { () throws(ControlRefusal) in .runs })
        case (1, "reload"): (method, route) = ("POST", { () throws(ControlRefusal) in .reload })
        case (1, "history"):
            (method, route) = ("GET", { () throws(ControlRefusal) in .history(try HistoryRequest(query)) })
        case (1, "plan"): (method, route) = ("GET", { () throws(ControlRefusal) in .plan(try PlanRequest(query)) })
        case (2, "campaigns"):
            (method, route) = ("GET", { () throws(ControlRefusal) in .campaign(try campaignName(path[1])) })
        case (3, "campaigns") where path[2] == "explain":
            (method, route) = ("GET", { () throws(ControlRefusal) in .explain(try campaignName(path[1])) })
        case (2, "occurrences"):
            (method, route) = ("GET", { () throws(ControlRefusal) in .occurrence(try occurrenceID(path[1])) })
        case (3, "campaigns") where path[2] == "fire", (1, "cancel"), (1, "pause"), (1, "resume"), (1, "resolve"),
            (1, "disregard"), (1, "recount"):
            (method, route) = (
                "POST", { () throws(ControlRefusal) in .order(try ControlOrders.command(path, request.body)) }
            )
        default:
            throw ControlRefusal(.unknown, "there is nothing at this path; docs/control-api.md lists what there is")
        }
        guard request.method == method else {
            throw ControlRefusal(.badMethod, "\(request.method.excerpt) is not for this path; use \(method)")
        }
        return try route()
    }

    /// What no campaign can be called goes no further: what is refused there repeats the name.
    static func campaignName(_ text: String) throws(ControlRefusal) -> CampaignName {
        guard text.unicodeScalars.count <= 100 else {
            throw ControlRefusal(.unknown, "no campaign has so long a name; see activationctl campaigns")
        }
        return CampaignName(text)
    }

    static func occurrenceID(_ text: String) throws(ControlRefusal) -> OccurrenceID {
        guard let number = Int(text), number > 0 else {
            throw ControlRefusal(
                .badRequest, "\"\(text.excerpt)\" is no occurrence; its id is a number, such as 17")
        }
        return OccurrenceID(number)
    }

    private static func query(_ text: String) throws(ControlRefusal) -> [String: String] {
        var query: [String: String] = [:]
        for member in text.split(separator: "&") {
            let sides = member.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard sides.count == 2, let name = String(sides[0]).percentDecoded(),
                let value = String(sides[1]).percentDecoded(), query[name] == nil
            else { throw ControlRefusal(.badRequest, "the query is not name=value, percent-encoded, each name once") }
            query[name] = value
        }
        return query
    }
}

extension HistoryRequest {
    init(_ query: [String: String]) throws(ControlRefusal) {
        self.init()
        for (name, value) in query.sorted(by: { $0.key < $1.key }) {
            switch name {
            case "campaign": campaign = try ControlRoute.campaignName(value)
            case "occurrence": occurrence = try ControlRoute.occurrenceID(value)
            case "since": since = try ControlRoute.instant(name, value)
            case "until": until = try ControlRoute.instant(name, value)
            case "before":
                guard let number = Int64(value), number > 0 else { throw ControlRoute.bad(name, "a sequence number") }
                before = number
            case "limit":
                guard let number = Int(value), (1...HistoryDocument.greatestLimit).contains(number) else {
                    throw ControlRoute.bad(name, "1 to \(HistoryDocument.greatestLimit)")
                }
                limit = number
            default:
                throw ControlRefusal(
                    .badRequest,
                    "\"\(name.excerpt)\" is not known here; use campaign, occurrence, since, until, before, limit")
            }
        }
    }
}

extension PlanRequest {
    init(_ query: [String: String]) throws(ControlRefusal) {
        self.init()
        for (name, value) in query.sorted(by: { $0.key < $1.key }) {
            switch name {
            case "from": from = try ControlRoute.instant(name, value)
            case "days":
                guard let number = Int(value), (1...PlanDocument.greatestDays).contains(number) else {
                    throw ControlRoute.bad(name, "1 to \(PlanDocument.greatestDays)")
                }
                days = number
            default:
                throw ControlRefusal(.badRequest, "\"\(name.excerpt)\" is not known here; use from, days")
            }
        }
    }
}

extension ControlRoute {
    fileprivate static func instant(_ name: String, _ value: String) throws(ControlRefusal) -> Instant {
        guard let instant = Instant(rfc3339: value) else {
            throw bad(name, "a time as in RFC 3339, such as 2026-11-27T16:00:00Z")
        }
        return instant
    }

    fileprivate static func bad(_ name: String, _ accepted: String) -> ControlRefusal {
        ControlRefusal(.badRequest, "\(name) is not understood; accepted: \(accepted)")
    }
}

extension StringProtocol {
    /// What a refusal repeats: 100 code points, since a single character may have any number of accents.
    var excerpt: String { String(String.UnicodeScalarView(unicodeScalars.prefix(100))) }
}

extension String {
    /// Nil where an escape is broken or the bytes are not UTF-8.
    func percentDecoded() -> String? {
        var bytes: [UInt8] = []
        var rest = utf8.makeIterator()
        while let byte = rest.next() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.next().flatMap(Self.digit), let low = rest.next().flatMap(Self.digit) else {
                return nil
            }
            bytes.append(high * 16 + low)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        Character(UnicodeScalar(byte)).hexDigitValue.map(UInt8.init)
    }
}
