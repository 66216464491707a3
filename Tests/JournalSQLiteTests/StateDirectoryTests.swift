import Chronology
import Foundation
import GRDB
import Journal
import SchedulerCore
import TestPrograms
import Testing

@testable import JournalSQLite

/// Goal: one daemon for each state directory, in a place that can hold a journal, and foreign files are left alone.
@Suite struct StateDirectoryTests {
    @Test func `a second holder of the state directory is refused with the first one's PID`() throws {
        let test = try StoreUnderTest(.memory)
        let lock = try StateDirectoryLock(directory: test.directory)
        let error = #expect(throws: JournalError.self) { try StateDirectoryLock(directory: test.directory) }
        #expect(error?.code == .locked)
        #expect(error?.found.contains("PID \(ProcessInfo.processInfo.processIdentifier)") == true)
        withExtendedLifetime(lock) {}
    }

    private static let hasFlock = (try? run("flock", "--version")) == 0

    @Test(.enabled(if: hasFlock, "flock is not here; Debian has it in util-linux"))
    func `the lock of another process holds for its life and goes with it`() throws {
        let test = try StoreUnderTest(.memory)
        let holder = Process()
        let output = Pipe()
        holder.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        holder.arguments = ["flock", "--no-fork", test.directory + "/lock", "sh", "-c", "echo held; exec sleep 600"]
        holder.standardOutput = output
        try holder.run()
        let held = holder.atMost(60) { output.fileHandleForReading.availableData }
        #expect(held == Data("held\n".utf8))
        let error = #expect(throws: JournalError.self) { try StateDirectoryLock(directory: test.directory) }
        #expect(error?.code == .locked)
        kill(holder.processIdentifier, SIGKILL)
        holder.waitUntilExit(atMost: 60)
        _ = try StateDirectoryLock(directory: test.directory)
    }

    @Test func `a lock that was given back can be taken again`() throws {
        let test = try StoreUnderTest(.memory)
        do { _ = try StateDirectoryLock(directory: test.directory) }
        _ = try StateDirectoryLock(directory: test.directory)
    }

