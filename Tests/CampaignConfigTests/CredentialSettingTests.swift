import SchedulerCore
import Testing

@testable import CampaignConfig

/// Goal: what stands under the credentials is what is sent to the token service, and nothing that could not be.
@Suite struct CredentialSettingTests {
    private func load(_ line: String) throws(ConfigurationFaults) -> LoadedConfiguration {
        let text = Sample.main.replacing("[platform.credentials]\n", with: "[platform.credentials]\n\(line)\n")
        return try Sample.load([SourceFile(path: "activationd.toml", bytes: Array(text.utf8))])
    }

    private func codes(_ line: String) -> [ConfigurationFault.Code] {
        Sample.faults { () throws(ConfigurationFaults) in try load(line) }?.faults.map(\.code) ?? []
    }

    @Test func `a second secret is tried where there is one`() throws {
        #expect(try load("").configuration.platform.secondSecret == nil)
        #expect(try load("second_secret = { file = \"/a\" }").configuration.platform.secondSecret == .file("/a"))
        #expect(codes("second_secret = \"s3cret\"") == [.secretInFile])
    }

    @Test func `tokens come from Adobe, or from another address with its path and query`() throws {
        #expect(
            try load("").configuration.platform.tokenURL == "https://ims-na1.adobelogin.com/ims/token/v3")
        let other = "https://ims.example/ims/token/v4?region=eu"
        #expect(try load("token_url = \"\(other)\"").configuration.platform.tokenURL == other)
        #expect(codes("token_url = \"http://ims.example/ims/token/v4\"") == [.badURL])
    }

    @Test(arguments: [
        ("[\"openid\", \"session\"]", true), ("[\"openid\", \"a,b\"]", false), ("[\"a b\"]", false), ("[\"\"]", false),
        ("[\"!\", \"~\"]", true), ("[\"\u{e9}\"]", false),
    ])
    func `a scope is visible ASCII without a comma`(scopes: String, isFine: Bool) {
        #expect(codes("scopes = \(scopes)") == (isFine ? [] : [.badValue]))
    }

    @Test func `a client has 256 letters at most, and one at the least`() {
        func codes(_ count: Int) -> [ConfigurationFault.Code] {
            let id = String(repeating: "c", count: count)
            let text = Sample.main.replacing("0123456789abcdef", with: id)
            let files = [SourceFile(path: "activationd.toml", bytes: Array(text.utf8))]
            return Sample.faults { () throws(ConfigurationFaults) in try Sample.load(files) }?.faults.map(\.code) ?? []
        }
        #expect(codes(1) == [] && codes(256) == [])
        #expect(codes(0) == [.badValue] && codes(257) == [.badValue])
    }
}
