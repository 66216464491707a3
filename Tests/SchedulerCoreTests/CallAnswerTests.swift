import Chronology
import SchedulerCore
import Testing

/// Goal: every answer settles each pair of the call alone, and what was certainly refused never counts as sent.
@Suite struct CallAnswerTests {
    let pairs = (1...4).map { Pair(dataflow: "flow", audience: AudienceID("a\($0)")) }

    @Test func `one pair that is refused is found by halving, and the others go`() {
        var rig = Rig(configuration([campaign("sale", .manual, pairs)]))
        let bad = pairs[2]
        rig.onCall = { call in
            call.pairs.contains(bad)
                ? .refused(.notMapped(names: [], detail: "Segments X are not part of this dataflow")) : nil
        }
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(300))
        #expect(rig.endings == [.partial])
        #expect(!rig.calls.filter { !$0.pairs.contains(bad) }.isEmpty)
        #expect(rig.calls.last { $0.pairs.contains(bad) }?.pairs == [bad])
    }

    @Test func `a pair that is named by its audience's name is judged without halving`() {
        var rig = Rig(configuration([campaign("sale", .manual, pairs)]))
        let bad = pairs[2]
        rig.onCall = { call in
            call.pairs.contains(bad) ? .refused(.notMapped(names: ["Audience a3"], detail: "not part")) : nil
        }
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(300))
        #expect(rig.calls.map(\.pairs.count) == [4, 3])
        #expect(rig.endings == [.partial])
    }

    @Test func `a mapping younger than an hour is not settled yet, and is tried again`() {
        var rig = Rig(configuration([campaign("sale")]))
        rig.firstActivated = ten - .seconds(30 * 60)
        var refusals = 0
        rig.onCall = { _ in
            refusals += 1
            return refusals <= 2 ? .refused(.notMapped(names: [], detail: "not part of this dataflow")) : nil
        }
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(3600))
        #expect(rig.endings == [.succeeded])
        #expect(rig.calls.count == 3)
    }

    @Test func `a run that is already going on is waited for, and counts as no attempt`() {
        var rig = Rig(configuration([campaign("sale")]))
        let foreign = rig.addRunOfOthers(Pair(dataflow: "flow", audience: "vip"))
        rig.isVisible = { $0.id != foreign }
        let pair = Pair(dataflow: "flow", audience: "vip")
        rig.onCall = { _ in .refused(.alreadyRunning(pair, foreign, detail: "Run already going on")) }
        _ = rig.command(.fire("sale", forceOverlap: false))
        #expect(rig.calls.count == 1)
        rig.onCall = { _ in nil }
        rig.advance(.seconds(50))
        #expect(rig.calls.count == 1)
        rig.advance(.seconds(120))
        #expect(rig.calls.count == 2)
        rig.advance(.seconds(300))
        #expect(rig.endings == [.succeeded])
    }

    // Found by simulation: one answer "not known" about a run of others that a refusal had named was taken for its end.
    @Test func `a run that a refusal named is not over because it is not known for once`() {
        let pair = pairs[0]
        var rig = Rig(configuration([campaign("sale", .manual, [pair])]))
        rig.runDuration = .seconds(100_000)
        rig.isVisible = { _ in false }
        let foreign = rig.addRunOfOthers(pair)
        rig.onCall = { _ in .refused(.alreadyRunning(pair, foreign, detail: "Run already going on")) }
        _ = rig.command(.fire("sale", forceOverlap: false))
        #expect(rig.calls.count == 1)
        rig.runs[0].id = "hidden"
        rig.advance(.seconds(130))
        #expect(rig.calls.count == 1, "it was not known twice")
        rig.runs[0].id = foreign
        rig.advance(.seconds(600))
        #expect(rig.calls.count == 1)
        // Not known for a quarter of an hour: gone.
        rig.runs[0].id = "hidden"
        rig.onCall = { _ in nil }
        rig.advance(.seconds(1000))
        #expect(rig.calls.count == 2)
    }

    @Test func `a pair whose call was refused for another and took effect for it is looked for first`() {
        final class Seen: @unchecked Sendable { var isCalled = false }
        let seen = Seen()
        var rig = Rig(configuration([campaign("sale", .manual, Array(pairs[..<2]))]))
        let (taken, blocked) = (rig.addRun(pairs[0]), rig.addRunOfOthers(pairs[1]))
        rig.isVisible = { $0.id == taken && seen.isCalled }
        let refused = pairs[1]
        rig.onCall = { call in
            defer { seen.isCalled = true }
            return call.id == CallID(1) ? .refused(.alreadyRunning(refused, blocked, detail: "already going on")) : nil
        }
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(1000))
        #expect(rig.calls.map(\.pairs) == [Array(pairs[..<2]), [refused]])
        #expect(rig.endings == [.succeeded])
    }

    @Test func `after a refusal of several pairs nothing is called before its dataflows were asked about again`() {
        var rig = Rig(configuration([campaign("sale", .manual, pairs)]))
        let bad = pairs[2]
        rig.onCall = { call in
            call.pairs.contains(bad) ? .refused(.notMapped(names: ["Audience a3"], detail: "not part")) : nil
        }
        _ = rig.command(.fire("sale", forceOverlap: false))
        #expect(rig.calls.count == 2)
        #expect(rig.asks.count { $0 == "runs" } == 2)
    }

    @Test
    func `after a call of several pairs met a quota nothing is called before its dataflows were asked about again`() {
        var rig = Rig(configuration([campaign("sale", .manual, pairs)]))
        rig.onCall = { _ in .throttled(retryAfter: .seconds(1), detail: "request limit exceeded, try again later") }
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.onCall = { _ in nil }
        rig.advance(.seconds(10))
        #expect(rig.calls.count == 2)
        #expect(rig.asks.count { $0 == "runs" } == 2)
    }

    @Test func `a platform that is throttled is called again after the time it asked for`() {
        var rig = Rig(configuration([campaign("sale")]))
        rig.onCall = { _ in .throttled(retryAfter: .seconds(120), detail: "Too many requests") }
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.onCall = { _ in nil }
        rig.advance(.seconds(119))
        #expect(rig.calls.count == 1)
        rig.advance(.seconds(2))
        #expect(rig.calls.count == 2)
    }

    @Test func `a refusal for size is remembered, and smaller calls are sent`() {
        var rig = Rig(configuration([campaign("sale", .manual, pairs)]))
        rig.onCall = { $0.pairs.count > 2 ? .refused(.tooLarge(detail: "exceeds the maximum")) : nil }
        _ = rig.command(.fire("sale", forceOverlap: false))
        #expect(rig.calls.map(\.pairs.count) == [4, 2, 2])
        #expect(rig.scheduler.state.pairLimits == [sandbox: 2])
    }

    @Test func `the last attempt sets an activation aside for a person, who can have it tried again`() {
        var rig = Rig(configuration([campaign("sale")]))
        rig.onCall = { _ in .refused(.other(status: 400, detail: "malformed")) }
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(3600))
        #expect(rig.calls.count == 6)
        #expect(rig.endings == [.failed])
        #expect(rig.notifications(.quarantined) == 1)
        rig.onCall = { _ in nil }
        _ = rig.command(.resolve(activation(1, 1), .retry))
        rig.advance(.seconds(300))
        #expect(rig.calls.count == 7)
        #expect(rig.endings == [.failed, .succeeded])
        #expect(rig.scheduler.state.occurrences.isEmpty)
    }

    @Test func `a call that never left is no attempt, and goes when the network is back`() {
        var rig = Rig(configuration([campaign("sale")]))
        rig.onCall = { _ in .notSent(detail: "connection refused") }
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(3600))
        #expect(rig.calls.count > 6)
        rig.onCall = { _ in nil }
        rig.advance(.seconds(600))
        #expect(rig.endings == [.succeeded])
    }

    // Found by simulation: each call of the refused size that had left before halved it again, down to one pair a call.
    @Test func `a size that is refused twice is learned once`() {
        let pairs = (1...8).map { Pair(dataflow: "flow", audience: AudienceID("audience-\($0)")) }
        var rig = Rig(configuration([campaign("sale", .manual, pairs)]) { $0.guardrails.pairsPerJob = 4 })
        rig.onCall = { $0.pairs.count > 3 ? .refused(.tooLarge(detail: "at most 3")) : nil }
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(600))
        #expect(rig.scheduler.state.pairLimits[sandbox] == 2)
        #expect(rig.calls.map(\.pairs.count) == [4, 4, 2, 2, 2, 2])
        #expect(rig.endings == [.succeeded])
    }

    // Found by simulation (seed 3000894): everything was fresh, so nothing was asked, and nothing woke the scheduler before the
    // occurrence expired.
    @Test func `a call that was refused for its token goes again as soon as a question is answered`() throws {
        var rig = Rig(configuration([campaign("sale")]))
        rig.onCall = { $0.id == CallID(1) ? .refused(.unauthorized(detail: "the token is not valid")) : nil }
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(600))
        #expect(rig.calls.count == 2)
        #expect(try #require(rig.calls.last).at - rig.calls[0].at <= .seconds(10))
        #expect(rig.endings == [.succeeded])
        #expect(rig.notifications(.credentials) == 0, "a new token mended it: nobody has to know")
    }

    @Test func `calls that are refused for a missing right are held back longer each time, and told once`() {
        var rig = Rig(configuration([campaign("sale")]))
        rig.onCall = { _ in .refused(.forbidden(detail: "no right to activate")) }
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(3600))
        #expect((10...30).contains(rig.calls.count))
        #expect(rig.notifications(.credentials) == 1)
        rig.onCall = { _ in nil }
        let before = rig.calls.count
        rig.feed(.reloaded(configuration([campaign("sale")])))
        #expect(rig.calls.count == before + 1)
    }

    @Test func `a person is told of refused credentials although the platform asked to slow down before`() {
        var rig = Rig(configuration([campaign("sale")]))
        rig.onCall = { call in
            call.id == CallID(1)
                ? .throttled(retryAfter: nil, detail: "slow down")
                : .refused(.forbidden(detail: "no right to activate"))
        }
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(600))
        #expect(rig.notifications(.credentials) == 1)
    }

    // Found by simulation: with one refusal of the token in between, and nothing else to ask about, "all is refused" hid it for ever.
    @Test func `a missing right for one kind of question is told although the token was refused once`() {
        var rig = Rig(configuration([campaign("sale")]))
        rig.failing = ["export": .credentials(detail: "the token is not valid")]
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.failing = ["export": .refused(status: 403, detail: "no right to read exports")]
        for kind in ["dataflows", "runs", "run"] { rig.failing[kind] = .unavailable(detail: "timeout") }
        rig.advance(.seconds(3600))
        #expect(rig.notifications(.credentials) == 1)
    }
}
