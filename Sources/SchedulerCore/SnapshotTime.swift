// How old an exported snapshot is. The platform does not say it in words; the ids of its batches are ULIDs, whose first ten
// characters are the millisecond of their creation (seen in Adobe's published runs, and documented nowhere).

package import Chronology

extension RunMetrics {
    /// When the exported snapshot was made, by the platform's clock. Nil where no id was told, or it is no ULID.
    package var snapshotAt: Instant? {
        snapshot.flatMap(ULIDTime.instant)
    }
}

private enum ULIDTime {
    private static let length = 26
    private static let timeLength = 10
    /// Crockford's: no I, L, O and U.
    private static let digits = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)
    /// An id that was made before Experience Platform existed (2017), or after 2100, is something else.
    private static let range = Instant(milliseconds: 1_483_228_800_000)...Instant(milliseconds: 4_102_444_800_000)

    static func instant(_ text: String) -> Instant? {
        guard text.utf8.count == length else { return nil }
        let values = text.utf8.map { byte in digits.firstIndex(of: byte) }
        guard values.allSatisfy({ $0 != nil }) else { return nil }
        let milliseconds = values.prefix(timeLength).reduce(Int64(0)) { $0 * 32 + Int64($1!) }
        let instant = Instant(milliseconds: milliseconds)
        return range.contains(instant) ? instant : nil
    }
}
