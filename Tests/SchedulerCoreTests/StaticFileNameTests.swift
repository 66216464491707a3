import Chronology
import SchedulerCore
import Testing

/// Goal: whoever overwrites a file each night is told so before the first one is lost, and not each night.
@Suite struct StaticFileNameTests {
    private func told(_ rig: Rig) -> [String] {
        rig.effects.compactMap { effect in
            if case .notify(let notification) = effect, notification.kind == .mapping { notification.text } else { nil }
        }
    }

    @Test func `a dataflow whose files always have one name is told once, and closes nothing`() throws {
        let pairs = [Pair(dataflow: "flow", audience: "vip"), Pair(dataflow: "flow", audience: "lapsed")]
        var rig = Rig(configuration([campaign("sale", try daily("10:30"), pairs)]))
        rig.staticNames = [pairs[0]]
        rig.exportRuns = true
        rig.advance(.seconds(1860))
        #expect(rig.calls.isEmpty)
        #expect(
            told(rig) == [
                "files of flow for \"vip\" always have one name, so that each run overwrites the file of the one before; put a "
                    + "date and a time into the file name template of the dataflow"
            ])
        #expect(rig.scheduler.staticFileNames(of: pairs, in: sandbox).map(\.1) == [["vip"]])
        rig.exportRuns = false
        rig.advance(.seconds(3 * 86_400))
        #expect(rig.calls.count == 4 && told(rig).count == 1)
    }

    @Test func `nobody hears of audiences of the dataflow that are not sent`() {
        var rig = Rig(
            configuration([campaign("sale"), campaign("other", .manual, [Pair(dataflow: "flow", audience: "b")])]))
        rig.staticNames = [Pair(dataflow: "flow", audience: "b")]
        _ = rig.command(.fire("sale", forceOverlap: false))
        #expect(told(rig).isEmpty)
        rig.advance(.seconds(300))
        _ = rig.command(.fire("other", forceOverlap: false))
        #expect(told(rig).count == 1)
    }

    @Test func `of many audiences some are named`() {
        let pairs = ["a", "b", "c", "d", "e"].map { Pair(dataflow: "flow", audience: $0) }
        var rig = Rig(configuration([campaign("sale", .manual, pairs)]))
        rig.staticNames = Set(pairs)
        _ = rig.command(.fire("sale", forceOverlap: false))
        #expect(
            told(rig).first?.hasPrefix("files of flow for \"a\", \"b\", \"c\" and 2 more always have one name") == true)
    }
}
