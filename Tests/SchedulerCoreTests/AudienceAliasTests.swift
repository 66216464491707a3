import Chronology
import SchedulerCore
import Testing

/// Goal: an audience with two ids is one audience, whichever of them a file names.
@Suite struct AudienceAliasTests {
    private let customer = Pair(dataflow: "flow", audience: "CRM-4711")
    private let system = Pair(dataflow: "flow", audience: "sys")

    private func rig(_ campaigns: [Campaign], _ change: (inout Configuration) -> Void = { _ in }) -> Rig {
        var rig = Rig(configuration(campaigns, change))
        rig.systemIDs = ["CRM-4711": "sys"]
        return rig
    }

    @Test func `a call names the platform's id, and so does all that follows`() {
        var rig = rig([campaign("sale", .manual, [customer])]) { $0.audienceNames = ["CRM-4711": "vip"] }
        _ = rig.command(.fire("sale", forceOverlap: false))
        #expect(rig.calls.map(\.pairs) == [[system]])
        #expect(rig.scheduler.state.pair(of: activation(1, 1)) == system)
        #expect(rig.scheduler.name(of: AudienceID("sys")) == "vip")
        rig.advance(.seconds(300))
        #expect(rig.endings == [.succeeded])
    }

    @Test func `two campaigns that name one audience by two ids have one lane`() {
        var rig = rig([campaign("one", .manual, [customer]), campaign("two", .manual, [system])])
        _ = rig.command(.fire("one", forceOverlap: false))
        _ = rig.command(.fire("two", forceOverlap: false))
        #expect(rig.calls.count == 1)
        rig.advance(.seconds(300))
        #expect(rig.calls.map(\.pairs) == [[system], [system]])
        #expect(rig.endings == [.succeeded, .succeeded])
    }

    @Test func `a definition that is fresh already says which lane it is`() {
        var rig = rig([campaign("one", .manual, [system]), campaign("two", .manual, [customer])])
        _ = rig.command(.fire("one", forceOverlap: false))
        #expect(rig.calls.count == 1)
        _ = rig.command(.fire("two", forceOverlap: false))
        #expect(rig.calls.count == 1, "the definition is not asked about again within gate_freshness")
        #expect(rig.scheduler.state.pair(of: activation(2, 1)) == system)
    }

    @Test func `a run that names the platform's id is found for a call without an answer`() {
        var rig = rig([campaign("sale", .manual, [customer])])
        rig.onCall = { _ in .doubtful(detail: "timeout") }
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.addRun(system)
        rig.advance(.seconds(600))
        #expect(rig.calls.count == 1)
        #expect(rig.endings == [.succeeded])
    }

    @Test func `a run that names the customer's id is found all the same`() {
        var rig = rig([campaign("sale", .manual, [customer])])
        rig.onCall = { _ in .doubtful(detail: "timeout") }
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.addRun(customer)
        rig.advance(.seconds(600))
        #expect(rig.calls.map(\.pairs) == [[system]])
        #expect(rig.endings == [.succeeded])
    }

