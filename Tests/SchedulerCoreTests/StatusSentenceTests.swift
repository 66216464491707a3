import Chronology
import SchedulerCore
import Testing

/// Goal: one line in `systemctl status` says what an admin wants to know, the most urgent first.
@Suite struct StatusSentenceTests {
    private func sentence(_ rig: Rig) -> String { rig.scheduler.statusSentence(at: rig.now) }

    @Test func `with nothing to do it says so, and what is next`() throws {
        #expect(sentence(Rig(configuration([campaign("sale")]))) == "idle; 1 campaign")
        let rig = Rig(configuration([campaign("sale"), campaign("later", try daily("17:00"))]))
        #expect(sentence(rig) == "idle, next later Tue 17:00 +00:00; 2 campaigns")
    }

    @Test func `what waits says for which gate, and since when that is closed`() {
        var rig = Rig(configuration([campaign("sale")]))
        rig.exportRuns = true
        _ = rig.command(.fire("sale", forceOverlap: false))
        #expect(sentence(rig).hasPrefix("1 waiting (export closed since Tue "))
    }

    @Test func `what is in flight is counted`() {
        var rig = Rig(configuration([campaign("sale")]))
        rig.runDuration = .seconds(3600)
        _ = rig.command(.fire("sale", forceOverlap: false))
        #expect(sentence(rig) == "1 running; 1 campaign")
    }

    @Test func `what needs a person comes first, by name`() {
        var rig = Rig(configuration([campaign("sale", .manual) { $0.onDoubt = .hold }, campaign("other")]))
        rig.onCall = { _ in .doubtful(detail: "timeout") }
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(3600))
        #expect(sentence(rig).hasPrefix("needs you: sale"))
    }

    @Test func `a pause of everything is said`() {
        var rig = Rig(configuration([campaign("sale")]))
        _ = rig.command(.pause(.all, until: nil, reason: "freeze"))
        #expect(sentence(rig).hasPrefix("all paused"))
    }

    private func campaigns(_ count: Int) -> [Campaign] {
        (1...count).map { number in
            let pair = Pair(dataflow: DataflowID("flow-\(number)"), audience: AudienceID("a\(number)"))
            return campaign(CampaignName("c\(number)"), .manual, [pair]) { $0.onDoubt = .hold }
        }
    }

    @Test func `each way of being in flight is counted by itself`() {
        var rig = Rig(configuration(campaigns(3)))
        rig.runDuration = .seconds(3600)
        _ = rig.command(.fire("c1", forceOverlap: false))
        rig.onCall = { _ in .doubtful(detail: "timeout") }
        _ = rig.command(.fire("c2", forceOverlap: false))
        rig.holdsCalls = true
        _ = rig.command(.fire("c3", forceOverlap: false))
        #expect(sentence(rig) == "1 in doubt, 1 calling, 1 running; 3 campaigns")
    }

    @Test(arguments: [(3, "c1 c2 c3"), (4, "c1 c2 c3 and 1 more")])
    func `of many campaigns that need a person three are named`(count: Int, names: String) {
        var rig = Rig(configuration(campaigns(count)))
        rig.onCall = { _ in .doubtful(detail: "timeout") }
        for number in 1...count { _ = rig.command(.fire(CampaignName("c\(number)"), forceOverlap: false)) }
        rig.advance(.seconds(3600))
        #expect(sentence(rig) == "needs you: \(names); \(count) campaigns")
    }

    @Test func `the gate that closes most is told, and of several the first`() {
        let pairs = ["a", "b", "c"].map { Pair(dataflow: "flow", audience: $0) }
        for (unmapped, gate) in [(1, "first-activation"), (2, "mapping")] {
            var rig = Rig(configuration([campaign("sale", .manual, pairs)]))
            rig.firstActivated = ten
            rig.unmapped = Set(pairs.prefix(unmapped))
            _ = rig.command(.fire("sale", forceOverlap: false))
            #expect(sentence(rig).hasPrefix("3 waiting (\(gate) closed"))
        }
        var rig = Rig(configuration([campaign("sale", .manual, Array(pairs.prefix(2)))]))
        rig.firstActivated = ten
        rig.unmapped = [pairs[0]]
        _ = rig.command(.fire("sale", forceOverlap: false))
        #expect(sentence(rig) == "2 waiting (mapping closed); 1 campaign")
    }

    @Test func `a gate of which nothing is known is not said to be closed`() {
        var rig = Rig(configuration([campaign("sale")]))
        rig.askFailure = .unavailable(detail: "HTTP 503")
        _ = rig.command(.fire("sale", forceOverlap: false))
        #expect(sentence(rig) == "1 waiting (export not known); 1 campaign")
    }

    @Test func `that the daemon stops is said first`() {
        var rig = Rig(configuration([campaign("sale")]))
        _ = rig.command(.pause(.all, until: nil, reason: "freeze"))
        rig.feed(.stopping)
        #expect(sentence(rig) == "stopping, all paused; 1 campaign")
    }
}
