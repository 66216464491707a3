import Chronology
import SchedulerCore
import Testing

/// Goal: what nobody set is as the manual says, number for number.
@Suite struct SettingDefaultTests {
    @Test func `the platform's address, scopes and version`() {
        let platform = PlatformSettings(
            organization: "org", sandbox: "prod", clientID: "client", clientSecret: .environment("SECRET"))
        #expect(platform.url == "https://platform.adobe.io")
        #expect(platform.tokenURL == "https://ims-na1.adobelogin.com/ims/token/v3")
        #expect(platform.apiVersion == 2)
        #expect(
            platform.scopes == [
                "openid", "session", "AdobeID", "read_organizations", "additional_info.projectedProductContext",
            ])
        #expect(platform.sandboxID == nil && platform.secondSecret == nil)
    }

    @Test func `guardrails`() {
        let guardrails = Guardrails()
        #expect(guardrails.firstActivationWindow == .seconds(1200))
        #expect(guardrails.pairsPerJob == 80)
        #expect(guardrails.exportMaximumAge == .seconds(86_400))
        #expect(guardrails.runMaximumAge == .seconds(86_400))
        #expect(guardrails.serialize == .audience)
        #expect(guardrails.dataflowGate == .dataflow)
    }

    @Test func `polling`() {
        let polling = Polling()
        #expect(polling.gate == .seconds(60))
        #expect(polling.gateFreshness == .seconds(15))
        #expect(polling.run == .seconds(30))
        #expect(polling.runMaximum == .seconds(300))
        #expect(polling.runLate == .seconds(18_000))
        #expect(polling.settle == .seconds(300))
    }

    @Test func `limits`() {
        let limits = Limits()
        #expect(limits.concurrentCalls == 4)
        #expect(limits.callsPerMinute == 120)
        #expect(limits.requestTimeout == .seconds(30))
        #expect(limits.wireTime == .seconds(33))
        #expect(limits.responseBytes == 8_388_608)
        #expect(limits.attempts == 6)
        #expect(limits.backoffBase == .seconds(2))
        #expect(limits.backoffMaximum == .seconds(300))
        #expect(limits.clockWait == .seconds(120))
    }

    @Test func `campaigns, and what is kept`() {
        let sale = Campaign(name: "sale", sandbox: sandbox, trigger: .manual, pairs: [])
        #expect(sale.isEnabled)
        #expect(sale.zone == .utc)
        #expect(sale.startWithin == .seconds(14_400))
        #expect(sale.catchUp == .seconds(3600))
        #expect(sale.overlap == .skip)
        #expect(sale.onDoubt == .retry)
        #expect(sale.jitter == .zero)
        #expect(sale.maximumOccurrences == nil)
        let settings = configuration([])
        #expect(settings.keep == .seconds(34_560_000))
        #expect(settings.logLevel == .info)
        #expect(settings.metricsAddress == nil)
    }

    @Test func `a mapping that does not say how often it is exported is exported once a day`() {
        let mapping = DataflowDefinition.Mapping(
            ids: ["vip"], name: "VIP", createdAt: nil, startsAt: nil, endsAt: nil, hasUniqueFileNames: true)
        #expect(mapping.startMinute == nil)
        #expect(mapping.minutesBetween == 1440)
        #expect(!mapping.isOnce)
    }
}