    @Test func `a run of others that names the platform's id holds the lane`() {
        var rig = rig([campaign("sale", .manual, [customer])]) { $0.guardrails.dataflowGate = .audience }
        rig.runDuration = .seconds(600)
        rig.addRun(system)
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(500))
        #expect(rig.calls.isEmpty)
        rig.advance(.seconds(300))
        #expect(rig.calls.count == 1)
    }

    @Test func `an occurrence that names one audience twice delivers it once`() {
        var rig = rig([campaign("sale", .manual, [customer, system])])
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(300))
        #expect(rig.calls.map(\.pairs) == [[system]])
        #expect(rig.endings == [.partial])
        let reasons = rig.records.compactMap { record in
            if case .activationEnded(activation(1, 2), let outcome, _) = record { outcome.reason } else { nil }
        }
        #expect(reasons == ["the same audience as activation 1.1, by the other one of its two ids"])
        // From then on it is known.
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(300))
        #expect(rig.endings == [.partial, .succeeded])
        #expect(rig.calls.count == 2)
    }

    @Test func `ids that stand for each other are exchanged once, if at all`() {
        var rig = rig([campaign("one", .manual, [customer]), campaign("two", .manual, [system])])
        rig.systemIDs = ["CRM-4711": "sys", "sys": "CRM-4711"]
        _ = rig.command(.fire("one", forceOverlap: false))
        _ = rig.command(.fire("two", forceOverlap: false))
        rig.advance(.seconds(3600))
        let resolved = rig.records.count { if case .audiencesResolved = $0 { true } else { false } }
        #expect(resolved <= 1)
        #expect(rig.endings == [.succeeded, .succeeded])
    }

    @Test func `a refusal that names an audience by the customer's id is about it all the same`() {
        var rig = Rig(configuration([campaign("sale", .manual, [customer])]))
        rig.systemIDs = ["CRM-4711": "sys"]
        rig.runDuration = .seconds(3000)
        rig.onCall = { _ in .refused(.alreadyRunning(customer, "run-9", detail: "Run already going on")) }
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.runs.append(
            DataflowRun(
                id: "run-9", dataflow: "flow", createdAt: ten - .seconds(10), status: .running, word: "inProgress",
                audiences: []))
        rig.isVisible = { _ in false }
        rig.advance(.seconds(2000))
        #expect(rig.notifications(.quarantined) == 0, "after \(rig.calls.count) calls")
        #expect(rig.calls.count < 3)
    }

    @Test func `one id of two audiences on two dataflows is two audiences`() {
        let one = Pair(dataflow: "one", audience: "4711")
        let two = Pair(dataflow: "two", audience: "4711")
        let settings = configuration([campaign("sale", .manual, [one, two])])
        var scheduler = Scheduler(configuration: settings)
        let now = Moment(wall: ten, monotonic: Monotonic(milliseconds: 5_000_000))
        var sent: [Pair] = []
        func handle(_ event: Event) {
            var queue = [event]
            while !queue.isEmpty {
                for effect in scheduler.handle(queue.removeFirst(), at: now).effects {
                    switch effect {
                    case .askExportJobs(let id, _, _): queue.append(.exportJobsAnswered(id, .success([])))
                    case .askDataflows(let id, _, let flows):
                        let definitions = flows.map { flow in
                            DataflowDefinition(
                                id: flow, name: "flow",
                                mappings: [
                                    DataflowDefinition.Mapping(
                                        ids: [flow == "one" ? "sys-1" : "sys-2", "4711"], name: "name",
                                        createdAt: ten - .seconds(86_400), startsAt: nil, endsAt: nil,
                                        hasUniqueFileNames: true)
                                ], observedAt: ten)
                        }
                        queue.append(.dataflowsAnswered(id, .success(definitions)))
                    case .askRuns(let id, _, _, _):
                        queue.append(.runsAnswered(id, .success(RunListing(runs: [], isTruncated: false))))
                    case .queueCall(let id, _, _): queue.append(.callTurn(id))
                    case .send(let call): sent += call.pairs
                    default: break
                    }
                }
            }
        }
        handle(.started(settings))
        handle(.command(CommandID(1), .fire("sale", forceOverlap: false), actor: "me"))
        #expect(
            Set(sent) == [Pair(dataflow: "one", audience: "sys-1"), Pair(dataflow: "two", audience: "sys-2")])
    }

    /// Two calls, or one, are intended before it is known that both ids are of one audience.
    private func learnAfterIntent(_ campaigns: [Campaign]) -> Rig {
        let bystander = campaign("bystander", .manual, [Pair(dataflow: "flow", audience: "bystander")])
        var rig = Rig(configuration(campaigns + [bystander]))
        rig.delaysTurns = true
        for campaign in campaigns { _ = rig.command(.fire(campaign.name, forceOverlap: false)) }
        rig.advance(.seconds(20))
        rig.systemIDs = ["CRM-4711": "sys"]
        _ = rig.command(.fire("bystander", forceOverlap: false))  // the definition is asked for anew
        rig.delaysTurns = false
        for id in 1...3 { rig.feed(.callTurn(CallID(id))) }
        rig.advance(.seconds(10))
        return rig
    }

    @Test func `an audience that turns out to be named twice by one intended call is sent once`() {
        var rig = learnAfterIntent([campaign("sale", .manual, [customer, system])])
        rig.advance(.seconds(600))
        #expect(rig.runs.count { $0.audiences == ["sys"] } == 1)
        #expect(!rig.runs.contains { $0.audiences == ["CRM-4711"] })
    }

    @Test func `two intended calls that turn out to be about one audience go one after the other`() {
        var rig = learnAfterIntent([campaign("one", .manual, [customer]), campaign("two", .manual, [system])])
        #expect(rig.runs.count { $0.audiences != ["bystander"] } == 1)
        rig.advance(.seconds(600))
        #expect(rig.runs.count { $0.audiences == ["sys"] } == 2)
    }
}
