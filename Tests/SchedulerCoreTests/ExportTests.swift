import Chronology
import SchedulerCore
import Testing

/// Goal: a campaign that follows exports is due once after each, and no export is passed over in silence.
@Suite struct ExportTests {
    private let following = configuration([campaign("sale", .afterExport)])

    // Found by simulation: the first look only said where counting begins, also where it had shown that there was none.
    @Test func `the first export of a new sandbox is followed`() {
        var rig = Rig(following)
        rig.advance(.seconds(600))
        rig.finishExport("4711", .seconds(10))
        rig.advance(.seconds(600))
        #expect(rig.calls.count == 1)
    }

    // Found by simulation: of several exports that ended while nobody looked, the newest was followed, and the others were
    // mentioned nowhere.
    @Test func `exports that ended while nobody looked are skipped with a record, and the newest is followed`() {
        var rig = Rig(following)
        rig.finishExport("4711", .seconds(10))
        rig.advance(.seconds(3600))
        for (id, ago) in [("4712", Int64(1800)), ("4713", 1200), ("4714", 60)] { rig.finishExport(id, .seconds(ago)) }
        rig.restart()
        rig.advance(.seconds(600))
        #expect(rig.calls.count == 2)
        #expect(rig.skips.map(\.reason) == [.superseded, .superseded])
        #expect(rig.skips.map { $0.detail.split(separator: " ")[1] } == ["4712", "4713"])
    }

    // Found by simulation: half a day was waited for what was due at once.
    @Test func `an export has ended by our clock, wherever the platform's stands`() {
        var rig = Rig(following)
        rig.clockAhead = .seconds(12 * 3600)
        rig.advance(.seconds(600))
        _ = rig.command(.fire("sale", forceOverlap: false))  // the platform tells its time with a definition
        rig.advance(.seconds(600))
        let before = rig.calls.count
        rig.finishExport("4711", .seconds(10))
        rig.advance(.seconds(600))
        #expect(rig.calls.count == before + 1)
    }
}
