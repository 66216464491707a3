// What is to happen, earliest first; what comes at one instant happens in the order in which it was planned.

internal import HeapModule
internal import SchedulerCore

enum Happening {
    /// The process's one timer, as it was armed then.
    case wake(Int)
    /// A request leaves the process, which took a while to get ready.
    case departs(Effect, process: Int)
    /// A request comes to the platform; what becomes of its answer is decided.
    case arrives(Effect, process: Int, Fate)
    case event(Event, process: Int)
    case turn(CallID, process: Int)
    case starts(process: Int)
    /// A process that is stopping has waited long enough.
    case stopEnds(process: Int)
    case comes(FaultKind)
    case diskIsFree
    /// A campaign that is to be taken out of the file.
    case leavesFile(CampaignName, for: Int64)
    case returnsToFile(CampaignName)
    case clockIsRight
    case signal
    /// A person looks whether something needs one.
    case somebodyLooks

    /// What happens to an answer on its way back.
    struct Fate {
        /// The answer is told so many milliseconds after the request came to the platform; nil for never.
        var answers: [Int64]
        /// Something else than what the platform answered.
        var instead: Event?
    }
}

struct Agenda {
    private struct Entry: Comparable {
        var at: Int64
        var order: Int
        var place: Int

        static func < (left: Entry, right: Entry) -> Bool { (left.at, left.order) < (right.at, right.order) }
    }

    private var entries = Heap<Entry>()
    private var happenings: [Happening?] = []
    private var free: [Int] = []
    private var order = 0

    var next: Int64? { entries.min?.at }

    mutating func plan(_ happening: Happening, at: Int64) {
        let place = free.popLast() ?? happenings.count
        if place == happenings.count { happenings.append(happening) } else { happenings[place] = happening }
        order += 1
        entries.insert(Entry(at: at, order: order, place: place))
    }

    mutating func popNext() -> Happening? {
        guard let entry = entries.popMin() else { return nil }
        free.append(entry.place)
        return happenings[entry.place].take()
    }
}
