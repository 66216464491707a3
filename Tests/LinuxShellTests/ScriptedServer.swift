import Foundation
import Glibc

/// A request as it came over the wire.
struct WireRequest: Sendable {
    var connection: Int
    var method: String
    var target: String
    var headers: [String: String]
    var body: String
}

/// A TCP server on loopback that answers HTTP by a script, byte by byte if it must: it can stall, cut, and lie in ways
/// that no HTTP library would let it.
final class ScriptedServer: @unchecked Sendable {
    enum Answer: Sendable {
        case json(Int, String, [String] = [])
        /// Sent as it is, then closed.
        case raw([UInt8])
        /// Closed without a byte.
        case close
        /// Nothing is sent, until the other side goes away.
        case stall
        /// Endless bytes of a body of unknown length.
        case flood
    }

    // `lock` guards the list of requests and what is open. A lock that the thread sanitizer understands.
    private let lock = NSLock()
    private var open: Set<Int32> = []
    private var seen: [WireRequest] = []
    private let listener: Int32
    let port: Int
    private let script: @Sendable (WireRequest) -> Answer

    init(_ script: @escaping @Sendable (WireRequest) -> Answer) throws {
        self.script = script
        let listener = try LoopbackListener(backlog: 64)
        port = listener.port
        self.listener = listener.descriptor
        Thread.detachNewThread { self.accept() }
    }

    var url: String { "http://127.0.0.1:\(port)" }

    var requests: [WireRequest] { lock.withLock { seen } }

    func count(_ path: String) -> Int { requests.count { $0.target.hasPrefix(path) } }

    /// Connections that the other side has not closed.
    var openConnections: Int { lock.withLock { open.count } }

    /// Ends all connections.
    func hangUp() {
        lock.withLock {
            for descriptor in open { shutdown(descriptor, Int32(SHUT_RDWR)) }
        }
    }

    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    private func accept() {
        var number = 0
        while true {
            let connection = Glibc.accept(listener, nil, nil)
            if connection < 0 { return }
            number += 1
            let (descriptor, name) = (connection, number)
            lock.withLock { _ = open.insert(descriptor) }
            Thread.detachNewThread {
                self.serve(descriptor, name)
                self.lock.withLock {
                    self.open.remove(descriptor)
                    close(descriptor)
                }
            }
        }
    }

    private func serve(_ connection: Int32, _ number: Int) {
        var buffer: [UInt8] = []
        while let request = next(connection, number, &buffer) {
            lock.withLock { seen.append(request) }
            switch script(request) {
            case .json(let status, let body, let headers):
                let lines = [
                    "HTTP/1.1 \(status) X", "Content-Type: application/json", "Content-Length: \(body.utf8.count)",
                ]
                guard write(connection, Array(((lines + headers).joined(separator: "\r\n") + "\r\n\r\n" + body).utf8))
                else { return }
            case .raw(let bytes):
                _ = write(connection, bytes)
                return
            case .close:
                return
            case .stall:
                var byte: UInt8 = 0
                while read(connection, &byte, 1) > 0 {}
                return
            case .flood:
                guard write(connection, Array("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".utf8)) else {
                    return
                }
                let chunk = Array(("10000\r\n" + String(repeating: "x", count: 0x10000) + "\r\n").utf8)
                while write(connection, chunk) {}
                return
            }
        }
    }

    private func next(_ connection: Int32, _ number: Int, _ buffer: inout [UInt8]) -> WireRequest? {
        let end = Array("\r\n\r\n".utf8)
        while true {
            let text = String(decoding: buffer, as: UTF8.self)
            if let range = text.range(of: "\r\n\r\n") {
                let lines = text[..<range.lowerBound].components(separatedBy: "\r\n")
                var headers: [String: String] = [:]
                for line in lines.dropFirst() {
                    guard let colon = line.firstIndex(of: ":") else { continue }
                    headers[line[..<colon].lowercased()] = line[line.index(after: colon)...].trimmingCharacters(
                        in: .whitespaces)
                }
                let length = headers["content-length"].flatMap(Int.init) ?? 0
                let head = text[..<range.lowerBound].utf8.count + end.count
                if buffer.count >= head + length {
                    let words = lines[0].split(separator: " ")
                    let request = WireRequest(
                        connection: number, method: String(words[0]), target: String(words[1]), headers: headers,
                        body: String(decoding: buffer[head..<head + length], as: UTF8.self))
                    buffer.removeFirst(head + length)
                    return request
                }
            }
            var chunk = [UInt8](repeating: 0, count: 65_536)
            let count = read(connection, &chunk, chunk.count)
            if count <= 0 { return nil }
            buffer += chunk[..<count]
        }
    }

    private func write(_ connection: Int32, _ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count <= 0 { return false }
            sent += count
        }
        return true
    }
}
