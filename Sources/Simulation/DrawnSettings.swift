// Settings of one world, anywhere in what the configuration accepts, the corners often: a rule that holds with the shipped
// values only is no rule.
//
// Some corners are left out because a promise can not hold in them, whoever keeps it: a `settle` that is shorter than a request
// may take on its way, and an `export_max_age` that is shorter than exports last. Both are said beside their lines. Polls of less
// than ten seconds are drawn for short worlds only: months of them take minutes of ours.

internal import PlatformModel
internal import SchedulerCore

struct DrawnSettings {
    private(set) var polling = Polling()
    private(set) var limits = Limits()
    private(set) var guardrails = Guardrails()

    /// The shipped settings in more than half of the worlds, others in the rest.
    ///
    /// - Parameter isSlow: Each question costs much: the shipped settings ask few.
    init(_ chance: inout SplitMix, longestWindow: Duration, isSlow: Bool) {
        guard !isSlow, chance.hits(percent: 45) else { return }
        polling.gate = Self.seconds(of: [15, 30, 60, 60, 300, 600], &chance)
        polling.gateFreshness = Self.seconds(of: [5, 15, 15, 60, 300, 900, 3600], &chance)
        polling.run = Self.seconds(of: [10, 30, 30, 300], &chance)
        polling.runMaximum = max(polling.run, Self.seconds(of: [2, 60, 300, 300, 1800], &chance))
        polling.runLate = Self.seconds(of: [300, 3600, 9000, 86_400], &chance)
        // Longer than a request is on its way, and than a new run is missing from listings.
        polling.settle = Self.seconds(of: [240, 300, 300, 1800], &chance)
        limits.attempts = Int(Self.number(of: [1, 2, 6, 6, 100], &chance))
        limits.backoffBase = Self.seconds(of: [1, 2, 2, 60], &chance)
        limits.backoffMaximum = max(limits.backoffBase, Self.seconds(of: [1, 60, 300, 300, 1200], &chance))
        guardrails.pairsPerJob = Int(Self.number(of: [1, 1, 2, 79, 80, 80], &chance))
        guardrails.firstActivationWindow = max(longestWindow, Self.seconds(of: [0, 1200, 3600, 21_600], &chance))
        // Longer than any export of the simulation runs: 92 minutes.
        guardrails.exportMaximumAge = Self.seconds(of: [7200, 86_400, 86_400, 2_592_000], &chance)
    }

    /// Polls of a second or a few. Nothing takes long in such a world, or no answer would ever be fresh.
    mutating func hurry(_ chance: inout SplitMix) {
        polling.gate = Self.seconds(of: [1, 2, 5], &chance)
        polling.gateFreshness = Self.seconds(of: [2, 3, 5, 15], &chance)
        polling.run = Self.seconds(of: [1, 2, 5], &chance)
        polling.runMaximum = max(polling.run, Self.seconds(of: [1, 5, 60], &chance))
    }

    /// Within this, everything that waits is looked at again, whatever it waits for.
    static func patience(_ polling: Polling, _ limits: Limits) -> Duration {
        max(polling.gate * 5, polling.runMaximum, limits.backoffMaximum, polling.settle) + .seconds(60)
    }

    private static func seconds(of choices: [Int64], _ chance: inout SplitMix) -> Duration {
        .seconds(number(of: choices, &chance))
    }

    private static func number(of choices: [Int64], _ chance: inout SplitMix) -> Int64 {
        choices[Int(chance.below(UInt64(choices.count)))]
    }
}
