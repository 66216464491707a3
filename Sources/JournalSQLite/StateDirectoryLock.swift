// One daemon for each state directory: a lock that is held for life, and that the kernel gives back at any death.

internal import Foundation
package import Journal

package final class StateDirectoryLock {
    package static let fileName = "lock"

    /// About the directory, as sentences for the log.
    package let warnings: [String]
    private let descriptor: Int32

    /// Prepares the directory and takes its lock. The file stays when the lock goes: removing it could leave two daemons
    /// with a lock each.
    ///
    /// - Throws: ``JournalError`` with `locked`, naming the PID of the holder, or with what is wrong with the directory
    ///   (``StateDirectory/prepare(_:)``).
    package init(directory: String) throws(JournalError) {
        warnings = try StateDirectory.prepare(directory)
        let descriptor = open(directory + "/" + Self.fileName, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw StateDirectory.unusable(directory, errno) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            defer { close(descriptor) }
            guard code == EWOULDBLOCK else { throw StateDirectory.unusable(directory, code) }
            throw JournalError(
                .locked, "another activationd (PID \(Self.holder(descriptor) ?? "unknown")) uses \(directory)",
                remedy: "Stop it first, or give this one its own --state-directory.")
        }
        // The PID is for people; the lock holds without it, so a full disk does not matter here.
        let pid = Array("\(getpid())\n".utf8)
        _ = ftruncate(descriptor, 0)
        _ = pwrite(descriptor, pid, pid.count, 0)
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }

    private static func holder(_ descriptor: Int32) -> String? {
        var bytes = [UInt8](repeating: 0, count: 32)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        let digits = bytes.prefix(max(0, count)).prefix { (48...57).contains($0) }
        return digits.isEmpty ? nil : String(decoding: digits, as: UTF8.self)
    }
}
