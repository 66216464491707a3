// What is remembered of each campaign, for 100,000 of them: the runtime keeps the scheduler of before each step, so that a
// table which is copied when it is changed would be copied at every step. This one shares with its copies all but a few
// nodes. Begin at `CampaignTable`; how it is stored is below.

internal import Chronology
internal import HashTreeCollections

package struct CampaignTable: Equatable, Sendable {
    private var tree: TreeDictionary<CampaignName, CampaignState> = [:]

    package init() {}

    package init(_ entries: some Sequence<(CampaignName, CampaignState)>) {
        for (name, state) in entries { tree[name] = state }
    }

    package var count: Int { tree.count }

    /// In no order.
    package var keys: some Collection<CampaignName> { tree.keys }

    package subscript(name: CampaignName) -> CampaignState? {
        get { tree[name] }
        _modify { yield &tree[name] }
    }
}

/// In columns, since an object for each of 100,000 campaigns takes seconds to write and to read: names, sorted; for each its
/// high-water mark, and its fingerprint as a place in the list of all different ones; and what only few have, by name. What
/// was stored as an object for each campaign is read as well.
extension CampaignTable: Codable {
    private struct Columns: Codable {
        // Not as names and instants, which are stored as the same: a call of the coder less for each.
        var names: [String] = []
        /// Milliseconds.
        var marks: [Int64] = []
        var fingerprints: [String] = []
        var uses: [Int] = []
        var others: [CampaignName: Rest] = [:]
    }

    private struct Rest: Codable {
        var last: LastOccurrence?
        var fired: Int?
        var finishedAt: Instant?

        init?(_ state: CampaignState) {
            if state.last == nil, state.fired == nil, state.finishedAt == nil { return nil }
            (last, fired, finishedAt) = (state.last, state.fired, state.finishedAt)
        }
    }

    private enum Key: String, CodingKey {
        /// No name of a campaign: those begin with a letter or a digit.
        case columns = "_columns"
    }

    package func encode(to encoder: any Encoder) throws {
        var columns = Columns()
        var places: [String: Int] = [:]
        for name in keys.sorted() {
            guard let state = self[name] else { continue }
            columns.names.append(name.text)
            columns.marks.append(state.highWater.milliseconds)
            if let place = places[state.fingerprint] {
                columns.uses.append(place)
            } else {
                columns.uses.append(columns.fingerprints.count)
                places[state.fingerprint] = columns.fingerprints.count
                columns.fingerprints.append(state.fingerprint)
            }
            columns.others[name] = Rest(state)
        }
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(columns, forKey: .columns)
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        guard container.contains(.columns) else {
            let states = try decoder.singleValueContainer().decode([CampaignName: CampaignState].self)
            self.init(states.map { ($0.key, $0.value) })
            return
        }
        let columns = try container.decode(Columns.self, forKey: .columns)
        let count = columns.names.count
        guard columns.marks.count == count, columns.uses.count == count,
            columns.uses.allSatisfy(columns.fingerprints.indices.contains)
        else {
            throw DecodingError.dataCorruptedError(
                forKey: .columns, in: container, debugDescription: "the columns do not fit to each other")
        }
        self.init(
            columns.names.indices.lazy.map { index in
                let name = CampaignName(columns.names[index])
                let rest = columns.others[name]
                return (
                    name,
                    CampaignState(
                        fingerprint: columns.fingerprints[columns.uses[index]],
                        highWater: Instant(milliseconds: columns.marks[index]),
                        last: rest?.last, fired: rest?.fired, finishedAt: rest?.finishedAt)
                )
            })
    }
}
