import Chronology
import Testing

@testable import SchedulerCore

/// Goal: what is remembered of runs and exports is bounded, and what decides something is never what is forgotten.
@Suite struct RememberedBoundTests {
    private let flow = DataflowKey(sandbox, "a")

    // MARK: Joined listings

    /// Two dataflows whose runs of the last hours were listed whole, and are then listed together, so that each listing is cut: it
    /// shows our two runs and eight of the others.
    private func joined(_ count: Int, isOldestUnderWay: Bool = false) -> Rig {
        let pairs = [Pair(dataflow: "a", audience: "vip"), Pair(dataflow: "b", audience: "vip")]
        var rig = Rig(configuration([campaign("sale", .manual, pairs)]) { $0.guardrails.dataflowGate = .audience })
        rig.runDuration = .seconds(90_000)
        rig.runs = (1...count).map { number in
            DataflowRun(
                id: RunID("old-\(number)"), dataflow: "a", createdAt: ten - .seconds(count - number + 1),
                status: isOldestUnderWay && number == 1 ? .running : .succeeded, word: "", audiences: ["other"])
        }
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.runsPerListing = 10
        rig.advance(.seconds(300))
        return rig
    }

    private func known(_ rig: Rig) -> [RunID] {
        (rig.scheduler.knowledge.runs[flow]?.listing.runs ?? []).map(\.id)
    }

    @Test(arguments: [(5008, true), (5009, false)])
    func `beside a listing that is cut five thousand runs of those before it are remembered`(
        count: Int, isOldestKnown: Bool
    ) {
        let rig = joined(count)
        #expect(rig.calls.count == 1)
        #expect(Set(known(rig)).count == 9 + 5000, "ours and eight are shown")
        #expect(known(rig).count == 9 + 5000, "each once")
        #expect(known(rig).contains("old-1") == isOldestKnown)
        #expect(known(rig).contains("old-2"))
    }

    @Test func `a run that is under way is remembered however many there are`() {
        let rig = joined(5100, isOldestUnderWay: true)
        #expect(rig.calls.count == 1)
        #expect(known(rig).count == 9 + 5000 + 1)
        #expect(known(rig).contains("old-1") && !known(rig).contains("old-2"))
    }

    // MARK: Baselines

    /// Runs with ids of 125 bytes, which are 128 in a record, the newest first.
    private func runs(_ count: Int) -> [DataflowRun] {
        let long = String(repeating: "x", count: 119)
        return (0..<count).map { number in
            DataflowRun(
                id: RunID("\(100_000 + number)" + long), dataflow: "a", createdAt: ten - .seconds(number),
                status: .succeeded, word: "", audiences: [])
        }
    }

    private func listing(_ runs: [DataflowRun]) -> RunsKnowledge {
        RunsKnowledge(
            listing: RunListing(runs: runs, isTruncated: false),
            askedAt: Moment(wall: ten, monotonic: Monotonic(milliseconds: 0)))
    }

    // Of 4 MiB of a record a half is for what is shown, and a half for what is not.
    @Test(arguments: [(0, 16_384), (1, 16_384), (2, 8192), (3, 5461)])
    func `a baseline has its share of a record, and tells by its time what finds no place`(share: Int, shown: Int) {
        let scheduler = Rig(configuration([])).scheduler
        let now = Moment(wall: ten, monotonic: Monotonic(milliseconds: 0))
        let all = runs(shown)
        let whole = scheduler.baseline(of: "a", listing(all), share: share, at: now)
        #expect(whole.runs == all.map(\.id))
        #expect(whole.horizon == nil)
        let more = runs(shown + 2)
        let cut = scheduler.baseline(of: "a", listing(more), share: share, at: now)
        #expect(cut.runs == all.map(\.id))
        #expect(cut.horizon == more[shown].createdAt, "the newest of those that are left out")
        #expect(more.suffix(2).allSatisfy(cut.covers))
    }

    @Test func `what was listed before and is not now has its share as well, the last ones of it`() {
        let scheduler = Rig(configuration([])).scheduler
        let now = Moment(wall: ten, monotonic: Monotonic(milliseconds: 0))
        var blank = listing([])
        blank.shownBefore = runs(5462).map(\.id)
        let baseline = scheduler.baseline(of: "a", blank, share: 3, at: now)
        #expect(baseline.runs == Array(blank.shownBefore.dropFirst()))
    }

