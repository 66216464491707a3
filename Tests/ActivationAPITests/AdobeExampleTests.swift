import ActivationAPI
import Chronology
import SchedulerCore
import Testing

/// Goal: what Adobe's OpenAPI documents show as examples is read as what it means.
///
/// The bodies have the shape, the members and the spellings of the examples in `ad-hoc-activation.yaml` (2026-04-09),
/// `destinations.yaml` (2024-11-13), `flow-service.yaml` (2025-04-08) and `segmentation.yaml` (2025-08-29) of
/// AdobeDocs/experience-platform-apis, with members that we do not read cut short.
@Suite struct AdobeExampleTests {
    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    // MARK: ad-hoc-activation.yaml

    private let call = Call(
        id: CallID(1), sandbox: "prod", activations: [ActivationID(OccurrenceID(1), 1)],
        pairs: [
            Pair(
                dataflow: "ef2dcbd6-36fc-49a3-afed-d7b8e8f724eb", audience: "db8961e9-d52f-45bc-b3fb-76d0382a6851")
        ], baselines: [:], exportJob: nil, at: Instant(milliseconds: 0))

    @Test func `an accepted call names each pair, and its run behind the last slash of the status URL`() {
        let body = """
            {"order":[{"segment":"db8961e9-d52f-45bc-b3fb-76d0382a6851","order":"ef2dcbd6-36fc-49a3-afed-d7b8e8f724eb",
            "statusURL":"https://platform.adobe.io/data/foundation/flowservice/runs/88d6da63-dc97-460e-b781-fc795a7386d9"}]}
            """
        let answer = CallClassification.classify(response(200, body), of: call)
        #expect(answer == .accepted([call.pairs[0]: "88d6da63-dc97-460e-b781-fc795a7386d9"]))
    }

    @Test func `a run that is already going on is told with its pair and run`() {
        let detail =
            "Run already going on for audience db8961e9-d52f-45bc-b3fb-76d0382a6851 for order "
            + "ef2dcbd6-36fc-49a3-afed-d7b8e8f724eb with run id 88d6da63-dc97-460e-b781-fc795a7386d9"
        let answer = CallClassification.classify(response(400, "{\"message\":\"\(detail)\"}"), of: call)
        guard case .refused(.alreadyRunning(call.pairs[0], "88d6da63-dc97-460e-b781-fc795a7386d9", _)) = answer else {
            Issue.record("\(answer)")
            return
        }
    }

    @Test func `an audience outside of its dataflow is told by its name`() {
        let body = #"{"message":"Segments Spring Sale are not part of this dataflow or out of schedule range!"}"#
        let answer = CallClassification.classify(response(400, body), of: call)
        guard case .refused(.notMapped(["Spring Sale"], _)) = answer else {
            Issue.record("\(answer)")
            return
        }
    }

    // MARK: segmentation.yaml

    @Test func `an export job has a number as id, and its end in its metrics`() throws {
        let page = try ExportJobsAnswer.read(
            bytes(
                """
                {"records":[{"id":100,"jobType":"BATCH","destination":{"datasetId":"5b7c86968f7b6501e21ba9df",
                 "segmentPerBatch":false},"fields":"identities.id","schema":{"name":"_xdm.context.profile"},
                 "imsOrgId":"1BD6382559DF0C130A49422D@AdobeOrg","status":"SUCCEEDED","errors":[],
                 "metrics":{"totalTime":{"startTimeInMs":123456789000,"endTimeInMs":123456799000,"totalTimeInMs":10000}},
                 "creationTime":1538615973895,"updateTime":1538616233239,"requestId":"d995479c"}],
                 "page":{"sortField":"createdTime","sort":"desc","pageOffset":1540974701302,"pageSize":10},"link":{"next":""}}
                """))
        #expect(page.items.map(\.id) == ["100"] && page.next == nil)
        #expect(page.items[0].status == .succeeded && page.items[0].word == "SUCCEEDED")
        #expect(page.items[0].createdAt == Instant(milliseconds: 1_538_615_973_895))
        #expect(page.items[0].endedAt == Instant(milliseconds: 123_456_799_000))
    }

    // MARK: destinations.yaml

    private func flow(_ selectors: String, id: String = "d8ce03ea-d55c-4add-a56e-6e1c313e4250") -> String {
        """
        {"items":[{"id":"\(id)","createdAt":1658340453699,"sandboxName":"prod","name":"Documentation S3 Destination",
         "flowSpec":{"id":"1a0514a6-33d4-4c7f-aff8-594799c47549","version":"1.0"},"state":"enabled",
         "inheritedAttributes":{"properties":{"isDestinationFlow":true},"sourceConnections":[],"targetConnections":[]},
         "transformations":[{"name":"GeneralTransform","params":{"mandatoryFields":["ECID"],
         "segmentSelectors":{"selectors":[\(selectors)]}}}],
         "runs":"/runs?property=flowId==\(id)"}]}
        """
    }

