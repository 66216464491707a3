// What the machine allows this process, looked at before anything is started that would end with a trap, or stop in its
// tracks, for want of a descriptor or of address space for a thread.

internal import Glibc

package enum ProcessLimits {
    /// Journal, timers and event loops take about 30, clients of the control socket up to 32; the rest is for calls.
    package static let descriptors: UInt64 = 64
    /// With less there may be none for the stack of one more thread, and what was to run on it never does.
    package static let addressSpaceMiB: UInt64 = 512

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
        return nil
    }

    private static func limit(_ resource: __rlimit_resource) -> rlimit {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(resource.rawValue), &limit)
        return limit
    }
}
