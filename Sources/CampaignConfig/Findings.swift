// Where the parts of the loader put what they find. One for each load; it ends with the load.

internal import Chronology

/// Collects faults with their places, and turns them into what is reported.
final class Findings {
    private struct Finding {
        var place: Place
        var order: Int
        var fault: ConfigurationFault
    }

    /// Suggestions compare a name with every known one: beyond this many the work is not worth it, and none are made.
    static let suggestionLimit = 200

    private let files: [SourceFile]
    /// What is odd about a secret, where somebody can tell.
    let secretWarning: SecretWarningSource
    private let suggestions: Int
    private var findings: [Finding] = []
    /// Faults and warnings so far, those that are not kept as well.
    private(set) var count = 0
    private var omitted = 0
    private var errorCount = 0
    private var warningCount = 0
    private var suggestionCount = 0
    /// Lines that hold something like a secret, and are not quoted.
    private var hiddenLines: Set<Int> = []

    init(
        files: [SourceFile], suggestions: Int = suggestionLimit,
        secretWarning: @escaping SecretWarningSource = { _ in nil }
    ) {
        self.files = files
        self.secretWarning = secretWarning
        self.suggestions = suggestions
    }

    /// Adds what somebody else found after these.
    func take(_ others: Findings) {
        for finding in others.findings {
            let isError = finding.fault.severity == .error
            guard (isError ? errorCount : warningCount) < ConfigurationFaults.faultLimit else {
                omitted += isError ? 1 : 0
                continue
            }
            if isError { errorCount += 1 } else { warningCount += 1 }
            add(finding.fault, at: finding.place)
        }
        count += others.count
        omitted += others.omitted
        hiddenLines.formUnion(others.hiddenLines)
    }

    /// Whether no further warning is kept, so that nobody needs to look for one.
    var hasAllWarnings: Bool { warningCount >= ConfigurationFaults.faultLimit }

    /// The words are made only if they are kept: a file may hold nothing but faults.
    func error(
        _ code: ConfigurationFault.Code, at place: Place, _ found: @autoclosure () -> String,
        accepted: @autoclosure () -> String = "", remedy: @autoclosure () -> String,
        suggestion: @autoclosure () -> String? = nil
    ) {
        count += 1
        guard errorCount < ConfigurationFaults.faultLimit else {
            omitted += 1
            return
        }
        errorCount += 1
        add(
            .init(
                code: code, file: files[place.file].path, line: place.line, column: place.column, length: place.length,
                found: found(), accepted: accepted(), remedy: remedy(), suggestion: suggestion()), at: place)
    }

    func warning(
        _ code: ConfigurationFault.Code, at place: Place, _ found: @autoclosure () -> String,
        remedy: @autoclosure () -> String
    ) {
        count += 1
        guard warningCount < ConfigurationFaults.faultLimit else { return }
        warningCount += 1
        add(
            .init(
                code: code, severity: .warning, file: files[place.file].path, line: place.line, column: place.column,
                length: place.length, found: found(), remedy: remedy()), at: place)
    }

    /// The nearest known name, while the bound on such work lasts.
    func suggestion(for name: String, among candidates: @autoclosure () -> [String]) -> String? {
        guard suggestionCount < suggestions else { return nil }
        suggestionCount += 1
        return Suggestion.nearest(to: name, among: candidates())
    }

    /// Keeps the lines of a value out of every excerpt.
    func hide(_ value: TOMLValue) {
        for line in value.place.line...max(value.place.line, value.endLine) {
            hiddenLines.insert(Self.lineKey(file: value.place.file, line: line))
        }
    }

    /// `file:line`, for faults that name two places.
    func name(_ place: Place) -> String {
        "\(files[place.file].path):\(place.line):\(place.column)"
    }

    /// What was found, in the order of files, lines and columns.
    func report() -> (faults: ConfigurationFaults?, warnings: [ConfigurationFault]) {
        let sorted = findings.sorted { ($0.place, $0.order) < ($1.place, $1.order) }
        var texts: [Int: SourceText] = [:]
        let all = sorted.map { finding in
            var fault = finding.fault
            fault.excerpt = excerpt(finding.place, &texts)
            return fault
        }
        let warnings = all.filter { $0.severity == .warning }
        let errors = all.filter { $0.severity == .error }
        guard !errors.isEmpty else { return (nil, warnings) }
        return (.init(faults: errors, warnings: warnings, omitted: omitted, fileCount: files.count), warnings)
    }

    private func add(_ fault: ConfigurationFault, at place: Place) {
        findings.append(Finding(place: place, order: findings.count, fault: fault))
    }

    private func excerpt(_ place: Place, _ texts: inout [Int: SourceText]) -> SourceExcerpt? {
        guard !hiddenLines.contains(Self.lineKey(file: place.file, line: place.line)), place.line > 0 else {
            return nil
        }
        let text = texts[place.file] ?? SourceText(TOMLReader.withoutMark(files[place.file].bytes))
        texts[place.file] = text
        return text.excerpt(line: place.line, column: place.column, length: place.length)
    }

    private static func lineKey(file: Int, line: Int) -> Int {
        file << 40 | line
    }
}

extension String {
    /// In quotes, and not longer than a message can bear.
    /// Counted in code points: a single character may have any number of accents.
    var quoted: String {
        let limit = 80
        if utf8.count <= limit { return "\"\(self)\"" }
        let shown = unicodeScalars.prefix(limit)
        return "\"\(String(String.UnicodeScalarView(shown)))\(shown.endIndex < unicodeScalars.endIndex ? "…" : "")\""
    }
}

/// "a, b or c".
func choices(_ items: [String]) -> String {
    guard let last = items.last, items.count > 1 else { return items.first ?? "" }
    return items.dropLast().joined(separator: ", ") + " or " + last
}
