// Packing: everything that is ready, in the fewest calls of at most `limit` pairs, the oldest deadline first.
//
// A group is what must stay together: the pairs of one lane that go together hold the lane together. Groups are nearly
// always of one pair, where filling in order is already optimal; where they are larger, filling the largest first may
// need a call less, and is taken then.

struct PackGroup: Equatable, Sendable {
    /// In order of dataflow; never empty.
    var members: [Candidate]
    /// The smallest limit that a member carries after a refusal, if any.
    var limit: Int?

    static func == (left: PackGroup, right: PackGroup) -> Bool {
        left.members.map(\.id) == right.members.map(\.id) && left.limit == right.limit
    }
}

enum Packer {
    /// - Parameters:
    ///   - groups: In the order in which they should go. None is larger than `limit`.
    ///   - limit: Pairs in one call, 1 or more.
    /// - Returns: Calls, each with 1 to `limit` pairs, in the order of their oldest group.
    static func pack(_ groups: [PackGroup], limit: Int) -> [[Candidate]] {
        let inOrder = firstFit(groups, limit: limit)
        let largestFirst = firstFit(
            groups.enumerated()
                .sorted { ($1.element.members.count, $0.offset) < ($0.element.members.count, $1.offset) }
                .map(\.element), limit: limit)
        return largestFirst.count < inOrder.count ? largestFirst : inOrder
    }

    private struct Bin {
        var members: [Candidate] = []
        var limit: Int
    }

    private static func firstFit(_ groups: [PackGroup], limit: Int) -> [[Candidate]] {
        var bins: [Bin] = []
        // Bins before this one are full: what is ready is mostly single pairs, so the search stays short.
        var firstOpen = 0
        for group in groups {
            let own = min(group.limit ?? limit, limit)
            let place = bins[firstOpen...].firstIndex { bin in
                bin.members.count + group.members.count <= min(bin.limit, max(own, group.members.count))
            }
            if let place {
                bins[place].members += group.members
                bins[place].limit = min(bins[place].limit, max(own, group.members.count))
            } else {
                bins.append(Bin(members: group.members, limit: max(own, group.members.count)))
            }
            while firstOpen < bins.count, bins[firstOpen].members.count >= bins[firstOpen].limit { firstOpen += 1 }
        }
        return bins.map(\.members)
    }
}
