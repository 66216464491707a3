import Chronology
import SchedulerCore
import Testing

/// Goal: an export that was seen running closes the gate until its end was seen, and not for ever.
@Suite struct OpenExportTests {
    @Test func `an export that is missing from an answer has not ended`() {
        var rig = Rig(configuration([campaign("sale") { $0.startWithin = .seconds(3 * 86_400) }]))
        rig.exportRuns = true
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.hiddenExports = ["4711"]
        rig.advance(.seconds(3600))
        #expect(rig.calls.isEmpty)
        let closures = rig.scheduler.closures(of: activation(1, 1), at: rig.now)
        let vip = Pair(dataflow: "flow", audience: "vip")
        let words = closures.map { rig.scheduler.sentence(for: $0, vip, in: sandbox, at: rig.now).evidence }
        #expect(words.contains { $0.contains("missing from the answers") }, "\(words)")
        rig.exportRuns = false
        rig.advance(.seconds(600))
        #expect(rig.calls.isEmpty, "its end is not shown either")
        rig.hiddenExports = []
        rig.advance(.seconds(61))
        #expect(rig.calls.count == 1)
    }

    @Test func `an export that is never seen again closes the gate for export_max_age`() {
        var rig = Rig(configuration([campaign("sale") { $0.startWithin = .seconds(3 * 86_400) }]))
        rig.exportRuns = true
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.hiddenExports = ["4711"]
        rig.advance(.seconds(86_400 - 120))
        #expect(rig.calls.isEmpty)
        rig.advance(.seconds(180))
        #expect(rig.calls.count == 1)
    }

    @Test func `of two exports the end of the one that began last does not hide the other`() {
        var rig = Rig(configuration([campaign("sale")]))
        rig.finishedExports = [
            ExportJob(id: "early", status: .running, word: "PROCESSING", createdAt: ten - .seconds(900), endedAt: nil)
        ]
        rig.exportRuns = true
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.exportRuns = false
        rig.advance(.seconds(600))
        #expect(rig.calls.isEmpty)
    }

    @Test func `a record that can not be read closes the gate as long as it is shown`() {
        var rig = Rig(configuration([campaign("sale")]))
        rig.finishedExports = [
            ExportJob(
                id: ExportJob.withoutID, status: .running, word: "", createdAt: nil, endedAt: nil, isUncertain: true)
        ]
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(600))
        #expect(rig.calls.isEmpty)
        rig.finishedExports = []
        rig.advance(.seconds(61))
        #expect(rig.calls.count == 1)
    }

    @Test
    func
        `one that does not say whether it is of profiles closes the gate until its end is shown, and nobody follows it`()
    {
        var rig = Rig(configuration([campaign("sale"), campaign("follower", .afterExport)]))
        rig.advance(.seconds(600))
        func job(_ status: ExportJob.Status) -> ExportJob {
            ExportJob(
                id: "9", status: status, word: "", createdAt: ten,
                endedAt: status == .running ? nil : ten + .seconds(900),
                isUncertain: true)
        }
        rig.finishedExports.append(job(.running))
        rig.advance(.seconds(400))
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(300))
        #expect(rig.calls.isEmpty)
        rig.finishedExports[rig.finishedExports.count - 1] = job(.succeeded)
        rig.advance(.seconds(600))
        #expect(rig.calls.count == 1)
        #expect(rig.scheduler.state.exportObservations == nil)
    }
}
