import Foundation
import Testing

/// Goal: what the rooms of the daemon share between threads, they share by means that cost nothing at rest and that the thread
/// sanitizer understands.
@Suite struct ConcurrencyTests {
    static let rooms = [
        "ConfigurationFiles", "ControlClient", "JobQueue", "JournalSQLite", "LinuxShell", "Runtime", "activationd",
    ]

    /// What is not allowed, why, and what takes its place.
    static let banned: [(use: String, why: String)] = [
        (".global(", "libdispatch then looks at its threads once a second; use a serial queue, or the event loop"),
        ("concurrentPerform", "it uses a global queue; use serial queues without a target"),
        // Its lock is in the standard library, where the sanitizer does not look: it reports races that are none.
        ("Mutex", "the thread sanitizer does not see it; use NSLock"),
    ]

    @Test(arguments: rooms)
    func `a room of the daemon uses no global queue, and no lock that the sanitizer does not see`(room: String) throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let directory = root.appendingPathComponent("Sources/\(room)")
        let names = try FileManager.default.subpathsOfDirectory(atPath: directory.path).filter {
            $0.hasSuffix(".swift")
        }
        #expect(!names.isEmpty)
        for name in names {
            let lines = try String(contentsOf: directory.appendingPathComponent(name), encoding: .utf8)
                .split(separator: "\n").filter { !$0.drop { $0 == " " }.hasPrefix("//") }
            for rule in Self.banned where lines.contains(where: { $0.contains(rule.use) }) {
                Issue.record("\(room)/\(name) uses \(rule.use): \(rule.why)")
            }
        }
    }
}
