// What the answers that a process was given showed it, and what they kept from it. A run or an export that is under way, and that
// no answer showed although it was asked, is nobody's to know of. One that was seen is known, until it is seen to have ended.

internal import Chronology
internal import SchedulerCore

struct Sightings {
    /// What an answer shows of what is under way.
    struct Look {
        var shown: [String] = []
        var hidden: [String] = []
        /// By the platform's clock.
        var at: Instant
    }

    private var seen: Set<String> = []
    /// When it was asked for last and not shown.
    private var hidden: [String: Instant] = [:]
    /// Answers that are on their way.
    private var coming: [AskID: Look] = [:]

    mutating func answers(_ id: AskID, _ look: Look) {
        coming[id] = look
    }

    mutating func told(_ event: Event) {
        switch event {
        case .runsAnswered(let id, let answer): take(id, isThere: (try? answer.get()) != nil)
        case .exportJobsAnswered(let id, let answer): take(id, isThere: (try? answer.get()) != nil)
        default: break
        }
    }

    private mutating func take(_ id: AskID, isThere: Bool) {
        guard let look = coming.removeValue(forKey: id), isThere else { return }
        seen.formUnion(look.shown)
        for item in look.hidden { hidden[item] = max(look.at, hidden[item] ?? look.at) }
    }

    /// Whether the newest answer since an instant kept it back, and none before showed it.
    func isHidden(_ id: String, since horizon: Instant) -> Bool {
        !seen.contains(id) && (hidden[id].map { $0 > horizon } ?? false)
    }
}
