// Several cores for the parts of a large configuration.
//
// Not Dispatch's own `concurrentPerform`: it uses a global queue, and from the first use of one on libdispatch looks at its
// threads once a second for as long as the process lives. Serial queues without a target get threads that are not looked at.

package import CampaignConfig
internal import Dispatch
internal import Foundation
internal import Synchronization

package enum Cores {
    /// Takes as many cores as there are, the caller's among them, and returns once all parts are read. Where the machine gives
    /// no more threads the caller reads all of them.
    package static let each: EachPart = { count, body in
        guard count > 0 else { return }
        let turns = Turns(count, body)
        let helpers = min(count, ProcessInfo.processInfo.activeProcessorCount) - 1
        for number in 0..<max(0, helpers) {
            DispatchQueue(label: "reader \(number + 1)").async { turns.take() }
        }
        turns.take()
        turns.allDone.wait()
    }

    /// Who takes which part: whoever is free the next one. A helper that comes late finds nothing left.
    private final class Turns: Sendable {
        let allDone = DispatchSemaphore(value: 0)
        private let count: Int
        private let body: @Sendable (Int) -> Void
        private let next = Atomic(0)
        private let done = Atomic(0)

        init(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
            self.count = count
            self.body = body
        }

        func take() {
            while true {
                let part = next.wrappingAdd(1, ordering: .relaxed).oldValue
                guard part < count else { return }
                body(part)
                if done.wrappingAdd(1, ordering: .acquiringAndReleasing).newValue == count { allDone.signal() }
            }
        }
    }
}
