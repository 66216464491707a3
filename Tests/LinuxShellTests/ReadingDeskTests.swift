import Chronology
import Foundation
import Journal
import NIOCore
import SchedulerCore
import Testing

@testable import LinuxShell

/// Goal: who reads much holds up nobody but other readers of the same door, and those not for long.
@Suite struct ReadingDeskTests {
    /// A journal that answers when the test lets it.
    private final class SlowReader: JournalReader, @unchecked Sendable {
        let gate = DispatchSemaphore(value: 0)

        func history(_ query: HistoryQuery) throws(JournalError) -> [StoredRecord] {
            _ = gate.wait(timeout: .now() + 60)
            return []
        }
    }

    private final class Answers: @unchecked Sendable {
        private let lock = NSLock()
        private var statuses: [Int] = []
        let came = DispatchSemaphore(value: 0)

        func add(_ response: ControlResponse) {
            lock.withLock { statuses.append(response.status) }
            came.signal()
        }

        var all: [Int] { lock.withLock { statuses } }
    }

    private let scheduler = Scheduler(
        configuration: Configuration(
            platform: PlatformSettings(
                organization: "org", sandbox: "prod", clientID: "client", clientSecret: .environment("SECRET"))))
    private let reader = SlowReader()
    private let answers = Answers()

    @Test func `a journal that takes long to read does not hold up whoever asks`() throws {
        let desk = ReadingDesk(reader, whenDone: {})
        // It returns although nothing was read yet: the queue of the runtime goes on.
        try desk.answer(.history(HistoryRequest()), .all, scheduler, { true }, answers.add)
        #expect(answers.all.isEmpty)
        reader.gate.signal()
        #expect(answers.came.wait(timeout: .now() + 20) == .success)
        #expect(answers.all == [200])
    }

    @Test func `each door has its own places in the line for the journal`() throws {
        let desk = ReadingDesk(reader, whenDone: {})
        for _ in 1...8 { try desk.answer(.history(HistoryRequest()), .questions, scheduler, { true }, answers.add) }
        #expect(throws: ControlRefusal.self) {
            try desk.answer(.history(HistoryRequest()), .questions, scheduler, { true }, answers.add)
        }
        try desk.answer(.history(HistoryRequest()), .all, scheduler, { true }, answers.add)
        for _ in 1...9 { reader.gate.signal() }
        for _ in 1...9 { #expect(answers.came.wait(timeout: .now() + 20) == .success) }
        try desk.answer(.history(HistoryRequest()), .questions, scheduler, { true }, answers.add)
        reader.gate.signal()
        #expect(answers.came.wait(timeout: .now() + 20) == .success)
    }

    @Test func `nothing is read for a client that has gone`() throws {
        let done = DispatchSemaphore(value: 0)
        let desk = ReadingDesk(reader, whenDone: { done.signal() })
        try desk.answer(.history(HistoryRequest()), .all, scheduler, { false }, answers.add)
        #expect(done.wait(timeout: .now() + 20) == .success)
        #expect(answers.all.isEmpty)
    }

    @Test func `a door hands on some requests at once, and the rest at its pace`() {
        var pace = ControlPace(perSecond: 10, atOnce: 3)
        let now = NIODeadline.uptimeNanoseconds(5_000_000_000)
        let waits = (1...6).map { _ in pace.take(at: now).nanoseconds / 1_000_000 }
        #expect(waits == [0, 0, 0, 0, 100, 200])
        // After a while without requests it is as at first.
        #expect(pace.take(at: now + .seconds(5)) == .zero)
    }
}
