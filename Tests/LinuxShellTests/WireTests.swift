import ActivationAPI
import Chronology
import Foundation
import Glibc
import SchedulerCore
import Testing

@testable import LinuxShell

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

    /// Time as it passes, and as much more as the test says.
    private final class ShiftedClock: @unchecked Sendable {
        private let lock = NSLock()
        private var shift: Int64 = 0
        var now: Moment {
            let more = Duration.milliseconds(lock.withLock { shift })
            let real = ClientUnderTest.clock()
            return Moment(wall: real.wall + more, monotonic: real.monotonic + more)
        }
        func pass(_ more: Int64) { lock.withLock { shift += more } }
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

    @Test func `a call that our own pace holds for longer than what was judged stays true is not sent`() async throws {
        let clock = ShiftedClock()
        // One request a minute: the place of each is there a minute after that of the one before.
        let limits = Limits(callsPerMinute: 1, requestTimeout: .seconds(5))
        let test = try ClientUnderTest(limits: limits, clock: { clock.now }) { request in
            switch request.target {
            case "/token": .close
            case adhocrun: .json(200, PlatformClientTests.accepted)
            default: .json(200, #"{"records":[]}"#)
            }
        }
        let begin = clock.now
        guard case .success = await test.client.exportJobs("prod", since: ten) else {
            Issue.record("the first place was not there")
            return
        }
        clock.pass(58_500)
        var call = aCall()
        // In time when it is handed out, and half a second late when its turn comes.
        call.leaveBy = WireDeadline(
            wall: begin.wall + .milliseconds(59_500), monotonic: begin.monotonic + .milliseconds(59_500))
        guard case .notSent(let detail) = await test.client.activate(call) else {
            Issue.record("it was sent")
            return
        }
        #expect(detail.contains("grew old"))
        #expect(test.server.count(adhocrun) == 0)

        // What is in time when its turn comes is sent then, and not before.
        clock.pass(59_000)
        call.leaveBy = WireDeadline(wall: begin.wall + .seconds(300), monotonic: begin.monotonic + .seconds(300))
        guard case .accepted = await test.client.activate(call) else {
            Issue.record("it was not sent in time")
            return
        }
        #expect(clock.now.monotonic - begin.monotonic >= .milliseconds(119_900))
        await test.stop()
    }

    private static func client(
        _ url: String, _ tokens: ScriptedServer, timeout: Duration,
        clock: @escaping @Sendable () -> Moment = ClientUnderTest.clock
    ) -> PlatformClient {
        PlatformClient(
            platform: PlatformSettings(
                organization: "org@AdobeOrg", sandbox: "prod", url: url, clientID: "client",
                clientSecret: .environment("FIRST"), tokenURL: tokens.url + "/token"),
            limits: Limits(requestTimeout: timeout), group: group, environment: [:], secrets: { _ in "one" },
            clock: clock, observe: { _ in })
    }

    private static func tokens() throws -> ScriptedServer {
        try ScriptedServer { _ in .json(200, #"{"access_token":"t0","expires_in":86399}"#) }
    }

    /// The kernel goes on with what was written and not taken: for minutes, and after the process has ended.
    @Test func `a call that was given up does not arrive when the way opens later`() async throws {
        let tokens = try Self.tokens()
        let deaf = try DeafServer()
        let client = Self.client(deaf.url, tokens, timeout: .milliseconds(500))
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

    /// Here nobody closes the connection, and no process ends: the time is the kernel's alone.
    @Test func `a call that nobody takes is given up by the kernel, however long its client waits`() async throws {
        let deaf = try DeafServer()
        let transport = Transport(group: group, environment: [:])
        let body = Array((String(repeating: "x", count: 5_000) + "its last words").utf8)
        let request = PlatformRequest(method: .post, target: adhocrun, headers: [], body: body)
        let begin = ContinuousClock.now
        let origin = deaf.url
        let failure = await #expect(throws: TransportFailure.self) {
            try await transport.send(
                origin + adhocrun, origin, request, headers: [], timeout: .seconds(30), bytes: 1_000,
                wireTime: .milliseconds(500), obstacle: { nil })
        }
        #expect(ContinuousClock.now - begin < .seconds(15))
        guard case .lost? = failure else {
            Issue.record("\(String(describing: failure))")
            return
        }
        let arrived = deaf.takeAll()
        #expect(!arrived.contains("its last words"), "\(arrived.utf8.count) bytes arrived")
        await transport.settle()
    }

    @Test func `before a call's body is handed out its kernel knows for how long it may go on with it`() async throws {
        let tokens = try Self.tokens()
        let server = try ScriptedServer { _ in .json(200, PlatformClientTests.accepted) }
        let look = KernelLook(to: server.port)
        // The last reading before the body is the first with a connection.
        let client = Self.client(server.url, tokens, timeout: .seconds(7)) {
            look.again()
            return ClientUnderTest.clock()
        }
        var call = aCall()
        let now = ClientUnderTest.clock()
        call.leaveBy = WireDeadline(wall: now.wall + .seconds(60), monotonic: now.monotonic + .seconds(60))
        guard case .accepted = await client.activate(call) else {
            Issue.record("it was not sent")
            return
        }
        #expect(!look.seen.isEmpty)
        let wanted = KernelBounds(userTimeoutMilliseconds: 7_000, lingers: true, lingerSeconds: 0)
        #expect(look.seen.allSatisfy { $0 == wanted }, "\(look.seen)")
        await client.shutdown()
        server.stop()
        tokens.stop()
    }
}

/// What the kernel was told about a connection.
private struct KernelBounds: Equatable {
    var userTimeoutMilliseconds: Int32
    var lingers: Bool
    var lingerSeconds: Int32
}

/// Looks at the connections of this process to a port of loopback.
private final class KernelLook: @unchecked Sendable {
    // `lock` guards `all`. A lock that the thread sanitizer understands.
    private let lock = NSLock()
    private var all: [KernelBounds] = []
    private let port: Int

    init(to port: Int) {
        self.port = port
    }

    var seen: [KernelBounds] { lock.withLock { all } }

    func again() {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
        let bounds = names.compactMap { Int32($0) }.filter { Self.otherPort(of: $0) == port }.map(Self.bounds)
        lock.withLock { all += bounds }
    }

    /// Nil for what is no connection to a port.
    private static func otherPort(of descriptor: Int32) -> Int? {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isConnected = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(descriptor, $0, &length) == 0 }
        }
        guard isConnected, address.sin_family == sa_family_t(AF_INET) else { return nil }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    private static func bounds(of descriptor: Int32) -> KernelBounds {
        var timeout: Int32 = -1
        var length = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(descriptor, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, &timeout, &length)
        var rest = linger(l_onoff: 0, l_linger: -1)
        length = socklen_t(MemoryLayout<linger>.size)
        getsockopt(descriptor, SOL_SOCKET, SO_LINGER, &rest, &length)
        return KernelBounds(
            userTimeoutMilliseconds: timeout, lingers: rest.l_onoff != 0, lingerSeconds: rest.l_linger)
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
