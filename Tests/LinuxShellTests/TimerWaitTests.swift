import Chronology
import Dispatch
import Foundation
import Testing

@testable import LinuxShell

/// Goal: the one timer fires when its time has come, by either clock, and the last word of a status is told.
@Suite struct TimerWaitTests {
    private static func inMilliseconds(_ milliseconds: Int) -> (wall: Instant, monotonic: Monotonic) {
        let now = SystemClock.now()
        return (now.wall + .milliseconds(milliseconds), now.monotonic + .milliseconds(milliseconds))
    }

    @Test func `a deadline fires by either clock, one that has passed at once, and none never`() {
        let fired = DispatchSemaphore(value: 0)
        let timer = WakeTimer(queue: DispatchQueue(label: "timer")) { fired.signal() }
        let far = Self.inMilliseconds(3_600_000)
        timer.arm(wall: Self.inMilliseconds(20).wall, monotonic: nil)
        #expect(fired.wait(timeout: .now() + 20) == .success)
        timer.arm(wall: nil, monotonic: Self.inMilliseconds(20).monotonic)
        #expect(fired.wait(timeout: .now() + 20) == .success)
        timer.arm(wall: far.wall, monotonic: Self.inMilliseconds(-20).monotonic)
        #expect(fired.wait(timeout: .now() + 20) == .success)
        timer.arm(wall: Instant(milliseconds: -1), monotonic: far.monotonic)
        #expect(fired.wait(timeout: .now() + 20) == .success)
        // What it was armed for before is forgotten.
        timer.arm(wall: Self.inMilliseconds(100).wall, monotonic: Self.inMilliseconds(100).monotonic)
        timer.arm(wall: nil, monotonic: nil)
        #expect(fired.wait(timeout: .now() + 0.3) == .timedOut)
        withExtendedLifetime(timer) {}
    }

    /// What a status line tells, on the queue that owns it.
    private final class Told: @unchecked Sendable {
        private let lock = NSLock()
        private var texts: [String] = []
        let came = DispatchSemaphore(value: 0)

        func add(_ text: String) {
            lock.withLock { texts.append(text) }
            came.signal()
        }

        var all: [String] { lock.withLock { texts } }
    }

    @Test func `a status is told at once, then once a second at most, and its last word always`() {
        let queue = DispatchQueue(label: "status")
        let told = Told()
        let sentence = Sentence()
        let line = StatusLine(queue: queue, sentence: { sentence.text }, tell: told.add)
        func update(_ text: String) {
            queue.sync {
                sentence.text = text
                line.update()
            }
        }
        update("one")
        #expect(told.all == ["one"])
        for text in ["two", "three", "four"] { update(text) }
        #expect(told.all == ["one"], "within the second")
        for _ in 1...2 { #expect(told.came.wait(timeout: .now() + 20) == .success) }
        #expect(told.all == ["one", "four"])
        update("five")
        #expect(told.came.wait(timeout: .now() + 20) == .success)
        #expect(told.all == ["one", "four", "five"])
    }

    /// Touched on the queue only.
    private final class Sentence: @unchecked Sendable {
        var text = ""
    }
}
