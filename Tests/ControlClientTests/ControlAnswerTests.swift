import Testing

@testable import ControlClient

/// Goal: whatever answers on the socket, the client ends with an answer or with an error that has a name.
@Suite struct ControlAnswerTests {
    /// Gives the text in pieces of `size` bytes, then the end of the stream.
    private func read(_ text: String, pieces size: Int = 7) throws(ControlError) -> ControlAnswer {
        var rest = Array(text.utf8)[...]
        return try ControlAnswer(reading: { (limit) throws(ControlError) in
            let piece = Array(rest.prefix(min(size, limit)))
            rest = rest.dropFirst(piece.count)
            return piece
        })
    }

    @Test func `an answer that comes in pieces is put together`() throws {
        let answer = try read("HTTP/1.1 200 OK\r\ncontent-length: 13\r\nX: y\r\n\r\n{\"a\": \"b\\n\"}\n")
        #expect(answer.status == 200 && answer.body.count == 13)
    }

    @Test func `a refusal has its status and its body`() throws {
        let answer = try read("HTTP/1.1 409 Conflict\r\nContent-Length:2\r\n\r\n{}", pieces: 100)
        #expect(answer.status == 409 && !answer.isSuccess && answer.body == Array("{}".utf8))
    }

    @Test(arguments: [
        "", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\n\r\n{}", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na", "220 mail.example.com ESMTP\r\n\r\n",
        "HTTP/1.1 2x0 OK\r\nContent-Length: 0\r\n\r\n", String(repeating: "a", count: 40_000),
    ])
    func `what is not an answer of the daemon fails by name`(_ text: String) {
        #expect(throws: ControlError.self) { try read(text, pieces: 1000) }
    }

    @Test func `a socket that is not there is not reachable, and a path that is too long says so`() {
        #expect { try ControlConnection(path: "/nonexistent/control.sock").request("GET", "/v1/health") } throws: {
            ($0 as? ControlError)?.kind == .unreachable
        }
        let long = "/" + String(repeating: "a", count: 200)
        #expect { try ControlConnection(path: long).request("GET", "/v1/health") } throws: {
            ($0 as? ControlError)?.message.contains("longer than") == true
        }
    }
}
