import Chronology
import PlatformModel
import Testing

/// Goal: what the model shows of runs, exports and mappings is what the documents and their samples show, and no more.
@Suite struct RunsAndExportsTests {
    private let runs = "/data/foundation/flowservice/runs"

    @Test func `a run in progress tells its status and its audience, and has no times, counts or activities`() {
        var bench = Bench()
        _ = bench.call("flow-1", ["a1"])
        let running = bench.runs()
        #expect(running.contains(#""providerRefId":"segment:a1""#))
        #expect(running.contains(#""activities":[]"#))
        for absent in ["entitySummaries", "durationSummary", "recordSummary", "startedAtUTC", "completedAtUTC"] {
            #expect(!running.contains(absent))
        }
        bench.pass(61)
        let ended = bench.runs()
        #expect(!ended.contains(#""providerRefId":"segment:"#))
        #expect(ended.contains(#""entitySummaries":[{"id":"segment:a1","outputRecordCount":985}]"#))
        #expect(ended.contains("completedAtUTC") && ended.contains("Activation Batch XdmProcessor Activity"))
    }

    @Test func `one run may serve every pair of a call on its dataflow, and no pair of another one`() {
        var bench = Bench { $0.runs.isOneForEachAudience = false }
        let answer = text(bench.call("flow-1", ["a1", "a2"]))
        #expect(bench.model.runs.map(\.audiences) == [["a1", "a2"]])
        #expect(answer.components(of: bench.model.runs[0].id) == 2)
        // Each of them is going on.
        for audience in ["a1", "a2"] {
            #expect(text(bench.call("flow-1", [audience])).contains("with run id \(bench.model.runs[0].id)"))
        }
        #expect(bench.call("flow-1", ["a3"]).status == 200)
        #expect(bench.model.runs.map(\.audiences) == [["a1", "a2"], ["a3"]])
        bench.pass(61)
        let counts = bench.model.settledLedger(at: bench.now).deliveries.map(\.succeeded)
        #expect(counts == [1, 1, 1])
    }

    @Test func `a run vanishes from an instant on, and it alone, unless it has ended before`() {
        func begun() -> Bench {
            var bench = Bench { scenario in
                scenario.runs.shortestMilliseconds = 10_000
                scenario.runs.longestMilliseconds = 10_000
            }
            _ = bench.call("flow-1", ["a1", "a2"])
            return bench
        }
        for (milliseconds, vanishes) in [(9999, true), (10_000, false)] as [(Int64, Bool)] {
            var bench = begun()
            let (gone, other) = (bench.model.runs[0].id, bench.model.runs[1].id)
            bench.model.vanish(gone, at: start + .milliseconds(milliseconds))
            #expect(bench.runs().contains(gone))
            bench.pass(11)
            #expect(bench.runs().contains(gone) == !vanishes)
            #expect(bench.runs().contains(other))
        }
    }

    @Test func `the filter by audience does not find a run in progress`() {
        var bench = Bench()
        _ = bench.call("flow-1", ["a1"])
        let filter =
            "&property=metrics.recordSummary.targetSummaries%5B%5D.entitySummaries%5B%5D.id%3D%3Dsegment:a1"
        #expect(bench.runs(and: filter).components(of: "\"flowId\"") == 0)
        bench.pass(61)
        #expect(bench.runs(and: filter).contains("segment:a1"))
    }

    @Test func `a run that failed counts nothing, and names its audience in the source alone, or not at all`() {
        for nameless in [false, true] {
            var bench = Bench { scenario in
                scenario.runs.failingPercent = 100
                scenario.quirks.failedRunsAreNameless = nameless
            }
            _ = bench.call("flow-1", ["a1"])
            bench.pass(61)
            let failed = bench.runs()
            #expect(failed.contains("Job aborted.") && !failed.contains("targetSummaries"))
            #expect(failed.contains("segment:a1") == !nameless)
            #expect(!failed.contains("985"))
            let fact = bench.model.shownRuns(of: ["flow-1"], page: 10, at: bench.now) { _ in false }.runs.first
            #expect(fact?.audiences == (nameless ? [] : ["a1"]) && fact?.records == nil)
        }
    }

