import Chronology
import PlatformModel
import Testing

/// Goal: what is listed is listed whole, page by page, with the numbers and words that were seen.
@Suite struct ListingTests {
    private let runs = "/data/foundation/flowservice/runs"
    private let exports = "/data/core/ups/export/jobs"

    /// Runs that do not end, in the order of their begins.
    private func bench(_ count: Int, _ change: (inout Scenario) -> Void = { _ in }) -> Bench {
        var bench = Bench { scenario in
            scenario.runs.endlessPercent = 100
            change(&scenario)
        }
        for number in 1...count { _ = bench.call("flow-1", ["a\(number)"]) }
        return bench
    }

    // MARK: Pages

    @Test(arguments: [("", 20), ("&limit=0", 1), ("&limit=1", 1), ("&limit=100", 100), ("&limit=101", 100)])
    func `a page has a hundred items at most, one at least, and twenty where nobody says`(limit: String, count: Int) {
        var bench = Bench()
        _ = bench.call("flow-1", (1...80).map { "a\($0)" })
        _ = bench.call("flow-1", (81...100).map { "a\($0)" })
        bench.pass(61)
        _ = bench.call("flow-1", ["a1"])
        let page = text(bench.get(runs + "?property=flowId==flow-1" + limit))
        #expect(page.components(of: "\"flowId\"") == count)
        #expect(page.contains("continuationToken="))
    }

    @Test func `a limit beside a count is refused`() {
        var bench = Bench()
        #expect(bench.get(runs + "?count=true&limit=10").status == 400)
        #expect(bench.get(runs + "?count=true").status == 200)
        #expect(bench.get(runs + "?count=false&limit=10").status == 200)
    }

    /// Which audiences are on each page, as the facts give them.
    private func pages(_ model: PlatformModel, size: Int, at now: Instant) -> [[String]] {
        var pages: [[String]] = []
        var place: PlatformModel.RunPlace?
        repeat {
            let page = model.shownRunPage(of: ["flow-1"], after: place, size: size, at: now)
            pages.append(page.runs.flatMap(\.audiences))
            place = page.next
        } while place != nil && pages.count < 20
        return pages
    }

    @Test(arguments: [false, true])
    func `runs that began in one moment come page by page, newest first, each once`(byPosition: Bool) {
        let bench = bench(5) { $0.quirks.pagesByPosition = byPosition }
        #expect(pages(bench.model, size: 2, at: start) == [["a5", "a4"], ["a3", "a2"], ["a1"]])
        #expect(pages(bench.model, size: 4, at: start) == [["a5", "a4", "a3", "a2"], ["a1"]])
        #expect(pages(bench.model, size: 5, at: start) == [["a5", "a4", "a3", "a2", "a1"]])
        #expect(pages(bench.model, size: 6, at: start) == [["a5", "a4", "a3", "a2", "a1"]])
    }

    @Test func `a page goes on with what is older where the run that it began after is gone`() {
        var bench = bench(2)
        bench.pass(1)
        _ = bench.call("flow-1", ["a3"])
        let page = bench.model.shownRunPage(of: ["flow-1"], after: nil, size: 1, at: bench.now)
        #expect(page.runs.map(\.audiences) == [["a3"]])
        bench.model.vanish(bench.model.runs[2].id, at: bench.now)
        let next = bench.model.shownRunPage(of: ["flow-1"], after: page.next, size: 5, at: bench.now)
        #expect(next.runs.map(\.audiences) == [["a2"], ["a1"]] && next.next == nil)
    }

