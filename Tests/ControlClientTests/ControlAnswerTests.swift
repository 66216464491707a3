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

    @Test(arguments: [1, 2, 3, 4, 5])
    func `an answer that comes in pieces of a few bytes is found wherever its head ends`(size: Int) throws {
        let answer = try read("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n\r\n", pieces: size)
        #expect(answer.status == 200 && answer.isSuccess && answer.body == Array("\r\n".utf8))
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

    @Test func `a head has 16 KiB at most, and an answer 64 MiB`() throws {
        func head(_ count: Int) -> String {
            let (begin, end) = ("HTTP/1.1 200 OK\r\nX: ", "\r\nContent-Length: 0\r\n\r\n")
            return begin + String(repeating: "a", count: count - begin.utf8.count - end.utf8.count) + end
        }
        #expect(try read(head(16_384), pieces: 20_000).status == 200)
        #expect(throws: ControlError.self) { try read(head(16_385), pieces: 20_000) }
        func complaint(_ length: Int) -> String? {
            do throws(ControlError) {
                _ = try read("HTTP/1.1 200 OK\r\nContent-Length: \(length)\r\n\r\n")
                return nil
            } catch {
                return error.message
            }
        }
        #expect(complaint(0) == nil)
        #expect(complaint(67_108_864) == "the daemon ended its answer early")
        #expect(complaint(67_108_865)?.contains("too long") == true)
    }

    @Test func `a socket that is not there is not reachable, and a path that is too long says so`() {
        #expect { try ControlConnection(path: "/nonexistent/control.sock").request("GET", "/v1/health") } throws: {
            ($0 as? ControlError)?.kind == .unreachable
        }
        // 107 bytes are as many as the kernel takes.
        let longest = "/" + String(repeating: "a", count: 106)
        #expect { try ControlConnection(path: longest).request("GET", "/v1/health") } throws: {
            ($0 as? ControlError)?.message.contains("no activationd answers") == true
        }
        let long = longest + "a"
        #expect { try ControlConnection(path: long).request("GET", "/v1/health") } throws: {
            ($0 as? ControlError)?.message.contains("longer than") == true
        }
        // What would end the path for the kernel is in none.
        #expect { try ControlConnection(path: "/nonexistent\0/control.sock").request("GET", "/v1/health") } throws: {
            ($0 as? ControlError)?.message.contains("longer than") == true
        }
    }

    @Test func `an answer is waited for as long as was asked, and a second at the least`() {
        #expect(ControlConnection(path: "/x.sock").timeoutSeconds == 60)
        for (asked, waited) in [(Int.min, 1), (0, 1), (1, 1), (2, 2), (600, 600)] {
            #expect(ControlConnection(path: "/x.sock", timeoutSeconds: asked).timeoutSeconds == waited)
        }
    }
}
