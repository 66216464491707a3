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
    @Test func `a call that is handed out twice is sent once`() async throws {
        let test = try ClientUnderTest { request in
            request.target == adhocrun ? .json(200, PlatformClientTests.accepted) : .close
        }
        let queue = DispatchQueue(label: "test")
        let environment = LinuxEnvironment(
            queue: queue, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, client: test.client,
            width: 1,
            onNotification: { _ in }, onJournalTrouble: { _ in })
        let answer: Event = await withCheckedContinuation { continuation in
            queue.sync {
                // A second answer would end the test by resuming once more.
                environment.connect { continuation.resume(returning: $0) }
                environment.perform(.send(aCall()))
                environment.perform(.send(aCall()))
            }
        }
        guard case .callAnswered(CallID(1), .accepted) = answer else {
            Issue.record("\(answer)")
            return
        }
        queue.sync { environment.perform(.send(aCall())) }
        // A question that is asked after it is answered after whatever it would have begun.
        _ = await test.client.exportJobs("prod", since: ten)
        #expect(test.server.count(adhocrun) == 1)
        await test.stop()
    }
}
