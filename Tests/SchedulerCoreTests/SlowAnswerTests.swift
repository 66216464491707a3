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
        /// How long a listing takes that reaches back for more than four hours.
        let wholeDelay: Duration
        /// Newest first.
        var runs: [DataflowRun]
        /// No listing of less than the whole shows more runs.
        var runsPerHead = Int.max
        /// Listings of runs that reached back for less, and for more.
        var heads = 0
        var wholes = 0
        /// Listings for which the token is refused, counted from 1.
        let refused: Set<Int>
        var refusalsTold = 0

        init(
            _ configuration: Configuration, delay: Duration, wholeDelay: Duration? = nil, runs: [DataflowRun] = [],
            refused: Set<Int> = []
        ) {
            self.refused = refused
            scheduler = Scheduler(configuration: configuration)
            self.delay = delay
            self.wholeDelay = wholeDelay ?? delay
            self.runs = runs
            feed(.started(configuration))
            feed(.command(CommandID(1), .fire("sale", forceOverlap: false), actor: "tester"))
        }

        mutating func feed(_ event: Event) {
            for effect in scheduler.handle(event, at: now).effects {
                switch effect {
                case .askExportJobs(let id, _, let since):
                    answer(.exportJobsAnswered(id, .success([])), isWhole: now.wall - since > .seconds(4 * 3600))
                case .askDataflows(let id, _, _):
                    let mapping = DataflowDefinition.Mapping(
                        ids: ["vip"], name: "VIP", createdAt: ten - .seconds(86_400), startsAt: nil, endsAt: nil,
                        hasUniqueFileNames: true)
                    let definition = DataflowDefinition(id: "flow", name: "flow", mappings: [mapping])
                    answer(.dataflowsAnswered(id, .success([definition])))
                case .askRuns(let id, _, _, let depth):
                    list(id, depth)
                case .askRun(let id, _, let run):
                    answer(.runAnswered(id, .success(runs.first { $0.id == run })))
                case .queueCall(let id, _, _): coming.append((now.monotonic, .callTurn(id)))
                case .send: calls += 1
                case .notify(let notification): refusalsTold += notification.kind == .credentials ? 1 : 0
                default: break
                }
            }
            #expect(scheduler.unattended(at: now) == [])
        }

        /// Reads on to the first run that is older than what is asked for.
        private mutating func list(_ id: AskID, _ depth: RunListingDepth) {
            let since = depth.since ?? now.wall
            let isWhole = now.wall - since > .seconds(4 * 3600)
            if isWhole { wholes += 1 } else { heads += 1 }
            let count = runs.firstIndex { $0.createdAt! <= since }.map { $0 + 1 } ?? runs.count
            let shown = isWhole ? runs : Array(runs.prefix(min(count, runsPerHead)))
            answer(
                .runsAnswered(id, .success(RunListing(runs: shown, isTruncated: shown.count < runs.count))),
                isWhole: isWhole)
        }

        private mutating func answer(_ event: Event, isWhole: Bool = false) {
            questions += 1
            coming.append((now.monotonic + (isWhole ? wholeDelay : delay), event))
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

    // Found by simulation: two refusals of the token hours apart were told, since what came between them came late.
    @Test func `an answer that comes late ends the refusals before it`() {
        var rig = SlowRig(configuration([campaign("sale")]), delay: .seconds(20), refused: [1, 6])
        rig.advance(.seconds(3600))
        #expect(rig.heads + rig.wholes > 6)
        #expect(rig.refusalsTold == 0)
    }

    private func run(_ id: RunID, _ age: Duration, _ status: RunStatus) -> DataflowRun {
        DataflowRun(
            id: id, dataflow: "flow", createdAt: ten - age, status: status, word: status.rawValue, audiences: ["other"])
    }

    @Test func `of a listing that takes longer than gate_freshness the head is read anew, and the call goes`() {
        let old = (1...5).map { run(RunID("old-\($0)"), .seconds($0 * 1800), .succeeded) }
        var rig = SlowRig(configuration([campaign("sale")]), delay: .seconds(2), wholeDelay: .seconds(60), runs: old)
        rig.advance(.seconds(180))
        #expect(rig.calls == 1 && rig.heads == 1)
    }

    @Test func `what was under way in the tail closes the gate until it is seen ended`() {
        let old = [
            run("first", .seconds(1800), .succeeded), run("second", .seconds(10_000), .succeeded),
            run("under-way", .seconds(20_000), .running),
        ]
        var rig = SlowRig(
            configuration([campaign("sale")]), delay: .seconds(2), wholeDelay: .seconds(60),
            runs: old + [run("last", .seconds(30_000), .succeeded)])
        rig.advance(.seconds(500))
        #expect(rig.calls == 0 && rig.heads > 0)
        rig.runs[2].status = .succeeded
        rig.advance(.seconds(200))
        #expect(rig.calls == 1)
    }

    // The whole listing is there after about a minute, and the head a little later.
    @Test func `a run of others that begins meanwhile is seen by the head`() {
        let old = (1...5).map { run(RunID("old-\($0)"), .seconds($0 * 1800), .succeeded) }
        var tried = 0
        for second in 30...80 {
            var rig = SlowRig(
                configuration([campaign("sale")]), delay: .seconds(2), wholeDelay: .seconds(60), runs: old)
            rig.advance(.seconds(second))
            guard rig.calls == 0 else { break }
            var new = run("new", .zero, .running)
            new.createdAt = ten + .seconds(second)
            rig.runs.insert(new, at: 0)
            rig.advance(.seconds(400))
            #expect(rig.calls == 0, "\(second) s")
            tried = second
        }
        #expect(tried > 60)
    }

    // The newest runs alone are more than a listing shows, so that nobody knows what lies between them and the tail.
    @Test func `a head that is cut before it reaches the tail opens nothing`() {
        let old = (1...5).map { run(RunID("old-\($0)"), .seconds($0 * 600), .succeeded) }
        var rig = SlowRig(
            configuration([campaign("sale")]), delay: .seconds(2), wholeDelay: .seconds(60),
            runs: old + [run("last", .seconds(30_000), .succeeded)])
        rig.runsPerHead = 2
        rig.advance(.seconds(900))
        #expect(rig.calls == 0 && rig.heads > 0)
    }

    @Test func `after ten minutes of heads the whole is read again`() {
        var rig = SlowRig(
            configuration([campaign("sale") { $0.startWithin = .seconds(7200) }]), delay: .seconds(2),
            wholeDelay: .seconds(60),
            runs: [run("under-way", .seconds(1800), .running), run("last", .seconds(9000), .succeeded)])
        rig.advance(.seconds(1800))
        #expect(rig.calls == 0 && (3...4).contains(rig.wholes) && rig.heads > 10)
    }

    @Test(arguments: [1, 8, 11, 14])
    func `answers that come within gate_freshness let the call go`(seconds: Int64) {
        var rig = SlowRig(configuration([campaign("sale")]), delay: .seconds(seconds))
        rig.advance(.seconds(300))
        #expect(rig.calls == 1)
    }
}
