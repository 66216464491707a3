import Chronology
import Foundation
import Journal
import JournalSQLite
import SchedulerCore
import Testing

/// Goal: the SQLite journal is durable, notices damage, and never destroys what it can not read.
@Suite struct SQLiteJournalTests {
    @Test func `what was committed is there after the store was opened again`() throws {
        let test = try StoreUnderTest(.sqlite)
        try test.store.commit([.occurrenceAdmitted(occurrence(1))], at: start, snapshot: [7])
        try test.store.closeCleanly()
        test.store = try SQLiteJournal(directory: test.directory)
        #expect(try test.store.everything().map(\.record) == [.occurrenceAdmitted(occurrence(1))])
        #expect(try test.store.snapshot()?.bytes == [7])
    }

    @Test func `a store that was not closed is checked, and goes on`() throws {
        let test = try StoreUnderTest(.sqlite)
        try test.store.commit([.occurrenceAdmitted(occurrence(1))], at: start, snapshot: nil)
        let copy = try copyOfFiles(test.directory)
        defer { try? FileManager.default.removeItem(atPath: copy) }
        #expect(try SQLiteJournal(directory: copy).everything().count == 1)
    }

    @Test func `a torn end of the write-ahead log is dropped, and what was before it stays`() throws {
        let test = try StoreUnderTest(.sqlite)
        for number in 1...20 {
            try test.store.commit([.occurrenceAdmitted(occurrence(number))], at: start, snapshot: nil)
        }
        let copy = try copyOfFiles(test.directory)
        defer { try? FileManager.default.removeItem(atPath: copy) }
        let log = copy + "/journal.sqlite-wal"
        let handle = try #require(FileHandle(forWritingAtPath: log))
        let size = try handle.seekToEnd()
        try handle.truncate(atOffset: size - 100)
        try handle.close()
        let found = try SQLiteJournal(directory: copy).everything()
        #expect(found.count == 19)
        #expect(found.map(\.sequence) == Array(1...19))
    }

    @Test func `a damaged middle stops the start with what to do, and is not touched`() throws {
        let test = try StoreUnderTest(.sqlite)
        for number in 1...2000 {
            try test.store.commit([.occurrenceAdmitted(occurrence(number))], at: start, snapshot: nil)
        }
        try test.store.closeCleanly()
        let path = test.directory + "/journal.sqlite"
        // Not clean any more, as after a crash; then whole pages of the middle are lost.
        _ = try SQLiteJournal(directory: test.directory)
        let copy = try copyOfFiles(test.directory)
        defer { try? FileManager.default.removeItem(atPath: copy) }
        let damaged = copy + "/journal.sqlite"
        var bytes = try Data(contentsOf: URL(fileURLWithPath: damaged))
        try #require(bytes.count > 40 * 4096)
        bytes.replaceSubrange((20 * 4096)..<(24 * 4096), with: Data(repeating: 0xA5, count: 4 * 4096))
        try bytes.write(to: URL(fileURLWithPath: damaged))
        let error = #expect(throws: JournalError.self) { try SQLiteJournal(directory: copy) }
        #expect(error?.code == .corrupt)
        #expect(error?.remedy.contains("backup") == true)
        _ = path
    }

    @Test func `a journal of a newer version is refused and not changed`() throws {
        let test = try StoreUnderTest(.sqlite)
        try test.store.closeCleanly()
        let path = test.directory + "/journal.sqlite"
        try run("sqlite3", path, "INSERT INTO grdb_migrations VALUES ('99'); PRAGMA wal_checkpoint(TRUNCATE);")
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        let error = #expect(throws: JournalError.self) { try SQLiteJournal(directory: test.directory) }
        #expect(error?.code == .newerFormat)
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
    }

    @Test func `a file that is no database is refused by name`() throws {
        let test = try StoreUnderTest(.memory)
        try Data(repeating: 0x20, count: 9000).write(to: URL(fileURLWithPath: test.directory + "/journal.sqlite"))
        let error = #expect(throws: JournalError.self) { try SQLiteJournal(directory: test.directory) }
        #expect(error?.code == .corrupt)
    }

    @Test func `a full disk refuses the commit, and what was there stays`() throws {
        let test = try StoreUnderTest(.memory)
        guard try run("mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", test.directory) == 0 else {
            print("skipped: this machine does not let a test mount a small file system")
            return
        }
        defer { _ = try? run("umount", "-l", test.directory) }
        let store = try SQLiteJournal(directory: test.directory)
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
    }

    @Test func `a second holder of the state directory is refused with the first one's PID`() throws {
        let test = try StoreUnderTest(.memory)
        let lock = try StateDirectoryLock(directory: test.directory)
        let error = #expect(throws: JournalError.self) { try StateDirectoryLock(directory: test.directory) }
        #expect(error?.code == .locked)
        #expect(error?.found.contains("PID \(ProcessInfo.processInfo.processIdentifier)") == true)
        withExtendedLifetime(lock) {}
    }

    @Test func `every record that the daemon writes reads back as it was`() throws {
        let test = try StoreUnderTest(.sqlite)
        let id = ActivationID(OccurrenceID(1), 1)
        let call = Call(
            id: CallID(1), sandbox: "prod", activations: [id], pairs: [Pair(dataflow: "flow", audience: "vip")],
            baselines: ["flow": Baseline(runs: ["a"], horizon: start)], exportJob: "4711", at: start)
        let records: [Record] = [
            .generationLoaded(generation: 1, digest: "0123"), .callIntended(call),
            .callSending(call: CallID(1), at: start),
            .callWithdrawn(call: CallID(1), reason: "\u{202E}odd \"text\"\n"),
            .activationReturned(activation: id, reason: "r", notBefore: start, attemptCounts: true, packLimit: 3),
            .activationEnded(
                activation: id,
                outcome: ActivationOutcome(
                    result: .succeeded, run: "run", metrics: RunMetrics(records: 3, errors: ["e"], snapshot: "s")),
                at: start),
            .paused(Pause(scope: .campaign("sale"), since: start, until: nil, actor: "me", reason: "why")),
            .resumed(scope: .all, actor: "me", at: start),
            .activationResolved(activation: id, resolution: .adopt("run"), actor: "me", at: start),
        ]
        try test.store.commit(records, at: start, snapshot: nil)
        #expect(try test.store.everything().map(\.record) == records)
    }

    private func copyOfFiles(_ directory: String) throws -> String {
        let copy = directory + "-copy"
        try FileManager.default.copyItem(atPath: directory, toPath: copy)
        return copy
    }

    @discardableResult
    private func run(_ program: String, _ arguments: String...) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program] + arguments
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus
    }
}
