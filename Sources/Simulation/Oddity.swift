// What a world can be asked to have for certain, whatever its seed says: for known faults that show in few worlds only. The seed
// draws all else as ever.

package enum Oddity: String, CaseIterable, Sendable {
    /// A call that is refused takes effect for some of its pairs.
    case partialEffects = "partial-effects"
    /// New runs are missing from listings for longer than doubts are looked up.
    case longLags = "long-lags"
    /// Runs end as soon as listings show them, some of one call long before others. Where nobody asks for it there is no such world.
    case shortRuns = "short-runs"
    /// Listings of runs are empty for minutes after some calls. Where nobody asks for it there is no such world.
    case longEmptyListings = "long-empty-listings"
    /// Runs that fail do not say for whom they were.
    case namelessFailures = "nameless-failures"
    case overlappingExports = "overlapping-exports"
    /// The schedule's own runs after an export, all of them named.
    case followers
    /// Few pages of a listing are read.
    case fewPages = "few-pages"
    /// Some calls are refused for their size, however small they are.
    case tooLarge = "too-large"
    /// Some calls are refused because something is not ready yet.
    case notReady = "not-ready"
    /// A mapping that is too young is refused as one that is not there.
    case notFound = "not-found"
    /// Somebody has no right in one sandbox or at one endpoint.
    case missingRight = "missing-right"
    /// Audiences with two ids, by either of which files name them.
    case secondIDs = "second-ids"
    /// Schedules of mappings begin later, and their begins are moved.
    case movedStarts = "moved-starts"
    /// A dataflow that files look for in a sandbox that it is not in.
    case strays
    /// A blackout in the first file.
    case blackout
    /// Campaigns with days on which they do not come.
    case calendars
    /// The machine is paused now and then, and one of its clocks with it.
    case pausedClock = "paused-clock"
}
