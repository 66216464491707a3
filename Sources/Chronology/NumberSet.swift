// Small numbers as bits: the hours, minutes, days and months of a schedule.

/// Numbers from 0 to 63.
struct NumberSet: Equatable, Sendable {
    /// Bit n stands for n.
    var bits: UInt64 = 0

    static func all(_ range: ClosedRange<Int>) -> NumberSet {
        var set = NumberSet()
        for number in range { set.insert(number) }
        return set
    }

    static func only(_ number: Int) -> NumberSet {
        var set = NumberSet()
        set.insert(number)
        return set
    }

    var isEmpty: Bool { bits == 0 }

    func contains(_ number: Int) -> Bool {
        number >= 0 && number < 64 && bits & (1 << UInt64(number)) != 0
    }

    mutating func insert(_ number: Int) {
        if number >= 0, number < 64 { bits |= 1 << UInt64(number) }
    }

    /// The smallest member at or above a number.
    func first(from number: Int) -> Int? {
        guard number < 64 else { return nil }
        let rest = bits & (UInt64.max << UInt64(max(0, number)))
        return rest == 0 ? nil : rest.trailingZeroBitCount
    }

    /// The largest member at or below a number.
    func last(upTo number: Int) -> Int? {
        guard number >= 0 else { return nil }
        let rest = number >= 63 ? bits : bits & ((1 << UInt64(number + 1)) - 1)
        return rest == 0 ? nil : 63 - rest.leadingZeroBitCount
    }

    func union(_ other: NumberSet) -> NumberSet { NumberSet(bits: bits | other.bits) }

    func intersection(_ other: NumberSet) -> NumberSet { NumberSet(bits: bits & other.bits) }
}