    @Test func `counts go on changing for a while after the end, and so does updatedAt`() {
        var bench = Bench { scenario in
            scenario.runs.shortestMilliseconds = 10_000
            scenario.runs.longestMilliseconds = 10_000
            scenario.quirks.countsSettleMilliseconds = 60_000
        }
        _ = bench.call("flow-1", ["a1"])
        bench.pass(11)
        #expect(bench.runs().contains(#""outputRecordCount":492"#))
        bench.pass(60)
        #expect(bench.runs().contains(#""outputRecordCount":985"#))
        #expect(bench.runs().contains("\"updatedAt\":\((start + .seconds(70)).milliseconds)"))
    }

    @Test func `an audience that is empty is a success with no records`() {
        var bench = Bench { $0.runs.emptyPercent = 100 }
        _ = bench.call("flow-1", ["a1"])
        bench.pass(61)
        #expect(bench.runs().contains(#""outputRecordCount":0"#))
    }

    @Test(arguments: [(Quirks.EndedWord.scheduled, true), (.missing, false)])
    func `a run that has ended may say scheduled, or nothing`(word: Quirks.EndedWord, says: Bool) {
        var bench = Bench { $0.quirks.endedWord = word }
        _ = bench.call("flow-1", ["a1"])
        bench.pass(61)
        let ended = bench.runs()
        #expect(ended.contains("completedAtUTC"))
        #expect(ended.contains(#""statusSummary":{"status":"scheduled"}"#) == says)
        #expect(ended.contains(#""statusSummary":{}"#) == !says)
    }

    @Test func `a run that never ends refuses for ever, until the world is healed`() {
        var bench = Bench { $0.runs.endlessPercent = 100 }
        _ = bench.call("flow-1", ["a1"])
        bench.pass(400 * 86_400)
        #expect(bench.call("flow-1", ["a1"]).status == 401)
        bench.signIn()
        #expect(bench.call("flow-1", ["a1"]).status == 400)
        bench.model.heal(at: bench.now)
        bench.pass(61)
        #expect(bench.call("flow-1", ["a1"]).status == 200)
    }

    @Test func `runs and dataflows are compared by time and by name, and by nothing unknown`() {
        var bench = Bench()
        _ = bench.call("flow-1", ["a1"])
        bench.pass(5)
        _ = bench.call("flow-1", ["a2"])
        let first = start.milliseconds
        func found(_ filter: String) -> Int { bench.runs(and: "&property=" + filter).components(of: "\"flowId\"") }
        #expect(found("createdAt%3E\(first)") == 1)
        #expect(found("createdAt%3E=\(first)") == 2)
        #expect(found("createdAt%3C\(first)") == 0)
        #expect(found("createdAt%3C=\(first)") == 1)
        #expect(found("providerRefId==segment:a2") == 1)
        bench.pass(61)
        #expect(found("metrics.durationSummary.startedAtUTC%3E\(first)") == 2)
        #expect(found("metrics.durationSummary.completedAtUTC%3C\(first)") == 0)
        for bad in ["flowId%3Eflow-1", "colour==red", "createdAt"] {
            #expect(bench.get(runs + "?property=" + bad).status == 400, "\(bad)")
        }
        let flows = "/data/foundation/flowservice/flows?property="
        let byAudience = "transformations%5B%5D.params.segmentSelectors.selectors%5B%5D.value.id==a2"
        let answer = text(bench.get(flows + byAudience))
        #expect(answer.contains("flow-1") && !answer.contains("flow-2"))
        #expect(bench.get(flows + "updatedAt%3E0").status == 200)
    }

    @Test func `runs come oldest first for who asks so`() {
        var bench = Bench()
        _ = bench.call("flow-1", ["a1"])
        bench.pass(1)
        _ = bench.call("flow-1", ["a2"])
        let ascending = text(bench.get(runs + "?property=flowId==flow-1&orderby=createdAt&limit=1"))
        #expect(ascending.contains("segment:a1") && !ascending.contains("segment:a2"))
    }

    @Test func `every answer but a token's has a request id, the caller's own where there is one`() {
        var bench = Bench()
        #expect(bench.get(runs).headers["x-request-id"]?.count == 36)
        var headers = bench.headers
        headers["x-request-id"] = "mine"
        let own = bench.model.handle(WireRequest(method: "GET", target: runs, headers: headers), at: start)
        #expect(own.headers["x-request-id"] == "mine")
        headers["authorization"] = nil
        headers["x-request-id"] = nil
        let refused = bench.model.handle(WireRequest(method: "GET", target: runs, headers: headers), at: start)
        #expect(refused.status == 403 && refused.headers["x-request-id"] != nil)
    }

    // MARK: Exports

