// What the suites do to journals: copy their files as a crash would leave them, damage and look at them.

import Foundation
import GRDB
import Journal
import JournalSQLite
import TestPrograms

/// The files of a journal that is open, as they would be found after a power cut or after `kill -9`; removed at the end.
final class CrashedCopy {
    let directory: String

    /// - Parameter keepsIndex: As after `kill -9`. SQLite's index of its log is never synced: after a power cut it is gone.
    convenience init(of test: StoreUnderTest, keepsIndex: Bool = false) throws {
        try self.init(copying: test.directory, keepsIndex: keepsIndex)
    }

    convenience init(of other: CrashedCopy) throws {
        try self.init(copying: other.directory, keepsIndex: true)
    }

    private init(copying directory: String, keepsIndex: Bool) throws {
        self.directory = directory + "-" + UUID().uuidString
        try FileManager.default.copyItem(atPath: directory, toPath: self.directory)
        if !keepsIndex { try? FileManager.default.removeItem(atPath: path("-shm")) }
    }

    deinit {
        try? FileManager.default.removeItem(atPath: directory)
    }

    func path(_ suffix: String = "") -> String {
        directory + "/" + SQLiteJournal.fileName + suffix
    }

    func bytes(_ suffix: String = "") throws -> Data {
        try Data(contentsOf: URL(fileURLWithPath: path(suffix)))
    }

    func write(_ bytes: Data, _ suffix: String = "") throws {
        try bytes.write(to: URL(fileURLWithPath: path(suffix)))
    }

    func flipByte(at offset: Int, _ suffix: String = "") throws {
        var bytes = try bytes(suffix)
        bytes[offset] ^= 0x10
        try write(bytes, suffix)
    }

    func open() throws -> SQLiteJournal {
        try SQLiteJournal(directory: directory)
    }

    /// Statements on the file behind the store's back.
    func execute(_ sql: String) throws {
        let database = try DatabaseQueue(path: path())
        try database.writeWithoutTransaction { try $0.execute(sql: sql) }
        try database.close()
    }
}

/// Runs a program and waits for it. Its output goes nowhere.
@discardableResult
func run(_ program: String, _ arguments: String...) throws -> Int32 {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [program] + arguments
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit(atMost: 60)
    return process.terminationStatus
}

/// A small file system in memory, which fills up like a disk.
enum SmallDisk {
    static func mount(_ directory: String, size: String) throws -> Bool {
        try run("mount", "-t", "tmpfs", "-o", "mode=700,size=\(size)", "tmpfs", directory) == 0
    }

    static let isPossible = {
        let directory = NSTemporaryDirectory() + "small-disk-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: directory) }
        guard (try? FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)) != nil,
            (try? mount(directory, size: "1m")) == true
        else { return false }
        return (try? run("umount", "-l", directory)) == 0
    }()
}
