// A checksum for each record and snapshot: SQLite finds a damaged page structure, but not a changed byte of a value.

package import Chronology

/// FNV-1a, 64 bits. Each step is one-to-one, so any single changed byte changes the sum; it is not meant against people.
///
/// - Source: G. Fowler, L. Noll, K.-P. Vo, "The FNV Non-Cryptographic Hash Algorithm", IETF draft.
package enum Checksum {
    private static let offset: UInt64 = 0xCBF2_9CE4_8422_2325
    private static let prime: UInt64 = 0x0000_0100_0000_01B3

    /// The sum over a row's numbers and its bytes, as SQLite stores it.
    package static func of(_ sequence: Int64, _ at: Instant, format: Int, _ bytes: [UInt8]) -> Int64 {
        var sum = offset
        for number in [sequence, at.milliseconds, Int64(format)] {
            for shift in stride(from: 0, to: 64, by: 8) {
                sum = (sum ^ UInt64(truncatingIfNeeded: number >> Int64(shift)) & 0xFF) &* prime
            }
        }
        for byte in bytes { sum = (sum ^ UInt64(byte)) &* prime }
        return Int64(bitPattern: sum)
    }
}
