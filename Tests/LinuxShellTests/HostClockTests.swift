import Foundation
import Testing

@testable import LinuxShell

/// Goal: a clock that nobody keeps right is known, and nothing is held against one of which nothing is known.
@Suite struct HostClockTests {
    @Test(arguments: [(0, true), (15_999_999, true), (16_000_000, false), (Int.max, false)])
    func `the kernel says by how much the clock may be wrong`(error: Int, isSynchronised: Bool) {
        #expect(HostClock.isSynchronised(error: error, timesync: "/nonexistent") == isSynchronised)
    }

    @Test func `where the kernel can not be asked, timesyncd says it, if it is there`() throws {
        let directory = NSTemporaryDirectory() + "timesync-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: directory) }
        #expect(HostClock.isSynchronised(error: nil, timesync: directory))
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        #expect(!HostClock.isSynchronised(error: nil, timesync: directory))
        try Data().write(to: URL(fileURLWithPath: directory + "/synchronized"))
        #expect(HostClock.isSynchronised(error: nil, timesync: directory))
    }
}