    @Test func `an export is new, runs and ends, and calls break a rule from its creation on`() {
        var bench = Bench { scenario in
            scenario.exports = [.init(startMilliseconds: 1000, durationMilliseconds: 10_000)]
            scenario.exports[0].newMilliseconds = 4000
        }
        #expect(bench.call("flow-1", ["a1"]).status == 200)
        for (second, status) in [(1, "NEW"), (5, "PROCESSING"), (11, "SUCCEEDED")] {
            bench.now = start + .seconds(second)
            #expect(bench.exportJobs().contains("\"status\":\"\(status)\""))
            #expect(bench.exportJobs("&status=NEW").contains("4711") == (status == "NEW"))
            #expect(bench.call("flow-1", ["a\(second + 1)"]).status == (status == "SUCCEEDED" ? 200 : 400))
        }
        #expect(bench.rules == [.duringExport, .duringExport])
        #expect(bench.get("/data/core/ups/export/jobs?status=PROCESSING").status == 400)
    }

    @Test func `exports overlap, and the last end of all opens the way`() {
        var bench = Bench { scenario in
            scenario.exports = [
                .init(startMilliseconds: 0, durationMilliseconds: 60_000),
                .init(startMilliseconds: 10_000, durationMilliseconds: 10_000),
            ]
        }
        bench.pass(15)
        #expect(bench.exportJobs().components(of: "PROCESSING") == 2)
        bench.pass(10)
        #expect(bench.exportJobs().components(of: "SUCCEEDED") == 1)
        #expect(bench.call("flow-1", ["a1"]).status == 400)
        bench.pass(35)
        #expect(bench.call("flow-1", ["a1"]).status == 200)
        #expect(bench.rules == [.duringExport])
    }

    @Test func `an export of somebody's through the API, or of another schema, is no scheduled one`() {
        var bench = Bench()
        bench.model.startExport(at: start, lasting: 60_000) { $0.isFromAPI = true }
        bench.model.startExport(at: start, lasting: 60_000) { $0.schema = "_xdm.context.experienceevent" }
        let jobs = bench.exportJobs()
        #expect(jobs.components(of: "_xdm.context.profile") == 1 && jobs.components(of: "experienceevent") == 1)
        #expect(jobs.components(of: "5f00000000000000000000bb") == 1)
        #expect(bench.call("flow-1", ["a1"]).status == 200)
        #expect(bench.rules.isEmpty)
        let facts = bench.model.shownExports(since: start, page: 10, at: bench.now)
        #expect(facts.map(\.id) == ["4711"], "a reader who wants profiles sees one, and its dataset")
        #expect(facts.first?.datasetID == "5f00000000000000000000bb")
    }

    @Test func `an export that does not say its schema is the system's all the same`() {
        var bench = Bench()
        bench.model.startExport(at: start, lasting: 60_000) { $0.schema = "" }
        let jobs = bench.exportJobs()
        #expect(jobs.contains("PROCESSING") && !jobs.contains("schema"))
        #expect(bench.call("flow-1", ["a1"]).status == 400)
        #expect(bench.rules == [.duringExport])
    }

    @Test func `after an export its dataflows run by themselves, at once or later, and only some say for whom`() {
        var bench = Bench { scenario in
            scenario.exports = [.init(startMilliseconds: 0, durationMilliseconds: 10_000)]
            scenario.flows[0].audiences = (1...40).map { .init(id: "a\($0)", name: "Audience \($0)") }
            scenario.flows[0].audiences[0].triggerType = "AFTER_SEGMENT_EVAL"
            scenario.flows.remove(at: 1)
            scenario.followers = .init()
            scenario.followers?.shortestDelayMilliseconds = 60_000
            scenario.followers?.longestDelayMilliseconds = 120_000
            scenario.followers?.unnamedPercent = 50
        }
        func shown() -> Int { bench.runs().components(of: "\"flowId\"") }
        bench.pass(9)
        #expect(shown() == 0)
        bench.pass(1)
        #expect(shown() == 1, "the one that follows the evaluation")
        #expect(bench.call("flow-1", ["a2"]).status == 200)
        #expect(bench.rules == [.dataflowBusy])
        bench.pass(60)
        let facts = bench.model.shownRuns(of: ["flow-1"], page: 100, at: bench.now + .seconds(50)) { _ in false }.runs
        #expect(facts.count > 20, "facts catch up with the schedule by themselves")
        bench.pass(200)
        #expect(shown() == 41)
        let named =
            bench.runs().components(of: "targetSummaries") - bench.runs().components(of: "\"entitySummaries\":[]") / 2
        #expect((10..<35).contains(named))
        #expect(bench.runs().components(of: "incremental.batchId\":\"\"") == 1, "ours, which read the snapshot alone")
        #expect(zip(bench.model.runs, bench.model.runs.dropFirst()).allSatisfy { $0.createdAt <= $1.createdAt })
        let ours = bench.model.settledLedger(at: bench.now).deliveries
        #expect(ours.map(\.accepted) == [1])
    }

