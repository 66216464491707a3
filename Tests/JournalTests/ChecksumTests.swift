import Chronology
import Journal
import Testing

/// Goal: no single changed byte of a row goes unnoticed.
@Suite struct ChecksumTests {
    private let at = Instant(milliseconds: 5)

    @Test func `the sum is the one that journals out in the world have`() {
        #expect(Checksum.of(1, at, format: 1, Array("abc".utf8)) == 5_426_850_351_846_025_120)
    }

    @Test func `any changed byte changes the sum`() {
        let bytes = Array("a record".utf8)
        let sum = Checksum.of(1, at, format: 1, bytes)
        for index in bytes.indices {
            for change in UInt8(1)...255 {
                var changed = bytes
                changed[index] ^= change
                #expect(Checksum.of(1, at, format: 1, changed) != sum)
            }
        }
        #expect(Checksum.of(2, at, format: 1, bytes) != sum)
        #expect(Checksum.of(1, Instant(milliseconds: 6), format: 1, bytes) != sum)
        #expect(Checksum.of(1, at, format: 2, bytes) != sum)
    }
}
