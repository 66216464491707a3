// The names by which the parts of the daemon talk about one thing. Each is its own type, so that an audience can not be
// passed where a dataflow is meant.

/// An id that is a piece of text: compared whole, never taken apart.
package protocol TextIdentifier: Hashable, Comparable, Codable, Sendable, CustomStringConvertible,
    ExpressibleByStringLiteral, CodingKeyRepresentable
{
    var text: String { get }
    init(_ text: String)
}

extension TextIdentifier {
    package var description: String { text }

    package init(stringLiteral value: String) {
        self.init(value)
    }

    package init(from decoder: any Decoder) throws {
        self.init(try decoder.singleValueContainer().decode(String.self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    package static func < (left: Self, right: Self) -> Bool {
        left.text < right.text
    }

    package var codingKey: any CodingKey { TextKey(stringValue: text) }

    package init?<Key: CodingKey>(codingKey: Key) {
        self.init(codingKey.stringValue)
    }
}

/// An id that the daemon counts up by itself, stored and shown as the bare number.
package protocol NumberIdentifier: Hashable, Comparable, Codable, Sendable, CustomStringConvertible,
    CodingKeyRepresentable
{
    var number: Int { get }
    init(_ number: Int)
}

extension NumberIdentifier {
    package var description: String { String(number) }

    package init(from decoder: any Decoder) throws {
        self.init(try decoder.singleValueContainer().decode(Int.self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(number)
    }

    package static func < (left: Self, right: Self) -> Bool {
        left.number < right.number
    }

    package var codingKey: any CodingKey { TextKey(stringValue: String(number)) }

    package init?<Key: CodingKey>(codingKey: Key) {
        guard let number = Int(codingKey.stringValue) else { return nil }
        self.init(number)
    }
}

struct TextKey: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) {
        self.stringValue = stringValue
    }

    init?(intValue: Int) {
        return nil
    }
}

/// A campaign, by the name that the admin gave it in the configuration.
package struct CampaignName: TextIdentifier {
    package let text: String
    package init(_ text: String) { self.text = text }
}

/// A sandbox of the organisation, such as `prod`. Gates and lanes of two sandboxes have nothing to do with each other.
package struct SandboxName: TextIdentifier {
    package let text: String
    package init(_ text: String) { self.text = text }
}

/// A destination dataflow: Flow Service's flow id, which the ad hoc API calls *destination ID* and *order*.
package struct DataflowID: TextIdentifier {
    package let text: String
    package init(_ text: String) { self.text = text }
}

/// An audience, by the id that the platform generated for it.
package struct AudienceID: TextIdentifier {
    package let text: String
    package init(_ text: String) { self.text = text }
}

/// A dataflow run of the platform.
package struct RunID: TextIdentifier {
    package let text: String
    package init(_ text: String) { self.text = text }
}

/// One firing of a campaign: a number that the daemon gives out once, in the order in which occurrences are decided.
/// People see it as `17`.
package struct OccurrenceID: NumberIdentifier {
    package let number: Int
    package init(_ number: Int) { self.number = number }
}

/// One (occurrence, dataflow, audience): the unit that is delivered once. People see the third one of occurrence 17 as
/// `17.3`.
package struct ActivationID: Hashable, Comparable, Codable, Sendable, CustomStringConvertible {
    package let occurrence: OccurrenceID
    /// 1 or more: the place in the campaign's list when the occurrence was decided.
    package let index: Int

    package init(_ occurrence: OccurrenceID, _ index: Int) {
        self.occurrence = occurrence
        self.index = index
    }

    /// Reads `17.3`. Nil for anything else.
    package init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let number = Int(parts[0]), let index = Int(parts[1]), number > 0, index > 0 else {
            return nil
        }
        self.init(OccurrenceID(number), index)
    }

    /// Stored as the text that people see.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let id = ActivationID(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not an activation id: \(text)")
        }
        self = id
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }

    package var description: String { "\(occurrence).\(index)" }

    package static func < (left: ActivationID, right: ActivationID) -> Bool {
        (left.occurrence, left.index) < (right.occurrence, right.index)
    }
}

/// One request to `adhocrun`, from its intent to its answer. Counts up over the life of a journal.
package struct CallID: NumberIdentifier {
    package let number: Int
    package init(_ number: Int) { self.number = number }
}

/// A question to the platform that changes nothing there. Counts up within one process; answers carry it back, so that
/// a late answer is known to be late.
package struct AskID: Hashable, Comparable, Codable, Sendable {
    package let number: Int

    package init(_ number: Int) { self.number = number }

    package static func < (left: AskID, right: AskID) -> Bool {
        left.number < right.number
    }
}

/// What is sent: one audience to one dataflow.
package struct Pair: Hashable, Comparable, Codable, Sendable {
    package var dataflow: DataflowID
    package var audience: AudienceID

    package init(dataflow: DataflowID, audience: AudienceID) {
        self.dataflow = dataflow
        self.audience = audience
    }

    package static func < (left: Pair, right: Pair) -> Bool {
        (left.dataflow, left.audience) < (right.dataflow, right.audience)
    }
}
