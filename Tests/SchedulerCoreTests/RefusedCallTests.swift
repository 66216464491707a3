import Chronology
import SchedulerCore
import Testing

/// Goal: a refusal costs exactly what it is about: a wait is a wait, a limit is one for a day, a missing right is that of one
/// sandbox or one endpoint, and a person hears of what does not mend itself, once.
@Suite struct RefusedCallTests {
    private let pairs = (1...4).map { Pair(dataflow: "flow", audience: AudienceID("a\($0)")) }

    private func campaignIn(_ place: SandboxName) -> Campaign {
        campaign(CampaignName("in-\(place)"), .manual, [Pair(dataflow: DataflowID("flow-\(place)"), audience: "vip")]) {
            $0.sandbox = place
        }
    }

    private func failures(_ rig: Rig) -> Int {
        rig.records.count { record in
            if case .activationEnded(_, let outcome, _) = record { outcome.result == .failed } else { false }
        }
    }

    // MARK: Not now

    @Test func `what is not ready waits as long as it was told to`() {
        var rig = Rig(configuration([campaign("sale")]))
        rig.onCall = { _ in .refused(.notReady(after: .seconds(600), detail: "not ready, wait for 10 minutes")) }
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.onCall = { _ in nil }
        rig.advance(.seconds(599))
        #expect(rig.calls.count == 1)
        rig.advance(.seconds(2))
        #expect(rig.calls.count == 2)
        rig.advance(.seconds(300))
        #expect(rig.endings == [.succeeded])
    }

