// Who is connected through one door, so that nobody is kept out by those who only hold a connection, nor by those who come
// through another door.

internal import Foundation
internal import NIOCore

/// Bounded. Where it is full, somebody new takes the place of whoever has been silent the longest, or else of whoever has
/// not read its answer the longest; a request that is being answered is never cut off. The daemon itself, which asks for its
/// watchdog, has a place beside all others.
final class ControlConnections: @unchecked Sendable {
    // `lock` guards the list. A lock that the thread sanitizer understands.

    enum Phase: Equatable {
        /// Its request has not come, or not all of it.
        case asking
        /// Its request is being answered.
        case served
        /// The answer was handed to the kernel, or waits until the client reads.
        case answered
    }

    private struct Entry {
        var channel: any Channel
        var phase = Phase.asking
        var isOwn: Bool
    }

    private let limit: Int
    private let lock = NSLock()
    /// Oldest first.
    private var entries: [Entry] = []
    private var pace: ControlPace

    init(limit: Int, pace: ControlPace) {
        self.limit = limit
        self.pace = pace
    }

    /// - Parameter isOwn: The daemon itself is at the other end.
    /// - Returns: False where there is no place for it.
    func enter(_ channel: any Channel, isOwn: Bool) -> Bool {
        let (isIn, evicted) = lock.withLock { () -> (Bool, (any Channel)?) in
            var evicted: (any Channel)?
            let others = entries.filter { $0.isOwn == isOwn }
            if others.count >= (isOwn ? 1 : limit) {
                let position =
                    entries.firstIndex { $0.isOwn == isOwn && $0.phase == .asking }
                    ?? entries.firstIndex { $0.isOwn == isOwn && $0.phase == .answered }
                guard let position else { return (false, nil) }
                evicted = entries.remove(at: position).channel
            }
            entries.append(Entry(channel: channel, isOwn: isOwn))
            return (true, evicted)
        }
        evicted?.close(promise: nil)
        return isIn
    }

    /// How long a request waits before it is looked at.
    func wait(of channel: any Channel, at now: NIODeadline) -> TimeAmount {
        lock.withLock {
            guard entries.first(where: { $0.channel === channel })?.isOwn != true else { return .zero }
            return pace.take(at: now)
        }
    }

    func become(_ phase: Phase, _ channel: any Channel) {
        lock.withLock {
            guard let position = entries.firstIndex(where: { $0.channel === channel }) else { return }
            entries[position].phase = phase
        }
    }

    /// Also for one that was evicted.
    func leave(_ channel: any Channel) {
        lock.withLock { entries.removeAll { $0.channel === channel } }
    }
}

/// How many requests a door hands on: so many at once, and then one after each interval. Those that are too many wait, and since
/// the places are bounded, not for long.
struct ControlPace {
    private let interval: TimeAmount
    private let atOnce: Int64
    /// When the next one may go on, counted from where all of `atOnce` are left.
    private var next = NIODeadline.uptimeNanoseconds(0)

    init(perSecond: Int64, atOnce: Int64) {
        interval = .nanoseconds(1_000_000_000 / max(1, perSecond))
        self.atOnce = atOnce
    }

    mutating func take(at now: NIODeadline) -> TimeAmount {
        let begin = max(next, now - .nanoseconds(interval.nanoseconds * atOnce))
        next = begin + interval
        return max(.zero, begin - now)
    }
}
