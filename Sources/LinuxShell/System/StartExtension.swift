// A start that takes long: checking a journal after the power went reads all of it. systemd is told that it goes on, so that the
// start is not ended by its timeout and begun again for ever.

internal import Chronology
internal import Dispatch
internal import Foundation

package final class StartExtension: @unchecked Sendable {
    // `isOver` and the timer are touched on `queue` only.

    /// No start takes longer than this; one that does is ended by systemd, and a person looks at it.
    package static let bound = Duration.seconds(3600)
    /// First of all within the shortest `TimeoutStartSec=` that anybody sets.
    private static let first = Duration.milliseconds(500)
    private static let interval = Duration.seconds(2)
    /// What each extension asks for: several intervals, for a machine that is busy.
    private static let span = Duration.seconds(15)

    private let queue = DispatchQueue(label: "start")
    private let timer: any DispatchSourceTimer
    private let begin = SystemClock.now().monotonic
    private let doing: String
    private let whenStopAsked: (@Sendable () -> Never)?

    /// - Parameters:
    ///   - doing: What takes long, for the status: `checking the journal (412 MB)`.
    ///   - whenStopAsked: For what may be broken off at any point, when somebody wants the process to end.
    package init(_ doing: String, whenStopAsked: (@Sendable () -> Never)? = nil) {
        self.doing = doing
        self.whenStopAsked = whenStopAsked
        timer = DispatchSource.makeTimerSource(queue: queue)
        timer.schedule(
            deadline: .now() + .milliseconds(Int(Self.first.milliseconds)),
            repeating: .milliseconds(Int(Self.interval.milliseconds)))
        timer.setEventHandler { [unowned self] in extend() }
        timer.resume()
    }

    private func extend() {
        let elapsed = SystemClock.now().monotonic - begin
        if HeldSignals.isStopAsked { whenStopAsked?() }
        guard elapsed < Self.bound else { return }
        ServiceManager.extendTimeout(microseconds: Int(Self.span.milliseconds) * 1000)
        ServiceManager.status("\(doing), for \(elapsed.words)")
    }

    /// What took long is over: nothing is told any more when this returns.
    package func end() {
        timer.cancel()
        queue.sync {}
    }
}
