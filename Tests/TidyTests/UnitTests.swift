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

    /// Without comments: a template says in them of what it is one.
    private func settings(_ name: String) throws -> [String] {
        try unit(name).filter { !$0.hasPrefix("#") }
    }

    @Test(arguments: ["activationd", "activationd-status"])
    func `a socket of an instance is that of the one service, in a directory of its own`(name: String) throws {
        let expected = try settings("\(name).socket").map { line in
            line.hasPrefix("Description=")
                ? line + " of %i"
                : line.replacingOccurrences(of: "/run/activationctl/", with: "/run/activationctl/%i/")
                    .replacingOccurrences(of: "=activationd.service", with: "=activationd@%i.service")
        }
        #expect(try settings("\(name)@.socket") == expected)
    }

    @Test func `orders are taken from one group and questions from another, each at a socket of its own`() throws {
        let orders = try settings("activationd.socket")
        let questions = try settings("activationd-status.socket")
        func own(_ settings: [String], _ others: [String]) -> [String] { settings.filter { !others.contains($0) } }
        #expect(
            own(orders, questions) == [
                "Description=Orders for activationd", "ListenStream=/run/activationctl/control.sock",
                "FileDescriptorName=control", "SocketGroup=activationd-admin",
            ])
        // Without Service= systemd starts what has the socket's own name.
        #expect(
            own(questions, orders) == [
                "Description=Questions for activationd", "ListenStream=/run/activationctl/status.sock",
                "FileDescriptorName=status", "Service=activationd.service", "SocketGroup=activationd-view",
            ])
        #expect(orders.contains("SocketMode=0660") && orders.contains("RemoveOnStop=yes"))
    }
}
