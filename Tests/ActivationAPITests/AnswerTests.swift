import ActivationAPI
import Chronology
import SchedulerCore
import Testing

/// Goal: answers are read in every spelling that the documents show, and nonsense is refused by name, never trapped on.
@Suite struct AnswerTests {
    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    @Test func `a token's life is in seconds, and a huge number in milliseconds`() throws {
        let seconds = try TokenAnswer.read(bytes(#"{"access_token":"abc","token_type":"bearer","expires_in":86399}"#))
        #expect(seconds == .init(text: "abc", lifetime: .seconds(86_399)))
        let milliseconds = try TokenAnswer.read(bytes(#"{"access_token":"abc","expires_in":86399992}"#))
        #expect(milliseconds.lifetime == .milliseconds(86_399_992))
    }

    @Test func `an unusable token answer does not repeat what it says`() {
        for body in [#"{"access_token":"bad token"}"#, #"{"token":"s3cret"}"#, "s3cret"] {
            #expect {
                try TokenAnswer.read(bytes(body))
            } throws: { error in
                guard let failure = error as? AskFailure else { return false }
                return !failure.detail.contains("s3cret") && !failure.detail.contains("bad token")
            }
        }
    }

    @Test func `exports are those of profiles, with numbers as ids and milliseconds as times`() throws {
        let page = try ExportJobsAnswer.read(
            bytes(
                """
                {"records":[
                  {"id":4711,"status":"PROCESSING","schema":{"name":"_xdm.context.profile"},"creationTime":1789999990000},
                  {"id":"4710","status":"SUCCEEDED","schema":{"name":"_xdm.context.profile"},"creationTime":1789999990,
                   "metrics":{"totalTime":{"endTimeInMs":1790000600000}}},
                  {"id":1,"status":"SUCCEEDED","schema":{"name":"other"}}, 7, {"status":"NEW"}],
                 "link":{"next":"/export/jobs/?limit=2&offset=1_2"}}
                """))
        // What can not be read may run, and may be of profiles.
        #expect(page.items.map(\.id) == ["4711", "4710", "without an id", "without an id"])
        #expect(page.items.map(\.status) == [.running, .succeeded, .running, .running])
        #expect(page.items.map(\.isUncertain) == [false, false, true, true])
        #expect(page.items[0].createdAt == Instant(milliseconds: 1_789_999_990_000))
        #expect(page.items[1].createdAt == Instant(milliseconds: 1_789_999_990_000))
        #expect(page.items[1].endedAt == Instant(milliseconds: 1_790_000_600_000))
        #expect(page.next == "/export/jobs/?limit=2&offset=1_2")
    }

    @Test func `an export job without a schema counts while it has not ended, and its end is told where it has an id`()
        throws
    {
        let page = try ExportJobsAnswer.read(
            bytes(
                """
                {"records":[{"id":1,"status":"PROCESSING"},{"id":2,"status":"SUCCEEDED"},{"id":3,"status":"FAILED","schema":{}},
                  {"id":4,"status":"NEW","schema":{"name":"other"}},{"status":"SUCCEEDED"}]}
                """))
        #expect(page.items.map(\.id) == ["1", "2", "3"])
        #expect(page.items.map(\.status) == [.running, .succeeded, .failed])
        #expect(page.items.map(\.isUncertain) == [true, true, true])
    }

    @Test(
        arguments: [
            ([300, 200], 250, true), ([300, 200], 200, false), ([200, 300], 250, false), ([100, 200], 250, true),
            ([300, nil, 200], 250, false), ([], 250, false),
        ] as [([Int64?], Int64, Bool)])
    func `jobs of every schema say how far back a page reaches`(times: [Int64?], since: Int64, isEnough: Bool) throws {
        let records = times.map { time in
            "{\"id\":1,\"status\":\"NEW\",\"schema\":{\"name\":\"other\"}"
                + (time.map { ",\"creationTime\":\($0)000" } ?? "") + "}"
        }
        let page = try ExportJobsAnswer.read(bytes("{\"records\":[\(records.joined(separator: ","))]}"))
        #expect(page.items.isEmpty)
        #expect(page.reachesBack(to: Instant(milliseconds: since * 1_000_000)) == isEnough)
    }

    @Test func `a dataflow's mappings carry both ids, seconds as text, and an excluded last day`() throws {
        let page = try DataflowsAnswer.read(
            bytes(
                """
                {"items":[{"id":"f1","name":"Nightly SFTP","state":"enabled","sandboxName":"prod",
                  "inheritedAttributes":{"properties":{"isDestinationFlow":true}},
                  "transformations":[{"name":"GeneralTransform","params":{"segmentSelectors":{"selectors":[
                    {"type":"PLATFORM_SEGMENT","value":{"id":"a1","name":"Spring","filenameTemplate":"x_%DATETIME(YYYY)%",
                      "schedule":{"frequency":"DAILY","startDate":"2026-09-01","endDate":"2026-12-31"},"createTime":"1788300000"}},
                    {"value":{"id":"external","systemSegmentId":"a2","fileNameTemplate":"static",
                      "schedule":{"frequency":"ONCE","endDate":"2026-01-01"}}}]}}}]},
                  {"id":"f2","state":"enabled","sandboxName":"dev"}],"_links":{"next":{}}}
                """), "prod", at: nil)
        let flow = page.items[0]
        #expect(flow.existence == .exists)
        let spring = try #require(flow.mapping(of: "a1"))
        #expect(spring.createdAt == Instant(seconds: 1_788_300_000))
        #expect(spring.startsAt?.rfc3339 == "2026-09-01T00:00:00.000Z")
        #expect(spring.endsAt?.rfc3339 == "2026-12-31T00:00:00.000Z")
        #expect(spring.hasUniqueFileNames)
        let external = try #require(flow.mapping(of: "a2"))
        #expect(flow.mapping(of: "external") == external)
        #expect(external.endsAt == nil && !external.hasUniqueFileNames)
        #expect(page.items[1].existence != .exists)
        #expect(page.next == nil)
    }

    @Test func `a run names its audiences and what it delivered`() throws {
        let page = try RunsAnswer.read(
            bytes(
                """
                {"items":[{"id":"r1","flowId":"f1","createdAt":1790001000000,"metrics":{
                  "durationSummary":{"startedAtUTC":1790001001000,"completedAtUTC":1790001401000},
                  "sizeSummary":{"outputBytes":855000},"fileSummary":{"outputFileCount":2},
                  "recordSummary":{"outputRecordCount":985,"skippedRecordCount":15,"targetSummaries":[
                    {"entitySummaries":[{"id":"segment:a1"},{"id":"other:x"}]}]},
                  "statusSummary":{"status":"success"}},
                  "activities":[{"statusSummary":{"extensions":{"snapshot.batchId":"01S"}}}]},
                 {"id":"r2","flowId":"f1","createdAt":1790001000000}],
                 "_links":{"next":{"href":"/runs?continuationToken=x"}}}
                """))
        #expect(page.items[0].status == .succeeded)
        #expect(page.items[0].audiences == ["a1"])
        #expect(
            page.items[0].metrics == RunMetrics(records: 985, bytes: 855_000, files: 2, skipped: 15, snapshot: "01S"))
        #expect(page.items[1].status == .running && page.items[1].audiences.isEmpty)
        #expect(page.next == "/runs?continuationToken=x")
    }

    @Test(arguments: [
        ("success", RunStatus.succeeded), ("Success", .succeeded), ("COMPLETED", .succeeded),
        ("partialSuccess", .partial),
        ("PARTIAL_FAILURE", .partial), ("Failed", .failed), ("aborted", .failed), ("IN_PROGRESS", .running),
        ("inProgress", .running), ("Processing", .running), ("QUEUED", .running), ("", .running), ("novel", .running),
    ])
    func `every spelling of a status is one of four`(word: String, status: RunStatus) {
        #expect(RunStatusWords.status(of: word, hasCompleted: false) == status)
    }

    @Test func `a status that nobody knows is not running once the run says when it completed`() {
        #expect(RunStatusWords.status(of: "novel", hasCompleted: true).isTerminal)
    }

    @Test func `deep, wide and broken answers are nonsense by name`() {
        let deep = String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)
        let wide = "[" + String(repeating: "1,", count: 1_000_001) + "1]"
        for body in [deep, wide, "{", "", "<html></html>", "{\"items\":7}", "1e999999", "\u{0}"] {
            #expect(throws: AskFailure.self) { try RunsAnswer.read(bytes(body)) }
        }
    }

    @Test(arguments: [
        (401, "credentials"), (403, "refused"), (429, "throttled"), (500, "unavailable"), (503, "unavailable"),
        (404, "refused"), (302, "nonsense"),
    ])
    func `a failed question has its class`(status: Int, expected: String) {
        let failure = PlatformResponse(status: status, body: bytes(#"{"message":"m"}"#), retryAfter: .seconds(9000))
            .failure()
        let name =
            switch failure {
            case .credentials: "credentials"
            case .secret: "secret"
            case .throttled(let pause, _): pause == .seconds(900) ? "throttled" : "throttled for too long"
            case .unavailable: "unavailable"
            case .refused: "refused"
            case .nonsense: "nonsense"
            }
        #expect(name == expected)
    }
}
