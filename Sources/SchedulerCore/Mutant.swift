// Known faults, to prove that the checkers of the simulation find them: a checker that finds nothing may be blind.
//
// They exist in builds with the flag MUTANTS alone (`make mutants`). In every other build `mutant` is a constant false,
// and the optimizer leaves nothing of it.

/// A fault that is put into the code on purpose.
package enum Mutant: String, CaseIterable, Sendable {
    case noExportGate = "no export gate"
    case noDataflowGate = "no dataflow gate"
    case noWindow = "no first-activation window"
    case windowTooShort = "a window that is a minute short"
    case staleEvidence = "gates that are judged by answers of any age"
    case turnWithoutLook = "no look at the gates right before the call"
    case noLane = "no lanes"
    case doubtFreesLane = "a lane that is free while its call is in doubt"
    case timeFreesLane = "a lane that is freed because time has passed"
    case pairs81 = "81 pairs in a call"
    case effectsFirst = "effects before their commit"
    case blindRetry = "a call without an answer is sent again"
    case ageOfAnswer = "evidence that is dated when it comes, and not when it was asked for"
    case recoveryForgetsDoubt = "a recovery that forgets a call in doubt"
    case recoverySendsAgain = "a recovery that sends a call again"
    case absentTooSoon = "absent after one look"
    case adoptsAnyRun = "a run of before is adopted"
    case stopForgetsFollowers = "a stop that forgets what follows from an end"
    case leavesLate = "calls that leave however late"
    case everybodysRefusal = "a missing right of one sandbox that closes all"
    case oneIsTooLarge = "one pair that fails for its size"
    case exportsOfOneSandbox = "the exports of one sandbox for all"
    case cutListingIsWhole = "a cut listing that counts as whole"
    case lateIsKeptForEver = "a late run that nobody can give up"
    case failedExportIsSilent = "a failed export of which its followers hear nothing"
    case adoptsScheduledRun = "a scheduled run is taken for one of ours"
    case lateRunsAreOthers = "a run of a lost call that shows late is taken for one of others"
    case noLookBeforeRetry = "no look between an absence and the second call"
    case effectForgotten = "a call that took effect for others is forgotten"
    case emptyProvesAbsence = "an answer that shows nothing proves an absence"
    case refusalProvesListing = "a listing of before a refusal of several pairs counts"
    case vanishedOpens = "what was under way and is missing from an answer has ended"
    case exportsByCreation = "exports that are decided by when they began"
    case oneClock = "evidence whose age one clock tells"
    case farStartForgotten = "a schedule that starts later is not looked at again"
    case transientCounts = "a refusal that passes counts as an attempt"
    case notFoundCounts = "a mapping that is not found yet counts as an attempt"
    case removalForgets = "a removed campaign forgets what it has decided"
    case twoIDsTwoLanes = "an audience with two ids has two lanes"
    case retryForEver = "absent again and again, sent again and again"
    case marksSetBack = "high-water marks that a start sets back"
    case missedForgotten = "what was missed while down is forgotten"
    case reloadDropsDue = "a reload that drops what is due"
    case reloadForgetsRuns = "a reload that forgets the runs in flight"
    case factWithoutRecord = "a fact that is not recorded"
    case staleSnapshot = "a snapshot of before the step"
    case shallowListing = "runs of others are forgotten once they leave the first page"
    case busyLoop = "a timer that is always due"
    case idlePolling = "questions while nothing is due"
    case neverExpires = "calls after start_within"
    case pauseIgnored = "calls during a pause"
    case doubtNeverLooks = "a doubt that nobody looks up"
    case firesForEver = "a campaign that goes on after max_occurrences"
    case silentExplain = "an explain that says nothing"
    case skipsEverything = "every time is told as missed"
    case blackoutNeverEnds = "a blackout that never ends"
    case waitNobodyEnds = "a busy dataflow that is never looked at again"
    case wrongExplain = "an explain that blames an export"

    // What the records and the notifications say.
    case followerForgotten = "a follower whose predecessor did not succeed is forgotten"
    case secondAcceptance = "a run of an earlier call, named by a refusal, is taken for somebody else's"
    case phaseJumps = "what runs is cancelled"
    case expiresDelivered = "what was delivered is told as expired"
    case toldDelivered = "what failed is told as delivered"
    case overlapIgnored = "a time that is fired although the one before it has not ended"
    case blackoutIgnored = "calls inside a blackout"
    case pagesTooSoon = "somebody is called at the first refusal"
    case emptyUntold = "a run without a record that nobody is told of"
    case nobodyTold = "a quarantine that nobody is told of"
    case explainHidesPause = "an explain that does not know of pauses"
    case explainsAnything = "an explain that blames a backoff"
    case expiryNamesExport = "an expiry that names the export gate, whatever was closed"
}

#if MUTANTS
    /// The one that is active in this process. Set before the runs that it is for, while no other thread runs.
    nonisolated(unsafe) package var activeMutant: Mutant?

    package func mutant(_ mutant: Mutant) -> Bool { activeMutant == mutant }
#else
    package func mutant(_ mutant: Mutant) -> Bool { false }
#endif
