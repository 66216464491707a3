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
}