    @Test func `an external audience is known by both of its ids`() throws {
        let selector = """
            {"type":"PLATFORM_SEGMENT","value":{"id":"extaud9001","systemSegmentId":"979558ae-a8ba-4e6e-b6ba-95c0a523b44a",
             "namespace":"aamSegments","name":"Imported","description":"",
             "filenameTemplate":"%DESTINATION%_%SEGMENT_ID%_%DATETIME(YYYYMMdd_HHmmss)%","exportMode":"FIRST_FULL_THEN_INCREMENTAL",
             "schedule":{"frequency":"EVERY_3_HOURS","triggerType":"SCHEDULED","startDate":"2022-11-15","endDate":"2022-11-23",
             "startTime":"22:00"},"createTime":"1668548786","updateTime":"1668614587"}}
            """
        let page = try DataflowsAnswer.read(bytes(flow(selector)), "prod", at: nil)
        let definition = try #require(page.items.first)
        #expect(definition.existence == .exists && definition.state == "enabled")
        for id in ["extaud9001", "979558ae-a8ba-4e6e-b6ba-95c0a523b44a"] {
            let mapping = try #require(definition.mapping(of: AudienceID(id)))
            #expect(mapping.createdAt == Instant(seconds: 1_668_548_786))
            #expect(mapping.startsAt == Instant(rfc3339: "2022-11-15T00:00:00Z"))
            #expect(mapping.endsAt == Instant(rfc3339: "2022-11-23T00:00:00Z"))
            #expect(mapping.hasUniqueFileNames)
        }
    }

    @Test func `a daily export after evaluation has no start time, and is mapped all the same`() throws {
        let selector = """
            {"type":"PLATFORM_SEGMENT","value":{"id":"eda67d3d-89a4-4947-9d02-2f8c0a5a8223","name":"Combined","description":"",
             "filenameTemplate":"%DESTINATION_NAME%_%SEGMENT_ID%","exportMode":"DAILY_FULL_EXPORT",
             "schedule":{"frequency":"DAILY","triggerType":"AFTER_SEGMENT_EVAL","startDate":"2022-07-20","endDate":"2022-07-30"},
             "createTime":"1658344069","updateTime":"1658430188"}}
            """
        let definition = try #require(try DataflowsAnswer.read(bytes(flow(selector)), "prod", at: nil).items.first)
        let mapping = try #require(definition.mapping(of: "eda67d3d-89a4-4947-9d02-2f8c0a5a8223"))
        #expect(mapping.endsAt == Instant(rfc3339: "2022-07-30T00:00:00Z") && !mapping.hasUniqueFileNames)
    }

    @Test func `a dataflow of another sandbox can not be used, with a sentence`() throws {
        let definition = try #require(try DataflowsAnswer.read(bytes(flow("")), "dev", at: nil).items.first)
        guard case .unusable(let sentence) = definition.existence else {
            Issue.record("\(definition.existence)")
            return
        }
        #expect(sentence.contains("prod"))
    }

    @Test func `a run that succeeded tells records, bytes, files, what was skipped, and for whom it was`() throws {
        let page = try RunsAnswer.read(
            bytes(
                """
                {"items":[{"id":"e80e24c1-82de-48de-8352-b2d0fca1c392","createdAt":1659018528378,"updatedAt":1659019046995,
                 "sandboxName":"prod","flowId":"df8d079d-11eb-466a-9731-6b5948a009e4","metrics":{
                 "durationSummary":{"startedAtUTC":1659018529865,"completedAtUTC":1659018929923},
                 "sizeSummary":{"inputBytes":855202780,"outputBytes":855202780},
                 "recordSummary":{"inputRecordCount":7823447,"createdRecordCount":7808223,"outputRecordCount":7808223,
                  "skippedRecordCount":15224,"sourceSummaries":[{"id":"1d6b7dc0","inputRecordCount":7823447,
                  "entitySummaries":[{"id":"segment:b1cbaff7-e7c6-417e-ab54-71d302595785","inputRecordCount":7823447}]}]},
                 "fileSummary":{"inputFileCount":2,"outputFileCount":2},
                 "statusSummary":{"status":"success","activityRefs":["c4f238e3"]}},"activities":[]}]}
                """))
        let run = try #require(page.items.first)
        #expect(run.status == .succeeded && run.word == "success")
        #expect(run.createdAt == Instant(milliseconds: 1_659_018_528_378))
        #expect(run.audiences == ["b1cbaff7-e7c6-417e-ab54-71d302595785"])
        #expect(run.metrics.records == 7_808_223 && run.metrics.bytes == 855_202_780 && run.metrics.files == 2)
        #expect(run.metrics.skipped == 15_224)
    }

    @Test func `a run that failed tells why`() throws {
        let page = try RunsAnswer.read(
            bytes(
                """
                {"items":[{"id":"850a3a02-ba0d-452a-aeb3-e9fcc8361342","createdAt":1654785125699,
                 "flowId":"df8d079d-11eb-466a-9731-6b5948a009e4","metrics":{
                 "durationSummary":{"startedAtUTC":1654785127582,"completedAtUTC":1654791033373},
                 "recordSummary":{"failedInfo":[{"code":"ACTIVATION_BATCH-0000-FAILED","message":"Job aborted."}]},
                 "statusSummary":{"status":"failed","errors":[{"code":"ACTIVATION_BATCH-0000-FAILED","message":"Job aborted."}]}}}]}
                """))
        let run = try #require(page.items.first)
        #expect(run.status == .failed)
        #expect(run.metrics.errors.contains { $0.contains("Job aborted.") })
    }

    // MARK: flow-service.yaml

    @Test func `a page goes on at the continuation token of its next link`() throws {
        let page = try RunsAnswer.read(
            bytes(
                """
                {"items":[{"id":"7af3ba45","createdAt":1670444672602,"flowId":"3d17a4ff","eTag":"x",
                 "metrics":{"statusSummary":{"status":"success"}},"activites":[]}],
                 "_links":{"next":{"href":"/runs?continuationToken=abcdefghijkLMNOPqrstupWXKYZ"}},"count":12}
                """))
        #expect(page.next?.contains("abcdefghijkLMNOPqrstupWXKYZ") == true)
    }
}
