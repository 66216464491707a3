// [platform] and [platform.credentials]. Begin at `read`.

internal import SchedulerCore

struct PlatformReader {
    static let keys = ["organization", "sandbox", "url", "api_version", "send_sandbox_id", "credentials"]
    static let credentialKeys = ["client_id", "client_secret", "second_secret", "token_url", "scopes"]

    let findings: Findings
    /// Where a missing table is reported: the start of the main file.
    let start: Place

    /// Settings with every fault reported. Where something needed is missing an empty text stands in, which is never
    /// used, since the load then fails.
    func read(_ main: Section) -> PlatformSettings {
        let section =
            main.section("platform", title: "[platform]", keys: Self.keys)
            ?? Section([], title: "[platform]", place: start, keys: Self.keys, findings: findings)
        var settings = PlatformSettings(
            organization: organization(section), sandbox: SandboxName(sandbox(section)), clientID: "",
            clientSecret: .credential(""))
        if let (url, place) = section.string("url", example: "\"https://platform.adobe.io\"") {
            settings.url = webAddress(url, at: place, key: "url", allowsTarget: false)?.origin ?? settings.url
        }
        settings.apiVersion = section.integer("api_version", in: 1...2) ?? settings.apiVersion
        if let (id, place) = section.string("send_sandbox_id", example: "\"\""), !id.isEmpty {
            settings.sandboxID = token(id, at: place, key: "send_sandbox_id")
        }
        readCredentials(section, into: &settings)
        return settings
    }

    private func organization(_ section: Section) -> String {
        let example = "organization = \"5555467B5D8013E50A494220@AdobeOrg\""
        guard section.has("organization") else {
            section.reportMissing("organization", example: example)
            return ""
        }
        guard let (text, place) = section.string("organization", example: "\"…@AdobeOrg\"") else { return "" }
        if !Shape.isOrganization(text) {
            findings.error(
                .badValue, at: place, "\(text.quoted) is not an organization id",
                accepted: "24 hexadecimal digits and \"@AdobeOrg\"", remedy: "Copy it from the Adobe Developer Console."
            )
        }
        return text
    }

    private func sandbox(_ section: Section) -> String {
        guard section.has("sandbox") else {
            section.reportMissing("sandbox", example: "sandbox = \"prod\"")
            return ""
        }
        return SandboxReader(findings: findings).read(section)?.text ?? ""
    }

    private func readCredentials(_ platform: Section, into settings: inout PlatformSettings) {
        let title = "[platform.credentials]"
        let section =
            platform.section("credentials", title: title, keys: Self.credentialKeys)
            ?? Section([], title: title, place: platform.place, keys: Self.credentialKeys, findings: findings)
        if !section.has("client_id") {
            section.reportMissing("client_id", example: "client_id = \"…\"")
        } else if let (id, place) = section.string("client_id", example: "\"…\"") {
            settings.clientID = token(id, at: place, key: "client_id") ?? ""
        }
        if !section.has("client_secret") {
            section.reportMissing("client_secret", example: "client_secret = { credential = \"adobe-client-secret\" }")
        } else if let secret = SecretReader(section: section).read("client_secret") {
            settings.clientSecret = secret
        }
        settings.secondSecret = SecretReader(section: section).read("second_secret")
        if let (url, place) = section.string("token_url", example: "\"https://ims-na1.adobelogin.com/ims/token/v3\"") {
            if webAddress(url, at: place, key: "token_url", allowsTarget: true) != nil { settings.tokenURL = url }
        }
        settings.scopes = scopes(section) ?? settings.scopes
    }

    private func scopes(_ section: Section) -> [String]? {
        guard let scopes = section.strings("scopes", example: "[\"openid\"]") else { return nil }
        for (text, place) in scopes where !Shape.isToken(text) || text.contains(",") {
            findings.error(
                .badValue, at: place, "\(text.quoted) is not a scope", accepted: "visible ASCII without \",\"",
                remedy: "Write each scope as a string of its own.")
        }
        if scopes.count > Bounds.scopes, let entry = section.entry("scopes") {
            findings.error(
                .tooMany, at: entry.keyPlace, "scopes has \(scopes.count) elements", accepted: "up to \(Bounds.scopes)",
                remedy: "Remove some.")
        }
        return scopes.map(\.text)
    }

    private func token(_ text: String, at place: Place, key: String) -> String? {
        if Shape.isToken(text) { return text }
        findings.error(
            .badValue, at: place, "\(key) is \(text.isEmpty ? "empty" : text.quoted)",
            accepted: "visible ASCII without blanks, up to 256 letters",
            remedy: "Copy it from the Adobe Developer Console.")
        return nil
    }

    private func webAddress(_ text: String, at place: Place, key: String, allowsTarget: Bool) -> WebAddress? {
        URLReader(findings: findings).read(text, at: place, key: key, allowsTarget: allowsTarget)
    }
}

/// A URL under any key.
struct URLReader {
    let findings: Findings

    func read(_ text: String, at place: Place, key: String, allowsTarget: Bool) -> WebAddress? {
        do throws(WebAddress.Problem) {
            return try WebAddress(text, allowsTarget: allowsTarget)
        } catch {
            // User info may be a password: then nothing of the line is repeated.
            let isSecret = error == .userInfo
            if isSecret { findings.hide(TOMLValue(content: .string(""), place: place, endLine: place.line)) }
            findings.error(
                .badURL, at: place, "\(isSecret ? key : text.quoted) \(error.words)",
                accepted:
                    "https://host\(allowsTarget ? "/path" : " without a path"), or http:// for a loopback address",
                remedy: remedy(error))
            return nil
        }
    }

    private func remedy(_ problem: WebAddress.Problem) -> String {
        switch problem {
        case .notURL: "Write the whole URL, beginning with \"https://\"."
        case .plainHTTP: "Write \"https://\"."
        case .userInfo: "Remove what stands before \"@\", and replace that password."
        case .path: "Remove what follows the host."
        case .fragment: "Remove \"#\" and what follows."
        }
    }
}

/// A sandbox's name under `sandbox`.
struct SandboxReader {
    let findings: Findings

    func read(_ section: Section) -> (text: String, place: Place)? {
        guard let (text, place) = section.string("sandbox", example: "\"prod\"") else { return nil }
        guard Shape.isSandbox(text) else {
            findings.error(
                .badName, at: place, "\(text.quoted) is not a sandbox's name", accepted: Shape.sandboxRule,
                remedy: "Write the sandbox's name as the platform's URL shows it, not its title.")
            return nil
        }
        return (text, place)
    }
}
