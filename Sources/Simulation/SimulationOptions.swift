// What one run of the simulation is like. One seed decides everything, also which kinds of faults exist in it and how
// often: a run in which everything goes wrong at once finds other faults than one in which only answers are lost.

internal import PlatformModel

package struct SimulationOptions: Equatable, Sendable {
    package var seed: UInt64
    /// Virtual hours with faults; healing comes after.
    package var hours: Int
    package var campaigns: Int
    package var dataflows: Int
    package var audiences: Int

    // Of a hundred requests, how many.
    package var lostRequests = 0
    package var lostAnswers = 0
    package var slowAnswers = 0
    package var throttled = 0
    package var serverErrors = 0
    package var nonsense = 0
    package var revokedTokens = 0
    package var failingRuns = 0

    // Of a thousand commits or effects, how many end the process at that point.
    package var deathsBeforeCommit = 0
    package var deathsAfterCommit = 0
    package var deathsBetweenEffects = 0
    /// Of a thousand commits, how many find the disk full for a while.
    package var fullDisks = 0

    /// Mean minutes between two of each; 0 for never.
    package var minutesBetweenForeignRuns = 0
    package var minutesBetweenOrders = 0
    package var minutesBetweenReloads = 0
    package var minutesBetweenClockSteps = 0
    package var minutesBetweenKills = 0
    /// How long a new run is missing from listings, in seconds; less than the time over which doubts are looked up.
    package var listingLagSeconds = 0

    package init(seed: UInt64, hours: Int? = nil) {
        var chance = SplitMix(seed: seed ^ 0x5157_4152_4d00)
        func some(_ chance: inout SplitMix, _ most: UInt64) -> Int {
            chance.hits(percent: 50) ? Int(chance.below(most) + 1) : 0
        }
        self.seed = seed
        self.hours = hours ?? Int(6 + chance.below(66))
        campaigns = Int(1 + chance.below(6))
        dataflows = Int(1 + chance.below(3))
        audiences = Int(1 + chance.below(10))
        lostRequests = some(&chance, 20)
        lostAnswers = some(&chance, 20)
        slowAnswers = some(&chance, 30)
        throttled = some(&chance, 20)
        serverErrors = some(&chance, 20)
        nonsense = some(&chance, 10)
        revokedTokens = some(&chance, 5)
        failingRuns = some(&chance, 20)
        deathsBeforeCommit = some(&chance, 20)
        deathsAfterCommit = some(&chance, 20)
        deathsBetweenEffects = some(&chance, 20)
        fullDisks = some(&chance, 5)
        minutesBetweenForeignRuns = some(&chance, 300)
        minutesBetweenOrders = some(&chance, 120)
        minutesBetweenReloads = some(&chance, 300)
        minutesBetweenClockSteps = some(&chance, 600)
        minutesBetweenKills = some(&chance, 300)
        listingLagSeconds = some(&chance, 60)
    }

    /// For the head of a run, and for running it again by hand.
    package var words: String {
        "seed \(seed): \(hours) h, \(campaigns) campaigns, \(dataflows) dataflows, \(audiences) audiences; % of requests: lost "
            + "\(lostRequests), answers lost \(lostAnswers), slow \(slowAnswers), throttled \(throttled), 5xx \(serverErrors), "
            + "nonsense \(nonsense), token revoked \(revokedTokens), runs failing \(failingRuns); of 1000: death before commit "
            + "\(deathsBeforeCommit), after \(deathsAfterCommit), between effects \(deathsBetweenEffects), disk full \(fullDisks); "
            + "minutes between: foreign runs \(minutesBetweenForeignRuns), orders \(minutesBetweenOrders), reloads "
            + "\(minutesBetweenReloads), clock steps \(minutesBetweenClockSteps), kills \(minutesBetweenKills); lag "
            + "\(listingLagSeconds) s"
    }
}
