import Chronology
import Foundation
import Glibc
import LinuxShell
import SchedulerCore
import Testing

/// Goal: what was judged before a call is still true when its body is handed out, and what was handed out does not arrive when
/// nobody waits for it any more.
@Suite struct WireTests {
    /// A clock that only the test moves.
    private final class HandClock: @unchecked Sendable {
        private let lock = NSLock()
        private var milliseconds: Int64 = 1_795_514_400_000
        var now: Moment {
            let now = lock.withLock { milliseconds }
            return Moment(wall: Instant(milliseconds: now), monotonic: Monotonic(milliseconds: now))
        }
        func pass(_ more: Int64) { lock.withLock { milliseconds += more } }
    }

    enum End: CaseIterable, Sendable {
        case wall, monotonic
    }

    @Test(arguments: End.allCases)
    func `a call that is too late when its token has come is not sent`(end: End) async throws {
        let clock = HandClock()
        let test = try ClientUnderTest(clock: { clock.now }) { request in
            guard request.target == "/token" else { return .json(200, PlatformClientTests.accepted) }
            clock.pass(60_000)
            return .close
        }
        var call = aCall()
        let near = clock.now
        let far = Moment(wall: near.wall + .seconds(3600), monotonic: near.monotonic + .seconds(3600))
        call.leaveBy = WireDeadline(
            wall: end == .wall ? near.wall + .seconds(60) : far.wall,
            monotonic: end == .monotonic ? near.monotonic + .seconds(60) : far.monotonic)
        guard case .notSent = await test.client.activate(call) else {
            Issue.record("it was sent")
            return
        }
        #expect(test.server.count(adhocrun) == 0)

        // The token is there now, and nothing takes time.
        call.leaveBy = WireDeadline(wall: clock.now.wall + .seconds(1), monotonic: clock.now.monotonic + .seconds(1))
        guard case .accepted = await test.client.activate(call) else {
            Issue.record("it was not sent in time")
            return
        }
        await test.stop()
    }

    @Test func `a call that is taken back while its token is fetched is not sent`() async throws {
        let pass = CallPass()
        let test = try ClientUnderTest { request in
            guard request.target == "/token" else { return .json(200, PlatformClientTests.accepted) }
            pass.recall()
            return .close
        }
        guard case .notSent = await test.client.activate(aCall(), pass) else {
            Issue.record("it was sent")
            return
        }
        #expect(test.server.count(adhocrun) == 0)
        await test.stop()
    }

    /// The kernel goes on with what was written and not taken: for minutes, and after the process has ended.
    @Test func `a call that was given up does not arrive when the way opens later`() async throws {
        let tokens = try ScriptedServer { _ in .json(200, #"{"access_token":"t0","expires_in":86399}"#) }
        let deaf = try DeafServer()
        let client = PlatformClient(
            platform: PlatformSettings(
                organization: "org@AdobeOrg", sandbox: "prod", url: deaf.url, clientID: "client",
                clientSecret: .environment("FIRST"), tokenURL: tokens.url + "/token"),
            limits: Limits(requestTimeout: .milliseconds(500)), group: group, environment: [:],
            secrets: { _ in "one" }, clock: ClientUnderTest.clock, observe: { _ in })
        var call = aCall()
        // More than the other side's buffer takes, and less than our kernel's does.
        call.pairs = (1...80).map { number in
            Pair(dataflow: flow, audience: AudienceID("22222222-bbbb-4bbb-8bbb-\(100_000_000_000 + number)"))
        }
        call.activations = (1...80).map { ActivationID(OccurrenceID(1), $0) }
        guard case .doubtful = await client.activate(call) else {
            Issue.record("not in doubt")
            return
        }
        await client.shutdown()
        let arrived = deaf.takeAll()
        #expect(!arrived.contains("22222222-bbbb-4bbb-8bbb-100000000080"), "\(arrived.utf8.count) bytes arrived")
        tokens.stop()
    }
}

/// A TCP server that accepts nothing and takes next to nothing, until it is told to.
private final class DeafServer {
    private let listener: Int32
    let url: String

    init() throws {
        let listener = try LoopbackListener(backlog: 8, receiveBuffer: 1)  // the kernel's smallest
        self.listener = listener.descriptor
        url = "http://127.0.0.1:\(listener.port)"
    }

    deinit { close(listener) }

    /// What comes on the first connection, to its end.
    func takeAll() -> String {
        let connection = accept(listener, nil, nil)
        defer { close(connection) }
        // A connection that never ends fails the test.
        var limit = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var all: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(connection, &chunk, chunk.count)
            if count <= 0 { return String(decoding: all, as: UTF8.self) }
            all += chunk[..<count]
        }
    }
}
