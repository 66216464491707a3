// Signals that come before anybody listens. Each of them would end the process; held back, the kernel remembers that it came,
// and it is obeyed when the daemon is ready.

internal import Glibc

package enum HeldSignals {
    private static var set: sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        for number in [SIGHUP, SIGTERM, SIGINT] { sigaddset(&set, number) }
        return set
    }

    /// Call it first of all, on the main thread: later threads inherit it. `DispatchSource` reads what is held.
    package static func hold() {
        var set = set
        pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    /// For a process that does one thing and ends.
    package static func release() {
        var set = set
        pthread_sigmask(SIG_UNBLOCK, &set, nil)
    }

    /// Whether somebody wants a process to end that is not ready yet.
    package static var isStopAsked: Bool {
        var pending = sigset_t()
        guard sigpending(&pending) == 0 else { return false }
        return sigismember(&pending, SIGTERM) == 1 || sigismember(&pending, SIGINT) == 1
    }
}
