// The worlds in which each known fault is looked for: of the same generator as all others, small and dense, and with what the fault
// is about. A fault that is there all the time shows in any of them.

#if MUTANTS
    import SchedulerCore
    import Simulation

    extension Mutant {
        private static let hours = 8

        /// The world of a seed.
        func world(_ seed: UInt64) -> SimulationOptions {
            var options = SimulationOptions(seed: seed, hours: Self.hours, oddities: oddities)
            // What is due every few minutes shows early, and what is small is fast.
            options.pace = .hours
            options.size = .usual
            options.isThroughBytes = false
            options.pollsQuickly = false
            options.campaigns = min(options.campaigns, 8)
            options.audiences = min(options.audiences, 8)
            dress(&options)
            return options
        }

        private var oddities: Set<Oddity> {
            switch self {
            case .effectForgotten: [.longLags, .shortRuns]
            case .lateRunsAreOthers: [.longLags]
            case .secondAcceptance: [.longLags, .namelessFailures]
            case .emptyProvesAbsence: [.longEmptyListings]
            case .refusalProvesListing: [.partialEffects]
            case .exportsByCreation: [.overlappingExports]
            case .oneClock: [.pausedClock]
            case .farStartForgotten: [.movedStarts]
            case .transientCounts: [.notReady]
            case .notFoundCounts: [.notFound]
            case .twoIDsTwoLanes: [.secondIDs]
            case .everybodysRefusal: [.missingRight]
            case .adoptsScheduledRun: [.followers]
            case .oneIsTooLarge: [.tooLarge]
            case .cutListingIsWhole: [.fewPages]
            case .blackoutIgnored, .blackoutNeverEnds: [.blackout]
            default: []
            }
        }

        private func dress(_ options: inout SimulationOptions) {
            switch self {
            case .secondAcceptance:
                options.strengths[.lostAnswer] = 300
                options.strengths[.namelessRun] = 300
                options.strengths[.failingRun] = 500
            case .noLookBeforeRetry:
                options.strengths[.lostRequest] = 100
            case .effectForgotten:
                // Calls of several campaigns, each with few pairs.
                options.campaigns = 8
                (options.dataflows, options.audiences) = (2, 3)
                options.strengths[.lostAnswer] = 200
            case .lateRunsAreOthers, .emptyProvesAbsence,
                .absentTooSoon, .recoveryForgetsDoubt, .doubtFreesLane:
                options.strengths[.lostAnswer] = 200
            case .retryForEver:
                options.strengths[.lostRequest] = 200
            case .pairs81:
                options.audiences = 45
                options.dataflows = 2
            case .exportsByCreation, .failedExportIsSilent:
                options.campaigns = 10
                options.strengths[.export] = 24
                options.strengths[.failingExport] = 100
            case .oneClock:
                options.strengths[.suspend] = 20
                options.strengths[.export] = 24
            case .ageOfAnswer:
                // Calls all the time, slow answers, and exports that begin between.
                (options.campaigns, options.audiences) = (24, 24)
                options.strengths[.slowWay] = 600
                options.strengths[.export] = 60
            case .farStartForgotten, .notFoundCounts:
                options.strengths[.flowEdit] = 30
            case .everybodysRefusal:
                options.sandboxes = 2
                options.dataflows = 2
            case .stopForgetsFollowers:
                options.campaigns = 10
                options.strengths[.stopAtCall] = 1000
                options.strengths[.slowWay] = 300
                options.strengths[.flowEdit] = 30
            case .cutListingIsWhole:
                options.audiences = 36
                options.dataflows = 2
                // A process that is new knows nothing of what is further back.
                options.strengths[.foreignRun] = 100
                options.strengths[.kill] = 12
                options.strengths[.endlessRun] = 40
            case .lateIsKeptForEver, .timeFreesLane:
                options.strengths[.endlessRun] = 300
            case .adoptsScheduledRun:
                options.strengths[.export] = 24
                options.strengths[.lostRequest] = 150
            case .toldDelivered:
                options.strengths[.failingRun] = 100
            case .pauseIgnored, .explainHidesPause, .phaseJumps, .factWithoutRecord:
                options.strengths[.order] = 40
            case .staleSnapshot:
                // Long enough between two deaths for a snapshot.
                options.campaigns = 16
                options.strengths[.kill] = 3
            case .marksSetBack, .missedForgotten, .recoverySendsAgain:
                options.strengths[.kill] = 12
            case .reloadDropsDue, .reloadForgetsRuns:
                options.strengths[.reload] = 40
            case .removalForgets:
                options.strengths[.absence] = 12
            default: break
            }
        }

        /// A seed that found what shows in few worlds, tried before the search. Where a change of the worlds makes it useless, the
        /// search takes longer, and nothing else; what it prints is the next one to put here.
        var knownSeed: UInt64? {
            switch self {
            case .noDataflowGate: 27
            case .leavesLate: 49
            case .waitNobodyEnds: 30
            case .staleEvidence: 20
            case .everybodysRefusal, .noLookBeforeRetry: 8
            case .doubtFreesLane, .refusalProvesListing: 29
            case .turnWithoutLook: 110
            case .recoveryForgetsDoubt: 31
            case .absentTooSoon: 78
            case .stopForgetsFollowers: 72
            case .effectForgotten: 232
            case .secondAcceptance: 126
            case .pairs81, .oneIsTooLarge, .phaseJumps, .blackoutIgnored: 4
            case .blindRetry, .recoverySendsAgain, .reloadDropsDue, .factWithoutRecord, .nobodyTold, .emptyUntold,
                .explainHidesPause:
                5
            case .adoptsScheduledRun, .doubtNeverLooks: 9
            case .shallowListing, .followerForgotten: 6
            case .retryForEver: 13
            default: nil
            }
        }
    }
#endif
