// From where many campaigns count, as it is stored: in columns, since an object for each of 100,000 campaigns takes seconds to
// write and to read, and each column as one text with a blank between two items, since an array of so many takes a tenth of that.

package import Chronology

/// One row for each campaign: its name, its mark, and its fingerprint as a place in the list of all different ones.
struct CampaignColumns: Codable {
    struct Row {
        var campaign: CampaignName
        var mark: Instant
        var fingerprint: String
    }

    private var names = ""
    /// Milliseconds.
    private var marks = ""
    private var uses = ""
    private var fingerprints: [String] = []

    /// - Parameter rows: In their order. Of names that ``canHold(_:)``.
    init(_ rows: some Sequence<Row>) {
        var places: [String: Int] = [:]
        for row in rows {
            let place = places[row.fingerprint] ?? fingerprints.count
            if place == fingerprints.count {
                places[row.fingerprint] = place
                fingerprints.append(row.fingerprint)
            }
            let blank = names.isEmpty ? "" : " "
            names += blank + row.campaign.text
            marks += blank + String(row.mark.milliseconds)
            uses += blank + String(place)
        }
    }

    /// No name of a configuration has a blank; a journal's may be anything.
    static func canHold(_ name: CampaignName) -> Bool {
        !name.text.isEmpty && !name.text.utf8.contains(UInt8(ascii: " "))
    }

    /// Nil where the columns do not fit to each other.
    var rows: [Row]? {
        let (names, marks, uses) = (Self.items(names), Self.items(marks), Self.items(uses))
        guard marks.count == names.count, uses.count == names.count else { return nil }
        var rows: [Row] = []
        rows.reserveCapacity(names.count)
        for index in names.indices {
            guard let mark = Int64(marks[index]), let place = Int(uses[index]), fingerprints.indices.contains(place)
            else { return nil }
            rows.append(
                Row(
                    campaign: CampaignName(String(names[index])), mark: Instant(milliseconds: mark),
                    fingerprint: fingerprints[place]))
        }
        return rows
    }

    private static func items(_ column: String) -> [Substring] {
        column.utf8.split(separator: UInt8(ascii: " ")).map { Substring($0) }
    }
}

/// From when campaigns count that are new together.
package struct CampaignAnchors: Equatable, Codable, Sendable {
    package struct Anchor: Equatable, Sendable {
        package var campaign: CampaignName
        package var fingerprint: String
        package var from: Instant

        package init(campaign: CampaignName, fingerprint: String, from: Instant) {
            self.campaign = campaign
            self.fingerprint = fingerprint
            self.from = from
        }
    }

    /// Each campaign once.
    package let anchors: [Anchor]

    package init(_ anchors: [Anchor]) {
        self.anchors = anchors
    }

    package func encode(to encoder: any Encoder) throws {
        try CampaignColumns(
            anchors.lazy.map { .init(campaign: $0.campaign, mark: $0.from, fingerprint: $0.fingerprint) }
        )
        .encode(to: encoder)
    }

    package init(from decoder: any Decoder) throws {
        guard let rows = try CampaignColumns(from: decoder).rows else { throw CampaignColumns.mismatch(decoder) }
        anchors = rows.map { Anchor(campaign: $0.campaign, fingerprint: $0.fingerprint, from: $0.mark) }
    }
}

extension CampaignColumns {
    static func mismatch(_ decoder: any Decoder) -> DecodingError {
        .dataCorrupted(
            .init(codingPath: decoder.codingPath, debugDescription: "the columns do not fit to each other"))
    }
}
