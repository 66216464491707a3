import Chronology
import SchedulerCore
import Testing

/// Goal: each gate is closed to its last moment, and open from the next one on.
@Suite struct GateBoundTests {
    // MARK: Exports

    @Test(arguments: [(86_400_000, 0), (86_400_001, 1)])
    func `an export that has run for longer than export_max_age when it is seen first closes nothing`(
        age: Int, calls: Int
    ) {
        var rig = Rig(configuration([campaign("sale")]))
        rig.finishedExports = [
            ExportJob(
                id: "1", status: .running, word: "PROCESSING", createdAt: ten - .milliseconds(age), endedAt: nil)
        ]
        _ = rig.command(.fire("sale", forceOverlap: false))
        #expect(rig.calls.count == calls)
    }

    @Test func `an export that does not say when it began closes the gate for export_max_age since it was seen first`()
    {
        var rig = Rig(configuration([campaign("sale") { $0.startWithin = .seconds(3 * 86_400) }]))
        rig.finishedExports = [
            ExportJob(id: "1", status: .running, word: "PROCESSING", createdAt: nil, endedAt: nil)
        ]
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.advance(.seconds(86_430))
        #expect(rig.calls.isEmpty)
        rig.advance(.seconds(60))
        #expect(rig.calls.count == 1)
    }

    // MARK: Freshness

    @Test(arguments: [(15_000, 1), (15_001, 0)])
    func `answers are good for gate_freshness, and not for a moment longer`(waited: Int, calls: Int) {
        var rig = Rig(configuration([campaign("sale")]))
        rig.delaysTurns = true
        _ = rig.command(.fire("sale", forceOverlap: false))
        rig.pass(.milliseconds(waited))
        rig.feed(.callTurn(CallID(1)))
        #expect(rig.calls.count == calls)
    }

    // An answer that is under way may not show what the refused call has taken.
    @Test func `a listing that was asked for before a refusal and comes after it opens nothing`() throws {
        let pairs = [Pair(dataflow: "flow", audience: "a1"), Pair(dataflow: "flow", audience: "a2")]
        let settings = configuration([campaign("sale", .manual, pairs), campaign("other")])
        var scheduler = Scheduler(configuration: settings)
        var now = Moment(wall: ten, monotonic: Monotonic(milliseconds: 5_000_000))
        var sent: [CallID] = []
        var listings: [AskID] = []
        var holdsListings = false
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
                                mappings: ["vip", "a1", "a2"].map {
                                    DataflowDefinition.Mapping(
                                        ids: [$0], name: "name", createdAt: ten - .seconds(86_400), startsAt: nil,
                                        endsAt: nil, hasUniqueFileNames: true)
                                })
                        }
                        queue.append(.dataflowsAnswered(id, .success(definitions)))
                    case .askRuns(let id, _, _, _) where holdsListings: listings.append(id)
                    case .askRuns(let id, _, _, _):
                        queue.append(.runsAnswered(id, .success(RunListing(runs: [], isTruncated: false))))
                    case .queueCall(let id, _, _): queue.append(.callTurn(id))
                    case .send(let call): sent.append(call.id)
                    default: break
                    }
                }
            }
        }
        handle(.started(settings))
        handle(.command(CommandID(1), .fire("sale", forceOverlap: false), actor: "me"))
        #expect(sent == [CallID(1)])
        now.wall = now.wall + .seconds(20)
        now.monotonic = now.monotonic + .seconds(20)
        holdsListings = true
        handle(.command(CommandID(2), .fire("other", forceOverlap: false), actor: "me"))
        let under = try #require(listings.first)
        handle(.callAnswered(CallID(1), .refused(.notReady(after: .seconds(60), detail: "not ready"))))
        handle(.runsAnswered(under, .success(RunListing(runs: [], isTruncated: false))))
        #expect(sent.count == 1 && listings.count == 2, "it is asked for once more")
        handle(.runsAnswered(listings[listings.count - 1], .success(RunListing(runs: [], isTruncated: false))))
        #expect(sent.count == 2)
    }

    // MARK: Definitions

    // A time in whole seconds may be a second later than it says.
    @Test(arguments: [(1200, 0), (1201, 1)])
    func `a first-activation window is over after its last second, and not in it`(age: Int, calls: Int) {
        var rig = Rig(configuration([campaign("sale")]))
        rig.firstActivated = ten - .seconds(age)
        _ = rig.command(.fire("sale", forceOverlap: false))
        #expect(rig.calls.count == calls)
    }

    @Test(arguments: [true, false])
    func `without a window nobody waits to be told when an audience was first activated`(isTimed: Bool) {
        var rig = Rig(configuration([campaign("sale")]) { $0.guardrails.firstActivationWindow = .zero })
        rig.firstActivated = nil
        rig.clockAhead = isTimed ? .zero : nil
        _ = rig.command(.fire("sale", forceOverlap: false))
        #expect(rig.calls.count == 1)
    }

    @Test(arguments: [(3599, true), (3600, false)])
    func `what is said not to be mapped is waited for within the first hour, and fails after it`(
        age: Int, isWaitedFor: Bool
    ) {
        var rig = Rig(configuration([campaign("sale")]))
        rig.firstActivated = ten - .seconds(age)
        rig.onCall = { _ in .refused(.notMapped(names: [], detail: "not part of this dataflow")) }
        _ = rig.command(.fire("sale", forceOverlap: false))
        #expect(rig.calls.count == 1)
        let expected: [OccurrenceOutcome] = isWaitedFor ? [] : [.failed]
        #expect(rig.endings == expected)
    }

    @Test(arguments: ["disabled", "Error", "failed"])
    func `a state that does not pass by itself is told at once, and once`(state: String) {
        var rig = Rig(configuration([campaign("sale")]))
        rig.dataflowState = state
        _ = rig.command(.fire("sale", forceOverlap: false))
        #expect(rig.times(of: .mapping) == [ten])
        rig.advance(.seconds(900))
        #expect(rig.notifications(.mapping) == 1 && rig.calls.isEmpty)
        rig.dataflowState = "ENABLED"
        rig.advance(.seconds(301))
        #expect(rig.calls.count == 1)
    }

    // Looked at after five intervals of `polling.gate`: after a minute, and a moment before.
    @Test(arguments: [(12_000, 1), (11_999, 0)])
    func `a state that may pass by itself is told when it has lasted a minute`(gate: Int, told: Int) {
        var rig = Rig(configuration([campaign("sale")]) { $0.polling.gate = .milliseconds(gate) })
        rig.dataflowState = "updating"
        _ = rig.command(.fire("sale", forceOverlap: false))
        #expect(rig.notifications(.mapping) == 0)
        rig.advance(.seconds(60))
        #expect(rig.notifications(.mapping) == told)
        rig.advance(.seconds(60))
        #expect(rig.notifications(.mapping) == 1)
    }
}
