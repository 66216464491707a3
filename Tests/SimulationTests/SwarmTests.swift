import Dispatch
import Simulation
import Testing

@testable import activation_sim

/// Goal: a search takes as long as it was given, whatever its seeds are like.
@Suite struct SwarmTests {
    private var quiet: SimulationOptions {
        var options = SimulationOptions(seed: 55, hours: 1)
        options.only = []
        return options
    }

    @Test(.timeLimit(.minutes(1)))
    func `a search ends when its time is over, and names the seeds that it cut`() {
        let outcome = World(quiet).run()
        let held = DispatchSemaphore(value: 0)
        let totals = Swarm(jobs: 2, firstSeed: 7).run(
            { _ in
                held.wait()  // a seed that takes for ever
                return outcome
            }, until: DispatchTime.now() + .milliseconds(200)
        ) { _ in true }
        #expect(totals.runs == 0 && totals.broken == nil)
        #expect(totals.cut == Array((7...8).prefix(Int(totals.taken))))
        for _ in 0..<2 { held.signal() }
    }

    @Test func `a search by number takes every seed to its end`() {
        let outcome = World(quiet).run()
        let totals = Swarm(jobs: 2, firstSeed: 7).run({ _ in outcome }) { $0.taken < 5 }
        #expect(totals.taken == 5 && totals.runs == 5 && totals.cut.isEmpty)
    }
}
