import CampaignConfig
import ConfigurationFiles
import FoundationEssentials
import Glibc
import Testing

/// Goal: files are read up to their bounds, each and together, and not a byte beyond.
@Suite struct FileBoundTests {
    private let folder = FileManager.default.temporaryDirectory.path + "/activationd-bounds-\(UUID().uuidString)"

    private func inFolder(_ body: () throws -> Void) throws {
        try FileManager.default.createDirectory(atPath: folder + "/campaigns.d", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body()
    }

    /// Of zeros, which take no room on the disk.
    private func make(_ name: String, bytes: Int) {
        #expect(FileManager.default.createFile(atPath: folder + "/" + name, contents: nil))
        #expect(truncate(folder + "/" + name, bytes) == 0)
    }

    private func read() -> Result<[SourceFile], ConfigurationFaults> {
        Result { () throws(ConfigurationFaults) in try ConfigurationFiles().read(main: folder + "/activationd.toml") }
    }

    private func faults() -> [ConfigurationFault] {
        if case .failure(let faults) = read() { faults.faults } else { [] }
    }

    private func fault(of result: Result<[UInt8], ConfigurationFault>) -> ConfigurationFault? {
        if case .failure(let fault) = result { fault } else { nil }
    }

    @Test func `a file has 32 MiB at most, and all have 64`() throws {
        try inFolder { () throws -> Void in
            make("activationd.toml", bytes: 33_554_433)
            #expect(faults().map(\.code) == [.fileTooLarge])
            #expect(faults().first?.remedy == "Split it into several files.")
            make("activationd.toml", bytes: 33_554_432)
            make("campaigns.d/a.toml", bytes: 33_554_432)
            #expect(try read().get().map(\.bytes.count) == [33_554_432, 33_554_432])
            make("campaigns.d/b.toml", bytes: 1)
            #expect(faults().map(\.code) == [.fileTooLarge])
            #expect(faults().first?.remedy == "Remove what is not needed.")
        }
    }

    /// The kernel calls it a regular file, and refuses to read where nothing is.
    @Test func `a file that opens and can not be read is named, with the reason`() {
        let result = Result { () throws(ConfigurationFaults) in try ConfigurationFiles().read(main: "/proc/self/mem") }
        guard case .failure(let faults) = result else {
            Issue.record("it was read")
            return
        }
        let fault = faults.faults.first { $0.file == "/proc/self/mem" }
        #expect(fault?.code == .fileUnreadable)
        #expect(fault?.found == "the file can not be read: Input/output error")
    }

    @Test func `a folder has ten thousand files at most`() throws {
        try inFolder { () throws -> Void in
            make("activationd.toml", bytes: 0)
            for number in 1...10_000 { make("campaigns.d/\(number).toml", bytes: 0) }
            #expect(try read().get().count == 10_001)
            make("campaigns.d/more.toml", bytes: 0)
            #expect(faults().map(\.code) == [.tooMany])
        }
    }

    @Test func `the file of a calendar has 16 MiB at most, and all of them 64`() throws {
        try inFolder { () throws -> Void in
            let files = CalendarFiles(main: folder + "/activationd.toml")
            make("large.ics", bytes: 16_777_217)
            #expect(fault(of: files.read("large.ics"))?.code == .fileTooLarge)
            for name in ["a", "b", "c", "d"] {
                make(name + ".ics", bytes: 16_777_216)
                #expect(try files.read(name + ".ics").get().count == 16_777_216)
            }
            make("e.ics", bytes: 1)
            let last = fault(of: files.read("e.ics"))
            #expect(last?.code == .fileTooLarge && last?.remedy == "Remove what is long past.")
            // One that was read already is read for nothing.
            #expect(try files.read("a.ics").get().count == 16_777_216)
        }
    }

    @Test func `what is no file is named`() throws {
        try inFolder { () throws -> Void in
            func found(_ path: String) -> String? {
                do throws(ConfigurationFaults) {
                    _ = try ConfigurationFiles().read(main: path)
                    return nil
                } catch {
                    return error.faults.first?.found
                }
            }
            #expect(mkfifo(folder + "/fifo", 0o600) == 0)
            #expect(found(folder + "/fifo") == "this is a FIFO")
            #expect(found(folder + "/campaigns.d") == "this is a directory")
            #expect(found("/dev/zero") == "this is a device")
            #expect(found(folder + "/a\0b") == "the path holds U+0000")
        }
    }

    // MARK: Zones

    @Test func `a zone's name has 64 letters at most, and stays in its directory`() throws {
        try inFolder { () throws -> Void in
            let utc = try Data(contentsOf: URL(filePath: "/usr/share/zoneinfo/Etc/UTC"))
            let zones = ZoneFiles(directory: folder)
            let long = String(repeating: "A", count: 64)
            for name in [long, long + "A", "a b", "Etc_+-1"] { try utc.write(to: URL(filePath: folder + "/" + name)) }
            #expect(zones.zone(long) != nil && zones.zone("Etc_+-1") != nil)
            #expect(zones.zone(long + "A") == nil && zones.zone("a b") == nil)
            #expect(zones.zone("") == nil && zones.zone(".") == nil && zones.zone(folder + "/" + long) == nil)
            #expect(zones.zone("../" + folder.split(separator: "/").last! + "/" + long) == nil)
            // What was loaded stays what it was, until the next load.
            try Data("no zone".utf8).write(to: URL(filePath: folder + "/" + long))
            #expect(zones.zone(long) != nil)
            #expect(ZoneFiles(directory: folder).zone(long) == nil)
        }
    }

    @Test func `the directory of zones is the system's, unless the environment names another`() throws {
        #expect(ZoneFiles(environment: [:]).zone("Europe/Stockholm") != nil)
        #expect(ZoneFiles(environment: ["TZDIR": ""]).zone("Europe/Stockholm") != nil)
        #expect(ZoneFiles(environment: ["TZDIR": "/nonexistent"]).zone("Europe/Stockholm") == nil)
    }

    @Test func `a version has 32 letters at most`() throws {
        try inFolder { () throws -> Void in
            for (count, isRead) in [(32, true), (33, false)] {
                let version = String(repeating: "x", count: count)
                try Data("\(version)\n".utf8).write(to: URL(filePath: folder + "/+VERSION"))
                #expect(ZoneFiles(directory: folder).version == (isRead ? version : nil))
            }
        }
    }
}