    @Test func `facts of runs are read until a page is enough, and say whether older ones are left`() {
        let bench = bench(5)
        func read(_ page: Int, _ isEnough: (ArraySlice<PlatformModel.ShownRun>) -> Bool) -> [String] {
            let (runs, isTruncated) = bench.model.shownRuns(of: ["flow-1"], page: page, at: start, isEnough: isEnough)
            return runs.flatMap(\.audiences) + (isTruncated ? ["and more"] : [])
        }
        #expect(read(2, { _ in true }) == ["a5", "a4", "and more"])
        #expect(read(2, { $0.contains { $0.audiences == ["a2"] } }) == ["a5", "a4", "a3", "a2", "and more"])
        #expect(read(5, { _ in true }) == ["a5", "a4", "a3", "a2", "a1"])
        #expect(read(2, { _ in false }) == ["a5", "a4", "a3", "a2", "a1"])
    }

    // MARK: What is left out

    @Test func `after a call the list of runs may be empty for a while, and the call counts all the same`() {
        var bench = Bench { scenario in
            scenario.runs.endlessPercent = 100
            scenario.quirks.emptyAfterCallPercent = 100
            scenario.quirks.emptyAfterCallMilliseconds = 5000
        }
        _ = bench.call("flow-1", ["a1"])
        func shown() -> [Int] {
            [
                bench.runs().components(of: "\"flowId\""),
                bench.model.shownRuns(of: ["flow-1"], page: 9, at: bench.now) { _ in false }.runs.count,
                bench.model.shownRunPage(of: ["flow-1"], after: nil, size: 9, at: bench.now).runs.count,
            ]
        }
        bench.now = start + .milliseconds(4999)
        #expect(shown() == [0, 0, 0])
        #expect(bench.call("flow-1", ["a1"]).status == 400, "its run is going on")
        bench.now = start + .milliseconds(5000)
        #expect(shown() == [1, 1, 1])
    }

    @Test func `a run that is missing for spans is missing for one span in each period`() {
        let bench = bench(1) { scenario in
            scenario.quirks.missingRunPercent = 25
            scenario.quirks.missingSpanMilliseconds = 10_000
        }
        // A quarter of the time: periods of forty seconds.
        let missing = (0..<120).map { second in
            bench.model.shownRuns(of: ["flow-1"], page: 9, at: start + .seconds(second)) { _ in false }.runs.isEmpty
        }
        for period in 0..<3 {
            let seconds = missing[(period * 40)..<(period * 40 + 40)]
            #expect(seconds.count { $0 } == 10, "period \(period)")
            let changes = zip(seconds, seconds.dropFirst()).count { $0 != $1 }
            #expect(changes <= 2, "one span, without a gap")
        }
    }

    // MARK: Exports