    @Test func `an export that fails has no followers`() {
        var bench = Bench { scenario in
            scenario.exports = [.init(startMilliseconds: 0, durationMilliseconds: 10_000, fails: true)]
            scenario.followers = .init()
        }
        bench.pass(3600)
        #expect(bench.runs().components(of: "\"flowId\"") == 0)
        #expect(bench.exportJobs().contains("FAILED"))
    }

    @Test func `what an answer leaves out is in another one`() {
        var bench = Bench { scenario in
            scenario.exports = [.init(startMilliseconds: -1000, durationMilliseconds: 100_000)]
            scenario.refusesDuringExport = false
            scenario.quirks.missingExportPercent = 50
            scenario.quirks.missingRunPercent = 50
        }
        _ = bench.call("flow-1", ["a1"])
        var exports: Set<Bool> = []
        var runs: Set<Bool> = []
        for _ in 1...40 {
            exports.insert(bench.exportJobs().contains("4711"))
            runs.insert(bench.runs().contains("segment:a1"))
        }
        #expect(exports == [true, false] && runs == [true, false])
    }

    @Test func `the id of the snapshot's batch begins with the moment at which its export ended`() {
        var bench = Bench { scenario in
            scenario.exports = [
                .init(startMilliseconds: -9_000_000, durationMilliseconds: 1_800_000),
                .init(startMilliseconds: -5_000_000, durationMilliseconds: 1_800_000, fails: true),
            ]
        }
        _ = bench.call("flow-1", ["a1"])
        bench.pass(61)
        let digits = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
        let batch = bench.runs().split(separator: "snapshot.batchId\":\"").last?.prefix(10) ?? ""
        let read = batch.reduce(Int64(0)) { $0 * 32 + Int64(digits.firstIndex(of: $1) ?? 0) }
        #expect(read == (start + .milliseconds(-7_200_000)).milliseconds)
        bench.model.change { $0.batchIDsAreEmpty = true }
        #expect(bench.runs().contains(#""snapshot.batchId":"""#))
    }

    // MARK: Mappings

    @Test func `a mapping that begins later or has ended is refused by its name`() {
        var bench = Bench { scenario in
            scenario.flows[0].audiences[0].startDate = "2026-11-25"
            scenario.flows[0].audiences[1].endDate = "2026-11-25"
        }
        bench.now = Instant(rfc3339: "2026-11-24T23:59:59Z") ?? start
        #expect(text(bench.call("flow-1", ["a1"])).contains("Segments Audience 1 are not part of this dataflow"))
        #expect(bench.call("flow-1", ["a2"]).status == 200)
        bench.now = Instant(rfc3339: "2026-11-25T00:00:00Z") ?? start
        #expect(bench.call("flow-1", ["a1"]).status == 200)
        #expect(bench.call("flow-1", ["a2"]).status == 400)
        #expect(bench.rules.isEmpty)
    }

    @Test func `an uploaded audience is called by the system's id, which its selector carries beside its own`() {
        var bench = Bench { $0.flows[0].audiences[0].externalID = "crm-list" }
        let flow = text(bench.get("/data/foundation/flowservice/flows/flow-1"))
        #expect(flow.contains(#""id":"crm-list""#) && flow.contains(#""systemSegmentId":"a1""#))
        #expect(bench.call("flow-1", ["crm-list"]).status == 400)
        #expect(bench.call("flow-1", ["a1"]).status == 200)
        #expect(bench.runs().contains("segment:a1"))
    }

