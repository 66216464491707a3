import CampaignConfig
import Foundation
import LinuxShell
import Logging
import Testing

/// Goal: the daemon's start, each reload and `--check`, which load alike, look at the secrets themselves as well.
@Suite struct DaemonLoadTests {
    @Test func `secrets that are not there, or that everybody can read, are warned of where they are named`() throws {
        let directory = NSTemporaryDirectory() + "load-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let (file, secret) = (directory + "/activationd.toml", directory + "/secret")
        try Data("s3cret\n".utf8).write(to: URL(fileURLWithPath: secret))
        #expect(chmod(secret, 0o644) == 0)
        let text = """
            [platform]
            organization = "5555467B5D8013E50A494220@AdobeOrg"
            sandbox = "prod"
            [platform.credentials]
            client_id = "0123456789abcdef"
            client_secret = { file = "\(secret)" }
            second_secret = { env = "SECOND_SECRET" }

            """
        try Data(text.utf8).write(to: URL(fileURLWithPath: file))
        func warnings(_ environment: [String: String]) throws -> [String] {
            let loaded = try Daemon.load(
                Daemon.Options(
                    configuration: file, runtimeDirectory: directory, environment: environment, logLevel: nil,
                    level: LogLevelSwitch(.info)))
            return loaded.warnings.map { "line \($0.line): \($0.code.rawValue)" }
        }
        #expect(try warnings([:]) == ["line 6: secret-exposed", "line 7: secret-unreadable"])
        #expect(chmod(secret, 0o600) == 0)
        #expect(try warnings(["SECOND_SECRET": "s3cret"]) == [])
    }
}
