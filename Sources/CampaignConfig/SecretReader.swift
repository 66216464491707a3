// Where a secret is: `{ credential = "…" }`, `{ file = "…" }` or `{ env = "…" }`, exactly one.

internal import SchedulerCore

struct SecretReader {
    static let rule = "exactly one of { credential = \"name\" }, { file = \"/path\" } or { env = \"NAME\" }"
    private static let keys = ["credential", "file", "env"]

    let section: Section

    /// The source under `key`, or nil after reporting a faulty one. A secret that stands in the file itself is never
    /// repeated in what is reported.
    func read(_ key: String) -> SecretSource? {
        guard let entry = section.entry(key) else { return nil }
        let findings = section.findings
        guard case .table(let entries) = entry.value.content else {
            findings.hide(entry.value)
            findings.error(
                .secretInFile, at: entry.keyPlace, "\(key) holds a value itself, and secrets are never in the file",
                accepted: Self.rule,
                remedy: "Move it to a credential or a file that only the daemon can read, and replace the secret.")
            return nil
        }
        let inner = Section(entries, title: key, place: entry.keyPlace, keys: Self.keys, findings: findings)
        let sources = inner.present(Self.keys)
        guard let source = sources.first, sources.count == 1 else {
            // An unknown key has been reported, and stands for the source that is missing.
            if sources.isEmpty, !entries.isEmpty { return nil }
            findings.error(
                .badSecret, at: entry.keyPlace, "\(key) names \(sources.isEmpty ? "no source" : "several sources")",
                accepted: Self.rule, remedy: sources.isEmpty ? "Name one." : "Keep one.")
            return nil
        }
        guard let (text, place) = inner.string(source.key, example: "\"name\"") else { return nil }
        let secret = judge(source.key, text, at: place)
        if let warning = secret.flatMap(findings.secretWarning) {
            findings.warning(warning.code, at: place, warning.found, remedy: warning.remedy)
        }
        return secret
    }

    private func judge(_ kind: String, _ text: String, at place: Place) -> SecretSource? {
        switch kind {
        case "credential" where Shape.isCredentialName(text): return .credential(text)
        case "file" where text.hasPrefix("/") && !text.utf8.contains(0): return .file(text)
        case "env" where Shape.isVariableName(text): return .environment(text)
        default: break
        }
        let rules = [
            "credential": (
                "a name of letters, digits, \".\", \"_\" and \"-\"", "Write the name given to LoadCredential=."
            ),
            "file": ("an absolute path", "Write the path from \"/\" on."),
            "env": ("a variable name of letters, digits and \"_\"", "Write the variable's name, not its value."),
        ]
        let rule = rules[kind] ?? (Self.rule, "")
        // What stands here may be the secret itself.
        section.findings.hide(TOMLValue(content: .string(""), place: place, endLine: place.line))
        section.findings.error(
            .badSecret, at: place, "this is not a name for \(kind)", accepted: rule.0, remedy: rule.1)
        return nil
    }
}
