// Everything that can go wrong in a simulated world, by name. Each run has some of these and not others, each as often as
// its seed says; each single stroke has a number, so that a failing run can be repeated with few of them.

/// A way in which the world misbehaves.
package enum FaultKind: String, CaseIterable, Sendable {
    // The way to the platform and back; so many of a thousand requests.
    case lostRequest = "lost-request"
    case lostAnswer = "lost-answer"
    case slowWay = "slow-way"
    /// The same answer comes twice.
    case doubledAnswer = "doubled-answer"
    /// The answer comes after everybody was told that there is none.
    case lateAnswer = "late-answer"
    case throttled
    case errorBefore = "error-before"
    /// The platform acts, and answers that it failed.
    case errorAfter = "error-after"
    case nonsense
    case revokedToken = "revoked-token"

    // What becomes of runs and exports; so many of a thousand.
    case failingRun = "failing-run"
    case vanishingRun = "vanishing-run"
    case endlessRun = "endless-run"
    /// A run that does not say at once for whom it is.
    case namelessRun = "nameless-run"
    case failingExport = "failing-export"

    // The process and its disk; so many of a thousand commits, effects or deaths.
    case deathBeforeCommit = "death-before-commit"
    case deathAfterCommit = "death-after-commit"
    case deathBeforeEffect = "death-before-effect"
    case deathAfterEffect = "death-after-effect"
    /// A death takes what was not synced with it, and the machine boots anew.
    case powerCut = "power-cut"
    case longStop = "long-stop"
    case fullDisk = "full-disk"
    case readOnlyDisk = "read-only-disk"
    case failedSync = "failed-sync"

    // What comes at any moment; so many in a run, on the average.
    case kill
    /// SIGTERM, and a start some time later.
    case stop
    case clockStep = "clock-step"
    case suspend
    case outage
    case throttleStorm = "throttle-storm"
    case export
    case foreignRun = "foreign-run"
    case flowEdit = "flow-edit"
    case order
    case reload

    // What came to the worlds later: at the end, so that a seed's world is the same but for it.
    /// SIGTERM while a call is on the wire; so many of a thousand calls.
    case stopAtCall = "stop-at-call"
    /// The disk is full when a reload comes; so many of a thousand.
    case fullDiskAtReload = "full-disk-at-reload"
    /// A campaign is taken out of the file, and put back as it was.
    case absence
    /// The clock stands days ahead for a while.
    case clockError = "clock-error"

    static let later: Set<FaultKind> = [.stopAtCall, .fullDiskAtReload, .absence, .clockError]

    /// Whether it comes at any moment, and not with a request, a run, a commit or an effect.
    var isTimed: Bool {
        switch self {
        case .kill, .stop, .clockStep, .suspend, .outage, .throttleStorm, .export, .foreignRun, .flowEdit, .order,
            .reload, .absence, .clockError:
            true
        default: false
        }
    }

    /// The strongest that a run has it: of a thousand, or in a run.
    var most: UInt64 {
        switch self {
        case .lostRequest, .lostAnswer, .throttled, .errorBefore, .errorAfter: 200
        case .slowWay, .failingRun, .namelessRun, .failingExport: 300
        case .doubledAnswer, .lateAnswer, .nonsense: 100
        case .revokedToken, .vanishingRun: 50
        case .endlessRun: 30
        case .deathBeforeCommit, .deathAfterCommit, .deathBeforeEffect, .deathAfterEffect: 20
        case .powerCut: 600
        case .longStop: 200
        case .fullDisk, .readOnlyDisk, .failedSync: 6
        case .kill, .clockStep, .suspend, .outage, .throttleStorm, .stop: 12
        case .export, .foreignRun, .flowEdit: 30
        case .order, .reload: 40
        case .stopAtCall: 100
        case .fullDiskAtReload: 400
        case .absence: 12
        case .clockError: 3
        }
    }
}

/// One stroke of a fault in a run, such as `lost-answer.3`: the third of its kind.
package struct FaultID: Hashable, Comparable, Sendable, CustomStringConvertible {
    package var kind: FaultKind
    /// 1 for the first.
    package var number: Int

    package init(kind: FaultKind, number: Int) {
        self.kind = kind
        self.number = number
    }

    /// Reads `lost-answer.3`. Nil for anything else.
    package init?(_ text: String) {
        let parts = text.split(separator: ".")
        guard parts.count == 2, let kind = FaultKind(rawValue: String(parts[0])), let number = Int(parts[1]) else {
            return nil
        }
        self.init(kind: kind, number: number)
    }

    package var description: String { "\(kind.rawValue).\(number)" }

    package static func < (left: FaultID, right: FaultID) -> Bool {
        (left.kind.rawValue, left.number) < (right.kind.rawValue, right.number)
    }
}
