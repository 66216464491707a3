import Chronology
import Dispatch
import Foundation
import Logging
import NIOPosix
import SchedulerCore
import Testing

@testable import LinuxShell

/// Goal: what the core decides is done once.
@Suite struct LinuxEnvironmentTests {
    @Test(.timeLimit(.minutes(1))) func `a call that is handed out twice is sent once`() async throws {
        let test = try ClientUnderTest { request in
            request.target == adhocrun ? .json(200, PlatformClientTests.accepted) : .close
        }
        let queue = DispatchQueue(label: "test")
        let environment = LinuxEnvironment(
            queue: queue, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, client: test.client,
            width: 1,
            onNotification: { _ in }, onJournalTrouble: { _ in })
        let (events, told) = AsyncStream<Event>.makeStream()
        var next = events.makeAsyncIterator()
        queue.sync {
            environment.connect { told.yield($0) }
            environment.perform(.send(aCall()))
            environment.perform(.send(aCall()))
        }
        let answer = await next.next()
        guard case .callAnswered(CallID(1), .accepted)? = answer else {
            Issue.record("\(String(describing: answer))")
            return
        }
        queue.sync { environment.perform(.send(aCall())) }
        // A question that is asked after it is answered after whatever it would have begun.
        _ = await test.client.exportJobs("prod", since: ten)
        #expect(test.server.count(adhocrun) == 1)
        // A second answer would be the next event.
        told.finish()
        #expect(await next.next() == nil)
        await test.stop()
    }

    @Test(.timeLimit(.minutes(1))) func `a call that is taken back on the wire keeps its turn until it is answered`()
        async throws
    {
        let (arrivals, arrived) = AsyncStream<Void>.makeStream()
        let test = try ClientUnderTest { request in
            guard request.target == adhocrun else { return .close }
            arrived.yield()
            return .stall
        }
        let queue = DispatchQueue(label: "test")
        let environment = LinuxEnvironment(
            queue: queue, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, client: test.client,
            width: 2, onNotification: { _ in }, onJournalTrouble: { _ in })
        let (events, told) = AsyncStream<Event>.makeStream()
        var next = events.makeAsyncIterator()
        queue.sync {
            environment.connect { told.yield($0) }
            environment.perform(.queueCall(CallID(1), sandbox: "prod", audiences: [audience]))
        }
        #expect(await next.next().map { "\($0)" } == "\(Event.callTurn(CallID(1)))")
        queue.sync { environment.perform(.send(aCall())) }
        for await _ in arrivals { break }
        queue.sync {
            environment.perform(.dropCall(CallID(1)))
            environment.perform(.queueCall(CallID(2), sandbox: "prod", audiences: [audience]))
        }
        test.server.hangUp()
        guard case .callAnswered(CallID(1), .doubtful) = await next.next() else {
            Issue.record("the next call of the audience had its turn before the answer")
            return
        }
        #expect(await next.next().map { "\($0)" } == "\(Event.callTurn(CallID(2)))")
        await test.stop()
    }

    @Test(
        arguments: [
            (AskFailure.credentials(detail: ""), true), (.secret(detail: ""), true),
            (.refused(status: 403, detail: ""), true),
            (.refused(status: 400, detail: ""), nil), (.unavailable(detail: ""), nil), (.nonsense(detail: ""), nil),
            (.throttled(retryAfter: nil, detail: ""), nil),
        ] as [(AskFailure, Bool?)])
    func `a client whose credentials were refused last is made anew by a reload`(failure: AskFailure, isRefused: Bool?)
    {
        #expect(Event.runsAnswered(AskID(1), .failure(failure)).isRefused == isRefused)
    }
}