    @Test func `a directory that everybody may write to is refused, and so is a file`() throws {
        let test = try StoreUnderTest(.memory)
        try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: test.directory)
        let open = #expect(throws: JournalError.self) { try StateDirectoryLock(directory: test.directory) }
        #expect(open?.code == .io)
        #expect(open?.remedy.contains("chmod") == true)
        let file = #expect(throws: JournalError.self) { try StateDirectory.prepare("/etc/passwd") }
        #expect(file?.code == .io)
    }

    @Test(arguments: [
        (0x6969 as UInt32, FilesystemKind.network("NFS")), (0xFF53_4D42, .network("SMB")),
        (0xFE53_4D42, .network("SMB")), (0xEF53, .suitable), (0x9123_683E, .suitable), (0x5846_5342, .suitable),
    ])
    func `network file systems are refused by their number`(magic: UInt32, kind: FilesystemKind) {
        #expect(FilesystemKind.of(magic: magic) == kind)
    }

    @Test(arguments: [
        (0x0000_517B as UInt32, "SMB"), (0x0102_1997, "9p"), (0x5346_414F, "AFS"), (0x6B41_4653, "AFS"),
        (0x00C3_6400, "Ceph"), (0x7375_7245, "Coda"), (0x0000_564C, "NCP"), (0x0BD0_0BD0, "Lustre"),
    ])
    func `every network file system has a name by which the admin knows it`(magic: UInt32, name: String) {
        #expect(FilesystemKind.of(magic: magic) == .network(name))
    }

    @Test(arguments: [(0x6573_5546 as UInt32, "FUSE"), (0x0102_1994, "in memory"), (0x8584_58F6, "in memory")])
    func `what may not outlive a reboot, or keep a lock, is warned of`(magic: UInt32, word: String) {
        guard case .doubtful(let words) = FilesystemKind.of(magic: magic) else {
            Issue.record("\(FilesystemKind.of(magic: magic))")
            return
        }
        #expect(words.contains(word))
    }

    @Test func `the file of the lock has the number of its holder, and nothing of who was there before`() throws {
        let test = try StoreUnderTest(.memory)
        let file = URL(fileURLWithPath: test.directory + "/lock")
        try Data("123456789012 was here\n".utf8).write(to: file)
        let lock = try StateDirectoryLock(directory: test.directory)
        #expect(
            try String(contentsOf: file, encoding: .utf8) == "\(ProcessInfo.processInfo.processIdentifier)\n")
        withExtendedLifetime(lock) {}
    }

    @Test(arguments: [("90\n", "PID 90)"), ("1987", "PID 1987)"), ("", "PID unknown)"), ("none\n", "PID unknown)")])
    func `a holder is told by what its file says, each digit of it`(content: String, told: String) throws {
        let test = try StoreUnderTest(.memory)
        let lock = try StateDirectoryLock(directory: test.directory)
        try Data(content.utf8).write(to: URL(fileURLWithPath: test.directory + "/lock"))
        let error = #expect(throws: JournalError.self) { try StateDirectoryLock(directory: test.directory) }
        #expect(error?.code == .locked && error?.found.contains(told) == true, "\(error?.found ?? "")")
        withExtendedLifetime(lock) {}
    }

    @Test func `a journal of a newer version is refused and not changed`() throws {
        let test = try StoreUnderTest(.sqlite)
        try test.store.closeCleanly()
        let copy = try CrashedCopy(of: test)
        try copy.execute("INSERT INTO grdb_migrations VALUES ('99'); PRAGMA wal_checkpoint(TRUNCATE);")
        let before = try copy.bytes()
        let error = #expect(throws: JournalError.self) { try copy.open() }
        #expect(error?.code == .newerFormat)
        #expect(try copy.bytes() == before)
    }

    @Test func `a newer version that was killed before it folded its log is refused as well`() throws {
        let test = try StoreUnderTest(.sqlite)
        let store = try #require(test.store as? SQLiteJournal)
        try store.database.write { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('99')") }
        let copy = try CrashedCopy(of: test)
        let before = try [copy.bytes(), copy.bytes("-wal")]
        let error = #expect(throws: JournalError.self) { try copy.open() }
        #expect(error?.code == .newerFormat)
        #expect(try [copy.bytes(), copy.bytes("-wal")] == before)
    }

    @Test func `a database of another program is refused and not changed`() throws {
        let test = try StoreUnderTest(.memory)
        let copy = try CrashedCopy(of: test)
        try copy.execute("CREATE TABLE recipes (name TEXT)")
        let before = try copy.bytes()
        let error = #expect(throws: JournalError.self) { try copy.open() }
        #expect(error?.code == .io)
        #expect(try copy.bytes() == before)
    }

    @Test func `a file that is no database is refused by name`() throws {
        let test = try StoreUnderTest(.memory)
        let copy = try CrashedCopy(of: test)
        try copy.write(Data(repeating: 0x20, count: 9000))
        let error = #expect(throws: JournalError.self) { try copy.open() }
        #expect(error?.code == .corrupt)
    }

    @Test(.enabled(if: SmallDisk.isPossible, "this machine does not let a test mount a small file system"))
    func `a full disk refuses the commit, what was there stays, and room lets it go on`() throws {
        let test = try StoreUnderTest(.memory)
        try #require(try SmallDisk.mount(test.directory, size: "1m"))
        defer { _ = try? run("umount", "-l", test.directory) }
        let filler = test.directory + "/filler"
        let store = try SQLiteJournal(directory: test.directory)
        try Data(count: 400_000).write(to: URL(fileURLWithPath: filler))
        var committed = 0
        let error = #expect(throws: JournalError.self) {
            for number in 1...20_000 {
                try store.commit([.occurrenceAdmitted(occurrence(number))], at: start, snapshot: nil)
                committed += 1
            }
        }
        #expect(error?.code == .full)
        #expect(committed > 10)
        #expect(try store.everything().count == committed)

        try FileManager.default.removeItem(atPath: filler)
        try store.checkWritable()
        try store.commit([ended(1)], at: start, snapshot: nil)
        #expect(try store.everything().map(\.sequence) == (1...Int64(committed + 1)).map(\.self))
    }

    @Test(.enabled(if: SmallDisk.isPossible, "this machine does not let a test mount a small file system"))
    func `a disk that is mounted read-only is refused by name`() throws {
        let test = try StoreUnderTest(.memory)
        try #require(try SmallDisk.mount(test.directory, size: "2m"))
        defer { _ = try? run("umount", "-l", test.directory) }
        try SQLiteJournal(directory: test.directory).closeCleanly()
        #expect(try run("mount", "-o", "remount,ro", test.directory) == 0)
        let error = #expect(throws: JournalError.self) { try SQLiteJournal(directory: test.directory) }
        #expect(error?.code == .readOnly)
        #expect(throws: JournalError.self) { try StateDirectoryLock(directory: test.directory) }
    }
}
