import ConfigurationFiles
import FoundationEssentials
import Testing

/// Goal: zones and their version are those of the directory, as it is now.
@Suite struct ZoneFilesTests {
    @Test(
        arguments: [
            ("tzdata.zi", "# version 2026f\n# This zic input file\n", "2026f"), ("+VERSION", "2025b\n", "2025b"),
            ("tzdata.zi", "# version 2026f-dirty.3\r\n", "2026f-dirty.3"), ("tzdata.zi", "Z Europe/Stockholm\n", nil),
            ("tzdata.zi", "# version \n", nil), ("+VERSION", "", nil), ("+VERSION", "2025\u{1B}[2J\n", nil),
            ("+VERSION", String(repeating: "x", count: 40), nil), ("zone.tab", "# version 2026f\n", nil),
            ("+VERSION", "2025b\r\n", "2025b"), ("+VERSION", "azAZ09-.\n", "azAZ09-."), ("+VERSION", "2025/b\n", nil),
            ("+VERSION", "2025:b\n", nil), ("+VERSION", "2025@b\n", nil), ("+VERSION", "2025[b\n", nil),
            ("+VERSION", "2025`b\n", nil), ("+VERSION", "2025{b\n", nil),
        ] as [(String, String, String?)])
    func `the version of the zone data is read where it stands, and is none where it says nothing of the kind`(
        name: String, text: String, version: String?
    ) throws {
        let path = "\(FileManager.default.temporaryDirectory.path)/activationd-zones-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(text.utf8).write(to: URL(filePath: "\(path)/\(name)"))
        #expect(ZoneFiles(directory: path).version == version)
    }

    @Test func `a zone's name is of letters, digits and four signs, and begins at the directory`() throws {
        let path = "\(FileManager.default.temporaryDirectory.path)/activationd-zones-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path + "/A", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let utc = try Data(contentsOf: URL(filePath: "/usr/share/zoneinfo/Etc/UTC"))
        let (good, bad) = (["azAZ09_-+", "A/z"], ["a:b", "a@b", "a[b", "a`b", "a{b", "a,b", "a.b"])
        for name in good + bad { try utc.write(to: URL(filePath: "\(path)/\(name)")) }
        let zones = ZoneFiles(directory: path)
        for name in good { #expect(zones.zone(name) != nil, "\(name)") }
        for name in bad { #expect(zones.zone(name) == nil, "\(name)") }
        // Behind no directory at all it would be a path of its own.
        #expect(ZoneFiles(directory: "").zone("usr/share/zoneinfo/Etc/UTC") != nil)
        #expect(ZoneFiles(directory: "").zone("/usr/share/zoneinfo/Etc/UTC") == nil)
    }

    @Test func `a directory that is not there has no zones and no version`() {
        let files = ZoneFiles(directory: "/nonexistent")
        #expect(files.version == nil)
        #expect(files.zone("Europe/Stockholm") == nil && files.zone("UTC") != nil)
    }
}
