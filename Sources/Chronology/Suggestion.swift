// "Did you mean": the name that is nearest to one that nobody knows.

package enum Suggestion {
    /// Names longer than this are not compared.
    package static let lengthLimit = 64

    /// The nearest of `candidates`, or nil when none is near enough: up to a third of the letters may differ.
    ///
    /// The first of several equally near ones, so callers pass candidates in a fixed order.
    package static func nearest(to name: String, among candidates: [String]) -> String? {
        let wanted = Array(name.lowercased().utf8)
        guard !wanted.isEmpty, wanted.count <= lengthLimit else { return nil }
        var best: (name: String, distance: Int)?
        for candidate in candidates {
            let letters = Array(candidate.lowercased().utf8)
            let allowed = min((best?.distance ?? .max) - 1, max(1, max(wanted.count, letters.count) / 3))
            guard abs(letters.count - wanted.count) <= allowed, letters.count <= lengthLimit else { continue }
            let distance = editDistance(wanted, letters)
            if distance <= allowed { best = (candidate, distance) }
        }
        return best?.name
    }

    /// Insertions, deletions, replacements and swaps of neighbours that turn one into the other (optimal string
    /// alignment).
    package static func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var beforeLast = [Int](repeating: 0, count: right.count + 1)
        var last = Array(0...right.count)
        for (row, letter) in left.enumerated() {
            var current = [row + 1]
            current.reserveCapacity(right.count + 1)
            for (column, other) in right.enumerated() {
                var cost = min(last[column + 1] + 1, current[column] + 1, last[column] + (letter == other ? 0 : 1))
                if row > 0, column > 0, letter == right[column - 1], left[row - 1] == other {
                    cost = min(cost, beforeLast[column - 1] + 1)
                }
                current.append(cost)
            }
            (beforeLast, last) = (last, current)
        }
        return last[right.count]
    }
}
