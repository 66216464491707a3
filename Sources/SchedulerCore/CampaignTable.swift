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

/// In columns, and what only few have by name. What was stored as an object for each campaign is read as well.
extension CampaignTable: Codable {
    private struct Rest: Codable {
        var last: LastOccurrence?
        var fired: Int?
        var finishedAt: Instant?
        var countsFrom: Instant?

        init?(_ state: CampaignState) {
            if state.last == nil, state.fired == nil, state.finishedAt == nil, state.countsFrom == nil { return nil }
            (last, fired, finishedAt, countsFrom) = (state.last, state.fired, state.finishedAt, state.countsFrom)
        }
    }

    private enum Key: String, CodingKey {
        /// No name of a campaign: those begin with a letter or a digit.
        case columns = "_columns"
        case others = "_others"
    }

    package func encode(to encoder: any Encoder) throws {
        let names = keys.sorted()
        guard names.allSatisfy(CampaignColumns.canHold) else {
            return try Dictionary(uniqueKeysWithValues: tree.lazy.map { ($0.key, $0.value) }).encode(to: encoder)
        }
        var others: [CampaignName: Rest] = [:]
        var rows: [CampaignColumns.Row] = []
        rows.reserveCapacity(names.count)
        for name in names {
            guard let state = self[name] else { continue }
            rows.append(.init(campaign: name, mark: state.highWater, fingerprint: state.fingerprint))
            others[name] = Rest(state)
        }
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(CampaignColumns(rows), forKey: .columns)
        try container.encode(others, forKey: .others)
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        guard container.contains(.columns) else {
            let states = try decoder.singleValueContainer().decode([CampaignName: CampaignState].self)
            self.init(states.map { ($0.key, $0.value) })
            return
        }
        let others = try container.decode([CampaignName: Rest].self, forKey: .others)
        guard let rows = try container.decode(CampaignColumns.self, forKey: .columns).rows else {
            throw CampaignColumns.mismatch(decoder)
        }
        self.init(
            rows.lazy.map { row in
                let rest = others[row.campaign]
                return (
                    row.campaign,
                    CampaignState(
                        fingerprint: row.fingerprint, highWater: row.mark, last: rest?.last, fired: rest?.fired,
                        finishedAt: rest?.finishedAt, countsFrom: rest?.countsFrom)
                )
            })
    }
}
