// The sentence in `systemctl status`: told when it changes, at most once a second. What changed within the second is told at
// its end, so that the last word is always the right one.

internal import Chronology
internal import Dispatch

final class StatusLine: @unchecked Sendable {
    // Touched on `queue` only.

    static let interval = Duration.seconds(1)

    private let queue: DispatchQueue
    private let sentence: () -> String
    private let tell: (String) -> Void
    private var last: String?
    private var toldAt: Monotonic?
    private var isPlanned = false

    init(queue: DispatchQueue, sentence: @escaping () -> String, tell: @escaping (String) -> Void) {
        self.queue = queue
        self.sentence = sentence
        self.tell = tell
    }

    /// Call it after everything that may have changed the sentence. Making the sentence is bounded by the same rate.
    func update() {
        guard !isPlanned else { return }
        let now = SystemClock.now().monotonic
        if let toldAt, now - toldAt < Self.interval {
            isPlanned = true
            let wait = toldAt + Self.interval - now
            queue.asyncAfter(deadline: .now() + .milliseconds(Int(wait.milliseconds) + 1)) { [self] in
                isPlanned = false
                update()
            }
            return
        }
        toldAt = now
        let text = sentence()
        guard text != last else { return }
        last = text
        tell(text)
    }

    /// The sentence was told together with something else, such as readiness.
    func wasTold(_ text: String) {
        last = text
        toldAt = SystemClock.now().monotonic
    }
}
