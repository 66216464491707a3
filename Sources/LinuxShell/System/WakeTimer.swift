// The one timer of the daemon, on two kernel timers: one by the wall clock, which the kernel also fires when that clock is
// set, and one by the clock that counts suspend. Nothing ticks while nothing waits.

internal import CLinux
internal import CSystemd
package import Chronology
package import Dispatch
internal import Glibc

package final class WakeTimer {
    private let wall: Int32
    private let boot: Int32
    private var sources: [any DispatchSourceRead] = []

    /// - Parameters:
    ///   - queue: Where `handler` is called.
    ///   - handler: Called at a deadline, and whenever the wall clock was set.
    package init(queue: DispatchQueue, handler: @escaping @Sendable () -> Void) {
        wall = timerfd_create(CLOCK_REALTIME, Int32(TFD_NONBLOCK) | Int32(TFD_CLOEXEC))
        boot = timerfd_create(CLOCK_BOOTTIME, Int32(TFD_NONBLOCK) | Int32(TFD_CLOEXEC))
        precondition(wall >= 0 && boot >= 0, "the kernel gives no timers")
        for descriptor in [wall, boot] {
            let source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue)
            source.setEventHandler {
                // Read to silence it. ECANCELED says that the clock was set; the handler looks at the clocks anyway.
                var count: UInt64 = 0
                _ = read(descriptor, &count, MemoryLayout<UInt64>.size)
                handler()
            }
            source.setCancelHandler { close(descriptor) }
            source.resume()
            sources.append(source)
        }
    }

    deinit {
        for source in sources { source.cancel() }
    }

    /// Arms for the earlier of two deadlines, in place of what was armed. A deadline that has passed fires at once. Without
    /// any, the wall clock's setting is still told.
    package func arm(wall wallDeadline: Instant?, monotonic: Monotonic?) {
        // A timer on the wall clock must be armed for its cancellation to be told: far ahead, where nothing waits.
        set(wall, wallDeadline?.milliseconds ?? Self.farAhead, cancelOnSet: true)
        set(boot, monotonic?.milliseconds ?? 0, cancelOnSet: false)
    }

    /// The year 2200.
    private static let farAhead: Int64 = 7_258_118_400_000

    /// Zero disarms.
    private func set(_ descriptor: Int32, _ milliseconds: Int64, cancelOnSet: Bool) {
        var value = itimerspec()
        let bounded = milliseconds == 0 ? 0 : min(max(milliseconds, 1), Self.farAhead)
        value.it_value.tv_sec = Int(bounded / 1000)
        value.it_value.tv_nsec = Int(bounded % 1000) * 1_000_000
        let flags = Int32(1) | (cancelOnSet ? 2 : 0)  // TFD_TIMER_ABSTIME, TFD_TIMER_CANCEL_ON_SET
        _ = timerfd_settime(descriptor, flags, &value, nil)
    }
}
