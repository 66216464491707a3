// The directory that holds the journal and its lock: made where it is not there, and judged before anything is put in it.

internal import CLinux
internal import Foundation
package import Journal

package enum StateDirectory {
    /// Makes the directory (0700) and those above it where they are not there, and checks that it can hold a journal.
    ///
    /// - Returns: Warnings, as sentences, which do not stop a start.
    /// - Throws: ``JournalError``: `io` for a network file system, something that is no directory, or one that
    ///   everybody may write to; `readOnly` or `full` where it can not be made.
    package static func prepare(_ path: String) throws(JournalError) -> [String] {
        try make(path)
        var entry = stat()
        guard stat(path, &entry) == 0 else { throw unusable(path, errno) }
        guard entry.st_mode & S_IFMT == S_IFDIR else {
            throw unsuitable("\(path) is no directory", "Give the daemon a directory with --state-directory.")
        }
        guard entry.st_mode & S_IWOTH == 0 else {
            throw unsuitable("everybody may write to the state directory \(path)", "Run: chmod 0700 \(path)")
        }
        return try judgeFilesystem(path)
    }

    /// Makes what was created in the directory outlive a power cut.
    static func sync(_ path: String) throws(JournalError) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw unusable(path, errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw unusable(path, errno) }
    }

    static func unusable(_ path: String, _ code: Int32) -> JournalError {
        let found = "the state directory \(path) can not be used: \(String(cString: strerror(code)))"
        switch code {
        case ENOSPC, EDQUOT:
            return JournalError(.full, found, remedy: "Make room on its disk.")
        case EACCES, EPERM, EROFS, ENOENT, ENOTDIR, ELOOP:
            return JournalError(
                .readOnly, found,
                remedy: "Make it writable for the daemon, or give another one with --state-directory.")
        default:
            return JournalError(.io, found, remedy: "See the system's log for its disk.")
        }
    }

    private static func make(_ path: String) throws(JournalError) {
        if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
        let parent = (path as NSString).deletingLastPathComponent
        guard errno == ENOENT, !parent.isEmpty, parent != path else { throw unusable(path, errno) }
        try make(parent)
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw unusable(path, errno) }
        try sync(parent)
    }

    private static func judgeFilesystem(_ path: String) throws(JournalError) -> [String] {
        var information = statfs()
        guard statfs(path, &information) == 0 else { throw unusable(path, errno) }
        switch FilesystemKind.of(magic: UInt32(truncatingIfNeeded: information.f_type)) {
        case .suitable: return []
        case .doubtful(let reason): return ["The state directory \(path): \(reason)."]
        case .network(let name):
            throw unsuitable(
                "the state directory \(path) lies on a network file system (\(name))",
                "Use a local one: a journal needs locks and syncs that networks do not keep.")
        }
    }

    private static func unsuitable(_ found: String, _ remedy: String) -> JournalError {
        JournalError(.io, found, remedy: remedy)
    }
}
