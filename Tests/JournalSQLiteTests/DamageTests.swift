import Chronology
import Foundation
import Journal
import JournalSQLite
import SchedulerCore
import Testing

/// Goal: a torn end is dropped; damage to what was acknowledged stops the start, and is never mistaken for a torn end.
@Suite struct DamageTests {
    /// Twenty commits that are still in the write-ahead log.
    private func crashed(keepsIndex: Bool = false) throws -> CrashedCopy {
        let test = try StoreUnderTest(.sqlite)
        for number in 1...20 {
            try test.store.commit([.occurrenceAdmitted(occurrence(number))], at: start, snapshot: nil)
        }
        return try CrashedCopy(of: test, keepsIndex: keepsIndex)
    }

    /// Two hundred commits that have been folded into the file, and a stop that was not clean.
    private func folded() throws -> CrashedCopy {
        let test = try StoreUnderTest(.sqlite)
        for number in 1...200 {
            try test.store.commit([.occurrenceAdmitted(occurrence(number))], at: start, snapshot: [1, 2, 3])
        }
        let copy = try CrashedCopy(of: test)
        try copy.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return copy
    }

    @Test func `a store that was not closed goes on with all that was committed`() throws {
        #expect(try crashed().open().everything().count == 20)
        #expect(try folded().open().everything().count == 200)
    }

    // Found by the torture: it was taken for a new one, and what had been sent was forgotten.
    @Test func `a journal that is empty although one was made is refused, and one that is gone is made anew`() throws {
        let test = try StoreUnderTest(.memory)
        let directory = test.directory + "/emptied"
        let lock = try StateDirectoryLock(directory: directory)
        let path = directory + "/journal.sqlite"
        let store = try SQLiteJournal(directory: directory)
        try store.commit([.occurrenceAdmitted(occurrence(1))], at: start, snapshot: nil)
        try store.closeCleanly()
        #expect(truncate(path, 0) == 0)
        let error = #expect(throws: JournalError.self) { _ = try SQLiteJournal(directory: directory) }
        #expect(error?.code == .corrupt)
        #expect(try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int == 0, "it stays as it is")
        try FileManager.default.removeItem(atPath: path)
        #expect(try SQLiteJournal(directory: directory).everything().isEmpty)
        withExtendedLifetime(lock) {}
    }

    @Test func `a store tells whether the process before closed it`() throws {
        let copy = try crashed()
        let store = try copy.open()
        #expect(store.wasLeftOpen)
        try store.closeCleanly()
        #expect(try !copy.open().wasLeftOpen)
    }

    @Test(arguments: [1, 100, 4096, 4200])
    func `a torn end of the write-ahead log is dropped, and what was before it stays`(cut: Int) throws {
        let copy = try crashed()
        try copy.write(copy.bytes("-wal").dropLast(cut), "-wal")
        #expect(try copy.open().everything().map(\.sequence) == Array(1...19))
    }

    @Test func `after kill -9 nothing of the write-ahead log may be missing, be it one byte or all`() throws {
        let original = try crashed(keepsIndex: true)
        #expect(try CrashedCopy(of: original).open().everything().count == 20)
        let length = try original.bytes("-wal").count
        let frame = 4096 + 24
        for left in [0, 32, 32 + 3 * frame, length - 5 * frame, length - frame, length - 1] {
            let copy = try CrashedCopy(of: original)
            try copy.write(copy.bytes("-wal").prefix(left), "-wal")
            let before = try [copy.bytes(), copy.bytes("-wal")]
            let error = #expect(throws: JournalError.self, "\(left) bytes left") { try copy.open() }
            #expect(error?.code == .corrupt)
            #expect(try [copy.bytes(), copy.bytes("-wal")] == before)
        }
        let gone = try CrashedCopy(of: original)
        try FileManager.default.removeItem(atPath: gone.path("-wal"))
        #expect(throws: JournalError.self) { try gone.open() }
    }

    @Test(arguments: [0, 1, 99])
    func `a file that was cut to nothing is refused, and its write-ahead log stays`(left: Int) throws {
        let copy = try crashed()
        try copy.write(copy.bytes().prefix(left))
        let before = try copy.bytes("-wal")
        let error = #expect(throws: JournalError.self) { try copy.open() }
        #expect(error?.code == .corrupt)
        #expect(try copy.bytes("-wal") == before)
        #expect(try copy.bytes().count == left)
    }

    @Test func `an index that is not whole, or of another log, says nothing`() throws {
        let copy = try crashed(keepsIndex: true)
        try copy.flipByte(at: 17, "-shm")
        try copy.write(copy.bytes("-wal").dropLast(100), "-wal")
        #expect(try copy.open().everything().map(\.sequence) == Array(1...19))
    }

    // SQLite writes its head, 32 bytes, and syncs it before the first frame: what is shorter holds no commit.
    @Test(arguments: [(1, true), (31, true), (32, true), (33, false), (4096, false)])
    func `a write-ahead log of which not even the head was written is dropped, and behind a bad head is damage`(
        length: Int, isDropped: Bool
    ) throws {
        let copy = try folded()
        try copy.write(Data(repeating: 0x37, count: length), "-wal")
        if isDropped {
            #expect(try copy.open().everything().count == 200)
        } else {
            let error = #expect(throws: JournalError.self) { try copy.open() }
            #expect(error?.code == .corrupt)
            #expect(try copy.bytes("-wal").count == length)
        }
    }

