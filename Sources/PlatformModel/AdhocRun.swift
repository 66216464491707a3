// `adhocrun`: the call and its rules.

package import Chronology
internal import FoundationEssentials

extension PlatformModel {
    private struct Body: Decodable {
        var activationInfo: [String: [String]]
        var exportIds: [String]?
    }

    private static let acceptV2 = "application/vnd.adobe.adhoc.activation+json; version=2"

    mutating func adhocrun(_ request: WireRequest, at now: Instant) -> WireAnswer {
        guard request.headers["content-type"]?.hasPrefix("application/json") == true else {
            violate(.headers, "no Content-Type", at: now)
            return .message(400, "Content-Type is missing")
        }
        guard let body = try? JSONDecoder().decode(Body.self, from: Data(request.body)),
            !body.activationInfo.isEmpty
        else { return .message(400, "malformed body") }
        if request.headers["accept"] != Self.acceptV2, !namesNewestExport(body, at: now) {
            return .message(400, "exportIds does not name the newest export")
        }
        let pairs = body.activationInfo.sorted { $0.key < $1.key }
            .flatMap { flow, audiences in audiences.map { (flow: flow, audience: $0) } }
        var fates = fates
        let manner = scenario.runs
        let verdict = call(pairs, at: now) { manner.fate(&fates) }
        self.fates = fates
        return verdict.answer
    }

    private func namesNewestExport(_ body: Body, at now: Instant) -> Bool {
        let ended = scenario.exports.enumerated().filter { _, export in
            start + .milliseconds(export.startMilliseconds + export.durationMilliseconds) <= now
        }
        guard let newest = ended.max(by: { $0.element.startMilliseconds < $1.element.startMilliseconds }) else {
            return false
        }
        return body.exportIds == [String(Self.exportID(newest.offset))]
    }

    /// Takes a call in, or refuses it. Every rule that is broken is recorded; the first one that the platform refuses
    /// decides.
    ///
    /// - Parameter fate: Asked once for each run that begins.
    package mutating func call(
        _ pairs: [(flow: String, audience: String)], at now: Instant, fate: () -> RunFate
    ) -> CallVerdict {
        pass(to: now)
        if let refusal = refusal(of: pairs, at: now) { return .refused(refusal) }
        return .accepted(accept(pairs, at: now, fate: fate))
    }

    private mutating func refusal(of pairs: [(flow: String, audience: String)], at now: Instant) -> CallVerdict.Refusal?
    {
        var refusals: [CallVerdict.Refusal] = []
        if pairs.count > scenario.pairsPerCall {
            violate(.tooManyPairs, "\(pairs.count) pairs", at: now)
            refusals.append(.tooManyPairs(limit: scenario.pairsPerCall))
        }
        if let (index, export) = runningExport(at: now) {
            let age = (now - start).milliseconds - export.startMilliseconds
            violate(.duringExport, "export \(Self.exportID(index)) had run for \(age) ms", at: now)
            if scenario.refusesDuringExport { refusals.append(.exportInProgress) }
        }
        for pair in pairs {
            if let refusal = refusal(of: pair, at: now) { refusals.append(refusal) }
        }
        return refusals.first
    }

    private mutating func refusal(
        of pair: (flow: String, audience: String), at now: Instant
    ) -> CallVerdict.Refusal? {
        guard let flow = scenario.flows.first(where: { $0.id == pair.flow }) else { return .unknownFlow }
        let audience = flow.audiences.first { $0.id == pair.audience }
        let outOfRange = CallVerdict.Refusal.outOfRange(name: audience?.name ?? pair.audience)
        guard let audience, flow.state == "enabled" else { return outOfRange }
        if let end = audience.endDate.flatMap({ Instant(rfc3339: $0 + "T00:00:00Z") }), now >= end { return outOfRange }
        let age = (now - start).milliseconds - audience.mappedAtMilliseconds
        if age < Int64(scenario.firstActivationWindowMilliseconds) {
            violate(.insideWindow, "\(audience.name) was mapped to \(flow.id) \(age) ms before", at: now)
            return outOfRange
        }
        // One concurrent run for each audience, over all dataflows.
        guard let run = openRun(of: pair.audience, at: now) else {
            noteBusyFlow(pair.flow, at: now)
            return nil
        }
        // A run of somebody else on another dataflow is in nobody's listing: refused, and no fault of the caller.
        if run.isOurs || run.flow == pair.flow {
            violate(
                run.isOurs ? .audienceInFlight : .dataflowBusy, "\(audience.name) has run \(run.id) in progress",
                at: now)
        }
        return .alreadyRunning(flow: run.flow, audience: pair.audience, run: run.id)
    }

