// Waiting in real time, by threads that may block: Swift's own tasks are used for the simulated platform only.

import Chronology
import Foundation

func wallClock() -> Instant {
    Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
}

/// - Returns: Whether the condition came true in time.
func waits(_ seconds: Double, _ condition: () -> Bool) -> Bool {
    let end = Date().addingTimeInterval(seconds)
    while !condition() {
        guard Date() < end else { return false }
        Thread.sleep(forTimeInterval: 0.02)
    }
    return true
}

/// Blocks this thread until a task has ended.
func waitFor<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) throws -> Value {
    let box = ResultBox<Value>()
    Task {
        do { box.put(.success(try await body())) } catch { box.put(.failure(error)) }
    }
    return try box.take()
}

private final class ResultBox<Value: Sendable>: @unchecked Sendable {
    private let semaphore = DispatchSemaphore(value: 0)
    private var result: Result<Value, any Error>?

    func put(_ result: Result<Value, any Error>) {
        self.result = result
        semaphore.signal()
    }

    func take() throws -> Value {
        semaphore.wait()
        return try result!.get()
    }
}
