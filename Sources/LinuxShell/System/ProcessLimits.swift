// What the machine allows this process, looked at before anything is started that would end with a trap, or stop in its
// tracks, for want of a descriptor, of a thread, or of address space for one.

internal import Glibc

package enum ProcessLimits {
    /// Journal, timers and event loops take about 30, clients of the control socket up to 32; the rest is for calls.
    package static let descriptors: UInt64 = 64
    /// With less there may be none for the stack of one more thread, and what was to run on it never does.
    package static let addressSpaceMiB: UInt64 = 512
    /// As many as it has at its busiest: the event loop, and what Dispatch starts for its queues.
    package static let threads = 12
    /// Tried again, once a while: a refusal may pass, such as one for want of memory.
    private static let threadAttempts = 3

    /// Raises the soft limit of descriptors where it is too low and the hard one allows it.
    ///
    /// - Returns: Why the daemon can not run here, and what to do; nil where it can.
    package static func trouble() -> String? {
        var files = limit(RLIMIT_NOFILE)
        if files.rlim_cur < descriptors, files.rlim_max >= descriptors {
            files.rlim_cur = rlim_t(descriptors)
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files)
            files = limit(RLIMIT_NOFILE)
        }
        if files.rlim_cur < descriptors {
            return "this process may open \(files.rlim_cur) files; at least \(descriptors) are needed. "
                + "Raise the limit: LimitNOFILE= in the unit, or ulimit -n"
        }
        let space = limit(RLIMIT_AS).rlim_cur
        if space < addressSpaceMiB << 20 {
            return
                "this process may use \(space >> 20) MiB of address space; at least \(addressSpaceMiB) MiB are needed. "
                + "Raise the limit: LimitAS= in the unit, or ulimit -v. To bound the memory it uses, MemoryMax= is meant"
        }
        return threadTrouble()
    }

    /// SwiftNIO traps where the event loop's thread is refused (`ThreadOpsPosix.run`), so it is looked at before.
    private static func threadTrouble() -> String? {
        for attempt in 1...threadAttempts {
            let (started, code) = startThreads()
            if started == threads { return nil }
            if attempt == threadAttempts {
                return
                    "the kernel gives this process \(started) threads (\(String(cString: strerror(code)))); at least "
                    + "\(threads) are needed. Raise the limit: TasksMax= and LimitNPROC= in the unit, or ulimit -u"
            }
            usleep(200_000)
        }
        return nil
    }

    /// Starts as many threads as may be needed at one time, and waits for their ends.
    ///
    /// - Returns: How many there were, and the error of the first that was refused.
    private static func startThreads() -> (started: Int, code: Int32) {
        let gate = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
        defer { gate.deallocate() }
        pthread_mutex_init(gate, nil)
        // All of them wait here, so that none is gone before the last has begun.
        pthread_mutex_lock(gate)
        var identifiers: [pthread_t] = []
        var code: Int32 = 0
        while identifiers.count < threads, code == 0 {
            var identifier = pthread_t()
            code = pthread_create(
                &identifier, nil,
                { gate in
                    guard let gate = gate?.assumingMemoryBound(to: pthread_mutex_t.self) else { return nil }
                    pthread_mutex_lock(gate)
                    pthread_mutex_unlock(gate)
                    return nil
                }, gate)
            if code == 0 { identifiers.append(identifier) }
        }
        pthread_mutex_unlock(gate)
        for identifier in identifiers { pthread_join(identifier, nil) }
        pthread_mutex_destroy(gate)
        return (identifiers.count, code)
    }

    private static func limit(_ resource: __rlimit_resource) -> rlimit {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(resource.rawValue), &limit)
        return limit
    }
}
