// All cases, in the order in which they run: long ones first, so that the short ones fill the other lane.

enum Cases {
    static let all: [TortureCase] =
        [
            kill, killAtWrite, diskErrors, resourceErrors, diskErrorsStay, diskFull, diskFullInFlight, diskReadOnly,
            journalAfterKill, journalAfterStop, openFiles, addressSpace, stopDuringCall, manyStarts, controlSilent,
            controlFlood, controlNeverReads, signalStorm,
        ] + platform
}
