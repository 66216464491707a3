// An answer of the daemon, read from the stream.

internal import ControlProtocol

package struct ControlAnswer: Equatable, Sendable {
    package let status: Int
    /// JSON.
    package let body: [UInt8]

    /// The status line and the header fields together.
    static let headByteLimit = 16 * 1024

    package var isSuccess: Bool { status == 200 }

    /// - Parameter read: Gives at most so many bytes, and none at the end of the stream.
    package init(reading read: (Int) throws(ControlError) -> [UInt8]) throws(ControlError) {
        var bytes: [UInt8] = []
        var headEnd: Int?
        while headEnd == nil {
            let more = try read(Self.headByteLimit)
            guard !more.isEmpty else {
                throw ControlError(.broken, "the daemon closed the connection without an answer")
            }
            let searched = max(0, bytes.count - 3)
            bytes += more
            headEnd = Self.endOfHead(bytes, from: searched)
            guard headEnd != nil || bytes.count < Self.headByteLimit else {
                throw ControlError(.broken, "the head of the answer has no end: this is not activationd")
            }
        }
        let (status, length) = try Self.parse(bytes[..<(headEnd ?? 0)])
        var body = Array(bytes[(headEnd ?? 0)...])
        while body.count < length {
            let more = try read(length - body.count)
            guard !more.isEmpty else { throw ControlError(.broken, "the daemon ended its answer early") }
            body += more
        }
        guard body.count == length else {
            throw ControlError(.broken, "the answer is longer than it says: this is not activationd")
        }
        self.status = status
        self.body = body
    }

    /// Behind the empty line.
    private static func endOfHead(_ bytes: [UInt8], from start: Int) -> Int? {
        guard bytes.count >= 4 else { return nil }
        for index in start..<(bytes.count - 3)
        where bytes[index] == 13 && bytes[index + 1] == 10 && bytes[index + 2] == 13 && bytes[index + 3] == 10 {
            return index + 4
        }
        return nil
    }

    private static func parse(_ head: ArraySlice<UInt8>) throws(ControlError) -> (status: Int, length: Int) {
        let lines = String(decoding: head, as: UTF8.self).split(separator: "\r\n")
        let words = lines.first?.split(separator: " ", maxSplits: 2) ?? []
        guard words.count >= 2, words[0].hasPrefix("HTTP/1."), words[1].utf8.count == 3, let status = Int(words[1])
        else {
            throw ControlError(.broken, "what answers is not HTTP: this is not activationd")
        }
        let prefix = "content-length:"
        let fields = lines.dropFirst().filter { $0.lowercased().hasPrefix(prefix) }
        guard fields.count == 1,
            let length = Int(fields[0].dropFirst(prefix.count).drop { $0 == " " }), length >= 0,
            length <= ControlProtocol.answerByteLimit
        else {
            throw ControlError(.broken, "the answer does not say its length, or is too long: this is not activationd")
        }
        return (status, length)
    }
}
