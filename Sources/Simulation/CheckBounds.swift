// The bounds of the checkers, with their reasons.

internal import Chronology

enum CheckBounds {
    static let exportPatience = Duration.seconds(3 * 3600)
    /// What began longer ago is not listed any more, and only told.
    static let exportReach = Duration.seconds(30 * 86_400)
    /// Questions in one hour of one sandbox, whatever happens: polls of gates and runs, with the retries of failed ones.
    static let asksAnHour: Int = 3000
    /// What is fired later than this is marked as late.
    static let lateness = Duration.seconds(60)
    /// More occurrences than these are not buffered.
    static let backlog = 100
    /// Fewer activations than these fit into one record.
    static let largeCampaign = 10_000
    /// From a look to what is decided by it: the question's way and the answer's.
    static let look = Duration.seconds(90)
    /// The platform tells its times in whole seconds, and so is its clock.
    static let wholeSeconds = Duration.seconds(2)
    /// Adobe's guardrail.
    static let pairs = 80
    /// Of one activation: the call, and one more after an established absence.
    static let doubts = 2
}
