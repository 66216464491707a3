// [[notify]]: who is told of what.

internal import SchedulerCore

struct NotificationReader {
    static let keys = ["name", "webhook", "command", "secret", "on"]

    let findings: Findings
    let main: Section

    func read() -> [NotificationRule] {
        var seen: [String: Place] = [:]
        return main.tables("notify", accepted: "[[notify]] tables").compactMap { entries, place in
            let section = Section(entries, title: "[[notify]]", place: place, keys: Self.keys, findings: findings)
            let name = LabelReader(findings: findings).read(section, example: "name = \"ops\"", seen: &seen)
            let target = target(section)
            let kinds = kinds(section)
            guard let name, let target, let kinds else { return nil }
            return NotificationRule(name: name, target: target, kinds: kinds)
        }
    }

    private func target(_ section: Section) -> NotificationRule.Target? {
        let targets = section.present(["webhook", "command"])
        guard let first = targets.first else {
            section.reportMissing("webhook or command", example: "webhook = \"https://…\" or command = [\"/path\"]")
            return nil
        }
        if let second = targets.dropFirst().first {
            findings.error(
                .badValue, at: second.keyPlace, "[[notify]] has both webhook and command",
                accepted: "one of the two", remedy: "Make two [[notify]] of it.")
            return nil
        }
        let secret = SecretReader(section: section).read("secret")
        return first.key == "webhook" ? webhook(section, secret) : command(section)
    }

    private func webhook(_ section: Section, _ secret: SecretSource?) -> NotificationRule.Target? {
        guard let (url, place) = section.string("webhook", example: "\"https://…\""),
            URLReader(findings: findings).read(url, at: place, key: "webhook", allowsTarget: true) != nil
        else { return nil }
        return .webhook(url: url, secret: secret)
    }

    private func command(_ section: Section) -> NotificationRule.Target? {
        if let secret = section.entry("secret") {
            findings.error(
                .badValue, at: secret.keyPlace, "secret goes with a webhook, and this is a command",
                remedy: "Remove it.")
        }
        guard let words = section.strings("command", example: "[\"/usr/local/bin/page\"]"),
            let entry = section.entry("command")
        else { return nil }
        let isFit = words.count <= Bounds.commandArguments && words.allSatisfy { !$0.text.utf8.contains(0) }
        guard isFit, words.first?.text.hasPrefix("/") == true else {
            findings.error(
                .badValue, at: entry.value.place, "command does not begin with the absolute path of a program",
                accepted: "a program and up to \(Bounds.commandArguments - 1) arguments, each a string without U+0000",
                remedy: "Write such as [\"/usr/local/bin/page\", \"--event\"].")
            return nil
        }
        return .command(words.map(\.text))
    }

    private func kinds(_ section: Section) -> Set<NotificationKind>? {
        let names = NotificationKind.allCases.map(\.rawValue)
        guard section.has("on") else {
            section.reportMissing("on", example: "on = [\"failed\", \"expired\"]")
            return nil
        }
        guard let words = section.strings("on", example: "[\"failed\"]"), let entry = section.entry("on") else {
            return nil
        }
        if words.isEmpty {
            findings.error(
                .badValue, at: entry.value.place, "on is empty, so nobody is ever told",
                accepted: names.joined(separator: ", "), remedy: "Name at least one.")
        }
        var kinds: Set<NotificationKind> = []
        for (text, place) in words {
            if let kind = NotificationKind(rawValue: text) {
                kinds.insert(kind)
                continue
            }
            findings.error(
                .badValue, at: place, "nothing to tell of is called \(text.quoted)",
                accepted: names.joined(separator: ", "), remedy: "Write one of them.",
                suggestion: findings.suggestion(for: text, among: names))
        }
        return kinds
    }
}

/// A needed `name`, once among its like.
struct LabelReader {
    let findings: Findings

    func read(_ section: Section, example: String, seen: inout [String: Place]) -> String? {
        guard section.has("name") else {
            section.reportMissing("name", example: example)
            return nil
        }
        guard let (name, place) = section.string("name", example: "\"name\"") else { return nil }
        guard Shape.isLabel(name) else {
            findings.error(
                .badName, at: place, "\(name.quoted) is not a name", accepted: Shape.labelRule,
                remedy: "Choose another.")
            return nil
        }
        if let first = seen[name] {
            findings.error(
                .duplicateName, at: place, "\(section.title) \(name.quoted) is also at \(findings.name(first))",
                remedy: "Rename one of them.")
        } else {
            seen[name] = place
        }
        return name
    }
}
