// One request to the daemon over its Unix socket, and the answer: blocking, bounded in bytes and in time. Plain sockets:
// a program that starts, asks and ends wants neither threads nor an event loop.
//
// HTTP/1.1 with `Connection: close`; the answer ends where `Content-Length` says.

internal import ControlProtocol
internal import Glibc

package struct ControlConnection: Sendable {
    package let path: String
    /// For each wait: connecting, writing, the next bytes of the answer.
    package let timeoutSeconds: Int
    private let user: String?

    /// - Parameters:
    ///   - timeoutSeconds: 1 or more. A reload of a large configuration is answered once it is over.
    ///   - user: The name of who asks, for the daemon's history: letters, digits and `._-@`.
    package init(path: String, timeoutSeconds: Int = 60, user: String? = nil) {
        self.path = path
        self.timeoutSeconds = max(1, timeoutSeconds)
        // A name from a directory may hold anything; a line break would be another header.
        self.user = user.flatMap { $0.utf8.allSatisfy { (0x21...0x7e).contains($0) } ? $0 : nil }
    }

    /// Sends one request on a connection of its own and reads the answer.
    ///
    /// - Parameters:
    ///   - target: The path and query, percent-encoded.
    ///   - body: JSON; nil for a GET.
    /// - Throws: ``ControlError``. After `broken` and `timedOut` an order may or may not have been obeyed: ask before
    ///   ordering again.
    package func request(_ method: String, _ target: String, body: [UInt8]? = nil) throws(ControlError)
        -> ControlAnswer
    {
        let descriptor = try connect()
        defer { close(descriptor) }
        var head =
            "\(method) \(target) HTTP/1.1\r\nHost: activationd\r\nConnection: close\r\nAccept: application/json\r\n"
        if let user { head += "\(ControlProtocol.userHeader): \(user)\r\n" }
        if let body { head += "Content-Type: application/json\r\nContent-Length: \(body.count)\r\n" }
        try write(Array((head + "\r\n").utf8) + (body ?? []), to: descriptor)
        return try ControlAnswer(reading: { (limit) throws(ControlError) in try read(descriptor, limit) })
    }

    private func connect() throws(ControlError) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path), !bytes.contains(0) else {
            throw ControlError(.unreachable, "the path of the socket is longer than a Unix socket's may be: \(path)")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw failure(errno) }
        var timeout = timeval(tv_sec: timeoutSeconds, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, size)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &timeout, size)
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else {
            let error = failure(errno)
            close(descriptor)
            throw error
        }
        return descriptor
    }

    private func failure(_ code: Int32) -> ControlError {
        let words = String(cString: strerror(code))
        switch code {
        case EACCES, EPERM:
            let group = group().map { "the group \($0)" } ?? "the group that the socket belongs to"
            return ControlError(
                .notPermitted, "\(path) may not be opened by this user. Use sudo, or become a member of \(group).")
        case ENOENT, ECONNREFUSED:
            return ControlError(
                .unreachable,
                "no activationd answers at \(path) (\(words)). Is it running? Try \"systemctl status activationd\", or name "
                    + "another socket with --socket.")
        case EAGAIN, EINPROGRESS, ETIMEDOUT:
            return ControlError(.timedOut, "the daemon did not accept a connection within \(timeoutSeconds) s")
        default:
            return ControlError(.unreachable, "\(path): \(words)")
        }
    }

    /// Whose members may open the socket; nil where that can not be seen.
    private func group() -> String? {
        var status = stat()
        guard stat(path, &status) == 0, let entry = getgrgid(status.st_gid) else { return nil }
        return String(cString: entry.pointee.gr_name)
    }

    private func write(_ bytes: [UInt8], to descriptor: Int32) throws(ControlError) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count < 0, errno == EINTR { continue }
            // A daemon that refuses a request early has answered it already: the answer is read all the same.
            if count < 0, errno == EPIPE || errno == ECONNRESET { return }
            guard count > 0 else { throw broken(errno) }
            sent += count
        }
    }

    /// At most `limit` bytes; none at the end.
    private func read(_ descriptor: Int32, _ limit: Int) throws(ControlError) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: min(limit, 65_536))
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw broken(errno) }
            return Array(buffer[..<count])
        }
    }

    private func broken(_ code: Int32) -> ControlError {
        code == EAGAIN || code == EWOULDBLOCK
            ? ControlError(.timedOut, "the daemon has not answered for \(timeoutSeconds) s")
            : ControlError(.broken, "the connection to the daemon broke: \(String(cString: strerror(code)))")
    }
}

/// Why there is no answer.
package struct ControlError: Error, Equatable, Sendable {
    package enum Kind: Equatable, Sendable {
        /// Nobody listens.
        case unreachable
        case notPermitted
        case timedOut
        /// The connection ended, or what came is not HTTP as the daemon speaks it.
        case broken
    }

    package let kind: Kind
    /// What happened and what to do.
    package let message: String

    package init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }
}
