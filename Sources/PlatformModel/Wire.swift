// HTTP as values: what came in, and what goes out.

package struct WireRequest: Sendable {
    package var method: String
    /// Path and query as they came.
    package var target: String
    /// Names in lower case.
    package var headers: [String: String]
    package var body: [UInt8]

    package init(method: String, target: String, headers: [String: String] = [:], body: [UInt8] = []) {
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body
    }

    var path: String { String(target.prefix { $0 != "?" }) }

    /// Decoded parameters in their order; names may repeat.
    var query: [(name: String, value: String)] {
        guard let mark = target.firstIndex(of: "?") else { return [] }
        return target[target.index(after: mark)...].split(separator: "&").map { part in
            let halves = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (Self.decoded(halves[0]), halves.count > 1 ? Self.decoded(halves[1]) : "")
        }
    }

    func parameter(_ name: String) -> String? {
        query.first { $0.name == name }?.value
    }

    static func decoded(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            let digits = rest.prefix(2)
            if byte == UInt8(ascii: "%"), digits.count == 2,
                let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

package struct WireAnswer: Equatable, Sendable {
    package var status: Int
    package var headers: [String: String] = [:]
    package var body: [UInt8]
    /// Nothing is sent, and the connection is closed.
    package var isLost = false
    package var delayMilliseconds: Int64 = 0
    package var manner = Manner.whole

    /// How the bytes of an answer reach the other side.
    package enum Manner: Equatable, Sendable {
        case whole
        /// Never; the connection stays open.
        case stalling
        /// One byte a second.
        case trickling
        /// Half of the body, then a reset.
        case resetting
        /// The body so many times, under one length.
        case repeating(Int)
    }

    package init(status: Int, headers: [String: String] = [:], body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    init(_ status: Int, _ json: JSON) {
        self.init(status: status, headers: ["Content-Type": "application/json"], body: Array(json.text.utf8))
    }

    static func message(_ status: Int, _ text: String) -> WireAnswer {
        WireAnswer(status, ["message": .string(text)])
    }

    static func gateway(_ status: Int, _ code: String, _ text: String) -> WireAnswer {
        WireAnswer(status, ["error_code": .string(code), "message": .string(text)])
    }
}

/// JSON to be written.
enum JSON: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral, ExpressibleByStringLiteral, Sendable {
    case null
    case bool(Bool)
    case number(Int64)
    case string(String)
    case array([JSON])
    case object([(String, JSON)])

    init(dictionaryLiteral elements: (String, JSON)...) { self = .object(elements) }
    init(arrayLiteral elements: JSON...) { self = .array(elements) }
    init(stringLiteral text: String) { self = .string(text) }

    var text: String {
        switch self {
        case .null: "null"
        case .bool(let value): value ? "true" : "false"
        case .number(let number): String(number)
        case .string(let text): Self.quoted(text)
        case .array(let items): "[" + items.map(\.text).joined(separator: ",") + "]"
        case .object(let members):
            "{" + members.map { "\(Self.quoted($0.0)):\($0.1.text)" }.joined(separator: ",") + "}"
        }
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case let control where control.value < 0x20:
                let digits = String(control.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
