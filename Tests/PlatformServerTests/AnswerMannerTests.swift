import Chronology
import Glibc
import PlatformModel
import PlatformServer
import Testing

/// Goal: an answer comes in the manner that its fault asks for, and a connection lasts as long as its client wants.
@Suite(.serialized) struct AnswerMannerTests {
    /// What came back on a connection of its own.
    private struct Reply {
        /// The beginning of it.
        var text = ""
        var count = 0
        var end = End.limit
    }

    private enum End {
        case closed, reset
        /// It came to as many bytes as were wanted, or nothing more came in time.
        case limit
    }

    /// Sends bytes and reads what comes back until the other side ends the connection, or so many bytes have come.
    private func exchange(_ server: PlatformServer, _ request: String, upTo most: Int = .max) throws -> Reply {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        // No test waits for ever: a server that hangs is seen as one.
        var limit = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(server.port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(connected == 0)
        let bytes = Array(request.utf8)
        try #require(Glibc.send(descriptor, bytes, bytes.count, 0) == bytes.count)
        var reply = Reply()
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while reply.count < most {
            let count = recv(descriptor, &buffer, min(buffer.count, most - reply.count), 0)
            if count == 0 {
                reply.end = .closed
                break
            }
            if count < 0 {
                if errno == EINTR { continue }
                if errno == ECONNRESET { reply.end = .reset }
                break
            }
            if reply.count < 4096 { reply.text += String(decoding: buffer[..<count], as: UTF8.self) }
            reply.count += count
        }
        return reply
    }

    private func withServer(_ fault: Scenario.Fault.Kind?, _ body: (PlatformServer) throws -> Void) async throws {
        var scenario = Scenario()
        scenario.faults = fault.map { [Scenario.Fault(request: "token", kind: $0)] } ?? []
        let server = try await PlatformServer.start(scenario: scenario, seed: 1) { Instant(milliseconds: 0) }
        do {
            try body(server)
        } catch {
            try await server.stop()
            throw error
        }
        try await server.stop()
    }

    /// A question without a good answer, for which nobody has to sign in.
    private func question(close: Bool) -> String {
        "POST /ims/token/v3 HTTP/1.1\r\nHost: platform\r\nContent-Length: 0\r\n"
            + (close ? "Connection: close\r\n" : "") + "\r\n"
    }

    private let refusal = #"{"error":"unsupported_grant_type","error_description":"grant_type"}"#

    /// The lines of a head, in lower case.
    private func head(_ reply: Reply) -> [String] {
        let head = reply.text.ranges(of: "\r\n\r\n").first.map { reply.text[..<$0.lowerBound] } ?? ""
        return String(head).replacing("\r\n", with: "\n").lowercased().split(separator: "\n").map(String.init)
    }

    @Test func `a connection is kept for the next request, and closed after the last one`() async throws {
        try await withServer(nil) { server in
            let reply = try exchange(server, question(close: false) + question(close: true))
            #expect(reply.end == .closed)
            #expect(reply.text.ranges(of: "HTTP/1.1 400 ").count == 2)
            #expect(reply.text.lowercased().ranges(of: "connection: close").count == 1)
            #expect(!head(reply).contains { $0.hasPrefix("connection:") }, "it says so in the second one")
            #expect(reply.text.hasSuffix(refusal))
        }
    }

    @Test func `an answer says how long it is, by whose clock, and of what kind`() async throws {
        try await withServer(nil) { server in
            let reply = try exchange(server, question(close: true))
            let head = head(reply)
            #expect(head.contains("content-length: \(refusal.utf8.count)"))
            #expect(head.contains("content-type: application/json"))
            #expect(head.contains("date: thu, 01 jan 1970 00:00:00 gmt"))
            #expect(!head.contains { $0.hasPrefix("transfer-encoding") })
        }
    }

    @Test func `a connection that is reset has a part of its answer, under the length of all of it`() async throws {
        try await withServer(.reset) { server in
            let reply = try exchange(server, question(close: false))
            #expect(reply.end == .reset)
            #expect(!reply.text.contains(refusal))
        }
    }

    @Test func `an answer that trickles begins at once, with its head and one byte`() async throws {
        try await withServer(.trickle) { server in
            let whole = try exchange(server, question(close: false), upTo: 20)
            #expect(whole.text.hasPrefix("HTTP/1.1 400 "))
            // Whatever there is of a head, the first byte of the body stands right behind it.
            let begun = try exchange(server, question(close: false), upTo: headLength + 1)
            #expect(begun.text.hasSuffix("\r\n\r\n{"), "\(begun.text)")
            #expect(head(begun).contains("content-length: \(refusal.utf8.count)"))
        }
    }

    /// Of an answer on a connection that is kept.
    private var headLength: Int {
        let lines = [
            "HTTP/1.1 400 Bad Request", "Content-Type: application/json", "Date: Thu, 01 Jan 1970 00:00:00 GMT",
            "Content-Length: \(refusal.utf8.count)", "", "",
        ]
        return lines.joined(separator: "\r\n").utf8.count
    }

    @Test func `an enormous answer is two hundred times a MiB, under one length`() async throws {
        try await withServer(.enormous) { server in
            let reply = try exchange(server, question(close: true))
            #expect(reply.end == .closed)
            let body = 209_715_200
            #expect(head(reply).contains("content-length: \(body)"))
            let length = reply.text.ranges(of: "\r\n\r\n").first.map { reply.text[..<$0.upperBound].utf8.count }
            #expect(length.map { reply.count - $0 } == body)
        }
    }

    @Test func `an answer that is lost is an end without a byte`() async throws {
        for kind in [Scenario.Fault.Kind.lostAnswer, .lostRequest] {
            try await withServer(kind) { server in
                let reply = try exchange(server, question(close: false))
                #expect(reply.count == 0 && reply.end == .closed)
            }
        }
    }
}
