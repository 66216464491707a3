import Foundation
import Testing

/// Goal: a daemon that has nothing to do stays asleep. From the first use of a global queue on, libdispatch looks at its
/// threads once a second for as long as the process lives.
@Suite struct GlobalQueueTests {
    @Test(arguments: [
        "ConfigurationFiles", "ControlClient", "JobQueue", "JournalSQLite", "LinuxShell", "Runtime", "activationd",
    ])
    func `a room of the daemon uses no global queue`(room: String) throws {
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
            for use in [".global(", "concurrentPerform"] where lines.contains(where: { $0.contains(use) }) {
                Issue.record("\(room)/\(name) uses \(use); use a serial queue without a target, or the event loop")
            }
        }
    }
}
