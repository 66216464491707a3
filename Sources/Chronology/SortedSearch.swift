// Binary search. The collections are sorted; that is the caller's business.

extension RandomAccessCollection where Element: Comparable, Index == Int {
    /// The first index whose element is not below a value; `endIndex` where all are.
    func lowerBound(_ value: Element) -> Int {
        var low = startIndex
        var high = endIndex
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low
    }

    func sortedContains(_ value: Element) -> Bool {
        let index = lowerBound(value)
        return index < endIndex && self[index] == value
    }
}

extension Array {
    /// Nil where there is none.
    func element(at index: Int) -> Element? {
        indices.contains(index) ? self[index] : nil
    }
}
