// Keys that mean something only beside others: `delay` beside `after`, `from` beside `every` and `rrule`, and so on.

internal import Chronology

struct CompanionKeys {
    static let texts = ["schedule", "cron", "every", "rrule"]
    static let timetables = texts + ["at"]
    static let triggers = timetables + ["after_export", "after"]

    private struct Rule {
        var keys: [String]
        var partners: [String]
        /// What does what was probably wanted, where there is no partner.
        var instead: String?
    }

    private static let rules = [
        Rule(keys: ["delay"], partners: ["after"]),
        Rule(keys: ["from"], partners: ["every", "rrule"]),
        Rule(keys: ["exdate"], partners: texts),
        Rule(keys: ["starts", "ends"], partners: timetables),
        Rule(
            keys: ["except", "only", "shift", "weekend"], partners: timetables,
            instead: "a [[blackout]] with calendar = \"NAME\" holds everything back on its days"),
        Rule(keys: ["max_occurrences"], partners: triggers),
    ]

    let findings: Findings

    /// Reports every key without a partner.
    ///
    /// - Parameter present: The triggers that are set.
    func check(_ section: Section, present: [TOMLEntry]) {
        for rule in Self.rules where !present.contains(where: { rule.partners.contains($0.key) }) {
            for entry in section.present(rule.keys) { report(entry, rule, in: section, present.first?.key) }
        }
    }

    private func report(_ entry: TOMLEntry, _ rule: Rule, in section: Section, _ trigger: String?) {
        let key = entry.key
        var remedy = "Add \(choices(rule.partners)), or remove \(key)."
        if key == "exdate", trigger == "at" { remedy = "Take the times out of at, and remove exdate." }
        if let trigger, let instead = rule.instead {
            remedy = "Remove \(key) here, as \(trigger) has no days of its own; \(instead)."
        }
        findings.error(
            .badValue, at: entry.keyPlace,
            "\(key) goes with \(choices(rule.partners)), and \(section.title) has \(trigger.map { "\($0)" } ?? "none")",
            remedy: remedy)
    }
}
