import Foundation
import Testing

/// Goal: one service or one of many is the same service.
@Suite struct UnitTests {
    private func unit(_ name: String) throws -> [String] {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return try String(contentsOf: root.appendingPathComponent("systemd/\(name)"), encoding: .utf8)
            .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    // Without it systemd names the user by what stands before the "@", and all instances would be one user.
    @Test func `the template is the service, with a user for each instance`() throws {
        var expected = try unit("activationd.service")
        let user = try #require(expected.firstIndex { $0.hasPrefix("DynamicUser=") }) + 1
        expected.insert("User=activationd_%i", at: user)
        #expect(try unit("activationd@.service") == expected)
    }
}
