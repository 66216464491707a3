// The socket file: bound with its mode before anybody can connect, and never taken from a daemon that lives.

internal import ControlClient
internal import ControlProtocol
internal import Glibc

/// Why there is no control socket.
package struct ControlSocketError: Error, Equatable, Sendable, CustomStringConvertible {
    package var description: String
    /// Another daemon answers there.
    package var isTaken = false
}

enum ControlSocket {
    /// Owner and group; everybody else is refused by the kernel.
    static let mode: mode_t = 0o660
    static let directoryMode: mode_t = 0o750
    private static let probeSeconds = 2

    /// Binds `control.sock` in the directory, which is made where it is missing.
    ///
    /// - Returns: A bound socket that does not listen yet; the caller owns it.
    static func bind(directory: String) throws(ControlSocketError) -> ControlDoor {
        if mkdir(directory, directoryMode) != 0, errno != EEXIST {
            throw failure(
                directory, errno, "Make the directory, or name another one with --runtime-directory.")
        }
        let path = directory + "/" + ControlProtocol.socketName
        try clear(path)
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw failure(path, errno, "") }
        do throws(ControlSocketError) {
            try bind(descriptor, path)
        } catch {
            close(descriptor)
            throw error
        }
        return ControlDoor(descriptor: descriptor, path: path, rights: .all)
    }

    private static func bind(_ descriptor: Int32, _ path: String) throws(ControlSocketError) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw ControlSocketError(
                description: "\(path) is longer than a Unix socket's path may be (107 bytes). Name a shorter "
                    + "--runtime-directory.")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        // Nobody can connect before it listens, so the mode is right before it matters.
        guard result == 0, chmod(path, mode) == 0 else {
            throw failure(path, errno, "Make the directory writable for the daemon.")
        }
    }

    /// What a daemon left that was killed is removed; where one answers, this one must not start.
    private static func clear(_ path: String) throws(ControlSocketError) {
        var info = stat()
        guard lstat(path, &info) == 0 else { return }
        guard info.st_mode & S_IFMT == S_IFSOCK else {
            throw ControlSocketError(description: "\(path) exists and is no socket. Move it away.")
        }
        do throws(ControlError) {
            _ = try ControlConnection(path: path, timeoutSeconds: probeSeconds).request("GET", "/v1/health")
        } catch {
            // Whoever accepts connections lives, even if it does not answer in time.
            if error.kind == .unreachable {
                unlink(path)
                return
            }
        }
        throw ControlSocketError(
            description:
                "another activationd answers at \(path). Stop it, or give this one a --runtime-directory of its "
                + "own.", isTaken: true)
    }

    private static func failure(_ path: String, _ code: Int32, _ remedy: String) -> ControlSocketError {
        ControlSocketError(description: "\(path): \(String(cString: strerror(code))). \(remedy)")
    }
}
