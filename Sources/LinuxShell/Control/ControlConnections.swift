// Who is connected to the control socket, so that nobody is kept out by those who only hold a connection.

internal import Foundation
internal import NIOCore

/// Bounded. Where it is full, somebody new takes the place of whoever has been silent the longest, or else of whoever has
/// not read its answer the longest; a request that is being answered is never cut off.
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
    }

    private let limit: Int
    private let lock = NSLock()
    /// Oldest first.
    private var entries: [Entry] = []

    init(limit: Int) {
        self.limit = limit
    }

    /// - Returns: False where there is no place for it.
    func enter(_ channel: any Channel) -> Bool {
        let (isIn, evicted) = lock.withLock { () -> (Bool, (any Channel)?) in
            var evicted: (any Channel)?
            if entries.count >= limit {
                let position =
                    entries.firstIndex { $0.phase == .asking } ?? entries.firstIndex { $0.phase == .answered }
                guard let position else { return (false, nil) }
                evicted = entries.remove(at: position).channel
            }
            entries.append(Entry(channel: channel))
            return (true, evicted)
        }
        evicted?.close(promise: nil)
        return isIn
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