    @Test func `a write-ahead log that can not be looked at is refused by its name`() throws {
        let copy = try folded()
        let log = copy.path("-wal")
        try? FileManager.default.removeItem(atPath: log)
        // It leads to itself, so nobody can open it.
        try FileManager.default.createSymbolicLink(atPath: log, withDestinationPath: log)
        let error = #expect(throws: JournalError.self) { try copy.open() }
        #expect(error?.found.contains("journal.sqlite-wal can not be read") == true)
    }

    @Test func `a transaction of which only the end was written is dropped`() throws {
        let copy = try crashed()
        let length = try copy.bytes("-wal").count
        try copy.flipByte(at: length - 4096 - 24 - 100, "-wal")  // the last frame but one
        #expect(try copy.open().everything().map(\.sequence) == Array(1...19))
    }

    @Test func `a flipped byte anywhere in the write-ahead log costs no acknowledged record in silence`() throws {
        let original = try crashed()
        let length = try original.bytes("-wal").count
        var refusals = 0
        for offset in stride(from: 0, to: length, by: 4999) {
            let copy = try CrashedCopy(of: original)
            try copy.flipByte(at: offset, "-wal")
            do {
                // All is well, or it can not be told from a torn end: only the last transaction is gone.
                #expect(try copy.open().everything().count >= 19, "offset \(offset)")
            } catch let error as JournalError {
                #expect(error.code == .corrupt)
                refusals += 1
            }
        }
        #expect(refusals > 100)
    }

    @Test func `a flipped byte anywhere in the file is found, or was in an unused place`() throws {
        let original = try folded()
        let expected = try CrashedCopy(of: original).open().everything()
        let length = try original.bytes().count
        var refusals = 0
        for offset in stride(from: 4096, to: length, by: 1999) {
            let copy = try CrashedCopy(of: original)
            try copy.flipByte(at: offset)
            do {
                let store = try copy.open()
                #expect(try store.everything() == expected, "offset \(offset)")
                #expect(try store.snapshot()?.bytes == [1, 2, 3], "offset \(offset)")
            } catch let error as JournalError {
                #expect(error.code == .corrupt)
                refusals += 1
            }
        }
        #expect(refusals > 20)
    }

    @Test func `a page that is lost after a clean stop is found before anything is written`() throws {
        let original = try folded()
        try original.open().closeCleanly()
        let length = try original.bytes().count
        for page in 1..<length / 4096 {
            let copy = try CrashedCopy(of: original)
            var bytes = try copy.bytes()
            bytes.replaceSubrange(page * 4096..<(page + 1) * 4096, with: Data(count: 4096))
            try copy.write(bytes)
            let error = #expect(throws: JournalError.self, "page \(page)") { try copy.open() }
            #expect(error?.code == .corrupt)
            #expect(try copy.bytes() == bytes, "page \(page)")
        }
    }

    @Test func `a snapshot that was changed after a clean stop is found before anything is written`() throws {
        let copy = try folded()
        try copy.open().closeCleanly()
        try copy.execute("UPDATE snapshot SET body = x'010204'")
        let before = try copy.bytes()
        let error = #expect(throws: JournalError.self) { try copy.open() }
        #expect(error?.code == .corrupt)
        #expect(try copy.bytes() == before)
    }

    @Test func `a changed value is found when it is read, even after a clean stop`() throws {
        let copy = try folded()
        try copy.open().closeCleanly()
        try copy.execute("UPDATE records SET body = CAST(replace(body, 'prod', 'test') AS BLOB) WHERE sequence = 100")
        let store = try copy.open()
        #expect(try store.history(HistoryQuery(before: 100, limit: 1)).map(\.sequence) == [99])
        let error = #expect(throws: JournalError.self) { try store.everything() }
        #expect(error?.code == .corrupt)
        #expect(error?.found.contains("record 100") == true)
    }

    @Test func `the whole file is checked only when the last stop was not clean`() throws {
        let copy = try folded()
        let change = "UPDATE records SET at = at + 1 WHERE sequence = 100"
        try copy.execute(change)
        let error = #expect(throws: JournalError.self) { try copy.open() }
        #expect(error?.code == .corrupt)
        try copy.execute("UPDATE status SET is_clean = 1")
        _ = try copy.open()
    }

    @Test func `what is refused as damaged stays as it is, and the remedy says what to do`() throws {
        let copy = try crashed()
        try copy.flipByte(at: 20_000, "-wal")
        let before = try [copy.bytes(), copy.bytes("-wal")]
        let error = #expect(throws: JournalError.self) { try copy.open() }
        #expect(error?.remedy.contains("backup") == true)
        #expect(try [copy.bytes(), copy.bytes("-wal")] == before)
    }

    @Test func `a record of an unknown format is named by its number`() throws {
        let copy = try folded()
        try copy.execute(
            """
            UPDATE status SET is_clean = 1;
            UPDATE records SET format = 3, checksum = \(Checksum.of(100, start, format: 3, Array("{}".utf8))),
              body = CAST('{}' AS BLOB) WHERE sequence = 100;
            """)
        let error = #expect(throws: JournalError.self) { try copy.open().everything() }
        #expect(error?.code == .newerFormat)
        #expect(error?.found.contains("record 100") == true)
    }
}
