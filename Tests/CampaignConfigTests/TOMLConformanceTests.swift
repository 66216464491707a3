import FoundationEssentials
import Testing

@testable import CampaignConfig

/// Goal: what we call TOML is TOML 1.0, by the public suite toml-test: every valid case gives the values that the suite
/// states, and every invalid case is refused, not crashed on.
///
/// The data is not part of the project. It is looked for at `TOML_TEST`, then beside the project.
@Suite(.enabled(if: TOMLSuite.isPresent, "toml-test's data is not at $TOML_TEST or ../shared/data/toml-test"))
struct TOMLConformanceTests {
    @Test func `all 210 valid cases give the values that the suite states`() throws {
        let cases = try TOMLSuite.cases(startingWith: "valid/")
        #expect(cases.count == 210)
        for name in cases {
            let expected = try JSONDecoder().decode(
                TaggedValue.self, from: try TOMLSuite.data(name.dropLast(5) + ".json"))
            do throws(TOMLReader.Failure) {
                let entries = try TOMLReader(file: 0).read(Array(try! TOMLSuite.data(name)))
                #expect(TaggedValue(table: entries).isSame(as: expected), "\(name)")
            } catch {
                Issue.record("\(name) was refused: \(error)")
            }
        }
    }

    @Test func `all 499 invalid cases are refused with a place`() throws {
        let cases = try TOMLSuite.cases(startingWith: "invalid/")
        #expect(cases.count == 499)
        for name in cases {
            let bytes = Array(try TOMLSuite.data(name))
            let failure = #expect(throws: TOMLReader.Failure.self, "\(name) was accepted") {
                try TOMLReader(file: 0).read(bytes)
            }
            #expect((failure?.line ?? 1) >= 1 && (failure?.column ?? 1) >= 1, "\(name) has no place")
        }
    }
}

private enum TOMLSuite {
    static let folder: String = {
        if let folder = ProcessInfo.processInfo.environment["TOML_TEST"] { return folder + "/tests" }
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        return "/\(root)/../shared/data/toml-test/tests"
    }()

    static var isPresent: Bool { FileManager.default.isReadableFile(atPath: folder + "/files-toml-1.0.0") }

    static func data(_ name: some StringProtocol) throws -> Data {
        try Data(contentsOf: URL(filePath: "\(folder)/\(name)"))
    }

    static func cases(startingWith prefix: String) throws -> [String] {
        String(decoding: try data("files-toml-1.0.0"), as: UTF8.self)
            .split(whereSeparator: \.isNewline).map(String.init)
            .filter { $0.hasPrefix(prefix) && $0.hasSuffix(".toml") }
    }
}

/// toml-test's form of a value: leaves are `{"type": ..., "value": ...}`, both strings.
private indirect enum TaggedValue: Decodable {
    case table([String: TaggedValue])
    case array([TaggedValue])
    case leaf(type: String, value: String)

    init(from decoder: any Decoder) throws {
        if let leaf = try? decoder.singleValueContainer().decode([String: String].self),
            let type = leaf["type"], let value = leaf["value"], leaf.count == 2
        {
            self = .leaf(type: type, value: value)
        } else if let items = try? decoder.singleValueContainer().decode([TaggedValue].self) {
            self = .array(items)
        } else {
            self = .table(try decoder.singleValueContainer().decode([String: TaggedValue].self))
        }
    }

    init(table entries: [TOMLEntry]) {
        self = .table(Dictionary(uniqueKeysWithValues: entries.map { ($0.key, TaggedValue($0.value)) }))
    }

    init(_ value: TOMLValue) {
        switch value.content {
        case .table(let entries): self.init(table: entries)
        case .array(let items): self = .array(items.map(TaggedValue.init))
        case .string(let text): self = .leaf(type: "string", value: text)
        case .integer(let number): self = .leaf(type: "integer", value: String(number))
        case .float(let number): self = .leaf(type: "float", value: String(number))
        case .boolean(let flag): self = .leaf(type: "bool", value: String(flag))
        case .dateTime(let time): self = .leaf(type: time.suiteType, value: time.suiteText)
        }
    }

    func isSame(as other: TaggedValue) -> Bool {
        switch (self, other) {
        case (.table(let left), .table(let right)):
            left.count == right.count && left.allSatisfy { key, value in right[key].map(value.isSame) ?? false }
        case (.array(let left), .array(let right)):
            left.count == right.count && zip(left, right).allSatisfy { $0.isSame(as: $1) }
        case (.leaf("float", let left), .leaf("float", let right)):
            Double(left) == Double(right) || (left.hasSuffix("nan") && right.hasSuffix("nan"))
        case (.leaf(let leftType, let left), .leaf(let rightType, let right)):
            // String compares by canonical equivalence; TOML does not.
            leftType == rightType && Array(left.unicodeScalars) == Array(right.unicodeScalars)
        default:
            false
        }
    }
}

extension TOMLDateTime {
    fileprivate var suiteType: String {
        switch (day, time, offsetMinutes) {
        case (_?, _?, _?): "datetime"
        case (_?, _?, nil): "datetime-local"
        case (nil, _, _): "time-local"
        default: "date-local"
        }
    }

    fileprivate var suiteText: String {
        let dayText = day.map { "\(padded($0.year, 4))-\(padded($0.month, 2))-\(padded($0.day, 2))" }
        let timeText = time.map {
            let fraction = $0.nanosecond == 0 ? "" : inThousandths(".\(padded($0.nanosecond, 9))")
            return "\(padded($0.hour, 2)):\(padded($0.minute, 2)):\(padded($0.second, 2))\(fraction)"
        }
        let offset = offsetMinutes.map { minutes in
            let size = abs(minutes)
            return minutes == 0 ? "Z" : "\(minutes < 0 ? "-" : "+")\(padded(size / 60, 2)):\(padded(size % 60, 2))"
        }
        return [dayText, timeText].compactMap(\.self).joined(separator: "T") + (offset ?? "")
    }

    private func padded(_ number: Int, _ width: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }

    /// The suite writes whole milliseconds with three digits.
    private func inThousandths(_ fraction: String) -> String {
        fraction.hasSuffix("000000") ? String(fraction.dropLast(6)) : fraction
    }
}
