import Chronology
import Dispatch
import SchedulerCore
import Testing

@testable import LinuxShell

/// Goal: plans are made one after the other, and nobody waits for one longer than activationctl does.
@Suite struct PlanDeskTests {
    private let now = Moment(wall: ten, monotonic: Monotonic(milliseconds: 5_000_000))

    private func started() -> Scheduler {
        let configuration = Configuration(
            platform: PlatformSettings(
                organization: "org", sandbox: "prod", clientID: "client", clientSecret: .environment("SECRET")))
        var scheduler = Scheduler(configuration: configuration)
        _ = scheduler.handle(.started(configuration), at: now)
        return scheduler
    }

    @Test func `four plans are made or wait, the fifth is refused, and each gives its place back`() throws {
        let scheduler = started()
        let gate = DispatchSemaphore(value: 0)
        let done = DispatchSemaphore(value: 0)
        let desk = PlanDesk(whenDone: { done.signal() })
        // The first of them holds up the others.
        for _ in 1...4 {
            try desk.answer(PlanRequest(), scheduler, at: now) { _ in _ = gate.wait(timeout: .now() + 20) }
        }
        let refusal = #expect(throws: ControlRefusal.self) {
            try desk.answer(PlanRequest(), scheduler, at: now) { _ in }
        }
        #expect(refusal?.status == 409 && refusal?.message.contains("4 plans") == true)
        for _ in 1...4 { gate.signal() }
        for _ in 1...4 { #expect(done.wait(timeout: .now() + 20) == .success) }
        for _ in 1...4 { try desk.answer(PlanRequest(), scheduler, at: now) { _ in } }
        for _ in 1...4 { #expect(done.wait(timeout: .now() + 20) == .success) }
        #expect(done.wait(timeout: .now()) == .timedOut)
    }
}
