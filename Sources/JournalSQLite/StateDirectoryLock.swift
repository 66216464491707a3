// One daemon for each state directory: a lock that is held for life, and that the kernel gives back at any death.

internal import Foundation
package import Journal

package final class StateDirectoryLock {
    private let descriptor: Int32

    /// Takes the lock, after making the directory (0700) where it is not there.
    ///
    /// - Throws: ``JournalError`` with `locked`, naming the PID of the holder, or with what is wrong with the directory.
    package init(directory: String) throws(JournalError) {
        if mkdir(directory, 0o700) != 0, errno != EEXIST {
            throw Self.unusable(directory, errno)
        }
        let path = directory + "/lock"
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw Self.unusable(directory, errno) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            var bytes = [UInt8](repeating: 0, count: 32)
            let count = pread(descriptor, &bytes, bytes.count, 0)
            close(descriptor)
            let holder = String(decoding: bytes.prefix(max(0, count)).prefix { (48...57).contains($0) }, as: UTF8.self)
            throw JournalError(
                .locked, "another activationd (PID \(holder.isEmpty ? "unknown" : holder)) uses \(directory)",
                remedy: "Stop it first, or give this one its own --state-directory.")
        }
        let pid = Array("\(getpid())\n".utf8)
        _ = ftruncate(descriptor, 0)
        _ = pwrite(descriptor, pid, pid.count, 0)
    }

    deinit {
        close(descriptor)
    }

    private static func unusable(_ directory: String, _ code: Int32) -> JournalError {
        let reason = String(cString: strerror(code))
        return JournalError(
            code == ENOSPC ? .full : .readOnly, "the state directory \(directory) can not be used: \(reason)",
            remedy: "Make it writable for the daemon, or give another one with --state-directory.")
    }
}