    @Test func `what is not ready counts as no attempt, however often it is`() {
        var rig = Rig(configuration([campaign("sale")]))
        rig.onCall = { _ in .refused(.notReady(after: nil, detail: "not ready")) }
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(1800))
        #expect(rig.notifications(.quarantined) == 0)
        #expect((10...32).contains(rig.calls.count))
        rig.onCall = { _ in nil }
        rig.advance(.seconds(300))
        #expect(rig.endings == [.succeeded])
    }

    @Test func `a pair that is never ready does not hold back the others of its call`() {
        var rig = Rig(configuration([campaign("sale", .manual, pairs)]))
        let late = pairs[2]
        rig.onCall = { $0.pairs.contains(late) ? .refused(.notReady(after: .seconds(60), detail: "not ready")) : nil }
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(200))
        #expect(Set(rig.runs.compactMap(\.audiences.first)) == Set(pairs.map(\.audience)).subtracting([late.audience]))
    }

    @Test func `an audience that the platform does not find within its first hour is not settled yet`() {
        var rig = Rig(configuration([campaign("sale")]))
        rig.firstActivated = ten - .seconds(30 * 60)
        rig.onCall = { _ in .refused(.other(status: 404, detail: "audience not found")) }
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(29 * 60))
        #expect(rig.notifications(.quarantined) == 0)
        rig.onCall = { _ in nil }
        rig.advance(.seconds(600))
        #expect(rig.endings == [.succeeded])
    }

    @Test(arguments: [(404, 2 * 3600), (422, 30 * 60)])
    func `what is not found later, or refused otherwise, is for a person after the last attempt`(
        status: Int, age: Int
    ) {
        var rig = Rig(configuration([campaign("sale")]))
        rig.firstActivated = ten - .seconds(age)
        rig.onCall = { _ in .refused(.other(status: status, detail: "no")) }
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(1200))
        #expect(rig.notifications(.quarantined) == 1)
    }

    @Test func `a call that never left may not have taken anything, whatever was refused before it`() {
        let answers = [
            CallAnswer.refused(.notReady(after: .seconds(60), detail: "not ready")),
            .throttled(retryAfter: .seconds(1), detail: "429"),
        ]
        for answer in answers {
            var rig = Rig(configuration([campaign("sale", .manual, pairs), campaign("other")]))
            rig.onCall = { $0.id == CallID(1) ? answer : .notSent(detail: "no route to host") }
            _ = rig.command(.fire("sale", forceOverlap: false))
            _ = rig.command(.pause(.campaign("sale"), until: nil, reason: "one at a time"))
            _ = rig.command(.fire("other", forceOverlap: false))
            rig.advance(.seconds(10))
            #expect(rig.calls.count > 1)
            #expect(rig.scheduler.state[activation(1, 1)]?.doubtfulCall == CallID(1))
            #expect(rig.scheduler.state[activation(2, 1)]?.mayHaveRun == false)
        }
    }

    // MARK: Sizes

    @Test func `a size that was refused is tried again after a day`() {
        var rig = Rig(configuration([campaign("sale", .manual, pairs)]))
        rig.onCall = { $0.pairs.count > 2 ? .refused(.tooLarge(detail: "at most 2 audiences per job")) : nil }
        _ = rig.command(.fire("sale", forceOverlap: false))
        #expect(rig.calls.map(\.pairs.count) == [4, 2, 2])
        rig.onCall = { _ in nil }
        rig.advance(.seconds(86_000))
        _ = rig.command(.fire("sale", forceOverlap: false))
        #expect(rig.calls.map(\.pairs.count) == [4, 2, 2, 2, 2])
        rig.advance(.seconds(400))
        _ = rig.command(.fire("sale", forceOverlap: false))
        #expect(rig.calls.map(\.pairs.count) == [4, 2, 2, 2, 2, 4])
    }

    @Test func `a learned size holds for a day, and not for clocks that are days apart`() {
        var state = State()
        #expect(state.pairLimit(of: sandbox, at: ten) == nil)
        state.apply(.pairLimitLearned(sandbox: sandbox, limit: 7, at: ten))
        let day = Duration.seconds(86_400)
        let justUnder = day - Duration.milliseconds(1)
        let limits: [(age: Duration, limit: Int?)] = [
            (Duration.zero, 7), (justUnder, 7), (day, nil), (justUnder * -1, 7), (day * -1, nil),
        ]
        for (age, limit) in limits {
            #expect(state.pairLimit(of: sandbox, at: ten + age) == limit)
        }
        #expect(state.pairLimit(of: "dev", at: ten) == nil)
    }

    @Test func `a size is learned from halves that are taken where the whole was refused in unknown words`() {
        var rig = Rig(configuration([campaign("sale", .manual, pairs)]))
        rig.runDuration = .seconds(60)
        rig.onCall = { $0.pairs.count > 2 ? .refused(.other(status: 400, detail: "no such order")) : nil }
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(1200))
        for _ in 1...2 {
            _ = rig.command(.fire("sale", forceOverlap: false))
            rig.advance(.seconds(1200))
        }
        #expect(rig.calls.map(\.pairs.count) == [4, 2, 2, 4, 2, 2, 2, 2], "once may have been something else")
        #expect(rig.endings == [.succeeded, .succeeded, .succeeded])
    }

    @Test func `a size is not learned where one as large is taken in between`() {
        var rig = Rig(configuration([campaign("sale", .manual, pairs)]))
        rig.runDuration = .seconds(60)
        for isRefused in [true, false, true, false, true] {
            rig.onCall = {
                isRefused && $0.pairs.count > 2 ? .refused(.other(status: 400, detail: "no such order")) : nil
            }
            _ = rig.command(.fire("sale", forceOverlap: false))
            rig.advance(.seconds(1200))
        }
        #expect(rig.scheduler.state.pairLimits.isEmpty)
    }

    @Test func `a size is not learned where one pair was the reason`() {
        var rig = Rig(configuration([campaign("sale", .manual, pairs)]))
        rig.runDuration = .seconds(60)
        let culprit = pairs[0]
        rig.onCall = { $0.pairs.contains(culprit) ? .refused(.other(status: 400, detail: "no such order")) : nil }
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(3600))
        #expect(rig.scheduler.state.pairLimits.isEmpty)
    }

    @Test func `no single pair fails for its call's size`() {
        var rig = Rig(configuration([campaign("sale", .manual, pairs)]))
        rig.onCall = { _ in .refused(.tooLarge(detail: "too many audiences")) }
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(1200))
        #expect(failures(rig) == 0)
        #expect(rig.notifications(.quarantined) == pairs.count)
    }

    @Test func `a quota is waited for, and teaches no size`() {
        var rig = Rig(configuration([campaign("sale", .manual, pairs)]))
        rig.onCall = { _ in .throttled(retryAfter: nil, detail: "request limit exceeded, try again later") }
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(1200))
        #expect(rig.scheduler.state.pairLimits.isEmpty)
        rig.onCall = { _ in nil }
        rig.advance(.seconds(600))
        #expect(rig.endings == [.succeeded])
        #expect(rig.calls.last?.pairs.count == 4)
    }

    // MARK: Rights

    @Test func `a token that is refused for one call holds back everything until a question is answered`() {
        for (refusal, holdsAll) in [
            (CallRefusal.unauthorized(detail: "not valid"), true), (.forbidden(detail: "no right"), false),
        ] {
            var rig = Rig(configuration([campaign("sale")]))
            rig.onCall = { $0.id == CallID(1) ? .refused(refusal) : nil }
            _ = rig.command(.fire("sale", forceOverlap: false))
            let isHeld = rig.scheduler.credentialsSentence(at: rig.now) != nil
            #expect(isHeld == holdsAll)
            rig.advance(.seconds(10))
            #expect(rig.scheduler.credentialsSentence(at: rig.now) == nil)
        }
    }

    @Test func `a right that is missing in one sandbox holds back no other`() {
        var rig = Rig(configuration([campaignIn("prod"), campaignIn("dev")]))
        rig.onCall = { $0.sandbox == "prod" ? .refused(.forbidden(detail: "no right")) : nil }
        _ = rig.command(.fire("in-prod", forceOverlap: false))
        #expect(rig.calls.map(\.sandbox) == ["prod"])
        _ = rig.command(.fire("in-dev", forceOverlap: false))
        #expect(rig.calls.map(\.sandbox) == ["prod", "dev"])
    }

    @Test func `one refusal that a new token mends pages nobody`() {
        for refusal in [CallRefusal.forbidden(detail: "a dead token"), .unauthorized(detail: "a dead token")] {
            var rig = Rig(configuration([campaign("sale")]))
            rig.onCall = { $0.id == CallID(1) ? .refused(refusal) : nil }
            _ = rig.command(.fire("sale", forceOverlap: false))
            rig.advance(.seconds(600))
            #expect(rig.calls.count == 2)
            #expect(rig.notifications(.credentials) == 0)
        }
    }

    // Found by simulation: two refusals within a minute, and between them another call was refused for itself.
    @Test func `refusals between which a call was answered count anew`() {
        let pairs = ["a1", "a2"].map { Pair(dataflow: "flow", audience: $0) }
        for isAnswered in [true, false] {
            var rig = Rig(
                configuration([campaign("sale", .manual, pairs)]) {
                    $0.guardrails.pairsPerJob = 1
                    ($0.limits.backoffBase, $0.limits.backoffMaximum) = (.seconds(40), .seconds(40))
                })
            rig.holdsCalls = true
            _ = rig.command(.fire("sale", forceOverlap: false))
            #expect(rig.held.count == 2)
            rig.askFailure = .credentials(detail: "a dead token")
            rig.feed(.callAnswered(rig.held[0].id, .refused(.unauthorized(detail: "a dead token"))))
            if isAnswered { rig.feed(.callAnswered(rig.held[1].id, .refused(.tooLarge(detail: "HTTP 413")))) }
            rig.advance(.seconds(300))
            let told = rig.times(of: .credentials)
            #expect(told.count == 1)
            #expect(told.allSatisfy { ($0 > ten + .seconds(75)) == isAnswered }, "\(told)")
        }
    }

    @Test func `a call that was refused once and can not be tried again for hours pages nobody`() {
        var rig = Rig(configuration([campaign("sale")]))
        rig.onCall = { _ in .refused(.unauthorized(detail: "a dead token")) }
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.exportRuns = true
        rig.advance(.seconds(3000))
        #expect(rig.calls.count == 1)
        #expect(rig.notifications(.credentials) == 0)
    }

    @Test func `a new token that is refused for calls alone is a missing right of that sandbox`() {
        var rig = Rig(configuration([campaignIn("prod"), campaignIn("dev")]))
        rig.onCall = { $0.sandbox == "prod" ? .refused(.unauthorized(detail: "not valid")) : nil }
        _ = rig.command(.fire("in-prod", forceOverlap: false))
        rig.advance(.seconds(600))
        #expect(rig.notifications(.credentials) == 1)
        _ = rig.command(.fire("in-dev", forceOverlap: false))
        #expect(rig.calls.last?.sandbox == "dev")
        rig.advance(.seconds(3000))
        #expect(rig.notifications(.credentials) == 1)
        #expect(rig.calls.count < 30)
    }

    @Test func `a refusal is told when it has lasted a minute`() {
        for (lasts, told) in [(58, 0), (62, 1)] {
            var rig = Rig(configuration([campaign("sale")]))
            rig.onCall = { _ in .refused(.forbidden(detail: "no right")) }
            _ = rig.command(.fire("sale", forceOverlap: false))
            rig.advance(.seconds(lasts))
            #expect(rig.notifications(.credentials) == told)
        }
    }

    @Test func `a question that is refused for one endpoint is that one's trouble, backed off and told`() {
        for failure in [AskFailure.refused(status: 403, detail: "no right"), .credentials(detail: "refused")] {
            var rig = Rig(configuration([campaign("sale")]))
            rig.failing["runs"] = failure
            _ = rig.command(.fire("sale", forceOverlap: false))
            rig.advance(.seconds(3600))
            #expect(rig.calls.isEmpty)
            #expect((10...40).contains(rig.asks.count { $0 == "runs" }))
            #expect(rig.notifications(.credentials) == 1)
            #expect(rig.scheduler.credentialsSentence(at: rig.now) == nil, "everything else is answered")
            rig.failing = [:]
            rig.feed(.reloaded(rig.scheduler.configuration))
            #expect(rig.calls.count == 1, "whoever reloads may have granted the right")
        }
    }

    @Test func `one question that is refused once pages nobody`() {
        for failure in [AskFailure.refused(status: 403, detail: "no right"), .credentials(detail: "refused")] {
            var rig = Rig(configuration([campaign("sale")]))
            rig.failing["runs"] = failure
            _ = rig.command(.fire("sale", forceOverlap: false))
            rig.failing = [:]
            rig.advance(.seconds(600))
            #expect(rig.calls.count == 1)
            #expect(rig.notifications(.credentials) == 0)
        }
    }

    @Test func `a secret that is refused is told at once and once, and mended for all at once`() {
        var rig = Rig(configuration([campaignIn("prod"), campaignIn("dev")]))
        rig.askFailure = .secret(detail: "invalid client_secret")
        _ = rig.command(.fire("in-prod", forceOverlap: false))
        #expect(rig.notifications(.credentials) == 1)
        _ = rig.command(.fire("in-dev", forceOverlap: false))
        rig.advance(.seconds(3600))
        #expect(rig.notifications(.credentials) == 1)
        rig.askFailure = nil
        rig.advance(.seconds(301))
        #expect(Set(rig.calls.map(\.sandbox)) == ["prod", "dev"])
    }

    @Test func `a token that is refused everywhere is told once it has lasted a minute`() {
        for (lasts, told) in [(58, 0), (62, 1), (3600, 1)] {
            var rig = Rig(configuration([campaignIn("prod"), campaignIn("dev")]))
            rig.askFailure = .credentials(detail: "not valid")
            _ = rig.command(.fire("in-prod", forceOverlap: false))
            _ = rig.command(.fire("in-dev", forceOverlap: false))
            rig.advance(.seconds(lasts))
            #expect(rig.notifications(.credentials) == told)
            #expect(rig.scheduler.credentialsSentence(at: rig.now) != nil)
        }
    }

    @Test func `what has been refused for days is told again when it is asked for`() {
        var rig = Rig(configuration([campaign("sale") { $0.startWithin = .seconds(1200) }]))
        rig.failing["export"] = .refused(status: 403, detail: "no right")
        for (day, told) in [(0, 1), (0, 1), (2, 2)] {
            rig.advance(.seconds(day * 86_400))
            _ = rig.command(.fire("sale", forceOverlap: false))
            rig.advance(.seconds(1800))
            #expect(rig.notifications(.credentials) == told, "day \(day)")
        }
    }

    @Test func `a pair is not failed by a name that is a part of another's`() {
        var rig = Rig(configuration([campaign("sale", .manual, Array(pairs.prefix(2)))]))
        let a2 = pairs[1]
        // The message names the one audience "Audience a1, spring"; it is read as two names.
        rig.onCall = { call in
            call.pairs.contains(a2)
                ? .refused(
                    .notMapped(
                        names: ["Audience a1", "spring"],
                        detail: "Segments Audience a1, spring are not part of this dataflow or out of schedule range!"))
                : nil
        }
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(3600))
        #expect(rig.runs.contains { $0.audiences == ["a1"] })
    }
}
