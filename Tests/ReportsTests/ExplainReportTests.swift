import Chronology
import ControlProtocol
import Reports
import SchedulerCore
import Testing

/// Goal: `explain` also says what closes no gate and is worth a look all the same.
@Suite struct ExplainReportTests {
    /// Tuesday 24 November 2026, 10:00 UTC.
    private let now = Moment(
        wall: Instant(milliseconds: 1_795_514_400_000), monotonic: Monotonic(milliseconds: 5_000_000))

    private var configuration: Configuration {
        var configuration = Configuration(
            platform: PlatformSettings(
                organization: "org", sandbox: "prod", clientID: "client", clientSecret: .environment("SECRET")))
        let campaigns: [(CampaignName, [AudienceID])] = [
            ("sale", ["vip", "lapsed"]), ("loyalty", ["vip"]), ("winter", ["lapsed"]),
        ]
        for (name, audiences) in campaigns {
            configuration.campaigns[name] = Campaign(
                name: name, sandbox: "prod", trigger: .manual,
                pairs: audiences.map { Pair(dataflow: "flow", audience: $0) })
        }
        configuration.dataflowNames = ["flow": "crm"]
        return configuration
    }

    /// What asked for the dataflow, for a campaign that was fired, and was told that files of one audience always have one name.
    private func informed() throws -> Scheduler {
        var scheduler = Scheduler(configuration: configuration)
        _ = scheduler.handle(.started(configuration), at: now)
        let step = scheduler.handle(.command(CommandID(1), .fire("sale", forceOverlap: false), actor: "anna"), at: now)
        var answers: [Event] = []
        for case .askDataflows(let id, _, let dataflows) in step.effects {
            let definitions = dataflows.map { dataflow in
                DataflowDefinition(
                    id: dataflow, name: "the platform's name",
                    mappings: (["vip", "lapsed"] as [AudienceID]).map { audience in
                        DataflowDefinition.Mapping(
                            ids: [audience], name: audience.text, createdAt: now.wall - .seconds(30 * 86_400),
                            startsAt: nil, endsAt: nil, hasUniqueFileNames: audience != "vip")
                    }, observedAt: now.wall)
            }
            answers.append(.dataflowsAnswered(id, .success(definitions)))
        }
        try #require(answers.count == 1)
        for answer in answers { _ = scheduler.handle(answer, at: now) }
        return scheduler
    }

    @Test func `whoever sends files that overwrite the last one is told, whether or not anything waits`() throws {
        let mind =
            "Mind: files of crm for \"vip\" always have one name, so that each run overwrites the file of the one before."
        let scheduler = try informed()
        let waiting = try #require(scheduler.explainReport("sale", at: now))
        #expect(waiting.state == "waiting" && waiting.advice.hasSuffix(mind))
        let idle = try #require(scheduler.explainReport("loyalty", at: now))
        #expect(idle.state == "idle" && idle.advice == mind)
        // Its own audience has a name of its own for each file.
        #expect(scheduler.explainReport("winter", at: now)?.advice == "Nothing for you to do.")
        // Before anybody asked, nothing is known.
        var fresh = Scheduler(configuration: configuration)
        _ = fresh.handle(.started(configuration), at: now)
        #expect(fresh.explainReport("loyalty", at: now)?.advice == "Nothing for you to do.")
    }
}
