// JSON from outside: bounded in size, depth and number of values before it is decoded, and read tolerantly after that.
//
// The platform spells things in several ways (numbers as strings, fields that are missing while a run is young), so
// nothing is decoded into fixed shapes: a field is asked for, and is there or is not.

internal import FoundationEssentials
package import SchedulerCore

package enum ForeignJSONBounds {
    /// Nesting of objects and arrays. The deepest documented answer has 12 levels.
    package static let depth = 64
    /// Values in one answer. A page of 100 dataflows with 250 audiences each has about 400,000.
    package static let values = 1_000_000
    /// Characters that are kept of a text that people are shown.
    package static let text = 512
}

/// A JSON value as it came.
package enum ForeignJSON: Equatable, Sendable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([ForeignJSON])
    case object([String: ForeignJSON])

    /// - Throws: ``AskFailure/nonsense(detail:)`` for what is no JSON, or beyond ``ForeignJSONBounds``.
    package init(_ bytes: [UInt8]) throws(AskFailure) {
        try JSONScan.check(bytes)
        do {
            self = try JSONDecoder().decode(ForeignJSON.self, from: Data(bytes))
        } catch {
            throw .nonsense(detail: "the answer is not JSON: \(ForeignText.shown(bytes.prefix(80)))")
        }
    }

    package subscript(key: String) -> ForeignJSON {
        if case .object(let members) = self { members[key] ?? .null } else { .null }
    }

    package var items: [ForeignJSON] {
        if case .array(let items) = self { items } else { [] }
    }

    /// Text, also where a number was sent.
    package var text: String? {
        switch self {
        case .string(let text): text
        case .number(let number): integer.map(String.init) ?? String(number)
        case .bool, .null, .array, .object: nil
        }
    }

    /// Text that says something: the platform sends empty texts where it has nothing to say.
    package var filled: String? {
        text.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// A whole number, also where text was sent. Nil outside of `Int64`'s range.
    package var integer: Int64? {
        switch self {
        case .number(let number): Int64(exactly: number.rounded(.towardZero))
        case .string(let text): Int64(text)
        case .bool, .null, .array, .object: nil
        }
    }

    package var isTrue: Bool {
        switch self {
        case .bool(let value): value
        case .string(let text): text.lowercased() == "true"
        case .number, .null, .array, .object: false
        }
    }

    package var isObject: Bool {
        if case .object = self { true } else { false }
    }
}

extension ForeignJSON: Decodable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([ForeignJSON].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: ForeignJSON].self))
        }
    }
}

/// One pass over the bytes that counts, without building anything.
enum JSONScan {
    static func check(_ bytes: [UInt8]) throws(AskFailure) {
        var depth = 0
        var values = 1
        var isInText = false
        var isEscaped = false
        for byte in bytes {
            if isInText {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInText = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isInText = true
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                values += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            case UInt8(ascii: ","): values += 1
            default: break
            }
            if depth > ForeignJSONBounds.depth {
                throw .nonsense(detail: "the answer is nested more than \(ForeignJSONBounds.depth) deep")
            }
            if values > ForeignJSONBounds.values {
                throw .nonsense(detail: "the answer has more than \(ForeignJSONBounds.values) values")
            }
        }
    }
}

/// Texts from outside, made fit to be shown and logged.
package enum ForeignText {
    /// At most ``ForeignJSONBounds/text`` characters; control, bidirectional and line-separating characters as `\u{…}`.
    package static func shown(_ text: some StringProtocol) -> String {
        var shown = ""
        var count = 0
        for scalar in text.unicodeScalars {
            if count >= ForeignJSONBounds.text { return shown + "…" }
            count += 1
            if isHarmless(scalar) {
                shown.unicodeScalars.append(scalar)
            } else {
                shown += "\\u{\(String(scalar.value, radix: 16))}"
            }
        }
        return shown
    }

    package static func shown(_ bytes: some Sequence<UInt8>) -> String {
        shown(String(decoding: Array(bytes.prefix(ForeignJSONBounds.text * 4)), as: UTF8.self))
    }

    private static func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: false
        default: true
        }
    }
}
