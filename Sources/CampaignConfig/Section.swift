// A table of the file whose keys are known beforehand. Begin at `Section.init`: it reports every key that is not known.
// The readers below it give a value, or report why there is none and return nil.

internal import Chronology

struct Section {
    let findings: Findings
    /// The header, or the key of an inline table.
    let place: Place
    /// Those whose keys are known: few, so that they are searched and not hashed.
    private let entries: [TOMLEntry]
    private let makeTitle: () -> String

    /// As people write it: `[polling]`, or `campaign "spring"`. Only faults need it.
    var title: String { makeTitle() }

    init(
        _ entries: [TOMLEntry], title: @autoclosure @escaping () -> String, place: Place, keys: [String],
        findings: Findings
    ) {
        self.findings = findings
        makeTitle = title
        self.place = place
        let areKnown = entries.allSatisfy { keys.contains($0.key) }
        self.entries = areKnown ? entries : entries.filter { keys.contains($0.key) }
        for entry in areKnown ? [] : entries where !keys.contains(entry.key) {
            findings.error(
                .unknownKey, at: entry.keyPlace, "\(title()) has no key \(entry.key.quoted)",
                accepted: keys.joined(separator: ", "), remedy: "Correct or remove it.",
                suggestion: findings.suggestion(for: entry.key, among: keys))
        }
    }

    func has(_ key: String) -> Bool { index(of: key) != nil }

    func entry(_ key: String) -> TOMLEntry? { index(of: key).map { entries[$0] } }

    /// Without a copy of the entries before it: this is asked dozens of times for each of 100,000 campaigns.
    private func index(of key: String) -> Int? {
        for index in entries.indices where entries[index].key == key { return index }
        return nil
    }

    /// Of several keys those that are set, in the order of the file.
    func present(_ keys: [String]) -> [TOMLEntry] {
        keys.compactMap { entry($0) }.sorted { $0.keyPlace < $1.keyPlace }
    }

    func reportMissing(_ key: String, example: String) {
        findings.error(
            .missingKey, at: place, "\(title) needs \(key)", remedy: "Write \(example) under \(title).")
    }

    func wrongType(_ entry: TOMLEntry, accepted: String, remedy: String = "Change it.") {
        findings.error(
            .wrongType, at: entry.value.place, "\(entry.key) is \(entry.value.kind)", accepted: accepted, remedy: remedy
        )
    }

    // MARK: Values

    /// A string, and its place.
    func string(_ key: String, example: String) -> (text: String, place: Place)? {
        guard let entry = entry(key) else { return nil }
        guard case .string(let text) = entry.value.content else {
            wrongType(entry, accepted: "a string, such as \(example)", remedy: "Write \(key) = \(example).")
            return nil
        }
        return (text, entry.value.place)
    }

    func boolean(_ key: String) -> Bool? {
        guard let entry = entry(key) else { return nil }
        guard case .boolean(let flag) = entry.value.content else {
            wrongType(entry, accepted: "true or false, without quotes")
            return nil
        }
        return flag
    }

    func integer(_ key: String, in range: ClosedRange<Int>) -> Int? {
        guard let entry = entry(key) else { return nil }
        var accepted: String { "a whole number from \(range.lowerBound) to \(range.upperBound)" }
        guard case .integer(let number) = entry.value.content else {
            wrongType(entry, accepted: accepted)
            return nil
        }
        guard let number = Int(exactly: number), range.contains(number) else {
            let isHigh = number > range.upperBound
            findings.error(
                .outOfRange, at: entry.value.place, "\(key) is \(number), which is too \(isHigh ? "large" : "small")",
                accepted: accepted,
                remedy: "Write at \(isHigh ? "most \(range.upperBound)" : "least \(range.lowerBound)").")
            return nil
        }
        return number
    }

    func duration(_ key: String, in range: ClosedRange<Duration>) -> Duration? {
        guard let entry = entry(key) else { return nil }
        return DurationReader(findings: findings).read(entry, in: range)
    }

    func choice<Choice: RawRepresentable & CaseIterable>(_ key: String) -> Choice? where Choice.RawValue == String {
        guard let entry = entry(key) else { return nil }
        if case .string(let text) = entry.value.content, let choice = Choice(rawValue: text) { return choice }
        let names = Choice.allCases.map(\.rawValue)
        let accepted = choices(names.map(\.quoted))
        guard case .string(let text) = entry.value.content else {
            wrongType(entry, accepted: accepted)
            return nil
        }
        findings.error(
            .badValue, at: entry.value.place, "\(key) is \(text.quoted)", accepted: accepted,
            remedy: "Write one of them.",
            suggestion: findings.suggestion(for: text, among: names))
        return nil
    }

    /// The strings of an array, each with its place. Elements of another type are reported and left out.
    func strings(_ key: String, example: String) -> [(text: String, place: Place)]? {
        guard let entry = entry(key) else { return nil }
        guard case .array(let items) = entry.value.content else {
            wrongType(entry, accepted: "an array of strings", remedy: "Write \(key) = \(example).")
            return nil
        }
        return items.compactMap { item in
            if case .string(let text) = item.content { return (text, item.place) }
            findings.error(
                .wrongType, at: item.place, "\(key) holds \(item.kind)", accepted: "strings",
                remedy: "Write it in quotes.")
            return nil
        }
    }

    /// The table under a key, as a section of its own. Nil when it is absent or not a table.
    func section(_ key: String, title: String, keys: [String]) -> Section? {
        guard let entry = entry(key) else { return nil }
        guard case .table(let inner) = entry.value.content else {
            wrongType(entry, accepted: "a table", remedy: "Write \(title).")
            return nil
        }
        return Section(inner, title: title, place: entry.keyPlace, keys: keys, findings: findings)
    }

    /// The tables of an array such as `[[notify]]`. Elements of another type are reported and left out.
    func tables(_ key: String, accepted: String) -> [(entries: [TOMLEntry], place: Place)] {
        guard let entry = entry(key) else { return [] }
        guard case .array(let items) = entry.value.content else {
            wrongType(entry, accepted: accepted)
            return []
        }
        return items.compactMap { item in
            if case .table(let inner) = item.content { return (inner, item.place) }
            findings.error(
                .wrongType, at: item.place, "\(key) holds \(item.kind)", accepted: accepted, remedy: "Change it.")
            return nil
        }
    }

    /// The entries of a table whose keys are names.
    func named(_ key: String) -> [TOMLEntry] {
        guard let entry = entry(key) else { return [] }
        guard case .table(let inner) = entry.value.content else {
            wrongType(entry, accepted: "a table, such as [\(key)]")
            return []
        }
        return inner
    }
}
