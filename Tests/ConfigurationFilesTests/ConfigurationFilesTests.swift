import CampaignConfig
import ConfigurationFiles
import FoundationEssentials
import Glibc
import Testing

/// Goal: whatever stands where a configuration file should be, the answer comes at once and says what to do.
@Suite struct ConfigurationFilesTests {
    private let folder = Folder()

    /// Removed with the test.
    private final class Folder {
        let path: String

        init() {
            var template = Array("\(FileManager.default.temporaryDirectory.path)/activationd-XXXXXX".utf8CString)
            path = template.withUnsafeMutableBufferPointer { buffer in
                buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) } ?? ""
            }
        }

        deinit {
            try? FileManager.default.removeItem(atPath: path)
        }
    }

    private func write(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: URL(filePath: "\(folder.path)/\(name)"))
    }

    private func codes(_ path: String) -> [ConfigurationFault.Code] {
        do throws(ConfigurationFaults) {
            _ = try ConfigurationFiles().read(main: path)
            return []
        } catch {
            return error.faults.map(\.code)
        }
    }

    @Test func `the main file comes first, then those of campaigns.d in byte order`() throws {
        try write("activationd.toml", "a")
        try FileManager.default.createDirectory(
            atPath: folder.path + "/campaigns.d", withIntermediateDirectories: false)
        for name in ["b.toml", "B.toml", "a.toml", "10.toml", ".hidden.toml", "c.toml~", "README.md"] {
            try write("campaigns.d/" + name, name)
        }
        let files = try ConfigurationFiles().read(main: folder.path + "/activationd.toml")
        #expect(
            files.map { String(decoding: $0.bytes, as: UTF8.self) } == ["a", "10.toml", "B.toml", "a.toml", "b.toml"])
        #expect(files[1].path == folder.path + "/campaigns.d/10.toml")
    }

    @Test func `a missing campaigns.d is an empty one`() throws {
        try write("activationd.toml", "a")
        #expect(try ConfigurationFiles().read(main: folder.path + "/activationd.toml").count == 1)
    }

    @Test func `a directory, a FIFO, a socket's like and a device are no files`() {
        #expect(mkfifo(folder.path + "/fifo", 0o600) == 0)
        #expect(codes(folder.path + "/fifo") == [.notARegularFile])
        #expect(codes(folder.path) == [.notARegularFile])
        #expect(codes("/dev/zero") == [.notARegularFile])
    }

    @Test func `a file of 100 MB is refused before it is read`() throws {
        try write("large.toml", "")
        #expect(truncate(folder.path + "/large.toml", 100 * 1024 * 1024) == 0)
        #expect(codes(folder.path + "/large.toml") == [.fileTooLarge])
    }

    @Test func `a missing file and a path through a file can not be read`() throws {
        try write("activationd.toml", "a")
        #expect(codes(folder.path + "/nothing.toml") == [.fileUnreadable])
        #expect(codes(folder.path + "/activationd.toml/x") == [.fileUnreadable, .fileUnreadable])
    }

    @Test(.enabled(if: geteuid() != 0, "root may read every file"))
    func `a file without permission can not be read`() throws {
        try write("activationd.toml", "a")
        #expect(chmod(folder.path + "/activationd.toml", 0) == 0)
        #expect(codes(folder.path + "/activationd.toml") == [.fileUnreadable])
    }

    @Test func `every faulty file is reported, not only the first`() throws {
        try FileManager.default.createDirectory(
            atPath: folder.path + "/campaigns.d/dir.toml", withIntermediateDirectories: true)
        #expect(mkfifo(folder.path + "/campaigns.d/fifo.toml", 0o600) == 0)
        #expect(codes(folder.path + "/missing.toml") == [.fileUnreadable, .notARegularFile, .notARegularFile])
    }
}
