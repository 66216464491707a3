// The simulated platform over HTTP on loopback, with an admin face under `/_simulator/` that tests and the demo read the
// ledger from. NIO directly: connections must be dropped without an answer, which a web framework would not do.

package import Chronology
internal import Foundation
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
package import PlatformModel

package final class PlatformServer: Sendable {
    private let group: MultiThreadedEventLoopGroup
    private let channel: any Channel
    package let port: Int
    private let desk: Desk

    /// Listens on 127.0.0.1.
    ///
    /// - Parameter port: 0 for one that is free; see ``port``.
    package static func start(
        scenario: Scenario, seed: UInt64, port: Int = 0, clock: @escaping @Sendable () -> Instant
    ) async throws -> PlatformServer {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let desk = Desk(PlatformModel(scenario: scenario, seed: seed, start: clock()), clock: clock)
        let channel = try await ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(RequestHandler(desk: desk))
                }
            }
            .bind(host: "127.0.0.1", port: port).get()
        return PlatformServer(group: group, channel: channel, desk: desk)
    }

    private init(group: MultiThreadedEventLoopGroup, channel: any Channel, desk: Desk) {
        self.group = group
        self.channel = channel
        self.desk = desk
        port = channel.localAddress?.port ?? 0
    }

    package var url: String { "http://127.0.0.1:\(port)" }

    package func ledger() -> Ledger {
        desk.ledger()
    }

    /// Changes the model while it runs: an export that starts now, a fault, a run of somebody else.
    package func change(_ body: (inout PlatformModel, Instant) -> Void) {
        desk.change(body)
    }

    package func stop() async throws {
        try await channel.close()
        try await group.shutdownGracefully()
    }
}

/// The model behind a lock that the thread sanitizer understands.
final class Desk: @unchecked Sendable {
    private let lock = NSLock()
    private var model: PlatformModel
    private let clock: @Sendable () -> Instant

    init(_ model: PlatformModel, clock: @escaping @Sendable () -> Instant) {
        self.model = model
        self.clock = clock
    }

    func change(_ body: (inout PlatformModel, Instant) -> Void) {
        lock.withLock { body(&model, clock()) }
    }

    func ledger() -> Ledger {
        lock.withLock { model.settledLedger(at: clock()) }
    }

    func answer(_ request: WireRequest) -> WireAnswer {
        if request.target.hasPrefix("/_simulator/") { return admin(request) }
        var answer = lock.withLock { model.handle(request, at: clock()) }
        answer.headers["Date"] = HTTPDate.text(clock())
        return answer
    }

    /// Loopback only, like the rest, and without a token: `ledger`, `health`, `exports`, `runs`, `flows`,
    /// `faults`, `refusals`, `quirks`, `heal`.
    private func admin(_ request: WireRequest) -> WireAnswer {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
        func json(_ value: some Encodable) -> WireAnswer {
            WireAnswer(
                status: 200, headers: ["Content-Type": "application/json"],
                body: (try? encoder.encode(value)).map(Array.init) ?? [])
        }
        let body = Data(request.body)
        switch (request.method, request.target) {
        case ("GET", "/_simulator/health"):
            return json(["status": "ok"])
        case ("GET", "/_simulator/ledger"):
            return json(ledger())
        case ("POST", "/_simulator/exports"):
            guard let order = try? JSONDecoder().decode(ExportOrder.self, from: body) else { break }
            change { model, now in
                model.startExport(at: now, lasting: order.durationMilliseconds, fails: order.fails ?? false) { export in
                    export.newMilliseconds = order.newMilliseconds ?? 0
                    export.isFromAPI = order.isFromAPI ?? false
                    export.schema = order.schema ?? Scenario.Export.profile
                    export.sandbox = order.sandbox
                }
            }
            return json(["status": "started"])
        case ("POST", "/_simulator/runs"):
            guard let order = try? JSONDecoder().decode(RunOrder.self, from: body) else { break }
            change { model, now in
                model.startForeignRun(
                    order.flow, order.audience, at: now, lasting: order.durationMilliseconds, id: order.id)
            }
            return json(["status": "started"])
        case ("POST", "/_simulator/flows"):
            guard let edit = try? JSONDecoder().decode(FlowEdit.self, from: body) else { break }
            let isDone = lock.withLock { model.edit(edit, at: clock()) }
            guard isDone else { return WireAnswer(status: 404, body: Array("{\"message\":\"no such flow\"}".utf8)) }
            return json(["status": "edited"])
        case ("POST", "/_simulator/faults"):
            guard let fault = try? JSONDecoder().decode(Scenario.Fault.self, from: body) else { break }
            change { model, _ in model.add(fault) }
            return json(["status": "added"])
        case ("POST", "/_simulator/refusals"):
            guard let refusal = try? JSONDecoder().decode(Scenario.Refusal.self, from: body) else { break }
            change { model, _ in model.add(refusal) }
            return json(["status": "added"])
        case ("POST", "/_simulator/quirks"):
            guard let quirks = try? JSONDecoder().decode(Quirks.self, from: body) else { break }
            change { model, _ in model.change { $0 = quirks } }
            return json(["status": "changed"])
        case ("POST", "/_simulator/heal"):
            change { model, now in model.heal(at: now) }
            return json(["status": "healed"])
        default:
            return WireAnswer(status: 404, body: Array("{\"message\":\"no such order\"}".utf8))
        }
        return WireAnswer(status: 400, body: Array("{\"message\":\"the body is not understood\"}".utf8))
    }

    private struct ExportOrder: Decodable {
        var durationMilliseconds: Int64
        var fails: Bool?
        var newMilliseconds: Int64?
        var isFromAPI: Bool?
        var schema: String?
        var sandbox: String?
    }

    private struct RunOrder: Decodable {
        var flow: String
        var audience: String
        /// None for a run that never ends.
        var durationMilliseconds: Int64?
        var id: String?
    }
}

/// Collects a request, asks the desk, and writes or drops the answer.
private final class RequestHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    /// No request of the platform's clients is larger.
    private static let bodyLimit = 1 << 20

    private let desk: Desk
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []

    init(desk: Desk) {
        self.desk = desk
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            body = []
        case .body(let buffer):
            guard body.count + buffer.readableBytes <= Self.bodyLimit else {
                context.close(promise: nil)
                return
            }
            body += buffer.readableBytesView
        case .end:
            guard let head else { return }
            answer(head, context)
        }
    }

    private func answer(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        var headers: [String: String] = [:]
        for (name, value) in head.headers { headers[name.lowercased()] = value }
        let answer = desk.answer(
            WireRequest(method: head.method.rawValue, target: head.uri, headers: headers, body: body))
        guard !answer.isLost else {
            context.close(promise: nil)
            return
        }
        let writer = AnswerWriter(answer, isKept: head.isKeepAlive, channel: context.channel)
        guard answer.delayMilliseconds > 0 else { return writer.write() }
        context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(answer.delayMilliseconds)) { writer.write() }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
