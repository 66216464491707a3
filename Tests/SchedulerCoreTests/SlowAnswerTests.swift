import Chronology
import SchedulerCore
import Testing

/// Goal: answers that take long are asked for less and less often where they can open nothing, and are used where they can.
@Suite struct SlowAnswerTests {
    /// A platform that answers each question after so long, and a scheduler that is woken whenever it asked for that.
    private struct SlowRig {
        var scheduler: Scheduler
        var now = Moment(wall: ten, monotonic: Monotonic(milliseconds: 5_000_000))
        var coming: [(at: Monotonic, event: Event)] = []
        var questions = 0
        var calls = 0
        let delay: Duration

        init(_ configuration: Configuration, delay: Duration) {
            scheduler = Scheduler(configuration: configuration)
            self.delay = delay
            feed(.started(configuration))
            feed(.command(CommandID(1), .fire("sale", forceOverlap: false), actor: "tester"))
        }

        mutating func feed(_ event: Event) {
            for effect in scheduler.handle(event, at: now).effects {
                switch effect {
                case .askExportJobs(let id, _, _): answer(.exportJobsAnswered(id, .success([])))
                case .askDataflows(let id, _, _):
                    let mapping = DataflowDefinition.Mapping(
                        ids: ["vip"], name: "VIP", createdAt: ten - .seconds(86_400), startsAt: nil, endsAt: nil,
                        hasUniqueFileNames: true)
                    let definition = DataflowDefinition(id: "flow", name: "flow", mappings: [mapping])
                    answer(.dataflowsAnswered(id, .success([definition])))
                case .askRuns(let id, _, _, _):
                    answer(.runsAnswered(id, .success(RunListing(runs: [], isTruncated: false))))
                case .queueCall(let id, _, _): coming.append((now.monotonic, .callTurn(id)))
                case .send: calls += 1
                default: break
                }
            }
            #expect(scheduler.unattended(at: now) == [])
        }

        private mutating func answer(_ event: Event) {
            questions += 1
            coming.append((now.monotonic + delay, event))
        }

        mutating func advance(_ duration: Duration) {
            let end = now.monotonic + duration
            while now.monotonic < end {
                let next = coming.indices.min { coming[$0].at < coming[$1].at }
                let wake = scheduler.wake.delay(from: now).map { now.monotonic + max($0, .milliseconds(1)) } ?? end
                let point = min(end, wake, next.map { coming[$0].at } ?? end)
                let step = max(point - now.monotonic, .zero)
                now = Moment(wall: now.wall + step, monotonic: now.monotonic + step)
                if let next, coming[next].at <= now.monotonic {
                    feed(coming.remove(at: next).event)
                } else {
                    feed(.woke)
                }
            }
        }
    }

    @Test func `answers that are old when they come are asked for less and less often, and explain says why`() throws {
        var rig = SlowRig(configuration([campaign("sale")]), delay: .seconds(20))
        rig.advance(.seconds(3600))
        #expect(rig.calls == 0)
        #expect(rig.questions < 100)
        let closures = rig.scheduler.closures(of: activation(1, 1), at: rig.now)
        let vip = Pair(dataflow: "flow", audience: "vip")
        let words = closures.map { rig.scheduler.sentence(for: $0, vip, in: sandbox, at: rig.now).evidence }
        #expect(words.contains { $0.contains("gate_freshness allows") }, "\(words)")
    }

    @Test(arguments: [1, 8, 11, 14])
    func `answers that come within gate_freshness let the call go`(seconds: Int64) {
        var rig = SlowRig(configuration([campaign("sale")]), delay: .seconds(seconds))
        rig.advance(.seconds(300))
        #expect(rig.calls == 1)
    }
}
