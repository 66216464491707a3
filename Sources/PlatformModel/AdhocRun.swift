// `adhocrun`: the call and its rules.

internal import Chronology
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
        if let refusal = refusal(of: pairs, at: now) { return refusal }
        return accept(pairs, at: now)
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

    /// Every rule that is broken is recorded; the first one that the platform refuses decides the answer.
    private mutating func refusal(of pairs: [(flow: String, audience: String)], at now: Instant) -> WireAnswer? {
        var refusals: [WireAnswer] = []
        if pairs.count > scenario.pairsPerCall {
            violate(.tooManyPairs, "\(pairs.count) pairs", at: now)
            refusals.append(.message(400, "Number of segments exceeds the maximum of \(scenario.pairsPerCall)"))
        }
        if let (index, export) = runningExport(at: now) {
            let age = (now - start).milliseconds - export.startMilliseconds
            violate(.duringExport, "export \(Self.exportID(index)) had run for \(age) ms", at: now)
            if scenario.refusesDuringExport { refusals.append(.message(400, "A scheduled export is in progress")) }
        }
        for pair in pairs {
            if let refusal = refusal(of: pair, at: now) { refusals.append(refusal) }
        }
        return refusals.first
    }

    private mutating func refusal(of pair: (flow: String, audience: String), at now: Instant) -> WireAnswer? {
        guard let flow = scenario.flows.first(where: { $0.id == pair.flow }) else {
            return WireAnswer(404, ["errorMessage": "1404-404", "errorDetails": "destination instance not found"])
        }
        let audience = flow.audiences.first { $0.id == pair.audience }
        let outOfRange = WireAnswer.message(
            400, "Segments \(audience?.name ?? pair.audience) are not part of this dataflow or out of schedule range!")
        guard let audience, flow.state == "enabled" else { return outOfRange }
        if let end = audience.endDate.flatMap({ Instant(rfc3339: $0 + "T00:00:00Z") }), now >= end { return outOfRange }
        let age = (now - start).milliseconds - audience.mappedAtMilliseconds
        if age < Int64(scenario.firstActivationWindowMilliseconds) {
            violate(.insideWindow, "\(audience.name) was mapped \(age) ms before", at: now)
            return outOfRange
        }
        // One concurrent run for each audience, over all dataflows.
        guard let run = runs.first(where: { now < $0.endsAt && $0.audiences.contains(pair.audience) }) else {
            return busyFlow(pair.flow, at: now)
        }
        // A run of somebody else on another dataflow is in nobody's listing: refused, and no fault of the caller.
        if run.isOurs || run.flow == pair.flow {
            violate(
                run.isOurs ? .audienceInFlight : .dataflowBusy, "\(audience.name) has run \(run.id) in progress",
                at: now)
        }
        return .message(
            400, "Run already going on for audience \(pair.audience) for order \(run.flow) with run id \(run.id)")
    }

    /// A run that a person or a schedule started shows the dataflow as Processing: recorded, and not refused.
    private mutating func busyFlow(_ flow: String, at now: Instant) -> WireAnswer? {
        if let run = runs.first(where: { now < $0.endsAt && $0.flow == flow && !$0.isOurs }) {
            violate(.dataflowBusy, "\(flow) has run \(run.id) in progress", at: now)
        }
        return nil
    }

    private mutating func accept(_ pairs: [(flow: String, audience: String)], at now: Instant) -> WireAnswer {
        var order: [JSON] = []
        var shared: [String: Int] = [:]
        for pair in pairs {
            let index: Int
            if !scenario.runs.isOneForEachAudience, let known = shared[pair.flow] {
                index = known
                runs[index].audiences.append(pair.audience)
            } else {
                runs.append(newRun(pair.flow, pair.audience, at: now))
                index = runs.count - 1
                shared[pair.flow] = index
            }
            order.append([
                "segment": .string(pair.audience), "order": .string(pair.flow),
                "statusURL": .string("https://platform.adobe.io/data/foundation/flowservice/runs/\(runs[index].id)"),
            ])
        }
        changeLedger { ledger in
            ledger.calls.append(pairs.count)
            for pair in pairs { ledger.deliver(pair.flow, pair.audience) { $0.accepted += 1 } }
        }
        return WireAnswer(200, ["order": .array(order)])
    }

    private mutating func newRun(_ flow: String, _ audience: String, at now: Instant) -> SimulatedRun {
        let shortest = max(0, scenario.runs.shortestMilliseconds)
        let spread = UInt64(max(0, scenario.runs.longestMilliseconds - shortest))
        let duration = shortest + Int64(chance.below(spread + 1))
        return SimulatedRun(
            id: chance.uuid(), flow: flow, audiences: [audience], createdAt: now, endsAt: now + .milliseconds(duration),
            fails: chance.hits(percent: scenario.runs.failingPercent), isOurs: true)
    }
}