    @Test func `a minute before the call by the platform's clock, what began had begun`() {
        var scheduler = Rig(configuration([])).scheduler
        let now = Moment(wall: ten, monotonic: Monotonic(milliseconds: 10_000))
        #expect(scheduler.baseline(of: "a", listing([]), at: now).since == nil)
        scheduler.knowledge.clock = PlatformClock(
            observedAt: ten + .seconds(500), answeredAt: Monotonic(milliseconds: 4000))
        #expect(scheduler.baseline(of: "a", listing([]), at: now).since == ten + .seconds(506 - 60))
    }

    // MARK: Runs that may be of a call

    // Each of them waits for its end, which may tell whose it is.
    @Test(arguments: [1000, 1001])
    func `of runs that may be of a call it is remembered when they were seen first, however many are listed`(count: Int)
    {
        var rig = Rig(configuration([campaign("sale")]))
        rig.startMinute = 600
        rig.runDuration = .seconds(90_000)
        rig.onCall = { _ in .doubtful(detail: "timeout") }
        _ = rig.command(.fire("sale", forceOverlap: false))
        for _ in 1...count { rig.addRun(Pair(dataflow: "flow", audience: "vip")) }
        rig.advance(.seconds(6))
        #expect(rig.scheduler.knowledge.candidatesSince.count == count)
        // Of each activation the journal keeps twenty.
        #expect(rig.records.count { if case .candidateSeen = $0 { true } else { false } } == 20)
    }

    // MARK: Exports

    /// So many exports, a minute from the end of one to the end of the next.
    @Test(arguments: [(1499, 26 * 3600), (1500, 1500 * 60), (1501, 1500 * 60)])
    func `fifteen hundred ends of exports are remembered, and since when none is missing among them`(
        count: Int, since: Int
    ) {
        var rig = Rig(configuration([campaign("sale")]))
        for number in (1...count).reversed() { rig.finishExport("\(number)", .seconds(number * 60)) }
        _ = rig.command(.fire("sale", forceOverlap: false))
        let exports = rig.scheduler.knowledge.exports[sandbox]
        #expect(exports?.ends.count == min(count, 1500))
        #expect(exports?.ends.last == ten - .seconds(60))
        #expect(exports?.endsSince == ten - .seconds(since))
    }

    @Test func `whether an export is decided is told by when it ended, and where that was not kept by when it began`() {
        var mark = ExportMark(job: "1", createdAt: ten)
        #expect(!mark.isNew("1", createdAt: ten + .seconds(1), endedAt: ten + .seconds(60)))
        // From snapshots of before, which know of no end.
        #expect(!mark.isNew("2", createdAt: ten, endedAt: ten + .seconds(60)))
        #expect(mark.isNew("2", createdAt: ten + .milliseconds(1), endedAt: ten + .seconds(60)))
        mark.decidedUntil = ten + .seconds(60)
        #expect(!mark.isNew("2", createdAt: ten + .seconds(9), endedAt: ten + .seconds(60)))
        #expect(mark.isNew("2", createdAt: ten - .seconds(9), endedAt: ten + .milliseconds(60_001)))
        mark.decided = [DecidedExport(job: "3", endedAt: ten + .seconds(90))]
        #expect(!mark.isNew("3", createdAt: ten, endedAt: ten + .seconds(90)))
    }

    // MARK: Audiences

    @Test(arguments: [(5000, "sys-5000"), (5001, "id-5001")])
    func `second ids of five thousand audiences of a dataflow are known`(number: Int, audience: String) throws {
        let pair = Pair(dataflow: "flow", audience: AudienceID("id-\(number)"))
        let settings = configuration([campaign("sale", .manual, [pair])])
        var scheduler = Rig(settings).scheduler
        let now = Moment(wall: ten, monotonic: Monotonic(milliseconds: 5_000_000))
        let step = scheduler.handle(
            .command(CommandID(1), .fire("sale", forceOverlap: false), actor: "tester"), at: now)
        let ask = try #require(
            step.effects.compactMap { effect in
                if case .askDataflows(let id, _, _) = effect { id } else { nil }
            }.first)
        let mappings = (1...5001).map { number in
            DataflowDefinition.Mapping(
                ids: [AudienceID("sys-\(number)"), AudienceID("id-\(number)")], name: "name",
                createdAt: ten - .seconds(86_400), startsAt: nil, endsAt: nil, hasUniqueFileNames: true)
        }
        let definition = DataflowDefinition(id: "flow", name: "Flow", mappings: mappings, observedAt: ten)
        _ = scheduler.handle(.dataflowsAnswered(ask, .success([definition])), at: now)
        #expect(scheduler.state.pair(of: activation(1, 1))?.audience.text == audience)
    }
}