    @Test func `selectors follow evaluations, keep one file name, and carry the system's id, as some do`() {
        var bench = Bench { scenario in
            scenario.flows[1].audiences[0].triggerType = "AFTER_SEGMENT_EVAL"
            scenario.flows[1].audiences[0].filenameTemplate = "%DESTINATION_NAME%_%SEGMENT_ID%"
            scenario.quirks.platformSystemIDs = true
        }
        let flow = text(bench.get("/data/foundation/flowservice/flows/flow-2"))
        #expect(flow.contains("AFTER_SEGMENT_EVAL") && !flow.contains("startTime"))
        #expect(flow.contains("\"%DESTINATION_NAME%_%SEGMENT_ID%\""))
        #expect(flow.contains(#""systemSegmentId":"a1","namespace":"AEPSegments""#))
        #expect(flow.contains("\"updatedAt\":") && flow.contains("\"createdAt\":"))
    }

    @Test(arguments: [
        (Quirks.CreateTime.seconds, #""createTime":"1795514399""#), (.milliseconds, #""createTime":"1795514399500""#),
        (.number, #""createTime":1795514399"#), (.iso, #""createTime":"2026-11-24T09:59:59"#),
        (.fraction, #""createTime":"1795514399.500""#), (.unreadable, #""createTime":"a while ago""#),
    ])
    func `the moment of a mapping is spelled in one of many ways`(spelling: Quirks.CreateTime, shown: String) {
        var bench = Bench { scenario in
            scenario.flows[1].audiences[0].mappedAtMilliseconds = -500
            scenario.quirks.createTime = spelling
        }
        #expect(text(bench.get("/data/foundation/flowservice/flows/flow-2")).contains(shown))
    }

    @Test func `the moment of a mapping may be missing`() {
        var bench = Bench { $0.quirks.createTime = .missing }
        #expect(!text(bench.get("/data/foundation/flowservice/flows/flow-2")).contains("createTime"))
    }

    // MARK: Listings

    @Test func `a listing may say that there is nothing, while the platform refuses for what there is`() {
        var bench = Bench { $0.quirks.emptyRunListPercent = 100 }
        _ = bench.call("flow-1", ["a1"])
        #expect(bench.runs() == #"{"items":[],"_links":{}}"#)
        #expect(bench.call("flow-1", ["a1"]).status == 400)
        #expect(bench.model.shownRuns(of: ["flow-1"], page: 10, at: bench.now) { _ in false }.runs.isEmpty)
    }

    @Test func `pages that count from the top show a run twice when another begins between them`() {
        var bench = Bench { $0.quirks.pagesByPosition = true }
        _ = bench.call("flow-1", ["a1"])
        _ = bench.call("flow-1", ["a2"])
        let first = text(bench.get(runs + "?property=flowId==flow-1&limit=1"))
        #expect(first.contains("segment:a2") && first.contains("continuationToken=1"))
        _ = bench.call("flow-1", ["a3"])
        let second = text(bench.get(runs + "?property=flowId==flow-1&limit=1&continuationToken=1"))
        #expect(second.contains("segment:a2"), "the same once more, and a3 on no page")
    }

    @Test func `ids are as large as the platform likes`() {
        var bench = Bench { scenario in
            scenario.quirks.hugeIDPercent = 100
            scenario.quirks.hugeIDBytes = 2 << 20
        }
        _ = bench.call("flow-1", ["a1"])
        bench.model.startForeignRun("flow-1", "a9", at: start, lasting: nil, id: "short")
        #expect(bench.runs().utf8.count > 2 << 20)
        #expect(bench.runs().contains("\"short\""))
    }

    @Test func `the same audiences live in two sandboxes, each with its own dataflows, runs and exports`() {
        var bench = Bench { scenario in
            scenario.flows.append(
                .init(id: "flow-3", name: "Three", audiences: [.init(id: "a1", name: "Other")], sandbox: "dev"))
            scenario.exports = [.init(startMilliseconds: 0, durationMilliseconds: 10_000)]
            scenario.exports[0].sandbox = "dev"
        }
        #expect(bench.call("flow-3", ["a1"]).status == 404, "its sandbox is another")
        #expect(bench.call("flow-1", ["a1"]).status == 200, "the export is another sandbox's")
        bench.pass(61)
        #expect(bench.call("flow-3", ["a1"], sandbox: "dev").status == 200)
        #expect(text(bench.get(runs, sandbox: "dev")).components(of: "\"flowId\"") == 1)
        #expect(text(bench.get(runs)).components(of: "\"flowId\"") == 1)
        #expect(text(bench.get("/data/core/ups/export/jobs", sandbox: "dev")).contains("4711"))
        #expect(!text(bench.get("/data/core/ups/export/jobs")).contains("4711"))
        #expect(bench.get(runs, sandbox: "stranger").status == 404)
        #expect(bench.rules.isEmpty)
    }
}
