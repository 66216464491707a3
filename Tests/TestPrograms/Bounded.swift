// Waits for programs that tests run, each with a bound: one that has not ended by then is ended, and what it leaves fails the test.

package import Foundation

extension Process {
    /// Does what waits for it, such as a read of its output: that ends with it, and its status says that it was killed.
    package func atMost<Answer>(_ seconds: Int, _ wait: () throws -> Answer) rethrows -> Answer {
        let end = DispatchWorkItem { [processIdentifier] in kill(processIdentifier, SIGKILL) }
        DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(seconds), execute: end)
        defer { end.cancel() }
        return try wait()
    }

    package func waitUntilExit(atMost seconds: Int) {
        atMost(seconds) { waitUntilExit() }
    }
}
