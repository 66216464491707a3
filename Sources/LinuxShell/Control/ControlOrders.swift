// The bodies of POST requests, checked and turned into commands.

internal import Chronology
internal import ControlProtocol
internal import SchedulerCore

enum ControlOrders {
    /// - Parameter path: Without the version.
    static func command(_ path: [String], _ body: [UInt8]) throws(ControlRefusal) -> Command {
        switch path[0] {
        case "campaigns":
            // A bare POST fires; the body is for who wants more.
            let order = body.isEmpty ? FireOrder(forceOverlap: false) : try decode(FireOrder.self, body)
            return .fire(try ControlRoute.campaignName(path[1]), forceOverlap: order.forceOverlap)
        case "cancel":
            return try cancel(try decode(CancelOrder.self, body))
        case "pause":
            return try pause(try decode(PauseOrder.self, body))
        case "resume":
            return .resume(try scope(try decode(ResumeOrder.self, body).campaign))
        case "disregard":
            return .disregard(try run(try decode(DisregardOrder.self, body).run, for: "disregard"))
        case "recount":
            return .recount(try scope(try decode(RecountOrder.self, body).campaign))
        default:
            return try resolve(try decode(ResolveOrder.self, body))
        }
    }

    private static func decode<Order: Decodable>(_ type: Order.Type, _ body: [UInt8]) throws(ControlRefusal) -> Order {
        do {
            return try ControlProtocol.decode(type, from: body)
        } catch {
            throw ControlRefusal(
                .badRequest, "the body is not the JSON that this path takes; docs/control-api.md describes it")
        }
    }

    private static func scope(_ campaign: String?) throws(ControlRefusal) -> PauseScope {
        guard let campaign else { return .all }
        return .campaign(try ControlRoute.campaignName(campaign))
    }

    private static func cancel(_ order: CancelOrder) throws(ControlRefusal) -> Command {
        if let activation = ActivationID(order.id) { return .cancelActivation(activation) }
        guard let number = Int(order.id), number > 0 else {
            throw ControlRefusal(
                .badRequest,
                "\"\(order.id.excerpt)\" is neither an occurrence, such as 17, nor an activation, such as 17.3")
        }
        return .cancelOccurrence(OccurrenceID(number))
    }

    private static func pause(_ order: PauseOrder) throws(ControlRefusal) -> Command {
        var until: Instant?
        if let text = order.until {
            guard let instant = Instant(rfc3339: text) else {
                throw ControlRefusal(
                    .badRequest,
                    "until is not understood; accepted: a time as in RFC 3339, such as 2026-11-27T16:00:00Z")
            }
            until = instant
        }
        let reason = order.reason ?? "no reason given"
        guard reason.unicodeScalars.count <= PauseOrder.reasonLimit else {
            throw ControlRefusal(.badRequest, "a reason has at most \(PauseOrder.reasonLimit) characters")
        }
        return .pause(try scope(order.campaign), until: until, reason: reason)
    }

    private static func resolve(_ order: ResolveOrder) throws(ControlRefusal) -> Command {
        guard let activation = ActivationID(order.activation) else {
            throw ControlRefusal(
                .badRequest, "\"\(order.activation.excerpt)\" is no activation; its id looks like 17.3")
        }
        switch order.resolution {
        case .retry: return .resolve(activation, .retry)
        case .abandon: return .resolve(activation, .abandon)
        case .adopt:
            return .resolve(activation, .adopt(try run(order.run, for: "adopt")))
        }
    }

    private static let runLimit = 200

    private static func run(_ text: String?, for word: String) throws(ControlRefusal) -> RunID {
        guard let text, !text.isEmpty, text.unicodeScalars.count <= runLimit else {
            throw ControlRefusal(.badRequest, "\(word) needs the id of the run, at most \(runLimit) characters")
        }
        return RunID(text)
    }
}
