import CampaignConfig
import ConfigurationFiles
import Foundation
import SchedulerCore
import Testing

/// Goal: a secret is read from where the configuration says, or an error says what is missing and repeats nothing of it.
@Suite struct SecretReaderTests {
    private let directory: String

    init() throws {
        directory = NSTemporaryDirectory() + "secrets-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    }

    private func write(_ text: String, _ name: String = "secret") throws -> String {
        try Data(text.utf8).write(to: URL(fileURLWithPath: directory + "/" + name))
        return directory + "/" + name
    }

    @Test(arguments: [
        ("s3cret", "s3cret"), ("s3cret\n", "s3cret"), ("s3cret\r\n", "s3cret"), ("two\nlines\n", "two\nlines"),
        ("s3cret\n\n", "s3cret"), ("s3cret\r\n\r\n", "s3cret"), ("s3cret\n\r", "s3cret"),
    ])
    func `line ends at its end are not part of a secret`(_ written: String, _ read: String) throws {
        #expect(try SecretReader(environment: [:]).read(.file(write(written))) == read)
    }

    @Test func `a secret that is not there, is padded, or is readable for everybody is warned of`() throws {
        let reader = SecretReader(environment: ["SECRET": "s3cret", "PADDED": "s3cret "])
        let path = try write("s3cret\n")
        for (mode, code) in [(0o600, nil), (0o640, nil), (0o644, .secretExposed), (0o604, .secretExposed)]
            as [(mode_t, ConfigurationFault.Code?)]
        {
            #expect(chmod(path, mode) == 0)
            #expect(reader.warning(.file(path))?.code == code)
        }
        #expect(reader.warning(.environment("SECRET")) == nil)
        #expect(reader.warning(.environment("PADDED"))?.code == .secretBlank)
        #expect(reader.warning(.environment("MISSING"))?.code == .secretUnreadable)
        #expect(reader.warning(.file(path + ".missing"))?.code == .secretUnreadable)
        // Who checks by hand has no credentials, and is not told that they are missing.
        #expect(reader.warning(.credential("client")) == nil)
        let passed = SecretReader(environment: ["CREDENTIALS_DIRECTORY": directory])
        #expect(passed.warning(.credential("client"))?.code == .secretUnreadable)
    }

    @Test func `who checks a secret for the daemon is told what both of them would meet`() throws {
        let reader = SecretReader(environment: ["PADDED": "s3cret "])
        let path = try write("s3cret\n")
        for (mode, code) in [(0o600, nil), (0o644, .secretExposed)] as [(mode_t, ConfigurationFault.Code?)] {
            #expect(chmod(path, mode) == 0)
            #expect(reader.warningForAnother(.file(path))?.code == code)
        }
        #expect(reader.warningForAnother(.file(try write("s3cret \n", "padded")))?.code == .secretBlank)
        #expect(reader.warningForAnother(.file(path + ".missing"))?.code == .secretUnreadable)
        #expect(reader.warningForAnother(.file(try write("", "empty")))?.code == .secretUnreadable)
        // What the daemon has in its environment, or as a credential, nobody else has.
        #expect(reader.warningForAnother(.environment("MISSING")) == nil)
        #expect(reader.warningForAnother(.environment("PADDED")) == nil)
        #expect(reader.warningForAnother(.credential("client")) == nil)
    }

    @Test(.enabled(if: geteuid() != 0, "root may read every file"))
    func `a secret that only the daemon may read is no warning for who checks it`() throws {
        let reader = SecretReader(environment: [:])
        let path = try write("s3cret\n")
        #expect(chmod(path, 0) == 0)
        #expect(reader.warningForAnother(.file(path)) == nil)
        #expect(reader.warning(.file(path))?.code == .secretUnreadable)
    }

    @Test(arguments: [
        ("s3cret", false), (" s3cret", true), ("s3cret ", true), ("\ts3cret\t", true), ("s3 cret", false),
    ])
    func `a blank at either end of a secret is odd, and one inside of it is not`(secret: String, isOdd: Bool) {
        #expect(SecretReader.hasBlanks(secret) == isOdd)
    }

    @Test func `reading a secret keeps no file open`() throws {
        let path = try write("s3cret")
        func open() throws -> Int { try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count }
        let before = try open()
        for _ in 1...700 { _ = try SecretReader(environment: [:]).read(.file(path)) }
        // Other tests open files meanwhile.
        #expect(try open() < before + 350)
    }

    @Test func `a secret has 65,536 bytes at most`() throws {
        for (count, isRead) in [(65_536, true), (65_537, false)] {
            let path = try write(String(repeating: "s", count: count))
            let secret = try? SecretReader(environment: [:]).read(.file(path))
            #expect(secret?.utf8.count == (isRead ? count : nil))
        }
    }

    @Test func `a credential is the file that systemd passed`() throws {
        _ = try write("passed", "client")
        let reader = SecretReader(environment: ["CREDENTIALS_DIRECTORY": directory])
        #expect(try reader.read(.credential("client")) == "passed")
        #expect(throws: SecretError.self) { try reader.read(.credential("other")) }
        #expect { try SecretReader(environment: [:]).read(.credential("client")) } throws: {
            "\($0)".contains("LoadCredential=client:")
        }
    }

    @Test func `an environment variable that is not set is named`() throws {
        #expect(try SecretReader(environment: ["SECRET": "x"]).read(.environment("SECRET")) == "x")
        #expect { try SecretReader(environment: [:]).read(.environment("SECRET")) } throws: {
            "\($0)".contains("SECRET")
        }
    }

    @Test func `what is no secret fails by name, at once, and repeats nothing`() throws {
        let reader = SecretReader(environment: [:])
        let large = try write(String(repeating: "s3cret", count: 20_000), "large")
        let empty = try write("\n", "empty")
        let fifo = directory + "/fifo"
        #expect(mkfifo(fifo, 0o600) == 0)
        for path in [large, empty, fifo, directory, directory + "/missing"] {
            #expect { try reader.read(.file(path)) } throws: { error in
                error is SecretError && !"\(error)".contains("s3crets3cret")
            }
        }
    }
}
