// What could put memory, and a secret in it, where others read: core dumps, debuggers, and the backtrace that Swift prints of
// a crash, which shows what the registers point to.

internal import CLinux
internal import Glibc

package enum Privacy {
    /// Call it first of all. Where nobody decided about backtraces, the program begins anew with them off, since Swift's
    /// runtime reads that when it starts.
    package static func begin() {
        if getenv("SWIFT_BACKTRACE") == nil, setenv("SWIFT_BACKTRACE", "enable=no", 1) == 0 {
            // Returns only where it can not be done; then the daemon runs as it is.
            execv("/proc/self/exe", CommandLine.unsafeArgv)
        }
        activationd_make_undumpable()
    }
}
