// The next nominal times of many campaigns, and which of them is the earliest. A tree in which each node knows the earliest
// time below it: to change one, the way from the top to it is written anew, and the rest is shared with the copy that the
// runtime keeps of the scheduler of before. So a step costs the same with ten campaigns and with 100,000.

internal import Chronology

struct DueTimes: Sendable {
    private struct Node: Sendable {
        /// Of all below; ``never`` where nothing comes.
        var earliest: Int64
        /// Empty for a campaign itself.
        var children: [Node]
    }

    private static let width = 32
    private static let never = Int64.max

    /// Sorted. Campaign `n` is the leaf `n`.
    private var names: [CampaignName] = []
    private var root = Node(earliest: never, children: [])
    /// Campaigns below one child of the root.
    private var span = 1

    init() {}

    /// - Parameter times: In any order, each campaign once. Only these can be set afterwards.
    init(_ times: [(campaign: CampaignName, at: Instant?)]) {
        let sorted = times.sorted { $0.campaign < $1.campaign }
        names = sorted.map(\.campaign)
        var nodes = sorted.map { Node(earliest: $0.at?.milliseconds ?? Self.never, children: []) }
        repeat {
            nodes = stride(from: 0, to: nodes.count, by: Self.width).map { start in
                Self.parent(of: Array(nodes[start..<min(start + Self.width, nodes.count)]))
            }
            if nodes.count > 1 { span *= Self.width }
        } while nodes.count > 1
        root = nodes.first ?? root
    }

    /// The next time of a campaign. Setting that of a campaign which is not held does nothing.
    subscript(name: CampaignName) -> Instant? {
        get {
            guard let index = index(of: name) else { return nil }
            var node = root
            var (span, place) = (span, index)
            while !node.children.isEmpty {
                node = node.children[place / span]
                (place, span) = (place % span, span / Self.width)
            }
            return node.earliest == Self.never ? nil : Instant(milliseconds: node.earliest)
        }
        set {
            guard let index = index(of: name) else { return }
            Self.set(newValue?.milliseconds ?? Self.never, at: index, span, &root)
        }
    }

    /// The earliest time, and of those that have it the campaign whose name is first.
    var earliest: (campaign: CampaignName, at: Instant)? {
        guard root.earliest != Self.never else { return nil }
        var node = root
        var (index, span) = (0, span)
        while let child = node.children.firstIndex(where: { $0.earliest == node.earliest }) {
            index += child * span
            span /= Self.width
            node = node.children[child]
        }
        return (names[index], Instant(milliseconds: root.earliest))
    }

    private static func parent(of children: [Node]) -> Node {
        Node(earliest: children.reduce(never) { min($0, $1.earliest) }, children: children)
    }

    private static func set(_ time: Int64, at place: Int, _ span: Int, _ node: inout Node) {
        guard !node.children.isEmpty else {
            node.earliest = time
            return
        }
        set(time, at: place % span, max(1, span / width), &node.children[place / span])
        node.earliest = node.children.reduce(never) { min($0, $1.earliest) }
    }

    private func index(of name: CampaignName) -> Int? {
        var range = names.indices
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            if names[middle] == name { return middle }
            range = names[middle] < name ? middle + 1..<range.upperBound : range.lowerBound..<middle
        }
        return nil
    }
}
