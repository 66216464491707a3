import Foundation
import Glibc
import Testing

/// An HTTP proxy that knows one method, CONNECT, and one way; on loopback, or on a socket in the file system.
final class ConnectProxy: @unchecked Sendable {
    enum Manner: Sendable {
        /// As a proxy should.
        case open
        /// Says this to whatever is asked, and closes.
        case says(String)
        /// Accepts, and says nothing until the other side goes away.
        case silent
        /// Passes on so many bytes to the platform, and then cuts the connection.
        case cuts(after: Int)
        /// What the platform says once the other side has spoken twice comes in one piece, when the platform is done.
        case holdsBack
    }

    private let listener: Int32
    private let manner: Manner
    /// 0 for a socket in the file system.
    let port: Int
    private let lock = NSLock()
    private var seen: [String] = []

    var heads: [String] { lock.withLock { seen } }
    var targets: [String] { heads.map { $0.split(separator: " ").prefix(2).joined(separator: " ") } }
    var authorizations: [String] {
        heads.compactMap { head in
            head.split(separator: "\r\n").first { $0.lowercased().hasPrefix("proxy-authorization:") }
                .map { $0.dropFirst("proxy-authorization:".count).trimmingCharacters(in: .whitespaces) }
        }
    }

    init(to backend: Int, at path: String? = nil, manner: Manner = .open) throws {
        self.manner = manner
        (listener, port) = try path.map { (try Self.listen(at: $0), 0) } ?? Self.listen()
        let listener = listener
        Thread.detachNewThread {
            while true {
                let client = accept(listener, nil, nil)
                guard client >= 0 else { return }
                Thread.detachNewThread {
                    self.serve(client, backend)
                    close(client)
                }
            }
        }
    }

    private static func address(_ port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        address.sin_port = UInt16(port).bigEndian
        return address
    }

    private static func listen() throws -> (Int32, Int) {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = address(0)
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

    private static func listen(at path: String) throws -> Int32 {
        let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        try #require(path.utf8.count < MemoryLayout.size(ofValue: address.sun_path))
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let isListening = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            } && Glibc.listen(listener, 16) == 0
        }
        try #require(isListening)
        return listener
    }

    private func serve(_ client: Int32, _ backend: Int) {
        var head: [UInt8] = []
        var byte: UInt8 = 0
        while !head.suffix(4).elementsEqual(Array("\r\n\r\n".utf8)) {
            guard read(client, &byte, 1) == 1, head.count < 8192 else { return }
            head.append(byte)
        }
        lock.withLock { seen.append(String(decoding: head, as: UTF8.self)) }
        switch manner {
        case .says(let words):
            Self.say(words, to: client)
        case .silent:
            while read(client, &byte, 1) > 0 {}
        case .open, .cuts, .holdsBack:
            let server = Self.connect(to: backend)
            guard server >= 0 else { return }
            Self.say("HTTP/1.1 200 Connection established\r\n\r\n", to: client)
            relay(client, server)
            close(server)
        }
    }

    private static func say(_ words: String, to client: Int32) {
        let bytes = Array(words.utf8)
        send(client, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    private static func connect(to port: Int) -> Int32 {
        let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = address(port)
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(server, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        if isConnected { return server }
        close(server)
        return -1
    }

    /// Until both sides are done.
    private func relay(_ client: Int32, _ server: Int32) {
        let spoken = Spoken()
        let done = DispatchSemaphore(value: 0)
        Thread.detachNewThread { [manner] in
            var held: [UInt8] = []
            while let bytes = Self.bytes(of: server, 16_384) {
                if case .holdsBack = manner, spoken.times >= 2 {
                    held += bytes
                } else if !Self.pass(bytes, to: client) {
                    break
                }
            }
            _ = Self.pass(held, to: client)
            shutdown(client, Int32(SHUT_WR))
            done.signal()
        }
        var left = Int.max
        if case .cuts(let bytes) = manner { left = bytes }
        while left > 0, let bytes = Self.bytes(of: client, min(left, 16_384)) {
            spoken.again()
            left -= bytes.count
            guard Self.pass(bytes, to: server) else { break }
        }
        if left == 0 { shutdown(client, Int32(SHUT_RDWR)) }
        shutdown(server, Int32(SHUT_WR))
        done.wait()
    }

    private static func bytes(of descriptor: Int32, _ most: Int) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: most)
        let count = read(descriptor, &buffer, most)
        return count > 0 ? Array(buffer[..<count]) : nil
    }

    private static func pass(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        bytes.isEmpty || send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
    }

    private final class Spoken: @unchecked Sendable {
        private let lock = NSLock()
        private var count = 0
        var times: Int { lock.withLock { count } }
        func again() { lock.withLock { count += 1 } }
    }

    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }
}
