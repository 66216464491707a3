// HTTP clients that nobody uses any more, until their connections are closed.
//
// A client that is shut down waits for the other side: up to `Transport.connectTimeout` for a connection that is still being
// made ("we can't cancel connection starts", its HTTPConnectionPool+HTTP1Connections.swift says), and up to
// `Transport.closeTimeout` for TLS's last word. No answer waits for that. What closes is counted, and where it is too much,
// it is the next client that waits, for so long and no longer.

internal import AsyncHTTPClient
internal import Chronology
internal import Dispatch
internal import Foundation
internal import NIOCore

final class ClosingClients: @unchecked Sendable {
    // `lock` guards what follows it. A lock that the thread sanitizer understands.

    /// Each holds a descriptor, of which `ProcessLimits` asks for few.
    static let limit = 8

    private static let queue = DispatchQueue(label: "closing clients")

    private let lock = NSLock()
    private var closing = 0
    private var waiting: [Waiter] = []

    private struct Waiter {
        /// It goes on once no more than this many are closing.
        var most: Int
        var promise: EventLoopPromise<Void>
    }

    /// Cancels what is under way in the client, and closes its connections, while the caller goes on. The library's own
    /// `shutdown()` uses a global queue.
    func close(_ client: OriginClient) {
        switch client {
        case .library(let client):
            lock.withLock { closing += 1 }
            client.shutdown(queue: Self.queue) { _ in self.ended() }
        case .tunnel(let tunnel):
            lock.withLock { closing += 1 }
            tunnel.close().whenComplete { _ in self.ended() }
        case .blocked:
            break
        }
    }

    private func ended() {
        let ready = lock.withLock { () -> [Waiter] in
            closing -= 1
            let ready = waiting.filter { closing <= $0.most }
            waiting.removeAll { closing <= $0.most }
            return ready
        }
        for waiter in ready { waiter.promise.succeed(()) }
    }

    /// Waits until there is a place for one more.
    ///
    /// - Returns: False where there was none in time.
    func place(within time: Duration, on loop: any EventLoop) async -> Bool {
        await wait(for: Self.limit - 1, within: time, on: loop)
    }

    /// Waits until none is closing.
    func allClosed(within time: Duration, on loop: any EventLoop) async -> Bool {
        await wait(for: 0, within: time, on: loop)
    }

    private func wait(for most: Int, within time: Duration, on loop: any EventLoop) async -> Bool {
        let waiter = lock.withLock { () -> Waiter? in
            guard closing > most else { return nil }
            let waiter = Waiter(most: most, promise: loop.makePromise(of: Void.self))
            waiting.append(waiter)
            return waiter
        }
        guard let waiter else { return true }
        let timer = loop.scheduleTask(in: .milliseconds(time.milliseconds)) { self.giveUp(waiter.promise) }
        let isReady: Void? = await withTaskCancellationHandler {
            try? await waiter.promise.futureResult.get()
        } onCancel: {
            self.giveUp(waiter.promise)
        }
        timer.cancel()
        return isReady != nil
    }

    private func giveUp(_ promise: EventLoopPromise<Void>) {
        lock.withLock { waiting.removeAll { $0.promise == promise } }
        promise.fail(CancellationError())
    }
}
