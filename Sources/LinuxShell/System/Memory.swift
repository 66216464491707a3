// What a start, a reload and a delivery leave behind, given back: freed blocks that the allocator keeps (a configuration of
// thousands of campaigns leaves many times its size), and code that is not needed while nothing is due.

internal import CMemory
internal import Chronology
internal import Dispatch

package enum Memory {
    /// Arenas beyond this many only spread the same memory over more threads. Call it before there are threads.
    package static func bound() {
        activationd_bound_arenas(2)
    }

    /// Costs a few milliseconds now, and some minor faults for the code that is needed next.
    package static func giveBack() {
        activationd_trim()
        activationd_forget_code()
    }
}

/// Gives memory back once nothing has used much of it for a while. What a person asks and what a delivery does bring in
/// 10 MB, most of it code; while it goes on, nothing is taken away from it.
final class QuietMemory: @unchecked Sendable {
    // Touched on `queue` only.

    private static let quiet = Duration.seconds(3)

    private let queue: DispatchQueue
    private var lastUse = SystemClock.now().monotonic
    private var isPlanned = false

    init(queue: DispatchQueue) {
        self.queue = queue
    }

    /// Call it on the queue, after each use.
    func used() {
        lastUse = SystemClock.now().monotonic
        guard !isPlanned else { return }
        isPlanned = true
        plan(after: Self.quiet)
    }

    private func plan(after wait: Duration) {
        queue.asyncAfter(deadline: .now() + .milliseconds(Int(wait.milliseconds))) { [self] in
            let left = lastUse + Self.quiet - SystemClock.now().monotonic
            if left > .zero { return plan(after: left) }
            isPlanned = false
            Memory.giveBack()
        }
    }
}
