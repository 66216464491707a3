import Foundation
import Glibc
import Testing

/// A way to the platform that passes on what comes, byte by byte, and that the test can close for one call: of that one next to
/// nothing is taken, so that its bytes stay in the kernel of whoever wrote them, until the way is opened again.
final class NarrowWay: @unchecked Sendable {
    // `lock` guards what stands between it and the listener. A lock that the thread sanitizer understands.
    private let lock = NSLock()
    private var isClosing = false
    /// Of the side that wrote the call.
    private var heldPort: Int?
    private var isOver = false
    private let listener: Int32
    private let port: Int
    private let platform: Int
    private let opened = DispatchSemaphore(value: 0)

    /// - Parameter platform: A port of loopback.
    init(to platform: Int) throws {
        self.platform = platform
        (listener, port) = try Self.listen()
        Thread.detachNewThread { [self] in
            while true {
                let client = accept(listener, nil, nil)
                guard client >= 0 else { return }
                Thread.detachNewThread {
                    self.serve(client)
                    close(client)
                }
            }
        }
    }

    var url: String { "http://127.0.0.1:\(port)" }

    /// Closed from the next call on, and for that one only: a token is asked for by POST as well, and elsewhere.
    func closeForNextCall() {
        lock.withLock { isClosing = true }
    }

    /// What was written of the held call and was not taken by anybody.
    var unread: Int {
        guard let heldPort = lock.withLock({ heldPort }) else { return 0 }
        // To its end: of a file without a size Foundation's shorter way reads the first part only.
        let bytes = FileHandle(forReadingAtPath: "/proc/net/tcp")?.readDataToEndOfFile() ?? Data()
        let table = String(decoding: bytes, as: UTF8.self)
        for line in table.split(separator: "\n").dropFirst() {
            // Number, own end, other end, state, queue to send and queue to read.
            let fields = line.split(separator: " ")
            guard fields.count > 4, Self.port(in: fields[1]) == heldPort, Self.port(in: fields[2]) == port else {
                continue
            }
            return fields[4].split(separator: ":").first.flatMap { Int($0, radix: 16) } ?? 0
        }
        return 0
    }

    func open() {
        opened.signal()
    }

    /// Whether all that will ever come of the held call was passed on, and the platform is done with it.
    var isPassed: Bool { lock.withLock { isOver } }

    func stop() {
        open()
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    // MARK: Connections

    private static func listen() throws -> (Int32, Int) {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        // The kernel's smallest, for every connection: some thousand bytes.
        var buffer: Int32 = 1
        setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &buffer, socklen_t(MemoryLayout<Int32>.size))
        var address = loopback(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(listener, pointer, length) == 0 && Glibc.listen(listener, 16) == 0
                    && getsockname(listener, pointer, &length) == 0
            }
        }
        try #require(isListening)
        return (listener, Int(UInt16(bigEndian: address.sin_port)))
    }

    private static func loopback(_ port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        address.sin_port = UInt16(port).bigEndian
        return address
    }

    private static func port(in address: Substring) -> Int? {
        address.split(separator: ":").last.flatMap { Int($0, radix: 16) }
    }

    private func serve(_ client: Int32) {
        var isHeld = false
        if let server = reachPlatform() {
            isHeld = relay(client, server)
            close(server)
        }
        if isHeld { lock.withLock { isOver = true } }
    }

    /// Looks at the first bytes of what comes next, and leaves them where they are. A connection that has served a question may carry
    /// the call.
    private func holds(_ client: Int32) -> Bool {
        let call = Array("POST /data/".utf8)
        var start = [UInt8](repeating: 0, count: call.count)
        guard recv(client, &start, start.count, Int32(MSG_PEEK)) == start.count, start == call else { return false }
        let port = Self.otherPort(of: client)
        return lock.withLock {
            guard isClosing else { return false }
            isClosing = false
            heldPort = port
            return true
        }
    }

    private static func otherPort(of client: Int32) -> Int {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isKnown = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(client, $0, &length) == 0 }
        }
        return isKnown ? Int(UInt16(bigEndian: address.sin_port)) : 0
    }

    private func reachPlatform() -> Int32? {
        let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = Self.loopback(platform)
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(server, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        if isConnected { return server }
        close(server)
        return nil
    }

    /// Until both sides are done.
    ///
    /// - Returns: Whether the call that is held came this way.
    private func relay(_ client: Int32, _ server: Int32) -> Bool {
        let done = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
            Self.pass(from: server, to: client) {}
            shutdown(client, Int32(SHUT_WR))
            done.signal()
        }
        var isHeld = false
        Self.pass(from: client, to: server) {
            guard holds(client) else { return }
            isHeld = true
            opened.wait()
        }
        shutdown(server, Int32(SHUT_WR))
        done.wait()
        return isHeld
    }

    /// - Parameter wait: Called before each read.
    private static func pass(from source: Int32, to target: Int32, after wait: () -> Void) {
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while true {
            wait()
            let count = read(source, &buffer, buffer.count)
            guard count > 0, send(target, buffer, count, Int32(MSG_NOSIGNAL)) == count else { return }
        }
    }
}
