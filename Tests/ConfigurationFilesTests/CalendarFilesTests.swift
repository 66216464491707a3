import CampaignConfig
import ConfigurationFiles
import FoundationEssentials
import Glibc
import Testing

/// Goal: the file of a calendar is found beside the main file, read as it is at the reload, and never waited for.
@Suite struct CalendarFilesTests {
    private let folder = FileManager.default.temporaryDirectory.path + "/activationd-calendars-\(UUID().uuidString)"

    private func withFolder(_ body: () throws -> Void) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body()
    }

    private func write(_ text: String) throws {
        try Data(text.utf8).write(to: URL(filePath: folder + "/days.ics"))
    }

    @Test func `a path is absolute, or beside the main file`() throws {
        try withFolder {
            try write("a")
            let files = CalendarFiles(main: folder + "/activationd.toml")
            #expect(try files.read("days.ics").get() == Array("a".utf8))
            #expect(try files.read(folder + "/days.ics").get() == Array("a".utf8))
        }
    }

    @Test func `a file that was changed is seen by the next load, and not by this one`() throws {
        try withFolder {
            try write("a")
            let files = CalendarFiles(main: folder + "/activationd.toml")
            _ = files.read("days.ics")
            try write("b")
            #expect(try files.read("days.ics").get() == Array("a".utf8))
            #expect(try CalendarFiles(main: folder + "/activationd.toml").read("days.ics").get() == Array("b".utf8))
        }
    }

    @Test func `what is no file, or too large, is refused at once`() throws {
        try withFolder {
            #expect(mkfifo(folder + "/days.ics", 0o600) == 0)
            let files = CalendarFiles(main: folder + "/activationd.toml")
            let large = folder + "/large.ics"
            #expect(FileManager.default.createFile(atPath: large, contents: nil))
            #expect(truncate(large, CalendarFiles.byteLimit + 1) == 0)
            let codes = ["days.ics", "missing.ics", ".", "large.ics", "a\0b"].map { path in
                if case .failure(let fault) = files.read(path) { fault.code } else { nil as ConfigurationFault.Code? }
            }
            #expect(codes == [.notARegularFile, .fileUnreadable, .notARegularFile, .fileTooLarge, .fileUnreadable])
        }
    }
}
