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
        let decision = decide(pairs, in: sandbox(of: request), at: now) { manner.fate(&fates) }
        self.fates = fates
        return answer(for: decision)
    }

    private func namesNewestExport(_ body: Body, at now: Instant) -> Bool {
        let ended = scenario.exports.enumerated().filter { $0.element.isScheduled && end(of: $0.element) <= now }
        guard let newest = ended.max(by: { $0.element.startMilliseconds < $1.element.startMilliseconds }) else {
            return false
        }
        return body.exportIds == [String(Self.exportID(newest.offset))]
    }

    /// Takes a call in, or refuses it. Every rule that is broken is recorded; the first one that the platform refuses
    /// decides. A call that is refused may take effect for some of its pairs all the same, if the quirks say so.
    ///
    /// - Parameters:
    ///   - sandbox: The one that the call names. Nil: each dataflow is called in its own.
    ///   - fate: Asked once for each run that begins.
    package mutating func call(
        _ pairs: [(flow: String, audience: String)], in sandbox: String? = nil, at now: Instant, fate: () -> RunFate
    ) -> CallVerdict {
        decide(pairs, in: sandbox, at: now, fate: fate).verdict
    }

    /// The same as an answer: refusals as the gateway's and the services' own, with what the scenario asks for.
    package mutating func reply(
        to pairs: [(flow: String, audience: String)], in sandbox: String, at now: Instant, fate: () -> RunFate
    ) -> CallReply {
        pass(to: now)
        if let refusal = askedRefusal(of: "adhocrun", in: sandbox, at: now) {
            if refusal.takesEffect { _ = decide(pairs, in: sandbox, at: now, fate: fate) }
            return .refused(refusal.answer(at: now))
        }
        let decision = decide(pairs, in: sandbox, at: now, fate: fate)
        guard case .accepted(let orders) = decision.verdict else { return .refused(answer(for: decision)) }
        return .accepted(orders)
    }

    private struct Decision {
        var verdict: CallVerdict
        /// Refused because its audience was mapped a moment ago, which has words of its own.
        var isUnsettled = false
    }

    private mutating func decide(
        _ pairs: [(flow: String, audience: String)], in sandbox: String?, at now: Instant, fate: () -> RunFate
    ) -> Decision {
        pass(to: now)
        let pairs = withoutRepeats(pairs, at: now)
        var whole = wholeRefusals(of: pairs, in: sandbox, at: now)
        let isFailing = pairs.count > scenario.pairsPerCall && scenario.quirks.oversized == .failingRuns
        if isFailing { whole.removeAll { $0 == .tooManyPairs(limit: scenario.pairsPerCall) } }
        var refused: (refusal: CallVerdict.Refusal, isUnsettled: Bool)?
        var fine: [(flow: String, audience: String)] = []
        var empty: Set<[String]> = []
        for pair in pairs {
            switch judge(pair, in: sandbox, at: now) {
            case .fine: fine.append(pair)
            case .unsettled:
                empty.insert([pair.flow, pair.audience])
                fine.append(pair)
            case .refused(let refusal, let isUnsettled): refused = refused ?? (refusal, isUnsettled)
            }
        }
        func manner(_ pair: (flow: String, audience: String)) -> RunFate {
            var fate = fate()
            if isFailing { fate.fails = true }
            if empty.contains([pair.flow, pair.audience]) { fate.records = 0 }
            return fate
        }
        if let first = whole.first { return Decision(verdict: .refused(first)) }
        if let refused {
            if !fine.isEmpty, strikes(scenario.quirks.partialPercent, fine[0].flow + fine[0].audience, at: now) {
                _ = accept(fine, at: now, fate: manner)
            }
            return Decision(verdict: .refused(refused.refusal), isUnsettled: refused.isUnsettled)
        }
        return Decision(verdict: .accepted(accept(pairs, at: now, fate: manner)))
    }

    /// A pair that is named twice breaks the limit of one run at a time. One record is answered for each audience, so it is
    /// taken once.
    private mutating func withoutRepeats(
        _ pairs: [(flow: String, audience: String)], at now: Instant
    ) -> [(flow: String, audience: String)] {
        var seen: Set<[String]> = []
        var kept: [(flow: String, audience: String)] = []
        for pair in pairs {
            if seen.insert([pair.flow, pair.audience]).inserted {
                kept.append(pair)
            } else {
                violate(.audienceInFlight, "one call names \(pair.audience) for \(pair.flow) twice", at: now)
            }
        }
        return kept
    }

    /// What refuses a call whatever its pairs.
    private mutating func wholeRefusals(
        of pairs: [(flow: String, audience: String)], in sandbox: String?, at now: Instant
    ) -> [CallVerdict.Refusal] {
        var refusals: [CallVerdict.Refusal] = []
        if pairs.count > scenario.pairsPerCall {
            violate(.tooManyPairs, "\(pairs.count) pairs", at: now)
            refusals.append(.tooManyPairs(limit: scenario.pairsPerCall))
        }
        let sandboxes = sandbox.map { [$0] } ?? Set(pairs.map { self.sandbox(ofFlow: $0.flow) })
        for sandbox in sandboxes.sorted() {
            guard let (index, export) = runningExport(at: now, in: sandbox) else { continue }
            let age = (now - start).milliseconds - export.startMilliseconds
            violate(.duringExport, "export \(Self.exportID(index)) had run for \(age) ms", at: now)
            if scenario.refusesDuringExport { refusals.append(.exportInProgress) }
        }
        return refusals
    }

    private enum Judgement {
        case fine
        case refused(CallVerdict.Refusal, isUnsettled: Bool)
        /// Taken in although its audience was mapped a moment ago; its run exports nobody.
        case unsettled
    }

    private mutating func judge(
        _ pair: (flow: String, audience: String), in sandbox: String?, at now: Instant
    ) -> Judgement {
        guard let flow = scenario.flows.first(where: { $0.id == pair.flow }),
            sandbox.map({ $0 == self.sandbox(of: flow) }) ?? true
        else { return .refused(.unknownFlow, isUnsettled: false) }
        let audience = flow.audiences.first { $0.id == pair.audience }
        let name = audience?.name ?? pair.audience
        let outOfRange = Judgement.refused(.outOfRange(name: name), isUnsettled: false)
        guard let audience, flow.state == "enabled" else { return outOfRange }
        func day(_ text: String?) -> Instant? { text.flatMap { Instant(rfc3339: $0 + "T00:00:00Z") } }
        if let end = day(audience.endDate), now >= end { return outOfRange }
        if let begin = day(audience.startDate), now < begin { return outOfRange }
        let age = (now - start).milliseconds - audience.mappedAtMilliseconds
        let isUnsettled = age < Int64(scenario.firstActivationWindowMilliseconds)
        if isUnsettled {
            violate(.insideWindow, "\(audience.name) was mapped to \(flow.id) \(age) ms before", at: now)
            if scenario.quirks.unsettled != .emptyRun { return .refused(.outOfRange(name: name), isUnsettled: true) }
        }
        if let refusal = inFlight(pair, audience.name, at: now) { return .refused(refusal, isUnsettled: false) }
        return isUnsettled ? .unsettled : .fine
    }

    /// One concurrent run for each audience, over all dataflows or on each.
    private mutating func inFlight(
        _ pair: (flow: String, audience: String), _ name: String, at now: Instant
    ) -> CallVerdict.Refusal? {
        let run: SimulatedRun? =
            switch scenario.quirks.concurrency {
            case .audience: openRun(of: pair.audience, in: sandbox(ofFlow: pair.flow), at: now)
            case .pair: openRun(on: pair.flow, at: now) { $0.audiences.contains(pair.audience) }
            }
        guard let run else {
            noteBusyFlow(pair.flow, at: now)
            return nil
        }
        // A run of somebody else on another dataflow is in nobody's listing: refused, and no fault of the caller.
        if run.isOurs || run.flow == pair.flow {
            violate(
                run.isOurs ? .audienceInFlight : .dataflowBusy, "\(name) has run \(run.id) in progress",
                at: now)
        }
        return .alreadyRunning(flow: run.flow, audience: pair.audience, run: run.id)
    }

    /// A run in progress shows the dataflow as Processing: recorded, and not refused. A run that began with this very call
    /// is none.
    private mutating func noteBusyFlow(_ flow: String, at now: Instant) {
        let run: SimulatedRun? =
            switch scenario.quirks.busy {
            case .others: openRun(on: flow, at: now) { !$0.isOurs }
            case .any: openRun(on: flow, at: now) { _ in true }
            case .audience: nil
            }
        if let run { violate(.dataflowBusy, "\(flow) has run \(run.id) in progress", at: now) }
    }

    private mutating func accept(
        _ pairs: [(flow: String, audience: String)], at now: Instant,
        fate: ((flow: String, audience: String)) -> RunFate
    ) -> [CallVerdict.Order] {
        var orders: [CallVerdict.Order] = []
        var shared: [String: Int] = [:]
        for pair in pairs {
            let index: Int
            if !scenario.runs.isOneForEachAudience, let known = shared[pair.flow] {
                index = known
                runs[index].audiences.append(pair.audience)
            } else {
                index = begin(newRun(pair.flow, pair.audience, fate(pair), at: now))
                shared[pair.flow] = index
            }
            orders.append(.init(flow: pair.flow, audience: pair.audience, run: runs[index].id))
        }
        if let first = orders.first, strikes(scenario.quirks.emptyAfterCallPercent, first.run, at: now) {
            emptyUntil = now + .milliseconds(scenario.quirks.emptyAfterCallMilliseconds)
        }
        let milliseconds = (now - start).milliseconds
        changeLedger { ledger in
            ledger.calls.append(pairs.count)
            for order in orders {
                ledger.deliver(order.flow, order.audience) { $0.accepted += 1 }
                ledger.acceptances.append(
                    .init(
                        atMilliseconds: milliseconds, dataflow: order.flow, audience: order.audience, run: order.run))
            }
        }
        return orders
    }

    private mutating func newRun(
        _ flow: String, _ audience: String, _ fate: RunFate, at now: Instant
    ) -> SimulatedRun {
        let id = newRunID()
        let isListedFrom = now + lag(of: id)
        let shown = scenario.runs.shownMilliseconds
        let earliest = shown > 0 ? isListedFrom + .milliseconds(shown) : now
        return SimulatedRun(
            id: id, flow: flow, audiences: [audience], createdAt: now,
            endsAt: fate.duration.map { max(now + $0, earliest) } ?? .never, fails: fate.fails, isOurs: true,
            isNamedFrom: now + fate.isNamedAfter, isListedFrom: isListedFrom, records: fate.records)
    }

    // MARK: Words

    private func answer(for decision: Decision) -> WireAnswer {
        switch decision.verdict {
        case .accepted(let orders):
            let items = orders.map { order -> JSON in
                [
                    "segment": .string(order.audience), "order": .string(order.flow),
                    "statusURL": .string("https://platform.adobe.io/data/foundation/flowservice/runs/\(order.run)"),
                ]
            }
            return WireAnswer(200, ["order": .array(items)])
        case .refused(.tooManyPairs(let limit)):
            // Undocumented: "the job will fail".
            return scenario.quirks.oversized == .unknownText
                ? .message(400, "The order was not processed")
                : .message(400, "Number of segments exceeds the maximum of \(limit)")
        case .refused(.exportInProgress):
            return .message(400, "A scheduled export is in progress")
        case .refused(.unknownFlow):
            return WireAnswer(404, ["errorMessage": "1404-404", "errorDetails": "destination instance not found"])
        case .refused(.outOfRange(let name)):
            if decision.isUnsettled, scenario.quirks.unsettled == .notFound {
                return WireAnswer(404, ["errorMessage": "1404-404", "errorDetails": "audience not found"])
            }
            if decision.isUnsettled, scenario.quirks.unsettled == .notReady {
                return .message(400, WireAnswer.notReady)
            }
            let noun = scenario.quirks.wording == .older ? "Audiences" : "Segments"
            return .message(400, worded("\(noun) \(name) are not part of this dataflow or out of schedule range!"))
        case .refused(.alreadyRunning(let flow, let audience, let run)):
            return .message(400, alreadyRunning(flow, audience, run))
        }
    }

    private func worded(_ text: String) -> String {
        scenario.quirks.wording == .prefixed ? "Invalid parameter: " + text : text
    }

    private func alreadyRunning(_ flow: String, _ audience: String, _ run: String) -> String {
        switch scenario.quirks.wording {
        case .current, .prefixed:
            worded("Run already going on for audience \(audience) for order \(flow) with run id \(run)")
        case .older: "Run already going on for segment \(audience) for order \(flow) with run id \(run)"
        case .loose: "Run already going on for audiences \(audience) for dataflow \(flow) with run id \(run)"
        }
    }
}

/// What comes back from a call.
package enum CallReply: Equatable, Sendable {
    case accepted([CallVerdict.Order])
    case refused(WireAnswer)
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
}
