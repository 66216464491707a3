// The watchdog: systemd hears from us only while every part of the process works. Begin at `Watchdog`.
//
// A ping by a bare timer would hide a daemon that is up and does nothing. A platform that hangs is no reason to restart: no
// part here waits for it.

internal import Chronology
internal import Dispatch
internal import Logging

/// A part of the process that must have done real work since the last ping.
///
/// In the order in which they depend on each other: of several that are silent the first is the cause.
package enum LifeSign: String, CaseIterable, Sendable {
    /// The event loop of the platform's client, which also serves the control socket.
    case client
    /// The serial queue that owns the runtime.
    case queue
    /// The journal synced a write, or said why it can not (a full disk is no reason to restart).
    case journal
    /// A request through the real socket was answered.
    case control

    var words: String {
        switch self {
        case .client: "the event loop of the platform's client"
        case .queue: "the serial queue that owns everything"
        case .journal: "the journal, which should sync a write,"
        case .control: "the control socket, which should answer a request,"
        }
    }
}

/// Which signs of life came since the last ping, and which are asked for.
package struct LifeSigns: Equatable, Sendable {
    private var missing = Set(LifeSign.allCases)
    /// What was asked and has not answered: nothing is piled up on a part that hangs.
    private var asked: Set<LifeSign> = []

    package init() {}

    /// - Returns: Whether the part is to be asked now.
    package mutating func ask(_ sign: LifeSign) -> Bool {
        asked.insert(sign).inserted
    }

    /// A part answered; one that could not work is asked again at the next turn.
    ///
    /// - Returns: Whether all have worked: then it is time for a ping, and all are wanted anew.
    package mutating func take(_ sign: LifeSign, isAlive: Bool = true) -> Bool {
        asked.remove(sign)
        guard isAlive else { return false }
        missing.remove(sign)
        guard missing.isEmpty else { return false }
        missing = Set(LifeSign.allCases)
        return true
    }

    /// What the silence is about: the first that is missing.
    package var cause: LifeSign? { LifeSign.allCases.first { missing.contains($0) } }
}

/// Asks each part for a sign of life, three times in the time that systemd gives, and pings when all have come.
final class Watchdog: @unchecked Sendable {
    // Everything that changes is touched on `queue` only. A queue of its own: it tells of the others when they hang.

    /// Asks a part for work. It answers from wherever, once, whether it has worked; one that hangs never does.
    typealias Probe = @Sendable (_ answer: @escaping @Sendable (_ isAlive: Bool) -> Void) -> Void

    private let queue = DispatchQueue(label: "watchdog")
    private let interval: Duration
    private let logger: Logger
    private let probes: [LifeSign: Probe]
    private let ping: @Sendable () -> Void
    private let timer: any DispatchSourceTimer
    private var signs = LifeSigns()
    private var pingedAt = SystemClock.now().monotonic
    private var isTold = false

    /// - Parameters:
    ///   - interval: How long systemd waits for a ping, more than zero.
    ///   - ping: Called each time that every part has worked since the last one.
    init(
        interval: Duration, logger: Logger, probes: [LifeSign: Probe], ping: @escaping @Sendable () -> Void
    ) {
        self.interval = interval
        self.logger = logger
        self.probes = probes
        self.ping = ping
        timer = DispatchSource.makeTimerSource(queue: queue)
    }

    func start() {
        timer.schedule(deadline: .now(), repeating: .milliseconds(max(1, Int(interval.milliseconds / 3))))
        timer.setEventHandler { [unowned self] in turn() }
        timer.resume()
    }

    private func turn() {
        tellSilence()
        // In their order: the journal is asked on the serial queue, which would seem to hang if it were asked after that.
        for sign in LifeSign.allCases {
            guard let probe = probes[sign], signs.ask(sign) else { continue }
            probe { [self] isAlive in queue.async { self.take(sign, isAlive) } }
        }
    }

    private func take(_ sign: LifeSign, _ isAlive: Bool) {
        guard signs.take(sign, isAlive: isAlive) else { return }
        pingedAt = SystemClock.now().monotonic
        isTold = false
        ping()
    }

    /// Before systemd acts, so that the log says what hung and not only that something did.
    private func tellSilence() {
        let silence = SystemClock.now().monotonic - pingedAt
        guard !isTold, silence.milliseconds * 2 >= interval.milliseconds, let cause = signs.cause else { return }
        isTold = true
        logger.error(
            "\(cause.words) has given no sign of life for \(silence.words); systemd restarts the daemon after \(interval.words)",
            metadata: [
                "event": "watchdog-silent", "part": "\(cause.rawValue)",
                "\(MessageID.key)": "\(MessageID.partSilent.rawValue)",
            ])
    }
}
