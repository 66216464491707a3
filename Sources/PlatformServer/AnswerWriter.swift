// Writes an answer in the manner that its fault asks for: whole, never, byte by byte, cut by a reset, or without end.

internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import PlatformModel

/// One answer on its way. Lives on the connection's event loop.
final class AnswerWriter {
    private static let trickleInterval = TimeAmount.seconds(1)

    private let answer: WireAnswer
    private let isKept: Bool
    private let channel: any Channel

    init(_ answer: WireAnswer, isKept: Bool, channel: any Channel) {
        self.answer = answer
        self.isKept = isKept
        self.channel = channel
    }

    func write() {
        switch answer.manner {
        case .whole:
            head(bytes: answer.body.count)
            channel.write(body(answer.body[...]), promise: nil)
            end()
        case .stalling:
            break
        case .trickling:
            head(bytes: answer.body.count)
            channel.flush()
            trickle(answer.body[...])
        case .resetting:
            head(bytes: answer.body.count)
            reset(after: channel.writeAndFlush(body(answer.body[..<(answer.body.count / 2)])))
        case .repeating(let times):
            head(bytes: answer.body.count * times)
            more(times)
        }
    }

    private func head(bytes: Int) {
        var headers = HTTPHeaders()
        for (name, value) in answer.headers.sorted(by: { $0.key < $1.key }) { headers.add(name: name, value: value) }
        headers.add(name: "Content-Length", value: "\(bytes)")
        if !isKept { headers.add(name: "Connection", value: "close") }
        let head = HTTPResponseHead(
            version: .http1_1, status: HTTPResponseStatus(statusCode: answer.status), headers: headers)
        channel.write(HTTPServerResponsePart.head(head), promise: nil)
    }

    private func body(_ bytes: ArraySlice<UInt8>) -> HTTPServerResponsePart {
        .body(.byteBuffer(ByteBuffer(bytes: bytes)))
    }

    private func end() {
        let channel = channel
        let isKept = isKept
        channel.writeAndFlush(HTTPServerResponsePart.end(nil)).whenComplete { result in
            if !isKept { channel.close(promise: nil) }
        }
    }

    private func trickle(_ rest: ArraySlice<UInt8>) {
        guard channel.isActive else { return }
        guard !rest.isEmpty else { return end() }
        channel.writeAndFlush(body(rest.prefix(1)), promise: nil)
        channel.eventLoop.assumeIsolated().scheduleTask(in: Self.trickleInterval) { self.trickle(rest.dropFirst()) }
    }

    /// The next part once the one before has left, so that nothing piles up here.
    private func more(_ times: Int) {
        guard times > 0 else { return end() }
        channel.writeAndFlush(body(answer.body[...])).assumeIsolated().whenSuccess { self.more(times - 1) }
    }

    /// Closing a socket that does not linger resets it.
    private func reset(after written: EventLoopFuture<Void>) {
        let channel = channel
        guard let options = channel as? any SocketOptionProvider else { return channel.close(promise: nil) }
        written.flatMap {
            options.setSoLinger(linger(l_onoff: 1, l_linger: 0))
        }.whenComplete { _ in channel.close(promise: nil) }
    }
}
