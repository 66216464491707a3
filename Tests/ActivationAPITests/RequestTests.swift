import ActivationAPI
import Chronology
import SchedulerCore
import Testing

let flowA: DataflowID = "11111111-aaaa-4aaa-8aaa-000000000001"
let flowB: DataflowID = "11111111-aaaa-4aaa-8aaa-000000000002"
let pairs = [
    Pair(dataflow: flowA, audience: "22222222-bbbb-4bbb-8bbb-000000000001"),
    Pair(dataflow: flowA, audience: "22222222-bbbb-4bbb-8bbb-000000000002"),
    Pair(dataflow: flowB, audience: "22222222-bbbb-4bbb-8bbb-000000000003"),
]
let call = Call(
    id: CallID(1), sandbox: "prod", activations: (1...3).map { ActivationID(OccurrenceID(1), $0) }, pairs: pairs,
    baselines: [:], exportJob: "4711", at: Instant(milliseconds: 0))

func platform(_ change: (inout PlatformSettings) -> Void = { _ in }) -> PlatformSettings {
    var settings = PlatformSettings(
        organization: "5555467B5D8013E50A494220@AdobeOrg", sandbox: "prod", clientID: "the-client",
        clientSecret: .environment("SECRET"))
    change(&settings)
    return settings
}

func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

/// Goal: what is sent is what Adobe's documents ask for, byte by byte.
@Suite struct RequestTests {
    @Test func `a call of version 2 names its version, its sandbox and its pairs`() {
        let request = RequestBuilder(platform()).activate(call)
        #expect(request.method == .post)
        #expect(request.target == "/data/core/activation/disflowprovider/adhocrun")
        let headers = Dictionary(request.headers.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
        #expect(
            headers == [
                "x-api-key": "the-client", "x-gw-ims-org-id": "5555467B5D8013E50A494220@AdobeOrg",
                "x-sandbox-name": "prod", "Content-Type": "application/json",
                "Accept": "application/vnd.adobe.adhoc.activation+json; version=2",
            ])
        #expect(
            text(request.body)
                == #"{"activationInfo":{"11111111-aaaa-4aaa-8aaa-000000000001":["22222222-bbbb-4bbb-8bbb-000000000001","22222222-bbbb-4bbb-8bbb-000000000002"],"11111111-aaaa-4aaa-8aaa-000000000002":["22222222-bbbb-4bbb-8bbb-000000000003"]}}"#
        )
    }

    @Test func `a call of version 1 names the newest export and not its version`() {
        let request = RequestBuilder(platform { $0.apiVersion = 1 }).activate(call)
        #expect(text(request.body).hasSuffix(#"},"exportIds":["4711"]}"#))
        #expect(!request.headers.contains { $0.value.contains("version=2") })
    }

    @Test func `the sandbox id is sent only where it is set`() {
        #expect(!RequestBuilder(platform()).activate(call).headers.contains { $0.name == "x-sandbox-id" })
        let request = RequestBuilder(platform { $0.sandboxID = "id" }).activate(call)
        #expect(request.headers.contains(.init(name: "x-sandbox-id", value: "id")))
    }

    @Test func `a secret travels in the body, encoded, and never in the target`() {
        let request = RequestBuilder(platform()).token(secret: "p8e-&= ü")
        #expect(text(request.body).contains("client_secret=p8e-%26%3D%20%C3%BC&scope=openid%2Csession"))
        #expect(request.target.isEmpty)
    }

    @Test func `one listing serves several dataflows`() {
        let request = RequestBuilder(platform()).runs("prod", [flowA, flowB])
        #expect(
            request.target
                == "/data/foundation/flowservice/runs?property=flowId%3D%3D\(flowA)%2C\(flowB)&orderby=-createdAt&limit=100"
        )
    }

    @Test(arguments: [
        (
            "/runs?property=flowId==a&continuationToken=x%3D%3D",
            "/data/foundation/flowservice/runs?property=flowId==a&continuationToken=x%3D%3D"
        ),
        ("https://evil.example/data/foundation/flowservice/runs?token=1", "/data/foundation/flowservice/runs?token=1"),
        ("/data/foundation/flowservice/flows?x=1", nil), ("//evil.example/x", nil), ("javascript:alert(1)", nil),
        ("/runs?a=\r\nHost: evil", nil), ("", nil),
    ])
    func `a link to the next page stays on our host and in its listing`(link: String, target: String?) {
        let builder = RequestBuilder(platform())
        #expect(builder.next(link, of: builder.runs("prod", [flowA]), "prod")?.target == target)
    }
}