    /// A run that a person or a schedule started shows the dataflow as Processing: recorded, and not refused.
    private mutating func noteBusyFlow(_ flow: String, at now: Instant) {
        if let run = openRuns.first(where: { now < runs[$0].endsAt && runs[$0].flow == flow && !runs[$0].isOurs }) {
            violate(.dataflowBusy, "\(flow) has run \(runs[run].id) in progress", at: now)
        }
    }

    private mutating func accept(
        _ pairs: [(flow: String, audience: String)], at now: Instant, fate: () -> RunFate
    ) -> [CallVerdict.Order] {
        var orders: [CallVerdict.Order] = []
        var shared: [String: Int] = [:]
        for pair in pairs {
            let index: Int
            if !scenario.runs.isOneForEachAudience, let known = shared[pair.flow] {
                index = known
                runs[index].audiences.append(pair.audience)
            } else {
                index = begin(newRun(pair.flow, pair.audience, fate(), at: now))
                shared[pair.flow] = index
            }
            orders.append(.init(flow: pair.flow, audience: pair.audience, run: runs[index].id))
        }
        changeLedger { ledger in
            ledger.calls.append(pairs.count)
            for pair in pairs { ledger.deliver(pair.flow, pair.audience) { $0.accepted += 1 } }
        }
        return orders
    }

    private mutating func newRun(
        _ flow: String, _ audience: String, _ fate: RunFate, at now: Instant
    ) -> SimulatedRun {
        SimulatedRun(
            id: newRunID(), flow: flow, audiences: [audience], createdAt: now,
            endsAt: fate.duration.map { now + $0 } ?? .never, fails: fate.fails, isOurs: true,
            isNamedFrom: now + fate.isNamedAfter)
    }
}

/// What the platform does with a call.
package enum CallVerdict: Equatable, Sendable {
    package struct Order: Equatable, Sendable {
        package var flow: String
        package var audience: String
        package var run: String
    }

    package enum Refusal: Equatable, Sendable {
        case tooManyPairs(limit: Int)
        case exportInProgress
        case unknownFlow
        case outOfRange(name: String)
        case alreadyRunning(flow: String, audience: String, run: String)
    }

    case accepted([Order])
    case refused(Refusal)

    var answer: WireAnswer {
        switch self {
        case .accepted(let orders):
            let items = orders.map { order -> JSON in
                [
                    "segment": .string(order.audience), "order": .string(order.flow),
                    "statusURL": .string("https://platform.adobe.io/data/foundation/flowservice/runs/\(order.run)"),
                ]
            }
            return WireAnswer(200, ["order": .array(items)])
        case .refused(.tooManyPairs(let limit)):
            return .message(400, "Number of segments exceeds the maximum of \(limit)")
        case .refused(.exportInProgress):
            return .message(400, "A scheduled export is in progress")
        case .refused(.unknownFlow):
            return WireAnswer(404, ["errorMessage": "1404-404", "errorDetails": "destination instance not found"])
        case .refused(.outOfRange(let name)):
            return .message(400, "Segments \(name) are not part of this dataflow or out of schedule range!")
        case .refused(.alreadyRunning(let flow, let audience, let run)):
            return .message(400, "Run already going on for audience \(audience) for order \(flow) with run id \(run)")
        }
    }
}