    @Test func `an export that runs was changed now, and one that has ended says when it began and ended`() {
        var bench = Bench { $0.exports = [.init(startMilliseconds: 1000, durationMilliseconds: 10_000)] }
        bench.pass(5)
        let running = bench.exportJobs()
        #expect(running.contains("\"updateTime\":\(start.milliseconds + 5000)"))
        #expect(!running.contains("totalTime"))
        bench.pass(15)
        let ended = bench.exportJobs()
        #expect(ended.contains("\"updateTime\":\(start.milliseconds + 11_000)"))
        #expect(
            ended.contains(
                "\"metrics\":{\"totalTime\":{\"startTimeInMs\":\(start.milliseconds + 1000),"
                    + "\"endTimeInMs\":\(start.milliseconds + 11_000)}}"))
    }

    @Test func `one export is answered to whoever knows its id, once it has begun and where it is`() {
        var bench = Bench { scenario in
            scenario.exports = [
                .init(startMilliseconds: -1000, durationMilliseconds: 500),
                .init(startMilliseconds: 1000, durationMilliseconds: 500),
            ]
            scenario.flows.append(.init(id: "flow-3", name: "Three", audiences: [], sandbox: "dev"))
        }
        let one = bench.get(exports + "/4711")
        #expect(one.status == 200 && text(one).hasPrefix("{\"id\":4711,"))
        #expect(!text(one).contains("records"))
        #expect(bench.get(exports + "/4711", sandbox: "dev").status == 404)
        #expect(bench.get(exports + "/4712").status == 404, "it has not begun")
        bench.pass(1)
        #expect(bench.get(exports + "/4712").status == 200)
        #expect(text(bench.get(exports + "/4713")) == #"{"message":"export job not found"}"#)
    }

    // MARK: Dataflows

    @Test func `a dataflow was changed with its last mapping, or when it was made`() {
        var bench = Bench { scenario in
            scenario.flows[0].createdAtMilliseconds = -5000
            scenario.flows[0].audiences[7].mappedAtMilliseconds = -3000
            scenario.flows[1].createdAtMilliseconds = -2000
            scenario.flows.append(.init(id: "flow-3", name: "Three", audiences: []))
            scenario.flows[2].createdAtMilliseconds = -1000
        }
        for (flow, created, updated) in [("flow-1", 5000, 3000), ("flow-2", 2000, 2000), ("flow-3", 1000, 1000)]
            as [(String, Int64, Int64)]
        {
            let answer = text(bench.get("/data/foundation/flowservice/flows/" + flow))
            #expect(
                answer.contains(
                    "\"createdAt\":\(start.milliseconds - created),\"updatedAt\":\(start.milliseconds - updated),"))
        }
    }

    @Test func `a mapping with a time of its own says it, and one of a listed audience carries no second id`() {
        var bench = Bench { scenario in
            scenario.flows[1].audiences[0].endDate = "2027-01-01"
            scenario.flows[1].audiences[0].startDate = "2026-02-03"
        }
        let flow = text(bench.get("/data/foundation/flowservice/flows/flow-2"))
        #expect(
            flow.contains(
                #""schedule":{"frequency":"DAILY","startDate":"2026-02-03","triggerType":"SCHEDULED","#
                    + #""startTime":"21:00","endDate":"2027-01-01"}"#))
        #expect(!flow.contains("systemSegmentId") && !flow.contains("namespace"))
        bench.model.edit(FlowEdit(flow: "flow-2", map: "a2"), at: start)
        let edited = text(bench.get("/data/foundation/flowservice/flows/flow-2"))
        #expect(edited.contains(#""frequency":"ONCE","startDate":"2020-01-01""#), "without an end")
    }

    // MARK: Runs

    /// What runs say of how they are, each word once.
    private func words(_ listing: String) -> Set<String> {
        let parts = listing.ranges(of: #""statusSummary":{"status":""#).map { listing[$0.upperBound...] }
        return Set(parts.map { String($0.prefix { $0 != "\"" }) })
    }

    @Test func `a run says how it is in one of the spellings that are documented`() {
        for failing in [0, 100] {
            var bench = Bench { $0.runs.failingPercent = failing }
            _ = bench.call("flow-1", (1...80).map { "a\($0)" })
            #expect(words(bench.runs()) == ["inProgress", "Processing", "IN_PROGRESS", "Waiting"])
            bench.pass(61)
            #expect(
                words(bench.runs())
                    == (failing == 0 ? ["success", "Success", "COMPLETED"] : ["failed", "Failed", "FAILED"]))
        }
    }

    @Test(arguments: [(0, 1000), (2000, 7000)] as [(Int64, Int64)])
    func `a run that listings show late ends in its own time, unless it is to be seen for a while`(
        shown: Int64, end: Int64
    ) {
        var bench = Bench { scenario in
            scenario.runs.shortestMilliseconds = 1000
            scenario.runs.longestMilliseconds = 1000
            scenario.runs.lagMilliseconds = 5000
            scenario.runs.shownMilliseconds = shown
        }
        _ = bench.call("flow-1", ["a1"])
        let before = bench.model.settledLedger(at: start + .milliseconds(end - 1))
        #expect(before.pairsInFlight == 1 && before.deliveries.map(\.succeeded) == [0])
        let after = bench.model.settledLedger(at: start + .milliseconds(end))
        #expect(after.pairsInFlight == 0 && after.deliveries.map(\.succeeded) == [1])
    }
}
