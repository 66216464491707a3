import ActivationAPI
import Chronology
import SchedulerCore
import Testing

/// Goal: each fact is read wherever and however the platform tells it, and what can not be read is unknown.
@Suite struct FactTests {
    private func run(_ members: String) throws -> DataflowRun? {
        try RunsAnswer.read(Array(#"{"items":[{"id":"r1","flowId":"f1"\#(members)}]}"#.utf8)).items.first
    }

    private func mapping(_ members: String, flow: String = "") throws -> DataflowDefinition.Mapping? {
        let selector = #"{"value":{"id":"a1","name":"A"\#(members)}}"#
        let body =
            #"{"items":[{"id":"f1","sandboxName":"prod"\#(flow),"transformations":[{"params":{"segmentSelectors":"#
            + #"{"selectors":[\#(selector)]}}}]}]}"#
        return try DataflowsAnswer.read(Array(body.utf8), "prod", at: nil).items.first?.mappings.first
    }

    private func jobs(_ record: String) throws -> [ExportJob] {
        try ExportJobsAnswer.read(Array(#"{"records":[\#(record)]}"#.utf8)).items
    }

    // MARK: createTime

    private static let second = Instant(seconds: 1_788_300_000)

    private static let times: [(text: String, expected: Instant?)] = [
        (#""1788300000""#, second), ("1788300000", second), ("1788300000000", second), (#""1788300000000""#, second),
        ("1788300000.25", second + Duration.milliseconds(250)),
        (#""1788300000.25""#, second + Duration.milliseconds(250)),
        (#""1788300000.5000""#, second + Duration.milliseconds(500)),
        (#""1788300000000.5""#, second + Duration.milliseconds(1)),
        (#"" 1788300000 ""#, second), (#""2026-09-01T20:40:00Z""#, Instant(rfc3339: "2026-09-01T20:40:00Z")),
        (#""2026-09-01T20:40:00.123Z""#, Instant(rfc3339: "2026-09-01T20:40:00.123Z")),
        (#""2026-09-01T22:40:00+02:00""#, Instant(rfc3339: "2026-09-01T20:40:00Z")),
        (#""2026-09-01T20:40:00.000+0000""#, Instant(rfc3339: "2026-09-01T20:40:00Z")),
        (#""2026-09-01T15:40:00-0500""#, Instant(rfc3339: "2026-09-01T20:40:00Z")), ("1", Instant(seconds: 1)),
        ("99999999999", Instant(seconds: 99_999_999_999)), ("100000000000", Instant(milliseconds: 100_000_000_000)),
        ("99999999999999", Instant(milliseconds: 99_999_999_999_999)),
    ]

    @Test(arguments: FactTests.times)
    func `a time is read as number or text, in seconds or milliseconds, with a fraction, and as ISO text`(
        text: String, expected: Instant?
    ) throws {
        #expect(try mapping(#","createTime":\#(text)"#)?.createdAt == expected)
        #expect(try run(#","createdAt":\#(text)"#)?.createdAt == expected)
    }

    @Test(arguments: [
        #""""#, #""yesterday""#, #""2026-09-01""#, #""2026-09-01T20:40:00""#, "0", "-1", "100000000000000", #""1e9""#,
        #""0x10""#, #""nan""#, #""inf""#, "{}", "[]", "true", #""1788300000,5""#, #""17883.000.00""#, #""+1788300000""#,
    ])
    func `a time of activation that can not be read is unknown, and never the dataflow's age`(text: String) throws {
        let found = try #require(try mapping(#","createTime":\#(text)"#, flow: #","createdAt":1600000000000"#))
        #expect(found.createdAt == nil)
    }

    @Test func `a time of activation that is not there is the dataflow's`() throws {
        for members in ["", #","createTime":null"#] {
            let found = try #require(try mapping(members, flow: #","createdAt":1600000000000"#))
            #expect(found.createdAt == Instant(seconds: 1_600_000_000))
        }
    }

    // MARK: Mappings

    @Test(arguments: [
        ("DAILY", 1440), ("ONCE", 1440), ("EVERY_3_HOURS", 180), ("EVERY_6_HOURS", 360), ("EVERY_8_HOURS", 480),
        ("EVERY_12_HOURS", 720), ("every_3_hours", 180), ("EVERY_0_HOURS", 1440), ("EVERY_24_HOURS", 1440),
        ("EVERY_25_HOURS", 1440), ("EVERY_3_DAYS", 1440), ("CHAINED", 1440), ("", 1440),
    ])
    func `how often a schedule exports a mapping in a day is read`(frequency: String, minutes: Int) throws {
        let schedule = #","schedule":{"frequency":"\#(frequency)","startTime":"01:00"}"#
        let found = try #require(try mapping(schedule))
        #expect(found.minutesBetween == minutes && found.startMinute == 60)
    }

    @Test func `empty ids are absent`() throws {
        #expect(try mapping(#","systemSegmentId":"""#)?.ids == ["a1"])
        #expect(try mapping(#","systemSegmentId":"s1""#)?.ids == ["s1", "a1"])
        let body = #"{"items":[{"id":"","sandboxName":"prod"},{"id":"f1","sandboxName":""}]}"#
        let page = try DataflowsAnswer.read(Array(body.utf8), "prod", at: nil)
        #expect(page.items.map(\.id) == ["f1"] && page.items[0].existence == .exists)
    }

    // MARK: Runs

    @Test func `a run that has just begun names its audience in its reference alone`() throws {
        let members =
            #","providerRefId":"segment:a1","metrics":{"statusSummary":{"status":"inProgress"}},"activities":[]"#
        let found = try #require(try run(members))
        #expect(found.audiences == ["a1"] && found.status == .running)
    }

    @Test func `a run names its audiences in its reference, its sources and its targets, each once`() throws {
        let found = try run(
            #","providerRefId":"segment:a1","metrics":{"recordSummary":{"sourceSummaries":[{"entitySummaries":["#
                + #"{"id":"segment:a1"},{"id":"segment:a2"}]}],"targetSummaries":[{"entitySummaries":[{"id":"segment:a3"}]}]}}"#
        )
        #expect(found?.audiences == ["a1", "a2", "a3"])
    }

    @Test(arguments: [
        #"" ""#, #""0123456789abcdef0123456789abcdef""#, #""segment:""#, #""dataset:a1""#, #""""#, "7", "null",
    ])
    func `any other reference names nobody`(reference: String) throws {
        #expect(try run(#","providerRefId":\#(reference)"#)?.audiences == [])
    }

    @Test(arguments: [
        (#""incremental.batchId":"01A""#, true), (#""full.incremental.batchId":"01A,01B""#, true),
        (#""incremental.batchId":"""#, false), (#""full.incremental.batchId":"""#, false),
        (#""snapshot.batchId":"01S""#, false), (#""incremental.datasetId":"60""#, false), ("", false),
    ])
    func `a filled incremental batch is kept as a fact, an empty one is absent`(extensions: String, expected: Bool)
        throws
    {
        let members = #","activities":[{},{"statusSummary":{"extensions":{\#(extensions)}}}]"#
        #expect(try run(members)?.readsIncremental == expected)
    }

    @Test func `the misspelled activities are activities`() throws {
        let members = #","activites":[{"statusSummary":{"extensions":{"incremental.batchId":"01A"}}}]"#
        #expect(try run(members)?.readsIncremental == true)
    }

    @Test(arguments: [
        (#""snapshot.batchId":"01S","snapshot.datasetId":"5f""#, "01S", "5f"),
        (#""full.snapshot.batchId":"01S","full.snapshot.datasetId":"5f""#, "01S", "5f"),
        (#""snapshot.batchId":"","full.snapshot.batchId":"01S""#, "01S", nil),
        (#""snapshot.batchId":"","snapshot.datasetId":"""#, nil, nil),
    ])
    func `the snapshot of a run is kept, and an empty one is absent`(
        extensions: String, batch: String?, dataset: String?
    ) throws {
        let found = try run(#","activities":[{"statusSummary":{"extensions":{\#(extensions)}}}]"#)
        #expect(found?.metrics.snapshot == batch && found?.snapshotDataset == dataset)
    }

    @Test func `who started a run is kept, and an empty name is absent`() throws {
        #expect(try run(#","createdClient":"AepActivationService""#)?.createdClient == "AepActivationService")
        #expect(try run(#","createdClient":"""#)?.createdClient == nil)
        let body = #"{"items":[{"id":"","flowId":"f1"},{"id":"r1","flowId":""}]}"#
        #expect(try RunsAnswer.read(Array(body.utf8)).items.isEmpty)
    }

    // MARK: Words

    private static let words: [(RunStatus, [String])] = [
        (.succeeded, ["success", "succeeded", "completed"]), (.partial, ["partialsuccess", "partialfailure"]),
        (.failed, ["failed", "failure", "error", "aborted", "cancelled", "canceled"]),
        (.running, ["processing", "inprogress", "waiting", "queued", "scheduled", "new", ""]),
    ]

    @Test func `every word of a run is read through an answer, in every spelling`() throws {
        for (status, words) in Self.words {
            for word in words {
                let spellings = [
                    word, word.uppercased(), "\(word.prefix(3))_\(word.dropFirst(3))",
                    "\(word.prefix(2))-\(word.dropFirst(2))", "\(word.prefix(2)) \(word.dropFirst(2))",
                ]
                for spelling in spellings {
                    let found = try run(#","metrics":{"statusSummary":{"status":"\#(spelling)"}}"#)
                    #expect(found?.status == status && found?.word == spelling)
                }
            }
        }
    }

    @Test(arguments: [
        ("success", RunStatus.succeeded), ("partialSuccess", .partial), ("failed", .failed), ("inProgress", .running),
        ("Processing", .running), ("Waiting", .running), ("queued", .partial), ("SCHEDULED", .partial),
        ("new", .partial),
        ("", .partial), ("novel", .partial),
    ])
    func `a run that says when it completed has ended, unless its own word says that it has not`(
        word: String, expected: RunStatus
    ) throws {
        for end in ["completedAtUTC", "stoppedAtUTC"] {
            let metrics =
                #"{"durationSummary":{"\#(end)":1790001401000},"statusSummary":{"status":"\#(word)"}}"#
            #expect(try run(#","metrics":\#(metrics)"#)?.status == expected)
        }
    }

    @Test func `a run without a word has ended once it says when`() throws {
        #expect(try run(#","metrics":{"durationSummary":{"completedAtUTC":1790001401000}}"#)?.status == .partial)
        #expect(try run(#","metrics":{"durationSummary":{"startedAtUTC":1790001401000}}"#)?.status == .running)
        #expect(try run(#","metrics":{"durationSummary":{"completedAtUTC":0}}"#)?.status == .running)
    }

    // MARK: Export jobs

    @Test(arguments: [
        ("NEW", ExportJob.Status.running), ("QUEUED", .running), ("PROCESSING", .running), ("CANCELLING", .running),
        ("novel", .running), ("", .running), ("SUCCEEDED", .succeeded), ("succeeded", .succeeded),
        ("SUCCESS", .succeeded),
        ("FAILED", .failed), ("failed", .failed), ("CANCELLED", .failed), ("CANCELED", .failed),
    ])
    func `every word of an export job is read`(word: String, expected: ExportJob.Status) throws {
        let found = try jobs(
            #"{"id":1,"status":"\#(word)","schema":{"name":"_xdm.context.profile"},"updateTime":1790000600000}"#)
        #expect(found.map(\.status) == [expected] && found[0].word == word)
        #expect((found[0].endedAt == nil) == (expected == .running))
    }

    @Test(arguments: [
        (#"{"id":1,"status":"NEW"}"#, ["1"]), (#"{"id":1,"status":"PROCESSING","schema":{}}"#, ["1"]),
        (#"{"id":1,"status":"PROCESSING","schema":{"name":""}}"#, ["1"]),
        (#"{"status":"PROCESSING","schema":{"name":"_xdm.context.profile"}}"#, ["without an id"]),
        (#"{"id":1,"status":"SUCCEEDED"}"#, ["1"]), (#"{"id":1,"status":"FAILED","schema":{}}"#, ["1"]),
        (#"{"id":1,"status":"NEW","schema":{"name":"other"}}"#, []), (#"{"id":1}"#, ["1"]),
        ("7", ["without an id"]), ("null", ["without an id"]),
        (#"{"id":"","status":"SUCCEEDED","schema":{"name":"_xdm.context.profile"}}"#, []),
    ])
    func
        `a job that does not say what it exports closes the gate while it runs, and its end is told where it has an id`(
            record: String, ids: [String]
        ) throws
    {
        #expect(try jobs(record).map(\.id) == ids)
    }

    @Test func `an export job keeps who asked for it and where it goes`() throws {
        let schema = #""status":"NEW","schema":{"name":"_xdm.context.profile"}"#
        let full = try jobs(
            #"{"id":1,\#(schema),"requestId":"5f-1790000000000","destination":{"datasetId":"5f00","batchId":"01INV"}}"#)
        #expect(full.map(\.requestID) == ["5f-1790000000000"])
        #expect(full.map(\.datasetID) == ["5f00"] && full.map(\.batchID) == ["01INV"])
        for members in ["", #","requestId":"","destination":{"datasetId":"","batchId":""}"#] {
            let bare = try jobs(#"{"id":1,\#(schema)\#(members)}"#)
            #expect(bare.count == 1)
            #expect(bare.allSatisfy { $0.requestID == nil && $0.datasetID == nil && $0.batchID == nil })
        }
    }
}
